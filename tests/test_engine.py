"""The exercises' engine, on small exercises made here."""

import json
import re
from fractions import Fraction

from course_utils.exercises import comparison, inputs, progress
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
    unlike,
)

import numpy as np
import pandas as pd
import pytest
import torch

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
        (lambda x: "two", "Numbers are expected for the result; you return str"),
        (lambda x: ["1", "2", "3"], "Numbers are expected"),
        (lambda x: np.ones((3, 1)), "the shape (3, 1); (3,) is expected"),
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


# ------------------------------------------------------------------ compared with the solution

shares = Exercise("Return x as shares of its sum, and the sum of |x|.", praise="Shared.")


@shares.set_solution
def shares_solution(x, power):
    """Return two results."""
    return x**power / np.sum(x**power), np.abs(x).sum()


@shares.set_check
def shares_check(answer):
    take_apart(answer(np.ones(2), 1), ("shares", "size"))


@shares.set_inputs(also_right=[lambda x, power: (shares_solution(x, power)[0], -np.abs(x).sum())])
def shares_inputs(rng):
    for what, x in inputs.vectors(rng):
        yield what, (np.abs(x) + 1, 2)
        yield f"{what}, power 3", (np.abs(x) + 1, 3)


def shares_in_lists(x, power):
    powers = [each**power for each in x.tolist()]
    return [each / sum(powers) for each in powers], sum(map(abs, x.tolist()))


def shares_in_torch(x, power):
    x = torch.tensor(x, requires_grad=True)
    powers = x**power
    return powers / powers.sum(), x.abs().sum()


def shares_in_pandas(x, power):
    powers = pd.Series(x, dtype="float32").pow(power)
    return powers / powers.sum(), np.float32(pd.Series(x).abs().sum())


@pytest.mark.parametrize("answer", [shares_in_lists, shares_in_torch, shares_in_pandas])
def test_answers_in_other_styles_are_the_same_numbers(answer):
    verdict = shares.examine(answer)
    assert verdict.passed, verdict


def test_another_convention_passes_where_it_is_kept_to():
    other = shares._also_right[0]
    assert shares.examine(other).passed
    calls = []

    def now_this_now_that(x, power):
        calls.append(1)
        return (shares_solution, other)[len(calls) % 2](x, power)

    assert "in result 2 of 2" in shares.examine(now_this_now_that).message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, power: shares_solution(x, 2), "With random numbers, power 3 in result 1 of 2"),
        (lambda x, power: shares_solution(x, power)[::-1], "the shape ()"),
        (lambda x, power: (*shares_solution(x, power), 3), "2 results are expected"),
        (lambda x, power: shares_solution(x[: max(1, len(x) - 1)], power), "is expected"),
        (lambda x, power: (shares_solution(x, power)[0] * 1.001, np.abs(x).sum()), "at [0] you"),
    ],
)
def test_a_difference_is_told_by_its_input_its_place_and_both_numbers(answer, words):
    verdict = shares.examine(answer)
    assert verdict.status == "refused"
    assert words in verdict.message


def test_the_input_is_shown_where_it_can_be_tried_by_hand():
    message = shares.examine(lambda x, power: (x / x.sum(), np.abs(x).sum())).message
    assert re.search(r"you return 0\.\d+; 0\.\d+ is expected\. The input: x = \[", message)


def test_an_answer_that_changes_its_argument_is_told_which():
    def changing(x, power):
        result = shares_solution(x, power)
        x[0] = 7.5
        return result

    assert "changes the `x` that it was given" in shares.examine(changing).message

    def changing_on_the_first_call_only(x):
        result = 2 * x
        x += 1
        return result

    message = double.examine(changing_on_the_first_call_only).message
    assert "changes the `x` that it was given" in message


@pytest.mark.parametrize("kind", ["tensor", "tensors"])
def test_a_tensor_that_is_changed_is_seen(kind):
    changed = []

    def adding(x):
        (x[0] if isinstance(x, list) else x).add_(1)

    tensor = torch.tensor([0.5, float("nan")])
    answer = comparison.watched(adding, ["x"], changed)
    answer(tensor if kind == "tensor" else [tensor, torch.ones(2)])
    assert changed == ["x"]
    comparison.watched(lambda x: x + 1, ["x"], changed)(tensor.clone().requires_grad_())
    assert changed == ["x"]


def test_nan_text_and_a_nudge_that_is_taken_back_are_no_change():
    changed = []

    def nudging(x, words, arrays):
        x += 0.1
        x -= 0.1
        return len(words) + len(arrays)

    answer = comparison.watched(nudging, ["x", "words", "arrays"], changed)
    words, arrays = (
        np.array(["a", None, np.nan], dtype=object),
        [np.ones(2), np.array([1, np.nan])],
    )
    answer(np.array([0.3, np.nan]), words, arrays)
    assert changed == []
    comparison.watched(lambda *given: given[2][1].fill(0), ["x", "words", "arrays"], changed)(
        0, words, arrays
    )
    assert changed == ["arrays"]


def test_memory_and_chance_are_called_what_they_are():
    seen = []

    def remembering(x, power):
        seen.append(1)
        return shares_solution(x, power if len(seen) < 21 else 1)

    def by_chance(x, power):
        return shares_solution(x, power * np.random.default_rng().random())

    for answer in (remembering, by_chance):
        assert "depend on earlier calls" in shares.examine(answer).message


def test_nan_on_one_input_is_called_so_and_no_memory():
    def not_there(x, power):
        return shares_solution(x, power) if len(x) > 1 else (np.array([np.nan]), 1.0)

    message = shares.examine(not_there).message
    assert "With few numbers in result 1 of 2 for the result you return NaN" in message


def test_an_answer_that_raises_on_an_input_is_told_which():
    def raising(x, power):
        if len(set(x)) == 1 < len(x) - 1:
            raise ValueError("all alike")
        return shares_solution(x, power)

    message = shares.examine(raising).message
    assert (
        'raised ValueError in its line 3, `raise ValueError("all alike")` (with equal' in message
    )


@pytest.mark.parametrize("value", [Fraction(1, 2), np.float32(0.5), torch.tensor(0.5), [0.5][0]])
def test_a_number_of_any_kind_is_a_number(value):
    assert as_array(value, shape=()) == 0.5


def test_a_list_of_arrays_of_unlike_lengths_is_compared_part_by_part():
    parts = [np.ones(2), np.ones(3)]
    assert difference(parts, parts) == ""
    assert difference([np.ones(2), np.zeros(3)], parts).startswith("in result 2 of 2 at [0]")


def test_nan_is_right_where_the_solution_has_it_and_nowhere_else():
    wanted = np.array([np.nan, 1.0, 2.0])
    assert difference([float("nan"), 1, 2], wanted) == ""
    for got, words in (
        ([0.0, 1.0, 2.0], "at [0] you return 0; nan is expected"),
        ([np.nan, 1.0, np.nan], "at [2] you return nan; 2 is expected"),
        ([np.nan, np.inf, 2.0], "at [1] you return inf; 1 is expected"),
        ([np.nan, 1.0, 2.5], "at [2] you return 2.5; 2 is expected"),
    ):
        assert words in difference(got, wanted)
    assert "NaN or infinite" in difference(wanted, np.zeros(3))


def test_a_word_among_the_results_is_compared_too():
    assert difference(("b", 1.0), ("b", 1)) == ""
    assert difference(("a", 1.0), ("b", 1)) == "in result 1 of 2 you return 'a'; 'b' is expected."


def test_where_nothing_is_right_nothing_else_is():
    assert difference(None, None) == ""
    assert difference((3, 4), None) == "you return (3, 4); None is expected."
    assert difference(np.nan, None) == "you return nan; None is expected."
    assert "returned None" in difference(None, 3)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({0: 0.5, "1": 3}, "a dict with the keys 0, 1 is expected"),
        ([0.5, 3], "a dict with the keys 0, 1 is expected"),
        ({0: 0.5, 1: 4}, "for the key 1 you return 4; 3 is expected"),
        ({1: np.float32(3), 0: 0.5}, ""),
    ],
)
def test_a_dict_is_compared_by_its_keys(result, words):
    told = difference(result, {0: 0.5, 1: 3})
    assert words in told
    assert bool(told) == bool(words)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"a"}, "your set lacks 'b'."),
        ({"a", "b", "d", "c"}, "your set has 'c', 'd', which does not belong there."),
        (["a", "z"], "your set lacks 'b'; your set has 'z', which does not belong there."),
        ("ab", "a set is expected, and you return str."),
        (3, "a set is expected, and you return int."),
        (["b", "a", "a"], ""),
    ],
)
def test_a_set_is_compared_by_what_is_in_it(result, words):
    assert difference(result, {"a", "b"}) == words
    assert difference(result, frozenset("ab")) == words


def test_numbers_are_told_with_the_digits_that_differ():
    assert unlike(0.12345678, 0.12345679) == ("0.12345678", "0.12345679")
    assert unlike(1.0, 2.0) == ("1", "2")


# ------------------------------------------------------------------- what the lesson goes on with


def test_the_lesson_goes_on_with_the_learners_function_or_with_ours(capsys):
    ours = double.or_ours(stub)
    assert capsys.readouterr().out == (
        "The lesson goes on with our double, until yours passes its check.\n"
    )
    assert ours(np.ones(2)).tolist() == [2, 2]
    yours = double.or_ours(lambda x: [2 * each for each in x])
    assert capsys.readouterr().out == "The lesson goes on with your double.\n"
    assert isinstance(yours(np.ones(2)), np.ndarray)
    assert double.or_ours(double_identity)(np.ones(2)).tolist() == [2, 2]


def test_a_cell_that_is_run_again_knows_what_it_was_given(capsys):
    calls = []

    def counting(x):
        calls.append(1)
        return 2 * x

    double.check(counting)
    spent = len(calls)
    again = double.or_ours(double.or_ours(counting))
    assert len(calls) == spent  # what has passed is not examined once more
    assert again(1) == 2
    capsys.readouterr()
    double.or_ours(double.or_ours(stub))
    assert "with our double" in capsys.readouterr().out.splitlines()[1]


def test_the_lessons_version_takes_named_arguments_and_keeps_its_name(capsys):
    version = shares.or_ours(shares_in_torch)
    first, second = version(x=np.ones(4), power=2)
    assert first.tolist() == [0.25] * 4
    assert float(second) == 4
    assert version.__name__ == "shares_in_torch"
    assert "your shares" in capsys.readouterr().out
