"""The model card says what its detector and table say, and nothing can be left out of it."""

from course_utils import data, evaluation
from course_utils.detectors import AutoEncoder
from course_utils.serve.card import model_card
from course_utils.thresholds import decide

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError


@pytest.fixture(scope="module")
def fitted():
    rows = data.make_kinds(300, 20, 0)
    parts = data.split(rows, seed=0)
    detector = AutoEncoder(steps=5, members=2, seed=3).fit(parts.train.X)
    return {"detector": detector, "data": rows, "reference": parts.validation.X}


def table(ours=(0.8, 0.01), **rivals):
    """Return an honest table with these average precisions and their spreads over the seeds."""
    found = {"ours": ours, "random scores": (0.1, 0.0), **rivals}
    results = pd.DataFrame(0.5, index=list(found), columns=evaluation.table.COLUMNS)
    results["average precision"] = [mean for mean, _ in found.values()]
    results["average precision ±"] = [spread for _, spread in found.values()]
    return results


def card(fitted, results=None, **changes):
    choices = {
        "label": "ours",
        "intended_use": "Sorting rows for somebody to look at.",
        "limits": ["Never tried on other machines."],
        "contact": "the makers",
    }
    results = table() if results is None else results
    arguments = fitted | choices | changes
    return model_card(arguments.pop("detector"), results, **arguments)


def test_it_tells_the_detector_its_rows_and_its_alarms(fitted):
    text = card(fitted)
    assert "`AutoEncoder`" in text
    assert "seed=3" in text
    assert fitted["data"].source in text
    scores = fitted["detector"].decision_function(fitted["reference"])
    alarms = 10_000 * decide(scores, fitted["detector"].threshold_).mean()
    assert f"some {alarms:,.0f} alarms" in text
    assert f"| 50% | {np.median(scores):.6g} |" in text
    assert f"{evaluation.stability_limit(len(scores), 200):.3f} for 200" in text
    assert "- Never tried on other machines." in text


@pytest.mark.parametrize(
    ("rivals", "words"),
    [
        ({"forest": (0.9, 0.01)}, "Better in this table: forest."),
        ({"forest": (0.79, 0.01)}, "Within the seeds' spread of it: forest."),
        ({"forest": (0.81, 0.01)}, "Within the seeds' spread of it: forest."),
        ({"forest": (0.7, 0.01)}, "No rival in this table is ahead"),
        ({"random scores": (0.9, 0.0)}, "No rival in this table is ahead"),
    ],
)
def test_it_names_rivals_that_do_as_well(fitted, rivals, words):
    assert words in card(fitted, table(**rivals))


def test_a_bar_in_a_name_begins_no_column(fitted):
    lines = card(fitted, table(**{"largest |z|": (0.5, 0.01)})).splitlines()
    (row,) = [line for line in lines if line.startswith("| largest")]
    bars = [line.replace(r"\|", "").count("|") for line in lines if line.startswith("| **ours")]
    assert row.replace(r"\|", "").count("|") == bars[0]


def test_one_seed_tells_no_order(fitted):
    results = table(ours=(0.8, np.nan), forest=(0.9, np.nan)).drop("random scores")
    assert "One seed does not tell who leads." in card(fitted, results)


def test_an_honest_table_makes_a_card(fitted):
    parts = data.split(fitted["data"], seed=0)
    makers = {"ours": lambda seed: AutoEncoder(steps=5, members=2, seed=seed)}
    results = evaluation.honest_table(makers, parts, seeds=(0, 1))
    text = card(fitted, results)
    for label, mean in results["AUROC"].items():
        assert f"{label}** | {mean:.3f} |" in text or f"| {label} | {mean:.3f} |" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": "forest"}, "label is 'forest'; a row of the table is expected: 'ours'"),
        ({"intended_use": " "}, "intended_use is ' '"),
        ({"contact": None}, "contact is None"),
        ({"limits": []}, "limits is empty"),
        ({"limits": "none"}, "limits is empty or one text"),
        ({"limits": ["slow", ""]}, r"limits\[1\] is ''"),
        ({"reference": np.zeros((3, 2))}, "reference has 3 rows"),
    ],
)
def test_what_is_missing_is_asked_for(fitted, changes, words):
    with pytest.raises(ValueError, match=words):
        card(fitted, **changes)


def test_a_detector_that_is_not_fitted_has_no_card(fitted):
    with pytest.raises(NotFittedError):
        card(fitted, detector=AutoEncoder())
