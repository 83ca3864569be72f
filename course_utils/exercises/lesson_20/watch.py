"""Exercise of lesson 20 on drift: watch the scores, and say when they are no longer the same."""

from __future__ import annotations

import dataclasses
import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_20 import _streams
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# --------------------------------------------------------------------------------- 7 · drift alarm

STILL, DRIFTING = 3, 2  # streams of each kind without a drift, and with each
FALSE = 1  # alarms without a drift that are allowed, in some 50,000 rows
MISSED = 1  # drifts that may be missed
SLOWER = 1.5  # mean delay over ADWIN's that is allowed

drift_alarm = Exercise(
    "Watch a detector's `scores` come in, row by row, beside the `reference` scores of normal "
    "rows. Return the index of the row at which you first say that they have drifted, up or down, "
    "or None.",
    hints=(
        "One high score is an anomaly, and a drift is many: add something up. Scores may have any "
        "unit and any tail. The share of the reference below a score lies between 0 and 1, and is "
        "1/2 on average where nothing has drifted (equal ones count half).",
        "Page's cumulated sum: up = max(0, up + share - 0.5 - allowance) falls back to 0 while "
        "nothing happens. Alarm when it exceeds a limit; the same downwards with 0.5 - share.",
        "With an allowance of 0.15 and a limit of 6 it forgives anomalies, and is sooner than "
        "ADWIN on the sudden drifts held back.",
    ),
    praise=f"Right: on streams held back it hardly ever alarms without a drift, and comes no "
    f"later than {SLOWER:g} times ADWIN's delay.",
    seconds=60.0,
    prepare=lambda: _judges(),
)


@drift_alarm.set_solution
def drift_alarm_solution(reference, scores):
    rising = np.sort(reference)
    below, not_above = (np.searchsorted(rising, scores, side) for side in ("left", "right"))
    shares = (below + not_above) / 2 / len(rising)  # 0 to 1; equal scores count half
    up = down = 0.0
    for row, share in enumerate(shares.tolist()):
        up = max(0.0, up + share - 0.5 - 0.15)
        down = max(0.0, down + 0.5 - share - 0.15)
        if max(up, down) > 6:
            return row
    return None


@functools.cache
def _judges():
    """Return the streams held back, and ADWIN's mean delays on them."""
    made = _streams.streams(207, STILL, DRIFTING)
    return made, _streams.delays_of_adwin(made)


@drift_alarm.set_check
def drift_alarm_check(answer):
    made, adwin = _judges()
    found = dict.fromkeys(range(len(made)))

    def watch(numbers):
        found.update({each: _row_of(answer(*made[each].given()), made[each]) for each in numbers})
        return [made[each] for each in numbers], [found[each] for each in numbers]

    # each drift in each kind comes first: what misses them needs no more of its time
    drifting = [number for number, each in enumerate(made) if each.drift]
    few = [each for place, each in enumerate(drifting) if place // 3 % DRIFTING == 0]
    some, rows = watch(few)
    require(
        any(row is not None for row in rows),
        f"It never alarms, on any of {len(few)} streams that drift.",
    )
    if len(_too_early(some, rows)) <= FALSE:
        _judge_misses(some, rows, _told_of_drifts(some, rows))
    watch([number for number in range(len(made)) if number not in few])
    rows = [*found.values()]
    told = _told(made, rows, adwin)
    _require_no_chance(answer, made, rows)
    _require_no_future(answer, made, rows)
    _judge_false_alarms(answer, made, rows, told)
    _judge_misses(made, rows, told)
    _judge_delays(made, rows, adwin, told)
    _require_the_reference(answer, some)


def _row_of(result, stream):
    """Return what came back as a row or None, or say what it is instead."""
    if result is None:
        return None
    got = as_array(result, what="the row", finite=False)
    rows = len(stream.scores)
    require(
        got.shape != (rows,),
        "A value for each row came back. The index of the first row at which it alarms is asked "
        "for, or None.",
    )
    require(
        got.shape == (),
        f"One index is asked for, that of the first alarm, or None; you return the shape "
        f"{got.shape}.",
    )
    require(
        not isinstance(result, bool | np.bool_),
        f"You return {result}. At which row does it alarm? Its index, or None for never.",
    )
    require(
        float(got).is_integer() and 0 <= got < rows,
        f"You return {float(got):g}; an index from 0 to {rows - 1} is asked for, or None for "
        "never.",
    )
    return int(got)


def _told(made, found, adwin):
    """Return the whole judgement in two sentences."""
    still = [row for each, row in zip(made, found, strict=True) if not each.drift]
    late = {drift: _mean_delay(made, found, drift) for drift in adwin}
    delays = ", ".join(
        f"{drift} {late[drift]:.0f} (ADWIN {theirs:.0f})".replace("nan", "never")
        for drift, theirs in adwin.items()
    )
    return (
        f"{_told_of_drifts(made, found)} Of {len(still)} without one "
        f"{sum(row is not None for row in still)} ring within {_streams.ROWS:,} rows. Rows of "
        f"delay: {delays}."
    )


def _told_of_drifts(made, found):
    """Return in a sentence what was said of streams that drift."""
    moving = [(each, row) for each, row in zip(made, found, strict=True) if each.drift]
    early = sum(row is not None and row < each.change for each, row in moving)
    missed = sum(row is None for _, row in moving)
    return (
        f"Of {len(moving)} streams held back with a drift {early} ring before it and {missed} "
        "never."
    )


def _mean_delay(made, found, drift):
    """Return the mean delay in rows of the drifts that were found; NaN where none was."""
    rows = [
        row - each.change
        for each, row in zip(made, found, strict=True)
        if each.drift == drift and row is not None and row >= each.change
    ]
    return np.mean(rows) if rows else np.nan


def _require_no_chance(answer, made, found):
    """Refuse an alarm that sounds elsewhere when the same stream is met again."""
    each, row = next(pair for pair in zip(made, found, strict=True) if pair[1] is not None)
    again = _row_of(answer(*each.given()), each)
    require(
        again == row,
        "Called once more with the same scores it returns another row. An answer must not depend "
        "on earlier calls, or on chance that no argument sets.",
    )


def _require_no_future(answer, made, found):
    """Refuse an alarm that does not sound when the stream ends with its row, or sounds before."""
    alarmed = [(each, row) for each, row in zip(made, found, strict=True) if row is not None]
    for each, row in alarmed[:: max(1, len(alarmed) // 3)]:
        again = _row_of(answer(*each.given(row + 1)), each)
        require(
            again == row,
            f"You return row {row}. Given the scores up to that row and no further, your function "
            f"returns {again}: it looks at what comes later, or returns where the change began "
            "and not the row at which it was told.",
        )
        if row:
            again = _row_of(answer(*each.given(row)), each)
            require(
                again != row,
                f"You return row {row} also where that row has not come: given the scores before "
                "it alone.",
            )
            require(
                again is None,
                f"You return row {row}, but with the scores before it alone your function alarms "
                f"already, at row {again}. The first alarm is asked for.",
            )


def _judge_false_alarms(answer, made, found, told):
    false = _too_early(made, found)
    if len(false) <= FALSE:
        return
    for why, twin in TWINS:
        quiet = [_is_quiet(answer, twin(each)) for each, _ in false[:: max(1, len(false) // 5)]]
        require(np.mean(quiet) < MOST, f"{why} {told}")
    kinds = [each.kind for each, _ in false]
    require(
        kinds.count("tied") < MOST * len(kinds),
        "Most false alarms come where many scores are equal. Of the reference, equal ones count "
        f"half. {told}",
    )
    raise Misconception(f"{len(false)} false alarms; {FALSE} is allowed. {told}")


def _too_early(made, found):
    """Return the streams (stream, row) that ring before any drift."""
    pairs = zip(made, found, strict=True)
    return [(each, row) for each, row in pairs if row is not None and row < each.change]


def _is_quiet(answer, stream):
    row = _row_of(answer(*stream.given()), stream)
    return row is None or row >= stream.change


def _clipped(stream):
    low, high = np.quantile(stream.reference, (0.02, 0.98))
    return dataclasses.replace(stream, scores=np.clip(stream.calm, low, high))


MOST = 0.6  # share of the streams that a cause has to explain
# what a false alarm hangs on, and the stream without it
TWINS = (
    (
        "Anomalies ring it: without them most of the streams with a false alarm have none. A few "
        "high scores are no drift.",
        lambda each: dataclasses.replace(each, scores=each.calm),
    ),
    (
        "A few far scores ring it: most of the streams with a false alarm have none where scores "
        "are clipped to 96% of the reference. Normal scores have tails. A maximum, a mean and a "
        "standard deviation follow them; sums of shares of the reference hardly do.",
        _clipped,
    ),
    (
        "It hangs on the unit of the scores: in another unit most of the streams with a false "
        "alarm have none.",
        lambda each: dataclasses.replace(
            each, scores=each.scores / each.unit, reference=each.reference / each.unit
        ),
    ),
)


def _judge_misses(made, found, told):
    pairs = [(each, row) for each, row in zip(made, found, strict=True) if each.drift]
    missed = [each.drift for each, row in pairs if row is None]
    if len(missed) <= MISSED:
        return
    shares = {
        drift: missed.count(drift) / sum(each.drift == drift for each, _ in pairs)
        for drift in _streams.DRIFTS
    }
    for drifts, why in (
        (
            ("downwards",),
            "Scores that drift downwards are missed. They are as little what the detector was "
            "set for, and hide anomalies.",
        ),
        (("slowly upwards",), "Scores that drift slowly are missed, sudden drifts found."),
        (
            ("upwards", "slowly upwards"),
            "Scores that drift upwards are missed, those downwards found.",
        ),
    ):
        sides = [
            [shares[each] for each in shares if (each in drifts) == of] for of in (True, False)
        ]
        require(min(sides[0]) < 0.75 or max(sides[1]) > 0.25, f"{why} {told}")
    raise Misconception(f"{len(missed)} drifts are missed; {MISSED} is allowed. {told}")


def _require_the_reference(answer, made):
    """Refuse an alarm that knows no drift but one that it has seen begin."""
    sudden = [each for each in made if each.drift in ("upwards", "downwards")]
    silent = 0
    for each in sudden:
        reference, scores = each.given()
        silent += _row_of(answer(reference, scores[each.change :]), each) is None
    require(
        silent < len(sudden) / 2,
        f"Where scores have drifted from the first row on, {silent} of {len(sudden)} streams "
        "never ring. A stream does not say what was normal: compare with `reference`.",
    )


def _judge_delays(made, found, adwin, told):
    for drift, theirs in adwin.items():
        mine = _mean_delay(made, found, drift)
        require(
            mine <= SLOWER * theirs,
            f"Scores that drift {drift} are told {mine:.0f} rows late, and ADWIN tells them "
            f"{theirs:.0f} rows late; {SLOWER:g} times that is allowed. {told}",
        )
