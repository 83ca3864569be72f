"""plots: the diagram of critical differences and the decision chart.

`python tests/test_rankings.py` writes the chart that lesson 19 drew as the picture that the README
shows.
"""

import base64

from course_utils import plots
from course_utils.course import lessons
from course_utils.plots import rankings

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Annotation, Text

PICTURE = lessons.NOTEBOOKS / "images" / "decision-chart.png"
TWELVE = {
    "AutoEncoder": 3.1,
    "VAE": 3.2,
    "DeepSVDD": 3.25,
    "k nearest neighbours": 3.9,
    "isolation forest": 5.2,
    "Mahalanobis": 5.2,
    "local outlier factor": 5.9,
    "PCA": 6.4,
    "ECOD": 7.1,
    "largest |z|": 11.1,
    "untrained twin": 11.3,
    "random scores": 12.0,
}
BRANCHES = [
    ("Are five anomalies labelled, or more?", "Choose by them", "regret 0.02, 21 tables"),
    ("Are the training rows clean?", "DeepSVDD or AutoEncoder", "regret 0.03, 21 tables"),
    ("", "AutoEncoder", "regret 0.05, 21 tables"),
]


def boxes_of(figure):
    """Return text → where it stands, once drawn; pixels."""
    figure.draw_without_rendering()
    axes = figure.axes[0]
    texts = [each for each in axes.get_children() if isinstance(each, Text) and each.get_text()]
    return {
        each.get_text(): each.get_window_extent()
        for each in texts
        if not isinstance(each, Annotation)
    }


@pytest.mark.parametrize("count", [2, 3, 9, 12])
@pytest.mark.parametrize("title", ["", "A finding that is long enough to be broken in two " * 2])
def test_no_texts_of_the_diagram_overlap_and_all_stand_inside(count, title):
    ranks = dict(list(TWELVE.items())[:count])
    ranks = {name: min(rank, count) for name, rank in ranks.items()}
    figure = plots.critical_difference_diagram(ranks, 0.4, title)
    placed = list(boxes_of(figure).items())
    for k, (text, box) in enumerate(placed):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1, text
        for other, beside in placed[k + 1 :]:
            assert not box.overlaps(beside), (text, other)


def test_every_detector_stands_with_its_rank_best_first():
    texts = boxes_of(plots.critical_difference_diagram(TWELVE, 3.0))
    for name, rank in TWELVE.items():
        assert f"{name}  {rank:.2f}" in texts
    left = [f"{name}  {rank:.2f}" for name, rank in list(TWELVE.items())[:6]]
    assert [texts[each].y0 for each in left] == sorted([texts[e].y0 for e in left], reverse=True)
    assert "critical difference 3.00" in texts


def test_bars_join_what_differs_by_less_than_the_difference():
    ranks = np.array([1.0, 1.5, 2.4, 4.0, 5.0])
    assert rankings._not_told_apart(ranks, 0.1) == []
    assert rankings._not_told_apart(ranks, 1.0) == [(0, 1), (1, 2)]
    assert rankings._not_told_apart(ranks, 1.001) == [(0, 1), (1, 2), (3, 4)]
    assert rankings._not_told_apart(ranks, 10) == [(0, 4)]


@pytest.mark.parametrize("seed", range(5))
def test_bars_are_the_pairs_below_the_difference(seed):
    generator = np.random.default_rng(seed)
    ranks = np.sort(generator.uniform(1, 8, 8))
    difference = generator.uniform(0.2, 3)
    bars = rankings._not_told_apart(ranks, difference)
    for a in range(8):
        for b in range(a + 1, 8):
            joined = any(first <= a and b <= last for first, last in bars)
            assert joined == (ranks[b] - ranks[a] < difference)
    assert all(not (a[0] <= b[0] and b[1] <= a[1]) for a in bars for b in bars if a != b)


def test_a_series_and_a_dict_give_the_same_picture_in_any_order():
    shuffled = pd.Series(TWELVE).sample(frac=1, random_state=0)
    shuffled = shuffled.reindex([*shuffled.index.drop(["Mahalanobis"]), "Mahalanobis"])
    pictures = [
        plots.to_png(plots.critical_difference_diagram(each, 2.0)) for each in (TWELVE, shuffled)
    ]
    assert pictures[0] == pictures[1]


def test_a_difference_longer_than_the_axis_is_said_to_be():
    texts = boxes_of(plots.critical_difference_diagram({"a": 1.2, "b": 1.8}, 1.5))
    assert "critical difference 1.50 (longer than the axis)" in texts


@pytest.mark.parametrize(
    ("ranks", "difference", "message"),
    [
        ([1, 2], 1, "ranks is a list"),
        ({"a": 1}, 1, "two or more mean ranks"),
        ({"a": 0, "b": 1}, 1, "ranks lie from 0 to 1"),
        ({"a": 1, "b": 3}, 1, "from 1 to 2"),
        ({"a": 1, "b": np.nan}, 1, "NaN"),
        ({"a": 1, "b": 2}, -1, "difference is -1"),
    ],
)
def test_ranks_that_are_none_are_named(ranks, difference, message):
    with pytest.raises((TypeError, ValueError), match=message):
        plots.critical_difference_diagram(ranks, difference)


def test_the_chart_shows_questions_answers_and_what_supports_them():
    figure = plots.decision_chart(BRANCHES, "Which detector when")
    words = " ".join(boxes_of(figure)).replace("\n", " ")
    for branch in BRANCHES:
        for text in branch:
            assert text in words
    assert len(figure.findobj(FancyBboxPatch)) >= 5
    arrows = [each for each in figure.findobj(Annotation) if each.arrow_patch is not None]
    assert len(arrows) == 4  # two yes, one no to a question, one no to the last answer


def test_texts_of_the_chart_stand_apart_and_inside():
    filled = [(q or "Is none of this the case?", a, e) for q, a, e in BRANCHES]
    long = [tuple(f"{text} {text}" for text in branch) for branch in filled]
    for branches in (BRANCHES, long):
        figure = plots.decision_chart(branches, "Title")
        placed = list(boxes_of(figure).items())
        for k, (text, box) in enumerate(placed):
            assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, text
            for other, beside in placed[k + 1 :]:
                assert not box.overlaps(beside) or {text, other} & {"yes", "no"}, (text, other)


@pytest.mark.parametrize(
    ("branches", "message"),
    [
        (BRANCHES[:1], "branches has 1"),
        ([("", "a", "e"), ("q", "a", "e")], "at position 0"),
        ([("q", "a", "e"), ("q", "", "e")], "at position 1"),
        ([("q", "a"), ("q", "a", "e")], "three|question, answer and evidence"),
    ],
)
def test_branches_that_lack_something_are_named(branches, message):
    with pytest.raises(ValueError, match=message):
        plots.decision_chart(branches)


def drawn_chart():
    """Return the picture that lesson 19 has stored, as bytes."""
    cells = lessons.read(lessons.path_of("19_choosing_a_detector")).cells
    outputs = next(cell.outputs for cell in cells if cell.id == "draw-the-chart")
    pictures = [each.data["image/png"] for each in outputs if "image/png" in each.get("data", {})]
    return base64.b64decode(pictures[0])


def test_the_picture_of_the_chart_is_the_one_that_the_lesson_drew():
    again = "run python tests/test_rankings.py to write it anew"
    assert PICTURE.read_bytes() == drawn_chart(), again


if __name__ == "__main__":
    PICTURE.write_bytes(drawn_chart())
