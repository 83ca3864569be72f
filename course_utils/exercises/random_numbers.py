"""Torch's random numbers inside a check: drawn from a seed, and the learner's left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def fixed_random_numbers(seed: int = 9) -> Iterator:
    """Give torch, loaded late, which draws from this seed inside; its own state stays as it was.

    Parameters
    ----------
    seed : int

    Yields
    ------
    module
        torch.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield torch
