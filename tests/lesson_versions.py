"""A small lesson, and what learners and courses do to it."""

from course_utils.course import carry

import nbformat

STUB = '''def double(x):
    """Return x."""
    ...


ex.double.check(double)
double = ex.double.or_ours(double)'''


def cell(name, source, kind="code"):
    make = getattr(nbformat.v4, f"new_{kind}_cell")
    return make(source, id=name)


def lesson(cells=0):
    """Return a stored lesson of seven cells, and of `cells` paragraphs before its end."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            cell("title", "# The lesson", "markdown"),
            cell("prose", "Some words.", "markdown"),
            cell("show", "print(1)"),
            cell("double-stub", STUB),
            cell("halve-task", "### Exercise 2", "markdown"),
            cell("halve-stub", STUB.replace("double", "halve")),
            *(cell(f"paragraph-{n}", f"Paragraph {n}.", "markdown") for n in range(cells)),
            cell("end", "## Recap", "markdown"),
        ]
    )
    for each in notebook.cells:
        if each.cell_type == "code":
            each.execution_count = 1
            each.outputs = [nbformat.v4.new_output("stream", text="1\n")]
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook


def copy_of(stored, name="04_lesson"):
    return carry.fresh(stored, name)


def answer(notebook, exercise, line):
    """Write the line in the place of an exercise's dots."""
    (stub,) = [each for each in notebook.cells if f"ex.{exercise}.check(" in each.source]
    stub.source = stub.source.replace("...", line)


def edited_by_learner(copy, rng):
    """Return the copy after some edits in any order, and all texts that the learner wrote."""
    given = {each.source for each in copy.cells}
    for number in range(rng.randrange(8)):
        cells = copy.cells
        place = rng.randrange(len(cells)) if cells else 0
        some = cells[place] if cells else cell("00000000", "", "markdown")
        kind = rng.choice(
            ["answer", "add", "edit", "delete", "move", "split", "merge", "double", "lose id"]
        )
        if kind == "answer" and "..." in some.source:
            some.source = some.source.replace("...", f"return x + {number}")
        elif kind == "add":
            new = cell(f"{rng.randrange(16**8):08x}", f"own {rng.randrange(3)}")
            cells.insert(rng.randrange(len(cells) + 1), new)
        elif kind == "edit":
            some.source += f"\n# edited {number}"
        elif kind == "delete" and cells:
            del cells[place]
        elif kind == "move" and cells:
            cells.insert(rng.randrange(len(cells)), cells.pop(place))
        elif kind == "split" and "\n" in some.source:
            head, some.source = some.source.split("\n", 1)
            cells.insert(place, cell(f"{rng.randrange(16**8):08x}", head))
        elif kind == "merge" and place + 1 < len(cells):
            some.source += "\n" + cells.pop(place + 1).source
        elif kind == "double" and cells:
            cells.insert(place, nbformat.from_dict(some))
        elif kind == "lose id":
            some.pop("id", None)
    return copy, [each.source for each in copy.cells if each.source not in given]


def edited_by_course(stored, rng):
    """Return the lesson's next version."""
    for number in range(rng.randrange(6)):
        place = rng.randrange(len(stored.cells))
        some = stored.cells[place]
        kind = rng.choice(["edit", "delete", "add", "move", "rename", "replace"])
        if kind == "edit":
            some.source = some.source.replace("Return x.", "Return it.") + f"\n# version {number}"
        elif kind == "delete" and len(stored.cells) > 1:
            del stored.cells[place]
        elif kind == "add":
            stored.cells.insert(place, cell(f"added-{number}", f"Added {number}.", "markdown"))
        elif kind == "move":
            stored.cells.insert(rng.randrange(len(stored.cells)), stored.cells.pop(place))
        elif kind == "rename":
            some.id = f"renamed-{number}"
        elif kind == "replace":
            some.source = some.source.replace("double", "treble")
    return stored
