"""Exercises of lesson 06, of decisions, best weights, hidden labels and a detector."""

from __future__ import annotations

from course_utils import evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require, take_apart

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

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
    outputs = np.array([[0.02], [0.97], [0.4], [0.6], [0.08], [0.55], [0.3]], dtype=np.float32)
    got = {t: answer(outputs.copy(), t) for t in (0.5, 0.07, 0.9)}
    for value in got.values():
        require(value is not None, "Your function returned None: is a `return` missing?")
        require(
            np.shape(value) != outputs.shape,
            "The decisions have shape (n, 1), as the outputs. Compared with labels of shape (n,) "
            "they would broadcast to (n, n). Take the column: outputs[:, 0].",
        )
    got = {t: as_array(value, shape=(7,), what="the decisions") for t, value in got.items()}
    require(
        not all(np.array_equal(value, np.zeros(7)) for value in got.values()),
        "Every decision is 0. argmax over one column is always 0, the number of the only column; "
        "it is made for one column per class. Compare the probability with the threshold.",
    )
    require(
        not all(np.array_equal(value, outputs[:, 0]) for value in got.values()),
        "These are the probabilities. A decision is 0 or 1.",
    )
    probability = outputs[:, 0]
    for threshold, value in got.items():
        require(
            not np.array_equal(value, probability <= threshold),
            "The decisions are turned around: 1 is the alarm, above the threshold.",
        )
        require(
            threshold == 0.5 or not np.array_equal(value, probability > 0.5),
            f"At threshold {threshold} you decide as at 0.5. Rounding a probability is a "
            "threshold of 0.5, whatever a mistake costs; use the one that is handed in.",
        )
        require(
            np.array_equal(value, probability > threshold),
            f"At threshold {threshold} you decide {value.astype(int)} for {probability}.",
        )


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
        "val_loss": [0.66, 0.44, 0.51, 0.80],
        "test_loss": [0.67, 0.45, 0.53, 0.81],
    },
    "narrow": {
        "loss": [0.70, 0.50, 0.42, 0.40],
        "val_loss": [0.69, 0.52, 0.46, 0.45],
        "test_loss": [0.70, 0.51, 0.41, 0.40],
    },
    "steady": {
        "loss": [0.69, 0.45, 0.38, 0.30, 0.26],
        "val_loss": [0.68, 0.47, 0.41, 0.39, 0.47],
        "test_loss": [0.69, 0.46, 0.405, 0.43, 0.48],
    },
}


@keep.set_check
def keep_check(answer):
    for names in (("wide", "narrow", "steady"), ("steady", "wide", "narrow")):
        given = {name: {k: list(v) for k, v in HISTORIES[name].items()} for name in names}
        name, epoch, loss = take_apart(answer(given), ("name", "epoch", "test loss"))
        require(
            isinstance(name, str) and name in HISTORIES,
            f"The first result should be a name, one of {', '.join(names)}; it is {name!r}.",
        )
        epoch = float(as_array(epoch, shape=(), what="the epoch"))
        loss = float(as_array(loss, shape=(), what="the test loss"))
        _judge_choice(name, epoch, loss)


def _judge_choice(name, epoch, loss):
    require(
        name != "wide",
        "`wide` has the lowest training loss: it remembers its rows best. On the validation rows "
        "it is worse than `steady`. Choose by val_loss.",
    )
    require(
        (name, epoch) != ("narrow", 3) or loss != 0.40,
        "`narrow` is best at the *last* epoch, or on the *test* rows. Early stopping goes back to "
        "each network's best epoch, and the test rows may not choose: compare the lowest "
        "val_loss of each.",
    )
    require(name == "steady", f"`{name}` is not the network with the lowest val_loss.")
    require(epoch != 4, "Epochs count from 0: the lowest val_loss, 0.39, stands at place 3.")
    require(
        epoch != 2,
        "Epoch 2 has the lowest *test* loss. The test rows chose the epoch, so their loss now "
        "flatters. The lowest val_loss is at epoch 3.",
    )
    require(epoch == 3, f"You keep epoch {epoch:g}; the lowest val_loss is at epoch 3.")
    require(
        loss != 0.39,
        "0.39 is the validation loss, which made the choice and is flattered by it. Report the "
        "test loss of that epoch.",
    )
    require(
        loss != 0.405,
        "0.405 is the lowest test loss of this network, at another epoch than the one you keep. "
        "Report the test loss of the weights that you ship.",
    )
    require(np.isclose(loss, 0.43), f"You report {loss:g}; the test loss at epoch 3 is 0.43.")


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
    draws = [_hidden(answer, y, 0.25, seed) for seed in (0, 1)]
    for labels in draws:
        _judge_hidden(labels, y, 15, 0.25)
    anomalies = np.flatnonzero(y == 1)
    require(
        not np.array_equal(*draws),
        "Two generators hide the same labels. Draw at random, from the generator: the first "
        "anomalies of a table are often of one kind.",
    )
    _judge_hidden(_hidden(answer, y, 1.0, 2), y, 60, 1.0)
    few = np.zeros_like(y)
    few[anomalies[:20]] = 1
    _judge_hidden(_hidden(answer, few, 0.01, 3), few, 1, 0.01)


def _hidden(answer, y, share, seed):
    """Return what the learner's function makes of y, as an array of its length."""
    given = y.copy()
    labels = answer(given, share, np.random.default_rng(seed))
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


def _judge_hidden(labels, y, wanted, share):
    require(
        not np.any((labels == 1) & (y == 0)),
        "Some normal rows are marked 1 now. Only anomalies lose their label; nobody gains one.",
    )
    require(
        np.isin(labels, (0, 1)).all(),
        "Labels other than 0 and 1 came back. A hidden anomaly is called normal, 0: that is how "
        "it stands in the file.",
    )
    marked, anomalies = int(labels.sum()), int(y.sum())
    require(
        marked,
        f"No label is left: {share:.0%} of {anomalies} rounds to 0. Keep at least one, or "
        "there is nothing to learn.",
    )
    require(
        share in (0.01, 1) or abs(marked - (anomalies - wanted)) > 2,
        f"{marked} labels are left and {anomalies - wanted} are hidden the other way round: "
        f"`share` is what keeps its label.",
    )
    require(
        marked == wanted,
        f"{marked} of {anomalies} anomalies keep their label where {wanted} are expected: the "
        "share of the *anomalies*, exactly and rounded. (A coin for each row, or a share of all "
        "rows, gives another number every time.)",
    )


# --------------------------------------------------------------------------------- 7 · detector

detector = Exercise(
    "Return each new row's probability of being an anomaly, (m,), whichever way you like.",
    hints=(
        "Fill and scale by the training rows (exercise 2), fit any classifier, and return the "
        "probability of class 1.",
        "make_pipeline(SimpleImputer(strategy='median'), StandardScaler(), a classifier) does all "
        "of it: .fit(X_train, y_train), then .predict_proba(X_new)[:, 1].",
        "HistGradientBoostingClassifier takes gaps as they are.",
    ),
    praise="Right: it finds them, it ranks them, and each row is judged on its own.",
)


@detector.set_solution
def detector_solution(X_train, y_train, X_new):
    classifier = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000)
    )
    return classifier.fit(X_train, y_train).predict_proba(X_new)[:, 1]


ENOUGH = 0.6  # average precision; a logistic regression gets about 0.8, chance is 0.1


def _rows_with_gaps(rows, seed):
    """Return X (rows, 6) with gaps and y (rows,): a tenth are anomalies, off along two columns."""
    generator = np.random.default_rng(seed)
    y = (np.arange(rows) % 10 == 0).astype(int)
    X = generator.normal(size=(rows, 6))
    X[:, 0] += 1.7 * y
    X[:, 3] -= 1.7 * y
    X = X * [1, 200, 0.01, 1, 50, 1] + [0, 1000, 1, -5, 300, 0]
    X[generator.random(X.shape) < 0.02] = np.nan
    order = generator.permutation(rows)
    return X[order], y[order]


@detector.set_check
def detector_check(answer):
    X_train, y_train = _rows_with_gaps(600, 1)
    X_new, y_new = _rows_with_gaps(400, 2)

    def ask_for(rows):
        return answer(X_train.copy(), y_train.copy(), rows.copy())

    scores = _as_probabilities(ask_for(X_new), len(X_new))
    require(
        not np.allclose(scores, scores[0]),
        "Every row gets the same answer. Its accuracy is 90 %, because nine rows in ten are "
        "normal, and it finds nothing. That is why accuracy is no judge here.",
    )
    require(
        len(np.unique(scores)) > 2,
        "Only two values came back: these are decisions. A probability ranks the rows and leaves "
        "the threshold to whoever knows the costs: predict_proba(…)[:, 1], not predict(…).",
    )
    require(
        evaluation.auroc(y_new, scores) > 0.3,
        "The scores point the wrong way: normal rows get the higher ones. Column 0 of "
        "predict_proba is the probability of class 0.",
    )
    precision = evaluation.average_precision(y_new, scores)
    require(
        precision >= ENOUGH,
        f"The average precision on the new rows is {precision:.2f}; chance is 0.10 and a plain "
        f"classifier gets {ENOUGH} and more. Do the labels reach it, and are the columns scaled?",
    )
    if not np.allclose(scores, _as_probabilities(ask_for(X_new), len(X_new)), atol=1e-6):
        return  # trained anew at random each time: company and chance cannot be told apart
    some = np.argsort(scores, kind="stable")[-25:]
    together = _as_probabilities(ask_for(X_new[some]), len(some))
    require(
        np.allclose(scores[some], together, atol=1e-4),
        "A row's answer changes with the company it comes in: something is fitted on new rows, "
        "a scaler, a median, a rank. In service they come one at a time; fit on X_train alone.",
    )


def _as_probabilities(result, rows):
    """Return the learner's scores, shape (rows,), or say what they are instead."""
    require(result is not None, "Your function returned None: is a `return` missing?")
    values = np.asarray(result)
    require(
        values.shape != (rows, 2),
        "Two columns came back, one for each class. Take the anomaly's: [:, 1].",
    )
    require(
        values.shape != (rows, 1),
        "The shape is (m, 1), as Keras gives it; (m,) is expected: [:, 0].",
    )
    if values.dtype.kind == "f":
        require(
            not np.isnan(values).any(),
            "Some answers are NaN: gaps went through the network. Fill them first, with the "
            "training rows' medians.",
        )
    values = as_array(result, shape=(rows,), what="the probabilities")
    require(
        values.min() >= 0 and values.max() <= 1,
        f"The answers run from {values.min():.2f} to {values.max():.2f}; probabilities lie "
        "between 0 and 1.",
    )
    return values
