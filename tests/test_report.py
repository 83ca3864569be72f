"""`python -m course_utils report FILE.csv`: from a file to a page, and every way not to."""

import argparse
import contextlib
import functools
import io
import os
import re
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

from course_utils import __main__ as commands
from course_utils import detectors
from course_utils.report import command, measuring, page, remarks, verdict

import csv_files
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent
EMPTY = {"meta", "img", "br", "link", "hr", "input"}  # elements without an end


class Page(HTMLParser):
    """Reads a page and refuses what a browser would only mend."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *each) for each in attrs]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module", autouse=True)
def _short_trainings():
    """Train for a few steps: how good a detector gets is not asked here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AutoEncoder", "DeepSVDD"):
            short = functools.partial(getattr(detectors, name), steps=20)
            patch.setattr(detectors, name, short)
        patch.setattr(verdict, "DRAWS", 20)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The command in a folder of its own, run once: what it said, and the page."""
    folder = tmp_path_factory.mktemp("report")
    csv_files.write(folder / "machine.csv", csv_files.machine(rows=340))
    said = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(said):
        assert run("machine.csv", "--label", "state", "--seeds", 2, "--budget", "5%") == 0
    return said.getvalue(), folder, (folder / "report.html").read_text(encoding="utf-8")


def run(*words):
    return commands.main(["report", *map(str, words)])


def test_the_command_writes_one_page_and_says_what_it_found(made):
    told, folder, _ = made
    assert sorted(each.name for each in folder.iterdir()) == ["machine.csv", "report.html"]
    assert "Take " in told
    assert told.endswith("The report is in report.html.\n")


def in_a_process(folder, *words):
    """Run Python in a process of its own, whose sets have an order of their own."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "4711"},
    )  # fmt: skip


def test_the_command_as_a_process_ends_with_its_status_and_no_traceback(tmp_path):
    done = in_a_process(tmp_path, "-m", "course_utils", "report", "machine.csv")
    assert done.returncode == 2
    assert done.stderr == "machine.csv is not there. Check the name and the folder.\n"
    assert done.stdout == "Reading machine.csv …\n"


LOOK = """
from course_utils.report import cut, flaws
from course_utils.report.table import read_table


def look(path):
    plan = cut.make_plan(read_table(path, label="state"))
    made = plan.cut(1)
    numbers = [*made.encoder.source_.tolist(), made.train.X.tobytes().hex(), *made.test.rows]
    return "\\n".join(map(str, [plan.table.columns, *flaws.look(plan), *numbers]))


"""


def test_what_is_seen_in_a_table_does_not_hang_on_the_order_of_sets(made):
    path = made[1] / "machine.csv"
    done = in_a_process(ROOT, "-c", f"{LOOK}print(look({str(path)!r}))")
    assert done.returncode == 0, done.stderr
    here = {}
    exec(LOOK, here)
    assert done.stdout == f"{here['look'](path)}\n"


def test_the_page_is_whole_and_asks_no_network(made):
    text = made[2]
    page = Page(text)
    words = re.sub(r"base64,[\w+/=]+", "", text)
    assert not re.search(r"https?:|//\w|<script|url\(|@import|javascript:", words)
    assert {value[:22] for _, name, value in page.attributes if name == "src"} == {
        "data:image/png;base64,"
    }
    assert not any(name in ("onload", "onerror") for _, name, _ in page.attributes)
    places = {value for _, name, value in page.attributes if name == "id"}
    links = {value for _, name, value in page.attributes if name == "href"}
    assert links
    assert links <= {f"#{place}" for place in places}
    alternatives = [value for tag, name, value in page.attributes if (tag, name) == ("img", "alt")]
    assert len(alternatives) == text.count("<img")
    assert all(len(each) > 20 for each in alternatives)


def test_a_users_text_is_shown_and_never_run(made):
    assert "&lt;script&gt;" in made[2]
    assert csv_files.NASTY in Page(made[2]).text()


def test_the_page_has_all_its_sections_and_no_gap(made):
    text = Page(made[2]).text()
    for number, title in enumerate(
        ("The data and their flaws", "How the rows were cut", "The honest table",
         "A threshold for your budget", "The highest alarms, column by column",
         "What to do next"), start=1,
    ):  # fmt: skip
        assert f"{number}. {title}" in text
    assert "“faulty” was taken for the anomaly, since “ok” is a word for normal" in text
    for rival in ("best single column", "z-score", "Mahalanobis", "5 nearest neighbours",
                  "isolation forest", "DeepSVDD", "untrained twin", "labelled trees",
                  "random scores"):  # fmt: skip
        assert rival in text
    assert "what learns from labels, as labelled trees do, gets them back" in text
    assert "heat [K]" in text
    assert "340 rows, 4 columns to learn from; label “state”." in text
    assert re.search(r"direction were chosen on validation rows: (high|low|unusual) “", text)
    assert "Budget: 5 % of the rows. The threshold" in text
    assert "docs/bring_your_own_data.md" in text
    assert " %" not in made[2]  # a number and its sign stay in one line
    assert not re.search(r"\bnan\b|None|Undefined|\{\{|\{%", text)
    assert str(ROOT) not in made[2]


def test_the_same_file_gives_the_same_page(made, tmp_path, monkeypatch, capsys):
    _, folder, text = made
    again = tmp_path / "again.html"
    words = [folder / "machine.csv", "--label", "state", "--seeds", 2, "--budget", "5%"]
    assert run(*words, "--output", again) == 0
    assert again.read_text(encoding="utf-8") == text
    assert "The report is in" in capsys.readouterr().out


def test_without_labels_the_page_says_what_nobody_can_tell(tmp_path, capsys):
    frame = csv_files.machine(rows=200).drop(columns="state")
    frame["seen at"] = pd.date_range("2026-01-01", periods=len(frame), freq="h").astype(str)
    path = csv_files.write(tmp_path / "m.csv", frame, sep=";", decimal=",")
    page = tmp_path / "m.html"
    words = [path, "--time", "seen at", "--budget", "2", "--seeds", 1, "--output", page]
    assert run(*words) == 0
    text = Page(page.read_text(encoding="utf-8")).text()
    assert "3. What can be said without labels" in text
    assert "there is no AUROC, no precision and no recall" in text
    assert "Nobody can tell from this file how many of the alarms are right" in text
    assert "semicolons between cells and decimal commas" in text
    assert "AutoEncoder" in text
    assert "DeepSVDD" not in text
    assert "a day" in text
    assert "Only 1 seed of 5" in text
    assert "Nobody can tell" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.csv"], "missing.csv is not there. Near it: “machin.csv”."),
        (["machin.csv", "--label", "State"], "no column “State”. Near it: “state”"),
        (["machin.csv", "--label", "load [A]"], "look like measurements, not labels"),
        (["machin.csv", "--label", "mode"], "has 3 values"),
        (["machin.csv", "--label", "state", "--anomaly", "broken"], "has no such value"),
        (["machin.csv", "--anomaly", "faulty"], "say which column has it: --label NAME"),
        (["machin.csv", "--label", "state", "--group", "state"], "one column twice"),
        (["machin.csv", "--time", "mode"], "“mode” does not hold times"),
        (["machin.csv", "--group", "state"], "at least 3 are needed, one for each part"),
        (["machin.csv", "--budget", "20"], "needs --time COLUMN with dates"),
        (["machin.csv", "--budget", "many"], "is no number above 0"),
        (["machin.csv", "--budget", "70%"], "at most half"),
        (["machin.csv", "--seeds", "0"], "--seeds is 0; a number from 1 to 100"),
        (["machin.csv", "--output", "there/page.html"], "there is not there"),
        (["machin.csv", "--output", "."], "is a folder"),
        (["machin.csv", "--output", "machin.csv"], "is the table itself"),
        (["machin.csv", "--output", "machin.csv", "--force"], "is the table itself"),
        (["machin.csv", "--output", "x" * 300], "cannot be written: File name too long"),
    ],
)
def test_a_users_mistake_ends_in_words_and_status_2(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = csv_files.write(tmp_path / "machin.csv", csv_files.machine(rows=90))
    before = path.read_bytes()
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before


def test_an_unknown_option_has_the_same_status(capsys):
    with pytest.raises(SystemExit) as ended:
        run("file.csv", "--lable", "x")
    assert ended.value.code == 2
    assert "--lable" in capsys.readouterr().err


def test_a_report_replaces_a_report_and_nothing_else(tmp_path):
    page = tmp_path / "page.html"
    asked = argparse.Namespace(file="m.csv", seeds=1, rows=100, force=False)
    page.write_text("my own page", encoding="utf-8")
    with pytest.raises(remarks.ReportError, match="add --force"):
        command._check(asked, page)
    command._check(argparse.Namespace(**{**vars(asked), "force": True}), page)
    command.write(f"<head>{command.MARK}", page)
    command._check(asked, page)


def test_ctrl_c_leaves_the_old_page_and_no_half_one(tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.html"
    command.write("old", page)
    half = []

    def stopped(self, text, encoding):
        self.write_bytes(b"half")
        half.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", stopped)
    with pytest.raises(KeyboardInterrupt):
        command.write("new", page)
    assert half
    assert list(tmp_path.iterdir()) == [page]
    assert page.read_bytes() == b"old"

    def interrupted(asked):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "make_report", interrupted)
    assert run("file.csv") == 130
    assert "No report was written" in capsys.readouterr().err


def test_ctrl_c_that_a_training_took_for_its_own_ends_the_report(tmp_path, monkeypatch, capsys):
    path = csv_files.write(tmp_path / "m.csv", csv_files.machine(rows=100))

    def swallowed(detector, cut):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return detector.fit(cut.train.X)

    monkeypatch.setattr(measuring, "fitted", swallowed)
    before = signal.getsignal(signal.SIGINT)
    assert run(path, "--output", tmp_path / "page.html") == 130
    assert list(tmp_path.iterdir()) == [path]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_folder_that_takes_no_file_is_told(tmp_path):
    with pytest.raises(remarks.ReportError, match="cannot be written"):
        command.write("page", tmp_path / "not there" / "page.html")


@pytest.mark.parametrize(
    ("alarms", "words"),
    [(0, "0 a day"), (3.75, "3.75 a day"), (0.95, "0.95 a day"), (0.0534, "one in 19 days")],
)
def test_few_alarms_are_told_in_days(alarms, words):
    assert page._a_day(alarms) == words


@pytest.mark.parametrize("lesson", remarks.LESSONS)
def test_every_lesson_that_is_named_is_there(lesson):
    name = remarks.LESSONS[lesson]
    assert name.startswith(lesson)
    assert (ROOT / "notebooks" / f"{name}.ipynb").exists()
