"""Exercise of lesson 26 on lines: each light gets its own, within one budget of false alarms."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, difference, require

import numpy as np

# ----------------------------------------------------------------------------- 3 · alarms by light

alarms_by_light = Exercise(
    "Return True where a frame's score lies above the line of its own light: the lowest line with "
    "at most `rate` of that light's normal frames above it.",
    hints=(
        "One light after the other: which normal frames were taken in it, and which frames are to "
        "be judged? The others do not count.",
        "Of n normal frames floor(rate · n) may lie above. Sort their scores: which one is the "
        "last that may not?",
        "own = np.sort(normal_scores[normal_light == each]); allowed = int(rate * len(own)); line "
        "= own[len(own) - 1 - allowed]; alarms where light == each: scores > line.",
    ),
    praise="Right: whoever works by night gets no more false alarms than whoever works by day. A "
    "light that the normal frames lack has no line.",
)


@alarms_by_light.set_solution
def alarms_by_light_solution(normal_scores, normal_light, scores, light, rate):
    alarms = np.zeros(len(scores), dtype=bool)
    for each in np.unique(normal_light):
        own = np.sort(normal_scores[normal_light == each])
        allowed = int(rate * len(own))  # false alarms in this light
        line = own[len(own) - 1 - allowed]
        alarms[light == each] = scores[light == each] > line
    return alarms


def _by_quantiles(method):
    """Return the answer that takes np.quantile's line."""

    def alarms(normal_scores, normal_light, scores, light, rate):
        def line(own):
            return np.quantile(own, 1 - rate, method=method)

        return _alarms(normal_scores, normal_light, scores, light, line)

    return alarms


def _by_one_frame_more(normal_scores, normal_light, scores, light, rate):
    """Count the frame to come among the normal ones, as conformal lines do."""

    def line(own):
        place = int(np.ceil((len(own) + 1) * (1 - rate) - 1e-9))
        return np.sort(own)[place - 1] if place <= len(own) else np.inf

    return _alarms(normal_scores, normal_light, scores, light, line)


def _alarms(normal_scores, normal_light, scores, light, line):
    lines = {each: line(normal_scores[normal_light == each]) for each in np.unique(normal_light)}
    return scores > np.array([lines[each] for each in light])


@alarms_by_light.set_check
def alarms_by_light_check(answer):
    rng = np.random.default_rng(263)
    for given in (_frames(rng, 64, 48, 0.125), _frames(rng, 13, 35, 0.21)):
        _require_budgets(answer, given)


def _require_budgets(answer, given):
    """Refuse alarms that keep no light's budget, and name the line that they come from."""
    normal_scores, normal_light, scores, light, rate = given
    got = as_array(
        answer(*(each.copy() for each in given[:4]), rate), shape=scores.shape, what="the alarms"
    )
    right = alarms_by_light_solution(*given)
    if np.isin(got, (0, 1)).all():
        for other in (right, _by_quantiles("higher")(*given), _by_one_frame_more(*given)):
            if not difference(got, other):
                return
    for wrong, message in _wrong_alarms(*given):
        require(difference(got, wrong), message)
    require(
        np.isin(got, (0, 1)).all(),
        f"True or False is asked for, for each frame; you return values such as {got[:2]}.",
    )
    for each in np.unique(light):
        own = normal_scores[normal_light == each]
        place = np.flatnonzero((light == each) & (got != right))
        if place.size:
            score = scores[place[0]]
            raise Misconception(
                f"Frame {place[0]}, {each}, scores {score:.4g}: you say {bool(got[place[0]])}. Of "
                f"the {len(own)} normal frames by {each} {np.sum(own > score)} lie above that and "
                f"{np.sum(own == score)} at it; {int(rate * len(own))} may lie above the line."
            )


_ROUNDED = (
    "More than `rate` of a light's normal frames lie above its line, of 13 frames 3 where 2.73 "
    "may at most. Was rate · n rounded, or a line put between two scores, as np.quantile does? "
    'Its method="inverted_cdf" or "higher" does not.'
)


def _wrong_alarms(normal_scores, normal_light, scores, light, rate):
    """Yield the alarms that slips lead to, and which they are."""
    for rounded in (np.round, np.ceil):

        def line_of(own, rounded=rounded):
            return np.sort(own)[len(own) - 1 - int(rounded(rate * len(own)))]

        yield _alarms(normal_scores, normal_light, scores, light, line_of), _ROUNDED
    yield _by_quantiles("linear")(normal_scores, normal_light, scores, light, rate), _ROUNDED

    def by(line):
        return _alarms(normal_scores, normal_light, scores, light, line)

    day, night = (normal_scores[normal_light == each] for each in np.unique(normal_light))
    line = np.sort(normal_scores)[len(normal_scores) - 1 - int(rate * len(normal_scores))]
    for pooled in (line, np.quantile(normal_scores, 1 - rate)):
        yield (
            scores > pooled,
            f"One line for both lights: of the normal frames {np.mean(day > pooled):.0%} lie "
            f"above it by day and {np.mean(night > pooled):.0%} by night. A network trained on "
            "photographs is not proof against light.",
        )
    line = np.sort(day)[len(day) - 1 - int(rate * len(day))]
    for by_day in (line, np.quantile(day, 1 - rate)):
        yield (
            scores > by_day,
            f"The line of the day judges the night: {np.mean(night > by_day):.0%} of its normal "
            "frames lie above it. A network trained on photographs is not proof against light.",
        )
    for mean_of in (np.concatenate([day, night]), day):
        for spreads in (2, 3):
            yield (
                scores > mean_of.mean() + spreads * mean_of.std(),
                f"One line for both lights, and {spreads} standard deviations above a mean: "
                "`rate` says how many normal frames may lie above, each light's own.",
            )
    for spreads in (2, 3):
        for ddof in (0, 1):
            yield (
                by(lambda own, n=spreads, d=ddof: own.mean() + n * own.std(ddof=d)),
                f"The lines lie {spreads} standard deviations above the means, whatever `rate` "
                "says. How many normal frames lie above depends on their distribution: count "
                "them.",
            )
    yield (
        by(lambda own: np.sort(own)[int(rate * len(own))]),
        "Upside down: these lines have `rate` of the normal frames below them.",
    )
    yield (
        ~alarms_by_light_solution(normal_scores, normal_light, scores, light, rate),
        "It is the other way round: above the line is an alarm.",
    )
    half = alarms_by_light_solution(normal_scores, normal_light, scores, light, rate / 2)
    yield half, "It spends half of `rate` on each light. Each light may have all of it."
    share = int(rate * len(normal_scores))
    yield (
        by(lambda own: np.sort(own)[max(len(own) - 1 - share, 0)]),
        "The allowed false alarms are counted from all normal frames, and each light gets that "
        "many. Count those of its own.",
    )
    turned = {"day": night, "night": day}
    lines = {
        each: np.sort(own)[len(own) - 1 - int(rate * len(own))] for each, own in turned.items()
    }
    yield (
        scores > np.array([lines[each] for each in light]),
        "Each light is judged by the other's line.",
    )
    own = np.zeros(len(scores), dtype=bool)
    for each in np.unique(light):
        some = scores[light == each]
        own[light == each] = some > np.sort(some)[len(some) - 1 - int(rate * len(some))]
    yield (
        own,
        "The lines come from the frames that are judged: so `rate` of them alarm, whatever they "
        "show. Take the normal frames.",
    )
    yield (
        by(lambda own: np.nextafter(np.sort(own)[len(own) - 1 - int(rate * len(own))], -np.inf)),
        "A frame at the line alarms, so that one normal frame too many does in each light. Above "
        "is >.",
    )


def _frames(rng, days, nights, rate):
    """Return normal frames and frames to judge: with their scores, between them and far away."""
    counts = days, nights
    normal = [rng.gamma(4, 1, days), 6 + rng.gamma(4, 2, nights)]
    normal_light = np.repeat(["day", "night"], counts)
    far = np.repeat([-5.0, 99.0], [2, 9])  # most of these are no normal frames
    between = [rng.uniform(np.median(own), 1.3 * own.max(), 15) for own in normal]
    scores = np.concatenate([*normal, *between, far, far])
    light = np.repeat(["day", "night"] * 3, [days, nights, 15, 15, 11, 11])
    first, second = rng.permutation(days + nights), rng.permutation(len(scores))
    return np.concatenate(normal)[first], normal_light[first], scores[second], light[second], rate


@alarms_by_light.set_inputs(also_right=(_by_quantiles("higher"), _by_one_frame_more))
def alarms_by_light_inputs(rng):
    normal = np.array([1.0, 2, 3, 4, 11, 12, 13, 14])
    light = np.repeat(["day", "night"], 4)
    yield (
        "the example",
        (normal, light, np.array([3.0, 4, 4, 13, 14]), light[[0, 1, 4, 5, 6]], 0.25),
    )
    for days, nights, rate in ((24, 16, 0.125), (13, 35, 0.21), (8, 8, 0.5), (17, 40, 0.0625)):
        given = _frames(rng, days, nights, rate)
        yield f"{days} frames by day, {nights} by night, rate {rate:g}", given
        tied = np.round(given[0] / 3), given[1], np.round(given[2] / 3), given[3], rate
        yield "tied scores", tied
        numbers = (given[1] == "night").astype(int), (given[3] == "night").astype(int)
        yield "lights as numbers", (given[0] - 50, numbers[0], given[2] - 50, numbers[1], rate)
        by_day = given[3] == "day"
        yield (
            "frames by day alone to judge",
            (*given[:2], given[2][by_day], given[3][by_day], rate),
        )
    few = _frames(rng, 6, 9, 0.03)
    yield "fewer normal frames than 1 / rate", few
    lights, rise = np.repeat(["dawn", "day", "night"], 12), np.repeat([20.0, 0.0, 9.0], 12)
    normal = rng.gamma(4, 1, 36) + rise
    order = rng.permutation(36)
    yield "three lights", (normal, lights, normal[order], lights[order], 0.26)
