"""Exercise of lesson 21 on what a service is sent: read it strictly, and say where it is wrong."""

from __future__ import annotations

import json
import sys

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, difference

# ------------------------------------------------------------------------------- 5 · parse request

parse_request = Exercise(
    'Return the rows of a body {"rows": [[…], …]}, bytes of JSON, as lists of floats: 1 to '
    "most_rows rows of finite numbers, each of this many columns, and no other field. For all "
    "else raise a ValueError, which names row and column, counted from 0, where one is to blame.",
    hints=(
        "json.loads reads more than you want: NaN, Infinity, 1e400, and of two equal keys the "
        "last.",
        "isinstance(True, int) is True, and float('1.5') is a number. Ask for the exact type: "
        "type(value) in (int, float).",
        "not abs(value) <= sys.float_info.max is true of NaN, of infinities, and of whole numbers "
        "that no float holds.",
        "object_pairs_hook gets each object's pairs, equal keys and all. Deep nesting raises "
        "RecursionError, which is no ValueError.",
    ),
    praise="Right: what is not a table of finite numbers is told where it is not.",
)


@parse_request.set_solution
def parse_request_solution(body, columns, most_rows):
    def each_key_once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("A field occurs twice.")
        return dict(pairs)

    try:
        request = json.loads(body, object_pairs_hook=each_key_once)
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    if not isinstance(request, dict) or list(request) != ["rows"]:
        raise ValueError('An object with the one field "rows" is expected.')
    rows = request["rows"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= most_rows:
        raise ValueError(f"rows: a list of 1 to {most_rows} rows is expected.")
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != columns:
            raise ValueError(f"row {i}: a list of {columns} numbers is expected.")
        for j, value in enumerate(row):
            if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:
                raise ValueError(f"row {i}, column {j}: a finite number is expected.")
    return [[float(value) for value in row] for row in rows]


@parse_request.set_check
def parse_request_check(answer):
    told = difference(answer(b'{"rows": [[1, 2.5], [-3e2, 0]]}', 2, 10), [[1, 2.5], [-300, 0]])
    if told:
        raise Misconception(told)
    for body in (b"", b"[[1, 2]]", b'{"rows": [[NaN, 1]]}', b'{"rows": [[true, 1]]}'):
        try:
            found = answer(body, 2, 10)
        except ValueError:
            continue
        raise Misconception(f"{body!r} is read as {found}.")


@parse_request.set_inputs
def parse_request_inputs(rng):
    yield "the example", (b'{"rows": [[1, 2.5], [-3e2, 0]]}', 2, 10)
    for rows, columns in ((1, 1), (5, 3), (9, 1)):
        body = json.dumps({"rows": rng.normal(size=(rows, columns)).tolist()}).encode()
        yield f"{rows} rows of {columns}", (body, columns, rows)
