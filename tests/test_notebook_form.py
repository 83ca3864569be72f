"""The stored notebooks: their form and their outputs. That they run is `lesson_file.py`'s work."""

import ast
import json
import re

from course_utils.course import lessons

import lesson_file
import pytest

EVERY_LESSON = pytest.mark.parametrize("lesson", lessons.LESSONS)
MACHINE_PATH = re.compile(r"/(root|home|Users|tmp|work|mnt|opt)/|[A-Z]:\\\\")


@pytest.fixture
def notebook(lesson):
    return lessons.read(lessons.path_of(lesson))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_every_lesson_is_there_and_no_notebook_stands_outside_the_list():
    stored = {path.stem for path in lessons.NOTEBOOKS.glob("**/*.ipynb")}
    stored = {name for name in stored if not name.endswith("-checkpoint")}
    assert stored == set(lessons.LESSONS)


@EVERY_LESSON
def test_no_cell_is_left_out_of_the_run(notebook):
    text = json.dumps([[cell.metadata, cell.source] for cell in notebook.cells]).lower()
    assert not re.search(r"nbval[-_](skip|ignore)|raises-exception|%%script|%%skip", text)
    assert sum("nbval-check-output" in cell.metadata.get("tags", []) for cell in notebook.cells)


@EVERY_LESSON
def test_the_header_says_what_how_long_and_how_much(notebook):
    rows = lessons.header(notebook)
    assert len(rows["You will be able to"].split("<br>")) >= 3
    assert re.fullmatch(r"\d+ minutes", rows["Reading"])
    assert re.fullmatch(r"\d+ minutes", rows["Exercises"])
    seconds, megabytes = map(
        int, re.fullmatch(r"(\d+) s, (\d+) MB", rows["Run time and memory"]).groups()
    )
    assert seconds <= lesson_file.NOTEBOOK_SECONDS
    assert megabytes <= lesson_file.MEMORY_MB


@EVERY_LESSON
def test_the_reading_time_is_honest(notebook):
    minutes = int(lessons.header(notebook)["Reading"].split()[0])
    words = len(prose(notebook).split())
    assert words <= 3000
    assert words / 250 <= minutes <= words / 50


@EVERY_LESSON
def test_the_lesson_has_its_parts_in_order(notebook, lesson):
    text = prose(notebook)
    assert text.startswith(f"# {lesson[:2]} · ")
    parts = ["## What goes wrong", "## Recap", "## In practice", "## References"]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    recap = text[places[1] : places[2]]
    assert len(re.findall(r"^[-*] ", recap, re.MULTILINE)) == 5


@EVERY_LESSON
def test_predictions_and_exercises_stand_in_the_text(notebook, lesson):
    source = "\n".join(cell.source for cell in code_cells(notebook))
    assert len(re.findall(r"^ask\(", source, re.MULTILINE)) >= 2
    checked = [name for _, name in lessons.exercise_cells(notebook)]
    assert checked == list(lessons.engine.exercises_of(lessons.exercise_module(lesson)))
    assert "expect(" in source


@EVERY_LESSON
def test_cells_are_short_and_carry_readable_ids(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z0-9-]{3,64}", cell.id)
        assert re.search(r"[a-z]{3}", cell.id), cell.id
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= 15, f"{cell.id} has {len(lines)} lines"
        assert max(map(len, lines)) <= 99, cell.id


def is_folded(cell):
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


@EVERY_LESSON
def test_cells_of_nothing_but_bands_are_folded(notebook):
    for cell in code_cells(notebook):
        lines = ast.parse(cell.source).body
        only_bands = all(ast.unparse(each).startswith("expect(") for each in lines)
        assert is_folded(cell) or not only_bands, cell.id


@EVERY_LESSON
def test_three_open_code_cells_in_a_row_at_most(notebook):
    run = []
    for cell in notebook.cells:
        run = [*run, cell.id] if cell.cell_type == "code" and not is_folded(cell) else []
        assert len(run) <= 3, run


@EVERY_LESSON
def test_the_lesson_goes_on_with_the_learners_functions(notebook):
    ours = [
        cell.source
        for cell, name in lessons.exercise_cells(notebook)
        if f"ex.{name}.or_ours(" in cell.source
    ]
    assert len(ours) >= 2


@EVERY_LESSON
def test_a_schematic_is_drawn(notebook):
    assert any("plots.schematic(" in cell.source for cell in code_cells(notebook))


@EVERY_LESSON
def test_outputs_come_from_one_clean_run(notebook, lesson):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            assert lessons.WIDGET not in output.get("data", {}), cell.id
            assert "VBox(" not in str(output.get("data", {}).get("text/plain")), cell.id
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", output.get("text", "")), cell.id
    assert not MACHINE_PATH.search(json.dumps(notebook))
    assert lessons.path_of(lesson).stat().st_size < 1_000_000


@EVERY_LESSON
def test_every_picture_has_a_caption(notebook):
    """`plots.show` puts the caption below the picture and into its alternative text."""
    pictures = 0
    for cell in code_cells(notebook):
        kinds = [set(output.get("data", {})) for output in cell.outputs]
        for number, kind in enumerate(kinds):
            if "image/png" in kind:
                pictures += 1
                assert number + 1 < len(kinds), cell.id
                assert "text/html" in kinds[number + 1], cell.id
                assert "<em>" in cell.outputs[number + 1].data["text/html"], cell.id
                assert cell.outputs[number].metadata["image/png"]["alt"].strip(), cell.id
    assert pictures >= 2


@EVERY_LESSON
def test_links_between_lessons_lead_somewhere(notebook):
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", prose(notebook)):
        assert (lessons.NOTEBOOKS / target).exists(), target


# Numbers that come from a clock: another processor, or a busy one, moves them a lot.
CLOCKED = {
    "05": ["time of a step, 25 rows over one row", "share of the time that single rows took"],
    "06": ["time of an epoch, 32 over 512"],
    "09": ["DataLoader over memory, fetching"],
    "11": ["cost of the search over the guess"],
    "14": ["cost of a search: whole bank over a tenth"],
    "19": ["the cheapest network's time over 5 neighbours'"],
    "20": ["forest over AutoEncoder, one row"],
    "21": [
        "cold start: times quicker",
        "one row: Scorer, times quicker",
        "that for one row, over that for 1,024",
    ],
    "22": [
        "share of reading text",
        "network over scaling",
        "text over Parquet",
        "PyTorch over ONNX",
        "text and PyTorch over Parquet and ONNX",
        "mean: both ranks over one process",
        "nobody averages: the same",
        "averaging over not",
        "batches of 2 rows over 256, one process",
        "large over small batches",
        "256 workers, no start over as it is",
        "no scheduler over as it is",
        "larger row groups",
        "a worker's start, in row groups",
        "first steps over two workers",
    ],
}


@EVERY_LESSON
def test_a_band_on_the_clock_asks_no_more_than_its_sentence(notebook, lesson):
    """Twice the stored ratio and half of it are inside, unless "dearer than" itself ends at 1."""
    for what in CLOCKED.get(lesson[:2], []):
        [cell] = [cell for cell in code_cells(notebook) if f'what="{what}"' in cell.source]
        line = next(line for line in cell.source.splitlines() if f'what="{what}"' in line)
        low, high = re.search(r"between=\((\S+)(?: if .*)?, ([\d.]+)\)", line).groups()
        stored = re.search(rf"✓ {re.escape(what)}: ([\d.,]+)", cell.outputs[0].text)[1]
        stored = float(stored.replace(",", ""))
        assert float(low) <= stored / 2 or 1 <= float(low) <= 1.1, what
        assert 2 * stored <= float(high) or 0.9 <= float(high) <= 1, what
