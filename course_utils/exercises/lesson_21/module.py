"""Exercise of lesson 21 on the module that is shipped: raw rows in, score and decision out."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_21.program import in_one_line, warm, without_logs
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    plain,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------------------------- 1 · shipped

shipped = Exercise(
    "Return a torch.nn.Module that takes raw rows, float64 (rows, d), and returns (score, "
    "anomaly): the rows scaled by mean and spread in float64, cut off at ±1e4, as float32 through "
    "the network, its score (rows,) as float64, and whether it alarms; a score of NaN does.",
    hints=(
        "Everything that a caller could forget belongs inside: the scaling, the cut-off, the "
        "threshold.",
        "A column of 1.7e9 has no digits after the point in float32. Subtract and divide while X "
        "is float64; .float() comes last before the network, .double() first after it.",
        "register_buffer('mean', torch.tensor(mean)) keeps an array with the module. In "
        "forward: ((X - self.mean) / self.spread).clamp(-1e4, 1e4).float()",
        "Every comparison with NaN is False; so ask for what is surely normal, and turn that "
        "round: ~(score <= threshold).",
    ),
    praise="Right: nothing is left that who calls it could forget.",
    prepare=warm,
)


@shipped.set_solution
def shipped_solution(network, mean, spread, threshold):
    import torch

    class Shipped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network
            self.register_buffer("mean", torch.tensor(mean, dtype=torch.float64))
            self.register_buffer("spread", torch.tensor(spread, dtype=torch.float64))

        def forward(self, X):
            scaled = ((X - self.mean) / self.spread).clamp(-1e4, 1e4)  # (rows, d), float64
            score = self.network(scaled.float()).double()  # (rows,)
            return score, ~(score <= threshold)  # NaN is not <= anything

    return Shipped().eval()


@shipped.set_check
def shipped_check(answer):
    import torch

    problems = [_problem(seed, d) for seed, d in ((0, 3), (1, 5))]
    modules = []
    for network, mean, spread, threshold, _ in problems:
        before = _weights_of(network)
        module = answer(network, mean.copy(), spread.copy(), threshold)
        _judge_form(module, network, before)
        modules.append(module)
    for module, problem in zip(modules, problems, strict=True):  # all made before any is asked
        with torch.no_grad():
            _judge_results(module, *problem)
    _judge_edge(answer)
    _judge_export(modules[0], problems[0])


def _problem(seed, d):
    """Return a network, mean and spread (d,), a threshold, and rows in their units (24, d).

    The first column is a time in seconds since 1970, the second a tiny length. Rows 3 and 8 hold
    NaN, rows 5 and 6 a number that is far out.
    """
    import torch

    rng = np.random.default_rng(210 + seed)
    weight = torch.tensor(rng.normal(size=(d, 4)), dtype=torch.float32)
    mean = np.concatenate([[1.7e9 + 45, 3e-6], rng.normal(size=d - 2)])
    spread = np.concatenate([[3.0, 2e-7], rng.uniform(0.5, 4, size=d - 2)])
    scaled = rng.normal(size=(24, d))
    scaled[5, 0], scaled[6, 1] = 3e5, -2e8
    X = mean + spread * scaled
    X[3, d - 1], X[8, 0] = np.nan, np.nan
    network = _network(weight, offset=1.0)
    score = plain(network(torch.tensor(scaled, dtype=torch.float32)))
    threshold = float(np.quantile(np.delete(score, [3, 5, 6, 8]), 0.6))
    return network, mean, spread, threshold, torch.tensor(X)


def _network(weight, offset=0.0):
    """Return a module of scores: |scaled rows · weight − offset|, the mean over the units."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weight)

        def forward(self, scaled):
            return (scaled @ self.weight - offset).abs().mean(dim=1)

    return Network().eval()


def _weights_of(network):
    return [each.detach().clone() for each in network.parameters()]


def _judge_form(module, network, before):
    import torch

    require(module is not None, "Your function returned None: is a `return` missing?")
    require(
        not isinstance(module, type),
        "You return the class. Return a module made of it: `return Shipped()`.",
    )
    require(
        isinstance(module, torch.nn.Module),
        f"A torch.nn.Module is expected; this is {type(module).__name__}. torch.export takes no "
        "other: a class with forward(self, X), and `return` one made of it.",
    )
    after = list(network.parameters())
    require(
        all(a.dtype == b.dtype and torch.equal(a, b) for a, b in zip(after, before, strict=True)),
        "Your function changes the weights of the network that it was given. Float32 is what it "
        "was trained in; make the rows float32.",
    )
    held = [*module.parameters(), *module.buffers()]
    require(
        all(any(_same_weights(each, other) for other in held) for each in after),
        "The network's weights are not among those of your module: what saves it or moves it to "
        "a device would leave them behind. Set it as an attribute: self.network = network.",
    )
    require(
        type(module).forward is not torch.nn.Module.forward,
        "The module has no forward(self, X). What it does with rows is to be written there.",
    )


def _same_weights(weights, other):
    """Say whether two tensors hold the same numbers: a copy of the network is as good."""
    return weights.shape == other.shape and np.array_equal(plain(weights), plain(other))


def _run(module, X):
    """Return what a module says of rows: score (rows,) and alarms (rows,), as arrays."""
    import torch

    before = X.clone()
    score, anomaly = take_apart(module(X), ("score", "anomaly"))
    require(
        torch.equal(X.nan_to_num(), before.nan_to_num()),
        "The rows that the module is given are changed in place; whoever asks may need them.",
    )
    for what, each in (("score", score), ("anomaly", anomaly)):
        require(
            torch.is_tensor(each),
            f"The {what} is no tensor but {type(each).__name__}: torch.export follows tensors "
            "alone.",
        )
    require(
        score.is_floating_point(),
        f"The score comes first, then the decision; yours are {score.dtype} and {anomaly.dtype}.",
    )
    require(
        score.dtype == torch.float64,
        f"The score is {score.dtype}; float64 is asked for: .double() after the network.",
    )
    rows = (len(X),)
    score = as_array(score, shape=rows, what="the score", finite=False)
    return score, as_array(anomaly, shape=rows, what="the decision", finite=False)


def _judge_results(module, network, mean, spread, threshold, X):
    score, anomaly = _run(module, X)
    right = shipped_solution(network, mean, spread, threshold)
    wanted, alarms = (plain(each).astype(float) for each in right(X))
    missing = np.isnan(wanted)
    require(
        not np.isfinite(score[missing]).any(),
        "A row with NaN gets a number for a score: NaN was replaced on the way. Nobody measured "
        "that number. Let NaN go through.",
    )
    told = difference(score, wanted)
    if told:
        for wrong, message in _other_scores(network, mean, spread, threshold, X):
            wrong = plain(wrong).astype(float)
            same = np.array_equal(np.isfinite(score), np.isfinite(wrong))
            known = np.isfinite(score) & np.isfinite(wrong)
            require(not (same and same_numbers(score[known], wrong[known], 1e-5)), message)
        raise Misconception(f"The scores are not those of the scaled rows: {told}")
    _judge_alarms(anomaly, wanted, alarms, threshold)
    for i in (0, 3, 5):
        found = _run(module, X[i : i + 1])
        for what, alone, among in zip(("score", "decision"), found, (wanted, alarms), strict=True):
            told = difference(alone, among[i : i + 1])
            require(not told, f"Row {i} alone gets another {what} than among others: {told}")


def _judge_alarms(anomaly, wanted, alarms, threshold):
    missing = np.isnan(wanted)
    if np.array_equal(anomaly, alarms):
        return
    require(
        not np.array_equal(anomaly, 1 - alarms),
        "The decision is turned round: it says who is normal. ~ turns it.",
    )
    require(
        anomaly[missing].any() or not np.array_equal(anomaly[~missing], alarms[~missing]),
        "The score NaN raises no alarm: NaN > threshold is False. What cannot be judged must not "
        "pass in silence: ask score <= threshold, and turn that round.",
    )
    i = int(np.flatnonzero(anomaly != alarms)[0])
    raise Misconception(
        f"Row {i} has the score {wanted[i]:.6g} and the threshold is {threshold:.6g}; your "
        f"decision is {anomaly[i]:g}, and {alarms[i]:g} is expected."
    )


def _other_scores(network, mean, spread, threshold, X):
    """Yield the scores that known slips give, and what went wrong."""
    import torch

    mean, spread = torch.tensor(mean), torch.tensor(spread)
    exact = (X - mean) / spread

    def scored(scaled, reach=1e4):
        return network((scaled if reach is None else scaled.clamp(-reach, reach)).float())

    early = (
        "The rows are made float32 before they are scaled. float32 has 7 digits: of a time of "
        "1.7e9 s it keeps steps of 128 s. Subtract and divide in float64, .float() comes last."
    )
    short = (
        "Mean and spread are kept in float32, which rounds a mean of 1.7e9 to the next 128. Keep "
        "them in float64."
    )
    yield scored((X.float() - mean.float()) / spread.float()), early
    yield scored((X.float() - mean) / spread), early
    yield scored((X.float().double() - mean.float().double()) / spread.float().double()), early
    yield scored((X - mean.float()) / spread), short
    yield scored((X - mean.float()) / spread.float()), short
    yield (
        scored(exact, None),
        "Nothing is cut off: one number far out would swamp whatever float32 adds to it. "
        ".clamp(-1e4, 1e4), after scaling.",
    )
    yield (
        scored(exact.clamp(max=1e4), None),
        "Only large numbers are cut off, and those far below the mean are not.",
    )
    yield (
        scored((X.clamp(-1e4, 1e4) - mean) / spread, None),
        "The raw rows are cut off, in whatever unit they have. Cut off after scaling.",
    )
    yield scored(X), "The rows are not scaled, only cut off."
    yield scored(X, None), "The rows go into the network as they are: not scaled, not cut off."
    yield scored(X / spread), "The mean is not subtracted."
    yield scored(X - mean), "The rows are not divided by the spread."
    yield scored(X - mean / spread), "Brackets are missing: (X − mean) / spread."
    yield scored((X - mean) * spread), "The rows are multiplied by the spread, not divided."
    yield scored((X - mean) / spread**2), "The rows are divided by the variance."
    yield scored((X - mean) / spread.sqrt()), "The rows are divided by the root of the spread."
    yield scored((mean - X) / spread), "The sign is turned: X − mean, not mean − X."
    yield scored((X - spread) / mean), "Mean and spread are changed over."
    yield (
        scored((X - X.mean(dim=0)) / X.std(dim=0)),
        "The rows are scaled by their own mean and spread. Those of the training rows were "
        "handed over.",
    )
    for seen in ((X - X.nanmean(dim=0)) / spread, (X - X.nanmean(dim=0)) / _nanstd(X)):
        yield scored(seen), "The rows are scaled by their own mean. The training rows' was given."
    yield scored(exact) / threshold, "The score is divided by the threshold."
    yield scored(exact) - threshold, "The threshold is subtracted from the score."


def _nanstd(X):
    import torch

    return torch.tensor(np.nanstd(X.numpy(), axis=0))


def _judge_edge(answer):
    """Refuse a module that takes a score at the threshold for one above it, or the other way."""
    import torch

    network = _network(torch.eye(2))
    module = answer(network, np.array([8.0, -4.0]), np.array([2.0, 0.5]), 3.0)
    X = torch.tensor([[14.0, -5.5], [14.5, -5.5], [2.0, -5.25]], dtype=torch.float64)
    score, anomaly = _run(module, X)  # the scores are 3, 3.125 and 2.75
    told = difference(score, np.array([3.0, 3.125, 2.75]))
    require(not told, f"With the mean [8, −4] and the spread [2, 0.5] {told}")
    require(anomaly[0] != 1, "A score at the threshold alarms. Only one above it does.")
    require(
        np.array_equal(anomaly, [0, 1, 0]),
        f"With the scores 3, 3.125 and 2.75 and the threshold 3 the decision is {anomaly}; "
        "[0, 1, 0] is expected.",
    )


def _judge_export(module, problem):
    """Refuse a module that torch.export cannot write down, or writes down otherwise."""
    import torch

    X = problem[-1]
    rows = torch.export.Dim("rows", min=1)
    try:
        with without_logs():
            program = torch.export.export(module.eval(), (X,), dynamic_shapes=({0: rows},))
    except Exception as error:
        raise Misconception(
            "The numbers are right, but torch.export cannot write your module down: it follows "
            "tensors through torch's operations, and stops at an `if` on their values, at a "
            f"loop over the rows, at float(), at .numpy(). It says: {in_one_line(error)}"
        ) from None
    with torch.no_grad():
        exported, own = program.module()(X[:9]), module(X[:9])
    told = difference(tuple(exported), tuple(own))
    require(not told, f"Exported, the module gives other numbers than here: {told}")
