"""Every exercise of every lesson: the stub is polite, the solution passes, mistakes are named."""

import inspect
import re

from course_utils.course import lessons
from course_utils.exercises import engine

import pytest

EXERCISES = [
    pytest.param(lesson, exercise, id=f"{lesson[:2]}-{exercise.name}")
    for lesson in lessons.LESSONS
    for exercise in engine.exercises_of(lessons.exercise_module(lesson)).values()
]
WRONG = [
    pytest.param(exercise, words, answer, id=f"{lesson[:2]}-{answer.__name__}")
    for lesson in lessons.LESSONS
    for exercise in engine.exercises_of(lessons.exercise_module(lesson)).values()
    for words, answer in exercise.wrong_answers
]


def test_part_one_has_at_least_24_exercises_and_each_lesson_three():
    """A lesson without practice teaches little."""
    counts = [
        len(engine.exercises_of(lessons.exercise_module(lesson))) for lesson in lessons.LESSONS
    ]
    assert min(counts) >= 3
    assert sum(counts) >= 24


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES)
def test_the_stored_stub_is_met_politely(lesson, exercise):
    notebook = lessons.read(lessons.path_of(lesson))
    cell = next(cell for cell, name in lessons.exercise_cells(notebook) if name == exercise.name)
    stub = cell.source[: cell.source.index(f"ex.{exercise.name}.check(")]
    names = {}
    exec(compile("import numpy as np\n" + stub, cell.id, "exec"), names)
    verdict = exercise.examine(names[exercise.name])
    assert verdict.status == "not started"
    assert exercise.name in verdict.message


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES)
def test_the_solution_passes_and_keeps_the_stub_s_signature(lesson, exercise):
    verdict = exercise.examine(exercise._solution)
    assert verdict.passed, verdict.message
    assert re.match(rf"(def|class) {exercise.name}\b", exercise.solution_source)
    notebook = lessons.read(lessons.path_of(lesson))
    cell = next(cell for cell, name in lessons.exercise_cells(notebook) if name == exercise.name)
    signature = str(inspect.signature(exercise._solution))
    assert f"def {exercise.name}{signature}" in cell.source.replace('"', "'")


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES)
def test_an_exercise_has_a_hint_and_three_wrong_answers_with_their_own_words(lesson, exercise):
    assert exercise.hints
    assert len(exercise.wrong_answers) >= 3
    messages = [exercise.examine(answer).message for _, answer in exercise.wrong_answers]
    assert len(set(messages)) >= 3, messages


@pytest.mark.parametrize(("exercise", "words", "answer"), WRONG)
def test_a_wrong_answer_is_refused_with_the_words_that_name_it(exercise, words, answer):
    verdict = exercise.examine(answer)
    assert verdict.status in ("refused", "broken"), verdict
    assert words in verdict.message
    assert len(words) >= 5


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES)
def test_the_same_answer_gets_the_same_verdict_twice(lesson, exercise):
    """A check that learners repeat must not depend on what was checked before."""
    for _, answer in exercise.wrong_answers:
        assert exercise.examine(answer) == exercise.examine(answer)
    assert exercise.examine(exercise._solution).passed
