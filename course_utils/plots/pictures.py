"""Pictures in a grid, and heat maps over them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from course_utils.plots.style import COLOURS, SHADES, new_figure

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

# from clear to dense orange: what lies below is seen where the heat is low
HEAT = LinearSegmentedColormap.from_list(
    "clear-to-anomaly", [(*mpl.colors.to_rgb(COLOURS["anomaly"]), alpha) for alpha in (0, 0.95)]
)


def images(
    pictures,
    titles: Sequence[str] | None = None,
    title: str = "",
    columns: int = 8,
    *,
    signed: bool = False,
    label: str = "",
) -> Figure:
    """A grid of grey pictures (n, height, width), all in one range, so that they can be compared.

    Parameters
    ----------
    pictures : array-like, shape (n, height, width)
    titles : sequence of str, optional
        One a picture.
    title : str
        The finding.
    columns : int
        Pictures a row.
    signed : bool
        Colour them by sign instead, white at 0, with a bar: for kernels and differences.
    label : str
        What the bar of signed pictures says: the quantity, with its unit.

    Returns
    -------
    matplotlib.figure.Figure
    """
    pictures = _as_pictures(pictures)
    rows = -(-len(pictures) // columns)
    figure, axes = new_figure(rows, columns, width=1.15 * columns, height=1.35 * rows + 0.3)
    low, high = pictures.min(), pictures.max()
    if signed:
        high = max(-low, high) or 1.0
        low = -high
    for number, each in enumerate(np.ravel(axes)):
        each.axis("off")
        if number < len(pictures):
            colours = SHADES if signed else "gray_r"
            drawn = each.imshow(pictures[number], cmap=colours, vmin=low, vmax=high)
            if titles is not None:
                each.set_title(titles[number], fontsize=8, loc="center", fontweight="normal")
    if signed:
        bar = figure.colorbar(drawn, ax=axes, fraction=0.04, pad=0.02, aspect=14 * rows)
        bar.set_label(label, fontsize=8)
        bar.ax.tick_params(labelsize=8)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return figure


def heat_maps(
    pictures,
    heat,
    masks=None,
    titles: Sequence[str] | None = None,
    title: str = "",
    columns: int = 6,
    label: str = "heat (higher = more anomalous)",
) -> Figure:
    """Grey pictures with a heat map over each, all on one scale, and the defects outlined.

    Heat is laid over a picture as orange that becomes denser; the colder half of all pixels
    stays grey. A defect is told by its outline too, blue on white.

    Parameters
    ----------
    pictures : array-like, shape (n, height, width)
        Each is scaled to its own range.
    heat : array-like, shape (n, height, width)
        Finite numbers, higher = more anomalous.
    masks : array-like of bool, shape (n, height, width), optional
        True where a pixel belongs to a defect.
    titles : sequence of str, optional
        One a picture.
    title : str
        The finding.
    columns : int
        Pictures a row.
    label : str
        What the colour bar says: the quantity, with its unit.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a heat is not finite.
    """
    pictures, heat = _as_pictures(pictures), np.asarray(heat, dtype=float)
    masks = np.zeros(pictures.shape, dtype=bool) if masks is None else np.asarray(masks) > 0
    for name, value in (("heat", heat), ("masks", masks)):
        if value.shape != pictures.shape:
            raise ValueError(
                f"{name} has shape {value.shape}; {pictures.shape} is expected, that of pictures."
            )
    if not np.isfinite(heat).all():
        raise ValueError("heat has NaN or infinite entries; finite numbers are expected.")
    if titles is not None and len(titles) != len(pictures):
        raise ValueError(f"titles has {len(titles)} entries for {len(pictures)} pictures.")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, axes = new_figure(rows, columns, width=1.5 * columns + 1, height=1.7 * rows + 0.35)
    low, high = np.median(heat), heat.max()
    scale = mpl.colors.Normalize(low, high if high > low else low + 1)
    for number, each in enumerate(np.ravel(axes)):
        each.axis("off")
        if number >= len(pictures):
            continue
        each.imshow(pictures[number], cmap="gray")
        drawn = each.imshow(heat[number], cmap=HEAT, norm=scale, interpolation="nearest")
        if masks[number].any():
            # a frame of normal pixels closes outlines that meet the picture's edge
            framed = np.pad(masks[number].astype(float), 1)
            place = [np.arange(length) - 1 for length in framed.shape[::-1]]
            for colour, width in (("white", 2.6), (COLOURS["normal"], 1.3)):
                each.contour(*place, framed, levels=[0.5], colors=colour, linewidths=width)
            height, width = masks[number].shape
            each.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        if titles is not None:
            each.set_title(titles[number], fontsize=8, loc="center", fontweight="normal")
    bar = figure.colorbar(drawn, ax=axes, fraction=0.04, pad=0.02, aspect=14 * rows, extend="min")
    bar.set_label(textwrap.fill(label, 20), fontsize=8)
    bar.ax.tick_params(labelsize=8)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return figure


def _as_pictures(pictures):
    """Return grey pictures as an array (n, height, width) of floats."""
    pictures = np.asarray(pictures, dtype=float)
    if pictures.ndim != 3 or not len(pictures):
        raise ValueError(
            f"pictures has shape {pictures.shape}; (n, height, width) with n ≥ 1 is expected."
        )
    return pictures
