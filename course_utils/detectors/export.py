"""A fitted detector as one ONNX file, which other programs can run without PyTorch.

The graph in the file does all that stands between a row and a decision: scaling in float64,
cut-off, network, score, threshold. What is left outside of it, somebody forgets.
"""

import contextlib
import json
import logging
import threading
import warnings
from pathlib import Path

from course_utils import __version__, files

import torch
from torch import nn

__all__ = ["write"]

FORMAT = "course_utils.detectors.export 1"
OPSET = 20  # of ONNX's operators; onnxruntime has known it since 1.17
EXAMPLE = 2  # rows; with one, torch.export would take the number for a constant
_one_at_a_time = threading.Lock()  # torch traces for the whole process, not for a thread
LARGEST = torch.finfo(torch.float64).max


class _Graph(nn.Module):
    """From rows or images to scores and decisions, with whatever was learned inside."""

    def __init__(self, network, scores, threshold):
        super().__init__()
        self.network, self._scores = network.eval(), scores
        # as Python's numbers they would be rounded to float32 on the way
        for name, value in (("largest", LARGEST), ("threshold", threshold)):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float64))

    def forward(self, X):
        """Return scores, float64 (n,), and decisions, int64 (n,), of X (n, …)."""
        finite = (X.double().abs() <= self.largest).flatten(1).all(dim=1)
        # infinity would be cut off like any other large number, and scored
        score = torch.where(finite, self._scores(X).double(), torch.nan)
        # NaN is greater than nothing: `score > threshold` would never raise an alarm for it
        return score, (~(score <= self.threshold)).long()


def write(path, detector, scores, example, facts):
    """Write the graph of a detector's scores and decisions to one ONNX file.

    Parameters
    ----------
    path : str or Path
        A file that is there is replaced once the new one is complete.
    detector : Detector
        On the CPU. The file names its class and ``threshold_``; `scores` computes with its
        ``network_``.
    scores : callable
        From a tensor like `example`, with any number of rows, to one score a row.
    example : tensor of shape (…)
        One row or image.
    facts : dict
        What else the file says of itself, ready for JSON.
    """
    path = Path(path)
    if path.is_dir():  # said before the seconds that an export takes
        raise IsADirectoryError(f"{path} is a folder; the name of a file is expected.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is no folder; make it first.")
    graph = _Graph(detector.network_, scores, detector.threshold_)
    with _one_at_a_time, _quiet():
        program = torch.onnx.export(
            graph,
            (torch.stack([example] * EXAMPLE),),
            dynamo=True,
            opset_version=OPSET,
            input_names=["X"],
            output_names=["score", "anomaly"],
            dynamic_shapes=({0: torch.export.Dim("rows")},),
            verbose=False,
        )
    facts = facts | {
        "format": FORMAT,
        "detector": type(detector).__name__,
        "threshold": float(detector.threshold_),
        "version": __version__,
    }
    model = program.model_proto
    for name, value in sorted(facts.items()):
        model.metadata_props.add(key=name, value=json.dumps(value))
    with files.replacing(path) as half:
        half.write_bytes(model.SerializeToString())


@contextlib.contextmanager
def _quiet():
    """Keep to itself what the exporter says of packages and functions that are not ours."""
    logger = logging.getLogger("torch.onnx._internal.exporter")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
