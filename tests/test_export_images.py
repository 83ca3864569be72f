"""An exported detector of images: the same scores and decisions in ONNX as in PyTorch."""

from course_utils.detectors import PaDiM, PatchCore
from course_utils.images import Images, prepared
from course_utils.serve import ImageScorer, Scorer, ScorerFileError
from course_utils.serve.precision import quantise

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image
from small_detectors import assert_close

CLOSE = 1e-4  # relative: a convolution sums up more than a table's network does
SIDE = 48
KINDS = {
    # two sizes, so that the graph resizes; two blocks of unlike size, so that maps are enlarged
    PatchCore: {"sizes": (32, SIDE), "blocks": (0,), "bank_size": 50},
    PaDiM: {"sizes": (SIDE,), "blocks": (0, 1), "features": 8},
}
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def images(number, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (number, SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Both detectors, fitted, with the path of the exported file."""
    folder, found = tmp_path_factory.mktemp("exported"), {}
    for kind, choices in KINDS.items():
        detector = kind(device="cpu", contamination=0.2, **choices).fit(images(6))
        path = folder / f"{kind.__name__}.onnx"
        detector.export(path)
        found[kind] = detector, path
    return found


@EACH
def test_scores_and_decisions_are_those_of_the_detector(kind, exported):
    detector, path = exported[kind]
    scorer = ImageScorer(path)
    assert (scorer.detector, scorer.side) == (kind.__name__, SIDE)
    assert scorer.threshold_ == detector.threshold_
    black, grey = np.zeros_like(images(1)), np.full_like(images(1), 128)
    for X in (np.concatenate([images(4, 1), black, grey]), images(3)[..., 0], images(2, 2) / 255):
        scores, anomalies = scorer.decision_function(X), scorer.predict(X)
        assert_close(scores, detector.decision_function(X), CLOSE)
        np.testing.assert_array_equal(anomalies, scores > detector.threshold_)


@EACH
def test_any_number_at_a_time_and_no_pixel_without_a_number(kind, exported):
    detector, path = exported[kind]
    session = onnxruntime.InferenceSession(path)
    X = images(5, 3)
    pixels = prepared(Images(X), 0, 5, SIDE).numpy()
    expected = detector.decision_function(X)
    for number in (1, 2, 5):
        scores = session.run(["score"], {"X": pixels[:number]})[0]
        assert_close(scores, expected[:number], CLOSE)
    for strange in (np.nan, np.inf, -np.inf):
        holed = pixels.copy()
        holed[1, 2, 40, 7] = strange
        scores, anomalies = session.run(["score", "anomaly"], {"X": holed})
        assert np.isnan(scores[1])
        assert anomalies[1] == 1
        assert_close(np.delete(scores, 1), np.delete(expected, 1), CLOSE)


def test_int8_is_of_the_backbone_and_no_image_is_scored_by_its_company(exported, tmp_path):
    detector, path = exported[PaDiM]
    quantise(path, images(6), tmp_path / "int8.onnx")
    nodes = onnx.load(tmp_path / "int8.onnx").graph.node
    whole = {name for node in nodes if node.op_type == "DequantizeLinear" for name in node.output}
    fed = [node.input[0] in whole for node in nodes if node.op_type == "Conv"]
    assert all(fed[1:])  # the first may read the pixels as they are
    assert not any(whole & set(node.input) for node in nodes if node.op_type == "MatMul")
    X = images(4, 1)
    scores = ImageScorer(tmp_path / "int8.onnx").decision_function(X)
    np.testing.assert_allclose(scores, detector.decision_function(X), rtol=0.3)
    session = onnxruntime.InferenceSession(tmp_path / "int8.onnx")
    pixels = prepared(Images(X), 0, 4, SIDE).numpy()
    beside = session.run(["score"], {"X": np.concatenate([pixels[:1], 0 * pixels[:1]])})[0]
    assert_close(beside[:1], scores[:1], CLOSE)


def test_files_are_read_and_other_sizes_refused(exported, tmp_path):
    detector, path = exported[PatchCore]
    Image.fromarray(images(1, 4)[0]).save(tmp_path / "a.png")
    Image.fromarray(images(1, 4)[0, :40]).save(tmp_path / "b.png")
    scorer = ImageScorer(path)
    scores = scorer.decision_function([tmp_path / "a.png"])
    assert_close(scores, detector.decision_function(images(1, 4)), CLOSE)
    with pytest.raises(ValueError, match=r"b\.png has 40 × 48 pixels; 48 × 48 are expected"):
        scorer.predict([tmp_path / "a.png", tmp_path / "b.png"])
    with pytest.raises(ScorerFileError, match="a detector of images; ImageScorer reads it"):
        Scorer(path)
