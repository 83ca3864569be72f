"""Layers: what a batch passes through, and what its gradient passes back through.

Shapes: a batch is ``(batch, features)``, one row per example. ``weights`` is ``(in, out)``, so
that a dense layer is ``inputs @ weights + bias``. PyTorch stores the transpose, ``(out, in)``.
"""

import math

from course_utils.checks import as_seed, in_range, one_of, positive_integer
from course_utils.network.functions import as_numbers, sigmoid

import numpy as np


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
        inputs = as_numbers(inputs, "inputs")  # (batch, in)
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
        self.inputs = as_numbers(inputs, "inputs")
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
        self.outputs = np.tanh(as_numbers(inputs, "inputs"))
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
        self.outputs = sigmoid(as_numbers(inputs, "inputs"))
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
        inputs = as_numbers(inputs, "inputs")
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


def _need_forward(remembered):
    if remembered is None:
        raise RuntimeError("backward was called before forward; the layer has seen no batch yet.")


def _as_gradient(grad_output, shape):
    grad_output = as_numbers(grad_output, "grad_output")
    if grad_output.shape != shape:
        raise ValueError(
            f"grad_output has shape {grad_output.shape}; {shape} is expected, as the outputs have."
        )
    return grad_output
