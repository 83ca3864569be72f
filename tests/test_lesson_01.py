"""Lesson 01: its notebook's scores are the package's, and its exercises answer as they should."""

from course_utils import baselines, data
from course_utils.course import lessons
from course_utils.exercises import lesson_01 as ex
from course_utils.exercises.engine import exercises_of

import numpy as np
import pandas as pd
import pytest
from pace import within
from scipy.stats import spearmanr

DEFINING_CELLS = (
    "iqr-score",
    "along-the-clouds-axes",
    "distances-centres-neighbours",
    "neighbour-score",
    "local-outlier-factor",
    "cuts-needed",
    "four-rulers",
)
EXERCISES = exercises_of(ex)
WRONG = [
    pytest.param(exercise, words, answer, id=answer.__name__)
    for exercise in EXERCISES.values()
    for words, answer in exercise.wrong_answers
]


@pytest.fixture(scope="module")
def notebook():
    """What the notebook's defining cells define."""
    cells = lessons.sources_of("01")
    names = {"np": np, "pd": pd}
    for each in DEFINING_CELLS:
        exec(compile(cells[each], each, "exec"), names)
    return names


@pytest.fixture(params=["kinds", "cells"])
def rows(request):
    """Training rows and rows to score: two columns with clumps, then thirty unlike columns."""
    if request.param == "kinds":
        return data.make_kinds(seed=3).X, data.make_kinds(seed=4).X
    X = data.load_breast_cancer().X
    return X[:400], X[400:]


@pytest.mark.parametrize(
    ("name", "detector"),
    [
        ("iqr_score", baselines.IQR()),
        ("along_the_axes", baselines.Mahalanobis()),
        ("neighbour_score", baselines.KNearestNeighbours(5)),
        ("lof_score", baselines.LocalOutlierFactor(20)),
    ],
)
def test_the_notebooks_score_is_the_packages(notebook, rows, name, detector):
    train, X = rows
    theirs = detector.fit(train).decision_function(X)
    np.testing.assert_allclose(notebook[name](train, X), theirs, rtol=1e-6, atol=1e-9)


def test_the_notebooks_k_means_takes_over_where_the_package_stops(notebook):
    train, X = data.make_kinds(seed=3).X, data.make_kinds(seed=4).X
    detector = baselines.KMeansDistance(clusters=8).fit(train)
    centres = detector.model_.cluster_centers_
    moved = notebook["move_centres"](train, centres)
    theirs = detector.decision_function(X)
    np.testing.assert_allclose(notebook["centre_score"](centres, X), theirs, atol=1e-9)
    # the package stops at a tolerance; going on changes little, and only for the better
    np.testing.assert_allclose(notebook["centre_score"](moved, X), theirs, atol=0.1)
    before, after = (np.sum(notebook["centre_score"](c, train) ** 2) for c in (centres, moved))
    assert after <= before


def test_random_cuts_rank_rows_as_the_isolation_forest_does(notebook):
    train, X = data.make_kinds(seed=3).X, data.make_kinds(seed=4).X[:60]
    rng = np.random.default_rng(0)
    cuts = [
        np.mean(
            [
                notebook["cuts_needed"](x, rng.choice(train, 256, replace=False), rng)
                for _ in range(40)
            ]
        )
        for x in X
    ]
    ours = 2.0 ** (-np.array(cuts) / notebook["usual_cuts"](256))
    theirs = baselines.IsolationForest().fit(train).decision_function(X)
    assert spearmanr(ours, theirs).statistic > 0.9
    np.testing.assert_allclose(ours, theirs, atol=0.08)


def test_the_notebooks_ruler_ignores_the_test_rows(notebook):
    parts = data.split(data.load_breast_cancer(), "clean-train")
    rulers = notebook["four_rulers"](parts)
    ours = ex.scale_solution(parts.train.X, parts.test.X)
    for mine, theirs in zip(rulers["training rows"], ours, strict=True):
        np.testing.assert_allclose(mine, theirs)
    assert not np.allclose(rulers["all rows"][0], ours[0])


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_the_solution_passes_quickly_with_the_notebooks_names(exercise):
    names = {"np": np, "pd": pd, "baselines": baselines}
    exec(exercise.solution_source, names)
    with within(2):
        verdict = exercise.examine(names[exercise.name])
    assert verdict.passed, verdict


@pytest.mark.parametrize(("exercise", "words", "answer"), WRONG)
def test_a_misconception_is_named(exercise, words, answer):
    verdict = exercise.examine(answer)
    assert verdict.status == "refused", verdict
    assert words in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_at_least_three_misconceptions_and_two_hints(exercise):
    assert len(exercise.wrong_answers) >= 3
    assert len(exercise.hints) >= 2


def context_with_pandas(values, hours, past_values, past_hours):
    usual = pd.Series(past_values).groupby(past_hours).agg(["mean", "std"]).loc[hours]
    return pd.Series(np.abs(values - usual["mean"].to_numpy()) / usual["std"].to_numpy())


def fences_with_other_quartiles(values):
    q1, q3 = np.quantile(values, [0.25, 0.75], method="weibull")
    return [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)]


def fill_by_days(values, bad):
    days, flags = values.reshape(-1, 24).copy(), bad.reshape(-1, 24)
    for day in range(1, len(days)):
        days[day] = np.where(flags[day], days[day - 1], days[day])
    return days.ravel().tolist()


def mahalanobis_by_solving(train, X):
    centred = X - train.mean(axis=0)
    return np.linalg.norm(
        np.linalg.solve(np.linalg.cholesky(np.cov(train.T, bias=True)), centred.T), axis=0
    )


def neighbours_without_the_diagonal(rows, k):
    distance = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.fill_diagonal(distance, np.inf)
    return np.partition(distance, k - 1, axis=1)[:, k - 1].tolist()


def scale_sample_std(train, test):
    std = train.std(axis=0, ddof=1)
    std[std == 0] = 1
    return [(each - train.mean(axis=0)) / std for each in (train, test)]


def many_neighbours(train, X):
    return baselines.LocalOutlierFactor(60).fit(train).decision_function(X)


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (ex.contextual_score, context_with_pandas),
        (ex.fences, fences_with_other_quartiles),
        (ex.fill_from_the_past, fill_by_days),
        (ex.mahalanobis, mahalanobis_by_solving),
        (ex.own_neighbours, neighbours_without_the_diagonal),
        (ex.scale, scale_sample_std),
        (ex.one_for_all, many_neighbours),
    ],
)
def test_another_right_answer_passes(exercise, answer):
    verdict = exercise.examine(answer)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (ex.fences, lambda values: tuple(reversed(ex.fences_solution(values))), "(low, high)"),
        (ex.fences, lambda values: np.median(values), "two numbers"),
        (ex.fill_from_the_past, lambda values, bad: np.zeros(len(values)), "not bad"),
        (ex.z_score, lambda train, X: X.sort(), "return"),
        (ex.mahalanobis, lambda train, X: np.linalg.norm(X, axis=1), "differ"),
        (ex.own_neighbours, lambda rows, k: rows, "one number per row"),
        (ex.scale, lambda train, test: train, "two things"),
        (ex.one_for_all, lambda train, X: np.zeros((len(X), len(X))), "all pairs"),
    ],
)
def test_answers_of_a_wrong_form_are_told_so(exercise, answer, words):
    verdict = exercise.examine(answer)
    assert verdict.status == "refused", verdict
    assert words in verdict.message
