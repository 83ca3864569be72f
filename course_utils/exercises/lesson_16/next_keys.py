"""Exercises of lesson 16 on a network that foretells the next key: its pairs, and its g."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    plain,
    require,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------------------ 5 · next-key pairs

next_key_pairs = Exercise(
    "Mend the pairs: return contexts (n, length) and targets (n,), whole numbers, where each "
    "context holds the `length` keys before its target, 0 where there are none.",
    hints=(
        "Look at the last column of the contexts that the given code makes, beside the targets.",
        "Put `length` zeros before the sequence. Then every key has `length` numbers before it.",
        "padded = [0] * length + list(sequence); the context of key i is padded[i : i + length].",
    ),
    praise="Right: a context holds what came before its target, and never the target.",
)


@next_key_pairs.set_solution
def next_key_pairs_solution(sequence, length):
    padded = [0] * length + list(sequence)
    contexts = np.array([padded[i : i + length] for i in range(len(sequence))])
    return contexts, np.array(sequence)


@next_key_pairs.set_check
def next_key_pairs_check(answer):
    sequence, length = [7, 3, 9, 9, 1, 5, 2], 3
    result = take_apart(_called(answer, sequence, length), ("contexts", "targets"))
    rows = plain(result[0])
    require(
        not isinstance(rows, list) or len({np.size(row) for row in rows}) == 1,
        f"The contexts are of unlike lengths. Each has {length} numbers: fill with 0 on the left.",
    )
    contexts = as_array(rows, what="the contexts")
    targets = as_array(result[1], what="the targets")
    require(
        contexts.shape != targets.shape[:1] or targets.ndim != 2,
        "The targets come first; the contexts are asked for first: `return contexts, targets`.",
    )
    wanted, n = np.array(sequence), len(sequence)
    require(
        targets.shape != (n - length,) or not np.array_equal(targets, wanted[length:]),
        f"The first {length} keys have no pair. How a sequence begins can be odd as well: fill "
        "their contexts with 0 on the left.",
    )
    require(
        targets.shape != (n - 1,) or not np.array_equal(targets, wanted[1:]),
        "The first key has no pair. Its context is nothing but 0, and how a sequence begins can "
        "be odd as well.",
    )
    require(
        targets.shape != (n - 1,) or not np.array_equal(targets, wanted[:-1]),
        "The last key has no pair. It is the end, and that a sequence ends can be odd as well.",
    )
    targets = as_array(targets, shape=(n,), what="the targets")
    told = difference(targets, wanted)
    require(not told, f"The targets are the keys of the sequence, one after the other: {told}")
    require(
        contexts.shape != (n, length + 1),
        f"The contexts have {length + 1} columns; `length` keys before the target are {length}.",
    )
    _name_the_contexts(as_array(contexts, shape=(n, length), what="the contexts"), sequence)
    told = difference(contexts, next_key_pairs_solution(sequence, length)[0])
    require(not told, f"The contexts are not the {length} keys before each target: {told}")
    for value, what in zip(result, ("contexts", "targets"), strict=True):
        kind = np.asarray(plain(value)).dtype
        require(
            kind.kind in "iu",
            f"The {what} are {kind}; keys are whole numbers, and an embedding takes no others.",
        )


def _called(answer, sequence, length):
    given = sequence.copy()
    result = answer(given, length)
    require(
        given == sequence,
        "Your function changes the `sequence` that it was given, and whoever calls it may need "
        "that again. Work on a copy.",
    )
    return result


def _name_the_contexts(contexts, sequence, length=3):
    n, zeros = len(sequence), [0] * length
    right = next_key_pairs_solution(sequence, length)[0]

    def windows(padded, first):
        return [padded[i + first : i + first + length] for i in range(n)]

    def moved_left(row):
        known = row[row > 0]
        return np.concatenate([known, np.zeros(length - len(known))])

    name_the_mistake(
        contexts,
        (
            (
                windows(zeros + sequence, 1),
                "The last number of each context is its target. A network learns to copy it, its "
                "loss goes to 0, and no key surprises it, however odd. End the context one key "
                "earlier.",
            ),
            (
                windows([0, *zeros, *sequence], 0),
                "Between each context and its target one key is left out. The nearest one says "
                "most.",
            ),
            (
                windows([*sequence, *zeros], 0),
                "Each context begins at its target and holds the keys after it. When the target "
                "comes, those are not known yet.",
            ),
            (
                windows([*sequence, 0, *zeros], 1),
                "Those are the keys after each target. When it comes, they are not known yet.",
            ),
            (
                right[:, ::-1],
                "Each context runs backwards, the latest key first. In the order of time the "
                "latest one is last.",
            ),
            (
                [moved_left(row) for row in right],
                "The contexts are filled with 0 on the right; on the left, the latest key always "
                "stands in the last column.",
            ),
            (
                windows([-1] * length + sequence, 0),
                "The contexts are filled with −1. The padding is 0; an embedding has no row −1.",
            ),
            (
                windows([sequence[0]] * length + sequence, 0),
                "The contexts are filled with the first key, which is the target of the first "
                "pair. The padding is 0.",
            ),
            (
                windows(sequence[-length:] + sequence, 0),
                "The first contexts hold the last keys of the sequence: an index below 0 counts "
                "from the end, as np.roll does. Fill with 0.",
            ),
            (
                windows([1] * length + sequence, 0),
                "The contexts are filled with 1, which is a key. The padding is 0.",
            ),
        ),
    )


@next_key_pairs.set_inputs
def next_key_pairs_inputs(rng):
    yield "the example", ([3, 1, 4], 2)
    for what, keys, length in (
        ("a long sequence", 30, 5),
        ("a length of 1", 8, 1),
        ("as many keys as the length", 4, 4),
        ("fewer keys than the length", 2, 6),
        ("one key", 1, 3),
        ("one key and a length of 1", 1, 1),
        ("one key more than the length", 6, 5),
        ("a length of 10", 25, 10),
    ):
        yield what, ([int(key) for key in rng.integers(1, 30, size=keys)], length)
    yield "a key that repeats", ([2] * 7, 3)
    yield "large numbers", ([int(key) for key in rng.integers(1, 10**6, size=9)], 4)


# ------------------------------------------------------------------------------------ 6 · choose g

choose_g = Exercise(
    "Return the smallest whole number g by which at most a share `budget` of the sequences has "
    "any key that ranks beyond it: rank > g.",
    hints=(
        "A sequence is an alarm as soon as one of its keys ranks beyond g. Which of its ranks "
        "decides?",
        "worst = the largest rank of each sequence. (worst > g).mean() is the share of alarms.",
        "Try g = 1, 2, 3 … and return the first whose share is at most budget.",
    ),
    praise="Right: the smallest g that keeps to the budget, counted in sequences.",
)


@choose_g.set_solution
def choose_g_solution(ranks, budget):
    worst = np.array([max(each) for each in ranks])  # (sequences,)
    return next(g for g in range(1, max(worst) + 1) if (worst > g).mean() <= budget)


def _smallest(share, budget):
    """Return the smallest g with share(g) ≤ budget."""
    return next(g for g in range(10**4) if share(g) <= budget)


# how a share of alarms is counted by mistake: of the list of ranks and g
MISCOUNTED = (
    (
        lambda ranks, g: (np.concatenate(ranks) > g).mean(),
        "The share is of the keys. A sequence of many keys has many chances to alarm: count the "
        "sequences that have any.",
    ),
    (
        lambda ranks, g: np.mean([(each > g).mean() for each in ranks]),
        "The share is the mean of each sequence's share of keys. One key is enough for an alarm: "
        "count the sequences that have any.",
    ),
    (
        lambda ranks, g: np.mean([each.mean() > g for each in ranks]),
        "A sequence's mean rank is asked here. One key beyond g is enough for an alarm: its "
        "largest rank decides.",
    ),
    (
        lambda ranks, g: np.mean([np.median(each) > g for each in ranks]),
        "A sequence's median rank is asked here. One key beyond g is enough for an alarm: its "
        "largest rank decides.",
    ),
    (
        lambda ranks, g: np.mean([each.min() > g for each in ranks]),
        "A sequence counts here when all its keys rank beyond g. One is enough for an alarm.",
    ),
    (
        lambda ranks, g: np.mean([each[-1] > g for each in ranks]),
        "Only the last key of each sequence counts here. Any key beyond g is an alarm.",
    ),
    (
        lambda ranks, g: np.mean([each.max() >= g for each in ranks]),
        "A rank that equals g is taken for an alarm here: ≥. The g most likely keys are allowed, "
        "so it is rank > g.",
    ),
    (
        lambda ranks, g: np.mean([each.max() > g + 1 for each in ranks]),
        "That is one too small, as if ranks counted from 0. They count from 1.",
    ),
    (
        lambda ranks, g: any(each.max() > g for each in ranks),
        "That is the largest rank of all: nothing alarms. A share `budget` of the sequences may.",
    ),
)


def _smallest(ranks, counted, allowed):
    """Return the smallest g whose counted share of alarms is allowed."""
    return next(g for g in range(10**4) if allowed(counted(ranks, g)))


@choose_g.set_check
def choose_g_check(answer):
    cases = [
        (_ranks(np.random.default_rng(seed), 64, 4, 60), budget)
        for seed, budget in enumerate((0.25, 0.125, 0.5, 0.0625, 0.1, 0.3))
    ]
    found = [
        _whole_number(answer([each.copy() for each in ranks], budget), budget)
        for ranks, budget in cases
    ]
    right = [choose_g_solution(*each) for each in cases]
    wrong = next(
        (n for n, (got, g) in enumerate(zip(found, right, strict=True)) if got != g), None
    )
    if wrong is None:
        return
    (ranks, budget), g = cases[wrong], found[wrong]
    alarms = np.mean([each.max() > g for each in ranks])
    told = (
        f"With g = {g:.6g}, a share of {alarms:.3f} of the sequences has a key that ranks beyond "
        f"it. budget is {budget}, and {right[wrong]} the smallest g that keeps to it."
    )
    for counted, why in MISCOUNTED:
        known = [
            _smallest(ranks, counted, lambda share, most=budget: share <= most)
            for ranks, budget in cases
        ]
        require(found != known, f"{why} {told}")
    known = [
        _smallest(ranks, _share_of_alarms, lambda share, most=budget: share < most)
        for ranks, budget in cases
    ]
    require(
        found != known,
        f"A share that equals the budget is refused here. It keeps to it: share ≤ budget. {told}",
    )
    raise Misconception(told)


def _share_of_alarms(ranks, g):
    return np.mean([each.max() > g for each in ranks])


def _ranks(generator, sequences, shortest, longest):
    """Return ranks of sequences' keys, mostly 1 and sometimes far more."""
    lengths = generator.integers(shortest, longest, size=sequences, endpoint=True)
    return [generator.geometric(generator.uniform(0.15, 0.6), size=each) for each in lengths]


def _whole_number(result, budget):
    got = as_array(result, what="g")
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    got = float(got)
    require(got != budget, "That is the budget; the g which keeps to it is asked for.")
    require(
        got.is_integer(),
        f"You return {got:.6g}. g is a whole number: so many keys may come next. A quantile may "
        "lie between two ranks.",
    )
    return int(got)


@choose_g.set_inputs
def choose_g_inputs(rng):
    yield (
        "the example",
        ([np.array([1, 2]), np.array([1, 5]), np.array([3]), np.array([9, 1])], 0.25),
    )
    for what, sequences, shortest, longest, budget in (
        ("many sequences", 96, 1, 20, 0.0625),
        ("few sequences", 8, 2, 5, 0.25),
        ("half of them above", 32, 3, 9, 0.5),
        ("a budget of 0", 16, 1, 8, 0.0),
        ("a budget below one sequence", 8, 1, 8, 0.05),
        ("a budget between two shares", 17, 2, 7, 0.2),
        ("one sequence", 1, 5, 5, 0.3),
        ("sequences of one key", 40, 1, 1, 0.13),
        ("long sequences", 16, 80, 120, 0.125),
        ("nearly all above", 32, 2, 6, 0.875),
    ):
        yield what, (_ranks(rng, sequences, shortest, longest), budget)
    yield "ranks of 1 alone", ([np.ones(each, dtype=int) for each in (1, 4, 2)], 0.1)
    yield "ranks that tie", ([rng.integers(1, 4, size=3) for _ in range(16)], 0.25)
    yield (
        "a few large ranks",
        ([np.array([1, each]) for each in (1, 1, 1, 700, 2, 1, 1, 300)], 0.125),
    )
