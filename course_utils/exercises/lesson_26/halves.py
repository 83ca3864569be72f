"""Exercise of lesson 26 on honest halves: the pictures of one module stay on one side."""

from __future__ import annotations

import itertools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, plain, require, take_apart

import numpy as np

# ------------------------------------------------------------------------------- 1 · split modules

SEEDS = 30

split_modules = Exercise(
    "The given code tests on pictures of modules that it was trained on. Return two masks: "
    "`train`, the normal rows of a random half of the modules, and `test`, all rows of the "
    "others.",
    hints=(
        "Two leaks. Rows are drawn, so both sides get pictures of one module. And `~train` holds "
        "the damaged pictures of the modules that training knows.",
        "Draw modules, not rows: half of np.unique(modules), by np.random.default_rng(seed). "
        "Which rows belong to them, np.isin tells.",
        "names = np.unique(modules); chosen = generator.choice(names, len(names) // 2, "
        "replace=False); known = np.isin(modules, chosen); return known & (y == 0), ~known.",
    ),
    praise="Right: the damaged pictures of known modules are in neither half. Leaving them out "
    "costs rows, and buys a test on modules that nobody has seen.",
)


@split_modules.set_solution
def split_modules_solution(modules, y, seed):
    generator = np.random.default_rng(seed)
    names = np.unique(modules)
    chosen = generator.choice(names, len(names) // 2, replace=False)
    known = np.isin(modules, chosen)
    return known & (y == 0), ~known


@split_modules.set_check
def split_modules_check(answer):
    generator = np.random.default_rng(261)
    for count, rows, texts in ((10, 90, False), (7, 60, True), (2, 12, False), (40, 80, True)):
        modules = generator.permutation(np.append(np.arange(count), _more(generator, count, rows)))
        y = (generator.random(rows) < 0.25).astype(int)
        y[np.unique(modules, return_index=True)[1]] = 0  # each module has a normal picture
        modules = np.array([f"cell {each}" for each in modules]) if texts else 7 * modules + 3
        for seed in range(4):
            train, test = _masks(answer(modules.copy(), y.copy(), seed), rows)
            _require_honest(train, test, modules, y)
    _require_chance(answer, generator)


def _more(generator, count, rows):
    return generator.integers(count, size=rows - count)


def _masks(result, rows):
    masks = []
    for each, name in zip(take_apart(result, ("train", "test")), ("train", "test"), strict=True):
        mask = np.asarray(plain(each))
        require(
            mask.shape == (rows,) and np.isin(mask, (0, 1)).all(),
            f"For `{name}` a mask is asked for, True or False for each of {rows} rows; you return "
            f"{type(each).__name__} of shape {mask.shape}.",
        )
        masks.append(mask.astype(bool))
    return masks


def _require_honest(train, test, modules, y):
    """Refuse masks that leak, or that leave out what they could use."""
    require(not (train & test).any(), f"{(train & test).sum()} rows are on both sides.")
    require(
        not y[train].any() or y[test].any() or not train.any(),
        "The masks are the other way round: `train` comes first and has no damage.",
    )
    require(
        not y[train].any(),
        f"{y[train].sum()} rows of `train` are damaged. A detector of what is unusual learns from "
        "normal rows alone.",
    )
    names = np.unique(modules)
    both = np.intersect1d(modules[train], modules[test])
    normal = np.intersect1d(modules[train], modules[test & (y == 0)])
    require(
        not both.size or normal.size,
        f"The damaged pictures of {both.size} training modules stand in the test, such as those "
        f"of {both[:1]}. Their background is known, so what is new about them stands out: leave "
        "them out.",
    )
    require(
        not both.size,
        f"{both.size} of {len(names)} modules have pictures on both sides, such as {both[:1]}. "
        "Draw modules, not rows.",
    )
    tested = np.isin(modules, modules[test])
    lost = tested & ~test
    require(
        not lost.any(),
        f"{lost.sum()} rows of the modules that are tested are missing in `test`, {y[lost].sum()} "
        "of them damaged. All rows of these modules belong there.",
    )
    lost = ~tested & (y == 0) & ~train
    require(
        not lost.any(),
        f"{lost.sum()} normal rows are in neither half, though their modules are not tested: they "
        "belong to `train`.",
    )
    known = len(np.unique(modules[~tested]))
    require(
        abs(2 * known - len(names)) <= 1,
        f"Of {len(names)} modules {known} are for training; half of them shall be. Drawing each "
        "with chance 1/2, or with replacement, gives now more, now less.",
    )


def _require_chance(answer, generator):
    """Refuse halves that do not follow from the seed, or that leave a module on one side."""
    modules = generator.permutation(np.repeat(np.arange(6), 4))
    y = np.zeros(24, dtype=int)
    first = [_masks(answer(modules.copy(), y.copy(), seed), 24)[0] for seed in range(SEEDS)]
    again = [_masks(answer(modules.copy(), y.copy(), seed), 24)[0] for seed in range(SEEDS)]
    require(
        np.array_equal(first, again),
        "Called once more with the same seed it draws other modules. Draw from "
        "np.random.default_rng(seed).",
    )
    often = np.mean(first, axis=0)
    stuck = (often == 0) | (often == 1)
    if stuck.any():
        raise Misconception(
            f"With {SEEDS} seeds, {len(np.unique(modules[stuck]))} of 6 modules are always on the "
            "same side. Which modules train shall be drawn by the seed."
        )
    sides = np.array(first)[:, np.unique(modules, return_index=True)[1]]  # (seeds, modules)
    for one, other in itertools.combinations(range(6), 2):
        together = np.mean(sides[:, one] == sides[:, other])
        often = "always" if together else "never"
        require(
            0 < together < 1,
            f"With {SEEDS} seeds, modules {one} and {other} are {often} on the same side. Which "
            "half trains is no draw then: the seed picks from a fixed order.",
        )
