"""Answers to the exercises of lesson 11: right ones in other styles, and wrong ones."""

import copy
import math

from answers import right, wrong
from course_utils.exercises import lesson_11 as ex

import numpy as np
import pandas as pd
import torch
from scipy import spatial, special
from sklearn import cluster, decomposition, neighbors
from torch import nn

# -------------------------------------------------------------------- 1 · the discriminator's loss


@right(ex.judge_loss)
def judge_by_softplus(real_logits, made_logits):
    def softplus(x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    return [softplus(-real_logits).mean() + softplus(made_logits).mean()]


@right(ex.judge_loss)
def judge_by_cross_entropy(real_logits, made_logits):
    loss_of = nn.functional.binary_cross_entropy_with_logits
    real, made = (torch.tensor(each, requires_grad=True) for each in (real_logits, made_logits))
    return loss_of(real, torch.ones_like(real)) + loss_of(
        input=made, target=torch.zeros_like(made)
    )


@right(ex.judge_loss)
def judge_as_the_lesson_plays(real_logits, made_logits):
    softplus = nn.functional.softplus
    return softplus(-real_logits).mean() + softplus(made_logits).mean()


@right(ex.judge_loss)
def judge_in_a_loop(real_logits, made_logits):
    loss = 0
    for logit in real_logits:
        loss += np.logaddexp(0, -logit) / len(real_logits)
    for logit in made_logits:
        loss += np.logaddexp(0, logit) / len(made_logits)
    return loss


@right(ex.judge_loss)
def judge_by_chances(real_logits=None, made_logits=None):
    real, made = real_logits.astype(np.float64), made_logits.astype(np.float64)
    return -pd.Series(special.log_expit(real)[:, 0]).mean() - special.log_expit(-made).mean()


@right(ex.judge_loss)
def judge_in_float32(real_logits, made_logits):
    real, made = np.float32(real_logits), np.float32(made_logits)
    return np.mean(np.logaddexp(np.float32(0), -real)) + np.mean(np.logaddexp(0, made))


@wrong(ex.judge_loss, "one mean over real and made rows together")
def judge_loss_over_all_rows(real_logits, made_logits):
    return np.logaddexp(0, np.concatenate([-real_logits, made_logits])).mean()


@wrong(ex.judge_loss, "one mean over real and made rows together")
def judge_loss_as_it_was_given(real_logits, made_logits):
    right = np.concatenate([real_logits, -made_logits])
    return np.log(1 + np.exp(-right)).mean()


@wrong(ex.judge_loss, "exp overflows")
def judge_loss_half_mended(real_logits, made_logits):
    return np.log(1 + np.exp(-real_logits)).mean() + np.log(1 + np.exp(made_logits)).mean()


@wrong(ex.judge_loss, "have no logarithm")
def judge_loss_of_the_logits(real_logits, made_logits):
    return -np.log(real_logits).mean() - np.log(1 - made_logits).mean()


@wrong(ex.judge_loss, "σ is taken twice")
def judge_loss_with_two_sigmoids(real_logits, made_logits):
    return ex.judge_loss._solution(special.expit(real_logits), special.expit(made_logits))


@wrong(ex.judge_loss, "a critic's loss")
def judge_loss_of_a_critic(real_logits, made_logits):
    return made_logits.mean() - real_logits.mean()


@wrong(ex.judge_loss, "Made rows are treated like real ones")
def judge_loss_of_real_rows_twice(real_logits, made_logits):
    return np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, -made_logits).mean()


@wrong(ex.judge_loss, "half the loss")
def judge_loss_halved(real_logits, made_logits):
    return ex.judge_loss._solution(real_logits, made_logits) / 2


@wrong(ex.judge_loss, "in bits")
def judge_loss_in_bits(real_logits, made_logits):
    return ex.judge_loss._solution(real_logits, made_logits) / np.log(2)


@wrong(ex.judge_loss, "part is subtracted")
def judge_loss_subtracted(real_logits, made_logits):
    return np.logaddexp(0, -real_logits).mean() - np.logaddexp(0, made_logits).mean()


@wrong(ex.judge_loss, "as logits of real rows")
def judge_loss_over_six_rows(real_logits, made_logits):
    return np.logaddexp(0, -real_logits[:6]).mean() + np.logaddexp(0, made_logits).mean()


@wrong(ex.judge_loss, "the `real_logits` that it was given")
def judge_loss_in_place(real_logits, made_logits):
    real_logits *= -1
    return np.logaddexp(0, real_logits).mean() + np.logaddexp(0, made_logits).mean()


@wrong(ex.judge_loss, "labels are swapped")
def judge_loss_with_swapped_labels(real_logits, made_logits):
    return np.logaddexp(0, real_logits).mean() + np.logaddexp(0, -made_logits).mean()


@wrong(ex.judge_loss, "sums over the rows")
def judge_loss_as_a_sum(real_logits, made_logits):
    return np.logaddexp(0, -real_logits).sum() + np.logaddexp(0, made_logits).sum()


@wrong(ex.judge_loss, "minimises")
def judge_loss_to_be_maximised(real_logits, made_logits):
    return -ex.judge_loss._solution(real_logits, made_logits)


@wrong(ex.judge_loss, "rather than with probabilities")
def judge_loss_from_probabilities(real_logits, made_logits):
    def chance(logits):
        return 1 / (1 + np.exp(-np.clip(logits, -500, 500)))

    tiny = 1e-12
    real_part = -np.log(chance(real_logits) + tiny).mean()
    return real_part - np.log(1 - chance(made_logits) + tiny).mean()


@wrong(ex.judge_loss, "exp overflows")
def judge_loss_by_log1p(real_logits, made_logits):
    return np.log1p(np.exp(-real_logits)).mean() + np.log1p(np.exp(made_logits)).mean()


@wrong(ex.judge_loss, "start from the logit")
def judge_loss_without_infinities(real_logits, made_logits):
    real, made = np.exp(-real_logits), np.exp(made_logits)
    return np.nan_to_num(np.log(1 + real).mean() + np.log(1 + made).mean())


@wrong(ex.judge_loss, "exp overflows")
def judge_loss_by_math(real_logits, made_logits):
    real = [math.log(1 + math.exp(-logit)) for logit in real_logits[:, 0].tolist()]
    made = [math.log(1 + math.exp(logit)) for logit in made_logits[:, 0].tolist()]
    return sum(real) / len(real) + sum(made) / len(made)


wrong(ex.judge_loss, "`return`")(lambda real, made: print(end=""))
wrong(ex.judge_loss, "one number")(lambda real, made: real)
wrong(ex.judge_loss, "Only made rows")(lambda real, made: np.logaddexp(0, made).mean())
wrong(ex.judge_loss, "Only real rows")(lambda real, made: np.logaddexp(0, -real).mean())
wrong(ex.judge_loss, "add up to")(lambda real, made: 0.5)

# ---------------------------------------------------------------------------- 2 · the judge's move


@right(ex.critic_step)
def critic_step_under_no_grad(generator, critic, optimiser, real, noise, loss_of):
    with torch.no_grad():
        made = generator(noise)
    optimiser.zero_grad(set_to_none=False)
    loss = loss_of(critic, real, made)
    loss.backward()
    optimiser.step()
    return float(loss.detach())


@right(ex.critic_step)
def critic_step_by_slopes_asked_for(generator, critic, optimiser, real, noise, loss_of):
    weights = list(critic.parameters())
    loss = loss_of(critic, real=real, made=generator(noise).clone().detach())
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = slope
    optimiser.step()
    return loss.detach()


@right(ex.critic_step)
def critic_step_by_numpy(
    generator=None, critic=None, optimiser=None, real=None, noise=None, loss_of=None
):
    made = torch.from_numpy(generator(noise).detach().numpy())
    critic.zero_grad()
    loss = loss_of(critic, real, made)
    loss.backward()
    optimiser.step()
    return np.float32(loss.detach().numpy())


@right(ex.critic_step)
def critic_step_in_a_closure(generator, critic, optimiser, real, noise, loss_of):
    made = generator(noise).data

    def closure():
        optimiser.zero_grad()
        loss = loss_of(critic, real, made)
        loss.backward()
        return loss

    return optimiser.step(closure).item()


@right(ex.critic_step)
def critic_step_with_slopes_for_the_critic_alone(g, critic, optimiser, real, noise, loss_of):
    optimiser.zero_grad()
    loss = loss_of(critic, real, g(noise))
    loss.backward(inputs=list(critic.parameters()))
    optimiser.step()
    return loss.tolist()


@wrong(ex.critic_step, "detach() was forgotten")
def critic_step_without_detach(generator, critic, optimiser, real, noise, loss_of):
    loss = loss_of(critic, real, generator(noise))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "earlier step")
def critic_step_without_zero_grad(generator, critic, optimiser, real, noise, loss_of):
    loss = loss_of(critic, real, generator(noise).detach())
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "earlier step")
def critic_step_as_it_was_given(generator, critic, optimiser, real, noise, loss_of):
    loss = loss_of(critic, real, generator(noise))
    loss.backward()
    optimiser.step()
    return loss


@wrong(ex.critic_step, "taken after the step")
def critic_step_told_late(generator, critic, optimiser, real, noise, loss_of):
    ex.critic_step._solution(generator, critic, optimiser, real, noise, loss_of)
    return loss_of(critic, real, generator(noise)).item()


@wrong(ex.critic_step, "cleared after backward()")
def critic_step_zeroed_too_late(generator, critic, optimiser, real, noise, loss_of):
    loss = loss_of(critic, real, generator(noise).detach())
    loss.backward()
    optimiser.zero_grad()
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "step() has to follow")
def critic_step_without_the_step(generator, critic, optimiser, real, noise, loss_of):
    optimiser.zero_grad()
    loss = loss_of(critic, real, generator(noise).detach())
    loss.backward()
    return loss.item()


@wrong(ex.critic_step, "backward() is missing")
def critic_step_without_slopes(generator, critic, optimiser, real, noise, loss_of):
    optimiser.zero_grad()
    loss = loss_of(critic, real, generator(noise).detach())
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "nothing to follow")
def critic_step_without_a_graph(generator, critic, optimiser, real, noise, loss_of):
    optimiser.zero_grad()
    with torch.no_grad():
        loss = loss_of(critic, real, generator(noise))
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "clipped to ±0.01")
def critic_step_with_clipping(generator, critic, optimiser, *rest):
    loss = ex.critic_step._solution(generator, critic, optimiser, *rest)
    with torch.no_grad():
        for each in critic.parameters():
            each.clamp_(-0.01, 0.01)
    return loss


@wrong(ex.critic_step, "comes back frozen")
def critic_step_that_freezes_the_generator(generator, *rest):
    generator.requires_grad_(False)
    return ex.critic_step._solution(generator, *rest)


@wrong(ex.critic_step, "comes back in evaluation mode")
def critic_step_in_evaluation_mode(generator, critic, *rest):
    return ex.critic_step._solution(generator, critic.eval(), *rest)


@wrong(ex.critic_step, "With another width the critic's weights")
def critic_step_without_the_optimiser(generator, critic, optimiser, *rest):
    ours = torch.optim.SGD(critic.parameters(), optimiser.param_groups[0]["lr"])
    return ex.critic_step._solution(generator, critic, ours, *rest)


@wrong(ex.critic_step, "taken twice")
def critic_step_taken_twice(generator, critic, optimiser, *rest):
    loss = ex.critic_step._solution(generator, critic, optimiser, *rest)
    optimiser.step()
    return loss


@wrong(ex.critic_step, "the `real` that it was given")
def critic_step_into_the_real_rows(generator, critic, optimiser, real, noise, loss_of):
    loss = ex.critic_step._solution(generator, critic, optimiser, real, noise, loss_of)
    real.zero_()
    return loss


@wrong(ex.critic_step, "graph behind it")
def critic_step_with_its_graph(generator, critic, optimiser, real, noise, loss_of):
    loss = loss_of(critic, real, generator(noise).detach())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss


def critic_step_on(own_loss):
    return lambda g, c, optimiser, real, z, loss_of: ex.critic_step._solution(
        g, c, optimiser, real, z, own_loss
    )


wrong(ex.critic_step, "the discriminator's loss, whatever")(
    critic_step_on(
        lambda c, real, made: (
            nn.functional.softplus(c(made)).mean() + nn.functional.softplus(-c(real)).mean()
        )
    )
)
wrong(ex.critic_step, "mean C(made) − mean C(real), whatever")(
    critic_step_on(lambda c, real, made: c(made).mean() - c(real).mean())
)
wrong(ex.critic_step, "in the row of all of the critic's weights")(
    critic_step_on(lambda c, real, made: (c(made).mean() - c(real).mean()) ** 2)
)
wrong(ex.critic_step, "changed places")(
    lambda g, c, optimiser, real, z, loss_of: ex.critic_step._solution(
        g, c, optimiser, real, z, lambda c, real, made: loss_of(c, made, real)
    )
)
wrong(ex.critic_step, "sign is turned")(
    lambda g, c, optimiser, real, z, loss_of: ex.critic_step._solution(
        g, c, optimiser, real, z, lambda *rest: -loss_of(*rest)
    )
)
wrong(ex.critic_step, "return the loss")(
    lambda *given: (ex.critic_step._solution(*given), None)[1]
)
wrong(ex.critic_step, "has the other sign")(lambda *given: -ex.critic_step._solution(*given))
wrong(ex.critic_step, "slopes of an earlier step alone")(
    lambda g, c, optimiser, real, z, loss_of: (optimiser.step(), 0.0)[1]
)
wrong(ex.critic_step, "No weight moved")(lambda g, c, o, real, z, loss_of: 0.0)

# ------------------------------------------------------------------------ 3 · the generator's move


@right(ex.generator_step)
def generator_step_with_a_still_critic(generator, critic, optimiser, noise, loss_of):
    critic.requires_grad_(False)
    loss = loss_of(critic(generator(noise)))
    critic.requires_grad_(True)
    optimiser.zero_grad(set_to_none=False)
    loss.backward()
    optimiser.step()
    return loss.detach().numpy()


@right(ex.generator_step)
def generator_step_by_slopes_asked_for(
    generator=None, critic=None, optimiser=None, noise=None, loss_of=None
):
    weights = list(generator.parameters())
    loss = loss_of(critic(generator(noise)))
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = slope
    optimiser.step()
    return loss.detach()


@right(ex.generator_step)
def generator_step_by_the_chain(generator, critic, optimiser, noise, loss_of):
    made = generator(noise)
    stop = made.detach().requires_grad_()
    value = loss_of(critic(stop))
    (slopes,) = torch.autograd.grad(value, stop)
    generator.zero_grad()
    made.backward(gradient=slopes)
    optimiser.step()
    return np.float32(value.item())


@right(ex.generator_step)
def generator_step_through_fixed_weights(generator, critic, optimiser, noise, loss_of):
    fixed = {name: weight.detach() for name, weight in critic.named_parameters()}
    optimiser.zero_grad()
    loss = loss_of(torch.func.functional_call(critic, fixed, (generator(noise),)))
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.generator_step, "moved as well")
def generator_step_that_moves_both(generator, critic, *rest):
    loss = ex.generator_step._solution(generator, critic, *rest)
    torch.optim.SGD(critic.parameters(), lr=0.1).step()
    return loss


@wrong(ex.generator_step, "comes back frozen")
def generator_step_that_freezes_the_critic(generator, critic, *rest):
    critic.requires_grad_(False)
    return ex.generator_step._solution(generator, critic, *rest)


@wrong(ex.generator_step, "batch normalisation in the generator the generator's weights")
def generator_step_in_evaluation_mode(generator, *rest):
    loss = ex.generator_step._solution(generator.eval(), *rest)
    generator.train()
    return loss


@wrong(ex.generator_step, "taken after the step")
def generator_step_told_late(generator, critic, optimiser, noise, loss_of):
    ex.generator_step._solution(generator, critic, optimiser, noise, loss_of)
    return loss_of(critic(generator(noise))).item()


@wrong(ex.generator_step, "graph behind it")
def generator_step_with_its_graph(generator, critic, optimiser, noise, loss_of):
    loss = loss_of(critic(generator(noise)))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss


@wrong(ex.generator_step, "nothing to follow")
def generator_step_on_a_number(generator, critic, optimiser, noise, loss_of):
    loss = torch.tensor(loss_of(critic(generator(noise))).item())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.generator_step, "the `noise` that it was given")
def generator_step_into_the_noise(generator, critic, optimiser, noise, loss_of):
    loss = ex.generator_step._solution(generator, critic, optimiser, noise, loss_of)
    noise.normal_()
    return loss


@wrong(ex.generator_step, "cuts the path")
def generator_step_with_detach(generator, critic, optimiser, noise, loss_of):
    loss = loss_of(critic(generator(noise).detach()))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.generator_step, "earlier step")
def generator_step_without_zero_grad(generator, critic, optimiser, noise, loss_of):
    loss = loss_of(critic(generator(noise)))
    loss.backward()
    optimiser.step()
    return loss.item()


def generator_step_on(own_loss):
    return lambda g, c, optimiser, z, loss_of: ex.generator_step._solution(
        g, c, optimiser, z, own_loss
    )


wrong(ex.generator_step, "−log σ of a logit, whatever")(
    generator_step_on(lambda logits: nn.functional.softplus(-logits).mean())
)
wrong(ex.generator_step, "−mean C(made), whatever")(generator_step_on(lambda v: -v.mean()))
wrong(ex.generator_step, "in the row of all of the generator's weights")(
    generator_step_on(lambda values: values.square().mean())
)
wrong(ex.generator_step, "backward() is missing")(
    lambda g, c, optimiser, z, loss_of: (optimiser.zero_grad(), optimiser.step())
)
wrong(ex.generator_step, "sign is turned")(
    lambda g, c, optimiser, z, loss_of: ex.generator_step._solution(
        g, c, optimiser, z, lambda values: -loss_of(values)
    )
)

# ------------------------------------------------------------------------------- 4 · modes covered


@right(ex.modes_covered)
def covered_by_a_loop(points, centres):
    count = 0
    for centre in centres:
        near = np.sqrt(((points - centre) ** 2).sum(axis=1)) < 0.3
        count += near.sum() >= 0.02 * len(points)
    return count


@right(ex.modes_covered)
def covered_by_a_table(points, centres):
    near = pd.DataFrame(spatial.distance.cdist(points, centres)).le(0.3)
    return near.mean().ge(0.02).sum()


@right(ex.modes_covered)
def covered_by_torch(points, centres):
    given = torch.tensor(points, requires_grad=True)
    far = torch.cdist(
        given, torch.from_numpy(centres), compute_mode="donot_use_mm_for_euclid_dist"
    )
    return ((far <= 0.3).double().mean(dim=0) >= 0.02).sum()


@right(ex.modes_covered)
def covered_by_a_tree(points=None, centres=None):
    found = spatial.KDTree(points).query_ball_point(centres, r=0.3)
    return float(sum(100 * len(each) / len(points) >= 2 for each in found))


@right(ex.modes_covered)
def covered_by_squares(points, centres):
    x, y = (points[:, None] - centres).transpose(2, 0, 1)
    squares = np.einsum("nmk,nmk->nm", np.stack([x, y], 2), np.stack([x, y], 2))
    return np.count_nonzero(np.count_nonzero(squares <= 0.09, axis=0) * 50 >= len(points))


@wrong(ex.modes_covered, "the root is missing")
def modes_covered_by_squared_distance(points, centres):
    squares = ((points[:, None] - centres) ** 2).sum(axis=2)
    return ((squares <= 0.3).mean(axis=0) >= 0.02).sum()


@wrong(ex.modes_covered, "way along streets")
def modes_covered_by_streets(points, centres):
    far = np.abs(points[:, None] - centres).sum(axis=2)
    return ((far <= 0.3).mean(axis=0) >= 0.02).sum()


@wrong(ex.modes_covered, "a square is drawn")
def modes_covered_by_squares(points, centres):
    far = np.abs(points[:, None] - centres).max(axis=2)
    return ((far <= 0.3).mean(axis=0) >= 0.02).sum()


@wrong(ex.modes_covered, "of them have 2 %")
def modes_covered_within_half_the_radius(points, centres):
    far = np.linalg.norm(points[:, None] - centres, axis=2)
    return ((far <= 0.15).mean(axis=0) >= 0.02).sum()


@wrong(ex.modes_covered, "is a share")
def modes_covered_by_two_points(points, centres):
    far = np.linalg.norm(points[:, None] - centres, axis=2)
    return ((far <= 0.3).sum(axis=0) >= 2).sum()


@wrong(ex.modes_covered, "exactly 2 %")
def modes_covered_by_more_than_two_percent(points, centres):
    far = np.linalg.norm(points[:, None] - centres, axis=2)
    return ((far <= 0.3).mean(axis=0) > 0.02).sum()


@wrong(ex.modes_covered, "among all points")
def modes_covered_of_the_near_ones(points, centres):
    near = np.linalg.norm(points[:, None] - centres, axis=2) <= 0.3
    return (near.sum(axis=0) >= 0.02 * near.any(axis=1).sum()).sum()


@wrong(ex.modes_covered, "centres close together")
def modes_covered_each_point_once(points, centres):
    far = np.linalg.norm(points[:, None] - centres, axis=2)
    near = (far <= 0.3) & (far.argmin(axis=1)[:, None] == np.arange(len(centres)))
    return (near.mean(axis=0) >= 0.02).sum()


wrong(ex.modes_covered, "are missed")(lambda p, c: len(c) - ex.modes_covered._solution(p, c))
wrong(ex.modes_covered, "share of the centres")(
    lambda p, c: ex.modes_covered._solution(p, c) / len(c)
)


@wrong(ex.modes_covered, "Nearest is not near")
def modes_covered_by_the_nearest(points, centres):
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
    return (np.bincount(nearest, minlength=len(centres)) >= 0.02 * len(points)).sum()


@wrong(ex.modes_covered, "single stray point")
def modes_covered_by_any_point(points, centres):
    distances = np.linalg.norm(points[:, None] - centres, axis=2)
    return (distances <= 0.3).any(axis=0).sum()


@wrong(ex.modes_covered, "not centres")
def modes_covered_as_good_points(points, centres):
    distances = np.linalg.norm(points[:, None] - centres, axis=2)
    return (distances <= 0.3).any(axis=1).sum()


wrong(ex.modes_covered, "One number")(lambda points, centres: points)
wrong(ex.modes_covered, "You counted 3")(lambda points, centres: 3)

# --------------------------------------------------------------- 5 · where the penalty is measured


@right(ex.points_between)
def between_by_steps(real, made, share):
    return [m + s * (r - m) for r, m, s in zip(real, made, share, strict=True)]


@right(ex.points_between)
def between_by_torch(real, made, share):
    real, made, share = (torch.tensor(each, requires_grad=True) for each in (real, made, share))
    return torch.lerp(input=made, end=real, weight=share[:, None])


@right(ex.points_between)
def between_as_the_lesson_measures(real, made, share):
    return torch.lerp(made, real, share.unsqueeze(1)).requires_grad_()


@right(ex.points_between)
def between_by_einsum(real, made, share):
    weights = np.stack([share, 1 - share])
    return np.einsum("kn,knd->nd", weights, np.stack([real, made])).astype(np.float32)


@right(ex.points_between)
def between_by_a_table(real=None, made=None, share=None):
    rest = pd.DataFrame(made).mul(1 - share, axis=0)
    return pd.DataFrame(real).mul(share, axis="index") + rest


right(ex.points_between)(lambda real, made, share: (share * real.T + (1 - share) * made.T).T)


@wrong(ex.points_between, "multiplied by the share")
def points_between_with_one_share_for_both(real, made, share):
    return share[:, None] * real + share[:, None] * made


@wrong(ex.points_between, "Start at the made row")
def points_between_without_a_start(real, made, share):
    return share[:, None] * (real - made)


@wrong(ex.points_between, "one and the same share")
def points_between_at_one_share(real, made, share):
    return share[0] * real + (1 - share[0]) * made


@wrong(ex.points_between, "there whole")
def points_between_with_all_that_was_made(real, made, share):
    return share[:, None] * real + made


@wrong(ex.points_between, "with more rows than columns")
def points_between_for_squares(real, made, share):
    share = np.outer(share, np.ones(len(share)))
    return share * real + (1 - share) * made


@wrong(ex.points_between, "the `made` that it was given")
def points_between_in_place(real, made, share):
    made += share[:, None] * (real - made)
    return made.copy()


@wrong(ex.points_between, "real rows themselves")
def points_between_at_the_real_rows(real, made, share):
    return real


@wrong(ex.points_between, "ran along the columns")
def points_between_with_a_share_per_column(real, made, share):
    return share * real + (1 - share) * made


@wrong(ex.points_between, "half-way")
def points_between_half_way(real, made, share):
    return (real + made) / 2


@wrong(ex.points_between, "exchanged")
def points_between_turned_round(real, made, share):
    return ex.points_between._solution(made, real, share)


wrong(ex.points_between, "made rows themselves")(lambda real, made, share: made)
wrong(ex.points_between, "row by row")(lambda real, made, share: real - made)
wrong(ex.points_between, "shape")(lambda real, made, share: share)

# --------------------------------------------------------------------------------- 6 · fair scores


@right(ex.remaking_scores)
def scores_as_numpy(encoder, generator, rows):
    with torch.no_grad():
        return (rows - generator.eval()(encoder.eval()(rows))).abs().mean(1).numpy()


@right(ex.remaking_scores)
def scores_in_training_again(encoder, generator, rows):
    encoder.eval(), generator.eval()
    copies = generator(encoder(rows))
    encoder.train(), generator.train()
    return nn.functional.l1_loss(copies, rows, reduction="none").mean(dim=-1).detach().float()


@right(ex.remaking_scores)
def scores_of_copied_networks(encoder, generator, rows):
    remake = copy.deepcopy(nn.Sequential(encoder, generator)).eval()
    with torch.inference_mode():
        return pd.DataFrame((remake(rows) - rows).numpy()).abs().mean(axis="columns")


@right(ex.remaking_scores)
def scores_row_by_row(encoder=None, generator=None, rows=None):
    encoder.train(mode=False)
    generator.train(mode=False)
    copies = [generator(encoder(row[None]))[0].tolist() for row in rows]
    pairs = zip(copies, rows.tolist(), strict=True)
    return [sum(abs(c - x) for c, x in zip(*pair, strict=True)) / len(pair[0]) for pair in pairs]


@wrong(ex.remaking_scores, "The generator scored in training mode")
def remaking_scores_with_half_an_eval(encoder, generator, rows):
    encoder.eval()
    return (rows - generator(encoder(rows))).abs().mean(dim=1).detach()


@wrong(ex.remaking_scores, "roots of mean squares")
def remaking_scores_as_roots(encoder, generator, rows):
    encoder.eval(), generator.eval()
    errors = (rows - generator(encoder(rows))).square().mean(dim=1).sqrt().detach()
    encoder.train(), generator.train()
    return errors


@wrong(ex.remaking_scores, "roots of sums of squares")
def remaking_scores_as_distances(encoder, generator, rows):
    encoder.eval(), generator.eval()
    return (rows - generator(encoder(rows))).norm(dim=1).detach()


@wrong(ex.remaking_scores, "not the rows' mean")
def remaking_scores_of_the_first_columns(encoder, generator, rows):
    encoder.eval(), generator.eval()
    errors = (rows - generator(encoder(rows))).abs().detach()
    encoder.train(), generator.train()
    return errors[:, :2].mean(dim=1)


@wrong(ex.remaking_scores, "averaged over the rows")
def remaking_scores_of_columns(encoder, generator, rows):
    encoder.eval(), generator.eval()
    return (rows - generator(encoder(rows))).abs().mean(dim=0).detach()


@wrong(ex.remaking_scores, "With dropout in the encoder")
def remaking_scores_for_four_columns(encoder, generator, rows):
    encoder.eval(), generator.eval()
    return (rows - generator(encoder(rows))).abs().sum(dim=1).detach() / 4


@wrong(ex.remaking_scores, "the `rows` that it was given")
def remaking_scores_in_place(encoder, generator, rows):
    encoder.eval(), generator.eval()
    with torch.no_grad():
        return rows.sub_(generator(encoder(rows))).abs().mean(dim=1)


wrong(ex.remaking_scores, "sums over the columns")(
    lambda e, g, rows: 4 * ex.remaking_scores._solution(e, g, rows)
)
wrong(ex.remaking_scores, "sign is turned")(
    lambda e, g, rows: -ex.remaking_scores._solution(e, g, rows)
)
wrong(ex.remaking_scores, "are squares")(
    lambda e, g, rows: (rows - g.eval()(e.eval()(rows))).square().mean(dim=1).detach()
)
wrong(ex.remaking_scores, "largest error")(
    lambda e, g, rows: (rows - g.eval()(e.eval()(rows))).abs().amax(dim=1).detach()
)


@wrong(ex.remaking_scores, "The encoder and the generator scored in training mode")
def remaking_scores_in_training_mode(encoder, generator, rows):
    return (rows - generator(encoder(rows))).abs().mean(dim=1).detach()


@wrong(ex.remaking_scores, "One number for all rows")
def remaking_scores_as_one_number(encoder, generator, rows):
    encoder.eval()
    generator.eval()
    return (rows - generator(encoder(rows))).abs().mean().detach()


@wrong(ex.remaking_scores, "cancel")
def remaking_scores_with_signs(encoder, generator, rows):
    encoder.eval()
    generator.eval()
    return (rows - generator(encoder(rows))).mean(dim=1).detach()


@wrong(ex.remaking_scores, "carry slopes")
def remaking_scores_with_slopes(encoder, generator, rows):
    encoder.eval()
    generator.eval()
    return (rows - generator(encoder(rows))).abs().mean(dim=1)


wrong(ex.remaking_scores, "`return`")(lambda e, g, rows: print(end=""))
wrong(ex.remaking_scores, "one for each")(lambda e, g, rows: rows)
wrong(ex.remaking_scores, "was not asked")(
    lambda e, g, rows: (e.eval(), g.eval(), rows[:, 0] * 0)[2]
)


# ----------------------------------------------------------------------- 7 · a rival without a net


@right(ex.plain_rival)
def rival_by_the_nearest(normal, new):
    return [((normal - row) ** 2).sum(axis=1).min() for row in new]


@right(ex.plain_rival)
def rival_by_torch(normal, new):
    far = torch.cdist(torch.tensor(new), torch.tensor(normal))
    return far.topk(3, largest=False).values.mean(dim=1).float()


@right(ex.plain_rival)
def rival_by_components(normal, new):
    pca = decomposition.PCA(8, random_state=0).fit(normal)
    return pd.Series(((new - pca.inverse_transform(pca.transform(new))) ** 2).mean(axis=1))


@right(ex.plain_rival)
def rival_by_kinds(normal=None, new=None):
    kinds = cluster.KMeans(30, n_init=1, random_state=0).fit(normal)
    return kinds.transform(new).min(axis=1)


@right(ex.plain_rival)
def rival_by_density(normal, new):
    return -neighbors.KernelDensity(bandwidth=0.5).fit(normal).score_samples(new)


@wrong(ex.plain_rival, "distance to the mean picture has")
def rival_by_the_mean(normal, new):
    return np.abs(new - normal.mean(axis=0)).mean(axis=1)


@wrong(ex.plain_rival, "would pass")
def rival_by_standard_scores(normal, new):
    return (((new - normal.mean(axis=0)) / (normal.std(axis=0) + 0.05)) ** 2).mean(axis=1)


@wrong(ex.plain_rival, "as the odd one")
def rival_by_ink(normal, new):
    return np.abs(new.sum(axis=1) - normal.sum(axis=1).mean())


@wrong(ex.plain_rival, "sign is turned")
def rival_turned_round(normal, new):
    return -ex.plain_rival._solution(normal, new)


@wrong(ex.plain_rival, "rows beside it")
def rival_among_the_new(normal, new):
    scores = ex.plain_rival._solution(normal, new)
    return scores - scores.mean()


@wrong(ex.plain_rival, "the `new` that it was given")
def rival_in_place(normal, new):
    scores = ex.plain_rival._solution(normal, new)
    new -= normal.mean(axis=0)
    return scores


wrong(ex.plain_rival, "NaN or infinite")(lambda normal, new: np.full(len(new), np.nan))
wrong(ex.plain_rival, "shape")(lambda normal, new: 0.5)
wrong(ex.plain_rival, "returned None")(lambda normal, new: print(end=""))
