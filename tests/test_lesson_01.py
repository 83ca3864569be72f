"""Lesson 01: its scores, its rulers and what it goes on with are the package's numbers."""

from course_utils import baselines, data
from course_utils.course import lessons
from course_utils.exercises import lesson_01 as ex

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

DEFINING_CELLS = (
    "iqr-score",
    "local-outlier-factor",
    "cuts-needed",
    "eight-detectors",
    "four-rulers",
)


@pytest.fixture(scope="module")
def notebook():
    """What the notebook's defining cells define, on the stored solutions."""
    cells = lessons.sources_of("01")
    names = {"np": np, "pd": pd, "baselines": baselines}
    for exercise in (ex.own_neighbours, ex.scale, ex.z_score, ex.mahalanobis):
        names[exercise.name] = exercise.or_ours(...)
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
        ("z_score", baselines.ZScore()),
        ("lof_score", baselines.LocalOutlierFactor(20)),
    ],
)
def test_the_lessons_score_is_the_packages(notebook, rows, name, detector):
    train, X = rows
    theirs = detector.fit(train).decision_function(X)
    np.testing.assert_allclose(notebook[name](train, X), theirs, rtol=1e-6, atol=1e-9)


def test_the_lessons_mahalanobis_is_the_packages_but_for_n_minus_one(notebook, rows):
    train, X = rows
    theirs = baselines.Mahalanobis().fit(train).decision_function(X)
    ours = notebook["mahalanobis"](train, X)
    np.testing.assert_allclose(ours * np.sqrt(len(train) / (len(train) - 1)), theirs, rtol=1e-5)


def test_own_neighbours_are_the_packages_one_further(notebook, rows):
    """A fitted row that the package scores meets itself first."""
    train, _ = rows
    theirs = baselines.KNearestNeighbours(6).fit(train).decision_function(train)
    np.testing.assert_allclose(notebook["own_neighbours"](train, 5), theirs, atol=1e-6)


def test_where_quartiles_meet_the_score_counts_in_the_columns_unit(notebook):
    train = np.column_stack([np.arange(9.0), [4, 4, 4, 4, 4, 4, 4, 4, 7]])
    X = np.array([[4.0, 6.0], [4.0, 4.0]])
    theirs = baselines.IQR().fit(train).decision_function(X)
    np.testing.assert_allclose(notebook["iqr_score"](train, X), [2, 0])
    np.testing.assert_allclose(theirs, [2, 0])


@pytest.mark.parametrize("name", ["z_score", "mahalanobis"])
def test_a_function_becomes_a_detector(notebook, name):
    train, X = data.make_kinds(seed=3).X, data.make_kinds(seed=4).X
    detector = notebook["FromFunction"](notebook[name]).fit(train)
    np.testing.assert_allclose(detector.decision_function(X), notebook[name](train, X))


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


def test_the_rulers_are_made_from_the_rows_that_they_name(notebook):
    parts = data.split(data.load_breast_cancer(), "clean-train")
    rulers = notebook["rulers"](parts, np.random.default_rng(0))
    rows, test = parts.train.X, parts.test.X
    every = np.concatenate([rows, parts.validation.X, test])
    normal = every[np.concatenate([parts.train.y, parts.validation.y, parts.test.y]) == 0]
    for name, like in {
        "training rows": rows,
        "all rows": every,
        "all normal rows": normal,
    }.items():
        for part, scaled in zip((rows, test), rulers[name], strict=True):
            np.testing.assert_allclose(scaled, (part - like.mean(axis=0)) / like.std(axis=0))
    own = rulers["each part's own"]
    for part in own:
        np.testing.assert_allclose(part.mean(axis=0), 0, atol=1e-8)
        np.testing.assert_allclose(part.std(axis=0), 1)
    calm = rulers["each part's normal rows"][1][parts.test.y == 0]
    np.testing.assert_allclose(calm.mean(axis=0), 0, atol=1e-8)
    shuffled = rulers["units shuffled"][0].std(axis=0)
    np.testing.assert_allclose(np.sort(shuffled), np.sort(rows.std(axis=0)))


def test_the_filled_series_uses_the_day_before(notebook):
    values = np.tile(np.arange(24.0), 3)
    values[40:60] = np.nan
    filled = ex.fill_from_the_past.or_ours(...)(values, np.isnan(values))
    np.testing.assert_array_equal(filled, np.tile(np.arange(24.0), 3))
    assert np.isnan(values[40:60]).all()
