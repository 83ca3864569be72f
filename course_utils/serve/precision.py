"""Fewer bits for an exported detector: its layers in int8."""

import contextlib
import logging
import tempfile
import warnings
from pathlib import Path

from course_utils import checks, files
from course_utils.serve.scorer import ImageScorer, Scorer, ScorerFileError

import onnx

__all__ = ["quantise"]

LAYERS = "Conv", "MatMul"  # where there are both, a product compares what convolutions found
MOST = 500  # rows or images that are calibrated with


def quantise(path, X, to, bits=7):
    """Write an exported detector once more, with the layers of its network in int8.

    Weights and what the layers hand on become whole numbers of 8 bits, in steps that are fixed
    beforehand: static quantisation. A row's score thus stays its own, where dynamic quantisation
    takes the steps from the batch. The step of a layer follows from what rows of X show it; what
    lies beyond is cut off. Scaling before the first layer, and whatever compares or adds up behind
    the last, keep their precision. Each output channel of a layer has a step of its own.

    Scores change, and ``threshold_`` does not: choose one anew on rows that were not used here.

    Parameters
    ----------
    path : str or Path
        What ``Detector.export`` wrote.
    X : array-like or DataFrame
        Rows or images as ``decision_function`` takes them; 500 at most are looked at.
    to : str or Path
        The new file, for `Scorer` or `ImageScorer`. A file that is there is replaced.
    bits : {7, 8}
        What weights use of their 8 bits; onnxruntime advises 7 for x86 processors without VNNI.

    Raises
    ------
    ScorerFileError
        If the file holds no exported detector.
    TypeError, ValueError, FileNotFoundError
        If X cannot be scored by it.
    """
    from onnxruntime import quantization

    scorer = _scorer(path)
    batches = iter([{"X": batch} for batch in scorer.batches(X[:MOST])])

    class Batches(quantization.CalibrationDataReader):
        def get_next(self):
            return next(batches, None)

    with tempfile.TemporaryDirectory() as folder, _quiet():
        ready, small = Path(folder) / "ready.onnx", Path(folder) / "small.onnx"
        quantization.quant_pre_process(str(path), str(ready), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(ready),
            str(small),
            Batches(),
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=checks.integer_in_range(bits, "bits", 7, 8) == 7,
            nodes_to_exclude=_around_the_layers(onnx.load(ready).graph.node),
        )
        model = onnx.load(small)
    stored = {each.key: each.value for each in onnx.load(path).metadata_props}
    onnx.helper.set_model_props(model, stored)
    with files.replacing(to) as half:
        half.write_bytes(model.SerializeToString())


def _around_the_layers(nodes):
    """Return the names of the nodes before the first and behind the last layer of a network."""
    kinds = [node.op_type for node in nodes]
    kind = next(each for each in LAYERS if each in kinds)
    layers = [place for place, each in enumerate(kinds) if each == kind]
    return [node.name for node in [*nodes[: layers[0]], *nodes[layers[-1] + 1 :]]]


def _scorer(path):
    try:
        return Scorer(path)
    except ScorerFileError:
        return ImageScorer(path)


@contextlib.contextmanager
def _quiet():
    """Keep remarks to itself, and the root logger without the handler that they would give it."""
    silent, before = logging.NullHandler(), logging.root.manager.disable
    logging.root.addHandler(silent)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        logging.root.removeHandler(silent)
