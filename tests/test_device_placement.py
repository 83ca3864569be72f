"""Training, detectors and lessons on another device than the CPU, where there is none too.

The stand-in device (`stand_in_device.py`) refuses tensors of mixed devices as a graphics card
does. Where torch finds a card, the same checks run on it as well.
"""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from course_utils.course import lessons

import lesson_on_device
import nbformat
import on_device
import pytest
import stand_in_device
import torch

HERE = Path(__file__).resolve().parent
DEVICES = [stand_in_device.NAME] + ["cuda"] * torch.cuda.is_available()
LESSONS = tuple(lesson_on_device.that_train())
ON_THE_CPU = {"20": "its online network is NumPy's", "22": "its ranks share one, by gloo"}
ON_EVERY_DEVICE = pytest.mark.parametrize("device", DEVICES)


@functools.cache
def outcomes(device, names):
    """Make checks in a process of their own; return what went wrong with each, or None."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        environment = os.environ | {"COURSE_PROGRESS": str(Path(folder) / "progress.json")}
        # on Windows a pipe has its own code page, which knows no ✓
        environment |= {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "on_device.py", device, str(results), *map(str, names)]
        done = subprocess.run(
            command, cwd=HERE, env=environment, capture_output=True, encoding="utf-8", timeout=3600
        )
        found = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    missing = f"the process ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return {name: found.get(str(name), missing) for name in names}


@ON_EVERY_DEVICE
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_that_trains_in_pytorch_does_so_on_the_device(path, device):
    problem = outcomes(device, LESSONS)[path]
    assert problem is None, problem


def test_every_lesson_that_trains_in_pytorch_asks_for_the_device():
    for lesson in lessons.LESSONS:
        path = lessons.path_of(lesson)
        # lesson 05 holds torch against NumPy on the CPU, before a lesson tells of devices
        if lesson < "09" or lesson[:2] in ON_THE_CPU:
            continue
        if lesson_on_device.TRAINS.search(lesson_on_device.code_of(path)):
            assert path in LESSONS, f"{lesson} trains without runtime.device()"


def test_every_lesson_that_takes_a_detectors_network_says_where_it_is():
    """On a machine with a GPU it is there, and rows from NumPy are not."""
    for lesson in lessons.LESSONS:
        code = lesson_on_device.code_of(lessons.path_of(lesson))
        if re.search(r"\.network_\b", code):
            assert re.search(r"runtime\.device\(\)|device=\"cpu\"", code), lesson


# -------------------------------------------------------- the check of lessons, on a small one

CELLS = {
    "imports": "import torch\nfrom torch import nn\nfrom course_utils import runtime, training",
    "device": "device = runtime.device()",
    "data": "generator = torch.Generator().manual_seed(0)\n"
    "X = torch.randn(600, 4, generator=generator).to(device)\n"
    "steps_taken = 0",
    "network": "model = nn.Linear(4, 4).to(device)\n"
    "optimiser = torch.optim.SGD(model.parameters(), lr=0.01)",
    "step": "def step(batch):\n"
    "    global steps_taken\n"
    "    noise = torch.randn(batch.shape, generator=generator).to(device)\n"
    "    loss = (model(batch + noise) - batch).square().mean()\n"
    "    optimiser.zero_grad()\n"
    "    loss.backward()\n"
    "    optimiser.step()\n"
    "    steps_taken += 1\n"
    "    return loss.item()",
    "train": "losses = []\n"
    "for epoch in range(4):\n"
    "    losses.append(sum([step(batch) for batch in X.split(10)]))\n"
    "    for batch in X.split(10):\n"
    "        step(batch)",
    "look": "print(len(losses), '✓')\nscores = model(X).detach().cpu().numpy()\nscores.mean()",
    "seen": "assert len(losses) == 4\nassert steps_taken == 4 * (4 + 4), steps_taken",
}


MISPLACED = {
    "the input": ("train", {"data": CELLS["data"].replace(".to(device)", "")}),
    "the network": ("train", {"network": CELLS["network"].replace(".to(device)", "")}),
    "the noise": ("train", {"step": CELLS["step"].replace(".to(device)", "")}),
    "the generator": (
        "train",
        {"step": CELLS["step"].replace("=generator)", "=generator, device=device)")},
    ),
    "the scores": ("look", {"look": "model(X).detach().numpy()"}),
}
SMALL = {name: changes for name, (_, changes) in MISPLACED.items()} | {
    "right": {},
    "all steps needed": {"seen": "assert steps_taken == 4 * (60 + 60)"},
    "on the CPU": {"device": 'runtime.device()\ndevice = "cpu"'},
    "unknown name": {"look": "undefined_name"},
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A function from a device to what went wrong with each check and small notebook, by name."""
    folder, paths = tmp_path_factory.mktemp("small"), {}
    for name, changes in SMALL.items():
        cells = [
            nbformat.v4.new_code_cell(source, id=cell)
            for cell, source in (CELLS | changes).items()
        ]
        paths[name] = folder / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), paths[name])

    def on(device):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONIOENCODING", "cp1252")  # as on Windows; a lesson's ✓ is not in it
            found = outcomes(device, (*on_device.CHECKS, *paths.values()))
        return {name: found[paths.get(name, name)] for name in (*on_device.CHECKS, *paths)}

    return on


@pytest.fixture
def small(checked):
    """What went wrong with each small notebook, by its name."""
    return checked(stand_in_device.NAME)


@ON_EVERY_DEVICE
@pytest.mark.parametrize("name", on_device.CHECKS)
def test_on_the_device(checked, name, device):
    problem = checked(device)[name]
    assert problem is None, problem


@pytest.mark.parametrize("name", ["right", "all steps needed"])
def test_a_lesson_that_is_right_passes(small, name):
    assert small[name] is None, small[name]


@pytest.mark.parametrize("what", MISPLACED)
def test_a_lesson_that_misplaces_a_tensor_is_caught(small, what):
    assert re.search("PlacementError|numpy", small[what]), small[what]
    assert f"in the cell {MISPLACED[what][0]}" in small[what]


def test_a_lesson_that_trains_on_the_cpu_is_caught(small):
    assert "the cells train train elsewhere than on standin" in small["on the CPU"]


def test_a_lesson_that_fails_for_another_reason_is_told_so(small):
    assert "NameError" in small["unknown name"]
    assert "in the cell look" in small["unknown name"]
