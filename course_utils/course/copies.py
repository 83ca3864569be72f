"""The learner's own copies of the lessons: made, brought up to date, started over.

Learners work in the folder `my_notebooks`, beside `notebooks`, so that links lead to the same
places from both. The stored notebooks are read and never written here, whatever stands in them.
A copy that the learner has written or run something in is never replaced before its file lies in
`my_notebooks/earlier`, byte for byte.
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from course_utils import files
from course_utils.course import carry, lessons

import nbformat

COPIES = lessons.ROOT / "my_notebooks"
EARLIER = "earlier"
ALIKE = 0.5  # from this share of common cells on, two notebooks are versions of one lesson


class CopiesError(Exception):
    """Why nothing could be done, and what to do about it."""


def refresh() -> list[str]:
    """Make the copies that are missing, and bring those up to date whose lesson has changed.

    Returns
    -------
    list of str
        A line about each copy that was made, changed or left alone for a reason; none if all
        copies are as they should be.

    Raises
    ------
    CopiesError
        If nothing can be written in the folder of the copies.
    """
    _check_writable()
    lines, made, replaced = [], [], []
    for lesson in lessons.LESSONS:
        path = COPIES / f"{lesson}.ipynb"
        try:
            stored = _stored(lesson)
            old = path if path.exists() else _renamed_since(stored)
            if old is not None:
                mine, content = _mine(old), old.read_bytes()
                if mine.metadata.get(carry.NOTE) == carry.make_note(stored, lesson):
                    continue
            new = carry.fresh(stored, lesson)
            if old is None:
                _write(new, path)
                made.append(lesson)
                lines += _said_of_answers(stored, lesson)
                continue
            if carry.is_untouched(mine):
                _write(new, path, content if old == path else None)
                replaced.append(lesson)
            else:
                result = carry.carry(mine, new, old_wins=True)
                _bytes(new)
                kept = _keep(old, content)
                _write(new, path, content if old == path else None)
                lines.append(f"{lesson}: the lesson has changed. {_told(result, kept)}")
            if old != path:
                old.unlink()
        except (CopiesError, OSError, carry.NotReadable) as error:
            lines.append(f"{lesson}: left as it is. {error}")
    first = []
    if made:
        which = "all lessons" if len(made) == len(lessons.LESSONS) else ", ".join(made)
        first.append(f"Made your own copies in {_named(COPIES)}: {which}.")
    if replaced:
        first.append(f"New versions, of copies with nothing of yours: {', '.join(replaced)}.")
    return first + lines


def restart(lesson: str) -> list[str]:
    """Put a learner's copy of a lesson aside and begin a new one.

    Parameters
    ----------
    lesson : str
        Its name, number or file: "04_backpropagation", "4" or "my_notebooks/04_….ipynb".

    Returns
    -------
    list of str
        What was done, and where the copy lies now.

    Raises
    ------
    CopiesError
        If nothing can be written in the folder of the copies.
    ValueError
        If there is no such lesson, or its stored notebook cannot be read.
    """
    name = lessons.path_of(Path(lesson).stem.zfill(2)).stem
    _check_writable()
    stored, path = _stored(name), COPIES / f"{name}.ipynb"
    new = carry.fresh(stored, name)
    content = path.read_bytes() if path.exists() else None
    if content is not None and _is_as(new, path):
        return [f"{name}: your copy is as new."]
    lines = [f"{name} starts over."]
    if content is not None:
        lines[0] += f" Your copy as it was: {_named(_keep(path, content))}."
        lines.append(
            "Is it open in JupyterLab? File > Reload Notebook from Disk shows the new one."
        )
    _write(new, path, content)
    return lines + _said_of_answers(stored, name)


def carry_from(source: Path | str) -> list[str]:
    """Carry a learner's work from an older download of the course into the copies.

    Parameters
    ----------
    source : Path or str
        The older course's folder, a folder with its notebooks, or one notebook. It is only read.

    Returns
    -------
    list of str
        A line about each notebook that something was carried from, or could not be.

    Raises
    ------
    CopiesError
        If there is no notebook, or nothing can be written in the folder of the copies.
    """
    found = _notebooks_in(Path(str(source).rstrip('"')))  # PowerShell: "C:\old course\"
    lines, notes, differ = refresh(), {}, []
    before = len(lines)
    for path in found:
        try:
            old = carry.read(path)
            lesson = _lesson_of(old, path)
            if lesson is None:
                lines.append(f"{path.name}: left alone. It belongs to no lesson.")
                continue
            # a copy notes what the stored notebook beside it was, unless that was replaced since
            note = notes.setdefault(lesson, old.metadata.get(carry.NOTE))
            if carry.fits(note, old):
                old.metadata.setdefault(carry.NOTE, note)
            target = COPIES / f"{lesson}.ipynb"
            into, content = _mine(target), target.read_bytes()
            untouched = carry.is_untouched(into)
            result = carry.carry(old, into)
            said = f"{lesson}: {_told(result, path)}"
            if result.count:
                _bytes(into)
                kept = "" if untouched else _named(_keep(target, content))
                _write(into, target, content)
                said += f" Your copy as it was: {kept}." if kept else ""
            if result.count or result.left:
                lines.append(said)
            elif result.unclear:
                differ.append(lesson)
        except (CopiesError, OSError, carry.NotReadable) as error:
            lines.append(f"{path.name}: left alone. {error}")
    if differ:
        lines.append(f"No answers; some text differs, as an older one does: {', '.join(differ)}.")
    if len(lines) == before:
        lines.append(f"Your copies have all that was written in {source}.")
    return lines


def _check_writable():
    try:
        COPIES.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=COPIES):
            return
    except OSError as error:
        raise CopiesError(
            f"Nothing can be written in {COPIES} ({error.strerror}). "
            "Move the course into a folder of your own."
        ) from None


def _stored(lesson):
    """Read a stored lesson; its cells must have their ids."""
    path = lessons.path_of(lesson)
    try:
        notebook = carry.read(path)
    except FileNotFoundError:
        raise carry.NotReadable(f"{_named(path)} is missing.{_cure(path)}") from None
    except carry.NotReadable as error:
        raise carry.NotReadable(f"{error}.{_cure(path)}") from None
    ids = [carry.id_of(cell) for cell in notebook.cells]
    if not all(cell.get("id") for cell in notebook.cells) or len({*ids}) < len(ids):
        raise carry.NotReadable(f"{path.name} has lost the ids of its cells.{_cure(path)}")
    return notebook


def _mine(path):
    """Read a learner's copy."""
    try:
        return carry.read(path)
    except carry.NotReadable as error:
        raise carry.NotReadable(
            f"{error}. `python -m course_utils restart {path.stem}` puts it aside and begins "
            "anew; a whole one may lie in .ipynb_checkpoints."
        ) from None


def _is_as(new, path):
    """Tell whether a copy is as new: opened perhaps, but neither written nor run in."""
    try:
        mine = carry.read(path)
    except carry.NotReadable:
        return False
    return carry.is_untouched(mine) and mine.metadata[carry.NOTE] == new.metadata[carry.NOTE]


def _cure(path):
    """Say how to bring a stored lesson back."""
    if (lessons.ROOT / ".git").exists():
        return f" `git restore {_named(path)}` brings the lesson back as it was."
    return " A new download of the course has the lesson as it was."


def _said_of_answers(stored, lesson):
    """Return a line if a learner has written into the stored notebook."""
    path, found = lessons.path_of(lesson), carry.written_into(stored)
    said = f"{_named(path)} holds work of yours ({found}); your copy has it too.{_cure(path)}"
    return [said] if found else []


def _renamed_since(stored):
    """Return the copy of the lesson that this one was in an older version, or None."""
    found = {}
    for path in sorted(COPIES.glob("*.ipynb")):
        if path.stem not in lessons.LESSONS:
            try:
                old = carry.read(path)
            except (OSError, carry.NotReadable):
                continue
            if carry.note_of(old)[0] == path.stem:  # and no file that the learner named
                found[path] = carry.likeness(old, stored)
    best = max(found, key=found.get, default=None)
    return best if best and found[best] >= ALIKE else None


def _lesson_of(notebook, path):
    """Return the lesson that a notebook belongs to: by its note, its name, or its cells."""
    for name in (carry.note_of(notebook)[0], path.stem):
        if name in lessons.LESSONS:
            return name
    alike = {name: carry.likeness(notebook, _stored(name)) for name in lessons.LESSONS}
    best = max(alike, key=alike.get)
    return best if alike[best] >= ALIKE else None


def _notebooks_in(source):
    if source.is_file():
        return [source]
    for folders in ((COPIES.name, lessons.NOTEBOOKS.name), (".",)):
        found = [path for name in folders for path in sorted((source / name).glob("*.ipynb"))]
        found = [path for path in found if path.resolve().parent != COPIES.resolve()]
        if found:
            return found
    raise CopiesError(
        f"There is no notebook in {source}. Name the folder of the older course or its notebooks."
    )


def _bytes(notebook):
    try:
        nbformat.validate(notebook)
        return (nbformat.writes(notebook) + "\n").encode("utf-8")
    except (UnicodeEncodeError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise CopiesError(f"What is in it makes no valid notebook ({reason[:80]}).") from None


def _write(notebook, path, content=None):
    """Write a copy where `content` lies, or nothing if that is None."""
    data = _bytes(notebook)
    if (path.read_bytes() if path.exists() else None) != content:
        raise CopiesError("It was saved just now; repeat the command.")
    with files.replacing(path) as half:
        half.write_bytes(data)


def _keep(path, content):
    """Put the bytes of a copy into the folder of earlier ones; return where they lie."""
    folder = COPIES / EARLIER
    folder.mkdir(exist_ok=True)
    for number in itertools.count(1):
        kept = folder / f"{path.stem}_{number}.ipynb"
        try:
            with open(kept, "xb") as file:
                file.write(content)
            return kept
        except FileExistsError:
            if kept.read_bytes() == content:
                return kept


def _named(path):
    """Return a path as the learner sees it from the course's folder."""
    return path.relative_to(lessons.ROOT).as_posix() if path.is_relative_to(lessons.ROOT) else path


def _told(result, source):
    """Say in a line what was carried and what was not."""
    what = []
    if result.answers:
        what.append(f"{_count(result.answers, 'answer')} ({', '.join(result.answers)})")
    if result.own:
        what.append(_count(result.own, "cell") + " of your own")
    if result.changed:
        what.append("your text of " + ", ".join(result.changed))
    words = [f"Carried: {'; '.join(what) or 'nothing'}."]
    if result.renewed:
        words.append(f"Changed since you answered: {', '.join(result.renewed)}.")
    if result.left:
        words.append(f"Not carried: {'; '.join(result.left)}.")
    if result.unclear:
        words.append(
            f"Not carried: {_count(result.unclear, 'cell')}, yours or of an older version."
        )
    return " ".join([*words, f"All of it is in {_named(source)}."])


def _count(things, word):
    number = things if isinstance(things, int) else len(things)
    return f"{number} {word}{'s' * (number != 1)}"
