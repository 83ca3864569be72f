"""What is wrong with a table before any detector sees it."""

from __future__ import annotations

from course_utils.evaluation import auroc
from course_utils.report.columns import FEW
from course_utils.report.cut import number_rows
from course_utils.report.remarks import Remark, count, shorten

import numpy as np
import pandas as pd

__all__ = ["giveaways", "look"]

GIVES_AWAY = 0.99  # AUROC of one column alone
SMALL = 20  # anomalies; an interval of fewer is wide
ROWS_A_CATEGORY = 10


def look(plan):
    """Return remarks on missing values, duplicates, giveaways and anomalies.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Remark
        Warnings first.
    """
    table = plan.table
    found = [*table.remarks, *plan.remarks]
    found += _missing(table)
    found += _duplicates(table, plan)
    if table.y is not None:
        found += _labels(table, plan)
    return sorted(found, key=lambda remark: not remark.warning)


def giveaways(frame, y):
    """Return the columns that tell the label alone.

    Parameters
    ----------
    frame : DataFrame, n rows
    y : array of 0 and 1, shape (n,)

    Returns
    -------
    dict of str to float
        The AUROC of each such column, of its values, its categories or its gaps.
    """
    found = {}
    for name in frame.columns:
        cells = frame[name]
        candidates = [cells.isna().to_numpy(dtype=float)]
        if cells.dtype.kind == "f":
            candidates.append(cells.fillna(cells.median()).to_numpy())
        if cells.nunique() <= min(FEW, len(cells) / ROWS_A_CATEGORY):
            kinds = cells.astype(object).fillna("")  # a machine's number is a category, too
            candidates.append(pd.Series(y, cells.index).groupby(kinds).transform("mean"))
        best = max(auroc(y, values) for values in candidates)
        best = max(best, *(1 - auroc(y, values) for values in candidates))
        if best >= GIVES_AWAY:
            found[name] = best
    return found


def _missing(table):
    shares = table.frame.isna().mean()
    holes = shares[shares > 0].sort_values(ascending=False)
    if holes.empty:
        return []
    worst = ", ".join(f"“{shorten(n)}” {100 * share:.1f} %" for n, share in holes[:5].items())
    more = f" and {len(holes) - 5} more" if len(holes) > 5 else ""
    return [
        Remark(
            f"{count(len(holes), 'column')} with missing values: {worst}{more}. A missing number "
            "became the median of the training rows, and where 1 % of them are missing a column "
            "of its own says so; a missing category is one of its own.",
            "Find out why they are missing: a gap may be the anomaly itself.",
            "06",
            bool(holes.iloc[0] > 0.2),
        )
    ]


def _duplicates(table, plan):
    blocks = number_rows(table.frame)
    n, different = len(blocks), blocks.max() + 1
    remarks = []
    if different < n:
        copies = n - different
        rows = plan.cut(0)
        known = np.unique(blocks[rows.train.rows])
        across = int(np.isin(blocks[rows.test.rows], known).sum())
        kept = {
            "random": "identical rows stay in one part",
            "group": f"{across:,} test rows equal a training row of another group",
            "time": f"{across:,} test rows equal an earlier training row",
        }[plan.kind]
        share = 100 * copies / n
        remarks.append(
            Remark(
                f"{copies:,} of {n:,} rows ({share:.1f} %) repeat another one; {kept}.",
                "If they are one measurement stored twice, delete them; if they are many alike, "
                "the numbers below are about few different rows.",
                "18",
                share > 5,
            )
        )
    if table.y is not None:
        labels = pd.Series(table.y).groupby(blocks).transform("nunique")
        torn = int((labels > 1).sum())
        if torn:
            remarks.append(
                Remark(
                    f"{count(torn, 'row')} with equal values have different labels: no detector "
                    "can tell them apart.",
                    "A column that tells them apart is missing, or the labels err.",
                    "02",
                    torn > 0.01 * n,
                )
            )
    return remarks


def _labels(table, plan):
    remarks = []
    told = giveaways(table.frame, table.y)
    if told:
        names = ", ".join(f"“{shorten(name)}” (AUROC {area:.3f})" for name, area in told.items())
        remarks.append(
            Remark(
                f"Alone almost as good as the label: {names}.",
                "If such a column is written after somebody has judged the row, it leaks the "
                "answer: delete it and run again. If it is measured before, a rule on it is all "
                "that you need.",
                "18",
            )
        )
    anomalies = int(table.y.sum())
    if plan.measurable and anomalies < 5 * SMALL:
        in_test = int(plan.cut(0).test.y.sum())
        remarks.append(
            Remark(
                f"{count(anomalies, 'anomaly', 'anomalies')} in all, {in_test} among the test "
                "rows: one more found or missed moves recall by "
                f"{100 / max(in_test, 1):.0f} percentage points.",
                "Read the intervals, not the means; label more.",
                "02",
                in_test < SMALL,
            )
        )
    if plan.measurable and plan.kind == "time":
        y = plan.cut(0).test.y
        stretches = int((np.diff(y, prepend=0) == 1).sum())
        if stretches < y.sum():
            remarks.append(
                Remark(
                    f"The {int(y.sum()):,} anomalies among the test rows lie in "
                    f"{count(stretches, 'unbroken stretch', 'unbroken stretches')}: as many "
                    "events, and no more, can be found or missed.",
                    "Count events, and how soon each is found.",
                    "15",
                    stretches < SMALL / 2,
                )
            )
    if table.y.mean() > 0.2:
        remarks.append(
            Remark(
                f"{100 * table.y.mean():.0f} % of the rows are anomalies. In use they will be "
                "rarer, and precision lower.",
                "Take the share of anomalies from real operation, not from a collection.",
                "02",
                False,
            )
        )
    if plan.kind == "random":
        remarks.append(
            Remark(
                "The rows were cut at random. If they come one after another, or several from one "
                "machine, customer or patient, the numbers are too good.",
                "--time COLUMN cuts by time, --group COLUMN keeps what belongs together.",
                "18",
                False,
            )
        )
    return remarks
