"""Exercise of lesson 16 on log lines: the key of a line, judged on lines held back."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain, combinations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, require

import numpy as np

# ------------------------------------------------------------------------------------ 1 · log key

log_key = Exercise(
    "Return the line with its variable parts replaced by <*>: numbers, hex addresses, block ids, "
    "IP:port, paths and quoted values. Lines of one template get one key, others another.",
    hints=(
        "re.sub(pattern, '<*>', line) replaces every match. One pattern for each kind of part; "
        "which has to come first, if a path may contain numbers?",
        'A quoted value may contain spaces: "[^"]*" ends at the next quote. A path ends at the '
        "next space: /\\S+.",
        "Quoted values, paths, hex addresses 0x[0-9a-f]+, and numbers last: -?\\d+(\\.\\d+)* also "
        "matches -3, 0.25 and 10.0.0.1.",
    ),
    praise="Right: one key a template, on lines that were held back.",
)


@log_key.set_solution
def log_key_solution(line):
    for variable in (r'"[^"]*"', r"'[^']*'", r"/\S+", r"0x[0-9a-f]+", r"-?\d+(\.\d+)*"):
        line = re.sub(variable, "<*>", line)
    return line


# templates, in pairs of which one word tells them apart
TEMPLATES = (
    ("job {number} started", "job {number} stopped"),
    ("copied {number} rows from cache to disk", "copied {number} rows from disk to cache"),
    ("INFO opened {path} for reading", "INFO opened {path} for writing"),
    ("moved {quoted} to {quoted}", "moved {quoted} over {quoted}"),
    ("session {address} added", "session {address} dead"),
    ("cache hits={number} after {decimal} s", "cache misses={number} after {decimal} s"),
    ("{node} joined, at {signed} degrees", "{node} left, at {signed} degrees"),
    ("received block {block} of size {number}", "deleted block {block} of size {number}"),
    ("answered {host} within {number}ms", "refused {host} within {number}ms"),
    ("{time} WARN user {single} logged in", "{time} WARN user {single} logged out"),
    ("all disks are up", "all disks are down"),
)
WORDS = np.array(["data", "log", "tmp", "report", "final", "alice", "bob", "north", "archive"])
LINES = 24  # of each template
NUMBER = r"\d+"


def _parts(generator: np.random.Generator) -> dict[str, Callable[[], str]]:
    """Return what each field of a template is filled with: functions that draw a text."""
    whole = generator.integers

    def words(between):
        return between.join(generator.choice(WORDS, whole(1, 4)))

    def path():
        folders = [f"{word}{whole(99) or ''}" for word in generator.choice(WORDS, whole(1, 5))]
        return f"/{'/'.join(folders)}{['', '.log', '-7.txt'][whole(3)]}"

    return {
        "number": lambda: str(whole(10 ** whole(1, 6))),
        "decimal": lambda: [f"{whole(1, 90)}", f"{generator.uniform(0, 9):.2f}"][whole(2)],
        "signed": lambda: str(whole(-9, 10)),
        "address": lambda: f"0x{whole(16**6, 16**12):x}",
        "block": lambda: f"blk_{whole(-(2**62), 2**62)}",
        "host": lambda: f"{'.'.join(map(str, whole(1, 255, 4)))}:{whole(1024, 65536)}",
        "path": path,
        "quoted": lambda: f'"{words(" ")}"',
        "single": lambda: f"'{words(' ')}'",
        "node": lambda: f"node{whole(1, 300)}",
        "time": lambda: f"2026-0{whole(1, 10)}-{whole(10, 29)} 1{whole(10)}:{whole(10, 60)}:07",
    }


def _lines(seed: int) -> dict[str, list[str]]:
    """Return drawn lines by their template."""
    parts = _parts(np.random.default_rng(seed))

    def fill(found):
        return parts[found[1]]()

    return {
        template: [re.sub(r"\{(\w+)\}", fill, template) for _ in range(LINES)]
        for pair in TEMPLATES
        for template in pair
    }


@log_key.set_check
def log_key_check(answer):
    lines = _lines(160)
    keys = {each: _key(answer, each) for each in dict.fromkeys(chain(*lines.values()))}
    require(
        any(key != line for line, key in keys.items()),
        "The key is the whole line, so that nearly every line is a template of its own. Replace "
        "what varies by <*>.",
    )
    of_template = {
        template: list(dict.fromkeys(keys[line] for line in group))
        for template, group in lines.items()
    }
    everything = {key for found in of_template.values() for key in found}
    require(
        len(everything) > 1,
        f"All lines get one key, {everything.copy().pop()!r}: nothing is left that tells "
        "templates apart. Replace only what varies.",
    )
    split = [template for template, found in of_template.items() if len(found) > 1]
    merged = [
        (one, other)
        for one, other in combinations(of_template, 2)
        if set(of_template[one]) & set(of_template[other])
    ]
    if split or merged:
        told = (
            _about_a_split(lines[split[0]], keys) if split else _about_a_merge(merged, lines, keys)
        )
        raise Misconception(
            f"Templates held back that are split into several keys: {len(split)} of {len(lines)}; "
            f"pairs of them merged into one: {len(merged)}. {told}"
        )
    for template, group in lines.items():
        for line in group if "{" in template else ():
            require(
                "<*>" in keys[line],
                f"The keys tell templates apart, but {line!r} became {keys[line]!r}, in which no "
                "<*> says where something varies.",
            )
    for line in reversed(keys):
        require(
            _key(answer, line) == keys[line],
            f"The second time, {line!r} got another key. A key must depend on its line alone.",
        )


def _key(answer: Callable, line: str) -> str:
    key = answer(line)
    require(key is not None, "Your function returned None: is a `return` missing?")
    require(
        isinstance(key, str),
        f"The key is a text, the line with <*> in it; you return {type(key).__name__}.",
    )
    return key


def _about_a_split(group: list[str], keys: dict[str, str]) -> str:
    """Say which two lines of one template got unlike keys, and why if that can be seen."""
    one = group[0]
    other = next(each for each in group if keys[each] != keys[one])
    first, second = keys[one], keys[other]
    return (
        f"One template, two keys: {one!r} became {first!r}, {other!r} became {second!r}. "
        f"{_left_over(first, second, one)}"
    ).strip()


def _left_over(first: str, second: str, line: str) -> str:
    """Say what was not replaced in one of two keys of one template; empty where it is unclear."""
    both = f"{first} {second}"

    def alike_without(pattern, instead):
        return re.sub(pattern, instead, first) == re.sub(pattern, instead, second)

    if re.search(r"<\*>x(<\*>|[0-9a-f])", both):
        return (
            "The numbers were replaced first, and tore the hex address apart. Replace 0x… before "
            "them."
        )
    if re.search(r"\b0x[0-9a-f]", both):
        return "The hex address is left over."
    if "0x" in line and re.search(r"<\*>[a-f]", both):
        return "A part of the hex address is left over: its digits are 0 to 9 and a to f."
    if re.search(r"[\"']", line) and alike_without(r"<\*>( <\*>)+", "<*>"):
        return "A quoted value of several words became several <*>: it may contain spaces."
    if alike_without(r"-+<\*>", "<*>"):
        return "The minus sign of a number is left over: -?\\d+ takes it along."
    if alike_without(r"<\*>\.<\*>", "<*>"):
        return (
            "A decimal number counts as two. Its point and what follows belong to it: (\\.\\d+)*"
        )
    if re.search(r"[\"'][^\"'<]*[a-z]", both):
        return "What stands between quotes is left over, or a part of it: it may contain spaces."
    if re.search(r"/[\w<]|<\*>(/|\.\w|-)", both):
        return (
            "A part of the path is left over. Replace the whole path, up to the next space, and "
            "before the numbers in it."
        )
    if re.search(r"[A-Za-z]\d|\d[A-Za-z]", both):
        return (
            "A number inside a word is left over. \\b sees no border between a letter and digit: "
            "\\d+ alone finds it."
        )
    numbers = set(re.findall(NUMBER, line))
    return "A number is left over." if set(re.findall(NUMBER, first)) & numbers else ""


def _about_a_merge(merged: list[tuple], lines: dict, keys: dict) -> str:
    """Say which two lines of unlike templates got one key, and what is gone from it."""
    one, other = merged[0]
    shared = {keys[each] for each in lines[one]} & {keys[each] for each in lines[other]}
    pair = [next(line for line in lines[each] if keys[line] in shared) for each in (one, other)]
    pair[1] = next(line for line in lines[other] if keys[line] == keys[pair[0]])
    key = keys[pair[0]]
    return (
        f"Two templates, one key: {pair[0]!r} and {pair[1]!r} became {key!r}. "
        f"{_gone(one.split(), other.split(), key)}"
    )


def _gone(one: list[str], other: list[str], key: str) -> str:
    """Say which of the words that tell two templates apart is gone from the key they share."""
    if sorted(one) == sorted(other):
        kept = all(word in key for word in one if "{" not in word)
        return (
            "They have the same words in another order; a key keeps the order."
            if kept
            else "What tells them apart is gone from the key."
        )
    first, second = (
        next(word for word in mine if word not in others)
        for mine, others in ((one, other), (other, one))
    )
    first, second = (each.split("=")[0] for each in (first, second))
    told = f"{first!r} and {second!r} tell them apart, and are gone from the key."
    if any("=" in word for word in one):
        told += " \\S*\\d\\S*, or each word with a digit in it, takes the name before the = along."
    elif set(first) <= set("abcdef") and len(key.split()) == len(one):
        told += " They are spelt with the letters a to f alone; hex addresses begin with 0x."
    elif len(key.split()) < len(one):
        told += (
            " Does a part of your pattern take as much as it can, as .* does? A path ends at the "
            'next space, \\S+, and a quoted value at the next quote, "[^"]*".'
        )
    return told
