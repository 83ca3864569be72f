"""Exercise of lesson 21 on the exported program: one that takes any number of rows."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import re
from collections.abc import Iterator

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, difference, require

# ---------------------------------------------------------------------------- 3 · export any batch

ROWS = 1, 2, 7, 100_000

export_any_batch = Exercise(
    "Return torch.export's program of the module, which takes float64 rows of this many columns: "
    "1 row, 2 rows, 7 or 100,000.",
    hints=(
        "torch.export runs the module once on an example and writes down what happens, with every "
        "size of the example as a constant, unless you say which axis is free.",
        'torch.export.Dim("rows", min=1) is a free size, and dynamic_shapes=({0: …},) says of the '
        "first argument that its axis 0 has it.",
        "Take an example of two rows or more: sizes 0 and 1 are taken for constants even so.",
        "torch.export.export(module, (torch.zeros(2, columns, dtype=torch.float64),), "
        'dynamic_shapes=({0: torch.export.Dim("rows", min=1)},))',
    ),
    praise="Right: the program takes as many rows as come.",
    prepare=lambda: warm(),
)


@export_any_batch.set_solution
def export_any_batch_solution(module, columns):
    import torch

    example = torch.zeros(2, columns, dtype=torch.float64)  # sizes 0 and 1 would stay constants
    rows = torch.export.Dim("rows", min=1)
    return torch.export.export(module, (example,), dynamic_shapes=({0: rows},))


@functools.cache
def warm():
    """Export something tiny: the first time in a process takes seconds, later ones a tenth."""
    import torch

    export_any_batch_solution(torch.nn.Identity(), 1)


@export_any_batch.set_check
def export_any_batch_check(answer):
    import torch

    for columns in (3, 5):
        module = _module(columns)
        before = {name: each.clone() for name, each in module.state_dict().items()}
        try:
            with without_logs():
                program = answer(module, columns)
        except Exception as error:
            _name_the_refusal(error, columns)
            raise
        for name, each in module.state_dict().items():
            require(
                each.dtype == before[name].dtype and torch.equal(each, before[name]),
                f"The module's {name} is not as it was. float() and double() change a module in "
                "place; export it as it is.",
            )
        _judge_form(program)
        _judge_runs(program, module, columns)


def _module(columns):
    """Return a module as shipped does: scaled inside, a score and a decision."""
    import torch

    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(columns, 2)
            ones = torch.ones(columns)
            with torch.no_grad():
                self.inner.weight.copy_(torch.stack([ones, torch.arange(columns) - ones]))
                self.inner.bias.fill_(0.5)
            self.register_buffer("mean", torch.linspace(0, 1, columns, dtype=torch.float64))

        def forward(self, X):
            score = self.inner((X - self.mean).float()).square().mean(dim=1).double()
            return score, ~(score <= 1.0)

    return Module().eval()


@contextlib.contextmanager
def without_logs() -> Iterator[None]:
    """Keep to itself what torch.export writes beside its error: pages, for its developers."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def in_one_line(error):
    """Return the first line of an error's text, without what torch adds for its developers."""
    return re.split(r"\n|For more information", str(error).strip())[0].strip()[:200]


def _name_the_refusal(error, columns):
    """Refuse an answer by what torch.export said to it, where that tells the cause."""
    text = str(error)
    constant = re.search(r"specialized (?:it to be a constant \(|due to hint of )(\d+)", text)
    if constant and int(constant[1]) in (0, 1):
        raise Misconception(
            f"The example has {constant[1]} row{'s' * (constant[1] == '0')}: torch.export takes "
            "the sizes 0 and 1 for constants, free or not, and says so. Take two rows or more."
        )
    if constant and int(constant[1]) == columns:
        raise Misconception(
            f"Axis 1 is declared free, and the network has weights for {columns} columns. Axis 0 "
            "alone is free: {0: rows}."
        )
    if "tuple of example positional inputs" in text:
        raise Misconception(
            "The example is handed over as it is; torch.export wants a tuple of all arguments: "
            "(example,) with its comma."
        )


def _judge_form(program):
    import torch

    require(program is not None, "Your function returned None: is a `return` missing?")
    require(
        not isinstance(program, torch.jit.ScriptModule),
        "That is TorchScript, which torch.export has replaced. torch.export.export is asked for.",
    )
    require(
        not isinstance(program, torch.nn.Module),
        "That is a module. Return torch.export.export's program itself; program.module() runs it.",
    )
    require(
        isinstance(program, torch.export.ExportedProgram),
        f"torch.export.export's program is expected; this is {type(program).__name__}.",
    )
    names = program.graph_signature.user_inputs
    require(len(names) == 1, f"The program takes {len(names)} arguments; the rows alone are due.")
    [given] = [node for node in program.graph.nodes if node.name == names[0]]
    kind = given.meta["val"].dtype
    require(
        kind == torch.float64,
        f"The example is {kind}, and so is what the exported file will ask for. The rows come as "
        "float64, and are scaled as such: dtype=torch.float64.",
    )


def _judge_runs(program, module, columns):
    import torch

    run = program.module()
    generator = torch.Generator().manual_seed(columns)
    failed = {}
    for rows in ROWS:
        X = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            wanted = module(X)
            try:
                found = run(X)
            except Exception as error:
                failed[rows] = in_one_line(error)
                continue
        told = difference(tuple(found), wanted)
        require(not told, f"With {rows} rows the program gives other numbers: {told}")
    if not failed:
        return
    rows, said = next(iter(failed.items()))
    if constant := re.search(r"size\(\)\[0\] == (\d+)", said):
        raise Misconception(
            f"The program takes {constant[1]} rows, as in the example, and no other number: axis "
            "0 stayed a constant. dynamic_shapes says which axis is free."
        )
    if limit := re.search(r"size\(\)\[0\] <= (\d+)", said):
        raise Misconception(
            f"The program takes up to {limit[1]} rows, since you gave max={limit[1]}. More may "
            "come."
        )
    require(
        "kwarg" not in said,
        "The program takes the rows by name only. Put the example into the tuple, not into "
        "kwargs: it is called with the rows alone.",
    )
    raise Misconception(f"With {rows} row{'s' * (rows > 1)} the program stops: {said}")
