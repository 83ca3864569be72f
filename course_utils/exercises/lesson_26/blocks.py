"""Exercise of lesson 26 on early fusion: blocks of columns that weigh the same in a distance."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, plain, require, take_apart

import numpy as np

# ------------------------------------------------------------------------------- 7 · block weights

NEAR = 1.1  # times, that one block's distance may be the other's

block_weights = Exercise(
    "Return two weights for the columns of a picture (n, p) and the temperatures (n, q) of normal "
    "parts: times these, two parts lie as far apart in the one block as in the other on average.",
    hints=(
        "Each column adds its squared difference to a squared distance: many columns, or columns "
        "in small units, add much. Where 0 lies, a distance does not know.",
        "Between two parts drawn at random a column's squared difference is twice its variance on "
        "average. Sum that over a block: how far are two parts apart?",
        "The root mean square distance of a block is np.sqrt(2 * block.var(axis=0).sum()); its "
        "weight is one over that.",
    ),
    praise="Right: for standardised columns that is one over the root of their number. Balanced "
    "is not best for each kind: what one block shows alone, the other partly hides.",
)


@block_weights.set_solution
def block_weights_solution(picture, temperatures):
    blocks = picture, temperatures
    apart = [np.sqrt(2 * block.var(axis=0).sum()) for block in blocks]  # root mean square distance
    return 1 / apart[0], 1 / apart[1]


def _distances(block):
    """Return the distances of all pairs of different rows, (n (n - 1) / 2,)."""
    gram = block @ block.T
    squares = np.diag(gram)
    pairs = np.maximum(squares[:, None] + squares - 2 * gram, 0)
    return np.sqrt(pairs[np.triu_indices(len(block), 1)])


MIDDLES = {
    "root mean square": lambda distances: np.sqrt(np.mean(distances**2)),
    "mean": np.mean,
    "median": np.median,
}


@block_weights.set_check
def block_weights_check(answer):
    rng = np.random.default_rng(267)
    for what, picture, temperatures in _blocks(rng):
        result = plain(answer(picture.copy(), temperatures.copy()))
        if isinstance(result, np.ndarray) and result.shape == (2,):
            result = list(result)  # an array of two will do as well
        result = take_apart(result, ("weight of the picture", "weight of the temperatures"))
        weights = [float(as_array(each, shape=(), what="a weight")) for each in result]
        require(
            min(weights) > 0,
            f"The weights are {weights[0]:.4g} and {weights[1]:.4g}; both shall be above 0.",
        )
        apart = [
            {name: middle(_distances(b - b.mean(axis=0))) for name, middle in MIDDLES.items()}
            for b in (picture, temperatures)
        ]
        times = weights[0] / weights[1]
        ratios = {name: times * apart[0][name] / apart[1][name] for name in MIDDLES}
        if any(1 / NEAR < each < NEAR for each in ratios.values()):
            continue
        for wrong, message in _wrong_weights(picture, temperatures, apart):
            require(abs(times / wrong - 1) > 1e-5, message)
        mean = ratios["mean"]
        raise Misconception(
            f"With {what} and your weights {weights[0]:.4g} and {weights[1]:.4g}, two parts lie "
            f"{weights[0] * apart[0]['mean']:.4g} apart in the picture and "
            f"{weights[1] * apart[1]['mean']:.4g} in the temperatures on average, {mean:.3g} "
            "times as far."
        )


def _wrong_weights(picture, temperatures, apart):
    """Yield quotients of the weights that slips lead to, and which they are."""
    p, q = picture.shape[1], temperatures.shape[1]
    blocks = picture, temperatures
    rms = apart[0]["root mean square"] / apart[1]["root mean square"]
    spreads = [block.std() for block in blocks]
    norms = [np.sqrt((block**2).sum(axis=1).mean()) for block in blocks]
    mean_norms = [np.sqrt((block**2).sum(axis=1)).mean() for block in blocks]
    means = [block.std(axis=0).mean() for block in blocks]
    yield (
        1,
        "Both weights are equal: the block with more columns, or larger numbers, drowns the "
        "other.",
    )
    yield np.sqrt(q / p), _COUNTED
    yield (
        q / p,
        "That divides by the number of columns. A distance grows with its root, and with how far "
        "each column varies.",
    )
    yield p / q, "That weighs the block with more columns more: they drown the other."
    for turned in (rms, apart[0]["mean"] / apart[1]["mean"]):
        yield turned, "The other way round: the block that lies farther apart gets more weight."
    yield (
        rms**-2,
        "Those are one over squared distances. The weights multiply columns: take roots.",
    )
    zero = "How far rows lie from 0 is measured, and 180 °C is far. Two parts differ by less."
    for far in (norms, mean_norms):
        yield far[1] / far[0], zero
    # the spread of all entries together: of the means of columns as well
    yield spreads[1] / spreads[0], _A_COLUMN
    yield means[1] / means[0], _A_COLUMN


_COUNTED = (
    "That counts the columns and not how far each varies. One over the root of their number is "
    "right for standardised columns; these are as measured."
)
_A_COLUMN = (
    "That is how far one column varies. A block of many columns lies farther apart: their "
    "variances add up."
)


def _blocks(rng):
    """Yield what the blocks are, columns of the picture and temperatures of normal parts."""
    place = np.linspace(-1, 1, 16)
    level, slope = rng.normal(180, 4, (50, 1)), rng.normal(0, 1.5, (50, 1))
    bow = 6 * rng.choice([-1, 1], (50, 1)) * (0.5 - place**2)
    temperatures = level + slope * place + bow + rng.normal(0, 1.2, (50, 16))
    picture = rng.gamma(2, 1, (50, 112)) * 10.0 ** rng.uniform(-2, 0, 112)
    yield "columns as they are measured", picture, temperatures
    scaled = [(b - b.mean(axis=0)) / b.std(axis=0) for b in (picture, temperatures)]
    yield "standardised columns", *scaled
    yield "the example", np.array([[0.0, 0], [3, 4]]), np.array([[20.0], [30.0]])
    yield "few columns of the picture", picture[:, :3] * 40, temperatures
    yield "one column each", picture[:, :1], temperatures[:, :1]
    yield "columns that do not vary", picture * (np.arange(112) % 3 > 0), temperatures
    yield "correlated columns", rng.normal(size=(40, 1)) + 0.01 * picture[:40], temperatures[:40]
    yield "columns far from 0", picture + 500, temperatures / 100
