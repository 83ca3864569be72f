"""Exercises of lesson 11: the players' losses and moves, modes, the penalty's place, scores."""

from __future__ import annotations

import math

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# -------------------------------------------------------------------- 1 · the discriminator's loss

judge_loss = Exercise(
    "Return the discriminator's loss: the mean of −log p over real rows plus the mean of "
    "−log(1 − p) over made rows, where p = σ(logit).",
    hints=(
        "−log σ(l) is log(1 + exp(−l)), and −log(1 − σ(l)) is log(1 + exp(l)).",
        "np.logaddexp(0, l) is log(1 + exp(l)), and stays finite for large l.",
        "np.logaddexp(0, -real_logits).mean() for the real rows; the made rows have no minus.",
    ),
    praise="Right. 2 log 2, about 1.386, is the loss of a judge that knows nothing.",
)


@judge_loss.set_solution
def judge_loss_solution(real_logits, made_logits):
    real_part = np.logaddexp(0, -real_logits).mean()
    made_part = np.logaddexp(0, made_logits).mean()
    return real_part + made_part


@judge_loss.set_check
def judge_loss_check(answer):
    draw = np.random.default_rng(11)
    real, made = draw.normal(1, 1, (6, 1)), draw.normal(-0.5, 1, (4, 1))
    got = as_array(answer(real.copy(), made.copy()), what="the loss")
    require(
        got.size == 1,
        f"The loss has shape {got.shape}; one number is expected, the mean over the rows.",
    )
    got = got.reshape(())
    on_real, on_made = np.logaddexp(0, -real), np.logaddexp(0, made)
    swapped = np.logaddexp(0, real).mean() + np.logaddexp(0, -made).mean()
    name_the_mistake(
        got,
        (
            (
                swapped,
                "The labels are swapped: this judge is rewarded for calling real rows made and "
                "made rows real. A real row should cost little when its logit is high.",
            ),
            (
                on_real.sum() + on_made.sum(),
                "These are sums over the rows. Take the mean of each part, or the learning rate "
                "has to change with the batch size.",
            ),
            (
                -(on_real.mean() + on_made.mean()),
                "The sign is turned: this is what the discriminator maximises. An optimiser "
                "minimises, so the loss is its negative.",
            ),
            (
                on_made.mean(),
                "Only made rows count here. Without real rows the judge learns to call "
                "everything made.",
            ),
            (
                on_real.mean(),
                "Only real rows count here. Without made rows the judge learns to call "
                "everything real.",
            ),
            (
                on_real.mean() + np.logaddexp(0, -made).mean(),
                "Made rows are treated like real ones. They should cost little when their logit "
                "is low: log(1 + exp(l)), without the minus.",
            ),
        ),
    )
    expected = on_real.mean() + on_made.mean()
    require(
        same_numbers(got, expected),
        f"The loss is {float(got):.4f}; the two means add up to {expected:.4f}.",
    )
    far = np.asarray(answer(np.array([[-900.0]]), np.array([[900.0]])), dtype=float)
    require(
        np.isfinite(far).all() and abs(float(far.reshape(())) - 1800) < 1e-6,
        "A logit of ±900 gives an infinite or cut-off loss: σ rounds to 0 there. Compute with "
        "logits, np.logaddexp(0, l), rather than with probabilities.",
    )


# ---------------------------------------------------------------- 2 · an optimiser for each player

two_optimisers = Exercise(
    "Return two optimisers, the generator's and the discriminator's; make(parameters) makes one.",
    hints=(
        "An optimiser moves all the parameters it was given, whichever loss was differentiated.",
        "generator.parameters() are those of one player.",
        "make(generator.parameters()), and the same for the other player, in that order.",
    ),
    praise="Right. Slopes may flow through the other player, but an optimiser moves its own.",
)


@two_optimisers.set_solution
def two_optimisers_solution(generator, discriminator, make):
    return make(generator.parameters()), make(discriminator.parameters())


@two_optimisers.set_check
def two_optimisers_check(answer):
    import torch

    with torch.random.fork_rng(devices=[]):
        generator, discriminator = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)

    def make(parameters):
        return torch.optim.SGD(parameters, lr=0.1)

    result = answer(generator, discriminator, make)
    require(
        not isinstance(result, torch.optim.Optimizer),
        "One optimiser is there for both players. It would move the discriminator as well when "
        "the generator's loss is differentiated: return two.",
    )
    pair = take_apart(result, ("generator_optimiser", "discriminator_optimiser"))
    require(
        all(isinstance(each, torch.optim.Optimizer) for each in pair),
        "Two optimisers are expected: hand the parameters to make(…) and return what it makes.",
    )
    own = [{id(p) for p in player.parameters()} for player in (generator, discriminator)]
    held = [{id(p) for group in each.param_groups for p in group["params"]} for each in pair]
    require(
        held != own[::-1],
        "The two are in the wrong order: the generator's optimiser comes first.",
    )
    require(
        not any(each >= own[0] | own[1] for each in held),
        "An optimiser holds the parameters of both networks. When the generator moves, it would "
        "move the judge in its own favour, and its loss would flatter it.",
    )
    require(
        held == own,
        "Some parameters have no optimiser, or the wrong one. Each player's weights and biases "
        "belong to its own.",
    )


# ------------------------------------------------------------------------------- 3 · modes covered

modes_covered = Exercise(
    "Return how many centres have at least 2 % of the points within 0.3 of them.",
    hints=(
        "Distances of all points to all centres have the shape (points, centres).",
        "np.linalg.norm(points[:, None] - centres, axis=2) computes them; compare with 0.3.",
        "The mean over the points, axis 0, is each centre's share; count the shares ≥ 0.02.",
    ),
    praise="Right. A generator is judged by what it misses as well as by what it makes.",
)


@modes_covered.set_solution
def modes_covered_solution(points, centres):
    distances = np.linalg.norm(points[:, None] - centres, axis=2)  # (points, centres)
    shares = (distances <= 0.3).mean(axis=0)  # (centres,)
    return (shares >= 0.02).sum()


@modes_covered.set_check
def modes_covered_check(answer):
    angles = np.arange(8) * np.pi / 4
    centres = 2 * np.column_stack([np.cos(angles), np.sin(angles)])
    draw = np.random.default_rng(11)
    counts = [100, 60, 30, 12, 1, 0, 0, 0]  # of points on each centre
    on_modes = np.repeat(centres, counts, axis=0)
    on_modes = on_modes + draw.uniform(-0.1, 0.1, on_modes.shape)
    between = np.tile(0.5 * centres[5:7], (40, 1))  # inside the ring, near no centre
    points = draw.permutation(np.concatenate([on_modes, between]))
    got = as_array(answer(points.copy(), centres.copy()), what="the count")
    require(got.size == 1, f"One number is expected, not an array of shape {got.shape}.")
    got = got.reshape(())
    name_the_mistake(
        got,
        (
            (
                6,
                "Points between the modes were counted for the centre nearest to them. Nearest is "
                "not near: ask for a distance of at most 0.3.",
            ),
            (
                7,
                "Points between the modes were counted for the centre nearest to them. Nearest is "
                "not near: ask for a distance of at most 0.3.",
            ),
            (
                5,
                "A centre with a single stray point counts as covered here. Ask for 2 % of the "
                "points.",
            ),
            (
                sum(counts),
                "These are points near a centre, not centres: a generator that makes one point "
                "again and again would pass.",
            ),
        ),
    )
    require(
        same_numbers(got, 4),
        f"You counted {float(got):g}; four centres have 2 % of these points within 0.3.",
    )
    doubled = np.repeat(centres[:2], 40, axis=0)
    require(
        same_numbers(np.asarray(answer(doubled, centres), dtype=float).reshape(()), 2),
        "Eighty points on two centres should count 2.",
    )


# --------------------------------------------------------------- 4 · where the penalty is measured

points_between = Exercise(
    "Return one point on the straight line between each real row and the made row beside it: "
    "share · real + (1 − share) · made.",
    hints=(
        "share is (n,): one number for each row. The rows are (n, d).",
        "share[:, None] has the shape (n, 1) and stretches over the columns.",
        "share[:, None] * real + (1 - share[:, None]) * made",
    ),
    praise="Right. Between the crowds is where the generator's rows have to travel.",
)


@points_between.set_solution
def points_between_solution(real, made, share):
    share = share[:, None]  # (n, 1)
    return share * real + (1 - share) * made


@points_between.set_check
def points_between_check(answer):
    draw = np.random.default_rng(11)
    # five rows of five columns: a share along the wrong axis raises no error
    real, made, share = draw.normal(size=(5, 5)), draw.normal(size=(5, 5)), draw.random(5)
    got = as_array(answer(real.copy(), made.copy(), share.copy()), shape=(5, 5), what="the result")
    by_row = share[:, None]
    name_the_mistake(
        got,
        (
            (
                real,
                "These are the real rows themselves. The slope has to be held where the "
                "generator's rows will pass, between the made rows and the real ones.",
            ),
            (
                made,
                "These are the made rows themselves. The slope has to be held all the way "
                "between made and real.",
            ),
            (
                share * real + (1 - share) * made,
                "The shares ran along the columns: each coordinate has its own share, and the "
                "points leave the line. One share for each row: share[:, None].",
            ),
            (
                (real + made) / 2,
                "All points lie half-way. Use the random share of each row, so that every place "
                "between is visited.",
            ),
            (
                share[0] * real + (1 - share[0]) * made,
                "All rows use one and the same share. Every row has its own.",
            ),
            (
                by_row * made + (1 - by_row) * real,
                "These points are on the line, but share and 1 − share are exchanged: a share "
                "of 1 should give the real row.",
            ),
        ),
    )
    require(
        same_numbers(got, by_row * real + (1 - by_row) * made),
        "These points are not share · real + (1 − share) · made, row by row.",
    )


# --------------------------------------------------------------------------- 5 · the critic's move

critic_step = Exercise(
    "Take one step of the critic on mean C(made) − mean C(real), with made rows cut off from "
    "the generator; return the loss as a number.",
    hints=(
        "made = generator(noise).detach() keeps the rows and forgets how they were made.",
        "The loss is critic(made).mean() - critic(real).mean(): low for made, high for real rows.",
        "optimiser.zero_grad(), loss.backward(), optimiser.step(), return loss.item().",
    ),
    praise="Right. The critic moves, and the generator does not even hear of it.",
)


@critic_step.set_solution
def critic_step_solution(generator, critic, optimiser, real, noise):
    made = generator(noise).detach()
    loss = critic(made).mean() - critic(real).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def _players():
    """Return torch, a generator and a critic in float64, and the critic's inputs."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        generator = torch.nn.Linear(2, 3).double()
        layers = torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
        critic = torch.nn.Sequential(*layers).double()
        real, noise = torch.randn(6, 3).double() + 1, torch.randn(6, 2).double()
    return torch, generator, critic, real, noise


def _flat(torch, network):
    return torch.cat([each.detach().flatten() for each in network.parameters()]).numpy().copy()


def _one_move(answer, make_loss, player):
    """Let the answer move; return loss, movement, what is right, and both networks.

    The moving player starts with a slope of 0.7 everywhere, left behind by a step before.
    """
    torch, generator, critic, real, noise = _players()
    networks = {"generator": generator, "critic": critic}
    moving = networks[player]
    loss = make_loss(generator, critic, real, noise)
    slopes = torch.autograd.grad(loss, list(moving.parameters()))
    slopes = torch.cat([each.flatten() for each in slopes]).numpy()
    before = {name: _flat(torch, each) for name, each in networks.items()}
    for each in moving.parameters():
        each.grad = torch.full_like(each, 0.7)
    optimiser = torch.optim.SGD(moving.parameters(), lr=0.1)
    arguments = (real, noise) if player == "critic" else (noise,)
    result = answer(generator, critic, optimiser, *arguments)
    moved = {name: _flat(torch, each) - before[name] for name, each in networks.items()}
    return result, float(loss.detach()), moved, slopes, networks


def _judge_move(moved, slopes, mistakes):
    """Refuse a movement that is not −0.1 · slopes, by its cause where that is known."""
    right = -0.1 * slopes
    require(
        np.abs(moved).max() > 0,
        "No weight moved. backward() has to reach this player, and step() has to follow; "
        "detach() in the wrong place cuts the path.",
    )
    name_the_mistake(
        moved,
        (
            *mistakes,
            (
                right - 0.07,
                "The slopes of an earlier step were still there, and yours were added to them. "
                "Call optimiser.zero_grad() before backward().",
            ),
            (6 * right, "The loss is a sum over the rows. Take the mean."),
        ),
    )
    require(
        same_numbers(moved, right),
        f"The weights moved by {np.round(moved[:3], 4)} …; a step on this loss is "
        f"{np.round(right[:3], 4)} ….",
    )


def _judge_number(result, expected):
    require(result is not None, "Your function returned None: return the loss.")
    import torch

    require(
        not (isinstance(result, torch.Tensor) and result.requires_grad),
        "The loss comes back with the whole graph behind it. Return loss.item(), a plain number.",
    )
    got = as_array(result, what="the loss")
    require(
        got.size == 1 and math.isclose(float(got.reshape(())), expected, rel_tol=1e-5),
        f"The loss that is returned should be {expected:.4f}, as it was before the step.",
    )


@critic_step.set_check
def critic_step_check(answer):
    def loss(generator, critic, real, noise):
        return critic(generator(noise)).mean() - critic(real).mean()

    result, expected, moved, slopes, networks = _one_move(answer, loss, "critic")
    require(
        np.abs(moved["generator"]).max() == 0,
        "The generator moved as well. Only the critic's optimiser takes a step here.",
    )
    uphill = (
        0.1 * slopes,
        "Labels swapped: this critic learns to give made rows the high values. The loss is mean "
        "C(made) − mean C(real), and it is minimised.",
    )
    _judge_move(moved["critic"], slopes, [uphill])
    require(
        all(each.grad is None for each in networks["generator"].parameters()),
        "The step is right, but slopes flowed on into the generator: detach() was forgotten. It "
        "costs time, and the generator finds those slopes at its own next move unless they are "
        "cleared.",
    )
    _judge_number(result, expected)


# ------------------------------------------------------------------------ 6 · the generator's move

generator_step = Exercise(
    "Take one step of the generator on −mean C(G(noise)); return the loss as a number.",
    hints=(
        "The slopes have to pass through the critic into the generator: no detach() here.",
        "The generator wants high values from the critic, and an optimiser minimises.",
        "loss = -critic(generator(noise)).mean(), then the usual three calls.",
    ),
    praise="Right. The critic tells each made row which way is up; the generator follows.",
)


@generator_step.set_solution
def generator_step_solution(generator, critic, optimiser, noise):
    loss = -critic(generator(noise)).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@generator_step.set_check
def generator_step_check(answer):
    def loss(generator, critic, real, noise):
        return -critic(generator(noise)).mean()

    result, expected, moved, slopes, _ = _one_move(answer, loss, "generator")
    require(
        np.abs(moved["critic"]).max() == 0,
        "The critic moved as well. Slopes pass through it, but it is not its turn.",
    )
    wrong_sign = (
        0.1 * slopes,
        "The sign is turned: this generator learns to please nobody. It wants high values from "
        "the critic, so the loss is minus their mean.",
    )
    _judge_move(moved["generator"], slopes, [wrong_sign])
    _judge_number(result, expected)


# --------------------------------------------------------------------------------- 7 · fair scores

remaking_scores = Exercise(
    "Return each row's mean |x − G(E(x))|, shape (n,), without slopes. A row's score must not "
    "depend on the rows beside it.",
    hints=(
        "Batch normalisation and dropout behave differently in training and in evaluation mode.",
        "encoder.eval() and generator.eval() come first.",
        "(rows - generator(encoder(rows))).abs().mean(dim=1).detach()",
    ),
    praise="Right. The same row, the same score, whoever stands beside it.",
)


@remaking_scores.set_solution
def remaking_scores_solution(encoder, generator, rows):
    encoder.eval()
    generator.eval()
    return (rows - generator(encoder(rows))).abs().mean(dim=1).detach()


@remaking_scores.set_check
def remaking_scores_check(answer):
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        encoder = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
        generator = torch.nn.Sequential(
            torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 4)
        )
        rows = torch.randn(7, 4)
        encoder.eval(), generator.eval()
        errors = (rows - generator(encoder(rows))).detach().numpy()
        encoder.train(), generator.train()
        result = answer(encoder, generator, rows.clone())
    require(result is not None, "Your function returned None: is a `return` missing?")
    if isinstance(result, torch.Tensor):
        require(
            not result.requires_grad,
            "The scores still carry slopes. Add .detach(), or score inside torch.no_grad().",
        )
        result = result.cpu().numpy()
    got = np.asarray(result, dtype=float)
    require(
        got.size != 1,
        "One number for all rows: that says how good the networks are, not which row is odd. "
        "Take the mean over the columns only, dim=1.",
    )
    require(
        got.shape == (7,),
        f"The scores have shape {got.shape}; one for each of the 7 rows, (7,), is expected.",
    )
    right = np.abs(errors).mean(axis=1)
    name_the_mistake(
        got,
        (
            (
                errors.mean(axis=1),
                "Errors above and below cancel here. Take their size before the mean.",
            ),
            (np.abs(errors).sum(axis=1), "These are sums over the columns; take the mean."),
            ((errors**2).mean(axis=1), "These are squares; the absolute error is asked for."),
        ),
    )
    if not same_numbers(got, right):
        still = [n for n, net in (("encoder", encoder), ("generator", generator)) if net.training]
        raise Misconception(
            f"The {' and the '.join(still)} scored in training mode: eval() was forgotten, so "
            "dropout is drawn anew and batch normalisation looks at the neighbours."
            if still
            else f"The first score is {got[0]:.4f}; {right[0]:.4f} is expected."
        )
