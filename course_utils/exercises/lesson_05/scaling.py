"""Exercise of lesson 05, of scaling with the training rows' numbers."""

from __future__ import annotations

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    plain,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------------------------ 8 · scaling

scale_parts = Exercise(
    "Return (train, validation, test), each column less its training mean, divided by its "
    "training standard deviation; constant columns are divided by 1.",
    hints=(
        "One mean and one standard deviation per column: axis=0. Both from `train` alone.",
        "Scale all three parts with these two rows of numbers.",
        "np.where(np.ptp(train, axis=0) == 0, 1, spread) puts a 1 where a column is constant. Ask "
        "for its range: rounding can make its standard deviation 1e-17 instead of 0.",
    ),
    praise="Right. Test rows are measured with the training rows' ruler, as tomorrow's will be.",
)


@scale_parts.set_solution
def scale_parts_solution(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    # a constant column has nothing to scale; rounding may leave its spread at 1e-17
    spread = np.where(np.ptp(train, axis=0) == 0, 1, spread)
    return tuple((part - mean) / spread for part in (train, validation, test))


NAMES = ("train", "validation", "test")


@scale_parts.set_check
def scale_parts_check(answer):
    generator = np.random.default_rng(5)
    scale, centre = np.array([1.0, 100.0, 0.01]), np.array([0.0, 500.0, -3.0])
    parts = [
        generator.normal(loc=shift, size=(rows, 3)) * scale + centre
        for rows, shift in ((40, 0.0), (15, 0.5), (12, 1.5))
    ]
    result = take_apart(answer(*(part.copy() for part in parts)), NAMES)
    got = [
        as_array(part, shape=full.shape, what=name)
        for part, full, name in zip(result, parts, NAMES, strict=True)
    ]
    _name_the_ruler(got, parts)
    spread = parts[0].std(axis=0)
    right = [(part - parts[0].mean(axis=0)) / spread for part in parts]
    # either divisor of the standard deviation, which the comparison tells apart
    if all(same_numbers(*pair, tolerance=0.03) for pair in zip(got, right, strict=True)):
        _judge_constant_columns(answer, parts)


def _name_the_ruler(got, parts) -> None:
    def scaled(mean, spread, which=2):
        return (parts[which] - mean) / spread

    def numbers(rows):
        return rows.mean(axis=0), rows.std(axis=0)

    train, validation, test = parts
    mean, spread = numbers(train)
    if any(same_numbers(got[2], scaled(mean, train.std(axis=0, ddof=ddof))) for ddof in (0, 1)):
        return
    if same_numbers(got[2], test):
        require(
            same_numbers(got[0], train),
            "Only the training rows were scaled. The network needs all parts alike.",
        )
        require(False, "The parts come back as they were: nothing is scaled.")
    mistakes = (
        (
            scaled(*numbers(np.vstack(parts))),
            "The scaler was fitted on all rows together, so the test rows helped to choose the "
            "ruler they are measured with. Take mean and spread from train alone.",
        ),
        (
            scaled(*numbers(np.vstack([train, validation]))),
            "The scaler was fitted on train and validation together, so the validation rows "
            "helped to choose their own ruler. Take mean and spread from train alone.",
        ),
        (
            scaled(*numbers(test)),
            "Each part was scaled with its own mean and spread: a test set that has drifted would "
            "look ordinary, and one row alone could not be scaled. Use those of train.",
        ),
        (scaled(*numbers(validation)), "The ruler is that of the validation rows. Use train's."),
        (
            scaled(train.mean(), train.std()),
            "One mean and one spread were taken over the whole matrix. Columns have different "
            "units: take them per column, axis=0.",
        ),
        (
            scaled(mean, train.var(axis=0)),
            "You divide by the variance; the standard deviation is its root.",
        ),
        (test - mean, "The mean is removed, but nothing is divided by the spread."),
        (test / spread, "You divide by the spread, but the mean is not removed."),
        (
            scaled(train.min(axis=0), np.ptp(train, axis=0)),
            "That is scaling to the range 0 to 1. Mean and standard deviation are asked for.",
        ),
    )
    name_the_mistake(got[2], mistakes)


def _judge_constant_columns(answer, parts) -> None:
    """Refuse a division by 0, by nearly 0, or none at all, where a column is constant."""
    with_constant = [np.column_stack([part, np.full(len(part), 7.0)]) for part in parts]
    with_constant[2][-1, 3] = 8.5
    with np.errstate(all="ignore"):
        result = take_apart(answer(*(part.copy() for part in with_constant)), NAMES)
    for name, part, full in zip(NAMES, result, with_constant, strict=True):
        part = np.asarray(plain(part), dtype=float)
        require(
            part.shape != (len(full), 3),
            f"The constant column is missing from {name}. Keep it: it is divided by 1.",
        )
        require(
            not (np.isnan(part).any() or np.isinf(part).any()),
            f"{name} has NaN or infinite entries: a constant column has a standard deviation "
            "of 0. Divide such a column by 1. The corner pixels of the digits are like that.",
        )
        as_array(part, shape=full.shape, what=name)
    train, test = (np.asarray(plain(result[which]), dtype=float)[:, 3] for which in (0, 2))
    require(
        not np.allclose(train, 7),
        "The constant column came back as it was. It is divided by 1, and its mean goes, so that "
        "it becomes 0 in train.",
    )
    require(
        test[-1] < 1e6,
        "A column is 7 in all training rows and 8.5 in one test row, which becomes "
        f"{test[-1]:.3g}: you divide by almost 0, or hide a division by 0. Divide by 1.",
    )
    require(
        test[-1] != 0,
        "A column is 7 in all training rows and 8.5 in one test row, which becomes 0: a row that "
        "differs as no training row did looks ordinary. Divide by 1, and 1.5 is left.",
    )
    same, other = np.full((1025, 1), 0.1), np.array([[0.2]])
    scaled = take_apart(answer(same, same[:3].copy(), other), NAMES)
    train, test = (np.abs(np.asarray(plain(scaled[which]), dtype=float)) for which in (0, 2))
    require(
        train.max() < 1e-4 and test.max() < 1e6,
        f"A column is 0.1 in all of 1025 training rows. You make it {train.max():.3g}, and a test "
        f"value of 0.2 {test.max():.3g}: rounding leaves its standard deviation at 3e-17 instead "
        "of 0. Ask for its range, np.ptp(train, axis=0) == 0.",
    )


def _with_the_sample_std(train, validation, test):
    spread = np.where(np.ptp(train, axis=0) == 0, 1, train.std(axis=0, ddof=1))
    return tuple((part - train.mean(axis=0)) / spread for part in (train, validation, test))


@scale_parts.set_inputs(also_right=[_with_the_sample_std])
def scale_parts_inputs(rng):
    for what, (train, test) in inputs.train_and_rows(rng):
        moved = rng.normal(0.2, 1.5, size=(3, train.shape[1]))
        yield what, (train, train.mean(axis=0) + train.std(axis=0) * moved, test)
    for constant in (7.0, 0.0, 0.1, -0.7):
        parts = [rng.normal(size=(rows, 3)) for rows in (40, 5, 6)]
        for part in parts:
            part[:, 1] = constant
        yield f"a column that is {constant} everywhere", tuple(parts)
        parts[1][2, 1] += 1.0
        parts[2][3, 1] -= 0.25
        yield f"a column that is {constant} in train only", tuple(map(np.copy, parts))
