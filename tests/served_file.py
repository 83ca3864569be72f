"""A file as a detector's export writes it, made by hand: its score is the mean distance from 0."""

import json

from course_utils.serve import scorer

import numpy as np
import onnx
from onnx import TensorProto, helper

COLUMNS, THRESHOLD = 3, 2.5


def write(path, *, names=None, threshold=THRESHOLD):
    """Write the file and return its path; columns are named where names are given."""
    nodes = [
        _constant("threshold", threshold),
        _constant("axes", np.array([1], dtype=np.int64)),
        helper.make_node("Abs", ["X"], ["distances"]),
        helper.make_node("ReduceMean", ["distances", "axes"], ["score"], keepdims=0),
        helper.make_node("LessOrEqual", ["score", "threshold"], ["normal"]),
        helper.make_node("Not", ["normal"], ["alarm"]),
        helper.make_node("Cast", ["alarm"], ["anomaly"], to=TensorProto.INT64),
    ]
    graph = helper.make_graph(
        nodes,
        "distance",
        [helper.make_tensor_value_info("X", TensorProto.DOUBLE, ["rows", COLUMNS])],
        [
            helper.make_tensor_value_info("score", TensorProto.DOUBLE, ["rows"]),
            helper.make_tensor_value_info("anomaly", TensorProto.INT64, ["rows"]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    facts = {
        "format": scorer.FORMAT,
        "detector": "Distance",
        "columns": COLUMNS,
        "names": names,
        "threshold": threshold,
    }
    helper.set_model_props(model, {name: json.dumps(value) for name, value in facts.items()})
    onnx.save(model, path)
    return path


def scores(rows):
    """Return what the file's graph should: the oracle of the service's answers."""
    return np.abs(np.asarray(rows, dtype=float)).mean(axis=1)


def _constant(name, value):
    tensor = onnx.numpy_helper.from_array(np.array(value))
    return helper.make_node("Constant", [], [name], value=tensor)
