"""The command that compares Keras's back ends: what it reads, marks and returns."""

import os

from course_utils import __main__ as command_line
from course_utils.course import backends, lessons

import nbformat
import pytest

CELL = """
import os
from course_utils.exercises import expect
import keras
print("computed with", keras.backend.backend(), os.environ["COURSE_STRICT"])
expect(1234.5, between=(1000, 2000), what="AUROC: of the [first]")
expect(0.25, between=(0.5, 1), what="the second", digits=2)
"""


# keras takes ten seconds to load, and here it is only asked for its back end
KERAS = """
import os
from types import SimpleNamespace
backend = SimpleNamespace(backend=lambda: os.environ["KERAS_BACKEND"])
"""


@pytest.fixture
def one_lesson(tmp_path, monkeypatch):
    """A course with one lesson, in something that is called Keras."""
    (tmp_path / "keras.py").write_text(KERAS, encoding="utf-8")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL, id="numbers")])
    nbformat.write(notebook, tmp_path / "99_tiny.ipynb")
    monkeypatch.setattr(lessons, "LESSONS", ("99_tiny",))
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path)


def test_a_lesson_s_numbers_are_read_and_a_missed_band_fails_the_command(
    one_lesson, capsys, monkeypatch
):
    found, run = [], backends.run
    monkeypatch.setattr(backends, "run", lambda *names: found.append(run(*names)) or found[-1])
    before = dict(os.environ)
    assert command_line.main(["backends", "torch"]) == 1
    ((numbers, seconds),) = found
    assert numbers == [
        backends.Expected("AUROC: of the [first]", "1,234.500"),
        backends.Expected("the second", "0.25", "0.50 to 1.00"),
    ]
    assert [each.holds for each in numbers] == [True, False]
    assert seconds > 0
    printed = capsys.readouterr().out
    assert "≠ 0.25" in printed
    assert "1,234.500" in printed
    assert "0.50 to 1.00" in printed
    assert "1 numbers are outside" in printed
    assert dict(os.environ) == before


def test_the_backend_reaches_the_kernel(one_lesson, capsys, monkeypatch):
    seen = {}

    def execute(notebook):
        seen.update({name: os.environ[name] for name in ("KERAS_BACKEND", "COURSE_STRICT")})
        return lessons.Run(notebook, 1.0, {}, 1.0)

    monkeypatch.setattr(lessons, "execute", execute)
    backends.run("99_tiny", "jax")
    assert seen == {"KERAS_BACKEND": "jax", "COURSE_STRICT": "0"}


def test_a_lesson_that_uses_torch_itself_is_left_out(one_lesson, tmp_path):
    assert backends.keras_lessons() == ["99_tiny"]
    cell = nbformat.v4.new_code_cell("import keras\nimport torch", id="both")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "99_tiny.ipynb")
    assert backends.keras_lessons() == []


def test_what_is_missing_is_named_with_its_cure(one_lesson, capsys, monkeypatch):
    monkeypatch.setattr(backends, "is_installed", lambda name: name == "torch")
    assert backends.main(["jax"]) == 1
    assert 'pip install -e ".[jax]"' in capsys.readouterr().out


def test_an_unknown_back_end_is_refused(capsys):
    assert command_line.main(["backends", "theano"]) == 1
    assert "theano" in capsys.readouterr().err


def test_every_line_that_expect_prints_in_the_stored_lessons_is_read():
    """A change in how `expect` prints must not empty the tables."""
    for lesson in lessons.LESSONS:
        notebook = lessons.read(lessons.path_of(lesson))
        printed = [
            line
            for cell in notebook.cells
            for output in cell.get("outputs", ())
            for line in output.get("text", "").splitlines()
            if line.startswith("✓ ")
        ]
        assert len(backends.expected_in(notebook)) == len(printed) > 0
