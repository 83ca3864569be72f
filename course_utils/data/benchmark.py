"""A dozen small tables to measure detectors on, each source counted once."""

from __future__ import annotations

from dataclasses import replace

from course_utils import checks, runtime
from course_utils.data import loaders
from course_utils.data.anomaly_data import number_rows
from course_utils.data.simulators import machine, orders, payments, program_logs, textures, toys
from course_utils.data.store.download import available

import numpy as np

MOST = 0.1  # share of anomalies
FEWEST = 30  # anomalies of a larger table, where it has as many
BLOCK = 4  # pixels; MNIST's images are averaged over squares of so many, 7 × 7 are left
# Left out of ADBench: thyroid is a part of annthyroid, optdigits the same scans as digits, and
# smtp comes from the same recording as http.
ADBENCH_SOURCES = (
    "annthyroid",
    "cardio",
    "http",
    "ionosphere",
    "mammography",
    "musk",
    "pima",
    "satellite",
    "vowels",
)


def benchmark_tables(rows=3000, seed=0):
    """Return tables to compare detectors on: real ones, and simulated ones for company.

    Twelve tables are always there. No two come from one source, which would count twice what is
    one finding. They are cut with `split`: a customer's payments, a day of the machine and a field
    of the photograph stay on one side. Copies of a row are left out: a split keeps them together,
    and the side on which a large block of them falls would decide what is measured.

    ============= ================================================================================
    digits        scans of 8 × 8 pixels, the digit 8 is the anomaly
    MNIST         pictures averaged to 7 × 7 pixels, the digit 5 is the anomaly
    wine          three growers, the rarest is the anomaly
    breast cancer cells, the malignant ones are anomalies
    Shuttle       sensors of a space shuttle, rare states
    phishing      properties of web sites
    orders        simulated, without the numbers that name order, user and product
    payments      simulated, without the numbers that name customer and merchant
    machine       simulated, six rows an hour
    program logs  how often each event occurs in a job
    textures      eight statistics of crops of a photographed surface, with painted defects
    points        simulated, two columns, four kinds of anomaly
    ============= ================================================================================

    In the full profile (``COURSE_PROFILE=full``), nine of ADBench's follow where they were
    downloaded. Three stay out for their source: thyroid is a part of annthyroid, optdigits are the
    scans of digits, smtp is from the recording of http.

    Parameters
    ----------
    rows : int
        The most rows of a table, at least 300. Of a larger one, rows are drawn with the same share
        of anomalies, but at least 30 anomalies where there are as many.
    seed : int
        Draws rows and simulates.

    Returns
    -------
    dict of str to AnomalyData
        Anomalies are at most a tenth of the rows; more are thinned.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    rows = checks.integer_in_range(rows, "rows", 300)
    seed = checks.as_seed(seed, "seed")
    tables = {
        "digits": loaders.load_digits(anomaly=8),
        "MNIST": _averaged(loaders.load_mnist_5k(anomaly=5)),
        "wine": loaders.load_wine(),
        "breast cancer": loaders.load_breast_cancer(),
        "Shuttle": loaders.load_shuttle(),
        "phishing": loaders.load_phishing(),
        "orders": _without_names(orders.make_orders(max(rows, 500), 0.05, seed), 3),
        "payments": _payments(rows, seed),
        "machine": _machine(seed),
        "program logs": _counted(program_logs.make_program_logs(min(rows, 2000), seed)),
        "textures": _statistics(textures.make_textures("gravel", min(rows, 600), 15, seed=seed)),
        "points": toys.make_kinds(min(rows, 1000), 25, seed),
    }
    if runtime.profile(wanted=(False, True)).wanted:
        from course_utils.data.public.tables import load_adbench

        for name in ADBENCH_SOURCES:
            if available(f"adbench_{name}"):
                tables[name] = load_adbench(name)
    return {name: _thinned(each, rows, seed) for name, each in tables.items()}


def _thinned(table, rows, seed):
    """Draw at most `rows` different rows, in their order, at most a tenth of them anomalies."""
    table = table.take(np.sort(np.unique(number_rows(table), return_index=True)[1]))
    generator = np.random.default_rng(seed)
    normal, anomalies = (generator.permutation(np.flatnonzero(table.y == k)) for k in (0, 1))
    wanted = max(round(rows * min(table.prevalence, MOST)), FEWEST)
    normal = normal[: rows - min(wanted, len(anomalies))]
    anomalies = anomalies[: min(wanted, int(len(normal) * MOST / (1 - MOST)))]
    return table.take(np.sort(np.concatenate([normal, anomalies])))


def _without_names(table, first):
    """Leave out the first columns, numbers that name things."""
    return replace(table, X=table.X[:, first:], feature_names=table.feature_names[first:])


def _payments(rows, seed):
    stream = payments.make_payments(max(rows, 2000), prevalence=0.05, seed=seed)
    customers = stream.X[:, stream.feature_names.index("customer number")]
    return _without_names(replace(stream, time=None, groups=customers.astype(np.int64)), 2)


def _machine(seed):
    stream = machine.make_machine(seed=seed)
    days = (stream.time - stream.time[0]) // np.timedelta64(1, "D")
    return replace(stream, time=None, groups=days.astype(np.int64))


def _averaged(pictures):
    """Average images over squares of `BLOCK` × `BLOCK` pixels, one column for each."""
    n, height, width = pictures.X.shape
    high, wide = height // BLOCK, width // BLOCK
    squares = pictures.X.reshape(n, high, BLOCK, wide, BLOCK).mean(axis=(2, 4))
    names = tuple(f"square {row} {column}" for row in range(high) for column in range(wide))
    return replace(pictures, X=squares.reshape(n, -1), feature_names=names)


def _counted(logs):
    """Count each event in each job: (jobs, events)."""
    counts = [
        np.bincount(sequence, minlength=len(program_logs.PROGRAM_EVENTS)) for sequence in logs.X
    ]
    return replace(logs, X=np.array(counts), feature_names=tuple(program_logs.PROGRAM_EVENTS))


def _statistics(pictures):
    """Return eight statistics of each image: grey levels, edges, and its flattest square."""
    X = pictures.X / 255.0  # (n, 64, 64)
    down, across = np.abs(np.diff(X, axis=1)), np.abs(np.diff(X, axis=2))
    n, size, _ = X.shape
    squares = X.reshape(n, size // 8, 8, size // 8, 8).std(axis=(2, 4)).reshape(n, -1)
    columns = {
        "mean grey": X.mean(axis=(1, 2)),
        "spread of grey": X.std(axis=(1, 2)),
        "darkest": X.min(axis=(1, 2)),
        "brightest": X.max(axis=(1, 2)),
        "step down": down.mean(axis=(1, 2)),
        "step across": across.mean(axis=(1, 2)),
        "spread of the flattest square": squares.min(axis=1),
        "spread of the busiest square": squares.max(axis=1),
    }
    return replace(
        pictures,
        X=np.stack(list(columns.values()), axis=1),
        feature_names=tuple(columns),
        masks=None,
    )
