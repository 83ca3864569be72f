"""The report's numbers: cut, filled, measured, chosen and explained without cheating."""

import dataclasses
import functools
import re
from types import SimpleNamespace

from course_utils import baselines, detectors, evaluation
from course_utils.report import alarms, cut, flaws, measuring, verdict
from course_utils.report.remarks import ReportError
from course_utils.report.table import read_table

import csv_files
import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta
from sklearn.impute import SimpleImputer
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

SEEDS = [0, 1]


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    monkeypatch.setattr(verdict, "DRAWS", 20)  # the interval has tests of its own


def plan_of(tmp_path, frame, **wishes):
    return cut.make_plan(read_table(csv_files.write(tmp_path / "file.csv", frame), **wishes))


def with_time(frame):
    times = pd.date_range("2026-01-01", periods=len(frame), freq="h").astype(str)
    return frame.assign(at=times)


def said(found):
    return " ".join(each.text for each in found)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return plan_of(tmp_path_factory.mktemp("m"), csv_files.machine(), label="state")


@pytest.fixture(scope="module")
def results(plan):
    return measuring.measure(plan, SEEDS, 0.05)


@pytest.fixture(scope="module")
def runs(results):
    return measuring.numbers(results)


def test_the_table_is_the_courses_honest_table(plan, runs):
    def parts(seed):
        made = plan.cut(seed)
        return SimpleNamespace(train=made.train, validation=made.validation, test=made.test)

    rivals = {
        "z-score": lambda seed: baselines.ZScore(),
        measuring.DEEP: lambda seed: detectors.DeepSVDD(seed=seed),
    }
    honest = evaluation.honest_table(rivals, parts, seeds=SEEDS)
    honest = honest.rename(index={"k nearest neighbours": "5 nearest neighbours"})
    grouped = runs.groupby("detector")
    mean, spread = grouped.mean(), grouped.std()
    for label in honest.index:
        for name in ("AUROC", "average precision"):
            assert mean.loc[label, name] == pytest.approx(honest.loc[label, name], abs=1e-6)
            assert spread.loc[label, name] == pytest.approx(
                honest.loc[label, f"{name} ±"], abs=1e-6
            )
        assert mean.loc[label, "prevalence"] == pytest.approx(honest.loc[label, "prevalence"])


def test_the_numbers_are_those_of_scikit_learn_on_the_test_rows(results, runs):
    for row in runs.to_dict("records"):
        validation, test = results.scores[row["detector"], row["seed"]]
        y = results.held[row["seed"]][1].y
        most = int(0.05 * len(validation))
        decisions = test > np.sort(validation)[::-1][most]
        assert row["AUROC"] == pytest.approx(roc_auc_score(y, test))
        assert row["average precision"] == pytest.approx(average_precision_score(y, test))
        expected = precision_score(y, decisions, zero_division=np.nan)
        assert row["precision"] == pytest.approx(expected, nan_ok=True)
        assert row["recall"] == pytest.approx(recall_score(y, decisions))
        assert row["alarms"] == pytest.approx(decisions.mean())


@pytest.mark.parametrize("wishes", [{}, {"time": "at"}, {"group": "group"}])
@pytest.mark.parametrize("label", [None, "state"])
def test_parts_share_no_row_and_are_cut_as_asked(tmp_path, wishes, label):
    frame = with_time(csv_files.machine())
    frame["group"] = np.arange(len(frame)) // 7 % 40
    if "time" not in wishes:
        frame = frame.drop(columns="at")
    if "group" not in wishes:
        frame = frame.drop(columns="group")
        frame = pd.concat([frame, frame.iloc[:40]]) if not wishes else frame
    if label is None:
        frame = frame.drop(columns="state")
    found = plan_of(tmp_path, frame, label=label, **wishes)
    assert found.kind == next(iter(wishes), "random")
    made = found.cut(3)
    parts = [made.train, made.validation, made.test]
    rows = np.concatenate([part.rows for part in parts])
    assert len(np.unique(rows)) == len(rows)
    normal = len(frame) if label is None else (frame["state"] == "ok").sum()
    assert 0.5 * normal < len(made.train.rows) < 0.7 * normal
    if label is not None:
        assert made.train.y.max() == 0
        assert made.labelled.y.max() == 1
        assert made.test.y.max() == 1
    table = found.table
    if found.kind == "time":
        assert table.time[made.train.rows].max() < table.time[made.validation.rows].min()
        assert table.time[made.validation.rows].max() < table.time[made.test.rows].min()
    else:
        kept = table.groups if found.kind == "group" else cut.number_rows(table.frame)
        sets = [set(kept[part.rows].tolist()) for part in parts]
        assert len(set.union(*sets)) == sum(map(len, sets))
        assert set(found.cut(4).test.rows) != set(made.test.rows)


def test_filling_and_scaling_come_from_training_rows_alone(plan):
    frame = plan.table.frame
    made = plan.cut(0)
    changed = frame.copy()
    held_out = np.setdiff1d(np.arange(len(frame)), made.train.rows)
    numbers = [name for name in frame if frame[name].dtype.kind == "f"]
    changed.loc[held_out, numbers] = 1e6
    changed.loc[held_out, "mode"] = "never seen"
    again = cut.Encoder().fit(changed.iloc[made.train.rows])
    assert np.array_equal(again.transform(frame.iloc[made.train.rows]), made.train.X)
    moved = cut.Encoder().fit(changed)  # the mistake would be seen
    assert not np.allclose(
        moved.transform(frame.iloc[made.train.rows])[:, :3], made.train.X[:, :3]
    )


def test_the_fit_does_not_move_with_the_test_rows(tmp_path, plan, results):
    frame = csv_files.machine()
    held = plan.cut(0).test.rows
    for name in ("load [A]", "heat [K]"):
        frame.loc[held, name] = 7 * frame.loc[held, name] + 100
    other = plan_of(tmp_path, frame, label="state")
    one, two = plan.cut(0), other.cut(0)
    assert np.array_equal(one.train.rows, two.train.rows)
    assert not np.array_equal(one.test.X, two.test.X)
    for label, detector in measuring.contestants(other, two, 0).items():
        scores = measuring.fitted(detector, two).decision_function(one.validation.X)
        assert np.array_equal(scores, results.scores[label, 0][0]), label


def test_the_encoder_does_what_scikit_learns_do(plan):
    frame = plan.table.frame
    numbers = frame[["load [A]", "heat [K]"]].copy()
    numbers.iloc[::50, 0] = np.nan
    train, test = numbers.iloc[:300], numbers.iloc[300:]
    imputer = SimpleImputer(add_indicator=True).set_params(strategy="median").fit(train)
    scaler = StandardScaler().fit(imputer.transform(train))
    expected = scaler.transform(imputer.transform(test))  # the indicator comes last
    found = cut.Encoder().fit(train).transform(test)
    assert np.allclose(found[:, [0, 2, 1]], expected)


def test_a_category_that_was_never_seen_has_a_column(plan):
    frame = plan.table.frame[["mode"]]
    encoder = cut.Encoder().fit(frame)
    rows = pd.DataFrame({"mode": ["idle", "new", None]}, dtype=object)
    raw = encoder.transform(rows) * encoder.spread_ + encoder.mean_
    assert raw.shape == (3, 4)
    assert np.allclose(raw.sum(axis=1), 1)
    assert np.allclose(raw[:, -1], [0, 1, 1])


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_claimed_to_work_on_a_shuffled_label(tmp_path, seed, monkeypatch):
    short = functools.partial(detectors.DeepSVDD, steps=30)
    monkeypatch.setattr(detectors, "DeepSVDD", short)
    frame = csv_files.machine(rows=300, seed=seed)
    frame["state"] = np.random.default_rng(seed).permutation(frame["state"])
    results, runs = _measured(plan_of(tmp_path, frame, label="state"))
    judged = verdict.judge(results, runs)
    assert judged.by_chance
    words = " ".join(judged.sentences)
    assert words.startswith("Take none of these.")
    assert "not shown to be better than chance" in words
    assert not re.search("simple one do as well|is worth|ahead|find the kinds", words)


def judged(frame, seeds, strength):
    """Return the verdict on detectors whose scores are noise and so much of the label."""
    rng, scores = np.random.default_rng(0), {}
    for seed in seeds:
        for label in strength:
            scores[label, seed] = tuple(
                rng.normal(size=len(y)) + strength[label] * y for y in (frame, frame)
            )
    part = SimpleNamespace(y=frame)
    results = measuring.Results(
        SimpleNamespace(measurable=True, choosable=True, kind="random"),
        seeds, 0.05, scores,
        {each: average_precision_score(frame, found[0]) for each, found in scores.items()},
        list(strength), "DeepSVDD", dict.fromkeys(seeds, (part, part)),
    )  # fmt: skip
    return verdict.judge(results, measuring.numbers(results))


STRENGTH = {"z-score": 0, measuring.TWIN: 0, measuring.DEEP: 0, measuring.RANDOM: 0}


@pytest.mark.parametrize(
    ("strength", "begins", "says"),
    [
        ({}, "Take none of these.", "do not use it"),
        ({"z-score": 4}, "Take z-score: it is best on", "It is one."),
        ({measuring.DEEP: 4}, "Take DeepSVDD: it is best on", "Not here: on the test rows"),
        ({"z-score": 4, measuring.DEEP: 4}, "Take z-score: it is", "It is one."),
    ],
)
def test_the_verdict_follows_the_numbers(strength, begins, says):
    found = judged(np.repeat([0, 1], [300, 30]), [0, 1, 2], STRENGTH | strength)
    assert found.sentences[0].startswith(begins)
    assert says in " ".join(found.sentences)
    assert found.by_chance == (not strength)


def test_anomalies_that_all_lie_on_top_get_no_interval_without_width():
    found = judged(np.repeat([0, 1], [300, 30]), [0], STRENGTH | {"z-score": 99})
    words = " ".join(found.sentences)
    assert "all 30 anomalies lie above all normal test rows" in words
    assert "1.000 to 1.000" not in words


def test_a_single_anomaly_on_top_proves_nothing():
    found = judged(np.repeat([0, 1], [9, 1]), [0], STRENGTH | {"z-score": 99})
    assert found.by_chance
    assert "too few anomalies for an interval, 1." in " ".join(found.sentences)


def test_a_choice_looks_at_no_test_row(results):
    upset = dataclasses.replace(
        results,
        scores={key: (found[0], -found[1]) for key, found in results.scores.items()},
        held={
            seed: (parts[0], cut.Part(parts[1].X, 1 - parts[1].y, parts[1].rows))
            for seed, parts in results.held.items()
        },
    )
    assert measuring.pick(upset) == measuring.pick(results)
    again = measuring.numbers(upset)
    assert not np.allclose(again["alarms"], measuring.numbers(results)["alarms"])
    for (label, seed), area in results.chosen_on.items():
        if label != measuring.COLUMN:
            y = results.held[seed][0].y
            assert area == pytest.approx(
                average_precision_score(y, results.scores[label, seed][0])
            )


def test_a_column_that_gives_the_label_away_is_named(tmp_path):
    frame = csv_files.machine()
    faulty = frame["state"] == "faulty"
    rng = np.random.default_rng(1)
    frame["repair cost"] = np.where(faulty, 100 + rng.random(400), 0)
    frame["below"] = np.where(faulty, -3.0, rng.random(400))
    frame["gap"] = np.where(faulty, np.nan, rng.random(400))
    frame["machine number"] = np.where(faulty, 4, rng.choice([1, 2, 3, 5, 6, 7], 400))
    frame["verdict"] = np.where(faulty, rng.choice(["p", "q"], 400), rng.choice(["r", "s"], 400))
    found = plan_of(tmp_path, frame, label="state")
    told = flaws.giveaways(found.table.frame, found.table.y)
    assert set(told) == {"repair cost", "below", "gap", "machine number", "verdict"}
    words = said(flaws.look(found))
    assert all(f"“{name}” (AUROC 1.000)" in words for name in told)


def test_copies_gaps_and_torn_labels_are_counted(tmp_path):
    frame = csv_files.machine()
    copies = frame.iloc[:50].copy()
    copies.iloc[:3, frame.columns.get_loc("state")] = "faulty"
    found = plan_of(tmp_path, pd.concat([frame, copies]), label="state")
    words = said(flaws.look(found))
    assert "50 of 450 rows (11.1 %) repeat another one; identical rows stay" in words
    was_ok = int((frame["state"].iloc[:3] == "ok").sum())
    assert f"{2 * was_ok} rows with equal values have different labels" in words
    assert "1 column with missing values" in words
    with_times = with_time(frame)
    with_times.loc[350:, "load [A]":"mode"] = frame.loc[:49, "load [A]":"mode"].to_numpy()
    parts = plan_of(tmp_path, with_times, time="at")
    # hours differ, so that these rows equal none: the time's own columns tell them apart
    assert "repeat another" not in said(flaws.look(parts))


def test_anomalies_that_follow_each_other_are_counted_as_events(tmp_path):
    frame = with_time(csv_files.machine(rows=300))
    rows = np.arange(300)
    frame["state"] = np.where(rows % 30 < 4, "faulty", "ok")
    words = said(flaws.look(plan_of(tmp_path, frame, label="state", time="at")))
    assert "The 8 anomalies among the test rows lie in 2 unbroken stretches" in words
    frame["state"] = np.where(rows % 30 == 4, "faulty", "ok")
    assert "unbroken" not in said(flaws.look(plan_of(tmp_path, frame, label="state", time="at")))


def test_the_single_column_is_named_with_its_direction(tmp_path):
    frame = csv_files.machine()
    frame["gap"] = np.where(frame["state"] == "faulty", np.nan, frame["load [A]"])
    found = plan_of(tmp_path, frame, label="state")
    made = found.cut(0)
    for column, name, way, words in (
        (0, "load [A]", 1, "high “load [A]”"),
        (1, "heat [K]", 0, "unusual “heat [K]”"),
        (4, "mode", -1, "one value of “mode”"),
    ):
        single = SimpleNamespace(column_=column, way_=way)
        assert found.table.frame.columns[made.encoder.source_[column]] == name
        assert measuring._words_for(single, found, made.encoder) == words
    holed = frame.assign(gap=frame["load [A]"].where(np.arange(400) % 3 > 0))
    found = plan_of(tmp_path, holed, label="state")
    encoder = found.cut(0).encoder
    last = SimpleNamespace(column_=len(encoder.source_) - 1, way_=1)
    assert measuring._words_for(last, found, encoder) == "gaps of “gap”"


def test_more_alarms_than_promised_may_be_chance():
    assert alarms.by_chance(4, 132, 2, 132)
    assert not alarms.by_chance(40, 1320, 13, 1320)
    assert alarms.by_chance(20, 1000, 20, 1000)


def test_few_anomalies_are_told_with_what_one_of_them_moves(tmp_path):
    frame = csv_files.machine(rows=300)
    frame["state"] = np.where(np.arange(300) % 20 == 0, "faulty", "ok")  # 15
    found = plan_of(tmp_path, frame, label="state")
    words = said(flaws.look(found))
    assert "15 anomalies in all, 3 among the test rows" in words
    assert "33 percentage points" in words
    frame["state"] = np.where(np.arange(300) < 2, "faulty", "ok")
    found = plan_of(tmp_path, frame, label="state")
    assert not found.measurable
    assert "nothing can be measured" in said(found.remarks)
    assert "training rows" in verdict.judge(*_measured(found)).sentences[0]


@pytest.mark.parametrize(("late", "measurable"), [(False, False), (True, True)])
def test_a_part_without_an_anomaly_is_told(tmp_path, late, measurable):
    frame = with_time(csv_files.machine(rows=300))
    faulty = np.arange(300) < 15 if not late else np.arange(300) > 285
    frame["state"] = np.where(faulty, "faulty", "ok")
    found = plan_of(tmp_path, frame, label="state", time="at")
    assert (found.measurable, found.choosable) == (measurable, False)
    part = "validation" if measurable else "test"
    assert f"no anomaly among the {part} rows" in said(found.remarks)
    results, runs = _measured(found)
    judged = verdict.judge(results, runs)
    assert judged.label == "5 nearest neighbours"
    assert ("average precision" in runs) == measurable
    assert measuring.COLUMN not in results.labels


def _measured(found):
    results = measuring.measure(found, [0], 0.05)
    return results, measuring.numbers(results)


def test_the_single_column_is_the_best_of_all_and_both_ways():
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.1).astype(int)
    X = rng.normal(size=(300, 3))
    for column, way, values in ((1, 1, 5 * y), (2, -1, -5 * y)):
        moved = X.copy()
        moved[:, column] += values
        found = measuring.SingleColumn(moved, y).fit(moved)
        assert (found.column_, found.way_) == (column, way)
        assert roc_auc_score(y, found.decision_function(moved)) > 0.99
    moved = X.copy()
    moved[:, 0] = np.where(y, rng.choice([-6, 6], 300), X[:, 0])
    found = measuring.SingleColumn(moved, y)
    assert (found.column_, found.way_) == (0, 0)


def test_a_column_found_among_many_is_not_judged_where_it_was_found():
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], [10, 190])
    flattered, honest = [], []
    for _ in range(5):
        X = rng.normal(size=(200, 100))
        found = measuring.SingleColumn(X, y)
        flattered.append(average_precision_score(y, found.decision_function(X)))
        honest.append(measuring._crosswise(X, y))
    assert np.mean(honest) < 0.1  # chance is 0.05
    assert np.mean(flattered) > np.mean(honest) + 0.05
    assert np.isnan(measuring._crosswise(X[:5], np.array([1, 0, 0, 0, 0])))


def test_a_leaf_counts_by_how_many_rows_it_has():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [300, 100])
    X = rng.normal(size=(400, 2)) + 10 * y[:, None]  # every leaf is pure
    forest = measuring.Forest(30, random_state=0).fit(X, y)
    found = forest.predict_proba(X)
    assert np.allclose(found.sum(axis=1), 1)
    assert roc_auc_score(y, found[:, 1]) == 1
    one = measuring.Forest(1, max_depth=1, bootstrap=False, random_state=0).fit(X, y)
    assert one.predict_proba(X)[[0, -1], 1] == pytest.approx([1 / 302, 101 / 102])


def test_rows_that_hardly_differ_cannot_be_cut(tmp_path):
    frame = pd.DataFrame({"a": [1.5, 2.5] * 50, "b": [2, 3] * 50})
    with pytest.raises(ReportError, match="100 rows and only 2 different ones"):
        plan_of(tmp_path, frame)


def test_tied_scores_leave_precision_unknown_and_not_0(tmp_path):
    frame = csv_files.machine()
    frame["light"] = (frame["state"] == "faulty").astype(int)
    found = plan_of(tmp_path, frame[["light", "load [A]", "state"]], label="state")
    results = measuring.measure(found, [0], 0.02)
    row = measuring.numbers(results).set_index("detector").loc["best single column"]
    assert row["average precision"] == 1
    assert row["alarms"] == row["recall"] == 0
    assert np.isnan(row["precision"])
    assert (
        alarms.raise_alarms(results, "best single column").tied == found.cut(0).validation.y.sum()
    )


def fake(chosen_on, choosable=True):
    seeds = range(len(next(iter(chosen_on.values()))))
    return SimpleNamespace(
        plan=SimpleNamespace(choosable=choosable, table=SimpleNamespace(y=np.array([0]))),
        labels=[*chosen_on, measuring.TWIN, measuring.RANDOM],
        seeds=seeds,
        chosen_on={
            (label, seed): values[seed]
            for label, values in {**chosen_on, measuring.TWIN: [1] * 9}.items()
            for seed in seeds
        },
    )


@pytest.mark.parametrize(
    ("simple", "hard", "chosen"),
    [
        ([0.5, 0.5, 0.5], [0.9, 0.9, 0.9], measuring.DEEP),
        ([0.5, 0.5, 0.5], [0.51, 0.51, 0.51], "z-score"),  # no reason for the harder one
        ([0.3, 0.9, 0.5], [0.9, 0.3, 0.9], "z-score"),  # within the spread
        ([0.9, 0.9, 0.9], [0.5, 0.5, 0.5], "z-score"),
        ([np.nan, 0.9, 0.9], [0.5, 0.5, 0.5], measuring.DEEP),
    ],
)
def test_the_simplest_that_is_as_good_is_chosen_and_never_the_twin(simple, hard, chosen):
    label, best = measuring.pick(fake({"z-score": simple, measuring.DEEP: hard}))
    assert label == chosen
    assert best == ("z-score" if np.mean(simple) > np.mean(hard) else measuring.DEEP)
    assert measuring.pick(fake({"z-score": simple}, choosable=False)) == (
        "5 nearest neighbours",
        None,
    )


def test_the_interval_is_clopper_and_pearsons():
    low, high = alarms.interval(7, 20)
    assert low == pytest.approx(beta.ppf(0.025, 7, 14))
    assert high == pytest.approx(beta.ppf(0.975, 8, 13))
    assert alarms.interval(0, 0) == (0, 1)


def test_alarms_are_explained_by_the_column_that_was_changed(tmp_path):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(500, 4)).round(3), columns=list("abcd"))
    frame["kind"] = rng.choice(["x", "y", "z"], 500)
    found = plan_of(tmp_path, frame)
    test = found.cut(0).test.rows
    wrong = {int(row): "abcd"[i] for i, row in enumerate(test[:4])}
    for row, column in wrong.items():
        frame.loc[row, column] = 9.0
    found = plan_of(tmp_path, frame)
    results = measuring.measure(found, [0], 0.05)
    raised = alarms.raise_alarms(results, "19 nearest neighbours")
    explained = {row - 1: reasons[0] for row, _, _, _, reasons in raised.top[:4]}
    assert {row: why.column for row, why in explained.items()} == wrong
    assert all(why.value == "9" and why.share > 0.5 for why in explained.values())
    assert raised.hits is None
    assert raised.raised >= 4


def test_shares_of_a_category_count_it_as_one_column(tmp_path):
    frame = csv_files.machine()
    rare = frame.index[200:204]
    frame.loc[rare, "mode"] = "stuck"
    found = plan_of(tmp_path, frame, label="state")
    made = found.cut(0)
    detector = baselines.Mahalanobis().fit(made.train.X)
    row = np.flatnonzero(found.table.frame["mode"] == "stuck")[:1]
    (reasons,) = alarms.reasons_of(detector, found.table, made, row)
    assert reasons[0].column == "mode"
    assert reasons[0].value == "stuck"
    assert len({why.column for why in reasons}) == len(reasons)


def test_the_budget_of_a_day_is_counted_by_days(tmp_path):
    frame = with_time(csv_files.machine(rows=600))
    found = plan_of(tmp_path, frame, label="state", time="at")
    results = measuring.measure(found, [0], 2 / 24)
    raised = alarms.raise_alarms(results, "z-score")
    assert raised.per_day.sum() == raised.raised
    assert len(raised.per_day) == 5  # 120 hours
    assert raised.hits <= min(raised.raised, raised.anomalies)


def test_detectors_that_agree_overlap_wholly_and_others_by_chance(results):
    shares, chance = measuring.overlap(results)
    assert np.allclose(np.diag(shares), 1)
    assert np.allclose(shares, shares.T)
    rows = np.mean([len(results.held[seed][1].rows) for seed in SEEDS])
    assert chance == pytest.approx(5 / rows, rel=0.05)
    assert measuring.RANDOM not in shares
