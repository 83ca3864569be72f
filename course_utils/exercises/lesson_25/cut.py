"""Exercise of lesson 25 on the honest cut: which rows teach, draw the line, and judge."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require, take_apart

import numpy as np

# ---------------------------------------------------------------------------------- 3 · honest cut

NAMES = ("train", "line", "before", "after", "known", "new")

honest_cut = Exercise(
    "Find the mistakes in the colleague's cut: return six masks, train, line, before, after, "
    "known and new, cut by day, so that nothing that is judged was seen, and no line is drawn on "
    "it.",
    hints=(
        "Connections of one session look alike and stand on one day. Where do they land when each "
        "row is tossed a coin? And which kinds can then be new?",
        "Take whole days: `train` has all rows of the days before `change` that are in neither "
        "list. The three harmless masks are kinds == '' on their days; attacks on the days of "
        "`line_days` and `before_days` are in no mask.",
        "late = day >= change; train = ~late & ~np.isin(day, [*line_days, *before_days]); an "
        "attack is known where late & np.isin(kinds, kinds[train & (kinds != '')]).",
    ),
    praise="Right. Trees reach 0.999 on random halves of the lesson's network, and judged by this "
    "cut they find about one in ten of the new attacks.",
)


@honest_cut.set_solution
def honest_cut_solution(day, kinds, line_days, before_days, change):
    harmless, late = kinds == "", day >= change
    line, before = (np.isin(day, days) for days in (line_days, before_days))
    train = ~late & ~line & ~before
    known = late & ~harmless & np.isin(kinds, kinds[train])
    new = late & ~harmless & ~known
    return train, line & harmless, before & harmless, late & harmless, known, new


def _example(seed=253):
    """Return days, kinds and the days of the line, as of a small network."""
    generator = np.random.default_rng(seed)
    day = np.sort(generator.integers(0, 12, 300))
    kinds = np.where(generator.random(300) < 0.6, "", "flood")
    attacks = np.flatnonzero(kinds != "")
    kinds = kinds.astype("<U12")
    kinds[attacks] = generator.choice(["flood", "port scan", "tunnel"], len(attacks))
    kinds[(kinds == "tunnel") & (day < 8)] = "flood"
    seldom = np.flatnonzero((day == 2) & (kinds != ""))[:2]
    kinds[seldom] = "guessing"  # on a day of the line only, so that nothing learned it
    kinds[np.flatnonzero((day > 8) & (kinds != ""))[::9]] = "guessing"
    return day, kinds, [2, 5], [3, 6], 8


@honest_cut.set_check
def honest_cut_check(answer):
    given = _example()
    day, kinds, line_days, before_days, change = given
    got = take_apart(answer(day.copy(), kinds.copy(), line_days, before_days, change), NAMES)
    masks = {}
    for name, each in zip(NAMES, got, strict=True):
        each = as_array(each, shape=day.shape, what=f"the mask {name}", finite=False)
        require(
            np.isin(each, (0, 1)).all(),
            f"{name} has to be a mask: True or False for each row. You return other numbers.",
        )
        masks[name] = each == 1
    train, harmless = masks["train"], kinds == ""
    shared = [each for each in np.unique(day) if 0 < train[day == each].mean() < 1]
    require(
        len(shared) < 5,
        f"Days such as {', '.join(map(str, shared[:3]))} have rows in `train` and rows outside. "
        "That is a random split: parts of one session lie on both sides, every kind of attack is "
        "known, and 99 % on it say nothing about next week. Take whole days.",
    )
    require(
        not train[day >= change].any(),
        f"`train` has rows from day {change} on. What is judged lies after all that was learned.",
    )
    require(
        not np.isin(day[train], [*line_days, *before_days]).any(),
        "`train` has rows of the days that draw the line or are judged before the change.",
    )
    require(
        not np.array_equal(train, honest_cut_solution(*given)[0] & harmless),
        "`train` has harmless rows alone. Who learns with labels needs the attacks as well.",
    )
    require(
        not (masks["line"] & (day >= change)).any()
        and not (masks["line"] & masks["before"]).any(),
        "The line is drawn on rows that are judged: then it is right by construction. It has days "
        "of its own, `line_days`.",
    )
    for name in ("line", "before", "after"):
        require(
            not (masks[name] & ~harmless).any(),
            f"`{name}` has attacks. It is for false alarms, so harmless rows alone are in it.",
        )
    for name in ("known", "new"):
        require(not (masks[name] & harmless).any(), f"`{name}` has harmless rows.")
        require(
            not (masks[name] & (day < change)).any(),
            f"`{name}` has attacks from before day {change}, where nothing is judged.",
        )
    guessed = (kinds == "guessing") & (day >= change)
    require(
        not (masks["known"] & guessed).any(),
        "An attack of a kind that occurred only on a day of `line_days` counts as known. Known "
        "is what stands among the rows of `train`: nothing else was learned.",
    )
    for name, right in zip(NAMES, honest_cut_solution(*given), strict=True):
        wrong = np.flatnonzero(masks[name] != right)
        if len(wrong):
            row = wrong[0]
            raise Misconception(
                f"A row of day {day[row]}, {str(kinds[row]) or 'harmless'}, is "
                f"{'' if masks[name][row] else 'not '}in `{name}`; line_days are {line_days}, "
                f"before_days {before_days}, change is {change}."
            )


@honest_cut.set_inputs
def honest_cut_inputs(rng):
    kinds = np.array(["flood", "", "", "flood", "tunnel"])
    yield "the example", (np.array([0, 1, 2, 3, 3]), kinds, [1], [2], 3)
    for seed in rng.integers(0, 10**6, 4):
        day, kinds, line_days, before_days, change = _example(seed)
        yield "days in order", (day, kinds, line_days, before_days, change)
        order = rng.permutation(len(day))
        yield "rows in any order", (day[order], kinds[order], line_days, before_days, change)
        yield "other days", (day, kinds, [0, 4, 6], [1], 7)
        yield "no days before", (day, kinds, [1], [], 9)
    yield "no attack", (day, np.full(len(day), ""), line_days, before_days, change)
    yield "nothing known", (day, np.where(day < 8, "", kinds), line_days, before_days, change)
