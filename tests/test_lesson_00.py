"""Lesson 00: the stored solutions, on which it runs, do what the package does."""

from course_utils import data, evaluation, thresholds
from course_utils.course import lessons
from course_utils.exercises import lesson_00 as ex

import numpy as np
import pytest


@pytest.fixture(scope="module")
def taught():
    """What the notebook's cells define: the six columns, and a function as a detector."""
    names, sources = {"np": np}, lessons.sources_of("00")
    lines = sources["the-cure"].splitlines()
    exec(
        "\n".join(lines[: lines.index("calmer = calm_score(parts.train.X, parts.validation.X)")]),
        names,
    )
    exec(sources["as-a-detector"], names)
    return names


@pytest.mark.parametrize("seed", range(5))
def test_the_solutions_do_what_the_package_does(seed):
    rng = np.random.default_rng(seed)
    y, scores = rng.permutation(np.repeat([0, 1], [40, 9])), rng.normal(size=49)
    line = scores[7]
    np.testing.assert_array_equal(
        ex.raise_alarms_solution(scores, line), thresholds.decide(scores, line)
    )
    flags = evaluation.confusion(y, np.ones(49, dtype=int))
    assert ex.prevalence_solution(y) == pytest.approx(flags.precision)
    first = ex.most_suspicious_solution(scores, 6)
    np.testing.assert_array_equal(scores[first], np.sort(scores)[:-7:-1])
    assert thresholds.decide(scores, thresholds.alert_budget(scores, 6))[first].all()


def test_a_function_enters_the_honest_table_as_a_detector(taught):
    shuttle = data.load_shuttle(rows=3000, seed=1)
    entries = {
        "yours": lambda seed: taught["Detector"](ex.my_detector_solution),
        "six columns": lambda seed: taught["Detector"](taught["calm_score"]),
    }
    table = evaluation.honest_table(entries, lambda seed: data.split(shuttle, seed=seed))
    assert table.loc["yours", "AUROC"] > 0.95
    assert table.loc["six columns", "average precision"] > table.loc["random scores", "AUROC"]


def test_examples_in_the_stubs_hold():
    assert ex.prevalence_solution(np.array([0, 0, 0, 1])) == 0.25
    alarms = ex.raise_alarms_solution(np.array([0.5, 4.0, 3.0]), 3.0)
    np.testing.assert_array_equal(alarms, [0, 1, 0])
    first = ex.most_suspicious_solution(np.array([2.0, 9.0, 5.0]), 2)
    np.testing.assert_array_equal(first, [1, 2])
