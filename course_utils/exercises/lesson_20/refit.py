"""Exercise of lesson 20 on a refit: which rows to learn from after an alarm."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)

# ------------------------------------------------------------------------------- 4 · rows to refit

rows_to_refit = Exercise(
    "Mend the choice of rows for a refit: return (start, stop), all rows from the change on, or "
    "None while they are fewer than `least`. Where `change` is None, count from the alarm.",
    hints=(
        "`now` rows have come, 0 to now - 1. How many of the last `least` came before the change?",
        "start is `change`, or `alarm` where the change is unknown; stop is `now`. Are there "
        "enough rows between them?",
        "start = alarm if change is None else change; return (start, now) if now - start >= least "
        "else None",
    ),
    praise="Right: a refit learns the new regime alone, and waits until there is enough of it.",
)


@rows_to_refit.set_solution
def rows_to_refit_solution(alarm, change, now, least):
    start = alarm if change is None else change
    if now - start < least:
        return None  # too few rows so far: wait
    return start, now


@rows_to_refit.set_check
def rows_to_refit_check(answer):
    alarm, change, least = 540, 500, 200
    _judge_too_few(answer, alarm, change, 560, least)
    now = 900
    got = _pair(answer(alarm, change, now, least), f"{now - change} rows are there")
    name_the_mistake(got, _wrong_rows(alarm, change, now, least))
    _require_rows(got, (change, now), (alarm, change, now, least))
    result = answer(alarm, change, change + least, least)
    if result is None:
        require(
            answer(alarm, change, alarm + least - 1, least) is not None,
            f"With alarm {alarm}, change {change}, now {alarm + least - 1} and least {least} you "
            f"wait until {least} rows have come since the alarm. Count them from the change, "
            "which is known.",
        )
    require(
        result is not None,
        f"With just as many rows as `least`, {least}, you still wait. That is enough.",
    )
    result = answer(alarm, None, alarm + least - 10, least)
    require(
        result is None,
        f"With change None there are {least - 10} rows since the alarm, {least} are the least, "
        f"and you return {result}. None is expected.",
    )
    got = _pair(answer(alarm, None, now, least), "the change is None, the alarm is known")
    _require_rows(got, (alarm, now), (alarm, None, now, least))
    got = _pair(answer(40, 0, now, least), f"{now} rows are there since a change at row 0")
    require(
        not same_numbers(got, (40, now)),
        "A change at row 0 is taken for one that is unknown, since 0 counts as false. Ask whether "
        "`change is None`.",
    )


def _judge_too_few(answer, alarm, change, now, least):
    """Refuse rows from before the change, or too few from after it."""
    result = answer(alarm, change, now, least)
    given = f"With alarm {alarm}, change {change}, now {now} and least {least}"
    require(
        difference(result, (now - least, now)),
        f"{given}, {change - now + least} of the rows from {now - least} to {now} came before the "
        "change. Wait until enough have come after it: None.",
    )
    require(
        difference(result, (change, now)),
        f"{given}, only {now - change} rows have come since the change. Wait: None.",
    )
    require(
        difference(result, (alarm, now)),
        f"{given}, only {now - alarm} rows have come since the alarm. Wait: None.",
    )
    require(
        result is None,
        f"{given}, only {now - change} rows have come since the change. None is expected; you "
        f"return {str(result)[:40]}.",
    )


def _pair(result, why):
    """Return start and stop as an array, or say what came back instead."""
    require(result is not None, f"None came back, though {why}. Return start, stop.")
    require(
        not isinstance(result, slice | range),
        f"You return a {type(result).__name__}; two numbers are asked for: return start, stop.",
    )
    got = as_array(result, what="start, stop")
    require(
        got.shape in ((2,), ()),
        f"Two numbers are asked for, start and stop; you return the shape {got.shape}.",
    )
    require(
        got.shape == (2,),
        f"One number came back, {got}. Two are asked for: return start, stop.",
    )
    return got


def _require_rows(got, right, given):
    told = difference(got, right)
    names = ("alarm", "change", "now", "least")
    listed = ", ".join(f"{name} {value}" for name, value in zip(names, given, strict=True))
    require(not told, f"With {listed}: {told}")


def _wrong_rows(alarm, change, now, least):
    """Yield the rows that slips lead to, and which they are."""
    yield (
        (now - least, now),
        f"Those are the last {least} rows. The rows from {change} to {now - least - 1} have come "
        "since the change too: take all.",
    )
    yield (
        (alarm, now),
        f"You count from the alarm, row {alarm}. The change is known, row {change}: the rows "
        "between the two are new already.",
    )
    yield (
        (change, change + least),
        f"Only the first {least} rows since the change are taken. Take all until now.",
    )
    yield (
        (alarm, alarm + least),
        f"Only the first {least} rows since the alarm are taken. Take all from the change on.",
    )
    yield (
        (change, alarm),
        "You stop at the alarm. Take all rows until now.",
    )
    yield (
        (change, now - 1),
        "The newest row is left out: stop itself is not included, as in a slice.",
    )
    yield (
        (change, now + 1),
        "stop itself is not included, as in a slice: row now has not come yet.",
    )
    yield (change + 1, now), "The row of the change itself belongs to the new regime."
    yield (0, now), "Those are all rows, those from before the change among them."
    yield (0, change), "Those are the rows before the change, the old regime."
    yield (change, now - change), "The second is how many rows there are. Return start, stop."
    yield (now, change), "The two are changed over: start, stop."


@rows_to_refit.set_inputs
def rows_to_refit_inputs(rng):
    yield "the example", (540, 500, 700, 200)
    for _ in range(12):
        change = int(rng.integers(0, 5000))
        alarm = change + int(rng.integers(0, 300))
        least = int(rng.integers(1, 500))
        for known in (change, None):
            start = alarm if known is None else change
            told = "no change known" if known is None else "a known change"
            for more in (0, 1, int(rng.integers(2, 2000))):
                yield (
                    f"{told}, {more} rows more than the least",
                    (
                        alarm,
                        known,
                        max(alarm, start + least + more),
                        least,
                    ),
                )
            if alarm < start + least - 1:
                yield f"{told}, one row too few", (alarm, known, start + least - 1, least)
    yield "a change at the first row", (40, 0, 300, 100)
    yield "an alarm at the first row", (0, None, 300, 100)
