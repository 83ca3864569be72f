"""Exercise of lesson 22: one rank's loss, so that the plain average of gradients is right."""

from __future__ import annotations

from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ---------------------------------------------------------------------------- 2 · loss for average

loss_for_average = TensorExercise(
    "Return this rank's loss, from the losses of its rows alone, so that the plain average of the "
    "ranks' gradients is the gradient of the mean loss over all `total` rows.",
    hints=(
        "The mean over all rows is the sum of the ranks' sums, divided by total.",
        "The average divides by the number of ranks, which nobody asked for: multiply by it "
        "beforehand.",
        "losses.sum() * ranks / total",
    ),
    praise="Right: each row weighs 1/total, however many of them a rank has.",
    slopes=("losses",),
)


@loss_for_average.set_solution
def loss_for_average_solution(losses, total, ranks):
    return losses.sum() * ranks / total


@loss_for_average.set_check
def loss_for_average_check(answer):
    losses, total, ranks = np.array([0.9, 2.3, 0.4, 1.7, 3.1]), 17, 4
    got = as_array(answer(losses.copy(), total, ranks), what="the loss", finite=False)
    require(
        got.shape != losses.shape,
        "A number for each row came back. One loss is asked for, whose gradient is taken.",
    )
    require(got.size == 1, f"One loss is asked for; you return the shape {got.shape}.")
    got = got.reshape(())
    require(np.isfinite(got), f"You return {got}.")
    name_the_mistake(got, _wrong_losses(losses, total, ranks))
    told = difference(got, loss_for_average_solution(losses, total, ranks))
    require(not told, f"With {len(losses)} of {total} rows, on one of {ranks} ranks, {told}")


def _wrong_losses(losses, total, ranks):
    """Yield what slips give, and which they are."""
    yield (
        losses.mean(),
        "That is the mean over this rank's rows. The average of such means is right where all "
        "ranks have as many rows; a row on a rank with few weighs more.",
    )


@loss_for_average.set_inputs
def loss_for_average_inputs(rng):
    yield "the example", (np.array([1.0, 2.0, 6.0]), 5, 2)
    for what, rows, total, ranks in (
        ("shares of one size", 6, 24, 4),
        ("more rows than the others have", 7, 20, 3),
        ("fewer rows than the others have", 4, 23, 5),
        ("one rank alone", 8, 8, 1),
        ("one row", 1, 9, 8),
    ):
        yield what, (rng.exponential(size=rows), total, ranks)
    yield "losses below 0", (rng.normal(-2, 1, size=5), 11, 2)
    yield "huge losses", (1e6 * rng.exponential(size=5), 11, 2)
    yield "no row at all, as a rank has where ranks are more than rows", (np.zeros(0), 3, 4)
