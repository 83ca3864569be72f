"""What must hold on every device: `python tests/on_device.py DEVICE RESULTS CHECK…`.

`test_device_placement.py` starts it, since the stand-in device changes torch for the rest of a
process. DEVICE is "standin" or one that torch knows, such as "cuda". Every CHECK is one of
`CHECKS` or the path of a notebook; RESULTS is the JSON file that tells for each what went wrong.
"""

import ast
import functools
import itertools
import json
import os
import re
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

from course_utils import baselines, data, detectors, runtime, training
from course_utils.course import lessons
from course_utils.detectors import image
from course_utils.detectors.table import TableDetector
from course_utils.evaluation import table

import numpy as np
import stand_in_device
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook


def kinds_of(base):
    """Return the package's detectors of a kind; one that is added is tested from then on."""
    named = (getattr(detectors, name) for name in detectors.__all__)
    return [kind for kind in named if isinstance(kind, type) and issubclass(kind, base)]


DETECTORS, IMAGE_DETECTORS = kinds_of(TableDetector), kinds_of(image.ImageDetector)
TRAINS = re.compile(r"\.backward\(|training\.fit\(")
FEW = 3  # steps of a loop that trains, where a lesson would take hundreds
SEEDS = 2  # runs that differ by their seed, enough for a spread
MOST_SEEDS = 5  # of a table; more of them are a picture, with a place for each


class Elsewhere(AssertionError):
    """Something was computed on another device than the one that was asked for."""


# ---------------------------------------------------------------------------- the training loop


def small_table(rows=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(rows, 3, generator=generator)
    return X, X.sum(dim=1, keepdim=True)


def network(seed=0):
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 1))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for each in model.parameters():
            each.copy_(torch.randn(each.shape, generator=generator))
    return model


def noisy(generator, mask=None, move=True):
    """A loss with noise from a generator of the CPU and a mask, both moved unless told not to."""
    mask = torch.ones(1, 3) if mask is None else mask

    def loss(model, inputs, targets):
        noise = torch.randn(inputs.shape, generator=generator)
        noise = noise.to(inputs.device) if move else noise
        outputs = model((inputs + 0.1 * noise) * mask.to(inputs.device))
        return (outputs - targets).square().mean()

    return loss


def train(device, loss=None, model=None, **choices):
    generator = torch.Generator().manual_seed(3)
    model = network() if model is None else model
    loss = noisy(generator) if loss is None else loss
    settings = {
        "epochs": 6,
        "batch_size": 16,
        "validation": small_table(20, seed=1),
        "patience": 5,
    }
    training.fit(
        model, loss, small_table(), generator=generator, device=device, **{**settings, **choices}
    )
    return model


def assert_same_model(ours, theirs, device):
    for name, tensor in ours.state_dict().items():
        assert_near(tensor.cpu(), theirs.state_dict()[name].cpu(), device)


def assert_near(ours, theirs, device, tolerance=1e-6):
    tolerance = tolerance if device == stand_in_device.NAME else 1e-2  # a card rounds otherwise
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=tolerance, atol=1e-6)


def all_on(model, device):
    places = {each.device.type for each in model.state_dict().values()}
    if places != {device}:
        raise Elsewhere(f"the model is on {places}, not on {device}.")


def training_ends_where_it_does_on_the_cpu(device):
    model = train(device)
    all_on(model, device)
    assert_same_model(model, train("cpu"), device)


def resumed_training_is_the_unbroken_one(device):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.pt"
        train(device, checkpoint=path, epochs=2)
        resumed = train(device, checkpoint=path)
        all_on(resumed, device)
        assert_same_model(resumed, train(device), device)
        # what was saved on the device can be taken up on the CPU, and the other way round
        path.unlink()
        train(device, checkpoint=path, epochs=2)
        assert_same_model(train("cpu", checkpoint=path), train("cpu"), device)
        path.unlink()
        train("cpu", checkpoint=path, epochs=2)
        assert_same_model(train(device, checkpoint=path), train("cpu"), device)


def counts_of_adam_are_where_torch_keeps_them(device):
    """A state that is put on the device whole would make each step wait for the device."""
    places = []

    def keep(optimiser, *_):
        places.append({each["step"].device.type for each in optimiser.state.values()})

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.pt"
        train(device, checkpoint=path, epochs=2)
        handle = register_optimizer_step_post_hook(keep)
        train(device, checkpoint=path)
        handle.remove()
    assert places[-1] == {"cpu"}, places


# --------------------------------------------------------------------------------- detectors


def rows(count=120, columns=5, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, columns)) @ generator.normal(size=(columns, columns))


def quick(kind, device):
    steps = {name: 5 for name in kind().get_params() if name.endswith("steps")}
    return kind(members=2, device=device, **steps)


def detector_check(kind):
    def check(device):
        X, new = rows(), rows(seed=1)
        on_cpu = quick(kind, "cpu").fit(X)
        detector = quick(kind, torch.device(device)).fit(X)
        all_on(detector.network_, device)
        assert_near(detector.decision_scores_, on_cpu.decision_scores_, device)
        scores, shares = detector.decision_function(new), detector.feature_scores(new)
        assert_near(scores, on_cpu.decision_function(new), device)
        assert_near(shares, on_cpu.feature_scores(new), device)
        with tempfile.TemporaryDirectory() as folder:
            detector.save(Path(folder) / "detector.pt")
            for place in (device, "cpu"):
                loaded = detectors.load(Path(folder) / "detector.pt").set_params(device=place)
                assert_near(loaded.decision_function(new), scores, device)
                assert_near(loaded.feature_scores(new), shares, device)
                all_on(loaded.network_, place)
        # one that was fitted on the device can go on on the CPU
        assert_near(detector.set_params(device="cpu").decision_function(new), scores, device)

    return check


def image_detector_check(kind):
    # forty layers deep, and the devices add up in different orders
    near = functools.partial(assert_near, tolerance=1e-4)

    def check(device):
        X = np.random.default_rng(0).integers(0, 256, (9, 40, 48, 3), dtype=np.uint8)
        choices = {"sizes": (64, 96), "blocks": (4, 10)}
        on_cpu = kind(**choices, device="cpu").fit(X[:5])
        detector = kind(**choices, device=torch.device(device)).fit(X[:5])
        all_on(detector.network_, device)
        near(detector.decision_scores_, on_cpu.decision_scores_, device)
        near(detector.decision_function(X), on_cpu.decision_function(X), device)
        near(detector.heatmap(X), on_cpu.heatmap(X), device)
        with tempfile.TemporaryDirectory() as folder:
            detector.save(Path(folder) / "detector.pt")
            loaded = detectors.load(Path(folder) / "detector.pt").set_params(device=device)
            near(loaded.decision_function(X), on_cpu.decision_function(X), device)

    return check


# ---------------------------------------------------------- what must be caught, each by itself


def input_left_behind(device):
    network().to(device)(small_table()[0])


def target_left_behind(device):
    targets = small_table()[1][:8]
    train(device, lambda model, inputs, _: (model(inputs)[:2] - targets[:2]).square().mean())


def mask_left_behind(device):
    mask = torch.ones(1, 3)
    train(device, lambda model, inputs, targets: (model(inputs * mask) - targets).abs().mean())


def noise_left_behind(device):
    train(device, noisy(torch.Generator().manual_seed(0), move=False))


def generator_of_the_cpu(device):
    torch.randn(3, 2, device=device, generator=torch.Generator().manual_seed(0))


def generator_of_the_cpu_in_place(device):
    torch.empty(3, 2, device=device).uniform_(generator=torch.Generator().manual_seed(0))


def saved_weights_left_behind(device):
    model = network().to(device)
    model.load_state_dict(network(1).state_dict(), assign=True)
    model(small_table()[0].to(device))


def saved_optimiser_left_behind(device):
    model = network().to(device)
    optimiser = torch.optim.Adam(model.parameters())
    model(small_table()[0].to(device)).sum().backward()
    optimiser.step()
    for state in optimiser.state.values():
        state["exp_avg"] = state["exp_avg"].cpu()
    optimiser.step()


def saved_generator_state_on_the_device(device):
    generator = torch.Generator()
    generator.set_state(generator.get_state().to(device))


def buffer_that_is_none(device):
    class Centred(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)
            self.centre = torch.ones(3)  # not registered, so .to(device) leaves it where it is

        def forward(self, inputs):
            return self.layer(inputs) - self.centre

    Centred().to(device)(small_table()[0].to(device))


def numpy_from_the_device(device):
    np.asarray(torch.ones(3, device=device))


def parts_of_two_devices_joined(device):
    torch.cat([torch.ones(2, device=device), torch.ones(2)])


def result_left_on_the_cpu(device):
    torch.zeros(3).add_(torch.ones(3, device=device))


def detector_with_noise_left_behind(device):
    class Noisy(detectors.AutoEncoder):
        def _errors(self, network, inputs):
            return super()._errors(network, inputs + torch.zeros(inputs.shape))

    quick(Noisy, device).fit(rows())


def detector_scored_with_a_scale_left_behind(device):
    class Scaled(detectors.AutoEncoder):
        def _score(self, inputs):
            return super()._score(inputs) / torch.ones(len(inputs))

    quick(Scaled, device).fit(rows())


CAUGHT = [
    input_left_behind,
    target_left_behind,
    mask_left_behind,
    noise_left_behind,
    generator_of_the_cpu,
    generator_of_the_cpu_in_place,
    saved_weights_left_behind,
    saved_optimiser_left_behind,
    saved_generator_state_on_the_device,
    buffer_that_is_none,
    numpy_from_the_device,
    parts_of_two_devices_joined,
    result_left_on_the_cpu,
    detector_with_noise_left_behind,
    detector_scored_with_a_scale_left_behind,
]


def must_be_caught(mistake):
    """Turn a mistake into a check that passes when torch refuses it, and not otherwise."""

    def check(device):
        mistake("cpu")  # alone, it is no mistake
        try:
            mistake(device)
        except (RuntimeError, TypeError) as error:
            if not any(word in str(error) for word in ("device", "ByteTensor", "numpy()")):
                raise  # it failed for another reason
        else:
            raise AssertionError(f"{mistake.__name__} went unnoticed on {device}.")

    return check


CHECKS = {
    "training": training_ends_where_it_does_on_the_cpu,
    "resumed": resumed_training_is_the_unbroken_one,
    "adam": counts_of_adam_are_where_torch_keeps_them,
    **{kind.__name__: detector_check(kind) for kind in DETECTORS},
    **{kind.__name__: image_detector_check(kind) for kind in IMAGE_DETECTORS},
    **{each.__name__: must_be_caught(each) for each in CAUGHT},
}


# ----------------------------------------------------------------------------------- lessons


class Shortener(ast.NodeTransformer):
    """Lets every loop that takes training steps end after a few, and one over seeds after two.

    A step is a call of `backward`, or of a function of the notebook that takes one outside of
    any loop of its own.
    """

    def __init__(self):
        self.steppers = {"backward"}

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


def lesson_trains_on(device, path):
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
    make_textures, company = data.make_textures, table.ALWAYS
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
        data.make_textures, table.ALWAYS = make_textures, company
    checked = {cell.id for cell, _ in lessons.exercise_cells(notebook)}
    strays = [name for name, places in steps.items() if set(places) != {device}]
    if strays := sorted(set(strays) - checked):
        raise Elsewhere(f"the cells {', '.join(strays)} train elsewhere than on {device}.")
    if not any(places[device] for places in steps.values()):
        raise Elsewhere(f"no cell trains on {device}.")


def lessons_that_train():
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


def main(device, results, *names):
    """Make the checks and write down what went wrong, or null, for each."""
    os.environ["COURSE_STRICT"] = "0"  # a few steps do not reach a lesson's numbers
    os.environ["MPLBACKEND"] = "agg"
    if device == stand_in_device.NAME:
        stand_in_device.install()
    found = {}
    for name in names:
        try:
            if name in CHECKS:
                CHECKS[name](device)
            else:
                lesson_trains_on(device, name)
            found[name] = None
        except Exception:
            found[name] = traceback.format_exc()
        Path(results).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
