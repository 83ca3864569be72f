"""Exercise of lesson 22: every partition scored once, though workers are lost."""

from __future__ import annotations

import copy

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import difference, require

import numpy as np

# ----------------------------------------------------------------------------------- 7 · score all

ATTEMPTS = 5


class WorkerLost(Exception):
    """Raised by `submit` when the worker that had the partition is gone."""


score_all = Exercise(
    "Return the list of all partitions' results, in order, each once. submit(number, partition) "
    "returns a list of pairs (number, result) that came in: the one asked for, perhaps twice, "
    "perhaps an earlier one again. Where it raises WorkerLost, try again, at most 5 attempts "
    "each; then raise an error that names the partition. Other errors go through.",
    hints=(
        "for number, partition in enumerate(partitions), and within it at most 5 attempts: try, "
        "except WorkerLost.",
        "Of the pairs take the one with this number: dict(pairs)[number]. A dict holds each "
        "number once.",
        "A for loop has an else, which runs where no break ended it: there raise RuntimeError "
        'with f"partition {number}" in its text.',
    ),
    praise="Right: lost work is done again, what comes twice counts once, and nothing is silent.",
)


@score_all.set_solution
def score_all_solution(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        for _ in range(5):
            try:
                pairs = submit(number, partition)
            except WorkerLost:
                continue
            results.append(dict(pairs)[number])
            break
        else:
            raise RuntimeError(f"partition {number} was lost in 5 attempts")
    return results


class Workers:
    """Workers of which some are lost, called as `submit`.

    Parameters
    ----------
    lost : dict
        How many of a partition's first attempts are lost.
    twice : collection of int
        Partitions whose result comes twice.
    again : dict
        Of which earlier partition the result comes once more, beside a partition's own.
    """

    def __init__(self, lost=(), twice=(), again=()):
        self.lost, self.twice, self.again = dict(lost), set(twice), dict(again)
        self.attempts, self.done = [], {}

    def __call__(self, number, partition):
        """Return the pairs that come in."""
        self.attempts.append(number)
        if self.attempts.count(number) <= self.lost.get(number, 0):
            raise WorkerLost("the worker is gone")
        self.done[number] = float(np.sum(partition))
        pairs = [(number, self.done[number])] * (1 + (number in self.twice))
        earlier = self.again.get(number)
        return [(earlier, self.done[earlier]), *pairs] if earlier in self.done else pairs

    def __deepcopy__(self, memo):
        other = copy.copy(self)
        other.attempts, other.done = list(self.attempts), dict(self.done)
        return other


@score_all.set_check
def score_all_check(answer):
    partitions = list(np.random.default_rng(221).normal(size=(6, 4)))
    workers = Workers({1: 1, 4: 4}, {2}, {3: 1})
    told = difference(answer(partitions, workers), np.sum(partitions, axis=1))
    require(not told, f"Those are not the results in order: {told}")


@score_all.set_inputs
def score_all_inputs(rng):
    partitions = list(rng.normal(size=(5, 3)))
    yield "no worker lost", (partitions, Workers())
    yield "some lost", (partitions, Workers({0: 2, 3: 4}))
    yield "some twice", (partitions, Workers({}, {1, 2}, {4: 0}))
