"""An answer beside the solution, on inputs of every sort: the same numbers, no side effects."""

from __future__ import annotations

import copy
import functools
import inspect
import re
from collections.abc import Callable, Sequence

from course_utils.exercises.results import Misconception, difference, plain

import numpy as np


def compare(answer: Callable, right: Sequence[Callable], make_inputs: Callable) -> None:
    """Refuse an answer that differs from every right one on some input, or that has side effects.

    Parameters
    ----------
    answer : callable
    right : sequence of callables
        The stored solution, and other conventions.
    make_inputs : callable
        As for `Exercise.set_inputs`.

    Raises
    ------
    Misconception
        It says what the input was and the first number that differs.
    """
    names, seen = list(inspect.signature(right[0]).parameters), []
    for what, arguments in make_inputs(np.random.default_rng(0)):
        result = _call_on(answer, what, arguments)
        texts = [difference(result, each(*copy.deepcopy(arguments))) for each in right]
        if all(texts):
            again = _call_on(answer, what, arguments)
            _require_the_same(what, plain(result), again)
            raise Misconception(f"With {what} {texts[0]}{_shown(names, arguments)}")
        right = [each for each, text in zip(right, texts, strict=True) if not text]
        seen.append((what, arguments, copy.deepcopy(plain(result))))
    for what, arguments, result in seen[:3]:
        _require_the_same(what, result, _call_on(answer, what, arguments))


def watched(answer: Callable, names: Sequence[str], changed: list[str]) -> Callable:
    """Return the answer so that it is noted which arguments its calls change in place.

    Parameters
    ----------
    answer : callable
        The learner's function; a class is returned as it is.
    names : sequence of str
        What the arguments are called.
    changed : list of str
        Gets the name of each argument, array, tensor or list of these, that a call changes.

    Returns
    -------
    callable
    """
    if inspect.isclass(answer):
        return answer

    @functools.wraps(answer, updated=())
    def call(*arguments: object, **named: object) -> object:
        before = [_copy(each) for each in arguments]
        result = answer(*arguments, **named)
        pairs = zip(names, before, arguments, strict=False)
        changed.extend(name for name, old, new in pairs if not _same(old, new))
        return result

    return call


def _copy(argument: object) -> object:
    """Return a copy of an array, a tensor or a list of these; anything else as it is."""
    if isinstance(argument, list):
        return list(map(_copy, argument))
    if hasattr(argument, "detach"):
        return argument.detach().clone()
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def _same(old: object, new: object) -> bool:
    """Say whether an argument is as it was, up to the rounding of a nudge that was taken back."""
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if hasattr(old, "detach"):
        old, new = plain(old), plain(new)
    if not isinstance(old, np.ndarray):
        return True
    if old.dtype.kind == "O":
        return all(a is b for a, b in zip(old.flat, new.flat, strict=True))
    if old.dtype.kind != "f":
        return np.array_equal(old, new)
    return np.allclose(new, old, rtol=1e-9, atol=1e-12, equal_nan=True)


def _call_on(answer: Callable, what: str, arguments: tuple) -> object:
    """Return the answer's result; an error is told on which input."""
    try:
        return answer(*copy.deepcopy(arguments))
    except Exception as error:
        error.add_note(f"with {what}")
        raise


def _require_the_same(what: str, first: object, again: object) -> None:
    if difference(first, first):  # NaN, which nothing equals
        return
    if text := difference(again, first):
        raise Misconception(
            f"Called once more with the same input, {what}, it gives another result: {text} An "
            "answer must not depend on earlier calls, or on chance that no argument sets."
        )


def _shown(names: Sequence[str], arguments: tuple) -> str:
    """Return the arguments as a sentence where they are short enough to be tried by hand."""
    told = []
    for name, value in zip(names, arguments, strict=False):
        if isinstance(value, np.ndarray):
            value = np.array2string(value, precision=6, separator=", ")
        told.append(f"{name} = {value}")
    text = f" The input: {'; '.join(told)}."
    return re.sub(r"\s+", " ", text) if len(text) < 300 else ""
