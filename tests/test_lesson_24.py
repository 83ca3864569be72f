"""Lesson 24: money counted by brute force, nothing learned from tomorrow, controls as told."""

import subprocess
import sys

from course_utils import baselines, data, detectors
from course_utils.course import lessons
from course_utils.data.store import download, registry
from course_utils.exercises import lesson_24 as ex

import numpy as np
import pandas as pd
import public_files as files
import pytest

DEFINING_CELLS = (
    "imports",
    "more-imports",
    "make-bank",
    "judged",
    "walk",
    "trees",
    "rivals",
    "with-reports",
    "given-alerts",
    "net",
    "choices",
    "open-claims",
    "claims-judged",
    "open-market",
    "market-alarms",
    "market-judged",
    "leak-run",
)


@pytest.fixture(scope="module")
def lesson():
    """Return the names that the notebook's cells define."""
    cells = lessons.sources_of("24")
    names = {name: getattr(ex, name)._solution for name in ex.__all__}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def bank(lesson):
    bank = lesson["open_bank"](7)
    bank.reports = ex.reports_at_shop._solution(bank.merchant, bank.time, bank.reported)
    return bank


# ------------------------------------------------------------------------------- payments


def test_a_bank_is_the_payments_without_identifiers(lesson, bank):
    payments = data.make_payments(rows=lesson["ROWS"], days=lesson["DAYS"], seed=7)
    assert bank.X.shape == (20_000, 10)
    np.testing.assert_allclose(np.expm1(bank.X[:, 0]), payments.X[:, 2])
    np.testing.assert_array_equal(bank.X[:, 4], payments.X[:, 6])  # the weekday
    assert (np.diff(bank.time) >= 0).all()
    assert 0 <= bank.time[0] < 1
    assert np.isnan(bank.reported[bank.y == 0]).all()
    reported = ~np.isnan(bank.reported)
    assert (bank.reported > bank.time)[reported].all()
    assert set(bank.kinds) == {"", *lesson["KINDS"]}


def test_the_judge_adds_up_by_hand(lesson, bank):
    scores = np.random.default_rng(0).random(len(bank.y)) + bank.y
    line = lesson["judged"](bank, scores)
    late = np.flatnonzero(bank.time >= lesson["FIRST"])
    looked = []
    for day in range(lesson["FIRST"], lesson["DAYS"]):
        rows = [row for row in late if int(bank.time[row]) == day]
        looked += sorted(rows, key=lambda row: -scores[row])[: lesson["BUDGET"]]
    frauds = [row for row in looked if bank.y[row]]
    of_kind = {kind: [row for row in late if bank.kinds[row] == kind] for kind in lesson["KINDS"]}
    all_frauds = [row for rows in of_kind.values() for row in rows]
    assert line["frauds"] == pytest.approx(len(frauds) / len(all_frauds))
    stolen = bank.amount[all_frauds].sum()
    assert line["money"] == pytest.approx(bank.amount[frauds].sum() / stolen)
    for kind, rows in of_kind.items():
        found = [row for row in frauds if row in set(rows)]
        assert line[kind] == pytest.approx(bank.amount[found].sum() / bank.amount[rows].sum())


def test_each_month_is_scored_by_what_came_before(lesson, bank):
    seen = []

    def score(given, today, past, coming):
        assert given.time[past].max() < today <= given.time[coming].min()
        assert given.time[coming].max() < today + 30
        seen.append(today)
        return np.full(coming.sum(), today)

    scores = lesson["month_by_month"](bank, score)
    assert seen == [60, 90, 120, 150]
    np.testing.assert_array_equal(np.unique(scores), [0, *seen])
    assert not scores[bank.time < 60].any()


def test_trees_see_no_report_of_tomorrow(lesson, bank):
    today = 90
    labels = lesson["as_reported"](bank, today)
    assert (bank.reported[labels == 1] <= today).all()
    assert (bank.time[labels == 0] <= today - 30).all()
    late = lesson["open_bank"](7)
    late.reported = np.where(late.reported > today, np.nan, late.reported)
    np.testing.assert_array_equal(labels, lesson["as_reported"](late, today))


def test_a_detector_without_labels_is_scaled_by_the_past(lesson, bank):
    past, coming = bank.time < 60, (bank.time >= 60) & (bank.time < 62)
    found = lesson["unlabelled"](baselines.KNearestNeighbours, bank, 60, past, coming)
    X = (bank.X - bank.X[past].mean(axis=0)) / bank.X[past].std(axis=0)
    known = baselines.KNearestNeighbours().fit(X[past])
    np.testing.assert_allclose(found, known.decision_function(X[coming]))


def test_the_control_s_reports_are_another_shop_s(lesson):
    bank = lesson["open_bank"](8)
    bank.reports = ex.reports_at_shop._solution(bank.merchant, bank.time, bank.reported)
    other = lesson["another_shop"](bank)
    assert len(set(zip(bank.merchant, other, strict=True))) == len(np.unique(bank.merchant))
    found = lesson["with_wrong_reports"](bank)[:, -1]
    for row in range(0, len(found), 997):
        rows = [k for k in range(row + 1) if bank.merchant[k] == other[row]]
        assert found[row] == (bank.reports[rows[-1]] if rows else 0)
    with_true = lesson["with_reports"](bank)
    np.testing.assert_array_equal(with_true[:, :-1], lesson["with_wrong_reports"](bank)[:, :-1])


def test_today_s_count_is_one_number_for_a_shop(lesson, bank):
    counts = lesson["counted_at"](bank, 100)
    for shop in np.unique(bank.merchant):
        of = bank.merchant == shop
        assert set(counts[of]) == {(bank.reported[of] <= 100).sum()}
    assert (lesson["counted_at"](bank, np.inf) >= bank.reports).all()


def test_looks_are_paid_for(lesson, bank):
    late = bank.time >= 60
    p = bank.y * 0.9
    line = lesson["net_of"](bank, p, ex.worth_a_look._solution)
    assert line["net"] == pytest.approx(line["saved"] - 5 * line["looks"])
    assert line["looks"] <= bank.y[late].sum()
    all_day = lesson["net_of"](bank, bank.amount * 0 + 1, lesson["five_a_day"])
    assert all_day["looks"] == 600


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_order_of_the_rivals_holds_on_other_streams(lesson, seed):
    bank = lesson["open_bank"](seed)
    walk, judged = lesson["month_by_month"], lesson["judged"]
    rule = judged(bank, bank.amount * (1 + bank.raw[:, 10]) * bank.raw[:, 8])
    p = walk(bank, lesson["WAYS"]["trees"])
    trees, alone = judged(bank, p * bank.amount), judged(bank, p)
    assert trees["money"] > rule["money"] - 0.03
    assert trees["money"] > alone["money"] - 0.03
    assert judged(bank, bank.amount)["money"] < rule["money"]
    near = judged(bank, walk(bank, lesson["WAYS"]["5 neighbours"]))
    assert near["frauds"] > 1.2 * rule["frauds"]
    assert abs(near["money"] - rule["money"]) < 0.2
    assert near["fraud ring"] < 0.1


def test_reports_find_rings_and_another_shop_s_do_not(lesson):
    bank = lesson["open_bank"](14, rows=50_000)
    bank.reports = ex.reports_at_shop._solution(bank.merchant, bank.time, bank.reported)
    found = {}
    for name in ("plain", "with_reports", "with_wrong_reports"):
        way = lesson["partial"](lesson["labelled"], lesson["as_reported"], lesson[name])
        found[name] = lesson["judged"](bank, bank.amount * lesson["month_by_month"](bank, way))
    rings = {name: line["fraud ring"] for name, line in found.items()}
    assert rings["with_reports"] > rings["plain"] + 0.1
    assert rings["with_reports"] > rings["with_wrong_reports"] + 0.1


def test_the_count_of_today_shines_on_paper_and_fails_live(lesson, bank):
    found = {}
    for live in (False, True):
        way = lesson["partial"](lesson["leaking"], live)
        found[live] = lesson["judged"](bank, lesson["month_by_month"](bank, way))
    assert found[False]["AUROC"] > 0.85
    assert found[False]["money"] > found[True]["money"] + 0.1


def made_cards():
    """Return a file of the credit-card set's form, and how much of the money five looks save."""
    generator = np.random.default_rng(0)
    rows = 4000
    y = generator.random(rows) < 0.02
    V = generator.normal(size=(rows, 28)).round(6) + 3 * y[:, None]
    table = pd.DataFrame(V, columns=[f"V{number}" for number in range(1, 29)])
    table.insert(0, "Time", np.arange(rows))
    table["Amount"] = np.round(np.exp(generator.normal(3, 1, rows)), 2)
    table["Class"] = [f"'{int(label)}'" for label in y]
    return table.to_csv(index=False).encode()


def test_the_full_profile_reads_real_payments(lesson, tmp_path, monkeypatch):
    content = made_cards()
    described = {
        "files": [files.describe(content, "creditcard.csv", ["https://example.org/made"])],
        "loader": "load_credit_card_fraud",
    }
    folder = files.write_registry(tmp_path / "registry", credit_card_fraud=described)
    monkeypatch.setattr(registry, "FOLDER", folder)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    registry.entries.cache_clear()
    try:
        files.make(download.path_of("credit_card_fraud"), {"creditcard.csv": content})
        names = dict(lesson)
        cell = lessons.sources_of("24")["real-payments"]
        for profile, rows in (("full", 4000), ("quick", lesson["ROWS"])):
            monkeypatch.setenv("COURSE_PROFILE", profile)
            exec(cell, names)
            assert len(names["real"]) == rows
            if profile == "full":
                assert names["found"]["trees"] > 0.9  # its frauds lie far off
    finally:
        monkeypatch.undo()
        registry.entries.cache_clear()


# --------------------------------------------------------------------------------- claims


def test_an_office_s_columns_hold_no_identifier(lesson):
    office, claims = lesson["open_claims"](3), data.make_claims(seed=3)
    identifiers = [i for i, name in enumerate(claims.feature_names) if "number" in name]
    assert len(identifiers) == 3
    for i in identifiers:
        assert not any(np.allclose(column, np.log1p(claims.X[:, i])) for column in office.X.T)
    assert office.X.shape[1] == claims.X.shape[1] - 3 + 1
    np.testing.assert_allclose(office.loss, data.claim_losses(claims))
    assert office.past.sum() == pytest.approx(4000, abs=200)
    assert set(office.month) == set(range(36))
    assert ((office.rule == 0) | (office.rule >= office.asked)).all()


def test_the_oracle_is_the_best_and_only_audited_claims_teach(lesson):
    office = lesson["open_claims"](4)
    late = ~office.past
    best = lesson["claims_judged"](office, office.loss[late])
    assert 0.5 < best < 0.9
    audited = np.arange(400)
    taught = lesson["taught_by"](office, audited)
    assert best > lesson["claims_judged"](office, taught)
    changed = lesson["open_claims"](4)
    changed.y = np.where(np.arange(len(changed.y)) < 400, changed.y, 1 - changed.y)
    np.testing.assert_array_equal(taught, lesson["taught_by"](changed, audited))
    assert not np.array_equal(taught, lesson["taught_by"](office, audited, with_rule=True))


# --------------------------------------------------------------------------------- prices


def test_alarms_are_those_above_the_quantile_of_the_days_before(lesson):
    market = lesson["open_market"](3)
    scores = np.random.default_rng(0).random(len(market.X))
    alarms = lesson["alarms_of_scores"](market, scores)
    assert not alarms[market.day < 375].any()
    assert alarms.sum() == pytest.approx(0.02 * (market.day >= 375).sum(), rel=0.5)
    assert scores[alarms].min() > scores[(market.day >= 375) & ~alarms].max()
    higher = np.where(market.day < 250, scores + 9, scores)  # what was learned from sets nothing
    np.testing.assert_array_equal(alarms, lesson["alarms_of_scores"](market, higher))


def test_what_is_avoided_comes_after_the_first_alarm(lesson):
    market = lesson["open_market"](3)
    alarms = np.random.default_rng(1).random(len(market.X)) < 0.2
    alarms &= market.day >= 375
    line = lesson["market_judged"](market, alarms)
    found, pumps, avoided, lost = 0, 0, 0.0, 0.0
    for asset in np.unique(market.asset):
        rows = np.flatnonzero(market.asset == asset)
        inside = market.kinds[rows] == "pump and dump"
        edges = np.flatnonzero(np.diff(np.r_[0, inside.astype(int), 0]))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            pump = [row for row in rows[start:stop] if market.day[row] >= 375]
            if not pump:
                continue
            pumps, lost = pumps + 1, lost + market.loss[pump].sum()
            first = next((k for k, row in enumerate(pump) if alarms[row]), None)
            if first is not None:
                found, avoided = found + 1, avoided + market.loss[pump[first + 1 :]].sum()
    assert line["pumps"] == pytest.approx(found / pumps)
    assert line["avoided"] == pytest.approx(avoided / lost)
    assert line["alarms"] == alarms.sum()
    assert line["hit"] == pytest.approx(market.y[alarms].mean())


def test_even_an_oracle_comes_too_late(lesson):
    for seed in (5, 6, 7):
        market = lesson["open_market"](seed)
        oracle = (market.kinds == "pump and dump") & (market.day >= 375)
        line = lesson["market_judged"](market, oracle)
        assert line["pumps"] == 1
        assert 0.6 < line["avoided"] < 0.95
        up = lesson["alarms_of_scores"](market, market.raw["return"])
        scaled = detectors.AutoEncoder(seed=0, device="cpu").fit(market.X[market.day < 250])
        net = lesson["alarms_of_scores"](market, scaled.decision_function(market.X))
        judged = [lesson["market_judged"](market, each)["avoided"] for each in (up, net)]
        assert judged[0] > judged[1] - 0.05


# ------------------------------------------------------------------------------- exercises


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_24; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
