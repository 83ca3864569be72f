"""The course's look: colours, marks, a figure, and how it is shown with a caption.

Normal rows are blue circles, anomalies are orange crosses, everywhere: two cues, so that the
pictures survive colour blindness and a grey printer. Importing this file sets matplotlib's
defaults to the course's style, so that figures made by hand match the others.
"""

from __future__ import annotations

import html
import io
import textwrap

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text

# Okabe and Ito's palette, distinguishable with every common kind of colour blindness
COLOURS = {
    "normal": "#0072B2",
    "anomaly": "#D55E00",
    "third": "#009E73",
    "fourth": "#CC79A7",
    "grey": "#6E6E6E",
}
MARKERS = {"normal": "o", "anomaly": "x"}
LINES = ("-", "--", "-.", ":")
DPI = 90
SHADES = LinearSegmentedColormap.from_list(
    "normal-to-anomaly", [COLOURS["normal"], "#FFFFFF", COLOURS["anomaly"]]
)
# a reader's own matplotlibrc may ask for LaTeX; the course's pictures do not obey it
mpl.rcdefaults()
mpl.rcParams.update(
    {
        "figure.dpi": DPI,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.grid": True,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "font.size": 10,
    }
)


def new_figure(
    rows: int = 1, columns: int = 1, *, width: float = 7.0, height: float = 3.6, **axes
):
    """Return a figure and its axes in the course's style.

    Parameters
    ----------
    rows, columns : int
        The grid of axes.
    width, height : float
        Inches of the whole figure.
    **axes
        Passed on to `Figure.subplots` (`sharex`, `sharey`, `width_ratios` …).

    Returns
    -------
    (matplotlib.figure.Figure, axes or array of axes)
    """
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return figure, figure.subplots(rows, columns, **axes)


def to_png(figure: Figure) -> bytes:
    """Return the figure as the bytes of a PNG file, with titles broken where they are too long."""
    _break_long_titles(figure)
    buffer = io.BytesIO()
    # without matplotlib's version in the file, the same figure gives the same bytes
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _break_long_titles(figure: Figure) -> None:
    figure.draw_without_rendering()
    drawn = {text.get_text(): text for text in figure.findobj(Text)}
    for axes in figure.axes:
        title = axes.get_title("left")
        beside = [each.bbox.x0 for each in figure.axes if each.bbox.x0 > axes.bbox.x1]
        room = min(beside, default=figure.bbox.x1) - axes.bbox.x0  # pixels
        width = drawn[title].get_window_extent().width if title else 0
        if width > room:
            characters = int(len(title) * room / width) - 1
            axes.set_title(textwrap.fill(title, max(characters, 12)))


def show(figure: Figure, caption: str) -> None:
    """Display `figure` with `caption` below it, which is its alternative text as well.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to show.
    caption : str
        One sentence that says what is to be seen.

    Raises
    ------
    ValueError
        If the caption is empty: a picture without words is lost on some learners.
    """
    from IPython.display import HTML, display

    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(f"caption is {caption!r}; a sentence that says what is seen is expected.")
    # as data with metadata: older versions of IPython's Image know no `alt`
    picture, alternative = {"image/png": to_png(figure)}, {"image/png": {"alt": caption}}
    display(picture, metadata=alternative, raw=True)
    display(HTML(f"<p><em>{html.escape(caption)}</em></p>"))
