"""Exercise of lesson 20 on a refit: which rows to learn from after an alarm."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import difference, require

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
    alarm, change, now, least = 540, 500, 560, 200
    result = answer(alarm, change, now, least)
    require(
        difference(result, (now - least, now)),
        f"Of the {least} rows from {now - least} to {now}, {change - now + least} came before the "
        f"change at row {change}. Wait until there are enough from after it: None.",
    )
    require(
        difference(result, (change, now)),
        f"Only {now - change} rows have come since the change, and {least} are the least to refit "
        "on. Wait: None.",
    )
    require(result is None, f"None is expected, too few rows so far; you return {result!r}.")
    now = 900
    _judge(answer, alarm, change, now, least)
    _judge(answer, alarm, None, now, least)


def _judge(answer, alarm, change, now, least):
    result = answer(alarm, change, now, least)
    start = alarm if change is None else change
    given = f"With alarm {alarm}, change {change}, now {now}, least {least}"
    require(
        result is not None, f"{given} nothing comes back, though {now - start} rows are there."
    )
    told = difference(result, (start, now))
    require(not told, f"{given}: {told}")


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
