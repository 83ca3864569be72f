"""Exercises of lesson 03: a neuron, layers as matrix products, activations, a network by hand."""

import warnings
from itertools import pairwise

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# ---------------------------------------------------------------------------------- one neuron

neuron = Exercise(
    "Return σ(Xw + b) for every row of X: one number per row, shape (batch,).",
    hints=(
        "A matrix of shape (batch, in) times a vector of shape (in,) gives one number per row.",
        "First z = X @ weights + bias, then the activation of z. The bias is added once.",
        "z = X @ weights + bias, and then return 1 / (1 + np.exp(-z)).",
    ),
    praise="Weighted sum, bias, activation, in this order, and all rows at once.",
)


@neuron.set_solution
def neuron_solution(X, weights, bias):
    """Weighted sum of every row, plus the bias, through the sigmoid."""
    z = X @ weights + bias  # (batch, in) @ (in,) + () -> (batch,)
    return 1 / (1 + np.exp(-z))


@neuron.set_check
def neuron_check(answer):
    """Compare with the formula on four rows, and look for the usual slips."""
    X = np.array([[1.0, 2.0, -1.0], [0.5, -0.4, 1.2], [-2.0, 0.3, 0.8], [0.0, 0.0, 0.0]])
    weights, bias = np.array([0.7, -0.6, 1.1]), 0.4
    value = answer(X.copy(), weights.copy(), bias)
    _refuse_other_than_one_number_per_row(value, len(X))
    got = as_array(value, shape=(len(X),))
    z = X @ weights + bias
    _refuse_known(
        got,
        _sigmoid(z),
        {
            "The activation is missing: you return z = Xw + b. Send z through the sigmoid.": z,
            "You add the bias after the activation. It belongs inside: σ(Xw + b), not "
            "σ(Xw) + b.": _sigmoid(X @ weights) + bias,
            "The bias is added once per feature. It is added once per neuron, after the weighted "
            "sum: look at which side of the sum it stands.": _sigmoid((X * weights + bias).sum(1)),
            "The bias is missing: a row of zeros gives σ(b), not 0.5.": _sigmoid(X @ weights),
            "The sign is turned: σ(z) is 1 / (1 + exp(−z)), with a minus in the exponent.": (
                _sigmoid(-z)
            ),
        },
        "the rows",
    )


def _refuse_other_than_one_number_per_row(value, rows):
    shape = np.shape(value) if value is not None else None
    require(
        shape != (rows, 1),
        f"The result has shape ({rows}, 1), a matrix with one column; ({rows},) is expected. "
        "Subtract labels of shape (batch,) from such a column and NumPy builds a (batch, batch) "
        "matrix without a word. Keep the weights a vector, or drop the column with [:, 0].",
    )
    require(
        shape != (),
        "You return one number for the whole batch. The sum runs over the features of each row; "
        "the rows stay apart. X @ weights does that.",
    )


# ------------------------------------------------------------------------------ stable sigmoid

stable_sigmoid = Exercise(
    "Return σ(z) for an array z of any shape, without overflow at z = ±1000.",
    hints=(
        "Which sign of z makes exp(−z) huge? For the other sign the usual formula is safe.",
        "np.where computes both branches for every element, so each must be safe everywhere. "
        "Which exponential is never above 1, whatever the sign of z?",
        "e = np.exp(-np.abs(z)) is never above 1. For z ≥ 0 the answer is 1 / (1 + e), for "
        "z < 0 it is e / (1 + e).",
    ),
    praise="The same function, written so that no exponential ever sees a large positive number.",
)


@stable_sigmoid.set_solution
def stable_sigmoid_solution(z):
    """Use exp(−|z|), which is never above 1."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@stable_sigmoid.set_check
def stable_sigmoid_check(answer):
    """Ordinary values first, then the far ends, value and warnings apart."""
    z = np.array([[-3.0, -0.5, 0.0], [0.5, 2.0, 6.0]])
    got = as_array(_array_at_once(answer, z), shape=z.shape)
    _refuse_known(
        got,
        _sigmoid(z),
        {
            "The sign is turned: σ grows with z, from 0 on the far left to 1.": _sigmoid(-z),
            "That is tanh, which runs from −1 to 1. σ runs from 0 to 1: σ(0) is 0.5.": np.tanh(z),
        },
        "ordinary values of z",
    )
    _refuse_overflow(answer)
    tail = as_array(answer(np.array([-25.0, -30.0])), shape=(2,))
    require(
        tail[0] < 1e-10 and abs(tail[1] - _sigmoid(-30.0)) < 1e-12,
        f"At z = −30 you return {tail[1]:.2g}; σ(−30) is 9.4e−14. Cutting z off, or adding a "
        "small constant, gives different rows the same score. Look for a form that needs no cut.",
    )
    far = as_array(answer(np.array([-1000.0, 1000.0])), shape=(2,))
    require(
        np.allclose(far, [0, 1], atol=1e-12),
        f"At z = −1000 and 1000 you return {far[0]:.3g} and {far[1]:.3g}; 0 and 1 are expected.",
    )


def _array_at_once(answer, z):
    try:
        return answer(z.copy())
    except ValueError as error:
        require(
            "truth value" not in str(error),
            "`if z >= 0` asks one yes-or-no question of a whole array. Use np.where or a mask, "
            "so that every element gets its own answer.",
        )
        raise


def _refuse_overflow(answer):
    right, right_overflows = _with_overflow(answer, 1000.0)
    left, left_overflows = _with_overflow(answer, -1000.0)
    for z, value in ((1000, right), (-1000, left)):
        require(
            not np.isnan(value),
            f"At z = {z} you return NaN: exp(1000) is infinite, and infinity divided by infinity "
            "is not a number. For that sign of z, use the other form of σ.",
        )
    require(
        not (right_overflows and left_overflows),
        "The values are right, but both ends overflow: np.where computes both branches for every "
        "element before it picks one. Make each branch safe: exp(−|z|) is never above 1.",
    )
    require(
        not (right_overflows or left_overflows),
        f"At z = {1000 if right_overflows else -1000} you compute exp(1000), which overflows: "
        "float64 ends near exp(709). The value may come out right, but it comes with a warning "
        "that hides real trouble. Use exp of a negative number only.",
    )


def _with_overflow(answer, z):
    """Return the answer at z, a float, and whether NumPy remarked on it."""
    with warnings.catch_warnings(record=True) as remarks, np.errstate(over="warn", invalid="warn"):
        warnings.simplefilter("always")
        value = answer(np.array([z]))
    overflows = any("overflow" in str(each.message) for each in remarks)
    return float(np.asarray(value, dtype=float).ravel()[0]), overflows


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
    """Square layers, where a swapped product still has a shape, then layers of unequal width."""
    for widths in ((3, 3, 3), (2, 4, 3)):
        rng = np.random.default_rng(3)
        W1, W2 = (rng.normal(size=pair) for pair in (widths[:2], widths[1:]))
        b1, b2 = (rng.normal(size=width) for width in widths[1:])
        pair = answer(W1.copy(), b1.copy(), W2.copy(), b2.copy())
        require(
            isinstance(pair, tuple | list) and len(pair) == 2,
            "Return two things, the weights and the bias: `return W, b`.",
        )
        W = as_array(pair[0], shape=(widths[0], widths[2]), what="the matrix W")
        b = as_array(pair[1], what="the bias b")
        require(
            b.shape in ((widths[2],), (1, widths[2])),
            f"The bias b has shape {b.shape}; one number per output, ({widths[2]},), is expected.",
        )
        _check_collapsed(W, b.ravel(), W1, b1, W2, b2)


def _check_collapsed(W, b, W1, b1, W2, b2):
    if len(W1) == W2.shape[1]:
        require(
            not _same(W, W2 @ W1),
            "Your W is W2 @ W1. A row meets W1 first: X @ W1 @ W2, so W1 stands on the left.",
        )
        require(
            not _same(W, W1 * W2),
            "Your W multiplies element by element. Layers in a row are a matrix product, `@`.",
        )
    require(_same(W, W1 @ W2), "W is not right yet. Multiply (X W1 + b1) W2 out: what is at X?")
    _refuse_known(
        b,
        b1 @ W2 + b2,
        {
            "Your b is b1 + b2. The first bias passes through the second layer on its way out: "
            "what does W2 do to it?": b1 + b2 if b1.shape == b2.shape else None,
            "Your b lacks the second bias, b2.": b1 @ W2,
            "Your b lacks the first bias. It passes through W2 and comes out too.": b2,
            "Your b is W2 @ b1 + b2. b1 is a row like X @ W1, so it stands left of W2.": (
                W2 @ b1 + b2 if b1.shape == b2.shape else None
            ),
        },
        "the bias",
    )


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
    X, weights, biases = _random_network((4, 4, 4, 4), rows=4)
    got = as_array(_forward_of(answer, X, weights, biases), shape=(4, 4), what="the logits")
    steps = {
        "Your weights are transposed. Here W is (in, out), so a layer is X @ W, without .T.": (
            lambda h, W, b, last: _relu_unless(last, h @ W.T + b)
        ),
        "The bias is added down the rows. b has one number per neuron, a column of the result: "
        "hidden @ W + b does it, without a reshape.": (
            lambda h, W, b, last: _relu_unless(last, h @ W + b[:, None])
        ),
        "The activation is missing on the hidden layers: your network is one linear map.": (
            lambda h, W, b, last: h @ W + b
        ),
        "The last layer goes through ReLU too. Its logits may be negative; cut at 0, "
        "all those rows share one score.": (lambda h, W, b, last: np.maximum(h @ W + b, 0)),
        "You take ReLU before the bias is added. The order is weighted sum, bias, activation.": (
            lambda h, W, b, last: h @ W + b if last else np.maximum(h @ W, 0) + b
        ),
        "You end with a sigmoid. Logits are asked for: leave the last sum as it is.": (
            lambda h, W, b, last: _sigmoid(h @ W + b) if last else np.maximum(h @ W + b, 0)
        ),
    }
    wrong = {text: _run(X, weights, biases, step) for text, step in steps.items()}
    text = (
        "Every layer takes what the layer before it gave out. You feed X to each of them, so the "
        "hidden layers have no effect."
    )
    wrong[text] = X @ weights[-1] + biases[-1]
    text = "One layer is left out. Three layers came in; check where your loop ends."
    wrong[text] = _run(X, weights[1:], biases[1:], _right_step)
    _refuse_known(got, _run(X, weights, biases, _right_step), wrong, "the logits")
    for widths, rows in (((3, 5, 1), 6), ((3, 2), 4), ((2, 6, 5, 4, 1), 3)):
        X, weights, biases = _random_network(widths, rows)
        got = as_array(
            _forward_of(answer, X, weights, biases), shape=(rows, widths[-1]), what="the logits"
        )
        require(
            _same(got, _run(X, weights, biases, _right_step)),
            f"With three layers it works, with {len(weights)} it does not. Let the loop run over "
            "however many layers come in.",
        )


def _forward_of(answer, X, weights, biases):
    copies = X.copy(), [W.copy() for W in weights], [b.copy() for b in biases]
    try:
        return answer(*copies)
    except (ValueError, IndexError) as error:
        if len(weights) == 3:
            raise
        widths = [X.shape[1], *(len(b) for b in biases)]
        raise Misconception(
            f"With three square layers it works; with layers of the widths {widths} it raises "
            f"{type(error).__name__}. Let the loop run over however many layers come in, of "
            "whatever width."
        ) from None


def _random_network(widths, rows):
    """Draw a batch and the parameters of a network with these widths."""
    rng = np.random.default_rng(sum(widths))
    weights = [rng.normal(size=pair) for pair in pairwise(widths)]
    return rng.normal(size=(rows, widths[0])), weights, [rng.normal(size=n) for n in widths[1:]]


def _run(X, weights, biases, step):
    """Carry X through the layers with `step(inputs, W, b, last)`."""
    for number, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        X = step(X, W, b, number == len(weights))
    return X


def _right_step(inputs, W, b, last):
    return _relu_unless(last, inputs @ W + b)


def _relu_unless(last, z):
    return z if last else np.maximum(z, 0)


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
    """Three networks with known counts, and the counts that usual slips give."""
    for widths in ((3, 2), (30, 16, 1), (64, 32, 16, 32, 64)):
        pairs = list(pairwise(widths))
        weights, neurons = sum(a * b for a, b in pairs), sum(widths[1:])
        got = as_array(answer(tuple(widths)), shape=(), what="the count")
        _refuse_known(
            got,
            weights + neurons,
            {
                f"For {widths} you count the weights alone. Every neuron has a bias too.": weights,
                f"For {widths} you count one bias per layer. There is one per neuron.": (
                    weights + len(pairs)
                ),
                f"For {widths} the inputs got biases as well. They are data; only neurons have "
                "biases.": weights + sum(widths),
                f"For {widths} you give each layer as many biases as it has inputs. A bias "
                "belongs to an output.": weights + sum(widths[:-1]),
                f"For {widths} you count neurons. Parameters are the weights between them and "
                "their biases.": sum(widths),
            },
            f"widths = {widths}",
        )


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
    logit = (np.maximum(X @ W1 + b1, 0) @ W2 + b2)[:, 0]
    _judge_sensor_network(X, y, logit)


def _judge_sensor_network(X, y, logit):
    alarm = logit > 0
    require(
        alarm.any() and not alarm.all(),
        f"Your network gives {'an alarm for every row' if alarm.all() else 'no alarm at all'}. "
        "The last bias b2 is the threshold: minus the disagreement that is still fine.",
    )
    above, below = y & (X[:, 0] < X[:, 1]), y & (X[:, 0] > X[:, 1])
    missed = {"x1 > x2": 1 - alarm[below].mean(), "x1 < x2": 1 - alarm[above].mean()}
    false_alarms = alarm[~y].mean()
    require(
        not (false_alarms > 0.9 and max(missed.values()) > 0.5),
        "It is the wrong way round: rows that agree get the alarm. Turn the signs of W2 and b2.",
    )
    for seen, unseen in (("x1 > x2", "x1 < x2"), ("x1 < x2", "x1 > x2")):
        require(
            not (missed[unseen] > 0.9 and missed[seen] < 0.1),
            f"You find the rows with {seen} and miss those with {unseen}. One neuron looks one "
            "way, and two that cancel each other see no more: give the other side its own neuron "
            "and add both.",
        )
    right = np.mean(alarm == y)
    require(
        right >= 0.98,
        f"{right:.0%} of the rows are right; 98 % are asked for. You miss "
        f"{1 - alarm[y].mean():.0%} of the anomalies and raise a false alarm on "
        f"{false_alarms:.0%} of the normal rows. What do the anomalies have in common that no "
        "sensor shows alone?",
    )


def _network_of(parts):
    """Return W1 (2, h), b1 (h,), W2 (h, 1), b2 (1,), or say which of them does not fit."""
    require(
        isinstance(parts, tuple | list) and len(parts) == 4,
        "Return four things, `return W1, b1, W2, b2`.",
    )
    W1, b1, W2, b2 = (
        as_array(part, what=name)
        for part, name in zip(parts, ("W1", "b1", "W2", "b2"), strict=True)
    )
    require(
        W1.ndim == 2 and W1.shape[0] == 2 and 1 <= W1.shape[1] <= 16,
        f"W1 has shape {W1.shape}; (2, hidden) is expected: one row per sensor, one column per "
        "hidden neuron, at most 16 of them.",
    )
    hidden = W1.shape[1]
    for array, name, shapes in (
        (b1, "b1", ((hidden,), (1, hidden))),
        (W2, "W2", ((hidden, 1), (hidden,))),
        (b2, "b2", ((1,), (), (1, 1))),
    ):
        require(
            array.shape in shapes,
            f"{name} has shape {array.shape}; {shapes[0]} is expected beside W1 of shape "
            f"{W1.shape}.",
        )
    return W1, b1.reshape(hidden), W2.reshape(hidden, 1), b2.reshape(1)


def _two_sensors():
    """Return X (600, 2), two sensors of one quantity, and y (600,), True where they disagree."""
    rng = np.random.default_rng(0)
    y = np.arange(600) % 3 == 0
    middle = rng.uniform(-1, 1, 600)
    gap = np.where(y, rng.uniform(1, 1.6, 600), rng.uniform(0, 0.2, 600)) * rng.choice(
        [-1, 1], 600
    )
    return np.column_stack([middle + gap / 2, middle - gap / 2]), y


# ------------------------------------------------------------------------------- stable softmax

stable_softmax = Exercise(
    "Return the softmax of every row of Z, shape (batch, classes), without overflow.",
    hints=(
        "Subtracting one number from a whole row changes none of its probabilities. Which number "
        "makes every exponential at most 1?",
        "The largest of each row: Z.max(axis=1, keepdims=True) has shape (batch, 1).",
        "e = np.exp(Z - Z.max(axis=1, keepdims=True)), then e / e.sum(axis=1, keepdims=True).",
    ),
    praise="Every row sums to 1, and no exponential sees a positive number.",
)


@stable_softmax.set_solution
def stable_softmax_solution(Z):
    """Shift every row by its own maximum, exponentiate, divide by the row's sum."""
    e = np.exp(Z - Z.max(axis=1, keepdims=True))  # (batch, classes), each at most 1
    return e / e.sum(axis=1, keepdims=True)


@stable_softmax.set_check
def stable_softmax_check(answer):
    """A square batch, in which a wrong axis has the right shape; then large logits."""
    Z = np.array([[2.0, 1.0, 0.0], [0.0, 0.5, -3.0], [-1.0, 4.0, 1.5]])
    got = as_array(answer(Z.copy()), shape=Z.shape, what="the probabilities")
    e = np.exp(Z)
    rows = e.sum(axis=1, keepdims=True)
    shifted = np.exp(Z - Z.max(axis=1))
    _refuse_known(
        got,
        e / rows,
        {
            "Your columns sum to 1. The classes lie along a row, so the sum runs over axis=1; "
            "otherwise a row's probabilities depend on its neighbours in the batch.": e / e.sum(0),
            "The whole batch sums to 1. Each row has its own sum.": e / e.sum(),
            "The row sums are spread over the columns: a sum of shape (batch,) lines up with the "
            "last axis. keepdims=True keeps it a column.": e / rows[:, 0],
            "The row maxima are subtracted from the columns: an array of shape (batch,) lines up "
            "with the last axis. keepdims=True keeps it a column.": (
                shifted / shifted.sum(axis=1, keepdims=True)
            ),
            "That is the sigmoid of each logit. A row of it need not sum to 1: the classes do not "
            "compete.": _sigmoid(Z),
        },
        "the rows",
    )
    _refuse_softmax_at_the_ends(answer)


def _refuse_softmax_at_the_ends(answer):
    large = np.array([[1000.0, 1001.0], [999.0, 1000.0]])
    apart = np.array([[0.0, 1.0], [-1000.0, -999.0]])
    expected = _sigmoid(np.array([-1.0, 1.0]))
    for Z, text in (
        (
            large,
            "exp(1000) overflows. Subtract each row's maximum first: the probabilities stay, the "
            "exponentials shrink to at most 1.",
        ),
        (
            apart,
            "A row far below the others turned into zeros: you shift the whole batch by one "
            "number. Every row needs its own maximum, Z.max(axis=1, keepdims=True).",
        ),
    ):
        with np.errstate(all="ignore"):
            got = np.asarray(answer(Z.copy()), dtype=float)
        require(got.shape == Z.shape and np.allclose(got, expected, atol=1e-6), text)


# ---------------------------------------------------------------------------------- shared


def _sigmoid(z):
    """Return σ(z) for numbers of any size."""
    return np.exp(-np.logaddexp(0, -np.asarray(z, dtype=float)))


def _same(got, expected):
    """Say whether two arrays agree to the precision of float32."""
    return np.shape(got) == np.shape(expected) and np.allclose(got, expected, rtol=1e-4, atol=1e-5)


def _refuse_known(got, expected, wrong, what):
    """Pass a right answer; refuse a known slip with its message, anything else with a number."""
    if _same(got, expected):
        return
    for message, value in wrong.items():
        require(value is None or not _same(got, value), message)
    got, expected = np.ravel(got), np.ravel(expected)
    worst = int(np.argmax(np.abs(got - expected)))
    raise Misconception(
        f"Not right yet for {what}: where {expected[worst]:.4g} is expected, you return "
        f"{got[worst]:.4g}. Work this one out by hand, line by line."
    )
