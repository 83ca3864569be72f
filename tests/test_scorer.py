"""The scorer by itself: what it loads, what it refuses, and that it serves several at a time."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from course_utils import serve
from course_utils.serve import ImageScorer, Scorer, ScorerFileError, scorer

import numpy as np
import onnx
import pytest
import served_file
from served_file import COLUMNS, THRESHOLD


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return served_file.write(tmp_path_factory.mktemp("served") / "d.onnx", names=["a", "b", "c"])


def rows(number, seed=0):
    return np.random.default_rng(seed).normal(size=(number, COLUMNS)) * 3


@pytest.mark.parametrize("number", [1, 2, 7, 2049, 5000])
def test_scores_and_decisions_come_in_the_rows_order(path, number):
    X, found = rows(number), Scorer(str(path), threads=2)
    scores, anomalies = found.decision_function(X), found.predict(X)
    np.testing.assert_allclose(scores, served_file.scores(X), rtol=1e-12)
    np.testing.assert_array_equal(anomalies, scores > THRESHOLD)
    assert (scores.dtype, anomalies.dtype) == (np.float64, np.int64)


def test_a_row_in_a_later_batch_is_named_by_its_own_number(path):
    X = rows(5000)
    X[4321, 2] = np.nan
    with pytest.raises(ValueError, match="X has NaN in row 4321, column 2"):
        Scorer(path).predict(X)


def test_a_mapped_file_is_scored_as_an_array_is(path, tmp_path):
    X = rows(3000)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    found = Scorer(path)
    np.testing.assert_array_equal(found.decision_function(mapped), found.decision_function(X))


def test_requests_may_come_side_by_side(path):
    found, parts = Scorer(path), [rows(500, seed) for seed in range(16)]
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(found.decision_function, parts))
    for each, part in zip(scores, parts, strict=True):
        np.testing.assert_array_equal(each, found.decision_function(part))


@pytest.mark.parametrize("threads", [0, 1.5, True, "2"])
def test_threads_are_a_count(path, threads):
    with pytest.raises((TypeError, ValueError), match="threads is"):
        Scorer(path, threads)


def test_a_file_of_another_sort_is_refused(path, tmp_path):
    other = tmp_path / "other.onnx"
    with pytest.raises(FileNotFoundError, match=r"other\.onnx is not there"):
        Scorer(other)
    for content in (b"", b"PK\x03\x04 something", path.read_bytes()[:200]):
        other.write_bytes(content)
        with pytest.raises(ScorerFileError, match=r"other\.onnx .*Detector\.export"):
            Scorer(other)
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {"format": '"course_utils.detectors.export 0"'})
    onnx.save(model, other)
    with pytest.raises(ScorerFileError, match=f"export 0'; '{scorer.FORMAT}' is expected"):
        Scorer(other)
    onnx.helper.set_model_props(model, {"author": "somebody else"})
    onnx.save(model, other)
    with pytest.raises(ScorerFileError, match="does not say which detector"):
        Scorer(other)
    with pytest.raises(ScorerFileError, match="a detector of tables; Scorer reads it"):
        ImageScorer(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detector", None), ("detector", "Two\nlines"), ("detector", ["Distance"]),
        ("threshold", None), ("threshold", "2.5"), ("threshold", True),
        ("columns", -1), ("columns", "3"), ("columns", 5),
        ("names", ["a", "b"]), ("names", {"a": 1}), ("names", [1, 2, 3]), ("names", "abc"),
    ],
)  # fmt: skip
def test_what_a_file_says_of_itself_is_checked_before_it_is_used(path, tmp_path, name, value):
    model = onnx.load(path)
    stored = {each.key: json.loads(each.value) for each in model.metadata_props} | {name: value}
    if value is None:
        del stored[name]
    onnx.helper.set_model_props(model, {key: json.dumps(each) for key, each in stored.items()})
    onnx.save(model, tmp_path / "changed.onnx")
    with pytest.raises(ScorerFileError, match=r"changed\.onnx was changed or damaged: it says"):
        Scorer(tmp_path / "changed.onnx")


def test_a_graph_with_other_inputs_or_outputs_is_refused(path, tmp_path):
    for change in (
        lambda graph: graph.output.pop(),
        lambda graph: [
            setattr(graph.input[0], "name", "Y"),
            graph.node[2].input.__setitem__(0, "Y"),
        ],
    ):
        model = onnx.load(path)
        change(model.graph)
        onnx.save(model, tmp_path / "changed.onnx")
        with pytest.raises(ScorerFileError, match=r"its graph takes .* and returns"):
            Scorer(tmp_path / "changed.onnx")


def test_what_others_note_in_the_file_is_let_be(path, tmp_path):
    model = onnx.load(path)
    model.metadata_props.add(key="onnx.infer", value="onnxruntime.quant")
    onnx.save(model, tmp_path / "noted.onnx")
    found = Scorer(tmp_path / "noted.onnx")
    assert (found.detector, found.columns, found.threshold_) == ("Distance", COLUMNS, THRESHOLD)
    assert found.feature_names == ["a", "b", "c"]


def test_the_scorer_loads_neither_torch_nor_pandas_nor_sklearn():
    code = (
        "import sys, course_utils.serve.scorer\n"
        "print(*{'torch', 'pandas', 'sklearn', 'scipy', 'onnx', 'fastapi'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert done.stdout.strip() == ""
    assert serve.Scorer is Scorer
