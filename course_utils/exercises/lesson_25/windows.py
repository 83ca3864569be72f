"""Exercise of lesson 25 on traces: windows of events that no harmless trace has."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
)

import numpy as np

# ------------------------------------------------------------------------------ 7 · unseen windows

unseen_windows = Exercise(
    "Return for each sequence how many of its windows of `n` events in a row stand in no training "
    "sequence.",
    hints=(
        "Collect all windows of the training sequences in a set first. A window that runs over "
        "the end of one sequence into the next is none.",
        "The windows of a sequence of m events start at 0, 1, …, m − n. A set holds tuples, not "
        "lists or arrays.",
        "windows = lambda s: [tuple(s[i : i + n]) for i in range(len(s) - n + 1)]; then for each "
        "sequence sum(w not in seen for w in windows(s)).",
    ),
    praise="Right. That is stide: a set, and a count.",
)


@unseen_windows.set_solution
def unseen_windows_solution(training, sequences, n):
    def windows(sequence):
        events = np.asarray(sequence).tolist()
        return [tuple(events[i : i + n]) for i in range(len(events) - n + 1)]

    seen = {window for sequence in training for window in windows(sequence)}
    return np.array([sum(each not in seen for each in windows(s)) for s in sequences])


def _windows(sequence, n, step=1):
    events = np.asarray(sequence).tolist()
    return [tuple(events[i : i + n]) for i in range(0, len(events) - n + 1, step)]


def _up_to(sequence, n):
    """Return a window from each event on, of fewer events at the end."""
    return [tuple(sequence[i : i + n]) for i in range(len(sequence))]


def _made(rng, events=4, lengths=(1, 18), many=(12, 10)):
    """Return training sequences and others, lists of whole numbers."""
    return tuple(
        [rng.integers(0, events, rng.integers(*lengths)).tolist() for _ in range(each)]
        for each in many
    )


@unseen_windows.set_check
def unseen_windows_check(answer):
    rng = np.random.default_rng(257)
    training, sequences = _made(rng, events=5)
    sequences += [[0, 1], [3], [4, 4, 4, 0, 1, 4, 4, 4, 0, 1, 9, 9, 9, 9, 9], training[0]]
    n = 3
    got = as_array(
        answer([[*each] for each in training], [[*each] for each in sequences], n),
        what="the counts",
    )
    require(got.shape != (), "One number came back; each sequence has a count of its own.")
    require(
        got.shape != (len(training),),
        "As many counts as training sequences came back. Those of `sequences` are asked for.",
    )
    got = as_array(got, shape=(len(sequences),), what="the counts")
    name_the_mistake(got, _wrong_counts(training, sequences, n))
    told = difference(got, unseen_windows_solution(training, sequences, n))
    require(not told, f"With n = {n} {told}")


def _wrong_counts(training, sequences, n):
    """Yield the counts that slips lead to, and which they are."""
    seen = {each for sequence in training for each in _windows(sequence, n)}
    new = [[each not in seen for each in _windows(s, n)] for s in sequences]
    yield (
        [np.mean(each or [0]) for each in new],
        "That is the share of the windows. Whoever pads an intrusion with harmless events makes "
        "it small; their number stays. How many are there?",
    )
    yield (
        [len({w for w in _windows(s, n) if w not in seen}) for s in sequences],
        "A window that comes twice counts once here. Count each place at which one stands.",
    )
    yield [any(each) for each in new], "That is whether there is one. How many are there?"
    yield (
        [len(each) - sum(each) for each in new],
        "Those are the windows that training has. How many has it not?",
    )
    events = {each for sequence in training for each in sequence}
    yield (
        [sum(each not in events for each in s) for s in sequences],
        "That counts events that training never had. Intrusions are made of usual events: what is "
        "new is the order, so look at windows of `n`.",
    )
    for other in (n - 1, n + 1):
        known = {each for sequence in training for each in _windows(sequence, other)}
        yield (
            [sum(each not in known for each in _windows(s, other)) for s in sequences],
            f"Those are windows of {other} events; n is {n}.",
        )
    yield (
        [sum(each[:-1]) for each in new],
        "The last window of each sequence is missing: it starts at len − n, so range ends at "
        "len − n + 1.",
    )
    short = {each for sequence in training for each in _windows(sequence, n)[:-1]}
    for others in (slice(None), slice(-1)):
        yield (
            [sum(each not in short for each in _windows(s, n)[others]) for s in sequences],
            "The last window of each training sequence is missing: it starts at len − n, so "
            "range ends at len − n + 1.",
        )
    joined = {*_windows([each for sequence in training for each in sequence], n)}
    yield (
        [sum(each not in joined for each in _windows(s, n)) for s in sequences],
        "The training sequences are joined, so windows run from the end of one into the next, "
        "which no job did. Take each alone.",
    )
    apart = {each for sequence in training for each in _windows(sequence, n, n)}
    for known in (seen, apart):
        yield (
            [sum(each not in known for each in _windows(s, n, n)) for s in sequences],
            "The windows do not overlap: they start at 0, n, 2n. Start one at each event.",
        )
    for kept in (lambda window: tuple(sorted(window)), frozenset):
        unordered = {kept(each) for each in seen}
        yield (
            [sum(kept(each) not in unordered for each in _windows(s, n)) for s in sequences],
            "The order within a window is lost: sorted, or as a set. The order is what is new.",
        )
    for known in (seen, {w for sequence in training for w in _up_to(sequence, n)}):
        yield (
            [sum(each not in known for each in _up_to(s, n)) for s in sequences],
            f"Windows of fewer than {n} events, at the end of a sequence, are counted as well: "
            "the last one starts at len − n.",
        )
    grown, counts = set(seen), []
    for sequence in sequences:
        found = 0
        for window in _windows(sequence, n):
            found += window not in grown
            grown.add(window)
        counts.append(found)
    yield (
        counts,
        "A window that came once is known from then on: what is judged is learned. Only "
        "`training` tells what is usual.",
    )


@unseen_windows.set_inputs
def unseen_windows_inputs(rng):
    yield "the example", ([[0, 1, 2]], [[0, 1, 2, 1], [1, 1], [2]], 2)
    for n in (1, 2, 3, 5):
        training, sequences = _made(rng, events=5, lengths=(1, 14))
        yield f"windows of {n}", (training, sequences, n)
        yield "repeated events", (_made(rng, events=2)[0], [[0, 0, 0, 1, 0, 0, 1, 1] * 2], n)
        yield (
            "arrays",
            (
                [np.array(each) for each in training],
                [np.array(each) for each in sequences],
                n,
            ),
        )
        yield "tuples", ([*map(tuple, training)], [*map(tuple, sequences)], n)
    yield "no training sequence", ([], [[0, 1, 2], [1]], 2)
    yield "short training sequences", ([[0], [1]], [[0, 1, 2], [1]], 2)
    yield "numbers of two digits", ([[1, 11, 2]], [[11, 1, 2], [1, 1, 12], [1, 11, 2, 1]], 2)
