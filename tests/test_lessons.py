"""Reading, solving, running and storing notebooks, on small ones made here."""

import os

from course_utils.course import lessons
from course_utils.exercises import engine, progress

import nbformat
import pytest

TEXT = """\
# %% title [markdown]
# # 04 · A lesson

# %% header [markdown]
# | | |
# |---|---|
# | **You will be able to** | a <br> b <br> c |
# | **Needs** | nothing |
# | **Reading** | 5 minutes |
# | **Exercises** | 5 minutes |
# | **Run time and memory** | measured |

# %% one-plus-one tags=["nbval-check-output"]
1 + 1
"""


def test_text_becomes_cells_with_their_titles_as_ids():
    notebook = lessons.parse_text(TEXT)
    assert [cell.id for cell in notebook.cells] == ["title", "header", "one-plus-one"]
    assert notebook.cells[2].metadata.tags == ["nbval-check-output"]
    assert notebook.cells[0].source == "# 04 · A lesson"
    nbformat.validate(notebook)


def test_there_and_back_is_the_same_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = lessons.parse_text(TEXT)
    nbformat.write(first, tmp_path / "04_lesson.ipynb")
    text = lessons.to_text(tmp_path / "04_lesson.ipynb")
    second = lessons.parse_text(text.read_text(encoding="utf-8"))
    assert [(c.id, c.source, c.metadata) for c in first.cells] == [
        (c.id, c.source, c.metadata) for c in second.cells
    ]


@pytest.mark.parametrize("lesson", lessons.LESSONS)
def test_every_stored_lesson_survives_the_way_to_text_and_back(lesson, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = lessons.to_text(lessons.path_of(lesson)).read_text(encoding="utf-8")
    stored, back = lessons.read(lessons.path_of(lesson)), lessons.parse_text(text)
    assert [(c.id, c.source, c.metadata) for c in stored.cells] == [
        (c.id, c.source, c.metadata) for c in back.cells
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# %%\n1\n", "cell 1 is titled ''"),
        ("# %% Not An Id\n1\n", "'Not An Id'"),
        ("# %% twice\n1\n\n# %% twice\n2\n", "stands twice"),
    ],
)
def test_a_cell_without_a_good_id_is_refused(text, words):
    with pytest.raises(lessons.LessonError, match=words):
        lessons.parse_text(text)


def test_building_runs_fills_in_and_stores(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path / "notebooks")
    source = tmp_path / "04_lesson.py"
    source.write_text(TEXT, encoding="utf-8")
    notebook = lessons.read(lessons.from_text(source))
    assert notebook.cells[2].outputs[0].data["text/plain"] == "2"
    assert notebook.cells[2].execution_count == 1
    measured = lessons.header(notebook)["Run time and memory"]
    assert measured.endswith("MB")
    assert "execution" not in notebook.cells[2].metadata
    assert list(tmp_path.glob("notebooks/*")) == [tmp_path / "notebooks" / "04_lesson.ipynb"]
    assert "slowest cell one-plus-one" in capsys.readouterr().out


def test_a_warning_stops_the_build_and_leaves_the_old_notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path)
    (tmp_path / "04_lesson.ipynb").write_text("old")
    source = tmp_path / "04_lesson.py"
    source.write_text("# %% warn\nimport warnings\nwarnings.warn('careful')\n", encoding="utf-8")
    with pytest.raises(lessons.LessonError, match=r"the cells warn write warnings"):
        lessons.from_text(source)
    assert (tmp_path / "04_lesson.ipynb").read_text() == "old"


def test_a_cell_that_raises_stops_the_build(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path)
    source = tmp_path / "04_lesson.py"
    source.write_text("# %% divide\n1 / 0\n", encoding="utf-8")
    with pytest.raises(lessons.LessonError, match=r"(?s)nothing was stored.*ZeroDivisionError"):
        lessons.from_text(source)
    assert not (tmp_path / "04_lesson.ipynb").exists()


def test_widgets_are_not_stored(tmp_path):
    output = nbformat.v4.new_output(
        "display_data", {"text/plain": "IntSlider(value=1)", lessons.WIDGET: {"model_id": "1"}}
    )
    cell = nbformat.v4.new_code_cell("slider", outputs=[output], id="slider")
    run = lessons.Run(nbformat.v4.new_notebook(cells=[cell]), 1.0, {}, 100.0)
    lessons.store(run, tmp_path / "n.ipynb")
    assert list(lessons.read(tmp_path / "n.ipynb").cells[0].outputs[0].data) == ["text/plain"]


def test_a_prediction_s_code_is_folded_away_since_it_holds_the_answer(tmp_path):
    cells = [nbformat.v4.new_code_cell(text, outputs=[]) for text in ("ask('Which?')", "1")]
    run = lessons.Run(nbformat.v4.new_notebook(cells=cells), 1.0, {}, 100.0)
    lessons.store(run, tmp_path / "n.ipynb")
    asking, other = lessons.read(tmp_path / "n.ipynb").cells
    assert asking.metadata.jupyter.source_hidden
    assert "jupyter" not in other.metadata


def test_a_header_that_lacks_a_row_is_refused():
    with pytest.raises(lessons.LessonError, match="no cell with the id 'header'"):
        lessons.header(nbformat.v4.new_notebook())
    notebook = lessons.parse_text(TEXT)
    notebook.cells[1].source = "| **Needs** | nothing |"
    with pytest.raises(lessons.LessonError, match="You will be able to, Reading"):
        lessons.header(notebook)


def test_stubs_are_replaced_by_solutions():
    lesson = lessons.LESSONS[4]
    module = lessons.exercise_module(lesson)
    name, exercise = next(iter(engine.exercises_of(module).items()))
    cell = nbformat.v4.new_code_cell(
        f"def {name}():\n    ...\n\nex.{name}.check({name})", id="exercise"
    )
    solved = lessons.solve(nbformat.v4.new_notebook(cells=[cell]), module)
    assert solved.cells[0].source == f"{exercise.solution_source}\n\nex.{name}.check({name})"
    assert "..." in cell.source
    cell.source = "ex.no_such_exercise.check(f)"
    with pytest.raises(lessons.LessonError, match="no exercise no_such_exercise"):
        lessons.solve(nbformat.v4.new_notebook(cells=[cell]), module)


def test_a_lesson_is_found_by_number_or_name():
    assert lessons.path_of("04") == lessons.path_of("04_backpropagation")
    with pytest.raises(ValueError, match="lesson is '99'"):
        lessons.path_of("99")


def test_progress_counts_what_was_solved(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    module = lessons.exercise_module("04_backpropagation")
    names = list(engine.exercises_of(module))
    assert f"04_backpropagation: 0 of {len(names)} solved" in lessons.progress_report()
    progress.note_progress("lesson_04", names[0])
    report = lessons.progress_report()
    assert f"04_backpropagation: 1 of {len(names)} solved" in report
    assert f"still open: {', '.join(names[1:])}" in report


@pytest.mark.parametrize(("slowness", "seconds"), [(0.8, "30 s"), (1.0, "30 s"), (1.5, "20 s")])
def test_the_header_s_seconds_are_those_of_a_quick_processor(tmp_path, slowness, seconds):
    header = nbformat.v4.new_markdown_cell("| **Run time and memory** | ? |", id="header")
    notebook = nbformat.v4.new_notebook(cells=[header])
    lessons.store(lessons.Run(notebook, 30.0, {}, 100.0, slowness), tmp_path / "a.ipynb")
    stored = lessons.read(tmp_path / "a.ipynb").cells[0].source
    assert stored == f"| **Run time and memory** | {seconds}, 100 MB |"


def test_waiting_is_no_run_time():
    waiting = nbformat.v4.new_code_cell("import time\ntime.sleep(4)", id="waiting")
    run = lessons.execute(nbformat.v4.new_notebook(cells=[waiting]))
    assert run.seconds < 4 < run.cell_seconds["waiting"]
    assert [cell.id for cell in run.notebook.cells] == ["waiting"]


def test_the_processes_of_a_notebook_count():
    work = "import subprocess, sys\nwork = 'import time\\nwhile time.process_time() < 1.5: pass'\n"
    started = nbformat.v4.new_code_cell(f"{work}subprocess.run([sys.executable, '-c', work])")
    before = nbformat.v4.new_code_cell("import os, time; print(time.process_time())")
    run = lessons.execute(nbformat.v4.new_notebook(cells=[started, before]))
    own = float(run.notebook.cells[1].outputs[0].text)
    if os.name != "nt":  # where ended processes are not counted
        assert run.seconds > own + 1
