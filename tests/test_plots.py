"""The pictures: what they show, that captions are kept, and that bad input is named."""

import runpy

from course_utils import data, evaluation, network, plots, thresholds
from course_utils.plots import style

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from matplotlib.patches import Circle, FancyBboxPatch
from matplotlib.text import Annotation, Text

RNG = np.random.default_rng(0)
Y = np.array([0] * 40 + [1] * 10)
SCORES = np.concatenate([RNG.normal(0, 1, 40), RNG.normal(3, 1, 10)])


def labels_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_histogram_shows_both_classes_and_the_threshold():
    axes = plots.score_histogram(Y, SCORES, threshold=1.5, title="Apart").axes[0]
    assert labels_of(axes) == ["normal (40 rows)", "anomaly (10 rows)", "threshold 1.5"]
    assert axes.get_title("left") == "Apart"
    assert "%" in axes.get_ylabel()


@pytest.mark.parametrize("threshold", [1.5, SCORES.min(), SCORES.max(), -50.0, 50.0])
def test_no_bar_of_the_histogram_stands_on_both_sides_of_the_threshold(threshold):
    axes = plots.score_histogram(Y, SCORES, threshold=threshold).axes[0]
    for bars in axes.patches:
        edges = np.unique(bars.get_xy()[:, 0])
        assert edges[0] <= SCORES.min()
        assert edges[-1] >= SCORES.max()
        if edges[0] < threshold < edges[-1]:
            assert np.abs(edges - threshold).min() < 1e-9


def test_roc_and_pr_carry_areas_and_prevalence():
    left, right = plots.roc_pr(Y, {"mine": SCORES}).axes
    assert labels_of(left)[0] == f"mine, area {evaluation.auroc(Y, SCORES):.3f}"
    assert "prevalence 0.200" in labels_of(right)


def test_no_precision_is_drawn_that_no_alarm_has():
    worst_first = np.array([0, 0, 0, 1, 1]), np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    line = plots.roc_pr(worst_first[0], {"mine": worst_first[1]}).axes[1].lines[0]
    assert line.get_ydata().max() == pytest.approx(2 / 5)


def test_the_learning_curve_marks_the_best_epoch():
    history = network.History(
        train_loss=[3, 2, 1], validation_loss=[3, 2, 2.5], best_epoch=1, seconds=0.1
    )
    assert labels_of(plots.learning_curve(history).axes[0]) == [
        "training",
        "validation",
        "best epoch, 2",
    ]
    by_name = plots.learning_curve({"SGD": [2, 1], "Adam": [2, 0.5]})
    assert labels_of(by_name.axes[0]) == ["SGD", "Adam"]


def test_the_surface_is_drawn_from_the_prediction():
    toy = data.make_toy("moons", rows=60)

    def left_half(X):
        return (X[:, 0] < 0).astype(float)

    axes = plots.decision_surface(left_half, toy.X, toy.y).axes[0]
    border = [each for each in axes.collections if isinstance(each, QuadContourSet)][-1]
    (line,) = border.allsegs[0]
    assert np.abs(line[:, 0]).max() < 0.05


def test_the_time_line_shades_every_anomalous_window():
    flow = data.load_water_flow()
    figure = plots.time_line(flow, scores=flow.X[:, 0], threshold=50.0, title="Four windows")
    assert len(figure.axes) == 2
    assert [len(axes.patches) for axes in figure.axes] == [4, 4]
    assert len(plots.time_line(flow).axes) == 1


def test_the_line_breaks_where_hours_are_missing():
    flow = data.load_water_flow()
    drawn = plots.time_line(flow).axes[0].lines[0].get_ydata()
    missing = np.sum(np.diff(flow.time) > np.timedelta64(1, "h"))
    assert missing > 0
    assert np.isnan(drawn).sum() == missing
    assert np.array_equal(drawn[~np.isnan(drawn)], flow.X[:, 0])


def test_images_fill_a_grid():
    figure = plots.images(RNG.random((5, 4, 4)), titles=list("abcde"), columns=3)
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 1, 1, 1, 0]
    with pytest.raises(ValueError, match="pictures has shape"):
        plots.images(np.ones((4, 4)))


def test_images_of_a_grid_share_one_grey_range():
    pale = np.stack([np.full((4, 4), 0.2), np.full((4, 4), 0.9)])
    ranges = {each.images[0].get_clim() for each in plots.images(pale, columns=2).axes}
    assert ranges == {(0.2, 0.9)}


def test_signed_images_are_white_at_zero_and_carry_a_bar():
    kernels = np.stack([np.full((3, 3), -2.0), np.eye(3)])
    figure = plots.images(kernels, columns=2, signed=True, label="weight")
    first, second, bar = figure.axes
    assert {each.images[0].get_clim() for each in (first, second)} == {(-2.0, 2.0)}
    shade = first.images[0].cmap(first.images[0].norm(0.0))
    assert np.array(shade[:3]) == pytest.approx([1, 1, 1], abs=0.02)
    assert bar.get_ylabel() == "weight"
    assert plots.images(np.zeros((1, 3, 3)), signed=True).axes[0].images[0].get_clim() == (-1, 1)


def arrows_of(figure):
    return [each for each in figure.findobj(Annotation) if each.arrow_patch]


def gap_to_border(point, patch):
    """Return how far a point lies outside a node's border, in inches."""
    if isinstance(patch, Circle):
        return np.hypot(*(np.array(point) - patch.center)) - patch.radius
    corner = np.array([patch.get_x(), patch.get_y()])
    size = np.array([patch.get_width(), patch.get_height()])
    return np.max(np.abs(point - corner - size / 2) - size / 2)


THERE_AND_BACK = [
    *(((0, i), (1, j), f"{0.25 * i - j:.2f}") for i in (0, 1) for j in (0, 1)),
    *(((1, j), (0, i), f"{0.13 + i * j:.2f}", "anomaly") for i in (0, 1) for j in (0, 1)),
    ((1, 0), (2, 0), "1.50"),
    ((1, 1), (2, 0), "−0.50"),
    ((2, 0), (1, 0), "0.62", "anomaly"),
    ((2, 0), (1, 1), "−0.21", "anomaly"),
]
SCHEMATICS = {
    "a neuron": {"columns": [["x1", "x2", "x3 = −0.25"], ["z"]]},
    "a layer": {"columns": [["x1", "x2", "x3"], ["", "", "", ""], ["z1", "z2"]]},
    "blame": {"columns": [["1.0", "−2.0"], ["0.3", "0.9"], ["0.7"]], "arrows": THERE_AND_BACK},
    "steps": {"columns": [["load"], ["split", None, "a long\nname"], ["score"]], "boxes": True},
    "too many for the width": {"columns": [["quite a long step"]] * 9, "boxes": True},
    "too many for the height": {"columns": [["a node"] * 9]},
}


@pytest.mark.parametrize("what", SCHEMATICS)
def test_arrows_end_at_the_nodes_borders_on_the_first_draw(what):
    figure = plots.schematic(**SCHEMATICS[what], title="What the drawing shows")
    drawn = [each.xy for each in arrows_of(figure)]
    plots.to_png(figure)
    assert [each.xy for each in arrows_of(figure)] == drawn
    nodes = figure.findobj(Circle) + figure.findobj(FancyBboxPatch)
    for arrow in arrows_of(figure):
        for end in (arrow.xy, arrow.xyann):
            assert min(abs(gap_to_border(end, node)) for node in nodes) < 1e-6


@pytest.mark.parametrize("what", SCHEMATICS)
def test_texts_of_a_schematic_stand_inside_and_apart(what):
    captions = ["below"] * len(SCHEMATICS[what]["columns"])
    figure = plots.schematic(**SCHEMATICS[what], captions=captions, title="A title")
    plots.to_png(figure)
    said = [each for each in figure.axes[0].texts if each.get_text()]
    said += [each for each in figure.findobj(Text) if each.get_text() == "A title"]
    places = [each.get_window_extent() for each in said]
    for number, place in enumerate(places):
        assert min(place.x0, place.y0) >= 0, said[number]
        assert place.x1 <= figure.bbox.x1, said[number]
        assert place.y1 <= figure.bbox.y1, said[number]
        for other in range(number):
            assert not place.overlaps(places[other]), (said[number], said[other])


def test_arrows_there_and_back_stand_side_by_side_and_differ_without_colour():
    figure = plots.schematic(
        [["a"], ["b"]], [((0, 0), (1, 0), "1"), ((1, 0), (0, 0), "2", "anomaly")]
    )
    there, back = arrows_of(figure)
    assert there.xy[1] > back.xy[1] + 0.1
    assert there.arrow_patch.get_linestyle() != back.arrow_patch.get_linestyle()


def test_nodes_are_joined_with_the_next_column_unless_arrows_are_given():
    columns = [["a", None, "b"], ["c", "d"], ["e"]]
    assert len(arrows_of(plots.schematic(columns))) == 2 * 2 + 2
    assert not arrows_of(plots.schematic(columns, []))
    marked = plots.schematic(columns, looks={(2, 0): "anomaly"}).findobj(Circle)
    assert len(marked) == 5
    assert len({each.get_edgecolor() for each in marked}) == 2
    assert len({each.get_linewidth() for each in marked}) == 2


@pytest.mark.parametrize("bad", [{"arrows": [((0, 0), (3, 0))]}, {"looks": {(0, 1): "anomaly"}}])
def test_a_place_without_a_node_is_named(bad):
    with pytest.raises(ValueError, match="is the place of no node"):
        plots.schematic([["a", None], ["b"]], **bad)


def test_the_same_figure_gives_the_same_bytes():
    figure = plots.score_histogram(Y, SCORES)
    assert plots.to_png(figure) == plots.to_png(plots.score_histogram(Y, SCORES))
    assert plots.to_png(figure).startswith(b"\x89PNG")


def test_a_title_that_is_too_long_is_broken_into_lines():
    title = "Most anomalies keep away from the normal rows but some of them hide among them"
    figure = plots.score_histogram(Y, SCORES, title=title)
    plots.to_png(figure)
    broken = figure.axes[0].get_title("left")
    assert "\n" in broken
    assert broken.replace("\n", " ") == title


def test_show_puts_the_caption_under_the_picture_and_into_its_alternative_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **how: shown.append((what, how)))
    plots.show(plots.score_histogram(Y, SCORES), "Normal < anomalous.")
    ((picture,), described), ((caption,), _) = shown
    assert picture["image/png"].startswith(b"\x89PNG")
    assert described == {"metadata": {"image/png": {"alt": "Normal < anomalous."}}, "raw": True}
    assert caption.data == "<p><em>Normal &lt; anomalous.</em></p>"


@pytest.mark.parametrize("caption", ["", "  ", None])
def test_a_picture_without_words_is_refused(caption):
    with pytest.raises(ValueError, match="caption"):
        plots.show(plots.score_histogram(Y, SCORES), caption)


def test_the_slider_changes_the_picture():
    box = plots.threshold_slider(Y, SCORES)
    controls, picture = box.children
    assert picture.layout.max_width == "630px"
    before = picture.value
    controls.children[-1].value = 2
    assert picture.value != before
    assert bytes(picture.value).startswith(b"\x89PNG")


def test_half_of_the_slider_s_positions_are_the_anomalies_own():
    rare = np.concatenate([np.linspace(0, 1, 990), np.linspace(5, 6, 10)])
    labels = (rare >= 5).astype(int)
    slider = plots.threshold_slider(labels, rare).children[0].children[-1]
    assert slider.max == 59  # 30 positions of each class, all of them different


def test_frames_are_stepped_through():
    figures = [plots.score_histogram(Y, SCORES, title=str(number)) for number in range(3)]
    controls, picture = plots.frame_slider(figures, "epoch").children
    assert picture.value == plots.to_png(figures[0])
    controls.children[-1].value = 2
    assert picture.value == plots.to_png(figures[2])
    with pytest.raises(ValueError, match="figures is empty"):
        plots.frame_slider([])


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.score_histogram(Y[:5], SCORES), "y has 5 labels"),
        (lambda: plots.score_histogram(Y, SCORES * np.nan), "scores"),
        (lambda: plots.roc_pr(np.zeros(50, dtype=int), {"mine": SCORES}), "y"),
        (lambda: plots.scatter(None, np.ones((3, 3)), [0, 0, 1]), "X"),
    ],
)
def test_bad_input_is_named(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()


def test_the_cost_curve_marks_the_threshold_that_costs_least():
    axes = plots.cost_curve(Y, SCORES, cost_false_alarm=1, cost_miss=5).axes[0]
    (best,) = axes.lines[1].get_xydata()
    threshold = thresholds.minimum_cost(Y, SCORES, 1, 5)
    counts = evaluation.confusion(Y, thresholds.decide(SCORES, threshold))
    cost = counts.false_positives + 5 * counts.false_negatives
    alarms = counts.true_positives + counts.false_positives
    assert best == pytest.approx([1000 * alarms / 50, 1000 * cost / 50])
    assert f"{counts.recall:.0%}" in axes.get_title("left")


def test_dearer_misses_move_the_cheapest_threshold_to_more_alarms():
    alarms = [
        plots.cost_curve(Y, SCORES, 1, cost).axes[0].lines[1].get_xdata()[0]
        for cost in (0, 1, 10, 1000)
    ]
    assert alarms[0] == 0
    assert alarms == sorted(alarms)


def test_the_cost_slider_draws_each_position():
    widget = plots.cost_slider(Y, SCORES, ratios=(1, 100))
    slider, picture = widget.children[0].children[0], widget.children[1]
    before = bytes(picture.value)
    slider.value = 1 - slider.value
    assert bytes(picture.value) != before


@pytest.mark.parametrize("cost", [-1, "much", float("inf")])
def test_a_bad_cost_is_named(cost):
    with pytest.raises((TypeError, ValueError), match="cost_miss"):
        plots.cost_curve(Y, SCORES, 1, cost)


PICTURES = RNG.integers(0, 256, (5, 12, 10))


def test_heat_maps_share_one_scale_and_outline_the_defects():
    heat = np.arange(600.0).reshape(5, 12, 10)
    masks = np.zeros(PICTURES.shape, dtype=bool)
    masks[1, 3:6, 0:4] = True  # meets the left edge
    figure = plots.heat_maps(PICTURES, heat, masks, list("abcde"), "Hot", columns=3)
    grid, bar = figure.axes[:6], figure.axes[6]
    scales = {each.images[1].get_clim() for each in grid[:5]}
    assert scales == {(299.5, 599)}  # from the median: the colder half stays grey
    for number, each in enumerate(grid[:5]):
        np.testing.assert_array_equal(each.images[0].get_array(), PICTURES[number])
        np.testing.assert_array_equal(each.images[1].get_array(), heat[number])
        assert each.get_title("center") == "abcde"[number]
        assert bool(each.findobj(QuadContourSet)) == (number == 1)
    assert not grid[5].images  # the last place of the grid stays empty
    assert "higher = more" in bar.get_ylabel()
    outline = grid[1].findobj(QuadContourSet)[0].get_paths()[0].vertices
    assert outline.min(axis=0) == pytest.approx([-0.5, 2.5])
    assert outline.max(axis=0) == pytest.approx([3.5, 5.5])
    assert grid[1].get_xlim() == (-0.5, 9.5)
    assert plots.to_png(figure).startswith(b"\x89PNG")


def test_cold_pixels_show_the_picture_and_hot_ones_the_heat():
    shades = plots.HEAT([0.0, 0.5, 1.0])
    assert shades[0, 3] == 0
    assert (np.diff(shades[:, 3]) > 0).all()
    assert len(np.unique(shades[:, :3], axis=0)) == 1  # density alone tells the heat


def test_even_heat_is_drawn_too():
    figure = plots.heat_maps(PICTURES[:1], np.full((1, 12, 10), 7.0))
    assert figure.axes[0].images[1].get_clim() == (7, 8)
    assert plots.to_png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((PICTURES[0], PICTURES[0]), "pictures has shape"),
        ((PICTURES, PICTURES[:4]), "heat has shape"),
        ((PICTURES, PICTURES, PICTURES[:, :5] > 9), "masks has shape"),
        ((PICTURES, PICTURES * np.nan), "heat has NaN"),
        ((PICTURES, PICTURES, None, ["one"]), "titles has 1 entries for 5"),
    ],
)
def test_heat_maps_that_do_not_fit_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        plots.heat_maps(*arguments)


def test_a_readers_own_settings_of_matplotlib_do_not_reach_the_pictures():
    """A matplotlibrc that asks for LaTeX would need one, and draws `%` as a comment."""
    with mpl.rc_context({"text.usetex": True, "axes.facecolor": "black"}):
        runpy.run_path(style.__file__)
        assert not mpl.rcParams["text.usetex"]
        assert mpl.rcParams["axes.facecolor"] == "white"
