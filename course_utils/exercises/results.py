"""What an answer returned: as numbers, compared with what is right, refused in words.

Answers come in many styles: lists, float32, tensors with gradients, pandas. All are made NumPy
arrays first, and compared with one tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

TOLERANCE = 1e-4


class Misconception(Exception):
    """Raised by a check; its text says what is wrong and why."""


def require(condition: object, message: str) -> None:
    """Refuse the answer with `message` unless `condition` holds."""
    if not bool(condition):
        raise Misconception(message)


def plain(value: object) -> object:
    """Return tensors, pandas objects and lists of numbers as NumPy arrays, tuples part by part.

    What is none of these comes back as it is: a scalar, a string, a function.
    """
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if isinstance(value, list):
        parts = [plain(each) for each in value]
        try:
            array = np.array(parts)
        except ValueError:  # of unlike lengths
            return parts
        return array if array.dtype.kind in "biuf" else parts
    if hasattr(value, "detach"):  # a tensor, with or without gradient, wherever it lies
        value = value.detach().cpu()
        return (value.double() if value.is_floating_point() else value).numpy()
    return value.to_numpy() if hasattr(value, "to_numpy") else value


def as_array(
    value: object,
    *,
    shape: tuple[int, ...] | None = None,
    what: str = "the result",
    finite: bool = True,
):
    """Return `value` as a float array, or refuse it in words a learner can act on.

    Parameters
    ----------
    value : array-like
        What the learner's function returned.
    shape : tuple of int, optional
        The shape that is asked for.
    what : str
        How the message calls the value.
    finite : bool
        Whether NaN and infinity are refused.

    Returns
    -------
    numpy.ndarray of float64
    """
    require(value is not None, f"Your function returned None: is a `return` missing for {what}?")
    try:
        array = np.asarray(plain(value))
        require(array.dtype.kind not in "USM", "")
        array = array.astype(float)
    except (TypeError, ValueError, Misconception):
        raise Misconception(
            f"Numbers are expected for {what}; you return {type(value).__name__}."
        ) from None
    if shape is not None and array.shape != shape:
        turned = " It looks transposed." if array.shape == shape[::-1] else ""
        raise Misconception(
            f"For {what} you return the shape {array.shape}; {shape} is expected.{turned}"
        )
    require(
        not finite or np.isfinite(array).all(),
        f"For {what} you return NaN or infinite entries. Look for a division by zero, a "
        "logarithm of zero or an exponential that overflows.",
    )
    return array


def at_the_limits(answer: Callable, *arguments: object) -> np.ndarray:
    """Return what an answer makes of huge numbers, as floats; infinity where it overflows."""
    try:
        with np.errstate(all="ignore"):
            result = answer(*arguments)
    except (OverflowError, ValueError):  # of math.exp and math.log
        result = np.inf
    return np.asarray(plain(result), dtype=float)


def take_apart(result: object, names: Sequence[str]) -> tuple:
    """Return the several results of a learner's function, or say which were expected."""
    listed = ", ".join(names)
    require(result is not None, f"Your function returned None: is `return {listed}` missing?")
    require(
        isinstance(result, tuple | list) and len(result) == len(names),
        f"{len(names)} results are expected, in this order: `return {listed}`.",
    )
    return tuple(result)


def same_numbers(got: object, other: object, tolerance: float = TOLERANCE) -> bool:
    """Say whether two arrays have one shape and differ by at most a share of the largest entry.

    Parameters
    ----------
    got, other : array-like
        Finite numbers.
    tolerance : float
        The share; the default allows what finite differences and float32 lose.

    Returns
    -------
    bool
    """
    got, other = np.asarray(got, dtype=float), np.asarray(other, dtype=float)
    if got.shape != other.shape:
        return False
    size = max(np.abs(other).max(initial=0), 1e-12)
    return bool(np.abs(got - other).max(initial=0) <= tolerance * size)


def name_the_mistake(got: np.ndarray, mistakes: Iterable[tuple[object, str]]) -> None:
    """Refuse `got` with the message of the first known mistake whose result it equals."""
    for wrong, message in mistakes:
        require(not same_numbers(got, wrong), message)


def difference(result: object, wanted: object) -> str:
    """Say in a sentence where `result` first differs from what is right; empty if nowhere.

    Where NaN is right, NaN alone is.

    Parameters
    ----------
    result : object
        What the learner's function returned.
    wanted : number, text, None, array, tuple or dict of these, or set of texts
        What it should have returned.

    Returns
    -------
    str
    """
    result, wanted = plain(result), plain(wanted)
    if isinstance(wanted, list):  # of arrays of unlike shapes
        wanted = tuple(wanted)
    if isinstance(wanted, dict):
        return _difference_of_entries(result, wanted)
    if isinstance(wanted, set | frozenset):
        return _difference_of_sets(result, wanted)
    if wanted is None:
        return "" if result is None else f"you return {str(result)[:40]}; None is expected."
    if isinstance(wanted, str):
        return "" if result == wanted else f"you return {result!r}; {wanted!r} is expected."
    if isinstance(wanted, tuple):
        if any(np.ndim(each) or isinstance(each, str) for each in wanted):
            return _difference_of_parts(result, wanted)
        wanted = np.array(wanted, dtype=float)
    wanted = np.asarray(wanted, dtype=float)
    missing = np.isnan(wanted)
    try:
        got = as_array(result, shape=wanted.shape, finite=not missing.any())
    except Misconception as reason:
        return f"{str(reason)[0].lower()}{str(reason)[1:]}"
    # a small entry beside large ones is only as exact as they are in float32
    largest = np.abs(wanted[~missing]).max(initial=0)
    near = TOLERANCE * (np.abs(wanted) + 0.01 * largest) + 1e-12
    wrong = np.flatnonzero((np.abs(got - wanted) > near) | (np.isnan(got) != missing))
    if not wrong.size:
        return ""
    place = np.unravel_index(wrong[0], wanted.shape)
    told, right = unlike(got[place], wanted[place])
    where = f"at [{', '.join(map(str, place))}] " if place else ""
    return f"{where}you return {told}; {right} is expected."


def _difference_of_parts(result: object, wanted: tuple) -> str:
    if not isinstance(result, tuple | list | np.ndarray) or len(result) != len(wanted):
        return f"{len(wanted)} results are expected, one after the other."
    for number, pair in enumerate(zip(result, wanted, strict=True), start=1):
        if text := difference(*pair):
            return f"in result {number} of {len(wanted)} {text}"
    return ""


def _difference_of_sets(result: object, wanted: set | frozenset) -> str:
    if isinstance(result, str | dict) or not hasattr(result, "__iter__"):
        return f"a set is expected, and you return {type(result).__name__}."
    lacking, more = sorted(wanted - {*result}), sorted({*result} - wanted)
    told = [f"your set lacks {', '.join(map(repr, lacking))}"] if lacking else []
    if more:
        told += [f"your set has {', '.join(map(repr, more))}, which does not belong there"]
    return "; ".join(told) + "." * bool(told)


def _difference_of_entries(result: object, wanted: dict) -> str:
    listed = ", ".join(map(repr, wanted))
    if not isinstance(result, dict) or set(result) != set(wanted):
        return f"a dict with the keys {listed} is expected."
    for key in wanted:
        if text := difference(result[key], wanted[key]):
            return f"for the key {key!r} {text}"
    return ""


def unlike(got: float, other: float) -> tuple[str, str]:
    """Return two numbers as texts, with as many digits as it takes to tell them apart."""
    for digits in range(4, 18):
        pair = f"{got:.{digits}g}", f"{other:.{digits}g}"
        if pair[0] != pair[1]:
            break
    return pair
