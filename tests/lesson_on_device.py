"""A lesson on another device than the CPU, with few steps: does it train where it should?

`on_device.py` runs it, in a process whose torch knows the device.
"""

import ast
import functools
import itertools
import re
from collections import Counter
from pathlib import Path

from course_utils import baselines, data, plots, runtime, training
from course_utils.course import lessons
from course_utils.evaluation import table

import stand_in_device
from torch.optim.optimizer import register_optimizer_step_post_hook

TRAINS = re.compile(r"\.backward\(|training\.fit\(")
EXERCISES_THAT_STEP = ("critic_step", "generator_step")  # lesson 11 plays on with them
FEW = 3  # steps of a loop that trains, where a lesson would take hundreds
SEEDS = 2  # runs that differ by their seed, enough for a spread
MOST_SEEDS = 5  # of a table; more of them are a picture, with a place for each


class Elsewhere(AssertionError):
    """Something was computed on another device than the one that was asked for."""


class Shortener(ast.NodeTransformer):
    """Lets every loop that takes training steps end after a few, and one over seeds after two.

    A step is a call of `backward`, or of a function of the notebook that takes one outside of
    any loop of its own.
    """

    def __init__(self):
        self.steppers = {"backward", *EXERCISES_THAT_STEP}

    def visit_FunctionDef(self, node):
        """Learn whether the function takes a step."""
        self.generic_visit(node)
        if self._steps(node.body):
            self.steppers.add(node.name)
        return node

    def visit_For(self, node):
        """Cut the loop short if it steps itself."""
        self.generic_visit(node)
        if self._steps(node.body):
            node.iter = self._few(node.iter)
        if not any(map(_keeps_by_seed, ast.walk(node))):  # what is kept is asked for later
            node.iter = self._two_seeds(node.target, node.iter)
        return node

    def visit_DictComp(self, node):
        """Leave all seeds of what is found by its seed later: {(name, seed): … for seed in …}."""
        if not any(getattr(each, "id", None) == "seed" for each in ast.walk(node.key)):
            return self.generic_visit(node)
        node.value = self.visit(node.value)
        return node

    def visit_comprehension(self, node):
        """Leave two seeds of more."""
        self.generic_visit(node)
        node.iter = self._two_seeds(node.target, node.iter)
        return node

    def visit_keyword(self, node):
        """Leave as many names of runs as there are runs."""
        self.generic_visit(node)
        if node.arg == "keys":
            node.value = self._two_seeds(ast.Name("seed"), node.value)
        return node

    def visit_ListComp(self, node):
        """Cut it short if it steps."""
        self.generic_visit(node)
        if self._steps([node.elt]):
            node.generators[-1].iter = self._few(node.generators[-1].iter)
        return node

    def _steps(self, nodes):
        """Say whether a step is taken here, outside of inner loops and functions."""
        inner = (ast.For, ast.While, ast.ListComp, ast.FunctionDef, ast.ClassDef, ast.Lambda)
        for node in nodes:
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", None))
                if name in self.steppers:
                    return True
            if not isinstance(node, inner) and self._steps(ast.iter_child_nodes(node)):
                return True
        return False

    def _two_seeds(self, target, iterable):
        """Return `range(2)` for a longer range of seeds: all of them are placed alike."""
        match target, iterable:
            case ast.Name("seed"), ast.Call(ast.Name("range"), [ast.Constant(int(count))]) if (
                SEEDS < count <= MOST_SEEDS
            ):
                iterable.args[0].value = SEEDS
        return iterable

    def _few(self, iterable):
        call = ast.Call(ast.Name("_few", ast.Load()), [iterable], [])
        return ast.fix_missing_locations(ast.copy_location(call, iterable))


def _keeps_by_seed(node):
    """Say whether something is put where it is found by its seed: fitted[name, seed] = …"""
    stored = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    return stored and any(getattr(each, "id", None) == "seed" for each in ast.walk(node.slice))


def few(iterable, named):
    """Return the first few of a loop's items, the last, and the numbers that are named."""
    if not hasattr(iterable, "__len__"):
        return itertools.islice(iterable, FEW)
    items = list(iterable)
    rest = [each for each in items[FEW:-1] if isinstance(each, int) and each in named]
    return items[:FEW] + rest + items[FEW:][-1:]


def numbers_in(notebook):
    """Return the whole numbers that stand in a notebook's code."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return {int(each) for each in re.findall(r"\b\d+\b", code.replace("_", ""))}


def trains_on(device, path):
    """Run a notebook as it is stored, and see that its training is on the device.

    First with loops of a few steps. Where a cell cannot live with that, from a fresh start with
    all of them.
    """
    notebook = lessons.read(Path(path))
    try:
        run_cells(notebook, device, shortened=True)
    except (stand_in_device.PlacementError, Elsewhere):
        raise
    except Exception as error:
        print(f"once more with all steps, since: {error!r}")
        run_cells(notebook, device, shortened=False)


def run_cells(notebook, device, *, shortened):
    """Run the code cells one after the other, as in a notebook, on the device."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    fit, steps = training.fit, {}
    make_textures, company, show = data.make_textures, table.ALWAYS, plots.show
    # what is never on the device: its numbers are not looked at
    cheap_company = dict.fromkeys(company, lambda seed: baselines.RandomScores(seed=seed))

    def short_fit(*args, epochs=10, steps_per_epoch=None, **choices):
        few = {"epochs": min(epochs, 2), "steps_per_epoch": min(steps_per_epoch or FEW, FEW)}
        return fit(*args, **choices, **few)

    def few_textures(*args, rows, **choices):
        return make_textures(*args, rows=rows // 2, **choices)

    if shortened:
        shell.ast_transformers.append(Shortener())
        shell.user_ns["_few"] = functools.partial(few, named=numbers_in(notebook))
        training.fit = short_fit
        data.make_textures, table.ALWAYS = few_textures, cheap_company
        plots.show = lambda figure, caption: None  # figures are drawn from what left the device

    def note_step(optimiser, *_):
        places = {each.device.type for group in optimiser.param_groups for each in group["params"]}
        steps.setdefault(cell.id, Counter()).update(places)

    hook = register_optimizer_step_post_hook(note_step)
    known, runtime.device = runtime.device, lambda: device
    try:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                result = shell.run_cell(cell.source)
                problem = result.error_before_exec or result.error_in_exec
                if problem is not None:
                    problem.add_note(f"in the cell {cell.id}")
                    raise problem
    finally:
        hook.remove()
        training.fit, runtime.device = fit, known
        data.make_textures, table.ALWAYS, plots.show = make_textures, company, show
    checked = {cell.id for cell, _ in lessons.exercise_cells(notebook)}
    strays = [name for name, places in steps.items() if set(places) != {device}]
    if strays := sorted(set(strays) - checked):
        raise Elsewhere(f"the cells {', '.join(strays)} train elsewhere than on {device}.")
    if not any(places[device] for places in steps.values()):
        raise Elsewhere(f"no cell trains on {device}.")


def that_train():
    """Return the paths of all notebooks that ask for a device and train in PyTorch."""
    found = []
    for path in sorted(lessons.NOTEBOOKS.glob("*.ipynb")):
        code = code_of(path)
        if "runtime.device()" in code and TRAINS.search(code):
            found.append(path)
    return found


def code_of(path):
    """Return the code cells of a notebook as one text."""
    cells = lessons.read(path).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")
