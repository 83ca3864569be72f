"""Exercise of lesson 19 on regret: what a rule loses on a table that it has not seen."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, difference, require

import numpy as np

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


@regret_of_rule.set_check
def regret_of_rule_check(answer):
    results = np.random.default_rng(195).uniform(0.5, 1, size=(6, 4))

    def choose(others):
        return int(others.mean(axis=0).argmax())

    got = as_array(answer(results, choose), shape=(6,), what="the regrets")
    told = difference(got, regret_of_rule_solution(results, choose))
    require(not told, f"Those are not the regrets: {told}")
