"""A camera that looks at a yard by day and by night; `datasets/yard.md` states the whole model."""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.simulators.yard_scene import MARGIN, SIDE, Yard

import numpy as np
from scipy.ndimage import gaussian_filter

KINDS = ("person", "parcel", "moved camera", "blurred lens")
START = np.datetime64("2026-03-02T00:00:00", "s")  # a Monday
EVENT = 5  # successive frames that an anomaly lasts
ANIMALS = 0.06  # share of the second half's normal frames


def make_yard(frames=960, days=12, seed=0):
    """Return the frames of a camera over a yard, grey, in the order of time.

    Harmless are sun, clouds, moving shadows, the noise of the night, a lamp that is on or off, a
    bush in the wind, and an animal (`yard_animals`). In the first half of the frames nothing
    happens and no animal comes. In the second half there are events of five successive frames:

    - "person": walks, so stands elsewhere in each frame;
    - "parcel": lies where nothing lay before;
    - "moved camera": the view is 3 to 8 pixels off to one side, and as many up or down;
    - "blurred lens": the view is out of focus.

    Parameters
    ----------
    frames : int
        How many, at least 160; for every 160 each kind has one event.
    days : int
        From Monday 2026-03-02 on, over which the frames are spread evenly, at least 2.
    seed : int
        One seed, one yard.

    Returns
    -------
    AnomalyData
        X (frames, 96, 96) uint8; kinds; time; groups, the day from 0 on.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    FileNotFoundError, RuntimeError
        If a picture that the yard is made of is missing or damaged.
    """
    kinds, animals, time, generator = _plan(frames, days, seed)
    yard = Yard(generator)
    day = (time - START) // np.timedelta64(1, "D")
    cloud = generator.beta(0.7, 0.7, days)[day]  # 0 for a clear sky, 1 for a grey one
    hours = (time - time.astype("datetime64[D]")) / np.timedelta64(1, "h")
    images = np.empty((frames, SIDE, SIDE), dtype=np.uint8)
    for row, kind in enumerate(kinds):
        if kind != kinds[row - 1]:  # what stays the same for an event
            away = generator.integers(3, MARGIN, 2) * generator.choice([-1, 1], 2)
            blur, parcel = generator.uniform(0.9, 1.6), yard.place(generator)
            greys = generator.uniform(0.05, 0.85, 3)
        view = yard.in_wind(generator)
        if kind == "parcel":
            yard.add_parcel(view, parcel, greys)
        if kind == "person":
            yard.add_person(view, yard.place(generator), greys, generator)
        if animals[row]:
            yard.add_animal(view, yard.place(generator), generator)
        view *= yard.light(hours[row], cloud[row], generator)
        if kind == "blurred lens":
            view = gaussian_filter(view, blur)
        shake = (generator.random(2) < 0.15).astype(int)
        top, left = MARGIN + shake + (away if kind == "moved camera" else 0)
        view = view[top : top + SIDE, left : left + SIDE]
        view = view + yard.noise(hours[row]) * generator.standard_normal(view.shape)
        images[row] = np.clip(np.rint(255 * view), 0, 255)
    return AnomalyData(
        X=images,
        y=kinds != "",
        feature_names=(),
        name="Yard",
        source="simulated by course_utils.data.simulators.yard with pictures of scikit-image",
        licence="CC0 (the pictures); MIT, as the code",
        kinds=kinds,
        time=time,
        groups=day,
    )


def yard_animals(frames=960, days=12, seed=0):
    """Return which frames of `make_yard`, called with the same arguments, show the animal.

    Returns
    -------
    ndarray of bool, shape (frames,)
        All of them normal frames.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the form that `make_yard` expects.
    """
    return _plan(frames, days, seed)[1]


def _plan(frames, days, seed):
    """Return what happens when: kinds, animals and time, and the generator to go on with."""
    frames = checks.integer_in_range(frames, "frames", 160)
    days = checks.integer_in_range(days, "days", 2)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    kinds = np.full(frames, "", dtype="<U12")
    slots = frames // 2 + 2 * EVENT * generator.permutation(frames // (4 * EVENT))
    for number, start in enumerate(slots[: len(KINDS) * (frames // 160)]):
        kinds[start : start + EVENT] = KINDS[number % len(KINDS)]
    animals = (generator.random(frames) < ANIMALS) & (kinds == "")
    animals[: frames // 2] = False
    second = np.arange(frames) * (86_400 * days) // frames
    return kinds, animals, START + second.astype("timedelta64[s]"), generator
