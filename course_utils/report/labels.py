"""The label column: which of its values is taken for the anomaly, and why."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.report.remarks import Remark, ReportError, count, listed, shorten

import numpy as np

__all__ = ["Label", "overlooked", "read_label"]

NORMAL = {
    "normal", "ok", "okay", "good", "benign", "inlier", "legit", "legitimate", "genuine", "ham",
    "healthy", "none", "no", "n", "false", "pass", "passed", "negative", "regular", "clean",
}  # fmt: skip
ANOMALOUS = {
    "anomaly", "anomalous", "abnormal", "outlier", "attack", "intrusion", "fraud", "fraudulent",
    "spam", "malicious", "malignant", "defect", "defective", "faulty", "fault", "failure", "bad",
    "yes", "y", "true", "fail", "failed", "positive", "1", "1.0", "phishing",
}  # fmt: skip
UNTOLD = {"unknown", "undetermined", "unlabelled", "unlabeled", "pending", "unclear", "?"}
NAMES = {
    "anomaly", "anomalous", "anomalies", "label", "labels", "target", "outlier", "fraud", "attack",
    "class", "ground_truth", "y",
}  # fmt: skip
FEW = 50  # values; a column of more holds measurements


@dataclass(frozen=True)
class Label:
    """A label column as it was understood.

    Attributes
    ----------
    name : str
    y : array of int64, shape (n,), or None
        1 = anomaly, of the rows that have a label; None where all are alike.
    told : array of bool, shape (rows of the file,)
        Which rows have a label.
    counts : dict of str to int
        Rows of each value.
    anomalous : list of str
        The values taken for anomalies.
    reason : str
    """

    name: str
    y: np.ndarray | None
    told: np.ndarray
    counts: dict
    anomalous: list
    reason: str


def read_label(cells, anomalous=()):
    """Return what a label column says.

    Parameters
    ----------
    cells : Series of str
        Missing where a row has no label.
    anomalous : sequence of str
        The values that are anomalies, where the user says so.

    Returns
    -------
    Label
    list of Remark

    Raises
    ------
    ReportError
        If the column has no value, more than two of which none is known for normal, or not the
        value that the user names.
    """
    name, told = cells.name, cells.notna().to_numpy(copy=True)
    named = [_plain(each) for each in anomalous]
    values = cells[told].map(_plain)
    untold = _untold(values, named)
    if untold:
        judged = ~values.isin(untold)
        told[told] = judged.to_numpy()
        values = values[judged]
    counts = {str(value): int(rows) for value, rows in values.value_counts().items()}
    if not counts:
        raise ReportError(f"The label column “{shorten(name)}” is empty. Leave --label out.")
    remarks = []
    if not told.all():
        without = count(int((~told).sum()), "row")
        said, cure = f"Left out: {without} without a label", ""
        if untold:
            said += f", {listed(untold)} among them"
            cure = "If that is an anomaly, name it with --anomaly VALUE."
        remarks.append(Remark(f"{said}.", cure, "02", bool(untold)))
    chosen, reason = _choose(name, counts, named)
    y = values.isin(chosen).to_numpy().astype(np.int64)
    if not chosen or y.min() == y.max():
        only = listed(counts)
        said = f"All labels in “{shorten(name)}” say the same ({only}): nothing can be measured."
        cure = "Add rows of the other sort, or name the anomalies with --anomaly VALUE."
        remarks.append(Remark(said, cure, "02"))
        return Label(name, None, told, counts, [], "there is nothing to choose from"), remarks
    if y.mean() > 0.5:
        remarks.append(
            Remark(
                f"{100 * y.mean():.0f} % of the rows are labelled {listed(chosen)}, which was "
                "taken for the anomaly: that is the rule, not the exception.",
                "If the other value is the anomaly, run again with --anomaly VALUE.",
                "01",
            )
        )
    return Label(name, y, told, counts, chosen, reason), remarks


def overlooked(names):
    """Return a remark on columns whose names say that they are labels, list of Remark.

    Parameters
    ----------
    names : sequence of str
        Of the columns that detectors are to learn from.
    """
    such = [each for each in names if _bare(each) in NAMES]
    if not such:
        return []
    said = f"By its name a label, and taken for a measurement: {listed(such)}."
    return [Remark(said, "If it is one, run again with --label.", "18")]


def _bare(name):
    return name.casefold().strip().removeprefix("is_").removeprefix("is ")


def _plain(value):
    """Return a value as a person writes it: 1 for "1.0", no blanks around."""
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if np.isfinite(number) and number == int(number) else text


def _untold(values, named):
    """Return the values that say that nobody has judged a row, where the others are two sorts."""
    words = values.str.casefold()
    untold = words.isin(UNTOLD) & ~values.isin(named)
    others = set(values[~untold])
    plain = named or any(each.casefold() in NORMAL or each == "0" for each in others)
    return sorted(set(values[untold])) if plain and len(others) > 1 else []


def _choose(name, counts, named):
    """Return the values that are anomalies, and the reason in words."""
    if named:
        strange = [each for each in named if each not in counts]
        if strange:
            raise ReportError(
                f"--anomaly {strange[0]}: “{shorten(name)}” has no such value. It has "
                f"{listed(counts, 12)}."
            )
        return named, "--anomaly says so"
    normal = [each for each in counts if each.casefold() in NORMAL]
    rest = [each for each in counts if each not in normal]
    if normal and rest:
        return rest, f"{listed(normal)} is a word for normal"
    if len(counts) == 1:
        return [], ""
    if len(counts) > FEW:
        raise ReportError(
            f"“{shorten(name)}” has {len(counts):,} different values, such as {listed(counts, 3)}"
            ": these look like measurements, not labels. Name another column with --label, or "
            "leave it out."
        )
    if len(counts) > 2:
        known = [each for each in counts if each == "0"]
        if known:
            return [each for each in counts if each != "0"], "0 is the usual number for normal"
        raise ReportError(
            f"“{shorten(name)}” has {len(counts)} values: {listed(counts, 12)}. Say which of them "
            "are anomalies: --anomaly VALUE [VALUE …]."
        )
    rarer = min(counts, key=counts.get)
    known = [each for each in counts if each.casefold() in ANOMALOUS]
    if len(known) == 1 and (known[0] == rarer or known[0].casefold() not in ("1", "1.0")):
        return known, "that is the usual value for it"
    return [rarer], "it is the rarer of the two"
