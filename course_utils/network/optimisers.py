"""Optimisers: how a step along the gradient becomes a change of the parameters.

Weight decay has two conventions. `SGD` and `Adam` add it to the gradient, which is the slope of
the L2 penalty ½ · weight_decay · Σ w². `AdamW` keeps it out of the gradient: decoupled decay.
"""

from course_utils.checks import in_range

import numpy as np


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
    Weight decay is L2, as in ``torch.optim.Adam``: it is added to the gradient, so that Adam
    divides it by √ŝ as well. ``keras.optimizers.Adam`` takes an argument of the same name and
    decouples it: that is ``AdamW`` here.

    Parameters
    ----------
    learning_rate : float above 0
    beta_1, beta_2 : float in [0, 1)
        How much of the running means of g and of g² is kept at every step.
    epsilon : float above 0
        Keeps the division finite.
    weight_decay : float of at least 0
        Pulls every parameter, biases too, towards zero.
    """

    decoupled = False  # is weight decay kept out of the gradient?

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
            if self.decoupled:
                parameter *= 1 - self.learning_rate * self.weight_decay
            else:
                gradient = _with_decay(gradient, parameter, self.weight_decay)
            mean *= self.beta_1
            mean += (1 - self.beta_1) * gradient
            square *= self.beta_2
            square += (1 - self.beta_2) * gradient**2
            scale = np.sqrt(square / square_share) + self.epsilon
            parameter -= self.learning_rate / mean_share * mean / scale


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter, ICLR 2019), as in PyTorch and Keras.

    Every step first takes the share learning_rate · weight_decay of each parameter away, whatever
    its gradients were, and then makes Adam's step with the gradient alone.

    Parameters
    ----------
    learning_rate, beta_1, beta_2, epsilon
        As for ``Adam``.
    weight_decay : float of at least 0
        Pulls every parameter, biases too, towards zero.
    """

    decoupled = True

    def __init__(
        self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.01
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay)


def _with_decay(gradient, parameter, weight_decay):
    return gradient + weight_decay * parameter if weight_decay else gradient


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
