"""Pictures that follow a learner's hand: sliders, each with a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from course_utils.checks import as_labels, as_scores
from course_utils.evaluation import confusion
from course_utils.plots.curves import cost_curve, score_histogram
from course_utils.plots.style import to_png
from course_utils.thresholds import decide

import numpy as np
from matplotlib.figure import Figure


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
    from course_utils.widgets import VBoxWithFallback

    import ipywidgets

    middle = 0 if play else steps // 2
    slider = ipywidgets.IntSlider(
        middle, 0, steps - 1, description=name, readout=False, continuous_update=True
    )
    slider.style.description_width = "initial"  # as wide as the name, which is cut off otherwise
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
    return VBoxWithFallback(
        [ipywidgets.HBox(controls), picture], text="A slider: run this cell to move it."
    )
