"""The course's pictures: each function returns a figure, `show` displays it with a caption.

Normal rows are blue circles, anomalies are orange crosses, everywhere: two cues, so that the
pictures survive colour blindness and a grey printer. Importing this room sets matplotlib's
defaults to the course's style, so that figures made by hand match the others.
"""

from __future__ import annotations

import html
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence

from course_utils.checks import as_labels, as_matrix, as_scores, in_range
from course_utils.evaluation import auroc, average_precision, confusion
from course_utils.thresholds import decide, mistakes

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text
from sklearn.metrics import precision_recall_curve, roc_curve

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
# from clear to dense orange: what lies below is seen where the heat is low
HEAT = LinearSegmentedColormap.from_list(
    "clear-to-anomaly", [(*mpl.colors.to_rgb(COLOURS["anomaly"]), alpha) for alpha in (0, 0.95)]
)
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
    from IPython.display import HTML, Image, display

    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(f"caption is {caption!r}; a sentence that says what is seen is expected.")
    display(Image(data=to_png(figure), format="png", alt=caption))
    display(HTML(f"<p><em>{html.escape(caption)}</em></p>"))


def scatter(axes, X: np.ndarray, y: np.ndarray, *, size: float = 18, labels: bool = True) -> None:
    """Draw the rows of a 2-D matrix X (n, 2): normal ones as circles, anomalies as crosses."""
    X = as_matrix(X, "X", columns=2)
    y = as_labels(y, "y", length=len(X))
    for value, name in enumerate(("normal", "anomaly")):
        rows = X[y == value]
        style = {"edgecolors": "none", "alpha": 0.6} if value == 0 else {"linewidths": 1.4}
        axes.scatter(
            rows[:, 0],
            rows[:, 1],
            s=size * (1 + value),
            c=COLOURS[name],
            marker=MARKERS[name],
            label=f"{name} ({len(rows):,})" if labels else None,
            **style,
        )


def score_histogram(y, scores, threshold: float | None = None, title: str = "") -> Figure:
    """Histogram of the scores of normal rows and anomalies, each as a share of its own class.

    Parameters
    ----------
    y : array-like, shape (n,)
        1 = anomaly.
    scores : array-like, shape (n,)
        Higher = more anomalous.
    threshold : float, optional
        Drawn as a vertical line.
    title : str
        The finding.

    Returns
    -------
    matplotlib.figure.Figure
    """
    scores = as_scores(scores, "scores")
    y = as_labels(y, "y", length=len(scores))
    figure, axes = new_figure()
    edges = np.histogram_bin_edges(scores, bins=50)
    for value, name in enumerate(("normal", "anomaly")):
        chosen = scores[y == value]
        axes.hist(
            chosen,
            bins=edges,
            weights=np.full(len(chosen), 100 / max(len(chosen), 1)),
            histtype="stepfilled" if value == 0 else "step",
            alpha=0.5 if value == 0 else 1.0,
            hatch=None if value == 0 else "///",
            linewidth=1.5,
            color=COLOURS[name],
            label=f"{name} ({len(chosen):,} rows)",
        )
    if threshold is not None:
        axes.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.3g}")
    axes.set(
        title=title, xlabel="score (higher = more anomalous)", ylabel="share of its class [%]"
    )
    axes.legend()
    return figure


def roc_pr(y, scores: Mapping[str, np.ndarray], title: str = "") -> Figure:
    """ROC and precision–recall curves side by side, with chance and the prevalence drawn in.

    Parameters
    ----------
    y : array-like, shape (n,)
        1 = anomaly; both classes present.
    scores : mapping of str to array-like (n,)
        Label → scores, at most four.
    title : str
        The finding.

    Returns
    -------
    matplotlib.figure.Figure
    """
    y = as_labels(y, "y", both_classes=True)
    figure, (left, right) = new_figure(1, 2, width=9.5, height=4.2)
    colours = (COLOURS["normal"], COLOURS["anomaly"], COLOURS["third"], COLOURS["fourth"])
    for (name, values), colour, line in zip(scores.items(), colours, LINES, strict=False):
        values = as_scores(values, name)
        false_alarms, hits, _ = roc_curve(y, values)
        precision, recall, _ = precision_recall_curve(y, values)
        precision[-1] = precision[-2]  # scikit-learn ends at (0, 1), where no row stands
        left.plot(
            false_alarms, hits, line, color=colour, label=f"{name}, area {auroc(y, values):.3f}"
        )
        area = average_precision(y, values)
        right.step(
            recall, precision, line, where="post", color=colour, label=f"{name}, AP {area:.3f}"
        )
    left.plot([0, 1], [0, 1], color=COLOURS["grey"], linewidth=1, label="random scores, area 0.5")
    right.axhline(y.mean(), color=COLOURS["grey"], linewidth=1, label=f"prevalence {y.mean():.3f}")
    left.set(title="ROC", xlabel="false alarm rate", ylabel="recall (hit rate)")
    right.set(title="Precision–recall", xlabel="recall", ylabel="precision", ylim=(0, 1.05))
    left.legend(loc="lower right")
    right.legend(loc="best")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return figure


def learning_curve(history, title: str = "", ylabel: str = "loss") -> Figure:
    """Loss per epoch, training and validation, with the best epoch marked.

    Parameters
    ----------
    history : object or mapping
        Something with `train_loss`, `validation_loss` (may be empty or None) and `best_epoch`
        (counted from 0), or a mapping of label → losses per epoch.
    title : str
        The finding.
    ylabel : str
        What the loss is, with its unit.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = new_figure()
    if isinstance(history, Mapping):
        curves, best = history, None
    else:
        curves = {"training": history.train_loss, "validation": history.validation_loss}
        best = history.best_epoch if history.validation_loss else None
    colours = (COLOURS["normal"], COLOURS["anomaly"], COLOURS["third"], COLOURS["fourth"])
    for number, (name, losses) in enumerate(curves.items()):
        if losses is None or not len(losses):
            continue
        epochs = np.arange(1, len(losses) + 1)
        axes.plot(epochs, losses, LINES[number % 4], color=colours[number % 4], label=name)
    if best is not None:
        axes.axvline(
            best + 1, color=COLOURS["grey"], linestyle=":", label=f"best epoch, {best + 1}"
        )
    axes.set(title=title, xlabel="epoch", ylabel=ylabel)
    axes.legend()
    return figure


def decision_surface(
    predict: Callable[[np.ndarray], np.ndarray],
    X,
    y,
    title: str = "",
    names: Sequence[str] = ("first feature", "second feature"),
    level: float = 0.5,
) -> Figure:
    """Colour the plane by what `predict` says, with the rows on top and the border drawn.

    Parameters
    ----------
    predict : callable
        (m, 2) → (m,) probabilities of being an anomaly, in [0, 1].
    X : array-like, shape (n, 2)
    y : array-like, shape (n,)
        1 = anomaly.
    title : str
        The finding.
    names : pair of str
        The axes' labels, with units.
    level : float
        The probability at which the border is drawn.

    Returns
    -------
    matplotlib.figure.Figure
    """
    X, y = as_matrix(X, "X", columns=2), as_labels(y, "y")
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.1 * (high - low)
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], 160) for i in range(2))
    grid_across, grid_up = np.meshgrid(across, up)
    points = np.column_stack([grid_across.ravel(), grid_up.ravel()])
    surface = np.asarray(predict(points), dtype=float).reshape(grid_across.shape)
    figure, axes = new_figure(width=5.6, height=4.2)
    # flat bands make a far smaller file than a smooth ramp
    bands = np.linspace(0, 1, 11)
    plane = grid_across, grid_up, surface
    shades = axes.contourf(*plane, levels=bands, cmap=SHADES, alpha=0.45)
    if surface.min() < level < surface.max():
        axes.contour(*plane, levels=[level], colors="black", linewidths=1.2)
    scatter(axes, X, y, size=12)
    figure.colorbar(shades, ax=axes, label="predicted probability of an anomaly")
    axes.set(title=title, xlabel=names[0], ylabel=names[1])
    axes.grid(False)
    axes.legend(loc="upper right", fontsize=8, frameon=True)
    return figure


def time_line(data, scores=None, threshold: float | None = None, title: str = "") -> Figure:
    """A series with its anomalous windows shaded, and scores below it if there are any.

    Parameters
    ----------
    data : AnomalyData
        One feature and `time`.
    scores : array-like, shape (n,), optional
        Higher = more anomalous.
    threshold : float, optional
        Drawn across the scores.
    title : str
        The finding.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = 1 if scores is None else 2
    figure, axes = new_figure(panels, 1, width=9.5, height=2.6 * panels, sharex=True)
    axes = np.atleast_1d(axes)
    when = np.arange(len(data)) if data.time is None else data.time
    axes[0].plot(*_broken_at_gaps(when, data.X[:, 0]), color=COLOURS["normal"], linewidth=1)
    axes[0].set(title=title, ylabel=data.feature_names[0])
    if scores is not None:
        scores = as_scores(scores, "scores")
        axes[1].plot(*_broken_at_gaps(when, scores), color="black", linewidth=0.8)
        axes[1].set(ylabel="score")
        if threshold is not None:
            axes[1].axhline(
                threshold,
                linestyle="--",
                color=COLOURS["anomaly"],
                label=f"threshold {threshold:.3g}",
            )
            axes[1].legend(loc="upper right")
    changes = np.flatnonzero(np.diff(np.concatenate([[0], data.y, [0]])))
    for start, stop in changes.reshape(-1, 2):
        for each in axes:
            last = min(stop, len(data) - 1)
            each.axvspan(when[start], when[last], color=COLOURS["anomaly"], alpha=0.25, hatch="//")
    axes[-1].set_xlabel("row" if data.time is None else "time")
    return figure


def _broken_at_gaps(when: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put NaN where rows are missing, so that no line is drawn across hours without data."""
    steps = np.diff(when)
    gaps = np.flatnonzero(steps > 1.5 * np.median(steps)) + 1
    return np.insert(when, gaps, when[gaps]), np.insert(values, gaps, np.nan)


def images(pictures, titles: Sequence[str] | None = None, title: str = "", columns: int = 8):
    """A grid of grey pictures (n, height, width), each scaled to its own range.

    Parameters
    ----------
    pictures : array-like, shape (n, height, width)
    titles : sequence of str, optional
        One a picture.
    title : str
        The finding.
    columns : int
        Pictures a row.

    Returns
    -------
    matplotlib.figure.Figure
    """
    pictures = _as_pictures(pictures)
    rows = -(-len(pictures) // columns)
    figure, axes = new_figure(rows, columns, width=1.15 * columns, height=1.35 * rows + 0.3)
    for number, each in enumerate(np.ravel(axes)):
        each.axis("off")
        if number < len(pictures):
            each.imshow(pictures[number], cmap="gray_r")
            if titles is not None:
                each.set_title(titles[number], fontsize=8, loc="center", fontweight="normal")
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


def threshold_slider(y, scores, steps: int = 60):
    """A slider over the threshold: histogram and counts follow the learner's hand.

    Parameters
    ----------
    y : array-like, shape (n,)
        1 = anomaly; both classes present.
    scores : array-like, shape (n,)
        Higher = more anomalous.
    steps : int
        Positions of the slider, half of them spread over each class's scores.

    Returns
    -------
    ipywidgets.VBox
    """
    scores = as_scores(scores, "scores")
    y = as_labels(y, "y", length=len(scores), both_classes=True)
    # quantiles of all scores would leave the rare anomalies hardly any position
    shares = np.linspace(0, 1, steps // 2)
    by_class = [np.quantile(scores[y == value], shares) for value in (0, 1)]
    positions = np.unique(np.concatenate(by_class))

    def draw(position: int) -> bytes:
        threshold = positions[position]
        counts = confusion(y, decide(scores, threshold))
        found = f"found {counts.recall:.0%} of the anomalies"
        alarms = counts.true_positives + counts.false_positives
        right = f"{counts.precision:.0%} of {alarms:,} alarms are right" if alarms else "no alarm"
        return to_png(score_histogram(y, scores, threshold, f"{found}, {right}"))

    return _stepper(draw, len(positions), "threshold")


def cost_curve(y, scores, cost_false_alarm: float, cost_miss: float, title: str = "") -> Figure:
    """What every threshold costs, with the cheapest one marked.

    Thresholds are told by the alarms they raise, so that the picture is the same for scores on
    any scale.

    Parameters
    ----------
    y : array-like, shape (n,)
        1 = anomaly; both classes present.
    scores : array-like, shape (n,)
        Higher = more anomalous.
    cost_false_alarm, cost_miss : float, at least 0
        Cost of one false alarm and of one missed anomaly, in the same unit.
    title : str
        The finding; without it, what the cheapest threshold does.

    Returns
    -------
    matplotlib.figure.Figure
    """
    cost_false_alarm = in_range(cost_false_alarm, "cost_false_alarm", 0, np.inf, high_open=True)
    cost_miss = in_range(cost_miss, "cost_miss", 0, np.inf, high_open=True)
    _, false_alarms, misses = mistakes(y, scores)  # highest threshold first
    anomalies, rows = misses[0], misses[0] + false_alarms[-1]
    alarms = 1000 / rows * (false_alarms + anomalies - misses)
    cost = 1000 / rows * (cost_false_alarm * false_alarms + cost_miss * misses)
    best = int(np.argmin(cost))
    figure, axes = new_figure()
    axes.step(alarms, cost, where="post", color=COLOURS["normal"], label="every threshold")
    axes.plot(alarms[best], cost[best], "o", color=COLOURS["anomaly"], label="the cheapest")
    axes.axhline(cost[0], color=COLOURS["grey"], linestyle=":", label="no alarm at all")
    found = 1 - misses[best] / anomalies
    axes.set_title(title or f"Cheapest: {alarms[best]:.0f} alarms per 1,000 rows find {found:.0%}")
    axes.set_xscale("symlog", linthresh=1)
    axes.set(xlabel="alarms per 1,000 rows", ylabel="cost per 1,000 rows", xlim=(0, 1000))
    axes.set_ylim(0, 1.5 * cost[0] or 1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
    axes.legend(loc="lower left")
    return figure


def cost_slider(y, scores, ratios: Sequence[float] = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)):
    """A slider over what a missed anomaly costs: the cheapest threshold follows.

    Parameters
    ----------
    y : array-like, shape (n,)
        1 = anomaly; both classes present.
    scores : array-like, shape (n,)
        Higher = more anomalous.
    ratios : sequence of float
        Cost of a miss, in false alarms; one a position.

    Returns
    -------
    ipywidgets.VBox
    """

    def draw(position: int) -> bytes:
        figure = cost_curve(y, scores, 1, ratios[position])
        figure.axes[0].set_ylabel("cost per 1,000 rows [false alarms]")
        figure.suptitle(f"A miss costs as much as {ratios[position]:g} false alarms", fontsize=11)
        return to_png(figure)

    return _stepper(draw, len(ratios), "cost of a miss")


def frame_slider(figures: Sequence[Figure], name: str = "step"):
    """A slider and a play button that step through figures drawn beforehand.

    Parameters
    ----------
    figures : sequence of matplotlib.figure.Figure
        One a position.
    name : str
        What the slider counts.

    Returns
    -------
    ipywidgets.VBox
    """
    pictures = [to_png(figure) for figure in figures]
    if not pictures:
        raise ValueError("figures is empty; at least one figure is expected.")
    return _stepper(pictures.__getitem__, len(pictures), name, play=True)


def _stepper(draw: Callable[[int], bytes], steps: int, name: str, *, play: bool = False):
    import ipywidgets

    middle = 0 if play else steps // 2
    slider = ipywidgets.IntSlider(
        middle, 0, steps - 1, description=name, readout=False, continuous_update=True
    )
    slider.layout.width = "28em"
    picture = ipywidgets.Image(value=draw(middle), format="png")
    width = int.from_bytes(picture.value[16:20], "big")  # where a PNG keeps its width, in pixels
    picture.layout.max_width = f"{width}px"  # or it would be stretched over the whole page

    def follow(change) -> None:
        picture.value = draw(change["new"])

    slider.observe(follow, names="value")
    controls = [slider]
    if play:
        player = ipywidgets.Play(value=0, min=0, max=steps - 1, interval=400)
        ipywidgets.jslink((player, "value"), (slider, "value"))
        controls.insert(0, player)
    return ipywidgets.VBox([ipywidgets.HBox(controls), picture])
