"""Exercises of lesson 11 about who moves: two optimisers, the critic's step, the generator's."""

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
    take_apart,
)

import numpy as np

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
    with fixed_random_numbers() as torch:
        nn, optim = torch.nn, torch.optim
        layers = nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3)
        for players, make in (
            ((nn.Linear(2, 3), nn.Linear(3, 1)), lambda given: optim.SGD(given, lr=0.1)),
            ((nn.Linear(3, 3), nn.Linear(3, 3)), lambda given: optim.Adam(given, lr=0.01)),
            ((nn.Sequential(*layers), nn.Bilinear(3, 3, 1)), optim.RMSprop),
        ):
            _judge_owners(torch, answer, players, make)


def _judge_owners(torch, answer, players, make):
    made = []

    def make_and_note(parameters, *more, **settings):
        require(
            not more and not settings,
            "make takes the parameters alone: the kind of optimiser and its rate are settled "
            "by whoever calls your function.",
        )
        made.append(make(parameters))
        return made[-1]

    result = answer(*players, make_and_note)
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
    own = [{id(p) for p in player.parameters()} for player in players]
    held = [{id(p) for group in each.param_groups for p in group["params"]} for each in pair]
    require(
        held != own[::-1],
        "The two are in the wrong order: the generator's optimiser comes first.",
    )
    names = ("generator", "discriminator")
    for name, mine, other, found in zip(names, own, own[::-1], held, strict=True):
        require(
            not found >= mine | other,
            "An optimiser holds the parameters of both networks. When the generator moves, it "
            "would move the judge in its own favour, and its loss would flatter it.",
        )
        require(
            not found & other,
            f"The {name}'s optimiser holds parameters of the other player. Each player's weights "
            "and biases belong to its own.",
        )
        require(
            found == mine,
            f"The {name}'s optimiser holds {len(found & mine)} of its {len(mine)} parameters, so "
            "that some have no optimiser: hand over all that .parameters() gives, weights and "
            "biases.",
        )
    require(
        all(any(each is one for one in made) for each in pair),
        "These optimisers own the right parameters, but `make` did not make them, so that they "
        "are not of the kind, and have not the rate, that was asked for.",
    )


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
            (len(noise) * right, "The loss is a sum over the rows. Take the mean."),
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
    _judge_number(result, value, after, len(noise))


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


def _judge_number(result, before, after, rows):
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
            (rows * before, "The step is right; the loss that you return is a sum over the rows."),
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


@critic_step.set_check
def critic_step_check(answer):
    _judge_first_move(
        answer,
        "critic",
        lambda g, c, real, z: c(g(z)).mean() - c(real).mean(),
        [
            (
                lambda g, c, real, z: c(real).mean() - c(g(z)).mean(),
                "Labels swapped: this critic learns to give made rows the high values. The loss "
                "is mean C(made) − mean C(real), and it is minimised.",
            ),
            (
                lambda g, c, real, z: c(g(z)).mean() + c(real).mean(),
                "This critic learns to give low values to all rows. Real rows should get high "
                "ones: subtract their mean.",
            ),
            (
                lambda g, c, real, z: c(g(z)).mean(),
                "The made rows alone move this critic. Real rows take part in its loss: "
                "− mean C(real).",
            ),
            (
                lambda g, c, real, z: -c(real).mean(),
                "The real rows alone move this critic. Made rows take part in its loss: "
                "mean C(made).",
            ),
            (
                lambda g, c, real, z: _softplus(c(g(z))).mean() + _softplus(-c(real)).mean(),
                "This is a step on the discriminator's loss, softplus of logits. A critic's "
                "values are used as they are, without σ or a logarithm.",
            ),
        ],
    )
    _judge_games("critic", answer, critic_step_solution)


@critic_step.set_inputs
def critic_step_inputs(rng):
    yield from _games(rng, "critic")


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


def _without_real_rows(step):
    """Return a generator's step that is called as a critic's is."""
    return lambda generator, critic, optimiser, _, noise: step(generator, critic, optimiser, noise)


@generator_step.set_check
def generator_step_check(answer):
    _judge_first_move(
        _without_real_rows(answer),
        "generator",
        lambda g, c, _, z: -c(g(z)).mean(),
        [
            (
                lambda g, c, _, z: c(g(z)).mean(),
                "The sign is turned: this generator learns to please nobody. It wants high values "
                "from the critic, so the loss is minus their mean.",
            ),
            (
                lambda g, c, _, z: _softplus(-c(g(z))).mean(),
                "This is a step on the old loss, −log σ of a logit. A critic's values are used "
                "as they are, without σ or a logarithm.",
            ),
        ],
    )
    steps = map(_without_real_rows, (answer, generator_step_solution))
    _judge_games("generator", *steps)


@generator_step.set_inputs
def generator_step_inputs(rng):
    for what, (generator, critic, optimiser, _, noise) in _games(rng, "generator"):
        yield what, (generator, critic, optimiser, noise)
