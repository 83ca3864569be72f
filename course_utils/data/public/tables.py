"""Tables to download: network connections, card payments, and twelve of ADBench."""

from __future__ import annotations

import math
import re
import zipfile
from pathlib import Path

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.public.reading import as_numbers, read_lines, shown, wrong_line

import numpy as np

# The 41 columns of KDD Cup 99, in the order of the file; the names are those of its authors.
CONNECTION_COLUMNS = (
    "duration",
    "protocol_type",
    "service",
    "flag",
    "src_bytes",
    "dst_bytes",
    "land",
    "wrong_fragment",
    "urgent",
    "hot",
    "num_failed_logins",
    "logged_in",
    "num_compromised",
    "root_shell",
    "su_attempted",
    "num_root",
    "num_file_creations",
    "num_shells",
    "num_access_files",
    "num_outbound_cmds",
    "is_host_login",
    "is_guest_login",
    "count",
    "srv_count",
    "serror_rate",
    "srv_serror_rate",
    "rerror_rate",
    "srv_rerror_rate",
    "same_srv_rate",
    "diff_srv_rate",
    "srv_diff_host_rate",
    "dst_host_count",
    "dst_host_srv_count",
    "dst_host_same_srv_rate",
    "dst_host_diff_srv_rate",
    "dst_host_same_src_port_rate",
    "dst_host_srv_diff_host_rate",
    "dst_host_serror_rate",
    "dst_host_srv_serror_rate",
    "dst_host_rerror_rate",
    "dst_host_srv_rerror_rate",
)
CATEGORIES = {"protocol_type": 1, "service": 2, "flag": 3}  # name: field, counted from 0
LABEL_FIELD = 41
MOST_NAMES = 200  # in one column of text; services are the most, about 70
NAME = re.compile(r"[A-Za-z0-9_.+-]{1,40}")

NSL_KDD_FILES = {"train": "KDDTrain+_20Percent.txt", "test": "KDDTest+.txt"}
KDD_CUP_99_FILE = "kddcup.data_10_percent.gz"
CREDIT_CARD_FILE = "creditcard.csv"

ADBENCH_FILES = {
    "annthyroid": "2_annthyroid.npz",
    "cardio": "6_cardio.npz",
    "http": "16_http.npz",
    "ionosphere": "18_Ionosphere.npz",
    "mammography": "23_mammography.npz",
    "musk": "25_musk.npz",
    "optdigits": "26_optdigits.npz",
    "pima": "29_Pima.npz",
    "satellite": "30_satellite.npz",
    "smtp": "34_smtp.npz",
    "thyroid": "38_thyroid.npz",
    "vowels": "40_vowels.npz",
}
MOST_ARRAY_BYTES = 256 * 2**20  # unpacked; the largest table of ADBench here has 14 MB


def load_nsl_kdd(part="train"):
    """Return network connections, attacks among them, as columns of numbers (NSL-KDD).

    The text columns `protocol_type`, `service` and `flag` become columns of 0 and 1. There is
    one for each value that the *training* file has, whichever part is asked for; a value that
    only the test file has (`service` "tftp_u", one row) leaves all columns of its group at 0.

    Parameters
    ----------
    part : {"train", "test"}
        "train" is the 20 % training file, 25,192 rows; "test" has 22,544 rows and 18 kinds of
        attack (3,752 rows) that the training file never shows.

    Returns
    -------
    AnomalyData
        X (n, 118), 1 = attack; kinds are the names of the attacks.

    Raises
    ------
    TypeError, ValueError
        If `part` is another, or a file is not of the form expected.
    """
    from course_utils.data.store.download import fetch

    part = checks.one_of(part, "part", tuple(NSL_KDD_FILES))
    folder = fetch("nsl_kdd")
    vocabulary = None
    if part == "test":
        vocabulary = connection_vocabulary(folder / NSL_KDD_FILES["train"])
    return parse_nsl_kdd(folder / NSL_KDD_FILES[part], vocabulary)


def load_kdd_cup_99():
    """Return network connections, attacks among them, as columns of numbers (KDD Cup 99, 10 %).

    The text columns become columns of 0 and 1 as in `load_nsl_kdd`, for the values of this file.
    Half a million rows and more than a hundred columns: 2 GB of memory while it loads, 3 GB
    to count its copies.

    Returns
    -------
    AnomalyData
        X (494021, d), 1 = attack; kinds are the names of the attacks. Four rows in five are
        attacks.
    """
    from course_utils.data.store.download import fetch

    return parse_kdd_cup_99(fetch("kdd_cup_99") / KDD_CUP_99_FILE)


def load_credit_card_fraud():
    """Return card payments of two days in September 2013; frauds are the anomalies.

    Returns
    -------
    AnomalyData
        X (284807, 30): seconds since the first payment, 28 principal components, and the amount;
        492 frauds. No date is given, so the rows are a table and not a series.
    """
    from course_utils.data.store.download import fetch

    return parse_credit_card_fraud(fetch("credit_card_fraud") / CREDIT_CARD_FILE)


def load_adbench(name):
    """Return one of twelve tables of the benchmark ADBench.

    Parameters
    ----------
    name : str
        "annthyroid", "cardio", "http", "ionosphere", "mammography", "musk", "optdigits", "pima",
        "satellite", "smtp", "thyroid" or "vowels".

    Returns
    -------
    AnomalyData
        X (n, d) with columns x1 … xd, whose names and units the files do not give.

    Raises
    ------
    TypeError, ValueError
        If `name` is another, or the file is not of the form expected.
    """
    from course_utils.data.store.download import fetch

    name = checks.one_of(name, "name", tuple(ADBENCH_FILES))
    return parse_adbench(fetch(f"adbench_{name}") / ADBENCH_FILES[name])


def parse_nsl_kdd(path, vocabulary=None):
    """Read a file of NSL-KDD: 41 columns, the name of the attack, and a difficulty.

    The difficulty (how many of 21 classifiers got the row right) is made from the label and is
    left out.

    Parameters
    ----------
    path : str or Path
        Comma-separated text, or such text packed with gzip.
    vocabulary : dict of str to tuple of str, optional
        The values of the text columns, from `connection_vocabulary`; None takes this file's.
    """
    return _connections(
        path,
        vocabulary,
        name=f"NSL-KDD, {Path(path).stem}",
        source="NSL-KDD, Canadian Institute for Cybersecurity, University of New Brunswick",
        licence="free to use with citation",
    )


def parse_kdd_cup_99(path):
    """Read a file of KDD Cup 99: 41 columns and the name of the attack.

    Parameters
    ----------
    path : str or Path
        Comma-separated text, or such text packed with gzip.
    """
    return _connections(
        path,
        None,
        name="KDD Cup 99, 10 %",
        source="KDD Cup 1999 Data, UCI Machine Learning Repository",
        licence="CC BY 4.0",
    )


def connection_vocabulary(path):
    """Return the values of the text columns of a file of NSL-KDD or KDD Cup 99.

    Parameters
    ----------
    path : str or Path
        Comma-separated text, or such text packed with gzip.

    Returns
    -------
    dict of str to tuple of str
        For "protocol_type", "service" and "flag": the values in alphabetical order.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not of the form expected; the message names file and line.
    """
    return _vocabulary(_connection_lines(path)[1], path)


def parse_credit_card_fraud(path):
    """Read the table of card payments: a line of names, then one line per payment.

    Parameters
    ----------
    path : str or Path
        Comma-separated text: Time, V1 … V28, Amount, Class. Names and classes may be quoted.
    """
    lines = read_lines(path)
    components = tuple(f"V{number}" for number in range(1, 29))
    expected = ("Time", *components, "Amount", "Class")
    if tuple(name.strip(" \"'") for name in lines[0].split(",")) != expected:
        raise wrong_line(path, 1, "does not name the columns Time, V1 … V28, Amount, Class")
    if len(lines) == 1:
        raise wrong_line(path, 1, "is the only one; one line per payment is expected")
    _refuse_wrong_width(lines[1:], (len(expected),), path, first=2)
    labels = [line.rpartition(",")[2].strip(" \"'") for line in lines[1:]]
    for line, label in enumerate(labels, start=2):
        if label not in ("0", "1"):
            raise wrong_line(path, line, f"has the class {shown(label)}; 0 or 1 is expected")
    return AnomalyData(
        X=as_numbers(lines[1:], range(len(expected) - 1), path, first=2),
        y=np.array(labels) == "1",
        feature_names=("time [s]", *components, "amount"),
        name="Credit-card fraud",
        source="Worldline and the Machine Learning Group of ULB, September 2013; OpenML 1597",
        licence="unclear: public, ODbL 1.0 or DbCL 1.0; see the card",
    )


def parse_adbench(path):
    """Read a table of ADBench: an archive of NumPy with X (n, d) and y (n,).

    Parameters
    ----------
    path : str or Path
        A file that ends in `.npz`.
    """
    path = Path(path)
    rows, labels = _arrays(path, ("X", "y"))
    if rows.dtype.kind not in "biuf" or rows.ndim != 2:
        found = f"X of shape {rows.shape} and type {rows.dtype}"
        raise ValueError(f"{path.name} has {found}; a table of numbers is expected.")
    name = path.stem.partition("_")[2] or path.stem
    try:
        return AnomalyData(
            X=rows,
            y=labels,
            feature_names=tuple(f"x{number}" for number in range(1, rows.shape[1] + 1)),
            name=f"ADBench {name.lower()}",
            source="ADBench (Han et al., NeurIPS 2022), classical data sets, revision 3dac822",
            licence="of the repository: BSD 2-Clause; each table has terms of its own",
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _arrays(path, names):
    """Return arrays of an archive; their size is known before memory is taken for them."""
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                sizes = [_announced_bytes(archive, f"{name}.npy") for name in names]
            if sum(sizes) > MOST_ARRAY_BYTES:
                raise ValueError(f"it unpacks to {sum(sizes):,} bytes")
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                return [arrays[name] for name in names]
        # a damaged archive ends in errors of many kinds, from zipfile, zlib and NumPy
        except Exception as error:
            expected = f"an archive of NumPy with {' and '.join(names)}"
            raise ValueError(f"{path.name} is damaged or not {expected}: {error}") from error


def _announced_bytes(archive, member):
    """Return how much memory the array will take, from the head of its file in the archive."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        readers = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, kind = readers[version](file)
    announced = math.prod(shape) * kind.itemsize
    if min(shape, default=0) < 0 or announced > archive.getinfo(member).file_size:
        raise ValueError(f"{member} announces more than it holds")
    return announced


def _connections(path, vocabulary, **about):
    lines, fields = _connection_lines(path)
    vocabulary = _vocabulary(fields, path) if vocabulary is None else vocabulary
    attacks = [line.split(",")[LABEL_FIELD].strip(" .") for line in lines]
    _distinct(attacks, "label", path)
    attacks = np.array(attacks)
    numeric = [at for at, name in enumerate(CONNECTION_COLUMNS) if name not in CATEGORIES]
    table, names = [as_numbers(lines, numeric, path)], [CONNECTION_COLUMNS[at] for at in numeric]
    for column, (group, values) in enumerate(vocabulary.items()):
        found = np.array([row[column] for row in fields])
        table.extend((found == value)[:, None] for value in values)
        names.extend(f"{group} = {value}" for value in values)
    return AnomalyData(
        X=np.hstack(table),
        y=attacks != "normal",
        feature_names=names,
        kinds=np.where(attacks == "normal", "", attacks),
        **about,
    )


def _connection_lines(path):
    """Return the lines and, for each, its three text fields."""
    lines = read_lines(path)
    _refuse_wrong_width(lines, (LABEL_FIELD + 1, LABEL_FIELD + 2), path, first=1)
    return lines, [line.split(",", 4)[1:4] for line in lines]


def _vocabulary(fields, path):
    return {
        group: _distinct([row[column] for row in fields], group, path)
        for column, group in enumerate(CATEGORIES)
    }


def _distinct(names, column, path):
    """Return the names in alphabetical order; refuse what is no name, and too many of them."""
    seen = set()
    for line, name in enumerate(names, start=1):
        if name not in seen:
            seen.add(name)
            if not NAME.fullmatch(name) or len(seen) > MOST_NAMES:
                what = f"has {shown(name)} as {column}; one of a few names is expected"
                raise wrong_line(path, line, what)
    return tuple(sorted(seen))


def _refuse_wrong_width(lines, widths, path, first):
    for line, text in enumerate(lines, start=first):
        if text.count(",") + 1 not in widths:
            expected = " or ".join(map(str, widths))
            what = f"has {text.count(',') + 1} fields; {expected} are expected"
            raise wrong_line(path, line, what)
