"""Exercises of lesson 06, of decisions, best weights and hidden labels."""

from __future__ import annotations

from course_utils.exercises.comparison import compare
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, plain, require, take_apart

import numpy as np

# ----------------------------------------------------------------------------------- 4 · decide

decide = Exercise(
    "Return one decision per row, shape (n,): 1 where the probability is above the threshold.",
    hints=(
        "outputs[:, 0] turns (n, 1) into (n,).",
        "A comparison gives True and False; .astype(int) makes 1 and 0 of them.",
    ),
    praise="Right. The network gives a probability; the decision is yours.",
)


@decide.set_solution
def decide_solution(outputs, threshold):
    return (outputs[:, 0] > threshold).astype(int)


@decide.set_check
def decide_check(answer):
    outputs = np.array([[0.02], [0.97], [0.5], [0.6], [0.04], [0.55], [0.3]], dtype=np.float32)
    got = {t: answer(outputs.copy(), t) for t in (0.5, 0.07, 0.9)}
    for value in got.values():
        require(value is not None, "Your function returned None: is a `return` missing?")
        require(
            np.shape(plain(value)) != outputs.shape,
            "The decisions have shape (n, 1), as the outputs. Compared with labels of shape (n,) "
            "they would broadcast to (n, n). Take the column: outputs[:, 0].",
        )
    got = {t: as_array(value, shape=(7,), what="the decisions") for t, value in got.items()}
    probability = outputs[:, 0].astype(float)

    def decides(rule):
        return all(np.array_equal(value, rule(threshold)) for threshold, value in got.items())

    for rule, message in (
        (
            lambda _: np.zeros(7),
            "Every decision is 0, at any threshold. (argmax over one column does that: it gives "
            "the number of the only column, and is made for one column per class.) Compare the "
            "probability with the threshold.",
        ),
        (lambda _: probability, "These are the probabilities. A decision is 0 or 1."),
        (
            lambda threshold: probability <= threshold,
            "The decisions are turned around: 1 is the alarm, above the threshold.",
        ),
        (
            lambda threshold: probability < threshold,
            "The decisions are turned around: 1 is the alarm, above the threshold.",
        ),
        (
            lambda threshold: probability >= threshold,
            "A probability of exactly the threshold raises an alarm. Only what is above the "
            "threshold does: > and not >=.",
        ),
        (
            lambda _: probability > 0.5,
            "At the thresholds 0.07 and 0.9 you decide as at 0.5. Rounding a probability is a "
            "threshold of 0.5, whatever a mistake costs; use the one that is handed in.",
        ),
        (
            lambda threshold: probability > np.quantile(probability, threshold),
            "You take the threshold as a share of the rows, a quantile: then as many alarms sound "
            "in a week without a fault. It is a probability: compare each row's with it.",
        ),
        (
            lambda threshold: np.where(probability > threshold, 1, -1),
            "Silence is −1 here. It is 0, as in the labels.",
        ),
    ):
        require(not decides(rule), message)


@decide.set_inputs
def decide_inputs(rng):
    for kind in (np.float64, np.float32):
        for threshold in (0.5, 0.25, 0.875, 0.03):
            outputs = rng.random(size=(int(rng.integers(5, 20)), 1)).astype(kind)
            yield "random probabilities", (outputs, threshold)
            outputs = np.append(outputs, [[threshold]] if threshold != 0.03 else [[0.0]], axis=0)
            yield (
                "a probability at the threshold itself or at 0",
                (outputs.astype(kind), threshold),
            )
            yield "rare alarms", (outputs.astype(kind) ** 8, threshold)
        yield "one row", (rng.random(size=(1, 1)).astype(kind), 0.5)
        sure = rng.integers(0, 2, size=(9, 1)).astype(kind)
        yield "outputs of exactly 0 and 1, threshold 0", (sure, 0.0)
        yield "outputs of exactly 0 and 1, threshold 1", (sure, 1.0)
    yield "no row above the threshold", (rng.uniform(0.1, 0.3, size=(6, 1)), 0.4)
    yield "every row above the threshold", (rng.uniform(0.6, 0.9, size=(6, 1)), 0.4)


# ------------------------------------------------------------------------------------- 5 · keep

keep = Exercise(
    "Return (name, epoch, test loss): keep what the validation rows like best, report the test "
    "loss of exactly that.",
    hints=(
        "Each network has one epoch that counts: where its val_loss is lowest.",
        "Compare those lowest validation losses over the networks. The test loss plays no part in "
        "it.",
        'name = min(histories, key=lambda n: min(histories[n]["val_loss"])), then np.argmin for '
        "the epoch.",
    ),
    praise="Right. Validation rows choose, test rows report, and neither does both.",
)


@keep.set_solution
def keep_solution(histories):
    name = min(histories, key=lambda name: min(histories[name]["val_loss"]))
    epoch = int(np.argmin(histories[name]["val_loss"]))
    return name, epoch, histories[name]["test_loss"][epoch]


HISTORIES = {
    "wide": {
        "loss": [0.70, 0.30, 0.10, 0.02],
        "val_loss": [0.70, 0.44, 0.51, 0.80],
        "test_loss": [0.71, 0.45, 0.53, 0.81],
    },
    "narrow": {
        "loss": [0.70, 0.50, 0.42, 0.40],
        "val_loss": [0.69, 0.52, 0.46, 0.45],
        "test_loss": [0.70, 0.51, 0.45, 0.44],
    },
    "lucky": {
        "loss": [0.71, 0.40, 0.33],
        "val_loss": [0.73, 0.50, 0.56],
        "test_loss": [0.72, 0.37, 0.41],
    },
    "steady": {
        "loss": [0.69, 0.45, 0.38, 0.30, 0.27, 0.24],
        "val_loss": [0.68, 0.47, 0.41, 0.39, 0.44, 0.47],
        "test_loss": [0.69, 0.46, 0.405, 0.43, 0.45, 0.48],
    },
}
LOWEST = "The lowest val_loss of `steady`, 0.39, is at epoch 3"
# which column chooses the network (its lowest or its last number), the epoch, what is reported
KEPT_WRONGLY = (
    (
        ("loss", min, "*", "test_loss"),
        "`wide` has the lowest training loss: it remembers its rows best. On the validation rows "
        "it is worse than `steady`. Choose by val_loss.",
    ),
    (
        ("test_loss", min, "*", "test_loss"),
        "`lucky` has the lowest *test* loss. The test rows may not choose, or their loss "
        "flatters: compare the lowest val_loss of each network.",
    ),
    (
        ("val_loss", "last", "*", "test_loss"),
        "You compare the networks at their last* epoch, where `narrow` is ahead. Early stopping "
        "goes back to each network's best epoch: compare the lowest val_loss of each.",
    ),
    (
        ("val_loss", min, "last", "test_loss"),
        "You keep the last epoch of `steady`, where it fits its training rows too well by now. "
        f"{LOWEST}: early stopping goes back there.",
    ),
    (
        ("val_loss", min, "test_loss", "test_loss"),
        "Epoch 2 has the lowest *test* loss. The test rows chose the epoch, so their loss now "
        f"flatters. {LOWEST}.",
    ),
    (
        ("val_loss", min, "after", "*"),
        f"Epochs count from 0. {LOWEST}: the fourth number stands at place 3.",
    ),
    (
        ("val_loss", min, "val_loss", "val_loss"),
        "0.39 is the validation loss, which made the choice and is flattered by it. Report the "
        "test loss of that epoch.",
    ),
    (
        ("val_loss", min, "val_loss", "loss"),
        "0.3 is the training loss of that epoch, of rows that the network has learned. Report "
        "the test loss.",
    ),
    (
        ("val_loss", min, "val_loss", "best"),
        "0.405 is the lowest test loss of this network, at another epoch than the one you keep. "
        "Report the test loss of the weights that you ship.",
    ),
    (
        ("val_loss", min, "val_loss", "last"),
        "0.48 is the test loss of the last epoch. Report that of the epoch you keep.",
    ),
)


def _kept(chooser, number, at, report):
    """Return (name, epoch or None for any, loss or None for any) of a wrong way to keep."""
    number = (lambda losses: losses[-1]) if number == "last" else number
    name = min(HISTORIES, key=lambda each: number(HISTORIES[each][chooser]))
    history = HISTORIES[name]
    if at == "*":
        return name, None, None
    best = int(np.argmin(history["val_loss"]))
    epoch = {
        "last": len(history["loss"]) - 1,
        "after": best + 1,
        "val_loss": best,
        "test_loss": int(np.argmin(history["test_loss"])),
    }[at]
    tests = history["test_loss"]
    loss = {"*": None, "best": min(tests), "last": tests[-1]}
    return name, epoch, loss[report] if report in loss else history[report][epoch]


@keep.set_check
def keep_check(answer):
    kept = []
    for names in (("wide", "narrow", "steady", "lucky"), ("steady", "lucky", "wide", "narrow")):
        given = {name: {k: list(v) for k, v in HISTORIES[name].items()} for name in names}
        kept.append(_taken(answer(given), given))
        require(
            given == {name: HISTORIES[name] for name in names},
            "The histories that were handed in come back changed; work on copies.",
        )
    for way, message in KEPT_WRONGLY:
        wanted = _kept(*way)
        require(not all(_agree(each, wanted) for each in kept), message)
    compare(_numbered(answer), (_numbered(keep_solution),), _keep_inputs)


def _taken(result, histories):
    """Return (name, epoch, loss), or say what they are instead."""
    name, epoch, loss = take_apart(result, ("name", "epoch", "test loss"))
    require(
        isinstance(name, str) and name in histories,
        f"The first result should be a name, one of {', '.join(histories)}; it is {name!r}.",
    )
    epoch = float(as_array(epoch, shape=(), what="the epoch"))
    return str(name), epoch, float(as_array(loss, shape=(), what="the test loss"))


def _agree(kept, wanted):
    return all(
        b is None or a == b or (isinstance(b, float) and np.isclose(a, b, rtol=1e-5))
        for a, b in zip(kept, wanted, strict=True)
    )


def _numbered(function):
    """Return a function that refuses a wrong name in words, and returns (epoch, test loss)."""

    def kept(histories):
        name, epoch, loss = _taken(function(histories), histories)
        right, *_ = keep_solution(histories)
        lowest = {each: min(history["val_loss"]) for each, history in histories.items()}
        require(
            name == right,
            f"Where the lowest validation losses are {lowest}, you keep {name!r}; {right!r} is "
            "expected.",
        )
        return epoch, loss

    return kept


def _keep_inputs(rng):
    for networks in (1, 2, 3, 5):
        names = rng.permutation(["deep", "wide", "flat", "tiny", "old"])[:networks].tolist()
        for _ in range(4):
            histories = {}
            for name in names:
                epochs = int(rng.integers(1, 7))
                histories[name] = {
                    column: rng.uniform(0.1, 0.9, size=epochs).round(3).tolist()
                    for column in ("loss", "val_loss", "test_loss")
                }
            losses = [loss for each in histories.values() for loss in each["val_loss"]]
            if len(set(losses)) == len(losses):  # no tie
                yield f"{networks} networks", (histories,)
    rise = {"loss": [0.3, 0.2], "val_loss": [0.4, 0.5], "test_loss": [0.6, 0.1]}
    yield "one network whose first epoch is best", ({"a": rise},)
    large = {each: [100 * loss for loss in losses] for each, losses in rise.items()}
    yield "losses above 1", ({"a": large, "b": {**large, "val_loss": [55.0, 39.0]}},)


# ------------------------------------------------------------------------------ 6 · hide_labels

hide_labels = Exercise(
    "Return labels (n,) in which only a share of the anomalies, drawn at random, is still 1.",
    hints=(
        "Start with zeros everywhere, np.zeros_like(y), and mark the lucky few.",
        "np.flatnonzero(y == 1) are the numbers of the anomalous rows; "
        "generator.choice(those, how_many, replace=False) draws some.",
        "how_many = max(1, round(share * number of anomalies)).",
    ),
    praise="Right. The hidden anomalies are still there, and now the labels call them normal.",
)


@hide_labels.set_solution
def hide_labels_solution(y, share, generator):
    anomalies = np.flatnonzero(y == 1)
    kept = generator.choice(anomalies, max(1, round(share * len(anomalies))), replace=False)
    labels = np.zeros_like(y)
    labels[kept] = 1
    return labels


@hide_labels.set_check
def hide_labels_check(answer):
    y = np.zeros(400, dtype=int)
    y[np.random.default_rng(1).choice(400, 60, replace=False)] = 1
    draws = [_hidden(answer, y, 0.25, seed) for seed in range(60)]
    _judge_hidden(draws, y, 0.25)
    require(
        not all(np.array_equal(draws[0], each) for each in draws),
        "Two generators hide the same labels. Draw at random, from the generator: the first "
        "anomalies of a table are often of one kind.",
    )
    again = [_hidden(answer, y, 0.25, seed) for seed in (0, 1, 2)]
    require(
        all(map(np.array_equal, draws, again)),
        "With a generator of the same seed other labels are hidden the second time, so nobody "
        "can repeat it. Draw from `generator` alone, and keep nothing from call to call.",
    )
    anomalies = np.flatnonzero(y == 1)
    kept = np.array(draws)[:, anomalies]  # (draws, 60)
    beside = (kept[:, :-1] * kept[:, 1:]).sum() / kept.sum()
    require(
        beside < 0.5,
        f"Of the anomalies that keep their label {beside:.0%} are followed by another one that "
        "keeps it: they stand in blocks. Draw each on its own; neighbours are often of one kind.",
    )
    require(
        (kept.sum(axis=0) > 0).all() and kept.sum(axis=0).max() < 36,
        "In 60 draws some anomalies always or never keep their label. Each has the same chance.",
    )
    for number, share in ((60, 1.0), (20, 0.01), (20, 0.13), (20, 0.12), (7, 0.52), (1, 0.3)):
        few = np.zeros_like(y)
        few[anomalies[:number]] = 1
        _judge_hidden([_hidden(answer, few, share, seed) for seed in range(4)], few, share)
    first = np.repeat([1, 0], [9, 4])
    _judge_hidden([_hidden(answer, first, 0.6, 5)], first, 0.6)


def _hidden(answer, y, share, seed):
    """Return what the learner's function makes of y, as an array of its length."""
    given = y.copy()
    labels = plain(answer(given, share, np.random.default_rng(seed)))
    require(
        np.array_equal(given, y),
        "y itself was changed, and the truth is lost for the test. Work on a copy.",
    )
    require(labels is not None, "Your function returned None: is a `return` missing?")
    require(
        np.ndim(labels) == 1 and len(labels) == len(y),
        f"{np.size(labels)} labels came back for {len(y)} rows. Hidden anomalies are not taken "
        "out: they stay in the training rows, called normal, and that is what makes it hard.",
    )
    return as_array(labels, what="the labels")


def _judge_hidden(draws, y, share):
    """Judge several draws of the same labels."""
    anomalies = int(y.sum())
    wanted = max(1, round(share * anomalies))
    for labels in draws:
        require(
            not np.any((labels == 1) & (y == 0)),
            "Some normal rows are marked 1 now. Only anomalies lose their label; "
            "nobody gains one.",
        )
        require(
            np.isin(labels, (0, 1)).all(),
            "Labels other than 0 and 1 came back. A hidden anomaly is called normal, 0: that is "
            "how it stands in the file.",
        )
    marked = np.array([int(labels.sum()) for labels in draws])
    right = f"{wanted} of {anomalies} should keep their label at a share of {share:.0%}"
    if (marked == wanted).all():
        return
    require(
        marked.max() or round(share * anomalies),
        f"No label is left: {share:.0%} of {anomalies} rounds to 0. Keep at least one, or "
        "there is nothing to learn.",
    )
    require(
        not (marked == anomalies - wanted).all(),
        f"{marked[0]} labels are left and {anomalies - marked[0]} are hidden the other way round: "
        "`share` is what keeps its label.",
    )
    require(
        marked.min() == marked.max() or marked.max() > wanted or len(draws) < 9,
        f"{right}; you mark {marked.min()} to {marked.max()}, never more. Is the same anomaly "
        "drawn twice? choice(…, replace=False) draws each once.",
    )
    require(
        marked.min() == marked.max() or len(draws) < 9,
        f"{right}; you mark {marked.min()} to {marked.max()}, another number every time. A coin "
        "for each row, or a share of all rows, does that: draw exactly so many anomalies.",
    )
    for cut, how in ((int(share * anomalies), "down"), (int(np.ceil(share * anomalies)), "up")):
        require(
            not (marked == cut).all(),
            f"{right}: {share * anomalies:.1f} is rounded to the nearest number, not {how}.",
        )
    require(False, f"{marked[0]} of {anomalies} anomalies keep their label. {right}.")
