"""A detector of sequences by a network that says what may come next."""

import math

from course_utils import checks, runtime, training
from course_utils.detectors.base import network_state, restore_network
from course_utils.detectors.recurrent import Recurrent
from course_utils.detectors.sequences import SequenceDetector, dealt
from course_utils.network import History

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, pad

__all__ = ["NextKey"]

BATCH_SIZE, LEARNING_RATE = 256, 5e-3
STEPS_PER_LINE = 50  # of the history
EVEN = 1e-3  # of each probability is spread evenly, so that no surprise is without end
WINDOWS_AT_A_TIME = {"cpu": 4096, "other": 65536}


class NextKey(SequenceDetector):
    """Scores a sequence by the surprise of a recurrent network that guesses each next symbol.

    A window holds the ``context`` symbols before the one that is guessed; before the beginning
    stands a symbol of its own. Each symbol has a vector, a GRU reads those of the window, and a
    linear layer says how likely each symbol or the end comes next; it learns by cross-entropy.
    The surprise is −log p, in nats. Source of the idea: M. Du, F. Li, G. Zheng and V. Srikumar,
    DeepLog, CCS 2017, which has an LSTM and asks for the rank (``ranks``) instead of the surprise.

    ``threshold_`` is taken from a fifth of the training sequences, scored by a second network
    that learned from the others; copies of one sequence are on one side.

    Parameters
    ----------
    context : int
        Symbols that a guess is made from.
    embedding : int
        Numbers in a symbol's vector.
    hidden_units : int
        Of the GRU.
    steps : int
        Of training, each on 256 windows.
    summary : {"highest", "mean", "sum"}
        What of the surprises of a sequence is its score, as in ``NGram``.

    Attributes
    ----------
    symbols_ : list
        Known from training, sorted as text.
    network_ : torch.nn.Module
    history_ : course_utils.network.History
        Cross-entropy in nats, a line for 50 steps.
    decision_scores_, labels_ : arrays of shape (n,)
    threshold_ : float
        The share ``contamination`` of the left-out sequences scores higher.
    """

    def __init__(
        self,
        context=10,
        embedding=16,
        hidden_units=32,
        steps=500,
        summary="highest",
        contamination=0.01,
        seed=0,
        device=None,
        progress=False,
    ):
        self.context = context
        self.embedding = embedding
        self.hidden_units = hidden_units
        self.steps = steps
        self.summary = summary
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    def ranks(self, X):
        """Return the place of each symbol, and of the end, among the guesses, the best being 1.

        Parameters
        ----------
        X : as in ``fit``

        Returns
        -------
        list of arrays of int64, shape (length of the sequence + 1,)
            What was never seen comes last.
        """
        return self._told(self.network_, self._checked(X), _ranks)

    def _learn(self, coded):
        parts, held_out = dealt(coded), None
        if len(parts) > 1:
            network, _ = self._trained([each for each in coded if parts[each]])
            left_out = [each for each in coded if not parts[each]]
            held_out = self._summaries(self._told(network, left_out, _surprise))
        self.network_, self.history_ = self._trained(coded)
        self._set_decisions(self._summaries(self._surprises(coded)), held_out)

    @runtime.usual_torch()
    def _trained(self, coded):
        """Return a network that has learned from coded sequences, and its history."""
        generator = self._generator()
        network = KeyNetwork(len(self.symbols_), self.embedding, self.hidden_units, generator)
        history = training.fit(
            network,
            lambda network, contexts, following: cross_entropy(network(contexts), following),
            tuple(map(torch.from_numpy, self._windows(coded))),
            epochs=-(-self.steps // STEPS_PER_LINE),
            steps_per_epoch=min(self.steps, STEPS_PER_LINE),
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            generator=generator,
            device=self._device(),
            progress=self.progress,
        )
        return network, history

    def _surprises(self, coded):
        return self._told(self.network_, coded, _surprise)

    @runtime.usual_torch()
    def _told(self, network, coded, tell):
        """Return for each sequence what `tell` says of its symbols, given logits and symbols."""
        windows = np.column_stack(self._windows(coded))
        distinct, place = np.unique(windows, axis=0, return_inverse=True)  # logs repeat themselves
        device = self._device()
        network.to(device)

        @torch.no_grad()
        def part(start, stop):
            chosen = torch.from_numpy(distinct[start:stop])
            logits = network(chosen[:, :-1].to(device)).cpu().double()
            logits = pad(logits, (0, 1), value=-math.inf)  # what was never seen is not guessed
            return tell(logits, chosen[:, -1:])

        told = torch.cat(list(self._in_parts(len(distinct), WINDOWS_AT_A_TIME, part))).numpy()
        ends = np.cumsum([len(sequence) + 1 for sequence in coded])
        return np.split(told[place], ends[:-1])

    def _windows(self, coded):
        """Return the windows of coded sequences, (n, context), and what follows each, (n,).

        With K symbols, K stands before the beginning and for the end, K + 1 for a symbol that is
        unknown.
        """
        edge, unknown = len(self.symbols_), len(self.symbols_) + 1
        contexts, following = [], []
        for sequence in coded:
            whole = np.full(self.context + len(sequence) + 1, edge, dtype=np.int64)
            whole[self.context : -1] = sequence
            whole[whole == self.UNKNOWN] = unknown
            windows = np.lib.stride_tricks.sliding_window_view(whole, self.context + 1)
            contexts.append(windows[:, :-1])
            following.append(windows[:, -1])
        return np.concatenate(contexts), np.concatenate(following)

    def _check_parameters(self):
        super()._check_parameters()
        for name in ("context", "embedding", "hidden_units", "steps"):
            checks.positive_integer(getattr(self, name), name)

    def _header(self):
        return super()._header() | {"history": vars(self.history_)}

    def _state(self):
        return super()._state() | network_state(self.network_)

    def _restore(self, header, state):
        super()._restore(header, state)
        self.history_ = History(**header["history"])
        sizes = len(self.symbols_), self.embedding, self.hidden_units
        self.network_ = restore_network(KeyNetwork(*sizes, torch.Generator()), state)


class KeyNetwork(nn.Module):
    """Vectors of symbols, a GRU over those of a window, and logits of what comes next.

    Parameters
    ----------
    symbols, embedding, hidden_units : int
    generator : torch.Generator
        On the CPU.
    """

    def __init__(self, symbols, embedding, hidden_units, generator):
        super().__init__()
        kind = {"generator": generator, "dtype": torch.float32}
        self.vectors = nn.Parameter(torch.randn(symbols + 2, embedding, **kind))
        self.recurrent = Recurrent(embedding, hidden_units, generator, outputs=symbols + 1)

    def forward(self, contexts):
        """Map the numbers of symbols, (n, context), to logits, (n, symbols + 1)."""
        return self.recurrent(self.vectors[contexts])


def _surprise(logits, following):
    """Return −log p of the symbols that follow, (n,), some of p spread evenly."""
    share = logits.softmax(dim=1).gather(1, following)[:, 0]
    return -torch.log((1 - EVEN) * share + EVEN / logits.shape[1])


def _ranks(logits, following):
    """Return how many logits are above the one of the symbol that follows, and 1, (n,)."""
    return (logits > logits.gather(1, following)).sum(dim=1) + 1
