"""The neural network that lessons 03 to 05 arrive at, in NumPy.

A network is a row of layers. ``forward`` carries a batch through it, ``backward`` carries the
gradient of the loss back, and an optimiser moves the parameters. ``fit`` repeats the three.

Shapes: a batch is ``(batch, features)``, one row per example. ``weights`` is ``(in, out)``, so
that a dense layer is ``inputs @ weights + bias``. PyTorch stores the transpose, ``(out, in)``.

Numbers: everything is computed in float64. Input in float32, in integers or as nested lists is
accepted and converted; outputs, gradients and losses are always float64.
"""

import math
import time
from dataclasses import dataclass, field

from course_utils.checks import as_matrix, as_seed, in_range, one_of, positive_integer
from course_utils.progress_bar import epochs_bar, show_losses

import numpy as np

__all__ = [
    "SGD",
    "Adam",
    "BinaryCrossEntropy",
    "Dense",
    "Dropout",
    "History",
    "Layer",
    "MeanSquaredError",
    "Network",
    "ReLU",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Tanh",
    "fit",
    "numerical_gradient",
    "sigmoid",
    "softmax",
]


def sigmoid(z):
    """Squash every number into (0, 1): σ(z) = 1 / (1 + exp(−z)).

    Parameters
    ----------
    z : array of any shape

    Returns
    -------
    ndarray
        Shape as ``z``.
    """
    z = _as_numbers(z, "z")
    return 1 / (1 + np.exp(-np.maximum(z, -700)))  # exp(710) would overflow; σ(−700) is 1e−304


def softmax(z):
    """Turn the logits of every row into probabilities: exp(zₖ) / Σⱼ exp(zⱼ).

    Parameters
    ----------
    z : array of shape (batch, classes)
        More axes are allowed; the last one holds the classes.

    Returns
    -------
    ndarray
        Shape as ``z``. No number is negative, and every row sums to 1.
    """
    return np.exp(_log_softmax(_as_numbers(z, "z")))


# ---------------------------------------------------------------------------------------- layers


class Layer:
    """What every layer has; a layer of your own subclasses this and writes the first two methods.

    A layer remembers what it saw in ``forward``, since ``backward`` needs it. So call ``backward``
    after the ``forward`` it belongs to, and give every place in a network a layer of its own.
    """

    def forward(self, inputs, training=False):
        """Return the layer's outputs; ``training`` matters to layers such as dropout alone."""
        raise NotImplementedError(f"{type(self).__name__} has no forward.")

    def backward(self, grad_output):
        """Take ∂loss/∂outputs, return ∂loss/∂inputs, and keep ∂loss/∂parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no backward.")

    def parameters(self):
        """Return the arrays that training changes (none here)."""
        return []

    def gradients(self):
        """Return ∂loss/∂parameters, one array each, as the last ``backward`` left them."""
        return []

    def __repr__(self):
        return f"{type(self).__name__}()"


class Dense(Layer):
    """A fully connected layer: outputs = inputs @ weights + bias.

    Parameters
    ----------
    inputs, outputs : int
        Number of columns that come in and go out.
    seed : int
        Draws the first weights. Give layers of the same size different seeds, or they start equal.
    initialisation : {"he", "glorot", "zeros"}
        "he": normal with standard deviation √(2 / inputs), made for ReLU (He et al., ICCV 2015).
        "glorot": uniform within ±√(6 / (inputs + outputs)), made for tanh and sigmoid
        (Glorot & Bengio, AISTATS 2010). "zeros": all zero, to see why that fails.
        The bias starts at zero in each case.

    Attributes
    ----------
    weights, grad_weights : ndarray of shape (inputs, outputs)
    bias, grad_bias : ndarray of shape (outputs,)
        The gradients are None before the first ``backward``.
    """

    def __init__(self, inputs, outputs, seed=0, initialisation="he"):
        shape = positive_integer(inputs, "inputs"), positive_integer(outputs, "outputs")
        self.weights = _first_weights(shape, as_seed(seed, "seed"), initialisation)  # (in, out)
        self.bias = np.zeros(shape[1])  # (out,)
        self.grad_weights = None
        self.grad_bias = None
        self.inputs = None

    def forward(self, inputs, training=False):
        """Return ``inputs @ weights + bias``.

        Parameters
        ----------
        inputs : array of shape (batch, in)
            NaN passes through, as it does in all arithmetic; ``Network`` refuses it at the door.
        training : bool
            Makes no difference here.

        Returns
        -------
        ndarray of shape (batch, out)

        Raises
        ------
        ValueError
            If ``inputs`` is not a matrix with as many columns as ``weights`` has rows.
        """
        inputs = _as_numbers(inputs, "inputs")  # (batch, in)
        if inputs.ndim != 2 or inputs.shape[1] != len(self.weights):
            raise ValueError(
                f"inputs has shape {inputs.shape}; (batch, {len(self.weights)}) is expected, "
                f"since weights has shape {self.weights.shape}."
            )
        self.inputs = inputs
        return inputs @ self.weights + self.bias  # (batch, out)

    def backward(self, grad_output):
        """Set ``grad_weights`` and ``grad_bias``, and return the gradient for the layer before.

        Parameters
        ----------
        grad_output : array of shape (batch, out)
            ∂loss/∂outputs.

        Returns
        -------
        ndarray of shape (batch, in)
            ∂loss/∂inputs.

        Raises
        ------
        RuntimeError
            If ``forward`` was not called before.
        ValueError
            If the shape is not that of the outputs.
        """
        _need_forward(self.inputs)
        shape = len(self.inputs), len(self.bias)
        grad_output = _as_gradient(grad_output, shape)  # (batch, out)
        self.grad_weights = self.inputs.T @ grad_output  # (in, out)
        self.grad_bias = grad_output.sum(axis=0)  # (out,)
        return grad_output @ self.weights.T  # (batch, in)

    def parameters(self):
        """Return ``[weights, bias]``."""
        return [self.weights, self.bias]

    def gradients(self):
        """Return ``[grad_weights, grad_bias]``."""
        return [self.grad_weights, self.grad_bias]

    def __repr__(self):
        return "Dense({}, {})".format(*self.weights.shape)


class ReLU(Layer):
    """Keep what is positive: f(z) = max(z, 0), element by element, for arrays of any shape."""

    def __init__(self):
        self.inputs = None

    def forward(self, inputs, training=False):
        """Return max(inputs, 0), shape as ``inputs``."""
        self.inputs = _as_numbers(inputs, "inputs")
        return np.maximum(self.inputs, 0)

    def backward(self, grad_output):
        """Return ``grad_output`` · f′(z), where f′ is 1 for z > 0 and 0 elsewhere (0 at z = 0)."""
        _need_forward(self.inputs)
        return _as_gradient(grad_output, self.inputs.shape) * (self.inputs > 0)


class Tanh(Layer):
    """Squash into (−1, 1): f(z) = tanh z, element by element, for arrays of any shape."""

    def __init__(self):
        self.outputs = None

    def forward(self, inputs, training=False):
        """Return tanh(inputs), shape as ``inputs``."""
        self.outputs = np.tanh(_as_numbers(inputs, "inputs"))
        return self.outputs

    def backward(self, grad_output):
        """Return ``grad_output`` · f′(z), where f′(z) = 1 − tanh² z."""
        _need_forward(self.outputs)
        slope = 1 - self.outputs**2  # f′ at z, written with tanh z, which forward has kept
        return _as_gradient(grad_output, self.outputs.shape) * slope


class Sigmoid(Layer):
    """Squash into (0, 1): f(z) = σ(z), element by element, for arrays of any shape.

    Leave it out at the end of a network that is trained with ``BinaryCrossEntropy``: that loss
    has the sigmoid inside.
    """

    def __init__(self):
        self.outputs = None

    def forward(self, inputs, training=False):
        """Return σ(inputs), shape as ``inputs``."""
        self.outputs = sigmoid(_as_numbers(inputs, "inputs"))
        return self.outputs

    def backward(self, grad_output):
        """Return ``grad_output`` · f′(z), where f′(z) = σ(z)(1 − σ(z))."""
        _need_forward(self.outputs)
        slope = self.outputs * (1 - self.outputs)  # f′ at z, written with σ(z)
        return _as_gradient(grad_output, self.outputs.shape) * slope


class Dropout(Layer):
    """While training, set each number to zero with probability ``rate``; do nothing otherwise.

    What stays is divided by 1 − rate ("inverted" dropout), so that the expected value of every
    number is the same in training and afterwards (Srivastava et al., JMLR 2014).

    Parameters
    ----------
    rate : float in [0, 1)
    seed : int
        Seed of the layer's own random generator, which moves on with every training batch.
    """

    def __init__(self, rate, seed=0):
        self.rate = in_range(rate, "rate", 0, 1, high_open=True)
        self.generator = np.random.default_rng(as_seed(seed, "seed"))
        self.mask = None

    def forward(self, inputs, training=False):
        """Return the inputs, thinned and rescaled when ``training``; shape as ``inputs``."""
        inputs = _as_numbers(inputs, "inputs")
        if training:
            kept = self.generator.random(inputs.shape) >= self.rate
            self.mask = kept / (1 - self.rate)  # 0 or 1 / (1 − rate)
        else:
            self.mask = np.ones_like(inputs)
        return inputs * self.mask

    def backward(self, grad_output):
        """Return ``grad_output`` times the mask that ``forward`` used."""
        _need_forward(self.mask)
        return _as_gradient(grad_output, self.mask.shape) * self.mask

    def __repr__(self):
        return f"Dropout({self.rate:g})"


# ---------------------------------------------------------------------------------------- losses


class MeanSquaredError:
    """The mean over all elements of (output − target)², as in PyTorch and Keras."""

    def as_targets(self, targets, shape, name="targets"):
        """Return the targets as float64 of ``shape``, the shape of the outputs.

        ``(batch,)`` is taken as ``(batch, 1)``: subtracting one from the other would broadcast to
        ``(batch, batch)`` without a word.

        Raises
        ------
        ValueError
            If the shape does not match, or a target is NaN or infinite.
        """
        targets = _shaped_like_outputs(targets, shape, name)
        _refuse(~np.isfinite(targets), targets, name, "finite numbers")
        return targets

    def value(self, outputs, targets):
        """Return the loss.

        Parameters
        ----------
        outputs : array of shape (batch, out)
        targets : array of shape (batch, out), or (batch,) when out is 1

        Returns
        -------
        float
            In the squared unit of the targets.
        """
        outputs = _as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return float(np.mean((outputs - targets) ** 2))

    def gradient(self, outputs, targets):
        """Return ∂loss/∂outputs = 2 (outputs − targets) / size, shape as ``outputs``."""
        outputs = _as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return 2 * (outputs - targets) / outputs.size


class BinaryCrossEntropy:
    """The mean of −t log p − (1 − t) log(1 − p) with p = σ(output): outputs are logits.

    The loss is computed from the logit, which stays exact where p rounds to 0 or 1.
    ``sigmoid(outputs)`` gives the probabilities.
    """

    def as_targets(self, targets, shape, name="targets"):
        """Return the targets as float64 of ``shape``; ``(batch,)`` is taken as ``(batch, 1)``.

        Raises
        ------
        ValueError
            If the shape does not match, or a target lies outside [0, 1].
        """
        targets = _shaped_like_outputs(targets, shape, name)
        _refuse(~((targets >= 0) & (targets <= 1)), targets, name, "numbers from 0 to 1")
        return targets

    def value(self, outputs, targets):
        """Return the loss.

        Parameters
        ----------
        outputs : array of shape (batch, out)
            Logits.
        targets : array of shape (batch, out), or (batch,) when out is 1
            1 = anomaly, 0 = normal; numbers between are allowed.

        Returns
        -------
        float
            In nats; log 2 = 0.693 for a network that knows nothing.
        """
        z = _as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, z.shape)
        # −t log σ(z) − (1 − t) log(1 − σ(z)) = max(z, 0) − t z + log(1 + exp(−|z|))
        return float(np.mean(np.maximum(z, 0) - targets * z + np.log1p(np.exp(-np.abs(z)))))

    def gradient(self, outputs, targets):
        """Return ∂loss/∂outputs = (σ(outputs) − targets) / size, shape as ``outputs``."""
        outputs = _as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return (sigmoid(outputs) - targets) / outputs.size


class SoftmaxCrossEntropy:
    """The mean over the batch of −log p[class], with p = softmax(outputs): outputs are logits.

    Targets are class numbers 0, 1, …, classes − 1, not one-hot rows.
    """

    def as_targets(self, targets, shape, name="targets"):
        """Return the class numbers as integers of shape (batch,) for outputs of ``shape``.

        Raises
        ------
        ValueError
            If the shape is not (batch,), or a target is no whole number from 0 to classes − 1.
        """
        numbers = _as_numbers(targets, name)
        if len(shape) != 2 or numbers.shape != shape[:1]:
            raise ValueError(
                f"{name} has shape {numbers.shape} for outputs of shape {shape}; class numbers of "
                "shape (batch,) for outputs of shape (batch, classes) are expected. "
                "One-hot rows become class numbers with .argmax(axis=1)."
            )
        wrong = (numbers < 0) | (numbers >= shape[1]) | (numbers != np.floor(numbers))
        _refuse(wrong, numbers, name, f"whole numbers from 0 to {shape[1] - 1}")
        return numbers.astype(np.intp)

    def value(self, outputs, targets):
        """Return the loss.

        Parameters
        ----------
        outputs : array of shape (batch, classes)
            Logits.
        targets : array of shape (batch,)
            Class numbers.

        Returns
        -------
        float
            In nats; log(classes) for a network that knows nothing.
        """
        outputs = _as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return float(-np.mean(_log_softmax(outputs)[np.arange(len(targets)), targets]))

    def gradient(self, outputs, targets):
        """Return ∂loss/∂outputs = (softmax(outputs) − one-hot targets) / batch, as ``outputs``."""
        outputs = _as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        gradient = softmax(outputs)
        gradient[np.arange(len(targets)), targets] -= 1
        return gradient / len(targets)


# --------------------------------------------------------------------------------------- network


class Network:
    """Layers in a row.

    Parameters
    ----------
    *layers : Layer
        The first takes the data, the last gives the outputs.

    Raises
    ------
    TypeError
        If something is not a layer.
    ValueError
        If there is no layer, one layer stands in two places, or two widths do not fit.

    Examples
    --------
    >>> network = Network(Dense(64, 32, seed=1), ReLU(), Dense(32, 1, seed=2))
    >>> network
    Network(Dense(64, 32), ReLU(), Dense(32, 1)) with 2,113 parameters
    """

    def __init__(self, *layers):
        _check_layers(layers)
        self.layers = list(layers)

    def forward(self, inputs, training=False):
        """Carry a batch through all layers.

        Parameters
        ----------
        inputs : array of shape (batch, in)
        training : bool
            True switches dropout on.

        Returns
        -------
        ndarray of shape (batch, out)

        Raises
        ------
        TypeError, ValueError
            If ``inputs`` is not a matrix of finite numbers of the right width.
        """
        outputs = as_matrix(inputs, "inputs")
        for layer in self.layers:
            outputs = layer.forward(outputs, training)
        return outputs

    def backward(self, grad_output):
        """Carry ∂loss/∂outputs, (batch, out), back through all layers; return ∂loss/∂inputs."""
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
        return grad_output

    def parameters(self):
        """Return the parameters of all layers, first layer first: the arrays, not copies."""
        return [array for layer in self.layers for array in layer.parameters()]

    def gradients(self):
        """Return ∂loss/∂parameters in the order of ``parameters``."""
        return [array for layer in self.layers for array in layer.gradients()]

    def predict(self, X, batch_size=4096):
        """Return the outputs for all rows, with dropout off.

        Parameters
        ----------
        X : array of shape (n, in)
        batch_size : int
            Rows at a time; it bounds the memory and does not change the result.

        Returns
        -------
        ndarray of shape (n, out)
        """
        X = as_matrix(X, "X")
        batch_size = positive_integer(batch_size, "batch_size")
        starts = range(0, len(X), batch_size)
        return np.concatenate([self.forward(X[start : start + batch_size]) for start in starts])

    def get_weights(self):
        """Return copies of all parameters, in the order of ``parameters``."""
        return [array.copy() for array in self.parameters()]

    def set_weights(self, weights):
        """Copy ``weights`` into the parameters.

        Parameters
        ----------
        weights : list of arrays
            As many, and of the same shapes, as ``get_weights`` returns.

        Raises
        ------
        ValueError
            If number or shapes differ. Nothing is changed then.
        """
        parameters = self.parameters()
        weights = [_as_numbers(array, f"weights[{i}]") for i, array in enumerate(weights)]
        came = [array.shape for array in weights]
        expected = [array.shape for array in parameters]
        if came != expected:
            raise ValueError(f"weights has the shapes {came}; {expected} is expected.")
        for parameter, new in zip(parameters, weights, strict=True):
            parameter[...] = new

    def __repr__(self):
        count = sum(array.size for array in self.parameters())
        return f"Network({', '.join(map(repr, self.layers))}) with {count:,} parameters"


# ------------------------------------------------------------------------------------ optimisers


class SGD:
    """Gradient descent with momentum and weight decay, in PyTorch's conventions.

    g = gradient + weight_decay · parameter;  v ← momentum · v + g;
    parameter ← parameter − learning_rate · v

    Parameters
    ----------
    learning_rate : float above 0
    momentum : float in [0, 1)
    weight_decay : float of at least 0
        Pulls every parameter, biases too, towards zero.
    """

    def __init__(self, learning_rate, momentum=0.0, weight_decay=0.0):
        self.learning_rate = in_range(learning_rate, "learning_rate", 0, np.inf, low_open=True)
        self.momentum = in_range(momentum, "momentum", 0, 1, high_open=True)
        self.weight_decay = in_range(weight_decay, "weight_decay", 0, np.inf)
        self.velocities = None

    def step(self, parameters, gradients):
        """Move every parameter one step downhill, in place.

        Parameters
        ----------
        parameters, gradients : list of ndarray
            Pairs of equal shape; the same parameters at every call.

        Raises
        ------
        ValueError
            If the lists or shapes do not match, or ``backward`` has not run yet.
        """
        _check_pairs(parameters, gradients, self.velocities)
        if self.velocities is None:
            self.velocities = [np.zeros_like(parameter) for parameter in parameters]
        steps = zip(parameters, gradients, self.velocities, strict=True)
        for parameter, gradient, velocity in steps:
            velocity *= self.momentum
            velocity += _with_decay(gradient, parameter, self.weight_decay)
            parameter -= self.learning_rate * velocity


class Adam:
    """Adam: a step size of its own for every parameter (Kingma & Ba, ICLR 2015).

    m ← β₁ m + (1 − β₁) g;  s ← β₂ s + (1 − β₂) g²;  both start at zero, so after t steps they are
    divided by 1 − βᵗ;  parameter ← parameter − learning_rate · m̂ / (√ŝ + ε).
    Weight decay is added to the gradient, as in ``torch.optim.Adam`` (not as in AdamW).

    Parameters
    ----------
    learning_rate : float above 0
    beta_1, beta_2 : float in [0, 1)
        How much of the running means of g and of g² is kept at every step.
    epsilon : float above 0
        Keeps the division finite.
    weight_decay : float of at least 0
    """

    def __init__(
        self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.0
    ):
        self.learning_rate = in_range(learning_rate, "learning_rate", 0, np.inf, low_open=True)
        self.beta_1 = in_range(beta_1, "beta_1", 0, 1, high_open=True)
        self.beta_2 = in_range(beta_2, "beta_2", 0, 1, high_open=True)
        self.epsilon = in_range(epsilon, "epsilon", 0, np.inf, low_open=True)
        self.weight_decay = in_range(weight_decay, "weight_decay", 0, np.inf)
        self.steps = 0
        self.means = None
        self.squares = None

    def step(self, parameters, gradients):
        """Move every parameter one step downhill, in place; arguments as for ``SGD.step``."""
        _check_pairs(parameters, gradients, self.means)
        if self.means is None:
            self.means = [np.zeros_like(parameter) for parameter in parameters]
            self.squares = [np.zeros_like(parameter) for parameter in parameters]
        self.steps += 1
        mean_share = 1 - self.beta_1**self.steps  # what the zero start leaves of the mean
        square_share = 1 - self.beta_2**self.steps
        steps = zip(parameters, gradients, self.means, self.squares, strict=True)
        for parameter, gradient, mean, square in steps:
            gradient = _with_decay(gradient, parameter, self.weight_decay)
            mean *= self.beta_1
            mean += (1 - self.beta_1) * gradient
            square *= self.beta_2
            square += (1 - self.beta_2) * gradient**2
            scale = np.sqrt(square / square_share) + self.epsilon
            parameter -= self.learning_rate / mean_share * mean / scale


# -------------------------------------------------------------------------------------- training


@dataclass
class History:
    """What happened during ``fit``.

    Attributes
    ----------
    train_loss : list of float
        One number per epoch: the mean over the rows, each taken just before the step that used it.
    validation_loss : list of float
        One number per epoch, measured after it, with dropout off; empty without validation data.
    best_epoch : int or None
        Position of the lowest validation loss, counted from 0; None without validation data.
    seconds : float
        Wall-clock time of the training.
    """

    train_loss: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    best_epoch: int | None = None
    seconds: float = 0.0


def fit(
    network,
    X,
    targets,
    *,
    loss,
    optimiser,
    epochs=50,
    batch_size=32,
    validation=None,
    patience=None,
    seed=0,
    on_epoch=None,
    progress=False,
):
    """Train a network by mini-batches; it is changed in place.

    Parameters
    ----------
    network : Network
    X : array of shape (n, in)
    targets : array
        What ``loss`` expects for n rows.
    loss : MeanSquaredError, BinaryCrossEntropy or SoftmaxCrossEntropy
    optimiser : SGD or Adam
        A new one for every new network: it remembers past steps.
    epochs : int
        How often every row is used.
    batch_size : int
        Rows per step; the last batch of an epoch may be smaller.
    validation : tuple (X, targets), optional
        Rows that are only measured, after every epoch.
    patience : int, optional
        Stop after this many epochs without a lower validation loss. With it, the network ends
        with the weights of its best epoch; without it, with those of its last.
    seed : int
        Order of the rows. The global random state is neither used nor changed.
    on_epoch : callable, optional
        ``on_epoch(epoch, history)`` is called after every epoch, counted from 0.
    progress : bool
        Show a bar with the losses while training runs; one line of it stays.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or size.
    FloatingPointError
        If the loss becomes infinite or NaN, with advice on what to try.

    Notes
    -----
    Ctrl-C ends the training, not the program: what was learned until then is kept, and the
    history so far is returned.
    """
    _check_tools(network=network, loss=loss, optimiser=optimiser)
    X, targets = _checked_rows(network, loss, X, targets)
    validation = _checked_validation(network, loss, validation, patience)
    if on_epoch is not None and not callable(on_epoch):
        raise TypeError(f"on_epoch is of type {type(on_epoch).__name__}; a function is expected.")
    epochs = positive_integer(epochs, "epochs")
    batch_size = positive_integer(batch_size, "batch_size")
    generator = np.random.default_rng(as_seed(seed, "seed"))
    bar = epochs_bar(epochs, show=progress)
    history, best_weights, stopped_in = History(), None, None
    started = time.perf_counter()
    try:
        for epoch in range(epochs):
            order = generator.permutation(len(X))
            batches = [order[i : i + batch_size] for i in range(0, len(X), batch_size)]
            train_loss = _train_epoch(network, X, targets, loss, optimiser, batches)
            _need_finite(train_loss, "training", epoch)
            if validation:
                validation_loss = _measure(network, loss, *validation)
                _need_finite(validation_loss, "validation", epoch)
                if validation_loss < min(history.validation_loss, default=math.inf):
                    history.best_epoch, best_weights = epoch, network.get_weights()
                history.validation_loss.append(validation_loss)
            history.train_loss.append(train_loss)
            show_losses(bar, train_loss, validation_loss if validation else None)
            if on_epoch:
                on_epoch(epoch, history)
            if patience and epoch - history.best_epoch >= patience:
                break
    except KeyboardInterrupt:
        stopped_in = epoch
    finally:
        bar.close()
    if patience and best_weights:
        network.set_weights(best_weights)
    if stopped_in is not None:
        print(f"Stopped by hand in epoch {stopped_in + 1}; what was learned is kept.")
    history.seconds = time.perf_counter() - started
    return history


@np.errstate(over="ignore", invalid="ignore")  # fit reports a loss that is not finite
def _train_epoch(network, X, targets, loss, optimiser, batches):
    """Take one step per batch and return the mean loss over all rows; a batch is row numbers."""
    total = 0.0
    for rows in batches:
        outputs = network.forward(X[rows], training=True)
        total += len(rows) * loss.value(outputs, targets[rows])
        network.backward(loss.gradient(outputs, targets[rows]))
        optimiser.step(network.parameters(), network.gradients())
    return total / len(X)


@np.errstate(over="ignore", invalid="ignore")
def _measure(network, loss, X, targets):
    return loss.value(network.predict(X), targets)


def numerical_gradient(function, array, step=1e-6):
    """Estimate ∂function/∂array by central differences: (f(a + step) − f(a − step)) / (2 step).

    Parameters
    ----------
    function : callable
        Takes the array and returns a number.
    array : ndarray of float64, any shape
        Changed in place while the estimate runs and then put back, so that the function may also
        read it from elsewhere, as a layer reads its own ``weights``.
    step : float above 0
        The error of the estimate is about step² from the formula plus 1e−16 / step from rounding.

    Returns
    -------
    ndarray
        Shape as ``array``.

    Raises
    ------
    TypeError
        If ``array`` is not a float64 array: a converted copy would hide the changes.
    ValueError
        If ``array`` is read-only.

    Examples
    --------
    >>> numerical_gradient(lambda a: float((a**2).sum()), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    step = in_range(step, "step", 0, np.inf, low_open=True)
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        came = getattr(array, "dtype", type(array).__name__)
        raise TypeError(f"array is of type {came}; a NumPy array of float64 is expected.")
    if not array.flags.writeable:
        raise ValueError("array is read-only; one that may be changed is expected: array.copy().")
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        original = array[index]
        try:
            array[index] = original + step
            above = function(array)
            array[index] = original - step
            below = function(array)
        finally:
            array[index] = original
        gradient[index] = (above - below) / (2 * step)
    return gradient


# ----------------------------------------------------------------------- inside: small functions


def _log_softmax(z):
    """log softmax by rows; subtracting the largest logit first keeps exp from overflowing."""
    z = z - z.max(axis=-1, keepdims=True)  # (batch, classes)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def _first_weights(shape, seed, initialisation):
    inputs, outputs = shape
    generator = np.random.default_rng(seed)
    one_of(initialisation, "initialisation", ("he", "glorot", "zeros"))
    if initialisation == "he":
        return generator.normal(scale=math.sqrt(2 / inputs), size=shape)
    if initialisation == "glorot":
        limit = math.sqrt(6 / (inputs + outputs))
        return generator.uniform(-limit, limit, size=shape)
    return np.zeros(shape)


def _with_decay(gradient, parameter, weight_decay):
    return gradient + weight_decay * parameter if weight_decay else gradient


def _need_finite(value, which, epoch):
    """Stop the training where a loss is no number any more."""
    if not math.isfinite(value):
        raise FloatingPointError(
            f"The {which} loss became {value} in epoch {epoch + 1}, and the weights are spoilt. "
            "Make the network and the optimiser anew, and try a learning rate ten times smaller, "
            "columns of X scaled to mean 0 and standard deviation 1, or smaller first weights."
        )


def _as_numbers(value, name):
    """Return float64 numbers of any shape; every step comes here, so entries are not looked at."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(
            f"{name} has rows of different lengths; equal ones are expected."
        ) from None
    if array.dtype.kind not in "biuf":
        came = type(value).__name__
        raise TypeError(f"{name} is of type {came}; an array of numbers is expected.")
    if array.size == 0:
        raise ValueError(f"{name} is empty; at least one number is expected.")
    return array.astype(np.float64, copy=False)


def _need_forward(remembered):
    if remembered is None:
        raise RuntimeError("backward was called before forward; the layer has seen no batch yet.")


def _as_gradient(grad_output, shape):
    grad_output = _as_numbers(grad_output, "grad_output")
    if grad_output.shape != shape:
        raise ValueError(
            f"grad_output has shape {grad_output.shape}; {shape} is expected, as the outputs have."
        )
    return grad_output


def _shaped_like_outputs(targets, shape, name):
    targets = _as_numbers(targets, name)
    if targets.shape == shape:
        return targets
    if targets.shape == shape[:1] and shape[1:] == (1,):
        return targets[:, np.newaxis]  # (batch,) → (batch, 1)
    raise ValueError(f"{name} has shape {targets.shape}; {shape} is expected, as outputs have.")


def _refuse(wrong, targets, name, expected):
    """Raise for the first entry that ``wrong`` marks."""
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise ValueError(
            f"{name} has {targets[wrong][0]:g} in row {row}; {expected} are expected."
        )


def _check_layers(layers):
    if not layers:
        raise ValueError("Network got no layers; at least one is expected.")
    width = None
    for position, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            hint = f", such as {layer.__name__}(…)" if isinstance(layer, type) else ""
            raise TypeError(f"layers[{position}] is {layer!r}; a layer is expected{hint}.")
        if any(layer is earlier for earlier in layers[:position]):
            raise ValueError(
                f"layers[{position}] is a layer that stands further up already; a new "
                f"{layer!r} is expected, since each remembers its own batch."
            )
        if isinstance(layer, Dense):
            inputs, outputs = layer.weights.shape
            if width not in (None, inputs):
                raise ValueError(f"layers[{position}] takes {inputs} columns; {width} are coming.")
            width = outputs


def _check_pairs(parameters, gradients, remembered):
    if any(gradient is None for gradient in gradients):
        raise ValueError("gradients has None in it; call backward before step.")
    for parameter in parameters:
        if not isinstance(parameter, np.ndarray) or parameter.dtype != np.float64:
            came = getattr(parameter, "dtype", type(parameter).__name__)
            raise TypeError(f"parameters has {came} in it; arrays of float64 are expected.")
    expected = [parameter.shape for parameter in parameters]
    came = [np.shape(gradient) for gradient in gradients]
    if came != expected:
        raise ValueError(f"gradients has the shapes {came}; {expected} is expected.")
    if remembered is not None and [array.shape for array in remembered] != expected:
        raise ValueError(
            f"parameters has the shapes {expected}, others than at the last step; "
            "a new optimiser is expected for a new network."
        )


def _check_tools(**tools):
    """Refuse a class or anything else without the methods that ``fit`` will call."""
    methods = {
        "network": ("forward", "backward", "predict"),
        "loss": ("value", "gradient", "as_targets"),
        "optimiser": ("step",),
    }
    for name, tool in tools.items():
        if isinstance(tool, type):
            raise TypeError(
                f"{name} is the class {tool.__name__}; {tool.__name__}(…) is expected."
            )
        if not all(hasattr(tool, method) for method in methods[name]):
            raise TypeError(
                f"{name} is of type {type(tool).__name__}; an object with the methods "
                f"{', '.join(methods[name])} is expected."
            )


def _checked_rows(network, loss, X, targets, before=""):
    """Return X and the targets in the form that ``loss`` works with."""
    X = as_matrix(X, f"{before}X")
    columns = network.forward(X[:1]).shape[1]
    return X, loss.as_targets(targets, (len(X), columns), f"{before}targets")


def _checked_validation(network, loss, validation, patience):
    if patience is not None:
        positive_integer(patience, "patience")
        if validation is None:
            raise ValueError("validation is None; with patience, a pair (X, targets) is expected.")
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        came = type(validation).__name__
        raise TypeError(f"validation is of type {came}; a pair (X, targets) is expected.")
    return _checked_rows(network, loss, *validation, before="validation ")
