"""What the numbers allow to say, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.evaluation import auroc, average_precision, bootstrap_interval
from course_utils.report.measuring import (
    COLUMN,
    DEEP,
    LABELLED,
    RANDOM,
    TWIN,
    neighbours_label,
    pick,
)

import numpy as np

__all__ = ["Verdict", "judge"]

HARD = (DEEP, LABELLED)
DRAWS = 300


@dataclass(frozen=True)
class Verdict:
    """Which detector the report would take, and why.

    Attributes
    ----------
    label : str
    by_chance : bool or None
        Whether nothing shows that it is better than random scores; None where that cannot be told.
    sentences : list of str
    """

    label: str
    by_chance: bool | None
    sentences: list


def judge(results, runs):
    """Return the verdict.

    Parameters
    ----------
    results : Results
    runs : DataFrame
        What ``numbers`` returned.

    Returns
    -------
    Verdict
    """
    label, best = pick(results)
    plan = results.plan
    if not plan.measurable:
        said = (
            f"Nobody can tell from this file how many of the alarms are right, how many anomalies "
            f"are missed, or which detector is best. {_capital(label)} is taken here, as lesson "
            "19's chart has it "
            + (
                "where training rows may hold anomalies"
                if plan.table.y is None
                else "for clean training rows"
            )
            + ": a choice from other people's tables, not from yours."
        )
        return Verdict(label, None, [said])
    known = runs.pivot(index="seed", columns="detector", values="average precision")
    prevalence = runs["prevalence"].mean()
    sentences = []
    if best is None:
        sentences.append(
            f"{_capital(label)} is taken from lesson 19's chart, since the validation rows "
            "cannot choose."
        )
    elif best == label:
        sentences.append(f"Take {label}: it is best on the validation rows.")
    else:
        sentences.append(
            f"Take {label}: on the validation rows {best} is best, and {label} is the simplest "
            "that does as well."
        )
    interval = _rows_say(results, label, auroc)
    precise = _rows_say(results, label, average_precision)
    gain = known[label] - known[RANDOM]
    by_chance = interval[0] <= 0.5 or gain.mean() <= _spread(gain)
    sentences.append(
        f"On the test rows, which had no part in that, its average precision is "
        f"{_pm(known[label])}, where chance is {prevalence:.4f}. Other test rows of the same "
        f"sort, for the first seed: {precise[0]:.3f} to {precise[1]:.3f}"
        + (
            ", too narrow where neighbouring rows are alike."
            if plan.kind == "time"
            else " (95 %, bootstrap)."
        )
    )
    if by_chance:
        sentences.append(
            "That is not shown to be better than chance: do not use it. The columns may not hold "
            "what makes a row an anomaly, or the labels mean something else."
        )
    elif label in HARD:
        simple = _best_simple(results)
        sentences.append(
            f"Does a simple one do as well? Not here: on the test rows it is "
            f"{_pm(known[label] - known[simple], signed=True)} ahead of {simple}, the best simple "
            "one on the validation rows."
        )
    else:
        there = [each for each in HARD if each in known]
        leads = [
            f"{_pm(known[label] - known[each], signed=True)} over {_named(each, results)}"
            for each in there
        ]
        sentences.append(
            f"Does a simple one do as well? It is one. Its lead on the test rows: "
            f"{' and '.join(leads)}."
        )
    sentences.append(
        f"Training {results.deep} is worth {_pm(known[DEEP] - known[TWIN], signed=True)} over its "
        "untrained twin."
    )
    if label == LABELLED:
        simple = _best_simple(results)
        sentences.append(
            "Labelled trees find the kinds of anomaly that somebody has labelled; a new kind may "
            "pass them. Of the detectors that need no labels to learn, "
            f"{results.deep} is {_pm(known[DEEP] - known[simple], signed=True)} ahead of {simple}."
        )
    if len(results.seeds) == 1:
        sentences.append("One seed does not tell who leads: --seeds 5 does.")
    return Verdict(label, by_chance, sentences)


def _best_simple(results):
    """Return the simple detector that is best on the validation rows."""
    simple = [each for each in results.labels if each not in (*HARD, TWIN, RANDOM)]
    means = {
        each: np.mean([results.chosen_on.get((each, seed), np.nan) for seed in results.seeds])
        for each in simple
    }
    means = {each: mean for each, mean in means.items() if np.isfinite(mean)}
    return max(means, key=means.get) if means else neighbours_label(results.plan)


def _rows_say(results, label, metric):
    """Return the bootstrap interval of a metric for the first seed's test rows."""
    seed = results.seeds[0]
    y = results.held[seed][1].y
    return bootstrap_interval(y, results.scores[label, seed][1], metric, DRAWS)


def _spread(values):
    return float(values.std()) if len(values) > 1 else 0.0


def _pm(values, signed=False):
    """Return mean ± standard deviation over the seeds."""
    mean = f"{values.mean():+.3f}" if signed else f"{values.mean():.3f}"
    mean = mean.replace("-", "−")
    return mean if len(values) < 2 else f"{mean} ± {values.std():.3f}"


def _named(label, results):
    return {DEEP: results.deep, COLUMN: "the best single column"}.get(label, label)


def _capital(text):
    return text[:1].upper() + text[1:]
