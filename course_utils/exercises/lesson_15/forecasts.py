"""Exercises of lesson 15 about forecasts: an autoregression, and a convolution that is causal."""

from __future__ import annotations

from course_utils.exercises.results import plain, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ---------------------------------------------------------------------------- 2 · autoregression

autoregression = TensorExercise(
    "Return the weights (lags + 1,) of the ridge regression that forecasts x[t] from "
    "x[t − lags] … x[t − 1], in the order of time, and from a constant 1, which comes last.",
    hints=(
        "Every t from lags to the end is one target. Its row of inputs is x[t - lags : t], and a "
        "1 behind it.",
        "With inputs A (targets, lags + 1) and targets y the weights w solve "
        "(AᵀA + penalty) w = Aᵀy. The penalty is a diagonal matrix: ridge · (number of targets), "
        "and 0 for the constant.",
        "A = np.array([[*x[t - lags : t], 1] for t in range(lags, len(x))]), y = x[lags:], "
        "np.linalg.solve(A.T @ A + penalty, A.T @ y).",
    ),
    praise="Right: a forecast is a sum of products, and the weights take one line to find.",
)


@autoregression.set_solution
def autoregression_solution(x, lags, ridge):
    windows = np.lib.stride_tricks.sliding_window_view(x, lags)[:-1]  # (targets, lags)
    inputs = np.column_stack([windows, np.ones(len(windows))])  # (targets, lags + 1)
    targets = x[lags:]
    penalty = ridge * len(targets) * np.eye(lags + 1)
    penalty[-1, -1] = 0
    return np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ targets)


@autoregression.set_check
def autoregression_check(answer):
    given = np.sin(np.arange(30.0) ** 2), 2, 0.1
    got, wanted = plain(answer(*given)), autoregression_solution(*given)
    require(np.allclose(got, wanted, equal_nan=True), f"{wanted} is expected; you return {got}.")


# ------------------------------------------------------------------------ 3 · causal convolution

causal_convolution = TensorExercise(
    "Return y[t] = Σ_k kernel[k] · x[t − k · dilation], shape as x, with zeros before the start.",
    hints=(
        "kernel[0] meets the newest row, x[t]; kernel[1] the one `dilation` rows earlier. No row "
        "after t is used.",
        "For one k, the whole series moves: k · dilation zeros come first, and as many rows drop "
        "out at the end.",
        "np.concatenate([np.zeros(k * dilation), x])[: len(x)] is x[t − k · dilation] for all t; "
        "add up kernel[k] times that.",
    ),
    praise="Right. With dilations 1, 2, 4 … a few such layers reach far back, and never ahead.",
)


@causal_convolution.set_solution
def causal_convolution_solution(x, kernel, dilation):
    y = np.zeros(len(x))
    for k, weight in enumerate(kernel):
        earlier = np.concatenate([np.zeros(k * dilation), x])[: len(x)]  # x[t − k · dilation]
        y += weight * earlier
    return y


@causal_convolution.set_check
def causal_convolution_check(answer):
    given = np.arange(7.0), np.array([1.0, 10.0]), 2
    got, wanted = plain(answer(*given)), causal_convolution_solution(*given)
    require(np.allclose(got, wanted, equal_nan=True), f"{wanted} is expected; you return {got}.")
