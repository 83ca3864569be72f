"""A detector of sequences by counting: how often did this follow those?"""

import math
from collections import Counter, defaultdict

from course_utils import checks
from course_utils.detectors.sequences import FOLDS, SequenceDetector, dealt

import numpy as np
import torch

__all__ = ["NGram"]

START, END = -1, -2  # numbers of what stands before a sequence and behind it


class NGram(SequenceDetector):
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
    summary : {"highest", "mean", "sum"}
        What of the surprises of a sequence is its score. The highest finds one odd step in a long
        sequence; the mean, whose exponential is the perplexity, finds odd language; the sum, the
        surprise of the sequence as a whole, finds what is done too often as well, and grows with
        the length.

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

    def _learn(self, coded):
        self._counts = self._counted(coded)
        self._set_decisions(self._left_out(coded))

    def _surprises(self, coded):
        return [self._surprises_of(each, self._counts) for each in coded]

    def _check_parameters(self):
        super()._check_parameters()
        checks.positive_integer(self.order, "order")
        checks.in_range(self.strength, "strength", 0, math.inf, low_open=True, high_open=True)

    def _between(self, sequence):
        """Return a coded sequence with what stands before it and behind it."""
        return (*[START] * (self.order - 1), *sequence, END)

    def _counted(self, coded):
        """Return what followed what in coded sequences, as `_by_context` does."""
        return self._by_context(
            Counter(
                sequence[stop - self.order : stop]
                for sequence in map(self._between, coded)
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

    def _surprises_of(self, sequence, counts):
        """Return −log p of each symbol of a coded sequence and of its end, an array."""
        sequence = self._between(sequence)
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
        return np.array(found)

    def _left_out(self, coded):
        """Return the score of each training sequence by counts of the other parts."""
        part_of = dealt(coded)
        parts = min(FOLDS, len(part_of))
        scores = {}
        for part in range(parts):
            counts = self._counted([each for each in coded if part_of[each] != part or parts == 1])
            left_out = [sequence for sequence, own in part_of.items() if own == part]
            surprises = (self._surprises_of(each, counts) for each in left_out)
            scores |= zip(left_out, self._summaries(surprises), strict=True)
        return np.array([scores[sequence] for sequence in coded])

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
        grams = {tuple(gram): count for *gram, count in state["grams"].tolist()}
        self._counts = self._by_context(grams)
