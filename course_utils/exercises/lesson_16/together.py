"""Exercises of lesson 16 on two scores together: the larger rank, and a detector of one's own."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.tensors import TensorExercise

import numpy as np

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


# --------------------------------------------------------------------------------- 8 · my detector

ENOUGH = 0.85  # AUROC on each kind of anomaly

my_detector = Exercise(
    "Return one score for each sequence, higher = more anomalous, learned from the normal "
    "sequences in `train`, that finds steps in a wrong order and usual steps in unusual numbers: "
    f"AUROC {ENOUGH} or more for each.",
    hints=(
        "The highest surprise of a bigram finds a wrong order, and no number of repeats: each "
        "repeat is a usual step. Counts of the symbols see just that.",
        "So take two scores. They have unlike units: join them by their ranks among held-out "
        "normal sequences (exercise 7).",
        "Fit both on train[::2], rank by train[1::2]. NGram(order=2) of course_utils.detectors is "
        "one; the largest |z| of the symbols' counts, or kNN on them, is the other.",
    ),
    praise="Right: both kinds are found on programs held back, and each sequence is judged alone.",
)


@my_detector.set_solution
def my_detector_solution(train, sequences):
    from course_utils.detectors import NGram

    fitted, held = train[::2], train[1::2]
    ngram = NGram(order=2).fit(fitted)
    symbols = sorted({symbol for each in fitted for symbol in each})

    def count(X):
        return np.array([[each.count(symbol) for symbol in symbols] for each in X])

    mean, spread = count(fitted).mean(axis=0), count(fitted).std(axis=0) + 0.1
    shares = []  # of held-out normal sequences that score lower
    for score in (ngram.decision_function, lambda X: abs((count(X) - mean) / spread).max(axis=1)):
        shares.append(np.searchsorted(np.sort(score(held)), score(sequences)) / len(held))
    return np.maximum(*shares)
