"""One neuron, and activations that never overflow."""

import contextlib
import warnings
from unittest import mock

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, difference, name_the_mistake, plain, require

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
    X = np.array([[1.0, 2.0, -1.0], [0.5, -0.4, 1.2], [-2.0, 0.3, 0.8], [0.0, 0.0, 0.0]])
    weights, bias = np.array([0.7, -0.6, 1.1]), 0.4
    value = answer(X.copy(), weights.copy(), bias)
    _refuse_other_than_one_number_per_row(value, len(X))
    got = as_array(value, shape=(len(X),))
    z = X @ weights + bias
    refuse(
        got,
        {
            "The activation is missing: you return z = Xw + b. Send z through the sigmoid.": z,
            "You add the bias after the activation. It belongs inside: σ(Xw + b), not "
            "σ(Xw) + b.": sigmoid_of(X @ weights) + bias,
            "The bias is added once per feature. It is added once per neuron, after the weighted "
            "sum: look at which side of the sum it stands.": sigmoid_of(
                (X * weights + bias).sum(1)
            ),
            "The bias is missing: a row of zeros gives σ(b), not 0.5.": sigmoid_of(X @ weights),
            "The sign is turned: σ(z) is 1 / (1 + exp(−z)), with a minus in the exponent.": (
                sigmoid_of(-z)
            ),
            "That is tanh of the sum, from −1 to 1. σ runs from 0 to 1.": np.tanh(z),
            "That is ReLU of the sum. This neuron ends with the sigmoid.": np.maximum(z, 0),
            "You return decisions; σ(z) itself, between 0 and 1, is wanted.": z > 0,
        },
    )


@neuron.set_inputs
def neuron_inputs(rng):
    for what, X in inputs.tables(rng):
        X = 3 * X / np.abs(X).max()  # of the size of standardised rows
        yield what, (X, rng.normal(size=X.shape[1]), float(rng.normal()))
    for what in ("as many rows as features", "other rows, as many"):
        yield what, (rng.normal(size=(3, 3)), rng.normal(size=3), float(rng.normal()))


def _refuse_other_than_one_number_per_row(value, rows):
    value = plain(value)
    shape = np.shape(value) if isinstance(value, np.ndarray | np.number | float) else None
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
    z = np.array([[-3.0, -0.5, 0.0], [0.5, 2.0, 6.0]])
    got = as_array(_array_at_once(answer, z), shape=z.shape)
    refuse(
        got,
        {
            "The sign is turned: σ grows with z, from 0 on the far left to 1.": sigmoid_of(-z),
            "That is tanh, which runs from −1 to 1. σ runs from 0 to 1: σ(0) is 0.5.": np.tanh(z),
            "Left of 0 you return 0. There σ is small, not nothing: e^z / (1 + e^z).": (
                np.where(z >= 0, sigmoid_of(z), 0)
            ),
            "Left of 0 you return what belongs to −z, above 0.5. There the other form is needed, "
            "e^z / (1 + e^z).": sigmoid_of(np.abs(z)),
        },
    )
    _refuse_overflow(answer)
    for place, limit in ((-25.0, 1e-10), (-40.0, 1e-15), (-80.0, 1e-30)):
        tail = as_array(answer(np.array([place])), shape=(1,))[0]
        require(
            tail < limit,
            f"At z = {place:.0f} you return {tail:.2g}; σ is {sigmoid_of(place):.2g} there. "
            "Cutting z off, or adding a small constant, gives different rows the same score. Look "
            "for a form that needs no cut.",
        )


@stable_sigmoid.set_inputs
def stable_sigmoid_inputs(rng):
    for what, z in inputs.vectors(rng):
        yield what, (z,)
    for what, z in inputs.tables(rng):
        yield f"a matrix: {what}", (z,)
    yield "three axes", (rng.normal(scale=4, size=(2, 3, 4)),)
    yield "both far ends", (np.array([-1e5, 1e5, -1000.0, 1000.0, 0.0]),)


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
    for size in (1000.0, 1e5):  # float64 ends near exp(709), a long double near exp(11356)
        over = {}
        for z in (size, -size):
            value, over[z] = _overflow_at(answer, z)
            require(
                not np.isnan(value),
                f"At z = {z:.0f} you return NaN: exp({size:.0f}) is infinite. Infinity divided by "
                "infinity is not a number. For that sign of z, use the other form of σ.",
            )
        require(
            "in silence" not in over.values(),
            "The overflow is silenced, not cured: an infinite exponential is still computed, and "
            "whoever calls your function never learns of it. Use exp of a negative number only.",
        )
        require(
            not all(over.values()),
            "The values are right, but both ends overflow: np.where computes both branches for "
            "every element before it picks one. Make each branch safe: exp(−|z|) is never above "
            "1.",
        )
        require(
            not any(over.values()),
            f"At z = {size if over[size] else -size:.0f} you compute exp({size:.0f}), which "
            f"overflows{' numbers of any length' if size > 1000 else ''}. The value may come out "
            "right, but it comes with a warning that hides real trouble. Use exp of a negative "
            "number only.",
        )


def _overflow_at(answer, z):
    """Return the answer at z, a float, and how something overflows: "", "aloud", "in silence".

    An answer that silences NumPy's remarks still gives itself away: np.exp, and an array that
    looks at every result of arithmetic with it, see the infinite number.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        value = float(np.asarray(plain(answer(np.array([z]))), dtype=float).ravel()[0])
        try:
            with np.errstate(over="raise"):
                answer(np.array([z]))
        except FloatingPointError:
            return value, "aloud"
        _Watched.infinite = False
        with (
            contextlib.suppress(Exception),  # of answers that take no such arrays
            mock.patch.object(np, "exp", _watched_exp),
        ):
            answer(np.array([z]).view(_Watched))
    return value, "in silence" if _Watched.infinite else ""


class _Watched(np.ndarray):
    """An array that notes when arithmetic with it gives an infinite number."""

    infinite = False

    def __array_ufunc__(self, ufunc, method, *arguments, out=None, **named):
        """Compute on ordinary arrays, and look at the result."""
        arguments = [_ordinary(each) for each in arguments]
        if out is not None:
            named["out"] = tuple(map(_ordinary, out))
        result = getattr(ufunc, method)(*arguments, **named)
        _note_infinity(result)
        return result.view(_Watched) if isinstance(result, np.ndarray) else result


def _ordinary(value):
    return value.view(np.ndarray) if isinstance(value, _Watched) else value


def _note_infinity(result):
    if np.asarray(result).dtype.kind == "f" and np.isinf(result).any():
        _Watched.infinite = True


def _watched_exp(*arguments, exp=np.exp, **named):
    result = exp(*arguments, **named)
    _note_infinity(result)
    return result


# ------------------------------------------------------------------------------- stable softmax

stable_softmax = Exercise(
    "Return the softmax of every row of Z, shape (batch, classes), without overflow.",
    hints=(
        "Subtracting one number from a whole row changes none of its probabilities. Which number "
        "makes every exponential at most 1?",
        "The largest of each row: Z.max(axis=1, keepdims=True) has shape (batch, 1).",
        "e = np.exp(Z - Z.max(axis=1, keepdims=True)), then e / e.sum(axis=1, keepdims=True).",
    ),
    praise="Every row sums to 1, and no exponential overflows.",
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
    refuse(
        got,
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
            "compete.": sigmoid_of(Z),
        },
    )
    text = difference(got, e / rows)
    require(not text, f"For Z = {Z.tolist()} {text}")
    _refuse_softmax_at_the_ends(answer)


def _refuse_softmax_at_the_ends(answer):
    def overflows(*rows):
        with np.errstate(all="ignore"):
            got = np.asarray(plain(answer(np.array(rows, dtype=float))), dtype=float)
        return np.isnan(got).any()

    require(
        not overflows([1000, 1001], [999, 1000]),
        "exp(1000) overflows. Subtract each row's maximum first: the probabilities stay, the "
        "exponentials shrink to at most 1.",
    )
    require(
        not overflows([1e5, 1e5 + 1]),
        "exp(100000) overflows numbers of any length. Subtract each row's maximum first.",
    )
    require(
        not overflows([0, 1], [-1000, -999]) or overflows([-1000, -999]),
        "A row far below the others turned into zeros: you shift the whole batch by one number. "
        "Every row needs its own maximum, Z.max(axis=1, keepdims=True).",
    )
    require(
        not overflows(*(1e5 * np.eye(4))) and not overflows([-1000, -999]),
        "With a large logit, the only one in its row, or with large negative ones, NaN comes out: "
        "what you subtract is not the row's largest entry. Only the maximum makes the largest "
        "exponential exactly 1.",
    )


@stable_softmax.set_inputs
def stable_softmax_inputs(rng):
    yield "the example", (np.array([[0.0, 0.0], [1000.0, 0.0]]),)
    for what, Z in inputs.tables(rng):
        yield what, (Z,)
    yield "as many rows as classes", (rng.normal(size=(4, 4)),)
    far = rng.integers(-3, 4, size=(5, 4)) + 1e5 * np.array([1, -1, 0, 0.1, -0.01])[:, None]
    yield "rows far apart", (far,)
    yield "one large logit", (1e5 * (rng.random((6, 4)).argsort(axis=1) == 0),)


# ---------------------------------------------------------------------------------- shared


def sigmoid_of(z):
    """Return σ(z) for numbers of any size."""
    return np.exp(-np.logaddexp(0, -np.asarray(z, dtype=float)))


def refuse(got, wrong):
    """Refuse the known slips, given as a dict from the message to what the slip returns."""
    name_the_mistake(got, [(value, message) for message, value in wrong.items()])
