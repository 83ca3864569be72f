"""Pictures of comparisons over many tables: who ranks where, and what follows from it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from course_utils.checks import as_scores, in_range
from course_utils.plots.schematics import schematic
from course_utils.plots.style import COLOURS, new_figure

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

# inches
LINE = 0.26  # from one name to the next
BAR = 0.13  # from one bar to the next
MARGIN = 0.15
LEADER = 0.25  # from the axis's end to a name, at least
BOX = 30  # characters of a line in a question's box


def critical_difference_diagram(
    ranks: Mapping[str, float] | pd.Series, difference: float, title: str = ""
) -> Figure:
    """Mean ranks on a line, best on the left; a bar joins detectors that are not told apart.

    Every bar is a largest set of neighbours whose ranks differ by less than the critical
    difference, which is drawn above the axis. Layout: Demšar, Journal of Machine Learning
    Research 7, 2006.

    Parameters
    ----------
    ranks : dict or Series, detector → mean rank
        1 = best; two detectors at least.
    difference : float
        From `evaluation.critical_difference`.
    title : str
        The finding.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        If ranks are no numbers from 1 to the count of detectors, or the difference is below 0.
    """
    if not isinstance(ranks, Mapping | pd.Series):
        raise TypeError(f"ranks is a {type(ranks).__name__}; a dict or Series is expected.")
    ranks = pd.Series(ranks)
    names, values = list(map(str, ranks.index)), as_scores(ranks, "ranks")
    difference = in_range(difference, "difference", 0, np.inf, high_open=True)
    highest = len(values)
    if highest < 2 or values.min() < 1 or values.max() > highest:
        raise ValueError(
            f"ranks lie from {values.min():g} to {values.max():g}; two or more mean ranks from 1 "
            f"to {highest}, one for each detector, are expected."
        )
    order = np.argsort(values, kind="stable")
    names, values = [names[k] for k in order], values[order]
    bars = _not_told_apart(values, difference)
    half = (highest + 1) // 2
    figure, axes = new_figure(width=8.0, height=3.0)
    figure.set_layout_engine("none")
    labels = [f"{name}  {value:.2f}" for name, value in zip(names, values, strict=True)]
    wide = max(_width(axes, label) for label in labels)
    left, right = MARGIN + wide + LEADER, 8.0 - MARGIN - wide - LEADER
    title = textwrap.fill(title, 84)
    over = MARGIN + (0.2 * (title.count("\n") + 1) + 0.1 if title else 0)
    below = 0.12 + BAR * len(bars) + LINE * half  # the axis
    height = over + 0.85 + below + MARGIN
    figure.set_size_inches(8.0, height)
    axes.set_position([0, 0, 1, 1 - over / height])
    axes.set(xlim=(0, 8.0), ylim=(0, height - over))
    axes.axis("off")
    axes.set_title(title, x=MARGIN / 8.0)
    line = below + MARGIN  # height of the axis

    def across(rank):
        return left + (rank - 1) / (highest - 1) * (right - left)

    _axis(axes, across, line, highest, difference)
    for level, (first, last) in enumerate(bars):
        y = line - 0.12 - BAR * level
        ends = across(values[first]) - 0.04, across(values[last]) + 0.04
        axes.plot(ends, (y, y), color=COLOURS["anomaly"], linewidth=3.5, solid_capstyle="butt")
    for k, label in enumerate(labels):
        row = k if k < half else highest - 1 - k  # the outermost on top: no leader crosses another
        y, x = line - 0.12 - BAR * len(bars) - LINE * (row + 0.5), across(values[k])
        side, align = (left - LEADER, "right") if k < half else (right + LEADER, "left")
        axes.plot((x, x, side), (line, y, y), color=COLOURS["grey"], linewidth=0.9, zorder=1)
        axes.plot(x, line, "o", color=COLOURS["normal"], markersize=5, zorder=3)
        nudge = -0.06 if align == "right" else 0.06
        axes.text(side + nudge, y, label, ha=align, va="center", fontsize=9)
    return figure


def _axis(axes, across, line, highest, difference):
    """Draw the axis of ranks and, above it, the length of the critical difference."""
    axes.plot((across(1), across(highest)), (line, line), color="black", linewidth=1.2)
    for rank in range(1, highest + 1):
        axes.plot((across(rank),) * 2, (line, line + 0.07), color="black", linewidth=1)
        axes.text(across(rank), line + 0.1, str(rank), ha="center", va="bottom", fontsize=8.5)
    shown = min(difference, highest - 1)
    more = "" if shown == difference else " (longer than the axis)"
    ends, y = (across(1), across(1 + shown)), line + 0.5
    axes.plot(ends, (y, y), color=COLOURS["anomaly"], linewidth=1.5, marker="|", markersize=8)
    text = f"critical difference {difference:.2f}{more}"
    axes.text(across(1), y + 0.08, text, ha="left", va="bottom", fontsize=8.5)
    axes.text(
        across(highest), y + 0.08, "mean rank, 1 = best", ha="right", va="bottom", fontsize=8.5
    )


def _not_told_apart(values, difference):
    """Return (first, last) of the largest sets of sorted ranks within the difference."""
    # the test tells apart what differs by the critical difference or more
    lasts = np.searchsorted(values, values + difference, side="left") - 1
    lasts = np.maximum(lasts, np.arange(len(values)))
    bars = []
    for first, last in enumerate(lasts.tolist()):
        if last > first and (not bars or last > bars[-1][1]):
            bars.append((first, last))
    return bars


def _width(axes, text):
    """Return a text's width in inches."""
    drawn = axes.text(0, 0, text, fontsize=9)
    width = drawn.get_window_extent().width / axes.figure.dpi
    drawn.remove()
    return width


def decision_chart(branches: Sequence[tuple[str, str, str]], title: str = "") -> Figure:
    """Draw which way to go: questions below one another, answers with their support beside them.

    Parameters
    ----------
    branches : sequence of (question, answer, evidence)
        From top to bottom. "yes" leads to the answer on the right, "no" to the next question. The
        last question may be empty: its answer is for all who said no before. The evidence, a
        number and on how many tables it was measured, stands in the answer's box.
    title : str
        What the chart decides.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are fewer than two branches, a text but the last question is empty, or a branch
        has not three.
    """
    branches = [tuple(branch) for branch in branches]
    if len(branches) < 2:
        raise ValueError(f"branches has {len(branches)}; two or more are expected.")
    for k, branch in enumerate(branches):
        last = k == len(branches) - 1
        if len(branch) != 3 or not all(branch[last:]):
            raise ValueError(
                f"branches has {branch!r} at position {k}; question, answer and evidence are "
                "expected, none of them empty but the last question."
            )
    questions = [textwrap.fill(question, BOX) if question else None for question, *_ in branches]
    answers = [
        textwrap.fill(answer, BOX + 14) + "\n" + textwrap.fill(evidence, BOX + 14)
        for _, answer, evidence in branches
    ]
    arrows, looks = [], {}
    for k, question in enumerate(questions):
        looks[1, k] = ("normal", "third", "anomaly", "fourth")[k % 4]
        if question is None:
            arrows.append(((0, k - 1), (1, k), "no", "grey"))
            continue
        arrows.append(((0, k), (1, k), "yes", looks[1, k]))
        if k and questions[k - 1] is not None:
            arrows.append(((0, k - 1), (0, k), "no", "grey"))
    return schematic(
        [questions, answers],
        arrows,
        looks=looks,
        boxes=True,
        title=title,
        height=0.95 * len(branches),
    )
