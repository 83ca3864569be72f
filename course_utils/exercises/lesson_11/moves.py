"""Exercises of lesson 11 about who moves: the critic's step and the generator's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from course_utils.exercises.engine import Exercise
from course_utils.exercises.random_numbers import fixed_random_numbers
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np

# ------------------------------------------------------------------------------- one player's move


def _players():
    """Return torch, a generator and a critic in float64 by name, and a batch for each."""
    with fixed_random_numbers(11) as torch:
        generator = torch.nn.Linear(2, 3).double()
        layers = torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
        critic = torch.nn.Sequential(*layers).double()
        real, noise = torch.randn(6, 3).double() + 1, torch.randn(6, 2).double()
    return torch, {"generator": generator, "critic": critic}, real, noise


def _flat(tensors) -> np.ndarray:
    """Return all numbers of a network's weights, or of their slopes, in one row."""
    return np.concatenate([each.detach().double().numpy().flatten() for each in tensors])


def _judge_first_move(
    answer: Callable, player: str, loss_of: Callable, mistakes: list[tuple[Callable, str]]
) -> None:
    """Refuse a move that is not one of 0.1 down the loss, by its cause where that is known.

    The moving player starts with a slope of 0.7 everywhere, left behind by a step before.
    `mistakes` are other losses, and what is said about a step on them.
    """
    torch, networks, real, noise = _players()
    moving = networks[player]
    (other,) = set(networks) - {player}

    def value_and_step(loss_of):
        loss = loss_of(networks["generator"], networks["critic"], real, noise)
        slopes = torch.autograd.grad(loss, list(moving.parameters()))
        return float(loss.detach()), -0.1 * _flat(slopes)

    value, right = value_and_step(loss_of)
    steps = [(value_and_step(each)[1], message) for each, message in mistakes]
    before = {name: _flat(each.parameters()) for name, each in networks.items()}
    for each in moving.parameters():
        each.grad = torch.full_like(each, 0.7)
    found = []
    for name, network in networks.items():
        for each in network.parameters():
            each.register_hook(lambda _, name=name: found.append(name))
    optimiser = torch.optim.SGD(moving.parameters(), lr=0.1)
    result = _answered(answer, *networks.values(), optimiser, real.clone(), noise.clone())
    moved = {name: _flat(each.parameters()) - before[name] for name, each in networks.items()}
    require(
        not moved[other].any(),
        f"The {other} moved as well. Slopes may reach it, but it is not its turn.",
    )
    if not moved[player].any():
        _say_why_nothing_moved(player, moving, found)
    clipped = np.clip(before[player] + right, -0.01, 0.01) - before[player]
    name_the_mistake(
        moved[player],
        (
            *steps,
            (
                right - 0.07,
                "The slopes of an earlier step were still there, and yours were added to them. "
                "Call optimiser.zero_grad() before backward().",
            ),
            (
                np.full_like(right, -0.07),
                "The step used the slopes of an earlier step alone: is backward() missing?",
            ),
            (-right, "The sign is turned: the loss is climbed. An optimiser minimises."),
            (2 * right, "That is twice the step: was it taken twice, or the loss doubled?"),
            (
                clipped,
                "The weights are clipped to ±0.01 after the step, as the first Wasserstein GAN "
                "did. Here nothing is asked but the step.",
            ),
        ),
    )
    require(
        same_numbers(moved[player], right),
        "The weights do not move as one step on this loss moves them: in the row of all of the "
        f"{player}'s weights, {difference(moved[player], right)}",
    )
    require(
        player != "critic" or "generator" not in found,
        "The step is right, but slopes flowed on into the generator: detach() was forgotten. It "
        "costs time, and the generator finds those slopes at its own next move unless they are "
        "cleared.",
    )
    after, _ = value_and_step(loss_of)
    _judge_number(result, value, after)


def _answered(answer, *arguments):
    try:
        return answer(*arguments)
    except RuntimeError as error:
        require(
            "does not require grad" not in str(error),
            "backward() has nothing to follow: detach(), item() or no_grad() has cut the loss off "
            "from every weight. Only the rows that the generator made may be cut off, and only "
            "at the critic's move.",
        )
        raise


def _say_why_nothing_moved(player, moving, found):
    """Raise what is known about a step that left every weight where it was."""
    if player not in found:
        if found:
            raise Misconception(
                f"No weight moved: slopes reached the other player and not the {player}. "
                "detach() or no_grad() in the wrong place cuts the path."
            )
        raise Misconception("No weight moved, and no slopes were computed: backward() is missing.")
    slopes = [each.grad for each in moving.parameters()]
    if all(each is None or not each.any() for each in slopes):
        raise Misconception(
            "No weight moved: the slopes were cleared after backward() had computed them. "
            "zero_grad() comes before backward()."
        )
    raise Misconception("No weight moved: the slopes are there, and step() has to follow.")


def _judge_number(result, before, after):
    """Refuse a returned loss that is not the plain number that it was before the step."""
    require(result is not None, "Your function returned None: return the loss.")
    require(
        not getattr(result, "requires_grad", False),
        "The loss comes back with the whole graph behind it. Return loss.item(), a plain number.",
    )
    got = as_array(result, what="the loss")
    require(got.shape == (), f"One number is expected for the loss, not the shape {got.shape}.")
    name_the_mistake(
        got,
        (
            (after, "The loss that you return was taken after the step; return the one before."),
            (-before, "The step is right; the loss that you return has the other sign."),
        ),
    )


def _judge_games(player: str, answer: Callable, solution: Callable) -> None:
    """Compare two moves in a row, each on top of old slopes, with the solution's."""
    for what, arguments in _games(np.random.default_rng(11), player):
        ends = []
        for step in (solution, answer):
            networks = {}
            *players, optimiser, real, noise = copy.deepcopy(arguments)
            networks["generator"], networks["critic"] = players
            start = {name: _flat(each.parameters()) for name, each in networks.items()}
            for _ in range(2):
                for each in networks[player].parameters():
                    each.grad = each.detach() - 1
                _answered(step, *players, optimiser, real.clone(), noise.clone())
            moves = {
                name: _flat(each.parameters()) - start[name] for name, each in networks.items()
            }
            ends.append(moves)
        for name, move in ends[0].items():
            require(
                same_numbers(ends[1][name], move, 1e-3),
                f"With {what} the {name}'s weights move otherwise than by two steps of the "
                f"optimiser on this loss. Their moves: {difference(ends[1][name], move)}",
            )
        for name, network in networks.items():
            require(
                all(each.requires_grad for each in network.parameters()),
                f"The {name} comes back frozen, and cannot learn at its own next move. Let its "
                "parameters ask for slopes again: requires_grad_(True).",
            )
            require(
                network.training,
                f"The {name} comes back in evaluation mode; the game goes on in training mode.",
            )


def _games(rng: np.random.Generator, player: str) -> Iterator[tuple[str, tuple]]:
    """Yield pairs (what it is, (generator, critic, the player's optimiser, real, noise))."""
    with fixed_random_numbers(int(rng.integers(2**31))) as torch:
        nn, optim = torch.nn, torch.optim

        def critic(width):
            return nn.Sequential(nn.Linear(width, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))

        layers = nn.Linear(2, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)
        cases = []
        for what, generator, judge, rows, make in (
            ("two linear players", nn.Linear(2, 3), nn.Linear(3, 1), 6, optim.SGD),
            ("another width", nn.Linear(1, 4), critic(4), 5, optim.RMSprop),
            ("batch normalisation in the generator", nn.Sequential(*layers), critic(3), 7, _adam),
            ("one row", nn.Linear(3, 2), critic(2), 1, optim.SGD),
            ("one row of one number", nn.Linear(1, 1), nn.Linear(1, 1), 1, optim.SGD),
        ):
            generator, judge = generator.double(), judge.double()
            given = next(generator.parameters()).shape[1]
            made = next(judge.parameters()).shape[1]
            real, noise = torch.randn(rows, made) + 2, torch.randn(rows, given)
            moving = generator if player == "generator" else judge
            optimiser = make(moving.parameters(), lr=0.05)
            cases.append((what, (generator, judge, optimiser, real.double(), noise.double())))
    yield from cases


def _adam(parameters, lr):
    """Return Adam without its memory of directions, as the lesson plays."""
    import torch

    return torch.optim.Adam(parameters, lr=lr, betas=(0.0, 0.9))


def _softplus(x):
    return x.exp().log1p()


def _of_a_discriminator(critic, real, made):
    return _softplus(-critic(real)).mean() + _softplus(critic(made)).mean()


def _of_a_critic(critic, real, made):
    return critic(made).mean() - critic(real).mean()


def _least_squares(critic, real, made):
    """Return a loss that the lesson does not use: an answer has to take what it is given."""
    return (critic(real) - 1).square().mean() + critic(made).square().mean()


def _near_one(values):
    """Return the generator's part of the game of least squares."""
    return (values - 1).square().mean()


# --------------------------------------------------------------------------- 2 · the judge's move

critic_step = Exercise(
    "Take one step of the critic down loss_of(critic, real, made), with made rows cut off from "
    "the generator; return the loss as a number.",
    hints=(
        "Whose slopes does backward() compute, and which slopes are in the critic's weights "
        "already, from the generator's move before?",
        "made = generator(noise).detach() keeps the rows and forgets how they were made.",
        "optimiser.zero_grad(), loss.backward(), optimiser.step(), return loss.item().",
    ),
    praise="Right. The critic moves, and the generator does not even hear of it.",
)


@critic_step.set_solution
def critic_step_solution(generator, critic, optimiser, real, noise, loss_of):
    made = generator(noise).detach()
    loss = loss_of(critic, real, made)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def _on_least_squares(step):
    """Return a critic's step that is called without a loss."""
    return lambda *players_and_rows: step(*players_and_rows, _least_squares)


@critic_step.set_check
def critic_step_check(answer):
    _judge_first_move(
        _on_least_squares(answer),
        "critic",
        lambda g, c, real, z: _least_squares(c, real, g(z)),
        [
            (
                lambda g, c, real, z: _least_squares(c, g(z), real),
                "Real and made rows have changed places: it is loss_of(critic, real, made).",
            ),
            (
                lambda g, c, real, z: _of_a_critic(c, real, g(z)),
                "This is a step on mean C(made) − mean C(real), whatever `loss_of` says. The "
                "lesson plays several games: use the loss that is handed over.",
            ),
            (
                lambda g, c, real, z: _of_a_discriminator(c, real, g(z)),
                "This is a step on the discriminator's loss, whatever `loss_of` says. The "
                "lesson plays several games: use the loss that is handed over.",
            ),
        ],
    )
    _judge_games("critic", *map(_on_least_squares, (answer, critic_step_solution)))


@critic_step.set_inputs
def critic_step_inputs(rng):
    losses = _of_a_critic, _of_a_discriminator, _least_squares
    for number, (what, arguments) in enumerate(_games(rng, "critic")):
        yield what, (*arguments, losses[number % 3])


# ------------------------------------------------------------------------ 3 · the generator's move

generator_step = Exercise(
    "Take one step of the generator down loss_of(critic(generator(noise))); return the loss as a "
    "number.",
    hints=(
        "The slopes have to pass through the critic into the generator: no detach() here.",
        "The optimiser holds the generator's weights alone, so the critic stays where it is.",
        "loss = loss_of(critic(generator(noise))), then the usual three calls.",
    ),
    praise="Right. The critic tells each made row which way is up; the generator follows.",
)


@generator_step.set_solution
def generator_step_solution(generator, critic, optimiser, noise, loss_of):
    loss = loss_of(critic(generator(noise)))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def _near_one_on_noise(step):
    """Return a generator's step that is called as a critic's is, without a loss."""
    return lambda generator, critic, optimiser, _, noise: step(
        generator, critic, optimiser, noise, _near_one
    )


@generator_step.set_check
def generator_step_check(answer):
    _judge_first_move(
        _near_one_on_noise(answer),
        "generator",
        lambda g, c, _, z: _near_one(c(g(z))),
        [
            (
                lambda g, c, _, z: -c(g(z)).mean(),
                "This is a step on −mean C(made), whatever `loss_of` says. The lesson plays "
                "several games: use the loss that is handed over.",
            ),
            (
                lambda g, c, _, z: _softplus(-c(g(z))).mean(),
                "This is a step on −log σ of a logit, whatever `loss_of` says. The lesson plays "
                "several games: use the loss that is handed over.",
            ),
        ],
    )
    _judge_games("generator", *map(_near_one_on_noise, (answer, generator_step_solution)))


@generator_step.set_inputs
def generator_step_inputs(rng):
    def pleasing(values):
        return -values.mean()

    losses = pleasing, lambda logits: _softplus(-logits).mean(), _near_one
    for number, (what, arguments) in enumerate(_games(rng, "generator")):
        generator, critic, optimiser, _, noise = arguments
        yield what, (generator, critic, optimiser, noise, losses[number % 3])
