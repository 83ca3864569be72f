"""data.make_yard: what is harmless varies, what is not lasts, and no simple number tells them."""

import itertools

from course_utils.data.simulators.yard import EVENT, KINDS, make_yard, yard_animals
from course_utils.evaluation import auroc

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from small_trees import by_two_columns

SIMPLE = {
    "mean": lambda images: images.mean(axis=(1, 2)),
    "standard deviation": lambda images: images.std(axis=(1, 2)),
    "darkest pixel": lambda images: images.min(axis=(1, 2)),
    "brightest pixel": lambda images: images.max(axis=(1, 2)),
    "sharpness": lambda images: np.abs(np.diff(images, axis=2)).mean(axis=(1, 2)),
}


@pytest.fixture(scope="module", params=[0, 1, 2])
def yard(request):
    made = make_yard(seed=request.param)
    return made, yard_animals(seed=request.param)


def is_night(made):
    hour = made.time.astype("datetime64[h]").astype(int) % 24
    return (hour < 6) | (hour >= 20)


def simple_numbers(made):
    return np.stack([simple(made.X.astype(float)) for simple in SIMPLE.values()], axis=1)


def test_frames_kinds_time_and_days_fit_together():
    made = make_yard()
    assert repr(made) == "Yard: 960 images of 96 × 96 pixels, 120 anomalies (12.50 %)"
    assert [np.sum(made.kinds == kind) for kind in KINDS] == [30, 30, 30, 30]
    assert (np.diff(made.time) == np.timedelta64(18, "m")).all()
    assert made.time[0] == np.datetime64("2026-03-02T00:00:00")
    assert np.array_equal(made.groups, np.repeat(np.arange(12), 80))


@pytest.mark.parametrize(("frames", "days"), [(160, 2), (333, 7), (1000, 3)])
def test_any_allowed_size_works(frames, days):
    for seed in range(3):
        made = make_yard(frames, days, seed)
        assert len(made) == frames
        assert made.n_anomalies == len(KINDS) * EVENT * (frames // 160)
        assert set(made.groups.tolist()) == set(range(days))
        assert not made.y[: frames // 2].any()


def test_an_event_is_five_frames_and_animals_are_normal_and_come_late(yard):
    made, animals = yard
    runs = [(kind, len(list(run))) for kind, run in itertools.groupby(made.kinds) if kind]
    assert {length for _, length in runs} == {EVENT}
    assert not made.y[animals].any()
    assert not animals[:480].any()
    assert 8 <= animals.sum() <= 40


def test_frames_follow_their_seed_and_touch_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = make_yard(200, 2, 4)
    assert np.array_equal(np.random.get_state()[1], before)
    again, other = make_yard(200, 2, 4), make_yard(200, 2, 5)
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.kinds, again.kinds)
    assert np.array_equal(yard_animals(200, 2, 4), yard_animals(200, 2, 4))
    assert not np.array_equal(first.X, other.X)


def test_nights_are_darker_and_noisier(yard):
    made, _ = yard
    images, night = made.X[:480].astype(float), is_night(made)[:480]
    assert images[night].mean() < 0.9 * images[~night].mean()
    # across columns, neighbour by neighbour, less what stays from frame to frame
    change = np.diff(np.diff(images[:, 2:15, 2:15], axis=2), axis=0).std(axis=(1, 2))
    still = images[1:].mean(axis=(1, 2)) / images[:-1].mean(axis=(1, 2)) - 1
    still = np.abs(still) < 0.1  # no cloud, and no lamp, between the two
    dark, light = night[1:] & night[:-1] & still, ~night[1:] & ~night[:-1] & still
    assert np.quantile(change[dark], 0.25) > 2 * np.quantile(change[light], 0.25)


def test_a_parcel_stays_a_person_walks_and_a_lens_blurs():
    """The same seed with and without the event would differ elsewhere: look inside events."""
    made = make_yard(seed=3)
    sharp = SIMPLE["sharpness"](made.X.astype(float))
    night, blurred = is_night(made), made.kinds == "blurred lens"
    for part in (night, ~night):
        assert sharp[blurred & part].max(initial=0) < np.median(sharp[(made.y == 0) & part])
    moves = {"person": [], "parcel": []}
    for row in range(1, len(made)):
        kind = str(made.kinds[row])
        if kind in moves and made.kinds[row - 1] == kind:
            change = made.X[row].astype(float) - made.X[row - 1]
            change -= np.median(change)
            moves[kind].append(np.abs(uniform_filter(change, 5)).max())
    assert np.median(moves["person"]) > 1.3 * np.median(moves["parcel"])


def test_no_simple_number_finds_the_anomalies(yard):
    made, _ = yard
    later = made.take(np.arange(480, 960))
    for name, column in zip(SIMPLE, simple_numbers(later).T, strict=True):
        assert 0.2 < auroc(later.y, column) < 0.8, name
    brightness = simple_numbers(later)[:, 0]
    assert 0.3 < auroc(later.y, brightness) < 0.7


def test_a_tree_of_two_simple_numbers_does_not_find_them_on_other_seeds(yard):
    taught = [make_yard(seed=seed).take(np.arange(480, 960)) for seed in (10, 11, 12)]
    numbers = np.concatenate([simple_numbers(made) for made in taught])
    labels = np.concatenate([made.y for made in taught])
    later = yard[0].take(np.arange(480, 960))
    for pair, found in by_two_columns(numbers, labels, simple_numbers(later)):
        assert auroc(later.y, found) < 0.9, pair


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"frames": 159}, ValueError, "frames is 159; a whole number of at least 160"),
        ({"days": 1}, ValueError, "days is 1; a whole number of at least 2"),
        ({"frames": 200.0}, TypeError, "frames is 200.0"),
        ({"seed": 1.5}, TypeError, "seed is 1.5"),
    ],
)
def test_a_wrong_argument_is_named(arguments, error, message):
    for function in (make_yard, yard_animals):
        with pytest.raises(error, match=message):
            function(**arguments)
