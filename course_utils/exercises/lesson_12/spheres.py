"""Exercises of lesson 12 on the sphere: its centre, the loss, and a boundary that is soft."""

from __future__ import annotations

import functools

from course_utils.exercises import quantiles
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    plain,
    require,
    same_numbers,
    take_apart,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ------------------------------------------------------------------------------ 2 · the centre

first_centre = TensorExercise(
    "Return the mean output, with every coordinate that is nearer to 0 than `least` moved to "
    "± `least`, on its own side.",
    hints=(
        "The mean over the rows is outputs.mean(axis=0), one number for each coordinate.",
        "np.where(condition, a, b) takes a where the condition holds and b elsewhere.",
        "np.where(np.abs(mean) < least, np.where(mean < 0, -least, least), mean)",
    ),
    praise="Right. A coordinate at 0 would be reached by zero weights alone; this one costs the "
    "network something.",
)


@first_centre.set_solution
def first_centre_solution(outputs, least):
    mean = outputs.mean(axis=0)
    edge = np.where(mean < 0, -least, least)
    return np.where(np.abs(mean) < least, edge, mean)


def _zero_to_the_left(outputs, least):
    return -first_centre_solution(-outputs, least)


@first_centre.set_check
def first_centre_check(answer):
    generator = np.random.default_rng(12)
    mean = np.array([0.7, -0.02, 0.04, -0.5, 0.0])
    outputs = generator.normal(size=(40, 5))
    outputs += mean - outputs.mean(axis=0)
    outputs[:, 4] = np.tile([3.0, -1.0, 1.0, -3.0], 10)  # whose mean is 0 without rounding
    for least in (0.1, 0.3):
        got = as_array(answer(outputs.copy(), least), what="the centre")
        require(
            got.shape != (40,),
            "One number for each row came back: the mean is over the rows, axis=0.",
        )
        require(
            got.shape != (),
            "One number in all came back. The centre has a coordinate for each of the outputs'.",
        )
        got = as_array(got, shape=(5,), what="the centre")
        _judge_centre(got, outputs, least)


def _judge_centre(got, outputs, least) -> None:
    mean = outputs.mean(axis=0)
    right = first_centre_solution(outputs, least)
    near = np.abs(mean) < least
    require(
        got[4] != 0 or not same_numbers(got[:4], right[:4]),
        "A coordinate of exactly 0 stayed at 0; np.sign(0) is 0. Send it to either side.",
    )
    mistakes = (
        (
            mean,
            "The coordinates near 0 were left there. A network whose weights shrink to zero "
            "arrives at such a centre with nothing learnt.",
        ),
        (
            np.where(near, least, mean),
            "A small negative coordinate was sent to the other side, to + least. Keep its sign: "
            "that is where the rows are.",
        ),
        (
            np.where(near & (mean != 0), -np.sign(mean) * least, mean),
            "The small coordinates were sent to the other side. Keep their signs: that is where "
            "the rows are.",
        ),
        (
            np.maximum(mean, least),
            "Every negative coordinate came back as + least. Compare the size with `least`; the "
            "sign stays.",
        ),
        (
            np.maximum(np.abs(mean), least),
            "The signs are gone: all coordinates came back positive. The size decides which are "
            "moved; the sign stays.",
        ),
        (
            mean + np.where(mean < 0, -least, least),
            "Every coordinate was pushed outwards. Only those nearer to 0 than `least` move.",
        ),
        (
            np.clip(mean, -least, least),
            "That is the other way round: large coordinates were cut down to `least`. The small "
            "ones are to be moved away from 0.",
        ),
        (
            np.where(near, 0, mean),
            "The coordinates near 0 were set to 0, which is what they must not be.",
        ),
    )
    name_the_mistake(got[:4], [(wrong[:4], message) for wrong, message in mistakes])


@first_centre.set_inputs(also_right=[_zero_to_the_left])
def first_centre_inputs(rng):
    def outputs(rows, mean, spread=1.0):
        """Return outputs with this mean, no coordinate of which is 0 by rounding alone."""
        noise = spread * rng.normal(size=(rows, len(mean)))
        return noise - noise.mean(axis=0) + mean

    def away(size):
        return rng.choice([-1.0, 1.0], size=size) * rng.uniform(0.02, 1.2, size=size)

    for least in (0.1, 0.5, 1.0, 0.01):
        yield f"least = {least}", (outputs(int(rng.integers(8, 20)), away(9)), least)
    yield "one row", (away((1, 6)), 0.4)
    yield "one coordinate", (outputs(7, np.array([-0.05])), 0.1)
    yield "as many rows as coordinates", (outputs(5, away(5)), 0.3)
    yield "a wide cloud", (outputs(10, away(4), 30.0), 0.2)
    yield "a skewed cloud", (rng.exponential(size=(9, 5)) * [1, -1, 0.2, -0.2, 3], 0.3)
    yield "a mean of exactly 0", (np.array([[1.0, 2.0, 0.5], [-1.0, -1.0, -0.5]]), 0.25)
    yield "outputs that are 0", (np.zeros((4, 2)), 0.1)
    yield "a mean of exactly ± least", (np.array([[1.0, -1.0, 3.0], [0.0, 0.0, -2.0]]), 0.5)
    yield "outputs in float32", (outputs(6, away(7)).astype(np.float32), 0.3)


# -------------------------------------------------------------------------------- 3 · the loss

one_class_loss = TensorExercise(
    "Return the mean over the rows of the squared distance between output and centre.",
    hints=(
        "outputs - centre has the shape of outputs: the centre (k,) is taken from every row.",
        "A squared distance is a sum over coordinates: ((outputs - centre) ** 2).sum(axis=1).",
        "Then the mean over the rows: one number.",
    ),
    praise="Right. Sum over coordinates, mean over rows, and a centre that stays where it is.",
    slopes=("outputs",),
)


@one_class_loss.set_solution
def one_class_loss_solution(outputs, centre):
    squared = ((outputs - centre) ** 2).sum(axis=1)
    return squared.mean()


@one_class_loss.set_check
def one_class_loss_check(answer):
    generator = np.random.default_rng(3)
    outputs, centre = generator.normal(size=(7, 3)), generator.normal(size=3)
    got = as_array(answer(outputs.copy(), centre.copy()), what="the loss")
    require(
        got.shape != (7,),
        "One number for each row came back: those are the scores. The loss is their mean.",
    )
    require(
        got.shape != (3,),
        "One number for each coordinate came back: the squares of a row are summed over its "
        "coordinates, axis=1, and then the rows are averaged.",
    )
    got = as_array(got, shape=(), what="the loss")
    away = outputs - centre
    squared = (away**2).sum(axis=1)
    name_the_mistake(
        got,
        (
            (
                squared.mean() / 3,
                "The mean was taken over the coordinates too. A squared distance is their sum; "
                "with the mean, the loss and its slopes shrink as the output gets wider.",
            ),
            (
                squared.sum(),
                "The sum was taken over the rows too: twice the batch would mean twice the step. "
                "Mean over rows.",
            ),
            (
                squared.sum() / 3,
                "Mean and sum are exchanged: sum over the coordinates, axis=1, and mean over the "
                "rows.",
            ),
            (
                ((outputs - outputs.mean(axis=0)) ** 2).sum(axis=1).mean(),
                "The centre was computed anew from these outputs. Then shrinking all weights "
                "brings the loss to 0: the centre must stay where it was put.",
            ),
            (
                np.sqrt(squared).mean(),
                "This is the distance, not squared. It ranks rows alike, but it is another loss: "
                "far rows pull no more than near ones.",
            ),
            (np.sqrt(squared.mean()), "The root was taken at the end. The loss has none."),
            (np.sqrt(squared.sum()), "That is the length of all differences; no root is asked."),
            (squared.mean() / 2, "The loss has no ½ in it."),
            (np.median(squared), "That is the median over the rows; the mean is expected."),
            (squared.max(), "That is the farthest row's alone; the mean is expected."),
            (
                np.abs(away).sum(axis=1).mean(),
                "These are absolute differences. A squared distance sums their squares.",
            ),
            (
                (outputs**2).sum(axis=1).mean(),
                "The centre plays no part: those are distances from 0.",
            ),
            (
                (away.mean(axis=0) ** 2).sum(),
                "The rows were averaged first. Rows on opposite sides of the centre cancel, and "
                "a wide cloud around it costs nothing.",
            ),
        ),
    )


@one_class_loss.set_inputs
def one_class_loss_inputs(rng):
    def batch(rows, width, spread=1.0):
        return spread * rng.normal(size=(rows, width)), rng.normal(size=width)

    yield from (
        ("random outputs", batch(8, 3)),
        ("wide outputs", batch(5, 16)),
        ("one row", batch(1, 4)),
        ("one coordinate", batch(6, 1)),
        ("one number", batch(1, 1)),
        ("as many rows as coordinates", batch(4, 4)),
        ("large numbers", batch(6, 2, 1e3)),
        ("small numbers", batch(6, 2, 1e-3)),
        ("skewed outputs", (rng.exponential(size=(7, 3)) ** 2, rng.normal(size=3))),
    )
    outputs, centre = batch(5, 3)
    yield "the outputs' own mean for a centre", (outputs, outputs.mean(axis=0))
    yield "rows at the centre", (np.tile(centre, (3, 1)), centre)
    outputs, centre = batch(7, 4)
    yield "float32", (outputs.astype(np.float32), centre.astype(np.float32))


# ------------------------------------------------------------------------ 4 · the soft boundary

soft_boundary = TensorExercise(
    "Return (R², loss): the R² at which R² plus 1/ν times the mean of what sticks out is least, "
    "and that least loss.",
    hints=(
        "Enlarge R² by a little, t. The first term grows by t. By how much does the second fall, "
        "if the share p of the rows is outside?",
        "By t · p / ν. So the two balance where the share outside is ν: np.quantile(squared, "
        "1 - nu) leaves it above. What sticks out is np.maximum(0, squared - radius).",
        "loss = radius + np.maximum(0, squared - radius).mean() / nu",
    ),
    praise="Right. With 1/ν in front, a larger sphere costs exactly as much as it saves when a "
    "share ν is outside.",
)


@soft_boundary.set_solution
def soft_boundary_solution(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    outside = np.maximum(0, squared - radius)
    return radius, radius + outside.mean() / nu


def _boundary(squared, nu, method):
    radius = np.quantile(squared, 1 - nu, method=method)
    return radius, radius + np.maximum(0, squared - radius).mean() / nu


def _boundary_at_a_row(squared, nu):
    """Take the row that is the last of the share ν, counted from the far end."""
    at = np.ceil((1 - nu) * len(squared)).astype(int)
    radius = np.sort(squared)[min(at, len(squared) - 1)]
    return radius, radius + np.maximum(0, squared - radius).mean() / nu


@soft_boundary.set_check
def soft_boundary_check(answer):
    squared = np.random.default_rng(4).gamma(2.0, size=401)
    for nu in (0.1, 0.25):
        result = plain(answer(squared.copy(), nu))
        if np.shape(result) == (2,):
            result = tuple(result)
        names = "radius", "loss"
        parts = zip(take_apart(result, names), ("R²", "the loss"), strict=True)
        radius, loss = (float(as_array(each, shape=(), what=what)) for each, what in parts)
        _judge_radius(radius, loss, squared, nu)
        _judge_boundary(radius, loss, squared, nu)


def _judge_radius(radius, loss, squared, nu) -> None:
    outside, other = (float(np.mean(squared > each + 1e-9)) for each in (radius, loss))
    hinge = np.maximum(0, squared - loss)
    require(
        abs(other - nu) > 0.01 or not same_numbers(radius, loss + hinge.mean() / nu),
        "The two results are swapped: R² comes first, then the loss.",
    )
    require(
        abs(radius**2 - np.quantile(squared, 1 - nu)) > 0.02 or radius < 1,
        "That is R; the distances are squared, and so is the radius that is asked for.",
    )
    require(
        not same_numbers(radius, np.percentile(squared, 1 - nu)),
        "np.percentile counts to 100, so that nearly all rows are outside. Take "
        "np.quantile(squared, 1 - nu).",
    )
    require(
        abs(outside - (1 - nu)) > 0.01,
        f"A share of {outside:.2f} lies outside: that is the quantile ν. Take the quantile 1 − ν, "
        "which leaves ν above it.",
    )
    require(
        abs(outside - nu) < 0.01,
        f"A share of {outside:.2f} lies outside your sphere, with R² = {radius:.4g}; ν = {nu} is "
        "expected.",
    )


def _judge_boundary(radius, loss, squared, nu) -> None:
    over = squared - radius
    hinge = np.maximum(0, over)
    name_the_mistake(
        loss,
        (
            (
                radius + over.mean() / nu,
                "Rows inside are rewarded: without max(0, …) a row at the centre pays for one far "
                "outside. Inside, a row costs nothing.",
            ),
            (
                radius + np.abs(over).mean() / nu,
                "Rows inside pay too, for being far from the boundary. What sticks out is "
                "max(0, squared − R²).",
            ),
            (
                radius + nu * hinge.mean(),
                "ν multiplies where it should divide: a small ν must make rows outside dear.",
            ),
            (
                radius + hinge.mean() / (1 - nu),
                "You divide by 1 − ν. What sticks out is divided by ν.",
            ),
            (
                (radius + hinge.mean()) / nu,
                "R² is divided by ν as well. Only what sticks out is.",
            ),
            (
                radius + (hinge**2).mean() / nu,
                "What sticks out was squared once more: these are squared distances already.",
            ),
            (
                radius + np.maximum(0, over).sum() / len(squared),
                "The factor 1/ν is missing.",
            ),
            (
                hinge.mean() / nu,
                "R² is missing: without it the largest sphere is the best, with nobody outside.",
            ),
            (
                np.sqrt(radius) + hinge.mean() / nu,
                "R is added where R² should be.",
            ),
            (
                radius - hinge.mean() / nu,
                "What sticks out is subtracted, so that rows outside would be a gain.",
            ),
            (
                radius + hinge.sum() / nu,
                "The sum over the rows was taken. With the mean, ν is a share of any batch.",
            ),
            (
                radius + over[over > 0].mean() / nu,
                "The mean was taken over the rows outside alone. It is over all rows of the "
                "batch; those inside count as 0.",
            ),
            (
                radius + np.where(over > 0, squared, 0).mean() / nu,
                "Rows outside pay their whole distance. They pay what sticks out: squared − R².",
            ),
            (
                radius + np.mean(over > 0) / nu,
                "You count the rows outside. They pay by how far they stick out.",
            ),
        ),
    )
    right = radius + hinge.mean() / nu
    require(
        same_numbers(loss, right),
        f"With R² = {radius:.4f} and ν = {nu} the loss is {loss:.4f}; {right:.4f} is expected.",
    )


@soft_boundary.set_inputs(
    also_right=[
        *(functools.partial(_boundary, method=each) for each in quantiles.METHODS),
        _boundary_at_a_row,
    ]
)
def soft_boundary_inputs(rng):
    def distances(nu, least=9):
        """Return so many distances that no convention hangs on rounding."""
        while True:
            rows = int(rng.integers(least, least + 40))
            places = np.array([(1 - nu) * rows, (1 - nu) * (rows - 1)]) % 1
            if (abs(abs(places - 0.5) - 0.25) < 0.2).all():
                return rng.gamma(2.0, size=rows)

    for nu in (0.1, 0.3, 0.55, 0.8, 0.03):
        yield f"ν = {nu}", (distances(nu), nu)
    yield "a large batch", (distances(0.07, 300), 0.07)
    yield "large distances", (1e4 * distances(0.2), 0.2)
    yield "small distances", (1e-3 * distances(0.2), 0.2)
    yield "skewed distances", (distances(0.15) ** 3, 0.15)
    yield "tied distances", (np.round(distances(0.35)), 0.35)
    yield "sorted distances", (np.sort(distances(0.15)), 0.15)
    yield "equal distances", (np.full(6, 2.5), 0.3)
    yield "one row", (np.array([1.7]), 0.25)
    yield "float32", (distances(0.4).astype(np.float32), 0.4)
