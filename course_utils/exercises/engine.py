"""What an exercise is: a task, hints, one solution, a check that names misconceptions.

A lesson's file, `lesson_04.py`, builds each exercise from plain functions::

    sigmoid_gradient = Exercise(
        "Return dσ/dz at the pre-activation z.",
        hints=("The derivative of σ can be written with σ itself.", "σ′(z) = σ(z)(1 − σ(z))."),
    )

    @sigmoid_gradient.set_solution
    def sigmoid_gradient_solution(z):
        s = 1 / (1 + np.exp(-z))
        return s * (1 - s)

    @sigmoid_gradient.set_check
    def sigmoid_gradient_check(answer):
        z = np.linspace(-3, 3, 7)
        y = 1 / (1 + np.exp(-z))
        got = as_array(answer(z), shape=z.shape)
        taken_at_y = np.allclose(got, np.exp(-y) / (1 + np.exp(-y)) ** 2)
        require(not taken_at_y, "You took the derivative at the output y; it is taken at z.")
        require(np.allclose(got, y * (1 - y)), "The derivative differs from σ(z)(1 − σ(z)).")

A check asks for properties, so that any right answer passes, and names the misconception behind
a wrong one. `tests/answers/` stores answers of both kinds, by which every check is tested.
"""

from __future__ import annotations

import dis
import inspect
import re
import textwrap
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from course_utils.exercises.conversation import say
from course_utils.exercises.progress import note_progress
from course_utils.exercises.time_limit import AnswerTimedOut, call_within

import numpy as np

SECONDS_TO_ANSWER = 10.0
TOLERANCE = 1e-4


class Misconception(Exception):
    """Raised by a check; its text says what is wrong and why."""


def require(condition: object, message: str) -> None:
    """Refuse the answer with `message` unless `condition` holds."""
    if not bool(condition):
        raise Misconception(message)


def as_array(value: object, *, shape: tuple[int, ...] | None = None, what: str = "the result"):
    """Return `value` as a float array, or refuse it in words a learner can act on.

    Parameters
    ----------
    value : array-like
        What the learner's function returned.
    shape : tuple of int, optional
        The shape that is asked for.
    what : str
        How the message calls the value.

    Returns
    -------
    numpy.ndarray of float64
    """
    require(value is not None, f"Your function returned None: is a `return` missing for {what}?")
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Misconception(
            f"{what[0].upper()}{what[1:]} should be numbers, but it is {type(value).__name__}."
        ) from None
    if shape is not None and array.shape != shape:
        turned = " It looks transposed." if array.shape == shape[::-1] else ""
        raise Misconception(
            f"{what[0].upper()}{what[1:]} has shape {array.shape}; {shape} is expected.{turned}"
        )
    require(
        np.isfinite(array).all(),
        f"{what[0].upper()}{what[1:]} has NaN or infinite entries. Look for a division by zero, "
        "a logarithm of zero or an exponential that overflows.",
    )
    return array


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


def take_apart(result: object, names: Sequence[str]) -> tuple:
    """Return the several results of a learner's function, or say which were expected."""
    listed = ", ".join(names)
    require(result is not None, f"Your function returned None: is `return {listed}` missing?")
    require(
        isinstance(result, tuple | list) and len(result) == len(names),
        f"{len(names)} results are expected, in this order: `return {listed}`.",
    )
    return tuple(result)


def name_the_mistake(got: np.ndarray, mistakes: Iterable[tuple[object, str]]) -> None:
    """Refuse `got` with the message of the first known mistake whose result it equals."""
    for wrong, message in mistakes:
        require(not same_numbers(got, wrong), message)


@dataclass(frozen=True)
class Verdict:
    """What a check found: `status` is "passed", "not started", "refused" or "broken"."""

    status: str
    message: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.status == "passed"

    def __str__(self) -> str:
        mark = {"passed": "✓", "not started": "○"}.get(self.status, "✗")
        return f"{mark} {self.message}"


@dataclass
class Exercise:
    """One task that checks the learner's function.

    Parameters
    ----------
    task : str
        The task in a sentence.
    hints : sequence of str
        From a nudge to nearly everything; `hint()` gives the next one at each call.
    praise : str
        What a right answer means, in a sentence.
    """

    task: str
    hints: Sequence[str] = ()
    praise: str = "Right."
    name: str = field(default="", init=False)
    lesson: str = field(default="", init=False)
    _solution: Callable | None = field(default=None, init=False, repr=False)
    _check: Callable | None = field(default=None, init=False, repr=False)
    _hints_given: int = field(default=0, init=False, repr=False)

    def set_solution(self, function: Callable) -> Callable:
        """Take `NAME_solution` as the solution; it also gives the exercise its name."""
        self.name = function.__name__.removesuffix("_solution")
        self.lesson = re.search(r"lesson_\w+|\w+$", function.__module__)[0]
        self._solution = function
        return function

    def set_check(self, function: Callable) -> Callable:
        """Take the function that raises `Misconception` for a wrong answer."""
        self._check = function
        return function

    def examine(self, answer: object, seconds: float = SECONDS_TO_ANSWER) -> Verdict:
        """Judge `answer` without printing.

        An answer that raises, exits or never returns is caught: the kernel lives on.

        Parameters
        ----------
        answer : callable
            The learner's function.
        seconds : float
            Processor seconds that the answer may take.

        Returns
        -------
        Verdict
        """
        if is_stub(answer):
            return Verdict("not started", f"{self.name}: not started yet. {self.task}")
        if not callable(answer):
            return Verdict(
                "refused",
                f"{self.name}: hand over the function itself, as in check({self.name}), "
                f"not {type(answer).__name__} {str(answer)[:40]!r}.",
            )
        try:
            call_within(seconds, self._check, answer)
        except Misconception as reason:
            return Verdict("refused", f"{self.name}: {reason}")
        except AnswerTimedOut as reason:
            return Verdict("broken", f"{self.name}: your function {reason}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if "ellipsis" in str(error).lower():
                return Verdict(
                    "not started", f"{self.name}: there is still a `...` to fill in. {self.task}"
                )
            return Verdict("broken", f"{self.name}: {describe(error, answer)}")
        return Verdict("passed", f"{self.name}: {self.praise}")

    def check(self, answer: object) -> None:
        """Judge `answer`, print what was found, and note a success for `progress`."""
        verdict = self.examine(answer)
        say(textwrap.fill(str(verdict), 96, subsequent_indent="  ", replace_whitespace=False))
        if verdict.passed:
            note_progress(self.lesson, self.name)

    def hint(self) -> None:
        """Print the next hint; the last one repeats."""
        if not self.hints:
            say("There is no hint for this one; solution() shows a way.")
            return
        number = min(self._hints_given, len(self.hints) - 1)
        self._hints_given = number + 1
        say(textwrap.fill(f"Hint {number + 1} of {len(self.hints)}: {self.hints[number]}", 96))

    def solution(self) -> None:
        """Print one solution. Other right answers pass the check too."""
        say(self.solution_source)

    @property
    def solution_source(self) -> str:
        """The solution as the learner would write it."""
        lines = textwrap.dedent(inspect.getsource(self._solution)).splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(("def ", "class ")))
        return "\n".join(lines[start:]).replace(f"{self.name}_solution", self.name)


def exercises_of(module: object) -> dict[str, Exercise]:
    """Return a lesson module's exercises by name, in the order they are written."""
    return {name: each for name, each in vars(module).items() if isinstance(each, Exercise)}


def is_stub(answer: object) -> bool:
    """Say whether `answer` is `...`, None, or a function whose body is only `...` or `pass`."""
    if answer is None or answer is Ellipsis:
        return True
    if not inspect.isfunction(answer):
        return False
    steps = [step for step in dis.get_instructions(answer) if step.opname not in ("RESUME", "NOP")]
    loads = {"LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    values = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(step.opname in loads for step in steps) and values[-1] in (None, Ellipsis)


def describe(error: BaseException, answer: Callable) -> str:
    """Say in one line what `answer` raised and, where it can be told, in which line."""
    code = getattr(answer, "__code__", None)
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if code is not None and frame.filename == code.co_filename:
            place = f" in its line {frame.lineno - code.co_firstlineno + 1}"
            place += f", `{frame.line}`" if frame.line else ""
    return f"your function raised {type(error).__name__}{place}: {error}"
