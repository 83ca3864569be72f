"""Texts and logs to download: the public files, and small ones made here."""

from functools import partial

from course_utils import data
from course_utils.data.public import logs

import numpy as np
import parser_checks
import pytest
from hypothesis import given
from parser_checks import fuzzed, hand_over, sources

SMS = "ham\tSee you at 8 – ok?\nspam\tWIN a prize\tnow\nham\tSee you at 8 – ok?\n"
NORMAL = "5 5 22 5 \n22 5\n5 5 22 5\n"
ABNORMAL = "5 22 7 \n3 4"


def bgl_line(tag="-", second=1117838570, message="cache error  corrected"):
    return f"{tag} {second} 2005.06.03 R02 2005-06-03-15.42.50.67 R02 RAS KERNEL INFO {message}"


BGL = "\r\n".join([bgl_line(), bgl_line("KERNDTLB", 1117838573, "TLB error"), bgl_line()])


@pytest.fixture
def fetched(monkeypatch, tmp_path):
    """Hand the loaders the public files, or a folder with the made ones."""
    return partial(hand_over, monkeypatch, tmp_path)


# --- short messages


@pytest.mark.parametrize("source", sources("sms_spam"))
def test_sms_spam(source, fetched):
    fetched(source, "sms_spam", {logs.SMS_FILE: SMS.encode()})
    loaded = logs.load_sms_spam()
    expected = {"made": (3, 1, 1, 1), "public": (5_574, 747, 403, 2)}[source]
    rows, spam, copies, first_spam = expected
    assert (len(loaded), loaded.n_anomalies, loaded.n_duplicates) == (rows, spam, copies)
    assert loaded.modality == "text"
    assert np.flatnonzero(loaded.y)[0] == first_spam
    start = {"made": "WIN a prize\tnow", "public": "Free entry in 2 a wkly comp"}[source]
    assert loaded.X[first_spam].startswith(start)


@pytest.mark.parametrize("source", sources("sms_spam"))
def test_the_label_is_not_in_the_message(source, fetched):
    fetched(source, "sms_spam", {logs.SMS_FILE: SMS.encode()})
    assert not any(text.startswith(("ham\t", "spam\t")) for text in logs.load_sms_spam().X)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n\n", "sms is empty"),
        (f"{SMS}eggs\thello", "sms, line 4 has 'eggs.*hello'; ham or spam"),
        (f"{SMS}ham", "line 4 has 'ham'; ham or spam"),
        (f"{SMS}spam\t  ", "line 4 has 'spam"),
        (b"ham\tyes\nham\t\xff", "sms, line 2 is no text in UTF-8"),
    ],
)
def test_what_is_wrong_with_messages_is_named(content, message):
    parser_checks.refused(logs.parse_sms_spam, "sms", content, message)


@fuzzed
@given(content=parser_checks.damaged(SMS.encode()))
def test_any_bytes_as_messages(content):
    parser_checks.ends_well(logs.parse_sms_spam, "sms", content)


# --- HDFS


@pytest.mark.parametrize("source", sources("hdfs"))
def test_hdfs(source, fetched):
    made = {"hdfs_train": NORMAL.encode(), "hdfs_test_abnormal": ABNORMAL.encode()}
    fetched(source, "hdfs", made)
    loaded = logs.load_hdfs()
    rows, abnormal, copies, longest, start, normal_keys = {
        "made": (5, 2, 1, 4, [5, 5, 22, 5], {5, 22}),
        "public": (
            *(21_693, 16_838, 16_731, 284, [5, 5, 5, 22, 11, 9]),
            {2, 3, 4, 5, 6, 9, 11, 16, 18, 21, 22, 23, 25, 26},
        ),
    }[source]
    assert (len(loaded), loaded.n_anomalies, loaded.n_duplicates) == (rows, abnormal, copies)
    assert loaded.modality == "sequences"
    assert loaded.y.tolist() == sorted(loaded.y)  # the normal ones come first
    assert loaded.X[0].tolist()[: len(start)] == start
    assert max(len(sequence) for sequence in loaded.X) == longest
    assert {*np.concatenate(loaded.X[loaded.y == 0]).tolist()} == normal_keys


@pytest.mark.parametrize("source", sources("hdfs"))
def test_equal_sequences_are_never_on_two_sides(source, fetched):
    made = {
        "hdfs_train": (NORMAL * 9 + "1\n2\n3\n").encode(),
        "hdfs_test_abnormal": (ABNORMAL + "\n6\n7 7").encode(),
    }
    fetched(source, "hdfs", made)
    parts = data.split(logs.load_hdfs(), protocol="clean-train")
    train, test = ({tuple(row) for row in part.X} for part in (parts.train, parts.test))
    assert not train & test
    assert parts.train.n_anomalies == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "keys is empty"),
        ("5 5\n\n5", "keys, line 2 is empty; one sequence"),
        ("5 5\n5 x", "line 2 has the key 'x'; whole numbers"),
        ("5 -1", "line 1 has the key '-1'"),
        ("5 99999", "line 1 has the key '99999'; whole numbers up to 10000"),
        ("5 ٣", "line 1 has the key '٣'"),
        ("1" * 9_999, "line 1 has the key '1{40}…'"),
    ],
)
def test_what_is_wrong_with_keys_is_named(content, message):
    parser_checks.refused(lambda path: logs.parse_hdfs(path, path), "keys", content, message)


@fuzzed
@given(content=parser_checks.damaged(NORMAL.encode()))
def test_any_bytes_as_keys(content):
    parser_checks.ends_well(lambda path: logs.parse_hdfs(path, path), "keys", content)


# --- BlueGene/L


@pytest.mark.parametrize("source", sources("bgl"))
def test_bgl(source, fetched):
    fetched(source, "bgl", {logs.BGL_FILE: BGL.encode()})
    loaded = logs.load_bgl()
    expected = {"made": (3, 1, 1), "public": (2_000, 143, 60)}[source]
    rows, alerts, most_common = expected
    assert (len(loaded), loaded.n_anomalies) == (rows, alerts)
    assert (loaded.kinds == "KERNDTLB").sum() == most_common
    assert loaded.modality == "text"
    assert str(loaded.time[0]) == "2005-06-03T22:42:50"
    first = {
        "made": "cache error  corrected",
        "public": "instruction cache parity error corrected",
    }
    assert loaded.X[0] == first[source]


@pytest.mark.parametrize("source", sources("bgl"))
def test_neither_tag_nor_level_is_in_the_text(source, fetched):
    fetched(source, "bgl", {logs.BGL_FILE: BGL.encode()})
    loaded = logs.load_bgl()
    tags = tuple(set(loaded.kinds) - {""})
    assert not any(text.startswith((*tags, "- ", "RAS ", "FATAL ")) for text in loaded.X)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "made.log is empty"),
        ("- 1117838570 too short", "made.log, line 1 has 4 fields; 10, the last one a message"),
        (f"{BGL}\n{bgl_line(message=' ')}", "line 4 has 10 fields; 10, the last one a message"),
        (bgl_line(second="noon"), "line 1 has the time 'noon'; seconds since 1970"),
        (bgl_line(second=10**11), "line 1 has the time '100000000000'"),
        (bgl_line(tag=""), "line 1 has the tag ''; a name is expected"),
    ],
)
def test_what_is_wrong_with_a_log_is_named(content, message):
    parser_checks.refused(logs.parse_bgl, "made.log", content, message)


@fuzzed
@given(content=parser_checks.damaged(BGL.encode()))
def test_any_bytes_as_a_log(content):
    parser_checks.ends_well(logs.parse_bgl, "made.log", content)
