"""Exercise of lesson 17 on the other side of the slope: the smallest change that silences."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import Misconception, as_array, require, same_numbers, unlike

import numpy as np

# ----------------------------------------------------------------------------- 8 · smallest change

ENOUGH = 1.25  # times the size that ours needs, over a score's rows
KINDS = ("a network's error", "ridges", "a curved valley")

smallest_change = Exercise(
    "Return a row (d,) between low and high whose score is at the threshold or below, and whose "
    "largest change, in shares of the ranges high − low, is as small as you can make it: at most "
    f"{ENOUGH} times what ours needs.",
    hints=(
        "Think in shares of the ranges: a size s allows each entry to move by s · (high − low), "
        "and no further than low and high.",
        "Within that box go down: steps of a part of s · (high − low) against the sign of the "
        "slope, clipped to the box after each, the steps shorter and shorter. One step is not "
        "enough, since the slope turns on the way.",
        "Halve: if the score can be brought to the threshold within s, try a smaller s, else a "
        "larger one. A dozen halvings are plenty.",
    ),
    praise="Right: silenced and within range, on rows and scores held back, by changes hardly "
    "larger than ours.",
    seconds=20.0,
    prepare=lambda: [_sizes(kind) for kind in KINDS],
)


@smallest_change.set_solution
def smallest_change_solution(score, slopes, row, low, high, threshold):
    ranges, found = high - low, np.full(len(row), np.nan)  # NaN: nothing silences
    small, large = 0.0, (np.maximum(row - low, high - row) / ranges).max()
    for _ in range(12):
        size = (small + large) / 2  # in shares of the ranges
        box = np.clip([row - size * ranges, row + size * ranges], low, high)
        changed = np.clip(row, *box)
        for step in np.linspace(size / 4, 0, 40, endpoint=False):
            if score(changed[None])[0] <= threshold:
                break
            downhill = -np.sign(slopes(changed[None])[0])
            changed = np.clip(changed + step * ranges * downhill, *box)
        if score(changed[None])[0] <= threshold:
            found, large = changed, size
        else:
            small = size
    return found


def _score_and_slopes(kind, rng, d):
    """Return a score, its slopes, both of columns in the unit 1 around 0, (n, d)."""
    turned = np.linalg.qr(rng.normal(size=(d, d)))[0]
    if kind == "a network's error":
        encode = 0.8 * turned[:2]  # (2, d)
        decode = 1.25 * turned[:2]

        def score(z):
            return ((z - np.tanh(z @ encode.T) @ decode) ** 2).sum(axis=1)

        def slopes(z):
            code = np.tanh(z @ encode.T)
            off = z - code @ decode
            return 2 * (off - ((off @ decode.T) * (1 - code**2)) @ encode)

    elif kind == "ridges":  # steep across, flat along; and flatter the higher
        steep = np.array([25.0, 9, 3, 1, 0.3])[:d]

        def score(z):
            return np.log1p(((z @ turned) ** 2 * steep).sum(axis=1))

        def slopes(z):
            away = z @ turned
            whole = 1 + (away**2 * steep).sum(axis=1, keepdims=True)
            return 2 * (away * steep) @ turned.T / whole

    else:

        def parts(z):
            return z[:, 0] - z[:, 1] ** 2, z[:, 2] - np.sin(2 * z[:, 3])

        def score(z):
            first, second = parts(z)
            return 12 * first**2 + 4 * second**2 + 0.5 * (z**2).sum(axis=1)

        def slopes(z):
            first, second = parts(z)
            found = z.copy()
            found[:, 0] += 24 * first
            found[:, 1] -= 48 * first * z[:, 1]
            found[:, 2] += 8 * second
            found[:, 3] -= 16 * second * np.cos(2 * z[:, 3])
            return found

    return score, slopes


@functools.cache
def _problems(kind):
    """Return tuples of all that an answer is given, rows of one kind of score."""
    rng = np.random.default_rng(171 + KINDS.index(kind))
    d = 5
    problems = []
    for _ in range(2):
        units, centre = 10.0 ** rng.permutation(np.arange(-2, 3)), rng.normal(size=d)
        score, slopes = _score_and_slopes(kind, rng, d)
        low, high = np.full(d, -2.0), np.full(d, 2.5)
        low[0] = rng.uniform(0.1, 0.3)  # the way down leads out of range in this one
        z = rng.uniform(low, high, size=(300, d))
        scores = score(z)
        order = np.argsort(scores)
        threshold = float(scores[order[30]])
        given = (
            OfRows("score", lambda X, s=score, u=units, c=centre: s(X / u - c)),
            OfRows("slopes", lambda X, s=slopes, u=units, c=centre: s(X / u - c) / u),
        )
        ends = units * (low + centre), units * (high + centre)
        problems += [
            (*given, units * (z[place] + centre), *ends, threshold)
            for place in order[[150, 220, 290]]
        ]
    return problems


def _size(changed, row, low, high):
    return float((np.abs(changed - row) / (high - low)).max())


@functools.cache
def _sizes(kind):
    """Return the sizes that ours needs, one for each problem."""
    return [_size(smallest_change_solution(*given), *given[2:5]) for given in _problems(kind)]


@smallest_change.set_check
def smallest_change_check(answer):
    for kind in KINDS:
        found, sizes = [], []
        for given in _problems(kind):
            changed = _changed(answer, *given)
            found.append(changed)
            sizes.append(_size(changed, *given[2:5]))
        ours = float(np.mean(_sizes(kind)))
        if np.mean(sizes) > ENOUGH * ours:
            _name_the_size(found, kind)
            told, wanted = unlike(float(np.mean(sizes)), ours)
            raise Misconception(
                f"On {len(sizes)} rows scored by {kind} your largest change is {told} of the "
                f"range on average; ours is {wanted}, and up to {ENOUGH} times that would pass."
            )
    _require_repeats(answer)
    _require_ends_met(answer)


def _changed(answer, score, slopes, row, low, high, threshold):
    given = row.copy(), low.copy(), high.copy()
    result = answer(score, slopes, *given, threshold)
    got = as_array(result, what="the changed row")
    if got.shape == (1, len(row)):
        got = got[0]
    got = as_array(got, shape=row.shape, what="the changed row")
    _require_untouched(given, (row, low, high))
    ranges = high - low
    outside = np.flatnonzero((got < low - 1e-6 * ranges) | (got > high + 1e-6 * ranges))
    after, before = float(score(got[None])[0]), float(score(row[None])[0])
    if outside.size or after > threshold + 1e-4 * (before - threshold):
        _name_the_step(got, slopes, row, low, high)
    if outside.size:
        j = outside[0]
        raise Misconception(
            f"Your row has {got[j]:.4g} in column {j}, whose range is {low[j]:.4g} to "
            f"{high[j]:.4g}: no machine shows that. np.clip each entry to its own ends."
        )
    if after > threshold + 1e-4 * (before - threshold):
        told, line = unlike(after, threshold)
        same = " It is the row that you were given." * same_numbers(got, row, 1e-9)
        raise Misconception(
            f"The row still alarms: its score was {before:.4g}, you bring it to {told}, and the "
            f"threshold is {line}.{same}"
        )
    return got


def _require_untouched(given, before):
    for name, mine, old in zip(("row", "low", "high"), given, before, strict=True):
        require(
            np.array_equal(mine, old),
            f"Your function changes the `{name}` that it was given. Work on a copy.",
        )


def _name_the_step(got, slopes, row, low, high):
    """Refuse one straight step, and steps in the columns' own units, that do not get there."""
    ranges, slope = high - low, slopes(row[None])[0]
    share = (got - row) / ranges  # (d,)
    size = np.abs(share).max()
    if size < 1e-6:
        return
    directions = (
        (
            slope,
            "One step along the slope at the row, in the columns' own units. A column in a "
            "small unit has a large slope and should make a small step: work in shares of the "
            "ranges.",
        ),
        (
            slope * ranges**2,
            "One step along the slope at the row. On the way the slope turns: ask "
            "for it again after each short step.",
        ),
        (
            np.sign(slope) * ranges,
            "One step against the signs of the slopes at the row. On the "
            "way they change: ask for the slopes again after each short step.",
        ),
    )
    for direction, told in directions:
        lengths = -(got - row) / direction
        inside = (got > low + 1e-9 * ranges) & (got < high - 1e-9 * ranges)
        if inside.sum() < 2:
            inside = np.ones(len(row), dtype=bool)
        length = np.median(lengths[inside])
        straight = row - length * direction
        for line in (straight, np.clip(straight, low, high)):
            require(not same_numbers(share, (line - row) / ranges, 1e-3), told)
    rest = np.delete(np.abs(share), ranges.argmin())
    require(
        rest.max() > 0.05 * size,
        f"Hardly anything but column {ranges.argmin()} has moved, which has the smallest range: a "
        "step in the columns' own units does that. Work in shares of the ranges.",
    )


def _name_the_size(found, kind):
    shares = [
        np.abs(changed - given[2]) / (given[4] - given[3])
        for changed, given in zip(found, _problems(kind), strict=True)
    ]
    moved = float(np.mean([(share > 0.01 * share.max()).sum() for share in shares]))
    require(
        moved > 0.75 * len(shares[0]),
        f"You change {moved:.1f} of {len(shares[0])} entries on average, and those much. The "
        "largest change counts here, not how many entries change: move all of them a little.",
    )
    for changed, given, ours in zip(found, _problems(kind), _sizes(kind), strict=True):
        score, slopes, row, low, high, threshold = given
        size = _size(changed, row, low, high)
        if size <= ENOUGH * ours:
            continue
        parts = np.linspace(0, 1, 101)
        silent = score(row + parts[:, None] * (changed - row)) <= threshold
        enough = parts[silent.argmax()]
        if enough * size <= ENOUGH * ours:
            raise Misconception(
                f"You go too far: on a row scored by {kind}, {enough:.0%} of your change is "
                "enough to silence it."
            )
        _name_the_step(changed, slopes, row, low, high)


def _require_repeats(answer):
    given = _problems(KINDS[0])[0]
    first, again = (_changed(answer, *given) for _ in range(2))
    require(
        _size(first, again, *given[3:5]) < 1e-3,
        "The same row is changed otherwise at the second call. Give whatever draws a seed.",
    )


def _require_ends_met(answer):
    """Refuse changes to a row that is silent already, and rows that stay out of range."""
    score, slopes, row, low, high, threshold = _problems(KINDS[0])[0]
    silent = _changed(answer, score, slopes, row, low, high, float(score(row[None])[0]) + 1.0)
    require(
        _size(silent, row, low, high) < 2e-3,
        "A row that is silent already is changed. The smallest change is none then.",
    )
    for columns, beyond in (([1], 0.05), (range(len(row)), 0.4)):
        out = row.copy()
        out[columns] = (high + beyond * (high - low))[columns]
        changed = _changed(answer, score, slopes, out, low, high, threshold)
        ours = smallest_change_solution(score, slopes, out, low, high, threshold)
        told, wanted = (_size(each, out, low, high) for each in (changed, ours))
        require(
            told <= ENOUGH * wanted,
            f"A row that begins out of range, in {len(columns)} of {len(row)} columns, needs "
            f"changes of {wanted:.3g} of the range; yours are {told:.3g}.",
        )
