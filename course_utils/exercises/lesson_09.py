"""Exercises of lesson 09: one training step, errors, angles, denoising, fair errors, snapshots."""

from __future__ import annotations

import copy
import io
from contextlib import contextmanager

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np


@contextmanager
def _fixed_random_numbers():
    """Draw from a fixed seed inside, and leave torch's own random state as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        yield torch


# ------------------------------------------------------------------------------- 1 · a train step

train_step = Exercise(
    "Take one training step on the mean squared error and return the loss as a number.",
    hints=(
        "Four calls in this order: forget the old slopes, compute the loss, go backward, step.",
        "The loss is the mean over all rows and columns: ((model(inputs) - targets) ** 2).mean()",
        "optimiser.zero_grad(), loss.backward(), optimiser.step(); then return loss.item(), which "
        "is a plain number without the graph behind it.",
    ),
    praise="Right. Forget, forward, backward, step, and nothing is kept but a number.",
)


@train_step.set_solution
def train_step_solution(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).mean()
    loss.backward()
    optimiser.step()
    return loss.item()


@train_step.set_check
def train_step_check(answer):
    with _fixed_random_numbers() as torch:
        for rate in (0.1, 0.02):
            _judge_step(torch, answer, rate)


def _judge_step(torch, answer, rate):
    """Compare the step that the answer takes with w − rate · ∂(mean squared error)/∂w."""
    model = torch.nn.Linear(3, 2).double()
    inputs, targets = torch.randn(5, 3).double(), torch.randn(5, 2).double()
    before = model.weight.detach().clone()
    error = model(inputs).detach() - targets  # (5, 2)
    slope = 2 * error.T @ inputs / error.numel()  # (2, 3)
    value = float((error**2).mean())
    old = torch.full_like(before, 0.7)  # what a step before this one left behind
    model.weight.grad = old.clone()
    model.bias.grad = torch.zeros(2).double()

    result = answer(model, torch.optim.SGD(model.parameters(), rate), inputs, targets)

    moved = ((model.weight.detach() - before) / -rate).numpy()
    slope, old = slope.numpy(), old.numpy()
    if not moved.any():
        emptied = model.weight.grad is None or not model.weight.grad.any()
        require(
            not emptied,
            "Nothing moved: the slopes were set to zero after backward() had computed them, so "
            "that step() found none. zero_grad() comes before backward(), or after step().",
        )
        require(False, "The weights did not move. backward() computes slopes; step() uses them.")
    name_the_mistake(
        moved,
        (
            (
                slope + old,
                "The step also used slopes from the step before: backward() adds to what is "
                "there. Start with optimiser.zero_grad().",
            ),
            (
                slope * error.numel(),
                "That is the slope of the sum of the squared errors, ten times that of their "
                "mean here. With a sum the step grows with the batch: take .mean().",
            ),
            (
                slope * error.numel() + old,
                "Two things: the loss is a sum where a mean is expected, and the slopes of the "
                "step before were not zeroed.",
            ),
            (
                slope * error.shape[1],
                "You summed over the columns and averaged over the rows. Here the mean goes over "
                "both: .mean() without an axis.",
            ),
            (old, "The step used the slopes of the step before alone: is backward() missing?"),
            (-slope, "This step goes uphill. step() subtracts the slopes already."),
        ),
    )
    require(
        same_numbers(moved, slope),
        f"The weights moved by {np.round(-rate * moved, 3).tolist()}; one step of the optimiser "
        f"on the mean squared error moves them by {np.round(-rate * slope, 3).tolist()}.",
    )
    require(result is not None, "The step is right, but the loss is not returned.")
    require(
        not getattr(result, "requires_grad", False),
        "The loss that you return still hangs on its graph. Who adds such losses up keeps the "
        "numbers of every batch in memory: return loss.item() or loss.detach().",
    )
    after = float(((model(inputs).detach() - targets) ** 2).mean())
    name_the_mistake(
        as_array(result, shape=(), what="the loss"),
        (
            (after, "The loss you return was taken after the step. Return the one before."),
            (value * error.numel(), "The loss you return is a sum; the mean is expected."),
        ),
    )
    require(same_numbers(float(result), value), f"The loss is {value:.4f}, not {result:.4f}.")


# ------------------------------------------------------------------------------- 2 · row errors

row_errors = Exercise(
    "Return each row's mean squared copying error as a NumPy array (n,).",
    hints=(
        "Scoring is no training: switch the model with model.eval() first.",
        "(model(inputs) - inputs) ** 2 is (n, d). One number for each row: mean over dim=1.",
        "NumPy takes no tensor that remembers how it was computed: .detach(), or compute inside "
        "`with torch.no_grad():`; then .cpu().numpy().",
    ),
    praise="Right. Evaluation mode, no graph, one error for each row, whoever stands beside it.",
)


@row_errors.set_solution
def row_errors_solution(model, inputs):
    model.eval()
    errors = (model(inputs) - inputs).detach() ** 2
    return errors.mean(dim=1).cpu().numpy()


@row_errors.set_check
def row_errors_check(answer):
    with _fixed_random_numbers() as torch:
        layers = torch.nn.Linear(5, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 5)
        model, inputs = torch.nn.Sequential(*layers), torch.randn(7, 5)
        model.eval()
        squared = ((model(inputs) - inputs).detach() ** 2).numpy()  # (7, 5)
        results = [_as_errors(answer, model.train(), inputs) for _ in range(2)]
    for got in results:
        require(
            got.shape != (),
            "That is one number for all rows together. Average over the columns alone, dim=1.",
        )
        require(
            got.shape != (5,),
            "Five numbers for seven rows: you averaged over the rows and kept the columns. "
            "dim=1 is the axis to average over.",
        )
        require(got.shape == (7,), f"The result has shape {got.shape}; (7,) is expected.")
    require(
        same_numbers(*results),
        "The same rows scored twice get different errors: dropout is still drawing. Call "
        "model.eval() before you score.",
    )
    name_the_mistake(
        results[0],
        (
            (squared.sum(axis=1), "That is the sum over the columns; the mean is expected."),
            (np.sqrt(squared.mean(axis=1)), "That is the root of the mean squared error."),
            (np.sqrt(squared).mean(axis=1), "Those are absolute errors; squared ones are asked."),
            (-squared.mean(axis=1), "The sign is turned: a bad copy has a high error."),
        ),
    )
    require(
        same_numbers(results[0], squared.mean(axis=1)),
        "The errors differ from the mean of (copy − input)² over the columns.",
    )


def _as_errors(answer, model, inputs):
    """Return what the answer says as an array, or name the tensor that it still is."""
    graph = (
        "The errors still hang on the graph that made them, and NumPy takes no such tensor. "
        "Scoring needs no slopes: use torch.no_grad() around it, or .detach()."
    )
    try:
        result = answer(model, inputs.clone())
    except RuntimeError as error:
        require("requires grad" not in str(error), graph)
        raise
    require(not getattr(result, "requires_grad", False), graph)
    require(
        result is None or isinstance(result, np.ndarray | list | tuple | float | np.floating),
        "A NumPy array is asked for; a tensor may lie on another device: .cpu().numpy().",
    )
    return as_array(result, what="the errors")


# ---------------------------------------------------------------------------- 3 · largest angle

largest_angle = Exercise(
    "Return the largest principal angle, in degrees, between the spaces that the columns of A "
    "and of B span.",
    hints=(
        "First give both spaces axes of length 1 at right angles: np.linalg.qr(A)[0].",
        "The singular values of Q_A.T @ Q_B are the cosines of the principal angles.",
        "The largest angle has the smallest cosine. Clip at 1 before np.arccos, since rounding "
        "may go beyond, and turn radians into degrees with np.degrees.",
    ),
    praise="Right. It asks what two spaces have in common, whichever axes describe them.",
)


@largest_angle.set_solution
def largest_angle_solution(A, B):
    first, second = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    cosines = np.linalg.svd(first.T @ second, compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.min(), 0, 1)))


@largest_angle.set_check
def largest_angle_check(answer):
    generator = np.random.default_rng(9)
    A, B, mix = (generator.normal(size=size) for size in ((9, 3), (9, 3), (3, 3)))
    _judge_angle(answer, A, A @ mix, what="B = A times an invertible matrix")
    B = A + 0.5 * B
    _judge_angle(answer, A, B, what="two neighbouring spaces")
    _judge_angle(answer, 5 * A, B, what="the same with longer columns")


def _judge_angle(answer, A, B, what):
    try:
        result = answer(A.copy(), B.copy())
    except np.linalg.LinAlgError as error:
        raise Misconception(f"NumPy stopped with '{error}'. Is a matrix turned?") from None
    with np.errstate(invalid="ignore"):
        not_a_number = result is not None and np.size(result) and np.isnan(result).any()
    require(
        not not_a_number,
        "NaN: rounding has made a cosine a little larger than 1, and np.arccos has no answer to "
        "that. Clip the cosines at 1.",
    )
    got = as_array(result, what="the angle")
    require(got.shape == (), f"One angle is asked for, the largest; you return shape {got.shape}.")
    Q_a, Q_b = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    cosines = np.linalg.svd(Q_a.T @ Q_b, compute_uv=False).clip(0, 1)
    right = np.degrees(np.arccos(cosines.min()))
    if abs(got - right) < 0.01:
        return
    unit_a, unit_b = A / np.linalg.norm(A, axis=0), B / np.linalg.norm(B, axis=0)
    pairs = np.abs((unit_a * unit_b).sum(axis=0)).clip(0, 1)
    raw = np.linalg.svd(A.T @ B, compute_uv=False)
    crooked = np.linalg.svd(unit_a.T @ unit_b, compute_uv=False)
    mistakes = (
        (
            np.degrees(np.arccos(pairs.min())),
            f"You compared the columns one by one ({what}). A mix of the columns spans the same "
            "space, so their directions say nothing about it.",
        ),
        (
            np.degrees(np.arccos(cosines.max())),
            "That is the smallest of the angles: the largest cosine. The largest angle says "
            "whether the whole space fits.",
        ),
        (np.radians(right), "That angle is in radians; degrees are asked for."),
        (1 - cosines.min(), "That is one minus a cosine, not yet an angle."),
        (cosines.min(), "That is a cosine; np.arccos makes an angle of it."),
    )
    for wrong, message in mistakes:
        require(abs(got - wrong) > 1e-6 * max(1, abs(wrong)), message)
    require(
        got > 0.01,
        f"You find no angle between two different spaces ({what}). The columns span them, (d, k); "
        "the k-dimensional rows of A and B always span the same.",
    )
    for values in (raw, crooked):
        for cosine in (values.min(), values.max()):
            require(
                abs(np.cos(np.radians(got)) - min(cosine, 1)) > 1e-9,
                "The columns are not yet of length 1 and at right angles to each other, so these "
                "products are no cosines between spaces. np.linalg.qr makes such columns.",
            )
    require(False, f"For {what} the largest angle is {right:.2f} degrees, not {got:.2f}.")


# --------------------------------------------------------------------------- 4 · denoising loss

denoising_loss = Exercise(
    "Return the mean squared error of a model that sees pictures with noise and has to give the "
    "clean ones back.",
    hints=(
        "What goes in, and what should come out? They are different now.",
        "In goes clean + noise; the copy is compared with clean.",
        "((model(clean + noise) - clean) ** 2).mean(), as a tensor, so that backward() works.",
    ),
    praise="Right. Passing the input through no longer helps: the network has to know what "
    "pictures look like.",
)


@denoising_loss.set_solution
def denoising_loss_solution(model, clean, noise):
    return ((model(clean + noise) - clean) ** 2).mean()


@denoising_loss.set_check
def denoising_loss_check(answer):
    with _fixed_random_numbers() as torch:
        layers = torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 4)
        model = torch.nn.Sequential(*layers).double()
        clean, noise = torch.randn(6, 4).double(), torch.randn(6, 4).double()
        given = clean.clone(), noise.clone()
        result = answer(model, *given)
        noisy = clean + noise
        right = (model(noisy) - clean) ** 2
        wrong = {
            "target": (model(noisy) - noisy) ** 2,
            "unused": (model(clean) - clean) ** 2,
            "turned": (model(clean) - noisy) ** 2,
            "noise": (model(noisy) - noise) ** 2,
            "times": (model(clean * noise) - clean) ** 2,
        }
    require(result is not None, "Your function returned None: is a `return` missing?")
    require(isinstance(result, torch.Tensor), "A tensor is expected, so that backward() works.")
    require(
        torch.equal(given[0], clean) and torch.equal(given[1], noise),
        "The clean pictures came back changed: `clean += noise` writes into the caller's tensor. "
        "Use clean + noise, which makes a new one.",
    )
    require(
        result.ndim == 0,
        f"The loss has shape {tuple(result.shape)}; one number for the batch is expected.",
    )
    got = float(result.detach())
    means = {name: float(error.mean().detach()) for name, error in wrong.items()}
    value = float(right.mean().detach())
    name_the_mistake(
        got,
        (
            (
                means["target"],
                "The copy is compared with the noisy input, so the network is asked to copy the "
                "noise too. The target is the clean picture.",
            ),
            (means["unused"], "The network sees clean pictures here: the noise is not used."),
            (
                means["turned"],
                "In and out are exchanged: clean pictures go in and noisy ones are asked for.",
            ),
            (means["noise"], "The copy is compared with the noise; the clean picture is asked."),
            (means["times"], "The noise is multiplied; it should be added."),
            (value * right.numel(), "That is the sum over the batch; the mean is expected."),
            (
                value * right.shape[1],
                "That is summed over the columns and averaged over the rows; take the mean over "
                "both.",
            ),
        ),
    )
    require(
        same_numbers(got, value),
        f"The loss is {got:.4f}; the mean of (model(clean + noise) − clean)² is {value:.4f}.",
    )
    require(
        result.requires_grad,
        "The number is right, but it has lost its graph, and backward() cannot go anywhere. "
        "Leave .item(), .detach() and no_grad() out of a loss.",
    )


# ------------------------------------------------------------------------------ 5 · fair errors

fair_errors = Exercise(
    "Return one score for each picture (n,), higher = more anomalous, in which a picture with "
    "little ink cannot hide.",
    hints=(
        "A picture with little ink cannot be copied very wrongly. What share of it is lost?",
        "Divide each row's squared error by something that grows with that row's ink.",
        "((pictures - copies) ** 2).sum(axis=1) / (pictures.sum(axis=1) + a_little) is one way; "
        "what is a blank picture's score?",
    ),
    praise="Right. Each copy is measured by what there was to copy, and by nothing else.",
)


@fair_errors.set_solution
def fair_errors_solution(pictures, copies):
    errors = ((pictures - copies) ** 2).sum(axis=1)
    return errors / (pictures.sum(axis=1) + 1e-6)


@fair_errors.set_check
def fair_errors_check(answer):
    thin, thick, blank = np.zeros((3, 64))
    thin[:4], thick[:32] = 1, 1
    bad_thin, good_thick, bad_thick = thin.copy(), thick.copy(), thick.copy()
    bad_thin[:3], good_thick[:8], bad_thick[:24] = 0, 0, 0
    stain = np.where(np.arange(64) < 10, 0.5, 0.0)
    pictures = np.stack([thin, thick, thick, blank, blank, thin])
    copies = np.stack([bad_thin, good_thick, bad_thick, blank, stain, blank])
    with np.errstate(divide="ignore", invalid="ignore"):
        result = answer(pictures.copy(), copies.copy())
        finite = result is None or np.isfinite(np.asarray(result, dtype=float)).all()
        require(
            finite,
            "A blank picture, or a blank copy, gets NaN or infinity: a division by zero. Add a "
            "little to what you divide by.",
        )
        got = as_array(result, what="the scores")
        require(got.shape == (6,), f"The scores have shape {got.shape}; (6,) is expected.")
        pairs = zip(pictures[:, None].copy(), copies[:, None].copy(), strict=True)
        alone = [answer(*pair) for pair in pairs]
        alone = np.concatenate([as_array(each, shape=(1,), what="a score") for each in alone])
    worse = "The copy that lost 24 of 32 pixels should score higher than the one that lost 8"
    require(got[2] > got[1], f"{worse}: a worse copy of the same picture is more anomalous.")
    require(
        same_numbers(alone, got),
        "A picture's score changes with the pictures beside it. Divide by a number of its own "
        "row, not by one of the whole batch.",
    )
    require(
        got[4] > got[3],
        "A blank picture that was copied with a stain scores no higher than one that was copied "
        "as blank.",
    )
    require(
        got[0] > got[1],
        "A thin picture that lost three quarters of its ink scores lower than a thick one that "
        "lost one quarter: the amount of ink still decides. Ask which share was lost.",
    )


# --------------------------------------------------------------------------------- 6 · snapshot

snapshot = Exercise(
    'Return {"model": …, "optimiser": …, "generator": …}, the states from which training goes on '
    "as if it had never stopped.",
    hints=(
        "model.state_dict(), optimiser.state_dict() and generator.get_state() are the states.",
        "A state dict holds the living tensors, not copies: the next step changes them under "
        "your hands.",
        "copy.deepcopy(…) around the whole dictionary.",
    ),
    praise="Right. Weights, Adam's memory and the order of the rows, frozen at one moment.",
)


@snapshot.set_solution
def snapshot_solution(model, optimiser, generator):
    states = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "generator": generator.get_state(),
    }
    return copy.deepcopy(states)


@snapshot.set_check
def snapshot_check(answer):
    with _fixed_random_numbers() as torch:
        _judge_snapshot(torch, answer)


def _judge_snapshot(torch, answer):
    """Go on from the snapshot and compare with the training that was never stopped."""
    rows = torch.randn(20, 3)

    def start():
        model = torch.nn.Linear(3, 3)
        optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
        return model, optimiser, torch.Generator().manual_seed(1)

    def steps(model, optimiser, generator):
        for _ in range(4):
            batch = rows[torch.randint(20, (5,), generator=generator)]
            optimiser.zero_grad()
            ((model(batch) - batch) ** 2).mean().backward()
            optimiser.step()
        return model.weight.detach().numpy().copy()

    unbroken = start()
    then = steps(*unbroken)
    memory = copy.deepcopy(unbroken[1].state_dict())
    taken = answer(*unbroken)
    _judge_form(taken)
    wanted = steps(*unbroken)  # the training that goes on while the snapshot lies there
    loaded = _through_a_file(torch, taken)
    require(
        same_numbers(loaded["model"]["weight"].detach().numpy(), then),
        "The weights in your snapshot moved on with the training: a state dict holds the living "
        "tensors. Put copies into it, as copy.deepcopy does.",
    )
    require(
        loaded["optimiser"]["state"] and _same_memory(loaded["optimiser"], memory),
        "The optimiser's state is empty or has moved on with the training. Adam keeps two "
        "numbers for each weight, and they need copies too.",
    )
    resumed = start()
    resumed[0].load_state_dict(loaded["model"])
    resumed[1].load_state_dict(loaded["optimiser"])
    resumed[2].set_state(loaded["generator"])
    require(
        same_numbers(steps(*resumed), wanted, 1e-6),
        "Training went on from your snapshot with other batches than without the stop. Keep "
        "generator.get_state(), and leave the generator as it is.",
    )


def _judge_form(taken):
    require(taken is not None, "Your function returned None: is a `return` missing?")
    require(isinstance(taken, dict), "A dictionary of three states is expected.")
    missing = [name for name in ("model", "optimiser", "generator") if name not in taken]
    losses = {
        "model": "without the weights there is nothing to go on from.",
        "optimiser": "Adam's running means would start at zero again, with steps of another size.",
        "generator": "the rows would come in another order than without the stop.",
    }
    if missing:
        raise Misconception(f"The key {missing[0]!r} is missing: {losses[missing[0]]}")
    require(
        not isinstance(taken["generator"], int),
        "A seed says where the generator started, not where it is now: generator.get_state().",
    )


def _through_a_file(torch, taken):
    """Write the snapshot and read it back the safe way."""
    file = io.BytesIO()
    refused = (
        "torch.load(…, weights_only=True) refuses your snapshot: it holds whole objects, whose "
        "unpickling may run code. Keep state_dict() and get_state(), which are numbers."
    )
    try:
        torch.save(taken, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=True)
    except Exception as error:
        raise Misconception(refused) from error
    whole = isinstance(loaded["model"], dict) and isinstance(loaded["optimiser"], dict)
    require(whole and "weight" in loaded["model"] and "state" in loaded["optimiser"], refused)
    return loaded


def _same_memory(one, other):
    pairs = [
        (one["state"].get(key, {}).get(name), value)
        for key, memory in other["state"].items()
        for name, value in memory.items()
    ]
    return all(a is not None and same_numbers(a.numpy(), b.numpy()) for a, b in pairs)
