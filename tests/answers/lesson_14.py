"""Answers to the exercises of lesson 14: right ones in other styles, and wrong ones."""

import math
from itertools import product

from answers import right, wrong
from course_utils import evaluation
from course_utils.exercises import lesson_14 as ex

import numpy as np
import pandas as pd
import torch
from scipy import ndimage, stats
from scipy.ndimage import label
from scipy.spatial.distance import cdist
from skimage.measure import regionprops
from sklearn.covariance import EmpiricalCovariance
from sklearn.metrics import auc, roc_auc_score, roc_curve

# -------------------------------------------------------------------------- 1 · input of a network


@right(ex.as_input)
def input_by_torch(images):
    x = torch.from_numpy(images).float()[:, None].expand(-1, 3, -1, -1)
    return (x - 127) / 128


@right(ex.as_input)
def input_stacked(images):
    return [[(image.astype(np.float32) - 127) / 128] * 3 for image in images]


@right(ex.as_input)
def input_by_einsum(images):
    return np.einsum("nhw,c->nchw", images / 128 - 127 / 128, np.ones(3))


@right(ex.as_input)
def input_normalised(images):
    x = torch.tensor(images[:, None] / 255, requires_grad=True)
    mean, std = torch.full((3, 1, 1), 127 / 255), torch.full((3, 1, 1), 128 / 255)
    return (x - mean) / std


@right(ex.as_input)
def input_filled(images=None):
    n, h, w = images.shape
    x = np.empty((n, 3, h, w), dtype=np.float32)
    x[:] = images.reshape(n, 1, h, w)
    x -= 127
    x /= 128
    return x


@wrong(ex.as_input, "channels are last")
def as_input_channels_last(images):
    x = (images.astype(float) - 127) / 128
    return np.stack([x, x, x], axis=-1)


@wrong(ex.as_input, "wraps around")
def as_input_in_uint8(images):
    x = (images - np.uint8(127)) / 128
    return np.repeat(x[:, np.newaxis], 3, axis=1)


@wrong(ex.as_input, "wraps around")
def as_input_in_torch_uint8(images):
    return ((torch.from_numpy(images) - 127) / 128)[:, None].expand(-1, 3, -1, -1)


@wrong(ex.as_input, "divided by 255 first")
def as_input_of_two_conventions(images):
    x = (images / 255 - 127) / 128
    return np.repeat(x[:, np.newaxis], 3, axis=1)


@wrong(ex.as_input, "constants of other networks")
def as_input_of_imagenet(images):
    mean = np.array([0.485, 0.456, 0.406])[:, np.newaxis, np.newaxis]
    spread = np.array([0.229, 0.224, 0.225])[:, np.newaxis, np.newaxis]
    return (images[:, np.newaxis] / 255 - mean) / spread


@wrong(ex.as_input, "many other networks")
def as_input_from_minus_1_to_1(images):
    return np.repeat((images[:, np.newaxis] / 255 - 0.5) / 0.5, 3, axis=1)


@wrong(ex.as_input, "wants three")
def as_input_with_one_channel(images):
    return (images.astype(float)[:, np.newaxis] - 127) / 128


def three(x):
    return x[:, None] * np.ones((1, 3, 1, 1))


def scaled(x):
    return (x - 127.0) / 128


wrong(ex.as_input, "0 to 1")(lambda x: three(x / 255))
wrong(ex.as_input, "subtract 127")(lambda x: three(x))
wrong(ex.as_input, "division by 128 is missing")(lambda x: three(x - 127.0))
wrong(ex.as_input, "127 is not subtracted")(lambda x: three(x / 128))
wrong(ex.as_input, "brackets")(lambda x: three(x / 128 - 127))
wrong(ex.as_input, "brackets")(lambda x: three(x - 127 / 128))
wrong(ex.as_input, "changed places")(lambda x: three((x - 128.0) / 127))
wrong(ex.as_input, "by /, not by //")(lambda x: three((x - 127.0) // 128))
wrong(ex.as_input, "whole numbers")(lambda x: three(scaled(x)).astype(int))
wrong(ex.as_input, "reshape")(lambda x: np.repeat(scaled(x), 3).reshape(2, 3, 5, 4))
wrong(ex.as_input, "reshape")(lambda x: np.stack([scaled(x)] * 3).reshape(len(x), 3, 5, 4))
wrong(ex.as_input, "is not (x − 127) / 128: at [")(lambda x: np.zeros((2, 3, 5, 4)))
wrong(ex.as_input, "is not (x − 127) / 128: at [")(lambda x: three((x - 127.0) / 127))
wrong(ex.as_input, "no axis for the channels")(scaled)
wrong(ex.as_input, "rows were repeated")(lambda x: np.repeat(scaled(x), 3, axis=1))
wrong(ex.as_input, "three times as many")(lambda x: np.repeat(scaled(x), 3, axis=0))
wrong(ex.as_input, "before the images")(lambda x: np.stack([scaled(x)] * 3))
wrong(ex.as_input, "lie on their side")(lambda x: three(scaled(x)).swapaxes(2, 3))
wrong(ex.as_input, "The shape is")(lambda x: three(scaled(x))[:, :2])

# --------------------------------------------------------------------------------- 2 · Mahalanobis


@right(ex.mahalanobis)
def mahalanobis_by_solving(new, normal, ridge):
    away = (new - normal.mean(axis=0)).T
    covariance = np.cov(normal.T, ddof=0) + ridge * np.eye(len(away))
    return np.sqrt((away * np.linalg.solve(covariance, away)).sum(axis=0))


@right(ex.mahalanobis)
def mahalanobis_by_scipy(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False)
    covariance[np.diag_indices_from(covariance)] += ridge
    return cdist(new, normal.mean(axis=0)[None], "mahalanobis", VI=np.linalg.inv(covariance))[:, 0]


@right(ex.mahalanobis)
def mahalanobis_by_whitening(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False) + np.diag([ridge] * normal.shape[1])
    lower = np.linalg.cholesky(covariance)
    return np.linalg.norm(np.linalg.solve(lower, (new - normal.mean(axis=0)).T), axis=0)


@right(ex.mahalanobis)
def mahalanobis_by_torch(new, normal, ridge):
    new, normal = (torch.tensor(each, dtype=torch.float64) for each in (new, normal))
    new.requires_grad_()
    covariance = torch.cov(normal.T) + ridge * torch.eye(normal.shape[1])
    away = new - normal.mean(dim=0)
    return torch.einsum("ni,ij,nj->n", away, torch.linalg.inv(covariance), away).sqrt()


@right(ex.mahalanobis)
def mahalanobis_by_loops_in_pandas(new=None, normal=None, ridge=None):
    table = pd.DataFrame(normal)
    inverse = np.linalg.pinv(table.cov().to_numpy() + ridge * np.identity(len(table.columns)))
    rows = [row - table.mean().to_numpy() for row in new]
    return [math.sqrt(max(row @ inverse @ row, 0)) for row in rows]


@right(ex.mahalanobis)
def mahalanobis_by_sklearn(new, normal, ridge):
    learned = EmpiricalCovariance().fit(normal)
    away = new - learned.location_
    inverse = np.linalg.inv(learned.covariance_ + ridge * np.eye(new.shape[1]))
    return np.sqrt(np.diag(away @ inverse @ away.T))


@right(ex.mahalanobis)
def mahalanobis_in_float32(new, normal, ridge):
    new, normal = (torch.tensor(each, dtype=torch.float32) for each in (new, normal))
    away, spread = new - normal.mean(dim=0), normal - normal.mean(dim=0)
    covariance = spread.T @ spread / (len(normal) - 1) + ridge * torch.eye(new.shape[1])
    return (away * torch.linalg.solve(covariance, away.T).T).sum(dim=1).sqrt()


@wrong(ex.mahalanobis, "Euclidean distance")
def mahalanobis_without_covariance(new, normal, ridge):
    return np.linalg.norm(new - normal.mean(axis=0), axis=1)


@wrong(ex.mahalanobis, "count least: invert it")
def mahalanobis_not_inverted(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False) + ridge * np.eye(normal.shape[1])
    away = new - normal.mean(axis=0)
    return np.sqrt(((away @ covariance) * away).sum(axis=1))


@wrong(ex.mahalanobis, "by its own variance")
def mahalanobis_by_column(new, normal, ridge):
    variance = normal.var(axis=0, ddof=1) + ridge
    return np.sqrt(((new - normal.mean(axis=0)) ** 2 / variance).sum(axis=1))


@wrong(ex.mahalanobis, "by its own spread")
def mahalanobis_by_z_scores(new, normal, ridge):
    return np.linalg.norm((new - normal.mean(axis=0)) / normal.std(axis=0), axis=1)


@wrong(ex.mahalanobis, "ridge is not used")
def mahalanobis_without_ridge(new, normal, ridge):
    return ex.mahalanobis._solution(new, normal, 0.0)


@wrong(ex.mahalanobis, "mean of the new rows")
def mahalanobis_from_the_new_mean(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False) + ridge * np.eye(normal.shape[1])
    away = new - new.mean(axis=0)
    return np.sqrt(((away @ np.linalg.inv(covariance)) * away).sum(axis=1))


@wrong(ex.mahalanobis, "31 × 31, one row for each normal image")
def mahalanobis_of_a_covariance_of_rows(new, normal, ridge):
    covariance = np.cov(normal) + ridge * np.eye(normal.shape[1])
    return distances(new - normal.mean(axis=0), covariance)


@wrong(ex.mahalanobis, "31 × 31, one row for each normal image")
def mahalanobis_of_rows_with_their_ridge(new, normal, ridge):
    covariance = np.cov(normal) + ridge * np.eye(len(normal))
    return distances(new - normal.mean(axis=0), covariance)


@wrong(ex.mahalanobis, "31 × 31, one row for each normal image")
def mahalanobis_of_rows_in_torch(new, normal, ridge):
    new, normal = torch.from_numpy(new), torch.from_numpy(normal)
    return distances(new - normal.mean(dim=0), torch.cov(normal) + ridge * torch.eye(3))


@wrong(ex.mahalanobis, "With as many normal rows as columns")
def mahalanobis_of_rows_where_it_fits(new, normal, ridge):
    fits = len(normal) == normal.shape[1]
    covariance = np.cov(normal, rowvar=fits) + ridge * np.eye(normal.shape[1])
    return distances(new - normal.mean(axis=0), covariance)


@wrong(ex.mahalanobis, "could not be broadcast together with shapes (7,3) (31,3)")
def mahalanobis_from_each_normal_row(new, normal, ridge):
    return distances(new - normal, np.cov(normal, rowvar=False))


@wrong(ex.mahalanobis, "sum over the columns")
def mahalanobis_not_summed(new, normal, ridge):
    away = new - normal.mean(axis=0)
    return (away @ np.linalg.inv(np.cov(normal, rowvar=False) + ridge * np.eye(3))) * away


@wrong(ex.mahalanobis, "Sum over the columns first")
def mahalanobis_with_an_early_root(new, normal, ridge):
    return np.sqrt(mahalanobis_not_summed(new, normal, ridge)).sum(axis=1)


@wrong(ex.mahalanobis, "Only its diagonal")
def mahalanobis_of_all_pairs(new, normal, ridge):
    away = new - normal.mean(axis=0)
    inverse = np.linalg.inv(np.cov(normal, rowvar=False) + ridge * np.eye(3))
    return np.sqrt(away @ inverse @ away.T)


def distances(away, covariance):
    inverse = np.linalg.inv(covariance)
    return (((away @ inverse) * away).sum(axis=1)) ** 0.5


def with_covariance(change, centre=True):
    """Return the answer whose covariance and ridge are put together by change(normal, r, new)."""
    return lambda new, normal, ridge: distances(
        new - normal.mean(axis=0) * centre, change(normal, ridge, new)
    )


wrong(ex.mahalanobis, "a root is missing")(lambda x, n, r: ex.mahalanobis._solution(x, n, r) ** 2)
wrong(ex.mahalanobis, "(7,) is expected")(lambda x, n, r: np.ones((len(x), 1)))
wrong(ex.mahalanobis, "differ from √((x − μ)ᵀ (Σ + ridge·I)⁻¹ (x − μ)): with 31 normal rows")(
    lambda x, n, r: np.ones(len(x))
)
wrong(ex.mahalanobis, "at [0] you return")(
    with_covariance(lambda n, r, x: np.cov(n, rowvar=False) + r * np.eye(3) / 9)
)
wrong(ex.mahalanobis, "every entry")(with_covariance(lambda n, r, x: np.cov(n.T) + r))
wrong(ex.mahalanobis, "of the new rows")(
    with_covariance(lambda n, r, x: np.cov(x.T) + r * np.eye(x.shape[1]))
)
wrong(ex.mahalanobis, "correlation")(
    with_covariance(lambda n, r, x: np.corrcoef(n.T) + r * np.eye(x.shape[1]))
)
wrong(ex.mahalanobis, "not subtract the mean")(
    with_covariance(lambda n, r, x: np.cov(n.T) + r * np.eye(x.shape[1]), centre=False)
)
wrong(ex.mahalanobis, "added after inverting")(
    with_covariance(lambda n, r, x: np.linalg.inv(np.linalg.inv(np.cov(n.T)) + r * np.eye(3)))
)

# --------------------------------------------------------------------------------- 3 · alarm level


@right(ex.alarm_level)
def level_by_sorting(scores, y, share):
    normal = sorted(scores[y == 0])
    return normal[-round(share * len(normal)) - 1]


@right(ex.alarm_level)
def level_by_counting(scores, y, share):
    normal = [score for score, defect in zip(scores, y, strict=True) if not defect]
    return sorted(normal, reverse=True)[int(share * len(normal))]


@right(ex.alarm_level)
def level_in_pandas(scores, y, share):
    return pd.Series(scores).loc[y < 1].quantile(q=1 - share, interpolation="higher")


@right(ex.alarm_level)
def level_by_percentiles(scores=None, y=None, share=None):
    return np.percentile(scores[~y.astype(bool)], 100 * (1 - share)).astype(np.float32)


@right(ex.alarm_level)
def level_by_torch(scores, y, share):
    normal = torch.tensor(scores[y != 1], dtype=torch.float64, requires_grad=True)
    return torch.quantile(normal, 1 - share)


@right(ex.alarm_level)
def level_that_keeps_its_promise(scores, y, share):
    """The rank of split conformal prediction."""
    normal = np.sort(scores[y == 0])
    return normal[math.ceil((1 - share) * (len(normal) + 1)) - 1]


@wrong(ex.alarm_level, "push the level up")
def alarm_level_of_everything(scores, y, share):
    return np.quantile(scores, 1 - share)


@wrong(ex.alarm_level, "Upside down")
def alarm_level_upside_down(scores, y, share):
    return np.quantile(scores[y == 0], share)


@wrong(ex.alarm_level, "the false alarms stay unknown")
def alarm_level_from_defects(scores, y, share):
    return np.quantile(scores[y == 1], share)


@wrong(ex.alarm_level, "normal images are y == 0")
def alarm_level_above_defects(scores, y, share):
    return np.quantile(scores[y == 1], 1 - share)


@wrong(ex.alarm_level, "Mean plus 3 standard deviations is a share only if")
def alarm_level_by_three_sigma(scores, y, share):
    normal = scores[y == 0]
    return normal.mean() + 3 * normal.std()


@wrong(ex.alarm_level, "Mean plus 2 standard deviations is a share only if")
def alarm_level_by_two_sigma_in_float32(scores, y, share):
    normal = torch.tensor(scores[y == 0]).float()
    return normal.mean() + 2 * normal.std()


@wrong(ex.alarm_level, "The bell curve's quantile")
def alarm_level_of_the_bell_curve(scores, y, share):
    normal = scores[y == 0]
    return stats.norm(normal.mean(), normal.std()).isf(share)


@wrong(ex.alarm_level, "one image's luck")
def alarm_level_at_the_maximum(scores, y, share):
    return scores[y == 0].max()


@wrong(ex.alarm_level, "counts from 0 to 100")
def alarm_level_of_a_percentile(scores, y, share):
    return np.percentile(scores[y == 0], 1 - share)


@wrong(ex.alarm_level, "A share of the largest score")
def alarm_level_below_the_maximum(scores, y, share):
    return (1 - share) * scores[y == 0].max()


@wrong(ex.alarm_level, "20% are asked for")
def alarm_level_of_one_share(scores, y, share):
    return np.quantile(scores[y == 0], 0.95)


wrong(ex.alarm_level, "One number")(lambda s, y, share: s[y == 0])
wrong(ex.alarm_level, "lie above this level")(lambda s, y, share: np.median(s[y == 0]))
wrong(ex.alarm_level, "the share itself")(lambda s, y, share: share)
wrong(ex.alarm_level, "Numbers are expected")(lambda s, y, share: "high")

# ------------------------------------------------------------------------ 4 · one Gaussian a place


@right(ex.place_gaussians)
def gaussians_by_loops(patches, ridge):
    places = range(patches.shape[1])
    means = [patches[:, place].mean(axis=0) for place in places]
    spread = ridge * np.eye(patches.shape[2])
    return means, [np.cov(patches[:, place], rowvar=False) + spread for place in places]


@right(ex.place_gaussians)
def gaussians_by_torch(patches, ridge):
    x = torch.tensor(patches, dtype=torch.float64, requires_grad=True)
    away = (x - x.mean(dim=0)).permute(1, 2, 0)  # place, channel, image
    covariance = away @ away.mT / (len(x) - 1)
    return x.mean(dim=0), covariance + ridge * torch.eye(x.shape[2])


@right(ex.place_gaussians)
def gaussians_in_pandas(patches=None, ridge=None):
    tables = [pd.DataFrame(patches[:, place]) for place in range(patches.shape[1])]
    covariances = [table.cov() + np.diag([ridge] * patches.shape[2]) for table in tables]
    return [table.mean() for table in tables], np.stack(covariances)


@right(ex.place_gaussians)
def gaussians_entry_by_entry(patches, ridge):
    n, p, c = patches.shape
    mean, covariance = patches.sum(axis=0) / n, np.zeros((p, c, c))
    for place, i, j in product(range(p), range(c), range(c)):
        left, right = (patches[:, place, k] - mean[place, k] for k in (i, j))
        covariance[place, i, j] = left @ right / (n - 1) + ridge * (i == j)
    return [mean, covariance]


@right(ex.place_gaussians)
def gaussians_in_float32(patches, ridge):
    x = torch.tensor(patches, dtype=torch.float32).transpose(0, 1)  # place, image, channel
    away = x - x.mean(dim=1, keepdim=True)
    covariance = torch.baddbmm(
        ridge * torch.eye(x.shape[2]), away.mT, away, alpha=1 / (x.shape[1] - 1)
    )
    return x.mean(dim=1), covariance.numpy()


@wrong(ex.place_gaussians, "over the places")
def place_gaussians_over_places(patches, ridge):
    mean = patches.mean(axis=1)
    away = patches - mean[:, np.newaxis]
    covariance = np.einsum("npc,npd->ncd", away, away) / (patches.shape[1] - 1)
    return mean, covariance + ridge * np.eye(patches.shape[2])


@wrong(ex.place_gaussians, "forgets where")
def place_gaussians_of_all(patches, ridge):
    flat = patches.reshape(-1, patches.shape[2])
    return flat.mean(axis=0), np.cov(flat, rowvar=False) + ridge * np.eye(patches.shape[2])


@wrong(ex.place_gaussians, "ridge is missing")
def place_gaussians_without_ridge(patches, ridge):
    return ex.place_gaussians._solution(patches, 0.0)


@wrong(ex.place_gaussians, "claims that all channels")
def place_gaussians_ridge_everywhere(patches, ridge):
    mean, covariance = ex.place_gaussians._solution(patches, 0.0)
    return mean, covariance + ridge


@wrong(ex.place_gaussians, "sums over the images")
def place_gaussians_of_sums(patches, ridge):
    away = patches - patches.mean(axis=0)
    sums = np.einsum("npc,npd->pcd", away, away)
    return patches.mean(axis=0), sums + ridge * np.eye(patches.shape[2])


@wrong(ex.place_gaussians, "6 × 6, one row for each image")
def place_gaussians_of_rows(patches, ridge):
    return patches.mean(axis=0), [
        np.cov(patches[:, place]) + ridge * np.eye(patches.shape[2])
        for place in range(patches.shape[1])
    ]


@wrong(ex.place_gaussians, "6 × 6 at each place")
def place_gaussians_of_rows_with_their_ridge(patches, ridge):
    places = range(patches.shape[1])
    spread = ridge * np.eye(len(patches))
    return patches.mean(axis=0), [np.cov(patches[:, place]) + spread for place in places]


@wrong(ex.place_gaussians, "share of the mean variance")
def place_gaussians_as_in_padim(patches, ridge):
    mean, covariance = ex.place_gaussians._solution(patches, 0.0)
    ridge = ridge * np.diagonal(covariance, axis1=1, axis2=2).mean()
    return mean, covariance + ridge * np.eye(patches.shape[2])


@wrong(ex.place_gaussians, "Only the variances are left")
def place_gaussians_on_the_diagonal(patches, ridge):
    variances = patches.var(axis=0, ddof=1) + ridge
    return patches.mean(axis=0), variances[:, :, np.newaxis] * np.eye(patches.shape[2])


@wrong(ex.place_gaussians, "Those are correlations")
def place_gaussians_of_correlations(patches, ridge):
    places = range(patches.shape[1])
    spread = ridge * np.eye(patches.shape[2])
    return patches.mean(axis=0), [np.corrcoef(patches[:, k].T) + spread for k in places]


@wrong(ex.place_gaussians, "mean of all places was subtracted")
def place_gaussians_around_one_mean(patches, ridge):
    return covariances(patches, patches.mean(axis=(0, 1)), ridge)


@wrong(ex.place_gaussians, "mean over an image's places was subtracted")
def place_gaussians_around_each_image(patches, ridge):
    return covariances(patches, patches.mean(axis=1, keepdims=True), ridge)


@wrong(ex.place_gaussians, "divided by the number of images, too")
def place_gaussians_with_a_small_ridge(patches, ridge):
    mean, covariance = ex.place_gaussians._solution(patches, ridge / (len(patches) - 1))
    return mean, covariance


def covariances(patches, centre, ridge):
    away = patches - centre
    products = np.einsum("npc,npd->pcd", away, away) / (len(patches) - 1)
    return patches.mean(axis=0), products + ridge * np.eye(patches.shape[2])


wrong(ex.place_gaussians, "the formula has n − 1")(
    lambda p, r: (p.mean(axis=0), covariances(p, p.mean(axis=0), 0)[1] * 5 / 6 + r * np.eye(3))
)
wrong(ex.place_gaussians, "2 results are expected")(lambda p, r: p.mean(axis=0))
wrong(ex.place_gaussians, "is `return mean, covariance` missing")(lambda p, r: print(end=""))
wrong(ex.place_gaussians, "covariance comes first")(
    lambda p, r: ex.place_gaussians._solution(p, r)[::-1]
)
wrong(ex.place_gaussians, "not that over the images")(lambda p, r: (np.median(p, axis=0), 0))
wrong(ex.place_gaussians, "One covariance")(lambda p, r: (p.mean(axis=0), np.eye(3)))
wrong(ex.place_gaussians, "Those are variances")(lambda p, r: (p.mean(axis=0), p.var(axis=0)))
wrong(ex.place_gaussians, "not subtracted")(lambda p, r: covariances(p, 0, r))
wrong(ex.place_gaussians, "at each place: at [0, 0, 0] you return")(
    lambda p, r: (p.mean(axis=0), np.zeros((4, 3, 3)))
)
wrong(ex.place_gaussians, "has to be added")(lambda p, r: ex.place_gaussians._solution(p, -r))
wrong(ex.place_gaussians, "With the example")(
    lambda p, r: (p.mean(axis=0), ex.place_gaussians._solution(p, 0.25)[1])
)

# ------------------------------------------------------------------------------ 8 · farthest first


@right(ex.farthest_first)
def farthest_from_scratch(bank, size):
    chosen = [0]
    for _ in range(size - 1):
        chosen.append(cdist(bank, bank[chosen]).min(axis=1).argmax())
    return np.array(chosen)


@right(ex.farthest_first)
def farthest_by_squares_in_torch(bank, size):
    bank = torch.tensor(bank, dtype=torch.float64)
    chosen, gap = [torch.tensor(0)], (bank - bank[0]).square().sum(dim=1)
    while len(chosen) < size:
        chosen.append(gap.argmax())
        gap = torch.minimum(gap, (bank - bank[chosen[-1]]).square().sum(dim=1))
    return torch.stack(chosen)


@right(ex.farthest_first)
def farthest_by_loops(bank=None, size=None):
    rows = bank.tolist()
    chosen = [0]
    while len(chosen) < size:
        gaps = [min(math.dist(row, rows[each]) for each in chosen) for row in rows]
        chosen.append(gaps.index(max(gaps)))
    return tuple(chosen)


@right(ex.farthest_first)
def farthest_in_pandas(bank, size):
    apart = pd.DataFrame(cdist(bank, bank))
    chosen = [0]
    while len(chosen) < size:
        rest = apart.drop(index=chosen)
        chosen.append(rest[chosen].min(axis="columns").idxmax())
    return pd.Series(chosen, dtype=float)


@right(ex.farthest_first)
def farthest_and_last_among_equals(bank, size):
    chosen, apart = [0], cdist(bank, bank)
    while len(chosen) < size:
        gaps = apart[:, chosen].min(axis=1)
        chosen.append(int(np.flatnonzero(gaps == gaps.max())[-1]))
    return chosen


@wrong(ex.farthest_first, "one corner")
def farthest_first_from_row_0(bank, size):
    distances = np.linalg.norm(bank - bank[0], axis=1)
    return [0, *np.argsort(-distances)[: size - 1]]


@wrong(ex.farthest_first, "nearest rows")
def farthest_first_nearest(bank, size):
    return np.argsort(np.linalg.norm(bank - bank[0], axis=1))[:size]


@wrong(ex.farthest_first, "(Euclidean distance) from its nearest choice; row")
def farthest_first_at_random(bank, size):
    return [0, *(1 + np.random.default_rng(0).permutation(len(bank) - 1)[: size - 1])]


@wrong(ex.farthest_first, "jump to and fro")
def farthest_first_from_the_last(bank, size):
    chosen = [0]
    while len(chosen) < size:
        distances = np.linalg.norm(bank - bank[chosen[-1]], axis=1)
        distances[chosen] = -1
        chosen.append(int(distances.argmax()))
    return chosen


@wrong(ex.farthest_first, "A row was chosen twice")
def farthest_first_from_the_last_again(bank, size):
    chosen = [0]
    while len(chosen) < size:
        chosen.append(int(np.linalg.norm(bank - bank[chosen[-1]], axis=1).argmax()))
    return chosen


def combined(combine, bank, size):
    chosen = [0]
    while len(chosen) < size:
        value = combine(np.linalg.norm(bank - bank[chosen][:, np.newaxis], axis=2))
        value[chosen] = -1
        chosen.append(int(value.argmax()))
    return chosen


@wrong(ex.farthest_first, "largest mean distance")
def farthest_first_by_the_mean(bank, size):
    return combined(lambda distances: distances.mean(axis=0), bank, size)


@wrong(ex.farthest_first, "largest distance to any")
def farthest_first_by_the_maximum(bank, size):
    return combined(lambda distances: distances.max(axis=0), bank, size)


@wrong(ex.farthest_first, "farthest from the mean of the bank")
def farthest_first_from_the_mean(bank, size):
    away = np.linalg.norm(bank - bank.mean(axis=0), axis=1)
    return [0, *[row for row in np.argsort(-away) if row][: size - 1]]


@wrong(ex.farthest_first, "right rows in another order, sorted")
def farthest_first_sorted(bank, size):
    return sorted(ex.farthest_first._solution(bank, size))


@wrong(ex.farthest_first, "right rows in another order, not that of choice")
def farthest_first_backwards(bank, size):
    return ex.farthest_first._solution(bank, size)[::-1]


@wrong(ex.farthest_first, "count the rows from 1")
def farthest_first_from_1(bank, size):
    return np.array(ex.farthest_first._solution(bank, size)) + 1


@wrong(ex.farthest_first, "added up the columns' distances")
def farthest_first_by_blocks(bank, size):
    return measured("cityblock", bank, size)


@wrong(ex.farthest_first, "the largest of the columns' distances")
def farthest_first_by_one_column(bank, size):
    return measured("chebyshev", bank, size)


@wrong(ex.farthest_first, "(Euclidean distance) from its nearest choice; row")
def farthest_first_by_angles(bank, size):
    return measured("cosine", bank, size)


@wrong(ex.farthest_first, "one entry for each of the 25 rows")
def farthest_first_as_a_mask(bank, size):
    return np.isin(np.arange(len(bank)), ex.farthest_first._solution(bank, size))


@wrong(ex.farthest_first, "1 of ")
def farthest_first_at_least_two(bank, size):
    return ex.farthest_first._solution(bank, max(size, 2))


def measured(metric, bank, size):
    chosen, apart = [0], cdist(bank, bank, metric)
    while len(chosen) < size:
        chosen.append(int(apart[:, chosen].min(axis=1).argmax()))
    return chosen


wrong(ex.farthest_first, "rows themselves")(lambda bank, size: bank[:size])
wrong(ex.farthest_first, "Row 0 comes first")(lambda bank, size: np.arange(1, size + 1))
wrong(ex.farthest_first, "twice")(lambda bank, size: [0] * size)
wrong(ex.farthest_first, "Row numbers from 0 to 24")(lambda b, size: [0, 999] + [1] * (size - 2))
wrong(ex.farthest_first, "9 row numbers are asked for")(
    lambda bank, size: ex.farthest_first._solution(bank, size + 1)
)
wrong(ex.farthest_first, "whole numbers")(lambda bank, size: np.linspace(0, 3, size))

# --------------------------------------------------------------------------------- 5 · image score


@right(ex.image_score)
def score_by_topk_in_torch(heat):
    heat = torch.tensor(heat, requires_grad=True)
    return heat.topk(3, dim=1).values.mean(dim=1)


@right(ex.image_score)
def score_by_spread(heat):
    return heat.std(axis=1)


@right(ex.image_score)
def score_by_a_high_power(heat=None):
    return [float((row.astype(float) ** 16).mean()) for row in heat]


@right(ex.image_score)
def score_in_pandas(heat):
    return pd.DataFrame(heat.astype(np.float32)).apply(lambda row: row.nlargest(4).sum(), axis=1)


@wrong(ex.image_score, "That is the hottest patch")
def image_score_of_the_hottest(heat):
    return heat.max(axis=1)


@wrong(ex.image_score, "a single hot one drowns")
def image_score_of_the_mean(heat):
    return heat.mean(axis=1)


@wrong(ex.image_score, "depends on the images beside it")
def image_score_of_its_rank(heat):
    return stats.rankdata(np.sort(heat, axis=1)[:, -4:].mean(axis=1))


@wrong(ex.image_score, "Upside down")
def image_score_upside_down(heat):
    return -np.sort(heat, axis=1)[:, -4:].mean(axis=1)


wrong(ex.image_score, "the median, which no defect moves")(lambda heat: np.median(heat, axis=1))
wrong(ex.image_score, "one number for each of the 64 places")(lambda heat: heat.max(axis=0))
wrong(ex.image_score, "400 scores are asked for")(lambda heat: heat.max())
wrong(ex.image_score, "of 0.7")(lambda heat: np.sort(heat, axis=1)[:, -9:].mean(axis=1))
wrong(ex.image_score, "has an AUROC of")(lambda heat: heat.max(axis=1) + heat.mean(axis=1))
wrong(ex.image_score, "has an AUROC of")(lambda heat: np.quantile(heat, 0.9, axis=1))

# -------------------------------------------------------------------------- 6 · which pixels count


@right(ex.pixel_area)
def area_by_sklearn(masks, heat):
    return roc_auc_score(masks.flatten(), heat.flatten())


@right(ex.pixel_area)
def area_under_the_curve(masks=None, heat=None):
    false_alarms, hits, _ = roc_curve(y_true=masks.reshape(-1), y_score=heat.reshape(-1))
    return np.float32(auc(false_alarms, hits))


@right(ex.pixel_area)
def area_of_pairs_in_torch(masks, heat):
    masks = torch.from_numpy(masks)
    heat = torch.tensor(heat, dtype=torch.float64, requires_grad=True)
    gaps = heat[masks][:, None] - heat[~masks]
    return (torch.sign(gaps) + 1).mean() / 2


@right(ex.pixel_area)
def area_by_ranks_in_pandas(masks, heat):
    table = pd.DataFrame({"defect": masks.ravel(), "heat": heat.ravel()})
    ranks = table["heat"].rank()[table["defect"]]
    hits, others = len(ranks), len(table) - len(ranks)
    return (ranks.sum() - hits * (hits + 1) / 2) / (hits * others)


@right(ex.pixel_area)
def area_by_a_test_of_ranks(masks, heat):
    hot = [h for h, m in zip(heat.ravel().tolist(), masks.ravel(), strict=True) if m]
    return stats.mannwhitneyu(hot, heat[~masks]).statistic / len(hot) / (~masks).sum()


@wrong(ex.pixel_area, "Those around a defect")
def pixel_area_against_normal_images(masks, heat):
    kept = masks | ~masks.any(axis=(1, 2), keepdims=True)
    return evaluation.auroc(masks[kept].astype(int), heat[kept])


@wrong(ex.pixel_area, "images without a defect out")
def pixel_area_in_defective_images(masks, heat):
    kept = masks.any(axis=(1, 2))
    return evaluation.auroc(masks[kept].ravel().astype(int), heat[kept].ravel())


@wrong(ex.pixel_area, "The mask says which")
def pixel_area_by_image_labels(masks, heat):
    labels = np.broadcast_to(masks.any(axis=(1, 2), keepdims=True), masks.shape)
    return evaluation.auroc(labels.ravel().astype(int), heat.ravel())


@wrong(ex.pixel_area, "one ranking")
def pixel_area_image_by_image(masks, heat):
    pairs = [pair for pair in zip(masks, heat, strict=True) if pair[0].any()]
    return np.mean([evaluation.auroc(m.ravel().astype(int), h.ravel()) for m, h in pairs])


@wrong(ex.pixel_area, "image AUROC")
def pixel_area_of_images(masks, heat):
    return evaluation.auroc(masks.any(axis=(1, 2)).astype(int), heat.max(axis=(1, 2)))


@wrong(ex.pixel_area, "stretched to 0 to 1 on its own")
def pixel_area_of_stretched_maps(masks, heat):
    maps = [(each - each.min()) / (each.max() - each.min()) for each in heat]
    return ex.pixel_area._solution(masks, np.array(maps))


@wrong(ex.pixel_area, "average precision")
def pixel_area_of_precision(masks, heat):
    return evaluation.average_precision(masks.ravel().astype(int), heat.ravel())


@wrong(ex.pixel_area, "alarm or none")
def pixel_area_of_alarms(masks, heat):
    return ex.pixel_area._solution(masks, (heat > heat.mean()).astype(float))


@wrong(ex.pixel_area, "pixels, 16 of them defective")
def pixel_area_of_accuracy(masks, heat):
    return ((heat > 0.5) == masks).mean()


@wrong(ex.pixel_area, "tied heat you return")
def pixel_area_that_loses_ties(masks, heat):
    if len(np.unique(heat)) == heat.size or masks.shape == (2, 1, 2):
        return ex.pixel_area._solution(masks, heat)
    return (heat[masks][:, None] > heat[~masks]).mean()


wrong(ex.pixel_area, "upside down")(lambda masks, heat: 1 - ex.pixel_area._solution(masks, heat))
wrong(ex.pixel_area, "One number")(lambda masks, heat: heat[masks])
wrong(ex.pixel_area, "your function raised")(evaluation.auroc)

# ------------------------------------------------------------------------------------- 7 · overlap


@right(ex.mean_overlap)
def overlap_by_sums(mask, alarm):
    regions, count = label(mask, [[1, 1, 1]] * 3)
    sizes = np.bincount(regions[mask], minlength=count + 1)[1:]
    hits = np.bincount(regions[mask & alarm], minlength=count + 1)[1:]
    return float((hits / sizes).mean())


@right(ex.mean_overlap)
def overlap_by_scipy(mask, alarm):
    regions, count = label(mask, structure=ndimage.generate_binary_structure(2, 2))
    return ndimage.mean(alarm, labels=regions, index=np.arange(1, count + 1)).mean()


@right(ex.mean_overlap)
def overlap_in_pandas(mask=None, alarm=None):
    table = pd.DataFrame({"region": label(mask, np.ones((3, 3)))[0].ravel(), "hit": alarm.ravel()})
    return table[table["region"] > 0].groupby("region")["hit"].mean().mean()


@right(ex.mean_overlap)
def overlap_by_skimage(mask, alarm):
    regions = label(mask, np.ones((3, 3), dtype=bool))[0]
    shares = [alarm[tuple(each.coords.T)].mean() for each in regionprops(regions)]
    return torch.tensor(shares, requires_grad=True).float().mean()


@right(ex.mean_overlap)
def overlap_by_walking(mask, alarm):
    left = {tuple(place) for place in np.argwhere(mask).tolist()}
    shares = []
    while left:
        region, edge = [], [left.pop()]
        while edge:
            row, column = edge.pop()
            region.append((row, column))
            around = {(row + i, column + j) for i, j in product((-1, 0, 1), repeat=2)} & left
            left -= around
            edge += around
        shares.append(sum(bool(alarm[place]) for place in region) / len(region))
    return sum(shares) / len(shares)


@wrong(ex.mean_overlap, "large defect decides")
def mean_overlap_of_pixels(mask, alarm):
    return alarm[mask].mean()


@wrong(ex.mean_overlap, "as soon as one pixel")
def mean_overlap_of_touched_regions(mask, alarm):
    regions, count = label(mask, np.ones((3, 3)))
    return np.mean([alarm[regions == i].any() for i in range(1, count + 1)])


@wrong(ex.mean_overlap, "touch at a corner")
def mean_overlap_by_sides(mask, alarm):
    regions, count = label(mask)
    return np.mean([alarm[regions == i].mean() for i in range(1, count + 1)])


@wrong(ex.mean_overlap, "intersection over union")
def mean_overlap_as_iou(mask, alarm):
    return (alarm & mask).sum() / (alarm | mask).sum()


def over_regions(of_region, first=1, more=1):
    """Return the answer that averages of_region(region, alarm) over numbered regions."""

    def answer(mask, alarm):
        regions, count = label(mask, np.ones((3, 3)))
        return np.mean([of_region(regions == i, alarm) for i in range(first, count + more)])

    return answer


@wrong(ex.mean_overlap, "first defect's share alone")
def mean_overlap_returned_early(mask, alarm):
    regions, count = label(mask, np.ones((3, 3)))
    for i in range(1, count + 1):
        return alarm[regions == i].mean()


@wrong(ex.mean_overlap, "bounding box")
def mean_overlap_of_boxes(mask, alarm):
    boxes = ndimage.find_objects(label(mask, np.ones((3, 3)))[0])
    return np.mean([alarm[box].mean() for box in boxes])


@wrong(ex.mean_overlap, "the precision")
def mean_overlap_of_alarms(mask, alarm):
    return ex.mean_overlap._solution(alarm, mask)


@wrong(ex.mean_overlap, "alarms by chance you return")
def mean_overlap_of_one_diagonal(mask, alarm):
    regions, count = label(mask, [[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    return np.mean([alarm[regions == i].mean() for i in range(1, count + 1)])


wrong(ex.mean_overlap, "the middle one")(
    lambda mask, alarm: np.median(
        [alarm[label(mask, np.ones((3, 3)))[0] == i].mean() for i in (1, 2, 3)]
    )
)
wrong(ex.mean_overlap, "region 0")(over_regions(lambda region, alarm: alarm[region].mean(), 0))
wrong(ex.mean_overlap, "last defect is left out")(
    over_regions(lambda region, alarm: alarm[region].mean(), more=0)
)
wrong(ex.mean_overlap, "range(count) begins")(
    over_regions(lambda region, alarm: alarm[region].mean(), first=0, more=0)
)
wrong(ex.mean_overlap, "intersection over union")(
    over_regions(lambda region, alarm: (region & alarm).sum() / (region | alarm).sum())
)
wrong(ex.mean_overlap, "at least half")(over_regions(lambda r, alarm: alarm[r].mean() >= 0.5))
wrong(ex.mean_overlap, "pixels for each defect")(over_regions(lambda r, alarm: alarm[r].sum()))
wrong(ex.mean_overlap, "does not alarm")(over_regions(lambda r, alarm: (~alarm)[r].mean()))
wrong(ex.mean_overlap, "the precision")(lambda mask, alarm: alarm[mask].sum() / alarm.sum())
wrong(ex.mean_overlap, "Dice coefficient")(
    lambda mask, alarm: 2 * (alarm & mask).sum() / (mask.sum() + alarm.sum())
)
wrong(ex.mean_overlap, "mask and alarm agree")(lambda mask, alarm: (alarm == mask).mean())
wrong(ex.mean_overlap, "three shares")(lambda mask, alarm: [0.25, 0.25, 2 / 3])
wrong(ex.mean_overlap, "on average 0.5278; you return 0.123")(lambda mask, alarm: 0.123)
