"""OnlineDetector is the detector itself row by row, and learning changes nothing till refit."""

from course_utils import baselines, data, detectors
from course_utils.detectors import OnlineDetector

import numpy as np
import pandas as pd
import pytest
from river import anomaly, compose, stream
from sklearn.exceptions import NotFittedError

QUICK = {"members": 2, "steps": 20}


@pytest.fixture(scope="module")
def rows():
    return data.make_kinds(300, 10, 0).X


@pytest.fixture(scope="module")
def fitted(rows):
    return detectors.AutoEncoder(**QUICK).fit(rows[:200])


@pytest.mark.parametrize(
    "detector",
    [
        detectors.AutoEncoder(**QUICK),
        detectors.VAE(**QUICK),
        detectors.DeepSVDD(**QUICK),
        detectors.AnoGAN(game_steps=5, encoder_steps=5),
        baselines.KNearestNeighbours(3),
        baselines.IsolationForest(10),
    ],
    ids=lambda detector: type(detector).__name__,
)
def test_a_row_alone_scores_what_the_detector_says(detector, rows):
    detector.fit(rows[:200])
    online = OnlineDetector(detector)
    for row in rows[200:215]:
        assert online.score_one(row) == detector.decision_function([row])[0]
        online.learn_one(row)
    alone = [online.score_one(row) for row in rows[200:]]
    together = detector.decision_function(rows[200:])
    np.testing.assert_allclose(alone, together, rtol=1e-5)
    assert isinstance(alone[0], float)


def test_names_say_which_number_is_which(rows):
    table = pd.DataFrame(rows, columns=["height", "width"])
    knows = OnlineDetector(detectors.AutoEncoder(**QUICK).fit(table))
    told = OnlineDetector(baselines.Mahalanobis().fit(rows), columns=("height", "width"))
    for online in (knows, told):
        one = online.score_one({"height": 1.0, "width": -0.5})
        assert one == online.score_one({"width": -0.5, "height": 1.0})
        assert one == online.score_one([1.0, -0.5])
        with pytest.raises(ValueError, match=r"columns height, depth; height, width are"):
            online.score_one({"height": 1.0, "depth": -0.5})


def test_keys_without_an_order_are_refused(rows, fitted):
    online = OnlineDetector(fitted)
    assert online.score_one({1: 0.5, 0: 2.0}) == online.score_one([2.0, 0.5])
    with pytest.raises(ValueError, match=r"b, a; 0, 1 are expected. columns="):
        online.score_one({"b": 1.0, "a": 2.0})
    with pytest.raises(ValueError, match="3 names; 2"):
        OnlineDetector(fitted, columns="abc")


def test_learning_changes_no_score_and_refit_is_a_fit_on_the_kept_rows(rows, fitted):
    online = OnlineDetector(fitted, window=50)
    before = online.score_one(rows[0])
    for row in rows[200:]:
        online.learn_one(row)
    assert online.score_one(rows[0]) == before
    np.testing.assert_array_equal(online.rows, rows[-50:])
    assert online.refit() is online
    by_hand = detectors.AutoEncoder(**QUICK).fit(rows[-50:])
    assert online.score_one(rows[0]) == by_hand.decision_function(rows[:1])[0] != before
    online.refit(last=20)
    by_hand.fit(rows[-20:])
    assert online.score_one(rows[0]) == by_hand.decision_function(rows[:1])[0]
    assert fitted.decision_function(rows[:1])[0] == before  # the one given stays as it is


def test_a_kept_row_is_a_copy(fitted):
    online, row = OnlineDetector(fitted), np.array([1.0, 2.0])
    online.learn_one(row)
    row[:] = 9
    assert online.rows.tolist() == [[1.0, 2.0]]


def test_what_is_no_row_is_refused_and_not_kept(fitted):
    online = OnlineDetector(fitted)
    for bad in ([1.0], [1.0, 2.0, 3.0], [np.nan, 1.0], [[1.0, 2.0]], [], 3.0):
        for verb in (online.score_one, online.learn_one):
            with pytest.raises(ValueError, match=r"x has"):
                verb(bad)
    for bad in (["1.5", "2"], [None, 1.0]):
        with pytest.raises(TypeError, match=r"x h"):
            online.learn_one(bad)
    assert online.rows.shape == (0, 2)


def test_before_the_first_fit(rows):
    online = OnlineDetector(baselines.ZScore())
    with pytest.raises(NotFittedError):
        online.score_one(rows[0])
    with pytest.raises(NotFittedError, match="learn_one"):
        online.refit()
    for row in rows[:30]:
        online.learn_one(row)
    with pytest.raises(ValueError, match="30 rows are kept"):
        online.refit(last=31)
    with pytest.raises(ValueError, match=r"3 columns; 2 expected"):
        online.learn_one([1.0, 2.0, 3.0])
    assert online.refit().score_one(rows[0]) > 0
    with pytest.raises(TypeError, match=r"without fit\(X\)"):
        OnlineDetector(object())


def test_a_failed_refit_leaves_the_detector_as_it_was(rows):
    online = OnlineDetector(baselines.LocalOutlierFactor(5).fit(rows))
    before = online.score_one(rows[0])
    online.learn_one(rows[1])
    with pytest.raises(ValueError, match="1 row"):
        online.refit()
    assert online.score_one(rows[0]) == before


def test_it_goes_where_river_s_detectors_go(rows, fitted):
    online = OnlineDetector(fitted)
    gate = anomaly.QuantileFilter(online, q=0.9)
    pipeline = compose.Pipeline(compose.Select(0, 1), gate)
    for x, _ in stream.iter_array(rows[200:]):
        score = pipeline.score_one(x)
        assert score == fitted.decision_function([list(x.values())])[0]
        pipeline.learn_one(x)
    scores = fitted.decision_function(rows[200:])
    assert 0.7 * len(scores) < len(online.rows) < len(scores)  # the filter kept the worst away
