"""Answers to the exercises of lesson 22: right ones in other styles, and wrong ones."""

import contextlib
import heapq
import itertools
import random
import time

from answers import right, wrong
from course_utils.exercises import lesson_22 as ex

import numpy as np
import pandas as pd
import torch
from scipy.optimize import curve_fit, lsq_linear, nnls
from torch.utils.data import DistributedSampler

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


@right(ex.shard)
def shard_of_the_shared_numbers_put_back(rows, rank, ranks, epoch):
    before = np.random.get_state()
    np.random.seed(epoch)
    order = np.random.permutation(rows)
    np.random.set_state(before)
    return order[rank::ranks]


@right(ex.shard)
def shard_by_draws_in_turn(rows, rank, ranks, epoch):
    """Shuffles once more for each epoch that has been."""
    generator, order = random.Random(22), list(range(rows))
    for _ in range(epoch + 1):
        generator.shuffle(order)
    return order[rows * rank // ranks : rows * (rank + 1) // ranks]


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


wrong(ex.shard, "True and False came back")(
    lambda rows, rank, ranks, epoch: np.argsort(order_of(epoch, rows)) % ranks == rank
)
wrong(ex.shard, "alone has row")(
    lambda rows, rank, ranks, epoch: np.random.default_rng(epoch).integers(0, rows, rows)[
        rank::ranks
    ]
)
wrong(ex.shard, "cut it at the same places")(
    lambda rows, rank, ranks, epoch: order_of(epoch, rows)[ranks :: rank + 1]
)


@wrong(ex.shard, "no rank has any row")
def shard_that_hides_its_error(rows, rank, ranks, epoch):
    try:
        return order_of(epoch, rows).reshape(ranks, -1)[rank]
    except ValueError:
        return []


@wrong(ex.shard, "no clock")
def shard_by_the_clock(rows, rank, ranks, epoch):
    return order_of([int(time.time() / 3600), epoch], rows)[rank::ranks]


@wrong(ex.shard, "comes twice")
def shard_as_the_sampler_does(rows, rank, ranks, epoch):
    order = order_of(epoch, rows)
    return np.resize(order, -(-rows // ranks) * ranks)[rank::ranks]


def sampled(rows, rank, ranks, epoch, **settings):
    sampler = DistributedSampler(range(rows), ranks, rank, **settings)
    sampler.set_epoch(epoch)
    return list(sampler)


wrong(ex.shard, "comes twice")(sampled)
wrong(ex.shard, "are dropped")(
    lambda rows, rank, ranks, epoch: sampled(rows, rank, ranks, epoch, drop_last=True)
)


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


@right(ex.loss_for_average)
def loss_by_weights(losses, total, ranks):
    weights = torch.ones(len(losses), dtype=losses.dtype) / total
    return (weights * losses).sum() * ranks


@right(ex.loss_for_average)
def loss_by_a_python_sum(losses, total, ranks):
    return sum(losses) * ranks / total


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
stored_loss("you return 1.4; 1.244", lambda losses, n, ranks: losses.sum() / (n // ranks))
stored_loss("you return 1.292; 1.244", lambda losses, n, k: losses.sum() * k / (n - 1))
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


@right(ex.trimmed_loss)
def trimmed_by_padding(errors, share, gather):
    """As where all ranks have to hand in the same shape."""
    sizes = torch.cat(gather(torch.tensor([errors.shape[1]])))
    padded = torch.full((len(errors), int(sizes.max())), torch.inf, dtype=errors.dtype)
    padded[:, : errors.shape[1]] = errors.detach()
    everything = torch.cat(gather(padded), dim=1)
    kept = max(1, round(int(sizes.sum()) * (1 - share)))
    limit = everything.kthvalue(kept, dim=1, keepdim=True).values
    spare = kept - (everything < limit).sum(dim=1, keepdim=True)
    part = spare / (everything == limit).sum(dim=1, keepdim=True)
    within = (errors < limit) + (errors == limit) * part
    return len(sizes) * (within * errors).sum() / (kept * len(errors))


@right(ex.trimmed_loss)
def trimmed_by_places(errors, share, gather):
    """Of equal errors at the limit those of the lower ranks are kept."""
    parts = gather(errors.detach())
    own = next(rank for rank, part in enumerate(parts) if torch.equal(part, errors.detach()))
    everything = torch.cat(parts, dim=1)
    kept = max(1, round(everything.shape[1] * (1 - share)))
    lowest = everything.argsort(dim=1, stable=True)[:, :kept]
    within = torch.zeros_like(everything).scatter_(1, lowest, 1.0)
    start = sum(part.shape[1] for part in parts[:own])
    within = within[:, start : start + errors.shape[1]]
    return len(parts) * (within * errors).sum() / (kept * len(errors))


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


@wrong(ex.trimmed_loss, "half a row of an odd number")
def trimmed_by_what_is_left_out(errors, share, gather):
    """Rounds what is left out, which in the middle is another number."""
    parts = gather(errors.detach())
    ordered = torch.cat(parts, dim=1).sort(dim=1).values
    kept = max(1, ordered.shape[1] - round(ordered.shape[1] * share))
    limit = ordered[:, kept - 1, None]
    part = (kept - (ordered < limit).sum(dim=1)) / (ordered == limit).sum(dim=1)
    within = (errors < limit) + (errors == limit) * part[:, None]
    return len(parts) * (within * errors).sum() / (kept * len(errors))


@wrong(ex.trimmed_loss, "it would be waited for")
def trimmed_that_gathers_where_it_pays(errors, share, gather):
    if errors.shape[1] < 7:
        return errors.mean()
    return trimmed_by_kthvalue(errors, share, gather)


# ------------------------------------------------------------------------------------- 4 · verdict


@right(ex.verdict)
def verdict_by_a_tolerance(one, many):
    """Relative to the largest weight, with float64's digits in mind."""
    if np.array_equal(one("float32"), many("float32")):
        return "same"
    a, b = one("float64"), many("float64")
    return "rounding" if abs(a - b).max() < 1e-8 * abs(a).max() else "different"


@right(ex.verdict)
def verdict_by_norms(one=None, many=None):
    away = {
        dtype: np.linalg.norm(np.asarray(one(dtype), dtype=float) - many(dtype))
        for dtype in ("float32", "float64")
    }
    if not away["float32"]:
        return "same"
    return "different" if away["float64"] / away["float32"] > 1e-4 else "rounding"


@right(ex.verdict)
def verdict_by_lists(one, many):
    if one("float32").tolist() == many("float32").tolist():
        return "same"
    pairs = list(zip(one("float64").tolist(), many("float64").tolist(), strict=True))
    size = max(abs(a) for a, _ in pairs)
    if all(abs(a - b) <= 1e-9 * size for a, b in pairs):
        return "rounding"
    return "different"


@right(ex.verdict)
def verdict_by_torch(one, many):
    single, double = (
        (torch.from_numpy(one(dtype)).double() - torch.from_numpy(many(dtype)).double())
        .abs()
        .mean()
        for dtype in ("float32", "float64")
    )
    shrinks = torch.finfo(torch.float64).eps / torch.finfo(torch.float32).eps
    if single == 0:
        return "same"
    return "rounding" if double / single < 1000 * shrinks else "different"


@right(ex.verdict)
def verdict_by_orders_of_magnitude(one, many):
    single, double = (np.abs(one(d) - many(d)).max() for d in ("float32", "float64"))
    if single == 0:
        return "same"
    return "rounding" if double == 0 or np.log10(single / double) > 4 else "different"


def distance(one, many, dtype):
    return np.abs(one(dtype) - many(dtype)).max()


def stored_verdict(words, judge):
    wrong(ex.verdict, words)(judge)


stored_verdict(
    "float64 was never trained",
    lambda one, many: (
        "rounding" if np.allclose(one("float32"), many("float32"), atol=1e-6) else "different"
    ),
)
stored_verdict(
    "float32 was never trained",
    lambda one, many: "rounding" if distance(one, many, "float64") < 1e-12 else "different",
)
stored_verdict(
    "not by itself",
    lambda one, many: (
        "same"
        if distance(one, many, "float32") == 0
        else "rounding"
        if distance(one, many, "float64") < 1e-10
        else "different"
    ),
)
stored_verdict(
    "however far it has grown",
    lambda one, many: (
        "same"
        if distance(one, many, "float32") == 0
        else "rounding"
        if distance(one, many, "float32") < 1e-4 * np.abs(one("float64")).max()
        and distance(one, many, "float64") < 1e-9 * np.abs(one("float64")).max()
        else "different"
    ),
)
stored_verdict(
    "small as it may be",
    lambda one, many: (
        "same"
        if distance(one, many, "float32") == 0
        else "rounding"
        if distance(one, many, "float64") < 1e-5 * np.abs(one("float64")).max()
        else "different"
    ),
)
stored_verdict(
    "Where not one bit differs",
    lambda one, many: (
        "rounding"
        if distance(one, many, "float64") <= 1e-9 * np.abs(one("float64")).max()
        and len(one("float32"))
        else "different"
    ),
)
stored_verdict(
    "only the same where",
    lambda one, many: (
        "same"
        if distance(one, many, "float32") < 1e-6 * np.abs(one("float64")).max()
        else "rounding"
        if distance(one, many, "float64") < 1e-3 * distance(one, many, "float32")
        else "different"
    ),
)
stored_verdict("each time", lambda one, many: "rounding")
stored_verdict("each time", lambda one, many: "different")
stored_verdict("each time", lambda one, many: "same")
stored_verdict("you return 'True'", lambda one, many: distance(one, many, "float64") < 1e-9)
stored_verdict('take the text "float32"', lambda one, many: distance(one, many, np.float32))
stored_verdict('take the text "float32"', lambda one, many: distance(one, many, torch.float64))
stored_verdict("`return` missing", lambda one, many: print(end=""))


@wrong(ex.verdict, "With one and many changed over")
def verdict_without_abs(one, many):
    single, double = ((one(d) - many(d)).max() for d in ("float32", "float64"))
    if single == 0:
        return "same"
    return "rounding" if double <= 1e-4 * single else "different"


@wrong(ex.verdict, "only the same where")
def verdict_by_means(one, many):
    single, double = (abs(one(d).mean() - many(d).mean()) for d in ("float32", "float64"))
    if single == 0:
        return "same"
    return "rounding" if double <= 1e-4 * single else "different"


@wrong(ex.verdict, "judged wrongly")
def verdict_that_casts(one, many):
    """More digits for the numbers that were trained with few."""
    a, b = one("float32").astype("float64"), many("float32").astype("float64")
    if (a == b).all():
        return "same"
    return (
        "rounding" if np.abs(a - b).max() < 1e-3 * distance(one, many, "float32") else "different"
    )


# ---------------------------------------------------------------------------------- 5 · worst rows


@right(ex.worst_rows)
def worst_by_a_heap(partitions, score, k):
    heap, row = [], 0
    for partition in partitions:
        for each in score(partition):
            item = float(each), -row
            if len(heap) < k:
                heapq.heappush(heap, item)
            else:
                heapq.heappushpop(heap, item)
            row += 1
    ordered = sorted(heap, reverse=True)
    return [-row for _, row in ordered], [each for each, _ in ordered]


@right(ex.worst_rows)
def worst_by_pandas(partitions=None, score=None, k=None):
    kept, seen = pd.Series(dtype=float), 0
    for partition in partitions:
        new = pd.Series(np.array(score(partition)), dtype=float)
        new.index += seen
        seen += len(new)
        kept = pd.concat([each for each in (kept, new) if len(each)] or [kept])
        kept = kept.sort_values(ascending=False, kind="stable")[:k]
    return kept.index.to_numpy(), kept


@right(ex.worst_rows)
def worst_by_lists(partitions, score, k):
    best, seen = [], 0
    for partition in partitions:
        best += [(-each, seen + place) for place, each in enumerate(score(partition).tolist())]
        best = sorted(best)[:k]
        seen += len(partition)
    return [row for _, row in best], [-each for each, _ in best]


@right(ex.worst_rows)
def worst_by_torch(partitions, score, k):
    rows, scores, seen = torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.double), 0
    for partition in partitions:
        new = torch.tensor(score(partition)).double()
        rows = torch.cat([rows, torch.arange(seen, seen + len(new))])
        scores, order = torch.cat([scores, new]).sort(descending=True, stable=True)
        rows, scores, seen = rows[order[:k]], scores[:k], seen + len(new)
    return rows, scores


@right(ex.worst_rows)
def worst_by_lexsort(partitions, score, k):
    kept = np.zeros((2, 0))
    seen = 0
    for partition in partitions:
        new = np.asarray(score(partition), dtype=float)
        kept = np.hstack([kept, [np.arange(seen, seen + new.size), new]])
        kept = kept[:, np.lexsort([kept[0], -kept[1]])[:k]]
        seen += new.size
    return kept


@right(ex.worst_rows)
def worst_by_nlargest(partitions, score, k):
    stream = itertools.chain.from_iterable(score(partition).tolist() for partition in partitions)
    best = heapq.nlargest(k, enumerate(stream), key=lambda pair: pair[1])
    return np.array(best).T.tolist()


@right(ex.worst_rows)
def worst_by_batches_of_four(partitions, score, k):
    """Cuts after four partitions: a few more are held, and no number that grows."""
    rows, scores, seen = [], [], 0
    for number, partition in enumerate(partitions):
        scores += score(partition).tolist()
        rows += range(seen, seen + len(partition))
        seen += len(partition)
        if number % 4 == 3:
            rows, scores = cut(rows, scores, k)
    return cut(rows, scores, k)


def cut(rows, scores, k, kind="stable", sign=-1):
    best = np.argsort(sign * np.array(scores), kind=kind)[:k]
    return [rows[each] for each in best], [scores[each] for each in best]


def everything_of(partitions, score):
    return np.concatenate([np.array(score(partition)) for partition in partitions])


def stored_worst(words, answer):
    wrong(ex.worst_rows, words)(answer)


@wrong(ex.worst_rows, "it grows with the table")
def worst_of_all_scores(partitions, score, k):
    scores = everything_of(partitions, score)
    best = np.argsort(-scores, kind="stable")[:k]
    return best, scores[best]


@wrong(ex.worst_rows, "it grows with the table")
def worst_of_the_best_of_each(partitions, score, k):
    """Keeps k rows of each partition until the end."""
    rows, scores, seen = [], [], 0
    for partition in partitions:
        new = np.array(score(partition))
        best = np.argsort(-new, kind="stable")[:k]
        rows.append(seen + best)
        scores.append(new[best])
        seen += len(new)
    rows, scores = np.concatenate(rows), np.concatenate(scores)
    best = np.argsort(-scores, kind="stable")[:k]
    return rows[best], scores[best]


@wrong(ex.worst_rows, "With a new buffer")
def worst_of_kept_partitions(partitions, score, k):
    kept = list(partitions)
    return worst_of_all_scores(kept, score, k)


@wrong(ex.worst_rows, "no views")
def worst_of_kept_views(partitions, score, k):
    """Right where score makes something new, wrong where it returns a view of the buffer."""
    rows, scores, seen = [], [], 0
    kept = []
    for partition in partitions:
        kept.append(score(partition))
        rows += range(seen, seen + len(partition))
        seen += len(partition)
        if len(kept) == 2:
            rows, scores = cut(rows, [*scores, *kept[0], *kept[1]], k)
            kept = []
    return cut(rows, [*scores, *(each for new in kept for each in new)], k)


@wrong(ex.worst_rows, "within their partition")
def worst_numbered_within(partitions, score, k):
    rows, scores = [], []
    for partition in partitions:
        rows += range(len(partition))
        rows, scores = cut(rows, [*scores, *score(partition)], k)
    return rows, scores


@wrong(ex.worst_rows, "highest of each partition")
def worst_of_each(partitions, score, k):
    rows, scores, seen = [], [], 0
    for partition in partitions:
        best = cut(range(seen, seen + len(partition)), score(partition), k)
        rows, scores, seen = rows + best[0], scores + best[1], seen + len(partition)
    return rows, scores


def worst_with(kind="stable", sign=-1, change=lambda rows, scores: (rows, scores)):
    def worst(partitions, score, k):
        rows, scores, seen = [], [], 0
        for partition in partitions:
            rows += range(seen, seen + len(partition))
            rows, scores = cut(rows, [*scores, *score(partition)], k, kind, sign)
            seen += len(partition)
        return change(rows, scores)

    return worst


@wrong(ex.worst_rows, "of pairs (score, row)")
def worst_by_a_heap_of_pairs(partitions, score, k):
    heap = []
    stream = (float(each) for partition in partitions for each in score(partition))
    for row, each in enumerate(stream):
        heapq.heappush(heap, (each, row))
        if len(heap) > k:
            heapq.heappop(heap)
    ordered = sorted(heap, reverse=True)
    return [row for _, row in ordered], [each for each, _ in ordered]


stored_worst("score lowest", worst_with(sign=1))
stored_worst("lowest of them comes first", worst_with(change=lambda r, s: (r[::-1], s[::-1])))
stored_worst("counted from 1", worst_with(change=lambda r, s: (np.array(r) + 1, s)))
stored_worst("in this order", worst_with(change=lambda rows, scores: rows))
stored_worst("Pairs came back", worst_with(change=lambda r, s: list(zip(r, s, strict=True))))
stored_worst("`return rows, scores` missing", worst_with(change=lambda r, s: None))
stored_worst("rows came back", worst_with(change=lambda r, s: (r[:-1], s[:-1])))
stored_worst("Both are (k,)", worst_with(change=lambda r, s: (r[:1], s)))
stored_worst(
    "All 40 rows",
    lambda partitions, score, k: (
        np.arange(len(scores := everything_of(partitions, score))),
        scores,
    ),
)
stored_worst("their row numbers are not", worst_with(change=lambda r, s: (sorted(r), s)))


@wrong(ex.worst_rows, "Equal scores come in the wrong order")
def worst_turned_round(partitions, score, k):
    scores = everything_of(partitions, score)
    best = np.argsort(scores, kind="stable")[::-1][:k]
    return best, scores[best]


@wrong(ex.worst_rows, "has no len()")
def worst_by_index(partitions, score, k):
    return worst_of_all_scores([partitions[i] for i in range(len(partitions))], score, k)


# -------------------------------------------------------------------------------------- 6 · Amdahl


@right(ex.amdahl)
def amdahl_by_cases(workers, seconds):
    """The best line; where it goes below 0, the best with 0 there."""
    x = 1 / np.asarray(workers)
    parallel, serial = np.polyfit(x, seconds, 1)
    if serial < 0:
        return 0.0, (x @ seconds) / (x @ x)
    if parallel < 0:
        return seconds.mean(), 0.0
    return serial, parallel


@right(ex.amdahl)
def amdahl_by_sums(workers=None, seconds=None):
    x = [1 / each for each in workers.tolist()]
    n, seconds = len(x), seconds.tolist()
    mean_x, mean = sum(x) / n, sum(seconds) / n
    slope = sum((a - mean_x) * (b - mean) for a, b in zip(x, seconds, strict=True))
    slope /= sum((a - mean_x) ** 2 for a in x)
    if slope < 0:
        return [mean, 0]
    if mean < slope * mean_x:
        return [0, sum(a * b for a, b in zip(x, seconds, strict=True)) / sum(a * a for a in x)]
    return [mean - slope * mean_x, slope]


@right(ex.amdahl)
def amdahl_by_lsq_linear(workers, seconds):
    columns = np.column_stack([np.ones(len(workers)), 1 / workers])
    return lsq_linear(columns, seconds, bounds=(0, np.inf), method="bvls").x


@right(ex.amdahl)
def amdahl_of_four_candidates(workers, seconds):
    x = torch.tensor(1 / workers)
    wanted = torch.tensor(seconds)
    columns = torch.stack([torch.ones_like(x), x], dim=1)
    both = torch.linalg.lstsq(columns, wanted).solution
    alone = [torch.stack([wanted.mean(), torch.tensor(0.0)])]
    alone.append(torch.stack([torch.tensor(0.0).double(), (x @ wanted) / (x @ x)]))
    fair = [each for each in (both, *alone) if (each >= 0).all()]
    return tuple(min(fair, key=lambda each: ((columns @ each - wanted) ** 2).sum()))


@right(ex.amdahl)
def amdahl_in_float32(workers, seconds):
    frame = pd.DataFrame({"ones": 1.0, "shares": 1 / workers})
    return tuple(nnls(frame.to_numpy(), seconds)[0].astype(np.float32))


@right(ex.amdahl)
def amdahl_by_a_search(workers, seconds):
    """Within bounds, which it never quite reaches."""
    return curve_fit(lambda w, s, p: s + p / w, workers, seconds, bounds=(0, np.inf))[0]


@right(ex.amdahl)
def amdahl_as_a_tensor(workers, seconds):
    return torch.tensor(amdahl_by_cases(workers, seconds))


@right(ex.amdahl)
def amdahl_as_a_series(workers, seconds):
    return pd.Series(amdahl_by_cases(workers, seconds), index=["serial", "parallel"])


def line_in(x, seconds):
    slope, intercept = np.polyfit(x, seconds, 1)
    return intercept, slope


def stored_fit(words, fit):
    wrong(ex.amdahl, words)(fit)


stored_fit("changed over", lambda w, s: amdahl_by_cases(w, s)[::-1])
stored_fit("changed over", lambda w, s: tuple(np.polyfit(1 / w, s, 1)))
stored_fit("serial is -", lambda w, s: line_in(1 / w, s))
stored_fit("cut at 0", lambda w, s: tuple(max(0, each) for each in line_in(1 / w, s)))
stored_fit("lost its sign", lambda w, s: tuple(abs(each) for each in line_in(1 / w, s)))
stored_fit("best line in `workers`", line_in)
stored_fit(
    "best line in `workers`, with nothing below 0",
    lambda w, s: tuple(nnls(np.stack([np.ones(len(w)), w], axis=1), s)[0]),
)
stored_fit("log(workers)", lambda w, s: line_in(np.log(w), s))
stored_fit("with one worker", lambda w, s: np.array(amdahl_by_cases(w, s)) / s[w == 1][0])
stored_fit("with one worker", lambda w, s: np.divide(c := amdahl_by_cases(w, s), sum(c)))
stored_fit("first and the last", lambda w, s: line_in(1 / w[[0, -1]], s[[0, -1]]))
stored_fit("first two", lambda w, s: line_in(1 / w[:2], s[:2]))
stored_fit("most workers", lambda w, s: (s.min(), s.max() - s.min()))
stored_fit("its own size", lambda w, s: line_in_weighted(w, s, 1 / s))
stored_fit("The speed-up is fitted", lambda w, s: line_in(1 / w, s[0] / s))
stored_fit("no serial part", lambda w, s: (0.0, (s / w).sum() / (1 / w**2).sum()))
stored_fit("Two numbers", lambda w, s: np.stack([np.ones(len(w)), 1 / w], axis=1))
stored_fit("in this order", lambda w, s: amdahl_by_cases(w, s)[0])
stored_fit(
    "one has the shape (2,)", lambda w, s: nnls(np.stack([np.ones(len(w)), 1 / w], axis=1), s)
)
stored_fit("in (serial, parallel)", lambda w, s: (s.min() / 2, s.max()))
stored_fit("`return serial, parallel` missing", lambda w, s: print(end=""))


def line_in_weighted(workers, seconds, weights):
    slope, intercept = np.polyfit(1 / workers, seconds, 1, w=weights)
    return intercept, slope


@wrong(ex.amdahl, "changes the `seconds`")
def amdahl_that_centres(workers, seconds):
    fitted = amdahl_by_cases(workers, seconds.copy())
    seconds -= seconds.mean()
    return fitted


# ----------------------------------------------------------------------------------- 7 · score all


@right(ex.score_all)
def score_all_into_a_dict(partitions, submit):
    results, number = {}, -1
    for number, partition in enumerate(partitions):
        attempts = 0
        while number not in results:
            if attempts == 5:
                raise ex.WorkerLost(f"no worker brought partition {number} to an end")
            attempts += 1
            with contextlib.suppress(ex.WorkerLost):
                results.update(submit(number, partition))
    return [results[each] for each in range(number + 1)]


@right(ex.score_all)
def score_all_in_rounds(partitions=None, submit=None):
    """All once, then again what is lacking."""
    partitions, results = list(partitions), {}
    for _ in range(5):
        for number, partition in enumerate(partitions):
            if number in results:
                continue
            try:
                for whose, result in submit(number, partition):
                    results.setdefault(whose, result)
            except ex.WorkerLost:
                continue
    lacking = [number for number in range(len(partitions)) if number not in results]
    if lacking:
        raise RuntimeError(f"partitions {lacking} were lost five times")
    return [results[number] for number in sorted(results)]


@right(ex.score_all)
def score_all_by_recursion(partitions, submit):
    def attempt(number, partition, left=5):
        if not left:
            raise ValueError(f"partition number {number}: given up")
        try:
            return next(result for whose, result in submit(number, partition) if whose == number)
        except ex.WorkerLost:
            return attempt(number, partition, left - 1)

    return tuple(attempt(number, each) for number, each in enumerate(partitions))


@right(ex.score_all)
def score_all_that_says_why(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        for attempt in range(1, 6):
            try:
                pairs = submit(number, partition)
                break
            except ex.WorkerLost as lost:
                if attempt == 5:
                    raise RuntimeError(f"partition {number}, attempt {attempt}") from lost
        results += [result for whose, result in pairs if whose == number][:1]
    return results


@right(ex.score_all)
def score_all_with_a_note(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        for attempt in range(5):
            try:
                results.append(dict(submit(number, partition))[number])
                break
            except ex.WorkerLost as lost:
                if attempt == 4:
                    lost.add_note(f"partition {number}")
                    raise
    return results


@right(ex.score_all)
def score_all_that_names_a_file(partitions, submit):
    results = {}
    for number, partition in enumerate(partitions):
        for _ in range(5):
            with contextlib.suppress(ex.WorkerLost):
                results |= dict(submit(number, partition))
                break
        if number not in results:
            raise TimeoutError(f"part-{number:05}.parquet was lost in 5 attempts")
    return np.array([results[number] for number in sorted(results)], dtype=object).tolist()


def score_all_with(
    take=lambda pairs, number: [dict(pairs)[number]], attempts=5, lost=ex.WorkerLost
):
    """Return an answer of which one part is another."""

    def score(partitions, submit):
        results = []
        for number, partition in enumerate(partitions):
            for _ in range(attempts):
                try:
                    results += take(submit(number, partition), number)
                    break
                except lost:
                    continue
            else:
                raise RuntimeError(f"partition {number} was lost")
        return results

    return score


def stored_score(words, **parts):
    wrong(ex.score_all, words)(score_all_with(**parts))


stored_score("counts once more", take=lambda pairs, number: [result for _, result in pairs])
stored_score(
    "counts once more",
    take=lambda pairs, number: [result for whose, result in pairs if whose == number],
)
stored_score("is that of partition 2", take=lambda pairs, number: [pairs[0][1]])
stored_score("is that of partition 1", take=lambda pairs, number: [pairs[-1][1]])
stored_score("Pairs (number, result)", take=lambda pairs, number: [(number, dict(pairs)[number])])
stored_score("that are lost four times each", attempts=4)
stored_score("submitted 6 times", attempts=6)
stored_score("submitted without end", attempts=10**6)
stored_score("catch WorkerLost alone", lost=Exception)
wrong(ex.score_all, "comes out of your function")(
    lambda partitions, submit: [dict(submit(i, each))[i] for i, each in enumerate(partitions)]
)
wrong(ex.score_all, "`return results` missing")(lambda partitions, submit: print(end=""))
wrong(ex.score_all, "A dict came back")(
    lambda partitions, submit: dict(enumerate(score_all_by_recursion(partitions, submit)))
)


@wrong(ex.score_all, "with another partition's rows")
def score_all_counted_from_1(partitions, submit):
    return [
        score_all_by_recursion(
            [each], lambda _, piece, i=number: [(0, dict(submit(i, piece))[i])]
        )[0]
        for number, each in enumerate(partitions, start=1)
    ]


@wrong(ex.score_all, "partition 6 of 7 lost in every attempt your function returns 6")
def score_all_up_to_the_last_that_came(partitions, submit):
    results = {}
    for number, partition in enumerate(partitions):
        for _ in range(5):
            with contextlib.suppress(ex.WorkerLost):
                results.update(submit(number, partition))
                break
    for number in range(max(results, default=-1) + 1):
        if number not in results:
            raise RuntimeError(f"partition {number}")
    return [results[number] for number in sorted(results)]


@wrong(ex.score_all, "A generator came back")
def score_all_one_by_one(partitions, submit):
    for number, partition in enumerate(partitions):
        yield from score_all_by_recursion([partition], lambda _, each, i=number: submit(i, each))


@wrong(ex.score_all, "has never been scored")
def score_all_without_the_lost(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        with contextlib.suppress(ex.WorkerLost):
            results.append(dict(submit(number, partition))[number])
    return results


@wrong(ex.score_all, "as if nothing had happened")
def score_all_with_none(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        result = None
        for _ in range(5):
            try:
                result = dict(submit(number, partition))[number]
                break
            except ex.WorkerLost:
                continue
        results.append(result)
    return results


@wrong(ex.score_all, "Let it name the partition")
def score_all_that_raises_the_last(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        for attempt in range(5):
            try:
                results.append(dict(submit(number, partition))[number])
                break
            except ex.WorkerLost:
                if attempt == 4:
                    raise
    return results


@wrong(ex.score_all, "Is a result of 0 taken for none")
def score_all_that_doubts_zeros(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        for _ in range(5):
            try:
                if result := dict(submit(number, partition))[number]:
                    results.append(result)
                break
            except ex.WorkerLost:
                continue
        else:
            raise RuntimeError(f"partition {number}")
    return results


@wrong(ex.score_all, "one that equals another")
def score_all_by_values(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        for _ in range(5):
            try:
                for _, result in submit(number, partition):
                    if result not in results:
                        results.append(result)
                break
            except ex.WorkerLost:
                continue
        else:
            raise RuntimeError(f"partition {number}")
    return results


@wrong(ex.score_all, "with three partitions that are lost four times each")
def score_all_with_five_in_all(partitions, submit):
    """Counts the attempts of all partitions together."""
    results, left = [], 5
    for number, partition in enumerate(partitions):
        while True:
            try:
                results.append(dict(submit(number, partition))[number])
                break
            except ex.WorkerLost:
                left -= 1
                if not left:
                    raise RuntimeError(f"partition {number}: 5 attempts") from None
    return results


@wrong(ex.score_all, "goes on without a word")
def score_all_that_skips_what_is_bad(partitions, submit):
    results = []
    for number, partition in enumerate(partitions):
        for _ in range(5):
            try:
                results.append(dict(submit(number, partition))[number])
            except ex.WorkerLost:
                continue
            except ValueError:
                results.append(0.0)
            break
        else:
            raise RuntimeError(f"partition {number}")
    return results
