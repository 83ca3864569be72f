"""The exercises' engine, on small exercises made here."""

import json

from course_utils.exercises import progress
from course_utils.exercises.engine import (
    Exercise,
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np
import pytest

double = Exercise("Return x doubled.", hints=("Add x to itself.", "2 * x"), praise="Doubled.")


@double.set_solution
def double_solution(x):
    """Return x doubled."""
    return 2 * x


@double.set_check
def double_check(answer):
    got = as_array(answer(np.ones(3)), shape=(3,))
    require(not np.allclose(got, 1), "That is x itself.")
    require(np.allclose(got, 2), "That is not twice x.")


def double_identity(x):
    return x


def stub(x):
    """Return x doubled,

    shape as x.
    """
    ...


def stub_with_pass(x):
    pass


def blank(x):
    return ... * x


def endless(x):
    while True:
        pass


def exiting(x):
    raise SystemExit(1)


def dividing(x):
    nothing = 0
    return 1 / nothing


def recursing(x):
    return recursing(x)


@pytest.mark.parametrize("answer", [stub, stub_with_pass, blank, ..., None])
def test_an_unsolved_stub_is_not_started(answer):
    verdict = double.examine(answer)
    assert verdict.status == "not started"
    assert str(verdict).startswith("○")


def test_a_right_answer_passes_whatever_its_code():
    assert double.examine(double_solution).passed
    assert double.examine(lambda x: x + x).passed


def test_a_wrong_answer_is_told_its_misconception():
    verdict = double.examine(double_identity)
    assert (verdict.status, verdict.message) == ("refused", "double: That is x itself.")


def test_an_answer_that_never_returns_is_told_so():
    verdict = double.examine(endless, seconds=0.2)
    assert verdict.status == "broken"
    assert verdict.message == (
        "double: your function did not return within 0.2 seconds. Does a loop never end?"
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (exiting, "SystemExit"),
        (dividing, "ZeroDivisionError in its line 3, `return 1 / nothing`"),
        (recursing, "RecursionError"),
        (lambda x, y: x, "TypeError"),
    ],
)
def test_an_answer_that_raises_is_described_and_the_caller_lives_on(answer, words):
    verdict = double.examine(answer)
    assert verdict.status == "broken"
    assert words in verdict.message


def test_ctrl_c_is_the_learners_own():
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        double.examine(interrupted)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (lambda x: print(end=""), "return"),
        (lambda x: "two", "should be numbers"),
        (lambda x: np.ones((3, 1)), "shape (3, 1)"),
        (lambda x: [1.0, np.nan, 1.0], "NaN"),
        (3, "hand over the function"),
    ],
)
def test_strange_results_are_named(value, words):
    assert words in double.examine(value).message


def test_a_transposed_matrix_is_recognised():
    with pytest.raises(Misconception, match="transposed"):
        as_array(np.ones((2, 5)), shape=(5, 2))


@pytest.mark.parametrize(
    ("other", "same"),
    [([1.0, 2.0], True), ([1.0, 2.0001], True), ([1.0, 2.001], False), ([[1.0, 2.0]], False)],
)
def test_numbers_are_the_same_to_a_share_of_the_largest(other, same):
    assert same_numbers([1.0, 2.0], other) is same


def test_several_results_are_taken_apart_or_asked_for():
    assert take_apart([1, 2], ("a", "b")) == (1, 2)
    with pytest.raises(Misconception, match="`return a, b` missing"):
        take_apart(None, ("a", "b"))
    for wrong in (3, (1,), (1, 2, 3), np.ones(2)):
        with pytest.raises(Misconception, match="2 results are expected"):
            take_apart(wrong, ("a", "b"))


def test_a_known_mistake_is_named():
    name_the_mistake(np.ones(2), [(np.zeros(2), "zeros")])
    with pytest.raises(Misconception, match="ones"):
        name_the_mistake(np.ones(2), [(np.zeros(2), "zeros"), ([1, 1], "ones")])


def test_check_prints_and_notes_only_success(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "deep" / "progress.json"))
    double.check(double_identity)
    assert not (tmp_path / "deep").exists()
    double.check(double_solution)
    noted = json.loads((tmp_path / "deep" / "progress.json").read_text())
    assert list(noted[__name__.rsplit(".", 1)[-1]]) == ["double"]
    printed = capsys.readouterr().out
    assert "✗ double: That is x itself." in printed
    assert "✓ double: Doubled." in printed


def test_a_disk_that_cannot_be_written_never_fails_a_check(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    double.check(double_solution)
    assert progress.read_progress() == {}


@pytest.mark.parametrize("content", ["not json", "[1, 2]"])
def test_an_unreadable_progress_file_counts_as_empty(tmp_path, monkeypatch, content):
    (tmp_path / "progress.json").write_text(content)
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    assert progress.read_progress() == {}


@pytest.mark.parametrize("platform", ["win32", "darwin", "linux"])
def test_progress_has_a_place_on_every_system(monkeypatch, platform):
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    monkeypatch.setattr(progress.sys, "platform", platform)
    assert progress.progress_file().parts[-2:] == ("deep-anomaly-course", "progress.json")


def test_hints_come_one_by_one_and_the_last_repeats(capsys):
    hinted = Exercise("Task.", hints=("first", "second"))
    for _ in range(3):
        hinted.hint()
    assert capsys.readouterr().out.splitlines() == [
        "Hint 1 of 2: first",
        "Hint 2 of 2: second",
        "Hint 2 of 2: second",
    ]
    Exercise("Task.").hint()
    assert "no hint" in capsys.readouterr().out


def test_the_solution_is_shown_under_the_exercise_s_name(capsys):
    double.solution()
    assert capsys.readouterr().out.startswith('def double(x):\n    """Return x doubled."""')
