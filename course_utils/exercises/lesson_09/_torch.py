"""What the exercises of lesson 09 share: torch, loaded late, and its random numbers apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from course_utils.exercises.results import require


@contextmanager
def fixed_random_numbers(seed: int = 9) -> Iterator:
    """Give torch, which draws from this seed inside; its own random state stays as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield torch


def require_kept(tensors: dict, before: dict) -> None:
    """Refuse an answer that wrote into a tensor that it was given."""
    for name, tensor in tensors.items():
        require(
            tensor.equal(before[name]),
            f"`{name}` came back changed: what ends in `=` or in `_`, as `{name} += 1`, writes "
            "into the caller's tensor, who may need it again. Make a new one.",
        )
