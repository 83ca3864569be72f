"""data.claims: frauds that cost what they say, and that no column gives away."""

from course_utils import data
from course_utils.data.simulators.claims import COLUMNS, KINDS, claim_losses, make_claims

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from small_trees import by_two_columns

DAY = np.timedelta64(1, "D")


@pytest.fixture(scope="module")
def streams():
    return [make_claims(seed=seed) for seed in range(6)]


def column(made, name):
    return made.X[:, made.feature_names.index(name)]


def found(made, scores, kind):
    """AUROC of these scores with one kind of anomaly among the honest rows."""
    rows = (made.kinds == "") | (made.kinds == kind)
    return roc_auc_score(made.kinds[rows] == kind, scores[rows])


# --- form


def test_claims_have_the_rows_shares_and_columns_they_were_asked_for():
    made = data.make_claims(rows=4000, years=2, prevalence=0.05, seed=4)
    names, counts = np.unique(made.kinds, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "": 3800,
        "early": 40,
        "padded": 100,
        "staged ring": 60,
    }
    assert set(KINDS) == set(names.tolist()) - {""}
    assert made.feature_names == COLUMNS
    assert (np.diff(made.time) >= np.timedelta64(0, "s")).all()
    assert made.time[0] >= np.datetime64("2023-01-02")
    assert made.time[-1] < np.datetime64("2023-01-02") + 730 * DAY
    with pytest.raises(ValueError, match="series"):
        data.split(made)


@pytest.mark.parametrize(
    ("rows", "years", "prevalence"), [(2000, 1, 0.03), (2001, 9, 0.5), (50_000, 3, 0.01)]
)
def test_claims_of_any_size_and_length_can_be_made(rows, years, prevalence):
    made = make_claims(rows, years, prevalence)
    assert len(made) == rows
    assert made.n_anomalies == pytest.approx(rows * prevalence, abs=2)
    assert set(made.kinds.tolist()) == {"", *KINDS}


def test_claims_follow_their_seed_and_touch_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, again, other = make_claims(seed=4), make_claims(seed=4), make_claims(seed=5)
    assert np.array_equal(np.random.get_state()[1], before)
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.time, again.time)
    assert np.array_equal(first.kinds, again.kinds)
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": 1999}, ValueError, "rows is 1999; a whole number of at least 2000"),
        ({"years": 0}, ValueError, "years is 0; a whole number of at least 1"),
        ({"prevalence": 0.9}, ValueError, r"prevalence is 0.9; a number in \(0, 0.5\]"),
        ({"prevalence": 0.002}, ValueError, "a kind of fraud has 2 claims; at least 10"),
        ({"seed": 1.5}, TypeError, "seed is 1.5"),
    ],
)
def test_impossible_claims_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_claims(**arguments)


# --- the columns look back, and are right


def test_columns_that_look_back_are_what_a_slow_loop_finds():
    made = make_claims(rows=2500, prevalence=0.3, seed=1)
    claimant, other, workshop = made.X[:, :3].T
    for row in range(0, 2500, 7):
        earlier = slice(0, row)
        for person, name in ((claimant, "claimant's"), (other, "other party's")):
            seen = (claimant[earlier] == person[row]) | (other[earlier] == person[row])
            expected = seen.sum() if person[row] else 0
            assert column(made, f"{name} earlier claims")[row] == expected
        recent = made.time[row] - made.time[earlier] <= 90 * DAY
        mended = (workshop[earlier] == workshop[row]) & recent
        assert column(made, "workshop's claims in 90 days")[row] == mended.sum()


def test_nobody_crashes_into_himself(streams):
    for made in streams:
        assert (made.X[:, 0] != made.X[:, 1]).all()
        assert (made.X[:, 0] > 0).all()


def test_a_fifth_of_the_other_parties_are_firms_with_many_accidents(streams):
    last = [made.take(slice(3000, None)) for made in streams]
    met = [column(each, "other party's earlier claims")[each.X[:, 1] > 0] for each in last]
    assert (np.concatenate(met) >= 5).mean() == pytest.approx(0.2, abs=0.03)


# --- money


def test_a_fraud_costs_what_it_claims_and_a_padded_bill_a_third(streams):
    lost = data.claim_losses(streams[0]) / column(streams[0], "claimed [EUR]")
    kinds = streams[0].kinds
    assert lost[kinds == "padded"] == pytest.approx(1 / 3)
    assert (lost[np.isin(kinds, ["early", "staged ring"])] == 1).all()
    assert (lost[kinds == ""] == 0).all()


def test_a_padded_bill_is_half_as_much_again_as_its_estimate(streams):
    ratios = {}
    for kind in ("", *KINDS):
        rows = [column(made, "claimed [EUR]") / column(made, "estimate [EUR]") for made in streams]
        ratios[kind] = np.median(
            np.concatenate([each[m.kinds == kind] for each, m in zip(rows, streams, strict=True)])
        )
    assert ratios.pop("padded") == pytest.approx(1.5, rel=0.06)
    assert list(ratios.values()) == pytest.approx([1, 1, 1], rel=0.06)


def test_losses_are_those_of_claims_and_of_any_of_their_rows():
    made = make_claims(rows=2000)
    assert np.array_equal(claim_losses(made.take(slice(100, 900))), claim_losses(made)[100:900])
    with pytest.raises(TypeError, match="claims is of type list"):
        claim_losses([])
    with pytest.raises(ValueError, match=r"claims is .*; rows of make_claims are expected"):
        claim_losses(data.make_toy())


# --- the kinds


def test_the_kinds_are_what_they_are_called(streams):
    for made in streams:
        start = column(made, "since policy start [days]")
        assert np.median(start[made.kinds == "early"]) < 120 < np.median(start[made.y == 0])
        ring = made.kinds == "staged ring"
        assert (made.X[ring, 1] > 0).all()
        assert np.unique(made.X[ring, :2]).size <= 6 * max(3, ring.sum() // 12)
        assert np.unique(made.X[ring, 2]).size <= 3 * max(3, ring.sum() // 12)
        assert (made.y[np.isin(made.X[:, 2], made.X[ring, 2])] == 0).sum() > 100


def test_a_ring_is_harder_than_a_rule_that_knows_what_rings_share(streams):
    areas = []
    for made in streams:
        claimant = column(made, "claimant's earlier claims")
        other = column(made, "other party's earlier claims")
        met = (other > 0) & (other < 9)  # a firm has more
        areas.append(found(made, np.minimum(claimant, 3) * met, "staged ring"))
    assert 0.75 < np.mean(areas) < 0.95
    assert max(areas) < 0.98


def pooled(streams):
    """Columns, with the claimed sum over its estimate, and labels of several streams."""
    X = np.vstack([each.X for each in streams])
    return np.column_stack([X, X[:, 3] / X[:, 4]]), np.concatenate([each.y for each in streams])


def test_no_column_and_no_two_in_a_small_tree_find_the_fraud(streams):
    X, y = pooled(streams[:3])
    held_out, truth = pooled(streams[3:])
    for each in held_out.T:
        assert 0.1 < roc_auc_score(truth, each) < 0.9
    for pair, scores in by_two_columns(X, y, held_out, "balanced"):
        assert roc_auc_score(truth, scores) < 0.9, pair


def test_numbers_times_order_and_rounding_tell_nothing_about_another_stream(streams):
    def traces(made):
        second = (made.time - made.time[0]) / np.timedelta64(1, "s")
        digits = [made.X[:, place] % base for place in range(6) for base in (2, 10)]
        gaps = np.diff(second, prepend=second[0])
        clock = [second, second % 86_400, second // 86_400 % 7, second % 60, gaps]
        return np.column_stack([made.X[:, :3], *digits, *clock, np.arange(len(made))])

    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    model.fit(np.vstack([traces(each) for each in streams[:3]]), pooled(streams[:3])[1])
    scores = [model.predict_proba(traces(each))[:, 1] for each in streams[3:]]
    assert roc_auc_score(pooled(streams[3:])[1], np.concatenate(scores)) < 0.62
