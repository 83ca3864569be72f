"""Exercises of lesson 01, of the contextual score, and gaps filled from the past."""

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    plain,
    require,
    same_numbers,
)

import numpy as np

# ------------------------------------------------------------------------------- context first

contextual_score = Exercise(
    "Return |value − mean| / std for each value, with the mean and the std of the past values at "
    "the same hour.",
    hints=(
        "Each hour of the day gets a mean and a std of its own. Pick the past values of one hour "
        "with a mask: past_values[past_hours == 7].",
        "Go through np.unique(hours). For each hour, the mask `hours == hour` picks the values "
        "to score and `past_hours == hour` the values to learn from.",
        "scores[hours == hour] = np.abs(values[hours == hour] - usual.mean()) / usual.std(), with "
        "usual = past_values[past_hours == hour].",
    ),
    praise="The same value is now ordinary at noon and astonishing at midnight.",
)


@contextual_score.set_solution
def contextual_score_solution(values, hours, past_values, past_hours):
    """Score each value against the past values of its own hour."""
    scores = np.zeros(len(values))
    for hour in np.unique(hours):
        usual = past_values[past_hours == hour]
        now = hours == hour
        scores[now] = np.abs(values[now] - usual.mean()) / usual.std()
    return scores


def _with_the_sample_std(values, hours, past_values, past_hours):
    usual = [past_values[past_hours == hour] for hour in hours]
    mean, std = np.array([(each.mean(), each.std(ddof=1)) for each in usual]).T
    return np.abs(values - mean) / std


@contextual_score.set_check
def contextual_score_check(answer):
    """Three hours, each with a mean and a spread of its own."""
    rng = np.random.default_rng(1)
    past_hours = np.tile([0, 6, 12], 40)
    level, spread = {0: 2.0, 6: 6.0, 12: 10.0}, {0: 0.5, 6: 1.0, 12: 2.0}
    past_values = np.array([rng.normal(level[hour], spread[hour]) for hour in past_hours])
    hours = np.array([0, 6, 12, 0, 6, 12, 0])
    values = np.array([2.1, 4.0, 10.5, 10.0, 6.1, 2.0, 1.0])
    arrays = (values.copy(), hours.copy(), past_values.copy(), past_hours.copy())
    got = as_array(answer(*arrays), shape=values.shape, what="the scores")
    mean = np.array([past_values[past_hours == hour].mean() for hour in hours])
    for ddof, right in enumerate((contextual_score_solution, _with_the_sample_std)):
        apart = np.abs(values - mean)
        slips = (
            (
                np.abs(values - past_values.mean()) / past_values.std(ddof=ddof),
                "Your score knows no context: it compares with the mean of all past hours. At "
                "midnight, compare with midnights: which past values have the same hour?",
            ),
            (
                apart / past_values.std(ddof=ddof),
                "The mean is the hour's own, the spread is not: you divide by the std of all past "
                "values, which holds the whole swing of the day. Take the std of the same hour "
                "too.",
            ),
            (
                right(values, hours, past_values, past_hours) * np.sign(values - mean),
                "The sign is still there: values below the usual get a negative score and end up "
                "at the bottom of the list. Both directions are unusual, so take the absolute "
                "value.",
            ),
            (
                apart,
                "The std is missing: 1 away from the mean is much at a steady hour and little at "
                "a restless one. Divide by the std of that hour.",
            ),
            (
                right(values, hours, past_values, past_hours) ** 2,
                "You return the square, z². Take the absolute value instead.",
            ),
            (
                right(values, hours, past_values, past_hours) ** 2 / apart,
                "You divide by the variance. Then the result has a unit, 1 over that of the "
                "values: divide by its root, the std.",
            ),
            (
                right(values, hours, values, hours),
                "You compare the values with their own mean. A value that helps to set the usual "
                "makes itself look usual: take mean and std from past_values.",
            ),
        )
        name_the_mistake(got, slips)


@contextual_score.set_inputs(also_right=[_with_the_sample_std])
def contextual_score_inputs(rng):
    for what, count, rounds in (
        ("a few hours of the day", 9, 4),
        ("every hour of the day", 30, 8),
        ("one value", 1, 3),
    ):
        present = rng.permutation(24)[: 24 if count == 30 else 3]
        past_hours = rng.permutation(np.tile(present, rounds))
        usual = rng.normal(0, 4, size=24)[past_hours]
        past_values = usual + rng.uniform(0.5, 2, size=24)[past_hours] * rng.normal(
            size=len(past_hours)
        )
        hours = rng.choice(present, size=count)
        yield what, (rng.normal(0, 5, size=count), hours, past_values, past_hours)
        yield (
            f"{what}, in another unit",
            (
                20 + 100 * rng.exponential(size=count),
                hours,
                20 + 100 * past_values**2,
                past_hours,
            ),
        )


# --------------------------------------------------------------------------------- replacement

fill_from_the_past = Exercise(
    "Return a copy of the hourly values in which every bad hour holds the value of the same hour "
    "on the day before.",
    hints=(
        "The same hour on the day before is 24 places back.",
        "A bad stretch can be longer than a day. Fill from left to right, and take the value "
        "from the filled copy, so that a repaired hour can help the next one.",
        "filled = values.copy(); then, for t in np.flatnonzero(bad): filled[t] = filled[t - 24].",
    ),
    praise="It uses nothing that was not known at the time, so a forecast can use it too.",
)


@fill_from_the_past.set_solution
def fill_from_the_past_solution(values, bad):
    """Walk forward; each bad hour takes what stands 24 hours before it."""
    filled = values.copy()
    for t in np.flatnonzero(bad):
        filled[t] = filled[t - 24]
    return filled


@fill_from_the_past.set_check
def fill_from_the_past_check(answer):
    """Six days with one short bad stretch and one that is longer than a day."""
    hours = np.arange(144)
    rng = np.random.default_rng(3)
    values = 50 + 10 * np.sin(2 * np.pi * hours / 24) + 0.5 * hours + rng.normal(size=144)
    bad = np.zeros(144, dtype=bool)
    bad[40:44] = bad[70:100] = True
    values[bad] = -7.0
    given = values.copy()
    got = _filled(answer(given, bad.copy()), values)
    require(
        same_numbers(given, values),
        "You changed the values that were handed to you. Work on values.copy(): the raw record "
        "is evidence, and someone may need it.",
    )
    require(
        same_numbers(got[~bad], values[~bad]),
        "You changed hours that are not bad. Keep those.",
    )
    kept = np.flatnonzero(~bad)
    of_the_hour = [values[(hours % 24 == t % 24) & ~bad].mean() for t in hours]
    mean = (
        "You fill with the mean. The mean of the whole series knows the hours that come later, "
        "and it knows nothing of the time of day. Go 24 hours back instead."
    )
    slips = (
        (np.where(bad, values[~bad].mean(), values), mean),
        (np.where(bad, values.mean(), values), mean),
        (np.where(bad, np.median(values[~bad]), values), mean.replace("mean", "median")),
        (
            np.where(bad, of_the_hour, values),
            "You fill with the mean of that hour over all days, also over days that come later: "
            "in a live system they have not happened yet. Take the day before alone.",
        ),
        (
            np.interp(hours, kept, values[kept]),
            "You draw a line to the next good hour. That value lies in the future: in a live "
            "system it has not happened yet. Use the past alone, 24 hours back.",
        ),
        (
            np.where(bad, np.roll(values, -24), values),
            "Your values come from the day after. They have not happened yet: go 24 hours back, "
            "not forward.",
        ),
        (
            values[np.maximum.accumulate(np.where(bad, 0, hours))],
            "You repeat the last good hour. It is from the past, as it should be, but from "
            "another time of day: at night it would fill the morning. Go 24 hours back.",
        ),
        (
            np.where(bad, np.roll(values, 24), values),
            "The second stretch is longer than a day, so 24 hours back can be a bad hour too, and "
            "you copied it. Fill from left to right and read from the filled copy.",
        ),
        (values, "Nothing is filled: the bad hours hold what they held."),
    )
    name_the_mistake(got, slips)
    later = values.copy()
    later[101:] += 100
    require(
        same_numbers(_filled(answer(later, bad.copy()), later)[:101], got[:101]),
        "When the values after hour 100 change, what you filled in before changes too. So it "
        "looks into the future: use values from the past alone.",
    )
    empty = np.where(bad, np.nan, values)
    require(
        same_numbers(_filled(answer(empty, bad.copy()), empty), got),
        "The bad hours of the same series held NaN in place of -7, and you fill in something "
        "else. What stands in a bad hour must not matter.",
    )


def _filled(value, values):
    """Return the answer as an array; words of its own for hours that are left empty."""
    empty = np.asarray(plain(value), dtype=float) if value is not None else np.zeros(0)
    require(
        not np.isnan(empty).any(),
        "Bad hours are left empty, as NaN, or made from others that are. Give each the value of "
        "24 hours before; where that is bad too, the value that you filled in there.",
    )
    return as_array(value, shape=values.shape, what="the filled series")


@fill_from_the_past.set_inputs
def fill_from_the_past_inputs(rng):
    for what, days in (
        ("a bad stretch", 4),
        ("a stretch that is bad until the end", 3),
        ("single bad hours", 5),
        ("no bad hour", 2),
        ("all bad after the first day", 4),
    ):
        hours = np.arange(24 * days)
        values = rng.normal(5, 3) * np.sin(hours / 3.8) + rng.normal(size=len(hours)) + 0.1 * hours
        bad = {
            "a bad stretch": abs(hours - 50) < 20,
            "a stretch that is bad until the end": hours >= 43,
            "single bad hours": (rng.random(len(hours)) < 0.3) & (hours > 23),
            "no bad hour": hours < 0,
        }.get(what, hours > 23)
        values[bad] += rng.normal(0, 20, size=bad.sum())
        yield what, (values, bad)
