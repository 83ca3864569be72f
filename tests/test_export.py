"""An exported detector: the same scores and decisions in ONNX as in PyTorch, on any row."""

import json
import logging
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

from course_utils import detectors
from course_utils.detectors import AnoGAN, AutoEncoder, DeepSVDD
from course_utils.serve import Scorer
from course_utils.serve.precision import quantise

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from on_device import DETECTORS
from process_state import all_at_once
from sklearn.exceptions import NotFittedError
from small_detectors import EVERY, assert_close, medium, related, small, steady

CLOSE = 1e-5  # relative: what float32 holds to, whichever program sums up
COLUMNS = ["time", "constant", "tiny", "huge", "cause", 'größe "😀"']


def table():
    """Columns that only float64 can tell apart, that never vary, and of all magnitudes."""
    X = related(400, len(COLUMNS))
    X[:, 0] = 1.7e9 + X[:, 0] / 3
    X[:, 1] = 4.2
    X[:, 2] *= 1e-12
    X[:, 3] *= 1e12
    return X


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Every detector of tables, fitted, with a session of its exported file: each once."""
    folder, found = tmp_path_factory.mktemp("exported"), {}
    for kind in DETECTORS:
        few = {"samples": 2} if "samples" in kind().get_params() else {}
        detector = medium(kind, members=2, **few).fit(pd.DataFrame(table(), columns=COLUMNS))
        path = folder / f"{kind.__name__}.onnx"
        with all_at_once():
            detector.export(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        found[kind] = detector, path, onnxruntime.InferenceSession(path, options)
    return found


@st.composite
def rows(draw):
    """Rows near the training rows, far from them, and anywhere that float64 reaches."""
    X = table()
    row = st.sampled_from(range(len(X))).map(lambda number: X[number])
    steps = st.one_of(
        st.just(0.0), st.floats(-3, 3), st.sampled_from([-1e5, 1e5, 1e3, 1e-9, 9999.0, 10001.0])
    )
    near = st.tuples(row, st.lists(steps, min_size=6, max_size=6)).map(
        lambda pair: pair[0] + np.array(pair[1]) * np.maximum(X.std(axis=0), 1e-14)
    )
    anywhere = st.lists(
        st.floats(allow_nan=False, allow_infinity=False), min_size=6, max_size=6
    ).map(np.array)
    return np.array(draw(st.lists(near | near | anywhere, min_size=1, max_size=20)))


@EVERY
@settings(steady, max_examples=40)
@given(X=rows())
def test_scores_and_decisions_are_those_of_the_detector(kind, exported, X):
    detector, _, session = exported[kind]
    scores, anomalies = session.run(["score", "anomaly"], {"X": X})
    assert scores.dtype == np.float64
    assert anomalies.dtype == np.int64
    expected = detector.decision_function(X)
    assert_close(scores, expected, CLOSE)
    np.testing.assert_array_equal(anomalies, scores > detector.threshold_)
    clear = np.abs(expected - detector.threshold_) > CLOSE * abs(detector.threshold_)
    np.testing.assert_array_equal(anomalies[clear], detector.predict(X)[clear])


@EVERY
def test_a_second_in_a_large_number_of_them_changes_the_score(kind, exported):
    detector, _, session = exported[kind]
    X = np.tile(np.median(table(), axis=0), (2, 1))
    X[1, 0] += 9.0  # float32 has steps of 128 there
    scores = session.run(["score"], {"X": X})[0]
    assert scores[1] > 1.02 * scores[0]
    assert_close(scores, detector.decision_function(X), CLOSE)


@EVERY
@pytest.mark.parametrize("number", [1, 2, 7, 2049])
def test_any_number_of_rows_is_scored_and_none_by_its_company(kind, number, exported):
    detector, _, session = exported[kind]
    X = np.random.default_rng(number).permutation(np.vstack([table()] * 6))[:number]
    scores = session.run(["score"], {"X": X})[0]
    assert_close(scores, detector.decision_function(X), CLOSE)
    alone = session.run(["score"], {"X": X[-1:]})[0]
    far = np.vstack([X[:-1] * 1e6, X[-1:]])
    assert_close(scores[-1:], alone, CLOSE)
    assert_close(session.run(["score"], {"X": far})[0][-1:], alone, CLOSE)


@EVERY
@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_raises_an_alarm_in_any_column(kind, strange, exported):
    _, _, session = exported[kind]
    X = np.tile(np.median(table(), axis=0), (len(COLUMNS) + 1, 1))
    quiet = session.run(["score", "anomaly"], {"X": X[:1]})
    assert quiet[1][0] == 0
    X[range(len(COLUMNS)), range(len(COLUMNS))] = strange
    scores, anomalies = session.run(["score", "anomaly"], {"X": X})
    assert np.isnan(scores[:-1]).all()
    assert (anomalies[:-1] == 1).all()
    assert_close(scores[-1:], quiet[0], CLOSE)
    assert anomalies[-1] == 0


@EVERY
def test_the_file_is_valid_and_says_what_it_holds(kind, exported):
    detector, path, session = exported[kind]
    onnx.checker.check_model(onnx.load(path), full_check=True)
    stored = session.get_modelmeta().custom_metadata_map
    facts = {name: json.loads(value) for name, value in stored.items()}
    assert facts.pop("version")
    assert facts == {
        "format": "course_utils.detectors.export 1",
        "detector": kind.__name__,
        "columns": len(COLUMNS),
        "names": COLUMNS,
        "threshold": detector.threshold_,
    }
    (X,) = session.get_inputs()
    assert (X.name, X.type, X.shape) == ("X", "tensor(double)", ["rows", len(COLUMNS)])
    assert [each.shape for each in session.get_outputs()] == [["rows"], ["rows"]]
    assert [each.name for each in path.parent.glob(f"{kind.__name__}*")] == [path.name]


@EVERY
def test_the_scorer_gives_the_same_without_torch_in_a_new_process(kind, exported, tmp_path):
    detector, path, _ = exported[kind]
    X = table()
    np.save(tmp_path / "X.npy", X)
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"  # importing it raises from here on
        "import numpy as np\n"
        "from course_utils.serve import Scorer\n"
        "path, X, to = sys.argv[1:]\n"
        "scorer, X = Scorer(path), np.load(X)\n"
        "np.save(to, [scorer.decision_function(X), scorer.predict(X)])\n"
    )
    to = tmp_path / "scores.npy"
    subprocess.run([sys.executable, "-c", code, path, tmp_path / "X.npy", to], check=True)
    scores, anomalies = np.load(to)
    assert_close(scores, detector.decision_function(X), CLOSE)
    np.testing.assert_array_equal(anomalies, scores > detector.threshold_)


def test_the_scorer_refuses_in_the_detectors_words(exported):
    detector, path, _ = exported[DETECTORS[0]]
    scorer, X = Scorer(path), table()
    assert scorer.detector == type(detector).__name__
    assert (scorer.columns, scorer.feature_names) == (len(COLUMNS), COLUMNS)
    assert scorer.threshold_ == detector.threshold_
    holed = X.copy()
    holed[311, 4] = np.nan
    frame = pd.DataFrame(X, columns=COLUMNS)
    refused = [
        X[:, :-1], X[0], X[:0], holed, X * 1j, "text", None, [["a"] * 6], [[1], [1, 2]],
        frame[COLUMNS[::-1]], np.ma.masked_less(X, 0), np.array([[np.inf] * 6]),
    ]  # fmt: skip
    for each in refused:
        with pytest.raises((TypeError, ValueError)) as expected:
            detector.decision_function(each)
        with pytest.raises(expected.type) as met:
            scorer.decision_function(each)
        assert str(met.value) == str(expected.value)
    for each in (X.astype(np.float32), X.tolist(), frame, torch.from_numpy(X)):
        assert_close(scorer.decision_function(each), detector.decision_function(each), CLOSE)


def test_int8_keeps_order_and_alarms_and_says_nothing(exported, tmp_path, capfd):
    detector, path, _ = exported[AutoEncoder]
    X, to = table(), tmp_path / "int8.onnx"
    root = logging.getLogger()
    before = list(root.handlers), root.manager.disable
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quantise(path, X, to)
    assert (list(root.handlers), root.manager.disable) == before
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == [to]
    kinds = [node.op_type for node in onnx.load(to).graph.node]
    assert "QuantizeLinear" in kinds
    scorer, expected = Scorer(to), detector.decision_function(X)
    assert (scorer.detector, scorer.threshold_) == ("AutoEncoder", detector.threshold_)
    scores = scorer.decision_function(X)
    assert not np.allclose(scores, expected, rtol=1e-4)
    assert np.corrcoef(scores, expected)[0, 1] > 0.98
    far = X[:9] * 1e3
    assert scorer.predict(far).all()
    for row in (0, 8):  # no step is taken from the batch
        alone = scorer.decision_function(X[row : row + 1])
        assert_close(scorer.decision_function(np.vstack([far, X[row]]))[-1:], alone, CLOSE)


def test_an_export_changes_nothing_else_and_says_nothing(tmp_path, capfd):
    X = related(50, 3)
    detector = small(AutoEncoder).fit(X)
    before = detector.decision_function(X)
    logger = logging.getLogger("torch.onnx._internal.exporter")
    state = torch.get_rng_state(), torch.get_num_threads(), logger.level, threading.active_count()
    path = tmp_path / "detector.onnx"
    path.write_bytes(b"an older one")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ThreadPoolExecutor(2) as pool:  # torch traces for all threads at once
            other = pool.submit(detector.export, tmp_path / "other.onnx")
            detector.export(str(path))
            assert other.exception() is None
    assert (tmp_path / "other.onnx").read_bytes() == path.read_bytes()
    (tmp_path / "other.onnx").unlink()
    assert torch.equal(state[0], torch.get_rng_state())
    assert state[1:] == (torch.get_num_threads(), logger.level, threading.active_count())
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == [path]
    assert all(each.requires_grad for each in detector.network_.parameters())
    assert detector.device == "cpu"
    np.testing.assert_array_equal(detector.decision_function(X), before)
    assert_close(Scorer(path).decision_function(X), before, CLOSE)
    assert Scorer(path).feature_names is None


def test_a_path_that_cannot_be_written_is_told_before_the_export(tmp_path):
    detector = small(AutoEncoder).fit(related(50, 3))
    with pytest.raises(IsADirectoryError, match="is a folder; the name of a file"):
        detector.export(tmp_path)
    with pytest.raises(FileNotFoundError, match="not_there is no folder; make it first"):
        detector.export(tmp_path / "not_there" / "d.onnx")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_says_so_and_writes_nothing(tmp_path):
    for kind in (detectors.Forecaster, detectors.NGram, detectors.NextKey):
        with pytest.raises(NotImplementedError, match=rf"{kind.__name__} reads .* save\(path\)"):
            kind().export(tmp_path / "d.onnx")
    for kind in (AnoGAN, DeepSVDD):
        with pytest.raises(NotFittedError):
            kind().export(tmp_path / "d.onnx")
    assert not list(tmp_path.iterdir())
