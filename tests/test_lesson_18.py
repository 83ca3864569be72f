"""Lesson 18: its catalogue quotes what other lessons print; its own parts do what they say."""

import re
from types import SimpleNamespace

from course_utils import data, evaluation
from course_utils.course import lessons
from course_utils.exercises import lesson_18 as ex
from course_utils.exercises.lesson_18 import _reports

import numpy as np
import pytest
import torch
from torch import nn


def cells_of_18():
    return lessons.sources_of("18")


def catalogue():
    """Return (mistake, number, lesson, section), with it, without it: of each; those alone."""
    names = {}
    for source in cells_of_18().values():
        if re.match(r"#.*\n|CATALOGUE", source) and "CATALOGUE" in source[:150]:
            exec(source, names)
    lines = [line.split("; ") for line in names["CATALOGUE"].splitlines()]
    alone = [line.split("; ") for line in names["ALONE"].splitlines()]
    return list(zip(*[iter(lines)] * 3, strict=True)), alone


ENTRIES, ALONE = catalogue()


@pytest.fixture(scope="module")
def lesson():
    cells = cells_of_18()
    names = {name: exercise._solution for name, exercise in vars(ex).items() if name in ex.__all__}
    for cell_id in ("imports", "hang", "halves", "report-of", "untold", "our-two"):
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    for cell_id, definition in (("payments-orders", "whole_weeks"), ("six-detectors", "invented")):
        source = re.search(rf"def {definition}\(.*?(?=\n\S|\Z)", cells[cell_id], re.DOTALL).group()
        exec(compile(source, cell_id, "exec"), names)
    return names


# ------------------------------------------------------------------------------- the catalogue


def sections_of(notebook):
    """Return {cell id: the nearest heading above it that is no exercise's}."""
    nearest, found = None, {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("##") and "Exercise" not in line:
                    nearest = line.lstrip("# ")
        found[cell.id] = nearest
    return found


def test_the_catalogue_has_twenty_mistakes_of_ten_lessons():
    assert len(ENTRIES) >= 20
    assert len({what[2] for what, *_ in ENTRIES}) >= 10


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[0][2] + " " + entry[0][0])
def test_each_number_is_what_the_lesson_prints_in_the_section_that_is_linked(entry):
    (_, _, number, section), *values = entry
    [stem] = [name for name in lessons.LESSONS if name.startswith(number)]
    notebook = lessons.read(lessons.path_of(stem))
    sections = sections_of(notebook)
    printed = {
        cell.id: "".join(output.get("text", "") for output in cell.get("outputs", ()))
        for cell in notebook.cells
    }
    for value in values:
        if value == ["-"]:
            continue
        cell_id, label, shown = value
        assert f"✓ {label}: {shown}\n" in printed[cell_id]
        assert sections[cell_id] == section


def test_mistakes_without_two_numbers_happen_as_the_lesson_shows():
    cells = lessons.read(lessons.path_of("08_keras_autoencoder")).cells
    printed = {cell.id: str(cell.get("outputs", "")) for cell in cells}
    assert "orders with a score above 0.1: 98%" in printed["threshold-of-a-tenth"]
    assert "evaluate() 0.3125, mean over all orders 0.3125" in printed["squared-errors"]
    assert ["98 %" in happens for _, happens, *_ in ALONE] == [False, True, False]
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(100, 1))  # 2 · 6 · 6 = 72
    with pytest.raises(RuntimeError, match="72"):
        network(torch.zeros(1, 1, 8, 8))


def test_the_table_that_is_shown_has_each_entry_with_a_link_to_a_section_that_is_there():
    notebook = lessons.read(lessons.path_of("18_ways_to_fool_yourself"))
    [cell] = [cell for cell in notebook.cells if cell.id == "catalogue-shown"]
    table = cell.outputs[0].data["text/markdown"]
    links = re.findall(r"\]\((\S+)\.ipynb#(\S+)\) \|$", table, re.MULTILINE)
    assert len(links) == len(ENTRIES) + len(ALONE)
    for stem, anchor in links:
        sections = sections_of(lessons.read(lessons.path_of(stem))).values()
        assert anchor in {str(section).replace(" ", "-") for section in sections}


# ------------------------------------------------------------------------------- its own parts


def test_hang_takes_means_and_spreads_and_counts_pairs(lesson):
    lesson["hang"]("a", "AP", [1, 2, 6], [2, 1, 0])
    noted = lesson["museum"]["a"]
    assert noted["with"] == 3
    assert noted["without"] == 1
    assert noted["without ±"] == 1
    assert noted["with ±"] == pytest.approx(np.std([1, 2, 6], ddof=1))
    assert noted["higher with it"] == "2 of 3 runs"


def test_halves_share_no_row_and_half_the_anomalies_each(lesson):
    seen = []

    def precision(y, scores):
        seen.append((y.sum(), set(scores)))
        return evaluation.average_precision(y, scores)

    generator = np.random.default_rng(0)
    y = np.repeat([0, 1, 0], [20, 10, 30])
    run = np.arange(60.0)
    names = lesson | {"average_precision": precision}
    exec(cells_of_18()["halves"], names)
    found = names["halves"](y, np.array([run, -run]), 5, generator)
    assert found.shape == (10, 3)  # each half chooses once
    for a, b, c, d in zip(*[iter(seen)] * 4, strict=True):  # two runs: chosen, then judged
        assert [part[0] for part in (a, b, c, d)] == [5, 5, 5, 5]
        assert a[1].isdisjoint(c[1])
        assert len(a[1] | c[1]) == 60
        assert {-each for each in b[1]} == a[1]
        assert {-each for each in d[1]} == c[1]


def test_halves_of_a_run_that_is_right_say_one(lesson):
    y = np.repeat([0, 1], 10)
    runs = np.array([y, 1.0 - y])
    found = lesson["halves"](y, runs, 4, np.random.default_rng(1))
    assert (found[:, :2] == 1).all()
    assert (found[:, 2] < 1).all()


def test_whole_weeks_stay_together_and_all_rows_are_there(lesson):
    stream = data.make_payments(rows=2_000, days=50, prevalence=0.05, seed=0)
    order = lesson["whole_weeks"](stream, np.random.default_rng(0))
    assert sorted(order) == list(range(2_000))
    weeks = (stream.time - stream.time[0]) // np.timedelta64(7, "D")
    dealt = weeks[order]
    assert np.sum(np.diff(dealt) != 0) == weeks.max()  # each week is one run
    assert (np.diff(dealt) < 0).any()


def test_invented_anomalies_fill_a_box_a_tenth_wider(lesson):
    X = np.array([[-1.0, 2.0], [3.0, -4.0]])
    parts = SimpleNamespace(train=SimpleNamespace(X=X))
    rows = lesson["invented"](parts, 5_000, np.random.default_rng(0))
    np.testing.assert_allclose(rows.min(axis=0), [-1.1, -4.4], atol=0.02)
    np.testing.assert_allclose(rows.max(axis=0), [3.3, 2.2], atol=0.02)


def test_our_reports_have_the_keys_that_the_exercise_tells_and_are_sound(lesson):
    y = np.repeat([0, 1], [90, 10])
    scores = np.random.default_rng(0).normal(size=100) + 2 * y
    known = lesson["counts_of"](y, y[:50])
    report = lesson["report_of"](y, scores, 1.5, "AP", [0.5, 0.6], **known)
    assert set(report) == set(_reports.report(0))
    assert report["claimed"] == 0.55
    assert report["validation_anomalies"] == 0
    assert ex.suspicious._solution(report) == set()
    assert ex.suspicious._solution(report | {"claimed": 0.6}) == {"best of seeds"}


def test_the_last_table_names_what_was_put_into_each_report():
    notebook = lessons.read(lessons.path_of("18_ways_to_fool_yourself"))
    [cell] = [cell for cell in notebook.cells if cell.id == "our-reports"]
    shown = cell.outputs[0].text
    for words in ("sound", "best of seeds", "future in training", "test is not the field"):
        assert words in shown
