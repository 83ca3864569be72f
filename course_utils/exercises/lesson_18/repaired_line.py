"""Exercise of lesson 18: a notebook whose line anomalies and the batch bend, to repair."""

from __future__ import annotations

import itertools

from course_utils.exercises import quantiles
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np

# --------------------------------------------------------------------------- 8 · repair threshold

repair_threshold = Exercise(
    "Repair the notebook: return 1 for each test score above (>) the line that about the share "
    "`budget` of the normal validation scores lies above, 0 for the others.",
    hints=(
        "The budget is meant for normal rows. What do the anomalies among the validation rows do "
        "to the line?",
        "Is a test score told in the same unit as the line? And does its decision depend on the "
        "scores that came with it?",
        "line = np.quantile(scores_validation[y_validation == 0], 1 - budget), and then "
        "scores_test > line: scores that are tied at the line would break the budget.",
    ),
    praise="Right: the line comes from normal validation rows, and each test row stands alone.",
)


@repair_threshold.set_solution
def repair_threshold_solution(scores_validation, y_validation, scores_test, budget):
    line = np.quantile(scores_validation[y_validation == 0], 1 - budget)
    return (scores_test > line).astype(int)


ALL = "a quantile of all validation rows is taken, and the anomalies among them lift the line"
# how the rows of validation are taken, by their scores and labels
TAKEN = (
    (lambda scores, y: scores[y == 0], ""),
    (lambda scores, y: scores, ALL),
    (lambda scores, y: scores[y == 1], "the quantile is one of the anomalies"),
)


def _like(to, by):
    """Return scores moved and stretched by their own mean and spread to those of others."""
    return (to - to.mean()) / (to.std() / by.std() if to.std() else 1) + by.mean()


def _standardised(scores, by):
    return (scores - by.mean()) / by.std()


BATCH = (
    "the test scores are standardised by their own batch, so that a row's decision depends on "
    "the rows beside it"
)
# in which units the test scores and those of validation are compared
UNITS = (
    (lambda test, validation: (test, validation), ""),
    (lambda test, validation: (_like(test, validation), validation), BATCH),
    (lambda test, validation: (test - test.mean() + validation.mean(), validation), BATCH),
    (
        lambda test, validation: (
            (test - test.mean()) / (test.std() or 1),
            _standardised(validation, validation),
        ),
        BATCH,
    ),
    (
        lambda test, validation: ((test - test.mean()) / (test.std() or 1), validation),
        BATCH + ", and the line is in another unit",
    ),
    (
        lambda test, validation: (_standardised(test, validation), validation),
        "the test scores are standardised and the line is not: they have unlike units",
    ),
)
COMPARED = (
    (lambda scores, line: scores > line, ""),
    (
        lambda scores, line: scores >= line,
        "scores at the line alarm as well, and where scores are tied they are many: above is >",
    ),
    (lambda scores, line: scores < line, "scores below the line alarm; higher is more anomalous"),
)
SHARES = (
    (lambda budget: 1 - budget, ""),
    (
        lambda budget: budget,
        "the line has the share `budget` below it; it is to have that share above",
    ),
    (lambda budget: 1 - budget / 2, "half of the budget is used: a line has one side"),
)


def _mistakes():
    """Yield functions as of the exercise, each with some parts wrong, and what is wrong."""
    for parts in itertools.product(TAKEN, UNITS, COMPARED, SHARES):
        said = [text for _, text in parts if text]
        take, units, compare, share = (part for part, _ in parts)
        for method in ("linear", "higher", "lower"):

            def decide(v, y, test, budget, parts=(take, units, compare, share, method)):
                take, units, compare, share, method = parts
                test, known = units(test, v)
                return compare(test, np.quantile(take(known, y), share(budget), method=method))

            def by_batch(v, y, test, budget, parts=(compare, share, method)):
                compare, share, method = parts
                return compare(test, np.quantile(test, share(budget), method=method))

            if said and (share is not SHARES[2][0] or len(said) == 1):
                yield decide, said
            yield by_batch, ["the line is a quantile of the test scores: each batch has its own"]


def _right(rule):
    return lambda validation, y, test, budget: (test > rule(validation[y == 0], budget)).astype(
        int
    )


@repair_threshold.set_check
def repair_threshold_check(answer):
    generator = np.random.default_rng(187)
    y = generator.permutation(np.repeat([0, 1], [203, 18]))
    scores = generator.gamma(2, size=221) + 4 * y
    test = generator.gamma(2, 1.7, size=400)
    cases = [
        (scores, y, test, 0.06),
        (np.round(scores), y, np.round(test), 0.06),
        (scores, y, test[:1] + 3, 0.1),
        (scores, y, test[5:25], 0.02),
    ]
    got = [_decisions(answer, *case) for case in cases]
    right = [[rule(*case) for case in cases] for rule in map(_right, quantiles.LEVELS)]
    if any(all(map(np.array_equal, got, each)) for each in right):
        return
    constant = np.ptp(got[0]) == 0  # then many mistakes look alike
    known = [] if constant else sorted(_mistakes(), key=lambda each: len(each[1]))
    for mistake, said in known:
        require(
            not all(map(np.array_equal, got, (mistake(*case) for case in cases))),
            f"{'; '.join(said)[0].upper()}{'; '.join(said)[1:]}.",
        )
    for validation, labels, new, budget in cases:
        alone = np.concatenate(
            [
                _decisions(answer, validation, labels, each, budget)
                for each in np.split(new, len(new))
            ]
        )
        together = _decisions(answer, validation, labels, new, budget)
        unlike = np.flatnonzero(alone != together)
        require(
            not unlike.size,
            f"A test score's decision depends on those beside it: {new[unlike[:1]]} is decided "
            f"{together[unlike[:1]]} among {len(new)}, and {alone[unlike[:1]]} alone.",
        )
    for (validation, labels, new, budget), mine in zip(cases, got, strict=True):
        normal = validation[labels == 0]
        sure = [np.sort(normal)[::-1][int(budget * len(normal)) + step] for step in (-2, 2)]
        for value in new[(mine == 0) & (new > max(sure))][:1]:
            require(False, _told(value, normal, budget, 0))
        for value in new[(mine == 1) & (new < min(sure))][:1]:
            require(False, _told(value, normal, budget, 1))


def _told(value, normal, budget, decision):
    return (
        f"A test score of {value:.4g} is decided {decision}, though {np.mean(normal > value):.2%} "
        f"of the normal validation scores lie above it; the budget is {budget:.0%}."
    )


def _decisions(answer, validation, y, test, budget):
    with np.errstate(all="ignore"):  # of a batch of one, which has no spread
        result = answer(validation.copy(), y.copy(), test.copy(), budget)
    got = as_array(result, what="the decisions")
    require(
        got.shape != () or len(test) == 1,
        "One number came back. Is it the line? A decision for each test score is asked for.",
    )
    require(
        got.shape != validation.shape or got.shape == test.shape,
        "A decision for each validation score came back; the test scores are to be decided.",
    )
    got = as_array(got, shape=test.shape, what="the decisions")
    other = got[~np.isin(got, (0, 1))]
    require(not other.size, f"Decisions are 0 or 1; you return {other[:1]}.")
    return got


@repair_threshold.set_inputs(also_right=[_right(rule) for rule in quantiles.LEVELS])
def repair_threshold_inputs(rng):
    for what, scores, y, share in quantiles.labelled_scores(rng):
        rows = int(rng.integers(2, 90))
        test = rng.gamma(2, size=rows) + 2 * (rng.random(rows) < 0.3)
        yield what, (scores, y, test, share)
        yield f"{what}, tied scores", (np.round(scores), y, np.round(test), share)
        yield f"{what}, one test score", (scores, y, test[:1] + 2, share)
    yield "the normal scores themselves", (scores, y, scores[y == 0], 0.1)
