"""Answers to the exercises of lesson 13: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_13 as ex
from course_utils.exercises.lesson_13.pictures import _scaled

import numpy as np
from scipy.signal import correlate2d

# ------------------------------------------------------------------------------ 1 · channels first

right(ex.channels_first)(lambda pictures: np.moveaxis(pictures, -1, 1))
right(ex.channels_first)(lambda pictures: np.einsum("nhwc->nchw", pictures).tolist())


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


wrong(ex.two_views, "the one without labels")(lambda a, b, c, d: a)
wrong(ex.two_views, "the detector with labels")(lambda a, b, c, d: b)
wrong(ex.two_views, "An alarm of either")(lambda a, b, c, d: -views_by_spread(a, b, c, d))
