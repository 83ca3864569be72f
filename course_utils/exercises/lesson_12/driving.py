"""How lesson 12 goes on with what the learner wrote: for arrays or tensors, and with slopes."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

from course_utils.exercises.conversation import say
from course_utils.exercises.tensors import TensorExercise, for_arrays


class DrivingExercise(TensorExercise):
    """An exercise whose function the lesson hands arrays, whichever of the two it is for."""

    def or_ours(self, answer: object) -> Callable:
        """Return the learner's function or ours, to be called with arrays; it returns arrays."""
        lesson_version = super().or_ours(answer)
        call = for_arrays(lesson_version)
        call.the_learner_s = lesson_version.the_learner_s
        return call


class LossExercise(TensorExercise):
    """An exercise whose function the lesson trains with: tensors in, a tensor with slopes out."""

    def or_ours(self, answer: object) -> Callable:
        """Return the learner's function where it is right and carries slopes, ours where not."""
        answer = getattr(answer, "the_learner_s", answer)
        passed = answer is self._passed or self.examine(answer).passed
        if passed and _has_the_slopes_of(self._solution, answer):
            say(f"The lesson goes on with your {self.name}.")
            return _remembering(answer, answer)
        until = "until yours passes its check."
        if passed:
            until = "since training needs slopes, and yours lets none through: write it in torch."
        say(f"The lesson goes on with our {self.name}, {until}")
        return _remembering(self._solution, answer)


def _remembering(function: Callable, answer: object) -> Callable:
    @functools.wraps(function, updated=())
    def lesson_version(*arguments: object) -> object:
        return function(*arguments)

    lesson_version.the_learner_s = answer
    return lesson_version


def _has_the_slopes_of(solution: Callable, answer: Callable) -> bool:
    """Say whether a right loss of outputs and a centre has the solution's slopes."""
    import torch

    slopes = []
    outputs = torch.linspace(-1, 2, 12).reshape(4, 3) ** 2
    for loss in (solution, answer):
        leaf = outputs.clone().requires_grad_()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of NumPy's functions, when they get tensors
                loss(1 * leaf, torch.tensor([0.5, -1.0, 2.0])).backward()
        except Exception:  # whatever an answer for arrays does with tensors
            return False
        slopes.append(leaf.grad)
    return slopes[1] is not None and torch.allclose(*slopes, rtol=1e-4)
