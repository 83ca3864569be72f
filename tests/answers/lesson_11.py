"""Answers to the exercises of lesson 11: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_11 as ex

import numpy as np
import torch


def steps_on(loss_of):
    def answer(generator, critic, optimiser, *rest):
        loss = loss_of(generator, critic, *rest)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return answer


# -------------------------------------------------------------------- 1 · the discriminator's loss


@right(ex.judge_loss)
def judge_by_softplus(real_logits, made_logits):
    def softplus(x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    return [softplus(-real_logits).mean() + softplus(made_logits).mean()]


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


wrong(ex.judge_loss, "`return`")(lambda real, made: print(end=""))
wrong(ex.judge_loss, "one number")(lambda real, made: real)
wrong(ex.judge_loss, "Only made rows")(lambda real, made: np.logaddexp(0, made).mean())
wrong(ex.judge_loss, "Only real rows")(lambda real, made: np.logaddexp(0, -real).mean())
wrong(ex.judge_loss, "add up to")(lambda real, made: 0.5)

# ---------------------------------------------------------------- 2 · an optimiser for each player

right(ex.two_optimisers)(lambda g, d, make: [make(list(g.parameters())), make(d.parameters())])


@wrong(ex.two_optimisers, "both players")
def two_optimisers_in_one(generator, discriminator, make):
    return make([*generator.parameters(), *discriminator.parameters()])


@wrong(ex.two_optimisers, "parameters of both networks")
def two_optimisers_over_everything(generator, discriminator, make):
    everything = [*generator.parameters(), *discriminator.parameters()]
    return make(everything), make(discriminator.parameters())


@wrong(ex.two_optimisers, "wrong order")
def two_optimisers_in_the_wrong_order(generator, discriminator, make):
    return make(discriminator.parameters()), make(generator.parameters())


@wrong(ex.two_optimisers, "no optimiser")
def two_optimisers_without_biases(generator, discriminator, make):
    return make([generator.weight]), make([discriminator.weight])


wrong(ex.two_optimisers, "Two optimisers are expected")(lambda g, d, make: (g, d))

# ------------------------------------------------------------------------------- 3 · modes covered


@right(ex.modes_covered)
def covered_by_a_loop(points, centres):
    count = 0
    for centre in centres:
        near = np.sqrt(((points - centre) ** 2).sum(axis=1)) < 0.3
        count += near.sum() >= 0.02 * len(points)
    return count


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

# --------------------------------------------------------------- 4 · where the penalty is measured


@right(ex.points_between)
def between_by_steps(real, made, share):
    return [m + s * (r - m) for r, m, s in zip(real, made, share, strict=True)]


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

# --------------------------------------------------------------------------- 5 · the critic's move


@right(ex.critic_step)
def critic_step_under_no_grad(generator, critic, optimiser, real, noise):
    with torch.no_grad():
        made = generator(noise)
    optimiser.zero_grad(set_to_none=False)
    loss = (critic(made) - critic(real)).mean()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


@wrong(ex.critic_step, "detach() was forgotten")
def critic_step_without_detach(generator, critic, optimiser, real, noise):
    loss = critic(generator(noise)).mean() - critic(real).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "Labels swapped")
def critic_step_with_swapped_labels(generator, critic, optimiser, real, noise):
    loss = critic(real).mean() - critic(generator(noise).detach()).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "earlier step")
def critic_step_without_zero_grad(generator, critic, optimiser, real, noise):
    loss = critic(generator(noise).detach()).mean() - critic(real).mean()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.critic_step, "graph behind it")
def critic_step_with_its_graph(generator, critic, optimiser, real, noise):
    loss = critic(generator(noise).detach()).mean() - critic(real).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss


wrong(ex.critic_step, "Take the mean")(
    steps_on(lambda g, c, real, z: c(g(z).detach()).sum() - c(real).sum())
)
wrong(ex.critic_step, "a step on this loss")(
    steps_on(lambda g, c, real, z: c(g(z).detach()).mean())
)
wrong(ex.critic_step, "No weight moved")(lambda g, c, o, real, z: 0.0)

# ------------------------------------------------------------------------ 6 · the generator's move


@wrong(ex.generator_step, "sign is turned")
def generator_step_with_the_wrong_sign(generator, critic, optimiser, noise):
    loss = critic(generator(noise)).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.generator_step, "cuts the path")
def generator_step_with_detach(generator, critic, optimiser, noise):
    loss = -critic(generator(noise).detach()).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@wrong(ex.generator_step, "earlier step")
def generator_step_without_zero_grad(generator, critic, optimiser, noise):
    loss = -critic(generator(noise)).mean()
    loss.backward()
    optimiser.step()
    return loss.item()


wrong(ex.generator_step, "Take the mean")(steps_on(lambda g, c, z: -c(g(z)).sum()))

# --------------------------------------------------------------------------------- 7 · fair scores


@right(ex.remaking_scores)
def scores_as_numpy(encoder, generator, rows):
    with torch.no_grad():
        return (rows - generator.eval()(encoder.eval()(rows))).abs().mean(1).numpy()


@wrong(ex.remaking_scores, "eval() was forgotten")
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
wrong(ex.remaking_scores, "is expected")(
    lambda e, g, rows: (e.eval(), g.eval(), rows[:, 0] * 0)[2]
)
