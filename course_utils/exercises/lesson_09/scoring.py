"""Exercises of lesson 09 about scores: row errors, an angle between spaces, fair errors."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.random_numbers import fixed_random_numbers
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    plain,
    require,
)

import numpy as np

# ------------------------------------------------------------------------------- 2 · row errors

row_errors = Exercise(
    "Return each row's mean squared copying error as a NumPy array (n,).",
    hints=(
        "Scoring is no training: switch the model with model.eval() first.",
        "(model(inputs) - inputs) ** 2 is (n, d). One number for each row: mean over dim=1.",
        "NumPy takes no tensor that remembers how it was computed: .detach(), or compute inside "
        "`with torch.no_grad():`; then .cpu().numpy().",
    ),
    praise="Right. Evaluation mode, no graph, one error for each row, whoever stands beside it.",
)


@row_errors.set_solution
def row_errors_solution(model, inputs):
    model.eval()
    errors = (model(inputs) - inputs).detach() ** 2
    return errors.mean(dim=1).cpu().numpy()


@row_errors.set_check
def row_errors_check(answer):
    with fixed_random_numbers() as torch:
        layers = torch.nn.Linear(5, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 5)
        model, inputs = torch.nn.Sequential(*layers), torch.randn(7, 5)
        before = [each.detach().clone() for each in model.parameters()]
        squared = ((model.eval()(inputs) - inputs).detach() ** 2).numpy()  # (7, 5)
        modes = []
        layers[1].register_forward_pre_hook(lambda layer, _: modes.append(layer.training))
        got = _as_errors(answer, model.train(), inputs.clone())
    require(
        all(map(torch.equal, model.parameters(), before)),
        "Your function changes the model's weights. Scoring is no training.",
    )
    require(
        all(each.requires_grad for each in model.parameters()),
        "Your function freezes the model: its weights have lost `requires_grad`, and a training "
        "that goes on finds no slopes. torch.no_grad() forgets the record and leaves them alone.",
    )
    right = squared.mean(axis=1)
    if got.shape == right.shape and np.allclose(got, right, rtol=1e-4):
        return
    require(
        got.shape != (),
        "That is one number for all rows together. Average over the columns alone, dim=1.",
    )
    require(
        got.shape != (5,),
        "Five numbers for seven rows: you averaged over the rows and kept the columns. "
        "dim=1 is the axis to average over.",
    )
    as_array(got, shape=(7,), what="the errors")
    require(modes, "The model was not asked for its copies: model(inputs).")
    require(
        not any(modes),
        "The model scored in training mode, where dropout is still drawing: the same rows get "
        "other errors each time. Call model.eval() before you score.",
    )
    name_the_mistake(
        got,
        (
            (squared.sum(axis=1), "That is the sum over the columns; the mean is expected."),
            (np.sqrt(right), "That is the root of the mean squared error."),
            (np.sqrt(squared).mean(axis=1), "Those are absolute errors; squared ones are asked."),
            (squared.max(axis=1), "That is the largest of a row's errors; the mean is expected."),
            (-right, "The sign is turned: a bad copy has a high error."),
        ),
    )


def _as_errors(answer, model, inputs):
    """Return what the answer says as an array, or name the tensor that it still is."""
    graph = (
        "The errors still hang on the graph that made them, and NumPy takes no such tensor. "
        "Scoring needs no slopes: use torch.no_grad() around it, or .detach()."
    )
    try:
        result = answer(model, inputs)
    except RuntimeError as error:
        require("requires grad" not in str(error), graph)
        raise
    require(not getattr(result, "requires_grad", False), graph)
    require(
        not hasattr(result, "detach"),
        "A NumPy array is asked for; a tensor may lie on another device: .cpu().numpy().",
    )
    return as_array(result, what="the errors")


@row_errors.set_inputs
def row_errors_inputs(rng):
    with fixed_random_numbers(int(rng.integers(2**31))) as torch:
        nn = torch.nn

        def network(width, *between):
            return nn.Sequential(nn.Linear(width, 4), *between, nn.Linear(4, width))

        norm = nn.BatchNorm1d(4)
        norm.running_mean, norm.running_var = torch.randn(4), 0.5 + torch.rand(4)
        cases = []
        for what, model, rows, width, scale in (
            ("dropout", network(3, nn.Dropout(0.4)), 6, 3, 1.0),
            ("batch normalisation in training mode", network(4, norm), 5, 4, 1.0),
            ("batch normalisation and one row", network(4, norm), 1, 4, 1.0),
            ("a model in evaluation mode", network(2, nn.Tanh()).eval(), 8, 2, 1.0),
            ("float64", network(5, nn.Dropout(0.2)).double(), 5, 5, 1.0),
            ("large numbers", network(3, nn.ReLU()), 6, 3, 1e4),
            ("one column", network(1, nn.Tanh()), 6, 1, 1.0),
            ("as many rows as columns", network(4, nn.ReLU()), 4, 4, 1.0),
            ("a model that copies", nn.Identity(), 3, 2, 1.0),
        ):
            kind = next(model.parameters(), torch.zeros(1)).dtype
            rows_given = scale * torch.randn(rows, width) * torch.rand(rows, 1)
            cases.append((what, (model, rows_given.to(kind))))
    yield from cases


# ---------------------------------------------------------------------------- 3 · largest angle

largest_angle = Exercise(
    "Return the largest principal angle, in degrees, between the spaces that the columns of A "
    "and of B span.",
    hints=(
        "First give both spaces axes of length 1 at right angles: np.linalg.qr(A)[0].",
        "The singular values of Q_A.T @ Q_B are the cosines of the principal angles.",
        "The largest angle has the smallest cosine. Clip at 1 before np.arccos, since rounding "
        "may go beyond, and turn radians into degrees with np.degrees.",
    ),
    praise="Right. It asks what two spaces have in common, whichever axes describe them.",
)


@largest_angle.set_solution
def largest_angle_solution(A, B):
    first, second = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    cosines = np.linalg.svd(first.T @ second, compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.min(), 0, 1)))


@largest_angle.set_check
def largest_angle_check(answer):
    generator = np.random.default_rng(9)
    A, B, mix = (generator.normal(size=size) for size in ((9, 3), (9, 3), (3, 3)))
    _judge_angle(answer, A, A + 0.5 * B, what="two neighbouring spaces")
    _judge_angle(answer, A, A @ mix, what="B = A times an invertible matrix")
    for k in (1, 1, 1, 1, 2, 2, 2, 3):  # rounding takes some of the cosines beyond 1
        A = generator.normal(size=(k + 3, k))
        _judge_angle(answer, A, -3 * A, what="B = −3 · A")


def _judge_angle(answer, A, B, what):
    try:
        with np.errstate(invalid="ignore"):
            result = answer(A.copy(), B.copy())
    except np.linalg.LinAlgError as error:
        raise Misconception(f"NumPy stopped with '{error}'. Is a matrix turned?") from None
    shown = plain(result)
    kind = np.asarray(shown).dtype.kind if shown is not None else ""
    require(
        not (kind == "f" and np.isnan(shown).any() and np.size(shown) == 1),
        "NaN: rounding has made a cosine a little larger than 1, and np.arccos has no answer to "
        "that. Clip the cosines at 1.",
    )
    got = as_array(result, what="the angle")
    require(got.shape == (), f"One angle is asked for, the largest; you return shape {got.shape}.")
    Q_a, Q_b = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    cosines = np.linalg.svd(Q_a.T @ Q_b, compute_uv=False).clip(0, 1)
    right = np.degrees(np.arccos(cosines.min()))
    if abs(got - right) < 0.1:  # near 0, that is as exact as float32 can be
        return
    unit_a, unit_b = A / np.linalg.norm(A, axis=0), B / np.linalg.norm(B, axis=0)
    pairs = np.abs((unit_a * unit_b).sum(axis=0)).clip(0, 1)
    raw = np.linalg.svd(A.T @ B, compute_uv=False)
    crooked = np.linalg.svd(unit_a.T @ unit_b, compute_uv=False)
    mistakes = (
        (
            np.degrees(np.arccos(pairs.min())),
            f"You compared the columns one by one ({what}). A mix of the columns spans the same "
            "space, so their directions say nothing about it.",
        ),
        (
            np.degrees(np.arccos(cosines.max())),
            "That is the smallest of the angles: the largest cosine. The largest angle says "
            "whether the whole space fits.",
        ),
        (
            np.degrees(np.arccos(cosines.mean())),
            "That is the angle of the mean cosine; the smallest cosine has the largest angle.",
        ),
        (np.degrees(np.arcsin(cosines.min())), "np.arcsin is the angle to a sine, not a cosine."),
        (np.radians(right), "That angle is in radians; degrees are asked for."),
        (1 - cosines.min(), "That is one minus a cosine, not yet an angle."),
        (cosines.min(), "That is a cosine; np.arccos makes an angle of it."),
    )
    for wrong, message in mistakes:
        require(abs(got - wrong) > 1e-4 * max(1, abs(wrong)), message)
    require(
        got > 0.1,
        f"You find no angle between two different spaces ({what}). Are they those of the rows? "
        "Columns span them here, (d, k); k-dimensional rows of A and B always span the same.",
    )
    for values in (raw, crooked):
        for cosine in (values.min(), values.max()):
            require(
                abs(np.cos(np.radians(got)) - min(cosine, 1)) > 1e-6,
                "The columns are not yet of length 1 and at right angles to each other, so these "
                "products are no cosines between spaces. np.linalg.qr makes such columns.",
            )
    require(False, f"For {what} the largest angle is {right:.2f} degrees, not {got:.2f}.")


@largest_angle.set_inputs
def largest_angle_inputs(rng):
    yield "one axis each", (np.array([[1], [0]]), np.array([[1], [1]]))
    yield "whole numbers", (np.array([[2, 0], [0, 3], [0, 0]]), np.array([[1, 0], [1, 2], [0, 2]]))
    for d, k in ((2, 1), (5, 1), (4, 2), (6, 2), (5, 3), (8, 4), (3, 2)):
        for what, far, unit in (
            ("spaces far apart", 3.0, np.ones(k)),
            ("neighbouring spaces", 0.3, np.ones(k)),
            ("columns in unlike units", 1.0, 10.0 ** rng.integers(-2, 3, size=k)),
        ):
            while True:  # angles that float32 tells as well, and columns that are no near copies
                A = rng.normal(size=(d, k))
                B = A @ rng.normal(size=(k, k)) + far * rng.normal(size=(d, k))
                crooked = max(np.linalg.cond(A), np.linalg.cond(B))
                if crooked < 8 and 5 < largest_angle_solution(A, B) < 80:
                    break
            yield what, (A * unit, B * unit[::-1])


# ------------------------------------------------------------------------------ 5 · fair errors

fair_errors = Exercise(
    "Return one score for each picture (n,), higher = more anomalous, in which a picture with "
    "little ink cannot hide.",
    hints=(
        "A picture with little ink cannot be copied very wrongly. What share of it is lost?",
        "Divide each row's squared error by something that grows with that row's ink.",
        "((pictures - copies) ** 2).sum(axis=1) / (pictures.sum(axis=1) + a_little) is one way; "
        "what is a blank picture's score?",
    ),
    praise="Right. Each copy is measured by what there was to copy.",
)


@fair_errors.set_solution
def fair_errors_solution(pictures, copies):
    errors = ((pictures - copies) ** 2).sum(axis=1)
    return errors / (pictures.sum(axis=1) + 1e-6)


# What the rows of `_pictures` are: ink and what of it was lost, of 64 pixels.
THIN = slice(0, 6)  # 4 to 8 pixels, three quarters lost
THICK = slice(6, 12)  # 24 to 32 pixels, a quarter lost
LADDER = slice(12, 20)  # one picture of 32 pixels, of which 0, 4, …, 28 were lost
THIN_KEPT, MOVED, BLANK, STAINED, LOST, THIN_NEARLY_KEPT = range(20, 26)
PIXELS = 64


def _pictures(rng):
    """Return pictures and copies, (26, 64), whose rows are named above."""

    def copied(ink, lost, places):
        picture = np.zeros(PIXELS)
        picture[places[:ink]] = 1
        copy = picture.copy()
        copy[places[:lost]] = 0
        return picture, copy

    thin = [(ink, 3 * ink // 4) for ink in (4, 4, 4, 8, 8, 8)]
    thick = [(ink, ink // 4) for ink in (24, 28, 32, 24, 28, 32)]
    rows = [copied(*each, rng.permutation(PIXELS)) for each in thin + thick]
    places = rng.permutation(PIXELS)
    rows += [copied(32, lost, places) for lost in range(0, 32, 4)]
    rows.append(copied(4, 0, rng.permutation(PIXELS)))
    ink, elsewhere, blank = np.zeros((3, PIXELS))
    ink[places[:24]] = elsewhere[places[24:48]] = 1
    stain = np.where(np.arange(PIXELS) < 10, 0.5, 0.0)
    rows += [(ink, elsewhere), (blank, blank), (blank, stain), (rows[0][0], blank)]
    rows.append(copied(4, 1, rng.permutation(PIXELS)))
    return tuple(np.array(each) for each in zip(*rows, strict=True))


@fair_errors.set_check
def fair_errors_check(answer):
    for seed in range(3):
        pictures, copies = _pictures(np.random.default_rng(seed))
        with np.errstate(all="ignore"):
            got, again = (_as_scores(answer, pictures, copies) for _ in range(2))
            require(
                np.allclose(got, again, rtol=1e-3, atol=1e-5),
                "The same pictures get other scores at a second call: a score must not depend on "
                "chance or on earlier calls.",
            )
            pairs = zip(pictures[:, None].copy(), copies[:, None].copy(), strict=True)
            alone = [as_array(answer(*pair), shape=(1,), what="one picture") for pair in pairs]
        require(
            np.allclose(np.concatenate(alone), got, rtol=1e-3, atol=1e-5),
            "A picture's score changes with the pictures beside it. Divide by a number of its "
            "own row, not by one of the whole batch.",
        )
        _judge_scores(got)


def _as_scores(answer, pictures, copies):
    result = answer(pictures.copy(), copies.copy())
    values = plain(result)
    if (
        isinstance(values, np.ndarray)
        and values.dtype.kind == "f"
        and len(values) == len(pictures)
    ):
        broken = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        without_ink = [BLANK, STAINED, LOST]
        require(
            not broken[without_ink].any() or np.delete(broken, without_ink).any(),
            "A blank picture, or a blank copy, gets NaN or infinity: a division by zero. Add a "
            "little to what you divide by.",
        )
    return as_array(result, shape=(len(pictures),), what="the scores")


def _judge_scores(got):
    steps = np.diff(got[LADDER])
    at = int(np.argmin(steps))
    require(
        steps[at] > 0,
        f"The copy that lost {4 * at + 4} of 32 pixels should score higher than the one that lost "
        f"{4 * at}: a worse copy of the same picture is more anomalous.",
    )
    perfect, quarter = got[LADDER][[0, 2]]
    require(
        abs(got[MOVED] - perfect) > 1e-3 * abs(quarter - perfect),
        "A copy with all its ink in the wrong places scores like a perfect one: you compare the "
        "amounts of ink. Compare pixel by pixel, and sum then.",
    )
    require(
        got[MOVED] > quarter,
        "A copy with all its ink in the wrong places scores no higher than one that lost a "
        "quarter of it.",
    )
    require(
        got[THIN].min() > got[THICK].max(),
        "A thin picture that lost three quarters of its ink scores no higher than a thick one "
        "that lost one quarter: the amount of ink still decides. Ask which share was lost.",
    )
    require(
        got[LADDER][6] > got[THIN_KEPT],
        "A thick picture that lost three quarters of its ink scores no higher than a thin one "
        "that was copied perfectly: little ink itself is taken for an anomaly.",
    )
    require(
        got[LADDER][6] > got[THIN_NEARLY_KEPT],
        "A thick picture that lost three quarters of its ink scores no higher than a thin one "
        "that lost one quarter: now the thick ones hide. Ask which share was lost.",
    )
    require(
        got[STAINED] >= got[BLANK] - 1e-5,
        "A blank picture that was copied with a stain scores lower than one that was copied as "
        "blank.",
    )
