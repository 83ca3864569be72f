"""The detector of sequences: probabilities that add up, copies apart, saved without code."""

import math

from course_utils import detectors, evaluation

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

properties = settings(max_examples=40, deadline=None, derandomize=True)
texts = st.lists(st.text("abc", max_size=6), min_size=1, max_size=8)
LOGS = [["open", "read", "read", "close"], ["open", "close"], ["open", "read", "close"]] * 20


def plain_probability(sequences, order, strength, context, symbol, symbols):
    """The share by its definition: from the even share to the longest context."""
    share = 1 / (len(symbols) + 2)
    for length in range(order):
        wanted = context[len(context) - length :]
        seen = follows = 0
        for sequence in sequences:
            whole = ["<"] * (order - 1) + [*sequence, ">"]
            for place in range(order - 1, len(whole)):
                if whole[place - length : place] == wanted:
                    seen += 1
                    follows += whole[place] == symbol
        share = (follows + strength * share) / (seen + strength)
    return share


@properties
@given(texts, st.text("abcd", max_size=5), st.integers(1, 4), st.floats(0.1, 5))
def test_surprises_are_those_of_the_definition(train, text, order, strength):
    detector = detectors.NGram(order=order, strength=strength).fit(train)
    (found,) = detector.surprises([text])
    symbols = sorted(set("".join(train)))
    assert detector.symbols_ == symbols
    whole = ["<"] * (order - 1) + [*text, ">"]
    for place in range(order - 1, len(whole)):
        context, symbol = whole[place - order + 1 : place], whole[place]
        share = plain_probability(train, order, strength, context, symbol, symbols)
        assert found[place - order + 1] == pytest.approx(-math.log(share))


@properties
@given(texts, st.text("abc", max_size=4), st.integers(1, 3))
def test_what_may_come_next_adds_up_to_one(train, text, order):
    detector = detectors.NGram(order=order).fit(train)
    after = [detector.surprises([text + each])[0][len(text)] for each in detector.symbols_]
    end = detector.surprises([text])[0][len(text)]
    unknown = detector.surprises([text + "z"])[0][len(text)]
    assert np.exp(-np.array([*after, end, unknown])).sum() == pytest.approx(1)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_an_odd_step_a_missing_end_and_a_new_symbol_stand_out(order):
    detector = detectors.NGram(order=order).fit(LOGS)
    usual = detector.decision_function(LOGS).max()
    new = detector.decision_function([["open", "format", "close"]])[0]
    assert new > usual
    if order > 1:
        backwards, unfinished = detector.decision_function(
            [["close", "read", "open"], ["open", "read"]]
        )
        assert min(backwards, unfinished) > usual
        assert detector.surprises([["open", "read"]])[0].argmax() == 2  # the end


def test_numbers_and_texts_are_symbols_alike():
    keys = {"open": 5, "read": 22, "close": 7}
    logs = [[keys[name] for name in log] for log in LOGS]
    named, numbered = detectors.NGram().fit(LOGS), detectors.NGram().fit(logs)
    np.testing.assert_allclose(numbered.decision_scores_, named.decision_scores_)
    arrays = [np.array(log) for log in logs]
    np.testing.assert_array_equal(
        numbered.decision_function(arrays), numbered.decision_function(logs)
    )


def test_training_sequences_are_scored_by_others_and_copies_of_them_too():
    train = ["abab", "abab", "abab", "baba", "aabb", "bbaa", "qqqq", "qqqq"]
    detector = detectors.NGram(order=2).fit(train)
    assert detector.decision_scores_[6:].min() > detector.decision_scores_[:6].max()
    assert detector.decision_scores_[6] == detector.decision_scores_[7]
    assert detector.decision_scores_[6] > detector.decision_function(["qqqq"])[0]
    detector.set_params(contamination=0.3).fit(train)
    assert detector.labels_.tolist() == [0] * 6 + [1, 1]
    np.testing.assert_array_equal(
        detector.labels_, detector.decision_scores_ > detector.threshold_
    )
    alone = detectors.NGram().fit(["abc"])
    assert np.isfinite(alone.decision_scores_).all()


def test_the_highest_finds_one_odd_step_that_the_mean_hides():
    generator = np.random.default_rng(0)
    usual = ["".join(generator.choice(["ab", "c"], 40, p=[0.8, 0.2])) for _ in range(300)]
    odd = [text.replace("ab", "bb", 1) for text in usual[200:250]]
    y = np.repeat([0, 1], [50, 50])
    test = usual[250:] + odd
    found = {}
    for summary in ("highest", "mean"):
        detector = detectors.NGram(summary=summary).fit(usual[:200])
        found[summary] = evaluation.auroc(y, detector.decision_function(test))
    assert found["highest"] == 1
    assert found["mean"] < 0.995


def test_the_sum_finds_usual_steps_that_are_taken_too_often():
    generator = np.random.default_rng(0)
    usual = ["a" * times + "b" for times in generator.geometric(0.5, 300)]
    storm = ["a" * times + "b" for times in range(12, 16)]
    y = np.repeat([0, 1], [100, len(storm)])
    found = {}
    for summary in ("highest", "mean", "sum"):
        detector = detectors.NGram(summary=summary).fit(usual[:200])
        scores = detector.decision_function(usual[200:] + storm)
        found[summary] = evaluation.auroc(y, scores)
        surprises = detector.surprises(storm)[0]
        expected = {"highest": surprises.max(), "mean": surprises.mean(), "sum": surprises.sum()}
        assert scores[100] == pytest.approx(expected[summary])
    assert found["sum"] == 1
    assert found["highest"] < 0.6


def test_a_saved_detector_scores_the_same(tmp_path):
    for X, new in (
        (LOGS, [["open", "x"], [], ["read"] * 3]),
        (["abc", "abd", ""], ["abz", ""]),
        ([[1, 2, 3], [1, 3]], [[3, 3], [9]]),
    ):
        detector = detectors.NGram(order=3, contamination=0.2).fit(X)
        detector.save(tmp_path / "ngram.pt")
        loaded = detectors.load(tmp_path / "ngram.pt")
        assert isinstance(loaded, detectors.NGram)
        np.testing.assert_array_equal(
            loaded.decision_function(new), detector.decision_function(new)
        )
        np.testing.assert_array_equal(loaded.predict(X), detector.predict(X))
        np.testing.assert_array_equal(loaded.decision_scores_, detector.decision_scores_)


def test_it_is_a_scikit_learn_estimator_and_scores_alone_what_it_scores_among_others():
    detector = clone(detectors.NGram(order=3, strength=2.0, summary="mean")).fit(LOGS)
    scores = detector.decision_function(LOGS[:3])
    assert [detector.decision_function([log])[0] for log in LOGS[:3]] == scores.tolist()
    assert detector.fit_predict(LOGS).shape == (60,)
    with pytest.raises(NotFittedError):
        detectors.NGram().decision_function(LOGS)


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ("abc", TypeError, r"X is the text 'abc'.*\[text\]"),
        ([], ValueError, "X is empty"),
        (3, TypeError, "X is 3"),
        (["ab", 3], TypeError, r"X\[1\] is 3"),
        ([["a"], ["a", None]], TypeError, r"X\[1\]\[1\] is None"),
        ([["a", 0.5]], TypeError, r"X\[0\]\[1\] is 0.5"),
        ([[True]], TypeError, r"X\[0\]\[0\] is True"),
    ],
)
def test_what_is_no_list_of_sequences_is_refused(X, error, words):
    with pytest.raises(error, match=words):
        detectors.NGram().fit(X)
    with pytest.raises(error, match=words):
        detectors.NGram().fit(["ab"]).decision_function(X)


@pytest.mark.parametrize(
    "choices", [{"order": 0}, {"strength": 0}, {"summary": "median"}, {"contamination": 0.9}]
)
def test_parameters_out_of_range_are_refused(choices):
    with pytest.raises((TypeError, ValueError), match=next(iter(choices))):
        detectors.NGram(**choices).fit(LOGS)
