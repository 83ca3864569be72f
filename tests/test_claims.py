"""data.claims: frauds that cost what they say, and that no column gives away."""

from course_utils import data
from course_utils.data.simulators.claims import COLUMNS, KINDS, claim_losses, make_claims

import numpy as np
import pytest


def column(made, name):
    return made.X[:, made.feature_names.index(name)]


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
    assert made.time[-1] < np.datetime64("2023-01-02") + np.timedelta64(730, "D")


def test_a_fraud_costs_what_it_claims_and_a_padded_bill_a_third():
    made = make_claims(rows=2000, prevalence=0.1)
    lost = claim_losses(made) / column(made, "claimed [EUR]")
    assert lost[made.kinds == "padded"] == pytest.approx(1 / 3)
    assert (lost[np.isin(made.kinds, ["early", "staged ring"])] == 1).all()
    assert (lost[made.kinds == ""] == 0).all()
