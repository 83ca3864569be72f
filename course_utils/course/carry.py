"""What a learner wrote into a lesson, and how it comes into another version of that lesson.

A learner's copy notes in its metadata which lesson it was made from, and a digest of each of that
lesson's cells. So three versions can be compared, with no more than the copy and the new lesson
at hand: what differs from the noted digest is the learner's, and where the new lesson's cell does
too, both have changed it. The note travels with the file, wherever it is moved or saved from.

An answer goes into its exercise; a cell of the learner's own goes behind the cell that it stood
behind; a cell of the lesson that the learner changed is put back if the lesson left it as it was.
The rest is named, and stays in the file that it came from, which nothing here writes to.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.course import lessons

import nbformat
from nbformat import NotebookNode

NOTE = "course"  # the name of our note in a notebook's metadata
ANSWERED = "answered"  # noted in the place of a digest, where the text was not the lesson's
# a lesson's ids are words; programs make up others for the cells that learners add
WORDS = re.compile(r"[a-z0-9-]{3,64}")
NUMBERS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")


class NotReadable(ValueError):
    """A file that holds no notebook; the text says what is wrong with it."""


@dataclass
class Carried:
    """What came of carrying: the notebook, and what was put into it and what was not.

    `answers` are names of exercises, of which `renewed` have changed since; `own` counts cells of
    the learner's own, `changed` are ids of the lesson's cells that hold the learner's text now.
    `left` says of each text that was not carried what it is and why. `unclear` counts cells that
    differ from the lesson's where nothing tells whether a learner or an older version wrote them.
    """

    notebook: NotebookNode
    answers: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    own: int = 0
    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unclear: int = 0

    @property
    def count(self) -> int:
        """How many texts were put into the notebook."""
        return len(self.answers) + self.own + len(self.changed)


def read(path: Path) -> NotebookNode:
    """Read any notebook, of an older format and without ids too, as it lies there.

    Raises
    ------
    NotReadable
        If the file is damaged, or no notebook.
    OSError
        If the file cannot be read at all.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        notebook = nbformat.reader.reads(text)
        if not {"cells", "worksheets"} & set(notebook):
            raise NotReadable("it has no cells")
        notebook = nbformat.convert(notebook, 4)
        for cell in notebook.cells:
            if not (isinstance(cell.source, str) and isinstance(cell.metadata, dict)):
                raise NotReadable("a cell has no text")
    except (AttributeError, KeyError, TypeError, ValueError, nbformat.ValidationError) as error:
        # of a damaged file nbformat's message quotes every line
        words = str(error.__cause__ or error).splitlines()[:1]
        raise NotReadable(f"{path.name} is no whole notebook ({' '.join(words)[:80]})") from None
    return notebook


def digest(cell: NotebookNode) -> str:
    """Return what tells a cell's text from another, whatever ends its lines."""
    lines = [line.rstrip() for line in cell.source.splitlines()]
    text = cell.cell_type + "\n" + "\n".join(lines).strip("\n")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def exercise_of(cell: NotebookNode) -> str | None:
    """Return the name of the exercise that a cell checks."""
    return next((name for _, name in lessons.exercise_cells(NotebookNode(cells=[cell]))), None)


def is_answered(cell: NotebookNode) -> bool:
    """Tell whether an exercise's cell holds more than the stub: a function with only `...`."""
    try:
        parts = ast.parse(cell.source).body
    except (SyntaxError, ValueError):  # the learner is in the middle of it
        return True
    functions = [each for each in parts if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    bodies = [each.body[ast.get_docstring(each) is not None :] for each in functions]
    return [[ast.unparse(line) for line in body] for body in bodies] != [["..."]]


def is_made_up(name: str) -> bool:
    """Tell whether a program made this id, as it does for a cell that a learner adds."""
    return bool(name) and not (WORDS.fullmatch(name) and not NUMBERS.fullmatch(name))


def id_of(cell: NotebookNode) -> str:
    """Return a cell's id, "" if it has none; Colab keeps it among the metadata."""
    return str(cell.get("id") or cell.metadata.get("id") or "")


def note_of(notebook: NotebookNode) -> tuple[str, dict[str, str]]:
    """Return what a copy notes: the lesson it was made from, and that lesson's digests by id.

    Both are empty where there is no note, or none that can be used.
    """
    note = notebook.metadata.get(NOTE)
    try:
        return str(note["lesson"]), dict(each.split(" ") for each in note["cells"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return "", {}


def fits(note: object, notebook: NotebookNode) -> bool:
    """Tell whether a note can be of a notebook's version: it has all cells that no one added."""
    noted = note_of(NotebookNode(metadata={NOTE: note}))[1]
    return {name for name in map(id_of, notebook.cells) if not is_made_up(name)} <= set(noted)


def make_note(notebook: NotebookNode, lesson: str) -> dict[str, object]:
    """Return what a copy of a stored lesson notes.

    Cells that a learner added to the stored notebook are not the lesson's and not noted, and the
    digest of an answer that was written into it is not noted as the lesson's text.
    """
    noted = []
    for cell in notebook.cells:
        if not is_made_up(cell.id):
            answered = exercise_of(cell) and is_answered(cell)
            noted.append(f"{cell.id} {ANSWERED if answered else digest(cell)}")
    return {"lesson": lesson, "cells": noted}


def fresh(stored: NotebookNode, lesson: str) -> NotebookNode:
    """Return a learner's copy of a stored lesson: with its note, and without outputs."""
    copy = nbformat.from_dict(stored)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    copy.metadata[NOTE] = make_note(stored, lesson)
    return copy


def is_untouched(copy: NotebookNode) -> bool:
    """Tell whether nothing was written into a copy, or run in it, since it was made."""
    cells = [(id_of(cell), digest(cell)) for cell in copy.cells]
    has_run = any(cell.get("outputs") or cell.get("execution_count") for cell in copy.cells)
    return cells == list(note_of(copy)[1].items()) and not has_run


def written_into(stored: NotebookNode) -> str:
    """Say what a learner wrote into a stored notebook; "" if it is as it was published."""
    noted = note_of(NotebookNode(metadata={NOTE: make_note(stored, "")}))[1]
    answers = [exercise_of(cell) for cell in stored.cells if noted.get(cell.id) == ANSWERED]
    own = len(stored.cells) - len(noted)
    cells = f"{own} cell{'s' * (own > 1)} of your own"
    return ", ".join(answers + [cells] * (own > 0))


def likeness(old: NotebookNode, lesson: NotebookNode) -> float:
    """Return which share of an older notebook's cells a lesson has, by ids and exercises."""
    noted = note_of(old)[1]
    ids = set(noted or filter(None, map(id_of, old.cells)))
    names = {exercise_of(cell) for cell in old.cells} - {None}
    shared = len(ids & {cell.id for cell in lesson.cells}) / max(len(ids), 1)
    solved = len(names & {exercise_of(cell) for cell in lesson.cells}) / max(len(names), 1)
    return max(shared, solved)


def carry(old: NotebookNode, into: NotebookNode, *, old_wins: bool = False) -> Carried:
    """Put what a learner wrote into another version of the same lesson.

    Parameters
    ----------
    old : NotebookNode
        Where the learner wrote: a copy with its note, or any older notebook.
    into : NotebookNode
        A learner's copy (see `fresh`); it is changed.
    old_wins : bool
        Whether an answer of `old` replaces another one in `into`. Otherwise that stands.

    Returns
    -------
    Carried
        Its `notebook` is `into`. Carrying the same once more carries nothing.
    """
    base, now = note_of(old)[1], note_of(into)[1]
    result = Carried(into)
    place = {cell.id: number for number, cell in enumerate(into.cells)}
    there = Counter(digest(cell) for cell in into.cells if cell.id not in now)
    behind: dict[int, list[NotebookNode]] = {}
    after = -1  # the place in `into` of the last cell that both have
    lesson = [cell for cell in into.cells if cell.id in now]
    exercises = {None, *map(exercise_of, lesson)}
    for cell, was, name in _pair(old.cells, base, lesson):
        if name is not None:
            after = place[name]
            target = into.cells[after]
            if digest(cell) == base.get(was):
                continue
            if base.get(was) != now[name]:
                cell = _with_calls_of(target, cell)
            if digest(cell) == digest(target):
                continue
            if not base and not (exercise_of(target) and is_answered(cell)):
                result.unclear += not exercise_of(target)
                continue
            _put(cell, after, result, (base.get(was), now[name]), old_wins)
        elif was is not None or (not base and exercise_of(cell) not in exercises):
            if base[was] != digest(cell) if base else is_answered(cell):
                result.left.append(f"{_title(cell, was)} (no longer in the lesson)")
        elif not base and not is_made_up(id_of(cell)) and id_of(cell) not in place:
            result.unclear += 1  # of an older version of the lesson, or a cell without an id
        elif there[digest(cell)]:
            there[digest(cell)] -= 1
        elif id_of(cell) in place and id_of(cell) not in now:  # carried before, and edited since
            if old_wins:
                into.cells[place[id_of(cell)]] = _without_outputs(cell, id_of(cell))
                result.own += 1
            else:
                result.left.append("a cell of your own (your copy has it in other words)")
        elif cell.source.strip():
            behind.setdefault(after, []).append(cell)
            result.own += 1
    _insert(into, behind)
    return result


def _pair(
    cells: list[NotebookNode], base: dict[str, str], lesson: list[NotebookNode]
) -> Iterator[tuple[NotebookNode, str | None, str | None]]:
    """Yield each cell, the id it had when the learner got it, and its id in the lesson now.

    Both are None for a cell of the learner's own. The id tells; where it was lost or is another
    now, the exercise that is checked does, or the text.
    """
    now = {cell.id: digest(cell) for cell in lesson}
    then = base or now
    ids = [id_of(cell) for cell in cells]
    by_text = {text: name for name, text in then.items() if name not in ids}
    exercises = {exercise_of(cell): cell.id for cell in lesson if exercise_of(cell)}
    taken = set()
    for cell, was in zip(cells, ids, strict=True):
        if was not in then or was in taken:
            was = by_text.get(digest(cell))
        name = was if was in now else None
        if name is None and exercises.get(exercise_of(cell)) not in {None, *ids}:
            name = exercises[exercise_of(cell)]
        was, name = (None if each in taken else each for each in (was, name))
        taken |= {was, name}
        yield cell, was, name


def _with_calls_of(target, cell):
    """Return an answer with the lesson's checks below it, where the learner left them alone."""
    exercise = exercise_of(target)
    calls = re.compile(rf"({exercise} = )?ex\.{exercise}\.(check|or_ours)\({exercise}\)")
    parts = [
        re.split(r"^(?=ex\.)", each.source, maxsplit=1, flags=re.M) for each in (cell, target)
    ]
    if not exercise or exercise_of(cell) != exercise or [len(each) for each in parts] != [2, 2]:
        return cell
    if not all(calls.fullmatch(line.strip()) for line in parts[0][1].split("\n") if line.strip()):
        return cell
    return NotebookNode(cell, source=parts[0][0] + parts[1][1])


def _put(cell, number, result, versions, old_wins):
    """Put what the learner made of a lesson's cell into its place, or say why not.

    `versions` are the digests of the lesson's own text, when the learner got it and now.
    """
    target = result.notebook.cells[number]
    exercise = exercise_of(target)
    reason = ""
    if exercise and exercise_of(cell) not in (exercise, None):
        reason = "another exercise stands there now"
    elif not exercise and versions[0] != versions[1]:
        reason = "the lesson has changed it too"
    elif not old_wins and digest(target) != versions[1]:
        reason = "your copy has another"
    if reason:
        result.left.append(f"{_title(cell, target.id)} ({reason})")
        return
    result.notebook.cells[number] = _without_outputs(cell, target.id)
    (result.answers if exercise else result.changed).append(exercise or target.id)
    if exercise and versions[0] != versions[1] and not {None, ANSWERED} & {*versions}:
        result.renewed.append(exercise)


def _title(cell, name):
    exercise = exercise_of(cell)
    return f"the answer to {exercise}" if exercise else f"your text of the cell {name}"


def _without_outputs(cell, name):
    """Return a cell of that id, as the learner wrote it: its text, metadata and pictures."""
    made = nbformat.from_dict(
        {"cell_type": cell.cell_type, "id": name, "metadata": cell.metadata, "source": cell.source}
    )
    if cell.cell_type == "code":
        made.update(outputs=[], execution_count=None)
    elif "attachments" in cell:
        made.attachments = nbformat.from_dict(cell.attachments)
    return made


def _insert(into, behind):
    """Put each cell behind the one it stood behind; -1 stands for the top."""
    used = {cell.id for cell in into.cells}
    cells = []
    for number in range(-1, len(into.cells)):
        cells += into.cells[number : number + 1] if number >= 0 else []
        for cell in behind.get(number, ()):
            name = id_of(cell)
            if not re.fullmatch(r"[\w-]{1,64}", name, re.ASCII) or name in used:
                name = nbformat.v4.new_raw_cell().id
            used.add(name)
            cells.append(_without_outputs(cell, name))
    into.cells = cells
