"""Tables to download: what is read from the public files, and from small ones made here."""

import gzip
import zipfile
from functools import partial
from io import BytesIO

from course_utils import data
from course_utils.data.public import tables

import numpy as np
import parser_checks
import pytest
from hypothesis import given
from parser_checks import fuzzed, hand_over, sources

NUMBERS = ",".join(["0.5"] * 36)


def connection(service="http", attack="normal", protocol="tcp", source_bytes=7, end=",21"):
    """One line of NSL-KDD; `end` is ".": one of KDD Cup 99."""
    return f"0,{protocol},{service},SF,{source_bytes},{NUMBERS},{attack}{end}"


TRAIN = "\n".join(
    [
        connection(),
        connection("ftp", "neptune"),
        connection("ftp", source_bytes=9),
        connection("smtp", "smurf", "icmp"),
        connection(),
    ]
)
TEST = "\n".join([connection(), connection("tftp_u", "worm"), connection("ftp", "neptune")])
KDD_CUP_99 = "\n".join([connection(end="."), connection("ftp", "smurf", end=".")])
CARD_NAMES = ",".join(["Time", *(f"V{number}" for number in range(1, 29)), "Amount", "Class"])
CARD_ROWS = [f"{time},{','.join(['-1.25'] * 28)},9.99,'{time // 2}'" for time in range(3)]
CARDS = "\n".join([CARD_NAMES, *CARD_ROWS]) + "\n"

# rows, columns, attacks, columns of services, copies, attack in the row, bytes in row 0
CONNECTIONS = {
    ("made", "train"): (5, 38 + 2 + 3 + 1, 2, 3, 1, (1, "neptune"), 7),
    ("made", "test"): (3, 38 + 2 + 3 + 1, 2, 3, 0, (1, "worm"), 7),
    ("public", "train"): (25_192, 38 + 3 + 66 + 11, 11_743, 66, 1, (2, "neptune"), 491),
    ("public", "test"): (22_544, 38 + 3 + 66 + 11, 12_833, 66, 57, (0, "neptune"), 0),
}
# rows, columns, anomalies, copies, the first value
ADBENCH = {
    "annthyroid": (7_200, 6, 534, 138, 0.73),
    "cardio": (1_831, 21, 176, 9, 0.00491231),
    "http": (567_498, 3, 2_211, 345_598, -2.30258509),
    "ionosphere": (351, 32, 126, 1, 0.997695),
    "mammography": (11_183, 6, 260, 3_335, 0.23001961),
    "musk": (3_062, 166, 97, 0, 46),
    "optdigits": (5_216, 64, 150, 18, 0),
    "pima": (768, 8, 268, 0, 6),
    "satellite": (6_435, 36, 2_036, 0, 92),
    "smtp": (95_156, 3, 30, 23_926, 0.09531018),
    "thyroid": (3_772, 6, 93, 116, 0.77419355),
    "vowels": (1_456, 12, 50, 4, 0.58046914),
}


def archive(rows=((1.5, 0), (2, 0), (1.5, 0), (9, 9)), labels=(0, 0, 0, 1), **more):
    file = BytesIO()
    np.savez_compressed(file, X=np.array(rows), y=np.array(labels), **more)
    return file.getvalue()


@pytest.fixture
def fetched(monkeypatch, tmp_path):
    """Hand the loaders the public files, or a folder with the made ones."""
    return partial(hand_over, monkeypatch, tmp_path)


# --- connections


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("source", sources("nsl_kdd"))
def test_nsl_kdd(source, part, fetched):
    files = tables.NSL_KDD_FILES
    fetched(source, "nsl_kdd", {files["train"]: TRAIN.encode(), files["test"]: TEST.encode()})
    loaded = tables.load_nsl_kdd(part)
    rows, columns, attacks, services, copies, (row, attack), sent = CONNECTIONS[source, part]
    assert loaded.X.shape == (rows, columns)
    assert (loaded.n_anomalies, loaded.n_duplicates) == (attacks, copies)
    assert loaded.kinds[row] == attack
    assert loaded.frame()["src_bytes"][0] == sent
    names = [name for name in loaded.feature_names if name.startswith("service = ")]
    assert len(names) == services
    assert names == sorted(names)
    assert "service = tftp_u" not in names
    ones = loaded.X[:, [loaded.feature_names.index(name) for name in names]].sum(axis=1)
    # one service of the test file is in no training row: all its columns are 0
    assert np.flatnonzero(ones != 1).size == (part == "test")


@pytest.mark.parametrize("source", sources("nsl_kdd"))
def test_the_parts_of_nsl_kdd_have_the_same_columns(source, fetched):
    files = tables.NSL_KDD_FILES
    fetched(source, "nsl_kdd", {files["train"]: TRAIN.encode(), files["test"]: TEST.encode()})
    train, test = tables.load_nsl_kdd(), tables.load_nsl_kdd("test")
    assert train.feature_names == test.feature_names
    new = set(test.kinds) - set(train.kinds)
    if source == "made":
        assert new == {"worm"}
    else:
        assert (len(new), np.isin(test.kinds, list(new)).sum()) == (18, 3_752)


def test_the_difficulty_is_left_out(tmp_path):
    easy, hard = tmp_path / "easy.txt", tmp_path / "hard.txt"
    easy.write_text(connection(end=",21"))
    hard.write_text(connection(end=",0"))
    assert np.array_equal(tables.parse_nsl_kdd(easy).X, tables.parse_nsl_kdd(hard).X)


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_kdd_cup_99(pack, fetched):
    fetched("made", "kdd_cup_99", {tables.KDD_CUP_99_FILE: pack(KDD_CUP_99.encode())})
    loaded = tables.load_kdd_cup_99()
    assert loaded.kinds.tolist() == ["", "smurf"]
    assert loaded.feature_names[-4:] == (
        "protocol_type = tcp",
        "service = ftp",
        "service = http",
        "flag = SF",
    )
    assert loaded.X[1, -4:].tolist() == [1, 1, 0, 1]


def test_a_part_that_is_none_is_named():
    with pytest.raises(ValueError, match="part is 'all'"):
        tables.load_nsl_kdd("all")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "made.txt is empty"),
        (f"{TRAIN}\n\n{TRAIN}", "made.txt, line 6 has 1 fields; 42 or 43 are expected"),
        (f"{TRAIN}\n{TRAIN[:-4]},1,2,3", "made.txt, line 10 has 45 fields"),
        (TRAIN.replace("9,0.5", "9,nan"), "line 3 has 'nan' in field 6; a finite number"),
        (TRAIN.replace("9,0.5", "9,"), "line 3 has '' in field 6"),
        (TRAIN.replace("9,0.5", "9,1_0"), "line 3 has '1_0' in field 6"),
        (TRAIN.replace("9,0.5", "9,1e999"), "line 3 has '1e999' in field 6"),
        (TRAIN.replace("smurf", ""), "line 4 has '' as label"),
        (TRAIN.replace("icmp", "i c"), "line 4 has 'i c' as protocol_type"),
        (TRAIN.encode() + b"\n\xff\xfe", "line 6 is no text in UTF-8"),
        (gzip.compress(TRAIN.encode(), mtime=0)[:-9], "made.txt is damaged"),
        (
            "\n".join(connection(f"s{number}") for number in range(201)),
            "line 201 has 's200' as service; one of a few names",
        ),
    ],
)
def test_what_is_wrong_with_connections_is_named(content, message):
    parser_checks.refused(tables.parse_nsl_kdd, "made.txt", content, message)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(100_000)))
    with pytest.raises(ValueError, match=r"bomb.gz is larger than 9,999 bytes when unpacked"):
        tables.read_lines(path, most_bytes=9_999)


@fuzzed
@given(content=parser_checks.damaged(TRAIN.encode()))
def test_any_bytes_as_connections(content):
    parser_checks.ends_well(tables.parse_nsl_kdd, "made.txt", content)


@fuzzed
@given(content=parser_checks.damaged(gzip.compress(KDD_CUP_99.encode(), mtime=0)))
def test_any_bytes_as_packed_connections(content):
    parser_checks.ends_well(tables.parse_kdd_cup_99, "made.gz", content)


# --- card payments


def test_credit_card_fraud(fetched):
    fetched("made", "credit_card_fraud", {tables.CREDIT_CARD_FILE: CARDS.encode()})
    loaded = tables.load_credit_card_fraud()
    assert loaded.X.shape == (3, 30)
    assert loaded.y.tolist() == [0, 0, 1]
    assert loaded.X[2, [0, 1, 28, 29]].tolist() == [2, -1.25, -1.25, 9.99]
    assert loaded.feature_names[::29] == ("time [s]", "amount")
    assert loaded.modality == "table"


def test_quotes_around_names_and_classes_do_not_matter(tmp_path):
    bare, quoted = tmp_path / "bare.csv", tmp_path / "quoted.csv"
    bare.write_text(CARDS.replace("'", ""))
    names = ",".join(f'"{name}"' for name in CARD_NAMES.split(","))
    quoted.write_text(CARDS.replace(CARD_NAMES, names).replace("'", '"'))
    read = [tables.parse_credit_card_fraud(path) for path in (bare, quoted)]
    assert np.array_equal(read[0].X, read[1].X)
    assert read[0].y.tolist() == read[1].y.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Time,V1\n0,0", "cards.csv, line 1 does not name the columns Time, V1"),
        (CARD_NAMES, "line 1 is the only one"),
        (CARDS.replace("'1'", "'2'"), "line 4 has the class '2'; 0 or 1 is expected"),
        (CARDS.replace("9.99,'1'", "many,'1'"), "line 4 has 'many' in field 30"),
        (CARDS + "3,4", "line 5 has 2 fields; 31 are expected"),
    ],
)
def test_what_is_wrong_with_payments_is_named(content, message):
    parser_checks.refused(tables.parse_credit_card_fraud, "cards.csv", content, message)


@fuzzed
@given(content=parser_checks.damaged(CARDS.encode()))
def test_any_bytes_as_payments(content):
    parser_checks.ends_well(tables.parse_credit_card_fraud, "cards.csv", content)


# --- ADBench


@pytest.mark.parametrize("name", tables.ADBENCH_FILES)
@pytest.mark.parametrize("source", sources("adbench"))
def test_adbench(source, name, fetched):
    fetched(source, "adbench", {tables.ADBENCH_FILES[name]: archive()})
    loaded = tables.load_adbench(name)
    expected = ADBENCH[name] if source == "public" else (4, 2, 1, 1, 1.5)
    rows, columns, anomalies, copies, first = expected
    assert loaded.X.shape == (rows, columns)
    assert (loaded.n_anomalies, loaded.n_duplicates) == (anomalies, copies)
    assert loaded.X[0, 0] == pytest.approx(first)
    assert loaded.feature_names[0] == "x1"
    assert loaded.name == f"ADBench {name}"


@pytest.mark.parametrize("source", sources("adbench"))
def test_copies_are_told_at_sight(source, fetched):
    fetched(source, "adbench", {tables.ADBENCH_FILES["http"]: archive()})
    share = {"public": "60.9 %", "made": "25.0 %"}[source]
    assert f"{share} of the rows are copies" in repr(tables.load_adbench("http"))


def test_copies_are_never_on_two_sides(fetched):
    rows = np.repeat(np.arange(40.0), 5)[:, None]
    fetched("made", "adbench", {"34_smtp.npz": archive(rows, rows[:, 0] >= 30)})
    parts = data.split(tables.load_adbench("smtp"), seed=3)
    sides = [set(part.X[:, 0]) for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, sides)) == 40


def test_an_unknown_table_is_named():
    with pytest.raises(ValueError, match="name is 'shuttle'"):
        tables.load_adbench("shuttle")


def member(name, content):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "1_made.npz is damaged or not an archive of NumPy with X and y"),
        (member("X.npy", b"none"), "1_made.npz is damaged"),
        (archive(rows=[1, 2], labels=[0, 1]), r"1_made.npz has X of shape \(2,\)"),
        (archive(rows=[["a"], ["b"]], labels=[0, 1]), "has X of shape .* a table of numbers"),
        (archive(rows=[[1], [np.inf]], labels=[0, 1]), "1_made.npz: X has"),
        (archive(rows=[[1], [2]], labels=[0, 7]), "1_made.npz: y has 7"),
        (archive(rows=[[1], [2]], labels=[0]), "1_made.npz: y has 1 label; 2 expected"),
        (archive(rows=np.array([[{}]]), labels=[0]), "1_made.npz is damaged"),
    ],
)
def test_what_is_wrong_with_an_archive_is_named(content, message):
    parser_checks.refused(tables.parse_adbench, "1_made.npz", content, message)


def test_no_memory_is_taken_for_what_an_archive_only_announces():
    head = BytesIO()
    announced = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 100)}
    np.lib.format.write_array_header_1_0(head, announced)
    content = member("X.npy", head.getvalue())
    parser_checks.refused(tables.parse_adbench, "1_made.npz", content, "announces more than")


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ARRAY_BYTES", 1_000)
    content = archive(np.zeros((500, 2)), np.zeros(500))
    parser_checks.refused(tables.parse_adbench, "1_made.npz", content, "unpacks to 12,000 bytes")


@fuzzed
@given(content=parser_checks.damaged(archive()))
def test_any_bytes_as_an_archive(content):
    parser_checks.ends_well(tables.parse_adbench, "1_made.npz", content, line=False)
