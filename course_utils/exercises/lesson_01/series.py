"""Exercises of lesson 01, of the contextual score, and gaps filled from the past."""

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require

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
    right = [
        _against_the_same_hour(values, hours, past_values, past_hours, ddof) for ddof in (0, 1)
    ]
    slips = {
        "Your score knows no context: it compares with the mean of all past hours. At midnight, "
        "compare with midnights: which past values have the same hour?": [
            np.abs(values - past_values.mean()) / past_values.std(ddof=ddof) for ddof in (0, 1)
        ],
        "The mean is the hour's own, the spread is not: you divide by the std of all past values, "
        "which holds the whole swing of the day. Take the std of the same hour too.": [
            np.abs(values - mean) / past_values.std(ddof=ddof) for ddof in (0, 1)
        ],
        "The sign is still there: values below the usual get a negative score and end up at the "
        "bottom of the list. Both directions are unusual, so take the absolute value.": [
            each * np.sign(values - mean) for each in right
        ],
        "The std is missing: 1 away from the mean is much at a steady hour and little at a "
        "restless one. Divide by the std of that hour.": [np.abs(values - mean)],
        "You compare the values with their own mean. A value that helps to set the usual makes "
        "itself look usual: take mean and std from past_values.": [
            _against_the_same_hour(values, hours, values, hours, ddof) for ddof in (0, 1)
        ],
    }
    _refuse_known(got, slips)
    require(
        any(_same(got, each) for each in right),
        "The scores differ from |value − mean| / std of the same hour. Try the tiny example of "
        "the docstring by hand.",
    )


def _against_the_same_hour(values, hours, past_values, past_hours, ddof):
    usual = [past_values[past_hours == hour] for hour in hours]
    mean = np.array([each.mean() for each in usual])
    return np.abs(values - mean) / np.array([each.std(ddof=ddof) for each in usual])


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
    """Five days with one short bad stretch and one that is longer than a day."""
    hours = np.arange(144)
    rng = np.random.default_rng(3)
    values = 50 + 10 * np.sin(2 * np.pi * hours / 24) + 0.5 * hours + rng.normal(size=144)
    bad = np.zeros(144, dtype=bool)
    bad[40:44] = bad[70:100] = True
    values[bad] = 0.0
    right = values.copy()
    for t in np.flatnonzero(bad):
        right[t] = right[t - 24]
    given = values.copy()
    got = as_array(answer(given, bad.copy()), shape=values.shape, what="the filled series")
    require(
        _same(given, values),
        "You changed the values that were handed to you. Work on values.copy(): the raw record "
        "is evidence, and someone may need it.",
    )
    require(_same(got[~bad], values[~bad]), "You changed hours that are not bad. Keep those.")
    kept = np.flatnonzero(~bad)
    slips = {
        "You fill with the mean. The mean of the whole series knows the hours that come later, "
        "and it knows nothing of the time of day. Go 24 hours back instead.": [
            np.where(bad, values[~bad].mean(), values),
            np.where(bad, values.mean(), values),
            np.where(bad, np.median(values[~bad]), values),
        ],
        "You draw a line to the next good hour. That value lies in the future: in a live system "
        "it has not happened yet. Use the past alone, 24 hours back.": [
            np.interp(hours, kept, values[kept])
        ],
        "Your values come from the day after. They have not happened yet: go 24 hours back, not "
        "forward.": [np.where(bad, np.roll(values, -24), values)],
        "You repeat the last good hour. It is from the past, as it should be, but from another "
        "time of day: at night it would fill the morning. Go 24 hours back.": [
            values[np.maximum.accumulate(np.where(bad, 0, hours))]
        ],
        "The second stretch is longer than a day, so 24 hours back can be a bad hour too, and "
        "you copied it. Fill from left to right and read from the filled copy.": [
            np.where(bad, np.roll(values, 24), values)
        ],
    }
    _refuse_known(got, slips)
    later = values.copy()
    later[101:] += 100
    require(
        _same(answer(later, bad.copy())[:101], got[:101]),
        "When the values after hour 100 change, what you filled in before changes too. So it "
        "looks into the future: use values from the past alone.",
    )
    require(_same(got, right), "The filled hours differ from the same hour on the day before.")


# --------------------------------------------------------------------------------- shared parts


def _same(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-9)


def _refuse_known(got, slips, slack=None):
    """Refuse `got` with the message whose wrong results it equals, within `slack` if given."""
    for message, results in slips.items():
        for wrong in results:
            close = np.abs(got - wrong).max() < slack if slack else _same(got, wrong)
            if close:
                raise Misconception(message)
