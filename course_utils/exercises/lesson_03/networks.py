"""Layers as matrix products: two that are one, a whole network, its size, one made by hand."""

from itertools import pairwise

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_03.neurons import refuse, sigmoid_of
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    require,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------- two linear layers are one

collapse = Exercise(
    "Return the weights W and the bias b of the one linear layer that equals two in a row.",
    hints=(
        "Write it out: (X W1 + b1) W2 + b2. Multiply the bracket by W2.",
        "X W1 W2 + b1 W2 + b2: what stands beside X is W, the rest is b.",
        "W = W1 @ W2 and b = b1 @ W2 + b2.",
    ),
    praise="However many linear layers stand in a row, one does the same work.",
)


@collapse.set_solution
def collapse_solution(W1, b1, W2, b2):
    """Multiply (X W1 + b1) W2 + b2 out."""
    return W1 @ W2, b1 @ W2 + b2


@collapse.set_check
def collapse_check(answer):
    """Square layers, where a swapped product still has a shape."""
    rng = np.random.default_rng(3)
    W1, W2 = rng.normal(size=(2, 3, 3))
    b1, b2 = rng.normal(size=(2, 3))
    result = answer(W1.copy(), b1.copy(), W2.copy(), b2.copy())
    W, b = take_apart(result, ("W", "b"))
    refuse(
        as_array(W, shape=(3, 3), what="the matrix W"),
        {
            "Your W is W2 @ W1. A row meets W1 first: X @ W1 @ W2, so W1 stands on the left.": (
                W2 @ W1
            ),
            "Your W multiplies element by element. Layers in a row are a matrix product, `@`.": (
                W1 * W2
            ),
            "Your W is W1 + W2. Multiply (X W1 + b1) W2 out: what stands beside X?": W1 + W2,
        },
    )
    refuse(
        as_array(b, what="the bias b").ravel(),
        {
            "Your b is b1 + b2. The first bias passes through the second layer on its way out: "
            "what does W2 do to it?": b1 + b2,
            "Your b lacks the second bias, b2.": b1 @ W2,
            "Your b lacks the first bias. It passes through W2 and comes out too.": b2,
            "Your b is W2 @ b1 + b2. b1 is a row like X @ W1, so it stands left of W2.": (
                W2 @ b1 + b2
            ),
        },
    )


def _collapse_with_a_row(W1, b1, W2, b2):
    """The same, with the bias as a matrix of one row."""
    return W1 @ W2, (b1 @ W2 + b2)[None]


@collapse.set_inputs(also_right=[_collapse_with_a_row])
def collapse_inputs(rng):
    for widths in ((1, 1, 1), (2, 4, 3), (5, 1, 2), (1, 6, 1), (4, 4, 4), (4, 4, 4)):
        (W1, W2), (b1, b2) = _random_parameters(rng, widths)
        yield f"layers of the widths {widths}", (W1, b1, W2, b2)


# ----------------------------------------------------------------------- forward, any depth

forward = Exercise(
    "Return the logits (batch, out) of a network: ReLU after every layer but the last.",
    hints=(
        "Keep one variable for what flows through, and replace it layer by layer.",
        "for W, b in zip(weights[:-1], biases[:-1]): the hidden layers, each with ReLU. "
        "Then the last layer, without.",
        "hidden = np.maximum(hidden @ W + b, 0) in the loop; then return hidden @ weights[-1] "
        "+ biases[-1].",
    ),
    praise="This is the whole forward pass of a dense network, of any depth.",
)


@forward.set_solution
def forward_solution(X, weights, biases):
    """Dense and ReLU for every hidden layer, dense alone at the end."""
    hidden = X  # (batch, in)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        hidden = np.maximum(hidden @ W + b, 0)  # (batch, width of this layer)
    return hidden @ weights[-1] + biases[-1]  # (batch, out)


@forward.set_check
def forward_check(answer):
    """Square layers and a square batch, so that every slip has a shape; then other depths."""
    X, weights, biases = _random_network(np.random.default_rng(16), (4, 4, 4, 4), rows=4)
    result = answer(X.copy(), [W.copy() for W in weights], [b.copy() for b in biases])
    expected = forward_solution(X, weights, biases)
    linear = early = X
    for W, b in zip(weights, biases, strict=True):
        linear, before_bias = linear @ W + b, early @ W
        early = np.maximum(before_bias, 0) + b
    slips = {
        "Your weights are transposed. Here W is (in, out), so a layer is X @ W, without .T.": (
            forward_solution(X, [W.T for W in weights], biases)
        ),
        "The bias is added down the rows. b has one number per neuron, a column of the result: "
        "hidden @ W + b does it, without a reshape.": (
            forward_solution(X, weights, [b[:, None] for b in biases])
        ),
        "The activation is missing on the hidden layers: your network is one linear map.": linear,
        "The last layer goes through ReLU too. Its logits may be negative; cut at 0, all those "
        "rows share one score.": np.maximum(expected, 0),
        "You take ReLU before the bias is added. The order is weighted sum, bias, activation.": (
            before_bias + biases[-1]
        ),
        "You end with a sigmoid. Logits are asked for: leave the last sum as it is.": (
            sigmoid_of(expected)
        ),
        "The biases are missing. Each layer adds its own.": (
            forward_solution(X, weights, [0 * b for b in biases])
        ),
        "Every layer takes what the layer before it gave out. You feed X to each of them, so the "
        "hidden layers have no effect.": X @ weights[-1] + biases[-1],
        "The first layer is left out. Three layers came in; check where your loop starts.": (
            forward_solution(X, weights[1:], biases[1:])
        ),
        "The last layer is left out. Three layers came in; check where your loop ends.": (
            forward_solution(X, weights[:2], biases[:2])
        ),
    }
    refuse(as_array(result, shape=(4, 4), what="the logits"), slips)
    text = difference(result, expected)
    require(not text, f"With three square layers {text} Work this row out by hand.")
    _see_other_depths(answer)


def _see_other_depths(answer):
    rng = np.random.default_rng(5)
    for widths, rows in (((3, 5, 1), 6), ((3, 2), 4), ((2, 6, 5, 4, 1), 3)):
        X, weights, biases = _random_network(rng, widths, rows)
        wanted = forward_solution(X, weights, biases)
        try:
            text = difference(answer(X, weights, biases), wanted)
        except (ValueError, IndexError) as error:
            text = f"it raises {type(error).__name__}."
        require(
            not text,
            f"With three square layers it works; with layers of the widths {widths} {text} Let "
            "the loop run over however many layers come in, of whatever width.",
        )


@forward.set_inputs
def forward_inputs(rng):
    for widths, rows in (
        ((3, 5, 2), 4),
        ((2, 2, 2, 2, 2), 1),
        ((4, 4, 4, 4), 4),
        ((2, 7, 3, 5, 1), 6),
    ):
        yield f"widths {widths}, a batch of {rows}", _random_network(rng, widths, rows)


def _random_network(rng, widths, rows):
    """Draw a batch and the parameters of a network with these widths."""
    return rng.normal(size=(rows, widths[0])), *_random_parameters(rng, widths)


def _random_parameters(rng, widths):
    """Draw the weights and the biases of layers with these widths."""
    weights = [rng.normal(size=pair) for pair in pairwise(widths)]
    return weights, [rng.normal(size=width) for width in widths[1:]]


# --------------------------------------------------------------------------- counting parameters

count_parameters = Exercise(
    "Return how many numbers a dense network with these layer widths can learn.",
    hints=(
        "A layer from 30 inputs to 16 neurons: how large is its weight matrix, how long its bias?",
        "Each layer has inputs × outputs weights and one bias per output.",
        "Add (inputs + 1) * outputs over the neighbouring pairs in widths.",
    ),
    praise="Weights, and one bias per neuron: all that training can change.",
)


@count_parameters.set_solution
def count_parameters_solution(widths):
    """Weights and biases of every neighbouring pair of widths."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))


@count_parameters.set_check
def count_parameters_check(answer):
    """Widths for which the counts that usual slips give are all different numbers."""
    got = as_array(answer((30, 16, 3)), shape=(), what="the count")
    weights, neurons = 30 * 16 + 16 * 3, 16 + 3
    refuse(
        got,
        {
            "You count the weights alone. Every neuron has a bias too.": weights,
            "You count one bias per layer. There is one per neuron.": weights + 2,
            "The inputs got biases as well. They are data; only neurons have biases.": (
                weights + 30 + neurons
            ),
            "You give each layer as many biases as it has inputs. A bias belongs to an output.": (
                weights + 30 + 16
            ),
            "You count neurons. Parameters are the weights between them and their biases.": (
                30 + neurons
            ),
            "You multiply all widths. Only neighbouring layers are joined by weights.": (
                30 * 16 * 3 + neurons
            ),
        },
    )


@count_parameters.set_inputs
def count_parameters_inputs(rng):
    yield "widths (3, 2)", ((3, 2),)
    yield "a network as narrow as can be", ((1, 1, 1),)
    for layers in (2, 3, 5, 9):
        widths = tuple(map(int, rng.integers(1, 70, size=layers)))
        yield f"widths {widths}", (widths,)


# ------------------------------------------------------------------------ a network by hand

sensor_network = Exercise(
    "Return W1, b1, W2, b2 of a ReLU network whose logit is positive when two sensors disagree.",
    hints=(
        "The difference x1 − x2 says it all, but it has two signs. One ReLU neuron sees one sign.",
        "Two neurons: ReLU(x1 − x2) and ReLU(x2 − x1). Their sum is |x1 − x2|.",
        "W1 = [[1, −1], [−1, 1]] makes both differences, W2 = [[1], [1]] adds them, and b2 = −0.6 "
        "is the threshold.",
    ),
    praise="Two ReLU neurons make an absolute value: an anomaly that no single line finds.",
)


@sensor_network.set_solution
def sensor_network_solution():
    """|x1 − x2| from two ReLU neurons, minus a threshold."""
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0]])  # (2, 2): columns x1 − x2 and x2 − x1
    b1 = np.zeros(2)  # (2,)
    W2 = np.array([[1.0], [1.0]])  # (2, 1): add both
    b2 = np.array([-0.6])  # (1,): how much disagreement is too much
    return W1, b1, W2, b2


@sensor_network.set_check
def sensor_network_check(answer):
    """Judge the decisions on rows of which every coordinate alone is ordinary."""
    W1, b1, W2, b2 = _network_of(answer())
    X, y = _two_sensors()

    def alarms(rows):
        return (np.maximum(rows @ W1 + b1, 0) @ W2 + b2)[:, 0] > 0

    _judge_sensor_network(X, y, alarms(X))
    _refuse_one_sensor_alone(X, y, alarms)
    wrong = np.flatnonzero(alarms(X) != y)
    if wrong.size:
        (first, second), disagree = X[wrong[0]], y[wrong[0]]
        raise Misconception(
            f"{wrong.size} of {len(y)} rows are wrong; all can be right. Your network "
            f"{'misses' if disagree else 'gives an alarm for'} ({first:.2f}, {second:.2f}), which "
            f"differs by {abs(first - second):.2f}. Alarms reach {alarms(X)[y].mean():.0%} "
            f"of the anomalies and {alarms(X)[~y].mean():.0%} of the normal rows. What do the "
            "anomalies have in common that no sensor shows alone?"
        )


def _judge_sensor_network(X, y, alarm):
    require(
        alarm.any() and not alarm.all(),
        f"Your network gives {'an alarm for every row' if alarm.all() else 'no alarm at all'}. "
        "The last bias b2 is the threshold: minus the disagreement that is still fine.",
    )
    above, below = y & (X[:, 0] < X[:, 1]), y & (X[:, 0] > X[:, 1])
    missed = {"x1 > x2": 1 - alarm[below].mean(), "x1 < x2": 1 - alarm[above].mean()}
    require(
        not (alarm[~y].mean() > 0.9 and max(missed.values()) > 0.5),
        "It is the wrong way round: rows that agree get the alarm. Turn the signs of W2 and b2.",
    )
    for seen, unseen in (("x1 > x2", "x1 < x2"), ("x1 < x2", "x1 > x2")):
        require(
            not (missed[unseen] > 0.9 and missed[seen] < 0.1),
            f"You find the rows with {seen} and miss those with {unseen}. One neuron looks one "
            "way, and two that cancel each other see no more: give the other side its own neuron "
            "and add both.",
        )


def _refuse_one_sensor_alone(X, y, alarms):
    for sensor in (0, 1):
        others = X.copy()
        others[:, 1 - sensor] = X[::-1, 1 - sensor]
        require(
            np.any(alarms(others) != alarms(X)),
            f"Your network looks at x{sensor + 1} alone, and {np.mean(alarms(X) == y):.0%} of the "
            "rows are right. Here every value alone is ordinary: the disagreement shows in both "
            "sensors together.",
        )


def _network_of(parts):
    """Return W1 (2, h), b1 (h,), W2 (h, 1), b2 (1,), or say which of them does not fit."""
    require(
        isinstance(parts, tuple | list) and len(parts) == 4,
        "Return four things, `return W1, b1, W2, b2`.",
    )
    names = ("W1", "b1", "W2", "b2")
    W1, *others = (as_array(part, what=name) for part, name in zip(parts, names, strict=True))
    hidden = W1.shape[-1] if W1.ndim == 2 else 0
    require(
        W1.ndim == 2 and len(W1) == 2 and hidden,
        f"W1 has shape {W1.shape}; (2, hidden) is expected: one row per sensor, one column per "
        "hidden neuron.",
    )
    for array, name, shape in zip(others, names[1:], ((hidden,), (hidden, 1), (1,)), strict=True):
        require(
            array.size == np.prod(shape) and max(array.shape, default=1) == array.size,
            f"{name} has shape {array.shape}; {shape} is expected beside W1 of shape {W1.shape}.",
        )
    b1, W2, b2 = (array.ravel() for array in others)
    return W1, b1, W2[:, None], b2


def _two_sensors():
    """Return X (900, 2), two sensors of one quantity, and y (900,), True where they disagree.

    Every value, of normal rows and of anomalies, lies between −1 and 1.
    """
    rng = np.random.default_rng(0)
    y = np.arange(900) % 3 == 0
    apart = np.where(y, rng.uniform(1, 1.6, 900), rng.uniform(0, 0.2, 900))
    apart[:60:3], apart[1:60:3] = 1.0, 0.2  # at the ends of what the task allows
    middle = rng.uniform(-1, 1, 900) * (1 - apart / 2)
    half = rng.choice([-0.5, 0.5], 900) * apart
    return np.column_stack([middle + half, middle - half]), y
