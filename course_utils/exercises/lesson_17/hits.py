"""Exercise of lesson 17 on judging explanations: how often the largest entry is the true one."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    unlike,
)

import numpy as np

# ------------------------------------------------------------------------------------ 1 · hit rate

hit_rate = Exercise(
    "Return the share of the flagged rows whose largest entry is in the true column. Where k "
    "columns share the largest entry and the true one is among them, the row counts 1/k.",
    hints=(
        "Only flagged rows are asked about: entries[flagged] and truth[flagged].",
        "An explanation that says nothing, all entries equal, must get 1/d. argmax would give it "
        "all rows whose true column is 0.",
        "largest = entries == entries.max(axis=1, keepdims=True) marks the k columns; the row "
        "counts largest[row, truth] / largest[row].sum().",
    ),
    praise="Right: flagged rows alone are counted, and an explanation that says nothing gets 1/d.",
)


@hit_rate.set_solution
def hit_rate_solution(entries, truth, flagged):
    entries, truth = entries[flagged], truth[flagged]
    largest = entries == entries.max(axis=1, keepdims=True)  # (n, d), True in k columns
    hits = largest[np.arange(len(truth)), truth] / largest.sum(axis=1)  # (n,)
    return hits.mean()


@hit_rate.set_check
def hit_rate_check(answer):
    rng = np.random.default_rng(17)
    n, d = 60, 5
    truth = np.minimum(rng.integers(d + 2, size=n), d - 1) * (np.arange(n) % 4 > 0)
    flagged = rng.random(n) < 0.6
    _require_fair_to_silence(answer, truth, flagged, d)
    for decimals in (3, 0):  # without ties, and with many
        entries = 2 * rng.normal(size=(n, d))
        entries[np.arange(n), truth] += np.where(flagged, 1.5, -1.0) * rng.choice([1, -1], size=n)
        _judge_rate(answer, np.round(entries, decimals), truth, flagged)
    tiny = 1e-11 * rng.normal(size=(n, d))
    require(
        abs(_rate(answer, tiny, truth, flagged) - 1 / d) > 1e-9,
        "Entries of 1e-11 that differ count as equal in yours, as np.isclose and rounding have "
        "it, and slopes may be that small. Only equal entries share the largest place: ==.",
    )


def _rate(answer, entries, truth, flagged):
    result = answer(entries.copy(), truth.copy(), flagged.copy())
    got = as_array(result, what="the hit rate", finite=False)
    require(
        got.shape == (),
        f"One share is asked for; you return the shape {got.shape}. Take the mean over the rows.",
    )
    return float(as_array(got, what="the hit rate"))


def _require_fair_to_silence(answer, truth, flagged, d):
    """Refuse a rate that rewards entries which say nothing."""
    for value in (0.0, -0.3):
        got = _rate(answer, np.full((len(truth), d), value), truth, flagged)
        of_first = np.mean(truth[flagged] == 0), np.mean(truth == 0)
        told = f"An explanation that says nothing, all entries {value:g}, gets {got:.3g} from you"
        require(
            not np.isclose(got, of_first).any(),
            f"{told}: argmax names column 0 where all are equal, which is true of that share of "
            f"rows. Among {d} columns, pointing blindly hits 1/{d}.",
        )
        require(
            abs(got - 1) > 1e-9,
            f"{told}: every column shares the largest entry, and a row counts 1/k then, here "
            f"1/{d}.",
        )
        require(
            abs(got) > 1e-9,
            f"{told}. Its {d} columns share the largest entry and the true one is among them: "
            f"each row counts 1/{d}.",
        )
        require(
            abs(got - flagged.mean() / d) > 1e-9 or flagged.all(),
            f"{told}. The hits are divided by all rows; divide by the flagged ones.",
        )


def _judge_rate(answer, entries, truth, flagged):
    got = _rate(answer, entries, truth, flagged)
    right = hit_rate_solution(entries, truth, flagged)
    if not difference(got, right):
        return
    d = entries.shape[1]
    turned = np.roll(entries, 1, axis=1), (truth + 1) % d, flagged  # a second sight of the cause
    again = _rate(answer, *turned)
    both = zip(_other_rates(entries, truth, flagged), _other_rates(*turned), strict=True)
    name_the_mistake(got, [first for first, second in both if not difference(again, second[0])])
    told, wanted = unlike(got, right)
    raise Misconception(
        f"Over {flagged.sum()} flagged rows you return {told}; {wanted} is expected."
    )


def _other_rates(entries, truth, flagged):
    """Yield what other ways give, and what is wrong with them."""
    rows = np.arange(len(truth))

    def hits(values):
        largest = values == values.max(axis=1, keepdims=True)
        return largest[rows, truth], largest.sum(axis=1)

    held, ties = hits(entries)
    shared = held / ties
    first = entries.argmax(axis=1) == truth
    last = entries.shape[1] - 1 - entries[:, ::-1].argmax(axis=1) == truth
    sizes = np.divide(*hits(np.abs(entries)))
    lowest = np.divide(*hits(-entries))
    everybody = (
        "All rows are counted. Rows that the detector did not flag have no alarm to explain: "
        "count flagged rows alone."
    )
    sign = (
        "The entries' signs are gone. A negative entry lowers the score and is no blame: take the "
        "largest entry, not the largest size."
    )
    tied = "Where k columns share the largest entry, the row counts 1/k"
    below = "The hits of flagged rows are divided by all rows; divide by the flagged ones."
    yield shared.mean(), everybody
    yield shared[~flagged].mean(), "Those are the rows that are not flagged."
    yield (shared * flagged).mean(), below
    yield first[flagged].mean(), f"{tied}; argmax names the first of them."
    yield last[flagged].mean(), f"{tied}; yours names the last of them."
    yield held[flagged].mean(), f"{tied}; yours counts 1."
    yield (held & (ties == 1))[flagged].mean(), f"{tied}; yours counts 0."
    yield first.mean(), f"{everybody} And {tied[0].lower()}{tied[1:]}; argmax names the first."
    yield (first & flagged).mean(), below
    yield sizes[flagged].mean(), sign
    yield (np.abs(entries).argmax(axis=1) == truth)[flagged].mean(), sign
    yield sizes.mean(), f"{sign} And all rows are counted, not the flagged ones alone."
    yield (np.abs(entries).argmax(axis=1) == truth).mean(), f"{sign} And all rows are counted."
    yield lowest[flagged].mean(), "That is the smallest entry. The largest one names the column."
    yield shared[flagged].sum(), "That is a number of rows. Divide by how many are flagged."
    yield 100 * shared[flagged].mean(), "That is per cent. A share is asked for, from 0 to 1."
    yield 1 - shared[flagged].mean(), "That is the share of misses."
    yield (
        held[flagged].sum() / ties[flagged].sum(),
        "The hits are divided by the number of largest entries in all rows. Each row counts 1/k; "
        "take the mean of that.",
    )


@hit_rate.set_inputs
def hit_rate_inputs(rng):
    def drawn(n, d, values):
        flagged = rng.random(n) < 0.5
        flagged[rng.integers(n)] = True
        return values.astype(float), rng.integers(d, size=n), flagged

    example = np.array([[3.0, 1.0], [2.0, 2.0], [0.0, 5.0]])
    yield "the example", (example, np.array([0, 0, 0]), np.array([True, True, False]))
    for n, d in ((40, 6), (1, 3), (7, 1), (25, 2)):
        yield f"{n} rows, {d} columns", drawn(n, d, rng.normal(size=(n, d)))
        yield (
            f"{n} rows, {d} columns, with ties",
            drawn(n, d, rng.integers(-2, 2, size=(n, d))),
        )
    yield "negative entries", drawn(30, 4, -rng.exponential(size=(30, 4)))
    yield "tiny entries", drawn(30, 4, 1e-11 * rng.normal(size=(30, 4)))
    yield "huge entries, not far apart", drawn(30, 4, 1000 + rng.normal(size=(30, 4)))
    yield "equal entries", drawn(12, 5, np.zeros((12, 5)))
    entries, truth, flagged = drawn(15, 3, rng.integers(0, 3, size=(15, 3)))
    yield "all rows flagged", (entries, truth, np.ones_like(flagged))
    yield "one row flagged", (entries, truth, np.arange(15) == 6)
    entries = rng.normal(size=(20, 4))
    yield "hits alone", (entries, entries.argmax(axis=1), rng.random(20) < 0.9)
    yield "misses alone", (entries, entries.argmin(axis=1), rng.random(20) < 0.9)
