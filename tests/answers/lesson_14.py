"""Answers to the exercises of lesson 14: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils import evaluation
from course_utils.exercises import lesson_14 as ex

import numpy as np
import torch
from scipy.ndimage import label
from scipy.spatial.distance import cdist

# -------------------------------------------------------------------------- 1 · input of a network


@right(ex.as_input)
def input_by_torch(images):
    x = torch.from_numpy(images).float()[:, None].expand(-1, 3, -1, -1)
    return (x - 127) / 128


@right(ex.as_input)
def input_stacked(images):
    return [[(image.astype(np.float32) - 127) / 128] * 3 for image in images]


@wrong(ex.as_input, "channels are last")
def as_input_channels_last(images):
    x = (images.astype(float) - 127) / 128
    return np.stack([x, x, x], axis=-1)


@wrong(ex.as_input, "wraps around")
def as_input_in_uint8(images):
    x = (images - np.uint8(127)) / 128
    return np.repeat(x[:, np.newaxis], 3, axis=1)


@wrong(ex.as_input, "divided by 255 first")
def as_input_of_two_conventions(images):
    x = (images / 255 - 127) / 128
    return np.repeat(x[:, np.newaxis], 3, axis=1)


@wrong(ex.as_input, "constants of other networks")
def as_input_of_imagenet(images):
    mean = np.array([0.485, 0.456, 0.406])[:, np.newaxis, np.newaxis]
    spread = np.array([0.229, 0.224, 0.225])[:, np.newaxis, np.newaxis]
    return (images[:, np.newaxis] / 255 - mean) / spread


@wrong(ex.as_input, "wants three")
def as_input_with_one_channel(images):
    return (images.astype(float)[:, np.newaxis] - 127) / 128


wrong(ex.as_input, "0 to 1")(lambda x: x[:, None] / 255 * np.ones((1, 3, 1, 1)))
wrong(ex.as_input, "subtract 127")(lambda x: x[:, None] * np.ones((1, 3, 1, 1)))
wrong(ex.as_input, "brackets")(lambda x: x[:, None] / 128 - 127 + np.zeros((1, 3, 1, 1)))
wrong(ex.as_input, "reshape")(lambda x: np.repeat((x - 127.0) / 128, 3).reshape(2, 3, 5, 4))
wrong(ex.as_input, "differ from")(lambda x: np.zeros((2, 3, 5, 4)))
wrong(ex.as_input, "The shape is")(lambda x: x)

# --------------------------------------------------------------------------------- 2 · Mahalanobis


@right(ex.mahalanobis)
def mahalanobis_by_solving(new, normal, ridge):
    away = (new - normal.mean(axis=0)).T
    covariance = np.cov(normal.T, ddof=0) + ridge * np.eye(len(away))
    return np.sqrt((away * np.linalg.solve(covariance, away)).sum(axis=0))


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


@wrong(ex.mahalanobis, "ridge is not used")
def mahalanobis_without_ridge(new, normal, ridge):
    return ex.mahalanobis._solution(new, normal, 0.0)


@wrong(ex.mahalanobis, "mean of the new rows")
def mahalanobis_from_the_new_mean(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False) + ridge * np.eye(normal.shape[1])
    away = new - new.mean(axis=0)
    return np.sqrt(((away @ np.linalg.inv(covariance)) * away).sum(axis=1))


wrong(ex.mahalanobis, "a root is missing")(lambda x, n, r: ex.mahalanobis._solution(x, n, r) ** 2)
wrong(ex.mahalanobis, "diagonal")(lambda x, n, r: np.ones((len(x), len(x))))
wrong(ex.mahalanobis, "one distance a row")(lambda x, n, r: np.ones(3))
wrong(ex.mahalanobis, "differ from")(lambda x, n, r: np.ones(len(x)))

# --------------------------------------------------------------------------------- 3 · alarm level


@right(ex.alarm_level)
def level_by_sorting(scores, y, share):
    normal = sorted(scores[y == 0])
    return normal[-round(share * len(normal)) - 1]


@wrong(ex.alarm_level, "push the level up")
def alarm_level_of_everything(scores, y, share):
    return np.quantile(scores, 1 - share)


@wrong(ex.alarm_level, "Upside down")
def alarm_level_upside_down(scores, y, share):
    return np.quantile(scores[y == 0], share)


@wrong(ex.alarm_level, "the false alarms stay unknown")
def alarm_level_from_defects(scores, y, share):
    return np.quantile(scores[y == 1], share)


@wrong(ex.alarm_level, "long tail")
def alarm_level_by_three_sigma(scores, y, share):
    normal = scores[y == 0]
    return normal.mean() + 3 * normal.std()


@wrong(ex.alarm_level, "one image's luck")
def alarm_level_at_the_maximum(scores, y, share):
    return scores[y == 0].max()


wrong(ex.alarm_level, "One number")(lambda s, y, share: s[y == 0])
wrong(ex.alarm_level, "lie above")(lambda s, y, share: np.median(s[y == 0]))

# ------------------------------------------------------------------------ 4 · one Gaussian a place


@right(ex.place_gaussians)
def gaussians_by_loops(patches, ridge):
    places = range(patches.shape[1])
    means = [patches[:, place].mean(axis=0) for place in places]
    spread = ridge * np.eye(patches.shape[2])
    return means, [np.cov(patches[:, place], rowvar=False, ddof=0) + spread for place in places]


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


wrong(ex.place_gaussians, "Two results")(lambda p, r: p.mean(axis=0))
wrong(ex.place_gaussians, "One covariance")(lambda p, r: (p.mean(axis=0), np.eye(3)))
wrong(ex.place_gaussians, "not subtracted")(
    lambda p, r: (p.mean(axis=0), np.einsum("npc,npd->pcd", p, p) / 5 + r * np.eye(3))
)
wrong(ex.place_gaussians, "differ from")(lambda p, r: (p.mean(axis=0), np.zeros((4, 3, 3))))

# ------------------------------------------------------------------------------ 5 · farthest first


@right(ex.farthest_first)
def farthest_from_scratch(bank, size):
    chosen = [0]
    for _ in range(size - 1):
        chosen.append(cdist(bank, bank[chosen]).min(axis=1).argmax())
    return np.array(chosen)


@wrong(ex.farthest_first, "one corner")
def farthest_first_from_row_0(bank, size):
    distances = np.linalg.norm(bank - bank[0], axis=1)
    return [0, *np.argsort(-distances)[: size - 1]]


@wrong(ex.farthest_first, "nearest rows")
def farthest_first_nearest(bank, size):
    return np.argsort(np.linalg.norm(bank - bank[0], axis=1))[:size]


@wrong(ex.farthest_first, "drawn at random")
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


@wrong(ex.farthest_first, "smallest distance decides")
def farthest_first_by_the_mean(bank, size):
    chosen = [0]
    while len(chosen) < size:
        mean = np.linalg.norm(bank - bank[chosen][:, np.newaxis], axis=2).mean(axis=0)
        mean[chosen] = -1
        chosen.append(int(mean.argmax()))
    return chosen


wrong(ex.farthest_first, "rows themselves")(lambda bank, size: bank[:size])
wrong(ex.farthest_first, "Row 0 comes first")(lambda bank, size: np.arange(1, size + 1))
wrong(ex.farthest_first, "twice")(lambda bank, size: [0] * size)
wrong(ex.farthest_first, "Row numbers")(lambda bank, size: [0, 999] + [1] * (size - 2))

# -------------------------------------------------------------------------- 6 · which pixels count


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


# ------------------------------------------------------------------------------------- 7 · overlap


@right(ex.mean_overlap)
def overlap_by_sums(mask, alarm):
    regions, count = label(mask, [[1, 1, 1]] * 3)
    sizes = np.bincount(regions[mask], minlength=count + 1)[1:]
    hits = np.bincount(regions[mask & alarm], minlength=count + 1)[1:]
    return float((hits / sizes).mean())


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


@wrong(ex.mean_overlap, "region 0")
def mean_overlap_with_background(mask, alarm):
    regions, count = label(mask, np.ones((3, 3)))
    return np.mean([alarm[regions == i].mean() for i in range(count + 1)])


wrong(ex.mean_overlap, "precision")(lambda mask, alarm: alarm[mask].sum() / alarm.sum())
wrong(ex.mean_overlap, "on average")(lambda mask, alarm: 0.123)
