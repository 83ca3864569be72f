"""Exercise of lesson 19 on search: the gain that it reports, and the gain that is left later."""

from __future__ import annotations

from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# --------------------------------------------------------------------------------- 7 · honest gain

honest_gain = TensorExercise(
    "Mend the report of a search: of the setting that is best on validation, return its gain over "
    "the default on validation (reported) and on test (real).",
    hints=(
        "Which of the two columns may choose? The test rows are there to judge what was chosen.",
        "Choose once, by validation; the same setting is then judged on both.",
        "chosen = np.argmax(validation); then validation[chosen] - validation[default], and the "
        "same of test.",
    ),
    praise="Right: chosen by validation, judged by test, and the real gain may be below 0.",
)


@honest_gain.set_solution
def honest_gain_solution(validation, test, default):
    chosen = np.argmax(validation)
    return validation[chosen] - validation[default], test[chosen] - test[default]


@honest_gain.set_check
def honest_gain_check(answer):
    validation = np.array([0.77, 0.86, 0.80, 0.94, 0.87, 0.92])
    test = np.array([0.92, 0.95, 0.77, 0.81, 0.80, 0.91])
    default = 2
    result = answer(validation.copy(), test.copy(), default)
    require(
        np.ndim(result) or isinstance(result, tuple | list),
        "One result came back; two are asked for: `return reported, real`.",
    )
    names = ("reported", "real")
    parts = take_apart(tuple(result) if np.ndim(result) == 1 else result, names)
    got = [as_array(each, what=name) for each, name in zip(parts, names, strict=True)]
    require(
        all(each.shape == () for each in got),
        "Gains of all settings came back. One is chosen: a number each for reported and real.",
    )
    got = np.array(got)
    name_the_mistake(got, _wrong_gains(validation, test, default))
    _name_one_side(got, validation, test, default)
    told = difference(got, np.array(honest_gain_solution(validation, test, default)))
    require(not told, f"Those are not the two gains: {told}")
    _judge_a_default_that_is_best(answer)


def _wrong_gains(validation, test, default):
    """Yield what slips give, and which they are."""
    best, lucky = validation.argmax(), test.argmax()
    reported, real = validation - validation[default], test - test[default]
    by_test = (
        "The setting is chosen by test: nobody has those rows when choosing, and their luck is in "
        "the gain then. Choose by validation."
    )
    yield (reported[lucky], real[lucky]), by_test
    yield (
        (reported[best], real[lucky]),
        "Two settings are chosen, one by validation and one by test. What validation chose is "
        "judged on test.",
    )
    yield (reported[lucky], real[best]), "Two settings are chosen, each by the other's values."
    yield (real[best], reported[best]), "The two are changed over: reported (validation) first."
    yield (real[lucky], reported[lucky]), f"{by_test} And reported (validation) comes first."
    yield (
        (validation[best], test[best]),
        "Those are the values of the setting chosen. A gain is counted from the default's value.",
    )
    yield (
        (-reported[best], -real[best]),
        "Upside down: a gain is the chosen one's minus the default's.",
    )
    yield (
        (reported[best], test[best] - validation[default]),
        "The real gain is counted from the default's validation value. On test the default has a "
        "value of its own.",
    )
    yield (
        (reported[best], test[best] - validation[best]),
        "The second is what the chosen setting loses from validation to test. The real gain is "
        "counted from the default on test.",
    )
    yield (
        (reported[best], validation[best] - test[best]),
        "The second is how much validation flatters the chosen setting. The real gain is counted "
        "from the default on test.",
    )
    yield (
        (reported[best], reported[best]),
        "Both gains are the one on validation. The real one is on test.",
    )
    yield (
        (real[best], real[best]),
        "Both gains are the one on test. The reported one is on validation.",
    )
    both = (validation + test).argmax()
    yield (
        (reported[both], real[both]),
        "The setting is chosen by validation and test together. Only validation may choose.",
    )
    yield (0, 0), "Both gains are 0, as if the default were chosen. Another is best here."
    second = validation.argsort()[-2]
    yield (
        (validation[best] - validation[second], test[best] - test[second]),
        "The gains are counted from the second best setting. They are over the default.",
    )
    worst = validation.argmin()
    yield (reported[worst], real[worst]), "The worst setting is chosen. Higher is better here."
    yield (
        (validation[best] - validation[0], test[best] - test[0]),
        "The gains are counted from setting 0. `default` is the index of the default.",
    )
    yield (
        (validation[best] / validation[default], test[best] / test[default]),
        "Those are ratios. A gain is a difference.",
    )
    yield (
        (reported[best] / validation[default], real[best] / test[default]),
        "The gains are divided by the default's values. They are differences alone.",
    )
    yield (
        (validation[best] - validation.mean(), test[best] - test.mean()),
        "The gains are counted from the mean of all settings. They are over the default.",
    )


def _name_one_side(got, validation, test, default):
    """Say which of the two is right where the other is not."""
    wanted = honest_gain_solution(validation, test, default)
    right = [not difference(mine, ours) for mine, ours in zip(got, wanted, strict=True)]
    require(
        right != [True, False],
        f"reported is right, real is not: {difference(got[1], wanted[1])}",
    )
    require(
        right != [False, True],
        f"real is right, reported is not: {difference(got[0], wanted[0])}",
    )


def _judge_a_default_that_is_best(answer):
    """Refuse a search that never keeps the default, or a real gain that is never below 0."""
    validation, test = np.array([0.8, 0.7, 0.9]), np.array([0.75, 0.85, 0.8])
    got = np.array([as_array(each, shape=()) for each in answer(validation, test, 2)])
    require(
        not same_numbers(got, (-0.1, -0.05)),
        "Where the default itself is best on validation, it is kept and both gains are 0. Here "
        "the best of the others is taken.",
    )
    got = np.array([as_array(each, shape=()) for each in answer(validation, test, 1)])
    require(
        not same_numbers(got, (0.2, 0)),
        "The real gain is −0.05 here and came back as 0. A search may do harm: leave it below 0.",
    )
    require(
        not same_numbers(got, (0.2, 0.05)),
        "The real gain is −0.05 here and came back as 0.05. A search may do harm: leave the sign.",
    )


@honest_gain.set_inputs
def honest_gain_inputs(rng):
    yield "the example", (np.array([0.8, 0.9, 0.85]), np.array([0.8, 0.82, 0.88]), 0)
    for what, settings in (("many settings", 40), ("few settings", 4), ("two settings", 2)):
        for default in sorted({0, settings // 2, settings - 1}):
            quality = rng.normal(0.8, 0.05, size=settings)
            validation, test = (quality + rng.normal(0, 0.05, settings) for _ in range(2))
            yield f"{what}, default {default}", (validation, test, default)
            yield f"{what}, default {default}, values below 0", (validation - 4, test - 9, default)
    one = rng.uniform(size=1)
    yield "one setting", (one, one - 0.1, 0)
    falling = np.linspace(0.9, 0.5, 6)
    yield "test the other way round", (falling, falling[::-1].copy(), 3)
    yield "the default is best", (falling, rng.uniform(size=6), 0)
    yield "equal test values", (falling, np.full(6, 0.7), 5)
