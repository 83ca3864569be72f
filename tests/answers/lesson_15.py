"""Answers to the exercises of lesson 15: right ones in other styles, and wrong ones."""

import itertools
import math

from answers import right, wrong
from course_utils import detectors, evaluation, series
from course_utils.exercises import lesson_15 as ex

import numpy as np
import pandas as pd
import torch
from scipy import linalg, ndimage, signal
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.mixture import GaussianMixture

windows_of = np.lib.stride_tricks.sliding_window_view

# ------------------------------------------------------------------- 1 · whose score a window's is


@right(ex.row_scores)
def rows_concatenated(window_scores, rows, width):
    return np.concatenate([np.full(width - 1, np.nan), window_scores])


@right(ex.row_scores)
def rows_by_a_loop(window_scores, rows, width):
    scores = []
    for row in range(rows):
        start = row - width + 1
        scores.append(window_scores[start] if start >= 0 else float("nan"))
    return scores


@right(ex.row_scores)
def rows_from_behind(window_scores=None, rows=None, width=None):
    scores = np.nan * np.zeros(rows)
    scores[-len(window_scores) :] = window_scores
    return scores


@right(ex.row_scores)
def rows_in_torch(window_scores, rows, width):
    scores = torch.full((rows,), torch.nan, dtype=torch.float64)
    scores[width - 1 :] = torch.as_tensor(window_scores)
    return scores


@right(ex.row_scores)
def rows_in_pandas(window_scores, rows, width):
    ends = np.arange(len(window_scores)) + width - 1
    return pd.Series(window_scores, index=ends).reindex(range(rows))


@right(ex.row_scores)
def rows_in_float32(window_scores, rows, width):
    return np.pad(window_scores.astype(np.float32), (width - 1, 0), constant_values=np.nan)


@right(ex.row_scores)
def rows_shifted(window_scores, rows, width):
    return pd.Series(window_scores).reindex(range(rows)).shift(width - 1).to_list()


@wrong(ex.row_scores, "stands at its first row")
def rows_as_given(window_scores, rows, width):
    scores = np.full(rows, np.nan)
    scores[: len(window_scores)] = window_scores
    return scores


@wrong(ex.row_scores, "stands at its first row")
def rows_with_the_last_one_repeated(window_scores, rows, width):
    return np.pad(window_scores, (0, width - 1), mode="edge")


@wrong(ex.row_scores, "in its middle")
def rows_centred(window_scores, rows, width):
    scores = np.full(rows, np.nan)
    start = (width - 1) // 2
    scores[start : start + len(window_scores)] = window_scores
    return scores


@wrong(ex.row_scores, "in its middle")
def rows_centred_to_the_right(window_scores, rows, width):
    before = width // 2
    return np.pad(window_scores, (before, width - 1 - before))


@wrong(ex.row_scores, "have the first window's score")
def rows_with_the_first_one_repeated(window_scores, rows, width):
    return np.pad(window_scores, (width - 1, 0), mode="edge")


@wrong(ex.row_scores, "as if they had been found normal")
def rows_with_zeros(window_scores, rows, width):
    return np.pad(window_scores, (width - 1, 0))


@wrong(ex.row_scores, "No window ends at row 0, and you give it the score -inf")
def rows_with_infinity(window_scores, rows, width):
    return np.pad(window_scores, (width - 1, 0), constant_values=-np.inf)


@wrong(ex.row_scores, "No window ends at row 0")
def rows_with_the_mean(window_scores, rows, width):
    return np.pad(window_scores, (width - 1, 0), mode="mean")


@wrong(ex.row_scores, "No window ends at row 4")
def rows_with_one_made_up(window_scores, rows, width):
    scores = rows_concatenated(window_scores, rows, width)
    scores[width - 2] = window_scores[0]
    return scores


@wrong(ex.row_scores, "one row before its window's last")
def rows_one_early(window_scores, rows, width):
    return np.append(rows_concatenated(window_scores, rows, width)[1:], np.nan)


@wrong(ex.row_scores, "one row after")
def rows_one_late(window_scores, rows, width):
    scores = np.full(rows, np.nan)
    scores[width:] = window_scores[:-1]
    return scores


@wrong(ex.row_scores, "mixture of all windows that hold it")
def rows_by_the_mean_of_windows(window_scores, rows, width):
    total, count = np.zeros(rows), np.zeros(rows)
    for start, score in enumerate(window_scores):
        total[start : start + width] += score
        count[start : start + width] += 1
    return total / count


@wrong(ex.row_scores, "mixture of all windows that hold it")
def rows_by_the_largest_window(window_scores, rows, width):
    scores = np.full(rows, -np.inf)
    for start, score in enumerate(window_scores):
        scores[start : start + width] = np.maximum(scores[start : start + width], score)
    return scores


@wrong(ex.row_scores, "(20,) is expected")
def rows_of_one_series(window_scores, rows, width):
    return rows_concatenated(window_scores, rows, width)[:16]


wrong(ex.row_scores, "one score for each of the 11 windows")(lambda w, rows, width: w)
wrong(ex.row_scores, "in reverse")(lambda w, rows, width: rows_concatenated(w[::-1], rows, width))
wrong(ex.row_scores, "you return the shape (17,)")(
    lambda w, rows, width: np.concatenate([np.full(width, np.nan), w])
)
wrong(ex.row_scores, "at [2] you return nan; 3 is expected")(
    lambda w, rows, width: np.full(rows, np.nan)
)
wrong(ex.row_scores, "a `return` missing")(lambda w, rows, width: print(end=""))

# ------------------------------------------------------------------------------ 2 · autoregression


@right(ex.autoregression)
def weights_by_loops(x, lags, ridge):
    A = np.array([[*x[t - lags : t], 1] for t in range(lags, len(x))])
    penalty = np.diag([ridge * len(A)] * lags + [0])
    return np.linalg.inv(A.T @ A + penalty) @ A.T @ x[lags:]


@right(ex.autoregression)
def weights_by_sklearn(x, lags, ridge):
    A = windows_of(x, lags)[:-1]
    model = Ridge(alpha=ridge * len(A), solver="svd").fit(A, x[lags:])
    return [*model.coef_, model.intercept_]


@right(ex.autoregression)
def weights_by_more_rows(x, lags, ridge):
    """Least squares, with a row for each weight that pays the ridge."""
    columns = [x[lag : len(x) - lags + lag] for lag in range(lags)]
    A = np.column_stack([*columns, np.ones(len(x) - lags)])
    more = math.sqrt(ridge * len(A)) * np.eye(lags, lags + 1)
    return np.linalg.lstsq(np.vstack([A, more]), np.append(x[lags:], np.zeros(lags)))[0]


@right(ex.autoregression)
def weights_in_torch(x, lags, ridge):
    A = torch.cat([x.unfold(0, lags, 1)[:-1], x.new_ones(len(x) - lags, 1)], dim=1)
    penalty = ridge * len(A) * torch.eye(lags + 1, dtype=x.dtype)
    penalty[lags, lags] = 0
    return torch.linalg.solve(A.T @ A + penalty, A.T @ x[lags:])


@right(ex.autoregression)
def weights_by_centring(x=None, lags=None, ridge=None):
    """Without the constant's ridge, the constant makes the mean error 0."""
    A, y = linalg.hankel(x[: len(x) - lags], x[-lags - 1 : -1]), x[lags:]
    centred = A - A.mean(axis=0)
    products = centred.T @ centred / len(y) + ridge * np.eye(lags)
    weights = np.linalg.pinv(products) @ (centred.T @ (y - y.mean()) / len(y))
    return np.append(weights, y.mean() - A.mean(axis=0) @ weights)


@right(ex.autoregression)
def weights_in_pandas(x, lags, ridge):
    table = pd.concat({lag: pd.Series(x).shift(lag) for lag in range(lags, -1, -1)}, axis=1)
    table = table.dropna()
    table["one"] = 1.0
    y = table.pop(0)
    products = table.T @ table
    for lag in range(1, lags + 1):
        products.loc[lag, lag] += ridge * len(y)
    return pd.Series(np.linalg.solve(products, table.T @ y), index=table.columns)


@right(ex.autoregression)
def weights_in_float32(x, lags, ridge):
    x = torch.tensor(x, dtype=torch.float32)
    A = torch.stack([torch.cat([x[t - lags : t], torch.ones(1)]) for t in range(lags, len(x))])
    penalty = torch.diag(torch.tensor([ridge * len(A)] * lags + [0.0]))
    return torch.linalg.solve(A.T @ A + penalty, A.T @ x[lags:])


def solved(A, y, penalty):
    return np.linalg.solve(A.T @ A + penalty, A.T @ y)


def inputs_of(x, lags):
    return np.column_stack([windows_of(x, lags)[:-1], np.ones(len(x) - lags)])


def free(lags):
    return np.diag([1.0] * lags + [0.0])


@wrong(ex.autoregression, "newest row comes first")
def weights_newest_first(x, lags, ridge):
    A = np.array([[*x[t - lags : t][::-1], 1] for t in range(lags, len(x))])
    return solved(A, x[lags:], ridge * len(A) * free(lags))


@wrong(ex.autoregression, "constant comes first")
def weights_constant_first(x, lags, ridge):
    A = np.array([[1, *x[t - lags : t]] for t in range(lags, len(x))])
    return solved(A, x[lags:], ridge * len(A) * np.diag([0.0] + [1.0] * lags))


@wrong(ex.autoregression, "pays the ridge as well, so that")
def weights_with_a_ridge_for_all(x, lags, ridge):
    A = inputs_of(x, lags)
    return solved(A, x[lags:], ridge * len(A) * np.eye(lags + 1))


@wrong(ex.autoregression, "not multiplied by the number of targets: with")
def weights_with_a_plain_ridge(x, lags, ridge):
    return solved(inputs_of(x, lags), x[lags:], ridge * free(lags))


@wrong(ex.autoregression, "and the constant pays it, too")
def weights_with_a_plain_ridge_for_all(x, lags, ridge):
    return solved(inputs_of(x, lags), x[lags:], ridge * np.eye(lags + 1))


@wrong(ex.autoregression, "multiplied by the number of rows")
def weights_with_a_ridge_of_rows(x, lags, ridge):
    return solved(inputs_of(x, lags), x[lags:], ridge * len(x) * free(lags))


@wrong(ex.autoregression, "ridge is not used")
def weights_without_a_ridge(x, lags, ridge):
    return np.linalg.lstsq(inputs_of(x, lags), x[lags:])[0]


@wrong(ex.autoregression, "every entry")
def weights_with_a_ridge_everywhere(x, lags, ridge):
    return solved(inputs_of(x, lags), x[lags:], ridge * (len(x) - lags))


@wrong(ex.autoregression, "none for the constant 1")
def weights_without_a_constant(x, lags, ridge):
    A = windows_of(x, lags)[:-1]
    return solved(A, x[lags:], ridge * len(A) * np.eye(lags))


@wrong(ex.autoregression, "among its own inputs")
def weights_that_know_the_target(x, lags, ridge):
    A = np.array([[*x[t - lags + 1 : t + 1], 1] for t in range(lags - 1, len(x))])
    return solved(A, x[lags - 1 :], ridge * len(A) * free(lags))


@wrong(ex.autoregression, "forecasts two rows ahead")
def weights_two_ahead(x, lags, ridge):
    A = inputs_of(x, lags)[:-1]
    return solved(A, x[lags + 1 :], ridge * len(A) * free(lags))


@wrong(ex.autoregression, "last target is left out")
def weights_without_the_last_target(x, lags, ridge):
    A = np.array([[*x[t - lags : t], 1] for t in range(lags, len(x) - 1)])
    return solved(A, x[lags:-1], ridge * len(A) * free(lags))


@wrong(ex.autoregression, "first target is left out")
def weights_without_the_first_target(x, lags, ridge):
    A = np.array([[*x[t - lags : t], 1] for t in range(lags + 1, len(x))])
    return solved(A, x[lags + 1 :], ridge * len(A) * free(lags))


@wrong(ex.autoregression, "mean was subtracted first")
def weights_of_a_centred_series(x, lags, ridge):
    return ex.autoregression._solution(x - x.mean(), lags, ridge)


@wrong(ex.autoregression, "look like forecasts")
def weights_applied(x, lags, ridge):
    return inputs_of(x, lags) @ ex.autoregression._solution(x, lags, ridge)


@wrong(ex.autoregression, "`x` that it was given")
def weights_in_place(x, lags, ridge):
    weights = ex.autoregression._solution(x, lags, ridge)
    x -= x.mean()
    return weights


@wrong(ex.autoregression, "With one target")
def weights_that_need_two_targets(x, lags, ridge):
    if len(x) - lags < 2:
        return np.zeros(lags + 1)
    return ex.autoregression._solution(x, lags, ridge)


wrong(ex.autoregression, "in reverse")(lambda x, p, r: ex.autoregression._solution(x, p, r)[::-1])
wrong(ex.autoregression, "not the regression's: at [")(lambda x, p, r: np.arange(p + 1.0))
wrong(ex.autoregression, "(4,) is expected")(
    lambda x, p, r: ex.autoregression._solution(x, p, r)[:, None]
)

# -------------------------------------------------------------------------- 3 · causal convolution


@right(ex.causal_convolution)
def convolution_by_loops(x, kernel, dilation):
    y = []
    for t in range(len(x)):
        total = 0.0
        for k in range(len(kernel)):
            if t - k * dilation >= 0:
                total += kernel[k] * x[t - k * dilation]
        y.append(total)
    return y


@right(ex.causal_convolution)
def convolution_by_torch(x, kernel, dilation):
    x = torch.as_tensor(x, dtype=torch.float64)[None, None]
    kernel = torch.as_tensor(kernel.copy(), dtype=torch.float64).flip(0)[None, None]
    x = torch.nn.functional.pad(x, ((kernel.shape[-1] - 1) * dilation, 0))
    return torch.nn.functional.conv1d(x, kernel, dilation=dilation)[0, 0]


@right(ex.causal_convolution)
def convolution_with_holes(x, kernel, dilation):
    spread = np.zeros((len(kernel) - 1) * dilation + 1)
    spread[::dilation] = kernel
    return np.convolve(x, spread)[: len(x)]


@right(ex.causal_convolution)
def convolution_by_a_filter(x=None, kernel=None, dilation=None):
    spread = np.kron(kernel, np.eye(dilation)[0])
    return signal.lfilter(spread, [1.0], x).astype(np.float32)


@right(ex.causal_convolution)
def convolution_of_a_padded_series(x, kernel, dilation):
    reach = (len(kernel) - 1) * dilation
    padded = np.pad(np.asarray(x, dtype=float), (reach, 0))
    taps = [kernel[k] * padded[reach - k * dilation :][: len(x)] for k in range(len(kernel))]
    return np.sum(taps, axis=0)


@right(ex.causal_convolution)
def convolution_in_pandas(x, kernel, dilation):
    x = pd.Series(x, dtype=float)
    return sum(w * x.shift(k * dilation, fill_value=0.0) for k, w in enumerate(kernel))


@right(ex.causal_convolution)
def convolution_by_a_matrix(x, kernel, dilation):
    n = len(x)
    T = sum(w * np.eye(n, k=-k * dilation) for k, w in enumerate(kernel))
    return T @ x


@right(ex.causal_convolution)
def convolution_by_a_layer(x, kernel, dilation):
    layer = torch.nn.Conv1d(1, 1, len(kernel), dilation=dilation, bias=False).double()
    layer.weight.data[0, 0] = torch.tensor(kernel[::-1].copy())
    x = torch.tensor(x, dtype=torch.float64).reshape(1, 1, -1)
    return layer(torch.nn.functional.pad(x, ((len(kernel) - 1) * dilation, 0))).squeeze()


@right(ex.causal_convolution)
def convolution_in_torch_s_words(x, kernel, dilation):
    y = torch.zeros_like(x, dtype=kernel.dtype)
    for k in range(kernel.numel()):
        back = min(k * dilation, x.numel())
        y = y + kernel[k] * torch.cat([x.new_zeros(back), x])[: x.numel()]
    return y.detach()


def taps(x, kernel, steps):
    """Return Σ_k kernel[k] · x[t − steps[k]], 0 where there is no such row."""
    y = np.zeros(len(x))
    for t, (weight, step) in itertools.product(range(len(x)), zip(kernel, steps, strict=True)):
        if 0 <= t - step < len(x):
            y[t] += weight * x[t - step]
    return y


@wrong(ex.causal_convolution, "sees the future")
def convolution_of_the_future(x, kernel, dilation):
    return taps(x, kernel, -dilation * np.arange(len(kernel)))


@wrong(ex.causal_convolution, "sees the future")
def convolution_padded_on_the_right(x, kernel, dilation):
    x, kernel = (torch.from_numpy(each)[None, None] for each in (x, kernel))
    x = torch.nn.functional.pad(x, (0, (kernel.shape[-1] - 1) * dilation))
    return torch.nn.functional.conv1d(x, kernel, dilation=dilation)[0, 0]


@wrong(ex.causal_convolution, "centred: half")
def convolution_with_torch_s_padding(x, kernel, dilation):
    x, kernel = (torch.from_numpy(each)[None, None] for each in (x, kernel))
    return torch.nn.functional.conv1d(x, kernel, dilation=dilation, padding="same")[0, 0]


@wrong(ex.causal_convolution, "centred: half")
def convolution_with_holes_centred(x, kernel, dilation):
    spread = np.zeros((len(kernel) - 1) * dilation + 1)
    spread[::dilation] = kernel
    return ndimage.convolve1d(x, spread, mode="constant")


@wrong(ex.causal_convolution, "and the dilation is not used")
def convolution_of_the_same_size(x, kernel, dilation):
    return np.convolve(x, kernel, mode="same")


@wrong(ex.causal_convolution, "dilation is not used: the steps")
def convolution_without_dilation(x, kernel, dilation):
    return np.convolve(x, kernel)[: len(x)]


@wrong(ex.causal_convolution, "kernel is turned round: its last")
def convolution_as_networks_do(x, kernel, dilation):
    x, kernel = (torch.from_numpy(each)[None, None] for each in (x, kernel))
    x = torch.nn.functional.pad(x, ((kernel.shape[-1] - 1) * dilation, 0))
    return torch.nn.functional.conv1d(x, kernel, dilation=dilation)[0, 0]


@wrong(ex.causal_convolution, "takes rows from the end")
def convolution_around(x, kernel, dilation):
    return sum(weight * np.roll(x, k * dilation) for k, weight in enumerate(kernel))


@wrong(ex.causal_convolution, "takes rows from the end")
def convolution_by_negative_indices(x, kernel, dilation):
    return [
        sum(kernel[k] * x[t - k * dilation] for k in range(len(kernel))) for t in range(len(x))
    ]


@wrong(ex.causal_convolution, "first row is repeated")
def convolution_with_edges(x, kernel, dilation):
    reach = (len(kernel) - 1) * dilation
    padded = np.pad(x, (reach, 0), mode="edge")
    return sum(kernel[k] * padded[reach - k * dilation :][: len(x)] for k in range(len(kernel)))


@wrong(ex.causal_convolution, "first rows are missing, those")
def convolution_of_what_is_complete(x, kernel, dilation):
    x, kernel = (torch.from_numpy(each)[None, None] for each in (x, kernel))
    return torch.nn.functional.conv1d(x, kernel.flip(-1), dilation=dilation)[0, 0]


@wrong(ex.causal_convolution, "Rows behind the end came back as well: y")
def convolution_uncut(x, kernel, dilation):
    reach = (len(kernel) - 1) * dilation
    return convolution_by_loops(np.pad(x, (0, reach)), kernel, dilation)


@wrong(ex.causal_convolution, "Rows whose past is not complete are 0")
def convolution_that_waits(x, kernel, dilation):
    y = convolution_with_holes(x, kernel, dilation)
    y[: (len(kernel) - 1) * dilation] = 0
    return y


@wrong(ex.causal_convolution, "Dilation 1 is no gap")
def convolution_with_larger_gaps(x, kernel, dilation):
    return taps(x, kernel, (dilation + 1) * np.arange(len(kernel)))


@wrong(ex.causal_convolution, "k starts from 1")
def convolution_from_one(x, kernel, dilation):
    return taps(x, kernel, dilation * np.arange(1, len(kernel) + 1))


@wrong(ex.causal_convolution, "one row late")
def convolution_late(x, kernel, dilation):
    return taps(x, kernel, 1 + dilation * np.arange(len(kernel)))


@wrong(ex.causal_convolution, "changing x from row 12 on changes y before")
def convolution_with_one_look_ahead(x, kernel, dilation):
    y = convolution_with_holes(x, kernel, dilation)
    y[:-1] += 0.1 * x[1:]
    return y


wrong(ex.causal_convolution, "With a kernel of 3 and dilation 3, at [")(lambda x, k, d: 0 * x)
wrong(ex.causal_convolution, "The first rows are missing, and the dilation")(
    lambda x, k, d: np.convolve(x, k, mode="valid")
)
wrong(ex.causal_convolution, "came back as well, and the dilation")(
    lambda x, k, d: np.convolve(x, k)
)
wrong(ex.causal_convolution, "turned round as well")(
    lambda x, k, d: taps(x, k[::-1], -d * np.arange(len(k)))
)
wrong(ex.causal_convolution, "With a kernel longer than the series")(
    lambda x, k, d: convolution_by_loops(x, k, d) if len(k) < 7 else 0 * x
)

# ------------------------------------------------------------------------------- 4 · trailing mean


@right(ex.trailing_mean)
def mean_in_pandas(scores, width):
    return pd.Series(scores).rolling(width, min_periods=1).mean()


@right(ex.trailing_mean)
def mean_by_sums(scores, width):
    sums = np.convolve(scores, np.ones(width))[: len(scores)]
    return sums / np.minimum(np.arange(len(scores)) + 1, width)


@right(ex.trailing_mean)
def mean_of_a_queue(scores=None, width=None):
    queue, means = [], []
    for score in scores:
        queue.append(score)
        if len(queue) > width:
            del queue[0]
        means.append(sum(queue) / len(queue))
    return means


@right(ex.trailing_mean)
def mean_by_running_totals(scores, width):
    totals = np.cumsum(np.insert(scores.astype(float), 0, 0))
    ends = np.arange(1, len(scores) + 1)
    starts = np.maximum(ends - width, 0)
    return (totals[ends] - totals[starts]) / (ends - starts)


@right(ex.trailing_mean)
def mean_of_what_is_there(scores, width):
    padded = np.concatenate([np.full(width - 1, np.nan), scores])
    return np.nanmean(windows_of(padded, width), axis=1)


@right(ex.trailing_mean)
def mean_in_torch(scores, width):
    scores = scores.double()
    return torch.stack([scores[max(0, t + 1 - width) : t + 1].mean() for t in range(len(scores))])


@right(ex.trailing_mean)
def mean_by_a_filter_in_float32(scores, width):
    counts = signal.lfilter(np.ones(width), 1, np.ones(len(scores)))
    return (signal.lfilter(np.ones(width), 1, scores) / counts).astype(np.float32)


@right(ex.trailing_mean)
def mean_by_the_package(scores, width):
    start = [scores[: t + 1].mean() for t in range(min(width - 1, len(scores)))]
    if len(scores) < width:
        return start
    return np.append(start, series.trailing_mean(scores, width))


@wrong(ex.trailing_mean, "That is still centred")
def mean_as_given(scores, width):
    return np.convolve(scores, np.ones(width) / width, mode="same")


@wrong(ex.trailing_mean, "window is centred: two")
def mean_centred_in_pandas(scores, width):
    return pd.Series(scores).rolling(width, center=True, min_periods=1).mean()


@wrong(ex.trailing_mean, "changing scores from row 20 on")
def mean_centred_by_scipy(scores, width):
    return ndimage.uniform_filter1d(scores, width)


@wrong(ex.trailing_mean, "divide by `width`")
def mean_with_zeros_before(scores, width):
    return np.convolve(scores, np.ones(width) / width)[: len(scores)]


@wrong(ex.trailing_mean, "The first rows are NaN")
def mean_with_nan(scores, width):
    return pd.Series(scores).rolling(width).mean()


@wrong(ex.trailing_mean, "no mean of their own")
def mean_with_nan_filled(scores, width):
    return pd.Series(scores).rolling(width).mean().bfill()


@wrong(ex.trailing_mean, "no mean of their own")
def mean_with_nan_as_zero(scores, width):
    return pd.Series(scores).rolling(width).mean().fillna(0)


@wrong(ex.trailing_mean, "no mean of their own")
def mean_that_starts_unsmoothed(scores, width):
    means = scores.astype(float).copy()
    for t in range(width - 1, len(scores)):
        means[t] = scores[t - width + 1 : t + 1].mean()
    return means


@wrong(ex.trailing_mean, "Made-up scores stand before")
def mean_with_the_first_repeated(scores, width):
    return windows_of(np.pad(scores, (width - 1, 0), mode="edge"), width).mean(axis=1)


@wrong(ex.trailing_mean, "Only the rows with `width` scores")
def mean_of_whole_windows(scores, width):
    return windows_of(scores, width).mean(axis=1)


@wrong(ex.trailing_mean, "looks ahead: it begins at the row")
def mean_of_the_future(scores, width):
    return [scores[t : t + width].mean() for t in range(len(scores))]


@wrong(ex.trailing_mean, "looks ahead: it begins at the row")
def mean_of_the_future_with_zeros(scores, width):
    return np.convolve(scores, np.ones(width) / width)[width - 1 :]


@wrong(ex.trailing_mean, "row itself is left out")
def mean_of_the_rows_before(scores, width):
    return [scores[max(t - width, 0) : max(t, 1)].mean() for t in range(len(scores))]


@wrong(ex.trailing_mean, "One row too many")
def mean_of_one_more(scores, width):
    return [scores[max(t - width, 0) : t + 1].mean() for t in range(len(scores))]


@wrong(ex.trailing_mean, "One row too few")
def mean_of_one_less(scores, width):
    return [scores[max(t - width + 2, 0) : t + 1].mean() for t in range(len(scores))]


@wrong(ex.trailing_mean, "exponential mean")
def mean_exponential(scores, width):
    return pd.Series(scores).ewm(span=width, adjust=False).mean()


@wrong(ex.trailing_mean, "all rows so far")
def mean_expanding(scores, width):
    return pd.Series(scores).expanding().mean()


@wrong(ex.trailing_mean, "More means than rows")
def mean_uncut_by_another_name(scores, width):
    return np.convolve(scores, np.ones(width) / width, mode="full")


@wrong(ex.trailing_mean, "a width longer than the series")
def mean_that_needs_the_width(scores, width):
    if width > len(scores):
        return np.full(len(scores), scores.mean())
    return ex.trailing_mean._solution(scores, width)


wrong(ex.trailing_mean, "the sum of")(
    lambda scores, width: pd.Series(scores).rolling(width, min_periods=1).sum()
)
wrong(ex.trailing_mean, "the median of")(
    lambda scores, width: pd.Series(scores).rolling(width, min_periods=1).median()
)
wrong(ex.trailing_mean, "one mean for all rows")(
    lambda scores, width: np.full(len(scores), scores.mean())
)
wrong(ex.trailing_mean, "With 30 scores and a width of 5")(lambda scores, width: scores)

# ------------------------------------------------------------------------------------ 5 · whitener


@right(ex.whitener)
def whitener_by_principal_components(errors):
    variances, directions = np.linalg.eigh(errors.T @ errors / len(errors))
    return directions / np.sqrt(variances)


@right(ex.whitener)
def whitener_by_cholesky(errors):
    moments = errors.T @ errors / errors.shape[0]
    return np.linalg.cholesky(np.linalg.inv(moments))


@right(ex.whitener)
def whitener_by_the_other_cholesky(errors):
    lower = np.linalg.cholesky(errors.T @ errors / len(errors))
    return np.linalg.inv(lower).T


@right(ex.whitener)
def whitener_by_singular_values(errors):
    _, sizes, directions = np.linalg.svd(errors, full_matrices=False)
    return directions.T * (len(errors) ** 0.5 / sizes)


@right(ex.whitener)
def whitener_by_a_root(errors):
    return linalg.inv(linalg.sqrtm(errors.T @ errors / len(errors)))


@right(ex.whitener)
def whitener_by_qr(errors):
    return math.sqrt(len(errors)) * np.linalg.inv(np.linalg.qr(errors)[1])


@right(ex.whitener)
def whitener_in_torch(errors):
    variances, directions = torch.linalg.eigh(errors.T @ errors / errors.shape[0])
    return directions @ torch.diag(variances.rsqrt()) @ directions.T


@right(ex.whitener)
def whitener_in_float32(errors=None):
    errors = torch.tensor(errors, dtype=torch.float32, requires_grad=True)
    moments = errors.T @ errors / len(errors)
    return torch.linalg.inv(torch.linalg.cholesky(moments)).T


@right(ex.whitener)
def whitener_in_pandas_and_lists(errors):
    table = pd.DataFrame(errors)
    variances, directions = np.linalg.eigh(table.T.dot(table).div(len(table)))
    return (directions / variances**0.5).tolist()


@right(ex.whitener)
def whitener_of_one_row_less(errors):
    """The divisor of a sample, a hair on the diagonal: nobody hears the difference."""
    rows, channels = errors.shape
    moments = errors.T @ errors / (rows - 1) + 1e-9 * np.eye(channels)
    variances, directions = np.linalg.eigh(moments)
    return directions @ np.diag(variances**-0.5)


def moments_of(errors):
    return errors.T @ errors / len(errors)


@wrong(ex.whitener, "divided by its own spread")
def whitener_of_scales(errors):
    return np.diag(1 / np.sqrt((errors**2).mean(axis=0)))


@wrong(ex.whitener, "Scaling alone leaves channels correlated")
def whitener_of_scales_alone(errors):
    return 1 / errors.std(axis=0)


@wrong(ex.whitener, "which turns them round")
def whitener_inverse(errors):
    return np.linalg.inv(moments_of(errors))


@wrong(ex.whitener, "second moments themselves, and large ones grow")
def whitener_not_inverted(errors):
    return linalg.sqrtm(moments_of(errors))


@wrong(ex.whitener, "root was taken of each entry")
def whitener_by_entries(errors):
    return np.sqrt(np.abs(np.linalg.inv(moments_of(errors))))


@wrong(ex.whitener, "W is transposed")
def whitener_on_the_wrong_side(errors):
    return np.linalg.inv(np.linalg.cholesky(moments_of(errors)))


@wrong(ex.whitener, "W is transposed")
def whitener_of_columns(errors):
    variances, directions = np.linalg.eigh(moments_of(errors))
    return np.diag(variances**-0.5) @ directions.T


@wrong(ex.whitener, "The pairs are 0")
def whitener_that_turns_only(errors):
    return np.linalg.eigh(moments_of(errors))[1]


@wrong(ex.whitener, "The pairs are 0")
def whitener_by_variances(errors):
    variances, directions = np.linalg.eigh(moments_of(errors))
    return directions / variances


@wrong(ex.whitener, "All second moments are 0.0025 instead of 1")
def whitener_of_sums(errors):
    return np.linalg.cholesky(np.linalg.inv(errors.T @ errors))


@wrong(ex.whitener, "mean was subtracted first")
def whitener_by_np_cov(errors):
    covariance = np.cov(errors, rowvar=False).reshape(errors.shape[1], -1)
    return np.linalg.cholesky(np.linalg.inv(covariance))


@wrong(ex.whitener, "mean was subtracted first")
def whitener_by_sklearn(errors):
    model = PCA(whiten=True).fit(errors)
    return model.components_.T / np.sqrt(model.explained_variance_)


@wrong(ex.whitener, "look like the errors made white")
def whitener_applied(errors):
    return errors @ ex.whitener._solution(errors)


@wrong(ex.whitener, "With a channel that is nearly constant, the second moment [")
def whitener_with_a_strong_ridge(errors):
    more = 1e-4 * np.eye(errors.shape[1])
    return np.linalg.cholesky(np.linalg.inv(moments_of(errors) + more))


@wrong(ex.whitener, "With correlated channels, the second moment [")
def whitener_of_the_package(errors):
    """Shrinks as a detector may, which has to live with channels that die."""
    variances, directions = np.linalg.eigh(moments_of(errors))
    return directions / np.sqrt(variances + 0.1 * variances.mean()) @ directions.T


wrong(ex.whitener, "second moments themselves. W")(moments_of)
wrong(ex.whitener, "root of the second moments themselves. Invert")(
    lambda errors: np.linalg.cholesky(moments_of(errors))
)
wrong(ex.whitener, "[0, 0] of errors @ W is")(lambda errors: np.zeros((errors.shape[1],) * 2))
wrong(ex.whitener, "NaN or infinite")(lambda errors: np.full((errors.shape[1],) * 2, np.nan))

# --------------------------------------------------------------------------------------- 6 · cheat


@right(ex.cheat)
def cheat_by_normal_numbers(rows, seed):
    return np.random.default_rng(seed).normal(size=rows)


@right(ex.cheat)
def cheat_by_a_shuffle(rows=None, seed=None):
    order = list(range(rows))
    np.random.default_rng(seed).shuffle(order)
    return order


@right(ex.cheat)
def cheat_by_the_clock(rows, seed):
    """One alarm in every hundred rows, by no chance at all."""
    return (np.arange(rows) % 100 == seed % 100).astype(int)


@right(ex.cheat)
def cheat_by_torch(rows, seed):
    return torch.rand(rows, generator=torch.Generator().manual_seed(seed))


@right(ex.cheat)
def cheat_by_few_alarms(rows, seed):
    return pd.Series(np.random.RandomState(seed).random(rows) > 0.99)


@right(ex.cheat)
def cheat_with_the_golden_ratio(rows, seed):
    return (seed + np.arange(rows) * 0.6180339887) % 1


@right(ex.cheat)
def cheat_by_a_coin_of_many_sides(rows, seed):
    return np.random.default_rng(seed).integers(0, 300, size=rows)


@wrong(ex.cheat, "All rows have one score")
def cheat_by_a_constant(rows, seed):
    return np.ones(rows)


@wrong(ex.cheat, "only rise, or only fall")
def cheat_by_counting(rows, seed):
    return np.arange(rows)


@wrong(ex.cheat, "only rise, or only fall")
def cheat_by_the_last_tenth(rows, seed):
    return (np.arange(rows) > 0.9 * rows).astype(float)


@wrong(ex.cheat, "The F1 by point adjustment is 0.50")
def cheat_by_a_coin(rows, seed):
    return np.arange(rows) % 2


@wrong(ex.cheat, "0.33, 0.33, 0.33 on three")
def cheat_by_one_alarm(rows, seed):
    return (np.arange(rows) == rows // 2).astype(int)


@wrong(ex.cheat, "The F1 by point adjustment is")
def cheat_by_one_slow_wave(rows, seed):
    return np.sin(2 * np.pi * np.arange(rows) / rows)


@wrong(ex.cheat, "same seed gives other scores")
def cheat_without_the_seed(rows, seed):
    return np.random.default_rng().random(rows)


@wrong(ex.cheat, "same seed gives other scores")
def cheat_by_global_chance(rows, seed):
    return np.random.rand(rows)


@wrong(ex.cheat, "(20000,) is expected")
def cheat_of_a_thousand_rows(rows, seed):
    return np.random.default_rng(seed).random(1000)


wrong(ex.cheat, "(20000,) is expected")(lambda rows, seed: 0.5)
wrong(ex.cheat, "NaN or infinite")(lambda rows, seed: np.full(rows, np.nan))
wrong(ex.cheat, "Numbers are expected")(lambda rows, seed: ["alarm"] * rows)

# ---------------------------------------------------------------------------------- 7 · alarm line


def runs_above(scores, line):
    return sum(above for above, _ in itertools.groupby(score > line for score in scores))


@right(ex.alarm_line)
def line_by_groups(scores, alarms):
    line = max(scores)
    for lower in sorted(scores, reverse=True):
        if runs_above(scores, lower) > alarms:
            return line
        line = lower
    return line


@right(ex.alarm_line)
def line_by_labels(scores, alarms):
    lines = np.unique(scores)
    counts = np.array([ndimage.label(scores > line)[1] for line in lines])
    too_many = np.flatnonzero(counts > alarms)
    return lines[too_many.max() + 1] if too_many.size else lines[0]


@right(ex.alarm_line)
def line_by_events(scores, alarms):
    lines = np.sort(scores)[::-1]
    keeps = [len(evaluation.events((scores > line).astype(int))) <= alarms for line in lines]
    return lines[keeps.index(False) - 1] if False in keeps else lines[-1]


@right(ex.alarm_line)
def line_by_all_at_once(scores=None, alarms=None):
    lines = np.sort(scores)
    above = np.pad(scores[None] > lines[:, None], ((0, 0), (1, 0)))  # (lines, 1 + rows)
    runs = (above[:, 1:] & ~above[:, :-1]).sum(axis=1)
    return lines[np.append(0, np.flatnonzero(runs > alarms) + 1).max()]


@right(ex.alarm_line)
def line_by_joining_rows(scores, alarms):
    """Rows come up out of the water one after the other, and join those beside them."""
    order = np.argsort(-scores, kind="stable")
    dry, runs, line = np.zeros(len(scores) + 2, dtype=bool), 0, scores[order[0]]
    for row, after in zip(order, [*order[1:], None], strict=True):
        dry[row + 1] = True
        runs += 1 - dry[row] - dry[row + 2]
        if after is None or (scores[after] < scores[row] and runs > alarms):
            break
        if scores[after] < scores[row]:
            line = scores[after]
    return line


@right(ex.alarm_line)
def line_in_torch(scores, alarms):
    scores = torch.as_tensor(scores)
    line = scores.max()
    for lower in scores.unique().flip(0):
        above = torch.cat([torch.zeros(1), (scores > lower).float()])
        if (above.diff() == 1).sum() > alarms:
            break
        line = lower
    return line


@right(ex.alarm_line)
def line_in_pandas(scores, alarms):
    scores = pd.Series(scores)
    lines = scores.drop_duplicates().sort_values(ascending=False)
    runs = lines.map(lambda line: (scores.gt(line).astype(int).diff().fillna(0) > 0).sum())
    runs += lines.map(lambda line: int(scores.iloc[0] > line))
    kept = (runs <= alarms).cumprod().astype(bool)
    return lines[kept].min().astype(np.float32)


@wrong(ex.alarm_line, "but not at every line above it")
def line_lowest_of_all(scores, alarms):
    return min(line for line in scores if runs_above(scores, line) <= alarms)


@wrong(ex.alarm_line, "but not at every line above it")
def line_from_below(scores, alarms):
    for line in sorted(scores):
        if runs_above(scores, line) <= alarms:
            return line
    return max(scores)


@wrong(ex.alarm_line, "With peaks on one wide hill")
def line_by_halving(scores, alarms):
    lines = np.unique(scores)
    low, high = 0, len(lines) - 1
    while low < high:
        middle = (low + high) // 2
        if runs_above(scores, lines[middle]) <= alarms:
            high = middle
        else:
            low = middle + 1
    return lines[low]


@wrong(ex.alarm_line, "You allow that many rows")
def line_by_rows(scores, alarms):
    return np.sort(scores)[-alarms - 1]


@wrong(ex.alarm_line, "You allow that many rows")
def line_by_a_quantile(scores, alarms):
    return np.quantile(scores, 1 - alarms / len(scores), method="inverted_cdf")


@wrong(ex.alarm_line, "No alarm at all")
def line_at_the_top(scores, alarms):
    return scores.max()


@wrong(ex.alarm_line, "first line with too many")
def line_one_too_low(scores, alarms):
    for line in np.sort(scores)[::-1]:
        if runs_above(scores, line) > alarms:
            return line
    return scores.min()


@wrong(ex.alarm_line, "A row at the line itself counts")
def line_at_or_above(scores, alarms):
    line = scores.max()
    for lower in np.sort(scores)[::-1]:
        above = np.pad(scores >= lower, (1, 0))
        if (above[1:] & ~above[:-1]).sum() > alarms:
            break
        line = lower
    return line


@wrong(ex.alarm_line, "crosses it twice")
def line_by_crossings(scores, alarms):
    line = scores.max()
    for lower in np.sort(scores)[::-1]:
        if np.abs(np.diff((scores > lower).astype(int))).sum() > alarms:
            break
        line = lower
    return line


@wrong(ex.alarm_line, "begins at the first row is not counted")
def line_without_the_first_row(scores, alarms):
    line = scores.max()
    for lower in np.sort(scores)[::-1]:
        if (np.diff((scores > lower).astype(int)) == 1).sum() > alarms:
            break
        line = lower
    return line


@wrong(ex.alarm_line, "Fewer than `alarms`")
def line_with_fewer(scores, alarms):
    line = scores.max()
    for lower in np.sort(scores)[::-1]:
        if runs_above(scores, lower) >= alarms:
            break
        line = lower
    return line


@wrong(ex.alarm_line, "between two scores")
def line_between(scores, alarms):
    lines = np.sort(scores)[::-1]
    for above, line in itertools.pairwise(lines):
        if runs_above(scores, line) > alarms:
            return (above + line) / 2
    return lines[-1]


@wrong(ex.alarm_line, "With the example, two alarms you return 4; 3 is")
def line_by_peaks(scores, alarms):
    peaks = signal.find_peaks(scores)[0]
    return np.sort(scores[peaks])[-min(alarms + 1, len(peaks))] if len(peaks) else scores.max()


@wrong(ex.alarm_line, "With a plateau before a hill")
def line_that_forgets_plateaus(scores, alarms):
    line = scores.max()
    for row in np.argsort(-scores, kind="stable"):
        above = np.zeros(len(scores) + 1, dtype=bool)
        above[1:] = (scores > scores[row]) | (
            (scores == scores[row]) & (np.arange(len(scores)) < row)
        )
        if (above[1:] & ~above[:-1]).sum() > alarms:
            break
        line = scores[row]
    return line


wrong(ex.alarm_line, "One line is asked for")(lambda scores, alarms: scores[scores > 2])
wrong(ex.alarm_line, "alarms would sound; the lowest line")(
    lambda scores, alarms: np.median(scores)
)
wrong(ex.alarm_line, "the lowest line that keeps to 4")(lambda scores, alarms: 4)

# --------------------------------------------------------------------------------- 8 · my detector


def scaled(train, X):
    """Return the training rows and X behind them, in the training rows' spreads."""
    return (np.vstack([train, X]) - train.mean(axis=0)) / train.std(axis=0)


def smooth(sizes, width=16):
    return np.convolve(sizes, np.ones(width) / width)[: len(sizes)]


def forecast_errors(train, X, lags=12):
    rows, known = scaled(train, X), len(train) - lags
    A = np.column_stack(
        [
            windows_of(rows[:-1], lags, axis=0).reshape(len(rows) - lags, -1),
            np.ones(len(rows) - lags),
        ]
    )
    return rows[lags:] - A @ np.linalg.lstsq(A[:known], rows[lags : len(train)])[0], known


@right(ex.my_detector)
def detector_of_the_package(train, X):
    return detectors.Forecaster(device="cpu").fit(train).decision_function(X)


@right(ex.my_detector)
def detector_with_a_white_forecast(train=None, X=None):
    errors, known = forecast_errors(train, X)
    sizes = ((errors @ whitener_by_cholesky(errors[:known])) ** 2).sum(axis=1)
    return mean_by_sums(np.sqrt(sizes), 24)[-len(X) :]


@right(ex.my_detector)
def detector_by_mahalanobis(train, X):
    rows = scaled(train, X)
    sizes = np.linalg.norm(
        rows @ np.linalg.cholesky(np.linalg.inv(np.cov(rows[: len(train)].T))), axis=1
    )
    return smooth(sizes)[len(train) :].tolist()


@right(ex.my_detector)
def detector_by_a_mixture_of_gaussians(train, X):
    mixture = GaussianMixture(3, random_state=0).fit(train)
    surprise = -mixture.score_samples(np.vstack([train, X]))
    return pd.Series(surprise).rolling(16).mean().iloc[len(train) :]


@right(ex.my_detector)
def detector_in_torch(train, X):
    rows, lags = torch.tensor(scaled(train, X)), 8
    A = rows[:-1].unfold(0, lags, 1).flatten(1)
    known = len(train) - lags
    weights = torch.linalg.lstsq(A[:known], rows[lags : len(train)]).solution
    errors = rows[lags:] - A @ weights
    sizes = (errors @ torch.linalg.cholesky(torch.linalg.inv(torch.cov(errors[:known].T)))).norm(
        dim=1
    )
    return torch.tensor(smooth(sizes.numpy())[-len(X) :]).float()


@wrong(ex.my_detector, "0.7 would pass")
def detector_by_distance(train, X):
    return smooth(np.abs(scaled(train, X)).max(axis=1))[len(train) :]


@wrong(ex.my_detector, "0.7 would pass")
def detector_by_windows(train, X):
    width = 32
    rows = scaled(train, X)
    windows = windows_of(rows, width, axis=0).reshape(len(rows) - width + 1, -1)
    pca = PCA(5).fit(windows[: len(train) - width + 1])
    left = windows - pca.inverse_transform(pca.transform(windows))
    return (left**2).sum(axis=1)[-len(X) :]


@wrong(ex.my_detector, "0.7 would pass")
def detector_by_chance(train, X):
    return np.random.default_rng(0).random(10_000)[: len(X)]


@wrong(ex.my_detector, "0.7 would pass")
def detector_by_steps(train, X):
    rows = scaled(train, X)
    return np.abs(np.diff(rows, axis=0)).max(axis=1)[-len(X) :]


@wrong(ex.my_detector, "that are left: they look ahead")
def detector_with_a_centred_mean(train, X):
    errors, known = forecast_errors(train, X)
    sizes = np.linalg.norm(errors @ ex.whitener._solution(errors[:known]), axis=1)
    return np.convolve(sizes, np.ones(17) / 17, mode="same")[-len(X) :]


@wrong(ex.my_detector, "that are left: they look ahead")
def detector_with_a_mean_of_the_future(train, X):
    sizes = np.linalg.norm(scaled(train, X)[len(train) :], axis=1)
    return pd.Series(sizes[::-1]).rolling(16, min_periods=1).mean()[::-1]


@wrong(ex.my_detector, "learnt from the rows to be judged")
def detector_scaled_by_what_it_judges(train, X):
    z = np.abs(X - X.mean(axis=0)) / X.std(axis=0)
    return smooth(z.max(axis=1))


@wrong(ex.my_detector, "learnt from the rows to be judged")
def detector_that_ends_at_one(train, X):
    scores = detector_by_mahalanobis(train, X)
    return np.array(scores) / max(scores)


@wrong(ex.my_detector, "The sign is turned")
def detector_upside_down(train, X):
    return -ex.my_detector._solution(train, X)


@wrong(ex.my_detector, "other scores at the second call")
def detector_without_a_seed(train, X):
    scores = np.array(detector_by_mahalanobis(train, X))
    return scores + 0.1 * np.random.default_rng().normal(size=len(X))


@wrong(ex.my_detector, "training rows were scored as well")
def detector_of_all_rows(train, X):
    return smooth(np.linalg.norm(scaled(train, X), axis=1))


@wrong(ex.my_detector, "scores of the training rows")
def detector_of_the_wrong_rows(train, X):
    return np.linalg.norm(scaled(train, X), axis=1)[: len(train)]


@wrong(ex.my_detector, "One number for each channel")
def detector_of_channels(train, X):
    return np.abs(scaled(train, X)[len(train) :])


@wrong(ex.my_detector, "1344 scores are asked for")
def detector_that_loses_its_start(train, X):
    return windows_of(np.linalg.norm(X - train.mean(axis=0), axis=1), 16).mean(axis=1)


@wrong(ex.my_detector, "The first 15 scores are NaN")
def detector_that_warms_up(train, X):
    return pd.Series(np.linalg.norm(X - train.mean(axis=0), axis=1)).rolling(16).mean()


@wrong(ex.my_detector, "the `X` that it was given")
def detector_in_place(train, X):
    scores = ex.my_detector._solution(train, X)
    X -= train.mean(axis=0)
    return scores


wrong(ex.my_detector, "NaN or infinite")(lambda train, X: np.full(len(X), np.inf))
wrong(ex.my_detector, "0.7 would pass")(lambda train, X: np.ones(len(X)))
