"""Pairs of trainings, in one process and in many, of which is known how they differ.

Everything is small and of NumPy. What a pair is called follows from how it was made, and it is
kept only where its differences say so clearly: those of rounding shrink a millionfold in float64.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, field

from course_utils.exercises.results import require

import numpy as np

ROWS = 48
ALL = [np.arange(ROWS)]
HALVES = np.array_split(np.arange(ROWS), 2)
QUARTERS = np.array_split(np.arange(ROWS), 4)
UNEVEN = np.split(np.arange(ROWS), [30])
GROWN = "two ranks at a high rate, where rounding grows"


@dataclass
class Pair:
    """Two ways of training: `told` says which, `truth` what their difference is."""

    told: str
    truth: str
    weights: dict
    asked: list = field(default_factory=list)

    def one(self, dtype):
        """Return the weights trained in one process."""
        return self._trained(0, dtype)

    def many(self, dtype):
        """Return the weights trained in many processes."""
        return self._trained(1, dtype)

    def _trained(self, way, dtype):
        require(
            isinstance(dtype, str) and dtype in self.weights,
            f'one and many take the text "float32" or "float64"; they got {dtype!r}.',
        )
        self.asked.append(dtype)
        return self.weights[dtype][way].copy()

    def difference(self, dtype):
        """Return the largest difference of the weights, as a share of the largest weight."""
        one, many = self.weights[dtype]
        return float(np.abs(one - many).max() / np.abs(one).max())

    def times(self, factor):
        """Return the same pair in another unit of weights."""
        weights = {
            dtype: [way * way.dtype.type(factor) for way in ways]
            for dtype, ways in self.weights.items()
        }
        return Pair(self.told, self.truth, weights)

    @property
    def clear(self):
        """Whether any sensible rule can tell what the difference is."""
        single, double = self.difference("float32"), self.difference("float64")
        if self.truth == "same":
            return single == double == 0
        if self.truth == "rounding":
            return single > 0 and double <= min(1e-10, 1e-6 * single)
        return double >= 3e-7 and 0.1 <= double / max(single, 1e-300) <= 10


def network(X, weights):
    """Return the gradient of an autoencoder's squared error, tied weights and tanh, by rows."""

    def gradient(weights, rows):
        inputs = X.astype(weights.dtype)[rows]  # (n, columns)
        hidden = np.tanh(inputs @ weights)  # (n, units)
        errors = hidden @ weights.T - inputs
        slopes = (errors @ weights) * (1 - hidden**2)
        return (inputs.T @ slopes + errors.T @ hidden) / weights.dtype.type(len(rows))

    return gradient, weights


def line(X, y):
    """Return the gradient of a linear regression's squared error, by rows, and a start at 0."""

    def gradient(weights, rows):
        inputs, wanted = X.astype(weights.dtype)[rows], y.astype(weights.dtype)[rows]
        return inputs.T @ (inputs @ weights - wanted) / weights.dtype.type(len(rows))

    return gradient, np.zeros(X.shape[1])


def train(model, dtype, steps, rate, shards=ALL, decay=0.0, epsilon=None):
    """Return the weights after each step, (steps, weights), in one type of number.

    Parameters
    ----------
    model : pair of a function ``gradient(weights, rows)`` and the first weights
    dtype : str
    steps : int
    rate : float
    shards : sequence of arrays
        The rows of each rank; the ranks' gradients are averaged.
    decay : float
        Of the weights.
    epsilon : float, optional
        Adam's; None trains by plain steps.
    """
    gradient, weights = model
    number = np.dtype(dtype).type
    weights, history = weights.astype(dtype), []
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for _ in range(steps):
        step = sum(gradient(weights, rows) for rows in shards) / number(len(shards))
        step = step + number(decay) * weights
        if epsilon is not None:
            first = number(0.9) * first + number(0.1) * step
            second = number(0.99) * second + number(0.01) * step**2
            step = first / (np.sqrt(second) + number(epsilon))
        weights = weights - number(rate) * step
        history.append(weights.ravel())
    return np.array(history)


def _pair(told, truth, model, one, many):
    trained = {
        dtype: [train(model, dtype, **way) for way in (one, many)]
        for dtype in ("float32", "float64")
    }
    step = -1
    if told == GROWN:  # as early as can be, before float64 is lost as well
        single = np.abs(np.subtract(*trained["float32"])).max(axis=1)
        step = int(np.argmax(single > 0.03))  # 0 where it has not grown
    weights = {dtype: [way[step] for way in ways] for dtype, ways in trained.items()}
    return Pair(told, truth, weights)


def _candidates(seed):
    """Yield one pair of each kind; a few may not be clear."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(ROWS, 5)) @ rng.normal(size=(5, 5))
    model = network(X, 0.3 * rng.normal(size=(5, 3)))
    few = {"steps": 50, "rate": 0.02}
    fast = {"steps": 220, "rate": rng.uniform(0.5, 0.8)}
    adam = {"steps": 80, "rate": 0.02, "epsilon": 1e-8}
    halves, quarters = {"shards": HALVES}, {"shards": QUARTERS}
    turned = {"shards": HALVES[::-1]}
    for told, truth, one, many in (
        ("two ranks in another order", "same", few | halves, few | turned),
        ("two ranks in another order, by Adam", "same", adam | halves, adam | turned),
        ("two ranks", "rounding", few, few | halves),
        ("four ranks, by Adam", "rounding", adam, adam | quarters),
        (GROWN, "rounding", fast, fast | halves),
        ("the averaged means of 30 and of 18 rows", "different", few, few | {"shards": UNEVEN}),
        ("a rank that gets no gradients", "different", few, few | {"shards": HALVES[:1]}),
        ("in one of the two a decay of 1e-6", "different", few, few | halves | {"decay": 1e-6}),
        (
            "rates that differ by 3e-6",
            "different",
            few,
            few | halves | {"rate": 0.02 + 6e-8},
        ),
        ("an epsilon of 1e-6 in Adam", "different", adam, adam | quarters | {"epsilon": 1e-6}),
    ):
        yield _pair(told, truth, model, one, many)
    turned = _pair("units that are gathered in another order", "different", model, few, few)
    for dtype, (one, many) in turned.weights.items():
        turned.weights[dtype] = one, many.reshape(5, 3)[:, ::-1].ravel()
    yield turned
    few = {"steps": 12, "rate": 0.1}
    inputs = rng.normal(size=(ROWS, 6))
    wanted = inputs @ rng.uniform(1, 2, size=6) + 0.3 * rng.normal(size=ROWS)
    slower = few | halves | {"decay": 1e-5}  # all weights are above 0 and become smaller
    for unit, size in ((1e8, "huge"), (1e-8, "tiny")):
        model = line(inputs, unit * wanted)
        yield _pair(f"two ranks, and {size} weights", "rounding", model, few, few | halves)
        told = f"a decay of 1e-5 in {{}}, and {size} weights"
        yield _pair(told.format("many"), "different", model, few, slower)
        yield _pair(told.format("one"), "different", model, slower, few)


@functools.cache
def pairs(seed, each):
    """Return clear pairs, `each` of every kind.

    Parameters
    ----------
    seed : int
    each : int

    Returns
    -------
    list of Pair
    """
    kept, counts = [], {}
    for number in itertools.count():
        for pair in _candidates([seed, number]):
            counts.setdefault(pair.told, 0)
            if pair.clear and counts[pair.told] < each:
                counts[pair.told] += 1
                kept.append(pair)
        if min(counts.values()) == each or number > 20:
            return kept
