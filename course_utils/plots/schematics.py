"""Schematics, drawn by code: networks, pipelines, who passes what to whom.

All lengths are inches: the axes fill the figure, one unit an inch, so that a text's width,
a node's border and an arrow's end are known before anything is drawn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from course_utils.plots.style import COLOURS, new_figure

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

Place = tuple[int, int]  # column from the left, row from the top
# a second cue beside the colour, for a grey printer
STROKES = {"normal": "-", "anomaly": "--", "third": "-.", "fourth": ":", "grey": "-"}
BESIDE = 0.1  # from the middle of two arrows, there and back, to each of them
EDGE = 0.12  # around the drawing
LINE = 0.2  # a line of text below or above it


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
        Inches; the figure is larger where the texts need more.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If an arrow or a look speaks of a place where no node is.
    """
    looks = looks or {}
    texts = {
        (c, r): text
        for c, column in enumerate(columns)
        for r, text in enumerate(column)
        if text is not None
    }
    if arrows is None:
        arrows = [(a, b) for a in texts for b in texts if b[0] == a[0] + 1]
    arrows = [(start, end, *rest, *("", "normal")[len(rest) :]) for start, end, *rest in arrows]
    for place in (*(end for arrow in arrows for end in arrow[:2]), *looks):
        if place not in texts:
            raise ValueError(f"{place} is the place of no node; they are at {sorted(texts)}.")
    figure, axes = new_figure(width=width, height=height)
    figure.set_layout_engine("none")
    sizes = _node_sizes(axes, texts, boxes)
    below = [_size_of(axes, caption) for caption in captions]
    across, width = _columns_across(axes, columns, sizes, below, arrows, width)
    title = textwrap.fill(title, int(10.5 * width))
    over = LINE * (title.count("\n") + 1) + EDGE if title else EDGE
    under = EDGE + max((size[1] for size in below), default=0) + (0.1 if captions else 0)
    tallest = max(len(column) for column in columns)
    step = max((height - over - under) / tallest, max(size[1] for size in sizes.values()) + 0.15)
    height = over + under + tallest * step
    figure.set_size_inches(width, height)
    axes.set_position([0, 0, 1, 1 - over / height])
    axes.set(xlim=(0, width), ylim=(0, height - over))
    axes.axis("off")
    axes.set_title(title, x=EDGE / width)
    middles = {
        (c, r): np.array([across[c], under + (tallest + len(columns[c]) - 1 - 2 * r) * step / 2])
        for c, r in texts
    }
    for place, text in texts.items():
        _node(axes, middles[place], sizes[place], text, looks.get(place, "grey"), boxes)
    _arrows(axes, arrows, middles, sizes, boxes)
    for c, caption in enumerate(captions):
        axes.text(across[c], EDGE, caption, ha="center", va="bottom", fontsize=9)
    return figure


def _size_of(axes, text, fontsize=9):
    """Return a text's width and height in inches."""
    drawn = axes.text(0, 0, text, fontsize=fontsize)
    box = drawn.get_window_extent()
    drawn.remove()
    return np.array([box.width, box.height]) / axes.figure.dpi if text else np.zeros(2)


def _node_sizes(axes, texts, boxes):
    """Return each node's width and height; circles with a text in them are all as large."""
    inner = {place: _size_of(axes, text) for place, text in texts.items()}
    if boxes:
        sizes = {place: size + np.array([0.22, 0.2]) for place, size in inner.items()}
    else:
        radius = max(np.hypot(*size) / 2 for size in inner.values()) + 0.05
        sizes = dict.fromkeys(inner, np.full(2, 2 * max(radius, 0.16)))
    return {place: size if texts[place] else np.full(2, 0.16) for place, size in sizes.items()}


def _columns_across(axes, columns, sizes, captions, arrows, width):
    """Return where the columns stand, with equal room between them, and the figure's width."""
    wide = np.zeros(len(columns))
    for (c, _), size in sizes.items():
        wide[c] = max(wide[c], size[0])
    for c, caption in enumerate(captions):
        wide[c] = max(wide[c], caption[0])
    words = [_size_of(axes, str(text), 8.5)[0] for _, _, text, _ in arrows]
    room = max(0.35, max(words, default=0) + 0.3)
    apart = max(len(columns) - 1, 1)
    width = max(width, wide.sum() + apart * room + 2 * EDGE)
    room = min((width - wide.sum() - 2 * EDGE) / apart, 2.2)
    middles = np.cumsum(wide + room) - room - wide / 2
    return middles + (width - wide.sum() - (len(columns) - 1) * room) / 2, width


def _node(axes, middle, size, text, look, boxes):
    """Draw a node around `middle`; grey ones thin, the others thick and in their own stroke."""
    style = {
        "facecolor": "white" if text else COLOURS[look],
        "edgecolor": COLOURS[look],
        "linestyle": STROKES[look],
        "linewidth": 1.2 if look == "grey" else 2.2,
        "zorder": 3,
    }
    if boxes and text:
        corner = middle - size / 2
        round_off = "round,pad=0,rounding_size=0.06"
        axes.add_patch(FancyBboxPatch(corner, *size, boxstyle=round_off, **style))
    else:
        axes.add_patch(Circle(middle, size[0] / 2, **style))
    axes.text(*middle, text, ha="center", va="center", fontsize=9, zorder=4)


def _arrows(axes, arrows, middles, sizes, boxes):
    """Draw the arrows from border to border, then their texts where they cover least."""
    pairs = {(start, end) for start, end, *_ in arrows}
    ways = []
    for start, end, _, look in arrows:
        way = middles[end] - middles[start]
        way = way / np.hypot(*way)
        aside = np.array([-way[1], way[0]]) * (BESIDE if (end, start) in pairs else 0)
        tail = middles[start] + aside + way * _to_border(sizes[start], way, aside, boxes)
        head = middles[end] + aside - way * _to_border(sizes[end], -way, aside, boxes)
        style = {"color": COLOURS[look], "linestyle": STROKES[look], "lw": 1.3}
        arrow = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **style}
        axes.annotate("", xy=head, xytext=tail, arrowprops=arrow, zorder=2)
        ways.append((tail, head))
    taken = [(middles[place], sizes[place]) for place in middles]
    for number, (_, _, text, look) in enumerate(arrows):
        if text:
            size = _size_of(axes, str(text), 8.5)
            place = _free_place(size, ways, number, taken)
            taken.append((place, size))
            axes.text(
                *place,
                text,
                color=COLOURS[look],
                fontsize=8.5,
                ha="center",
                va="center",
                zorder=5,
                bbox={"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none"},
            )


def _to_border(size, way, aside, boxes):
    """Return how far from a node's middle, moved `aside`, its border lies along `way`."""
    if not boxes or size[0] == size[1]:
        return np.sqrt(max((size[0] / 2) ** 2 - aside @ aside, 0))
    sides = [
        (size[k] / 2 - np.sign(way[k]) * aside[k]) / abs(way[k])
        for k in (0, 1)
        if abs(way[k]) > 1e-9
    ]
    return min(sides)


def _free_place(size, ways, number, taken):
    """Return the point on an arrow where a text of this size covers the least of the others."""
    tail, head = ways[number]

    def covered(share):
        place = tail + share * (head - tail)
        texts = sum(
            np.all(np.abs(place - other) < (size + room) / 2 + 0.03) for other, room in taken
        )
        lines = 0
        for k, (start, end) in enumerate(ways):
            points = start + np.linspace(0, 1, 60)[:, None] * (end - start)
            lines += k != number and np.all(np.abs(points - place) < size / 2 + 0.06, axis=1).any()
        return 10 * texts + lines, abs(share - 0.4)

    return tail + min(np.arange(0.14, 0.87, 0.04), key=covered) * (head - tail)
