"""The detector of series: causal, the same row by row, on its clock, and honest about gaps."""

from datetime import UTC, datetime, timedelta

from course_utils import data, detectors, evaluation
from course_utils.detectors import forecaster, recurrent, surprise
from course_utils.detectors.forecaster import NOT_JUDGED

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

properties = settings(max_examples=25, deadline=None, derandomize=True)
QUICK = {"lags": 6, "window": 5, "smoothing": 4, "device": "cpu"}
KINDS = pytest.mark.parametrize("choices", [{}, {"too_quiet": True}, {"hidden_units": 3}])


def wave(rows=600, channels=2, seed=0):
    """Slow waves that the channels share, each with noise of its own."""
    generator = np.random.default_rng(seed)
    t = np.arange(rows)[:, None]
    common = np.sin(t / 9) + np.sin(t / 31)
    return 5 + common * np.arange(1, channels + 1) + 0.1 * generator.normal(size=(rows, channels))


def henon(rows):
    """Hénon's map: no noise, and no straight line forecasts it."""
    x = [0.4, 0.8]
    while len(x) < rows:
        x.append(1 - 1.4 * x[-1] ** 2 + 0.3 * x[-2])
    return np.array(x)


def hours(rows, start="2026-01-05"):
    return np.datetime64(start, "h") + np.arange(rows)


def fitted(rows=400, channels=2, times=None, **choices):
    return detectors.Forecaster(**QUICK | choices).fit(wave(rows, channels), times)


@KINDS
def test_no_row_is_judged_by_those_behind_it(choices):
    detector, X = fitted(**choices), wave(600)[400:]

    @properties
    @given(st.integers(1, 199), st.floats(-1e6, 1e6))
    def check(cut, value):
        scores = detector.decision_function(X)
        np.testing.assert_allclose(detector.decision_function(X[:cut]), scores[:cut], rtol=1e-6)
        changed = X.copy()
        changed[cut:] = value
        after = detector.decision_function(changed)
        np.testing.assert_array_equal(after[:cut], scores[:cut])

    check()


@KINDS
@pytest.mark.parametrize("clocked", [False, True])
def test_row_by_row_it_says_what_it_says_at_once(choices, clocked):
    times = hours(600) if clocked else None
    X = wave(600)
    X[450:460, 1] += 3
    detector = detectors.Forecaster(**QUICK | choices)
    detector.fit(X[:400], times[:400] if clocked else None)
    at_once = detector.decision_function(X[400:])
    one_by_one = [detector.update(row) for row in X[400:]]
    np.testing.assert_allclose(one_by_one, at_once, rtol=1e-5, atol=1e-6)
    detector.restart(X[400:430], times[400:430] if clocked else None)
    again = [detector.update(row) for row in X[430:]]
    np.testing.assert_allclose(again, at_once[30:], rtol=1e-5, atol=1e-6)


def test_rows_with_too_little_before_them_are_not_judged():
    times = hours(700)
    detector = fitted(times=times[:400])
    assert detector.warm_up_ == 9
    assert (detector.decision_scores_[:9] == NOT_JUDGED).all()
    assert (detector.decision_scores_[9:] > NOT_JUDGED).all()
    X = wave(700)
    later = detector.decision_function(X[500:], times[500:])  # not what follows on the training
    assert (later[:9] == NOT_JUDGED).all()
    whole = detector.decision_function(X[400:], times[400:])
    np.testing.assert_allclose(later[9:], whole[109:])
    assert (whole > NOT_JUDGED).all()
    np.testing.assert_array_equal(whole, detector.decision_function(X[400:]))
    assert (detector.decision_function(X[500:505], times[500:505]) == NOT_JUDGED).all()
    detector.restart(X[500:503], times[500:503])
    scores = [detector.update(row) for row in X[503:520]]
    assert scores[:6] == [NOT_JUDGED] * 6
    np.testing.assert_allclose(scores[6:], later[9:20])


def test_one_channel_may_be_a_list_of_numbers():
    X = wave(600, 1)
    column = detectors.Forecaster(**QUICK).fit(X[:400])
    for given_as in (X[:, 0], X[:, 0].tolist(), pd.Series(X[:, 0]), pd.DataFrame(X)):
        other = detectors.Forecaster(**QUICK).fit(given_as[:400])
        np.testing.assert_array_equal(other.decision_scores_, column.decision_scores_)
        np.testing.assert_array_equal(
            other.decision_function(given_as[400:]), column.decision_function(X[400:])
        )
    assert column.update(X[400, 0]) == pytest.approx(column.decision_function(X[400:401])[0])


def test_a_forecast_is_that_of_the_process():
    generator = np.random.default_rng(0)
    X = np.zeros(4000)
    for t in range(1, len(X)):
        X[t] = 0.8 * X[t - 1] + generator.normal()
    detector = detectors.Forecaster(**QUICK).fit(X[:3000])
    made = detector.forecast(X[3000:])[:, 0]
    assert np.abs(made - 0.8 * X[2999:-1]).mean() < 0.1
    assert np.isnan(fitted(times=hours(400)).forecast(wave(20), hours(20, "2027-01-01"))[:6]).all()


def test_a_season_is_learned_where_it_halves_the_error_and_not_elsewhere():
    times, generator = hours(24 * 40), np.random.default_rng(0)
    hour = np.arange(len(times)) % 24
    rush = 10.0 * (hour == 8) + generator.normal(size=len(times)) * 0.3
    detector = detectors.Forecaster(**QUICK).fit(rush, times)
    assert len(detector.profile_) == 24 * 7
    assert detector.profile_[:, 0].max() == pytest.approx(10, abs=0.5)
    late = np.roll(rush, 3)[:240]  # a rush at 11 instead of 8
    usual, moved = (detector.decision_function(each, times[:240]) for each in (rush[:240], late))
    assert np.quantile(moved, 0.9) > usual[20:].max()
    noise = detectors.Forecaster(**QUICK).fit(generator.normal(size=len(times)), times)
    assert len(noise.profile_) == 0
    assert len(detectors.Forecaster(**QUICK).fit(rush).profile_) == 0


def test_weekdays_differ_where_they_do():
    times = hours(24 * 7 * 8)
    day = np.arange(len(times)) // 24 % 7
    X = np.where(day < 5, 5.0, 0.0) + np.random.default_rng(0).normal(size=len(times)) * 0.2
    detector = detectors.Forecaster(**QUICK).fit(X, times)
    levels = np.sort(detector.profile_[:, 0])
    assert levels[40] < 1
    assert levels[60] > 4


def test_profiles_follow_the_clock_on_the_wall():
    index = pd.date_range("2026-02-01", periods=24 * 80, freq="h", tz="Europe/Berlin")
    rush = 10.0 * (index.hour == 8) + np.random.default_rng(0).normal(size=len(index)) * 0.3
    before = int(np.argmax(index >= "2026-03-25"))  # clocks go forward on 29 March
    after = slice(before + 24 * 7, before + 24 * 20)
    on_the_wall = detectors.Forecaster(**QUICK).fit(rush[:before], index[:before])
    in_utc = detectors.Forecaster(**QUICK).fit(
        rush[:before], index[:before].tz_convert("UTC").tz_localize(None)
    )
    wall, utc = (each.decision_function(rush[before:])[24 * 7 :] for each in (on_the_wall, in_utc))
    assert np.quantile(wall, 0.95) < 2
    assert np.quantile(utc, 0.95) > 2.5
    np.testing.assert_allclose(
        on_the_wall.decision_function(rush[after], index[after])[20:], wall[20 : 24 * 13]
    )


def naive(count):
    return [datetime(2026, 1, 5) + timedelta(hours=k) for k in range(count)]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (hours(399), "399 times; one for each of 400"),
        (np.r_[hours(200), hours(200)], r"times\[200\].*comes before"),
        (np.r_[hours(200), hours(200, "2026-01-13T07")], r"times\[200\].*same as"),
        (np.delete(hours(402), [100, 101]), r"times\[100\].*0 days 03:00:00 after.*asfreq"),
        ([*naive(399), datetime(2026, 1, 21, 15, tzinfo=UTC)], "with a zone and without"),
        (np.arange(400.0), "datetime64"),
        (["soon"] * 400, "cannot be read"),
        (np.r_[hours(399), np.datetime64("NaT")], r"times\[399\] is missing"),
    ],
)
def test_times_that_do_not_fit_are_refused_by_name(times, words):
    with pytest.raises((TypeError, ValueError), match=words):
        detectors.Forecaster(**QUICK).fit(wave(400), times)


def test_times_in_other_forms_are_the_same_times():
    expected = fitted(times=hours(400)).decision_scores_
    for times in (
        naive(400),
        pd.DatetimeIndex(hours(400)),
        pd.Series(hours(400)),
        hours(400).astype("datetime64[s]"),
    ):
        np.testing.assert_array_equal(fitted(times=times).decision_scores_, expected)


def test_times_when_scoring_are_held_to_those_of_fit():
    detector = fitted(times=hours(400))
    X = wave(50)
    with pytest.raises(ValueError, match="3600 s"):
        detector.decision_function(X, np.datetime64("2026-02-01", "s") + 60 * np.arange(50))
    with pytest.raises(TypeError, match="zone"):
        detector.decision_function(X, pd.DatetimeIndex(hours(50)).tz_localize("UTC"))
    with pytest.raises(ValueError, match="fit had none"):
        fitted().decision_function(X, hours(50))
    following = np.datetime64("2026-01-05") + np.timedelta64(400, "h")
    assert detector.update(X[0], following) > NOT_JUDGED
    with pytest.raises(ValueError, match="the next step"):
        detector.update(X[1], following)
    assert detector.update(X[1], following + np.timedelta64(1, "h")) > NOT_JUDGED


def test_missing_numbers_are_refused_or_carried_over():
    X = wave(400)
    X[200:203, 1] = np.nan
    with pytest.raises(ValueError, match=r"row 200.*column 1"):
        detectors.Forecaster(**QUICK).fit(X)
    carrying = detectors.Forecaster(**QUICK, missing="carry", longest_gap=3)
    filled = X.copy()
    filled[200:203, 1] = X[199, 1]
    np.testing.assert_array_equal(
        clone(carrying).fit(X).decision_scores_, clone(carrying).fit(filled).decision_scores_
    )
    with pytest.raises(ValueError, match=r"rows 200 to 202 of column 1.*longest_gap=2"):
        clone(carrying).set_params(longest_gap=2).fit(X)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="row 0 of column 0"):
        clone(carrying).fit(X)
    detector = carrying.fit(filled)
    gap = wave(20)
    gap[:2] = np.nan
    scores = detector.decision_function(gap)  # what is missing at first follows on the training
    assert np.isfinite(scores).all()
    np.testing.assert_allclose([detector.update(row) for row in gap], scores)
    infinite = wave(20)
    infinite[3, 1] = np.inf
    with pytest.raises(ValueError, match="row 3"):
        detector.decision_function(infinite)


def test_a_constant_channel_is_finite_and_its_change_alarms():
    X = wave(700)
    X[:, 1] = 7.0
    detector = detectors.Forecaster(**QUICK).fit(X[:400])
    later = X[400:].copy()
    later[200:, 1] = 7.01
    scores = detector.decision_function(later)
    assert np.isfinite(scores).all()
    assert scores[200:210].max() > 2 * scores[:200].max()
    assert scores[200:210].max() > detector.threshold_


def test_a_sensor_that_dies_is_found_where_that_is_asked():
    X = np.random.default_rng(1).normal(size=(1600, 2))
    X = (X[:-1] + X[1:])[:1400]  # each step keeps half of the one before
    X[1200:, 1] = X[1199, 1]  # where it stood
    loud, quiet = (
        detectors.Forecaster(**QUICK | {"window": 20}, too_quiet=asked).fit(X[:1000])
        for asked in (False, True)
    )
    dead, alive = slice(230, None), slice(0, 200)
    assert (quiet.predict(X[1000:])[dead] == 1).all()
    assert quiet.predict(X[1000:])[alive].mean() < 0.1
    assert loud.predict(X[1000:])[dead].mean() < 0.5
    assert quiet.contributions(X[1000:])[250].argmax() == 1


def test_contributions_name_the_channel():
    X = wave(600, 4)
    detector = detectors.Forecaster(**QUICK).fit(X[:400])
    wrong = X[400:].copy()
    wrong[100:110, 2] += 4
    shares = detector.contributions(wrong)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares >= 0).all()
    assert (shares[100:110].argmax(axis=1) == 2).all()
    unjudged = fitted(times=hours(400)).contributions(wave(30), hours(30))
    np.testing.assert_array_equal(unjudged[:9], 0.5)
    np.testing.assert_array_equal(fitted(times=hours(400)).contributions(wave(3), hours(3)), 0.5)


@KINDS
def test_a_long_series_is_worked_on_in_parts(choices, monkeypatch):
    detector, X = fitted(**choices), wave(500)[400:]
    X[40:50, 1] += 3
    works = detector.decision_function, detector.contributions, detector.forecast
    longest, answers = [], surprise.Surprise.answers
    monkeypatch.setattr(
        surprise.Surprise,
        "answers",
        lambda self, Z: longest.append(len(Z)) or answers(self, Z),
    )
    at_once = [work(X) for work in works]
    assert longest == [109, 109]  # with the 9 rows before them
    monkeypatch.setattr(forecaster, "ROWS_AT_A_TIME", 7)
    for work, expected in zip(works, at_once, strict=True):
        for rows in (1, 6, 7, 8, 14, 100):
            np.testing.assert_allclose(work(X[:rows]), expected[:rows], rtol=1e-5, atol=1e-6)
    assert max(longest[2:]) == 16


def test_a_forecast_needs_rows_before_it():
    detector = fitted(times=hours(400))
    for rows in (1, 6):
        made = detector.forecast(wave(rows), hours(rows, "2027-01-01"))
        assert made.shape == (rows, 2)
        assert np.isnan(made).all()


def test_channels_are_whitened():
    """Two sensors of one thing that part company: each alone looks as ever."""
    generator = np.random.default_rng(0)
    thing = generator.normal(size=(1500, 1))
    X = thing + 0.05 * generator.normal(size=(1500, 2))
    X[1200:1230, 1] = generator.normal(size=30)
    y = np.zeros(1500, dtype=int)
    y[1200:1230] = 1
    scores = detectors.Forecaster(**QUICK).fit(X[:1000]).decision_function(X[1000:])
    assert evaluation.auroc(y[1000:], scores) > 0.95


@KINDS
def test_a_saved_detector_goes_on_as_the_one_before(choices, tmp_path):
    for times in (None, pd.date_range("2026-03-20", periods=400, freq="h", tz="Europe/Berlin")):
        detector, X = fitted(times=times, contamination=0.05, **choices), wave(450)[400:]
        path = tmp_path / "forecaster.pt"
        detector.save(path)
        loaded = detectors.load(path)
        np.testing.assert_array_equal(loaded.decision_function(X), detector.decision_function(X))
        np.testing.assert_array_equal(loaded.predict(X), detector.predict(X))
        np.testing.assert_array_equal(loaded.contributions(X), detector.contributions(X))
        assert [loaded.update(row) for row in X] == [detector.update(row) for row in X]
        assert loaded.threshold_ == detector.threshold_


def test_the_threshold_comes_from_rows_that_were_not_learned_from():
    detector = fitted(rows=1000, contamination=0.1)
    held_out = detector.decision_scores_[700:]
    assert (held_out > detector.threshold_).mean() == pytest.approx(0.1, abs=0.01)
    np.testing.assert_array_equal(
        detector.labels_, detector.decision_scores_ > detector.threshold_
    )


def test_a_network_is_kept_only_where_it_forecasts_better():
    X = np.random.default_rng(0).normal(size=(700, 1))
    assert detectors.Forecaster(**QUICK, hidden_units=4).fit(X).surprise_.network is None
    x = henon(1500)
    plain = detectors.Forecaster(**QUICK).fit(x[:1200])
    deep = detectors.Forecaster(**QUICK, hidden_units=16).fit(x[:1200])
    errors = [np.abs(each.forecast(x[1200:])[:, 0] - x[1200:]).mean() for each in (plain, deep)]
    assert deep.surprise_.network is not None
    assert errors[1] < 0.7 * errors[0]


def test_the_recurrent_unit_is_torchs():
    ours = recurrent.Recurrent(3, 5, torch.Generator().manual_seed(0))
    theirs, windows = torch.nn.GRU(3, 5, batch_first=True), torch.randn(7, 4, 3)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(ours.from_input.T)
        theirs.weight_hh_l0.copy_(ours.from_state.T)
        theirs.bias_ih_l0.copy_(ours.offset)
        theirs.bias_hh_l0.zero_()[10:].copy_(ours.state_offset)
        ours.head.copy_(torch.randn(5, 3))
        expected = theirs(windows)[0][:, -1] @ ours.head
        torch.testing.assert_close(ours(windows), expected)


def test_one_seed_is_one_detector_and_no_global_state_is_touched():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second, other = (
        detectors.Forecaster(**QUICK, hidden_units=4, seed=seed).fit(henon(500)).decision_scores_
        for seed in (1, 1, 2)
    )
    torch.testing.assert_close(torch.get_rng_state(), before)
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: detectors.Forecaster().fit(wave(100)), "100 rows; with lags=32.*192"),
        (lambda: fitted().decision_function(wave(30, 3)), "3 channels; 2"),
        (lambda: fitted().update([1.0]), "1 channels; 2"),
        (lambda: detectors.Forecaster(lags=0).fit(wave()), "lags"),
        (lambda: detectors.Forecaster(missing="zero").fit(wave()), "missing"),
        (lambda: detectors.Forecaster(hidden_units=-1).fit(wave()), "hidden_units"),
        (lambda: detectors.Forecaster(contamination=0.7).fit(wave()), "contamination"),
        (lambda: detectors.Forecaster().decision_function(wave()), "fit"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises((TypeError, ValueError, AttributeError), match=words):
        call()


def with_nan():
    X = wave(400)
    X[3, 1] = np.nan
    return X


REFUSED = pytest.mark.parametrize(
    ("arguments", "choices"),
    [
        ((wave(30),), {}),
        ((with_nan(),), {}),
        ((["soon"] * 400,), {}),
        ((wave(400), hours(399)), {}),
        ((wave(400),), {"lags": 0}),
        ((wave(400),), {"hidden_units": 3, "device": "nowhere"}),
    ],
)


@REFUSED
def test_what_refused_to_fit_is_not_fitted(arguments, choices):
    detector = detectors.Forecaster(**QUICK | choices)
    before = dict(vars(detector))
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        detector.fit(*arguments)
    with pytest.raises(NotFittedError):
        check_is_fitted(detector)
    assert vars(detector) == before


@REFUSED
def test_a_fitted_detector_goes_on_where_it_refuses_to_fit_again(arguments, choices, tmp_path):
    X = wave(600, 3)
    detector, other = (detectors.Forecaster(**QUICK).fit(X[:400]) for _ in range(2))
    for row in X[400:410]:
        assert detector.update(row) == other.update(row)
    usual = detector.get_params()
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        detector.set_params(**choices).fit(*arguments)
    detector.set_params(**usual)
    for work in ("decision_function", "contributions", "forecast", "predict"):
        np.testing.assert_array_equal(
            getattr(detector, work)(X[400:]), getattr(other, work)(X[400:])
        )
    np.testing.assert_array_equal(detector.decision_scores_, other.decision_scores_)
    assert detector.threshold_ == other.threshold_
    assert [detector.update(row) for row in X[410:]] == [other.update(row) for row in X[410:]]
    detector.save(tmp_path / "forecaster.pt")
    again = detectors.load(tmp_path / "forecaster.pt")
    np.testing.assert_array_equal(again.decision_function(X), other.decision_function(X))


def test_it_finds_faults_of_a_machine_better_than_distance_from_the_mean():
    machine = data.make_machine(seed=3)
    cut = len(machine.y) // 3
    y = machine.y[cut:].astype(int)
    detector = detectors.Forecaster(device="cpu").fit(machine.X[:cut], machine.time[:cut])
    scores = detector.decision_function(machine.X[cut:])
    scaled = (machine.X - machine.X[:cut].mean(axis=0)) / machine.X[:cut].std(axis=0)
    simple = np.abs(scaled[cut:]).mean(axis=1)
    ours, theirs = (evaluation.vus_pr(y, each, 144) for each in (scores, simple))
    assert ours > 0.75
    assert ours > theirs + 0.1
