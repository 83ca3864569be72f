"""The report's pictures, as bytes in text. No text of the user's stands in them."""

from __future__ import annotations

import base64

from course_utils import plots

import numpy as np

__all__ = ["days", "precisions", "scores"]


def precisions(runs, labels, prevalence):
    """Draw the average precision of each detector for each seed, and the prevalence.

    Parameters
    ----------
    runs : DataFrame
        What ``measuring.numbers`` returned.
    labels : list of str
        From top to bottom.
    prevalence : float

    Returns
    -------
    dict
        "png" (text) and "caption".
    """
    figure, axes = plots.new_figure(height=0.6 + 0.32 * len(labels))
    places = np.arange(len(labels))[::-1]
    for place, label in zip(places, labels, strict=True):
        found = runs.loc[runs["detector"] == label, "average precision"]
        axes.plot(found, np.full(len(found), place), "o", color=plots.COLOURS["normal"], alpha=0.5)
        axes.plot(found.mean(), place, "|", color="black", markersize=14, markeredgewidth=2)
    axes.axvline(prevalence, color=plots.COLOURS["anomaly"], linestyle="--")
    axes.set(
        yticks=places,
        yticklabels=labels,
        xlim=(-0.02, 1.02),
        xlabel="average precision, test rows",
    )
    caption = (
        "Average precision on test rows: a dot for each seed, a bar at their mean. The dashed "
        f"line is the prevalence, {prevalence:.3f}, which random scores reach."
    )
    return _picture(figure, caption)


def scores(alarms):
    """Draw the scores of the test rows, with the threshold.

    Parameters
    ----------
    alarms : Alarms

    Returns
    -------
    dict
    """
    top = np.quantile(alarms.scores, 0.999)  # a giant would press all others into one bar
    shown = np.minimum(alarms.scores, max(top, 1.2 * alarms.threshold))
    if alarms.y is None:
        figure, axes = plots.new_figure()
        axes.hist(shown, bins=60, color=plots.COLOURS["normal"], alpha=0.6)
        axes.axvline(alarms.threshold, color="black", linestyle="--")
        axes.set(xlabel="score (higher = more anomalous)", ylabel="test rows", yscale="log")
        axes.set_ylim(bottom=0.7)  # a bar of one row is seen
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.minorticks_off()
        caption = (
            "Scores of the test rows, on a logarithmic axis; above the dashed line they alarm."
        )
        return _picture(figure, caption)
    figure = plots.score_histogram(alarms.y, shown, alarms.threshold)
    caption = (
        "Scores of the test rows, normal rows and anomalies each as shares of their own; above "
        "the dashed line they raise an alarm. Scores beyond the axis stand at its end."
    )
    return _picture(figure, caption)


def days(per_day, budget):
    """Draw the alarms of each day.

    Parameters
    ----------
    per_day : array, shape (days,)
    budget : float
        Alarms a day.

    Returns
    -------
    dict
    """
    figure, axes = plots.new_figure(height=2.4)
    axes.bar(np.arange(1, len(per_day) + 1), per_day, color=plots.COLOURS["normal"], width=0.8)
    axes.axhline(budget, color="black", linestyle="--")
    axes.set(xlabel="day of the test rows", ylabel="alarms")
    axes.xaxis.get_major_locator().set_params(integer=True)
    caption = (
        f"Alarms on each of {len(per_day):,} days of the test rows; the dashed line is the "
        f"budget, {budget:.3g} a day."
    )
    return _picture(figure, caption)


def _picture(figure, caption):
    return {"png": base64.b64encode(plots.to_png(figure)).decode(), "caption": caption}
