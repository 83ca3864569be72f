"""Lesson 14: the notebook's functions meet scikit-image, SciPy, loops and the package's parts."""

import subprocess
import sys
from functools import partial

from course_utils import baselines, data, detectors, evaluation
from course_utils.course import lessons
from course_utils.exercises import lesson_14 as ex

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from scipy.spatial.distance import cdist, mahalanobis
from skimage.metrics import structural_similarity
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate

DEFINING_CELLS = (
    "enlarge",
    "network",
    "features",
    "halve-and-double",
    "build-copier",
    "train-copier",
    "ssim",
    "distances",
    "padim",
    "patchcore",
    "to-image",
    "camera",
    "left-out",
)
OURS = ("as_input", "mahalanobis", "place_gaussians")


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("14")


@pytest.fixture(scope="module")
def lesson(cells):
    names = {
        "np": np,
        "torch": torch,
        "nn": nn,
        "data": data,
        "baselines": baselines,
        "EfficientNet": EfficientNet,
        "avg_pool2d": avg_pool2d,
        "interpolate": interpolate,
        "device": torch.device("cpu"),
        "patches": dict.fromkeys(("train", "test"), torch.rand(3, 64, 5)),
    }
    names |= {name: getattr(ex, name)._solution for name in OURS}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


def numbers(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def pictures(count, size=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size)).astype(np.uint8)


def test_images_reach_the_network_as_the_exercise_has_it(lesson):
    images = pictures(3, size=128)
    wanted = ex.as_input._solution(images)
    found = lesson["enlarged"](lesson["as_input"](images))
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-6)
    assert lesson["enlarged"](lesson["as_input"](pictures(2))).shape == (2, 3, 128, 128)


def test_features_are_those_of_the_network_s_own_pass_and_of_no_other_image(lesson):
    images, kept = pictures(7), {}
    backbone = lesson["backbone"]
    keep = {number: partial(kept.__setitem__, number) for number in (4, 10)}
    hooks = [
        backbone._blocks[number].register_forward_hook(lambda *seen, keep=keep: keep(seen[2]))
        for number, keep in keep.items()
    ]
    with torch.no_grad():
        backbone.extract_features(lesson["enlarged"](lesson["as_input"](images)))
    for hook in hooks:
        hook.remove()
    both = lesson["features"](images, (4, 10))
    for (number, maps), found in zip(kept.items(), both, strict=True):
        wanted = maps.permute(0, 2, 3, 1).reshape(7, -1, maps.shape[1])  # row by row
        np.testing.assert_allclose(found, wanted, atol=1e-3)
        alone = lesson["features"](images[6:], (number,))[0]
        np.testing.assert_allclose(alone, found[6:], atol=1e-3)
    assert not backbone.training


def test_the_untrained_network_has_other_weights_from_its_seed(lesson):
    stems = [
        lesson["efficientnet"](trained, seed)._conv_stem.weight
        for trained, seed in ((True, 0), (True, 1), (False, 0), (False, 0), (False, 1))
    ]
    assert torch.equal(stems[0], stems[1])
    assert torch.equal(stems[2], stems[3])
    assert not torch.equal(stems[0], stems[2])
    assert not torch.equal(stems[2], stems[4])


@pytest.mark.parametrize("window", [5, 7])
def test_ssim_is_scikit_image_s_within_the_rim(lesson, window):
    x = torch.rand(3, 1, 32, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = (x + 0.2 * numbers(3, 1, 32, 30)).clip(0, 1)
    found = lesson["ssim"](x, y, window)
    assert found.shape == x.shape
    rim = window // 2
    for ours, one, other in zip(found[:, 0], x[:, 0].numpy(), y[:, 0].numpy(), strict=True):
        theirs = structural_similarity(one, other, win_size=window, data_range=1, full=True)[1]
        inner = np.s_[rim:-rim, rim:-rim]
        np.testing.assert_allclose(ours[inner], theirs[inner], atol=1e-10)
    np.testing.assert_allclose(lesson["ssim"](x, x), 1, atol=1e-9)


def test_the_copier_learns_to_copy(lesson):
    images = data.make_textures("brick", rows=24, anomalies=1, size=64, seed=3).X
    x = lesson["enlarged"](images[:, None], 64) / 255
    models = lesson["copier"](0), lesson["train_copier"](images, epochs=15)
    losses = [((model(x) - x) ** 2).mean().item() for model in models]
    assert losses[1] < 0.3 * losses[0]
    assert lesson["copier"](0)(x).shape == x.shape


def test_the_four_distances_agree_with_scipy(lesson):
    normal, new = numbers(40, 6).numpy() @ numbers(6, 6, seed=1).numpy(), numbers(9, 6).numpy() + 1
    found = lesson["pooled_distances"](new, normal)
    covariance = np.cov(normal.T)
    ridge = 0.01 * np.diag(covariance).mean()
    mean, inverse = normal.mean(axis=0), np.linalg.inv(covariance + ridge * np.eye(6))
    wanted = {
        "Euclidean": cdist(new, mean[None])[:, 0],
        "cosine": cdist(new, mean[None], "cosine")[:, 0],
        "5 neighbours": np.sort(cdist(new, normal), axis=1)[:, 4],
        "Mahalanobis": [mahalanobis(row, mean, inverse) for row in new],
    }
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9)


def test_padim_is_a_mahalanobis_distance_at_each_place(lesson):
    normal, new = numbers(12, 4, 5), 2 * numbers(3, 4, 5, seed=1) + 0.5
    variance = normal.var(dim=0).mean().item()
    heat = lesson["padim"](normal, new)
    means, covariances = ex.place_gaussians._solution(normal.numpy(), 0.01 * variance)
    for place in range(4):
        inverse = np.linalg.inv(covariances[place])
        wanted = [mahalanobis(row[place], means[place], inverse) for row in new.numpy()]
        np.testing.assert_allclose(heat[:, place], wanted, rtol=1e-9)


def test_one_gaussian_for_all_places_forgets_where_a_patch_lay(lesson):
    normal, new = numbers(12, 4, 5), numbers(3, 4, 5, seed=1)
    heat = lesson["placeless"](normal, new)
    alone = lesson["padim"](normal.reshape(48, 1, 5), new.reshape(12, 1, 5))
    np.testing.assert_allclose(heat, alone.reshape(3, 4), rtol=1e-9)
    moved = lesson["placeless"](normal[:, [2, 0, 3, 1]], new)
    np.testing.assert_allclose(moved, heat, rtol=1e-9)


def test_the_core_set_covers_the_bank():
    bank = numbers(200, 5).numpy()
    kept = bank[ex.farthest_first._solution(bank, 30)]
    reach = cdist(bank, kept).min(axis=1).max()
    # no row was taken that an earlier choice covered: so the choices are that far apart
    assert cdist(kept, kept)[np.triu_indices(30, 1)].min() >= reach


def test_patchcore_is_the_distance_to_the_nearest_patch(lesson):
    normal, new = numbers(6, 10, 4), numbers(3, 10, 4, seed=1)
    wanted = cdist(new.reshape(-1, 4), normal.reshape(-1, 4)).min(axis=1).reshape(3, 10)
    np.testing.assert_allclose(lesson["patchcore"](normal, new), wanted, rtol=1e-6)
    assert lesson["patchcore"](normal, normal).max() == 0


def test_what_is_left_out_is_scored_by_the_other_groups(lesson):
    normal, groups = numbers(6, 10, 4), np.array([0, 0, 1, 1, 2, 2])
    found = lesson["left_out"](lesson["patchcore"], normal, groups)
    for group in range(3):
        mine, others = normal[groups == group], normal[groups != group]
        wanted = lesson["hottest"](lesson["patchcore"](others, mine))
        np.testing.assert_allclose(found[groups == group], wanted, rtol=1e-9)


def test_the_finished_detectors_say_what_the_lesson_s_say(lesson):
    bricks = data.make_textures("brick", rows=24, anomalies=1, size=64, seed=5)
    normal, new = bricks.X[bricks.y == 0][:18], bricks.X[bricks.y == 1]
    alike = {"sizes": (128,), "blocks": (10,), "device": "cpu"}
    theirs = {
        "padim": detectors.PaDiM(features=112, **alike).fit(normal),
        "patchcore": detectors.PatchCore(bank_size=10_000, **alike).fit(normal),
    }
    patches = [lesson["features"](images)[0] for images in (normal, new)]
    for name in theirs:
        ours = lesson["hottest"](lesson[name](*patches))
        ratio = theirs[name].decision_function(new) / ours
        np.testing.assert_allclose(ratio, ratio[0], rtol=2e-3)
    assert theirs["padim"].decision_function(new) == pytest.approx(
        lesson["hottest"](lesson["padim"](*patches)), rel=2e-3
    )


def test_places_keep_their_rows_and_columns_on_the_way_back(lesson):
    heat = np.zeros((2, 64))
    heat[0, 2 * 8 + 6] = 5  # third row, seventh column
    image = lesson["heat_map"](heat)
    assert image.shape == (2, 64, 64)
    row, column = np.unravel_index(image[0].argmax(), (64, 64))
    assert (row // 8, column // 8) == (2, 6)
    assert image[1].max() == 0
    np.testing.assert_allclose(lesson["hottest"](heat), heat.max(axis=1))


def test_the_fixed_camera_shows_one_place_and_a_moved_one_others(lesson):
    still, moved = (
        lesson["photographs"](np.random.default_rng(0), 6, reach=reach).astype(float)
        for reach in (0, 8)
    )
    assert np.corrcoef(still.reshape(6, -1)).min() > 0.95
    assert np.corrcoef(moved.reshape(6, -1)).min() < 0.8
    clean, spotted = (
        lesson["photographs"](np.random.default_rng(1), 1, spot=spot)[0].astype(float)
        for spot in (False, True)
    )
    darker = spotted / clean.mean() < clean / clean.mean() - 0.1
    assert 20 <= darker.sum() <= 400


def test_a_blind_map_is_worth_what_the_prediction_says(cells):
    names = {"np": np}
    names |= {name: getattr(ex, name)._solution for name in ("pixel_area", "mean_overlap")}
    exec(compile(cells["blind-to-small"], "blind-to-small", "exec"), names)
    large = 324 / 360
    assert names["flattered"] == pytest.approx(large + (1 - large) / 2, abs=0.005)
    assert names["strict"] == pytest.approx((1 + 0.15) / 2, abs=0.01)
    assert names["strict"] == pytest.approx(
        evaluation.aupro(names["masks"], names["blind"]), abs=0.01
    )


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_14; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# ------------------------------------------------------------------------------- the exercises


@pytest.mark.parametrize(
    "exercise", ["as_input", "mahalanobis", "place_gaussians", "mean_overlap"]
)
def test_the_tiny_example_of_the_stub_holds(exercise):
    solution = getattr(ex, exercise)._solution
    if exercise == "as_input":
        assert solution(np.array([[[127, 255]]])).tolist() == [[[[0.0, 1.0]]] * 3]
    elif exercise == "mahalanobis":
        normal = np.array([[0.0, 0], [2, 0], [0, 4], [2, 4]])
        assert solution(np.array([[3.0, 2]]), normal, 0) == pytest.approx([3**0.5], abs=1e-3)
    elif exercise == "place_gaussians":
        mean, covariance = solution(np.array([[[1.0]], [[3.0]]]), 0.5)
        assert (mean.tolist(), covariance.tolist()) == ([[2.0]], [[[2.5]]])
    else:
        mask, alarm = (np.array([row], bool) for row in ([1, 1, 0, 1], [1, 0, 1, 1]))
        assert solution(mask, alarm) == 0.75


def test_the_tiny_examples_of_level_and_choice_hold():
    level = ex.alarm_level._solution(np.arange(101.0), np.zeros(101), 0.05)
    assert level == pytest.approx(95)
    assert ex.farthest_first._solution(np.array([[0.0], [1], [10], [6]]), 3) == [0, 2, 3]
