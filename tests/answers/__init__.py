"""Stored answers, by which the exercises' checks are tested; a file for each lesson.

A right answer is written in another style than the stored solution and has to pass. A wrong one
is a mistake that people really make; it has to be refused with a message that contains the given
words. Either is a decorated function, or anything that can be called::

    @right(ex.sigmoid_gradient)
    def sigmoid_gradient_by_exponentials(z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2

    @wrong(ex.sigmoid_gradient, "taken at z")
    def sigmoid_gradient_at_the_output(z):
        y = special.expit(z)
        return special.expit(y) * (1 - special.expit(y))

    wrong(ex.sigmoid_gradient, "shape")(lambda z: 0.25)
"""

import importlib
from collections import defaultdict

_right, _wrong = defaultdict(list), defaultdict(list)


def right(exercise):
    """Store the decorated function as a right answer to `exercise`."""

    def store(answer):
        _right[exercise.lesson, exercise.name].append(answer)
        return answer

    return store


def wrong(exercise, words):
    """Store the decorated function as a wrong answer, whose refusal contains `words`."""

    def store(answer):
        _wrong[exercise.lesson, exercise.name].append((words, answer))
        return answer

    return store


def answers_to(exercise):
    """Return the right answers to an exercise, and the wrong ones as pairs (words, answer)."""
    importlib.import_module(f"answers.{exercise.lesson}")
    key = exercise.lesson, exercise.name
    return _right[key], _wrong[key]
