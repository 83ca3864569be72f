"""Exercise of lesson 18: a notebook whose test chooses setting and seed, to repair."""

from __future__ import annotations

import copy
import functools

from course_utils import evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    plain,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------------------- 7 · repair seeds

repair_seeds = Exercise(
    "Repair the notebook: return (mean, standard deviation with ddof 1) of the test's average "
    "precision over the seeds of one setting, that whose mean on validation is highest.",
    hints=(
        "Which numbers decide what is kept? The test may decide nothing: neither the setting nor "
        "the seed.",
        "For each setting, take the mean average precision on validation over all seeds. The "
        "highest chooses the setting; no seed is chosen at all.",
        "Then all seeds of that setting on the test: np.mean(values), np.std(values, ddof=1).",
    ),
    praise="Right: validation chooses the setting, nobody chooses the seed, and the test is told "
    "with its spread.",
)


@repair_seeds.set_solution
def repair_seeds_solution(
    make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds
):
    def precisions(setting, X, y):  # one for each seed
        detectors = [make(setting, seed).fit(X_train) for seed in seeds]
        return [evaluation.average_precision(y, each.decision_function(X)) for each in detectors]

    best = max(settings, key=lambda each: np.mean(precisions(each, X_validation, y_validation)))
    values = precisions(best, X_test, y_test)
    return np.mean(values), np.std(values, ddof=1)


class _Directions:
    """A detector that knows how far the training rows reach in some random directions.

    Parameters
    ----------
    setting : int
        How many directions.
    seed : int
    """

    def __init__(self, setting, seed):
        self.setting, self.seed = setting, seed

    def fit(self, X):
        X = np.asarray(plain(X))
        generator = np.random.default_rng([self.setting, self.seed])
        self.w = generator.normal(size=(X.shape[1], self.setting))
        self.mean, self.std = (X @ self.w).mean(axis=0), (X @ self.w).std(axis=0)
        return self

    def decision_function(self, X):
        z = (np.asarray(plain(X)) @ self.w - self.mean) / self.std
        return (z**2).mean(axis=1)


def _by_mean(values):
    return values.mean(axis=1)


def _by_median(values):
    return np.median(values, axis=1)


def _by_best(values):
    return values.max(axis=1)


def _by_first(values):
    return values[:, 0]


def _by_worst(values):
    return values.min(axis=1)


def _runs(rng, unlike=None, rows=48, settings=(1, 2, 4), seeds=3):
    """Return arguments, few rows so that settings and seeds differ by chance.

    One setting is clearly the best on validation by its mean, and is not by the rule `unlike`.
    """

    def labelled(share):
        y = rng.permutation(np.arange(rows) < share * rows).astype(int)
        return rng.normal(size=(rows, 6)) * (1 + 1.1 * y[:, None] * (np.arange(6) < 2)), y

    while True:
        numbers = [int(number) for number in rng.permutation(20)[:seeds]]
        settings = [int(each) for each in rng.permutation(settings)]
        X_train = rng.normal(size=(rows, 6))
        X, y = labelled(0.2)
        values = _table(_Directions, settings, X_train, X, y, numbers)
        best = np.sort(_by_mean(values))[::-1]
        clear = len(best) == 1 or best[0] - best[1] > 0.004
        other = unlike is None or unlike(values).argmax() != _by_mean(values).argmax()
        if clear and other:
            return _Directions, settings, X_train, X, y, *labelled(0.15), numbers


def _average_precision(y, scores):
    """Return the average precision of scores without ties."""
    y = y[np.argsort(-scores)]
    return np.mean((np.cumsum(y) / np.arange(1, len(y) + 1))[y == 1])


def _table(make, settings, X_fit, X, y, seeds):
    """Return the average precision of each setting and seed, (settings, seeds)."""
    return np.array(
        [
            [
                _average_precision(y, make(each, seed).fit(X_fit).decision_function(X))
                for seed in seeds
            ]
            for each in settings
        ]
    )


BY_TEST = (
    "The test chose the setting. Then it says how well the luckiest one did. Choose by the mean "
    "on validation."
)
ON_BOTH = (
    "The detectors are trained on the validation rows as well, which hold anomalies, and by which "
    "they are chosen. Fit on X_train alone."
)
# functions of the chosen setting's values and of all, (settings, seeds), on the test
CENTRES = (
    (lambda values, _: values.mean(), ""),
    (
        lambda values, _: values.max(),
        "The best run is told. Nobody knows in advance which seed that will be: tell the mean "
        "over the seeds.",
    ),
    (lambda values, _: np.median(values), "That is the median; the mean is asked for."),
    (
        lambda _, test: test.max(),
        "The best of all settings and seeds on the test is told: the test chose both.",
    ),
)
SPREADS = (
    (lambda values, _: values.std(ddof=1), ""),
    (
        lambda values, _: values.std(),
        "The standard deviation has ddof 0; with few seeds that is too small. Use ddof=1.",
    ),
    (
        lambda values, _: values.std(ddof=1) / np.sqrt(len(values)),
        "That is the standard error of the mean. The standard deviation over the seeds is asked "
        "for, what another run may give.",
    ),
    (lambda values, _: values.var(ddof=1), "That is the variance; take its square root."),
    (lambda values, _: np.ptp(values), "That is the range, and not the standard deviation."),
    (lambda _, test: test.std(), "The spread is over all settings and seeds."),
    (lambda _, test: test.std(ddof=1), "The spread is over all settings and seeds."),
)


def _choices(validation, test):
    """Return pairs of the values that a choice leads to, and what is wrong with the choice."""
    best = _by_mean(validation).argmax()
    return (
        (test[best], ""),
        (test[_by_mean(test).argmax()], BY_TEST),
        (test[_by_best(test).argmax()], BY_TEST),
        (
            test[_by_best(validation).argmax()],
            "The setting with the best single run on validation was chosen: a seed is chosen with "
            "it. Choose by the mean over the seeds.",
        ),
        (
            test[_by_worst(validation).argmax()],
            "The setting with the best worst run on validation was chosen; the best mean over the "
            "seeds is asked for.",
        ),
        (
            test[_by_median(validation).argmax()],
            "The setting with the best median on validation was chosen; the best mean is asked "
            "for.",
        ),
        (
            test[_by_first(validation).argmax()],
            "The first seed alone chose the setting. Choose by the mean over the seeds.",
        ),
        (test[_by_mean(validation).argmin()], "The worst setting on validation was chosen."),
        (
            test.ravel(),
            "All settings are taken together. One is used in the end: the one that validation "
            "chooses.",
        ),
        (
            validation[best],
            "The numbers are those of validation, by which the setting was chosen: they flatter "
            "it. The test's are asked for.",
        ),
        (test[0], "The first setting is taken, whatever validation says."),
        (test[-1], "The last setting is taken, whatever validation says."),
        (
            test[:, _by_mean(validation.T).argmax()],
            "A seed was chosen, and the settings are averaged. It is the other way round.",
        ),
        (
            test.max(axis=0),
            "For each seed the setting that is best on the test is taken.",
        ),
        (
            test[validation.argmax(axis=0), np.arange(test.shape[1])],
            "For each seed the setting that is best on validation is taken; one setting for all "
            "seeds is asked for.",
        ),
    )


def _seeds_mistakes(make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds):
    """Yield what known mistakes return, (mean, spread), and what to say to them."""
    known = np.concatenate([X_train, X_validation])
    for X_fit, on_both in ((X_train, ""), (known, ON_BOTH)):
        validation = _table(make, settings, X_fit, X_validation, y_validation, seeds)
        test = _table(make, settings, X_fit, X_test, y_test, seeds)
        for values, choice in _choices(validation, test):
            for centre, of_centre in CENTRES:
                for spread, of_spread in SPREADS:
                    said = filter(None, (of_centre, choice, on_both, of_spread))
                    yield (centre(values, test), spread(values, test)), " ".join(said)


@functools.cache
def _held_back():
    """Return arguments for four calls, in each of which another wrong rule chooses another
    setting, and what is right.
    """
    rules = _by_best, _by_median, _by_worst, _by_first
    cases = [_runs(np.random.default_rng(10 + n), rule) for n, rule in enumerate(rules)]
    return cases, [np.array(repair_seeds_solution(*case)) for case in cases]


@functools.cache
def _known_mistakes():
    """Return what each known mistake returns in all calls, and what to say to it."""
    cases, _ = _held_back()
    return [
        ([found for found, _ in each], each[0][1])
        for each in zip(*(_seeds_mistakes(*case) for case in cases), strict=True)
    ]


@repair_seeds.set_check
def repair_seeds_check(answer):
    cases, right = _held_back()
    got = [_two_numbers(answer(*copy.deepcopy(case))) for case in cases]
    told = [*filter(None, map(difference, got, right))]
    if not told:
        return
    require(
        not all(same_numbers(mine, ours[::-1]) for mine, ours in zip(got, right, strict=True)),
        "The mean comes first, then the spread.",
    )
    for found, said in _known_mistakes():
        require(not all(map(same_numbers, got, found)), said)
    raise Misconception(f"(mean, standard deviation): {told[0]}")


def _two_numbers(result):
    result = plain(result)
    if isinstance(result, np.ndarray) and result.shape == (2,):
        result = tuple(result)
    mean, spread = take_apart(result, ("mean", "standard deviation"))
    mean, spread = as_array(mean, what="the mean"), as_array(spread, what="the spread")
    require(
        mean.shape == spread.shape == (),
        f"Two numbers are asked for; you return the shapes {mean.shape} and {spread.shape}.",
    )
    return np.array([mean, spread])


@repair_seeds.set_inputs
def repair_seeds_inputs(rng):
    yield "runs of which one seed misleads", _runs(rng, _by_best)
    yield "two seeds", _runs(rng, seeds=2)
    yield "one setting", _runs(rng, settings=(2,))
