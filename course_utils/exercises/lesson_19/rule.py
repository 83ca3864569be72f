"""Exercise of lesson 19: a rule of one's own that chooses a detector, with labels or without."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_19 import _choices, _tables
from course_utils.exercises.results import Misconception, require

import numpy as np
from scipy.stats import rankdata

# ------------------------------------------------------------------------------------- 8 · my rule

OF_THE_DEFAULT = 0.4  # with labels: share of what the default loses that a rule may lose
OF_A_RANDOM_PICK = 0.85  # without: share of what a random pick loses

my_rule = Exercise(
    "Return the index of the candidate to take: candidate(train, X) gives the scores of X. "
    "y_validation may be None or hold no anomaly, train may hold some, and candidates[0] is the "
    "default.",
    hints=(
        "Two cases: validation rows with anomalies and normal rows among them, and all others.",
        "With labels, candidate(train, X_validation) gives scores that exercise 6 can choose by.",
        "Without, a default that did well elsewhere is hard to beat: return 0, unless you know "
        "better.",
    ),
    praise=f"Right: on simulated tables it loses at most {OF_THE_DEFAULT:.0%} of what the default "
    "loses where there are labels, and less than a random pick where there are none.",
    seconds=30.0,
    prepare=lambda: _judges(),
)


@my_rule.set_solution
def my_rule_solution(train, X_validation, y_validation, candidates):
    if y_validation is None or len(np.unique(y_validation)) < 2:
        return 0  # nothing to choose by: the default
    scores = np.array([candidate(train, X_validation) for candidate in candidates])
    ranks = rankdata(scores, axis=1)  # (candidates, rows)
    return int(ranks[:, y_validation == 1].mean(axis=1).argmax())


@functools.cache
def _judges():
    """Return tables with labels, and tables without."""
    return _tables.tables(198, 5, labels=True), _tables.tables(1980, 4, labels=False)


@my_rule.set_check
def my_rule_check(answer):
    labelled, bare = _judges()
    _require_fitted_on_train(answer)
    _judge_with_labels(answer, labelled)
    _judge_without(answer, bare)


def _upwards(train, X):
    """Score rows on the side on which the training rows lie higher."""
    return np.sign(train.mean()) * X.mean(axis=1)


def _downwards(train, X):
    return -_upwards(train, X)


def _require_fitted_on_train(answer):
    """Refuse a rule that fits the candidates on validation rows, which lie elsewhere here."""
    generator, learned = np.random.default_rng(1981), []
    train, X = generator.normal(1, 1, size=(60, 4)), generator.normal(-1, 1, size=(36, 4))
    y = generator.permutation(np.repeat([0, 1], [30, 6]))
    X[y == 1] += 1.2  # X.mean() stays below 0

    def noting(candidate):
        def noted(rows, new):
            learned.append(np.array(rows))
            return candidate(rows, new)

        return noted

    chosen = [
        _choices.index_of(
            answer(train.copy(), X.copy(), y.copy(), [noting(each) for each in candidates]), 2
        )
        for candidates in ((_upwards, _downwards), (_downwards, _upwards))
    ]
    require(
        chosen != [1, 0],
        "With two candidates that depend on their training rows, the wrong one is taken, as if "
        "fitted on the validation rows or read upside down. candidate(train, X_validation), "
        "higher = more anomalous.",
    )
    seen = [np.isin(X[:, 0], rows[:, 0]).any() for rows in learned if rows.ndim == 2]
    require(
        not any(seen),
        "A candidate learned from validation rows, beside the training rows. Those with labels "
        "are to judge it: candidate(train, X_validation).",
    )


def _choices_on(answer, tables, told):
    """Return the indices chosen and the mean regrets of the rule, the default, a random pick."""
    chosen = []
    for table in tables:
        try:
            result = answer(*table.given())
        except Exception as error:
            error.add_note(told(table))
            raise
        try:
            chosen.append(_choices.index_of(result, len(table.candidates)))
        except Misconception as reason:
            raise Misconception(f"{told(table)[0].upper()}{told(table)[1:]}: {reason}") from None
    regrets = np.array([table.regrets for table in tables])  # (tables, candidates)
    return chosen, (
        regrets[np.arange(len(tables)), chosen].mean(),
        regrets[:, 0].mean(),
        regrets.mean(),
    )


def _judge_with_labels(answer, tables):
    chosen, (rule, default, random) = _choices_on(answer, tables, lambda _: "with labels")
    if rule <= OF_THE_DEFAULT * default:
        return
    told = (
        f"On {len(tables)} tables held back, with labels, it loses {rule:.3f} of AUROC against "
        f"the best candidate; the default loses {default:.3f}, a random pick {random:.3f}. "
        f"{OF_THE_DEFAULT:.0%} of the default's is allowed."
    )
    require(
        len(set(chosen)) > 1,
        f"It is always candidate {chosen[0]}. Labels are there: use them. {told}",
    )
    draws = [
        (np.array([each(table.train, table.X) for each in table.candidates]), table.y)
        for table in tables
    ]
    try:
        _choices.name_the_rule(chosen, draws)
    except Misconception as reason:
        raise Misconception(f"{reason} {told}") from None
    raise Misconception(told)


def _judge_without(answer, tables):
    def told(table):
        return "with y_validation None" if table.y is None else "with no anomaly in y_validation"

    _, (rule, default, random) = _choices_on(answer, tables, told)
    require(
        rule <= OF_A_RANDOM_PICK * random,
        f"Where no anomaly is labelled, it loses {rule:.3f} of AUROC against the best candidate, "
        f"on {len(tables)} tables held back; the default loses {default:.3f}, a random pick "
        f"{random:.3f}. {OF_A_RANDOM_PICK:.0%} of that is allowed.",
    )


@my_rule.set_inputs
def my_rule_inputs(rng):
    def high(train, X):
        return X.mean(axis=1) - train.mean()

    def low(train, X):
        return train.mean() - X.mean(axis=1)

    def nothing(train, X):
        return np.zeros(len(X))

    def far_too_low(train, X):
        return 1e4 * low(train, X) + 1e6

    for what, candidates in (
        ("the useful candidate last", [low, nothing, high]),
        ("the useful candidate first", [high, far_too_low, low]),
        ("the useful candidate in the middle", [nothing, low, high, far_too_low, low]),
        ("one candidate", [high]),
        ("two candidates", [nothing, high]),
    ):
        for anomalies in (1, 6, 30):
            train, X = rng.normal(size=(60, 4)), rng.normal(size=(30 + anomalies, 4))
            y = rng.permutation(np.repeat([0, 1], [30, anomalies]))
            X[y == 1] += 4
            yield f"{what}, {anomalies} labelled anomalies", (train, X, y, candidates)
