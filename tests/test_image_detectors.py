"""detectors/image.py, patches.py, core_set.py: the contract of detectors, for images."""

import functools
import json
import random

from course_utils import backbone, data, detectors
from course_utils.detectors import image, patches
from course_utils.detectors.core_set import greedy_core_set

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from on_device import IMAGE_DETECTORS
from PIL import Image
from process_state import STATES
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

EVERY = pytest.mark.parametrize("kind", IMAGE_DETECTORS, ids=lambda kind: kind.__name__)
SEED = torch.Generator().manual_seed


def small(kind, **choices):
    """A detector that looks at small images with few blocks."""
    return kind(**{"sizes": (48, 64), "blocks": (2, 4), "device": "cpu", **choices})


@functools.cache
def textures():
    return data.make_textures("gravel", rows=60, anomalies=5, size=48, seed=1)


def normal_images():
    return textures().X[textures().y == 0]


@functools.cache
def fitted(kind):
    return small(kind).fit(normal_images()[:24])


def assert_close(ours, theirs, tolerance=1e-5):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=1e-7)


# ------------------------------------------------------------------------------- the contract


@EVERY
def test_scores_and_maps_do_not_depend_on_the_images_beside_them(kind):
    X = textures().X[:7]
    scores, maps = fitted(kind).decision_function(X), fitted(kind).heatmap(X)
    assert scores.shape == (7,)
    assert scores.dtype == np.float64
    assert maps.shape == X.shape
    for row in (0, 3, 6):
        assert_close(fitted(kind).decision_function(X[[row]]), scores[[row]])
        assert_close(fitted(kind).heatmap(X[[row]])[0], maps[row])
    assert_close(fitted(kind).decision_function(X[::-1]), scores[::-1])


@EVERY
def test_batches_of_any_size_give_the_same_scores(kind, monkeypatch):
    X = textures().X[:7]
    scores = fitted(kind).decision_function(X)
    monkeypatch.setitem(image.IMAGES_AT_A_TIME, "cpu", 3)
    assert_close(fitted(kind).decision_function(X), scores)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert_close(fitted(kind).decision_function(X), scores)
    finally:
        torch.set_num_threads(threads)


@EVERY
def test_one_seed_gives_one_detector(kind):
    X, new = normal_images()[:10], textures().X[:5]
    choices = {"bank_size": 60} if kind is detectors.PatchCore else {"features": 20}
    one, same, other = (small(kind, seed=seed, **choices).fit(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.decision_scores_, same.decision_scores_)
    np.testing.assert_array_equal(one.decision_function(new), same.decision_function(new))
    assert not np.allclose(one.decision_function(new), other.decision_function(new))


@EVERY
def test_defects_score_higher_and_the_map_points_at_them(kind):
    found = textures()
    holes = found.X.copy()
    holes[:, 16:28, 20:32] = 255
    scores, with_holes = (fitted(kind).decision_function(X[:12]) for X in (found.X, holes))
    assert np.mean(with_holes > scores) > 0.9
    heights = fitted(kind).heatmap(holes[:12])
    inside = heights[:, 16:28, 20:32].mean(axis=(1, 2))
    assert np.mean(inside > heights.mean(axis=(1, 2))) > 0.9


@EVERY
def test_threshold_and_decisions_follow_from_the_training_scores(kind):
    X = normal_images()[:20]
    detector = small(kind, contamination=0.25).fit(X)
    assert detector.decision_scores_.shape == (20,)
    assert np.mean(detector.decision_scores_ > detector.threshold_) == 0.25
    np.testing.assert_array_equal(
        detector.labels_, detector.decision_scores_ > detector.threshold_
    )
    new = textures().X[:9]
    np.testing.assert_array_equal(
        detector.predict(new), detector.decision_function(new) > detector.threshold_
    )
    np.testing.assert_array_equal(small(kind, contamination=0.25).fit_predict(X), detector.labels_)


@EVERY
def test_each_size_has_an_equal_say(kind):
    X = data.make_textures("gravel", rows=30, anomalies=2, size=64).X  # as large as the largest
    choices = {} if kind is detectors.PaDiM else {"bank_size": 10_000}
    both = small(kind, **choices).fit(X[:12])
    single = [small(kind, sizes=(size,), **choices).fit(X[:12]) for size in (48, 64)]
    for method in ("decision_function", "heatmap"):
        mean = np.mean([getattr(each, method)(X[12:16]) for each in single], axis=0)
        assert_close(getattr(both, method)(X[12:16]), mean, tolerance=1e-4)


def test_a_usual_normal_image_scores_about_one():
    detector = small(detectors.PatchCore, sizes=(64,)).fit(normal_images()[:21])
    assert np.median(detector.decision_scores_) == pytest.approx(1, rel=1e-5)


@EVERY
def test_training_images_are_scored_by_the_others(kind):
    X = normal_images()[:20]
    detector = small(kind).fit(X)
    seen = detector.decision_function(X)  # with themselves in the bank, or in the Gaussians
    assert np.all(detector.decision_scores_ > seen)
    unseen = detector.decision_function(normal_images()[20:])
    assert np.median(seen) < np.median(unseen)


@EVERY
@pytest.mark.parametrize(
    "X",
    [
        np.zeros((3, 40, 40), np.uint8),
        np.full((2, 32, 50, 3), 255, np.uint8),
        np.repeat(np.random.default_rng(0).random((1, 40, 40)), 3, axis=0),
        np.random.default_rng(0).integers(0, 2, (3, 33, 47), dtype=np.uint8) * 255,
    ],
    ids=["black", "white", "all alike", "noise"],
)
def test_scores_are_finite(kind, X):
    detector = small(kind).fit(X)
    new = np.random.default_rng(1).random((2, *X.shape[1:]))
    for scores in (detector.decision_scores_, detector.decision_function(new)):
        assert np.isfinite(scores).all()
    assert np.isfinite(detector.heatmap(new)).all()
    assert detector.decision_function(new).min() > detector.decision_function(X).max() - 1e-6


@EVERY
def test_one_training_image_is_enough_and_says_what_is_missing(kind):
    with pytest.warns(UserWarning, match="one training image"):
        detector = small(kind).fit(normal_images()[:1])
    scores = detector.decision_function(textures().X[:3])
    assert np.isfinite(scores).all()
    assert np.isfinite(detector.threshold_)


@EVERY
def test_no_global_state_is_touched(kind, tmp_path):
    def state():
        return (
            random.getstate(),
            np.random.get_state()[1].tolist(),
            torch.get_rng_state().tolist(),
            torch.get_num_threads(),
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
        )

    torch.manual_seed(3)
    before = state()
    detector = small(kind).fit(normal_images()[:4])
    detector.heatmap(textures().X[:3])
    detector.save(tmp_path / "detector.pt")
    detectors.load(tmp_path / "detector.pt")
    assert state() == before


@functools.cache
def fitted_on_one(kind):
    """A detector of one image, which is looked at in the caller's own thread."""
    with pytest.warns(UserWarning, match="one training image") as said:
        detector = small(kind).fit(normal_images()[:1])
    assert said[0].filename == __file__
    return detector


@EVERY
@pytest.mark.parametrize("state", STATES)
def test_what_the_caller_has_set_in_torch_changes_nothing(kind, state, tmp_path):
    one, new = fitted_on_one(kind), textures().X[:1]
    with STATES[state]():
        other = fitted_on_one.__wrapped__(kind)
        other.save(tmp_path / "detector.pt")
        loaded = detectors.load(tmp_path / "detector.pt").set_params(device="cpu")
        scores = [each.decision_function(new) for each in (one, other, loaded)]
        maps = [each.heatmap(new) for each in (one, other, loaded)]
    np.testing.assert_array_equal(other.decision_scores_, one.decision_scores_)
    for found in scores:
        np.testing.assert_array_equal(found, one.decision_function(new))
    for found in maps:
        np.testing.assert_array_equal(found, one.heatmap(new))


@EVERY
def test_images_of_one_thing_are_left_out_together(kind):
    twice = normal_images()[:6].repeat(2, axis=0)  # each picture has a twin
    names = np.repeat(list("abcdef"), 2)
    alone, grouped = small(kind).fit(twice), small(kind).fit(twice, groups=names)
    assert grouped.threshold_ > alone.threshold_
    # the twins know each other; by groups, each scores what it does where it is no part
    without = small(kind).fit(twice[2:], groups=names[2:])
    usual = np.median(without.decision_function(twice[2:]))
    assert np.median(grouped.decision_scores_) > usual
    np.testing.assert_array_equal(grouped.decision_scores_[::2], grouped.decision_scores_[1::2])
    plain = small(kind).fit(twice, groups=range(12))
    np.testing.assert_array_equal(plain.decision_scores_, alone.decision_scores_)


@EVERY
def test_groups_that_do_not_fit_are_refused(kind):
    with pytest.raises(ValueError, match=r"groups has the shape .*one for each of 4 images"):
        small(kind).fit(normal_images()[:4], groups=[0, 1, 2])
    with pytest.raises(ValueError, match="groups holds 'a' alone"):
        small(kind).fit(normal_images()[:4], groups=list("aaaa"))


@EVERY
def test_saved_and_loaded_it_scores_the_same(kind, tmp_path):
    detector, new = fitted(kind), textures().X[:4]
    detector.save(tmp_path / "detector.pt")
    loaded = detectors.load(tmp_path / "detector.pt")
    assert type(loaded) is kind
    np.testing.assert_array_equal(loaded.decision_function(new), detector.decision_function(new))
    np.testing.assert_array_equal(loaded.heatmap(new), detector.heatmap(new))
    np.testing.assert_array_equal(loaded.decision_scores_, detector.decision_scores_)
    assert loaded.threshold_ == detector.threshold_
    assert [*loaded.get_params()["sizes"]] == [48, 64]
    loaded.save(tmp_path / "again.pt")
    again = detectors.load(tmp_path / "again.pt")
    np.testing.assert_array_equal(again.decision_function(new), detector.decision_function(new))


@EVERY
def test_a_changed_or_foreign_file_is_refused(kind, tmp_path):
    path = tmp_path / "detector.pt"
    fitted(kind).save(path)
    contents = torch.load(path, weights_only=True)
    header = json.loads(contents["header"])
    header["parameters"]["contamination"] = 0.3
    torch.save(contents | {"header": json.dumps(header)}, path)
    with pytest.raises(detectors.DetectorFileError, match="was changed or damaged"):
        detectors.load(path)
    path.write_bytes(b"GIF89a")
    with pytest.raises(detectors.DetectorFileError, match="holds no detector"):
        kind.load(path)
    fitted(kind).save(path)
    with pytest.raises(detectors.DetectorFileError, match="AutoEncoder is expected"):
        detectors.AutoEncoder.load(path)


@EVERY
def test_it_is_a_scikit_learn_estimator(kind):
    detector = small(kind, contamination=0.2, seed=5)
    copy = clone(detector)
    assert copy.get_params() == detector.get_params()
    with pytest.raises(NotFittedError):
        detector.decision_function(textures().X[:2])
    with pytest.raises(NotFittedError):
        detector.heatmap(textures().X[:2])


# ---------------------------------------------------------------------------- what comes in


@EVERY
def test_forms_of_one_image_score_alike(kind, tmp_path):
    X = textures().X[:3]
    paths = []
    for number, each in enumerate(X):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(each).save(paths[-1])
    expected = fitted(kind).decision_function(X)
    forms = (X[..., np.newaxis], np.repeat(X[..., np.newaxis], 3, axis=3), list(X), paths)
    for form in forms:
        np.testing.assert_array_equal(fitted(kind).decision_function(form), expected)
    for floats in (X / 255, (X / 255).astype(np.float32)):
        assert_close(fitted(kind).decision_function(floats), expected, tolerance=1e-3)
    maps = fitted(kind).heatmap(paths)
    assert isinstance(maps, list)
    np.testing.assert_array_equal(np.stack(maps), fitted(kind).heatmap(X))


@EVERY
def test_heat_maps_have_the_size_of_their_images(kind):
    generator = np.random.default_rng(0)
    pictures = [generator.random(size) for size in ((48, 48), (40, 90), (130, 64, 3))]
    maps = fitted(kind).heatmap(pictures)
    assert [each.shape for each in maps] == [(48, 48), (40, 90), (130, 64)]
    assert {each.dtype for each in maps} == {np.dtype(np.float32)}


@EVERY
def test_a_heat_map_moves_with_its_image(kind):
    picture = np.full((64, 64), 90, np.uint8)
    picture[10:22, 40:52] = 255
    plain = np.full((6, 64, 64), 90, np.uint8) + np.arange(6, dtype=np.uint8)[:, None, None]
    detector = small(kind, blocks=(2,)).fit(plain)
    there, turned = detector.heatmap(np.stack([picture, picture[::-1, ::-1]]))
    peak = np.array(np.unravel_index(there.argmax(), there.shape))
    other = np.array(np.unravel_index(turned.argmax(), turned.shape))
    assert np.abs(peak - [16, 46]).max() <= 10
    assert np.abs(other - [47, 17]).max() <= 10


@EVERY
def test_a_table_of_images_in_a_file_is_read_a_part_at_a_time(kind, tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, textures().X)
    mapped = np.load(path, mmap_mode="r")
    np.testing.assert_array_equal(
        fitted(kind).decision_function(mapped), fitted(kind).decision_function(textures().X)
    )


@EVERY
def test_a_damaged_file_is_named(kind, tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(textures().X[0]).save(good)
    bad.write_bytes(good.read_bytes()[:200])
    for method in (fitted(kind).decision_function, fitted(kind).heatmap, small(kind).fit):
        with pytest.raises(ValueError, match=r"bad\.png"):
            method([good, bad])
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        fitted(kind).decision_function([good, tmp_path / "none.png"])


@EVERY
@pytest.mark.parametrize(
    ("choices", "error", "words"),
    [
        ({"sizes": ()}, TypeError, r"^sizes is \(\); whole numbers in a tuple"),
        ({"sizes": 224}, TypeError, "^sizes is 224; whole numbers in a tuple"),
        ({"sizes": (64, 48)}, ValueError, r"^sizes is \(64, 48\); ascending"),
        ({"sizes": (16,)}, ValueError, "^sizes is 16; "),
        ({"blocks": (16,)}, ValueError, "^blocks is 16; "),
        ({"blocks": (4, 4)}, ValueError, r"^blocks is \(4, 4\); ascending"),
        ({"contamination": 0.7}, ValueError, "^contamination is 0.7"),
        ({"seed": -1}, ValueError, "^seed is -1"),
    ],
)
def test_parameters_out_of_range_are_refused(kind, choices, error, words):
    with pytest.raises(error, match=words):
        small(kind, **choices).fit(normal_images()[:3])


def test_own_parameters_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"^bank_size is 0"):
        detectors.PatchCore(bank_size=0).fit(normal_images()[:3])
    with pytest.raises(ValueError, match=r"^features is 0"):
        detectors.PaDiM(features=0).fit(normal_images()[:3])


def test_progress_is_shown_where_it_is_asked_for(capsys):
    small(detectors.PatchCore, progress=True).fit(normal_images()[:3])
    assert "patch chosen" in capsys.readouterr().out
    small(detectors.PatchCore).fit(normal_images()[:3])
    assert capsys.readouterr().out == ""


# ------------------------------------------------------------------------------- the parts


def test_the_backbone_describes_images_as_the_whole_network_does():
    network = backbone.load_backbone()
    pixels = 255 * torch.rand(2, 3, 64, 64, generator=SEED(0))
    maps = backbone.feature_maps(network, pixels, range(16))
    assert [each.shape[1] for each in maps][::5] == [16, 80, 112, 320]
    head = network._swish(network._bn1(network._conv_head(maps[-1])))
    torch.testing.assert_close(head, network.extract_features((pixels - 127) / 128))
    assert not network.training
    assert not any(each.requires_grad for each in network.parameters())


def test_the_backbone_knows_a_photograph_from_noise():
    """The logits of photographs are surer than those of noise: the weights are trained ones."""
    network = backbone.load_backbone()
    pictures = torch.from_numpy(data.make_textures(rows=41, anomalies=10, size=128).X[:8].copy())
    pixels = pictures[:, None].expand(-1, 3, -1, -1).float()
    logits = network((pixels - 127) / 128)
    noise = network(torch.rand(8, 3, 128, 128, generator=SEED(0)) * 2 - 1)
    assert logits.softmax(1).amax(1).mean() > noise.softmax(1).amax(1).mean()


@settings(deadline=None, max_examples=60)
@given(
    total=st.integers(1, 40),
    count=st.integers(1, 45),
    features=st.integers(1, 8),
    seed=st.integers(0, 99),
)
def test_the_core_set_takes_the_farthest_each_time(total, count, features, seed):
    rows = torch.randn(total, features, generator=SEED(seed))
    chosen = greedy_core_set(rows, count, SEED(seed)).tolist()
    assert len(set(chosen)) == len(chosen) == min(count, total)
    if count >= total:
        return
    apart = cdist(rows, rows)
    for number in range(1, count):
        nearest = apart[:, chosen[:number]].min(axis=1)
        assert nearest[chosen[number]] >= nearest.max() - 1e-3


def test_the_core_set_covers_better_than_chance():
    mixing = torch.randn(4, 150, generator=SEED(3))
    rows = torch.randn(2000, 4, generator=SEED(0)) @ mixing
    chosen = greedy_core_set(rows, 100, SEED(1))  # by way of 64 random directions
    drawn = torch.randperm(2000, generator=SEED(2))[:100]
    ours, chance = (cdist(rows, rows[each]).min(axis=1).max() for each in (chosen, drawn))
    assert ours < 0.6 * chance


def test_equal_patches_are_not_chosen_twice():
    chosen = greedy_core_set(torch.ones(30, 4), 20, SEED(0))
    assert len(set(chosen.tolist())) == 20


def test_nearest_distances_are_exact():
    rows, bank = torch.randn(700, 20, generator=SEED(0)), torch.randn(90, 20, generator=SEED(1))
    found = patches.NearestSearch(bank).distances(rows[:, None, None]).ravel()
    np.testing.assert_allclose(found, cdist(rows, bank).min(axis=1), rtol=1e-5)
    far = bank + 1e4  # where |x|² − 2 x·b + |b|² would lose all digits
    assert patches.NearestSearch(far).distances(far[:, None, None]).max() == 0


def test_own_patches_are_not_seen():
    rows = torch.randn(60, 5, generator=SEED(0))
    owners = torch.arange(60) // 10
    found = patches.NearestSearch(rows, owners).distances(rows[:, None, None], owners).ravel()
    apart = cdist(rows, rows)
    apart[owners[:, None] == owners] = np.inf
    np.testing.assert_allclose(found, apart.min(axis=1), rtol=1e-4)


def test_mahalanobis_distances_are_those_of_numpy():
    drawn = torch.randn(50, 2, 3, 4, generator=SEED(0))
    drawn = drawn @ torch.randn(4, 4, generator=SEED(1))
    means, factors = patches.gaussians(drawn)
    found = patches.mahalanobis(drawn[:5], means, factors)
    assert found.shape == (5, 2, 3)
    covariances = [np.cov(drawn[:, row, column].T) for row in (0, 1) for column in (0, 1, 2)]
    ridge = 0.01 * np.mean([np.trace(each) / 4 for each in covariances])
    place = 0
    for row in (0, 1):
        for column in (0, 1, 2):
            rows = drawn[:, row, column].numpy()
            inverse = np.linalg.inv(covariances[place] + ridge * np.eye(4))
            away = rows[:5] - rows.mean(axis=0)
            expected = np.sqrt(np.einsum("ni,ij,nj->n", away, inverse, away))
            np.testing.assert_allclose(found[:, row, column], expected, rtol=1e-4)
            place += 1


def test_padim_knows_the_place_and_patchcore_does_not():
    """A cross that sits elsewhere is new to PaDiM; PatchCore has seen such a part."""
    generator = np.random.default_rng(0)

    def picture(top, left):
        made = np.full((64, 64), 100) + generator.integers(-5, 6, (64, 64))
        made[top : top + 16, left : left + 16] = 220
        return made.astype(np.uint8)

    train = np.stack([picture(8, 8) for _ in range(12)])
    usual, moved = np.stack([picture(8, 8)]), np.stack([picture(40, 40)])
    ratios = {}
    for kind in IMAGE_DETECTORS:
        detector = small(kind, sizes=(64,)).fit(train)
        scores = (detector.decision_function(X)[0] for X in (moved, usual))
        ratios[kind.__name__] = np.divide(*scores)
    assert ratios["PaDiM"] > 2 * ratios["PatchCore"]


def test_too_many_patches_are_thinned_image_by_image(monkeypatch):
    monkeypatch.setattr(patches, "MOST_PATCHES", 100)
    X = normal_images()[:10]
    detector = small(detectors.PatchCore, sizes=(64,)).fit(X)
    owners = detector.banks_[0]["owners"]
    assert np.bincount(owners.numpy()).tolist() == [10] * 10


def test_the_bank_is_bounded():
    detector = small(detectors.PatchCore, bank_size=37).fit(normal_images()[:5])
    assert [len(bank["patches"]) for bank in detector.banks_] == [37, 37]
