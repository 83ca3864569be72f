"""Answers to the exercises of lesson 13: right ones in other styles, and wrong ones."""

import math

from answers import right, wrong
from course_utils.exercises import lesson_13 as ex
from course_utils.exercises.lesson_13.pictures import _scaled

import numpy as np
import pandas as pd
import torch
from scipy import ndimage, signal, special, stats
from scipy.signal import correlate2d
from torch import nn

# ------------------------------------------------------------------------------ 1 · channels first

right(ex.channels_first)(lambda pictures: np.moveaxis(pictures, -1, 1))
right(ex.channels_first)(lambda pictures: np.einsum("nhwc->nchw", pictures).tolist())
right(ex.channels_first)(lambda pictures: torch.from_numpy(pictures).permute(0, 3, 1, 2))


@right(ex.channels_first)
def channels_stacked(pictures=None):
    parts = [pictures[..., c] for c in range(pictures.shape[3])]
    return np.stack(parts, axis=1).astype(np.float32)


@right(ex.channels_first)
def channels_in_loops(pictures):
    n, h, w, c = pictures.shape
    result = torch.zeros((n, c, h, w), requires_grad=True).detach().clone()
    for place in np.ndindex(n, h, w, c):
        result[place[0], place[3], place[1], place[2]] = float(pictures[place])
    return result.requires_grad_()


@wrong(ex.channels_first, "the way back")
def channels_first_backwards(pictures):
    return np.moveaxis(pictures, 1, -1)


@wrong(ex.channels_first, "divided by 255")
def channels_first_as_images_are_loaded(pictures):
    return pictures.transpose(0, 3, 1, 2) / 255


@wrong(ex.channels_first, "is not pictures[n, i, j, c]")
def channels_first_upside_down(pictures):
    return pictures.transpose(0, 3, 1, 2)[:, :, ::-1]


@wrong(ex.channels_first, "With one channel")
def channels_first_of_colours(pictures):
    return pictures.transpose(0, 3, 1, 2) * (pictures.shape[3] > 1)


@wrong(ex.channels_first, "the `pictures` that it was given")
def channels_first_in_place(pictures):
    moved = pictures.transpose(0, 3, 1, 2).copy()
    pictures[...] = 0
    return moved


@wrong(ex.channels_first, "confetti")
def channels_first_by_reshape(pictures):
    n, h, w, c = pictures.shape
    return pictures.reshape(n, c, h, w)


@wrong(ex.channels_first, "lie on their side")
def channels_first_sideways(pictures):
    return pictures.transpose(0, 3, 2, 1)


@wrong(ex.channels_first, "order of all axes")
def channels_first_all_turned(pictures):
    return pictures.T


@wrong(ex.channels_first, "for a single picture")
def channels_first_of_one_picture(pictures):
    return pictures.transpose(2, 0, 1, 3)


wrong(ex.channels_first, "Nothing has moved")(lambda pictures: pictures)
wrong(ex.channels_first, "lie on their side")(lambda pictures: np.swapaxes(pictures, 1, 3))
wrong(ex.channels_first, "is expected")(lambda pictures: pictures[0])

# ----------------------------------------------------------------------------------- 2 · correlate


@right(ex.correlate)
def correlate_by_windows(picture, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    return np.einsum("ijuv,uv->ij", windows, kernel).astype(np.float32)


right(ex.correlate)(lambda picture, kernel: correlate2d(picture, kernel, "valid"))
right(ex.correlate)(lambda p, k: signal.convolve(p, k[::-1, ::-1], mode="valid", method="direct"))


@right(ex.correlate)
def correlate_by_torch(picture, kernel):
    x, w = (torch.tensor(each, dtype=torch.float64)[None, None] for each in (picture, kernel))
    return nn.functional.conv2d(x, weight=w.requires_grad_())[0, 0]


@right(ex.correlate)
def correlate_shift_by_shift(picture=None, kernel=None):
    rows, columns = (n - k + 1 for n, k in zip(picture.shape, kernel.shape, strict=True))
    result = 0
    for (u, v), weight in np.ndenumerate(kernel):
        result = result + weight * picture[u : u + rows, v : v + columns]
    return result


@right(ex.correlate)
def correlate_in_lists(picture, kernel):
    p, w = picture.tolist(), kernel.tolist()
    height, width, k, m = len(p), len(p[0]), len(w), len(w[0])
    return [
        [
            sum(p[i + u][j + v] * w[u][v] for u in range(k) for v in range(m))
            for j in range(width - m + 1)
        ]
        for i in range(height - k + 1)
    ]


@wrong(ex.correlate, "side by side")
def correlate_in_blocks(picture, kernel):
    full = ex.correlate._solution(picture, kernel)
    return full[:: kernel.shape[0], :: kernel.shape[1]]


@wrong(ex.correlate, "rows and columns are exchanged")
def correlate_with_the_kernel_transposed(picture, kernel):
    return ex.correlate._solution(picture, kernel.T)


@wrong(ex.correlate, "hung over its edge")
def correlate_by_scipy_with_edges(picture, kernel):
    return ndimage.correlate(picture, kernel, mode="constant")


@wrong(ex.correlate, "With a flat kernel")
def correlate_for_tall_kernels(picture, kernel):
    return ex.correlate._solution(picture, kernel) * (len(kernel) > 1)


@wrong(ex.correlate, "the `picture` that it was given")
def correlate_into_the_picture(picture, kernel):
    result = ex.correlate._solution(picture, kernel)
    picture[: len(result), : len(result[0])] = result
    return picture[: len(result), : len(result[0])].copy()


@wrong(ex.correlate, "turned by 180 degrees")
def correlate_turned(picture, kernel):
    return ex.correlate._solution(picture, kernel[::-1, ::-1])


@wrong(ex.correlate, "one too early")
def correlate_off_by_one(picture, kernel):
    (height, width), (k, columns) = picture.shape, kernel.shape
    result = np.zeros((height - k, width - columns))
    for i in range(height - k):
        for j in range(width - columns):
            result[i, j] = (picture[i : i + k, j : j + columns] * kernel).sum()
    return result


@wrong(ex.correlate, "hung over its edge")
def correlate_with_padding(picture, kernel):
    k, columns = kernel.shape
    rows = (k - 1) // 2, k // 2
    sides = (columns - 1) // 2, columns // 2
    return ex.correlate._solution(np.pad(picture, (rows, sides)), kernel)


@wrong(ex.correlate, "entry by entry first")
def correlate_sums_first(picture, kernel):
    return ex.correlate._solution(picture, np.ones(kernel.shape)) * kernel.mean()


@wrong(ex.correlate, "the mean of the products")
def correlate_averaged(picture, kernel):
    return ex.correlate._solution(picture, kernel) / kernel.size


wrong(ex.correlate, "on its head")(lambda p, k: ex.correlate._solution(p, k[::-1]))
wrong(ex.correlate, "mirrored")(lambda p, k: ex.correlate._solution(p, k[:, ::-1]))
wrong(ex.correlate, "numbers are not")(lambda p, k: ex.correlate._solution(p, k) + 1)
wrong(ex.correlate, "places")(lambda p, k: ex.correlate._solution(p, k)[:1])

# --------------------------------------------------------------------------------- 3 · output size

right(ex.output_size)(lambda n, k, p, s: len(range(0, n + 2 * p - k + 1, s)))
right(ex.output_size)(lambda n, k, p, s: int(np.floor((n + 2 * p - k) / s)) + 1)
right(ex.output_size)(lambda n, k, p, s: torch.zeros(n + 2 * p).unfold(0, k, s).shape[0])
right(ex.output_size)(lambda n, k, p, s: torch.tensor((n + 2 * p - k) // s + 1))


@right(ex.output_size)
def sizes_by_counting(size=None, kernel=None, padding=None, stride=None):
    places, start = 0, -padding
    while start + kernel <= size + padding:
        places, start = places + 1, start + stride
    return np.int32(places)


@right(ex.output_size)
def sizes_by_a_layer(size, kernel, padding, stride):
    ones = nn.functional.pad(torch.ones(1, 1, size), (padding, padding))
    return nn.Conv1d(1, 1, kernel, stride)(ones).shape[-1]


@wrong(ex.output_size, "With a window as large as the side")
def output_size_for_small_kernels(size, kernel, padding, stride):
    return max(size + 2 * padding - kernel, 0 if kernel < 6 else 9) // stride + 1


@wrong(ex.output_size, "With one pixel")
def output_size_of_short_steps(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride + (stride < size)


@wrong(ex.output_size, "You rounded up")
def output_size_rounded_up(size, kernel, padding, stride):
    return -(-(size + 2 * padding - kernel) // stride) + 1


@wrong(ex.output_size, "counted once")
def output_size_padded_once(size, kernel, padding, stride):
    return (size + padding - kernel) // stride + 1


@wrong(ex.output_size, "One is missing")
def output_size_without_the_first(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride


@wrong(ex.output_size, "Round down with //")
def output_size_with_a_fraction(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) / stride + 1


wrong(ex.output_size, "Divide before")(lambda n, k, p, s: (n + 2 * p - k + 1) // s)
wrong(ex.output_size, "makes up for the kernel")(lambda n, k, p, s: n // s)
wrong(ex.output_size, "takes no part")(lambda n, k, p, s: n + 2 * p - k + 1)
wrong(ex.output_size, "the window fits")(lambda n, k, p, s: 7)
wrong(ex.output_size, "`return`")(lambda n, k, p, s: print(end=""))

# ------------------------------------------------------------------------------------ 4 · max pool


@right(ex.max_pool)
def pooled_by_windows(picture, size, stride):
    windows = np.lib.stride_tricks.sliding_window_view(picture, (size, size))
    return windows[::stride, ::stride].max(axis=(2, 3)).tolist()


@right(ex.max_pool)
def pooled_by_torch(picture, size, stride):
    x = torch.tensor(picture, dtype=torch.float64, requires_grad=True)
    return nn.functional.max_pool2d(x[None], kernel_size=size, stride=stride)[0]


@right(ex.max_pool)
def pooled_by_unfolding(picture, size, stride):
    windows = torch.from_numpy(picture).unfold(0, size, stride).unfold(1, size, stride)
    return windows.amax(dim=(-1, -2))


@right(ex.max_pool)
def pooled_step_by_step(picture=None, size=None, stride=None):
    rows, columns = ((n - size) // stride + 1 for n in picture.shape)
    result = np.full((rows, columns), -np.inf, dtype=np.float32)
    for i, j in np.ndindex(rows, columns):
        for row in picture[i * stride : i * stride + size].tolist():
            result[i, j] = max(result[i, j], *row[j * stride : j * stride + size])
    return result


@right(ex.max_pool)
def pooled_in_pandas(picture, size, stride):
    tops = pd.DataFrame(picture).rolling(size).max().T.rolling(size).max().T
    return tops.iloc[size - 1 :: stride, size - 1 :: stride]


@wrong(ex.max_pool, "only negative entries")
def max_pool_as_it_was_given(picture, size, stride):
    rows, columns = (n // stride for n in picture.shape)
    pooled = np.zeros((rows, columns))
    for i, j in np.ndindex(rows, columns):
        window = picture[i * size : (i + 1) * size, j * size : (j + 1) * size]
        pooled[i, j] = max(pooled[i, j], window.max())
    return pooled


@wrong(ex.max_pool, "the size of the entries")
def max_pool_of_sizes(picture, size, stride):
    return ex.max_pool._solution(np.abs(picture), size, stride)


@wrong(ex.max_pool, "first entry")
def max_pool_by_skipping(picture, size, stride):
    rows, columns = (n - size + 1 for n in picture.shape)
    return picture[:rows:stride, :columns:stride]


@wrong(ex.max_pool, "smallest entry from the largest")
def max_pool_of_ranges(picture, size, stride):
    highest, lowest = (ex.max_pool._solution(x, size, stride) for x in (picture, -picture))
    return highest + lowest


@wrong(ex.max_pool, "some entry is not the maximum")
def max_pool_of_rows(picture, size, stride):
    pooled = ex.max_pool._solution(picture, size, stride)
    return pooled - 0.5 * (np.arange(pooled.size) == pooled.size - 1).reshape(pooled.shape)


@wrong(ex.max_pool, "With windows of one pixel")
def max_pool_of_larger_windows(picture, size, stride):
    return ex.max_pool._solution(picture, max(size, 2), stride)


@wrong(ex.max_pool, "the `picture` that it was given")
def max_pool_in_place(picture, size, stride):
    pooled = ex.max_pool._solution(picture, size, stride)
    picture[: len(pooled), : len(pooled[0])] = pooled
    return pooled


@wrong(ex.max_pool, "average pooling")
def max_pool_of_means(picture, size, stride):
    rows = range(0, picture.shape[0] - size + 1, stride)
    columns = range(0, picture.shape[1] - size + 1, stride)
    return np.array([[picture[i : i + size, j : j + size].mean() for j in columns] for i in rows])


@wrong(ex.max_pool, "nothing is subtracted")
def max_pool_minus_something(picture, size, stride):
    return ex.max_pool._solution(picture, size, stride) - max_pool_of_means(picture, size, stride)


@wrong(ex.max_pool, "stand side by side")
def max_pool_without_the_stride(picture, size, stride):
    return ex.max_pool._solution(picture, size, size)


@wrong(ex.max_pool, "Cutting")
def max_pool_by_reshape(picture, size, stride):
    height, width = picture.shape
    return picture.reshape(height // size, size, width // size, size).max(axis=(1, 3))


@wrong(ex.max_pool, "only negative entries")
def max_pool_from_zero(picture, size, stride):
    return np.maximum(ex.max_pool._solution(picture, size, stride), 0)


@wrong(ex.max_pool, "left over")
def pooled_with_a_left_over_row(picture, size, stride):
    h, w = (stride * -(-(n - size) // stride) + size for n in picture.shape)
    rest = (0, h - picture.shape[0]), (0, w - picture.shape[1])
    return ex.max_pool._solution(np.pad(picture, rest, constant_values=-9), size, stride)


wrong(ex.max_pool, "smallest")(lambda x, a, s: -ex.max_pool._solution(-x, a, s))
wrong(ex.max_pool, "at every pixel")(lambda x, a, s: ex.max_pool._solution(x, a, 1))
wrong(ex.max_pool, "wide as the stride")(lambda x, a, s: ex.max_pool._solution(x, s, s))

# ----------------------------------------------------------------------------------- 5 · flat size


@right(ex.flat_size)
def flat_by_lengths(size, widths, kernel, padding):
    side = size
    for _ in widths:
        side = len(range(0, side + 2 * padding - kernel + 1)) // 2
    return np.int64(widths[-1]) * side**2


@right(ex.flat_size)
def flat_by_recursion(size, widths, kernel, padding):
    def side(blocks):
        return size if not blocks else (side(blocks - 1) + 2 * padding - kernel + 1) // 2

    return list(widths)[-1] * side(len(widths)) ** 2


@right(ex.flat_size)
def flat_by_a_network(size, widths, kernel, padding):
    x = torch.zeros(1, 1, size, size)
    for width in widths:
        x = nn.Conv2d(x.shape[1], width, kernel, padding=padding)(x)
        x = nn.MaxPool2d(2)(x)
    return x.flatten(1).shape[1]


@right(ex.flat_size)
def flat_as_a_tensor(size=None, widths=None, kernel=None, padding=None):
    side = torch.tensor(size)
    for _ in range(len(widths)):
        side = torch.div(side + 2 * padding - (kernel - 1), 2, rounding_mode="floor")
    return torch.tensor(widths[-1]) * side.square()


@wrong(ex.flat_size, "poolings are missing")
def flat_size_of_convolutions_alone(size, widths, kernel, padding):
    for _ in widths:
        size = size + 2 * padding - kernel + 1
    return widths[-1] * size * size


@wrong(ex.flat_size, "rounded up")
def flat_size_rounded_up(size, widths, kernel, padding):
    for _ in widths:
        size = -(-(size + 2 * padding - kernel + 1) // 2)
    return widths[-1] * size * size


@wrong(ex.flat_size, "Padding is counted once")
def flat_size_padded_once(size, widths, kernel, padding):
    for _ in widths:
        size = (size + padding - kernel + 1) // 2
    return widths[-1] * size * size


@wrong(ex.flat_size, "The one is missing")
def flat_size_without_the_first_place(size, widths, kernel, padding):
    for _ in widths:
        size = (size + 2 * padding - kernel) // 2
    return widths[-1] * size * size


@wrong(ex.flat_size, "convolution is first")
def flat_size_pooled_first(size, widths, kernel, padding):
    for _ in widths:
        size = size // 2 + 2 * padding - kernel + 1
    return widths[-1] * size * size


@wrong(ex.flat_size, "whole number of pixels")
def flat_size_with_half_pixels(size, widths, kernel, padding):
    for _ in widths:
        size = (size + 2 * padding - kernel + 1) / 2
    return widths[-1] * size * size


@wrong(ex.flat_size, "two sides")
def flat_size_of_one_side(size, widths, kernel, padding):
    return widths[-1] * int(flat_by_lengths(size, (1,) * len(widths), kernel, padding) ** 0.5)


@wrong(ex.flat_size, "With widths that shrink")
def flat_size_of_the_widest(size, widths, kernel, padding):
    return flat_by_lengths(size, (*widths, max(widths))[1:], kernel, padding)


@wrong(ex.flat_size, "one pooling too many")
def flat_size_four_by_four(size, widths, kernel, padding):
    return widths[-1] * (size // 2 ** (len(widths) + 1)) ** 2


@wrong(ex.flat_size, "sees all of them")
def flat_size_of_one_channel(size, widths, kernel, padding):
    return ex.flat_size._solution(size, widths, kernel, padding) // widths[-1]


@wrong(ex.flat_size, "a kernel of 5 without padding")
def flat_size_of_poolings_alone(size, widths, kernel, padding):
    return widths[-1] * (size // 2 ** len(widths)) ** 2


@wrong(ex.flat_size, "only the last width is left")
def flat_size_of_all_widths(size, widths, kernel, padding):
    side = ex.flat_size._solution(size, widths, kernel, padding) // widths[-1]
    return int(np.prod(widths)) * side


@wrong(ex.flat_size, "falls to a quarter")
def flat_size_by_quarters(size, widths, kernel, padding):
    return widths[-1] * (size // 4 ** len(widths)) ** 2


wrong(ex.flat_size, "numbers, not")(lambda n, w, k, p: 8 * w[-1])
wrong(ex.flat_size, "added")(lambda n, w, k, p: sum(w) * flat_by_lengths(n, (1,) * len(w), k, p))

# --------------------------------------------------------------------------------- 6 · standardise


@right(ex.standardise)
def standardised_by_channel(train, new):
    results = np.empty(train.shape), np.empty(new.shape)
    for c in range(train.shape[1]):
        mean, spread = train[:, c].mean(), train[:, c].std(ddof=1)
        for result, given in zip(results, (train, new), strict=True):
            result[:, c] = (given[:, c] - mean) / spread
    return list(results)


@right(ex.standardise)
def standardised_by_torch(train, new):
    x, t = (torch.tensor(each, requires_grad=True) for each in (train, new))
    spread, mean = torch.std_mean(x, dim=(0, 2, 3), keepdim=True)
    return (x - mean) / spread, (t - mean) / spread


@right(ex.standardise)
def standardised_as_the_lesson_does(train, new):
    mean, spread = train.mean(dim=(0, 2, 3), keepdim=True), train.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / spread, (new - mean) / spread


@right(ex.standardise)
def standardised_in_float32(train=None, new=None):
    rows = np.moveaxis(train, 1, -1).reshape(-1, train.shape[1])
    mean, spread = rows.mean(axis=0), np.sqrt(rows.var(axis=0) + 1e-9)
    scale = [np.float32(each.reshape(1, -1, 1, 1)) for each in (mean, spread)]
    return [(np.float32(each) - scale[0]) / scale[1] for each in (train, new)]


@right(ex.standardise)
def standardised_by_layer(train, new):
    x, t = (torch.from_numpy(each) for each in (train, new))
    norm = nn.BatchNorm2d(x.shape[1], eps=1e-9, affine=False, dtype=x.dtype)
    norm.running_mean = x.mean(dim=(0, 2, 3))
    norm.running_var = x.var(dim=(0, 2, 3), unbiased=False)
    return norm.eval()(x).numpy(), norm(t).numpy()


@right(ex.standardise)
def standardised_in_pandas(train, new):
    table = pd.DataFrame({c: train[:, c].flatten() for c in range(train.shape[1])})
    mean, spread = table.mean(), table.std()
    parts = [
        np.stack([(x[:, c] - mean[c]) / spread[c] for c in table], axis=1) for x in (train, new)
    ]
    return tuple(parts)


@wrong(ex.standardise, "smallest and largest training pixel")
def standardise_to_zero_and_one(train, new):
    low, high = (f(train, axis=(0, 2, 3), keepdims=True) for f in (np.min, np.max))
    return (train - low) / (high - low), (new - low) / (high - low)


@wrong(ex.standardise, "wrong order")
def standardise_exchanged(train, new):
    return ex.standardise._solution(train, new)[::-1]


@wrong(ex.standardise, "come back as they were")
def standardise_train_alone(train, new):
    return ex.standardise._solution(train, new)[0], new


@wrong(ex.standardise, "divide by its root")
def standardise_by_variance(train, new):
    mean, variance = (
        f(train, axis=(0, 2, 3), keepdims=True, **more)
        for f, more in ((np.mean, {}), (np.var, {"ddof": 1}))
    )
    return (train - mean) / variance, (new - mean) / variance


@wrong(ex.standardise, "take the mean off first")
def standardise_without_the_mean(train, new):
    spread = train.std(axis=(0, 2, 3), keepdims=True)
    return train / spread, new / spread


@wrong(ex.standardise, "in result 1 of 2")
def standardise_each_training_picture(train, new):
    return _scaled(train, train, (1, 2, 3)), _scaled(new, train, (0, 2, 3))


@wrong(ex.standardise, "With three channels")
def standardise_nearly(train, new):
    mean, spread = (f(train, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return (train - mean) / (spread + 0.01), (new - mean) / (spread + 0.01)


@wrong(ex.standardise, "the `train` that it was given")
def standardise_in_place(train, new):
    results = ex.standardise._solution(train, new)
    train -= train.mean(axis=(0, 2, 3), keepdims=True)
    return results


@wrong(ex.standardise, "a mean of their own")
def standardise_each_by_its_own(train, new):
    return _scaled(train, train, (0, 2, 3)), _scaled(new, new, (0, 2, 3))


@wrong(ex.standardise, "That is a leak")
def standardise_together(train, new):
    both = np.concatenate([train, new])
    return _scaled(train, both, (0, 2, 3)), _scaled(new, both, (0, 2, 3))


@wrong(ex.standardise, "one mean for all channels")
def standardise_over_the_channels(train, new):
    return _scaled(train, train, (0, 1, 2, 3)), _scaled(new, train, (0, 1, 2, 3))


@wrong(ex.standardise, "too dark")
def standardise_each_picture(train, new):
    return _scaled(train, train, (1, 2, 3)), _scaled(new, new, (1, 2, 3))


@wrong(ex.standardise, "a mean of its own (axis 0")
def standardise_each_pixel(train, new):
    return _scaled(train, train, 0), _scaled(new, train, 0)


wrong(ex.standardise, "Division by 255")(lambda train, new: (train / 255, new / 255))
wrong(ex.standardise, "`return train, new`")(lambda train, new: train)
wrong(ex.standardise, "shape")(lambda a, b: (a - a.mean((0, 2, 3), keepdims=True),) * 2)

# ------------------------------------------------------------------------------ 7 · one logit loss


@right(ex.one_logit_loss)
def loss_by_cases(logits, classes, anomaly):
    each = [
        np.logaddexp(0, -z if c == anomaly else z) for z, c in zip(logits, classes, strict=True)
    ]
    return float(np.mean(each))


@right(ex.one_logit_loss)
def loss_by_torch(logits, classes, anomaly):
    z = torch.tensor(logits, requires_grad=True)
    labels = torch.from_numpy(classes == anomaly).to(z)
    return nn.functional.binary_cross_entropy_with_logits(z, target=labels)


@right(ex.one_logit_loss)
def loss_as_the_lesson_trains(logits, classes, anomaly):
    loss_of = nn.functional.binary_cross_entropy_with_logits
    return loss_of(logits, (classes == anomaly).to(logits.dtype))


@right(ex.one_logit_loss)
def loss_by_softplus(logits=None, classes=None, anomaly=None):
    z = torch.from_numpy(logits).double()
    z = torch.where(torch.from_numpy(classes) == anomaly, -z, z).requires_grad_()
    return nn.functional.softplus(z).mean()


@right(ex.one_logit_loss)
def loss_in_pandas(logits, classes, anomaly):
    table = pd.DataFrame({"z": logits.astype(float), "class": classes})
    turned = table["z"].where(table["class"] != anomaly, -table["z"])
    return -pd.Series(special.log_expit(-turned)).mean()


@right(ex.one_logit_loss)
def loss_in_float32(logits, classes, anomaly):
    z = np.float32(logits)
    each = np.maximum(z, 0) - z * (classes == anomaly) + np.log1p(np.exp(-np.abs(z)))
    return np.einsum("i->", each) / np.float32(len(z))


@wrong(ex.one_logit_loss, "With anomaly = 7 the labels are those of class 3")
def one_logit_loss_of_threes(logits, classes, anomaly):
    return ex.one_logit_loss._solution(logits, classes, 3)


@wrong(ex.one_logit_loss, "labels are those of class 5")
def one_logit_loss_of_fives(logits, classes, anomaly):
    return ex.one_logit_loss._solution(logits, classes, 5)


@wrong(ex.one_logit_loss, "Every class but 0")
def one_logit_loss_of_any_class(logits, classes, anomaly):
    return ex.one_logit_loss._solution(logits, classes > 0, True)


@wrong(ex.one_logit_loss, "==, not >=")
def one_logit_loss_of_higher_classes(logits, classes, anomaly):
    return ex.one_logit_loss._solution(logits, classes >= anomaly, True)


@wrong(ex.one_logit_loss, "−1 and 1")
def one_logit_loss_of_signs(logits, classes, anomaly):
    labels = np.where(classes == anomaly, 1, -1)
    return np.mean(np.logaddexp(0, logits) - labels * logits)


@wrong(ex.one_logit_loss, "in bits")
def one_logit_loss_in_bits(logits, classes, anomaly):
    return ex.one_logit_loss._solution(logits, classes, anomaly) / np.log(2)


@wrong(ex.one_logit_loss, "Only the anomalies are counted")
def one_logit_loss_of_anomalies(logits, classes, anomaly):
    return np.logaddexp(0, -logits[classes == anomaly]).mean()


@wrong(ex.one_logit_loss, "mean squared error")
def one_logit_loss_squared(logits, classes, anomaly):
    return ((special.expit(logits) - (classes == anomaly)) ** 2).mean()


@wrong(ex.one_logit_loss, "With random numbers")
def one_logit_loss_of_forty(logits, classes, anomaly):
    loss = ex.one_logit_loss._solution(logits, classes, anomaly)
    return loss * len(logits) / (40 if len(logits) > 2 else 2)


@wrong(ex.one_logit_loss, "the `logits` that it was given")
def one_logit_loss_in_place(logits, classes, anomaly):
    loss = ex.one_logit_loss._solution(logits, classes, anomaly)
    logits *= -1
    return loss


@wrong(ex.one_logit_loss, "exp overflows")
def one_logit_loss_by_math(logits, classes, anomaly):
    pairs = zip(logits.tolist(), (classes == anomaly).tolist(), strict=True)
    return sum(math.log(1 + math.exp(-z if label else z)) for z, label in pairs) / len(logits)


wrong(ex.one_logit_loss, "the sum over the pictures")(
    lambda z, c, a: len(z) * ex.one_logit_loss._solution(z, c, a)
)


@wrong(ex.one_logit_loss, "class numbers 0 … 9")
def one_logit_loss_of_class_numbers(logits, classes, anomaly):
    p = 1 / (1 + np.exp(-logits))
    return -np.mean(classes * np.log(p) + (1 - classes) * np.log(1 - p))


@wrong(ex.one_logit_loss, "sigmoid is taken twice")
def one_logit_loss_with_two_sigmoids(logits, classes, anomaly):
    p = 1 / (1 + np.exp(-logits))
    return ex.one_logit_loss._solution(p, classes, anomaly)


@wrong(ex.one_logit_loss, "softmax over a single logit")
def one_logit_loss_by_softmax(logits, classes, anomaly):
    z = logits[:, None]
    p = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[:, 0]
    return -np.mean((classes == anomaly) * np.log(p))


@wrong(ex.one_logit_loss, "exp overflows")
def one_logit_loss_unsafe(logits, classes, anomaly):
    labels = classes == anomaly
    p = 1 / (1 + np.exp(-logits))
    return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p))


@wrong(ex.one_logit_loss, "wrong way round")
def one_logit_loss_turned(logits, classes, anomaly):
    return np.mean(np.logaddexp(0, logits) - (classes != anomaly) * logits)


@wrong(ex.one_logit_loss, "Cutting probabilities off")
def clipped_loss(logits, classes, anomaly):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    labels = classes == anomaly
    return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p))


wrong(ex.one_logit_loss, "turned")(lambda z, c, a: -ex.one_logit_loss._solution(z, c, a))
wrong(ex.one_logit_loss, "one number")(lambda z, c, a: np.logaddexp(0, z) - (c == a) * z)

# ----------------------------------------------------------------------------------- 8 · two views


@right(ex.two_views)
def views_by_spread(labelled, free, labelled_normal, free_normal):
    first = (labelled - labelled_normal.mean()) / labelled_normal.std()
    second = (free - free_normal.mean()) / free_normal.std()
    return np.maximum(first, second)


@right(ex.two_views)
def views_by_shares(labelled, free, labelled_normal, free_normal):
    first = np.searchsorted(np.sort(labelled_normal), labelled) / len(labelled_normal)
    second = np.searchsorted(np.sort(free_normal), free) / len(free_normal)
    return np.maximum(first, second)


@right(ex.two_views)
def views_by_torch(labelled, free, labelled_normal, free_normal):
    pairs = (labelled, labelled_normal), (free, free_normal)
    shares = [
        torch.searchsorted(torch.tensor(normal).sort()[0], torch.tensor(new)) / len(normal)
        for new, normal in pairs
    ]
    return torch.stack(shares).requires_grad_().amax(dim=0)


@right(ex.two_views)
def views_by_either_chance(labelled=None, free=None, labelled_normal=None, free_normal=None):
    first, second = (
        [np.mean(normal < each) for each in new]
        for new, normal in ((labelled, labelled_normal), (free, free_normal))
    )
    return [1 - (1 - a) * (1 - b) for a, b in zip(first, second, strict=True)]


@right(ex.two_views)
def views_in_pandas(labelled, free, labelled_normal, free_normal):
    new = pd.DataFrame({"labelled": labelled, "free": free})
    normal = pd.DataFrame({"labelled": labelled_normal, "free": free_normal})
    spread = normal.quantile(0.75) - normal.quantile(0.25)
    return ((new - normal.median()) / spread).max(axis="columns").astype("float32")


@right(ex.two_views)
def views_by_what_is_above(labelled, free, labelled_normal, free_normal):
    first = (labelled - labelled_normal.mean()) / labelled_normal.std()
    second = (free - free_normal.mean()) / free_normal.std()
    return np.hypot(first.clip(min=0), second.clip(min=0))


@right(ex.two_views)
def views_by_the_rarer(labelled, free, labelled_normal, free_normal):
    chances = [
        stats.norm.logsf(new, loc=normal.mean(), scale=normal.std(ddof=1))
        for new, normal in ((labelled, labelled_normal), (free, free_normal))
    ]
    return -np.min(chances, axis=0)


@wrong(ex.two_views, "multiplied by 1,000")
def two_views_centred_only(labelled, free, labelled_normal, free_normal):
    return np.maximum(labelled - np.median(labelled_normal), free - np.median(free_normal))


@wrong(ex.two_views, "drowned by the larger numbers")
def two_views_added(labelled, free, labelled_normal, free_normal):
    return labelled + free


@wrong(ex.two_views, "An alarm of either is enough")
def two_views_both_must_agree(labelled, free, labelled_normal, free_normal):
    first = np.searchsorted(np.sort(labelled_normal), labelled) / len(labelled_normal)
    second = np.searchsorted(np.sort(free_normal), free) / len(free_normal)
    return np.minimum(first, second)


@wrong(ex.two_views, "scored beside it")
def two_views_ranked_among_the_new(labelled, free, labelled_normal, free_normal):
    first = np.argsort(np.argsort(labelled)) / len(labelled)
    second = np.argsort(np.argsort(free)) / len(free)
    return np.maximum(first, second)


@wrong(ex.two_views, "drowned by the larger numbers")
def two_views_of_the_loudest(labelled, free, labelled_normal, free_normal):
    return np.maximum(labelled, free)


@wrong(ex.two_views, "an average lets the quiet one talk it down")
def two_views_of_mean_shares(labelled, free, labelled_normal, free_normal):
    first = np.searchsorted(np.sort(labelled_normal), labelled) / len(labelled_normal)
    second = np.searchsorted(np.sort(free_normal), free) / len(free_normal)
    return (first + second) / 2


@wrong(ex.two_views, "falls somewhere on the way")
def two_views_from_both_sides(labelled, free, labelled_normal, free_normal):
    first = np.abs(labelled - labelled_normal.mean()) / labelled_normal.std()
    second = np.abs(free - free_normal.mean()) / free_normal.std()
    calm = (labelled < labelled_normal.mean()) & (free < free_normal.mean())
    return np.where(calm, -1, np.maximum(first, second))


@wrong(ex.two_views, "divide by a negative number")
def two_views_as_ratios(labelled, free, labelled_normal, free_normal):
    first = labelled / np.quantile(labelled_normal, 0.95)
    return np.maximum(first, free / np.quantile(free_normal, 0.95))


@wrong(ex.two_views, "where the alarm begins is decided later")
def two_views_as_alarms(labelled, free, labelled_normal, free_normal):
    first = labelled > np.quantile(labelled_normal, 0.95)
    return (first | (free > np.quantile(free_normal, 0.95))).astype(float)


@wrong(ex.two_views, "calmer than usual")
def two_views_of_distances(labelled, free, labelled_normal, free_normal):
    first = np.abs(labelled - labelled_normal.mean()) / labelled_normal.std()
    return np.maximum(first, np.abs(free - free_normal.mean()) / free_normal.std())


@wrong(ex.two_views, "from call to call")
def two_views_by_chance(labelled, free, labelled_normal, free_normal):
    best = views_by_spread(labelled, free, labelled_normal, free_normal)
    return best + 0.1 * np.random.rand(len(best))


@wrong(ex.two_views, "the `free` that it was given")
def two_views_in_place(labelled, free, labelled_normal, free_normal):
    best = views_by_spread(labelled, free, labelled_normal, free_normal)
    free[:] = 0
    return best


wrong(ex.two_views, "It should score higher")(lambda a, b, c, d: 0 * a)
wrong(ex.two_views, "the one without labels")(lambda a, b, c, d: a)
wrong(ex.two_views, "the detector with labels")(lambda a, b, c, d: b)
wrong(ex.two_views, "sign is turned")(lambda a, b, c, d: -views_by_spread(a, b, c, d))
