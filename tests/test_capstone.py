"""The page "Bring your own data": its links, commands, options and names are real."""

import argparse
import io
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

from course_utils import __main__ as commands
from course_utils.course import lessons

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "bring_your_own_data.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)\s]+)\)", TEXT)
# lessons that the page may name before they are in the course
ANNOUNCED = {"25_case_intrusion", "26_case_inspection"}


def anchors(path):
    """Return the places in a notebook or a page that a link can name."""
    if path.suffix == ".ipynb":
        cells = lessons.read(path).cells
        prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        heads = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
        return {head.replace(" ", "-") for head in heads}
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


def blocks():
    """Return the commands of the page, list of str."""
    found = re.findall(r"^```\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    return [line for block in found for line in block.splitlines()]


def test_every_lesson_is_linked_and_no_other():
    linked = {Path(link.partition("#")[0]).stem for link in LINKS if "notebooks/" in link}
    assert set(lessons.LESSONS) <= linked <= set(lessons.LESSONS) | ANNOUNCED


@pytest.mark.parametrize("link", sorted(set(LINKS)))
def test_every_link_and_its_section_are_there(link):
    target, _, anchor = link.partition("#")
    path = (PAGE.parent / target).resolve()
    if path.stem in ANNOUNCED - set(lessons.LESSONS):
        return
    assert path.exists()
    assert not anchor or anchor in anchors(path)


def test_every_step_says_when_it_is_done_what_went_wrong_and_where_it_is_learned():
    steps = re.split(r"^(?=\d+\. \*\*)", TEXT.partition("## The memo\n")[0], flags=re.MULTILINE)[
        1:
    ]
    assert [int(step.partition(".")[0]) for step in steps] == list(range(1, len(steps) + 1))
    for step in steps[:-1]:  # the last is the memo itself
        assert step.count("*Done:*") == step.count("*Without:*") == 1, step
        assert "../notebooks/" in step
    assert f"in {['eighteen', 'nineteen', 'twenty'][len(steps) - 18]} steps" in TEXT


def test_the_page_is_short():
    seen = re.sub(r"\]\([^)]*\)", "]", TEXT)
    assert len(re.sub(r"[|#*`·-]", " ", seen).split()) <= 1_200


def test_every_option_and_command_exists():
    used = set(re.findall(r"(?<![\w-])--[a-z]+", TEXT))
    with redirect_stdout(io.StringIO()) as told, pytest.raises(SystemExit):
        commands.read_command_line(["report", "--help"])
    assert used
    assert used <= set(re.findall(r"--[a-z]+", told.getvalue()))
    for line in re.findall(r"python -m course_utils ([^`\n]+)", TEXT):
        assert isinstance(commands.read_command_line(shlex.split(line)), argparse.Namespace)


def test_the_walk_runs_and_shows_what_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make, report = map(shlex.split, blocks())
    assert make[:2] == ["python", "-c"]
    assert report[:4] == ["python", "-m", "course_utils", "report"]
    exec(make[2], {})
    assert commands.main([*report[3:], "--seeds", "2"]) == 0  # five take their time
    assert "The report is in report.html." in capsys.readouterr().out
    made = (tmp_path / "report.html").read_text(encoding="utf-8")
    row = r"<td>{}</td>\s*<td class=\"n\">([\d.]+)</td>"  # its first number: average precision
    names = ("best single column", "DeepSVDD")
    column, network = (float(re.search(row.format(name), made)[1]) for name in names)
    assert column > network - 0.03
    assert "37\N{NO-BREAK SPACE}% of the rows are anomalies" in made


def test_the_page_can_be_found():
    for name in ("README.md", "course_utils/report/page.py"):
        assert "docs/bring_your_own_data.md" in (ROOT / name).read_text(encoding="utf-8")
