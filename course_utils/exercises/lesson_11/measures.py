"""Exercises of lesson 11 about what is measured: the judge's loss, modes, places, scores."""

from __future__ import annotations

import copy

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.random_numbers import fixed_random_numbers
from course_utils.exercises.results import (
    as_array,
    at_the_limits,
    difference,
    name_the_mistake,
    plain,
    require,
    same_numbers,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# -------------------------------------------------------------------- 1 · the discriminator's loss

judge_loss = TensorExercise(
    "Return the discriminator's loss: the mean of −log p over real rows plus the mean of "
    "−log(1 − p) over made rows, where p = σ(logit).",
    hints=(
        "Try it with three real logits of 0 and one made one, then with a made logit of 1000. "
        "What should come out?",
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
    real, made = draw.normal(0.5, 1, (6, 1)), draw.normal(-0.5, 1, (4, 1))
    with np.errstate(all="ignore"):
        result = answer(real.copy(), made.copy())
    require(
        not _is_nan(result),
        f"For logits between {min(real.min(), made.min()):.1f} and {real.max():.1f} you return "
        "NaN. Logits are no probabilities, and those below 0 have no logarithm: log σ(l) is "
        "asked for, not log l.",
    )
    got = as_array(result, what="the loss")
    require(
        got.size == 1,
        f"The loss has shape {got.shape}; one number is expected, the mean over the rows.",
    )
    got = got.reshape(())
    on_real, on_made = np.logaddexp(0, -real), np.logaddexp(0, made)
    right = on_real.mean() + on_made.mean()
    swapped = np.logaddexp(0, real).mean() + np.logaddexp(0, -made).mean()
    chances = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-made))
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
                np.concatenate([on_real, on_made]).mean(),
                "This is one mean over real and made rows together. Each part has a mean of its "
                "own, and the two are added.",
            ),
            (right / 2, "This is half the loss: the two means are added, not averaged."),
            (
                -right,
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
            (
                on_real.mean() - on_made.mean(),
                "The made rows' part is subtracted. Both parts cost, so they are added.",
            ),
            (
                judge_loss_solution(*chances),
                "σ is taken twice: probabilities went in where logits are expected.",
            ),
            (right / np.log(2), "That is in bits; the natural logarithm gives nats."),
            (
                made.mean() - real.mean(),
                "That is a critic's loss, without a logarithm. This judge's is −log of a chance.",
            ),
        ),
    )
    require(
        same_numbers(got, right),
        f"The loss is {float(got):.4f}; the two means add up to {right:.4f}.",
    )
    far = at_the_limits(answer, np.array([[-900.0]]), np.array([[900.0]]))
    require(
        np.isfinite(far).all(),
        "With a logit of ±900 your loss is infinite or NaN: exp overflows, or the log of a "
        "rounded 0 is taken. np.logaddexp(0, l) is log(1 + exp(l)), and safe.",
    )
    require(
        abs(far.sum() - 1800) < 1e-6 * 1800,
        f"Two logits of ±900 that are wrong cost 900 each; yours cost {far.sum():.4g} together. "
        "σ rounds to 0 there: start from the logit rather than with probabilities.",
    )


def _is_nan(result):
    """Say whether a result is NaN and nothing else."""
    result = plain(result)
    return isinstance(result, float | np.ndarray) and bool(np.isnan(result).all())


@judge_loss.set_inputs(
    also_right=[
        lambda real, made: judge_loss_solution(real, made).reshape(1),
        lambda real, made: judge_loss_solution(real, made).reshape(1, 1),
    ]
)
def judge_loss_inputs(rng):
    for what, logits in inputs.vectors(rng):
        others = rng.normal(0.5, 3, size=(int(rng.integers(1, 12)), 1))
        yield f"{what} as logits of real rows", (logits[:, None], others)
        yield f"{what} as logits of made rows", (others, logits[:, None])
    few = rng.normal(size=(3, 1)).astype(np.float32)
    yield "numbers in float32", (few, -few)


# ------------------------------------------------------------------------------- 4 · modes covered

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


def _crowds(rng, centres, crowds, strays=0):
    """Return points in any order: (how many, how far, which way) around each centre, and strays.

    The way is an angle in radians; None draws one for each point. A stray lies between two
    centres, far from both.
    """
    parts = []
    for centre, (size, far, way) in zip(centres, crowds, strict=False):
        angles = rng.uniform(0, 2 * np.pi, size) if way is None else np.full(size, way)
        parts.append(centre + far * np.column_stack([np.cos(angles), np.sin(angles)]))
    parts.append(np.tile(0.6 * centres[-1] + 0.4 * centres[-2], (strays, 1)))
    return rng.permutation(np.concatenate(parts))


def _tell_tale_crowds():
    """Return pairs (points, centres) on which each known mistake counts otherwise."""
    rng, angles = np.random.default_rng(11), np.arange(8) * np.pi / 4
    ring = 2 * np.column_stack([np.cos(angles), np.sin(angles)])
    aslant, straight = np.pi / 4, 0.0
    uneven = [(100, 0.1, None), (60, 0.1, None), (30, 0.1, None), (12, 0.1, None)]
    uneven += [(1, 0.1, None), (3, 0.1, None), (5, 0.1, None)]
    shapes = [(30, 0.1, None), (30, 0.28, aslant), (30, 0.28, aslant), (30, 0.34, aslant)]
    shapes += [(30, 0.5, straight), (30, 0.5, straight)]
    edge = [(1, 0.28, straight), (20, 0.28, straight), (29, 0.28, straight)]
    yield _crowds(rng, ring, uneven, strays=79), ring
    yield _crowds(rng, ring, shapes), ring
    yield _crowds(rng, ring, edge), ring


def _miscounts(points, centres):
    """Yield what known mistakes count, and what is said about each."""
    gaps = np.abs(points[:, None] - centres)  # (points, centres, 2)
    far = np.linalg.norm(gaps, axis=2)
    near = far <= 0.3

    def covered(near):
        return (near.mean(axis=0) >= 0.02).sum()

    yield (
        covered(far.argmin(axis=1)[:, None] == np.arange(len(centres))),
        "Points between the modes were counted for the centre nearest to them. Nearest is not "
        "near: ask for a distance of at most 0.3.",
    )
    yield (
        near.any(axis=0).sum(),
        "A centre with a single stray point counts as covered here. Ask for 2 % of the points.",
    )
    yield (
        (near.sum(axis=0) >= 2).sum(),
        "A centre with two points counts as covered here. 2 % of the points is a share: divide "
        "by how many points there are.",
    )
    yield (
        near.any(axis=1).sum(),
        "These are points near a centre, not centres: a generator that makes one point again and "
        "again would pass.",
    )
    yield (
        covered(near) / len(centres),
        "That is the share of the centres; how many they are is asked for.",
    )
    yield (
        len(centres) - covered(near),
        "These are the centres that are missed; count the others.",
    )
    yield (
        covered(far**2 <= 0.3),
        "The squared distance is compared with 0.3, which lets points in up to 0.55 away: the "
        "root is missing.",
    )
    yield (
        covered(gaps.sum(axis=2) <= 0.3),
        "The gaps along the two axes are added up. That is the way along streets; the straight "
        "distance is the root of the sum of their squares.",
    )
    yield (
        covered(gaps.max(axis=2) <= 0.3),
        "The gap along each axis is compared with 0.3, so a square is drawn around each centre. "
        "The straight distance is the root of the sum of the squared gaps.",
    )
    yield (
        (near.mean(axis=0) > 0.02).sum(),
        "A centre with exactly 2 % of the points is left out here; at least 2 % is enough.",
    )
    yield (
        (near.sum(axis=0) >= 0.02 * near.any(axis=1).sum()).sum(),
        "The shares are taken among the points that are near a centre. Take them among all "
        "points, those that went astray too.",
    )


@modes_covered.set_check
def modes_covered_check(answer):
    cases = list(_tell_tale_crowds())
    counts = []
    for case in cases:
        got = as_array(answer(*map(np.copy, case)), what="the count")
        require(got.shape == (), f"One number is expected, not an array of shape {got.shape}.")
        counts.append(float(got))
    slips = zip(*(_miscounts(*case) for case in cases), strict=True)
    name_the_mistake(
        counts, [([count for count, _ in slip], slip[0][1]) for slip in map(list, slips)]
    )
    for got, case in zip(counts, cases, strict=True):
        right = modes_covered_solution(*case)
        require(
            got == right,
            f"You counted {got:g} of 8 centres; {right} of them have 2 % of the {len(case[0])} "
            "points within 0.3.",
        )


@modes_covered.set_inputs
def modes_covered_inputs(rng):
    for what, m, n, spread in (
        ("fifty points", 4, 50, 3.0),
        ("a hundred points", 7, 100, 3.0),
        ("many points", 12, 400, 3.0),
        ("centres close together", 6, 100, 0.3),
        ("two centres", 2, 50, 3.0),
        ("one centre twice", 2, 50, 0.0),
        ("crowds far from 0", 5, 200, 40.0),
    ):
        centres = rng.normal(0, spread, size=(m, 2))
        sizes = np.array([0, n // 50 - 1, n // 50, n // 50 + 1, n // 10])[rng.integers(5, size=m)]
        sizes[0], sizes[-1] = n // 50, n // 50 - 1
        far = rng.choice([0.02, 0.16, 0.2, 0.26, 0.29, 0.31, 0.4, 0.5, 0.8], size=m)
        far[0] = 0.2
        crowds = [(size, each, None) for size, each in zip(sizes, far, strict=True)]
        points = _crowds(rng, centres, crowds)
        astray = centres.mean(axis=0) + 100 + rng.normal(size=(n - len(points), 2))
        yield what, (rng.permutation(np.concatenate([points, astray])), centres)
    yield "one point", (np.array([[1.0, 2.0]]), np.array([[1.0, 2.1], [0.0, 0.0]]))
    yield "one centre", (rng.normal(0, 0.3, size=(50, 2)), np.zeros((1, 2)))


# --------------------------------------------------------------- 5 · where the penalty is measured

points_between = TensorExercise(
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
    right = by_row * real + (1 - by_row) * made
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
            *(
                (
                    one * real + (1 - one) * made,
                    "All rows use one and the same share. Every row has its own.",
                )
                for one in (share[0], share.mean())
            ),
            (
                by_row * made + (1 - by_row) * real,
                "These points are on the line, but share and 1 − share are exchanged: a share "
                "of 1 should give the real row.",
            ),
            (
                by_row * (real + made),
                "Both rows are multiplied by the share. The made row gets what is left of 1.",
            ),
            (
                by_row * real + made,
                "The made rows are there whole. They get what is left of 1: (1 − share) · made.",
            ),
            (
                by_row * (real - made),
                "That is the way from the made row to the point. Start at the made row: add it.",
            ),
        ),
    )
    require(
        same_numbers(got, right),
        "These points are not share · real + (1 − share) · made, row by row: "
        f"{difference(got, right)}",
    )


@points_between.set_inputs
def points_between_inputs(rng):
    for what, n, d, scale in (
        ("more rows than columns", 6, 2, 1.0),
        ("more columns than rows", 3, 7, 1.0),
        ("as many rows as columns", 4, 4, 1.0),
        ("one column", 5, 1, 1.0),
        ("one row", 1, 3, 1.0),
        ("one row of one number", 1, 1, 1.0),
        ("huge numbers", 4, 3, 1e6),
        ("tiny numbers", 4, 3, 1e-6),
    ):
        rows = scale * rng.normal(1, 2, size=(2, n, d))
        yield what, (*rows, rng.random(n))
    real, made = rng.exponential(size=(2, 4, 3))
    yield "shares of 0 and 1", (real, made, np.array([0.0, 1.0, 1.0, 0.0]))
    yield "equal shares", (real, made, np.full(4, 0.25))
    yield "real rows that are the made ones", (real, real.copy(), rng.random(4))
    yield "float32", tuple(each.astype(np.float32) for each in (made, real, rng.random(4)))


# --------------------------------------------------------------------------------- 6 · fair scores

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
    with fixed_random_numbers(11) as torch:
        nn = torch.nn
        norm, drop = nn.BatchNorm1d(3), nn.Dropout(0.5)
        encoder = nn.Sequential(nn.Linear(4, 3), norm)
        generator = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), drop, nn.Linear(8, 4))
        rows = torch.randn(7, 4)
        encoder.eval(), generator.eval()
        errors = (rows - generator(encoder(rows))).detach().numpy()
        modes = {"encoder": [], "generator": []}
        for layer, seen in zip((norm, drop), modes.values(), strict=True):
            layer.register_forward_pre_hook(
                lambda layer, _, seen=seen: seen.append(layer.training)
            )
        result = answer(encoder.train(), generator.train(), rows.clone())
    require(result is not None, "Your function returned None: is a `return` missing?")
    require(
        not getattr(result, "requires_grad", False),
        "The scores still carry slopes. Add .detach(), or score inside torch.no_grad().",
    )
    got = as_array(result, what="the scores")
    require(
        got.size != 1,
        "One number for all rows: that says how good the networks are, not which row is odd. "
        "Take the mean over the columns only, dim=1.",
    )
    require(
        got.shape != (4,),
        "Four scores for seven rows: you averaged over the rows and kept the columns. dim=1 is "
        "the axis to average over.",
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
            (
                np.abs(errors.mean(axis=1)),
                "Errors above and below cancel here. Take their size before the mean.",
            ),
            (np.abs(errors).sum(axis=1), "These are sums over the columns; take the mean."),
            ((errors**2).mean(axis=1), "These are squares; the absolute error is asked for."),
            (
                np.sqrt((errors**2).mean(axis=1)),
                "These are roots of mean squares; the absolute error is asked for.",
            ),
            (
                np.linalg.norm(errors, axis=1),
                "These are distances, roots of sums of squares; the mean of the absolute errors "
                "is asked for.",
            ),
            (
                np.abs(errors).max(axis=1),
                "That is the largest error of each row; the mean is asked for.",
            ),
            (-right, "The sign is turned: a row that is remade badly has a high score."),
        ),
    )
    if same_numbers(got, right):
        return
    for name, seen in modes.items():
        require(seen, f"The {name} was not asked: the copies are generator(encoder(rows)).")
    training = [name for name, seen in modes.items() if any(seen)]
    require(
        not training,
        f"The {' and the '.join(training)} scored in training mode, where dropout is drawn anew "
        "and batch normalisation looks at the neighbours. Call eval() before you score.",
    )
    require(False, f"These are not the rows' mean |x − G(E(x))|: {difference(got, right)}")


@remaking_scores.set_inputs
def remaking_scores_inputs(rng):
    with fixed_random_numbers(int(rng.integers(2**31))) as torch:
        nn = torch.nn

        def norm(width):
            layer = nn.BatchNorm1d(width)
            layer.running_mean, layer.running_var = torch.randn(width), 0.5 + torch.rand(width)
            return layer

        def network(width, outputs, *between):
            return nn.Sequential(nn.Linear(width, 4), *between, nn.Linear(4, outputs))

        cases = []
        for what, encoder, generator, n, d, scale in (
            ("dropout in the encoder", network(5, 2, nn.Dropout(0.4)), network(2, 5), 6, 5, 1),
            ("dropout in the generator", network(3, 2), network(2, 3, nn.Dropout(0.4)), 8, 3, 1),
            ("both normalised", network(4, 2, norm(4)), network(2, 4, norm(4)), 5, 4, 1),
            ("one row", network(4, 3, norm(4)), network(3, 4, norm(4), nn.Tanh()), 1, 4, 1),
            ("as many rows as columns", network(3, 2, norm(4)), network(2, 3), 3, 3, 1),
            ("evaluation mode", network(2, 2).eval(), network(2, 2, norm(4)).eval(), 6, 2, 1),
            ("one column", network(1, 1, nn.Tanh()), network(1, 1), 5, 1, 1),
            ("large numbers", network(3, 2, nn.ReLU()), network(2, 3), 7, 3, 1e4),
            ("networks that copy", nn.Identity(), nn.Identity(), 4, 3, 1),
        ):
            rows = scale * torch.randn(n, d) * (0.2 + torch.rand(n, 1))
            cases.append((what, (encoder, generator, rows)))
        encoder, generator, rows = cases[2][1]
        double = copy.deepcopy(encoder).double(), copy.deepcopy(generator).double()
        cases.append(("float64", (*double, rows.double())))
    yield from cases
