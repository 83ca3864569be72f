"""A user's CSV as it comes: separators, decimals, encodings, headers, kinds of columns."""

from course_utils.report import columns, labels, reading
from course_utils.report.budget import read_budget
from course_utils.report.remarks import ReportError, closest, listed, shorten
from course_utils.report.table import read_table

import csv_files
import numpy as np
import pandas as pd
import pytest

ROWS = 120


def said(found):
    return " ".join(each.text for each in found)


def read(tmp_path, content, **wishes):
    path = tmp_path / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return reading.read(path, **wishes)


def table(tmp_path, frame, **wishes):
    return read_table(csv_files.write(tmp_path / "file.csv", frame), **wishes)


@pytest.mark.parametrize("separator", reading.SEPARATORS)
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_form_gives_the_same_numbers(tmp_path, separator, decimal, encoding, end):
    frame = pd.DataFrame({"Größe, m": [1.5, -2.25, np.nan], "a;b": [1, 2, 3], "t": ["é", "x", ""]})
    text = frame.to_csv(index=False, sep=separator, decimal=decimal, lineterminator=end)
    if separator == "," and decimal == ",":
        return  # pandas puts such numbers into quotes, where they are texts
    found = read(tmp_path, text.encode(encoding)).frame
    assert list(found.columns) == list(frame.columns)
    assert np.array_equal(found["Größe, m"], frame["Größe, m"], equal_nan=True)
    assert found["a;b"].tolist() == [1, 2, 3]
    assert found["t"].tolist()[:2] == ["é", "x"]


def test_a_first_line_of_numbers_is_a_row(tmp_path):
    found = read(tmp_path, "1,2\n3,4\n5,6\n")
    assert list(found.frame.columns) == ["column 1", "column 2"]
    assert found.frame.to_numpy().tolist() == [[1, 2], [3, 4], [5, 6]]
    assert "first line holds numbers" in said(found.remarks)


def test_names_that_stand_twice_or_nowhere_get_their_own(tmp_path):
    found = read(tmp_path, 'a,"b\nc",a,,\n1,2,3,4,5\n')
    assert list(found.frame.columns) == ["a", "b c", "a (2)", "column 4", "column 5"]
    assert found.frame.to_numpy().tolist() == [[1, 2, 3, 4, 5]]
    assert "“a”" in said(found.remarks)


def test_a_label_keeps_its_words(tmp_path):
    found = read(tmp_path, "x,y\n1,None\n2,-\n3,\n4,NA\n5,NaN\n", as_text=["y"]).frame["y"]
    assert found.tolist()[:2] == ["None", "-"]
    assert found.isna().tolist() == [False, False, True, True, True]
    assert read(tmp_path, "x,y\n1,?\n2,NA\n").frame["y"].isna().all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a,b\n", "no rows"),
        (b"PK\x03\x04 and so on", "no CSV but a packed file"),
        (b"a,b\n1,\x002\n", "holds bytes 0"),
        (b"a,b\n1,2\n3,4,5\n", "3 cells in line 3 and 2"),
        (b"a,b\n1,2,3\n4,5,6\n", "2 cells in its first line and 3 in most others"),
        (b"# made by hand\na;b\n1;2\n3;4\n", "Delete what stands above the line of names"),
        (b'a,b\n1,2\n3,"4\n', "a quotation mark that opens a text and none that ends it"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "begins as UTF-16 and goes on otherwise"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path, content, words):
    with pytest.raises(ReportError, match=words):
        read(tmp_path, content)


def test_a_cell_may_hold_a_whole_document(tmp_path):
    found = read(tmp_path, "a,b\n1," + "x" * 150_000 + "\n2,y\n").frame
    assert found["b"].str.len().tolist() == [150_000, 1]


def test_names_that_stand_again_among_the_rows_are_no_row(tmp_path):
    found = read(tmp_path, "a,b c\n1,ok\na,b c\n2,bad\n")
    assert found.frame["b c"].tolist() == ["ok", "bad"]
    assert "The line of names stands in the file 2 times" in said(found.remarks)
    assert "are numbers: “1.5”" in said(read(tmp_path, "1.5,2.5,ok\n1,2,bad\n").remarks)


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1,234.5", "2,345,678", "12"], [1234.5, 2345678, 12]),
        (["1.234,5", "2.345.678", "0,123"], [1234.5, 2345678, 0.123]),
        (["12.5 %", "3%", "-1%"], [12.5, 3, -1]),
        (["€ 3", "1,200.00 €", "$5"], [3, 1200, 5]),
        (["0,5", "0,123", "7"], [0.5, 0.123, 7]),
    ],
)
def test_numbers_with_signs_are_read_and_told(tmp_path, texts, numbers):
    frame = pd.DataFrame({"w": texts * 20, "x": np.random.default_rng(0).normal(size=60)})
    found = table(tmp_path, frame)
    assert found.frame["w"].tolist() == numbers * 20
    assert f"“w”: “{texts[0]}” was read as {numbers[0]:g}" in said(found.remarks)


def test_rows_without_a_group_are_told(tmp_path):
    frame = csv_files.machine(rows=ROWS)
    frame["g"] = [None if i % 2 else f"{i // 20}" for i in range(ROWS)]
    found = table(tmp_path, frame, group="g")
    assert len(set(found.groups[1::2])) == 1
    assert f"{ROWS // 2} rows without a group" in said(found.remarks)


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path):
    with pytest.raises(ReportError, match="is a folder"):
        reading.read(tmp_path)
    with pytest.raises(ReportError, match="Check the name"):
        reading.read(tmp_path / "x.csv")


def test_each_kind_of_column_is_known(tmp_path):
    rng = np.random.default_rng(0)
    hours = pd.date_range("2026-01-01", periods=ROWS, freq="5h")
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=ROWS).round(3),
            "whole": rng.integers(0, 9, ROWS),
            "flag": rng.random(ROWS) < 0.5,
            "category": rng.choice(["a", "b"], ROWS),
            "date": rng.permutation(hours.astype(str)),
            "counter": np.arange(ROWS),
            "falling": -np.arange(ROWS) / 7,
            "customer id": rng.permutation(10**6)[:ROWS],
            "shuffled": rng.permutation(ROWS),
            "name": [f"someone {i}" for i in range(ROWS)],
            "word": [f"word {i % 40}" for i in range(ROWS)],
            "same": 1.0,
            "nothing": np.nan,
            "slips": [*["n. a."] * 3, *map(str, range(7)), *rng.integers(0, 5, ROWS - 10)],
            "wild": [np.inf, 1e200, *rng.normal(size=ROWS - 2)],
        }
    )
    found = table(tmp_path, frame)
    kinds = {each.name: each.kind for each in found.columns}
    assert kinds == {
        "number": "number", "whole": "number", "flag": "number", "category": "category",
        "date": "date", "counter": "identifier", "falling": "identifier",
        "customer id": "identifier", "shuffled": "identifier", "name": "identifier",
        "word": "text", "same": "constant", "nothing": "empty", "slips": "number",
        "wild": "number",
    }  # fmt: skip
    assert set(found.frame) == {
        "number", "whole", "flag", "category", "date: hour", "date: weekday", "slips", "wild",
    }  # fmt: skip
    assert sorted(found.frame["flag"].unique()) == [0, 1]
    assert found.frame["slips"].isna().sum() == 3
    assert found.frame["wild"].isna().sum() == 2
    words = said(found.remarks)
    assert "except in 3 cells, such as “n. a.”" in words
    assert "2 numbers beyond 1e100, or infinite" in words
    for name in ("counter", "name", "word", "same", "nothing"):
        assert f"“{name}”" in words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-03 04:05", "2026-02-03 04:05"),
        ("2026-02-03T04:05:00Z", "2026-02-03 04:05"),
        ("03.02.2026 04:05", "2026-02-03 04:05"),
        ("02/03/2026 04:05", "2026-02-03 04:05"),
        ("3 Feb 2026 04:05", "2026-02-03 04:05"),
        ("Feb 3, 2026 04:05", "2026-02-03 04:05"),
        ("20260203T040500", "2026-02-03 04:05"),
        ("2026-02-03 05:05:00+01:00", "2026-02-03 04:05"),
    ],
)
def test_dates_are_read_as_people_write_them(text, expected):
    found, _ = columns.as_times(pd.Series([text] * 5))
    assert (found == pd.Timestamp(expected)).all()


def test_a_day_above_twelve_tells_the_order_of_dates_with_slashes():
    found, words = columns.as_times(pd.Series(["03/02/2026", "13/02/2026"]))
    assert found[0] == pd.Timestamp("2026-02-03")
    assert words == ""
    _, words = columns.as_times(pd.Series(["03/02/2026", "04/02/2026"]))
    assert "month first" in words


@pytest.mark.parametrize(
    "cells", [["a", "b"], ["1.5", "2.5"], ["7", "8"], ["12:30"], ["1.4.2"], ["5,000.1"], []]
)
def test_what_is_no_date_is_none(cells):
    assert columns.as_times(pd.Series(cells, dtype=object))[0] is None


@pytest.mark.parametrize(
    ("cells", "anomalous"),
    [
        ("0 0 0 1", ["1"]),
        ("0.0 0.0 1.0", ["1"]),
        ("False False True", ["True"]),
        ("normal normal dos probe", ["dos", "probe"]),
        ("good bad good", ["bad"]),
        ("1 1 -1 1", ["-1"]),
        ("a a b", ["b"]),
        ("fraud fraud other", ["fraud"]),
        ("0 0 1 2", ["1", "2"]),
        ("no yes yes", ["yes"]),
    ],
)
def test_the_anomaly_is_the_value_that_people_mean(cells, anomalous):
    cells = pd.Series(cells.split(), name="y")
    found, words = labels.read_label(cells)
    assert sorted(found.anomalous) == anomalous
    expected = cells.map(labels._plain).isin(anomalous)
    assert found.y.tolist() == expected.astype(int).tolist()
    assert ("that is the rule" in said(words)) == (expected.mean() > 0.5)


def test_the_user_has_the_last_word_on_the_anomaly():
    cells = pd.Series(["a", "b", "c", None], name="y")
    found, words = labels.read_label(cells, ["a", "c"])
    assert found.y.tolist() == [1, 0, 1]
    assert found.told.tolist() == [True, True, True, False]
    assert "Left out: 1 row without a label" in said(words)
    with pytest.raises(ReportError, match="has 3 values"):
        labels.read_label(cells)
    with pytest.raises(ReportError, match="is empty"):
        labels.read_label(pd.Series([None], name="y"))


@pytest.mark.parametrize(
    ("cells", "named", "y", "told"),
    [
        ("legit unknown fraud legit", [], [0, 1, 0], "TFTT"),
        ("0 0 ? 1", [], [0, 0, 1], "TTFT"),
        ("a pending b b", ["a"], [1, 0, 0], "TFTT"),
        ("legit unknown fraud legit", ["unknown"], [0, 1, 0, 0], "TTTT"),
        ("unknown legit legit", [], [1, 0, 0], "TTT"),  # else only one sort is left
        ("unknown a b b", [], None, ""),  # which of three is normal, nobody can tell
    ],
)
def test_a_row_that_nobody_has_judged_is_no_anomaly(cells, named, y, told):
    cells = pd.Series(cells.split(), name="y")
    if y is None:
        with pytest.raises(ReportError, match="has 3 values"):
            labels.read_label(cells, named)
        return
    found, words = labels.read_label(cells, named)
    assert found.y.tolist() == y
    assert found.told.tolist() == [each == "T" for each in told]
    assert ("among them" in said(words)) == ("F" in told)


def test_labels_that_are_all_alike_measure_nothing():
    found, words = labels.read_label(pd.Series(["ok"] * 5, name="y"))
    assert found.y is None
    assert "nothing can be measured" in said(words)


def test_a_label_that_nobody_named_is_not_learned_from_in_silence(tmp_path):
    frame = csv_files.machine(rows=ROWS).rename(columns={"state": "Is_Anomaly"})
    assert "taken for a measurement: “Is_Anomaly”" in said(table(tmp_path, frame).remarks)
    found = table(tmp_path, frame, label="Is_Anomaly")
    assert "taken for a measurement" not in said(found.remarks)


def test_time_is_put_in_order_and_says_so(tmp_path):
    frame = csv_files.machine(rows=ROWS)
    frame["at"] = pd.date_range("2026-01-01", periods=ROWS, freq="h").astype(str)
    frame = frame.iloc[[1, 0, *range(2, ROWS)]]
    frame.loc[5, "at"] = "who knows"
    found = table(tmp_path, frame, time="at", label="state")
    assert (np.diff(found.time) > np.timedelta64(0)).all()
    assert found.places[:3].tolist() == [2, 1, 3]
    assert len(found) == found.rows_in_file == ROWS - 1
    assert found.days == pytest.approx((ROWS - 1) / 24)
    words = said(found.remarks)
    assert "Time goes back 1 time " in words
    assert "Left out: 1 row without a time, such as “who knows”" in words
    assert "at: hour" in found.frame


@pytest.mark.parametrize(("unit", "factor"), [("seconds", 1), ("milliseconds", 1000)])
def test_numbers_may_be_times_since_1970(tmp_path, unit, factor):
    start = pd.Timestamp("2026-01-01").timestamp()
    frame = csv_files.machine(rows=ROWS)
    frame["at"] = ((start + 3600 * np.arange(ROWS)) * factor).astype(np.int64)
    found = table(tmp_path, frame, time="at")
    assert pd.Timestamp(found.time[0]) == pd.Timestamp("2026-01-01")
    assert found.days == pytest.approx((ROWS - 1) / 24)
    assert unit in said(found.remarks)


def test_numbers_that_only_count_give_the_order_and_no_days(tmp_path):
    frame = csv_files.machine(rows=ROWS)
    frame["at"] = np.arange(ROWS)[::-1]
    found = table(tmp_path, frame, time="at")
    assert found.days is None
    assert found.places[0] == ROWS
    with pytest.raises(ReportError, match="needs --time COLUMN with dates"):
        read_budget("5", found)


def test_more_rows_than_are_needed_are_sampled_and_said(tmp_path):
    frame = csv_files.machine(rows=3000)
    frame["at"] = pd.date_range("2026-01-01", periods=3000, freq="h").astype(str)
    found = table(tmp_path, frame, time="at", label="state", most_rows=500)
    assert (len(found), found.rows_in_file) == (500, 3000)
    assert "drawn at random" in said(found.remarks)
    share = (frame["state"] == "faulty").mean()
    assert abs(found.y.mean() - share) < 4 * np.sqrt(share / 500)
    heat = frame["heat [K]"].to_numpy()[found.places - 1]
    assert np.array_equal(found.frame["heat [K]"], heat)
    per_day = read_budget("12", found)  # of 24 rows a day
    assert per_day.share == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (csv_files.machine(rows=20), "20 rows to work with; at least 30"),
        (pd.DataFrame({"id": range(100), "same": 1}), "no column left to learn from"),
    ],
)
def test_a_table_that_teaches_nothing_is_refused(tmp_path, frame, words):
    with pytest.raises(ReportError, match=words):
        table(tmp_path, frame)


@pytest.mark.parametrize(("text", "share"), [("0.01", 0.01), ("1%", 0.01), ("0,5 %", 0.005)])
def test_a_budget_may_be_a_share(tmp_path, text, share):
    found = read_budget(text, table(tmp_path, csv_files.machine(rows=ROWS)))
    assert found.share == pytest.approx(share)
    assert found.per_day is None


def test_long_texts_and_near_names():
    assert len(shorten("x" * 500)) == 60
    assert shorten("a\n b\t c") == "a b c"
    assert listed(["a", "b", "c"], 2) == "“a”, “b” and 1 more"
    assert closest("LABEL ", ["x", "label", "labels"])[0] == "label"
    assert closest("zzz", ["label"]) == []
