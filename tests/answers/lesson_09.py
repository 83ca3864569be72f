"""Answers to the exercises of lesson 09: right ones in other styles, and wrong ones."""

import copy
import io

from answers import right, wrong
from course_utils.exercises import lesson_09 as ex

import numpy as np
import pandas as pd
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


@right(ex.train_step)
def step_by_slopes_asked_for(model, optimiser, inputs, targets):
    weights = list(model.parameters())
    loss = nn.functional.mse_loss(model(inputs), targets)
    for each, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        each.grad = slope
    optimiser.step()
    return np.float32(loss.detach().numpy())


@right(ex.train_step)
def step_with_a_closure(model, optimiser, inputs, targets):
    def closure():
        optimiser.zero_grad(set_to_none=False)
        loss = sum(
            ((copy - target) ** 2).sum()
            for copy, target in zip(model(inputs), targets, strict=True)
        ) / (targets.shape[0] * targets.shape[1])
        loss.backward()
        return loss

    return float(optimiser.step(closure).detach())


@right(ex.train_step)
def step_by_keywords(model=None, optimiser=None, inputs=None, targets=None):
    optimiser.zero_grad()
    loss = torch.mean(torch.pow(torch.sub(input=model(inputs), other=targets), exponent=2))
    loss.backward(gradient=torch.ones_like(loss))
    optimiser.step()
    return loss.detach().double().numpy()


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


@wrong(ex.train_step, "no slopes were found")
def step_without_backward(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).mean()
    optimiser.step()
    return loss.item()


@wrong(ex.train_step, "the `targets` that it was given")
def step_into_the_targets(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    copies = model(inputs)
    loss = (targets.sub_(copies.detach()) ** 2).mean()
    ((copies - (targets + copies.detach())) ** 2).mean().backward()
    optimiser.step()
    return loss.item()


@wrong(ex.train_step, "taken twice")
def step_with_the_loss_doubled(model, optimiser, inputs, targets):
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).mean()
    (2 * loss).backward()
    optimiser.step()
    return loss.item()


@wrong(ex.train_step, "With a network that bends the weights move")
def step_without_the_optimiser(model, optimiser, inputs, targets):
    rate = optimiser.param_groups[0]["lr"]
    optimiser.zero_grad()
    loss = ((model(inputs) - targets) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for each in model.parameters():
            each -= rate * each.grad
    return loss.item()


@wrong(ex.train_step, "With batch normalisation")
def step_in_evaluation_mode(model, optimiser, inputs, targets):
    return ex.train_step._solution(model.eval(), optimiser, inputs, targets)


wrong(ex.train_step, "is backward() missing")(lambda m, o, x, t: o.step())
wrong(ex.train_step, "no slopes were found")(lambda m, o, x, t: (o.zero_grad(), o.step()))
wrong(ex.train_step, "backward()")(lambda m, o, x, t: 0.0)
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


@right(ex.row_errors)
def errors_row_by_row(model, inputs):
    model.train(mode=False)
    copies = [model(row[None])[0].detach().numpy() for row in inputs]
    return [np.square(c - x).mean() for c, x in zip(copies, inputs.numpy(), strict=True)]


@right(ex.row_errors)
def errors_in_pandas(model, inputs):
    scorer = copy.deepcopy(model).eval()
    with torch.no_grad():
        table = pd.DataFrame((scorer(inputs) - inputs).numpy())
    return (table**2).mean(axis="columns")


@right(ex.row_errors)
def errors_by_torch_in_float32(model, inputs):
    model.eval()
    errors = nn.functional.mse_loss(input=model(inputs), target=inputs, reduction="none")
    return errors.mean(-1).detach().float().numpy()


@wrong(ex.row_errors, "the `inputs` that it was given")
def row_errors_into_the_inputs(model, inputs):
    model.eval()
    with torch.no_grad():
        return inputs.sub_(model(inputs)).square().mean(dim=1).numpy()


@wrong(ex.row_errors, "changes the model's weights")
def row_errors_with_training(model, inputs):
    errors = ex.row_errors._solution(model, inputs)
    with torch.no_grad():
        next(model.parameters()).mul_(0.9)
    return errors


@wrong(ex.row_errors, "freezes the model")
def row_errors_of_a_frozen_model(model, inputs):
    model.eval().requires_grad_(False)
    return ((model(inputs) - inputs) ** 2).mean(dim=1).numpy()


@wrong(ex.row_errors, "dropout is still drawing")
def row_errors_with_eval_too_late(model, inputs):
    copies = model(inputs)
    model.eval()
    return ((copies - inputs) ** 2).mean(dim=1).detach().numpy()


@wrong(ex.row_errors, "With batch normalisation")
def row_errors_with_dropout_alone_off(model, inputs):
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()
    return ((model(inputs) - inputs) ** 2).mean(dim=1).detach().numpy()


@wrong(ex.row_errors, "With dropout")
def row_errors_for_one_width(model, inputs):
    model.eval()
    return ((model(inputs) - inputs).detach() ** 2).sum(dim=1).numpy() / 5


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
wrong(ex.row_errors, "is expected")(lambda m, x: ex.row_errors._solution(m, x) + 1)

# ------------------------------------------------------------------------------- 3 · largest angle


@right(ex.largest_angle)
def angle_by_scipy(A, B):
    return np.rad2deg(subspace_angles(A, B))[0]


@right(ex.largest_angle)
def angle_by_projection(A, B):
    project = A @ np.linalg.pinv(A) - B @ np.linalg.pinv(B)
    return np.degrees(np.arcsin(np.linalg.norm(project, 2).clip(0, 1)))


@right(ex.largest_angle)
def angle_by_torch(A, B):
    first, second = (
        torch.linalg.qr(torch.tensor(each, dtype=torch.float64))[0] for each in (A, B)
    )
    cosines = torch.linalg.svdvals(first.T @ second).requires_grad_()
    return torch.rad2deg(torch.arccos(cosines.min().clamp(max=1)))


@right(ex.largest_angle)
def angle_in_float32(A, B):
    return ex.largest_angle._solution(A.astype(np.float32), B=B.astype(np.float32))


@right(ex.largest_angle)
def angle_step_by_step(A, B):
    def axes(matrix):
        found = []
        for column in np.asarray(matrix, dtype=float).T:
            for _ in range(2):
                for axis in found:
                    column = column - (column @ axis) * axis
            found.append(column / np.sqrt(column @ column))
        return np.array(found).T

    products = axes(A).T @ axes(B)
    smallest = max(0, np.linalg.eigvalsh(products.T @ products)[0])
    return [180 / np.pi * np.arccos(min(1, smallest**0.5))][0]


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
wrong(ex.largest_angle, "no angle")(lambda A, B: 0.0)
wrong(ex.largest_angle, "arcsin")(lambda A, B: 90 - np.array(ex.largest_angle._solution(A, B)))


@wrong(ex.largest_angle, "the largest angle is")
def largest_angle_always_right(A, B):
    return 90.0


@wrong(ex.largest_angle, "larger than 1")
def largest_angle_not_clipped(A, B):
    first, second = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    return np.degrees(np.arccos(np.linalg.svd(first.T @ second, compute_uv=False).min()))


@wrong(ex.largest_angle, "mean cosine")
def largest_angle_of_the_mean(A, B):
    first, second = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    cosines = np.linalg.svd(first.T @ second, compute_uv=False)
    return np.degrees(np.arccos(min(1, cosines.mean())))


@wrong(ex.largest_angle, "the `A` that it was given")
def largest_angle_in_place(A, B):
    angle = ex.largest_angle._solution(A, B)
    A[...] = 0
    return angle


wrong(ex.largest_angle, "no angle")(lambda A, B: angle_by_scipy(A.T, B.T))

# ------------------------------------------------------------------------------------- 4 · denoise


@right(ex.denoise)
def denoise_pixel_by_pixel(clean, noisy, new):
    lines = [np.polyfit(x, y, deg=1) for x, y in zip(noisy.T, clean.T, strict=True)]
    return [[a * x + b for (a, b), x in zip(lines, row, strict=True)] for row in new.tolist()]


@right(ex.denoise)
def denoise_by_trust(clean, noisy, new):
    varies, noise = pd.DataFrame(clean).var(), pd.DataFrame(noisy - clean).stack().var()
    trust = varies / (varies + noise)
    return trust * pd.DataFrame(new) + (1 - trust) * pd.DataFrame(clean).mean()


@right(ex.denoise)
def denoise_from_all_pixels(clean, noisy, new):
    x, y = (torch.from_numpy(each).float().requires_grad_() for each in (noisy, clean))
    columns = x - x.mean(dim=0)
    ridge = columns.T @ columns + 10 * torch.eye(x.shape[1])
    weights = torch.linalg.solve(ridge, columns.T @ (y - y.mean(dim=0)))
    return y.mean(dim=0) + (torch.from_numpy(new).float() - x.mean(dim=0)) @ weights


@right(ex.denoise)
def denoise_by_components(clean=None, noisy=None, new=None):
    mean = clean.mean(axis=0)
    axes = np.linalg.svd(clean - mean, full_matrices=False)[2][:4]
    return (mean + (new - mean) @ axes.T @ axes).clip(0, 1).astype(np.float32)


@right(ex.denoise)
def denoise_by_the_nearest(clean, noisy, new):
    apart = ((new[:, None] - noisy[None]) ** 2).sum(axis=-1)
    return clean[apart.argsort(axis=1)[:, :25]].mean(axis=1)


@wrong(ex.denoise, "would pass")
def denoise_by_one_line_for_all(clean, noisy, new):
    slope, offset = np.polyfit(noisy.ravel(), clean.ravel(), deg=1)
    return slope * new + offset


@wrong(ex.denoise, "would pass")
def denoise_by_lines_through_zero(clean, noisy, new):
    return new * ((noisy * clean).mean(axis=0) / (noisy**2).mean(axis=0))


@wrong(ex.denoise, "with all its noise")
def denoise_nothing(clean, noisy, new):
    return new


@wrong(ex.denoise, "one mean picture for all")
def denoise_to_the_mean(clean, noisy, new):
    return np.tile(clean.mean(axis=0), (len(new), 1))


@wrong(ex.denoise, "All pictures get the same guess")
def denoise_to_nothing(clean, noisy, new):
    return np.zeros(new.shape)


@wrong(ex.denoise, "pictures beside it")
def denoise_by_the_batch(clean, noisy, new):
    return ex.denoise._solution(clean, noisy, new) + 0.1 * new.mean()


@wrong(ex.denoise, "from call to call")
def denoise_with_chance(clean, noisy, new):
    return ex.denoise._solution(clean, noisy, new) + 0.01 * np.random.normal(size=new.shape)


@wrong(ex.denoise, "would pass")
def denoise_by_half(clean, noisy, new):
    return (new + clean.mean(axis=0)) / 2


@wrong(ex.denoise, "would pass")
def denoise_by_clipping(clean, noisy, new):
    return new.clip(0, 1)


@wrong(ex.denoise, "would pass")
def denoise_the_wrong_way(clean, noisy, new):
    return ex.denoise._solution(noisy, clean, new)


@wrong(ex.denoise, "the `new` that it was given")
def denoise_in_place(clean, noisy, new):
    guess = ex.denoise._solution(clean, noisy, new)
    new[...] = guess
    return guess


wrong(ex.denoise, "(200, 36) is expected")(lambda c, n, new: new.mean(axis=0))
wrong(ex.denoise, "`return`")(lambda c, n, new: print(end=""))

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


@right(ex.fair_errors)
def one_minus_correlation(pictures, copies):
    pairs = zip(pictures, copies, strict=True)
    return [1 - np.nan_to_num(np.corrcoef(*pair)[0, 1]) for pair in pairs]


@right(ex.fair_errors)
def one_minus_correlation_made_a_number(pictures, copies):
    p, c = pd.DataFrame(pictures.T), pd.DataFrame(copies.T)
    return np.nan_to_num(1 - p.corrwith(c))


@right(ex.fair_errors)
def angle_between_picture_and_copy(pictures, copies):
    with np.errstate(invalid="ignore"):
        size = np.linalg.norm(pictures, axis=1) * np.linalg.norm(copies, axis=1)
        return np.nan_to_num(1 - (pictures * copies).sum(axis=1) / size)


@right(ex.fair_errors)
def cosine_by_torch(pictures, copies):
    p, c = (torch.from_numpy(each).float().requires_grad_() for each in (pictures, copies))
    return 1 - nn.functional.cosine_similarity(p, c, dim=1)


@right(ex.fair_errors)
def ink_not_found_again(pictures, copies):
    return pd.Series(np.maximum(pictures - copies, 0).sum(axis=1) / (1e-9 + pictures.sum(axis=1)))


@right(ex.fair_errors)
def one_minus_overlap(pictures, copies):
    scores = []
    for picture, guess in zip(pictures.tolist(), copies.tolist(), strict=True):
        pairs = list(zip(picture, guess, strict=True))
        scores.append(1 - (1e-6 + sum(map(min, pairs))) / (1e-6 + sum(map(max, pairs))))
    return scores


@right(ex.fair_errors)
def errors_where_there_is_ink(pictures, copies):
    errors, ink = ((pictures - copies) ** 2).sum(axis=1), pictures.sum(axis=1)
    return np.divide(errors, ink, out=errors.copy(), where=ink > 0)


@right(ex.fair_errors)
def distance_on_unit_length(pictures, copies):
    p, c = (a / (np.linalg.norm(a, axis=1, keepdims=True) + 1e-9) for a in (pictures, copies))
    return np.linalg.norm(p - c, axis=1)


@right(ex.fair_errors)
def logarithm_of_the_share(pictures, copies):
    errors = ((pictures - copies) ** 2).mean(axis=1)
    return np.log(errors + 1e-9) - np.log(pictures.mean(axis=1) + 1e-9)


@wrong(ex.fair_errors, "now the thick ones hide")
def fair_errors_by_the_square_of_the_ink(pictures, copies):
    return ((pictures - copies) ** 2).sum(axis=1) / (pictures.sum(axis=1) + 1e-6) ** 2


@wrong(ex.fair_errors, "amounts of ink")
def fair_errors_of_the_histogram(pictures, copies):
    lost = (np.sort(pictures, axis=1) - np.sort(copies, axis=1)) ** 2
    return lost.sum(axis=1) / (pictures.sum(axis=1) + 1e-6)


@wrong(ex.fair_errors, "amounts of ink")
def fair_errors_of_the_total(pictures, copies):
    ink = pictures.sum(axis=1)
    return np.abs(ink - copies.sum(axis=1)) / (ink + 1e-6)


@wrong(ex.fair_errors, "amounts of ink")
def fair_errors_of_the_means(pictures, copies):
    return (pictures.mean(axis=1) - copies.mean(axis=1)) ** 2 / (pictures.mean(axis=1) ** 2 + 1e-6)


@wrong(ex.fair_errors, "little ink itself")
def fair_errors_for_thin_pictures(pictures, copies):
    return 0.01 * ((pictures - copies) ** 2).sum(axis=1) - pictures.sum(axis=1)


@wrong(ex.fair_errors, "scores no higher than one that lost a quarter")
def fair_errors_as_ranks_of_ink(pictures, copies):
    lost = pictures.sum(axis=1) - copies.sum(axis=1)
    moved = 0.01 * (np.abs(pictures - copies).sum(axis=1) - np.abs(lost))
    return (np.abs(lost) + moved) / (pictures.sum(axis=1) + 1e-6)


@wrong(ex.fair_errors, "at a second call")
def fair_errors_with_chance(pictures, copies):
    return ex.fair_errors._solution(pictures, copies) + 0.1 * np.random.rand(len(pictures))


@wrong(ex.fair_errors, "pictures beside it")
def fair_errors_as_ranks(pictures, copies):
    return ex.fair_errors._solution(pictures, copies).argsort().argsort()


@wrong(ex.fair_errors, "copied with a stain")
def fair_errors_with_a_little_less(pictures, copies):
    return ((pictures - copies) ** 2).sum(axis=1) / (pictures.sum(axis=1) - 1e-6)


@wrong(ex.fair_errors, "the `pictures` that it was given")
def fair_errors_in_place(pictures, copies):
    ink = pictures.sum(axis=1)
    pictures -= copies
    return (pictures**2).sum(axis=1) / (ink + 1e-6)


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


wrong(ex.fair_errors, "(26,) is expected")(lambda p, c: ((p - c) ** 2).mean())
wrong(ex.fair_errors, "is more anomalous")(lambda p, c: p.sum(axis=1) * 0)

# ------------------------------------------------------------------------------------ 6 · snapshot


@right(ex.snapshot)
def snapshot_by_clones(model, optimiser, generator):
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    memory = copy.deepcopy(optimiser.state_dict())
    return {"generator": generator.get_state(), "optimiser": memory, "model": weights, "epoch": 3}


@right(ex.snapshot)
def snapshot_through_a_file(model, optimiser, generator):
    file = io.BytesIO()
    states = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(states | {"generator": generator.get_state()}, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@right(ex.snapshot)
def snapshot_piece_by_piece(model, optimiser, generator):
    def copied(value):
        if isinstance(value, dict):
            return {key: copied(each) for key, each in value.items()}
        if isinstance(value, list):
            return [copied(each) for each in value]
        return value.detach().clone() if isinstance(value, torch.Tensor) else value

    return {
        "model": copied(model.state_dict()),
        "optimiser": copied(optimiser.state_dict()),
        "generator": torch.tensor(generator.get_state().tolist(), dtype=torch.uint8),
    }


@right(ex.snapshot)
def snapshot_of_copies(model, optimiser, generator):
    model, optimiser = copy.deepcopy((model, optimiser))
    states = [model.state_dict(), optimiser.state_dict(), generator.get_state()]
    return dict(zip(("model", "optimiser", "generator"), states, strict=True))


@wrong(ex.snapshot, "moved on with the training")
def snapshot_of_shallow_copies(model, optimiser, generator):
    states = {"model": model.state_dict().copy(), "optimiser": optimiser.state_dict().copy()}
    return states | {"generator": generator.get_state()}


@wrong(ex.snapshot, "not the one of that moment")
def snapshot_of_the_global_generator(model, optimiser, generator):
    return ex.snapshot._solution(model, optimiser, generator) | {
        "generator": torch.get_rng_state()
    }


@wrong(ex.snapshot, "running means of batch normalisation")
def snapshot_of_the_parameters(model, optimiser, generator):
    weights = {name: each.detach().clone() for name, each in model.named_parameters()}
    return ex.snapshot._solution(model, optimiser, generator) | {"model": weights}


@wrong(ex.snapshot, "moves the generator")
def snapshot_that_draws(model, optimiser, generator):
    torch.rand(3, generator=generator)
    return ex.snapshot._solution(model, optimiser, generator)


@wrong(ex.snapshot, "changes the model or the optimiser")
def snapshot_that_trains(model, optimiser, generator):
    optimiser.step()
    return ex.snapshot._solution(model, optimiser, generator)


@wrong(ex.snapshot, "not the one of that moment")
def snapshot_of_a_new_generator(model, optimiser, generator):
    again = torch.Generator().manual_seed(generator.initial_seed())
    return ex.snapshot._solution(model, optimiser, again)


@wrong(ex.snapshot, "state is empty")
def snapshot_of_a_new_optimiser(model, optimiser, generator):
    new = type(optimiser)(model.parameters(), lr=0.05)
    return ex.snapshot._solution(model, new, generator)


@wrong(ex.snapshot, "with parentheses")
def snapshot_without_the_weights(model, optimiser, generator):
    return ex.snapshot._solution(model, optimiser, generator) | {"model": generator.get_state()}


@wrong(ex.snapshot, "all of optimiser.state_dict()")
def snapshot_of_half_an_optimiser(model, optimiser, generator):
    half = copy.deepcopy(optimiser.state_dict()["state"])
    return ex.snapshot._solution(model, optimiser, generator) | {"optimiser": half}


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
