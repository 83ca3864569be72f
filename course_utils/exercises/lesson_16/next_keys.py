"""Exercises of lesson 16 on a network that foretells the next key: its pairs, and its g."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise

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
    praise="Right: g is chosen on normal sequences, and no anomaly was needed for it.",
)


@choose_g.set_solution
def choose_g_solution(ranks, budget):
    worst = np.array([max(each) for each in ranks])  # (sequences,)
    return next(g for g in range(1, max(worst) + 1) if (worst > g).mean() <= budget)
