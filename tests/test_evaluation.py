"""Metrics agree with scikit-learn and with counting; the honest table hides nothing."""

from types import SimpleNamespace

from course_utils import baselines, data, evaluation, thresholds

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

properties = settings(max_examples=40, deadline=None, derandomize=True)
COLUMNS = [
    "AUROC",
    "AUROC ±",
    "average precision",
    "average precision ±",
    "prevalence",
    "precision",
    "recall",
    "fit [s]",
    "score [s]",
]
ADDED = {"isolation forest", "k nearest neighbours", "random scores"}


@st.composite
def labelled_scores(draw):
    """Return y with both classes and scores of one length; half of the time full of ties."""
    value = draw(st.sampled_from([st.integers(0, 3).map(float), st.floats(-1e6, 1e6)]))
    scores = draw(st.lists(value, min_size=2, max_size=30))
    y = draw(st.lists(st.integers(0, 1), min_size=len(scores), max_size=len(scores)))
    y[0], y[-1] = 0, 1
    order = draw(st.permutations(range(len(y))))
    return np.array(y)[order], np.array(scores)[order]


# --- AUROC and average precision ------------------------------------------------------------


@properties
@given(labelled_scores())
def test_auroc_is_the_share_of_pairs_won_and_agrees_with_scikit_learn(sample):
    y, scores = sample
    pairs = [
        1.0 if anomaly > normal else 0.5 if anomaly == normal else 0.0
        for anomaly in scores[y == 1]
        for normal in scores[y == 0]
    ]
    assert evaluation.auroc(y, scores) == pytest.approx(np.mean(pairs))
    assert evaluation.auroc(y, scores) == pytest.approx(metrics.roc_auc_score(y, scores))


@properties
@given(labelled_scores())
def test_average_precision_is_the_mean_precision_at_the_anomalies(sample):
    y, scores = sample
    at_each_anomaly = [y[scores >= score].mean() for score in scores[y == 1]]
    assert evaluation.average_precision(y, scores) == pytest.approx(np.mean(at_each_anomaly))
    assert evaluation.average_precision(y, scores) == pytest.approx(
        metrics.average_precision_score(y, scores)
    )


@properties
@given(labelled_scores())
def test_turning_the_scores_round_turns_auroc_round(sample):
    y, scores = sample
    assert evaluation.auroc(y, -scores) == pytest.approx(1 - evaluation.auroc(y, scores))


def test_metrics_of_scores_that_separate_and_scores_that_say_nothing():
    y = [0, 0, 0, 1]
    for metric in (evaluation.auroc, evaluation.average_precision):
        assert metric(y, [1, 2, 3, 4]) == 1.0
        assert type(metric(y, [1, 2, 3, 4])) is float
    assert evaluation.auroc(y, [7, 7, 7, 7]) == 0.5
    assert evaluation.average_precision(y, [7, 7, 7, 7]) == 0.25


# --- confusion ------------------------------------------------------------------------------


@properties
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=30))
def test_confusion_and_its_ratios_agree_with_scikit_learn(pairs):
    y, decisions = zip(*pairs, strict=True)
    outcome = evaluation.confusion(y, decisions)
    table = metrics.confusion_matrix(y, decisions, labels=[0, 1])
    assert [
        [outcome.true_negatives, outcome.false_positives],
        [outcome.false_negatives, outcome.true_positives],
    ] == table.tolist()
    assert outcome.precision == metrics.precision_score(y, decisions, zero_division=0)
    assert outcome.recall == metrics.recall_score(y, decisions, zero_division=0)
    assert outcome.f1 == pytest.approx(metrics.f1_score(y, decisions, zero_division=0))
    assert outcome.accuracy == metrics.accuracy_score(y, decisions)
    normal = 1 - np.array(y)
    assert outcome.false_alarm_rate == metrics.recall_score(normal, decisions, zero_division=0)


def test_ratios_without_rows_are_zero():
    empty = evaluation.Confusion(0, 0, 0, 0)
    assert [empty.precision, empty.recall, empty.f1, empty.accuracy, empty.false_alarm_rate] == [
        0.0
    ] * 5


@pytest.mark.parametrize(
    ("y", "decisions", "name"),
    [
        ([0, 1], [0.2, 0.9], "decisions"),
        ([0, 1], [0, 1, 1], "decisions"),
        ([0, 1], None, "decisions"),
        ([0, 2], [0, 1], "y"),
        ("01", [0, 1], "y"),
        ([], [], "y"),
    ],
)
def test_confusion_refuses_what_is_no_decision_or_label(y, decisions, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name} "):
        evaluation.confusion(y, decisions)


# --- precision at another prevalence --------------------------------------------------------


@properties
@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_precision_at_the_samples_own_prevalence_is_its_precision(hits, misses, alarms, quiet):
    outcome = evaluation.Confusion(hits, alarms, misses, quiet)
    prevalence = (hits + misses) / (hits + alarms + misses + quiet)
    assert evaluation.precision_at_prevalence(
        outcome.recall, outcome.false_alarm_rate, prevalence
    ) == pytest.approx(outcome.precision)


def test_precision_falls_with_the_prevalence():
    # A test that is right 99 times in 100, on a condition that 1 in 1,000 has: 0.99/10.98.
    assert evaluation.precision_at_prevalence(0.99, 0.01, 0.5) == pytest.approx(0.99)
    assert evaluation.precision_at_prevalence(0.99, 0.01, 0.001) == pytest.approx(0.0901639)
    assert evaluation.precision_at_prevalence(0.99, 0.01, 0) == 0.0
    assert evaluation.precision_at_prevalence(0, 0, 0.5) == 0.0


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, None, "0.5", True])
@pytest.mark.parametrize("name", ["recall", "false_alarm_rate", "prevalence"])
def test_precision_at_prevalence_refuses_what_is_no_share(name, value):
    shares = {"recall": 0.9, "false_alarm_rate": 0.1, "prevalence": 0.5} | {name: value}
    with pytest.raises((TypeError, ValueError), match=f"^{name} "):
        evaluation.precision_at_prevalence(**shares)


# --- bootstrap ------------------------------------------------------------------------------


def sample_of_known_auroc(seed, rows=200, anomalies=60, distance=1.2):
    rng = np.random.default_rng(seed)
    y = np.repeat([1, 0], [anomalies, rows - anomalies])
    return y, rng.normal(size=rows) + distance * y


def test_bootstrap_interval_covers_the_truth_about_95_times_in_100():
    truth = stats.norm.cdf(1.2 / np.sqrt(2))
    samples = 200
    covered = 0
    for seed in range(samples):
        low, high = evaluation.bootstrap_interval(
            *sample_of_known_auroc(seed), repeats=100, seed=seed
        )
        covered += low <= truth <= high
    # Three standard errors of a share of 0.95 in 200 trials are 0.046.
    assert 0.904 <= covered / samples <= 0.996


def test_bootstrap_interval_narrows_with_more_rows_and_a_lower_level():
    small = np.ptp(evaluation.bootstrap_interval(*sample_of_known_auroc(0), repeats=300))
    large_sample = sample_of_known_auroc(0, rows=3_200, anomalies=960)
    large = np.ptp(evaluation.bootstrap_interval(*large_sample, repeats=300))
    assert large == pytest.approx(small / 4, rel=0.3)  # 16 times the rows
    lower = evaluation.bootstrap_interval(*sample_of_known_auroc(0), repeats=300, level=0.5)
    assert np.ptp(lower) < small / 2


def test_bootstrap_interval_is_seeded_and_leaves_the_global_generator_alone():
    sample = sample_of_known_auroc(0)
    np.random.seed(0)
    first = evaluation.bootstrap_interval(*sample, repeats=50, seed=1)
    after = np.random.random()
    np.random.seed(0)
    assert np.random.random() == after
    assert evaluation.bootstrap_interval(*sample, repeats=50, seed=1) == first
    assert evaluation.bootstrap_interval(*sample, repeats=50, seed=2) != first


def test_bootstrap_interval_keeps_the_prevalence_and_takes_any_metric():
    y, scores = sample_of_known_auroc(0)
    shuffled = np.random.default_rng(0).permutation(len(y))
    y, scores = y[shuffled], scores[shuffled]
    assert evaluation.bootstrap_interval(y, scores, lambda y, s: y.mean(), repeats=20) == (
        pytest.approx(0.3),
        pytest.approx(0.3),
    )
    of_anomalies = evaluation.bootstrap_interval(y, scores, lambda y, s: s[y == 1].mean())
    error = scores[y == 1].std() / np.sqrt(60)
    assert of_anomalies[0] == pytest.approx(scores[y == 1].mean() - 1.96 * error, abs=error / 2)
    assert of_anomalies[1] == pytest.approx(scores[y == 1].mean() + 1.96 * error, abs=error / 2)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("repeats", value) for value in (0, -1, 1.5, None, "9")]
    + [("level", value) for value in (0, 1, 95, np.nan, None, "0.9")]
    + [("seed", value) for value in (-1, 1.5, None, "0")]
    + [("metric", value) for value in (lambda y, s: np.nan, lambda y, s: "0.5", 0.5, None)],
)
def test_bootstrap_interval_refuses_what_does_not_fit(argument, value):
    with pytest.raises((TypeError, ValueError), match=f"^{argument} "):
        evaluation.bootstrap_interval([0, 1], [0.1, 0.2], **{argument: value})


# --- labels and scores that do not fit ------------------------------------------------------

TAKE_LABELS_AND_SCORES = pytest.mark.parametrize(
    "function", [evaluation.auroc, evaluation.average_precision, evaluation.bootstrap_interval]
)


@TAKE_LABELS_AND_SCORES
@pytest.mark.parametrize(
    "y", [[0, 0], [1, 1], [0, 2], [-1, 1], [0, 1, 1], [0.5, 1], ["a", "b"], None, []], ids=str
)
def test_labels_that_do_not_fit_are_refused(function, y):
    with pytest.raises((TypeError, ValueError), match=r"^y "):
        function(y, [0.1, 0.2])


@TAKE_LABELS_AND_SCORES
@pytest.mark.parametrize(
    "scores", [None, "text", [], [[0.1, 0.2]], [0.1, np.nan], [0.1, np.inf], ["a", "b"]], ids=str
)
def test_scores_that_do_not_fit_are_refused(function, scores):
    with pytest.raises((TypeError, ValueError), match=r"^scores "):
        function([0, 1], scores)


# --- the honest table -----------------------------------------------------------------------


def make_part(rng, rows, prevalence=0.1):
    y = np.repeat([1, 0], [round(rows * prevalence), rows - round(rows * prevalence)])
    return SimpleNamespace(X=rng.normal(size=(rows, 2)) + 2.5 * y[:, np.newaxis], y=y)


def make_split(seed=0, rows=200):
    rng = np.random.default_rng([seed, 1])
    return SimpleNamespace(
        train=make_part(rng, rows), validation=make_part(rng, rows), test=make_part(rng, rows)
    )


class Detector:
    """Score = first column times a factor that no fit changes."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X):
        return self

    def decision_function(self, X):
        return self.factor * X[:, 0]


def first_column(seed):
    return Detector()


def test_table_has_the_promised_rows_columns_and_order():
    table = evaluation.honest_table({"first column": first_column}, make_split())
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == COLUMNS
    assert set(table.index) == {"first column"} | ADDED
    assert table["average precision"].is_monotonic_decreasing
    assert np.isfinite(table.to_numpy()).all()
    assert table["prevalence"].to_numpy() == pytest.approx(0.1)
    assert (table[["fit [s]", "score [s]"]] >= 0).all(axis=None)


def test_table_without_detectors_of_ones_own_holds_the_added_ones():
    assert set(evaluation.honest_table({}, make_split(), seeds=[0]).index) == ADDED


def test_table_agrees_with_numbers_worked_out_by_hand():
    parts = make_split()
    table = evaluation.honest_table({"first column": first_column}, parts, seeds=(0,))
    scores = parts.test.X[:, 0]
    normal_validation = parts.validation.X[parts.validation.y == 0, 0]
    decisions = scores > np.quantile(normal_validation, 0.95)
    row = table.loc["first column"]
    assert row["AUROC"] == pytest.approx(metrics.roc_auc_score(parts.test.y, scores))
    assert row["average precision"] == pytest.approx(
        metrics.average_precision_score(parts.test.y, scores)
    )
    assert row["precision"] == pytest.approx(metrics.precision_score(parts.test.y, decisions))
    assert row["recall"] == pytest.approx(metrics.recall_score(parts.test.y, decisions))


def test_random_scores_land_at_chance():
    table = evaluation.honest_table({}, lambda seed: make_split(seed, rows=4_000), seeds=range(5))
    row = table.loc["random scores"]
    # 400 of 4,000 rows are anomalies: one AUROC has a standard error of 0.015, the mean 0.007.
    assert row["AUROC"] == pytest.approx(0.5, abs=0.02)
    assert row["average precision"] == pytest.approx(row["prevalence"], abs=0.015)
    assert row["precision"] == pytest.approx(row["prevalence"], abs=0.04)
    assert row["recall"] == pytest.approx(0.05, abs=0.02)  # 5 % of the rows, whatever they are


def test_an_inverted_detector_stands_out():
    table = evaluation.honest_table(
        {"right": first_column, "inverted": lambda seed: Detector(-1.0)}, make_split()
    )
    assert table.loc["inverted", "AUROC"] == pytest.approx(1 - table.loc["right", "AUROC"])
    assert table.loc["inverted", "AUROC"] < 0.2
    assert table.index[-1] == "inverted"
    assert table.loc["inverted", "average precision"] < table.loc["inverted", "prevalence"]


class MemoryOfTestRows(Detector):
    """Cheats: it has met the test rows and their labels."""

    def __init__(self, test):
        self.known = {row.tobytes() for row in test.X[test.y == 1]}

    def decision_function(self, X):
        return np.array([float(row.tobytes() in self.known) for row in X])


def test_a_leaking_detector_stands_out():
    parts = make_split()
    table = evaluation.honest_table(
        {"honest": first_column, "leaking": lambda seed: MemoryOfTestRows(parts.test)}, parts
    )
    assert table.index[0] == "leaking"
    assert (table.loc["leaking", ["AUROC", "average precision"]] == 1).all()
    assert table.loc["honest", "average precision"] < 0.9


def test_every_seed_reaches_the_split_and_the_factories():
    seen_by_split, seen_by_factory = [], []

    def split(seed):
        seen_by_split.append(seed)
        return make_split(seed)

    def factory(seed):
        seen_by_factory.append(seed)
        return Detector()

    table = evaluation.honest_table({"own": factory}, split, seeds=(3, 5, 8))
    assert seen_by_split == [3, 5, 8]
    assert seen_by_factory == [3, 5, 8]
    by_hand = [
        metrics.roc_auc_score(parts.test.y, parts.test.X[:, 0])
        for parts in map(make_split, (3, 5, 8))
    ]
    assert table.loc["own", "AUROC"] == pytest.approx(np.mean(by_hand))
    assert table.loc["own", "AUROC ±"] == pytest.approx(np.std(by_hand, ddof=1))


def test_spread_is_that_of_the_detector_alone_where_the_split_stays():
    table = evaluation.honest_table({"fixed": first_column}, make_split())
    assert table.loc["fixed", "AUROC ±"] == 0
    assert table.loc["isolation forest", "AUROC ±"] > 0
    assert table.loc["random scores", "AUROC ±"] > 0


def test_one_seed_leaves_the_spread_unknown():
    table = evaluation.honest_table({}, make_split(), seeds=(0,))
    assert table["AUROC ±"].isna().all()
    assert table["average precision ±"].isna().all()


def test_an_untrained_detector_is_never_fitted():
    class Untrained(Detector):
        def fit(self, X):
            raise AssertionError("fit was called")

    table = evaluation.honest_table(
        {"trained": first_column}, make_split(), untrained={"untrained": lambda seed: Untrained()}
    )
    assert set(table.index) == {"trained", "untrained"} | ADDED
    assert table.loc["untrained", "fit [s]"] == 0


def test_detectors_are_fitted_on_the_training_rows_alone():
    fitted_on = []

    class Recorder(Detector):
        def fit(self, X, y=None):
            fitted_on.append((X, y))

    class Supervised(Recorder):
        needs_labels = True

    parts = make_split()
    evaluation.honest_table(
        {"without labels": lambda seed: Recorder(), "with labels": lambda seed: Supervised()},
        parts,
        seeds=(0,),
    )
    (without_labels, no_labels), (with_labels, labels) = fitted_on
    assert without_labels is with_labels is parts.train.X
    assert no_labels is None
    assert labels is parts.train.y


def test_labels_help_a_detector_that_asks_for_them():
    class Supervised:
        needs_labels = True

        def fit(self, X, y):
            self.model = LogisticRegression().fit(X, y)

        def decision_function(self, X):
            return self.model.decision_function(X)

    table = evaluation.honest_table({"supervised": lambda seed: Supervised()}, make_split())
    assert table.loc["supervised", "AUROC"] > 0.95


def test_the_threshold_is_chosen_on_validation_scores_only():
    parts = make_split()
    seen = []

    def choose(y, scores):
        seen.append((y, scores))
        return thresholds.best_f1(y, scores)

    table = evaluation.honest_table(
        {"first column": first_column}, parts, seeds=(0,), choose_threshold=choose
    )
    assert len(seen) == 4  # once for each detector
    assert np.array_equal(seen[0][0], parts.validation.y)
    assert np.array_equal(seen[0][1], parts.validation.X[:, 0])
    decisions = parts.test.X[:, 0] > thresholds.best_f1(*seen[0])
    outcome = evaluation.confusion(parts.test.y, decisions)
    assert table.loc["first column", "precision"] == pytest.approx(outcome.precision)
    assert table.loc["first column", "recall"] == pytest.approx(outcome.recall)


def test_table_takes_the_courses_own_splits_and_pipelines():
    toy = data.make_toy("blobs", rows=300, prevalence=0.2)
    table = evaluation.honest_table(
        {"scaled": lambda seed: make_pipeline(StandardScaler(), baselines.Mahalanobis())},
        lambda seed: data.split(toy, "clean-train", seed=seed),
        seeds=(0, 1),
    )
    assert set(table.index) == {"scaled"} | ADDED
    assert table["prevalence"].iloc[0] == pytest.approx(0.2, abs=0.02)


# --- a table that cannot be made ------------------------------------------------------------


class Scores(Detector):
    """Return whatever scores it is given."""

    def __init__(self, scores):
        self.scores = scores

    def decision_function(self, X):
        return self.scores(X)


@pytest.mark.parametrize(
    "scores",
    [
        lambda X: np.append(X[:-1, 0], np.nan),
        lambda X: np.append(X[:-1, 0], np.inf),
        lambda X: X,
        lambda X: X[:-1, 0],
        lambda X: None,
    ],
    ids=["NaN", "infinity", "matrix", "one too few", "None"],
)
def test_scores_that_do_not_fit_name_the_detector(scores):
    with pytest.raises((TypeError, ValueError), match=r"^detector 'odd' \(validation scores\) "):
        evaluation.honest_table({"odd": lambda seed: Scores(scores)}, make_split())


def test_scores_that_fail_on_the_test_rows_alone_are_named_as_such():
    parts = make_split()
    parts.test.X[7, 0] = 99.0
    detector = Scores(lambda X: np.where(X[:, 0] == 99.0, np.nan, X[:, 0]))
    with pytest.raises(ValueError, match=r"'odd' \(test scores\) has NaN at position 7"):
        evaluation.honest_table({"odd": lambda seed: detector}, parts)


@pytest.mark.parametrize(
    ("detectors", "message"),
    [
        ({"odd": lambda seed: None}, "detector 'odd' is a NoneType without fit"),
        ({"odd": lambda seed: StandardScaler()}, "StandardScaler without decision_function"),
        ({"odd": Detector()}, r"detectors\['odd'\] is a Detector; a function"),
        ({1: first_column}, "detectors has the label 1; a text"),
        ({"random scores": first_column}, "detectors has the label 'random scores'"),
        ([first_column], "detectors is a list; a dict"),
        (None, "detectors is a NoneType; a dict"),
    ],
)
def test_detectors_that_do_not_fit_are_refused(detectors, message):
    with pytest.raises((TypeError, ValueError), match=message):
        evaluation.honest_table(detectors, make_split())


def test_one_label_cannot_stand_for_two_detectors():
    with pytest.raises(ValueError, match=r"^untrained has the label 'own'"):
        evaluation.honest_table(
            {"own": first_column}, make_split(), untrained={"own": first_column}
        )


@pytest.mark.parametrize("seeds", [(), (1, 1), (-1,), 3, "012", (0.5,), None, (True,)], ids=str)
def test_seeds_that_do_not_fit_are_refused(seeds):
    with pytest.raises((TypeError, ValueError), match=r"^seeds is"):
        evaluation.honest_table({}, make_split(), seeds=seeds)


@pytest.mark.parametrize("split", [None, "split", (1, 2, 3), lambda seed: None])
def test_a_split_without_parts_is_refused(split):
    with pytest.raises(TypeError, match=r"^split is .* without data in \.train"):
        evaluation.honest_table({}, split)


@pytest.mark.parametrize("label", [0, 1])
def test_test_rows_of_one_class_are_refused(label):
    parts = make_split()
    parts.test.y = np.full_like(parts.test.y, label)
    with pytest.raises(ValueError, match=rf"^split\.test\.y holds only label {label}"):
        evaluation.honest_table({}, parts)


def test_validation_rows_without_a_normal_one_are_refused():
    parts = make_split()
    parts.validation.y = np.ones_like(parts.validation.y)
    with pytest.raises(ValueError, match=r"^split\.validation\.y holds only label 1"):
        evaluation.honest_table({}, parts)


@pytest.mark.parametrize("choose", [0.5, lambda y, s: np.nan, lambda y, s: None])
def test_a_threshold_that_is_no_number_is_refused(choose):
    with pytest.raises((TypeError, ValueError), match=r"^choose_threshold "):
        evaluation.honest_table({}, make_split(), choose_threshold=choose)
