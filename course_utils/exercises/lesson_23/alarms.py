"""Exercise of lesson 23 on calls: when somebody is sent to the machine."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np

# ----------------------------------------------------------------------------------- 4 · alarms of

HOUR, LAST, LEAST, DAY = 6, 6, 3, 144  # rows; of the last six one-hour means three

alarms_of = Exercise(
    "Mend the colleague's function: return the rows at which somebody is called. A row is bad "
    "where at least 3 of the last 6 one-hour means exceed the threshold; a bad row calls, unless "
    "the last call was less than 144 rows ago.",
    hints=(
        "mode='same' centres a window: half of it lies in the future. And how often is somebody "
        "called if a machine stays bad for a day?",
        "The first one-hour mean is there at row 5: np.convolve(scores, np.ones(6) / 6, 'valid') "
        "begins with it. np.convolve(above, np.ones(6))[:len(above)] counts the last six.",
        "for row in np.flatnonzero(counts >= 3) + 5: append it where there is no call yet, or "
        "row - calls[-1] >= 144.",
    ),
    praise="Right: it knows the past alone and calls once a day. Counted by rows, five bad hours "
    "would be thirty alarms.",
)


@alarms_of.set_solution
def alarms_of_solution(scores, threshold):
    if len(scores) < 6:
        return np.array([], dtype=int)
    hourly = np.convolve(scores, np.ones(6), mode="valid") / 6  # of rows 5, 6, …
    often = np.convolve(hourly > threshold, np.ones(6))[: len(hourly)]
    calls = []
    for row in np.flatnonzero(often >= 3) + 5:
        if not calls or row - calls[-1] >= 144:
            calls.append(row)
    return np.array(calls, dtype=int)


def bad_rows(scores, threshold, least=LEAST, hour=HOUR, last=LAST):
    """Return which rows are bad, bool (rows,), each window ending with its row.

    Parameters
    ----------
    scores : array of float, shape (rows,)
    threshold : float
        Above it a mean is high.
    least, hour, last : int
        At least so many of the `last` means are high, each of `hour` rows.
    """
    means = np.convolve(scores, np.ones(hour))[: len(scores)] / hour
    above = (means > threshold) & (np.arange(len(scores)) >= hour - 1)
    return np.convolve(above, np.ones(last))[: len(scores)] >= least


def _centred(scores, threshold):
    hourly = np.convolve(scores, np.ones(HOUR) / HOUR, mode="same")
    return np.convolve(hourly > threshold, np.ones(LAST), mode="same") >= LEAST


def _calls(bad, quiet=DAY):
    calls = []
    for row in np.flatnonzero(bad):
        if not calls or row - calls[-1] >= quiet:
            calls.append(int(row))
    return np.array(calls)


def _beginnings(bad):
    return np.flatnonzero(bad & ~np.append(False, bad[:-1]))


def _well_apart(bad):
    """Return beginnings after a day without a bad row."""
    rows = np.flatnonzero(bad)
    return rows[np.append(True, np.diff(rows) >= DAY)]


def _example():
    """Return scores of a fortnight: noise, spikes, short and long spells that are bad."""
    generator = np.random.default_rng(234)
    scores = generator.normal(size=2000)
    scores[generator.integers(300, 2000, size=40)] += 6
    for start, rows in ((150, 20), (500, 60), (590, 15), (900, 420), (1500, 9), (1700, 4)):
        scores[start : start + rows] += 3
    return scores, 1.5


@alarms_of.set_check
def alarms_of_check(answer):
    scores, threshold = _example()
    got = as_array(answer(scores.copy(), threshold), what="the rows")
    right = _calls(bad_rows(scores, threshold))
    if same_numbers(got, right, 1e-12):
        return
    require(
        got.shape != scores.shape or not np.isin(got, (0, 1)).all(),
        "You return a verdict for each row. The numbers of the rows at which somebody is called "
        "are asked for: np.flatnonzero.",
    )
    require(got.ndim == 1, f"A list of rows is asked for; you return the shape {got.shape}.")
    part = got[got % 1 != 0]
    require(not len(part), f"Rows have whole numbers; you return {part[:1].sum():g}.")
    name_the_mistake(got, _wrong_calls(scores, threshold))
    _require_no_future(answer, scores, threshold, got)
    if len(got) == 0:
        raise Misconception(f"You never call; {len(right)} calls are expected.")
    place = next(
        (n for n, pair in enumerate(zip(got, right, strict=False)) if pair[0] != pair[1]),
        min(len(got), len(right)),
    )
    mine, wanted = (
        f"row {rows[place]:g}" if place < len(rows) else "none" for rows in (got, right)
    )
    raise Misconception(
        f"You return {len(got)} calls and {len(right)} are expected; call {place + 1} is {mine} "
        f"with you, and {wanted} is expected."
    )


def _wrong_calls(scores, threshold):
    """Yield the rows that slips lead to, and which they are."""
    bad, ahead = bad_rows(scores, threshold), _centred(scores, threshold)
    looks = "It looks ahead: a centred window ends after its row. Use windows that end with it"
    yield np.flatnonzero(ahead), f"{looks}, and call once a day, not at each bad row."
    for rows in (_calls(ahead), _beginnings(ahead)):
        yield rows, f"{looks}."
    yield (
        np.flatnonzero(bad),
        "Each bad row calls. While a machine stays bad, once a day is enough: skip a row less "
        "than 144 rows after the last call.",
    )
    yield (
        _beginnings(bad),
        "A call at each beginning of a bad spell: one that flickers calls many times a day, and "
        "one that lasts is never called again. Count 144 rows from the last call.",
    )
    yield (
        _calls(np.isin(np.arange(len(bad)), _beginnings(bad))),
        "Only the beginning of a bad spell calls: one that lasts is never called again. Each bad "
        "row calls, unless the last call was less than 144 rows ago.",
    )
    yield (
        _well_apart(bad),
        "You wait for a day without a bad row, so a machine that stays bad calls once and never "
        "again. Count 144 rows from the last call.",
    )
    yield (
        _calls(bad, DAY + 1),
        "One row too late: 144 rows after the last call the day is over.",
    )
    yield _calls(bad, 24), "A day has 144 rows of ten minutes, not 24."
    yield (
        _calls(bad_rows(scores, threshold, hour=1)),
        "The scores of single rows are compared with the threshold. Take the mean of the last six "
        "rows first.",
    )
    yield (
        _calls(bad_rows(scores, threshold, least=1)),
        "One high one-hour mean calls. At least 3 of the last 6 have to be high.",
    )
    yield _calls(bad_rows(scores, threshold, least=4)), "At least 3 includes 3 themselves."
    yield (
        _calls(bad_rows(scores, threshold, least=3, last=3)),
        "Three high one-hour means in a row are asked for by you; 3 of the last 6 are enough.",
    )
    yield (
        _calls(bad)[_calls(bad) >= 0] - (HOUR - 1),
        "Rows are counted from the first one-hour mean, which is there at row 5: add 5.",
    )
    yield (
        _calls(bad) - (HOUR - 1) - (LAST - 1),
        "Rows are counted from the first window of six one-hour means, which is full at row 10.",
    )


def _require_no_future(answer, scores, threshold, got):
    for row in got[:3].astype(int):
        again = as_array(answer(scores[: row + 1].copy(), threshold), what="the rows")
        require(
            row in again,
            f"You call at row {row}. Given the scores up to that row and no further, you do not: "
            "it looks at what comes later.",
        )


@alarms_of.set_inputs
def alarms_of_inputs(rng):
    # a mean at the threshold itself is left out, since sums round
    steps = np.repeat([0.0, 1.0], [10, 300])
    yield "the example", (steps, 0.5)
    yield "always bad", (np.ones(450), 0.45)
    yield "never bad", (np.zeros(50), 0.45)
    yield "just six rows", (np.ones(6), 0.45)
    yield "eight rows, all high", (np.ones(8), 0.45)
    yield "fewer rows than an hour", (np.ones(4), 0.45)
    yield "no row", (np.empty(0), 0.45)
    for high in range(4, 12):
        spell = np.zeros(60)
        spell[20 : 20 + high] = 1
        yield f"{high} high rows", (spell, 0.45)
    for gap in (143, 144, 145):
        spells = np.zeros(gap + 60)
        spells[20:26] = spells[20 + gap : 26 + gap] = 1
        yield f"two spells {gap} rows apart", (spells, 0.45)
    for share in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8):
        for longest in (3, 9):
            blocks = np.repeat(rng.random(200) < share, rng.integers(1, longest, size=200))
            yield f"{share:.0%} high", (np.where(blocks, 2.0, -1.0) - 50, -49.55)
    for threshold in (0.3, 0.7, 0.9, 1.1):
        yield "noise", (rng.normal(size=1500), threshold)
