"""Exercise of lesson 16 on copies: a split that has each sequence on one side only."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise

import numpy as np

# ------------------------------------------------------------------------------ 4 · split copies

split_copies = Exercise(
    "Mend the split: return a boolean array (n,), True for training, by which about `share` of "
    "the distinct sequences train and all copies of a sequence are on one side.",
    hints=(
        "What is drawn at random has to be the distinct sequences, not the rows.",
        "list(dict.fromkeys(map(tuple, sequences))) holds each sequence once, always in the same "
        "order.",
        "Permute the numbers of the distinct ones with np.random.default_rng(seed), take the "
        "first round(share · their number), and ask of each row whether its sequence is among "
        "them.",
    ),
    praise="Right: no sequence that is tested was trained on, and the seed decides which.",
)


@split_copies.set_solution
def split_copies_solution(sequences, share, seed):
    distinct = list(dict.fromkeys(map(tuple, sequences)))  # each once, in order of appearance
    order = np.random.default_rng(seed).permutation(len(distinct))
    train = {distinct[number] for number in order[: round(share * len(distinct))]}
    return np.array([tuple(each) in train for each in sequences])
