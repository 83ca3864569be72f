"""What the benchmarks' commands share: a report that is printed and, where asked, written."""

import argparse
from pathlib import Path


def command(report, about, arguments=None):
    """Print the text that `report()` returns, and write it where --report says; return 0.

    `about` is what the command says of itself with --help.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args(arguments)
    show(report(), asked.report)
    return 0


def show(text, path=None):
    """Print a text and, where a path is told, write it there."""
    if path:
        path.write_text(text, encoding="utf-8")
    print(text)
