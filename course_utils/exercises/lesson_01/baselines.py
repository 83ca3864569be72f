"""Exercises of lesson 01, of classical scores and of scaling."""

from course_utils import baselines
from course_utils.data import make_kinds
from course_utils.evaluation import auroc
from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_01.series import _refuse_known, _same
from course_utils.exercises.results import as_array, require

import numpy as np

# ------------------------------------------------------------------------------------- z-score

z_score = Exercise(
    "Return for each row of X the largest |x − mean| / std over its columns, with the mean and "
    "the std of each column of train.",
    hints=(
        "train.mean(axis=0) is one mean per column, shape (d,).",
        "np.abs(X - mean) / std has shape (m, d). Which axis turns it into one number per row?",
        "return (np.abs(X - train.mean(axis=0)) / train.std(axis=0)).max(axis=1)",
    ),
    praise="One number per row, and the column that shouts loudest decides it.",
)


@z_score.set_solution
def z_score_solution(train, X):
    """The column that lies furthest out, in its own standard deviations."""
    distance = np.abs(X - train.mean(axis=0)) / train.std(axis=0)  # (m, d)
    return distance.max(axis=1)  # (m,)


@z_score.set_check
def z_score_check(answer):
    """Columns of unlike units, and rows that lie low in one of them."""
    rng = np.random.default_rng(4)
    train = rng.normal([5.0, 200.0, 1.0], [1.0, 50.0, 0.02], size=(60, 3))
    X = np.array([[5.0, 200, 1.1], [2.0, 210, 1.0], [5.5, 20, 1.0], [8.0, 190, 0.99], [5, 200, 1]])
    got = as_array(_one_per_row(answer(train.copy(), X.copy()), len(X)), shape=(len(X),))
    mean = train.mean(axis=0)
    right = [(np.abs(X - mean) / train.std(axis=0, ddof=ddof)).max(axis=1) for ddof in (0, 1)]
    slips = {
        "You divide by one std for all columns, taken over everything: the column with the "
        "largest unit drowns the others. std(axis=0) gives each column its own.": [
            (np.abs(X - mean) / train.std()).max(axis=1),
            (np.abs(X - train.mean()) / train.std()).max(axis=1),
        ],
        "The sign is still there: a row that lies far below the mean scores lower than an "
        "ordinary one. Take the absolute value before the maximum.": [
            ((X - mean) / train.std(axis=0, ddof=ddof)).max(axis=1) for ddof in (0, 1)
        ],
        "Mean and std are those of X. Then five odd rows would look usual among themselves: "
        "learn both from train.": [
            (np.abs(X - X.mean(axis=0)) / X.std(axis=0, ddof=ddof)).max(axis=1) for ddof in (0, 1)
        ],
        "Mean and std run over each row (axis=1), which mixes columns of unlike units. One mean "
        "and one std per column: axis=0.": [
            (np.abs(X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)).max(axis=1)
        ],
        "You average over the columns. One wild column among many calm ones then hardly shows: "
        "take the maximum.": [
            (np.abs(X - mean) / train.std(axis=0, ddof=ddof)).mean(axis=1) for ddof in (0, 1)
        ],
        "The std is missing: distances in unlike units cannot be compared.": [
            np.abs(X - mean).max(axis=1)
        ],
    }
    _refuse_known(got, slips)
    require(
        any(_same(got, each) for each in right),
        "The scores differ from max |x − mean| / std. Try the tiny example of the docstring.",
    )


# -------------------------------------------------------------------------------------- fences

fences = Exercise(
    "Return (low, high), Tukey's fences: Q1 − 1.5·IQR and Q3 + 1.5·IQR.",
    hints=(
        "np.quantile(values, [0.25, 0.75]) gives Q1 and Q3.",
        "IQR = Q3 − Q1, the width of the middle half of the values.",
        "reach = 1.5 * (q3 - q1), and then return q1 - reach, q3 + reach.",
    ),
    praise="A quarter of the values would have to go wrong before these fences give way.",
)


@fences.set_solution
def fences_solution(values):
    """Go 1.5 interquartile ranges beyond the quartiles."""
    q1, q3 = np.quantile(values, [0.25, 0.75])
    reach = 1.5 * (q3 - q1)
    return q1 - reach, q3 + reach


@fences.set_check
def fences_check(answer):
    """A skewed sample, where mean, median and middle of the quartiles lie apart."""
    values = np.random.default_rng(2).exponential(10, 2001)
    pair = answer(values.copy())
    require(
        isinstance(pair, tuple | list | np.ndarray) and np.shape(pair) == (2,),
        "Return two numbers, the lower fence and the upper one: `return low, high`.",
    )
    got = as_array(pair, shape=(2,), what="the pair of fences")
    require(got[0] < got[1], "Your lower fence lies above the upper one: return (low, high).")
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    width, sides = q3 - q1, np.array([-1, 1])
    slips = {
        "Those are the quartiles themselves: half of all values lie outside them. The fences "
        "stand 1.5 IQR further out.": [np.array([q1, q3])],
        "The factor 1.5 is missing: you go one IQR beyond the quartiles, and far more ordinary "
        "values fall outside. Tukey's fences stand 1.5 IQR out.": [
            np.array([q1, q3]) + sides * width
        ],
        "You measure from the mean. One wild value drags the mean along, and the fences with it. "
        "Start at the quartiles: Q1 for the lower fence, Q3 for the upper.": [
            values.mean() + sides * 1.5 * width
        ],
        "You measure from the median. Start at the quartiles, Q1 for the lower fence and Q3 for "
        "the upper: they know that this sample leans to one side.": [median + sides * 1.5 * width],
        "You take standard deviations for the width. The std is what one wild value inflates; "
        "IQR is Q3 − Q1.": [
            np.array([q1, q3]) + sides * 1.5 * values.std(),
            values.mean() + sides * 1.5 * values.std(),
        ],
    }
    slack = 0.02 * width  # the ways to compute a quantile differ a little
    _refuse_known(got, slips, slack)
    require(
        np.abs(got - (np.array([q1, q3]) + sides * 1.5 * width)).max() < slack,
        "These are not the fences yet. For the values 0, 1, …, 8 they are −4 and 12.",
    )


# --------------------------------------------------------------------------------- Mahalanobis

mahalanobis = Exercise(
    "Return √((x − μ)ᵀ Σ⁻¹ (x − μ)) for each row of X, with the mean μ and the covariance Σ of "
    "train.",
    hints=(
        "np.cov(train, rowvar=False) is Σ, shape (d, d); np.linalg.inv inverts it.",
        "With centred = X − μ, the product centred @ inverse has shape (m, d). Multiply it "
        "element by element with centred and sum over the columns.",
        "return np.sqrt(((centred @ inverse) * centred).sum(axis=1))",
    ),
    praise="Off the ridge counts for more than along it: that is what the inverse does.",
)


@mahalanobis.set_solution
def mahalanobis_solution(train, X):
    """Distance from the mean, in units of the spread in that direction."""
    inverse = np.linalg.inv(np.cov(train, rowvar=False))  # (d, d)
    centred = X - train.mean(axis=0)  # (m, d)
    return np.sqrt(((centred @ inverse) * centred).sum(axis=1))


@mahalanobis.set_check
def mahalanobis_check(answer):
    """A tilted cloud with unlike spreads, far from the origin."""
    rng = np.random.default_rng(5)
    mix = np.array([[3.0, 0.0, 0.0], [2.0, 0.5, 0.0], [0.3, -0.2, 1.5]])
    train = rng.normal(size=(80, 3)) @ mix.T + [10.0, -4.0, 7.0]
    X = train.mean(axis=0) + np.array(
        [[3, 2, 0.3], [2, -2, 0], [0, 0, 3], [-3, -2, 1], [0.1, 0, 0]]
    )
    value = _one_per_row(answer(train.copy(), X.copy()), len(X))
    require(
        not np.isnan(np.asarray(value, dtype=float)).any(),
        "Some distances are NaN: a square root of a negative number. The inverse of a covariance "
        "never gives one; look at what stands between the two centred rows.",
    )
    got = as_array(value, shape=(len(X),))
    centred = X - train.mean(axis=0)
    covariances = [np.cov(train, rowvar=False, ddof=ddof) for ddof in (0, 1)]
    correlation = np.corrcoef(train, rowvar=False)
    inverses = [np.linalg.inv(each) for each in covariances]
    slips = {
        "The covariance is not inverted: rows along the ridge score highest, those that break "
        "the correlation lowest. It is Σ⁻¹ that stands in the middle.": covariances,
        "You inverted the correlation. It has lost the units of the columns, while x − μ still "
        "carries them. Invert the covariance, or divide x − μ by the std first.": [
            np.linalg.inv(correlation)
        ],
        "The correlation stands in the middle. It needs the covariance, and its inverse.": [
            correlation
        ],
        "1 / Σ inverts each element on its own. The inverse of a matrix is np.linalg.inv.": [
            1 / each for each in covariances
        ],
        "Only the variances are left: that is the z-score of each column, squared and summed. "
        "Use the whole covariance matrix, which knows the tilt.": [
            np.diag(1 / np.diag(each)) for each in covariances
        ],
        "That is the plain Euclidean distance. Put the inverse covariance in the middle.": [
            np.eye(3)
        ],
    }
    _refuse_known(
        got, {words: [_form(centred, each) for each in middle] for words, middle in slips.items()}
    )
    _refuse_known(
        got,
        {
            "The square root is missing: you return the squared distance.": [
                _form(centred, each) ** 2 for each in inverses
            ],
            "You did not subtract the mean: the distance is measured from the origin.": [
                _form(X, each) for each in inverses
            ],
            "You subtract the mean of X. What is usual is learned from train.": [
                _form(X - X.mean(axis=0), each) for each in inverses
            ],
        },
    )
    require(
        any(_same(got, _form(centred, each)) for each in inverses),
        "The distances differ from √((x − μ)ᵀ Σ⁻¹ (x − μ)). Try the tiny example by hand.",
    )


def _form(centred, middle):
    """Return √(xᵀ M x) for each row; NaN where it has no root, without a warning."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(((centred @ middle) * centred).sum(axis=1))


# ---------------------------------------------------------------------------------- neighbours

own_neighbours = Exercise(
    "Return for each row the Euclidean distance to its k-th nearest other row.",
    hints=(
        "The matrix of all distances has zeros on its diagonal: each row's distance to itself.",
        "Sort each line of that matrix. Place 0 is the row itself, place 1 its nearest "
        "neighbour: where is the k-th?",
        "gaps = rows[:, None] - rows; distance = np.sqrt((gaps**2).sum(axis=2)); then "
        "np.sort(distance, axis=1)[:, k].",
    ),
    praise="Rows that were learned from can now be scored without vouching for themselves.",
)


@own_neighbours.set_solution
def own_neighbours_solution(rows, k):
    """Sort all distances of a row; place 0 is the row itself."""
    gaps = rows[:, None] - rows  # (n, n, d)
    distance = np.sqrt((gaps**2).sum(axis=2))  # (n, n)
    return np.sort(distance, axis=1)[:, k]


@own_neighbours.set_check
def own_neighbours_check(answer):
    """Rows without copies first, then two rows that are the same."""
    rows = np.random.default_rng(6).normal(size=(30, 2))
    k = 4
    value = _one_per_row(answer(rows.copy(), k), len(rows))
    got = as_array(value, shape=(len(rows),), what="the distances")
    ordered = np.sort(np.linalg.norm(rows[:, None] - rows, axis=2), axis=1)
    slips = {
        "You count each row as its own nearest neighbour, at distance 0, so you return the "
        "distance one neighbour too near. Skip the row itself.": [ordered[:, k - 1]],
        "That is one neighbour too far. Place 0 of the sorted distances is the row itself, so "
        "the k-th other row stands at place k.": [ordered[:, k + 1]],
        "You average the k nearest. The k-th alone is asked for.": [
            ordered[:, 1 : k + 1].mean(axis=1),
            ordered[:, :k].mean(axis=1),
        ],
        "The square root is missing: those are squared distances.": [ordered[:, k] ** 2],
        "That is the nearest other row, whatever k is.": [ordered[:, 1]],
        "Those are the farthest rows: sort the distances upwards and count from the start.": [
            ordered[:, -k],
            ordered[:, -k - 1],
        ],
    }
    _refuse_known(got, slips)
    require(
        _same(got, ordered[:, k]),
        "The distances differ from those to the k-th nearest other row. Try it on three rows.",
    )
    twins = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]])
    got = as_array(_one_per_row(answer(twins.copy(), 1), 3), shape=(3,), what="the distances")
    require(
        _same(got, [0.0, 0.0, 5.0]),
        "Two of three rows are the same, and each is the other's nearest neighbour, at distance "
        "0. You drop every distance of zero: drop the row itself alone.",
    )


# ------------------------------------------------------------------------- one for all (open)

ENOUGH = 0.95
ADVICE = {
    "global": "These lie far from everything, and nearly every score sees them. Is the sign "
    "right: higher = more anomalous?",
    "local": "They stand beside the dense cloud, at a distance that is ordinary elsewhere. Only "
    "a score that compares densities sees them: LOF.",
    "dependency": "Each coordinate is ordinary by itself. A score that looks at one column at a "
    "time is blind here: Mahalanobis, neighbours and LOF are not.",
    "clustered": "Twenty-five of them stand together and keep each other company. Fewer than "
    "25 neighbours see a crowd; and where detectors are averaged, those that see nothing outvote "
    "the one that does.",
}

one_for_all = Exercise(
    f"Return scores for X, learned from train without labels, that find all four kinds: AUROC at "
    f"least {ENOUGH} for the worst one.",
    hints=(
        "Read the heat map by column: which detector is strong where another is blind?",
        "Scores have unlike units. Turn them into ranks before you combine them: "
        "scores.argsort().argsort().",
        "An average lets the blind outvote the one that sees. Take the maximum of the ranks, or "
        "give LOF more neighbours than a clump of anomalies has members.",
    ),
    praise="No kind escapes this one. On other data, other kinds may: keep the parts in sight.",
)


@one_for_all.set_solution
def one_for_all_solution(train, X):
    """The louder of two voices: LOF for local ones, Mahalanobis for the clump."""
    voices = (baselines.LocalOutlierFactor(20), baselines.Mahalanobis())
    scores = [voice.fit(train).decision_function(X) for voice in voices]
    ranks = [each.argsort().argsort() for each in scores]  # 0 = most ordinary row
    return np.maximum(*ranks)


@one_for_all.set_check
def one_for_all_check(answer):
    """A draw that the notebook does not use."""
    train, test = make_kinds(seed=501), make_kinds(seed=601)
    value = _one_per_row(answer(train.X.copy(), test.X.copy()), len(test))
    scores = as_array(value, shape=(len(test),), what="the scores")
    normal = test.kinds == ""
    found = {
        kind: auroc(test.y[normal | (test.kinds == kind)], scores[normal | (test.kinds == kind)])
        for kind in ADVICE
    }
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
    "Return train and test, both standardised with the mean and the std of the training columns.",
    hints=(
        "Compute mean and std once, from train, along axis 0.",
        "Use the same two for both: (train − mean) / std and (test − mean) / std.",
        "A column that never changes has std 0. np.where(std > 0, std, 1) leaves it at 0 instead "
        "of dividing by nothing.",
    ),
    praise="The test rows are measured with the ruler of the training rows, and change nothing.",
)


@scale.set_solution
def scale_solution(train, test):
    """One ruler, made from the training rows, for both parts."""
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(std > 0, std, 1)  # a constant column stays at 0
    return (train - mean) / std, (test - mean) / std


@scale.set_check
def scale_check(answer):
    """Test rows that lie elsewhere, then a column that is constant in training."""
    rng = np.random.default_rng(7)
    train = rng.normal([5.0, 300.0], [2.0, 40.0], size=(50, 2))
    test = rng.normal([9.0, 380.0], [3.0, 90.0], size=(20, 2))
    both = np.concatenate([train, test])
    got = _two_parts(answer(train.copy(), test.copy()), train, test)
    slips = {
        "Mean and std come from training and test rows together. The test rows, anomalies and "
        "all, have stretched the ruler that measures them: fit on train alone.": [
            _standardised(both, both, ddof) for ddof in (0, 1)
        ],
        "Each part has its own mean and std. A test set full of anomalies then looks centred and "
        "calm: use the mean and std of train for both.": [
            np.concatenate([_standardised(part, part, ddof) for part in (train, test)])
            for ddof in (0, 1)
        ],
        "The test part is as it was. It needs the same ruler: (test − mean of train) / std of "
        "train.": [np.concatenate([_standardised(train, train, ddof), test]) for ddof in (0, 1)],
        "The mean is gone, the spread is not: divide by the std of the training columns.": [
            both - train.mean(axis=0)
        ],
        "You scale each row (axis=1), which mixes the units of the columns. One mean and one "
        "std per column: axis=0.": [_standardised(both.T, both.T, ddof).T for ddof in (0, 1)],
        "You use one mean and one std for the whole table. Each column needs its own: axis=0.": [
            (both - train.mean()) / train.std()
        ],
    }
    _refuse_known(got, slips)
    require(
        any(_same(got, _standardised(train, both, ddof)) for ddof in (0, 1)),
        "The parts differ from (x − mean) / std with the mean and std of train.",
    )
    _check_constant_column(answer, train, test)


def _standardised(fitted, rows, ddof):
    return (rows - fitted.mean(axis=0)) / fitted.std(axis=0, ddof=ddof)


def _two_parts(value, train, test):
    require(
        isinstance(value, tuple | list) and len(value) == 2,
        "Return two things: `return scaled_train, scaled_test`.",
    )
    first = as_array(value[0], shape=train.shape, what="the scaled training part")
    return np.concatenate([first, as_array(value[1], shape=test.shape, what="the test part")])


def _check_constant_column(answer, train, test):
    train, test = train.copy(), test.copy()
    train[:, 0] = test[:, 0] = 4.0
    with np.errstate(all="ignore"):
        value = answer(train, test)
    finite = all(np.isfinite(np.asarray(part, dtype=float)).all() for part in value)
    require(
        finite,
        "A column that never changes in training has std 0, and you divide by it. Divide by 1 "
        "where the std is 0: np.where(std > 0, std, 1).",
    )


def _one_per_row(value, rows):
    """Refuse a matrix or a single number where one number per row is asked for."""
    shape = np.shape(value) if value is not None else None
    require(
        shape != (rows, rows),
        f"The result has shape ({rows}, {rows}): it compares all pairs of rows. One number per "
        "row is asked for; multiply element by element and sum over the columns.",
    )
    require(
        shape is None or len(shape) == 1,
        f"The result has shape {shape}; one number per row, ({rows},), is expected. Which axis "
        "is left to reduce?",
    )
    return value
