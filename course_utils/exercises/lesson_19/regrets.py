"""Exercise of lesson 19 on regret: what a rule loses on a table that it has not seen."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np
from scipy.stats import rankdata

# ------------------------------------------------------------------------------ 5 · regret of rule

regret_of_rule = Exercise(
    "Leave one table out: `choose` sees the results of all others (tables − 1, detectors) and "
    "returns a detector's index. Return each table's regret, its best result − the chosen one's.",
    hints=(
        "For each table t, the rule sees all rows but row t: np.delete(results, t, axis=0).",
        "chosen = choose(others). The regret is about table t alone: its best result minus "
        "results[t, chosen].",
        "np.array([row.max() - row[choose(np.delete(results, t, axis=0))] for t, row in "
        "enumerate(results)])",
    ),
    praise="Right: the rule never sees the table that it is judged on.",
)


@regret_of_rule.set_solution
def regret_of_rule_solution(results, choose):
    regrets = []
    for t, row in enumerate(results):  # row: (detectors,), the table left out
        chosen = choose(np.delete(results, t, axis=0))
        regrets.append(row.max() - row[chosen])
    return np.array(regrets)


class Rule:
    """A rule that chooses by others' results, that says what it does, and notes what it is shown.

    Parameters
    ----------
    told : str
        What it chooses.
    choose : callable
        ``choose(results (tables, detectors))`` returns a detector's index.
    """

    def __init__(self, told, choose):
        self.told, self.choose, self.shown = told, choose, []

    def __call__(self, others):
        """Return the index of the detector that the rule takes."""
        self.shown.append(np.array(others, dtype=float))
        return int(self.choose(others))

    def __repr__(self):
        return f"<takes {self.told}>"


def _best_mean(others):
    return np.mean(others, axis=0).argmax()


def _best_rank(others):
    return rankdata(-np.asarray(others), axis=1).mean(axis=0).argmin()


def _rules():
    return [
        Rule("the best mean", _best_mean),
        Rule("the best mean rank", _best_rank),
        Rule("the best worst case", lambda others: np.min(others, axis=0).argmax()),
        Rule(
            "the one that wins most often",
            lambda others: np.bincount(np.argmax(others, 1)).argmax(),
        ),
        Rule("always detector 0", lambda others: 0),
        Rule("the worst mean", lambda others: np.mean(others, axis=0).argmin()),
    ]


def _results(generator, tables, detectors):
    """Return results, higher = better, of detectors that differ little and tables that differ."""
    level = generator.uniform(0.6, 0.9, size=(tables, 1))
    return np.round(level + generator.normal(0, 0.08, size=(tables, detectors)), 3)


@regret_of_rule.set_check
def regret_of_rule_check(answer):
    results = _results(np.random.default_rng(0), 6, 7)
    tables, detectors = results.shape
    rule = Rule("the best mean", _best_mean)
    result = answer(results.copy(), rule)
    require(
        rule.shown or result is None,
        "The rule was never asked. choose(others) returns the index of the detector to take.",
    )
    got = as_array(result, what="the regrets")
    wanted = regret_of_rule_solution(results, _best_mean)
    if told := difference(got, wanted):
        _name_what_was_shown(rule.shown, results)
        name_the_mistake(got, _wrong_regrets(results))
    require(
        got.shape != () and got.shape != (1,),
        f"One number came back. Each of the {tables} tables has a regret; their mean comes later.",
    )
    require(
        got.shape != (detectors,),
        f"A number for each detector came back. Each of the {tables} tables has a regret.",
    )
    require(not told, f"Those are not the regrets: {told}")
    _name_what_was_shown(rule.shown, results)


def _wrong_regrets(results):
    """Yield what slips give with the rule of the best mean, and which they are."""
    of_others = [np.delete(results, t, axis=0) for t in range(len(results))]
    chosen = np.array([_best_mean(others) for others in of_others])
    taken = results[np.arange(len(results)), chosen]
    best = results.max(axis=1)
    yield taken - best, "Upside down: regret is the best result minus the chosen one's, 0 or more."
    yield (best - taken).mean(), "That is the mean regret; each table's is asked for."
    yield (best - taken).sum(), "That is the sum of the regrets; each table's is asked for."
    yield chosen, "Those are the detectors that the rule chose. What does each lose on its table?"
    yield taken, "Those are the results of the chosen ones. How far is each below the best?"
    yield best, "Those are the best results. How far is the chosen one below?"
    yield (
        results.max() - taken,
        "The chosen result is compared with the best of all tables. A regret is about one table: "
        "its own best.",
    )
    yield (
        (best - taken) / best,
        "The regret is divided by the best result. It is the difference alone.",
    )
    yield (
        taken / best,
        "That is the chosen result as a share of the best. A difference is asked for.",
    )
    yield (
        results.mean(axis=1) - taken,
        "The chosen result is compared with the table's mean. Regret is about its best.",
    )
    yield (
        np.array(
            [
                (others.max(axis=1) - others[:, index]).mean()
                for others, index in zip(of_others, chosen, strict=True)
            ]
        ),
        "The regret is taken on the tables that the rule saw. It is judged on the one left out.",
    )
    yield (
        np.array([others.max() for others in of_others]) - taken,
        "The chosen result is compared with the best of the other tables. A regret is about one "
        "table: its own best.",
    )


def _name_what_was_shown(shown, results):
    """Say what a rule saw that it should not have seen, or should."""
    tables, detectors = results.shape
    leave_out = "Leave that row out: np.delete(results, t, axis=0)."
    for each in shown:
        require(
            not np.isnan(each).any(),
            f"The rule was shown NaN in place of a table. {leave_out}",
        )
        require(
            not same_numbers(each, results),
            f"The rule saw all tables, also the one that it is judged on. {leave_out}",
        )
        require(
            each.shape != (tables, detectors),
            "The rule was shown as many tables as there are, something in place of the one that "
            f"it is judged on. {leave_out}",
        )
    require(
        not all(each.size == detectors for each in shown)
        or not same_numbers(np.reshape(shown, (-1, detectors)), results),
        "The rule saw the very table that it is judged on, and no other. It is to see all others.",
    )
    for each in shown:
        require(
            each.shape != (tables, detectors - 1),
            "A detector was left out, not a table: axis=0.",
        )
        require(
            each.ndim != 2 or each.shape[1] != detectors or len(each) >= tables - 1,
            f"The rule was shown {len(each)} of the {tables - 1} other tables. It is to see all.",
        )
        require(
            each.shape == (tables - 1, detectors),
            f"The rule was shown the shape {each.shape}; all other tables are ({tables - 1}, "
            f"{detectors}). Rows are tables: axis=0.",
        )


@regret_of_rule.set_inputs
def regret_of_rule_inputs(rng):
    example = np.array([[0.9, 0.8], [0.6, 0.5], [0.6, 0.8]])
    yield "the example", (example, Rule("the best mean", _best_mean))
    for what, tables, detectors in (
        ("many tables", 25, 8),
        ("more detectors than tables", 4, 9),
        ("as many tables as detectors", 5, 5),
        ("two tables", 2, 4),
        ("one detector", 4, 1),
    ):
        for rule in _rules():
            yield (
                f"{what}, a rule that takes {rule.told}",
                (_results(rng, tables, detectors), rule),
            )
    yield (
        "results below 0",
        (_results(rng, 6, 4) - 5, Rule("the best mean rank", _best_rank)),
    )
    same = np.repeat(_results(rng, 1, 5), 6, axis=0)
    yield "tables that are all alike", (same, Rule("the worst mean", _rules()[-1].choose))
    rule = Rule("as many tables as it is shown", lambda others: len(others))
    yield "a rule that counts what it is shown", (_results(rng, 4, 5), rule)
