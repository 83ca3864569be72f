"""Exercise of lesson 16 on copies: a split that has each sequence on one side only."""

from __future__ import annotations

import copy

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, plain, require

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


class _Symbol(str):
    """A text whose hash changes, as any text's does from one start of Python to the next."""

    salt = 0

    def __hash__(self):
        return hash((str(self), _Symbol.salt))

    __eq__ = str.__eq__


def _log(generator, distinct, symbols, rows):
    """Return `rows` sequences, of which a few are copied often, and each one's number.

    Sequences differ in their length or in their order alone, too.
    """
    known = {}
    while len(known) < distinct:
        length = int(generator.integers(1, 9))
        known[tuple(generator.integers(len(symbols), size=length).tolist())] = None
    often = 1 / (1 + np.arange(distinct)) ** 1.5  # the first one is a quarter of all rows
    more = generator.choice(distinct, size=rows - distinct, p=often / often.sum())
    numbers = generator.permutation(np.concatenate([np.arange(distinct), more]))
    known = list(known)
    return [[symbols[each] for each in known[number]] for number in numbers], numbers


TEXTS = tuple(map(_Symbol, ("open", "read", "write", "close", "stat")))


@split_copies.set_check
def split_copies_check(answer):
    generator = np.random.default_rng(164)
    for symbols, share, distinct in (
        (TEXTS, 0.7, 300),
        (TEXTS, 0.25, 400),
        ((1, 2, 3, 4, 5, 6), 0.5, 300),
    ):
        sequences, numbers = _log(generator, distinct, symbols, 900)
        _judge_split(answer, sequences, numbers, share)
    few, numbers = _log(generator, 2, TEXTS, 9)
    split = [_split(answer, few, 0.5, seed) for seed in range(4)]
    require(
        all(len(set(numbers[each])) + len(set(numbers[~each])) == 2 for each in split),
        "Of two distinct sequences, copied nine times in all, one has copies on both sides.",
    )


def _judge_split(answer, sequences, numbers, share):
    train = _split(answer, sequences, share, 0)
    both = np.intersect1d(numbers[train], numbers[~train])
    trained = np.unique(numbers[train])
    if len(both):
        known = np.isin(numbers[~train], numbers[train]).mean()
        copied = sequences[int(np.flatnonzero(numbers == both[0])[0])]
        told = (
            f"Copies of {len(both)} sequences are on both sides, of {list(map(_plain, copied))} "
            f"for example: {known:.0%} of the test rows were seen in training."
        )
        if train.sum() == len(trained) or (~train).sum() == len(np.unique(numbers[~train])):
            told += " One copy of each went to one side and all others to the other."
        elif abs(train.mean() - share) < 0.02:
            told += f" {train.mean():.0%} of the rows train: rows were drawn, not sequences."
        raise Misconception(told)
    _judge_share(train, numbers, share)
    _judge_chance(answer, sequences, numbers, share, train)


def _judge_share(train, numbers, share, seed=0):
    """Refuse a share that is far from what was asked for, even if each is drawn by itself."""
    distinct, trained = numbers.max() + 1, len(np.unique(numbers[train]))
    found, of_rows = trained / distinct, train.mean()
    allowed = 4 * np.sqrt(share * (1 - share) / distinct)
    if abs(found - share) <= allowed:
        return
    told = (
        f"With seed {seed}, {found:.0%} of the distinct sequences train ({trained} of "
        f"{distinct}), and {of_rows:.0%} of the rows; share is {share:.0%}, of the distinct ones."
    )
    require(0 < of_rows < 1, f"All rows are on one side. {told}")
    require(
        abs(of_rows - share) > 0.02,
        f"Share was taken of the rows, and the sequences that have many copies fill it. {told}",
    )
    require(abs(1 - found - share) > allowed, f"Is True for training, and not for testing? {told}")
    raise Misconception(told)


def _judge_chance(answer, sequences, numbers, share, train):
    """Refuse a split that the seed alone does not decide, or that it does not decide at all."""
    require(
        np.array_equal(train, _split(answer, sequences, share, 0)),
        "Called twice with the same seed, it gives two splits. np.random.default_rng(seed) makes "
        "a generator that the seed alone decides.",
    )
    others = [_split(answer, sequences, share, seed) for seed in range(1, 9)]
    require(
        not any(np.array_equal(train, each) for each in others),
        "Another seed gives the same split: is the seed used, and are the sequences drawn at "
        "random? Those that come first in a log are not like those that come last.",
    )
    for seed, each in enumerate(others, start=1):
        _judge_share(each, numbers, share, seed)
    one_of_each = np.unique(numbers, return_index=True)[1]
    often = np.mean([each[one_of_each] for each in (train, *others)], axis=0)
    require(
        ((often == 0) | (often == 1)).mean() < 0.5,
        "With nine seeds, more than half of the sequences are always on the same side. Each "
        "should be drawn by chance.",
    )
    try:
        _Symbol.salt += 1
        again = _split(answer, copy.deepcopy(sequences), share, 0)
    finally:
        _Symbol.salt = 0
    require(
        np.array_equal(train, again),
        "After the next start of Python, the same seed gives another split: the hash of a text, "
        "and with it the order of a set, changes then. dict.fromkeys keeps the order of "
        "appearance; sorted makes one.",
    )


def _plain(symbol):
    return str(symbol) if isinstance(symbol, str) else symbol


def _split(answer, sequences, share, seed):
    """Return what is True for training, (n,), or say what came back instead."""
    before = [each.copy() for each in sequences]
    result = answer(sequences, share, seed)
    require(result is not None, "Your function returned None: is a `return` missing?")
    require(
        sequences == before,
        "Your function changes the `sequences` that it was given. Work on a copy.",
    )
    values = result if isinstance(result, np.ndarray) else np.asarray(plain(result))
    n = len(sequences)
    require(
        not isinstance(result, tuple),
        "Several results came back; one boolean array (n,) is asked for, True for training.",
    )
    require(
        values.shape == (n,),
        f"One True or False for each of the {n} rows is asked for, shape ({n},); you return the "
        f"shape {values.shape}. Are those row numbers, or the distinct sequences'?",
    )
    whole = values.dtype.kind in "iu"
    told = " As an index, an array of 0 and 1 picks row 0 and row 1 again and again." * whole
    require(
        values.dtype == bool, f"You return {values.dtype}; True and False are asked for.{told}"
    )
    return values
