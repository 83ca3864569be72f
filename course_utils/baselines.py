"""Classical detectors: the bar that every deep detector has to clear.

All of them work alike: ``fit(X)`` learns from rows ``X`` of shape ``(n, d)`` and
``decision_function(X)`` returns one score per row, **higher = more anomalous**. They are
scikit-learn estimators, so they can be cloned and put at the end of a pipeline. Columns are used
as they come: distances mean something only after scaling. But huge, tiny or far-off numbers, whose
squares a computer cannot add up, give the scores that they would have in a better unit.
"""

import warnings

from course_utils.checks import as_labels, as_matrix, as_seed, positive_integer, refuse_masked

import numpy as np
from sklearn import ensemble, neighbors
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.utils.validation import check_is_fitted

FAR = 1e4  # times its range: a column that lies so far from 0 is moved there before squaring
LARGEST = 1e100  # numbers whose squares, and sums of them, are in reach
SMALLEST = 1e-6  # scikit-learn takes 1e-10 for nothing
WIDE = 1_000  # columns; of more than there are rows, covariances are not written out
SLOW = 4_000  # columns and rows; a covariance of more takes minutes
NO_SPREAD = 1e-10  # of the largest variance: what rounding leaves of none
BOUND = np.finfo(np.float64).max

__all__ = [
    "IQR",
    "IsolationForest",
    "KMeansDistance",
    "KNearestNeighbours",
    "LocalOutlierFactor",
    "Mahalanobis",
    "RandomScores",
    "WithLabels",
    "ZScore",
]


class Baseline(BaseEstimator):
    """What all baselines share: checked input, and ``fit`` and ``decision_function`` around it.

    A baseline fills in ``_learn(X)``, which keeps what it needs, and ``_score(X)``.
    """

    def fit(self, X, y=None):
        """Learn from the rows of X.

        Parameters
        ----------
        X : array-like, shape (n, d)
        y : ignored
            Accepted because scikit-learn's pipelines hand it on.

        Returns
        -------
        the detector itself

        Raises
        ------
        TypeError, ValueError
            When X is no finite matrix with at least one row, or an argument of the detector is
            out of range.
        """
        X = as_matrix(X, "X")
        self._learn(X)
        self.n_features_in_ = X.shape[1]
        return self

    def decision_function(self, X):
        """Return one score per row, higher = more anomalous.

        Parameters
        ----------
        X : array-like, shape (m, d)
            As many columns as the rows that the detector was fitted on.

        Returns
        -------
        array, shape (m,)

        Raises
        ------
        sklearn.exceptions.NotFittedError
            When ``fit`` was not called before.
        TypeError, ValueError
            When X is no finite matrix with d columns.
        """
        check_is_fitted(self, "n_features_in_")
        scores = self._score(as_matrix(X, "X", columns=self.n_features_in_))
        return scores.clip(max=BOUND)  # infinity too


class ZScore(Baseline):
    """Largest distance of any column from its mean, in standard deviations: max |x − mean| / std.

    A column that is constant in the fitted rows has no spread; its distance is taken in the
    column's own unit.
    """

    def _learn(self, X):
        self.mean_, self.std_ = _mean_and_std(X)  # (d,) each

    def _score(self, X):
        return np.abs(_standardised(X, self.mean_, self.std_)).max(axis=1)


class IQR(Baseline):
    """Largest distance of any column outside its middle half [Q1, Q3], in units of Q3 − Q1.

    Rows inside the middle half in every column score 0. Tukey's box plot marks scores above 1.5
    (Exploratory Data Analysis, 1977). Where Q3 = Q1, the distance is taken in the column's own
    unit.
    """

    def _learn(self, X):
        self.q1_, self.q3_ = np.quantile(X, [0.25, 0.75], axis=0)  # (d,) each
        spread = self.q3_ - self.q1_
        self.iqr_ = np.where(spread > 0, spread, 1.0)  # (d,)

    def _score(self, X):
        outside = np.maximum(self.q1_ - X, X - self.q3_).clip(min=0)  # (m, d)
        return (outside / self.iqr_).max(axis=1)


class Mahalanobis(Baseline):
    """Distance from the mean that takes correlation into account: √((x − μ)ᵀ Σ⁺ (x − μ)).

    Σ⁺ is the pseudo-inverse of the covariance, so columns that are copies or sums of others do no
    harm. Directions without any spread in the fitted rows add nothing to the distance. Source:
    Mahalanobis, Proceedings of the National Institute of Sciences of India, 1936.
    """

    def _learn(self, X):
        # Scaling first leaves the distance as it is and makes the pseudo-inverse accurate.
        self.mean_, self.std_ = _mean_and_std(X)  # (d,) each
        scaled = _standardised(X, self.mean_, self.std_)
        if min(X.shape) > SLOW:
            warnings.warn(
                f"X has {len(X):,} rows and {X.shape[1]:,} columns: the covariance takes minutes "
                "and gigabytes. Fewer columns, such as those of a PCA, are quicker.",
                stacklevel=3,
            )
        self.roots_ = self.precision_ = None
        if X.shape[1] > WIDE and X.shape[1] > len(X):
            self.roots_ = _wide_roots(scaled)  # (k, d)
        else:
            covariance = scaled.T @ scaled / len(X)  # (d, d)
            self.precision_ = np.linalg.pinv(covariance, rcond=NO_SPREAD, hermitian=True)  # (d, d)

    def _score(self, X):
        scaled = _standardised(X, self.mean_, self.std_).clip(-LARGEST, LARGEST)  # (m, d)
        if self.precision_ is None:
            return np.linalg.norm(scaled @ self.roots_.T, axis=1)
        squared = ((scaled @ self.precision_) * scaled).sum(axis=1)
        return np.sqrt(squared.clip(min=0))  # rounding can leave −1e-17


class _Distances(Baseline):
    """What baselines of Euclidean distances share: numbers that can be squared.

    A distance stays the same where a column is moved, and in another unit it is another number.
    """

    def _learn(self, X):
        half_range = X.max(axis=0) / 2 - X.min(axis=0) / 2  # a difference may be too large
        far_off = np.abs(X).max(axis=0) / 2 > FAR * half_range
        self.low_ = np.where(far_off, X.min(axis=0), 0.0)  # (d,)
        size = np.abs(X - self.low_).max()
        ordinary = size == 0 or SMALLEST < size < LARGEST
        self.unit_ = 1.0 if ordinary else np.ldexp(1.0, np.frexp(size)[1] - 1)
        self._learn_near(self._near(X))

    def _score(self, X):
        return self._score_near(self._near(X))

    def _near(self, X):
        """Return rows near 0 and in a unit that their squares are in reach of."""
        with np.errstate(over="ignore"):
            return ((X - self.low_) / self.unit_).clip(-LARGEST, LARGEST)


class KMeansDistance(_Distances):
    """Euclidean distance to the nearest of k cluster centres.

    Parameters
    ----------
    clusters : int
        How many centres; fewer when there are fewer distinct rows.
    seed : int
    """

    def __init__(self, clusters=8, seed=0):
        self.clusters = clusters
        self.seed = seed

    def _learn_near(self, X):
        clusters = positive_integer(self.clusters, "clusters")
        seed = as_seed(self.seed, "seed")
        clusters = min(clusters, len(np.unique(X, axis=0)))
        self.model_ = KMeans(clusters, n_init=3, random_state=seed).fit(X)

    def _score_near(self, X):
        distances = np.asarray(self.model_.transform(X))  # (m, clusters)
        return distances.min(axis=1) * self.unit_


class KNearestNeighbours(_Distances):
    """Euclidean distance to the k-th nearest fitted row.

    A fitted row that is scored again meets itself at distance 0. Source: Ramaswamy, Rastogi and
    Shim, SIGMOD 2000.

    Parameters
    ----------
    neighbours : int
        k; all fitted rows when there are fewer.
    """

    def __init__(self, neighbours=5):
        self.neighbours = neighbours

    def _learn_near(self, X):
        neighbours = min(positive_integer(self.neighbours, "neighbours"), len(X))
        self.model_ = neighbors.NearestNeighbors(n_neighbors=neighbours).fit(X)

    def _score_near(self, X):
        distances, _ = self.model_.kneighbors(X)  # (m, k), nearest first
        return distances[:, -1] * self.unit_


class LocalOutlierFactor(_Distances):
    """How much thinner the data is around a row than around its neighbours; about 1 is ordinary.

    scikit-learn's estimator with the sign turned. Where more than ``neighbours`` rows are
    identical, the density is nearly without limit and rows beside them score in the millions.
    Source: Breunig, Kriegel, Ng and Sander, SIGMOD 2000.

    Parameters
    ----------
    neighbours : int
        All other fitted rows when there are fewer.
    """

    def __init__(self, neighbours=20):
        self.neighbours = neighbours

    def _learn_near(self, X):
        if len(X) < 2:
            raise ValueError("X has 1 row; at least 2 rows are expected to compare densities.")
        neighbours = min(positive_integer(self.neighbours, "neighbours"), len(X) - 1)
        self.model_ = neighbors.LocalOutlierFactor(n_neighbors=neighbours, novelty=True).fit(X)

    def _score_near(self, X):
        return -self.model_.score_samples(X)


class IsolationForest(Baseline):
    """How few random cuts separate a row from the rest: between 0 and 1, about 0.5 is ordinary.

    scikit-learn's estimator with the sign turned. Source: Liu, Ting and Zhou, ICDM 2008.

    Parameters
    ----------
    trees : int
    seed : int
    """

    def __init__(self, trees=100, seed=0):
        self.trees = trees
        self.seed = seed

    def _learn(self, X):
        trees = positive_integer(self.trees, "trees")
        seed = as_seed(self.seed, "seed")
        self.half_low_ = X.min(axis=0) / 2  # halves, since a difference may be too large
        half_range = X.max(axis=0) / 2 - self.half_low_
        self.half_range_ = np.where(half_range > 0, half_range, 1.0)
        self.model_ = ensemble.IsolationForest(n_estimators=trees, random_state=seed)
        self.model_.fit(self._from_0_to_1(X))

    def _score(self, X):
        return -self.model_.score_samples(self._from_0_to_1(X))

    def _from_0_to_1(self, X):
        """Bring columns to one range, which changes no cut: scikit-learn's trees see float32.

        Huge and tiny numbers, and dates in seconds, would become one number there. Beyond the
        range it matters only on which side a row lies.
        """
        with np.errstate(over="ignore"):
            return ((X / 2 - self.half_low_) / self.half_range_).clip(-1, 2)


class RandomScores(Baseline):
    """Scores drawn evenly from [0, 1) without a look at the data: the floor of every table.

    Row i of any X gets the i-th number of the seed's sequence.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed=0):
        self.seed = seed

    def _learn(self, X):
        self.seed_ = as_seed(self.seed, "seed")

    def _score(self, X):
        # A sequence of its own: labels drawn with default_rng(seed) must not meet themselves here.
        return np.random.default_rng([self.seed_, 7919]).random(len(X))


class WithLabels:
    """A scikit-learn classifier behind the names of a detector, for the honest table.

    Parameters
    ----------
    classifier : object
        With ``fit(X, y)`` and ``predict_proba(X)``, such as ``LogisticRegression()``.
    """

    needs_labels = True

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y):
        """Learn from the rows of X (n, d) and their labels y (n,), 1 = anomaly; return self."""
        refuse_masked(X, "X")
        self.classifier.fit(X, as_labels(y, "y", both_classes=True))
        return self

    def decision_function(self, X):
        """Return each row's probability (n,) of being an anomaly."""
        refuse_masked(X, "X")
        return np.asarray(self.classifier.predict_proba(X))[:, 1]


def _mean_and_std(X):
    """Return each column's mean and standard deviation; 1 where all rows hold the same value."""
    # squares of huge and of tiny numbers are out of reach; powers of two change no digit
    unit = np.ldexp(1.0, np.frexp(np.abs(X).max(axis=0))[1] - 1)
    shares = X / unit
    mean, std = shares.mean(axis=0) * unit, shares.std(axis=0) * unit
    # rounding gives a constant column a standard deviation of 1e-17 rather than 0
    varies = (X.max(axis=0) > X.min(axis=0)) & (std > 0)
    return mean, np.where(varies, std, 1.0)


def _standardised(X, mean, std):
    """Return (X − mean) / std; halves, since a difference may be too large."""
    with np.errstate(over="ignore"):
        return (X / 2 - mean / 2) / (std / 2)


def _wide_roots(scaled):
    """Return R (k, d) with Rᵀ R = Σ⁺ of rows (n, d) around 0, where n is less than d.

    As many directions have a spread as there are rows at most. They are found from the products
    of rows, (n, n), in place of the covariance (d, d).
    """
    variances, mixtures = np.linalg.eigh(scaled @ scaled.T / len(scaled))
    kept = variances > NO_SPREAD * variances.max()
    return (mixtures[:, kept] / (np.sqrt(len(scaled)) * variances[kept])).T @ scaled
