"""Schematics, drawn by code: networks, pipelines, who passes what to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.plots.style import COLOURS, new_figure

import numpy as np
from matplotlib.figure import Figure

Place = tuple[int, int]  # column from the left, row from the top
GAP = 0.13  # between an arrow and the middle of the one that goes back beside it


def schematic(
    columns: Sequence[Sequence[str]],
    arrows: Sequence[tuple] | None = None,
    *,
    captions: Sequence[str] = (),
    looks: Mapping[Place, str] | None = None,
    boxes: bool = False,
    title: str = "",
    width: float = 8.0,
    height: float = 3.0,
) -> Figure:
    """Draw nodes in columns from left to right, with arrows between them.

    Parameters
    ----------
    columns : sequence of sequences of str
        The text in each node, column by column, from top to bottom; an empty text draws a small
        dot, None leaves the place free.
    arrows : sequence of (from, to, text, look), optional
        `from` and `to` are places (column, row). The text stands on the arrow and may be left
        out; so may the look, one of `COLOURS`, "normal" if not said. Two arrows between the same
        nodes, there and back, are drawn side by side. None connects every node with all nodes of
        the next column.
    captions : sequence of str, optional
        One below each column.
    looks : dict of (column, row) to str, optional
        Colours of nodes, by their names in `COLOURS`; the others are grey.
    boxes : bool
        Boxes as wide as their texts instead of circles: for the steps of a pipeline.
    title : str
        The finding.
    width, height : float
        Inches.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If an arrow or a look speaks of a place where no node is.
    """
    places = {
        (c, r): ((len(column) - 1) / 2 - r, text)
        for c, column in enumerate(columns)
        for r, text in enumerate(column)
        if text is not None
    }
    if arrows is None:
        arrows = [(a, b) for a in places for b in places if b[0] == a[0] + 1]
    for place in (*(end for arrow in arrows for end in arrow[:2]), *(looks or {})):
        if place not in places:
            raise ValueError(f"{place} is the place of no node; they are at {sorted(places)}.")
    figure, axes = new_figure(width=width, height=height)
    tallest = max(len(column) for column in columns)
    axes.set(xlim=(-0.6, len(columns) - 0.4), ylim=(-tallest / 2 - 0.45, tallest / 2 + 0.1))
    axes.axis("off")
    drawn = {
        place: _node(axes, place[0], up, text, (looks or {}).get(place, "grey"), boxes)
        for place, (up, text) in places.items()
    }
    pairs = {tuple(arrow[:2]) for arrow in arrows}
    for start, end, *rest in arrows:
        text = rest[0] if rest else ""
        look = rest[1] if len(rest) > 1 else "normal"
        ends = [np.array([place[0], places[place][0]]) for place in (start, end)]
        beside = GAP if (end, start) in pairs else 0.0
        _arrow(axes, ends, (drawn[start], drawn[end]), str(text), COLOURS[look], beside)
    for c, caption in enumerate(captions):
        axes.text(c, -tallest / 2 - 0.1, caption, ha="center", va="center", fontsize=9)
    axes.set_title(title)
    return figure


def _node(axes, across, up, text, look, boxes):
    """Draw a node; return the text, whose box arrows end at."""
    outline = "round,pad=0.5" if boxes else f"circle,pad={0.45 if text else 0.15}"
    return axes.text(
        across,
        up,
        text or " ",
        ha="center",
        va="center",
        fontsize=9,
        zorder=3,
        bbox={"boxstyle": outline, "facecolor": "white", "edgecolor": COLOURS[look], "lw": 1.5},
    )


def _arrow(axes, ends, nodes, text, colour, beside):
    """Draw an arrow from node to node, `beside` to the left of its way, and its text on it."""
    start, end = ends
    way = end - start
    left = np.array([-way[1], way[0]]) / max(np.hypot(*way), 1e-9) * beside
    axes.annotate(
        "",
        xy=end + left,
        xytext=start + left,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "lw": 1.3,
            "patchA": nodes[0].get_bbox_patch(),
            "patchB": nodes[1].get_bbox_patch(),
            "shrinkA": 3,
            "shrinkB": 3,
        },
    )
    if text:
        # nearer to its start than to its end: arrows that cross do so in the middle
        axes.text(
            *(start + 0.38 * way + 2.2 * left),
            text,
            color=colour,
            fontsize=8.5,
            ha="center",
            va="center",
            zorder=2,
            bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"},
        )
