"""Exercise of lesson 22: the trimmed loss of one rank, of rows that lie on all of them."""

from __future__ import annotations

from course_utils.detectors.ensemble import trimmed_mean
from course_utils.exercises.lesson_22 import _ranks
from course_utils.exercises.results import as_array, difference, name_the_mistake, require
from course_utils.exercises.tensors import TensorExercise, for_arrays

import numpy as np
import torch

# -------------------------------------------------------------------------------- 3 · trimmed loss


class RankExercise(TensorExercise):
    """An exercise whose answer runs on every rank, and gathers what the others hand in."""

    def set_solution(self, function):
        """Take the solution; where it gathers in a check, the other ranks run it as well."""
        super().set_solution(function)
        self._solution = _ranks.on_ranks(self._solution)
        return function

    def _judge(self, answer):
        super()._judge(_ranks.on_ranks(answer))


trimmed_loss = RankExercise(
    "Return this rank's loss, so that the average of the ranks' gradients is the gradient of the "
    "mean over each member's kept errors: the max(1, round(n · (1 − share))) lowest of all n "
    "rows, wherever they lie; equal errors at the limit share what is left. gather(tensor) "
    "returns the list of all ranks' tensors, without gradients.",
    hints=(
        "Which errors are kept is decided among the rows of all ranks: gather the errors, join "
        "them along dim=1 and sort them. The last kept one is each member's limit.",
        "Your own errors up to the limit carry the gradient. Divide their sum by what is kept on "
        "all ranks, members · kept, and multiply by the number of ranks.",
        "Equal errors at the limit: of those, each counts in part, (kept − how many lie below "
        "the limit) / (how many lie on it).",
    ),
    praise="Right: all ranks cut at the same limits, and average as one process would.",
    slopes=("errors",),
)


@trimmed_loss.set_solution
def trimmed_loss_solution(errors, share, gather):
    parts = gather(errors.detach())  # of all ranks, each (members, its rows)
    ordered = torch.cat(parts, dim=1).sort(dim=1).values  # (members, rows of all ranks)
    kept = max(1, round(ordered.shape[1] * (1 - share)))
    limit = ordered[:, kept - 1, None]  # (members, 1)
    left = (kept - (ordered < limit).sum(dim=1)).to(errors)  # places at the limit, (members,)
    part = left / (ordered == limit).sum(dim=1)  # 1 where no two errors are equal there
    weights = (errors < limit) + (errors == limit) * part[:, None]
    return len(parts) * (weights * errors).sum() / (len(errors) * kept)


@for_arrays
@_ranks.on_ranks
def _of_the_whole(errors, share, gather):
    """Return all ranks' trimmed mean times the ranks, with slopes through the own errors alone."""
    parts = gather(errors.detach())
    parts[gather.rank] = errors
    return len(parts) * trimmed_mean(torch.cat(parts, dim=1), share)


@for_arrays
@_ranks.on_ranks
def _in_rank_order(errors, share, gather):
    """Return the same, where of equal errors at the limit the first ones are kept."""
    parts = gather(errors.detach())
    everything = torch.cat(parts, dim=1)
    kept = max(1, round(everything.shape[1] * (1 - share)))
    lowest = everything.argsort(dim=1, stable=True)[:, :kept]
    within = torch.zeros_like(everything).scatter(1, lowest, 1.0)
    own = within.split([part.shape[1] for part in parts], dim=1)[gather.rank]
    return len(parts) * (own * errors).sum() / (len(errors) * kept)


ALSO_RIGHT = (_of_the_whole, _in_rank_order)


@trimmed_loss.set_check
def trimmed_loss_check(answer):
    generator = np.random.default_rng(223)
    sizes = (7, 6)
    errors = [
        np.round(generator.exponential(1 + rank, size=(3, rows)), 3)
        for rank, rows in enumerate(sizes)
    ]
    told = f"With {' and '.join(map(str, sizes))} rows on two ranks and share 0.25"
    _require_the_losses(answer, errors, 0.25, told, _wrong_losses)
    _require_slopes(answer, errors, 0.25, told)
    tied = [np.array([[0.5, 0.1, 0.9, 0.5]]), np.array([[0.5, 0.2, 0.7]])]
    told = "With three equal errors at the limit, of which two are kept,"
    _require_the_losses(answer, tied, 0.4, told, _wrong_at_ties)


def _call(answer, errors, rank, share):
    """Return one rank's loss."""
    return answer(errors[rank].copy(), share, _ranks.Gather(errors, rank, share))


def _require_the_losses(answer, errors, share, told, mistakes):
    """Refuse losses of all ranks that are of neither convention."""
    gather = _ranks.Gather(errors, 0, share)
    got = as_array(answer(errors[0].copy(), share, gather), what="the loss")
    require(got.shape == (), f"One loss is asked for; you return the shape {got.shape}.")
    got = np.array([got, _number(_call(answer, errors, 1, share))])
    right = [
        [_number(_call(each, errors, rank, share)) for rank in range(2)]
        for each in (trimmed_loss._solution, *ALSO_RIGHT)
    ]
    differs = difference(got, right[0])
    if all(difference(got, each) for each in right):
        require(
            gather.calls,
            "gather is never called, so that this rank cannot know which errors are kept: the "
            "lowest of the rows of all ranks, not of its own.",
        )
        name_the_mistake(got, mistakes(errors, share, np.array(right[0])))
        require(False, f"{told} in the list of both ranks' losses {differs}")


def _number(loss):
    return float(as_array(loss, what="the loss"))


def _kept(errors, share, limit_of=None):
    """Return each rank's errors with those that are not kept as 0, and how many are kept."""
    everything = np.concatenate(errors, axis=1)
    kept = max(1, round(everything.shape[1] * (1 - share)))
    limit = np.sort(everything, axis=1)[:, kept - 1, None] if limit_of is None else limit_of(kept)
    return [np.where(each <= limit, each, 0) for each in errors], kept


def _sums(parts):
    return np.array([each.sum() for each in parts])


def _wrong_losses(errors, share, right):
    """Yield what slips give on all ranks, and which they are."""
    ranks, members, everything = len(errors), len(errors[0]), np.concatenate(errors, axis=1)
    parts, kept = _kept(errors, share)
    own = [max(1, round(each.shape[1] * (1 - share))) for each in errors]
    own_lowest = [np.sort(each, axis=1)[:, :k] for each, k in zip(errors, own, strict=True)]
    local = (
        "Each rank leaves out the worst of its own rows. Where the bad rows lie together, one "
        "rank keeps bad ones and another drops good ones: the limit is one of all ranks' errors."
    )
    yield np.array([each.mean() for each in own_lowest]), local
    yield _sums(own_lowest) * ranks / (members * sum(own)), local
    yield (
        right / ranks,
        f"The average over the {ranks} ranks divides by {ranks} once more. Multiply by the number "
        "of ranks: len of what gather returns.",
    )
    yield (
        np.full(ranks, right.mean()),
        "That is the whole batch's loss on every rank. Its slope through this rank's errors is "
        "right, and the average then divides it by the number of ranks: multiply by it.",
    )
    yield (
        np.array([each[each > 0].mean() for each in parts]),
        "The mean over this rank's kept errors: a rank that keeps few counts as much as one that "
        "keeps many. Divide the sum by what all ranks keep, and multiply by the ranks.",
    )
    yield _sums(parts), "That is the sum of the kept errors. The gradient of a mean is asked for."
    yield (
        _sums(parts) * ranks,
        "That is the sum of the kept errors times the ranks. Divide by members · kept.",
    )
    yield (
        right * members,
        "The members are added up. The mean over all members is asked for: divide by members · "
        "kept.",
    )
    yield (
        right * kept / everything.shape[1],
        f"It is divided by all {everything.shape[1]} rows. The mean is over the {kept} kept ones.",
    )
    yield (
        np.array([each.mean() for each in parts]),
        "It is divided by all of this rank's rows, also those that are not kept.",
    )
    yield (
        _sums(errors) * ranks / everything.size,
        "Nothing is left out: that is the mean over all rows.",
    )
    one_limit = np.sort(everything.ravel())[kept * members - 1]
    yield (
        _sums(_kept(errors, share, lambda _: one_limit)[0]) * ranks / (members * kept),
        "One limit cuts all members. Each member keeps its own lowest errors: sort along dim=1.",
    )
    highest = np.sort(everything, axis=1)[:, -kept, None]
    yield (
        _sums([np.where(each >= highest, each, 0) for each in errors]) * ranks / (members * kept),
        "Upside down: the highest errors are kept. They are the ones to leave out.",
    )
    limits = np.array([each[:, -1] for each in own_lowest])  # (ranks, members)
    for limit, called in (
        (limits.mean(axis=0), "mean"),
        (limits.max(axis=0), "highest"),
        (limits.min(axis=0), "lowest"),
    ):
        cut = [np.where(each <= limit[:, None], each, 0) for each in errors]
        yield (
            _sums(cut) * ranks / (members * kept),
            f"The limit is the {called} of the ranks' own limits. It is the last kept one among "
            "the rows of all ranks: gather the errors themselves.",
        )
    below = np.sort(everything, axis=1)[:, kept - 1, None]
    without = _sums([np.where(each < below, each, 0) for each in errors]) * ranks
    for count in (kept, kept - 1):
        yield (
            without / (members * count),
            f"One error too few is kept of each member: the limit itself belongs to the {kept} "
            "lowest, and round() is asked for, not int().",
        )
    if kept < everything.shape[1]:
        above = np.sort(everything, axis=1)[:, kept, None]
        more = _sums([np.where(each <= above, each, 0) for each in errors]) * ranks
        for count in (kept, kept + 1):
            yield (
                more / (members * count),
                f"One error too many is kept of each member: the {kept}th lowest has index "
                f"{kept - 1}.",
            )


def _wrong_at_ties(errors, share, right):
    """Yield what comes of equal errors at the limit."""
    parts, kept = _kept(errors, share)
    ties = (
        "of three equal errors at the limit all {} kept. Two are to count: each of the three in "
        "part, since no rank knows which of them the others keep."
    )
    ranks, members = len(errors), len(errors[0])
    limit = np.sort(np.concatenate(errors, axis=1), axis=1)[:, kept - 1, None]
    less = [np.where(each < limit, each, 0) for each in errors]
    for count in (kept, sum((each > 0).sum() for each in parts)):
        yield _sums(parts) * ranks / (members * count), "Here " + ties.format("are")
    for count in (kept, sum((each > 0).sum() for each in less)):
        yield _sums(less) * ranks / (members * count), "Here " + ties.format("are not")


def _require_slopes(answer, errors, share, told):
    """Refuse gradients of an answer in torch's words whose average is not the whole batch's."""
    whole = torch.tensor(np.concatenate(errors, axis=1), requires_grad=True)
    (wanted,) = torch.autograd.grad(trimmed_mean(whole, share), whole)
    found = []
    for rank, own in enumerate(errors):
        leaf = torch.tensor(own, requires_grad=True)
        try:
            loss = answer(leaf.clone(), share, _ranks.Gather(errors, rank, share))
        except Exception:  # whatever an answer for arrays raises when it is handed tensors
            return
        if not torch.is_tensor(loss):
            return
        require(
            loss.requires_grad,
            "The loss is right and has no gradient. What gather returns carries none: this rank's "
            "own errors have to enter the loss themselves, without detach() or item().",
        )
        found.append(torch.autograd.grad(loss, leaf, materialize_grads=True)[0] / len(errors))
    differs = difference(torch.cat(found, dim=1), wanted)
    require(
        not differs,
        f"{told} the losses are right, but in the average of their gradients by the errors, "
        f"(members, rows of all ranks), {differs}",
    )


@trimmed_loss.set_inputs(also_right=ALSO_RIGHT)
def trimmed_loss_inputs(rng):
    for what, members, sizes, share in (
        ("two ranks", 3, (6, 5), 0.2),
        ("three ranks", 2, (4, 4, 3), 0.3),
        ("four ranks", 4, (5, 5, 4, 4), 0.1),
        ("one rank alone", 3, (9,), 0.25),
        ("one member", 1, (5, 5), 0.3),
        ("one row on each rank", 2, (1, 1, 1), 0.4),
        ("a rank without rows", 2, (1, 1, 0), 0.5),
        ("nothing left out", 3, (4, 4), 0.0),
        ("all but one left out", 3, (4, 4), 0.99),
        ("half a row to round to the even number", 2, (5, 5), 0.25),
        ("half a row of an odd number of rows", 2, (5, 4), 0.5),
    ):
        errors = [rng.exponential(1 + rank, size=(members, n)) for rank, n in enumerate(sizes)]
        rank = int(rng.integers(len(sizes)))
        yield what, (errors[rank], share, _ranks.Gather(errors, rank, share))
    for scale in (1e6, 1e-6):
        errors = [scale * rng.exponential(size=(2, 5)) for _ in range(2)]
        yield f"errors of about {scale:g}", (errors[1], 0.2, _ranks.Gather(errors, 1, 0.2))
    for _ in range(2):
        errors = [rng.integers(1, 4, size=(3, n)).astype(float) for n in (6, 5)]
        yield "equal errors", (errors[0], 0.4, _ranks.Gather(errors, 0, 0.4))
    errors = [np.full((2, n), 0.5) for n in (3, 2)]
    yield "errors that are all equal", (errors[0], 0.2, _ranks.Gather(errors, 0, 0.2))
