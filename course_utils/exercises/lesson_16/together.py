"""Exercises of lesson 16 on two scores together: the larger rank, and a detector of one's own."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_16 import _programs
from course_utils.exercises.ranking import area
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np
from scipy.stats import rankdata

# --------------------------------------------------------------------------------- 7 · larger rank

larger_rank = TensorExercise(
    "Turn each score into the share of held-out normal scores that lie below it, equal ones "
    "counted half, and return the larger of the two shares for each sequence.",
    hints=(
        "held_a < a[:, None] compares every held-out score with every new one: (new, held).",
        "Its mean over axis 1 is the share below. Equal ones count half: add half of the mean of "
        "held_a == a[:, None].",
        "np.maximum(share of a, share of b)",
    ),
    praise="Right. Two scores in unlike units have one unit now, and no new sequence changes "
    "another's score.",
)


@larger_rank.set_solution
def larger_rank_solution(a, b, held_a, held_b):
    shares = []
    for scores, held in ((a, held_a), (b, held_b)):
        below = (held < scores[:, None]).mean(axis=1)
        equal = (held == scores[:, None]).mean(axis=1)
        shares.append(below + equal / 2)
    return np.maximum(shares[0], shares[1])


def _share(scores, held, equal=0.5):
    """Return the share of held-out scores below each score, equal ones counted by `equal`."""
    below = (held < scores[:, None]).mean(axis=1)
    return below + equal * (held == scores[:, None]).mean(axis=1)


@larger_rank.set_check
def larger_rank_check(answer):
    generator = np.random.default_rng(167)
    held_a = np.round(generator.gamma(3.0, 1.0, size=40), 1)
    held_b = np.round(generator.gamma(2.0, 30.0, size=25))
    a = np.concatenate([held_a[:3], np.round(generator.gamma(3.0, 1.4, size=9), 1), [0.05]])
    b = np.concatenate([np.round(generator.gamma(2.0, 30.0, size=9)), held_b[:3], [400.0]])
    got = as_array(answer(a, b, held_a, held_b), what="the shares")
    require(
        got.shape != (2, len(a)) and got.shape != (len(a), 2),
        "Two shares for each sequence came back. Take the larger one.",
    )
    require(
        got.shape not in ((len(held_a),), (len(held_b),)),
        "One number for each held-out score came back; each new sequence has one.",
    )
    got = as_array(got, shape=a.shape, what="the shares")
    _name_the_shares(got, a, b, held_a, held_b)
    alone = as_array(answer(a[4:7], b[4:7], held_a, held_b), shape=(3,), what="the shares")
    require(
        same_numbers(alone, got[4:7]),
        "Scored with fewer others beside it, a sequence gets another number. The held-out scores "
        "alone are the ruler.",
    )
    told = difference(got, larger_rank_solution(a, b, held_a, held_b))
    require(not told, f"That is not the larger of the two shares of held-out scores below: {told}")


def _name_the_shares(got, a, b, held_a, held_b):
    share_a, share_b = _share(a, held_a), _share(b, held_b)
    if same_numbers(got, np.maximum(share_a, share_b)):
        return
    raw = (
        "The raw scores are joined. They have unlike units, so that the one with the larger "
        "numbers decides alone. Turn each into a share of held-out scores first."
    )
    in_the_batch = (
        "Each score is ranked among the scores beside it. Then a sequence's score depends on its "
        "neighbours, and in any batch one is the most anomalous. Rank among the held-out scores."
    )
    by_the_batch = (
        "The scores are standardised by their own batch: a sequence's score depends on its "
        "neighbours. The held-out scores are the ruler."
    )
    by_held = (
        "The scores are standardised by the held-out ones. A z-score trusts mean and spread, "
        "which a long tail moves; the share below is asked for."
    )
    pooled = np.concatenate([held_a, held_b])

    def standardised(scores, by, ddof):
        return (scores - by.mean()) / by.std(ddof=ddof)

    def scaled(scores, by):
        return (scores - by.min()) / np.ptp(by)

    mistakes = [
        (a + b, raw),
        (np.maximum(a, b), raw),
        ((a + b) / 2, raw),
        (a * b, raw),
        (
            np.maximum(_share(a, held_a, 0), _share(b, held_b, 0)),
            "Held-out scores that are equal are left out. They count half: a score that ties "
            "with all others would seem the lowest.",
        ),
        (
            np.maximum(_share(a, held_a, 1), _share(b, held_b, 1)),
            "Held-out scores that are equal count in full. They count half: a score that ties "
            "with all others would seem the highest.",
        ),
        (
            np.minimum(share_a, share_b),
            "The smaller share is taken: only what is odd in both scores high. Take the larger.",
        ),
        (
            (share_a + share_b) / 2,
            "The mean of the two shares is taken, in which one that is usual hides one that is "
            "odd. Take the larger.",
        ),
        (share_a + share_b, "The two shares are added. Take the larger."),
        (share_a * share_b, "The two shares are multiplied. Take the larger."),
        (
            share_a,
            "The first score's shares come back throughout. Take the larger in each place: "
            "np.maximum. Python's max of two lists returns one of them whole.",
        ),
        *[
            (
                np.maximum(
                    np.searchsorted(held_a, a, side) / len(held_a),
                    np.searchsorted(held_b, b, side) / len(held_b),
                ),
                "np.searchsorted was given held-out scores that are not sorted, and finds "
                "nothing in them. np.sort them first.",
            )
            for side in ("left", "right")
        ],
        (
            share_b,
            "The second score's shares come back throughout. Take the larger in each place: "
            "np.maximum. Python's max of two lists returns one of them whole.",
        ),
        (
            1 - np.minimum(share_a, share_b),
            "Upside down: that is the share of held-out scores above. Odd sequences get the low "
            "numbers.",
        ),
        (
            1 - np.maximum(share_a, share_b),
            "Upside down: that is 1 minus the larger share. Odd sequences get the low numbers.",
        ),
        (
            100 * np.maximum(share_a, share_b),
            "Those are per cent, from 0 to 100. A share is asked for, from 0 to 1.",
        ),
        (
            np.maximum(_share(a, pooled), _share(b, pooled)),
            "Both scores are ranked among the held-out scores of both. Each has its own ruler.",
        ),
        (
            np.maximum(_share(a, held_b), _share(b, held_a)),
            "The held-out scores are swapped: a is ranked among held_b.",
        ),
        (
            np.maximum(share_a * len(held_a), share_b * len(held_b)),
            "Those are numbers of held-out scores. Divide by how many there are.",
        ),
        (np.maximum(_share(a, a), _share(b, b)), in_the_batch),
        (np.maximum(rankdata(a), rankdata(b)), in_the_batch),
        (np.maximum(rankdata(a), rankdata(b)) / len(a), in_the_batch),
        (np.maximum(scaled(a, a), scaled(b, b)), by_the_batch),
        (np.maximum(scaled(a, held_a), scaled(b, held_b)), by_held),
    ]
    for ddof in (0, 1):
        for join in (np.maximum, np.add):
            mistakes += [
                (join(standardised(a, a, ddof), standardised(b, b, ddof)), by_the_batch),
                (join(standardised(a, held_a, ddof), standardised(b, held_b, ddof)), by_held),
            ]
    name_the_mistake(got, mistakes)


@larger_rank.set_inputs
def larger_rank_inputs(rng):
    yield (
        "the example",
        (np.array([1.0, 3.0]), np.array([9.0, 5.0]), np.array([2.0, 3.0]), np.array([4.0, 6.0])),
    )
    for what, new, first, second in (
        ("many sequences", 30, 50, 40),
        ("one sequence", 1, 9, 12),
        ("one held-out score", 7, 1, 5),
        ("one held-out score of each", 5, 1, 1),
        ("as many of all", 6, 6, 6),
        ("few held-out scores", 12, 3, 4),
    ):
        units = 10.0 ** rng.integers(-3, 4, size=2)
        a, held_a = (units[0] * rng.gamma(2.0, size=n) for n in (new, first))
        b, held_b = (units[1] * rng.normal(size=n) for n in (new, second))
        yield what, (a, b, held_a, held_b)
        tied = [np.round(each / unit) for each, unit in zip((a, held_a), units, strict=False)]
        yield f"{what}, tied scores", (tied[0], np.round(b / units[1]), tied[1], np.round(held_b))
    held = rng.normal(size=20)
    yield "scores beyond all held-out ones", (held[:4] + 99, held[:4] - 99, held, held)
    yield "scores below all held-out ones", (held[:4] - 99, held[:4] - 98, held, held)
    yield "the held-out scores themselves", (held, held[::-1].copy(), held, held)
    same = np.full(7, 2.0)
    yield (
        "equal held-out scores",
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0]), same, same),
    )
    whole = rng.integers(0, 9, size=(2, 12))
    yield "whole numbers", (whole[0, :5], whole[1, :5], whole[0, 5:], whole[1, 5:])


# --------------------------------------------------------------------------------- 8 · my detector

ENOUGH = 0.85  # AUROC on each kind of anomaly
DRAWS = 3
SECONDS_TO_LEARN = 60.0  # of the processor, for six calls: a small network may be trained in each

my_detector = Exercise(
    "Return one score for each sequence, higher = more anomalous, learned from the normal "
    "sequences in `train`, that finds steps in a wrong order and usual steps in unusual numbers: "
    f"AUROC {ENOUGH} or more for each.",
    hints=(
        "The highest surprise of a step finds a wrong order, and no number of repeats: each "
        "repeat is a usual step. Counts of the symbols see just that.",
        "So take two scores. They have unlike units: join them by their ranks among held-out "
        "normal sequences (exercise 7).",
        "Fit both on train[::2], rank by train[1::2]. NGram(order=4) of course_utils.detectors is "
        "one; the largest |z| of the symbols' counts, or kNN on them, is the other.",
    ),
    praise="Right: both kinds are found on programs held back, and each sequence is judged alone.",
    seconds=SECONDS_TO_LEARN,
)


@my_detector.set_solution
def my_detector_solution(train, sequences):
    from course_utils.detectors import NGram

    fitted, held = train[::2], train[1::2]
    ngram = NGram(order=4).fit(fitted)
    symbols = sorted({symbol for each in fitted for symbol in each})

    def count(X):
        return np.array([[each.count(symbol) for symbol in symbols] for each in X])

    mean, spread = count(fitted).mean(axis=0), count(fitted).std(axis=0) + 0.1
    shares = []  # of held-out normal sequences that score lower
    for score in (ngram.decision_function, lambda X: abs((count(X) - mean) / spread).max(axis=1)):
        shares.append(np.searchsorted(np.sort(score(held)), score(sequences)) / len(held))
    return np.maximum(*shares)


@my_detector.set_check
def my_detector_check(answer):
    found = []
    for seed in range(DRAWS):
        train, kinds = _programs.program(160 + seed)
        sequences = [sequence for each in kinds.values() for sequence in each]
        of_kind = np.repeat(list(kinds), [len(each) for each in kinds.values()])
        order = np.random.default_rng(seed).permutation(len(sequences))
        sequences, of_kind = [sequences[number] for number in order], of_kind[order]
        scores = _scores(answer, train, sequences)
        if seed == 0:
            require(np.ptp(scores) > 0, "All sequences get the same score: nothing is ranked.")
            _require_each_alone(answer, train, sequences, scores)
        normal = scores[of_kind == "normal"]
        found.append([area(normal, scores[of_kind == kind]) for kind in ("order", "counts")])
    order, counts = np.mean(found, axis=0)
    told = (
        f"On {DRAWS} programs held back, the AUROC is {order:.2f} for steps in a wrong order and "
        f"{counts:.2f} for usual steps in unusual numbers; {ENOUGH} or more is asked for each."
    )
    require(max(order, counts) > 0.3, f"Upside down? Higher has to mean more anomalous. {told}")
    require(
        order < ENOUGH or counts >= ENOUGH,
        f"Half of it is found. When a usual step is repeated far too often, each step follows one "
        f"that it usually follows: look at how often each event happens, too. {told}",
    )
    require(
        counts < ENOUGH or order >= ENOUGH,
        f"Half of it is found. When two steps change places, each event happens as often as "
        f"before: look at what follows what, too. {told}",
    )
    require(min(order, counts) >= ENOUGH, told)


def _scores(answer, train, sequences):
    given = [[each.copy() for each in group] for group in (train, sequences)]
    result = answer(*given)
    require(
        given == [train, sequences],
        "Your function changes the sequences that it was given. Work on a copy.",
    )
    got = as_array(result, what="the scores")
    require(
        len(train) == len(sequences) or got.shape != (len(train),),
        f"You return {len(train)} scores, one for each sequence in train. The new sequences are "
        "to be scored.",
    )
    return as_array(got, shape=(len(sequences),), what="the scores")


def _require_each_alone(answer, train, sequences, scores):
    """Refuse a score that depends on the other sequences; chance in an answer may move it."""
    company = (
        "A sequence's score depends on the sequences beside it. Tomorrow it comes alone: take "
        "means, spreads and ranks from train, not from what is scored."
    )
    size, by_chance = np.abs(scores).max(), None
    for part in (slice(1, 25), slice(1)):
        try:
            few = _scores(answer, train, sequences[part])
        except Misconception as reason:
            raise Misconception(f"Of {len(sequences[part])} sequences alone: {reason}") from None
        apart = np.abs(few - scores[part]).max()
        if apart <= 1e-6 * size:
            continue
        if by_chance is None:
            by_chance = np.abs(_scores(answer, train, sequences) - scores).max()
        require(by_chance > 1e-6 * size and apart <= 3 * by_chance, company)
