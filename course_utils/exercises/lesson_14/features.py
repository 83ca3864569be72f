"""Exercises of lesson 14 about whole images: network input, distance, alarm level."""

from __future__ import annotations

from course_utils.exercises import inputs, quantiles
from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_14._covariance import rows_taken_for_columns
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    plain,
    require,
    same_numbers,
)

import numpy as np
from scipy.stats import norm

# ----------------------------------------------------------------------- 1 · input of a network

as_input = Exercise(
    "Turn grey images (n, h, w) of uint8 into the network's input (n, 3, h, w): (x − 127) / 128, "
    "the same for all three channels.",
    hints=(
        "uint8 cannot hold a negative number: images.astype(float) comes first.",
        "x[:, np.newaxis] is (n, 1, h, w): one channel, in the place where the network looks.",
        "np.repeat(x, 3, axis=1) makes three channels of one.",
    ),
    praise="Right. Floats, three channels in front, and the scale on which the network learned.",
)


@as_input.set_solution
def as_input_solution(images):
    x = (images.astype(float) - 127) / 128
    return np.repeat(x[:, np.newaxis], 3, axis=1)


@as_input.set_check
def as_input_check(answer):
    images = np.random.default_rng(14).integers(0, 256, (2, 5, 4)).astype(np.uint8)
    images[0, 0, :2] = 0, 255
    got = as_array(answer(images.copy()), what="the input")
    wanted = as_input_solution(images)
    if not difference(got, wanted):
        return
    shapes = {
        (2, 5, 4, 3): "The channels are last, (n, h, w, 3), as files keep them. PyTorch's layers "
        "take them first: (n, 3, h, w).",
        (2, 1, 5, 4): "One channel is there; the first layer was trained on red, green and blue "
        "and wants three. Repeat the grey one.",
        (2, 5, 4): "There is no axis for the channels yet. x[:, np.newaxis] is (n, 1, h, w), and "
        "the network wants (n, 3, h, w).",
        (3, 2, 5, 4): "The channels stand before the images, (3, n, h, w). Axis 0 counts the "
        "images: (n, 3, h, w), as np.stack(…, axis=1) makes it.",
        (2, 3, 4, 5): "Height and width changed places: your images lie on their side. Height "
        "comes first, as before.",
        (2, 15, 4): "The rows were repeated, and each image is three times as high. Make an axis "
        "for the channels first: x[:, np.newaxis].",
        (6, 5, 4): "There are three times as many images now. Make an axis for the channels "
        "first: x[:, np.newaxis].",
    }
    require(got.shape not in shapes, shapes.get(got.shape))
    require(
        got.shape == wanted.shape,
        f"The shape is {got.shape}; (2, 3, 5, 4) is expected for images of shape (2, 5, 4).",
    )
    mixed = (
        "The three channels of a grey image differ: reshape reads the numbers off in their old "
        "order and cuts them anew. Repeat the image along an axis of its own."
    )
    scaled = wanted[:, 0]
    name_the_mistake(
        got,
        ((np.stack([scaled] * 3, axis).reshape(got.shape), mixed) for axis in (0, 2, 3)),
    )
    _name_the_scale(got, images)
    raise Misconception(f"This is not (x − 127) / 128: {difference(got, wanted)}")


def _name_the_scale(got, images) -> None:
    """Refuse an input (n, 3, h, w) whose numbers are those of another known scale."""
    wrapped = (images - np.uint8(127))[:, np.newaxis].astype(float)
    x = images.astype(float)[:, np.newaxis]
    of_imagenet = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    mean, spread = (each[:, np.newaxis, np.newaxis] for each in of_imagenet)
    whole = (
        "Those are whole numbers: the brightness between them is lost. Keep floats, and divide "
    )
    minus_one_to_one = (
        "That is x / 127.5 − 1, the scale of many other networks. This one was trained on "
        "(x − 127) / 128; look a backbone's own constants up."
    )
    mistakes = (
        (
            wrapped / 128,
            "Dark pixels came out bright: in uint8, 0 − 127 wraps around to 129. Turn the "
            "images into floats before you subtract.",
        ),
        (
            (x / 255 - 127) / 128,
            "You divided by 255 first, so that every pixel is about −0.99 afterwards and "
            "the image is gone. 127 and 128 belong to pixels from 0 to 255.",
        ),
        (
            (x / 255 - mean) / spread,
            "Those are the constants of other networks trained on ImageNet. This one was "
            "trained on (x − 127) / 128; look a backbone's own constants up.",
        ),
        (x / 127.5 - 1, minus_one_to_one),
        ((x - 128) / 127, "The constants changed places: 127 is subtracted, 128 divides."),
        (x / 255, "That is 0 to 1; this network was trained on −1 to 1."),
        (x, "Pixels from 0 to 255 go in as they are: subtract 127, divide by 128."),
        (x - 127, "The division by 128 is missing: pixels go in from −127 to 128."),
        (x / 128, "127 is not subtracted: pixels go in from 0 to 2."),
        (x / 128 - 127, "Subtract first, then divide: brackets are missing."),
        (x - 127 / 128, "Subtract first, then divide: brackets are missing."),
        ((x - 127) // 128, f"{whole}by /, not by //."),
        (np.trunc((x - 127) / 128), f"{whole}last."),
    )
    name_the_mistake(got, ((wrong * np.ones((1, 3, 1, 1)), told) for wrong, told in mistakes))


@as_input.set_inputs
def as_input_inputs(rng):
    yield "the example", (np.array([[[127, 255]]], dtype=np.uint8),)
    for what, shape in (
        ("images", (3, 6, 5)),
        ("one image", (1, 4, 7)),
        ("images of three rows", (4, 3, 2)),
        ("square images", (2, 3, 3)),
        ("single pixels", (5, 1, 1)),
        ("one row of pixels", (2, 1, 9)),
    ):
        for tone, low, high in (("", 0, 256), (", dark", 0, 30), (", bright", 230, 256)):
            yield f"{what}{tone}", (rng.integers(low, high, shape).astype(np.uint8),)
    yield "a black image", (np.zeros((1, 3, 2), dtype=np.uint8),)
    yield "a white image", (np.full((1, 2, 3), 255, dtype=np.uint8),)


# ------------------------------------------------------------------------------ 2 · Mahalanobis

mahalanobis = Exercise(
    "Return the Mahalanobis distance (m,) of each row of `new` from the mean of the rows of "
    "`normal`, with `ridge` added to the diagonal of their covariance.",
    hints=(
        "np.cov(normal, rowvar=False) is the (d, d) covariance: rows are images here.",
        "Add ridge * np.eye(d), and invert: np.linalg.inv.",
        "away = new - mean; the squared distance of each row is ((away @ inverse) * away).sum(1).",
    ),
    praise="Right. A step along a direction in which normal images vary counts little.",
)


@mahalanobis.set_solution
def mahalanobis_solution(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False) + ridge * np.eye(normal.shape[1])
    away = new - normal.mean(axis=0)
    return np.sqrt(((away @ np.linalg.inv(covariance)) * away).sum(axis=1))


def _mahalanobis_with_n(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False, ddof=0) + ridge * np.eye(normal.shape[1])
    return _form(new - normal.mean(axis=0), np.linalg.inv(covariance))


@mahalanobis.set_check
def mahalanobis_check(answer):
    generator = np.random.default_rng(4)
    mix = np.array([[3.0, 2.0, 0.0], [0.0, 0.6, 0.0], [0.0, 0.0, 0.2]])
    for n, ridge in ((31, 0.5), (31, 0.0), (3, 0.8)):
        normal = generator.normal(size=(n, 3)) @ mix + [5, -1, 2]
        new = 2 * generator.normal(size=(7, 3)) + [4, 0, 2]
        _judge_mahalanobis(answer, new, normal, ridge)


def _judge_mahalanobis(answer, new, normal, ridge):
    with rows_taken_for_columns(len(normal), 3, "normal image"), np.errstate(all="ignore"):
        result = plain(answer(new.copy(), normal.copy(), ridge))
    away = new - normal.mean(axis=0)
    if isinstance(result, np.ndarray):
        require(
            result.shape != (7, 7),
            "Seven times seven numbers: away @ inverse @ away.T compares every row with every "
            "other. Only its diagonal is asked for.",
        )
        require(result.shape != (7, 3), "Each row is one distance: sum over the columns.")
        require(
            result.shape != (7,) or not np.isnan(result.astype(float)).any(),
            "Some distances are NaN: a square root of a negative number. Sum over the columns "
            "first, then take the root, and look at what stands between the two centred rows.",
        )
    got = as_array(result, shape=(7,), what="the distances")
    right = mahalanobis_solution(new, normal, ridge)
    if any(same_numbers(got, each(new, normal, ridge)) for each in RIGHT_DISTANCES):
        return
    for ddof in (0, 1):
        _name_the_matrix(got, new, normal, ridge, ddof)
    name_the_mistake(
        got,
        (
            (
                np.linalg.norm(away, axis=1),
                "That is the Euclidean distance: it forgets that some directions vary more than "
                "others, and together. Use the inverse of the covariance.",
            ),
            (
                np.linalg.norm(away / normal.std(axis=0), axis=1),
                "You divided each column by its own spread. Columns that vary together are told "
                "by the rest of the matrix: invert the whole covariance.",
            ),
        ),
    )
    raise Misconception(
        "The distances differ from √((x − μ)ᵀ (Σ + ridge·I)⁻¹ (x − μ)): with "
        f"{len(normal)} normal rows and ridge {ridge} {difference(got, right)}"
    )


def _name_the_matrix(got, new, normal, ridge, ddof) -> None:
    """Refuse distances that another matrix in the middle, or another centre, would give."""
    covariance = np.cov(normal, rowvar=False, ddof=ddof)
    identity = np.eye(3)
    inverse = np.linalg.inv(covariance + ridge * identity)
    away, other = new - normal.mean(axis=0), new - new.mean(axis=0)
    wrong = [
        (
            _form(away, covariance + ridge * identity),
            "You multiplied by the covariance itself, so that directions of large spread count "
            "most. They should count least: invert it.",
        ),
        (_form(away, inverse) ** 2, "Those are the squared distances; a root is missing."),
        (
            _form(away, np.diag(1 / (np.diag(covariance) + ridge))),
            "You divided each column by its own variance. Columns that vary together are told "
            "by the rest of the matrix: invert the whole covariance.",
        ),
        (
            _form(other, inverse),
            "You subtracted the mean of the new rows. A detector learns the mean from normal "
            "rows; new ones may all be anomalies.",
        ),
        (
            _form(new, inverse),
            "You did not subtract the mean: the distance is measured from the origin.",
        ),
        (
            _form(away, np.linalg.inv(np.cov(new, rowvar=False, ddof=ddof) + ridge * identity)),
            "The covariance is that of the new rows. What is usual is learned from normal ones.",
        ),
        (
            _form(away, np.linalg.inv(np.corrcoef(normal, rowvar=False) + ridge * identity)),
            "You inverted the correlation, which has lost the units of the columns, while x − μ "
            "still carries them. Use the covariance.",
        ),
        (
            _form(away, 1 / (covariance + ridge * identity)),
            "1 / Σ inverts each entry on its own. The inverse of a matrix is np.linalg.inv.",
        ),
    ]
    if ridge:
        unridged = np.linalg.pinv(covariance)
        wrong += [
            (
                _form(away, unridged),
                "The ridge is not used. With fewer images than columns the covariance has no "
                "inverse; ridge · I on its diagonal gives it one.",
            ),
            (
                _form(away, unridged + ridge * identity),
                "The ridge was added after inverting. It gives the covariance an inverse, so it "
                "has to be there before.",
            ),
            (
                _form(away, np.linalg.inv(covariance + ridge)),
                "You added the ridge to every entry of the matrix. It belongs on the diagonal: "
                "ridge * np.eye(d).",
            ),
        ]
    if len(normal) == 3:
        turned = np.cov(normal, ddof=ddof) + ridge * identity
        wrong.append(
            (
                _form(away, np.linalg.inv(turned)),
                "With as many normal rows as columns these are the distances that a covariance "
                "of the rows gives. np.cov takes each row for a variable; "
                "np.cov(normal, rowvar=False) each column.",
            )
        )
    name_the_mistake(got, ((each, told) for each, told in wrong if np.isfinite(each).all()))


def _form(away, middle):
    """Return √(xᵀ M x) for each row; NaN where it has no root, without a warning."""
    with np.errstate(all="ignore"):
        return np.sqrt(((away @ middle) * away).sum(axis=1))


RIGHT_DISTANCES = mahalanobis_solution, _mahalanobis_with_n


@mahalanobis.set_inputs(also_right=[_mahalanobis_with_n])
def mahalanobis_inputs(rng):
    corners = np.array([[0, 0], [2, 0], [0, 4], [2, 4]])
    yield "the example", (np.array([[3, 2]]), corners, 0)
    for columns in (2, 4):
        for what, (normal, new) in inputs.train_and_rows(rng, columns, least=12):
            if np.linalg.cond(np.corrcoef(normal, rowvar=False)) > 1e3:
                continue
            for share in (0.0, 0.3):  # of the mean variance
                ridge = share * normal.var(axis=0).mean()
                yield f"{what}, {'a' if share else 'no'} ridge", (new, normal, ridge)
    for what, n, d, m in (
        ("fewer normal rows than columns", 4, 9, 6),
        ("as many normal rows as columns", 5, 5, 5),
        ("two normal rows", 2, 3, 4),
        ("many columns", 9, 30, 2),
    ):
        normal = rng.exponential(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(size=d)
        for ridge in (0.2, 3.0):
            yield what, (3 * rng.normal(size=(m, d)), normal, ridge)
    normal = rng.normal(size=(14, 3))
    yield "the normal rows themselves", (normal, normal, 0.1)
    at_the_mean = normal.mean(axis=0) + np.array([[0], [2]])
    yield "the mean itself among the new rows", (at_the_mean, normal, 0.1)
    yield "float32", (normal[:4].astype(np.float32), normal.astype(np.float32), 0.5)


# ------------------------------------------------------------------------------ 3 · alarm level

alarm_level = Exercise(
    "Return the score above which `share` of the normal validation images lie.",
    hints=(
        "scores[y == 0] are the normal ones; a factory has no others when it starts.",
        "A share of 0.05 above the level is a share of 0.95 below it.",
        "np.quantile(normal_scores, 1 - share)",
    ),
    praise="Right. The false alarm rate is chosen, and no defect was needed for it.",
)


@alarm_level.set_solution
def alarm_level_solution(scores, y, share):
    return np.quantile(scores[y == 0], 1 - share)


@alarm_level.set_check
def alarm_level_check(answer):
    generator = np.random.default_rng(5)
    y = np.repeat([0, 1], [401, 200])
    scores = np.concatenate([generator.gamma(3, size=401), 7 + generator.gamma(3, size=200)])
    order = generator.permutation(601)
    for share in (0.05, 0.2):
        _judge_level(answer, scores[order], y[order], share)


def _judge_level(answer, scores, y, share):
    result = answer(scores.copy(), y.copy(), share)
    got = as_array(result, what="the level")
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    normal, defects = scores[y == 0], scores[y == 1]
    above = (normal > got).mean()
    if abs(above - share) <= 2.5 / len(normal):  # whichever way a quantile rounds
        return
    bell_shaped = (
        "is a share only if the scores are normally distributed; these have a long tail, as "
        "distances do. Use a quantile."
    )
    centre, spread = normal.mean(), np.array([normal.std(), normal.std(ddof=1)])
    of_defects = "That is a quantile of the defects; normal images are y == 0."
    name_the_mistake(
        got,
        (
            (
                np.quantile(scores, 1 - share),
                "That is the quantile of all scores. The defects among them push the level up, "
                "by how much depends on how many there happen to be. Take the normal ones: "
                "y == 0.",
            ),
            (
                np.quantile(normal, share),
                f"Upside down: {1 - share:.0%} of the normal images lie above this level, and "
                "would alarm. The share above is 1 minus the share below.",
            ),
            (
                np.quantile(defects, share),
                "That is a quantile of the defects. It tells how many you find, for the kinds "
                "you have; the false alarms stay unknown, and new kinds too.",
            ),
            (np.quantile(defects, 1 - share), of_defects),
            (
                normal.max(),
                "The highest normal score is one image's luck, and rises with every image that "
                "you add. A quantile settles.",
            ),
            (
                np.percentile(normal, 1 - share),
                "np.percentile counts from 0 to 100, so 1 − share is less than one per cent to "
                "it. np.quantile counts from 0 to 1.",
            ),
            (
                (1 - share) * normal.max(),
                "A share of the largest score says nothing of how many "
                "images lie above it. Take the quantile.",
            ),
            (share, "That is the share itself; the score above which it lies is asked for."),
            *(
                (centre + k * each, f"Mean plus {k} standard deviations {bell_shaped}")
                for k in (1, 2, 3, 4)
                for each in spread
            ),
            *(
                (centre + norm.ppf(1 - share) * each, f"The bell curve's quantile {bell_shaped}")
                for each in spread
            ),
        ),
    )
    raise Misconception(
        f"{above:.1%} of the normal images lie above this level, {float(got):.4g}; {share:.0%} "
        f"are asked for, as above {alarm_level_solution(scores, y, share):.4g}."
    )


def _on_normal_scores(rule):
    return lambda scores, y, share: rule(scores[y == 0], share)


@alarm_level.set_inputs(also_right=[*map(_on_normal_scores, quantiles.LEVELS)])
def alarm_level_inputs(rng):
    yield "the example", (np.arange(101.0), np.zeros(101, dtype=int), 0.05)
    for what, scores, y, share in quantiles.labelled_scores(rng):
        yield what, (scores, y, share)
        yield f"{what}, scores below 0", (scores - 30, y, share)
        yield f"{what}, defects that score lower", (1000 * (scores - 4 * y), y, share)
        yield f"{what}, tied scores", (np.round(scores), y, share)
        yield f"{what}, another share", (scores.astype(np.float32), y, 0.45)
