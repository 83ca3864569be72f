"""Exercise of lesson 22: every partition scored once, though workers are lost."""

from __future__ import annotations

import copy
import re

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import difference, plain, require

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


class _Enough(BaseException):
    """Ends an answer that submits without end; no `except Exception` swallows it."""


class _BadPartition(ValueError):
    """Raised where a partition cannot be scored, however often it is tried."""


class Workers:
    """Workers of which some are lost, called as `submit`.

    Parameters
    ----------
    lost : dict
        How many of a partition's first attempts are lost.
    twice : collection of int
        Partitions whose result comes twice.
    again : dict
        Of which earlier partition the result comes once more, beside a partition's own: before
        it, or after it where that earlier one is odd.
    bad : collection of int
        Partitions that cannot be scored.
    of : callable
        What a partition's result is.
    """

    def __init__(self, lost=(), twice=(), again=(), bad=(), of=np.sum):
        self.lost, self.twice, self.again = dict(lost), set(twice), dict(again)
        self.bad, self.of, self.attempts, self.done = set(bad), of, [], {}
        self.given = {}  # of each number the partition that came with it last

    def __call__(self, number, partition):
        """Return the pairs that come in."""
        number = int(number)
        self.attempts.append(number)
        self.given[number] = partition
        tries = self.attempts.count(number)
        if tries > 3 * ATTEMPTS:
            raise _Enough
        if tries <= self.lost.get(number, 0):
            raise WorkerLost("a worker is gone, and what it had with it")
        if number in self.bad:
            raise _BadPartition("a text stands where a number should be")
        self.done[number] = self.of(partition)
        pairs = [(number, self.done[number])] * (1 + (number in self.twice))
        earlier = self.again.get(number)
        if earlier not in self.done:
            return pairs
        late = [(earlier, self.done[earlier])]
        return pairs + late if earlier % 2 else late + pairs

    def __deepcopy__(self, memo):
        other = copy.copy(self)
        other.attempts, other.done = list(self.attempts), dict(self.done)
        other.given = dict(self.given)
        return other

    def __repr__(self):
        told = [
            f"lost attempts {self.lost}",
            f"twice {sorted(self.twice)}",
            f"again {self.again}",
        ]
        return f"<workers: {', '.join(told)}>"


@score_all.set_check
def score_all_check(answer):
    partitions = list(np.round(np.random.default_rng(221).normal(size=(7, 4)), 2))
    _judge(answer, partitions, Workers(), "With no worker lost")
    workers = Workers({0: 1, 4: 2})
    _judge(answer, partitions, workers, "With three attempts lost, of partitions 0 and 4,")
    workers = Workers({}, {2, 6})
    _judge(answer, partitions, workers, "With the results of partitions 2 and 6 coming twice")
    workers = Workers({}, (), {3: 2, 5: 1})
    _judge(
        answer,
        partitions,
        workers,
        "With results of partitions 2 and 1 that come once more, beside those of 3 and 5,",
    )
    equal = [np.ones(4), np.full(4, -1.0), np.zeros(4), np.ones(4)]
    _judge(answer, equal, Workers({2: 1}), "With partitions of equal results, and one of 0,")
    workers = Workers({1: 4, 2: 4, 5: 4})
    _judge(answer, partitions, workers, "With three partitions that are lost four times each")
    for number in (3, len(partitions) - 1):
        _require_an_end(answer, partitions, number)
    _require_other_errors(answer, partitions)


def _judge(answer, partitions, workers, told):
    """Refuse results that are not each partition's, in order."""
    try:
        given = answer([each.copy() for each in partitions], workers)
    except WorkerLost:
        last = workers.attempts[-1]
        require(
            False,
            f"{told} the WorkerLost of partition {last}, attempt {workers.attempts.count(last)}, "
            "comes out of your function. Catch it and submit the partition again, in "
            f"{ATTEMPTS} attempts.",
        )
    except _Enough:
        require(False, f"{told} partition {workers.attempts[-1]} is submitted without end.")
    except Exception as error:
        if workers.lost:
            error.add_note(f"{told[0].lower()}{told[1:].rstrip(',')}")
        raise
    require(given is not None, "Your function returned None: is `return results` missing?")
    require(
        isinstance(given, list | tuple | np.ndarray) or hasattr(given, "to_numpy"),
        f"A {type(given).__name__} came back. A list of the results is asked for, in order of the "
        "partitions.",
    )
    for number, partition in workers.given.items():
        require(
            number in range(len(partitions)) and np.array_equal(partition, partitions[number]),
            f"{told} submit gets the number {number} with another partition's rows. The first "
            "partition has the number 0, as enumerate counts.",
        )
    wanted = [float(np.sum(each)) for each in partitions]
    result = plain(given)
    if not difference(result, wanted):
        return
    n = len(partitions)
    require(np.ndim(result) > 0, f"One result came back; each of {n} partitions has one.")
    require(
        np.ndim(result) < 2 or np.shape(result)[1] != 2,
        "Pairs (number, result) came back. The results alone are asked for, in order.",
    )
    missing = [number for number in range(n) if number not in workers.done]
    require(
        not missing,
        f"{told} partition {min(missing, default=0)} has never been scored, and nothing says so.",
    )
    more = workers.twice or workers.again
    require(
        len(result) <= n or not more,
        f"{told} {len(result)} results came back for {n} partitions: what comes in once more "
        "counts once more. Take the pair with the partition's number, once.",
    )
    require(
        len(result) >= n or len(set(wanted)) == n,
        f"{told} {len(result)} results came back for {n} partitions, and all have been scored. "
        "Is a result of 0 taken for none, or one that equals another for the same?",
    )
    differs = difference(result, wanted)
    require(len(result) == n, f"{told} {differs}")
    got = [_as_float(each) for each in result]
    wrong = next((i for i, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b), None)
    require(
        wrong is None or got[wrong] not in wanted,
        f"{told} the result at [{wrong}] is that of partition {_place(got, wanted, wrong)}. The "
        "pairs that come in say whose they are.",
    )
    require(not differs, f"{told} {differs}")


def _as_float(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _place(got, wanted, wrong):
    return wanted.index(got[wrong]) if wrong is not None and got[wrong] in wanted else None


def _require_an_end(answer, partitions, number):
    """Refuse what tries too often, gives up in silence, or does not say on what."""
    workers = Workers({number: 1000})
    told = f"With partition {number} of {len(partitions)} lost in every attempt"
    try:
        given = answer([each.copy() for each in partitions], workers)
    except _Enough:
        require(False, f"{told} it is submitted without end. {ATTEMPTS} attempts are allowed.")
    except Exception as error:
        text = "\n".join([str(error), *getattr(error, "__notes__", ())])
        require(
            re.search(rf"(?<!\d)0*{number}(?!\d)", text),
            f"{told} your function raises {type(error).__name__} with the text {text[:60]!r}. Let "
            "it name the partition, so that somebody can look at it.",
        )
    else:
        result = None if given is None else list(np.atleast_1d(np.array(given, dtype=object)))
        require(
            False,
            f"{told} your function returns {len(result) if result else 'no'} results as if "
            "nothing had happened. A row that nobody scored is no normal row: raise an error.",
        )
    tries = workers.attempts.count(number)
    require(
        tries == ATTEMPTS,
        f"{told} it is submitted {tries} times. {ATTEMPTS} attempts are asked for, the first one "
        "counted.",
    )


def _require_other_errors(answer, partitions):
    """Refuse what tries again where trying again cannot help."""
    workers = Workers(bad={2})
    told = "With partition 2 holding a text, so that submit raises ValueError,"
    try:
        answer([each.copy() for each in partitions], workers)
    except _BadPartition:
        pass
    except _Enough:
        require(False, f"{told} it is submitted without end. Catch WorkerLost alone.")
    except Exception as error:
        require(
            isinstance(error.__cause__, _BadPartition),
            f"{told} your function raises {type(error).__name__} instead, after "
            f"{workers.attempts.count(2)} attempts. A mistake in the data stays one: catch "
            "WorkerLost alone.",
        )
    else:
        require(False, f"{told} your function goes on without a word. Catch WorkerLost alone.")
    tries = workers.attempts.count(2)
    require(
        tries == 1,
        f"{told} it is submitted {tries} times. A mistake in the data stays one: catch WorkerLost "
        "alone.",
    )


@score_all.set_inputs
def score_all_inputs(rng):
    yield "the example", ([np.array([1.0, 2.0]), np.array([4.0])], Workers({0: 1}, {1}))
    for n in (1, 2, 6, 12):
        partitions = list(np.round(rng.normal(size=(n, 3)), 3))
        lost = {int(number): int(rng.integers(1, 5)) for number in rng.permutation(n)[: n // 2]}
        twice = set(rng.permutation(n)[: n // 3].tolist())
        again = {number: int(rng.integers(number)) for number in range(1, n)}
        yield f"{n} partitions", (partitions, Workers())
        yield f"{n} partitions, some lost", (partitions, Workers(lost))
        yield f"{n} partitions, some twice", (partitions, Workers({}, twice, again))
        yield (
            f"{n} partitions, some lost and some twice",
            (partitions, Workers(lost, twice, again)),
        )
    lost = dict.fromkeys(range(4), 4)
    partitions = [rng.normal(size=(rows, 2)) for rows in (3, 1, 4, 2)]
    yield "each lost four times", (partitions, Workers(lost, {1}))
    yield "results that are equal", ([np.ones(2)] * 3, Workers({1: 1}, {0, 2}, {2: 0}))
    yield "results of 0", ([np.zeros(2)] * 3, Workers({1: 1}, {0}))
    workers = Workers({0: 1, 2: 2}, {1}, {3: 1}, of=lambda partition: partition.sum(axis=1))
    yield "scores of unlike lengths", (partitions, workers)
    yield "partitions that are read once", (iter(partitions), Workers({1: 2}, {0}, {2: 1}))
    yield "no partition", ([], Workers())
