"""Exercise of lesson 21 on what a service is sent: read it strictly, and say where it is wrong."""

from __future__ import annotations

import json
import re
import sys

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, difference, require

import numpy as np

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


def _cells(*cells):
    """Return a body of two rows of two columns, whose cells, JSON as text, are mostly 1."""
    one, two, three, four = (*cells, "1", "1", "1", "1")[:4]
    return f'{{"rows": [[{one}, {two}], [{three}, {four}]]}}'.encode()


def _rows(n):
    return json.dumps({"rows": [[i, i + 0.5] for i in range(n)]}).encode()


# What the body is, the body, the row and the column to name, and what lets it pass. NaN may be
# refused while JSON is read, where no row is known yet.
NO_NUMBERS = (
    ("NaN", _cells("1", "2", "3", "NaN"), (), "json.loads reads NaN, which is no JSON."),
    (
        "Infinity",
        _cells("1", "Infinity"),
        (),
        "json.loads reads Infinity, which is no JSON; ask whether a number is finite.",
    ),
    ("-Infinity", _cells("1", "1", "-Infinity"), (), "Minus infinity is not finite either."),
    (
        "1e400",
        _cells("1", "1", "1", "1e400"),
        (1, 1),
        "It is good JSON, and Python reads it as infinity. parse_constant is not asked about it.",
    ),
    (
        "true",
        _cells("1", "true"),
        (0, 1),
        "isinstance(True, int) is True in Python, and float(True) is 1. Ask for the exact type.",
    ),
    ("false", _cells("1", "1", "false"), (1, 0), "A bool is an int in Python. Ask for its type."),
    (
        'the text "1.5"',
        _cells("1", "1", '"1.5"'),
        (1, 0),
        "float() reads text as well. Ask for the type before.",
    ),
    ("null", _cells("1", "null"), (0, 1), "None is no number."),
    ("a list as an entry", _cells("1", "1", "1", "[1]"), (1, 1), "A list is no number."),
    ("an object as an entry", _cells("1", "{}"), (0, 1), "An object is no number."),
    (
        "a whole number of 401 digits",
        _cells("1", "1", "1" + 400 * "0"),
        (1, 0),
        "Python's whole numbers have no end, and float() of one raises OverflowError, which is "
        "no ValueError.",
    ),
)
NO_ROWS = (
    ("a row that is too short", b'{"rows": [[1, 2], [3]]}', (1,), "Count each row's numbers."),
    (
        "a row that is too long",
        b'{"rows": [[1, 2], [3, 4], [5, 6, 7]]}',
        (2,),
        "zip stops at the shorter one. Count each row's numbers.",
    ),
    ("an empty row", b'{"rows": [[], [3, 4]]}', (0,), "Count each row's numbers."),
    (
        "a text of two digits as a row",
        b'{"rows": [[1, 2], "34"]}',
        (1,),
        "Its length is right, and each digit makes a float. A row is a list.",
    ),
    (
        "an object as a row",
        b'{"rows": [{"1": 0, "2": 0}, [3, 4]]}',
        (0,),
        "Its length is right, and its keys make floats. A row is a list.",
    ),
    ("a number as a row", b'{"rows": [[1, 2], 3]}', (1,), "A number has no length; ask before."),
    ("null as a row", b'{"rows": [[1, 2], null]}', (1,), "None has no length; ask before."),
    ("no row", b'{"rows": []}', (), "all(…) of nothing is True; ask for one row at least."),
    ("5 rows where 4 are the most", _rows(5), (), "Ask how many there are before all else."),
    ("a number for rows", b'{"rows": 1}', (), "A number has no length; ask for a list before."),
    ("null for rows", b'{"rows": null}', (), "Ask for a list."),
    ("a text for rows", b'{"rows": "12"}', (), "A text can be gone through as well. Ask before."),
    (
        "an object for rows",
        b'{"rows": {"12": [1, 2]}}',
        (),
        "An object can be gone through as well: its keys come. Ask for a list.",
    ),
)
NO_REQUESTS = (
    ("an empty body", b"", (), ""),
    ("half a body", b'{"rows": [[1, 2]', (), ""),
    ("a body and more", b'{"rows": [[1, 2]]} {}', (), "raw_decode stops where it is content."),
    ("single quotes", b"{'rows': [[1, 2]]}", (), "That is Python and no JSON: ast, eval."),
    ("what is no text", b'{"rows": [[1, 2]], "\xff": 1}', (), "errors= may have let it pass."),
    ("a list", b"[[1, 2]]", (), "Ask for an object before for its field."),
    ("a list that holds a name", b'["rows"]', (), '"rows" in request is True of it.'),
    ("a number", b"1", (), "A number has no fields; ask for an object before."),
    ("a text", b'"rows"', (), '"rows" in request is True of it: a text has its parts.'),
    ("null", b"null", (), "None has no fields; ask for an object before."),
    (
        "an object without rows",
        b"{}",
        (),
        'request["rows"] raises KeyError, which is no ValueError.',
    ),
    ("the field Rows", b'{"Rows": [[1, 2]]}', (), "Another name is another field."),
    (
        "one field too many",
        b'{"rows": [[1, 2]], "threshold": 0}',
        (),
        "Who sends it believes that it does something. Say that it does not.",
    ),
    (
        "the field rows twice",
        b'{"rows": [[1, 2]], "rows": [[3, 4]]}',
        (),
        "json.loads keeps the last and says nothing; object_pairs_hook sees both.",
    ),
    (
        "100,000 lists in one another",
        b'{"rows": ' + 100_000 * b"[" + 100_000 * b"]" + b"}",
        (),
        "json raises RecursionError, which is no ValueError, and a service would answer 500.",
    ),
)


@parse_request.set_check
def parse_request_check(answer):
    for what, (body, *limits) in _good(np.random.default_rng(215)):
        told = _difference(answer, body, limits)
        require(not told, f"{what.capitalize()}, {_shown(body)}: {told}")
    for what, body, place, why in (*NO_REQUESTS, *NO_ROWS, *NO_NUMBERS):
        _judge_refusal(answer, what, body, place, why)


def _difference(answer, body, limits):
    """Say how what is read of a good body differs from what it holds; empty if it does not."""
    try:
        found = answer(body, *limits)
    except ValueError as error:
        return f"you refuse it, and it is as asked for: {_short(error)}"
    require(found is not None, "Your function returned None: is a `return` missing?")
    require(
        not isinstance(found, dict), "The whole request comes back. Return its rows: a list each."
    )
    with np.errstate(all="ignore"):  # beside the largest number
        return difference(found, parse_request_solution(body, *limits))


def _judge_refusal(answer, what, body, place, why):
    """Refuse an answer that takes a bad body, or does not say well what is bad."""
    described = f"For {what}, {_shown(body)},"
    try:
        found = answer(body, 2, 4)
    except ValueError as error:
        _judge_message(error, described, place)
        return
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError) as error:
        if "ellipsis" in str(error):
            raise
        raise Misconception(
            f"{described} your function raises {type(error).__name__}: "
            f"{_short(error).rstrip('.')}. Only a ValueError tells the service that the request "
            f"is to blame. {why}".rstrip()
        ) from None
    returned = f"you return {_short(found)}" if found is not None else "you return None"
    raise Misconception(f"{described} {returned}; a ValueError is due. {why}".rstrip())


def _judge_message(error, described, place):
    """Refuse a message that does not name the row and the column to blame."""
    said = str(error)
    axes = ("row", "column")[: len(place)]
    told = [_numbers_of(axis, said) for axis in axes]
    from_one = all(number + 1 in each for number, each in zip(place, told, strict=True))
    for axis, number, each in zip(axes, place, told, strict=True):
        if number in each:
            continue
        fault = f"says {number + 1}. Count from 0." if from_one else "does not say so."
        raise Misconception(
            f"{described} the message is {_short(said)!r}: {axis} {number} is to blame, and it "
            + fault
        )


def _numbers_of(axis, said):
    """Return the numbers after the axis's name in a message; all numbers, if none follows it."""
    after = re.findall(rf"{axis}\W*(\d{{1,9}})", said, re.IGNORECASE)
    return [int(each) for each in after or re.findall(r"\d{1,9}", said)]


def _short(value):
    text = str(value)
    return text if len(text) <= 90 else f"{text[:87]}…"


def _shown(body):
    text = body.decode(errors="replace") or "b''"
    return text if len(text) <= 60 else f"{text[:45]}… ({len(text):,} characters)"


def _good(rng):
    """Yield good bodies of many forms, with the columns and the most rows allowed."""
    yield "the example", (b'{"rows": [[1, 2.5], [-3e2, 0]]}', 2, 10)
    yield "as many rows as allowed", (_rows(4), 2, 4)
    yield "one number", (b'{"rows":[[7]]}', 1, 1)
    yield "spaces and ends of lines", (b' {\n "rows" :\t[ [ 1 , 2 ] ]\r\n}\n', 2, 3)
    yield "a name that is escaped", (b'{"\\u0072ows": [[1, 2]]}', 2, 3)
    yield "exponents", (b'{"rows": [[1E5, 2.5e-3, -0.0, 1e+2]]}', 4, 9)
    yield "the largest number", (b'{"rows": [[1.7976931348623157e308, 1]]}', 2, 3)
    yield "a number that rounds to 0", (b'{"rows": [[1e-400, 1]]}', 2, 3)
    yield "a whole number of 20 digits", (b'{"rows": [[12345678901234567890, 1]]}', 2, 3)
    for rows, columns, most in ((1, 3, 1), (5, 3, 5), (9, 1, 100), (40, 7, 41)):
        table = (rng.normal(size=(rows, columns)) * 10.0 ** rng.integers(-9, 9)).tolist()
        yield f"{rows} rows of {columns}", (json.dumps({"rows": table}).encode(), columns, most)


parse_request.set_inputs(_good)
