"""Answers to the exercises of lesson 22: right ones in other styles, and wrong ones."""

import random

from answers import right, wrong
from course_utils.exercises import lesson_22 as ex

import numpy as np
import pandas as pd
import torch

# --------------------------------------------------------------------------------------- 1 · shard


@right(ex.shard)
def shard_in_lists(rows=None, rank=None, ranks=None, epoch=None):
    order = list(range(rows))
    random.Random(epoch).shuffle(order)
    return [row for place, row in enumerate(order) if place % ranks == rank]


@right(ex.shard)
def shard_by_torch(rows, rank, ranks, epoch):
    generator = torch.Generator().manual_seed(1000 + epoch)
    return torch.randperm(rows, generator=generator).tensor_split(ranks)[rank]


@right(ex.shard)
def shard_in_blocks(rows, rank, ranks, epoch):
    order = np.random.RandomState(epoch).permutation(rows).astype(np.int32)
    return np.array_split(order, ranks)[rank]


@right(ex.shard)
def shard_by_pandas(rows, rank, ranks, epoch):
    order = pd.Series(range(rows)).sample(frac=1, random_state=epoch)
    return order[rank * rows // ranks : (rank + 1) * rows // ranks]


@right(ex.shard)
def shard_by_keys(rows, rank, ranks, epoch):
    keys = np.random.default_rng([22, epoch]).random(rows)
    return tuple(int(row) for row in keys.argsort()[::-1][rank::ranks])


def order_of(epoch, rows):
    return np.random.default_rng(epoch).permutation(rows)


wrong(ex.shard, "the rank is not used")(lambda rows, rank, ranks, epoch: order_of(epoch, rows))
wrong(ex.shard, "the rank is not used")(
    lambda rows, rank, ranks, epoch: order_of(epoch, rows)[: rows // ranks]
)
wrong(ex.shard, "from the epoch alone")(
    lambda rows, rank, ranks, epoch: order_of([rank, epoch], rows)[rank::ranks]
)
wrong(ex.shard, "from the epoch alone")(
    lambda rows, rank, ranks, epoch: order_of(epoch + rank, rows)[: -(-rows // ranks)]
)
wrong(ex.shard, "are dropped")(
    lambda rows, rank, ranks, epoch: order_of(epoch, rows)[: rows // ranks * ranks][rank::ranks]
)
wrong(ex.shard, "not shuffled")(lambda rows, rank, ranks, epoch: range(rank, rows, ranks))
wrong(ex.shard, "not shuffled")(
    lambda rows, rank, ranks, epoch: np.array_split(np.arange(rows), ranks)[rank]
)
wrong(ex.shard, "the epoch is not used")(
    lambda rows, rank, ranks, epoch: order_of(0, rows)[rank::ranks]
)
wrong(ex.shard, "only in another order")(
    lambda rows, rank, ranks, epoch: np.random.default_rng(epoch).permutation(
        np.arange(rank, rows, ranks)
    )
)
wrong(ex.shard, "the rows are sorted")(
    lambda rows, rank, ranks, epoch: np.sort(order_of(epoch, rows)[rank::ranks])
)
wrong(ex.shard, "only turned")(
    lambda rows, rank, ranks, epoch: np.roll(order_of(0, rows), epoch)[rank::ranks]
)
wrong(ex.shard, "Orders come back")(
    lambda rows, rank, ranks, epoch: order_of(epoch % 5, rows)[rank::ranks]
)
wrong(ex.shard, "count from 0")(
    lambda rows, rank, ranks, epoch: order_of(epoch, rows)[rank::ranks] + 1
)
wrong(ex.shard, "`return` missing")(lambda rows, rank, ranks, epoch: print(end=""))
wrong(ex.shard, "Several results")(
    lambda rows, rank, ranks, epoch: tuple(np.array_split(order_of(epoch, rows), ranks))
)


@wrong(ex.shard, "comes twice")
def shard_as_the_sampler_does(rows, rank, ranks, epoch):
    order = order_of(epoch, rows)
    return np.resize(order, -(-rows // ranks) * ranks)[rank::ranks]


@wrong(ex.shard, "The others wait for the largest")
def shard_with_the_rest_on_the_last(rows, rank, ranks, epoch):
    size = rows // ranks
    stop = rows if rank == ranks - 1 else (rank + 1) * size
    return order_of(epoch, rows)[rank * size : stop]


@wrong(ex.shard, "the whole process")
def shard_that_seeds_everybody(rows, rank, ranks, epoch):
    np.random.seed(epoch)
    return np.random.permutation(rows)[rank::ranks]


@wrong(ex.shard, "the whole process")
def shard_that_seeds_torch(rows, rank, ranks, epoch):
    torch.manual_seed(epoch)
    return torch.randperm(rows)[rank::ranks]


@wrong(ex.shard, "it gives other rows")
def shard_in_an_order_by_chance(rows, rank, ranks, epoch):
    return np.random.default_rng().permutation(order_of(epoch, rows)[rank::ranks])


@wrong(ex.shard, "Each should be there about 100 times")
def shard_that_keeps_the_first_rows_apart(rows, rank, ranks, epoch):
    order = order_of(epoch, rows).tolist()
    order.insert(0, order.pop(order.index(0)))
    return order[rank::ranks]


# ---------------------------------------------------------------------------- 2 · loss for average


@right(ex.loss_for_average)
def loss_by_a_loop(losses, total, ranks):
    loss = 0.0
    for each in losses:
        loss = loss + each / total
    return ranks * loss


@right(ex.loss_for_average)
def loss_by_a_product(losses=None, total=None, ranks=None):
    return losses @ torch.full_like(losses, ranks / total)


@right(ex.loss_for_average)
def loss_in_float32(losses, total, ranks):
    return np.float32(np.sum(losses, dtype=np.float32) / (total / ranks))


@right(ex.loss_for_average)
def loss_by_torch(losses, total, ranks):
    return torch.sum(losses).mul(ranks).div(total)


@right(ex.loss_for_average)
def loss_of_means(losses, total, ranks):
    if len(losses) == 0:
        return losses.sum()
    return losses.mean() * (len(losses) / (total / ranks))


def stored_loss(words, loss):
    wrong(ex.loss_for_average, words)(loss)


stored_loss("each rank counts the same", lambda losses, total, ranks: losses.mean())
stored_loss("4 times too small", lambda losses, total, ranks: losses.sum() / total)
stored_loss("4 times too small", lambda losses, n, ranks: losses.mean() * len(losses) / n)
stored_loss("That is the sum", lambda losses, total, ranks: losses.sum())
stored_loss("total is missing", lambda losses, total, ranks: losses.sum() * ranks)
stored_loss("to undo it, multiply", lambda losses, total, ranks: losses.sum() / ranks)
stored_loss("you do it once more", lambda losses, total, ranks: losses.sum() / (total * ranks))
stored_loss("not by the 5 of this one", lambda losses, total, ranks: losses.mean() * ranks)
stored_loss("does again", lambda losses, total, ranks: losses.mean() / ranks)
stored_loss("not less", lambda losses, n, ranks: losses.mean() * n / (ranks * len(losses)))
stored_loss("total divides once more", lambda losses, total, ranks: losses.mean() / total)
stored_loss("total divides once more", lambda losses, n, ranks: losses.mean() * ranks / n)
stored_loss("Upside down", lambda losses, total, ranks: losses.sum() * total / ranks)
stored_loss("not by the 5 of this one", lambda losses, n, k: losses.sum() * k / len(losses))
stored_loss("A number for each row", lambda losses, total, ranks: losses * ranks / total)
stored_loss("one rank has none", lambda losses, n, k: losses.mean() * len(losses) * k / n)
stored_loss("on this one of 4 ranks", lambda losses, n, ranks: losses.max() * ranks / n)
stored_loss("Several results", lambda losses, n, ranks: (losses.sum() * ranks / n, losses))
stored_loss("`return` missing", lambda losses, total, ranks: print(end=""))
stored_loss(
    "training would go wrong",
    lambda losses, n, ranks: torch.tensor(losses.sum().item() * ranks / n),
)
stored_loss("training would go wrong", lambda losses, n, ranks: losses.detach().sum() * ranks / n)


@wrong(ex.loss_for_average, "changes the `losses`")
def loss_that_scales_in_place(losses, total, ranks):
    losses *= ranks / total
    return losses.sum()


# -------------------------------------------------------------------------------- 3 · trimmed loss


def limit_and_kept(errors, share, gather):
    """Return each member's limit (members, 1), how many rows are kept, and the ranks."""
    parts = gather(errors.detach())
    everything = torch.cat(parts, dim=1)
    kept = max(1, round(everything.shape[1] * (1 - share)))
    return everything.kthvalue(kept, dim=1, keepdim=True).values, kept, len(parts), everything


@right(ex.trimmed_loss)
def trimmed_of_the_whole(errors, share, gather):
    """The whole batch, in which the own errors carry the gradient."""
    parts = gather(errors.detach())
    own = next(rank for rank, part in enumerate(parts) if torch.equal(part, errors.detach()))
    parts[own] = errors
    everything = torch.cat(parts, dim=1)
    kept = max(1, round(everything.shape[1] * (1 - share)))
    lowest = everything.topk(kept, dim=1, largest=False).values
    return lowest.mean() * len(parts)


@right(ex.trimmed_loss)
def trimmed_by_members(errors=None, share=None, gather=None):
    """A loop over the members, and two things that are gathered."""
    counts = gather(torch.tensor([errors.shape[1]]))
    rows = int(sum(counts))
    kept = max(1, round(rows * (1 - share)))
    parts, loss = gather(errors), 0.0
    for member in range(len(errors)):
        ordered = sorted(float(each) for part in parts for each in part[member])
        limit, below, ties = ordered[kept - 1], 0, 0
        for each in ordered:
            below, ties = below + (each < limit), ties + (each == limit)
        for each in errors[member]:
            if each <= limit:
                weight = 1.0 if each < limit else (kept - below) / ties
                loss = loss + weight * each
    return loss * len(counts) / (kept * len(errors)) + 0.0 * errors.sum()


@right(ex.trimmed_loss)
def trimmed_by_kthvalue(errors, share, gather):
    limit, kept, ranks, everything = limit_and_kept(errors, share, gather)
    spare = kept - (everything < limit).sum(dim=1, keepdim=True)
    part = spare / (everything == limit).sum(dim=1, keepdim=True)
    return (errors * torch.where(errors == limit, part, errors < limit)).sum(dim=1).mean() * (
        ranks / kept
    )


@right(ex.trimmed_loss)
def trimmed_by_numpy(errors, share, gather):
    parts = gather(errors)
    everything = np.sort(np.concatenate(parts, axis=1), axis=1)
    kept = max(1, int(np.rint(everything.shape[1] * (1 - share))))
    limit = everything[:, [kept - 1]]
    spare = kept - (everything < limit).sum(axis=1, keepdims=True)
    part = spare / (everything == limit).sum(axis=1, keepdims=True)
    weights = np.where(errors == limit, part, errors < limit)
    return np.float64(len(parts) * (weights * errors).sum() / kept / len(errors))


@right(ex.trimmed_loss)
def trimmed_from_the_lowest_alone(errors, share, gather):
    """Gathers no more of each rank than can be kept at all."""
    sizes = gather(torch.tensor(errors.shape))
    kept = max(1, round(sum(int(size[1]) for size in sizes) * (1 - share)))
    lowest = errors.detach().topk(min(kept, errors.shape[1]), dim=1, largest=False).values
    ordered = torch.cat(gather(lowest), dim=1)
    limit = ordered.sort(dim=1).values[:, kept - 1, None]
    # ties beyond those that a rank could keep are not in what was gathered
    ties = torch.stack(gather((errors.detach() == limit).sum(dim=1, keepdim=True))).sum(dim=0)
    part = (kept - (ordered < limit).sum(dim=1, keepdim=True)) / ties
    weights = (errors < limit) + (errors == limit) * part
    return len(sizes) * (weights * errors).sum() / (kept * len(errors))


def trimmed_with(change):
    """Return a trimmed loss of which `change` makes something else."""

    def trimmed(errors, share, gather):
        limit, kept, ranks, everything = limit_and_kept(errors, share, gather)
        return change(errors, limit, kept, ranks, everything)

    return trimmed


def stored_trimmed(words, change):
    wrong(ex.trimmed_loss, words)(trimmed_with(change))


def lowest_of(errors, share):
    kept = max(1, round(errors.shape[1] * (1 - share)))
    return errors.topk(kept, dim=1, largest=False).values


wrong(ex.trimmed_loss, "gather is never called")(
    lambda e, share, gather: lowest_of(e, share).mean()
)
wrong(ex.trimmed_loss, "gather is never called")(lambda errors, share, gather: errors.mean())
wrong(ex.trimmed_loss, "the worst of its own rows")(
    lambda e, share, gather: lowest_of(e, share).mean() * len(gather(e)) / len(gather(e))
)
wrong(ex.trimmed_loss, "has no gradient")(
    lambda e, share, gather: (
        lowest_of(torch.cat(gather(e), dim=1), share).mean() * len(gather(e.detach()))
    )
)
stored_trimmed(
    "divides by 2 once more", lambda e, at, kept, k, _: (e * (e <= at)).sum() / kept / 3
)
stored_trimmed("counts as much", lambda e, at, kept, k, _: e[e <= at].mean())
stored_trimmed("That is the sum", lambda e, at, kept, k, _: e[e <= at].sum())
stored_trimmed("times the ranks", lambda e, at, kept, k, _: e[e <= at].sum() * k)
stored_trimmed("The members are added", lambda e, at, kept, k, _: e[e <= at].sum() * k / kept)
stored_trimmed("all 13 rows", lambda e, at, kept, k, a: e[e <= at].sum() * k / a.numel())
stored_trimmed("not kept", lambda e, at, kept, k, _: (e * (e <= at)).mean())
stored_trimmed("Nothing is left out", lambda e, at, kept, k, a: e.sum() * k / a.numel())
stored_trimmed(
    "One limit cuts all members",
    lambda e, at, kept, k, a: (
        e[e <= a.flatten().sort().values[kept * len(e) - 1]].sum() * k / kept / len(e)
    ),
)
stored_trimmed(
    "Upside down",
    lambda e, at, kept, k, a: (
        e[e >= a.sort(dim=1).values[:, -kept, None]].sum() * k / kept / len(e)
    ),
)
stored_trimmed("One error too few", lambda e, at, kept, k, _: e[e < at].sum() * k / kept / len(e))
stored_trimmed("all are kept", lambda e, at, kept, k, _: e[e <= at].sum() * k / kept / len(e))
stored_trimmed("all are kept", lambda e, at, kept, k, a: e[e <= at].sum() * k / (a <= at).sum())
stored_trimmed(
    "without detach()",
    lambda e, at, kept, k, _: (e.detach() * (e <= at)).sum() * k / kept / len(e),
)
stored_trimmed("both ranks' losses", lambda e, at, kept, k, _: at.mean() + 0 * e.sum())
stored_trimmed("`return` missing", lambda e, at, kept, k, _: print(end=""))
wrong(ex.trimmed_loss, "gather takes a tensor")(lambda e, share, gather: gather(len(e)))


@wrong(ex.trimmed_loss, "whole batch's loss on every rank")
def trimmed_of_the_whole_once(errors, share, gather):
    return trimmed_of_the_whole(errors, share, gather) / len(gather(errors))


@wrong(ex.trimmed_loss, "The limit is the mean of the ranks' own limits")
def trimmed_by_the_mean_limit(errors, share, gather):
    limits = gather(lowest_of(errors.detach(), share).max(dim=1, keepdim=True).values)
    kept = max(1, round(sum(each.shape[1] for each in gather(errors)) * (1 - share)))
    within = errors <= torch.stack(limits).mean(dim=0)
    return (errors * within).sum() * len(limits) / kept / len(errors)


@wrong(ex.trimmed_loss, "One error too few")
def trimmed_with_int(errors, share, gather):
    parts = gather(errors.detach())
    ordered = torch.cat(parts, dim=1).sort(dim=1).values
    kept = max(1, int(ordered.shape[1] * (1 - share)))
    within = errors <= ordered[:, kept - 1, None]
    return (errors * within).sum() * len(parts) / kept / len(errors)


@wrong(ex.trimmed_loss, "One error too many")
def trimmed_with_the_next_one(errors, share, gather):
    parts = gather(errors.detach())
    ordered = torch.cat(parts, dim=1).sort(dim=1).values
    kept = max(1, round(ordered.shape[1] * (1 - share)))
    within = errors <= ordered[:, kept, None]
    return (errors * within).sum() * len(parts) / kept / len(errors)


@wrong(ex.trimmed_loss, "it would be waited for")
def trimmed_that_gathers_where_it_pays(errors, share, gather):
    if errors.shape[1] < 7:
        return errors.mean()
    return trimmed_by_kthvalue(errors, share, gather)
