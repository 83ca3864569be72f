"""Lesson 26's exercises: their solutions meet brute force, their lines are fair elsewhere."""

import itertools

from course_utils.exercises import lesson_26 as ex
from course_utils.exercises.lesson_26 import light, parts, trays

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import pdist


@pytest.mark.parametrize("seed", range(5))
def test_no_module_is_on_both_sides_and_no_damage_of_a_known_one_is_tested(seed):
    generator = np.random.default_rng(seed)
    modules, y = generator.integers(0, 9, 80), generator.integers(0, 2, 80)
    train, test = ex.split_modules._solution(modules, y, seed)
    known = set(modules[train])
    assert len(known) == 4
    for module, damaged, learns, judges in zip(modules, y, train, test, strict=True):
        assert learns == (module in known and not damaged)
        assert judges == (module not in known)


def test_a_detector_that_knows_its_modules_gains_by_the_given_leak_alone():
    """Pictures are their module's background and noise; damage is nowhere to be seen."""
    generator = np.random.default_rng(0)
    modules = np.repeat(np.arange(20), 10)
    y = (np.arange(200) % 10 < 2).astype(int)
    y[modules < 4] = 1  # four modules that nobody ever saw whole
    found = {"leak": [], "honest": []}
    for seed in range(30):
        background = 3 * generator.normal(size=(20, 8))
        pictures = background[modules] + 0.3 * generator.normal(size=(200, 8))
        rows = np.random.default_rng(seed).random(200) < 0.5
        leak = rows & (y == 0), ~(rows & (y == 0))
        for name, (train, test) in (
            ("leak", leak),
            ("honest", ex.split_modules._solution(modules, y, seed)),
        ):
            far = np.linalg.norm(pictures[test][:, None] - pictures[train], axis=2).min(axis=1)
            found[name].append(_auroc(far[y[test] == 0], far[y[test] == 1]))
    assert np.mean(found["leak"]) > 0.65, found
    assert abs(np.mean(found["honest"]) - 0.5) < 0.1


def _auroc(normal, anomalies):
    pairs = anomalies[:, None] - normal
    return np.mean((pairs > 0) + 0.5 * (pairs == 0))


@pytest.mark.parametrize("gain", [0.5, 1.3])
@pytest.mark.parametrize("offset", [-7.0, 30.0])
def test_no_exposure_is_left(gain, offset):
    frame = np.random.default_rng(0).gamma(9, 9, (40, 50))
    left = ex.without_light._solution(frame)
    np.testing.assert_allclose(ex.without_light._solution(gain * frame + offset), left, atol=1e-9)


def test_local_light_is_above_the_line_on_other_yards_and_raw_frames_are_below(monkeypatch):
    monkeypatch.setattr(light, "YARDS", (2710, 2711, 2712, 2713))
    light._yards.cache_clear()
    try:
        ours = light._judged(ex.without_light._solution)
        by_one_spread = light._judged(lambda frame: _less_local_mean(frame))
        raw = light._judged(np.asarray)
    finally:
        light._yards.cache_clear()
    assert min(ours, by_one_spread) > light.LINE + 0.02
    assert raw < light.LINE - 0.03


def _less_local_mean(frame):
    rest = frame - gaussian_filter(frame.astype(float), 6)
    return rest / rest.std()


def test_lines_are_the_lowest_that_keep_the_budget_of_each_light():
    generator = np.random.default_rng(3)
    for rate, decimals in itertools.product((0.02, 0.15, 0.37), (0, 1, 6)):
        normal = np.round(generator.gamma(4, 1, 90), decimals)
        lights = generator.choice(["day", "night", "dawn"], 90)
        alarms = ex.alarms_by_light._solution(normal, lights, normal, lights, rate)
        for each in np.unique(lights):
            own, loud = normal[lights == each], alarms[lights == each]
            assert loud.mean() <= rate
            next_lower = own[~loud].max()  # a line just below it
            assert np.mean(own >= next_lower) > rate


def test_the_rule_is_right_on_other_trays_sharp_and_blurred(monkeypatch):
    monkeypatch.setattr(trays, "SEEDS", (2660, 2661))
    trays._trays.cache_clear()
    try:
        made = trays._trays()
    finally:
        trays._trays.cache_clear()
    scores = np.array([ex.tray_score._solution(radii) for _, radii in made])
    logical = np.isin([kind for kind, _ in made], ("missing", "extra", "swapped"))
    np.testing.assert_array_equal(scores > 0, logical)


def test_measured_coins_lie_where_the_exercise_says():
    radii = np.concatenate([radii for _, radii in trays._trays()])
    spans = (0, 5), (7, 10.5), (11, 16), (17, 22.5)
    inside = [(radii >= low) & (radii <= high) for low, high in spans]
    assert np.any(inside, axis=0).all()
    assert inside[3].any()  # two large ones do touch now and then


def test_the_larger_z_is_as_large_as_either():
    generator = np.random.default_rng(4)
    scores, held_out = generator.normal(3, 2, (30, 2)), generator.normal(3, 2, (50, 2))
    z = ex.larger_z._solution(scores, held_out, 0.1)
    alone = [
        (score - normal.mean()) / normal.std()
        for score, normal in zip(scores.T, held_out.T, strict=True)
    ]
    np.testing.assert_allclose(z, np.max(alone, axis=0))


def test_a_drift_of_all_scores_is_hidden_from_pairs():
    generator = np.random.default_rng(5)
    normal, anomalies = np.round(generator.normal(0, 2, (2, 40)))
    drifted = ex.hidden_drift._solution(normal, anomalies, 3.0)
    assert _auroc(*drifted) == _auroc(normal, anomalies)
    assert (normal > 3).mean() < 0.2 < 0.9 < (drifted[0] > 3).mean()


def test_weighted_blocks_are_equally_wide():
    generator = np.random.default_rng(6)
    blocks = 40 * generator.gamma(2, 1, (30, 50)), generator.normal(180, 3, (30, 4))
    weights = ex.block_weights._solution(*blocks)
    squares = [
        np.mean(pdist(weight * block) ** 2) for weight, block in zip(weights, blocks, strict=True)
    ]
    # one variance divides by n, the mean over pairs by n - 1: the same factor for both
    assert squares[0] == pytest.approx(squares[1])


def test_both_kinds_are_found_on_other_parts_and_by_no_rival(monkeypatch):
    monkeypatch.setattr(parts, "SEEDS", (2630, 2631, 2632))
    for cached in (parts._made, parts._rivals):
        cached.cache_clear()
    try:
        ours = parts._found([ex.my_fusion._solution(*given) for given, _ in parts._made()])
        balanced = parts._found([_balanced(*given) for given, _ in parts._made()])
        alone = parts._rivals()
    finally:
        for cached in (parts._made, parts._rivals):
            cached.cache_clear()
    line = np.array([parts.HOT_ZONE, parts.MISMATCH])
    assert (ours > line).all()
    assert balanced[0] < alone[0] - 0.05  # fusion does not always help
    assert balanced[1] > line[1]
    assert alone[1] < 0.7


def _balanced(train_picture, train_temperatures, picture, temperatures):
    """Standardised columns, each block by the root of their number, the 5th neighbour."""
    blocks = []
    for train, rows in ((train_picture, picture), (train_temperatures, temperatures)):
        spread = train.std(axis=0) * np.sqrt(train.shape[1])
        blocks.append((train / spread, rows / spread))
    train, rows = (np.hstack(each) for each in zip(*blocks, strict=True))
    return np.sort(np.linalg.norm(rows[:, None] - train, axis=2), axis=1)[:, 4]
