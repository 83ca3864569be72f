"""Exercise of lesson 22: one rank's loss, so that the plain average of gradients is right."""

from __future__ import annotations

import warnings

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
    losses, total, ranks = np.array([0.9, 2.3, 0.4, 1.7, 3.1]), 27, 4
    given = answer(losses.copy(), total, ranks)
    require(
        not isinstance(given, tuple),
        "Several results came back. This rank's loss alone is asked for.",
    )
    got = as_array(given, what="the loss")
    require(
        got.shape != losses.shape,
        "A number for each row came back. One loss is asked for, whose gradient is taken.",
    )
    require(got.shape == (), f"One loss is asked for; you return the shape {got.shape}.")
    told = difference(got, loss_for_average_solution(losses, total, ranks))
    if told:
        name_the_mistake(got, _wrong_losses(losses, total, ranks))
    require(not told, f"With {len(losses)} of {total} rows on this one of {ranks} ranks {told}")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        got = as_array(answer(np.zeros(0), 3, 4), what="the loss", finite=False)
    require(
        got.shape == () and np.isfinite(got),
        "With 3 rows on 4 ranks one rank has none, and its loss is NaN there, which makes the "
        "average of all ranks NaN. The sum of no losses is 0; their mean is 0/0.",
    )


def _wrong_losses(losses, total, ranks):
    """Yield what slips give, and which they are."""
    rows = len(losses)
    yield (
        losses.mean(),
        "That is the mean over this rank's rows. Averaged, each rank counts the same, so that a "
        f"row of a small share counts more. Each row is to count 1/{total}.",
    )
    yield (
        losses.sum() / total,
        f"The average over {ranks} ranks divides by {ranks} once more: the steps would be {ranks} "
        "times too small.",
    )
    yield (
        losses.sum(),
        "That is the sum. Averaged it gives the gradient of the sum over all rows divided by "
        f"{ranks}, not of their mean.",
    )
    yield (
        losses.sum() * ranks,
        f"total is missing: that gives the gradient of the sum over all {total} rows, and the "
        "mean is asked for.",
    )
    yield (
        losses.sum() / ranks,
        "The sum is divided by the number of ranks. The average does that; to undo it, multiply.",
    )
    yield (
        losses.sum() / total / ranks,
        "The average over the ranks divides by their number already, and you do it once more. "
        "Multiply by it.",
    )
    yield (
        losses.mean() * ranks,
        "That is the mean over this rank's rows times the number of ranks. Divide their sum by "
        f"{total}, the rows of all ranks, not by the {rows} of this one.",
    )
    yield (
        losses.mean() / ranks,
        "That is the mean over this rank's rows, divided by the number of ranks, which the "
        f"average does again. Each row is to count 1/{total}.",
    )
    yield (
        losses.mean() * total / ranks / rows,
        f"Upside down: the mean over these rows is weighted by {total} / ({ranks} · {rows}). "
        "A share with many rows weighs more, not less.",
    )
    yield (
        losses.mean() / total,
        "The mean has divided by this rank's rows already; total divides once more. Take the sum.",
    )
    yield (
        losses.mean() * ranks / total,
        "The mean has divided by this rank's rows already; total divides once more. Take the sum.",
    )
    yield (
        losses.sum() * total / ranks,
        "Upside down: multiply by the number of ranks and divide by total.",
    )


@loss_for_average.set_inputs
def loss_for_average_inputs(rng):
    yield "the example", (np.array([1.0, 2.0, 6.0]), 5, 2)
    for what, rows, total, ranks in (
        ("more rows than the others have", 7, 20, 3),
        ("fewer rows than the others have", 4, 23, 5),
        ("shares of one size", 6, 24, 4),
        ("one rank alone", 8, 8, 1),
        ("one row", 1, 9, 8),
    ):
        yield what, (rng.exponential(size=rows), total, ranks)
    yield "losses below 0", (rng.normal(-2, 1, size=5), 11, 2)
    yield "huge losses", (1e6 * rng.exponential(size=5), 11, 2)
    yield "equal losses", (np.full(4, 0.25), 13, 3)
    yield "no row on this rank", (np.zeros(0), 3, 4)
