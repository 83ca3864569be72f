"""Rows, scores and losses, drawn: each function returns a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from course_utils.checks import as_labels, as_matrix, as_scores, in_range
from course_utils.evaluation import auroc, average_precision
from course_utils.plots.style import COLOURS, LINES, MARKERS, SHADES, new_figure
from course_utils.thresholds import mistakes

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_curve


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
    if threshold is not None:  # no bar stands on both sides of the line
        width = edges[1] - edges[0]
        edges = np.append(edges[0] - width, edges) + (threshold - edges[0]) % width
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
