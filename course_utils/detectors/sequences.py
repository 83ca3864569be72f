"""A detector of sequences, of characters or of a log's keys: how surprising is the next one?"""

import math
from collections import Counter, defaultdict

from course_utils import checks
from course_utils.detectors.base import Detector

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

__all__ = ["NGram"]

FOLDS = 5  # parts of the training sequences that are scored by the other parts
SUMMARIES = {"highest": max, "mean": lambda values: sum(values) / len(values)}
START, END = -1, -2  # numbers of what stands before a sequence and behind it; symbols are 0, 1 …
UNKNOWN = -3


class NGram(Detector):
    """Scores a sequence by the surprise of its symbols, each given the ``order`` − 1 before it.

    How often did this symbol follow these in training? The share is mixed with that of one symbol
    less before it, and so on down to an even share for all symbols and one more, which stands for
    all that were never seen: p(x | context) = (count(context, x) + ``strength`` · p(x | shorter
    context)) / (count(context) + ``strength``), a hierarchy of Dirichlet means (MacKay and Peto,
    Natural Language Engineering 1, 1995). The surprise is −log p, in nats. The end of a sequence
    is a symbol too, so that one that stops too early is noticed.

    Training sequences are scored by counts of the others, in five parts, copies of one sequence
    in the same part; ``threshold_`` is taken from those scores.

    Parameters
    ----------
    order : int
        1 looks at each symbol alone, 2 at the one before it.
    strength : float
        Above 0. How many times a context must be seen to count as much as the shorter one.
    summary : {"highest", "mean"}
        What of the surprises of a sequence is its score. The highest finds one odd step in a long
        sequence; the mean, whose exponential is the perplexity, finds odd language.

    Attributes
    ----------
    symbols_ : list
        Known from training, sorted as text.
    decision_scores_, labels_ : arrays of shape (n,)
    threshold_ : float
    """

    def __init__(self, order=2, strength=1.0, summary="highest", contamination=0.01, seed=0):
        self.order = order
        self.strength = strength
        self.summary = summary
        self.contamination = contamination
        self.seed = seed

    def fit(self, X, y=None):
        """Count what follows what.

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
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols_)}
        coded = [self._coded(sequence) for sequence in sequences]
        self._counts = self._counted(coded)
        self._set_decisions(self._left_out(coded))
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
        return np.array([SUMMARIES[self.summary](each) for each in self.surprises(X)])

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
        check_is_fitted(self)
        coded = [self._coded(sequence) for sequence in _as_sequences(X)]
        return [np.array(self._surprises(each, self._counts)) for each in coded]

    def _check_parameters(self):
        super()._check_parameters()
        checks.positive_integer(self.order, "order")
        checks.in_range(self.strength, "strength", 0, math.inf, low_open=True, high_open=True)
        checks.one_of(self.summary, "summary", tuple(SUMMARIES))

    def _coded(self, sequence):
        """Return a sequence as numbers, with what stands before it and behind it."""
        known = [self._numbers.get(symbol, UNKNOWN) for symbol in sequence]
        return (*[START] * (self.order - 1), *known, END)

    def _counted(self, coded):
        """Return what followed what in coded sequences, as `_by_context` does."""
        return self._by_context(
            Counter(
                sequence[stop - self.order : stop]
                for sequence in coded
                for stop in range(self.order, len(sequence) + 1)
            )
        )

    def _by_context(self, grams):
        """Return {context: (what followed it how often, how often it was seen)}.

        `grams` counts context and symbol together, `order` symbols long; contexts have from 0 to
        order − 1.
        """
        followed = defaultdict(Counter)
        for (*context, symbol), count in grams.items():
            for start in range(self.order):
                followed[tuple(context[start:])][symbol] += count
        return {context: (each, each.total()) for context, each in followed.items()}

    def _surprises(self, sequence, counts):
        """Return −log p of each symbol of a coded sequence."""
        even = 1 / (len(self.symbols_) + 2)  # all symbols, the end, and what was never seen
        found = []
        for place in range(self.order - 1, len(sequence)):
            share, symbol = even, sequence[place]
            for length in range(self.order):
                context = sequence[place - length : place]
                if context not in counts:
                    break  # nor are longer ones
                followed, total = counts[context]
                share = (followed[symbol] + self.strength * share) / (total + self.strength)
            found.append(-math.log(share))
        return found

    def _left_out(self, coded):
        """Return the score of each training sequence by counts of the other parts."""
        part_of = {}
        for sequence in coded:  # copies of one sequence share a part
            part_of.setdefault(sequence, len(part_of) % FOLDS)
        parts = min(FOLDS, len(part_of))
        scores = {}
        for part in range(parts):
            others = [each for each in coded if part_of[each] != part or parts == 1]
            counts = self._counted(others)
            for sequence, own in part_of.items():
                if own == part:
                    surprises = self._surprises(sequence, counts)
                    scores[sequence] = SUMMARIES[self.summary](surprises)
        return np.array([scores[sequence] for sequence in coded])

    def _header(self):
        return super()._header() | {"symbols": self.symbols_}

    def _state(self):
        """Return the longest n-grams and how often each was seen; the shorter follow from them."""
        grams = [
            (*context, symbol, count)
            for context, (followed, _) in self._counts.items()
            if len(context) == self.order - 1
            for symbol, count in followed.items()
        ]
        return super()._state() | {"grams": torch.tensor(grams, dtype=torch.int64)}

    def _restore(self, header, state):
        super()._restore(header, state)
        self.symbols_ = header["symbols"]
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols_)}
        grams = {tuple(gram): count for *gram, count in state["grams"].tolist()}
        self._counts = self._by_context(grams)


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
