"""Exercise of lesson 21 on the exported program: one that takes any number of rows."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, difference, require

# ---------------------------------------------------------------------------- 3 · export any batch

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

    example = torch.zeros(2, columns, dtype=torch.float64)  # sizes 0 and 1 stay constants
    rows = torch.export.Dim("rows", min=1)
    return torch.export.export(module, (example,), dynamic_shapes=({0: rows},))


@functools.cache
def warm():
    """Export something tiny once: the first export in a process takes seconds, the next few ms."""
    import torch

    export_any_batch_solution(torch.nn.Identity(), 1)


@export_any_batch.set_check
def export_any_batch_check(answer):
    import torch

    module = torch.nn.Linear(3, 2).double()
    program = answer(module, 3)
    require(hasattr(program, "module"), "torch.export.export's program is expected.")
    for rows in (1, 2, 7):
        X = torch.randn(rows, 3, dtype=torch.float64)
        if told := difference(program.module()(X), module(X)):
            raise Misconception(told)
