"""The network itself: a row of layers that fit together."""

from course_utils.checks import as_matrix, positive_integer
from course_utils.network.functions import as_numbers
from course_utils.network.layers import Dense, Layer

import numpy as np


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
        weights = [as_numbers(array, f"weights[{i}]") for i, array in enumerate(weights)]
        came = [array.shape for array in weights]
        expected = [array.shape for array in parameters]
        if came != expected:
            raise ValueError(f"weights has the shapes {came}; {expected} is expected.")
        for parameter, new in zip(parameters, weights, strict=True):
            parameter[...] = new

    def __repr__(self):
        count = sum(array.size for array in self.parameters())
        return f"Network({', '.join(map(repr, self.layers))}) with {count:,} parameters"


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
