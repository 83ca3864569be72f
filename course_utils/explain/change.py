"""The smallest change of all entries together that silences an alarm, or raises a false one."""

from dataclasses import dataclass

from course_utils import checks
from course_utils.explain.gradients import slopes_of
from course_utils.explain.scoring import are_images, as_rows, scores_of, threshold_of
from course_utils.images import Images

import numpy as np

__all__ = ["Change", "smallest_change"]

FIRST_RADIUS = 1 / 64  # shares of the range; doubled until the decision turns
NEAR = 1.02  # radii whose ratio is below need no look between them
STEPS = 4, 12, 30  # at one radius, by gradients: fewest, most, and so many radii are tried
TRIES = 5, 40, 16  # by search
FIRST_STEP = 1.0  # of the radius
FINEST = 8  # halvings of the radius in the shortest step of the search
FEWEST, MOST = 0.05, 0.8  # share of the entries that a try of the search changes


@dataclass(frozen=True)
class Change:
    """The smallest changes found, and what they do.

    Attributes
    ----------
    rows : array of float64, of the shape of X
        The changed rows or images; as they were where no change was found.
    sizes : array, shape (n,)
        The largest change of an entry, in shares of its range high − low; inf where none was
        found, which does not mean that there is none.
    scores : array, shape (n,)
        Of `rows`, as the detector gives them.
    asked : array of int, shape (n,)
        How many scores, and slopes, the detector was asked for each row.
    """

    rows: np.ndarray
    sizes: np.ndarray
    scores: np.ndarray
    asked: np.ndarray


def smallest_change(
    detector,
    X,
    low,
    high,
    threshold=None,
    method="gradients",
    asked=400,
    background=None,
    seed=0,
):
    """Look for the smallest change of each row with which the detector decides otherwise.

    A row above the threshold is to be silenced, one at or below it is to raise an alarm. Small
    means that no entry moves by more than a share r of its range, |xⱼ′ − xⱼ| ≤ r (highⱼ − lowⱼ):
    a ball of the maximum norm, whose radius r is doubled until the decision turns and then
    halved between the largest that failed and the smallest that did not. Each radius starts from
    the best point of the last one.

    "gradients" walks by the sign of the slope, x ← x ∓ a · sign(∂score/∂x), back into the ball
    after each step: one step is I. Goodfellow, J. Shlens and C. Szegedy's, ICLR 2015,
    https://arxiv.org/abs/1412.6572, and many are A. Madry et al.'s, ICLR 2018,
    https://arxiv.org/abs/1706.06083. "search" needs scores alone: it moves some entries, or the
    pixels of a square, to an end of the ball, drawn by chance, and keeps what helps, after
    M. Andriushchenko et al., ECCV 2020, https://arxiv.org/abs/1912.00049. What is found is an
    upper bound: a smaller change may exist.

    Parameters
    ----------
    detector : object with ``decision_function``, or callable with method "search"
        "gradients" needs ``score_gradients`` as well.
    X : array-like, shape (n, d), or array of images (n, h, w) or (n, h, w, 3)
        Images of uint8 are divided by 255 first. X itself stays as it is.
    low, high : float or array-like, shape (d,)
        The range of each column, of training rows say, and 0 and 1 for images. No changed entry
        leaves it; one that lies outside already may only come nearer. Where both are equal, the
        entry stays.
    threshold : float, optional
        The detector's ``threshold_`` where none is told, and 0 for scikit-learn's.
    method : {"gradients", "search"}
    asked : int
        Most scores and slopes that are asked for each row, 20 at least.
    background : array-like, shape (m, d), or images, optional
        Known rows. The nearest one that the detector decides otherwise about, brought into the
        range, is a first change, of use where a row is far from all that is normal: where that
        still turns the decision, what is found is no larger. Their own scores, one each, are not
        counted.
    seed : int
        For what is drawn by chance.

    Returns
    -------
    Change

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or the detector has no gradients.
    """
    scores = scores_of(detector)
    X = _entries(X, "X")
    low, high = (_limit(each, name, X) for each, name in ((low, "low"), (high, "high")))
    if (low > high).any():
        raise ValueError(f"low is above high at column {int((low > high).argmax())}.")
    threshold = threshold_of(detector, threshold)
    checks.one_of(method, "method", ("gradients", "search"))
    if method == "gradients" and not hasattr(detector, "score_gradients"):
        raise TypeError(
            f"{type(detector).__name__} has no score_gradients, as the course's AutoEncoder, VAE, "
            'DeepSVDD, PaDiM and PatchCore have; method="search" only asks for scores.'
        )
    asked = checks.integer_in_range(asked, "asked", 20)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    walk = _Walk(scores, X, low, high, threshold, generator)
    if background is not None:
        walk.start_from(_entries(background, "background", X.shape[1:]))
    if method == "gradients":
        _by_gradients(walk, slopes_of(detector), asked)
    else:
        _by_search(walk, asked, generator)
    return Change(walk.best, walk.sizes, walk.best_scores, walk.asked)


class _Walk:
    """What is known of each row's smallest change while it is looked for.

    `X` and all points are (n, …) in the units of X, sizes and radii (n,) in shares of the range.
    """

    def __init__(self, scores, X, low, high, threshold, generator):
        self._scores, self._threshold, self._generator = scores, threshold, generator
        self.X = X
        self.spread = high - low
        moves = self.spread > 0
        self._floor = np.where(moves, np.minimum(low, X), X)
        self._ceiling = np.where(moves, np.maximum(high, X), X)
        self._shares = 1 / np.where(moves, self.spread, 1)
        n = len(X)
        self.best, self.best_scores = X.copy(), scores(X)
        self.above = self.best_scores > threshold
        self.asked = np.ones(n, dtype=int)
        self.sizes, self._failed = np.full(n, np.inf), np.zeros(n)
        self._again, self._grows = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
        farthest = np.maximum(X - self._floor, self._ceiling - X) * self._shares
        self._reach = farthest.reshape(n, -1).max(axis=1)
        self.radius = np.minimum(FIRST_RADIUS, self._reach)

    def start_from(self, known):
        """Let each row begin with the nearest known one that the detector decides otherwise on."""
        above = self._scores(known) > self._threshold
        for row in range(len(self.X)):
            others = known[above != self.above[row]]
            others = others.clip(self._floor[row], self._ceiling[row])
            if len(others):
                far = np.abs(others - self.X[row]) * self._shares
                nearest = far.reshape(len(others), -1).max(axis=1).argmin()
                self.ask(np.array([row]), others[nearest][None])

    def open_rows(self, asked):
        """Return the numbers of the rows whose change may become smaller."""
        return np.flatnonzero((self.asked + 2 <= asked) & (self._reach > 0))

    def into_ball(self, rows, points):
        """Return points brought back into each row's ball and into the box."""
        X, wide = self.X[rows], self.balls(rows)
        points = np.clip(points, X - wide, X + wide)
        return np.clip(points, self._floor[rows], self._ceiling[rows])

    def downhill(self, rows):
        """Return the signs of a change of score towards the threshold's other side."""
        return _wide(np.where(self.above[rows], -1.0, 1.0), self.X)

    def ask(self, rows, points):
        """Score points, keep those that turn the decision, return loss (rows,) and turned."""
        found = self._scores(points)
        self.asked[rows] += 1
        above = self.above[rows]
        turned = (found > self._threshold) != above
        self._keep(rows[turned], points[turned], found[turned])
        return np.where(above, found, -found), turned

    def _keep(self, rows, points, found):
        sizes = np.abs(points - self.X[rows]) * self._shares
        sizes = sizes.reshape(len(rows), -1).max(axis=1) if len(rows) else np.zeros(0)
        smaller = sizes < self.sizes[rows]
        rows = rows[smaller]
        self.best[rows], self.best_scores[rows] = points[smaller], found[smaller]
        self.sizes[rows] = sizes[smaller]

    def narrow(self, rows, turned, points):
        """Choose the next radius of rows that are done with one; return where each starts.

        Once a row's radius is narrowed down, it is looked for again, from points drawn by chance
        in smaller balls.
        """
        lost, again = rows[~turned & ~self._again[rows]], rows[turned & self._again[rows]]
        self._failed[lost] = np.maximum(self._failed[lost], self.radius[lost])
        self._failed[again], self._again[again] = self.sizes[again] / 2, False
        sizes, failed, reach = self.sizes[rows], self._failed[rows], self._reach[rows]
        known, radius = np.isfinite(sizes), self.radius[rows]
        self._grows[rows] &= ~turned & (2 * radius < np.minimum(sizes, reach))
        grows = self._grows[rows] | ~known
        self._again[rows] |= np.where(known, sizes <= NEAR * failed, failed >= reach)
        between = (failed + np.where(known, sizes, 0)) / 2
        radius = np.where(grows, np.minimum(2 * radius, reach), between)
        again = self._again[rows]
        drawn = np.where(known, sizes, reach) * self._generator.uniform(size=len(rows))
        self.radius[rows] = np.where(again, drawn, radius)
        starts = np.where(_wide(grows, points), points, self.best[rows])
        aside = self._generator.uniform(-1, 1, points.shape) * self.balls(rows)
        starts = np.where(_wide(again, points), self.X[rows] + aside, starts)
        return self.into_ball(rows, starts)

    def balls(self, rows):
        """Return how far each entry may move, in the units of X."""
        return _wide(self.radius[rows], self.X) * self.spread


def _by_gradients(walk, slopes_at, asked):
    """Walk by the signs of the slopes until enough was asked.

    An entry's step is halved when its sign turns, since the walk has gone too far along it then.
    """
    most = np.clip(asked // STEPS[2], *STEPS[:2])
    points, steps = walk.X.copy(), np.zeros(len(walk.X), dtype=int)
    lengths, before = np.full(points.shape, FIRST_STEP), np.zeros(points.shape)
    while len(rows := walk.open_rows(asked)):
        here = points[rows]
        signs = np.sign(slopes_at(here)) * walk.downhill(rows)
        walk.asked[rows] += 1
        lengths[rows] = np.where(signs * before[rows] < 0, 0.5, 1) * lengths[rows]
        before[rows] = signs
        points[rows] = walk.into_ball(rows, here + lengths[rows] * walk.balls(rows) * signs)
        turned = walk.ask(rows, points[rows])[1]
        steps[rows] += 1
        ended = turned | (steps[rows] == most)
        done = rows[ended]
        points[done] = walk.narrow(done, turned[ended], points[done])
        steps[done], lengths[done], before[done] = 0, FIRST_STEP, 0


def _by_search(walk, asked, generator):
    """Change some entries by chance and keep what helps until enough was asked."""
    n, shape, most = len(walk.X), walk.X.shape[1:], np.clip(asked // TRIES[2], *TRIES[:2])
    points, tries, losses = walk.X.copy(), np.zeros(n, dtype=int), np.full(n, np.inf)
    while len(rows := walk.open_rows(asked)):
        here, balls = points[rows], walk.balls(rows)
        chosen = _some(MOST * (FEWEST / MOST) ** (tries[rows] / most), shape, generator)
        ends = walk.X[rows] + generator.choice([-1.0, 0.0, 1.0], size=here.shape) * balls
        finer = _wide(2.0 ** -generator.uniform(0, FINEST, len(rows)), here)
        near = here + generator.choice([-1.0, 1.0], size=here.shape) * finer * balls
        moved = np.where(_wide(generator.random(len(rows)) < 0.5, here), ends, near)
        moved = walk.into_ball(rows, np.where(chosen, moved, here))
        loss, turned = walk.ask(rows, moved)
        better = loss <= losses[rows]  # equal ones as well, to leave a tree's flat parts
        points[rows[better]], losses[rows[better]] = moved[better], loss[better]
        tries[rows] += 1
        ended = turned | (tries[rows] == most)
        done = rows[ended]
        points[done], tries[done] = walk.narrow(done, turned[ended], points[done]), 0
        losses[done] = np.inf


def _some(shares, shape, generator):
    """Return which entries to change, a share of each row's, one at least: (rows, …)."""
    chosen = generator.random((len(shares), *shape)) < _wide(shares, np.empty((0, *shape)))
    one = generator.integers(np.prod(shape, dtype=int), size=len(shares))
    chosen.reshape(len(shares), -1)[np.arange(len(shares)), one] = True
    return chosen


def _wide(values, like):
    """Return values (rows,) with as many axes as points have."""
    return values.reshape(-1, *[1] * (like.ndim - 1))


def _entries(X, name, shape=None):
    """Return rows (n, d), or images (n, h, w[, 3]), as finite float64; images from 0 to 1."""
    if are_images(X):
        Images(X, name)
        X = np.asarray(X)
        X = X / 255 if X.dtype == np.uint8 else X.astype(float)
    else:
        X = as_rows(X, name)
    if shape is not None and X.shape[1:] != shape:
        raise ValueError(f"{name} has rows of shape {X.shape[1:]}; {shape}, as X, is expected.")
    return X


def _limit(values, name, X):
    """Return low or high as an array that fits beside X."""
    values = np.asarray(values, dtype=float)
    if values.ndim and values.shape != X.shape[1:]:
        raise ValueError(
            f"{name} has shape {values.shape}; a number or {X.shape[1:]} is expected."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinity; finite numbers are expected.")
    return np.broadcast_to(values, X.shape[1:])
