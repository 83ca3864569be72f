"""The learner's copies: made, brought up to date, started over, and never lost."""

import json
import random
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

from course_utils import __main__ as command_line
from course_utils.course import carry, copies, lessons
from course_utils.exercises import engine

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lesson_versions import answer, cell, edited_by_course, edited_by_learner, lesson

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("03_before", "04_lesson")


class Course:
    """A course of two small lessons in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.stored = folder / "notebooks"
        self.copies = folder / "my_notebooks"
        self.stored.mkdir(parents=True)
        for name in NAMES:
            self.publish(lesson(), name)

    def enter(self, monkeypatch):
        monkeypatch.setattr(lessons, "ROOT", self.folder)
        monkeypatch.setattr(lessons, "NOTEBOOKS", self.stored)
        monkeypatch.setattr(lessons, "LESSONS", NAMES)
        monkeypatch.setattr(copies, "COPIES", self.copies)
        return self

    def publish(self, notebook, name="04_lesson"):
        nbformat.write(notebook, self.stored / f"{name}.ipynb")

    def mine(self, name="04_lesson"):
        return carry.read(self.copies / f"{name}.ipynb")

    def save(self, notebook, name="04_lesson"):
        nbformat.write(notebook, self.copies / f"{name}.ipynb")

    def answer(self, line="return 2 * x", exercise="double", name="04_lesson"):
        notebook = self.mine(name)
        answer(notebook, exercise, line)
        self.save(notebook, name)

    def change(self, name="04_lesson"):
        new = lesson()
        new.cells[0].source = "# The lesson, anew"
        self.publish(new, name)

    def earlier(self):
        return {path.name: path.read_bytes() for path in self.copies.glob("earlier/*")}


@pytest.fixture
def course(tmp_path, monkeypatch):
    return Course(tmp_path / "my course").enter(monkeypatch)


def everything(folder):
    """Return the bytes of every file in a folder."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def texts(notebook):
    return {each.source for each in notebook.cells}


def assert_idle(course):
    """Bringing up to date a second time changes no byte and says nothing."""
    before = everything(course.folder)
    assert copies.refresh() == []
    assert everything(course.folder) == before


# The first opening


def test_the_first_opening_makes_a_copy_of_each_lesson_and_no_more(course):
    before = everything(course.stored)
    assert copies.refresh() == ["Made your own copies in my_notebooks: all lessons."]
    assert sorted(path.name for path in course.copies.iterdir()) == [f"{n}.ipynb" for n in NAMES]
    assert everything(course.stored) == before
    assert_idle(course)
    for name in NAMES:
        assert carry.is_untouched(course.mine(name))


def test_a_copy_has_the_form_in_which_jupyter_saves(course):
    copies.refresh()
    path = course.copies / "04_lesson.ipynb"
    before = path.read_bytes()
    nbformat.write(nbformat.read(path, as_version=4), path)
    assert path.read_bytes() == before


def test_a_copy_that_was_deleted_is_made_again(course):
    copies.refresh()
    (course.copies / "04_lesson.ipynb").unlink()
    assert copies.refresh() == ["Made your own copies in my_notebooks: 04_lesson."]
    assert_idle(course)


def test_work_in_the_stored_notebooks_comes_along_and_stays_where_it_is(course):
    stored = lesson()
    answer(stored, "double", "return 2 * x")
    stored.cells.append(cell("00000001", "mine"))
    course.publish(stored)
    before = everything(course.stored)
    (line,) = copies.refresh()[1:]
    assert line.startswith("notebooks/04_lesson.ipynb holds work of yours (double, 1 cell of")
    assert "A new download of the course has the lesson as it was." in line
    assert everything(course.stored) == before
    assert "return 2 * x" in course.mine().cells[3].source
    assert course.mine().cells[-1].source == "mine"
    assert_idle(course)
    course.publish(lesson())  # the learner restores it
    copies.refresh()
    assert "return 2 * x" in course.mine().cells[3].source
    assert course.mine().cells[-1].source == "mine"
    assert_idle(course)


def test_in_a_clone_git_restores_a_stored_notebook(course):
    (course.folder / ".git").mkdir()
    stored = lesson()
    answer(stored, "double", "return 2 * x")
    course.publish(stored)
    assert "`git restore notebooks/04_lesson.ipynb`" in copies.refresh()[1]


def test_a_later_answer_in_the_stored_notebook_comes_into_a_copy_without_one(course):
    copies.refresh()
    stored = lesson()
    answer(stored, "double", "return 2 * x")
    course.publish(stored)
    copies.refresh()
    assert "return 2 * x" in course.mine().cells[3].source
    assert_idle(course)


# The lesson has changed


def test_a_copy_with_nothing_of_the_learners_is_replaced_and_named(course):
    copies.refresh()
    course.change()
    assert copies.refresh() == ["New versions, of copies with nothing of yours: 04_lesson."]
    assert course.mine().cells[0].source == "# The lesson, anew"
    assert course.earlier() == {}
    assert_idle(course)


def test_answers_are_carried_and_the_old_copy_is_kept_byte_for_byte(course):
    copies.refresh()
    course.answer()
    content = (course.copies / "04_lesson.ipynb").read_bytes()
    course.change()
    (line,) = copies.refresh()
    assert line == (
        "04_lesson: the lesson has changed. Carried: 1 answer (double). "
        "All of it is in my_notebooks/earlier/04_lesson_1.ipynb."
    )
    assert course.earlier() == {"04_lesson_1.ipynb": content}
    assert course.mine().cells[0].source == "# The lesson, anew"
    assert "return 2 * x" in course.mine().cells[3].source
    assert_idle(course)


def test_a_copy_that_was_only_run_is_kept_too(course):
    copies.refresh()
    run = course.mine()
    run.cells[2].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    course.save(run)
    course.change()
    (line,) = copies.refresh()
    assert "Carried: nothing." in line
    assert list(course.earlier()) == ["04_lesson_1.ipynb"]
    assert course.mine().cells[2].outputs == []


def test_what_could_not_be_carried_is_said_in_the_same_line(course):
    copies.refresh()
    course.answer()
    course.answer("return x / 2", "halve")
    mine = course.mine()
    mine.cells[2].source = "print(2)"
    course.save(mine)
    new = lesson()
    new.cells[2].source = "print(3)"
    new.cells[5].source = new.cells[5].source.replace("Return", "Give")
    del new.cells[3]
    course.publish(new)
    (line,) = copies.refresh()
    assert "Carried: 1 answer (halve). Changed since you answered: halve. Not carried: " in line
    assert "your text of the cell show (the lesson has changed it too); " in line
    assert "the answer to double (no longer in the lesson)." in line
    assert_idle(course)


def test_versions_in_between_may_be_missed(course):
    copies.refresh()
    course.answer()
    for number in range(3):
        new = lesson()
        new.cells.insert(1, cell(f"news-{number}", f"News {number}", "markdown"))
        course.publish(new)
    copies.refresh()
    assert course.mine().cells[1].source == "News 2"
    assert "return 2 * x" in course.mine().cells[4].source
    new.cells[0].source = "# Four"
    course.publish(new)
    copies.refresh()
    assert "return 2 * x" in course.mine().cells[4].source
    assert sorted(course.earlier()) == ["04_lesson_1.ipynb", "04_lesson_2.ipynb"]
    assert_idle(course)


def test_windows_ends_of_lines_are_no_change(course):
    copies.refresh()
    course.answer()
    for path in [*course.stored.glob("*.ipynb"), *course.copies.glob("*.ipynb")]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert_idle(course)


def test_outputs_and_metadata_of_the_stored_notebook_are_no_change(course):
    copies.refresh()
    stored = lesson()
    stored.cells[2].outputs = []
    stored.metadata.language_info = {"name": "python"}
    course.publish(stored)
    assert_idle(course)


def test_a_tab_left_open_that_overwrites_the_new_version_is_carried_again(course):
    copies.refresh()
    course.answer()
    tab = course.mine()
    course.change()
    copies.refresh()
    course.save(tab)  # JupyterLab asks first, and the learner chose "Overwrite"
    copies.refresh()
    assert course.mine().cells[0].source == "# The lesson, anew"
    assert "return 2 * x" in course.mine().cells[3].source
    assert_idle(course)


def test_a_copy_that_is_saved_in_between_is_left_for_the_next_call(course, monkeypatch):
    copies.refresh()
    course.answer()
    course.change()
    keep = copies._keep

    def saved_meanwhile(path, content):
        course.answer("return x / 2", "halve")
        return keep(path, content)

    monkeypatch.setattr(copies, "_keep", saved_meanwhile)
    assert copies.refresh() == [
        "04_lesson: left as it is. It was saved just now; repeat the command."
    ]
    assert "return x / 2" in course.mine().cells[5].source
    monkeypatch.setattr(copies, "_keep", keep)
    assert "2 answers (double, halve)" in copies.refresh()[0]


# Names


def test_files_that_the_learner_named_are_left_alone(course):
    copies.refresh()
    course.answer()
    (course.copies / "04_lesson.ipynb").rename(course.copies / "04_done.ipynb")
    shutil.copy(course.copies / "03_before.ipynb", course.copies / "03_before-Copy1.ipynb")
    (course.copies / "mine.ipynb").write_text("{")
    (course.copies / "data.csv").write_text("1,2")
    before = everything(course.copies)
    assert copies.refresh() == ["Made your own copies in my_notebooks: 04_lesson."]
    course.change()
    copies.refresh()
    assert everything(course.copies).items() >= before.items()
    assert_idle(course)


def test_a_renamed_copy_can_be_carried_by_its_name(course):
    copies.refresh()
    course.answer()
    (course.copies / "04_lesson.ipynb").rename(course.copies / "04_done.ipynb")
    copies.refresh()
    (line,) = copies.carry_from(course.copies / "04_done.ipynb")
    assert line.startswith("04_lesson: Carried: 1 answer (double).")
    assert "return 2 * x" in course.mine().cells[3].source


def test_a_lesson_of_another_name_is_found_by_its_cells(course, monkeypatch):
    copies.refresh()
    course.answer()
    content = (course.copies / "04_lesson.ipynb").read_bytes()
    monkeypatch.setattr(lessons, "LESSONS", ("03_before", "05_lesson_on_doubling", "06_new"))
    other = nbformat.v4.new_notebook(cells=[cell("title", "# New"), cell("new", "new")])
    course.publish(lesson(cells=2), "05_lesson_on_doubling")
    course.publish(other, "06_new")
    made, line = copies.refresh()
    assert made == "Made your own copies in my_notebooks: 06_new."
    assert line.startswith("05_lesson_on_doubling: the lesson has changed. Carried: 1 answer")
    assert "return 2 * x" in course.mine("05_lesson_on_doubling").cells[3].source
    assert not (course.copies / "04_lesson.ipynb").exists()
    assert course.earlier() == {"04_lesson_1.ipynb": content}
    assert_idle(course)


def test_a_copy_of_a_lesson_that_is_gone_stays(course, monkeypatch):
    copies.refresh()
    course.answer()
    monkeypatch.setattr(lessons, "LESSONS", ("03_before", "06_new"))
    other = nbformat.v4.new_notebook(cells=[cell("title", "# New"), cell("new", "new")])
    course.publish(other, "06_new")
    assert copies.refresh() == ["Made your own copies in my_notebooks: 06_new."]
    assert_idle(course)
    assert "return 2 * x" in course.mine().cells[3].source


# Damage


@pytest.mark.parametrize("content", [b"", b'{"cells": [', b"[]"])
def test_a_broken_copy_is_left_as_it_is_and_stops_no_other(course, content):
    copies.refresh()
    path = course.copies / "03_before.ipynb"
    path.write_bytes(content)
    course.change()
    replaced, line = copies.refresh()
    assert line.startswith("03_before: left as it is. 03_before.ipynb is no whole notebook")
    assert "restart 03_before" in line
    assert path.read_bytes() == content
    assert "04_lesson" in replaced


def test_a_broken_stored_notebook_is_named_with_its_cure(course):
    copies.refresh()
    course.answer(name="03_before")
    before = everything(course.copies)
    (course.stored / "03_before.ipynb").write_text("<<<<<<< HEAD\n{")
    (line,) = copies.refresh()
    assert line.startswith("03_before: left as it is. 03_before.ipynb is no whole notebook")
    assert line.endswith("A new download of the course has the lesson as it was.")
    (course.stored / "03_before.ipynb").unlink()
    assert "notebooks/03_before.ipynb is missing" in copies.refresh()[0]
    without_ids = lesson()
    for each in without_ids.cells:
        del each["id"]
    (course.stored / "03_before.ipynb").write_text(json.dumps(without_ids), encoding="utf-8")
    assert "has lost the ids of its cells" in copies.refresh()[0]
    assert everything(course.copies) == before


def test_a_folder_that_cannot_be_written_is_named(course, monkeypatch):
    course.copies.write_text("a file")
    with pytest.raises(copies.CopiesError, match=r"Nothing can be written in .*my_notebooks"):
        copies.refresh()
    course.copies.unlink()

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    for call in (copies.refresh, lambda: copies.restart("04")):
        with pytest.raises(copies.CopiesError, match=r"Permission denied.*folder of your own"):
            call()


def test_a_file_that_cannot_be_replaced_stays_and_stops_no_other(course, monkeypatch):
    copies.refresh()
    course.answer(name="03_before")
    course.change("03_before")
    course.change("04_lesson")
    replace = Path.replace

    def refuse(self, target):
        if target.name == "03_before.ipynb":
            raise PermissionError(13, "Permission denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    lines = "\n".join(copies.refresh())
    assert "03_before: left as it is." in lines
    assert "nothing of yours: 04_lesson" in lines
    assert "return 2 * x" in course.mine("03_before").cells[3].source
    monkeypatch.setattr(Path, "replace", replace)
    copies.refresh()
    assert list(course.earlier()) == ["03_before_1.ipynb"]  # the same bytes are kept once
    assert_idle(course)


def test_what_jupyter_could_not_open_is_never_written(course):
    copies.refresh()
    mine = course.mine()
    mine.cells.append(cell("00000001", "mine"))
    mine.cells[-1].metadata.tags = "no list"
    (course.copies / "04_lesson.ipynb").write_text(json.dumps(mine), encoding="utf-8")
    before = everything(course.copies)
    course.change()
    (line,) = copies.refresh()
    assert line.startswith("04_lesson: left as it is. What is in it makes no valid notebook")
    assert everything(course.copies).items() >= before.items()


# Starting over


def test_a_lesson_starts_over_and_its_copy_is_kept(course):
    copies.refresh()
    course.answer()
    content = (course.copies / "04_lesson.ipynb").read_bytes()
    first, second = copies.restart("04")
    assert first == (
        "04_lesson starts over. Your copy as it was: my_notebooks/earlier/04_lesson_1.ipynb."
    )
    assert "Reload Notebook from Disk" in second
    assert course.earlier() == {"04_lesson_1.ipynb": content}
    assert carry.is_untouched(course.mine())
    before = everything(course.folder)
    for named in ("04_lesson", "4", "my_notebooks/04_lesson.ipynb"):
        assert copies.restart(named) == ["04_lesson: your copy is as new."]
    assert everything(course.folder) == before
    copies.carry_from(course.copies / "earlier" / "04_lesson_1.ipynb")  # and back
    assert "return 2 * x" in course.mine().cells[3].source


def test_a_missing_and_a_broken_copy_start_over(course):
    assert copies.restart("04") == ["04_lesson starts over."]
    (course.copies / "04_lesson.ipynb").write_bytes(b"{")
    copies.restart("04")
    assert carry.is_untouched(course.mine())
    assert course.earlier() == {"04_lesson_1.ipynb": b"{"}


def test_starting_over_from_a_stored_notebook_with_answers_says_so(course):
    stored = lesson()
    answer(stored, "double", "return 2 * x")
    course.publish(stored)
    assert "holds work of yours (double)" in copies.restart("04")[-1]


# From an older download


@pytest.fixture
def older(course, tmp_path, monkeypatch):
    """An older course in another folder, in which the learner has worked."""
    old = Course(tmp_path / "an older course")
    with monkeypatch.context() as patch:
        old.enter(patch)
        copies.refresh()
    course.change()
    return old


def test_work_comes_over_from_the_copies_of_an_older_course(course, older):
    older.answer()
    before = everything(older.folder)
    (line,) = copies.carry_from(older.folder)[1:]
    assert line.startswith("04_lesson: Carried: 1 answer (double). All of it is in ")
    assert line.endswith("04_lesson.ipynb.")
    assert "return 2 * x" in course.mine().cells[3].source
    assert course.mine().cells[0].source == "# The lesson, anew"
    assert everything(older.folder) == before
    before = everything(course.folder)
    (line,) = copies.carry_from(str(older.folder) + '"')
    assert line.startswith("Your copies have all that was written in")
    assert everything(course.folder) == before


@pytest.mark.parametrize("part", ["", "notebooks", "notebooks/04_lesson.ipynb"])
def test_work_comes_over_from_stored_notebooks(course, older, part):
    shutil.rmtree(older.copies)
    old = lesson()
    answer(old, "double", "return 2 * x")
    old.cells.append(cell("00000001", "mine"))
    older.publish(old)
    (line,) = copies.carry_from(older.folder / part)[1:]
    assert "Carried: 1 answer (double); 1 cell of your own." in line
    assert "Not carried: 1 cell, yours or of an older version." in line
    assert course.mine().cells[-1].source == "mine"
    before = everything(course.folder)
    copies.carry_from(older.folder / part)
    assert everything(course.folder) == before


def test_what_stands_in_the_copy_stays_and_the_copy_is_kept(course, older):
    copies.refresh()
    course.answer("return x + x")
    content = (course.copies / "04_lesson.ipynb").read_bytes()
    older.answer()
    older.answer("return x / 2", "halve")
    (line,) = copies.carry_from(older.folder)
    assert "Carried: 1 answer (halve)." in line
    assert "Not carried: the answer to double (your copy has another)." in line
    assert line.endswith("Your copy as it was: my_notebooks/earlier/04_lesson_1.ipynb.")
    assert course.earlier() == {"04_lesson_1.ipynb": content}
    assert "return x + x" in course.mine().cells[3].source
    before = everything(course.folder)
    assert "Not carried" in copies.carry_from(older.folder)[0]
    assert everything(course.folder) == before


def test_older_text_without_answers_is_told_from_work(course, older):
    said = "No answers; some text differs, as an older one does: 04_lesson."
    assert len(copies.carry_from(older.folder)) == 2  # made, and nothing to carry
    older.publish(lesson(cells=2))  # the stored notebook has changed since its copy was made
    assert copies.carry_from(older.folder) == [said]
    shutil.rmtree(older.copies)
    assert copies.carry_from(older.folder) == [said]


def test_one_broken_or_foreign_notebook_stops_nothing(course, older):
    older.answer()
    (older.copies / "03_before.ipynb").write_bytes(b"{")
    nbformat.write(nbformat.v4.new_notebook(), older.copies / "scratch.ipynb")
    lines = copies.carry_from(older.copies)[1:]
    assert lines[0].startswith("03_before.ipynb: left alone. 03_before.ipynb is no whole notebook")
    assert lines[1].startswith("04_lesson: Carried: 1 answer")
    assert lines[2] == "scratch.ipynb: left alone. It belongs to no lesson."


def test_a_folder_without_notebooks_and_no_folder_are_refused(course, tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere", course.folder / "notebooks" / "x.ipynb"):
        with pytest.raises(copies.CopiesError, match="no notebook in"):
            copies.carry_from(folder)
    assert not course.copies.exists()


def test_the_course_carries_from_its_own_stored_notebooks(course):
    copies.refresh()
    stored = lesson()
    stored.cells.append(cell("00000001", "mine"))
    course.publish(stored)
    assert copies.refresh() == []
    (line,) = copies.carry_from(course.folder)
    assert "Carried: 1 cell of your own." in line


# The commands


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["copies"], "Made your own copies"),
        (["restart", "04"], "04_lesson starts over."),
        (["carry", "older"], "04_lesson: Carried: 1 answer (double)."),
    ],
)
def test_the_commands(course, older, monkeypatch, capsys, arguments, said):
    older.answer()
    arguments = [str(older.folder) if each == "older" else each for each in arguments]
    assert command_line.main(arguments) == 0
    assert said in capsys.readouterr().out


def test_nothing_to_do_is_said_and_refusals_are_one_line(course, tmp_path, monkeypatch, capsys):
    copies.refresh()
    assert command_line.main(["copies"]) == 0
    assert capsys.readouterr().out == "Your copies of the lessons are up to date.\n"
    for arguments in (["restart", "99"], ["carry", str(tmp_path / "nowhere")]):
        assert command_line.main(arguments) == 1
        assert capsys.readouterr().err.count("\n") == 1

    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(copies, "refresh", stopped)
    assert command_line.main(["copies"]) == 130


# Whatever a learner and a course do


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_every_word_is_in_the_new_copy_or_a_kept_one(seed):
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        course = Course(Path(folder) / "course").enter(patch)
        course.publish(lesson(cells=4))
        copies.refresh()
        published, kept = {""}, {}
        for _ in range(3):
            mine = edited_by_learner(course.mine(), rng)[0]
            (course.copies / "04_lesson.ipynb").write_text(json.dumps(mine), encoding="utf-8")
            published |= texts(carry.read(course.stored / "04_lesson.ipynb"))
            course.publish(edited_by_course(lesson(cells=4), rng))
            copies.refresh()
            assert_idle(course)
            files = [course.copies / "04_lesson.ipynb", *course.copies.glob("earlier/*")]
            there = set().union(*(texts(carry.read(path)) for path in files))
            assert texts(mine) - published <= there
            assert course.earlier().items() >= kept.items()
            kept = course.earlier()


# The lessons as they are


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_every_exercise_of_a_lesson_is_carried_into_its_next_version(name):
    stored = carry.read(lessons.path_of(name))
    module = lessons.exercise_module(name)
    solved = lessons.solve(carry.fresh(stored, name), module)
    stored.cells.insert(1, cell("news-of-the-day", "News.", "markdown"))
    for old in (solved, nbformat.from_dict({**solved, "metadata": {}})):  # with its note, without
        result = carry.carry(old, carry.fresh(stored, name), old_wins=True)
        assert result.answers == list(engine.exercises_of(module))
        assert (result.own, result.left, result.unclear) == (0, [], 0)
        texts = {each.id: each.source for each in result.notebook.cells}
        assert texts == {each.id: each.source for each in solved.cells} | {
            "news-of-the-day": "News."
        }


def test_links_and_pictures_lead_from_a_copy_where_they_lead_from_a_lesson():
    assert copies.COPIES.parent == lessons.NOTEBOOKS.parent == ROOT
    for name in lessons.LESSONS:
        cells = carry.read(lessons.path_of(name)).cells
        for prose in (each.source for each in cells if each.cell_type == "markdown"):
            for link in re.findall(r'\]\((?!https?:|#)([^)#]+)|(?:src|href)="([^"#]+)', prose):
                target = "".join(link)
                lesson_beside = target.removesuffix(".ipynb") in lessons.LESSONS
                assert lesson_beside or target.startswith(("../", "http")), (name, target)


def test_neither_git_nor_a_tool_of_ours_looks_at_the_copies():
    assert "/my_notebooks/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert copies.COPIES.name in tool["ruff"]["extend-exclude"]
    assert tool["pytest"]["ini_options"]["testpaths"] == ["tests", "notebooks"]


def test_a_check_in_a_copy_is_noted_where_progress_looks(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    name = lessons.LESSONS[0]
    module = lessons.exercise_module(name)
    copy = lessons.solve(carry.fresh(carry.read(lessons.path_of(name)), name), module)
    folder = tmp_path / "my_notebooks"
    folder.mkdir()
    wanted = ("imports", "prevalence")
    copy.cells = [each for each in copy.cells if each.id in wanted]
    assert len(copy.cells) == len(wanted)
    from nbclient import NotebookClient

    client = NotebookClient(
        copy, kernel_name="python3", timeout=120, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    assert f"{name}: 1 of " in lessons.progress_report()
