"""What all detectors share: decisions, saving and loading."""

import copy
import hashlib
import inspect
import json
import re
from pathlib import Path
from typing import ClassVar

from course_utils import checks, files, runtime
from course_utils.detectors import export
from course_utils.thresholds import decide, quantile

import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

__all__ = ["Detector", "DetectorFileError"]

FORMAT = "course_utils.detectors 1"
IN_NETWORK = "network."  # begins the names of a network's tensors


class DetectorFileError(ValueError):
    """A file that holds no detector, or one that was changed; the text says which."""


class Detector(BaseEstimator):
    """A detector with the names that PyOD made common: decisions, saving and loading.

    ``fit(X)`` and ``decision_function(X)`` come from the kinds below: of tables
    (``table.TableDetector``) and of images (``image.ImageDetector``).

    Attributes
    ----------
    decision_scores_ : array of shape (n,)
        Scores of the training rows or images.
    threshold_ : float
        The share ``contamination`` of the training scores lies above it.
    labels_ : array of 0 and 1, shape (n,)
        Decisions on the training rows or images.
    """

    # parameters that a class's own docstring need not describe
    DESCRIBED: ClassVar = {
        "contamination": "float in (0, 0.5]\n    Share of the training rows above ``threshold_``.",
        "seed": "int\n    One seed, one detector.",
        "device": "str or torch.device, optional\n    ``runtime.device()`` where none is named.",
        "progress": "bool\n    Show bars while it works.",
    }

    def __init_subclass__(cls, **options):
        """End a detector's docstring with the parameters that it has in common with others."""
        super().__init_subclass__(**options)
        if cls.__doc__ is None:
            return
        own = inspect.cleandoc(cls.__doc__)
        for name in inspect.signature(cls).parameters:
            if name in cls.DESCRIBED and not re.search(rf"^(.*, )?{name}(, .*)? :", own, re.M):
                own += f"\n{name} : {cls.DESCRIBED[name]}"
        cls.__doc__ = own

    def predict(self, X):
        """Return 1 for each row or image that scores above ``threshold_``, else 0, shape (n,)."""
        return decide(self.decision_function(X), self.threshold_)

    def fit_predict(self, X, y=None):
        """Fit on X and return ``labels_``, shape (n,)."""
        return self.fit(X, y).labels_

    def save(self, path):
        """Write the fitted detector to one file: tensors, and everything else as JSON.

        Parameters
        ----------
        path : str or Path
            A file that is there is replaced once the new one is complete.
        """
        check_is_fitted(self)
        # a parameter may be a number of NumPy's, which JSON does not know
        header = json.dumps(self._header(), default=lambda number: number.item())
        state = self._state()
        contents = {"format": FORMAT, "header": header, "state": state}
        contents["digest"] = _digest(header, state)
        with files.replacing(path) as half:
            torch.save(contents, half)

    @runtime.usual_torch()
    def export(self, path):
        """Write the fitted detector to one ONNX file, which gives scores without PyTorch.

        ``course_utils.serve.Scorer`` reads it, and so does any other program that runs ONNX. The
        graph takes ``X`` (n, …) and returns ``score``, float64 (n,), and ``anomaly``, int64 (n,):
        scaling and threshold are inside. A row or image with NaN or infinity has the score NaN
        and is an anomaly. Scores agree with ``decision_function`` to the rounding of float32.
        The file cannot be fitted any further, nor loaded again as a detector: ``save`` is for
        that. Like that of ``save``, it is not signed: whoever can write it can change it.

        Parameters
        ----------
        path : str or Path
            A file that is there is replaced once the new one is complete.

        Raises
        ------
        NotImplementedError
            If this sort of detector cannot be written as such a graph.
        FileNotFoundError, IsADirectoryError
            If the path's folder is not there, or the path is one.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        """
        export.write(path, *self._on_the_cpu()._exported())

    def _exported(self):
        """Return the detector, a function of X in torch, an example of a row, and facts."""
        raise NotImplementedError(
            f"{type(self).__name__} reads sequences of any length step by step, which has no ONNX "
            "file yet; only detectors of tables and images have. save(path) writes it to a file, "
            "and course_utils.detectors.load(path) reads that where PyTorch is installed."
        )

    def _on_the_cpu(self):
        """Return a copy that computes on the CPU and shares nothing that would have to move."""
        twin = copy.copy(self)
        twin.device = "cpu"
        if hasattr(self, "network_"):
            twin.network_ = copy.deepcopy(self.network_).cpu().eval()
        return twin

    @classmethod
    @runtime.usual_torch()
    def load(cls, path):
        """Return the detector that ``save`` wrote to a file. No code in the file is run.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Detector
            Of the class that was saved, on this machine's device (``device`` is None).

        Raises
        ------
        DetectorFileError
            If the file holds no detector, was changed, or holds one of another class.
        FileNotFoundError
        """
        header, state = _read(path)
        kind = _subclasses(Detector).get(header.get("detector"))
        if kind is None or not issubclass(kind, cls):
            raise DetectorFileError(
                f"{path} holds a detector of the kind {header.get('detector')!r}; "
                f"{cls.__name__} is expected."
            )
        try:
            detector = kind(**header["parameters"])
            detector._check_parameters()
            detector._restore(header, state)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise DetectorFileError(
                f"{path} does not fit this version of {kind.__name__} ({_first_line(error)})."
            ) from error
        return detector

    def _check_parameters(self):
        """Raise for a parameter out of range; subclasses add theirs."""
        checks.in_range(self.contamination, "contamination", 0, 0.5, low_open=True)
        checks.as_seed(self.seed, "seed")

    def _device(self):
        return torch.device(runtime.device() if self.device is None else self.device)

    def _generator(self):
        """Return a new generator of random numbers for the seed, on the CPU."""
        return torch.Generator().manual_seed(checks.as_seed(self.seed, "seed"))

    def _in_parts(self, total, sizes, work):
        """Return an iterator over work(start, stop) for parts of `total` rows or images.

        `sizes` has the most of one part by the device's type, and for any "other" one. On the CPU
        parts are worked on side by side.
        """
        device = self._device()
        size = sizes.get(device.type, sizes["other"])
        starts = range(0, total, size)
        many = device.type == "cpu" and len(starts) > 1
        each = runtime.in_threads if many else map
        return each(lambda start: work(start, min(start + size, total)), starts)

    def _set_decisions(self, scores, held_out=None):
        """Keep the training scores, and the threshold and decisions that follow from them.

        `held_out` are those that the threshold is taken from, where it is not all of them.
        """
        self.decision_scores_ = scores
        self.threshold_ = quantile(scores if held_out is None else held_out, self.contamination)
        self.labels_ = decide(scores, self.threshold_)

    def _header(self):
        """Return all of the detector that is no tensor, ready for JSON."""
        return {
            "detector": type(self).__name__,
            "parameters": {
                name: None if name == "device" else value
                for name, value in self.get_params().items()
            },
            "threshold": self.threshold_,
        }

    def _state(self):
        """Return the tensors that scores are computed from, by name."""
        return {"scores_": torch.from_numpy(self.decision_scores_)}

    def _restore(self, header, state):
        self.decision_scores_ = state["scores_"].numpy()
        self.threshold_ = header["threshold"]
        self.labels_ = decide(self.decision_scores_, self.threshold_)


def network_state(network):
    """Return a network's tensors, on the CPU, by the names under which a detector's file has them.

    Parameters
    ----------
    network : torch.nn.Module

    Returns
    -------
    dict of str to tensor
    """
    return {IN_NETWORK + name: each.cpu() for name, each in network.state_dict().items()}


def restore_network(network, state):
    """Give a network the tensors that `network_state` returned, among others, and return it.

    Parameters
    ----------
    network : torch.nn.Module
    state : dict of str to tensor

    Returns
    -------
    torch.nn.Module
        In evaluation mode.
    """
    network.load_state_dict(part_of(state, IN_NETWORK))
    return network.eval()


def part_of(state, prefix):
    """Return the tensors whose names begin so, by the rest of their names."""
    return {
        name.removeprefix(prefix): each for name, each in state.items() if name.startswith(prefix)
    }


def _read(path):
    """Return header and tensors of a detector's file, checked against their digest."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there.")
    try:
        contents = torch.load(path, map_location="cpu", weights_only=True)
        stored, header, state = (contents[name] for name in ("format", "header", "state"))
        untouched = contents["digest"] == _digest(header, state)
        header = json.loads(header)
    except Exception as error:  # torch has many words for a file that is not its own
        raise DetectorFileError(
            f"{path} holds no detector that this course saved ({_first_line(error)})."
        ) from error
    if stored != FORMAT:
        raise DetectorFileError(f"{path} has the format {stored!r}; {FORMAT!r} is expected.")
    if not untouched:
        raise DetectorFileError(f"{path} was changed or damaged after it was saved.")
    return header, state


def _first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


def _digest(header, state):
    """Return the SHA-256 of a header and of the tensors' names, shapes and bytes."""
    digest = hashlib.sha256(header.encode())
    for name, tensor in sorted(state.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _subclasses(kind):
    """Return all classes below this one by their names."""
    found = {}
    for each in kind.__subclasses__():
        found |= {each.__name__: each} | _subclasses(each)
    return found
