"""Exercises of lesson 01, of the classical scores."""

import functools
import statistics

from course_utils.exercises import inputs, quantiles
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    plain,
    require,
)

import numpy as np
from scipy.stats.mstats import mquantiles


def one_per_row(value, rows, what="the scores"):
    """Return one number per row, or refuse a matrix or a single number in its own words."""
    shape = np.shape(plain(value)) if value is not None else (rows,)
    require(
        shape != (rows, rows),
        f"The result has shape ({rows}, {rows}): it compares all pairs of rows. One number per "
        "row is asked for; multiply element by element and sum over the columns.",
    )
    require(
        len(shape) == 1,
        f"The result has shape {shape}; one number per row, ({rows},), is expected. Which axis "
        "is left to reduce?",
    )
    return as_array(value, shape=(rows,), what=what)


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


def _z_score_of_a_sample(train, X):
    return (np.abs(X - train.mean(axis=0)) / train.std(axis=0, ddof=1)).max(axis=1)


@z_score.set_check
def z_score_check(answer):
    """Columns of unlike units, and rows that lie low in one of them."""
    rng = np.random.default_rng(4)
    train = rng.normal([5.0, 200.0, 1.0], [1.0, 50.0, 0.02], size=(60, 3))
    X = np.array([[5.0, 200, 1.1], [2.0, 210, 1.0], [5.5, 20, 1.0], [8.0, 190, 0.99], [5, 200, 1]])
    got = one_per_row(answer(train.copy(), X.copy()), len(X))
    apart = np.abs(X - train.mean(axis=0))
    one_std = (
        "You divide by one std for all columns, taken over everything: the column with the "
        "largest unit drowns the others. std(axis=0) gives each column its own."
    )
    for ddof in (0, 1):
        std = train.std(axis=0, ddof=ddof)
        slips = (
            ((apart / train.std(ddof=ddof)).max(axis=1), one_std),
            ((np.abs(X - train.mean()) / train.std(ddof=ddof)).max(axis=1), one_std),
            (
                ((X - train.mean(axis=0)) / std).max(axis=1),
                "The sign is still there: a row that lies far below the mean scores lower than "
                "an ordinary one. Take the absolute value before the maximum.",
            ),
            (
                (np.abs(X - X.mean(axis=0)) / X.std(axis=0, ddof=ddof)).max(axis=1),
                "Mean and std are those of X. Then five odd rows would look usual among "
                "themselves: learn both from train.",
            ),
            (
                (np.abs(X.T - X.mean(axis=1)) / X.std(axis=1, ddof=ddof)).max(axis=0),
                "Mean and std run over each row (axis=1), which mixes columns of unlike units. "
                "One mean and one std per column: axis=0.",
            ),
            (
                (apart / std).mean(axis=1),
                "You average over the columns. One wild column among many calm ones then hardly "
                "shows: take the maximum.",
            ),
            (
                (apart / std).sum(axis=1),
                "You add up the columns. The worst one alone is asked for: take the maximum.",
            ),
            (
                (apart / std**2).max(axis=1),
                "You divide by the variance, whose unit is the square of the column's. Divide by "
                "its root, the std.",
            ),
            (
                apart.max(axis=1),
                "The std is missing: distances in unlike units cannot be compared.",
            ),
        )
        name_the_mistake(got, slips)


@z_score.set_inputs(also_right=[_z_score_of_a_sample])
def z_score_inputs(rng):
    yield from inputs.train_and_rows(rng)
    yield "rows very far out", (rng.normal(size=(9, 2)), np.array([[1e4, 0.0], [0.3, -500.0]]))


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


def _fences_from(quartiles):
    """Return the fences as a function, for another way to find the quartiles."""

    def those_fences(values):
        q1, q3 = quartiles(values)
        return q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)

    return those_fences


def _first_beyond(values):
    """Return the first values of which more than a quarter, and three, lie below or at."""
    count = len(values)
    return np.sort(values)[[count // 4, 3 * count // 4]]


def _hinges(values, *, both):
    """Return the medians of the lower and the upper half; the middle value is in both or none."""
    ordered, half = np.sort(values), (len(values) + both) // 2
    return np.median(ordered[:half]), np.median(ordered[len(values) - half :])


# statistics.quantiles does as NumPy's "weibull" and "linear" do
OTHER_FENCES = [
    *(
        _fences_from(functools.partial(np.quantile, q=(0.25, 0.75), method=each))
        for each in quantiles.METHODS
    ),
    *(_fences_from(functools.partial(_hinges, both=each)) for each in (True, False)),
    _fences_from(lambda values: statistics.quantiles(values.tolist(), n=4)[::2]),
    _fences_from(functools.partial(mquantiles, prob=(0.25, 0.75))),
    _fences_from(_first_beyond),
]


@fences.set_check
def fences_check(answer):
    """A skewed sample, where mean, median and middle of the quartiles lie apart."""
    values = np.random.default_rng(2).exponential(10, 2001)
    pair = answer(values.copy())
    require(
        isinstance(plain(pair), tuple | list | np.ndarray) and np.shape(plain(pair)) == (2,),
        "Return two numbers, the lower fence and the upper one: `return low, high`.",
    )
    got = as_array(pair, shape=(2,), what="the pair of fences")
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    width, sides, quartiles = q3 - q1, np.array([-1, 1]), np.array([q1, q3])
    turned = np.abs(got[::-1] - quartiles - sides * 1.5 * width).max() < 0.02 * width
    require(not turned, "Your lower fence stands behind the upper one: return (low, high).")
    require(
        got[0] < got[1],
        f"Your lower fence, {got[0]:.4g}, lies above the upper one, {got[1]:.4g}. Do Q1 and Q3 "
        "come from sorted values?",
    )
    std = (
        "You take standard deviations for the width. The std is what one wild value inflates; "
        "IQR is Q3 − Q1."
    )
    slips = (
        (
            quartiles,
            "Those are the quartiles themselves: half of all values lie outside them. The fences "
            "stand 1.5 IQR further out.",
        ),
        (
            quartiles + sides * width,
            "The factor 1.5 is missing: you go one IQR beyond the quartiles, and far more "
            "ordinary values fall outside. Tukey's fences stand 1.5 IQR out.",
        ),
        (
            quartiles + sides * 3 * width,
            "You go 3 IQR out. There Tukey draws his outer fences; these are the inner ones, at "
            "1.5 IQR.",
        ),
        (
            values.mean() + sides * 1.5 * width,
            "You measure from the mean. One wild value drags the mean along, and the fences with "
            "it. Start at the quartiles: Q1 for the lower fence, Q3 for the upper.",
        ),
        (
            median + sides * 1.5 * width,
            "You measure from the median. Start at the quartiles, Q1 for the lower fence and Q3 "
            "for the upper: they know that this sample leans to one side.",
        ),
        (quartiles + sides * 1.5 * values.std(), std),
        (values.mean() + sides * 1.5 * values.std(), std),
        (
            quartiles[::-1] + sides * 1.5 * width,
            "The fences start at the wrong quartile: the lower one at Q1, the upper one at Q3.",
        ),
    )
    for wrong, message in slips:  # the ways to compute a quantile differ a little
        require(np.abs(got - wrong).max() > 0.02 * width, message)


@fences.set_inputs(also_right=OTHER_FENCES)
def fences_inputs(rng):
    for what, values in inputs.vectors(rng, least=6):
        yield what, (values,)
    yield "many equal numbers, few others", (np.repeat([2.0, 3, 7, 20], [9, 5, 3, 1]),)
    for count in (8, 9, 10, 11):  # each way to find quartiles treats these in its own manner
        yield f"{count} values", (rng.normal(3, 2, size=count),)


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
    """The z-score in the direction in which it is largest."""
    inverse = np.linalg.inv(np.cov(train, rowvar=False))  # (d, d)
    centred = X - train.mean(axis=0)  # (m, d)
    return np.sqrt(((centred @ inverse) * centred).sum(axis=1))


def _mahalanobis_with_n(train, X):
    inverse = np.linalg.inv(np.cov(train, rowvar=False, ddof=0))
    return _form(X - train.mean(axis=0), inverse)


@mahalanobis.set_check
def mahalanobis_check(answer):
    """A tilted cloud with unlike spreads, far from the origin."""
    rng = np.random.default_rng(5)
    mix = np.array([[3.0, 0.0, 0.0], [2.0, 0.5, 0.0], [0.3, -0.2, 1.5]])
    train = rng.normal(size=(83, 3)) @ mix.T + [10.0, -4.0, 7.0]
    X = train.mean(axis=0) + np.array(
        [[3, 2, 0.3], [2, -2, 0], [0, 0, 3], [-3, -2, 1], [0.1, 0, 0]]
    )
    value = _without_a_matrix_of_rows(answer, train, X)
    require(
        np.ndim(plain(value)) != 1 or not np.isnan(np.asarray(plain(value), dtype=float)).any(),
        "Some distances are NaN: a square root of a negative number. The inverse of a covariance "
        "never gives one; look at what stands between the two centred rows.",
    )
    got = one_per_row(value, len(X), "the distances")
    centred = X - train.mean(axis=0)
    correlation = np.corrcoef(train, rowvar=False)
    for ddof in (0, 1):
        covariance = np.cov(train, rowvar=False, ddof=ddof)
        inverse = np.linalg.inv(covariance)
        middles = (
            (
                covariance,
                "The covariance is not inverted: rows along the ridge score highest, those that "
                "break the correlation lowest. It is Σ⁻¹ that stands in the middle.",
            ),
            (
                np.linalg.inv(correlation),
                "You inverted the correlation. It has lost the units of the columns, while x − μ "
                "still carries them. Invert the covariance, or divide x − μ by the std first.",
            ),
            (
                correlation,
                "The correlation stands in the middle. It needs the covariance, and its inverse.",
            ),
            (
                1 / covariance,
                "1 / Σ inverts each element on its own. The inverse of a matrix is np.linalg.inv.",
            ),
            (
                np.diag(1 / np.diag(covariance)),
                "Only the variances are left: that is the z-score of each column, squared and "
                "summed. Use the whole covariance matrix, which knows the tilt.",
            ),
            (
                np.eye(3),
                "That is the plain Euclidean distance. Put the inverse covariance in the middle.",
            ),
            (
                np.linalg.inv(np.cov(X, rowvar=False, ddof=ddof)),
                "The covariance is that of X. What is usual is learned from train.",
            ),
        )
        name_the_mistake(got, ((_form(centred, middle), told) for middle, told in middles))
        slips = (
            (
                _form(centred, inverse) ** 2,
                "The square root is missing: you return the squared distance.",
            ),
            (
                _form(X, inverse),
                "You did not subtract the mean: the distance is measured from the origin.",
            ),
            (
                _form(X - X.mean(axis=0), inverse),
                "You subtract the mean of X. What is usual is learned from train.",
            ),
        )
        name_the_mistake(got, slips)


def _without_a_matrix_of_rows(answer, train, X):
    """Call the answer; put the error of a covariance of rows in place of columns into words."""
    rows, columns = train.shape
    try:
        return answer(train.copy(), X.copy())
    except (ValueError, RuntimeError) as error:  # LinAlgError is a ValueError
        singular = isinstance(error, np.linalg.LinAlgError)
        if not singular and str(rows) not in str(error):
            raise
        found = (
            "A singular matrix"
            if singular
            else f"A matrix with {rows} rows, one per training row,"
        )
        raise Misconception(
            f"{found} stands where Σ is expected, which is {columns} × {columns} and has an "
            "inverse. If yours is np.cov(train): it takes each row for a variable, and "
            "np.cov(train, rowvar=False) each column."
        ) from error


def _form(centred, middle):
    """Return √(xᵀ M x) for each row; NaN where it has no root, without a warning."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(((centred @ middle) * centred).sum(axis=1))


@mahalanobis.set_inputs(also_right=[_mahalanobis_with_n])
def mahalanobis_inputs(rng):
    for columns in (2, 4):
        for what, (train, X) in inputs.train_and_rows(rng, columns, least=12):
            if np.linalg.cond(np.corrcoef(train, rowvar=False)) < 1e3:
                yield what, (train, X)
    yield "rows very far out", (rng.normal(size=(9, 2)), np.array([[1e4, 0.0], [0.3, -500.0]]))


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
    rows, k = np.random.default_rng(6).normal(size=(30, 2)), 4
    got = one_per_row(answer(rows.copy(), k), len(rows), "the distances")
    ordered = np.sort(np.linalg.norm(rows[:, None] - rows, axis=2), axis=1)
    average = "You average the k nearest. The k-th alone is asked for."
    farthest = "Those are the farthest rows: sort the distances upwards and count from the start."
    city = np.sort(np.abs(rows[:, None] - rows).sum(axis=2), axis=1)
    slips = (
        (
            ordered[:, k - 1],
            "You count each row as its own nearest neighbour, at distance 0, so you return the "
            "distance one neighbour too near. Skip the row itself.",
        ),
        (
            ordered[:, k + 1],
            "That is one neighbour too far. Place 0 of the sorted distances is the row itself, "
            "so the k-th other row stands at place k.",
        ),
        (ordered[:, 1 : k + 1].mean(axis=1), average),
        (ordered[:, :k].mean(axis=1), average),
        (ordered[:, k] ** 2, "The square root is missing: those are squared distances."),
        (ordered[:, 1], "That is the nearest other row, whatever k is."),
        (ordered[:, -k], farthest),
        (ordered[:, -k - 1], farthest),
        (
            city[:, k],
            "You add up the absolute gaps. The Euclidean distance is the root of the sum of "
            "their squares.",
        ),
    )
    name_the_mistake(got, slips)
    twins = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]])
    # taking every 0 for the row itself leaves the twins with the third row, or with nothing
    value = np.asarray(plain(answer(twins.copy(), 1)), dtype=float)
    require(
        value.shape != (3,) or np.allclose(value[:2], 0, atol=1e-4) or not np.all(value[2] == 5),
        "Two of three rows are the same, and each is the other's nearest neighbour, at distance "
        "0. You drop every distance of zero: drop the row itself alone.",
    )


@own_neighbours.set_inputs
def own_neighbours_inputs(rng):
    for what, rows in inputs.tables(rng, least=5):
        k = int(rng.integers(1, len(rows)))
        yield f"{what}, k = {k}", (rows, k)
    yield "two rows", (rng.normal(size=(2, 3)), 1)
    yield "rows that are all the same", (np.full((5, 2), 3.0), 2)
    twins = np.repeat(rng.normal(size=(6, 2)), 2, axis=0)
    yield "twins, and one row without", (np.append(twins, [[3.0, 4.0]], axis=0), 1)
