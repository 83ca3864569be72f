"""Lesson 01: its notebook's scores are the package's, and so is its ruler."""

from course_utils import baselines, data
from course_utils.course import lessons
from course_utils.exercises import lesson_01 as ex

import numpy as np
import pandas as pd
import pytest
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
    ours = ex.scale._solution(parts.train.X, parts.test.X)
    for mine, theirs in zip(rulers["training rows"], ours, strict=True):
        np.testing.assert_allclose(mine, theirs)
    assert not np.allclose(rulers["all rows"][0], ours[0])
