"""Texts and logs to download: short messages, and the logs of two large computer systems."""

from __future__ import annotations

from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.public.reading import read_lines, shown, wrong_line

import numpy as np

SMS_FILE = "SMSSpamCollection"
SMS_LABELS = ("ham", "spam")

HDFS_FILES = {"normal": "hdfs_train", "abnormal": "hdfs_test_abnormal"}
LARGEST_KEY = 10_000  # a log has a few dozen kinds of lines; HDFS has 28 here

BGL_FILE = "BGL_2k.log"
BGL_FIELDS = 10  # tag, seconds, date, node, time, node, type, component, level, message
LATEST_SECOND = 2**32  # in the year 2106


def load_sms_spam():
    """Return short messages in English; spam is the anomaly.

    Returns
    -------
    AnomalyData
        5,574 texts, 747 of them spam. 7.2 % of the texts repeat an earlier one.
    """
    from course_utils.data.store.download import fetch

    return parse_sms_spam(fetch("sms_spam") / SMS_FILE)


def load_hdfs():
    """Return what happened to blocks of a distributed file system, as sequences of log keys.

    A sequence is one block; a number stands for one kind of log line. The normal sequences are
    those that DeepLog was trained on. The normal sequences that it was tested on are a larger
    file which is not part of this set, so that 78 % of the rows are anomalies: hold back some of
    the normal ones (`data.split`) to count false alarms.

    Returns
    -------
    AnomalyData
        21,693 sequences of 2 to 284 whole numbers: 4,855 normal ones, then 16,838 abnormal ones.
    """
    from course_utils.data.store.download import fetch

    folder = fetch("hdfs")
    return parse_hdfs(folder / HDFS_FILES["normal"], folder / HDFS_FILES["abnormal"])


def load_bgl():
    """Return lines of the log of a BlueGene/L supercomputer; alerts are the anomalies.

    Returns
    -------
    AnomalyData
        2,000 messages with their time (UTC), 143 of them alerts; kinds are the alert tags.
    """
    from course_utils.data.store.download import fetch

    return parse_bgl(fetch("bgl") / BGL_FILE)


def parse_sms_spam(path):
    """Read the SMS Spam Collection: a label, a tabulator, and a message on each line.

    Parameters
    ----------
    path : str or Path
        Text in UTF-8.
    """
    labels, messages = [], []
    for number, line in enumerate(read_lines(path), start=1):
        label, _, message = line.partition("\t")
        if label not in SMS_LABELS or not message.strip():
            what = f"has {shown(line)}; ham or spam, a tabulator and a message are expected"
            raise wrong_line(path, number, what)
        labels.append(label == "spam")
        messages.append(message)
    return AnomalyData(
        X=messages,
        y=np.array(labels),
        feature_names=(),
        name="SMS spam",
        source="SMS Spam Collection, UCI Machine Learning Repository 228",
        licence="CC BY 4.0",
    )


def parse_hdfs(normal, abnormal):
    """Read two files of log keys: whole numbers with spaces between them, a block on each line.

    Parameters
    ----------
    normal, abnormal : str or Path
        The file of the normal blocks and that of the abnormal ones.

    Returns
    -------
    AnomalyData
        The normal sequences first, each file in its own order.
    """
    files = [_key_sequences(path) for path in (normal, abnormal)]
    return AnomalyData(
        X=[sequence for sequences in files for sequence in sequences],
        y=np.repeat([0, 1], [len(sequences) for sequences in files]),
        feature_names=(),
        name="HDFS log keys",
        source="HDFS log of Xu et al. (SOSP 2009) as keys, from wuyifan18/DeepLog, f3ba44d",
        licence="not stated for the data; the repository's code is under MIT",
    )


def parse_bgl(path):
    """Read a log of BlueGene/L: an alert tag (- for none), a time, where from, and a message.

    The tag is the label, so it is not part of the text; neither are the place, the component and
    the level.

    Parameters
    ----------
    path : str or Path
        Text in UTF-8.
    """
    lines = read_lines(path)
    fields = [line.split(" ", BGL_FIELDS - 1) for line in lines]
    for number, row in enumerate(fields, start=1):
        if len(row) != BGL_FIELDS or not row[-1].strip():
            what = f"has {len(row)} fields; {BGL_FIELDS}, the last one a message, are expected"
            raise wrong_line(path, number, what)
        if not _is_whole_number(row[1], LATEST_SECOND):
            what = f"has the time {shown(row[1])}; seconds since 1970 are expected"
            raise wrong_line(path, number, what)
        if not (row[0].isascii() and row[0].isprintable() and 0 < len(row[0]) <= 40):
            raise wrong_line(path, number, f"has the tag {shown(row[0])}; a name is expected")
    tags = np.array([row[0] for row in fields])
    return AnomalyData(
        X=[row[-1] for row in fields],
        y=tags != "-",
        feature_names=(),
        name="BlueGene/L log",
        source="BGL (Oliner and Stearley, DSN 2007), 2,000 lines from logpai/loghub, dd61d09",
        licence="free for research with citation",
        kinds=np.where(tags == "-", "", tags),
        time=np.array([int(row[1]) for row in fields], dtype="datetime64[s]"),
    )


def _key_sequences(path):
    sequences = []
    for number, line in enumerate(read_lines(path), start=1):
        keys = line.split()
        for key in keys:
            if not _is_whole_number(key, LARGEST_KEY):
                what = f"has the key {shown(key)}; whole numbers up to {LARGEST_KEY} are expected"
                raise wrong_line(path, number, what)
        if not keys:
            raise wrong_line(path, number, "is empty; one sequence of keys per line is expected")
        sequences.append(np.array(keys, dtype=np.int64))
    return sequences


def _is_whole_number(text, largest):
    return text.isascii() and text.isdecimal() and len(text) <= 12 and int(text) <= largest
