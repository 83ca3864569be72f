"""The yard that `make_yard` films: wall, gravel, lawn, bush, lamp, and who comes by."""

from __future__ import annotations

import io

from course_utils.data.store.embedded import read_embedded

import numpy as np
from PIL import Image

SIDE, MARGIN = 96, 9  # pixels; the scene goes on beyond the picture
WIDE = SIDE + 2 * MARGIN + 1
GROUND = 45  # the row in which the wall ends and the ground begins
SUNRISE, SUNSET = 6, 20  # o'clock
DOWN, RIGHT = np.indices((WIDE, WIDE)).astype(float)


class Yard:
    """Reflectance of each point of the scene, from 0 to 1, (WIDE, WIDE), and its light.

    Parameters
    ----------
    generator : numpy.random.Generator
        Chooses the parts of the photographs, and where pole, door and bush are.
    """

    def __init__(self, generator):
        gravel, brick, self.leaves = (
            _photograph(name, generator) for name in ("gravel", "brick", "grass")
        )
        lawn = 0.75 * _photograph("grass", generator)
        self.scene = np.where(DOWN < GROUND, 0.85 * brick, gravel)
        self.scene[(DOWN > GROUND) & (RIGHT + 0.3 * DOWN > 105)] = 0
        self.scene += lawn * (DOWN > GROUND) * (RIGHT + 0.3 * DOWN > 105)
        door = generator.integers(24, 40)
        self.scene[18:GROUND, door : door + 15] = 0.17
        self.scene[20 : GROUND - 1, door + 2 : door + 13] = 0.26
        self.pole = generator.uniform(45, 60)
        self.scene[15:78, int(self.pole) : int(self.pole) + 2] = 0.6
        self.bush = np.array([GROUND + 8, generator.integers(86, 94)])
        self.lamp = np.array([14, door + 26])
        horse = Image.open(io.BytesIO(read_embedded("horse"))).convert("L")
        self.animal = 1 - np.asarray(horse, dtype=float) / 255  # 1 inside the outline

    def place(self, generator):
        """Return a point of the ground, row and column, for feet to stand on."""
        return generator.integers([GROUND + 12, MARGIN + 10], [SIDE, SIDE - 5])

    def in_wind(self, generator):
        """Return a copy of the scene with the bush as the wind holds it."""
        view, sway = self.scene.copy(), generator.normal(0, 1.6, 2)
        box = np.s_[GROUND - 10 : GROUND + 30, 66:]
        down, right = DOWN[box] - (self.bush + sway)[0], RIGHT[box] - (self.bush + sway)[1]
        radius = 13 + 1.5 * np.cos(5 * np.arctan2(down, right) + generator.normal(0, 0.4))
        leaves = np.roll(self.leaves[box], np.rint(2 * sway).astype(int), axis=(0, 1))
        view[box] = np.where(np.hypot(down, right) < radius, 0.1 + 0.6 * leaves, view[box])
        return view

    def add_person(self, view, place, greys, generator):
        """Paint somebody whose feet stand at the place; the nearer, the taller."""
        tall = _height(place) * generator.uniform(0.9, 1.1)
        down, right = (DOWN - place[0]) / tall, (RIGHT - place[1]) / tall
        stride = generator.uniform(0.05, 0.16) * -down  # legs part towards the feet
        legs = np.abs(np.abs(right) - 0.04 - 0.1 * (0.45 + down) * (stride > 0.03)) < 0.05
        view[legs & (down > -0.5) & (down <= 0)] = greys[0]
        view[(right / 0.12) ** 2 + ((down + 0.6) / 0.22) ** 2 < 1] = greys[1]
        view[right**2 + (down + 0.92) ** 2 < 0.085**2] = 0.3 + 0.4 * greys[2]

    def add_parcel(self, view, place, greys):
        """Paint a box with a lid and a strip of tape, as wide as a person is tall by half."""
        wide, high = (np.array([0.5, 0.34]) * _height(place)).astype(int)
        top, left = place[0] - high, place[1] - wide // 2
        view[top : place[0], left : left + wide] = 0.3 + 0.4 * greys[0]
        view[top : top + high // 3 + 1, left : left + wide] += 0.15  # the lid sees more sky
        view[top : place[0], left + wide // 2 : left + wide // 2 + 2] = 0.8

    def add_animal(self, view, place, generator):
        """Paint an animal, dark or light, about half as tall as a person."""
        high = int(_height(place) * generator.uniform(0.4, 0.55))
        shape = Image.fromarray(self.animal).resize((high * 5 // 4, high), Image.Resampling.BOX)
        inside = np.asarray(shape)[:, :: generator.choice([-1, 1])]
        part = view[place[0] - high : place[0], place[1] : place[1] + inside.shape[1]]
        fur = generator.choice([0.1, 0.75]) + generator.uniform(-0.07, 0.07)
        part += inside[:, : part.shape[1]] * (fur - part)

    def light(self, hour, cloud, generator):
        """Return the light on each point, (WIDE, WIDE), as the camera's exposure leaves it."""
        day = (hour - SUNRISE) / (SUNSET - SUNRISE)
        if not 0 <= day < 1:
            glow = np.hypot(DOWN - self.lamp[0], 0.8 * (RIGHT - self.lamp[1]))
            on = (generator.random() < 0.8) * generator.uniform(0.9, 1.1)
            return 0.45 + on * 1.0 * np.exp(-((glow / 45) ** 2))
        high = np.sin(np.pi * day)
        sun = high * (1 - np.clip(cloud + generator.normal(0, 0.15), 0, 1))
        far = RIGHT - 25 - 70 * day - (GROUND - DOWN) * (0.5 - day)  # from the house's shadow
        shadow = (far > 0) & (DOWN > GROUND) if day < 0.5 else far < -55
        away, aside = RIGHT - self.pole, 2 * (DOWN - 78)  # the ground is seen at a slant
        cos, sin = np.cos(np.pi * (1 - day)), np.sin(np.pi * (1 - day))
        along, across = away * cos + aside * sin, aside * cos - away * sin
        shadow |= (np.abs(across) < 1.3) & (along > 0) & (along < 12 / (high + 0.15))
        exposed = generator.uniform(0.9, 1.1) * (0.55 + 0.45 * np.sqrt(high))
        return exposed * (0.6 + 0.75 * sun * ~shadow) / (0.6 + 0.45 * sun)

    def noise(self, hour):
        """Return the standard deviation of the camera's noise."""
        return 0.008 if SUNRISE <= hour < SUNSET else 0.035


def _photograph(name, generator):
    """Return a part of a photograph, shrunk to a quarter, (WIDE, WIDE) from 0 to 1."""
    top, left = generator.integers(0, 512 - 4 * WIDE, 2)
    whole = Image.open(io.BytesIO(read_embedded(name)))
    part = whole.crop((left, top, left + 4 * WIDE, top + 4 * WIDE)).reduce(4)
    return np.asarray(part, dtype=float) / 255


def _height(place):
    """Return how tall a person is whose feet stand there, in pixels."""
    return 17 + 0.3 * (place[0] - GROUND)
