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

    @sigmoid_gradient.set_inputs
    def sigmoid_gradient_inputs(rng):
        for what, z in inputs.vectors(rng):
            yield what, (z,)

A check asks for properties, so that any right answer passes, and names the misconception behind
a wrong one. What it did not think of is met on the inputs: there an answer must return what the
solution does, twice, and leave its arguments as they are. `tests/answers/` stores answers of both
kinds, by which every check is tested, and `tests/mutants.py` changes the solution in every small
way.
"""

from __future__ import annotations

import dis
import functools
import inspect
import re
import textwrap
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from course_utils.exercises.comparison import compare, watched
from course_utils.exercises.conversation import say
from course_utils.exercises.progress import note_progress
from course_utils.exercises.results import Misconception, plain
from course_utils.exercises.time_limit import AnswerTimedOut, call_within

import numpy as np

SECONDS_TO_ANSWER = 10.0


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
    in_place : bool
        Whether an answer may change the arrays that it is given.
    seconds : float
        Processor seconds that an answer may take.
    prepare : callable, optional
        Makes what the check needs, before the answer's time begins.
    """

    task: str
    hints: Sequence[str] = ()
    praise: str = "Right."
    in_place: bool = False
    seconds: float = SECONDS_TO_ANSWER
    prepare: Callable | None = None
    name: str = field(default="", init=False)
    lesson: str = field(default="", init=False)
    _solution: Callable | None = field(default=None, init=False, repr=False)
    _check: Callable | None = field(default=None, init=False, repr=False)
    _inputs: Callable | None = field(default=None, init=False, repr=False)
    _also_right: Sequence[Callable] = field(default=(), init=False, repr=False)
    _passed: Callable | None = field(default=None, init=False, repr=False)
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

    def set_inputs(self, function: Callable | None = None, *, also_right: Sequence[Callable] = ()):
        """Take a generator of inputs on which an answer must return what the solution does.

        Parameters
        ----------
        function : callable
            ``function(rng)`` yields pairs: what the input is, in words, and its arguments.
        also_right : sequence of callables
            Other conventions that are as right as the solution's. An answer follows one of them,
            the same on all inputs.
        """
        if function is None:
            return functools.partial(self.set_inputs, also_right=also_right)
        self._inputs, self._also_right = function, also_right
        return function

    def examine(self, answer: object, seconds: float | None = None) -> Verdict:
        """Judge `answer` without printing.

        An answer that raises, exits or never returns is caught: the kernel lives on.

        Parameters
        ----------
        answer : callable
            The learner's function.
        seconds : float, optional
            Processor seconds that the answer may take, where those of the exercise are not meant.

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
        if self.prepare:
            self.prepare()
        try:
            call_within(self.seconds if seconds is None else seconds, self._judge, answer)
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

    def _judge(self, answer: Callable) -> None:
        changed = []
        answer = watched(answer, list(inspect.signature(self._solution).parameters), changed)
        self._check(answer)
        if self._inputs is not None:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                compare(answer, (self._solution, *self._also_right), self._inputs)
        if changed and not self.in_place:
            raise Misconception(
                f"Your function changes the `{changed[0]}` that it was given, and whoever calls "
                "it may need that again. Work on a copy."
            )

    def check(self, answer: object) -> None:
        """Judge `answer`, print what was found, and note a success for `progress`."""
        verdict = self.examine(answer)
        say(textwrap.fill(str(verdict), 96, subsequent_indent="  ", replace_whitespace=False))
        if verdict.passed:
            self._passed = answer
            note_progress(self.lesson, self.name)

    def or_ours(self, answer: object) -> Callable:
        """Return the learner's function where it passes the check, ours where not; say which.

        What the learner's function returns is made NumPy arrays, so that the lesson goes on with
        lists, tensors and tables as well.

        Parameters
        ----------
        answer : callable
            The learner's function, the stub, or what this method returned for it before.

        Returns
        -------
        callable
        """
        answer = getattr(answer, "the_learner_s", answer)
        if not (answer is self._passed or self.examine(answer).passed):
            say(f"The lesson goes on with our {self.name}, until yours passes its check.")
            return _for_the_lesson(self._solution, answer)
        say(f"The lesson goes on with your {self.name}.")
        return _for_the_lesson(answer, answer)

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


def _for_the_lesson(function: Callable, answer: object) -> Callable:
    """Return `function`, returning NumPy arrays; it remembers what the learner handed over."""

    @functools.wraps(function)
    def lesson_version(*arguments: object, **named: object) -> object:
        return plain(function(*arguments, **named))

    lesson_version.the_learner_s = answer
    return lesson_version


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
    place += "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    return f"your function raised {type(error).__name__}{place}: {error}"
