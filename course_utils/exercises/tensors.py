"""Exercises whose answers may be written for NumPy arrays or for torch tensors."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from course_utils.exercises.conversation import say
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import plain, require

import numpy as np


@dataclass
class TensorExercise(Exercise):
    """An exercise that hands arrays over, and tensors to an answer that asks for tensors.

    Parameters
    ----------
    slopes : sequence of str
        The arguments through which the lesson takes slopes. Where there are any, what `or_ours`
        returns gives tensors back for tensors; where there are none, it gives arrays.
    """

    slopes: Sequence[str] = ()

    def set_solution(self, function: Callable) -> Callable:
        """Take the solution, in the words of NumPy or of torch."""
        super().set_solution(function)
        self._solution = for_arrays(function)
        return function

    def _judge(self, answer: Callable) -> None:
        super()._judge(for_arrays(answer))
        if self.slopes:
            self._require_slopes(answer)

    def or_ours(self, answer: object) -> Callable:
        """Return the learner's function where it passes and carries slopes, ours where not."""
        answer = getattr(answer, "the_learner_s", answer)
        passed = answer is self._passed or self.examine(answer).passed
        if passed and self.slopes and not self._carries_slopes(answer):
            say(
                f"Your {self.name} is right, but slopes do not pass through it, as training "
                "needs:\nthe lesson goes on with ours, in torch's words."
            )
            function = self._solution
        else:
            function = for_arrays(super().or_ours(answer).__wrapped__)

        @functools.wraps(function, updated=())
        def lesson_version(*arguments: object, **named: object) -> object:
            if named:
                arguments = inspect.signature(function).bind(*arguments, **named).args
            result = function(*arguments)
            return result if self.slopes else plain(result)

        lesson_version.the_learner_s = answer
        return lesson_version

    def _require_slopes(self, answer: Callable) -> None:
        """Refuse an answer in torch's words that cuts a slope; one in NumPy's has none to cut."""
        for found, wanted in self._found_and_wanted(answer):
            for name, mine, ours in zip(self.slopes, found or (), wanted, strict=False):
                require(
                    _close(mine, ours),
                    f"The numbers are right, but their slope in `{name}` is "
                    f"{mine.ravel()[0]:.4g}, where {ours.ravel()[0]:.4g} is expected: training "
                    "would go wrong. detach(), item(), no_grad(), torch.tensor(…) and functions "
                    "of math and NumPy cut slopes; torch's own operations let them pass.",
                )

    def _carries_slopes(self, answer: Callable) -> bool:
        """Say whether an answer, handed tensors, has the slopes that the solution has."""
        return all(
            found is not None and all(map(_close, found, wanted))
            for found, wanted in self._found_and_wanted(answer)
        )

    def _found_and_wanted(self, answer: Callable) -> Iterator[tuple]:
        """Yield the slopes of an answer, None if none, and of the solution, for a few inputs."""
        for _, arguments in itertools.islice(self._inputs(np.random.default_rng(0)), 3):
            yield self._slopes_of(answer, arguments), self._slopes_of(self._solution, arguments)

    def _slopes_of(self, function: Callable, arguments: tuple) -> object:
        """Return ∂(sum of the results)/∂(each argument in `slopes`), a list; None if none."""
        import torch

        names, leaves, given = inspect.signature(self._solution).parameters, [], []
        for name, value in zip(names, arguments, strict=True):
            if name in self.slopes:
                leaves.append(torch.tensor(value, dtype=torch.float32, requires_grad=True))
                value = leaves[-1].clone()
            elif isinstance(value, np.ndarray):
                value = torch.tensor(value, dtype=torch.float32)
            given.append(value)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                total = function(*given).sum()
                if torch.is_tensor(total) and not total.requires_grad:  # cut everywhere
                    return [torch.zeros_like(each) for each in leaves]
                return torch.autograd.grad(total, leaves, materialize_grads=True)
        except Exception:  # whatever an answer for arrays raises when it is handed tensors
            return None


def _close(mine: object, ours: object) -> bool:
    import torch

    return torch.allclose(mine, ours, rtol=1e-3, atol=1e-4)


def for_arrays(answer: Callable) -> Callable:
    """Return the answer so that it can be called with arrays, whichever of the two it is for.

    An answer in torch's words fails on arrays, and is called once more with tensors; if it stops
    at a number as well, as `log_scale.exp()` does, with numbers as tensors too.
    """

    @functools.wraps(answer, updated=())
    def call(*arguments: object) -> object:
        try:
            return answer(*arguments)
        except Exception as error:
            if not _asks_for_tensors(error):
                raise
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy's functions, when they get tensors
            try:
                return answer(*map(_array_to_tensor, arguments))
            except Exception as error:
                if not _asks_for_tensors(error):
                    error.add_note("with tensors")
                    raise
            return answer(*map(_any_to_tensor, arguments))

    return call


def _asks_for_tensors(error: Exception) -> bool:
    """Say whether an error tells of a method, keyword or function that tensors alone have."""
    import torch

    if lacking := re.search(
        r"'(?:numpy\.\w+|float|int)' object has no attribute '(\w+)'", str(error)
    ):
        return hasattr(torch.Tensor, lacking[1])
    words = (
        r"Tensor|keyword argument '(dim|keepdim)'|'(dim|keepdim)' is an invalid keyword|"
        r"must be torch\.dtype|"
        "'int' object is not callable"  # x.size(0)
    )
    return re.search(words, str(error)) is not None


def _array_to_tensor(value: object) -> object:
    import torch

    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _any_to_tensor(value: object) -> object:
    import torch

    return torch.tensor(value) if isinstance(value, float) else _array_to_tensor(value)
