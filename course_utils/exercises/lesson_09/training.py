"""Exercises of lesson 09 about training: a step that needs mending, a snapshot."""

from __future__ import annotations

import copy
import io

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

# ------------------------------------------------------------------------------- 1 · a train step

train_step = Exercise(
    "Take one training step on the mean squared error and return the loss as a number.",
    hints=(
        "Compare with the four parts of a step, and with the loss in the formula. Then ask what "
        "is kept in memory when somebody adds up the losses of all batches.",
        "A part is missing at the start: optimiser.zero_grad(). And the formula has a mean, not a "
        "sum.",
        "Return loss.item(), a plain number without the record behind it.",
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
    with fixed_random_numbers() as torch:
        for rate in (0.1, 0.02):
            _judge_step(torch, answer, rate)
    for what, arguments in _trainings(np.random.default_rng(9)):
        _judge_weights(answer, what, arguments)


def _judge_step(torch, answer, rate):
    """Compare the step that the answer takes with w − rate · ∂(mean squared error)/∂w."""
    model = torch.nn.Linear(4, 3).double()
    inputs, targets = torch.randn(5, 4).double(), torch.randn(5, 3).double()
    before = model.weight.detach().clone()
    error = model(inputs).detach() - targets  # (5, 3)
    slope = 2 * error.T @ inputs / error.numel()  # (3, 4)
    value = float((error**2).mean())
    old = torch.full_like(before, 0.7)  # what a step before this one left behind
    model.weight.grad = old.clone()
    model.bias.grad = torch.zeros(3).double()
    went_backward = []
    model.weight.register_hook(lambda _: went_backward.append(True))

    result = answer(model, torch.optim.SGD(model.parameters(), rate), inputs, targets)

    moved = ((model.weight.detach() - before) / -rate).numpy()
    slope, old = slope.numpy(), old.numpy()
    if not moved.any():
        emptied = model.weight.grad is None or not model.weight.grad.any()
        require(went_backward, "The weights did not move, and no slopes were found: backward().")
        require(
            not emptied,
            "Nothing moved: the slopes were set to zero after backward() had computed them, so "
            "that step() found none. zero_grad() comes before backward().",
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
                "That is the slope of the sum of the squared errors, 15 times that of their "
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
            (slope / 2, "That is the slope of half the mean squared error."),
            (2 * slope, "That is twice the slope: was the step taken twice, or the loss doubled?"),
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
            (np.sqrt(value), "The loss you return is a root; the step was on the mean square."),
        ),
    )


def _judge_weights(answer, what, arguments):
    """Compare the weights after two steps, each on top of old slopes, with the solution's."""
    ends = []
    for step in (train_step_solution, answer):
        model, optimiser, inputs, targets = copy.deepcopy(arguments)
        start = [each.detach().clone() for each in model.parameters()]
        for _ in range(2):
            for each in model.parameters():
                each.grad = each.detach() - 1
            step(model, optimiser, inputs.clone(), targets.clone())
        pairs = zip(model.parameters(), start, strict=True)
        moves = [(now.detach() - then).flatten().double().numpy() for now, then in pairs]
        ends.append(np.concatenate(moves))
    require(
        same_numbers(ends[1], ends[0], 1e-3),
        f"With {what} the weights move otherwise than by one step of the optimiser on the mean "
        f"squared error. Their moves: {difference(ends[1], ends[0])}",
    )


def _trainings(rng):
    """Return pairs (what it is, (model, optimiser, inputs, targets))."""
    with fixed_random_numbers(int(rng.integers(2**31))) as torch:
        nn, optim = torch.nn, torch.optim
        bent = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
        norm = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 3))
        cases = []
        for what, model, rows, width, outputs, make in (
            ("a linear model", nn.Linear(3, 2), 5, 3, 2, optim.SGD),
            ("a network that bends", bent, 6, 4, 2, optim.Adam),
            ("batch normalisation", norm.double(), 7, 3, 3, optim.SGD),
            ("one row", nn.Linear(3, 4), 1, 3, 4, optim.RMSprop),
            ("one row of one number", nn.Linear(1, 1), 1, 1, 1, optim.SGD),
        ):
            kind = next(model.parameters()).dtype
            inputs, targets = torch.randn(rows, width), torch.randn(rows, outputs) + 1
            optimiser = make(model.parameters(), lr=0.05)
            cases.append((what, (model, optimiser, inputs.to(kind), targets.to(kind))))
    return cases


@train_step.set_inputs
def train_step_inputs(rng):
    yield from _trainings(rng)


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
    import copy

    states = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "generator": generator.get_state(),
    }
    return copy.deepcopy(states)


@snapshot.set_check
def snapshot_check(answer):
    with fixed_random_numbers() as torch:
        nn, optim = torch.nn, torch.optim
        _judge_snapshot(torch, answer, lambda: nn.Linear(3, 3), optim.Adam, seed=1)
        _judge_snapshot(
            torch,
            answer,
            lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)),
            lambda weights, lr: optim.SGD(weights, lr=lr, momentum=0.9),
            seed=2,
        )


def _judge_snapshot(torch, answer, make_model, make_optimiser, seed):
    """Go on from the snapshot and compare with the training that was never stopped."""
    rows = torch.randn(20, 3)

    def start():
        model = make_model()
        optimiser = make_optimiser(model.parameters(), lr=0.05)
        return model, optimiser, torch.Generator().manual_seed(seed)

    def steps(model, optimiser, generator):
        for _ in range(4):
            batch = rows[torch.randint(20, (5,), generator=generator)]
            optimiser.zero_grad()
            ((model(batch) - batch) ** 2).mean().backward()
            optimiser.step()
        return copy.deepcopy(model.state_dict()), copy.deepcopy(optimiser.state_dict()["state"])

    unbroken = start()
    weights, memory = steps(*unbroken)
    order = unbroken[2].get_state()
    taken = answer(*unbroken)
    require(
        torch.equal(unbroken[2].get_state(), order),
        "Your function moves the generator that it was given, so that the training goes on with "
        "other batches. get_state() reads where it stands and leaves it there.",
    )
    require(
        _same_states(unbroken[0].state_dict(), weights)
        and _same_memories(unbroken[1].state_dict()["state"], memory),
        "Your function changes the model or the optimiser that it was given.",
    )
    _judge_form(torch, taken)
    end = steps(*unbroken)  # the training that goes on while the snapshot lies there
    loaded = _through_a_file(torch, taken)
    _judge_model(loaded["model"], weights, end[0])
    found = loaded["optimiser"]["state"]
    require(
        found,
        "The optimiser's state is empty. Adam keeps two numbers for each weight, and going on "
        "without them takes steps of another size.",
    )
    require(
        not _same_memories(found, end[1]),
        "The optimiser's state has moved on with the training. Adam keeps two numbers for each "
        "weight, and they need copies too.",
    )
    require(
        _same_memories(found, memory),
        "The optimiser's state holds other numbers than the optimiser did at that moment.",
    )
    require(
        same_numbers(loaded["generator"].numpy(), order.numpy(), 0),
        "The generator's state is not the one of that moment, so that the training goes on with "
        "other batches. Keep generator.get_state().",
    )
    resumed = start()
    resumed[0].load_state_dict(loaded["model"])
    resumed[1].load_state_dict(loaded["optimiser"])
    resumed[2].set_state(loaded["generator"])
    require(
        _same_states(steps(*resumed)[0], end[0]),
        "Training that goes on from your snapshot ends with other weights than without the stop.",
    )


def _judge_model(found, weights, later):
    missing = [name for name in weights if name not in found]
    require(
        not missing,
        f"The model's {', '.join(missing)} is missing in your snapshot: a model may hold more "
        "than its weights, as the running means of batch normalisation. Keep state_dict().",
    )
    require(
        not _same_states(found, later),
        "The weights in your snapshot moved on with the training: a state dict holds the living "
        "tensors. Put copies into it, as copy.deepcopy does.",
    )
    require(
        _same_states(found, weights),
        "The weights in your snapshot are not those that the model had at that moment.",
    )


def _judge_form(torch, taken):
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
        "torch.load(…, weights_only=True) refuses your snapshot: it holds more than tensors, "
        "numbers and dictionaries of them, such as whole objects, whose unpickling may run code. "
        "Keep state_dict() and get_state()."
    )
    try:
        torch.save(taken, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=True)
    except Exception as error:
        raise Misconception(refused) from error
    for name in ("model", "optimiser"):
        require(
            isinstance(loaded[name], dict),
            f"The entry {name!r} is no dictionary: {name}.state_dict() is one, with parentheses.",
        )
    require(
        {"state", "param_groups"} <= set(loaded["optimiser"]),
        "The entry 'optimiser' is not what optimiser.load_state_dict() takes: keep all of "
        "optimiser.state_dict().",
    )
    require(
        isinstance(loaded["generator"], torch.Tensor),
        "The entry 'generator' is not what generator.set_state() takes: generator.get_state().",
    )
    return loaded


def _same_states(one, other):
    return all(
        name in one and same_numbers(one[name].detach().numpy(), value.numpy(), 1e-6)
        for name, value in other.items()
    )


def _same_memories(one, other):
    """Say whether two optimisers remember the same: numbers and tensors, by weight and name."""
    pairs = [
        (one.get(key, {}).get(name), value)
        for key, memory in other.items()
        for name, value in memory.items()
        if value is not None
    ]
    return all(a is not None and same_numbers(a, b, 1e-6) for a, b in pairs)
