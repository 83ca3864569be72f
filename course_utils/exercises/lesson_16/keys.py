"""Exercise of lesson 16 on log lines: the key of a line, judged on lines held back."""

from __future__ import annotations

import re

from course_utils.exercises.engine import Exercise

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
    praise="Right: on lines that your function had not seen, one key a template.",
)


@log_key.set_solution
def log_key_solution(line):
    for variable in (r'"[^"]*"', r"'[^']*'", r"/\S+", r"0x[0-9a-f]+", r"-?\d+(\.\d+)*"):
        line = re.sub(variable, "<*>", line)
    return line
