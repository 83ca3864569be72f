"""The next-key network: its surprises by hand, copies apart, one seed one detector, files."""

import functools

from course_utils import detectors, evaluation, thresholds

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

SMALL = {"context": 6, "embedding": 5, "hidden_units": 8, "steps": 200, "device": "cpu"}


def logs(count=300, seed=0):
    """Jobs that open, read some times, write as often as they have read, and close."""
    generator = np.random.default_rng(seed)
    return [
        ["open", *["read"] * times, *["write"] * times, "close"]
        for times in generator.integers(1, 4, count)
    ]


@functools.cache
def fitted():
    return detectors.NextKey(**SMALL, contamination=0.05).fit(logs())


def plain_shares(detector, before):
    """What may come after these symbols, by the network alone: a window, one row."""
    edge = len(detector.symbols_)
    numbers = {symbol: number for number, symbol in enumerate(detector.symbols_)}
    window = [edge] * detector.context + [numbers.get(each, edge + 1) for each in before]
    window = torch.tensor([window[-detector.context :]])
    with torch.no_grad():
        shares = detector.network_(window)[0].double().softmax(dim=0).numpy()
    shares = np.append(shares, 0)  # what was never seen
    return (1 - 1e-3) * shares + 1e-3 / len(shares), numbers


@pytest.mark.parametrize("log", [["open", "read", "write", "close"], [], ["open", "x", "read"]])
def test_surprises_and_ranks_are_those_of_the_network_window_by_window(log):
    detector = fitted()
    (found,), (ranks,) = detector.surprises([log]), detector.ranks([log])
    assert found.shape == ranks.shape == (len(log) + 1,)
    for place in range(len(log) + 1):
        shares, numbers = plain_shares(detector, log[:place])
        edge = len(numbers)
        right = edge if place == len(log) else numbers.get(log[place], edge + 1)
        assert found[place] == pytest.approx(-np.log(shares[right]), rel=1e-5)
        assert ranks[place] == 1 + sum(shares > shares[right])
    assert detector.decision_function([log])[0] == found.max()
    mean = clone(detector).set_params(summary="mean").fit(logs())
    assert mean.decision_function([log])[0] == pytest.approx(mean.surprises([log])[0].mean())


def test_what_may_come_next_adds_up_to_one():
    detector = fitted()
    after = [detector.surprises([["open", each]])[0][1] for each in (*detector.symbols_, "x")]
    end = detector.surprises([["open"]])[0][1]
    assert np.exp(-np.array([*after, end])).sum() == pytest.approx(1, abs=1e-5)


def test_it_learns_what_a_pair_of_symbols_cannot_tell():
    """As many writes as reads: the symbol before does not say when it is enough."""
    detector = detectors.NextKey(**SMALL | {"hidden_units": 16, "steps": 500}).fit(logs())
    assert detector.history_.train_loss[-1] < 0.5 * detector.history_.train_loss[0]
    odd = [["open", *["read"] * n, *["write"] * m, "close"] for n, m in ((1, 2), (2, 1), (3, 2))]
    usual = logs(20, seed=1)
    y = np.repeat([0, 1], [len(usual), len(odd)])
    assert evaluation.auroc(y, detector.decision_function(usual + odd)) == 1
    pairs = detectors.NGram(order=2).fit(logs())
    assert evaluation.auroc(y, pairs.decision_function(usual + odd)) < 0.9


def test_a_missing_end_an_unknown_symbol_and_a_wrong_start_stand_out():
    detector = fitted()
    usual = detector.decision_function(logs(20, seed=1)).max()
    odd = [["open", "read", "write"], ["open", "format", "write", "close"], ["read", "write"]]
    assert (detector.decision_function(odd) > usual).all()
    assert detector.surprises(odd[:1])[0].argmax() == 3  # the end
    assert detector.ranks(odd[1:2])[0][1] == len(detector.symbols_) + 2  # guessed last


def test_the_threshold_is_taken_from_sequences_that_were_not_learned():
    generator = np.random.default_rng(3)
    train = ["".join(generator.choice(list("abc"), 12)) for _ in range(60)]  # nothing to learn
    train += train[:30]  # and copies
    detector = detectors.NextKey(**SMALL, contamination=0.1).fit(train)
    others = [each for each in train if train.index(each) % 5]
    second = detectors.NextKey(**SMALL).fit(train[:1] + others)  # with all three symbols
    second.network_ = second._trained([second._coded(each) for each in others])[0]
    left_out = second.decision_function([each for each in train if train.index(each) % 5 == 0])
    assert detector.threshold_ == pytest.approx(thresholds.quantile(left_out, 0.1), rel=1e-5)
    assert detector.threshold_ > thresholds.quantile(detector.decision_scores_, 0.1)
    np.testing.assert_array_equal(
        detector.labels_, detector.decision_scores_ > detector.threshold_
    )
    np.testing.assert_array_equal(detector.predict(train), detector.labels_)


def test_a_sequence_scores_alone_what_it_scores_among_others():
    many = logs(40, seed=2)
    together = fitted().decision_function(many)
    alone = [fitted().decision_function([log])[0] for log in many]
    np.testing.assert_allclose(together, alone, rtol=1e-5)


def test_one_seed_is_one_detector_and_no_global_state_is_touched():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second, other = (
        detectors.NextKey(**SMALL, seed=seed).fit(logs(60)).decision_scores_ for seed in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)


@pytest.mark.parametrize("train", [["abc"], ["", "a"], [[1, 2], [1, 2], [2]], [""]])
def test_few_and_short_sequences_are_enough(train):
    detector = detectors.NextKey(**SMALL).fit(train)
    assert np.isfinite(detector.decision_scores_).all()
    assert np.isfinite(detector.decision_function([train[0], "zz"])).all()
    assert detector.fit_predict(train).shape == (len(train),)


def test_a_saved_detector_scores_the_same(tmp_path):
    detector, new = fitted(), [["open", "x"], [], ["read"] * 9, *logs(5, seed=4)]
    detector.save(tmp_path / "keys.pt")
    loaded = detectors.load(tmp_path / "keys.pt").set_params(device="cpu")
    assert isinstance(loaded, detectors.NextKey)
    assert loaded.history_ == detector.history_
    np.testing.assert_array_equal(loaded.decision_function(new), detector.decision_function(new))
    np.testing.assert_array_equal(loaded.predict(new), detector.predict(new))
    np.testing.assert_array_equal(loaded.ranks(new)[0], detector.ranks(new)[0])


@pytest.mark.parametrize(
    "choices",
    [
        {"context": 0},
        {"embedding": 1.5},
        {"hidden_units": -1},
        {"steps": 0},
        {"summary": "median"},
    ],
)
def test_parameters_out_of_range_are_refused(choices):
    detector = detectors.NextKey(**choices)
    with pytest.raises((TypeError, ValueError), match=next(iter(choices))):
        detector.fit(logs(5))
    with pytest.raises(NotFittedError):
        detector.surprises(logs(5))


def test_what_is_no_list_of_sequences_is_refused():
    for ask in (detectors.NextKey().fit, fitted().surprises, fitted().ranks):
        with pytest.raises(TypeError, match=r"X\[1\] is 3"):
            ask([["open"], 3])
