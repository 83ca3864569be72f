"""Exercise of lesson 22: the trimmed loss of one rank, of rows that lie on all of them."""

from __future__ import annotations

from course_utils.exercises.lesson_22 import _ranks
from course_utils.exercises.tensors import TensorExercise

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
    "rows, wherever they lie. gather(tensor) returns the list of all ranks' tensors, without "
    "gradients.",
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
    below, equal = ordered < limit, ordered == limit
    part = (kept - below.sum(dim=1)) / equal.sum(dim=1)  # of each error at the limit, (members,)
    weights = (errors < limit) + (errors == limit) * part[:, None]
    return len(parts) * (weights * errors).sum() / (len(errors) * kept)


@trimmed_loss.set_check
def trimmed_loss_check(answer):
    pass


@trimmed_loss.set_inputs
def trimmed_loss_inputs(rng):
    for ranks, rows in ((2, 6), (3, 5)):
        errors = [rng.exponential(size=(4, rows)) for _ in range(ranks)]
        for rank in range(ranks):
            yield f"{ranks} ranks", (errors[rank], 0.2, _ranks.Gather(errors, rank, 0.2))
