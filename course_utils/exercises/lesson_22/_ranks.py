"""Ranks that are simulated in one process, one after the other, and what they gather."""

from __future__ import annotations

import functools

from course_utils.exercises.results import Misconception

import numpy as np


class _Gathered(BaseException):
    """Leaves a rank's function where it gathers; no `except Exception` swallows it."""


class Gather:
    """What one rank calls to get a tensor from every rank.

    What the others hand in is found by calling their function on their errors, up to where they
    gather as often. So no process is needed, and no thread.

    Parameters
    ----------
    errors : list of arrays, each of shape (members, rows of a rank)
    rank : int
        The one that calls.
    share : float
        What the function is handed besides.
    """

    def __init__(self, errors, rank, share):
        self.errors, self.rank, self.share = errors, rank, share
        self.answer = self.like = None
        self.gathered = []  # for each call so far, the tensors of all ranks
        self.calls = []  # one entry for each call, also of what is bound to an answer

    def bound_to(self, answer, own):
        """Return a gather for one call of a function, which the other ranks run as well.

        Parameters
        ----------
        answer : callable
        own : array or tensor
            The errors that this rank's call is handed; the others get theirs in the same form.
        """
        bound = Gather(self.errors, self.rank, self.share)
        bound.answer, bound.like, bound.calls = answer, own, self.calls
        return bound

    def __call__(self, tensor):
        """Return the tensors of all ranks in the order of the ranks, without gradients."""
        self.calls.append(self.rank)
        parts = [
            _alone(tensor) if rank == self.rank else self._handed_in_by(rank, tensor)
            for rank in range(len(self.errors))
        ]
        self.gathered.append(parts)
        return list(map(_alone, parts))

    def _handed_in_by(self, rank, tensor):
        """Return what another rank hands in at this gather."""
        if self.answer is None:  # bound to no answer: every rank hands in its errors
            return _in_the_form_of(tensor, self.errors[rank])
        earlier, handed = iter(self.gathered), []

        def gather(tensor):
            for parts in earlier:
                return list(map(_alone, parts))
            handed.append(_alone(tensor))
            raise _Gathered

        try:
            self.answer(_in_the_form_of(self.like, self.errors[rank]), self.share, gather)
        except _Gathered:
            return handed[0]
        raise Misconception(
            f"Rank {self.rank} gathers and rank {rank} does not: it would be waited for without "
            "end. Every rank gathers as often as the others."
        )

    def __deepcopy__(self, memo):
        return Gather(self.errors, self.rank, self.share)  # nobody changes the errors

    def __repr__(self):
        return f"<gather of rank {self.rank} of {len(self.errors)}>"


def on_ranks(answer):
    """Return an answer whose gathers are met by the other ranks, with the same answer."""

    @functools.wraps(answer)
    def call(errors, share, gather):
        if isinstance(gather, Gather):
            gather = gather.bound_to(answer, errors)
        return answer(errors, share, gather)

    return call


def _in_the_form_of(like, values):
    """Return numbers as a new tensor where a tensor is given, else as an array."""
    if not hasattr(like, "detach"):
        return np.array(values, dtype=like.dtype)
    import torch

    return torch.tensor(values, dtype=like.dtype)


def _alone(value):
    """Return a copy, without gradient, of what a rank hands in."""
    if hasattr(value, "detach"):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    raise Misconception(f"gather takes a tensor; it got {type(value).__name__}.")
