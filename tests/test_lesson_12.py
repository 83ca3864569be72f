"""Lesson 12: notebook, package and scikit-learn agree; its exercises are fair."""

import copy
from itertools import pairwise

from course_utils import baselines, data, detectors, evaluation, training
from course_utils.course import lessons
from course_utils.detectors import one_class
from course_utils.exercises import lesson_12 as ex

import numpy as np
import pytest
import torch
from answers import answers_to
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler
from torch import nn

DEFINING_CELLS = ("fresh", "centre", "train", "train-soft", "offsets")
DRIVING = ("build_network", "first_centre", "one_class_loss", "soft_boundary", "energy")


@pytest.fixture(scope="module")
def lesson():
    cells = lessons.sources_of("12")
    names = {
        "np": np,
        "torch": torch,
        "nn": nn,
        "pairwise": pairwise,
        "training": training,
        "device": torch.device("cpu"),
        **{name: getattr(ex, name)._solution for name in DRIVING},
    }
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture
def rows():
    return torch.randn(300, 5, generator=torch.Generator().manual_seed(0))


def spheres(rows, members=1, hidden=16, latent=4):
    generator = torch.Generator().manual_seed(0)
    network = one_class._Spheres(members, (rows.shape[1], hidden, latent), generator)
    network.start_from(rows)
    return network


def as_one_network(package, fresh):
    """Return a network of the notebook's with the weights of the package's only member."""
    first, rest = package.first.weight[0], package.rest[0].weight[0]
    network = fresh(first.shape[1], *first.shape[:1], rest.shape[0])
    with torch.no_grad():
        network[0].weight.copy_(first @ package.whitening)
        network[2].weight.copy_(rest)
    network[0].bias = nn.Parameter(package.offsets[0, :, 0].clone(), requires_grad=False)
    return network


def test_package_and_notebook_have_one_centre_and_one_distance(lesson, rows):
    package = spheres(rows)
    network = as_one_network(package, lesson["fresh"])
    centre = lesson["centre_of"](network, rows)
    torch.testing.assert_close(centre, package.centre[0, :, 0])
    mine = lesson["score"](network, centre, rows)
    package_squares = package.squared_distances(rows)[0] * len(centre)  # a mean, there
    np.testing.assert_allclose(mine, package_squares.detach(), rtol=1e-4)
    np.testing.assert_allclose(
        ex.first_centre._solution(network(rows).detach().numpy(), 0.1), centre, rtol=1e-4
    )
    outputs = network(rows).detach().numpy()
    loss = ex.one_class_loss._solution(outputs, centre.numpy())
    assert loss == pytest.approx(mine.mean(), rel=1e-5)


def test_package_and_notebook_take_the_same_steps(lesson, rows):
    """Adam's steps do not depend on the factor between a mean and a sum over coordinates."""
    package = spheres(rows)
    network = as_one_network(package, lesson["fresh"])
    package.first.weight.data = network[0].weight.data[None].clone()
    package.whitening.copy_(torch.eye(rows.shape[1]))  # both now learn from the same inputs
    centre = package.centre[0, :, 0]
    loss = lesson["train"](network, rows, centre, 20, rate=0.01, seed=3)
    history = training.fit(
        package,
        lambda model, batch: model.squared_distances(batch).mean(),
        rows,
        learning_rate=0.01,
        epochs=20,
        steps_per_epoch=1,
        batch_size=256,
        seed=3,
        device="cpu",
    )
    assert loss == pytest.approx(history.train_loss[-1] * len(centre), rel=1e-3)


def test_the_soft_boundary_is_one_formula_in_three_places(lesson, rows):
    squared = rows.square().sum(dim=1)
    radius, loss = ex.soft_boundary._solution(squared.double().numpy(), 0.1)
    assert one_class.soft_boundary(squared[None], 0.1).item() == pytest.approx(loss, rel=1e-5)
    network = lesson["fresh"](5, 16, 4)
    centre = lesson["centre_of"](network, rows)
    found = lesson["train_soft"](network, rows, centre, 0.1, steps=50)
    outside = np.mean(lesson["score"](network, centre, rows) > found)
    assert outside == pytest.approx(0.1, abs=0.03)
    assert radius == pytest.approx(squared.quantile(0.9).item(), rel=1e-5)


def test_the_energy_is_scikit_learn_s(rows):
    z = rows.double().numpy()[:, :3]
    mixture = GaussianMixture(3, random_state=0).fit(z)
    parts = mixture.weights_, mixture.means_, mixture.covariances_ - 1e-6 * np.eye(3)
    for shift in (0, 1000):
        expected = -mixture.score_samples(z + shift)
        np.testing.assert_allclose(ex.energy._solution(z + shift, *parts), expected, rtol=1e-9)


def test_the_energy_of_one_component_is_a_mahalanobis_distance(rows):
    z = rows.double().numpy()
    detector = baselines.Mahalanobis().fit(z)
    covariance = np.cov(z.T, bias=True)
    found = ex.energy._solution(z, [1.0], [z.mean(axis=0)], [covariance])
    apart = found - 0.5 * detector.decision_function(z) ** 2
    np.testing.assert_allclose(apart, apart[0], rtol=1e-4)


def test_the_ensemble_s_score_is_the_exercise_s(rows):
    package = spheres(rows, members=3)
    with torch.no_grad():
        distances = package._distances(rows).numpy()
    # torch takes the lower of two middle numbers, NumPy their mean: 299 rows have one middle
    package.measure_usual_distance(rows[:299])
    with torch.no_grad():
        score = package(rows[:7]).numpy()
    mine = ex.ensemble_score._solution(distances[:, :7], distances[:, :299])
    np.testing.assert_allclose(score, mine, rtol=1e-5)


def test_the_networks_keep_the_rules(lesson, rows):
    network = lesson["fresh"](5, 16, 4)
    assert [each.ndim for each in network.parameters()] == [2, 2]
    assert not network(torch.zeros(1, 5)).any()
    torch.testing.assert_close(network(3 * rows), 3 * network(rows))
    trained = dict(spheres(rows).named_parameters())
    assert sorted(trained) == ["first.weight", "rest.0.weight"]
    offset = lesson["fresh"](5, 16, 4, make=lesson["with_offsets"])
    assert [each.ndim for each in offset.parameters()] == [2, 2]
    assert offset(torch.zeros(1, 5)).any()


# ---------------------------------------------------------- the lesson goes on with what is right


def answers_by_name(exercise):
    return {getattr(each, "__name__", ""): each for each in answers_to(exercise)[0]}


@pytest.mark.parametrize("name", ["loss_of_the_lesson", "loss_by_mse_loss"])
def test_a_loss_in_torch_trains_as_ours_does(lesson, rows, name, capsys):
    learner_s = ex.one_class_loss.or_ours(answers_by_name(ex.one_class_loss)[name])
    assert "with your one_class_loss" in capsys.readouterr().out
    ends = []
    for loss in (learner_s, ex.one_class_loss._solution):
        network = lesson["fresh"](5, 16, 4)
        centre = lesson["centre_of"](network, rows)
        names = {**lesson, "one_class_loss": loss}
        exec(compile(lessons.sources_of("12")["train"], "train", "exec"), names)
        names["train"](network, rows, centre, 30)
        ends.append(lesson["score"](network, centre, rows))
    np.testing.assert_allclose(*ends, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["loss_by_einsum", "loss_by_loops", "loss_in_pandas"])
def test_a_right_loss_without_slopes_leaves_the_training_to_ours(name, capsys):
    answer = answers_by_name(ex.one_class_loss)[name]
    goes_on = ex.one_class_loss.or_ours(answer)
    assert "but slopes do not pass through it" in capsys.readouterr().out
    assert goes_on(torch.ones(3, 2, requires_grad=True), torch.zeros(2)).requires_grad
    assert goes_on.the_learner_s is answer


def test_a_loss_that_does_not_pass_leaves_the_training_to_ours(capsys):
    goes_on = ex.one_class_loss.or_ours(lambda outputs, centre: outputs.mean())
    assert "until yours passes" in capsys.readouterr().out
    assert goes_on(torch.ones(3, 2), torch.zeros(2)) == 2


@pytest.mark.parametrize(
    "exercise", [ex.first_centre, ex.soft_boundary, ex.energy, ex.ensemble_score]
)
def test_every_right_answer_serves_the_lesson_with_arrays(exercise):
    _, arguments = next(iter(exercise._inputs(np.random.default_rng(0))))
    for answer in answers_to(exercise)[0]:
        goes_on = exercise.or_ours(answer)
        assert goes_on.the_learner_s is answer
        found = goes_on(*copy.deepcopy(arguments))
        parts = found if isinstance(found, tuple | list) else [found]
        assert all(isinstance(np.asarray(part).sum(), float | np.floating) for part in parts)


# ------------------------------------------------------------------------------- the detector


def test_the_mean_row_of_a_cloud_is_no_anomaly_to_the_detector():
    X = np.random.default_rng(0).normal(size=(800, 2))
    detector = detectors.DeepSVDD(seed=0, device="cpu").fit(X)
    at_mean = detector.decision_function(X.mean(axis=0, keepdims=True))
    assert np.mean(detector.decision_scores_ < at_mean) < 0.6
    assert detector.decision_function([[6.0, 6.0]]) > detector.threshold_


def test_what_is_left_out_is_not_learnt():
    telemetry = data.load_shuttle(rows=3000)
    parts = data.split(telemetry, "contaminated-train", seed=0)
    areas = []
    for share in (0, 0.1):
        detector = detectors.DeepSVDD(left_out=share, seed=0, device="cpu").fit(parts.train.X)
        areas.append(evaluation.auroc(parts.test.y, detector.decision_function(parts.test.X)))
    assert areas[1] > areas[0] + 0.02
    assert areas[1] > 0.97


@pytest.mark.parametrize("choices", [{}, {"nu": 0.1}, {"members": 1, "left_out": 0.2}])
def test_training_lowers_the_loss_and_shares_add_up(choices):
    X = np.random.default_rng(1).normal(size=(400, 6)) * [1, 10, 1e6, 1e-6, 1, 0]
    detector = detectors.DeepSVDD(seed=2, device="cpu", **choices).fit(X)
    assert detector.history_.train_loss[-1] < 0.5 * detector.history_.train_loss[0]
    X[0, 1] = 1000.0
    scores, shares = detector.decision_function(X), detector.feature_scores(X)
    np.testing.assert_allclose(shares.sum(axis=1), scores, rtol=1e-5)
    assert (shares >= 0).all()
    assert shares[0].argmax() == 1


def test_shares_are_those_of_the_integrated_gradients():
    """Along the path from the mean row, slopes add up to what the score has gained."""
    X = np.random.default_rng(3).normal(size=(300, 4))
    detector = detectors.DeepSVDD(seed=0, device="cpu").fit(X)
    row = torch.tensor([[2.0, -1.0, 0.5, 3.0]])
    gained = torch.zeros(4)
    for step in range(400):
        point = (row * (step + 0.5) / 400).requires_grad_()
        slope = torch.autograd.grad(detector.network_(point).sum(), point)[0]
        gained += (row * slope)[0] / 400
    with torch.no_grad():
        rise = detector.network_(row) - detector.network_(0 * row)
    assert gained.sum().item() == pytest.approx(rise.item(), rel=1e-2)
    raw = row.numpy() * detector.spread_ + detector.mean_
    shares = detector.feature_scores(raw)[0] / detector.decision_function(raw)
    expected = (gained.abs() / gained.abs().sum()).numpy()
    np.testing.assert_allclose(shares, expected, atol=0.02)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"nu": 0.0}, "nu"),
        ({"nu": 1.5}, "nu"),
        ({"left_out": 0.7}, "left_out"),
        ({"members": 0}, "members"),
        ({"hidden_units": 1.5}, "hidden_units"),
    ],
)
def test_a_parameter_out_of_range_is_named(choices, words):
    with pytest.raises((TypeError, ValueError), match=words):
        detectors.DeepSVDD(device="cpu", **choices).fit(np.eye(3))


def test_the_trained_network_finds_a_broken_relation_that_length_does_not():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(1200, 3)) @ generator.normal(size=(3, 10))
    X += 0.3 * generator.normal(size=X.shape)
    X[:100] = np.stack([generator.permutation(column) for column in X[:100].T], axis=1)
    scaler, y = StandardScaler().fit(X[600:]), np.arange(600) < 100
    length = np.linalg.norm(scaler.transform(X[:600]), axis=1)
    detector = detectors.DeepSVDD(seed=0, device="cpu").fit(X[600:])
    assert evaluation.auroc(y, length) < 0.75
    assert evaluation.auroc(y, detector.decision_function(X[:600])) > 0.95
