"""An answer beside the solution, on inputs of every sort: the same numbers, no side effects."""

from __future__ import annotations

import copy
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
        result = _call_on(answer, what, arguments, names)
        texts = [difference(result, each(*copy.deepcopy(arguments))) for each in right]
        if all(texts):
            again = _call_on(answer, what, arguments, names)
            _require_the_same(what, plain(result), again)
            raise Misconception(f"With {what} {texts[0]}{_shown(names, arguments)}")
        right = [each for each, text in zip(right, texts, strict=True) if not text]
        seen.append((what, arguments, copy.deepcopy(plain(result))))
    for what, arguments, result in seen[:3]:
        _require_the_same(what, result, _call_on(answer, what, arguments, names))


def _call_on(answer: Callable, what: str, arguments: tuple, names: Sequence[str]) -> object:
    """Return the answer's result, and refuse it if it changed an argument in place."""
    given = copy.deepcopy(arguments)
    try:
        result = answer(*given)
    except Exception as error:
        error.add_note(f"with {what}")
        raise
    for name, before, after in zip(names, arguments, given, strict=False):
        if not callable(before) and difference(after, before):
            raise Misconception(
                f"Your function changes the `{name}` that it was given, and whoever calls it may "
                "need that again. Work on a copy."
            )
    return result


def _require_the_same(what: str, first: object, again: object) -> None:
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
