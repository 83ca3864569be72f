"""Every exercise of every lesson: the stub is polite, right answers pass, mistakes are named."""

import functools
import inspect
import re
import time

from course_utils.course import lessons
from course_utils.exercises import engine

import pytest
from answers import answers_to

EXERCISES = [
    pytest.param(lesson, exercise, id=f"{lesson[:2]}-{exercise.name}")
    for lesson in lessons.LESSONS
    for exercise in engine.exercises_of(lessons.exercise_module(lesson)).values()
]


@functools.cache
def cells_of(lesson):
    """Return the notebook cells in which exercises are solved, by the exercises' names."""
    notebook = lessons.read(lessons.path_of(lesson))
    return {name: cell for cell, name in lessons.exercise_cells(notebook)}


def refuse(exercise, words, answer):
    """Return the verdict on a wrong answer, after seeing that it has the words."""
    verdict = exercise.examine(answer)
    described = f"{getattr(answer, '__name__', answer)}, {words!r}: {verdict}"
    assert verdict.status in ("refused", "broken"), described
    assert words in verdict.message, described
    return verdict


def processor_seconds(exercise, answer):
    """Return how long the check of a right answer takes this thread."""
    begun = time.thread_time()
    assert exercise.examine(answer).passed
    return time.thread_time() - begun


def test_part_one_has_at_least_24_exercises_and_each_lesson_three():
    """A lesson without practice teaches little."""
    counts = [
        len(engine.exercises_of(lessons.exercise_module(lesson))) for lesson in lessons.LESSONS
    ]
    assert min(counts) >= 3
    assert sum(counts) >= 24


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES)
def test_an_exercise_has_a_polite_stub_hints_and_a_solution_of_its_form(lesson, exercise):
    cell = cells_of(lesson)[exercise.name]
    stub = cell.source[: cell.source.index(f"ex.{exercise.name}.check(")]
    names = {}
    exec(compile("import numpy as np\n" + stub, cell.id, "exec"), names)
    verdict = exercise.examine(names[exercise.name])
    assert verdict.status == "not started"
    assert exercise.name in verdict.message
    assert exercise.hints
    assert re.match(rf"(def|class) {exercise.name}\b", exercise.solution_source)
    signature = str(inspect.signature(exercise._solution))
    assert f"def {exercise.name}{signature}" in cell.source.replace('"', "'")


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES)
def test_an_answer_s_time_is_not_spent_on_what_the_check_needs(lesson, exercise):
    """Else the first answer to be checked runs out of time on a slow machine, right or wrong."""
    processor_seconds(exercise, exercise._solution)  # modules are loaded, which counts for nobody
    for each in vars(inspect.getmodule(exercise._check)).values():
        if hasattr(each, "cache_clear"):
            each.cache_clear()
    if exercise.prepare:
        exercise.prepare()
    first, second = (processor_seconds(exercise, exercise._solution) for _ in range(2))
    assert first - second < exercise.seconds / 8, "what the check makes once belongs in `prepare`"


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES)
def test_right_answers_pass_and_wrong_ones_are_told_why_each_time(lesson, exercise):
    """A check that learners repeat must not depend on what was checked before."""
    right, wrong = answers_to(exercise)
    assert len(right) >= 3, "right answers in other styles"
    assert all(len(words) >= 5 for words, _ in wrong)
    first = [refuse(exercise, *each) for each in wrong]
    assert len({verdict.message for verdict in first}) >= 3
    for answer in (exercise._solution, *right):
        verdict = exercise.examine(answer)
        assert verdict.passed, f"{getattr(answer, '__name__', answer)}: {verdict}"
    assert [refuse(exercise, *each) for each in wrong] == first
