"""Exercises of lesson 01, of a detector for all kinds and of scaling."""

from course_utils import baselines
from course_utils.data import make_kinds
from course_utils.evaluation import auroc
from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_01.baselines import one_per_row
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    plain,
    require,
)

import numpy as np

# ------------------------------------------------------------------------- one for all (open)

ENOUGH = 0.95
ADVICE = {
    "global": "These lie far from everything, and nearly every score sees them. Is the sign "
    "right: higher = more anomalous?",
    "local": "They stand beside the dense cloud, at a distance that is ordinary elsewhere. A "
    "score that compares densities sees them, such as LOF with 20 to 60 neighbours.",
    "dependency": "Each coordinate is ordinary by itself. A score that looks at one column at a "
    "time is blind here: Mahalanobis, neighbours and LOF with k = 20 are not.",
    "clustered": "Twenty-five of them stand together and keep each other company. LOF needs "
    "about twice as many neighbours before it sees that their crowd is small; and where "
    "ranks are averaged, those that see nothing outvote the one that does.",
}

one_for_all = Exercise(
    f"Return scores for X, learned from train without labels, that find all four kinds: AUROC at "
    f"least {ENOUGH} for the worst one, and each row's score its own, whatever it is scored with.",
    hints=(
        "Read the heat map by column: which detector is strong where another is blind?",
        "Scores have unlike units. Turn each into a rank among the scores of train before you "
        "combine them: np.searchsorted(np.sort(scores_of_train), scores_of_X).",
        "An average of ranks lets the blind outvote the one that sees: take the maximum. Or "
        "give LOF more than twice as many neighbours as a clump of anomalies has members.",
    ),
    praise="No kind escapes this one. On other data, other kinds may: keep the parts in sight.",
)


@one_for_all.set_solution
def one_for_all_solution(train, X):
    """The louder of two voices: LOF for local ones, Mahalanobis for the clump."""
    ranks = []
    for voice in (baselines.LocalOutlierFactor(20), baselines.Mahalanobis()):
        usual = np.sort(voice.fit(train).decision_function(train))
        ranks.append(np.searchsorted(usual, voice.decision_function(X)))  # train rows below
    return np.maximum(*ranks)


@one_for_all.set_check
def one_for_all_check(answer):
    """Draws that the notebook does not use; the first of them also somewhere else in the plane."""
    train, test = make_kinds(seed=501), make_kinds(seed=601)
    got = one_per_row(answer(train.X.copy(), test.X.copy()), len(test))
    levels = len(np.unique(got))
    require(levels > 1, "All rows get the same score. A score says which row is more unusual.")
    require(
        levels > 2,
        "Your scores have two values only: those are decisions. A score ranks the rows, and "
        "leaves the line to others.",
    )
    _refuse_a_blind_one(got, test)
    again = one_per_row(answer(train.X.copy(), test.X.copy()), len(test))
    by_chance = np.abs(again - got).mean()  # 0 for a detector that draws no random numbers
    for rows in (slice(0, 60), slice(7, 8)):
        some = test.X[rows]
        alone = one_per_row(answer(train.X.copy(), some.copy()), len(some))
        require(
            np.abs(alone - got[rows]).mean() <= 5 * by_chance + 1e-4 * np.abs(got).mean(),
            f"The same rows get other scores when {len(some)} of them are scored without the "
            "others. So it learns from the rows that it judges, or ranks them among themselves: "
            "one row alone could not be scored. Learn from train, and rank against its scores.",
        )
    elsewhere = [each.X[:, ::-1] + [40.0, -25.0] for each in (train, test)]
    found = _auroc_by_kind(one_per_row(answer(*elsewhere), len(test)), test)
    require(
        min(found.values()) >= ENOUGH - 0.05,
        "The same rows, moved and mirrored, training rows and all, are no longer found: AUROC "
        f"{min(found.values()):.2f} for the worst kind. So it knows this picture by heart, "
        "or treats train and X unlike. What is usual must be learned from train.",
    )
    train, test = make_kinds(seed=502), make_kinds(seed=602)
    _refuse_a_blind_one(one_per_row(answer(train.X.copy(), test.X.copy()), len(test)), test)


def _auroc_by_kind(scores, test):
    chosen = {kind: (test.kinds == "") | (test.kinds == kind) for kind in ADVICE}
    return {kind: auroc(test.y[keep], scores[keep]) for kind, keep in chosen.items()}


def _refuse_a_blind_one(scores, test):
    """Name the kind that is found worst, unless even that is found."""
    found = _auroc_by_kind(scores, test)
    require(
        max(found.values()) > 0.5,
        "Your scores point the wrong way: ordinary rows score highest. Higher = more anomalous.",
    )
    worst = min(found, key=found.get)
    require(
        found[worst] >= ENOUGH,
        f"Your worst kind is {worst!r}, with AUROC {found[worst]:.2f}; {ENOUGH} is asked for. "
        f"{ADVICE[worst]}",
    )


# ------------------------------------------------------------------------------------- scaling

scale = Exercise(
    "Return train and test, both standardised with the mean and the std of the training columns; "
    "a std of 0 counts as 1.",
    hints=(
        "Compute mean and std once, from train, along axis 0.",
        "Use the same two for both: (train − mean) / std and (test − mean) / std.",
        "A column that never changes has std 0. np.where(std > 0, std, 1) divides it by 1.",
    ),
    praise="The test rows are measured with the ruler of the training rows, and change nothing.",
)


@scale.set_solution
def scale_solution(train, test):
    """One ruler, made from the training rows, for both parts."""
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(std > 0, std, 1)  # a constant column keeps its unit
    return (train - mean) / std, (test - mean) / std


def _scale_of_a_sample(train, test):
    std = train.std(axis=0, ddof=1)
    std = np.where(std > 0, std, 1)
    return (train - train.mean(axis=0)) / std, (test - train.mean(axis=0)) / std


@scale.set_check
def scale_check(answer):
    """Test rows that lie elsewhere, then a column that is constant in training."""
    rng = np.random.default_rng(7)
    train = rng.normal([5.0, 300.0], [2.0, 40.0], size=(50, 2))
    test = rng.normal([9.0, 380.0], [3.0, 90.0], size=(20, 2))
    both = np.concatenate([train, test])
    got = np.concatenate(_two_parts(answer(train.copy(), test.copy()), train, test))
    for ddof in (0, 1):
        of_train = _standardised(train, train, ddof)
        slips = (
            (
                _standardised(both, both, ddof),
                "Mean and std come from training and test rows together. The test rows, "
                "anomalies and all, have stretched the ruler that measures them: fit on train "
                "alone.",
            ),
            (
                np.concatenate([of_train, _standardised(test, test, ddof)]),
                "Each part has its own mean and std. A test set full of anomalies then looks "
                "centred and calm: use the mean and std of train for both.",
            ),
            (
                np.concatenate([of_train, test]),
                "The test part is as it was. It needs the same ruler: (test − mean of train) / "
                "std of train.",
            ),
            (
                np.concatenate(
                    [of_train, (test - test.mean(axis=0)) / train.std(axis=0, ddof=ddof)]
                ),
                "The test part has a mean of its own: use the mean of train for both.",
            ),
            (
                np.concatenate(
                    [of_train, (test - train.mean(axis=0)) / test.std(axis=0, ddof=ddof)]
                ),
                "The test part has a std of its own: use the std of train for both.",
            ),
            (
                np.concatenate([of_train, test / train.std(axis=0, ddof=ddof)]),
                "The mean of train is not subtracted from the test part.",
            ),
            (np.zeros_like(both), "You return zeros alone."),
            (
                both - train.mean(axis=0),
                "The mean is gone, the spread is not: divide by the std of the training columns.",
            ),
            (
                (both - train.mean(axis=0)) / train.var(axis=0, ddof=ddof),
                "You divide by the variance. The ruler is its root, the std.",
            ),
            (
                both / train.std(axis=0, ddof=ddof),
                "The spread is one, the mean is not zero: subtract the mean of the training "
                "columns first.",
            ),
            (
                _standardised(both.T, both.T, ddof).T,
                "You scale each row (axis=1), which mixes the units of the columns. One mean and "
                "one std per column: axis=0.",
            ),
            (
                (both - train.mean()) / train.std(ddof=ddof),
                "You use one mean and one std for the whole table. Each column needs its own: "
                "axis=0.",
            ),
            (
                (both - train.min(axis=0)) / np.ptp(train, axis=0),
                "You squeeze the training columns between 0 and 1. One wild row then decides the "
                "scale of all: subtract the mean, divide by the std.",
            ),
        )
        name_the_mistake(got, slips)
    _check_constant_column(answer, train, test)


def _standardised(fitted, rows, ddof):
    return (rows - fitted.mean(axis=0)) / fitted.std(axis=0, ddof=ddof)


def _two_parts(value, train, test):
    require(
        isinstance(value, tuple | list) and len(value) == 2,
        "Return two things: `return scaled_train, scaled_test`.",
    )
    first = as_array(value[0], shape=train.shape, what="the scaled training part")
    return first, as_array(value[1], shape=test.shape, what="the scaled test part")


def _check_constant_column(answer, train, test):
    """A column that is 4 in train; in the test part it changes in one row."""
    train, test = train.copy(), test.copy()
    train[:, 0] = test[:, 0] = 4.0
    test[2, 0] = 6.0
    with np.errstate(all="ignore"):
        value = answer(train.copy(), test.copy())
    parts = [np.asarray(plain(each), dtype=float) for each in value]
    require(
        all(np.isfinite(each).all() for each in parts),
        "A column that never changes in training has std 0, and you divide by it. Divide by 1 "
        "where the std is 0: np.where(std > 0, std, 1).",
    )
    require(
        all(each.ndim == 2 and each.shape[1] == 2 for each in parts),
        "The column that never changes in training is gone. A change in it, in a test row, is "
        "what you want to see: keep it, and divide it by 1.",
    )
    changed = parts[1][2, 0] - parts[1][0, 0]
    require(
        abs(changed) > 1e-3,
        "A column that never changes in training changes in a test row, from 4 to 6, and your "
        "result does not show it. Divide that column by 1.",
    )
    require(
        abs(changed) < 1e3,
        "A column that never changes in training changes in a test row, from 4 to 6, and your "
        f"result by {changed:.3g}: what you divide by is nearly 0. Divide that column by 1.",
    )
    _, right = scale_solution(train, test)
    if text := difference(parts[1][:, 0], right[:, 0]):
        raise Misconception(
            f"For a column that is 4 throughout training, and 6 in one test row, {text} Its std "
            "counts as 1."
        )
    require(
        not difference(parts[0][:, 0], np.zeros(len(train))),
        "A column that is 4 throughout training becomes 0 there: 4 − 4, divided by 1.",
    )


@scale.set_inputs(also_right=[_scale_of_a_sample])
def scale_inputs(rng):
    pairs = list(inputs.train_and_rows(rng))
    for what, (train, test) in pairs[::2]:
        many = np.resize(test, train.shape)
        yield f"{what}, parts of one size", (train, many)
        if train.shape[1] > 1:
            steady = train.copy()
            steady[:, 0] = rng.integers(-5, 6)
            yield f"{what}, the first constant in training", (steady, many)
    yield from pairs
    yield (
        "test rows very far out",
        (rng.normal(size=(9, 2)), np.array([[1e4, 0.0], [0.3, -500.0]])),
    )
