"""Exercises of lesson 10 on what a code is good for: living units, and a score of many draws."""

from __future__ import annotations

from course_utils.exercises.lesson_10._codes import codes
from course_utils.exercises.results import as_array, name_the_mistake, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# --------------------------------------------------------------------------------- 4 · live units

active_units = TensorExercise(
    "Count the latent units whose KL, averaged over the rows, is above `least` nats.",
    hints=(
        "Leave the latent axis: ½ (μ² + σ² − 1 − log σ²) has shape (rows, units).",
        "Average over the rows, axis=0; then count those above `least`.",
    ),
    praise="Right. A unit with no KL says the same about every row: it has collapsed.",
)


@active_units.set_solution
def active_units_solution(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)  # (rows, units)
    return int(np.sum(each.mean(axis=0) > least))


@active_units.set_check
def active_units_check(answer):
    """Tell a wrong count by what it counts on many codes: one number says little."""
    cases = [given for _, given in active_units_inputs(np.random.default_rng(13))]
    counts = []
    for mean, log_variance, least in cases:
        got = as_array(answer(mean.copy(), log_variance.copy(), least), what="the count")
        require(
            got.shape != mean.shape[1:],
            "You return one entry for each unit. Count those that are above `least`: one number.",
        )
        counts.append(float(as_array(got, shape=(), what="the count")))
    wanted = [active_units_solution(*given) for given in cases]
    if counts == wanted:
        return
    with np.errstate(all="ignore"):
        for slip, message in SLIPS:
            require(counts != [float(slip(*given)) for given in cases], message)
    mean, log_variance, _ = cases[0]
    every, none = (
        as_array(answer(mean.copy(), log_variance.copy(), least)) for least in (1e-9, 1e9)
    )
    require(every != none, "`least` plays no part: as many units are above 1e-9 as above 1e9.")


def _divergences(mean, log_variance):
    return 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)  # (rows, units)


def _count(each, least):
    return np.sum(each > least)


# wrong counts, (mean, log_variance, least) → count, and what to say to who returns the same
SLIPS = (
    (
        lambda m, v, least: _count(_divergences(m.mean(axis=0), v.mean(axis=0)), least),
        "You averaged μ and log σ² over the rows before you put them into the formula. There, "
        "codes left and right of 0 cancel. Average the rows' divergences.",
    ),
    (
        lambda m, v, least: _count(_divergences(m.mean(axis=0), v).mean(axis=0), least),
        "You averaged μ over the rows before you squared it. There, codes left and right of 0 "
        "cancel. Square first; average the rows' divergences.",
    ),
    (
        lambda m, v, least: _count(2 * _divergences(m, v).mean(axis=0), least),
        "The factor ½ is missing: units with half of `least` count for you.",
    ),
    (
        lambda m, v, least: _count(_divergences(0 * m, v).mean(axis=0), least),
        "μ plays no part: a unit that tells rows apart by its mean lives as well.",
    ),
    (
        lambda m, v, least: _count((m**2 / 2).mean(axis=0), least),
        "σ plays no part: a unit with μ = 0 and a σ far from 1 is far from the prior too.",
    ),
    (
        lambda m, v, least: _count((m**2).mean(axis=0), least),
        "That counts by the mean of μ². The KL is ½ (μ² + σ² − 1 − log σ²), with σ in it.",
    ),
    (
        lambda m, v, least: _count(m.var(axis=0), least),
        "You count the units whose μ varies over the rows. That is another sign of life; asked "
        "for is the KL, averaged over the rows.",
    ),
    (
        lambda m, v, least: _count(np.exp(v).mean(axis=0), least),
        "You count by σ². A unit with μ near 0 and σ near 1 has collapsed, whatever its noise: "
        "compare its KL with `least`, not its variance.",
    ),
    (
        lambda m, v, least: _count(np.median(_divergences(m, v), axis=0), least),
        "You took the median over the rows. A unit that only some rows use has a mean KL above "
        "`least`, and is asked for: the mean.",
    ),
    (
        lambda m, v, least: _count(_divergences(m, v).max(axis=0), least),
        "One row above `least` makes a unit count for you. Average over the rows before you "
        "compare.",
    ),
    (
        lambda m, v, least: _count(_divergences(m, v).min(axis=0), least),
        "A unit counts for you only if all rows are above `least`. Average over the rows before "
        "you compare.",
    ),
    (
        lambda m, v, least: _count(_divergences(m, v).sum(axis=0), least),
        "You summed over the rows: the more rows, the more units would live. Average.",
    ),
    (
        lambda m, v, least: np.sum(_divergences(m, v).mean(axis=0) >= least),
        "A unit whose KL is exactly `least` counts for you. Above it is asked for: >, not >=.",
    ),
    (
        lambda m, v, least: np.sum(_divergences(m, v).mean(axis=0) < least),
        "You count the units below `least`, those that have collapsed. The others live.",
    ),
    (
        lambda m, v, least: np.sum(_divergences(m, v).mean(axis=0) <= least),
        "You count the units that are not above `least`, those that have collapsed. The others "
        "live.",
    ),
    (
        lambda m, v, least: _count(_divergences(m, v).mean(axis=1), least),
        "You count rows: the average went over the units. Average over the rows, axis=0.",
    ),
    (
        lambda m, v, least: _count(_divergences(m, v).sum(axis=1), least),
        "You count rows: their divergence, summed over the units. Average over the rows, axis=0, "
        "to have one KL for each unit.",
    ),
    (
        lambda m, v, least: _count(_divergences(m, v), least),
        "You count the entries of the whole table. Average over the rows, axis=0, first.",
    ),
    (
        lambda m, v, least: _count(-_divergences(m, v).mean(axis=0), least),
        "None counts for you: the sign of the KL is turned. It is never negative.",
    ),
    (
        lambda m, v, least: m.shape[1],
        "You return the number of all units, whether they live or not.",
    ),
    (lambda m, v, least: m.shape[1] - 1, "You return one less than the number of units."),
    (
        lambda m, v, least: _count(0.5 * (m**2 + np.exp(v / 2) - 1 - v).mean(axis=0), least),
        "np.exp(0.5 * log_variance) is σ. The formula has its square, σ².",
    ),
    (
        lambda m, v, least: _count(0.5 * (m**2 + np.exp(2 * v) - 1 - 2 * v).mean(axis=0), least),
        "The second argument was taken for log σ. It is log σ² already.",
    ),
    (
        lambda m, v, least: _count(0.5 * (m**2 + v - 1 - np.log(v)).mean(axis=0), least),
        "The second argument was taken for the variance. It is its logarithm.",
    ),
)


@active_units.set_inputs
def active_units_inputs(rng):
    def clear(mean, log_variance, least):
        """Leave out the units whose KL is within rounding of `least`."""
        far = np.abs(_divergences(mean, log_variance).mean(axis=0) - least) > 1e-3
        return mean[:, far], log_variance[:, far], least

    def some(rows, units, least):
        """Return units of every sort: with or without a mean that varies, wide, narrow."""
        size, shift = rng.exponential(size=(2, units)) * rng.integers(0, 2, size=(2, units))
        mean = size * rng.normal(size=(rows, units)) + 0.5 * shift
        log_variance = rng.normal(0, 0.1, size=(rows, units)) - rng.exponential(size=units) * (
            rng.random(units) < 0.5
        )
        return clear(mean, log_variance, least)

    for least in (0.05, 0.3, 0.01, 1.0):
        yield f"20 rows, least = {least}", some(20, 12, least)
    mean = np.array([[2.0, 1.0, 0.0, 1.0]]) * np.array([[1.0], [-1.0], [1.0], [-1.0]])
    yield "a KL that is exactly `least`", (mean, np.zeros((4, 4)), 0.5)
    yield "the prior itself, least = 0", (np.zeros((4, 3)), np.zeros((4, 3)), 0.0)
    mean = np.zeros((10, 9))
    mean[0] = np.linspace(0.2, 3.4, 9)
    yield "units that one row alone uses", clear(mean, np.zeros((10, 9)), 0.11)
    log_variance = np.tile(np.log([0.01, 0.1, 0.5, 0.9, 1.0, 1.3, 4.0]), (5, 1))
    yield "units that differ by σ alone", (np.zeros((5, 7)), log_variance, 0.05)
    yield (
        "units that are wide in some rows",
        clear(np.zeros((5, 6)), rng.normal(0, 1, size=(5, 6)), 0.2),
    )
    yield "one row", some(1, 9, 0.2)
    yield "one unit", (rng.normal(2, 0.1, size=(6, 1)), np.zeros((6, 1)), 0.1)
    yield "no unit that lives", (np.zeros((3, 4)), np.full((3, 4), -0.1), 0.05)
    yield "as many rows as units", some(8, 8, 0.15)
    mean, log_variance, least = some(7, 10, 0.1)
    yield "float32", (mean.astype(np.float32), log_variance.astype(np.float32), least)


# ------------------------------------------------------------------------ 5 · averaged over draws

average_score = TensorExercise(
    "Score each row: the mean over the draws of nats_of(z), where draw l is μ + σ · noise[l].",
    hints=(
        "For one draw: nats_of(mean + deviation * noise[l]) gives one number for each row.",
        "np.mean([... for each in noise], axis=0)",
    ),
    praise="Right. The same noise for every row and every call: one row, one score.",
)


@average_score.set_solution
def average_score_solution(mean, deviation, noise, nats_of):
    draws = [nats_of(mean + deviation * each) for each in noise]  # L times (rows,)
    return np.mean(draws, axis=0)


class NatsOf:
    """A decoder and a density in one: latent rows (…, k), array or tensor, to nats (…,)."""

    def __init__(self, told: str, formula, width: int):
        self.told, self.formula, self.width = told, formula, width

    def __call__(self, latent):
        if not hasattr(latent, "detach"):
            latent = np.asarray(latent)
        require(
            tuple(latent.shape[-1:]) == (self.width,),
            f"nats_of was handed shape {tuple(latent.shape)}; latent rows with {self.width} "
            "numbers are expected.",
        )
        return self.formula(latent)

    def __repr__(self):
        return self.told


def _square(width):
    return NatsOf("the sum of the squares", lambda z: (z * z).sum(-1), width)


def _size(width):
    return NatsOf("the sum of the sizes, plus 1", lambda z: abs(z).sum(-1) + 1, width)


def _crooked(width):
    return NatsOf("z[0]³ − the sum of z", lambda z: z[..., 0] ** 3 - z.sum(-1), width)


@average_score.set_check
def average_score_check(answer):
    generator = np.random.default_rng(14)
    mean, noise = generator.normal(size=(6, 3)), generator.normal(size=(5, 3))
    deviation, nats_of = np.exp(generator.normal(size=(6, 3)) / 2), _square(3)
    given = mean, deviation, noise, nats_of
    got = as_array(answer(*(_copy(each) for each in given)), what="the scores")
    require(
        got.shape != (5, 6) and got.shape != (6, 5),
        "You return one number for each draw and row. Average over the draws.",
    )
    require(
        got.shape != (5,),
        "You return one number for each draw: the average went over the rows. One for each row "
        "is wanted.",
    )
    require(got.shape != (), "You return one number in all. Each row has a score of its own.")
    got = as_array(got, shape=(6,), what="the scores")
    again = as_array(answer(*(_copy(each) for each in given)), shape=(6,), what="the scores")
    require(
        np.allclose(got, again, rtol=1e-4, atol=1e-6),
        "The same rows scored twice get two scores: noise is drawn anew at each scoring. Use the "
        "noise that is handed in.",
    )
    draws = np.array([nats_of(mean + deviation * each) for each in noise])
    name_the_mistake(
        got,
        (
            (
                nats_of(mean + deviation * noise.mean(axis=0)),
                "You averaged the noise, or the latent vectors, and decoded once. Decode each "
                "draw; the average is taken of the nats.",
            ),
            (nats_of(mean), "That is the score of the mean alone: σ plays no part."),
            (draws[0], "Only the first draw is used."),
            (draws[-1], "Only the last draw is used: is each draw's score overwritten?"),
            (draws.max(axis=0), "That is the largest of the draws' nats; the mean is expected."),
            (draws.min(axis=0), "That is the smallest of the draws' nats; the mean is expected."),
            (np.median(draws, axis=0), "That is the median over the draws, not their mean."),
            (
                -np.log(np.exp(-draws).mean(axis=0)),
                "You averaged the densities and took the logarithm then. That bounds the row's "
                "density more closely, but asked for is the mean of the nats.",
            ),
            (
                draws.sum(axis=0),
                "You summed over the draws: twice the draws, twice the score.",
            ),
            (
                -draws.mean(axis=0),
                "The sign is turned. nats_of is −log p already: higher is more anomalous.",
            ),
            (
                np.mean([nats_of(mean + deviation**2 * each) for each in noise], axis=0),
                "The noise is multiplied by σ². `deviation` is σ; use it as it is.",
            ),
            (
                np.mean([nats_of(mean + np.exp(deviation) * each) for each in noise], axis=0),
                "The noise is multiplied by exp(σ). `deviation` is σ, no logarithm; use it as it "
                "is.",
            ),
            (
                np.mean([nats_of(mean + np.exp(deviation / 2) * each) for each in noise], axis=0),
                "The noise is multiplied by exp(σ / 2). `deviation` is σ, no logarithm of σ²; use "
                "it as it is.",
            ),
            (
                np.mean([nats_of(mean + each) for each in noise], axis=0),
                "σ plays no part: every row is drawn with a spread of 1.",
            ),
        ),
    )
    alone = as_array(
        answer(mean[:1].copy(), deviation[:1].copy(), noise.copy(), nats_of), what="one score"
    )
    require(
        np.allclose(np.ravel(alone), got[:1], rtol=1e-4, atol=1e-6),
        "A row scored alone gets another score than among others. Give every row the same noise.",
    )


def _copy(value):
    return value.copy() if isinstance(value, np.ndarray) else value


@average_score.set_inputs
def average_score_inputs(rng):
    kinds = _square, _size, _crooked
    for number, (what, (mean, log_variance)) in enumerate(codes(rng)):
        draws, width = int(rng.integers(2, 8)), mean.shape[1]
        noise = rng.normal(size=(draws, width)).astype(mean.dtype)
        yield what, (mean, np.exp(log_variance / 2), noise, kinds[number % 3](width))
    for what, draws in (("one draw", 1), ("as many draws as rows", 4), ("many draws", 40)):
        mean, deviation = rng.normal(size=(4, 3)), rng.exponential(size=(4, 3))
        yield what, (mean, deviation, rng.normal(size=(draws, 3)), _crooked(3))
    yield (
        "no spread",
        (rng.normal(size=(3, 2)), np.zeros((3, 2)), rng.normal(size=(4, 2)), _size(2)),
    )
