"""Exercises whose answers may be written for NumPy arrays or for torch tensors."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable

from course_utils.exercises.engine import Exercise

import numpy as np


class TensorExercise(Exercise):
    """An exercise that hands arrays over, and tensors to an answer that asks for tensors."""

    def _judge(self, answer: Callable) -> None:
        super()._judge(for_arrays(answer))


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
    words = r"Tensor|keyword argument '(dim|keepdim)'|'int' object is not callable"  # x.size(0)
    return re.search(words, str(error)) is not None


def _array_to_tensor(value: object) -> object:
    import torch

    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _any_to_tensor(value: object) -> object:
    import torch

    return torch.tensor(value) if isinstance(value, float) else _array_to_tensor(value)
