"""The report as one HTML page that needs no network and no script."""

from __future__ import annotations

from collections import Counter

from course_utils import __version__
from course_utils.report import alarms as alarm
from course_utils.report import pictures
from course_utils.report.measuring import DEEP, overlap
from course_utils.report.remarks import LESSONS, count, listed, shorten
from course_utils.report.template import PAGE

import jinja2
import numpy as np

__all__ = ["write_page"]

GUIDE = "docs/bring_your_own_data.md"
MOST_COLUMNS = 100  # of the file, that the page lists
MOST_VALUES = 12
MUCH_MORE = 1.5  # times the budget
USES = {
    "train": "fitting; medians, categories and scales",
    "validation": "choosing the detector and the threshold",
    "test": "all numbers below",
}
STEPS = {
    "01": "What sorts of anomaly there are, and which detectors can see which.",
    "02": "How to read these numbers: chance, prevalence, intervals, thresholds.",
    "06": "Missing values, categories and labels, from a file to a decision.",
    "15": "Your rows have a time, and each was judged alone here: forecasts and windows see what "
    "a single row does not show.",
    "16": "What can be learned from texts.",
    "17": "How far such explanations can be trusted, and the smallest change that silences an "
    "alarm.",
    "18": "Leaks, copies and other silent mistakes, each with what it is worth.",
    "19": "How to choose a detector, and what a search buys with few labels.",
    "20": "What happens to a threshold when the rows change with time.",
}


def write_page(results, runs, verdict, alarms, remarks, budget):
    """Return the page.

    Parameters
    ----------
    results : Results
    runs : DataFrame
        What ``numbers`` returned.
    verdict : Verdict
    alarms : Alarms
    remarks : list of Remark
    budget : Budget

    Returns
    -------
    str
    """
    plan, table = results.plan, results.plan.table
    picture = None
    if plan.measurable:
        order = _order(runs)
        labels = [_shown(each, results) for each in order]
        renamed = runs.assign(detector=runs["detector"].map(lambda each: _shown(each, results)))
        picture = pictures.precisions(renamed, labels, runs["prevalence"].mean())
    context = {
        "table": table,
        "plan": plan,
        "facts": _facts(table),
        "short": _short(verdict, alarms, remarks),
        "remarks": remarks,
        "label_counts": _label_counts(table.label),
        "label_reason": _label_reason(table),
        "columns": table.columns[:MOST_COLUMNS],
        "more_columns": max(0, len(table.columns) - MOST_COLUMNS),
        "cut_reason": _cut_reason(plan),
        "labelled": table.y is not None,
        "parts": _parts(plan, results.seeds[0]),
        "fit_words": _fit_words(table),
        "table_words": _table_words(results),
        "table_caption": _caption(results),
        "heads": _heads(plan),
        "lines": _lines(results, runs, verdict.label),
        "precision_picture": picture,
        "agreement": None if plan.measurable else _agreement(results),
        "budget_words": _budget_words(runs, verdict.label, alarms, budget, table, results.seeds),
        "score_picture": pictures.scores(alarms),
        "day_picture": None
        if alarms.per_day is None or len(alarms.per_day) < 2 or budget.per_day < 1
        else pictures.days(alarms.per_day, budget.per_day),
        "chosen": _shown(verdict.label, results),
        "top": _top(alarms, table),
        "with_time": table.days is not None,
        "reason_words": _reason_words(verdict, results),
        "steps": _steps(plan, remarks, verdict),
        "guide": GUIDE,
        "made": f"Made by course_utils {__version__} from a file with the SHA-256 {table.digest}. "
        f"Seeds: {', '.join(map(str, results.seeds))}.",
    }
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    # a number and its % stay in one line
    return environment.from_string(PAGE).render(context).replace(" %", "\N{NO-BREAK SPACE}%")


def _shown(label, results):
    """Return a detector's name on the page."""
    return results.deep if label == DEEP else label


def _order(runs):
    means = runs.groupby("detector", sort=False)["average precision"].mean()
    return means.sort_values(ascending=False, kind="stable").index.tolist()


def _facts(table):
    rows = count(table.rows_in_file, "row")
    said = f"{rows}, {count(table.frame.shape[1], 'column')} to learn from"
    roles = [("time", table.time_name), ("group", table.group_name)]
    roles.insert(0, ("label", None if table.label is None else table.label.name))
    named = [f"{role} “{shorten(name)}”" for role, name in roles if name is not None]
    span = "" if table.days is None else f"; {table.days:,.1f} days"
    return f"{said}{'; ' if named else ''}{', '.join(named)}{span}."


def _short(verdict, alarms, remarks):
    warnings = [each for each in remarks if each.warning]
    said = list(verdict.sentences)
    if alarms.hits is not None and alarms.raised and not verdict.by_chance:
        precise = alarm.interval(alarms.hits, alarms.raised)
        said.append(
            f"At your budget {count(alarms.raised, 'test row')} of {alarms.rows:,} raise an "
            f"alarm; {alarms.hits} of these are anomalies (precision "
            f"{_share(alarms.hits, alarms.raised)}, 95 % interval {_between(precise)}), out of "
            f"{count(alarms.anomalies, 'anomaly', 'anomalies')}."
        )
    if warnings:
        said.append(f"{count(len(warnings), 'warning')} below may change all of this.")
    return said


def _share(part, whole):
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _label_counts(label):
    if label is None:
        return []
    sorts = ("normal", "anomaly") if label.anomalous else ("–", "–")
    found = [
        (value, f"{rows:,}", sorts[value in label.anomalous])
        for value, rows in label.counts.items()
    ]
    rest = found[MOST_VALUES:]
    if rest:
        rows = sum(label.counts[value] for value, *_ in rest)
        found = [*found[:MOST_VALUES], (f"{len(rest)} more values", f"{rows:,}", "")]
    return found


def _label_reason(table):
    if table.label is None or table.y is None:
        return ""
    label = table.label
    verb = "was" if len(label.anomalous) == 1 else "were"
    return (
        f"{listed(label.anomalous)} {verb} taken for the anomaly, since {label.reason}. "
        f"Prevalence {100 * table.y.mean():.2f} %."
    )


def _cut_reason(plan):
    name = {"time": plan.table.time_name, "group": plan.table.group_name}.get(plan.kind)
    reason = {
        "time": f"By “{shorten(name)}”: early rows to learn from, later ones to choose by, the "
        "latest to measure on, as in use. All seeds have the same rows.",
        "group": f"By “{shorten(name)}”: all rows of a group lie in one part, so that the numbers "
        "are those of groups never seen.",
        "random": "At random, with the share of anomalies alike in all parts and identical rows "
        "in one: no column of times or groups was named.",
    }[plan.kind]
    if plan.table.y is not None:
        reason += (
            " Rows labelled as anomalies were taken out of the training rows (clean-train); what "
            "learns from labels, as labelled trees do, gets them back."
        )
    return reason


def _parts(plan, seed):
    cut = plan.cut(seed)
    parts = (("train", cut.train), ("validation", cut.validation), ("test", cut.test))
    return [
        {
            "name": name,
            "rows": f"{len(part.rows):,}",
            "anomalies": "" if part.y is None else f"{int(part.y.sum()):,}",
            "share": "" if part.y is None else f"{100 * part.y.mean():.2f} %",
            "use": USES[name],
        }
        for name, part in parts
    ]


def _fit_words(table):
    made = sum(each.dtype.kind != "f" for _, each in table.frame.items())
    categories = (
        f" {count(made, 'column')} of categories became columns of 0 and 1." if made else ""
    )
    return (
        "Medians for missing values, categories, means and spreads come from the training rows "
        f"alone; validation and test rows are filled and scaled by them.{categories} What sort a "
        "column is was read off the whole file."
    )


def _table_words(results):
    plan = results.plan
    if plan.measurable:
        names = Counter(results.columns).most_common()
        such = ", ".join(f"{words} for {count(seeds, 'seed')}" for words, seeds in names)
        words = [
            "All detectors are measured on the same rows. The untrained twin is the deep detector "
            "without its training, random scores are the floor, and the single column and its "
            f"direction were chosen on validation rows{f': {such}' if such else ''}."
        ]
        if plan.kind == "time":
            words.append(
                "There is one cut, so that ± is what the detectors' own chance brings, and says "
                "nothing of other weeks; detectors without chance have 0."
            )
        return words
    return [
        "Without labels in the test rows there is no AUROC, no precision and no recall: agreement "
        "is no proof, since detectors can be wrong together. What can be seen is how many alarms "
        "the budget brings, and whether the detectors name the same rows."
    ]


def _caption(results):
    seeds = count(len(results.seeds), "seed")
    if results.plan.measurable:
        return (
            f"On test rows, means over {seeds}; ± is the standard deviation over them. Precision "
            "and recall belong to the threshold of the budget, taken from validation rows. Chance "
            "is 0.5 for AUROC and the prevalence for average precision. Seeds without an alarm do "
            "not count for precision; – stands where none has one."
        )
    return f"Share of the test rows that raise an alarm, mean over {seeds} ± standard deviation"


def _heads(plan):
    if not plan.measurable:
        return ["alarms [%]", "±"]
    return [
        "average precision", "±", "prevalence", "AUROC", "±", "precision", "recall", "alarms [%]",
    ]  # fmt: skip


def _lines(results, runs, chosen):
    grouped = runs.groupby("detector", sort=False)
    mean, spread = (getattr(grouped, name)(numeric_only=True) for name in ("mean", "std"))
    order = _order(runs) if results.plan.measurable else results.labels
    lines = []
    for label in order:
        alarms = f"{100 * mean.loc[label, 'alarms']:.2f}"
        if results.plan.measurable:
            found, sd = mean.loc[label], spread.loc[label]
            numbers = [
                found["average precision"], sd["average precision"], found["prevalence"],
                found["AUROC"], sd["AUROC"], found["precision"], found["recall"],
            ]  # fmt: skip
            cells = [*("–" if np.isnan(each) else f"{each:.3f}" for each in numbers), alarms]
            cells[2] = f"{found['prevalence']:.4f}"  # it may be tiny
        else:
            deviation = 100 * spread.loc[label, "alarms"]
            cells = [alarms, "–" if np.isnan(deviation) else f"{deviation:.2f}"]
        lines.append({"name": _shown(label, results), "cells": cells, "chosen": label == chosen})
    return lines


def _agreement(results):
    shares, chance = overlap(results)
    names = [_shown(each, results) for each in shares.index]
    lines = [
        (name, [f"{100 * each:.0f}" for each in row])
        for name, row in zip(names, shares.to_numpy(), strict=True)
    ]
    caption = (
        "Of the highest-scoring test rows of two detectors, as many as the budget allows and five "
        f"at least: the share that both name [%]. Two random choices share {100 * chance:.1f} %."
    )
    return {"caption": caption, "names": names, "lines": lines}


def _budget_words(runs, label, alarms, budget, table, seeds):
    chosen = runs[runs["detector"] == label]
    also = [] if " % " in budget.wanted else [f"{100 * budget.share:.3g} % of the rows"]
    if budget.per_day is not None and "day" not in budget.wanted:
        also.append(_a_day(budget.per_day))
    meant = f" ({', '.join(also)})" if also else ""
    said = [
        f"Budget: {budget.wanted}{meant}. The threshold "
        f"is the lowest that keeps it on the validation rows: {alarms.threshold:.4g} for the "
        "first seed. Later rows need not keep it."
    ]
    if budget.share * alarms.validated < 1:
        said.append(
            f"That is less than one of the {alarms.validated:,} validation rows: the threshold "
            f"lets one of them raise an alarm, {100 / alarms.validated:.2g} % of the rows."
        )
    brought = (
        f"On {alarms.rows:,} test rows it brings {count(alarms.raised, 'alarm')} "
        f"({100 * alarms.raised / alarms.rows:.2f} %)"
    )
    if alarms.per_day is not None:
        brought += (
            f": {_a_day(alarms.per_day.mean())}, {alarms.per_day.max():.3g} on the busiest of "
            f"{count(len(alarms.per_day), 'day')}"
        )
    said.append(brought + ".")
    if alarms.tied > 1:
        said.append(
            f"{alarms.tied:,} validation rows have the threshold itself as their score. The "
            "budget does not reach for all of them, so that none of them raises an alarm: ask for "
            "more alarms, or take a detector whose scores differ."
        )
    share = alarms.raised / alarms.rows
    if share > MUCH_MORE * budget.share:
        times = f"That is {share / budget.share:.1f} times the budget"
        promised = max(1, int(budget.share * alarms.validated))
        if alarm.by_chance(alarms.raised, alarms.rows, promised, alarms.validated):
            said.append(f"{times}, as chance may bring with so few rows.")
        else:
            said.append(
                f"{times}: the test rows are not as the validation rows were, or hold more "
                "anomalies. A threshold has to be taken anew as rows change (lesson 20)."
            )
    if alarms.hits is not None and alarms.raised:
        precise = alarm.interval(alarms.hits, alarms.raised)
        found = alarm.interval(alarms.hits, alarms.anomalies)
        said.append(
            f"{alarms.hits} of the {alarms.raised} alarms are anomalies: precision "
            f"{_share(alarms.hits, alarms.raised)}, 95 % interval {_between(precise)}. Found are "
            f"{alarms.hits} of {alarms.anomalies} anomalies: recall "
            f"{_share(alarms.hits, alarms.anomalies)}, {_between(found)} (Clopper and Pearson)."
        )
        if len(seeds) > 1:
            said.append(
                f"Over all seeds: precision {chosen['precision'].mean():.2f} ± "
                f"{chosen['precision'].std():.2f}, recall {chosen['recall'].mean():.2f} ± "
                f"{chosen['recall'].std():.2f}."
            )
    elif alarms.hits is None:
        said.append("How many of them are right, nobody can tell without labels: look at them.")
    if len(table) < table.rows_in_file and alarms.per_day is not None:
        said.append("Alarms a day are those of the whole file, not of the sample.")
    return said


def _a_day(alarms):
    """Return so many alarms a day in words."""
    if alarms == 0 or alarms >= 0.95:
        return f"{alarms:.3g} a day"
    return f"one in {1 / alarms:.2g} days"


def _between(ends):
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f} %"


def _top(alarms, table):
    return [
        {
            "row": f"{row:,}",
            "score": f"{score:.4g}",
            "label": {None: "", 0: "normal", 1: "anomaly"}[label],
            "time": when,
            "reasons": [
                {
                    "column": shorten(why.column),
                    "value": shorten(why.value),
                    "usual": shorten(why.usual),
                    "share": f"{100 * why.share:.0f} %",
                }
                for why in reasons
            ],
        }
        for row, score, label, when, reasons in alarms.top
        if reasons
    ]


def _reason_words(verdict, results):
    return (
        "The share is a column's Shapley value, of all that lift the score of "
        f"{_shown(verdict.label, results)} above that of training rows; the three largest are "
        "named. It says what the detector looked at, not what caused the anomaly. Rows are "
        "counted from 1 below the line of names."
    )


def _steps(plan, remarks, verdict):
    """Return what to read and do, one step for each lesson that something points at."""
    steps = []
    if plan.table.y is None:
        steps.append(
            {
                "text": "Label the alarms above, and as many rows drawn at random; with --label "
                "the same command then measures.",
                "lesson": "02",
            }
        )
    if verdict.by_chance:
        steps.append({"text": "Look at the columns before any other detector.", "lesson": "01"})
    pointed = {remark.lesson for remark in remarks if remark.lesson}
    pointed |= {"17", "19", "20"} | ({"15"} if plan.kind == "time" else set())
    pointed -= {step["lesson"] for step in steps}
    steps += [{"text": STEPS[lesson], "lesson": lesson} for lesson in sorted(pointed)]
    return [step | {"file": LESSONS[step["lesson"]]} for step in steps]
