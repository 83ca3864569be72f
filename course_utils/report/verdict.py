"""What the numbers allow to say, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.evaluation import average_precision, bootstrap_interval
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
from scipy.stats import mannwhitneyu

__all__ = ["Verdict", "judge"]

HARD = (DEEP, LABELLED)
DRAWS = 300
UNLIKELY = 0.025  # for chance to rank the anomalies so high
FEWEST = 5  # anomalies for an interval


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
    plan, name = results.plan, _named(label, results)
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
    y, scores = results.held[results.seeds[0]][1].y, results.scores[label, results.seeds[0]][1]
    gain = known[label] - known[RANDOM]
    # whether the ranks of the first seed's anomalies could be those of any rows
    ranks = mannwhitneyu(scores[y == 1], scores[y == 0], alternative="greater")
    by_chance = ranks.pvalue > UNLIKELY or gain.mean() <= _spread(gain)
    if best is None:
        why = "from lesson 19's chart, since the validation rows cannot choose"
    elif best == label:
        why = "best on the validation rows"
    else:
        why = f"the simplest that does as well as {_named(best, results)} on the validation rows"
    columns = f", {' or '.join(dict.fromkeys(results.columns))}" if label == COLUMN else ""
    sentences = [f"Take {name}{columns}: it is {why}."]
    if by_chance:
        sentences = [f"Take none of these. {_capital(name)} is {why}; that is all."]
    if y.sum() < FEWEST:
        precise = f"Its test rows hold too few anomalies for an interval, {y.sum()}."
    elif scores[y == 1].min() > scores[y == 0].max():
        precise = f"For the first seed all {y.sum()} anomalies lie above all normal test rows."
    else:
        low, high = bootstrap_interval(y, scores, average_precision, DRAWS)
        precise = (
            f"Other test rows of the same sort, for the first seed: {low:.3f} to {high:.3f}"
            + (
                ", too narrow where neighbouring rows are alike."
                if plan.kind == "time"
                else " (95 %, bootstrap)."
            )
        )
    sentences.append(
        f"On the test rows, which had no part in that, its average precision is "
        f"{_pm(known[label])}, where chance is {prevalence:.4f}. {precise}"
    )
    if len(results.seeds) == 1:
        sentences.append("One seed does not tell who leads: --seeds 5 does.")
    if by_chance:
        sentences.append(
            "That is not shown to be better than chance: do not use it. The columns may not hold "
            "what makes a row an anomaly, the labels may mean something else, or the test rows "
            "hold too few anomalies to tell."
        )
        return Verdict(label, True, sentences)
    simple = _best_simple(results)
    if label in HARD:
        lead = known[label] - known[simple]
        ahead = lead.mean() > _spread(lead)
        sentences.append(
            "Does a simple one do as well? "
            + ("Not here: on" if ahead else "Perhaps, for its lead does not hold. On")
            + f" the test rows it is {_pm(lead, signed=True)} ahead of {_named(simple, results)}, "
            "the best simple one on the validation rows."
        )
    else:
        leads = [
            f"{_pm(known[label] - known[each], signed=True)} over {_named(each, results)}"
            for each in HARD
            if each in known
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
        sentences.append(
            "Labelled trees find the kinds of anomaly that somebody has labelled; a new kind may "
            "pass them. Of the detectors that need no labels to learn, "
            f"{results.deep} is {_pm(known[DEEP] - known[simple], signed=True)} ahead of "
            f"{_named(simple, results)}."
        )
    return Verdict(label, False, sentences)


def _best_simple(results):
    """Return the simple detector that is best on the validation rows."""
    simple = [each for each in results.labels if each not in (*HARD, TWIN, RANDOM)]
    means = {
        each: np.mean([results.chosen_on.get((each, seed), np.nan) for seed in results.seeds])
        for each in simple
    }
    means = {each: mean for each, mean in means.items() if np.isfinite(mean)}
    return max(means, key=means.get) if means else neighbours_label(results.plan)


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
