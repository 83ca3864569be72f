"""Exercise of lesson 17 on baselines: the row from which an explanation starts."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import Misconception, as_array, require, same_numbers

import numpy as np

# ----------------------------------------------------------------------------- 4 · choose baseline

choose_baseline = Exercise(
    "Return a row (d,) from which an explanation starts, from the training rows alone: within "
    "their ranges, and normal to the detector, with a score below the median training score.",
    hints=(
        "Half of the machines run slowly and half fast. Which of them runs at the mean speed?",
        "A row that really occurred is possible; the mean of each column by itself may not be.",
        "Which training row needs an explanation least? train[score(train).argmin()]",
    ),
    praise="Right: on tables held back your baseline is within range and itself scores as normal.",
)
TABLES = {  # seeds of each
    "two groups of rows": (2, 3, 5),
    "three groups of rows": (1, 5),
    "a column that is another one's square": (3, 4),
    "columns in proportion": (1, 2),
}


@choose_baseline.set_solution
def choose_baseline_solution(train, score):
    return train[score(train).argmin()]


def _table(kind, seed, rows=121):
    """Return training rows of tied columns, and a score: how far from the tie, and how far out."""
    rng = np.random.default_rng(seed)

    def noise(d, width):
        return width * rng.normal(size=(rows, d))

    if kind.endswith("groups of rows"):
        centres = {
            "two": np.array([[1.0, -1, 1, 1], [-1, 1, -1, -1]]),
            "three": np.array([[2.0, 0, -1, 1], [-1, 2, -1, -1], [-1, -2, 2, 0]]),
        }[kind.split()[0]]
        shares = np.array({2: [0.65, 0.35], 3: [0.5, 0.3, 0.2]}[len(centres)])
        z = centres[rng.choice(len(centres), size=rows, p=shares)] + noise(4, 0.25)

        def tied(z):
            return ((z[:, None] - centres) ** 2).sum(axis=2).min(axis=1) / 0.25**2

    elif kind.endswith("square"):
        x = rng.normal(size=rows)
        z = np.column_stack([x, x**2, -x]) + noise(3, 0.05)

        def tied(z):
            off = (z[:, 1] - z[:, 0] ** 2) ** 2 + (z[:, 2] + z[:, 0]) ** 2
            return off / 0.2**2 + z[:, 0] ** 2

    else:
        x = rng.normal(size=rows)
        z = np.outer(x, [1.0, 2.0, -1.0]) + noise(3, 0.05)

        def tied(z):
            off = (z[:, 1] - 2 * z[:, 0]) ** 2 + (z[:, 2] + z[:, 0]) ** 2
            return off / 0.2**2 + z[:, 0] ** 2

    d = z.shape[1]
    units = 10.0 ** rng.integers(-2, 3, size=d)
    shift = rng.choice([-9.0, 9.0], size=d) * (seed % 2)  # 0 is out of range in every second one
    return units * (z + shift), OfRows("score", lambda X: tied(X / units - shift))


@choose_baseline.set_check
def choose_baseline_check(answer):
    tables, found = [], []
    for kind, seeds in TABLES.items():
        for seed in seeds:
            train, score = _table(kind, seed)
            got = _baseline(answer, train, score)
            require(
                same_numbers(got, _baseline(answer, train, score)),
                "The same training rows give another baseline at the second call, and every "
                "explanation would change with it. Give whatever draws a seed.",
            )
            shuffled = np.random.default_rng(seed).permutation(train)
            tables += [(kind, train, score), (kind, shuffled, score)]
            found += [got, _baseline(answer, shuffled, score)]
    for (kind, train, score), got in zip(tables, found, strict=True):
        if fault := _fault(got, train, score, kind):
            raise Misconception(_known_baseline(found, tables) + fault)


def _baseline(answer, train, score):
    got = as_array(answer(train.copy(), score), what="the baseline")
    if got.shape == () and got in range(len(train)):
        raise Misconception(
            f"{got:g} came back: is that a row's number? The row itself is asked for, train[…]."
        )
    require(
        got.shape != (len(train),),
        f"{len(train)} numbers came back, one for each training row. One row (d,) is asked for.",
    )
    if got.shape == (1, train.shape[1]):
        got = got[0]
    return as_array(got, shape=(train.shape[1],), what="the baseline")


def _fault(got, train, score, kind):
    """Say what is wrong with a baseline; empty if nothing."""
    low, high = train.min(axis=0), train.max(axis=0)
    room = 1e-5 * (high - low)
    outside = np.flatnonzero((got < low - room) | (got > high + room))
    if outside.size:
        j = outside[0]
        return (
            f"In a table with {kind} your baseline has {got[j]:.4g} in column {j}; the training "
            f"rows run from {low[j]:.4g} to {high[j]:.4g} there."
        )
    found, median = float(score(got[None])[0]), float(np.median(score(train)))
    if found < median:
        return ""
    return (
        f"In a table with {kind} your baseline scores {found:.4g} and the median training row "
        f"{median:.4g}; less than that is asked for, so that most training rows are odder than "
        "the row that you start from."
    )


def _nearest(train, place):
    return train[(((train - place) / train.std(axis=0)) ** 2).sum(axis=1).argmin()]


ALONE = "Each column by itself is usual, and no row has these values together. "
KNOWN = (
    (lambda train, score: train.mean(axis=0), f"That is the mean of each column. {ALONE}"),
    (lambda train, score: np.median(train, axis=0), f"That is the median of each. {ALONE}"),
    (
        lambda train, score: (train.min(axis=0) + train.max(axis=0)) / 2,
        f"That is the middle of each column's range. {ALONE}",
    ),
    (
        lambda train, score: np.zeros(train.shape[1]),
        "0 in every column has nothing to do with the training rows. ",
    ),
    (lambda train, score: train.min(axis=0), f"That is the least of each column. {ALONE}"),
    (lambda train, score: train.max(axis=0), f"That is the largest of each column. {ALONE}"),
    (
        lambda train, score: train[score(train).argmax()],
        "That is the training row with the highest score, the oddest of all. ",
    ),
    (
        lambda train, score: _nearest(train, train.mean(axis=0)),
        "That is the row nearest to the mean, which is at the edge of a group where the middle "
        "is empty. ",
    ),
    (
        lambda train, score: _nearest(train, np.median(train, axis=0)),
        "That is the row nearest to the median, which is at the edge of a group where the middle "
        "is empty. ",
    ),
    (lambda train, score: train[0], "That is the first training row, which may be any row. "),
    (lambda train, score: train[-1], "That is the last training row, which may be any row. "),
)


def _known_baseline(found, tables):
    """Say how the baselines were chosen, if one known way gives all of them; else nothing."""
    for choose, told in KNOWN:
        if all(
            (np.abs(got - choose(train, score)) <= 1e-5 * train.std(axis=0)).all()
            for (_, train, score), got in zip(tables, found, strict=True)
        ):
            return told
    return ""
