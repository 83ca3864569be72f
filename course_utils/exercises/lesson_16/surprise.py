"""Exercises of lesson 16 on surprise: of each step of a sequence, and of the whole sequence."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ------------------------------------------------------------------------------- 2 · the surprise

bigram_surprises = Exercise(
    "Return −log p (len + 1,) of each symbol given the one before it, and of the end: p = "
    "(count(previous, symbol) + 1) / (Σ count(previous, ·) + K).",
    hints=(
        'The steps are pairs: ("<s>", first), (first, second), … (last, "</s>"): '
        'zip(["<s>", *sequence], [*sequence, "</s>"]).',
        "Σ count(previous, ·) adds all counts whose pair begins with the previous symbol. A pair "
        "that is not in counts was seen 0 times: counts.get(pair, 0).",
        "K = len({symbol for _, symbol in counts}) + 1. The logarithm is the natural one, np.log.",
    ),
    praise="Right. A step that was never seen is surprising, and no longer impossible.",
)


@bigram_surprises.set_solution
def bigram_surprises_solution(sequence, counts):
    K = len({symbol for _, symbol in counts}) + 1  # one more for what was never seen
    followed = {}
    for (previous, _), count in counts.items():
        followed[previous] = followed.get(previous, 0) + count
    steps = zip(["<s>", *sequence], [*sequence, "</s>"], strict=True)
    p = [(counts.get(step, 0) + 1) / (followed.get(step[0], 0) + K) for step in steps]
    return -np.log(p)


# ---------------------------------------------------------------------------- 3 · sequence score

sequence_score = TensorExercise(
    "Return one number for a sequence from the surprises of its steps, by which a sequence with "
    "one odd step ranks high, however long it is.",
    hints=(
        "Two hundred usual steps of 0.3 add up to 60. How much does one step of 7 add?",
        "The mean divides that one step by two hundred. What does not shrink with the length?",
        "The highest surprise, or the mean of the few highest.",
    ),
    praise="Right: one odd step counts, among three steps or among two hundred.",
)


@sequence_score.set_solution
def sequence_score_solution(surprises):
    return surprises.max()
