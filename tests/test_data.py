"""data: the one form of all data sets, the files inside packages, and the loaders."""

import dataclasses
import hashlib
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from course_utils import data
from course_utils.data import loaders
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.store import embedded

import numpy as np
import pytest
from sklearn import datasets

ROOT = Path(__file__).resolve().parent.parent


def tiny(**changes):
    """Four rows, two features, the last row an anomaly; `changes` replace arguments."""
    arguments = {
        "X": [[0, 1], [2, 3], [4, 5], [6, 7]],
        "y": [0, 0, 0, 1],
        "feature_names": ["a", "b"],
        "name": "Tiny",
        "source": "made up",
        "licence": "MIT",
    }
    return AnomalyData(**(arguments | changes))


FULL = {
    "kinds": ["", "", "", "odd"],
    "time": np.arange("2026-01-01", "2026-01-05", dtype="datetime64[D]"),
    "groups": [1, 1, 2, 2],
}


# --- AnomalyData


def test_the_form_is_the_same_whatever_came():
    made = tiny(**FULL)
    assert (made.X.dtype, made.X.shape) == (np.float64, (4, 2))
    assert (made.y.dtype, made.y.tolist()) == (np.int64, [0, 0, 0, 1])
    assert made.feature_names == ("a", "b")
    assert made.groups.dtype == np.int64
    assert (len(made), made.n_features, made.n_anomalies, made.prevalence) == (4, 2, 1, 0.25)


def test_nothing_can_be_changed_neither_here_nor_at_the_source():
    rows = np.ones((4, 2))
    made = tiny(X=rows, **FULL)
    rows[0, 0] = 9
    assert made.X[0, 0] == 1
    for field in ("X", "y", "kinds", "time", "groups"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(made, field)[0] = getattr(made, field)[1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "other"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": [[np.nan, 1]] * 4}, ValueError, "X has NaN in row 0, column 0"),
        ({"y": [0, 1]}, ValueError, "y has 2 labels; 4 expected"),
        ({"y": [0, 1, 2, 0]}, ValueError, "y has 2 at position 2"),
        ({"feature_names": ["a"]}, ValueError, "feature_names has 1 names; 2 names"),
        ({"feature_names": "ab"}, TypeError, "feature_names is 'ab'"),
        ({"feature_names": [1, 2]}, TypeError, "feature_names is"),
        ({"feature_names": None}, TypeError, "feature_names is None"),
        ({"feature_names": ["a", "a"]}, ValueError, "feature_names has 'a'; no name twice"),
        ({"feature_names": ["a", "anomaly"]}, ValueError, "feature_names has 'anomaly'"),
        ({"name": " "}, ValueError, "name is empty"),
        ({"licence": None}, TypeError, "licence is of type NoneType; a text"),
        ({"kinds": ["", "", "", ""]}, ValueError, "kinds has '' in row 3, where y is 1"),
        ({"kinds": ["x", "", "", "x"]}, ValueError, "kinds has 'x' in row 0, where y is 0"),
        ({"kinds": [0, 0, 0, 1]}, TypeError, "kinds holds values of type int64"),
        ({"kinds": ["", "x"]}, ValueError, r"kinds has shape \(2,\); \(4,\) is expected"),
        ({"time": ["2026-01-01"] * 4}, TypeError, "time holds values of type <U10"),
        ({"time": np.array(["NaT"] * 4, "M8[h]")}, ValueError, "time has no date in row 0"),
        ({"time": np.array(["2026"], "M8[h]")}, ValueError, r"time has shape \(1,\)"),
        ({"groups": [0.5] * 4}, TypeError, "groups holds values of type float64"),
        ({"groups": [1, 2]}, ValueError, r"groups has shape \(2,\)"),
        (
            {"X": np.ma.masked_equal([[0, 1], [2, 9]] * 2, 9)},
            ValueError,
            "X has a masked entry in",
        ),
        ({"y": np.ma.masked_equal([0, 0, 0, 9], 9)}, ValueError, "y has a masked entry at pos"),
        ({"groups": np.ma.masked_equal([9, 0, 0, 0], 9)}, ValueError, "groups has a masked"),
    ],
)
def test_what_does_not_fit_is_named(changes, error, message):
    with pytest.raises(error, match=message):
        tiny(**changes)


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        ([3, 0], [3, 0]),
        (np.array([False, True, False, True]), [1, 3]),
        (slice(1, 3), [1, 2]),
        ([-1], [3]),
    ],
)
def test_take_chooses_rows_of_every_array(index, rows):
    made = tiny(**FULL)
    taken = made.take(index)
    for field in ("X", "y", "kinds", "time", "groups"):
        assert np.array_equal(getattr(taken, field), getattr(made, field)[rows])
    assert (taken.name, taken.feature_names) == (made.name, made.feature_names)
    assert tiny().take(index).kinds is None


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        ([4], ValueError, "index does not fit 4 rows"),
        ([True, False], ValueError, "index does not fit 4 rows"),
        ([0.5], TypeError, "index holds type float64"),
        (["a"], TypeError, "index holds type"),
        (2, ValueError, r"index has shape \(\)"),
        ([[0, 1]], ValueError, r"index has shape \(1, 2\)"),
        ([], ValueError, "index chooses no row"),
        (slice(9, 12), ValueError, "index chooses no row"),
        (np.zeros(4, bool), ValueError, "index chooses no row"),
        (np.ma.masked_equal([0, 3, 1], 3), ValueError, "index has a masked entry at position 1"),
    ],
)
def test_take_names_what_is_wrong(index, error, message):
    with pytest.raises(error, match=message):
        tiny().take(index)


def test_frame_has_the_columns_that_the_data_has():
    assert list(tiny().frame().columns) == ["a", "b", "anomaly"]
    table = tiny(**FULL).frame()
    assert list(table.columns) == ["a", "b", "anomaly", "time", "kind"]
    assert table.iloc[3].tolist()[:3] == [6.0, 7.0, 1]
    assert len(table) == 4


def test_repr_is_one_readable_line():
    assert repr(tiny()) == "Tiny: 4 rows × 2 features, 1 anomaly (25.00 %)"
    assert repr(tiny().take([0])) == "Tiny: 1 row × 2 features, 0 anomalies (0.00 %)"
    rows = np.zeros((1200, 1))
    many = tiny(X=rows, y=rows[:, 0] == 0, feature_names=["a"])
    assert repr(many) == "Tiny: 1,200 rows × 1 feature, 1,200 anomalies (100.00 %)" + (
        ", 99.9 % of the rows are copies"
    )


def test_windows_are_half_open_and_end_where_the_kind_changes():
    kinds = ["a", "", "b", "b", "c", "c", ""]
    labels = [int(kind != "") for kind in kinds]
    rows = [[0.0]] * 7
    made = tiny(X=rows, y=labels, feature_names=["a"], kinds=kinds)
    assert data.windows(made) == [(0, 1, "a"), (2, 4, "b"), (4, 6, "c")]
    bare = tiny(X=rows, y=labels, feature_names=["a"])
    assert data.windows(bare) == [(0, 1, "anomaly"), (2, 6, "anomaly")]
    assert data.windows(bare.take([1])) == []
    assert data.windows(bare.take([5, 0])) == [(0, 2, "anomaly")]


def test_windows_refuse_what_is_no_data():
    with pytest.raises(TypeError, match="data is of type list; an AnomalyData is expected"):
        data.windows([0, 1])


# --- files inside packages


def test_every_embedded_file_is_here_and_right():
    listed = data.embedded_files()
    assert [name for name, _, _ in listed] == list(embedded.FILES)
    for _, path, expected in listed:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == expected


@pytest.fixture
def moved(monkeypatch, tmp_path):
    """Copy the packages' data to a folder of its own, so that a test may damage it."""
    place = metadata.distribution("river").locate_file("")
    for file in embedded.FILES.values():
        (tmp_path / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(place / file.path, tmp_path / file.path)

    class Moved:
        def locate_file(self, path):
            return tmp_path / path

    monkeypatch.setattr(embedded.metadata, "distribution", lambda package: Moved())
    return tmp_path


LOADERS = {
    "shuttle": data.load_shuttle,
    "water_flow": data.load_water_flow,
    "breast_cancer": data.load_breast_cancer,
    "digits": data.load_digits,
    "phishing": data.load_phishing,
    "wine": data.load_wine,
    "mnist_5k": data.load_mnist_5k,
}
OTHER_READERS = {
    "brick": data.load_texture_images,
    "grass": data.load_texture_images,
    "gravel": data.load_texture_images,
    "coins": data.make_trays,
    "horse": data.make_yard,
    "efficientnet_lite0": data.efficientnet_lite0_weights,
}
READERS = LOADERS | OTHER_READERS


def test_every_embedded_file_has_a_reader():
    assert set(READERS) == set(embedded.FILES)


@pytest.mark.parametrize("name", READERS)
def test_a_changed_file_is_refused_with_package_and_cure(moved, name):
    file = embedded.FILES[name]
    assert READERS[name]() is not None
    with open(moved / file.path, "ab") as damaged:
        damaged.write(b"\n")
    with pytest.raises(
        RuntimeError, match=f"{file.package} is not .*force-reinstall.*{file.package}"
    ):
        READERS[name]()


def test_a_missing_file_is_refused_with_package_and_cure(moved):
    (moved / embedded.FILES["digits"].path).unlink()
    with pytest.raises(FileNotFoundError, match=r"scikit-learn does not have .*digits\.csv\.gz"):
        data.load_digits()


def test_a_missing_package_is_refused_and_listed_without_a_place(monkeypatch):
    def missing(package):
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(embedded.metadata, "distribution", missing)
    with pytest.raises(FileNotFoundError, match=r"river does not have .* pip install"):
        data.load_shuttle()
    assert [path for _, path, _ in data.embedded_files()] == [None] * len(embedded.FILES)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="name is 'iris'; one of 'shuttle'"):
        embedded.read_embedded("iris")


# --- loaders


def test_shuttle_is_whole():
    shuttle = data.load_shuttle()
    assert repr(shuttle) == "Shuttle telemetry: 49,097 rows × 9 features, 3,511 anomalies (7.15 %)"
    assert shuttle.feature_names == tuple(f"f{number}" for number in range(1, 10))
    assert len(np.unique(shuttle.X, axis=0)) == len(shuttle)  # the card says: no duplicates


def test_a_sample_of_shuttle_is_stratified_seeded_and_in_order():
    whole = data.load_shuttle()
    sample = data.load_shuttle(1000, seed=1)
    assert (len(sample), sample.n_anomalies) == (1000, 72)
    assert np.array_equal(sample.X, data.load_shuttle(1000, seed=1).X)
    assert not np.array_equal(sample.X, data.load_shuttle(1000, seed=2).X)
    place = {row.tobytes(): number for number, row in enumerate(whole.X)}
    found = [place[row.tobytes()] for row in sample.X]
    assert found == sorted(set(found))
    assert np.array_equal(whole.y[found], sample.y)
    assert data.load_shuttle(2).n_anomalies == 1
    assert np.array_equal(data.load_shuttle(len(whole)).X, whole.X)


@pytest.mark.parametrize(
    ("rows", "error"), [(1, ValueError), (49_098, ValueError), (0.1, TypeError), ("9", TypeError)]
)
def test_an_impossible_sample_of_shuttle_is_refused(rows, error):
    with pytest.raises(error, match=r"rows is .*; a whole number from 2 to 49097 is expected"):
        data.load_shuttle(rows)


def test_breast_cancer_agrees_with_scikit_learn():
    theirs = datasets.load_breast_cancer()
    ours = data.load_breast_cancer()
    assert np.array_equal(ours.X, theirs.data)
    assert np.array_equal(ours.y, theirs.target_names[theirs.target] == "malignant")
    assert list(ours.feature_names) == list(theirs.feature_names)
    assert ours.n_anomalies == 212


@pytest.mark.parametrize("digit", [0, 7])
def test_digits_agree_with_scikit_learn(digit):
    theirs = datasets.load_digits()
    ours = data.load_digits(digit)
    assert np.array_equal(ours.X, theirs.data)
    assert np.array_equal(ours.y, theirs.target == digit)
    assert ours.feature_names[:9] == (*(f"pixel 0 {column}" for column in range(8)), "pixel 1 0")


def test_digits_can_be_thinned():
    thinned = data.load_digits(3, prevalence=0.02)
    assert (len(thinned), thinned.n_anomalies) == (1614 + 33, 33)
    assert not np.array_equal(thinned.X, data.load_digits(3, prevalence=0.02, seed=1).X)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"anomaly": 10}, ValueError, "anomaly is 10; a whole number from 0 to 9"),
        ({"anomaly": "3"}, TypeError, "anomaly is the text '3'"),
        ({"prevalence": 0.2}, ValueError, "prevalence is 0.2, which takes 405 anomalies"),
        ({"prevalence": 0}, ValueError, r"prevalence is 0; a number in \(0, 0.5\]"),
        ({"prevalence": 0.05, "seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_impossible_digits_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        data.load_digits(**arguments)


def test_phishing_is_whole_and_half_copies():
    sites = data.load_phishing()
    assert sites.X.shape == (1250, 9)
    assert set(np.unique(sites.X)) == {0, 0.5, 1}
    assert (sites.n_anomalies, sites.n_duplicates) == (548, 625)
    # the second row of the source's own file; river's documentation shows it as phishing
    assert (sites.X[0].tolist(), sites.y[0]) == ([0, 0, 0, 0, 0, 0.5, 1, 1, 1], 1)
    assert sites.feature_names[0] == "empty server form handler"


def test_wine_agrees_with_scikit_learn():
    theirs = datasets.load_wine()
    ours = data.load_wine()
    assert np.array_equal(ours.X, theirs.data)
    assert np.array_equal(ours.y, theirs.target_names[theirs.target] == "class_2")
    assert list(ours.feature_names) == [name.replace("_", " ") for name in theirs.feature_names]
    assert ours.n_duplicates == 0


@pytest.mark.parametrize("digit", [0, 7])
def test_mnist_has_500_images_of_each_digit(digit):
    images = data.load_mnist_5k(digit)
    assert (images.X.shape, images.X.dtype) == ((5000, 28, 28), np.uint8)
    assert np.array_equal(np.flatnonzero(images.y), np.arange(500 * digit, 500 * digit + 500))
    assert int(images.X.sum(dtype=np.int64)) == 131_267_102
    assert images.X[0].sum() == 31_095
    assert not images.X[:, 0].any()  # paper along the upper edge: rows and columns are not mixed
    assert images.n_duplicates == 0


def test_mnist_can_be_thinned_and_names_what_is_wrong():
    assert data.load_mnist_5k(3, prevalence=0.02).n_anomalies == 92
    with pytest.raises(ValueError, match="anomaly is 10; a whole number from 0 to 9"):
        data.load_mnist_5k(10)


def test_the_pictures_of_textures_are_read_only_and_the_known_ones():
    pictures = data.load_texture_images()
    assert list(pictures) == ["brick", "grass", "gravel"]
    corners = {"brick": [99, 98, 99, 99], "grass": [113, 114, 99, 116]}
    for name, picture in pictures.items():
        assert (picture.shape, picture.dtype) == ((512, 512), np.uint8)
        assert picture[0, :4].tolist() == corners.get(name, [171, 159, 128, 104])
        with pytest.raises(ValueError, match="read-only"):
            picture[0, 0] = 0


def test_the_weights_are_a_state_of_efficientnet_lite0():
    import torch

    path = data.efficientnet_lite0_weights()
    state = torch.load(path, weights_only=True, map_location="cpu")
    assert len(state) == 296
    assert state["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert state["_fc.weight"].shape == (1000, 1280)


def test_every_name_of_the_room_is_there_and_no_other():
    for name in data.__all__:
        assert getattr(data, name) is not None
    assert set(data.__all__) <= set(dir(data))
    assert data.load_bgl is data.load_bgl
    with pytest.raises(AttributeError, match="has no attribute 'load_iris'"):
        _ = data.load_iris


def test_no_function_that_gives_data_is_left_out():
    texts = [path.read_text(encoding="utf-8") for path in Path(data.__path__[0]).rglob("*.py")]
    found = {
        name for text in texts for name in re.findall(r"^def ((?:load|make)_\w+)", text, re.M)
    }
    exported = {name for name in data.__all__ if re.match("(load|make)_", name)}
    assert found == exported


def test_the_room_opens_and_loads_without_what_others_need():
    code = (
        "import sys; from course_utils import data; "
        "late = {'requests', 'pooch', 'PIL', 'scipy.stats', 'scipy.ndimage', 'torch', 'keras'}; "
        "print(late & set(sys.modules)); data.load_mnist_5k(); data.load_wine(); "
        "data.load_phishing(); data.load_texture_images(); data.efficientnet_lite0_weights(); "
        "carriers = {'river', 'sklearn', 'mlxtend', 'skimage', 'torch', 'keras', 'matplotlib'}; "
        "print(carriers & set(sys.modules)); data.make_orders; data.download; "
        "print('course_utils.data.simulators.orders' in sys.modules, 'pooch' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.split("\n")[:3] == ["set()", "set()", "True True"]


def test_water_flow_is_a_series_in_utc_with_four_windows():
    flow = data.load_water_flow()
    assert (flow.X.shape, flow.n_anomalies) == ((1268, 1), 47)
    assert flow.feature_names == ("flow [l/s]",)
    assert flow.time[0] == np.datetime64("2022-03-20T10:00")  # 11:00 in Italy's winter
    assert (np.diff(flow.time) > np.timedelta64(0)).all()
    assert data.windows(flow) == list(loaders.WATER_FLOW_SEGMENTS)
    assert {kind for _, _, kind in data.windows(flow)} == {"low flow", "peak"}


@pytest.mark.parametrize("limit", [5.2, 6.0, 6.5])
def test_the_windows_of_water_flow_follow_their_rule(limit):
    flow = data.load_water_flow()
    deviation = flow.X[:, 0] - np.median(flow.X)
    assert np.array_equal(np.abs(deviation) > limit, flow.y == 1)
    assert np.array_equal(deviation[flow.y == 1] > 0, flow.kinds[flow.y == 1] == "peak")


# --- cards

CARDS = ROOT / "datasets"
CARD_OF = dict.fromkeys(("brick", "grass", "gravel"), "texture_images")
CARD_OF |= {"coins": "trays", "horse": "yard"}


@pytest.mark.parametrize("name", LOADERS)
def test_a_card_says_what_the_loader_gives(name):
    card = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    made = LOADERS[name]()
    images = made.modality == "images"
    shape = "images of 28 × 28 pixels" if images else f"rows × {made.n_features} "
    for fact in (
        f"{len(made):,} {shape}",
        f"{made.n_anomalies:,} anomal",
        f"{100 * made.prevalence:.2f} %",
        made.licence,
    ):
        assert fact in card


@pytest.mark.parametrize("name", READERS)
def test_a_card_names_the_file_its_package_and_its_checksum(name):
    card = (CARDS / f"{CARD_OF.get(name, name)}.md").read_text(encoding="utf-8")
    file = embedded.FILES[name]
    version = metadata.version(file.package)
    for fact in (file.sha256, file.path, f"{file.package} {version}", READERS[name].__name__):
        assert fact in card
