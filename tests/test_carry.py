"""What a learner wrote is told from the lesson's own text, and comes into its next version."""

import json
import random
import warnings

from course_utils.course import carry, lessons

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lesson_versions import (
    STUB,
    answer,
    cell,
    copy_of,
    edited_by_course,
    edited_by_learner,
    lesson,
)  # fmt: skip


def ids(notebook):
    return [each.id for each in notebook.cells]


def text(notebook, name):
    return next(each.source for each in notebook.cells if each.id == name)


def carried(old, new, **options):
    return carry.carry(old, copy_of(new), **options)


# What is the learner's


@pytest.mark.parametrize(
    ("source", "answered"),
    [
        (STUB, False),
        (STUB.replace("...", "return 1"), True),
        (STUB.replace("...", "return x[..., 0]"), True),
        (STUB.replace("...", "x = 1\n    ..."), True),
        (STUB.replace("...", "return ("), True),
        (STUB.replace('"""Return x."""\n    ', ""), False),
        ("double = lambda x: 2 * x\nex.double.check(double)", True),
        ("class double:\n    ...\nex.double.check(double)", False),
        (STUB.replace("def", "def helper(): return 1\n\n\ndef"), True),
    ],
)
def test_a_stub_is_told_from_an_answer(source, answered):
    assert carry.is_answered(cell("double", source)) is answered


@pytest.mark.parametrize(
    ("name", "made_up"),
    [
        ("0f3c2a1b", True),
        ("6c1f7c84-6a0e-4a4e-9d2c-0d7f5f3b1a2e", True),
        ("#VSC-1234", True),
        ("aB3dE_fGh-1k", True),
        ("exercise-3", False),
        ("decade", False),
        ("facade-of-1", False),
        ("", False),
    ],
)
def test_ids_that_programs_make_up_are_told_from_a_lessons(name, made_up):
    assert carry.is_made_up(name) is made_up


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_nothing_in_a_published_lesson_counts_as_the_learners(name):
    stored = carry.read(lessons.path_of(name))
    assert carry.written_into(stored) == ""
    assert len(carry.note_of(carry.fresh(stored, name))[1]) == len(stored.cells)


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_a_copy_has_no_outputs_and_is_a_valid_notebook(name):
    copy = carry.fresh(carry.read(lessons.path_of(name)), name)
    nbformat.validate(copy)
    assert carry.is_untouched(copy)
    assert carry.note_of(copy)[0] == name
    for each in copy.cells:
        assert not each.get("outputs")
        assert each.get("execution_count") is None


def test_a_digest_does_not_see_how_lines_end():
    texts = ["a = 1\nb = 2", "a = 1\r\nb = 2\r\n", "a = 1  \nb = 2\n\n", "\na = 1\nb = 2"]
    assert len({carry.digest(cell("x", each)) for each in texts}) == 1
    assert carry.digest(cell("x", "a = 1\n b = 2")) != carry.digest(cell("x", texts[0]))
    assert carry.digest(cell("x", "a", kind="markdown")) != carry.digest(cell("x", "a"))


def test_running_a_copy_or_writing_in_it_touches_it():
    for change in ("outputs", "count", "text", "order"):
        copy = copy_of(lesson())
        assert carry.is_untouched(copy)
        code = copy.cells[2]
        if change == "outputs":
            code.outputs = [nbformat.v4.new_output("stream", text="1")]
        elif change == "count":
            code.execution_count = 1
        elif change == "text":
            code.source += "\n2"
        else:
            copy.cells.reverse()
        assert not carry.is_untouched(copy), change


# Where it comes


def test_an_answer_comes_into_its_exercise_and_the_rest_is_new():
    mine = copy_of(lesson())
    answer(mine, "double", "return 2 * x")
    new = lesson()
    new.cells[0].source = "# The lesson, in better words"
    result = carried(mine, new)
    assert result.answers == ["double"]
    assert (result.own, result.changed, result.left, result.renewed) == (0, [], [], [])
    assert "return 2 * x" in text(result.notebook, "double-stub")
    assert text(result.notebook, "title") == "# The lesson, in better words"
    assert text(result.notebook, "halve-stub") == text(new, "halve-stub")


def test_an_answer_stands_though_its_stub_has_changed_which_is_said():
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    new.cells[3].source = new.cells[3].source.replace("Return x.", "Return 2x.")
    result = carried(mine, new)
    assert result.answers == result.renewed == ["double"]
    assert "Return x." in text(result.notebook, "double-stub")


@pytest.mark.parametrize("noted", [True, False])
def test_an_answer_gets_the_checks_that_its_exercise_has_now(noted):
    old, new = lesson(), lesson()
    first, *_ = old.cells[3].source.split("\ndouble = ")
    old.cells[3].source = first
    mine = copy_of(old)
    answer(mine, "double", "return 2 * x")
    if not noted:
        del mine.metadata["course"]
    result = carried(mine, new)
    assert text(result.notebook, "double-stub") == STUB.replace("...", "return 2 * x")
    assert carry.carry(mine, result.notebook).left == []
    mine.cells[3].source += "\nex.double.hint()"  # words of the learner's stay
    assert text(carried(mine, new).notebook, "double-stub") == mine.cells[3].source


def test_a_stub_with_older_checks_is_no_answer():
    old, new = lesson(), lesson()
    old.cells[3].source = old.cells[3].source.split("\ndouble = ")[0]
    assert carried(copy_of(old), new).count == carried(old, new).count == 0


def test_an_answer_finds_its_exercise_under_another_id():
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    new.cells[3].id = "double-again"
    result = carried(mine, new)
    assert "return 2 * x" in text(result.notebook, "double-again")
    assert ids(result.notebook) == ids(new)


@pytest.mark.parametrize("replaced", [True, False])
def test_an_answer_whose_exercise_is_gone_is_named(replaced):
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    if replaced:
        new.cells[3].source = new.cells[3].source.replace("double", "treble")
    else:
        del new.cells[3]
    result = carried(mine, new)
    assert result.count == 0
    reason = "another exercise stands there now" if replaced else "no longer in the lesson"
    assert result.left == [f"the answer to double ({reason})"]
    assert "return 2 * x" not in json.dumps(result.notebook)


def test_own_cells_stay_behind_what_they_stood_behind_in_their_order():
    mine, new = copy_of(lesson()), lesson()
    own = [cell(f"0000000{n}", f"mine {n}", kind="markdown") for n in range(4)]
    mine.cells = [own[0], *mine.cells[:3], own[1], own[2], *mine.cells[3:], own[3]]
    new.cells[1], new.cells[2] = new.cells[2], new.cells[1]
    result = carried(mine, new)
    names = [
        "00000000", "title", "show", "00000001", "00000002", "prose", "double-stub",
        "halve-task", "halve-stub", "end", "00000003",
    ]  # fmt: skip
    assert ids(result.notebook) == names
    assert result.own == 4


def test_an_own_cell_behind_a_cell_that_is_gone_moves_up():
    mine, new = copy_of(lesson()), lesson()
    mine.cells.insert(3, cell("00000001", "mine"))
    del new.cells[2]
    assert ids(carried(mine, new).notebook)[:3] == ["title", "prose", "00000001"]


def test_an_own_cell_comes_with_its_metadata_and_pictures_without_its_outputs():
    mine, new = copy_of(lesson()), lesson()
    note = cell("00000001", "![a](attachment:a.png)", kind="markdown")
    note.attachments = {"a.png": {"image/png": "AAAA"}}
    code = cell("00000002", "1 + 1")
    code.metadata.tags = ["mine"]
    code.outputs = [nbformat.v4.new_output("stream", text="2")]
    mine.cells += [note, code]
    *_, note, code = carried(mine, new).notebook.cells
    assert note.attachments == {"a.png": {"image/png": "AAAA"}}
    assert (code.metadata.tags, code.outputs, code.execution_count) == (["mine"], [], None)


def test_what_the_learner_changed_stands_where_the_lesson_left_it_as_it_was():
    mine, new = copy_of(lesson()), lesson()
    mine.cells[2].source = "print(2)"
    new.cells[0].source = "# New"
    result = carried(mine, new)
    assert result.changed == ["show"]
    assert text(result.notebook, "show") == "print(2)"


def test_what_both_changed_is_the_lessons_and_is_named():
    mine, new = copy_of(lesson()), lesson()
    mine.cells[2].source, new.cells[2].source = "print(2)", "print(3)"
    result = carried(mine, new)
    assert text(result.notebook, "show") == "print(3)"
    assert result.left == ["your text of the cell show (the lesson has changed it too)"]


def test_both_made_the_same_change():
    mine, new = copy_of(lesson()), lesson()
    mine.cells[2].source = new.cells[2].source = "print(3)"
    result = carried(mine, new)
    assert (result.count, result.left) == (0, [])


# Cells that were cut, doubled, merged, or lost their ids


def test_a_deleted_cell_is_back_in_the_new_version():
    mine, new = copy_of(lesson()), lesson()
    del mine.cells[1:4]
    new.cells[0].source = "# New"
    assert ids(carried(mine, new).notebook) == ids(new)


def test_the_halves_of_a_cell_that_was_split():
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    function, check = mine.cells[3].source.split("\n\n\n")
    mine.cells[3].source = check
    mine.cells.insert(3, cell("00000001", function))
    result = carried(mine, new)
    # the check keeps the id, and the function is an own cell above it: it runs as it did
    assert ids(result.notebook)[2:5] == ["show", "00000001", "double-stub"]
    assert text(result.notebook, "double-stub") == check
    mine.cells[3].id, mine.cells[4].id = mine.cells[4].id, mine.cells[3].id
    result = carried(mine, new)
    assert ids(result.notebook)[3:5] == ["double-stub", "00000001"]
    assert text(result.notebook, "double-stub") == function


def test_cells_that_were_merged():
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    mine.cells[2].source += "\n" + mine.cells[3].source
    del mine.cells[3]
    result = carried(mine, new)
    assert "return 2 * x" in text(result.notebook, "show")
    assert text(result.notebook, "double-stub") == text(new, "double-stub")


def test_of_two_cells_with_one_id_both_are_kept():
    mine, new = copy_of(lesson()), lesson()
    second = nbformat.from_dict(mine.cells[3])
    second.source = second.source.replace("...", "return 2 * x")
    mine.cells.insert(4, second)
    result = carried(mine, new)
    nbformat.validate(result.notebook)
    assert len(set(ids(result.notebook))) == len(new.cells) + 1
    assert "return 2 * x" in result.notebook.cells[4].source


def test_a_copy_that_lost_its_ids_is_told_by_text_and_exercises():
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    mine.cells.insert(2, cell("00000001", "mine"))
    for each in mine.cells:
        del each["id"]
    new.cells[0].source = "# New"
    result = carried(mine, new)
    assert (result.answers, result.own, result.left) == (["double"], 1, [])
    assert "return 2 * x" in text(result.notebook, "double-stub")
    assert [each.source for each in result.notebook.cells][2] == "mine"


def test_ids_that_colab_keeps_elsewhere_are_found():
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    mine.cells[2].source = "print(2)"
    for each in mine.cells:
        each.metadata["id"] = each.pop("id")
    result = carried(mine, new)
    assert (result.answers, result.changed, result.own) == (["double"], ["show"], 0)


# Without a note: an older download, whose stored notebooks were worked in


def test_without_a_note_answers_and_added_cells_are_carried():
    old, new = lesson(), lesson()
    answer(old, "double", "return 2 * x")
    old.cells[0].source = "# An older title"
    old.cells.insert(1, cell("00000001", "mine"))
    old.cells.insert(1, cell("left-out-since", "an older cell of the lesson"))
    result = carried(old, new)
    assert (result.answers, result.own) == (["double"], 1)
    assert result.unclear == 2
    assert ids(result.notebook)[:2] == ["title", "00000001"]
    assert text(result.notebook, "title") == text(new, "title")


@pytest.mark.parametrize("noted", [True, False])
def test_a_second_try_at_an_exercise_is_an_own_cell(noted):
    old, new = copy_of(lesson()), lesson()
    answer(old, "double", "return 2 * x")
    old.cells.insert(4, cell("00000001", STUB.replace("...", "return x + x")))
    if not noted:
        del old.metadata["course"]
    result = carried(old, new)
    assert (result.answers, result.own, result.left) == (["double"], 1, [])
    assert "return x + x" in result.notebook.cells[4].source


def test_without_a_note_an_answer_whose_exercise_is_gone_is_named():
    old, new = lesson(), lesson()
    answer(old, "double", "return 2 * x")
    del new.cells[3], new.cells[4]
    result = carried(old, new)
    assert result.left == ["the answer to double (no longer in the lesson)"]
    assert (result.count, result.unclear) == (0, 0)


def test_without_a_note_an_older_stub_is_no_answer():
    old, new = lesson(), lesson()
    old.cells[3].source = old.cells[3].source.replace("Return x.", "An older docstring.")
    result = carried(old, new)
    assert (result.count, result.left, result.unclear) == (0, [], 0)


def test_without_note_and_ids_answers_are_carried():
    old, new = lesson(), lesson()
    answer(old, "double", "return 2 * x")
    for each in old.cells:
        del each["id"]
    result = carried(old, new)
    assert (result.answers, result.own, result.unclear) == (["double"], 0, 0)


@pytest.mark.parametrize("note", [None, 1, "x", {}, {"lesson": "a"}, {"lesson": 1, "cells": 3}])
def test_a_damaged_note_is_none(note):
    mine, new = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    mine.metadata["course"] = note
    assert carry.note_of(mine)[1] == {}
    assert not carry.is_untouched(mine)
    assert carried(mine, new).answers == ["double"]


# Into a copy in which something stands already


def test_nothing_replaces_what_stands_in_the_copy():
    old, into = copy_of(lesson()), copy_of(lesson())
    answer(old, "double", "return 2 * x")
    answer(old, "halve", "return x / 2")
    answer(into, "double", "return x + x")
    old.cells[2].source, into.cells[2].source = "print(2)", "print(3)"
    result = carry.carry(old, into)
    assert result.answers == ["halve"]
    assert result.left == [
        "your text of the cell show (your copy has another)",
        "the answer to double (your copy has another)",
    ]
    assert "return x + x" in text(into, "double-stub")
    assert text(into, "show") == "print(3)"


def test_an_own_cell_that_was_carried_and_then_edited_is_not_carried_again():
    old, into = copy_of(lesson()), copy_of(lesson())
    old.cells.append(cell("00000001", "mine"))
    assert carry.carry(old, into).own == 1
    into.cells[-1].source = "mine, and better"
    result = carry.carry(old, into)
    assert result.count == 0
    assert result.left == ["a cell of your own (your copy has it in other words)"]


def test_an_answer_in_the_stored_notebook_survives_its_restoring():
    stored, restored = lesson(), lesson()
    answer(stored, "double", "return 2 * x")
    stored.cells.append(cell("00000001", "mine"))
    assert carry.written_into(stored) == "double, 1 cell of your own"
    mine = copy_of(stored)
    assert "return 2 * x" in text(mine, "double-stub")
    result = carried(mine, restored, old_wins=True)
    assert (result.answers, result.own, result.left) == (["double"], 1, [])


def test_the_copy_goes_before_the_stored_notebook():
    mine, stored = copy_of(lesson()), lesson()
    answer(mine, "double", "return 2 * x")
    answer(stored, "double", "return x + x")
    answer(stored, "halve", "return x / 2")
    mine.cells.append(cell("00000001", "mine, and better"))
    stored.cells.append(cell("00000001", "mine"))
    result = carried(mine, stored, old_wins=True)
    assert "return 2 * x" in text(result.notebook, "double-stub")
    assert "return x / 2" in text(result.notebook, "halve-stub")
    assert text(result.notebook, "00000001") == "mine, and better"


# Files


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"nbformat": 4}', b"\xff\xfe{", b'{"cells": 3, "nbformat": 4}'],
)
def test_what_is_no_notebook_is_refused_in_a_line(tmp_path, content):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(carry.NotReadable, match=r"a\.ipynb is no whole notebook") as refused:
        carry.read(path)
    assert "\n" not in str(refused.value)


def test_a_truncated_notebook_is_refused(tmp_path):
    path = tmp_path / "a.ipynb"
    whole = nbformat.writes(copy_of(lesson())).encode()
    for length in range(1, len(whole) - 1, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(carry.NotReadable):
            carry.read(path)


def test_windows_ends_of_lines_a_byte_order_mark_and_older_formats_are_read(tmp_path):
    path = tmp_path / "a.ipynb"
    copy = copy_of(lesson())
    windows = b"\xef\xbb\xbf" + nbformat.writes(copy).replace("\n", "\r\n").encode()
    path.write_bytes(windows)
    assert carry.read(path) == copy
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = nbformat.convert(nbformat.from_dict(lesson()), 3)
    path.write_text(json.dumps(old), encoding="utf-8")
    sources = [each.source for each in carry.read(path).cells]
    assert sources == [each.source for each in lesson().cells]


# Whatever a learner and a course do


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32))
def test_every_word_is_carried_or_named(seed):
    rng = random.Random(seed)
    mine, written = edited_by_learner(copy_of(lesson(cells=12)), rng)
    new = edited_by_course(lesson(cells=12), rng)
    before = json.dumps(mine)
    result = carried(mine, new, old_wins=True)
    assert json.dumps(mine) == before
    nbformat.validate(result.notebook)
    names = ids(result.notebook)
    assert len(set(names)) == len(names)
    assert [name for name in names if name in ids(new)] == ids(new)  # whole and in its order
    there = [each.source for each in result.notebook.cells]
    words = [each.split("\n\n\nex.")[0] for each in written if each.strip()]
    lost = [each for each in words if not any(each in other for other in there)]
    assert len(lost) <= len(result.left)
    again = carry.carry(mine, nbformat.from_dict(result.notebook))
    assert again.count == 0
