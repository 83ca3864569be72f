"""Answers to the exercises of lesson 09: right ones in other styles, and wrong ones."""

import copy

from answers import right, wrong
from course_utils.exercises import lesson_09 as ex

import numpy as np
import torch
from scipy.linalg import subspace_angles
from torch import nn

# -------------------------------------------------------------------------------- 1 · a train step


@right(ex.train_step)
def step_zeroed_by_the_model(model, optimiser, inputs, targets):
    model.zero_grad()
    loss = (model(inputs) - targets).square().mean()
    loss.backward()
    optimiser.step()
    return loss.detach()


@wrong(ex.train_step, "adds to what is there")
def train_step_without_zeroing(model, optimiser, inputs, targets):
    loss = ((model(inputs) - targets) ** 2).mean()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.train_step, "step grows with the batch")
def train_step_on_the_sum(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).sum()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.train_step, "still hangs on its graph")
def train_step_with_the_graph(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).mean()
    loss.backward()
    optimiser.step()
    return loss


@wrong(ex.train_step, "set to zero after backward()")
def train_step_zeroed_too_late(model, optimiser, inputs, targets):
    loss = ((model(inputs) - targets) ** 2).mean()
    loss.backward()
    optimiser.zero_grad()
    optimiser.step()
    return loss.item()


@wrong(ex.train_step, "step() uses them")
def train_step_without_the_step(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).mean()
    loss.backward()
    return loss.item()


@wrong(ex.train_step, "adds to what is there")
def step_with_mse_loss(model, optimiser, inputs, targets):
    loss = nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimiser.step()
    return float(loss.detach())


@wrong(ex.train_step, "over both")
def step_by_columns(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).sum(dim=1).mean()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.train_step, "after the step")
def step_told_late(model, optimiser, inputs, targets):
    ex.train_step._solution(model, optimiser, inputs, targets)
    return ((model(inputs) - targets) ** 2).mean().item()


wrong(ex.train_step, "is backward() missing")(lambda m, o, x, t: o.step())
wrong(ex.train_step, "is not returned")(
    lambda m, o, x, t: (ex.train_step._solution(m, o, x, t), None)[1]
)

# ---------------------------------------------------------------------------------- 2 · row errors


@right(ex.row_errors)
def errors_without_a_record(model, inputs):
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        errors = (model(inputs) - inputs).square().mean(axis=1)
    model.train(was_training)
    return errors.tolist()


@wrong(ex.row_errors, "no such tensor")
def row_errors_not_detached(model, inputs):
    model.eval()
    return ((model(inputs) - inputs) ** 2).mean(dim=1).numpy()


@wrong(ex.row_errors, "dropout is still drawing")
def row_errors_while_training(model, inputs):
    return ((model(inputs) - inputs).detach() ** 2).mean(dim=1).numpy()


@wrong(ex.row_errors, "averaged over the rows")
def row_errors_of_the_columns(model, inputs):
    model.eval()
    return ((model(inputs) - inputs).detach() ** 2).mean(dim=0).numpy()


@wrong(ex.row_errors, "one number for all rows")
def row_errors_of_everything(model, inputs):
    model.eval()
    return ((model(inputs) - inputs).detach() ** 2).mean().numpy()


@wrong(ex.row_errors, "a tensor may lie on another device")
def row_errors_as_a_tensor(model, inputs):
    model.eval()
    return ((model(inputs) - inputs).detach() ** 2).mean(dim=1)


wrong(ex.row_errors, "`return`")(lambda m, x: print(end=""))
wrong(ex.row_errors, "(7,) is expected")(lambda m, x: np.zeros((7, 5)))
wrong(ex.row_errors, "sign is turned")(lambda m, x: -ex.row_errors._solution(m, x))
wrong(ex.row_errors, "sum over the columns")(lambda m, x: 5 * ex.row_errors._solution(m, x))
wrong(ex.row_errors, "differ from the mean")(lambda m, x: ex.row_errors._solution(m, x) + 1)

# ------------------------------------------------------------------------------- 3 · largest angle


@right(ex.largest_angle)
def angle_by_scipy(A, B):
    return np.rad2deg(subspace_angles(A, B))[0]


@right(ex.largest_angle)
def angle_by_projection(A, B):
    project = A @ np.linalg.pinv(A) - B @ np.linalg.pinv(B)
    return np.degrees(np.arcsin(np.linalg.norm(project, 2).clip(0, 1)))


@wrong(ex.largest_angle, "columns one by one")
def largest_angle_column_by_column(A, B):
    A, B = A / np.linalg.norm(A, axis=0), B / np.linalg.norm(B, axis=0)
    cosines = np.abs((A * B).sum(axis=0))
    return np.degrees(np.arccos(np.clip(cosines.min(), 0, 1)))


@wrong(ex.largest_angle, "smallest of the angles")
def largest_angle_of_the_best_pair(A, B):
    first, second = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    cosines = np.linalg.svd(first.T @ second, compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.max(), 0, 1)))


@wrong(ex.largest_angle, "at right angles to each other")
def largest_angle_without_qr(A, B):
    A, B = A / np.linalg.norm(A, axis=0), B / np.linalg.norm(B, axis=0)
    cosines = np.linalg.svd(A.T @ B, compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.min(), 0, 1)))


@wrong(ex.largest_angle, "always span the same")
def largest_angle_of_the_rows(A, B):
    return ex.largest_angle._solution(A.T, B.T)


@wrong(ex.largest_angle, "in radians")
def largest_angle_in_radians(A, B):
    return np.radians(ex.largest_angle._solution(A, B))


wrong(ex.largest_angle, "One angle")(lambda A, B: np.degrees(subspace_angles(A, B)))
wrong(ex.largest_angle, "the largest angle is")(lambda A, B: 12.5)
wrong(ex.largest_angle, "no angle")(lambda A, B: angle_by_scipy(A.T, B.T))

# ------------------------------------------------------------------------------ 4 · denoising loss


@right(ex.denoising_loss)
def loss_by_torch(model, clean, noise):
    return nn.MSELoss()(model(noise + clean), clean)


@wrong(ex.denoising_loss, "copy the noise too")
def denoising_loss_with_a_noisy_target(model, clean, noise):
    noisy = clean + noise
    return ((model(noisy) - noisy) ** 2).mean()


@wrong(ex.denoising_loss, "noise is not used")
def denoising_loss_without_noise(model, clean, noise):
    return ((model(clean) - clean) ** 2).mean()


@wrong(ex.denoising_loss, "sum over the batch")
def denoising_loss_summed(model, clean, noise):
    return ((model(clean + noise) - clean) ** 2).sum()


@wrong(ex.denoising_loss, "lost its graph")
def denoising_loss_detached(model, clean, noise):
    return ((model(clean + noise) - clean) ** 2).mean().detach()


@wrong(ex.denoising_loss, "writes into the caller's tensor")
def denoising_loss_in_place(model, clean, noise):
    clean += noise
    return ((model(clean) - clean) ** 2).mean()


wrong(ex.denoising_loss, "exchanged")(lambda m, x, e: ((m(x) - x - e) ** 2).mean())
wrong(ex.denoising_loss, "with the noise")(lambda m, x, e: ((m(x + e) - e) ** 2).mean())
wrong(ex.denoising_loss, "multiplied")(lambda m, x, e: ((m(x * e) - x) ** 2).mean())
wrong(ex.denoising_loss, "A tensor")(lambda m, x, e: ((m(x + e) - x) ** 2).mean().item())
wrong(ex.denoising_loss, "one number")(lambda m, x, e: ((m(x + e) - x) ** 2).mean(dim=1))
wrong(ex.denoising_loss, "The loss is")(lambda m, x, e: (m(x + e) - x).abs().mean())

# --------------------------------------------------------------------------------- 5 · fair errors


@right(ex.fair_errors)
def share_not_explained(pictures, copies):
    lost = ((pictures - copies) ** 2).sum(axis=1)
    return lost / ((pictures**2).sum(axis=1) + 0.01)


@right(ex.fair_errors)
def one_minus_cosine(pictures, copies):
    size = np.linalg.norm(pictures, axis=1) * np.linalg.norm(copies, axis=1)
    alike = ((pictures * copies).sum(axis=1) + 1e-3) / (size + 1e-3)
    return (1 - alike + 1e-3 * np.linalg.norm(pictures - copies, axis=1)).astype(np.float32)


@wrong(ex.fair_errors, "amount of ink still decides")
def fair_errors_plain(pictures, copies):
    return ((pictures - copies) ** 2).mean(axis=1)


@wrong(ex.fair_errors, "a worse copy of the same picture")
def fair_errors_turned(pictures, copies):
    return -((pictures - copies) ** 2).mean(axis=1)


@wrong(ex.fair_errors, "division by zero")
def fair_errors_unguarded(pictures, copies):
    return ((pictures - copies) ** 2).sum(axis=1) / pictures.sum(axis=1)


@wrong(ex.fair_errors, "pictures beside it")
def fair_errors_by_the_batch(pictures, copies):
    errors = ((pictures - copies) ** 2).sum(axis=1)
    return errors / (pictures.sum() + 1e-6)


wrong(ex.fair_errors, "(6,) is expected")(lambda p, c: ((p - c) ** 2).mean())
wrong(ex.fair_errors, "is more anomalous")(lambda p, c: p.sum(axis=1) * 0)

# ------------------------------------------------------------------------------------ 6 · snapshot


@right(ex.snapshot)
def snapshot_by_clones(model, optimiser, generator):
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    memory = copy.deepcopy(optimiser.state_dict())
    return {"generator": generator.get_state(), "optimiser": memory, "model": weights, "epoch": 3}


@wrong(ex.snapshot, "moved on with the training")
def snapshot_of_living_tensors(model, optimiser, generator):
    return {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "generator": generator.get_state(),
    }


@wrong(ex.snapshot, "they need copies too")
def snapshot_with_a_living_optimiser(model, optimiser, generator):
    return {
        "model": copy.deepcopy(model.state_dict()),
        "optimiser": optimiser.state_dict(),
        "generator": generator.get_state(),
    }


@wrong(ex.snapshot, "'optimiser' is missing")
def snapshot_of_the_weights_alone(model, optimiser, generator):
    return {"model": copy.deepcopy(model.state_dict())}


@wrong(ex.snapshot, "'generator' is missing")
def snapshot_without_the_order(model, optimiser, generator):
    states = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
    return copy.deepcopy(states)


@wrong(ex.snapshot, "where the generator started")
def snapshot_with_a_seed(model, optimiser, generator):
    states = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
    return copy.deepcopy(states) | {"generator": generator.initial_seed()}


@wrong(ex.snapshot, "may run code")
def snapshot_of_whole_objects(model, optimiser, generator):
    states = {"model": copy.deepcopy(model), "optimiser": copy.deepcopy(optimiser.state_dict())}
    return states | {"generator": generator.get_state()}


wrong(ex.snapshot, "A dictionary")(lambda m, o, g: [m, o, g])
wrong(ex.snapshot, "`return`")(lambda m, o, g: print(end=""))
