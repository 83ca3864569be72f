"""What the course says: on any output, with numbers in bands, and predictions with an answer."""

import io
import os
import subprocess
import sys

from course_utils import plots
from course_utils.course import lessons
from course_utils.exercises import ask, conversation, expect

import nbformat
import pytest

SCRIPT = """
import numpy as np
from course_utils.exercises import ask, expect, lesson_04 as ex

for _ in range(2):
    ex.neuron_gradient.hint()
ex.neuron_gradient.check(None)
ex.neuron_gradient.check(lambda x, w, b, t: (x * 0 + 1, 0))
ex.neuron_gradient.check(ex.neuron_gradient._solution)
ex.neuron_gradient.solution()
expect(1, (0, 2), "±σ")
expect(3, (0, 2), "∂ℒ")
ask("Is √x ≥ 0?", ["yes", "no →"], answer=1, why="")
"""


def test_expect_passes_inside_the_band(capsys):
    expect(0.95, between=(0.93, 0.98), what="AUROC")
    assert capsys.readouterr().out == "✓ AUROC: 0.950\n"


@pytest.mark.parametrize("value", [0.92, 0.99, float("nan")])
def test_expect_fails_outside_the_band_when_tested_and_remarks_otherwise(
    value, monkeypatch, capsys
):
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(AssertionError, match="AUROC"):
        expect(value, between=(0.93, 0.98), what="AUROC")
    monkeypatch.setenv("COURSE_STRICT", "0")
    expect(value, between=(0.93, 0.98), what="AUROC")
    assert "Outside the band" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "between"), [("much", (0, 1)), (0.5, (1, 0)), (0.5, 0.4), (0.5, (0, 1, 2))]
)
def test_expect_refuses_what_is_no_band(value, between):
    with pytest.raises(ValueError, match="between"):
        expect(value, between=between, what="AUROC")


def test_every_sentence_reaches_an_output_of_few_characters():
    """Windows gives a pipe cp1252, which has ± and no σ."""
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "COURSE_STRICT": "0"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.decode("cp1252")
    for words in (
        "[open] neuron_gradient",
        "[wrong] neuron_gradient",
        "[right] neuron_gradient",
        "Hint 2 of",
        "def neuron_gradient",
        "[right] ±sigma: 1.000",
        "!= dL: 3.000",
        "Prediction: Is sqrt x >= 0?",
        "2. no ->",
    ):
        assert words in printed


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Σ of λ² − ½, 3 × 2", "Sigma of lambda2 - 1/2, 3 x 2"),
        ("naïve … \ud800 漢", "naive ... ? ?"),
    ],
)
def test_characters_that_an_output_lacks_become_plainer(text, plain, monkeypatch):
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    monkeypatch.setattr(sys, "stdout", output)
    conversation.say(text)
    output.flush()
    assert output.buffer.getvalue().decode("ascii") == plain + "\n"


def test_each_character_that_exercises_use_has_a_plain_form():
    folder = lessons.ROOT / "course_utils" / "exercises"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    lacking = sorted({each for each in text if not each.isascii()})
    assert len(lacking) > 20
    assert "?" not in "".join(lacking).encode("ascii", "plainer").decode()


def test_ask_prints_numbered_options(capsys):
    ask("Which?", ["this", "that"], answer=2, why="Because.")
    assert capsys.readouterr().out == "Prediction: Which?\n1. this\n2. that\n"


@pytest.mark.parametrize(("options", "answer"), [(["one"], 1), (["a", "b"], 0), (["a", "b"], 3)])
def test_ask_refuses_an_answer_that_is_no_option(options, answer):
    with pytest.raises(ValueError, match="answer"):
        ask("Which?", options, answer=answer, why="Because.")


def test_a_slider_leaves_words_where_no_widget_can_be_shown():
    stored = plots.cost_slider([0, 0, 1], [1, 2, 3], ratios=(1, 2))._repr_mimebundle_()
    assert stored.pop(lessons.WIDGET)["model_id"]
    words = "A slider: run this cell to move it."
    assert stored == {"text/plain": words, "text/html": f"<em>{words}</em>"}


def test_a_stored_notebook_holds_the_answer_folded_and_words_for_a_slider(tmp_path):
    sources = {
        "ask": "from course_utils.exercises import ask\n"
        "ask('Which?', ['this', 'that'], answer=2, why='1 < 2.')",
        "slide": "import ipywidgets\nfrom course_utils.widgets import VBoxWithFallback\n"
        "VBoxWithFallback([ipywidgets.IntSlider()], 'A slider: run this cell.')",
    }
    cells = [nbformat.v4.new_code_cell(text, id=name) for name, text in sources.items()]
    run = lessons.execute(nbformat.v4.new_notebook(cells=cells))
    shown = [cell.outputs[-1].data for cell in run.notebook.cells]
    assert all(lessons.WIDGET in each for each in shown)
    lessons.store(run, tmp_path / "stored.ipynb")
    asked, slid = lessons.read(tmp_path / "stored.ipynb").cells
    assert asked.outputs[0].text == "Prediction: Which?\n1. this\n2. that\n"
    assert asked.outputs[1].data == {
        "text/plain": "Choose from 1 to 2 before you read on.",
        "text/html": "<details><summary>Show the answer</summary>It is 2. 1 &lt; 2.</details>",
    }
    assert slid.outputs[0].data == {
        "text/plain": "A slider: run this cell.",
        "text/html": "<em>A slider: run this cell.</em>",
    }
