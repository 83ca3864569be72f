"""Scores from an exported file, by onnxruntime: what a service needs, and no PyTorch."""

import json
from pathlib import Path

from course_utils import checks

import numpy as np
import onnxruntime

__all__ = ["ImageScorer", "Scorer", "ScorerFileError"]

FORMAT = "course_utils.detectors.export 1"  # as course_utils.detectors.export writes it
FACTS = "format", "detector", "threshold", "columns", "names", "side"
ROWS_AT_A_TIME = 2048  # so many numbers stay in the cache, and memory does not grow with X
ONLY_ERRORS = 3  # onnxruntime's number for it


class ScorerFileError(ValueError):
    """A file that holds no exported detector; the text says what it holds instead."""


class _Session:
    """An exported detector, opened by onnxruntime: scores and decisions of batches."""

    def __init__(self, path, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = checks.positive_integer(threads, "threads")
        options.inter_op_num_threads = 1
        options.log_severity_level = ONLY_ERRORS
        path = Path(path)
        self._session, facts = _opened(path, options)
        _refuse_other_facts(facts, path)
        self.detector, self.threshold_ = facts["detector"], float(facts["threshold"])
        self._keep(facts, path)
        _refuse_other_graph(self._session, self._takes(), path)

    def predict(self, X):
        """Return 1 for each row or image above ``threshold_``, else 0: int64, shape (n,)."""
        return self._run(X, "anomaly")

    def _run(self, X, output):
        found = [self._session.run([output], {"X": batch})[0] for batch in self.batches(X)]
        return np.concatenate(found)


class Scorer(_Session):
    """An exported detector of tables: its scores and decisions, without PyTorch.

    Parameters
    ----------
    path : str or Path
        What ``Detector.export`` wrote.
    threads : int
        Threads of onnxruntime for one call. A service that answers several requests side by side
        is best served with 1.

    Attributes
    ----------
    detector : str
        Name of the class that was exported.
    columns : int
        Width of a row.
    feature_names : list of str, or None
        The columns' names where the detector was fitted on a DataFrame that has them.
    threshold_ : float
        Scores above it are anomalies.

    Raises
    ------
    ScorerFileError
        If the file holds no exported detector of tables.
    FileNotFoundError
    """

    def _keep(self, facts, path):
        if "columns" not in facts:
            raise ScorerFileError(
                f"{path} holds {self.detector}, a detector of images; ImageScorer reads it."
            )
        self.columns, self.feature_names = facts["columns"], facts.get("names")

    def _takes(self):
        return "tensor(double)", [self.columns]

    def decision_function(self, X):
        """Return one score per row, higher = more anomalous.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n, columns)
            Finite numbers, in the units of the rows that the detector was fitted on.

        Returns
        -------
        array of float64, shape (n,)

        Raises
        ------
        TypeError, ValueError
            If X is no table of finite numbers, has another width, or names its columns otherwise.
        """
        return self._run(X, "score")

    def batches(self, X):
        """Yield the rows of X as the graph takes them, checked: float64, at most 2,048 at a time.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n, columns)
            As for ``decision_function``.
        """
        X = self._as_rows(X)
        for start in range(0, len(X), ROWS_AT_A_TIME):
            yield checks.as_matrix(X[start : start + ROWS_AT_A_TIME], "X", first_row=start)

    def _as_rows(self, X):
        """Return X as something that can be cut into rows; an array is not read as yet."""
        checks.refuse_other_forms(X)
        names = checks.column_names(X)
        if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind not in "biuf":
            X = checks.as_matrix(X, "X")
        checks.refuse_other_columns(X, names, self.columns, self.feature_names, self.detector)
        return X


class ImageScorer(_Session):
    """An exported detector of images: its scores and decisions, without PyTorch.

    Parameters
    ----------
    path, threads
        As for `Scorer`.

    Attributes
    ----------
    detector : str
        Name of the class that was exported.
    side : int
        Height and width of an image in pixels: the largest of the detector's ``sizes``.
    threshold_ : float
        Scores above it are anomalies.

    Raises
    ------
    ScorerFileError
        If the file holds no exported detector of images.
    FileNotFoundError
    """

    def _keep(self, facts, path):
        if "side" not in facts:
            raise ScorerFileError(
                f"{path} holds {self.detector}, a detector of tables; Scorer reads it."
            )
        self.side = facts["side"]

    def _takes(self):
        return "tensor(float)", [3, self.side, self.side]

    def decision_function(self, X):
        """Return one score per image, higher = more anomalous.

        Parameters
        ----------
        X : array (n, side, side) or (n, side, side, 3), or list of arrays or of files
            As the detector takes them, but of the right size already.

        Returns
        -------
        array of float64, shape (n,)

        Raises
        ------
        TypeError, ValueError, FileNotFoundError
            If an image cannot be used; the message names it.
        """
        return self._run(X, "score")

    def batches(self, X):
        """Yield the images of X as the graph takes them: one each, float32 (1, 3, side, side).

        Parameters
        ----------
        X : array (n, side, side) or (n, side, side, 3), or list of arrays or of files
            As for ``decision_function``.
        """
        from course_utils.images import Images  # brings pandas, which a table's scorer can spare

        images = Images(X)
        for row in range(len(images)):
            height, width = images.size(row)
            if (height, width) != (self.side, self.side):
                raise ValueError(
                    f"{images.name(row)} has {height} × {width} pixels; {self.side} × {self.side} "
                    "are expected. course_utils.images.prepared resizes as the detector did."
                )
            yield np.ascontiguousarray(images[row].transpose(2, 0, 1)[np.newaxis])


def _opened(path, options):
    """Return a session of onnxruntime, and what the file says of itself."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there.")
    try:
        session = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # each of onnxruntime's errors is a class of its own
        first = (str(error).splitlines() or [type(error).__name__])[0][:100]
        raise ScorerFileError(
            f"{path} holds no ONNX graph that onnxruntime can run ({first}). Detector.export "
            "writes one."
        ) from error
    stored = session.get_modelmeta().custom_metadata_map
    try:
        # other programs may have added what is theirs, in their own form
        facts = {name: json.loads(stored[name]) for name in FACTS if name in stored}
        kind = facts["format"]
    except (KeyError, ValueError, RecursionError) as error:
        raise ScorerFileError(
            f"{path} is an ONNX file that Detector.export did not write: it does not say which "
            "detector it holds."
        ) from error
    if kind != FORMAT:
        raise ScorerFileError(f"{path} has the format {kind!r}; {FORMAT!r} is expected.")
    return session, facts


def _refuse_other_facts(facts, path):
    """Raise where a file says of itself what no export writes: it would only be met later."""

    def is_number(value, kinds):
        return isinstance(value, kinds) and not isinstance(value, bool)

    width = "side" if "side" in facts else "columns"
    expected = {
        "detector": lambda value: isinstance(value, str) and value.isidentifier(),
        "threshold": lambda value: is_number(value, (int, float)),
        width: lambda value: is_number(value, int) and value > 0,
        "names": lambda value: (
            value is None
            or (
                isinstance(value, list)
                and len(value) == facts.get("columns")
                and all(isinstance(each, str) for each in value)
            )
        ),
    }
    wrong = [name for name, is_right in expected.items() if not is_right(facts.get(name))]
    if wrong:
        raise ScorerFileError(
            f"{path} was changed or damaged: it says of its detector that {wrong[0]} is "
            f"{ascii(facts.get(wrong[0]))[:60]}. Detector.export writes it anew."
        )


def _refuse_other_graph(session, takes, path):
    """Raise where a file's graph has not the inputs and outputs that it is used by."""
    inputs = [(each.name, each.type, each.shape[1:]) for each in session.get_inputs()]
    outputs = {each.name: each.type for each in session.get_outputs()}
    if inputs != [("X", *takes)] or outputs != {
        "score": "tensor(double)",
        "anomaly": "tensor(int64)",
    }:
        raise ScorerFileError(
            f"{path} was changed or damaged: its graph takes {inputs} and returns {outputs}, "
            f"where X of {takes} and score and anomaly are expected. Detector.export writes it "
            "anew."
        )
