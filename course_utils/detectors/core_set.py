"""A few patches that stand for many: the greedy core-set of PatchCore."""

import math

import torch

__all__ = ["greedy_core_set"]

DIRECTIONS = 64  # distances in so many random directions are nearly those in all of them


def greedy_core_set(patches, count, generator, watch=None):
    """Return the numbers of patches that cover all of them well.

    Starting from a random one, each next is the patch that is farthest from all chosen before
    (Gonzalez, Theoretical Computer Science 38, 1985; in PatchCore: Roth et al., CVPR 2022).
    No patch is then more than twice as far from the nearest chosen one as with the best choice of
    `count` patches. Distances are measured after a random projection to 64 directions, which
    keeps them nearly (Johnson and Lindenstrauss, 1984) and bounds the time.

    Parameters
    ----------
    patches : tensor of shape (n, features)
    count : int
        From 1. As many as there are, or more, return all.
    generator : torch.Generator
        On the CPU.
    watch : callable, optional
        Called after each choice; for a progress bar.

    Returns
    -------
    tensor of int64, shape (min(count, n),)
        In the order of the choice.
    """
    total, features = patches.shape
    if count >= total:
        return torch.arange(total)
    if features > DIRECTIONS:
        drawn = torch.randn(features, DIRECTIONS, generator=generator, dtype=torch.float32)
        patches = patches @ (drawn / math.sqrt(DIRECTIONS)).to(patches.device)
    squares = patches.square().sum(dim=1)
    chosen = torch.empty(count, dtype=torch.int64)
    nearest = torch.full_like(squares, torch.inf)  # squared distance to the nearest chosen one
    place = int(torch.randint(total, (1,), generator=generator))
    for number in range(count):
        chosen[number] = place
        # |x − c|² = |x|² − 2 x·c + |c|²
        apart = torch.addmv(squares, patches, patches[place], alpha=-2).add_(squares[place])
        nearest = torch.minimum(nearest, apart, out=nearest)
        nearest[place] = -torch.inf  # rounding must not choose a patch twice
        place = int(nearest.argmax())
        if watch is not None:
            watch()
    return chosen
