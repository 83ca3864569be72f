"""The neural network that lessons 03 to 05 arrive at, in NumPy.

A network is a row of layers. ``forward`` carries a batch through it, ``backward`` carries the
gradient of the loss back, and an optimiser moves the parameters. ``fit`` repeats the three.

Numbers: everything is computed in float64. Input in float32, in integers or as nested lists is
accepted and converted; outputs, gradients and losses are always float64.
"""

from course_utils.network.fitting import History, fit
from course_utils.network.functions import sigmoid, softmax
from course_utils.network.gradient_check import numerical_gradient
from course_utils.network.layers import (
    Dense,
    Dropout,
    Layer,
    ReLU,
    Sigmoid,
    Tanh,
)
from course_utils.network.losses import BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy
from course_utils.network.model import Network
from course_utils.network.optimisers import SGD, Adam, AdamW

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
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
