"""What detectors of sequences share, of characters or of a log's keys: symbols and surprise."""

from course_utils import checks
from course_utils.detectors.base import Detector

import numpy as np
from sklearn.utils.validation import check_is_fitted

__all__ = ["SequenceDetector"]

SUMMARIES = {"highest": np.max, "mean": np.mean, "sum": np.sum}
FOLDS = 5  # parts that training sequences are dealt into


class SequenceDetector(Detector):
    """Scores a sequence by the surprise of its symbols, each given those before it, and its end.

    Subclasses have ``summary`` among their parameters, learn in ``_learn(coded)`` and tell the
    surprises of coded sequences in ``_surprises(coded)``. A coded sequence is a tuple of the
    numbers of its symbols, 0, 1 … in the order of ``symbols_``, or ``UNKNOWN``.
    """

    UNKNOWN = -3

    def fit(self, X, y=None):
        """Learn what follows what.

        Parameters
        ----------
        X : list of str, or list of lists of str or int
            A text is a sequence of characters.
        y : ignored

        Returns
        -------
        the detector itself

        Raises
        ------
        TypeError, ValueError
            If X is no list of sequences (the message names the first that is none) or a
            parameter is out of range.
        """
        self._check_parameters()
        sequences = _as_sequences(X)
        symbols = {symbol for sequence in sequences for symbol in sequence}
        self.symbols_ = sorted(symbols, key=lambda symbol: (str(symbol), type(symbol).__name__))
        self._number_symbols()
        self._learn([self._coded(sequence) for sequence in sequences])
        return self

    def decision_function(self, X):
        """Return one score per sequence, higher = more anomalous.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        array of float64, shape (n,)
            In nats.
        """
        return self._summaries(self.surprises(X))

    def surprises(self, X):
        """Return the surprise of each symbol and of the end.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        list of arrays of float64, shape (length of the sequence + 1,)
            In nats; the last is the end's.
        """
        return self._surprises(self._checked(X))

    def _checked(self, X):
        """Return sequences that are scored, coded."""
        check_is_fitted(self)
        return [self._coded(sequence) for sequence in _as_sequences(X)]

    def _summaries(self, surprises):
        return np.array([SUMMARIES[self.summary](each) for each in surprises])

    def _check_parameters(self):
        super()._check_parameters()
        checks.one_of(self.summary, "summary", tuple(SUMMARIES))

    def _number_symbols(self):
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols_)}

    def _coded(self, sequence):
        return tuple(self._numbers.get(symbol, self.UNKNOWN) for symbol in sequence)

    def _header(self):
        return super()._header() | {"symbols": self.symbols_}

    def _restore(self, header, state):
        super()._restore(header, state)
        self.symbols_ = header["symbols"]
        self._number_symbols()


def dealt(coded):
    """Return {sequence: its part}, 0, 1 … FOLDS − 1 in turn; copies of one share a part.

    Parameters
    ----------
    coded : iterable of tuples

    Returns
    -------
    dict
    """
    parts = {}
    for sequence in coded:
        parts.setdefault(sequence, len(parts) % FOLDS)
    return parts


def _as_sequences(X):
    """Return X as a list of sequences of str or int; raise with the first that is none."""
    if isinstance(X, (str, bytes)) or not hasattr(X, "__iter__"):
        raise TypeError(
            f"X is {checks.describe(X)}; a list of texts, or of lists of symbols, is expected. "
            "One text alone is [text]."
        )
    sequences = list(X)
    if not sequences:
        raise ValueError("X is empty; at least one sequence is expected.")
    for number, sequence in enumerate(sequences):
        if isinstance(sequence, bytes) or not hasattr(sequence, "__iter__"):
            raise TypeError(
                f"X[{number}] is {checks.describe(sequence)}; a text or a list of symbols is "
                "expected."
            )
        if isinstance(sequence, str):
            continue
        sequences[number] = sequence = [
            each.item() if isinstance(each, np.generic) else each for each in sequence
        ]
        for place, symbol in enumerate(sequence):
            if isinstance(symbol, bool) or not isinstance(symbol, (str, int)):
                raise TypeError(
                    f"X[{number}][{place}] is {checks.describe(symbol)}; a text or a whole number "
                    "is expected."
                )
    return sequences
