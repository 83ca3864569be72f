"""Lesson 19: the notebook's shares, ranks, verdicts and rules meet brute force and the package."""

import subprocess
import sys
from itertools import combinations

from course_utils import data, evaluation
from course_utils.course import lessons
from course_utils.exercises import lesson_19 as ex

import numpy as np
import pytest
from scipy import stats

DEFINING_CELLS = (
    "imports",
    "more-imports",
    "pool",
    "floor",
    "measure",
    "shares",
    "shuffled",
    "company",
    "label-rules",
    "by-list",
    "made-up-rule",
    "picks",
    "neighbours",
    "search",
    "gains",
    "unlabelled",
)
CUT = "load-tables"


@pytest.fixture(scope="module")
def lesson():
    """Return the names that the notebook's cells define, with two small tables."""
    cells = lessons.sources_of("19")
    names = {name: exercise._solution for name, exercise in vars(ex).items() if name in ex.__all__}
    tables = {"wine": data.load_wine(), "points": data.make_kinds(200, 10, 0)}
    results = np.random.default_rng(0).uniform(0.5, 1, size=(3, 12, 7))
    names |= {"tables": tables, "kept": {}, "cubes": {"clean": results}, "large": {}}
    names |= {"clean": evaluation_frame(results.mean(axis=0)), "cube_of": lambda rows: results}
    names["PROTOCOLS"] = {"clean": "clean-train", "dirty": "contaminated-train"}
    for cell_id in DEFINING_CELLS[:4]:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    source = cells[CUT].split("\n", 1)[1]  # without the tables themselves
    exec(compile(source, CUT, "exec"), names)
    names["names"] = list(names["CONTENDERS"])
    for cell_id in DEFINING_CELLS[4:]:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


def evaluation_frame(values):
    """Return results as the lesson holds them: a DataFrame whose columns are numbers."""
    import pandas as pd

    return pd.DataFrame(values)


def random_cube(seed=0, shape=(3, 12, 7)):
    return np.random.default_rng(seed).uniform(0.4, 1, size=shape)


# ------------------------------------------------------------------------------ what decides


def test_the_shares_add_up_and_name_a_planted_cause(lesson):
    found = lesson["shares"](random_cube())
    assert sum(found.values()) == pytest.approx(100)
    noise = 1e-3 * random_cube()
    tables, detectors = np.arange(12.0)[:, None], np.arange(7.0)[None, :]
    planted = {
        "table": noise + tables,
        "detector": noise + detectors,
        "detector on table": noise + (-1) ** (tables + detectors),
        "seed": 1e3 * noise,
    }
    for name, cube in planted.items():
        found = lesson["shares"](cube)
        assert max(found, key=found.get) == name
        if name not in ("detector on table", "seed"):
            assert found[name] > 99.9


def test_friedman_in_the_text_is_the_package_s():
    """χ² = 12 n / (k (k + 1)) · Σ (R − (k + 1) / 2)², where no ranks are tied."""
    results = random_cube()[0]
    n, k = results.shape
    ranks = ex.mean_ranks._solution(results)
    squared = 12 * n / (k * (k + 1)) * ((ranks - (k + 1) / 2) ** 2).sum()
    assert squared == pytest.approx(evaluation.friedman(results).statistic)


def test_the_exercises_are_the_package_s():
    results = np.round(random_cube()[0], 1)  # with ties
    np.testing.assert_allclose(ex.mean_ranks._solution(results), evaluation.mean_ranks(results))
    for k, n in ((7, 12), (10, 12), (3, 40)):
        ours = ex.critical_difference._solution(k, n, 0.05)
        assert ours == pytest.approx(evaluation.critical_difference(k, n))
    # 2.949 and 3.164 are the critical values that Demšar prints for 7 and 10 classifiers
    for k, q in ((7, 2.949), (10, 3.164)):
        wanted = q * np.sqrt(k * (k + 1) / (6 * 12))
        assert ex.critical_difference._solution(k, 12, 0.05) == pytest.approx(wanted, abs=0.001)
    p_values = [stats.wilcoxon(a, b).pvalue for a, b in combinations(random_cube()[0].T, 2)]
    ours = np.sort(ex.holm._solution(np.array(p_values)))
    theirs = evaluation.wilcoxon_holm(random_cube()[0])["p adjusted"]
    np.testing.assert_allclose(ours, np.sort(theirs), rtol=1e-9)


# ------------------------------------------------------------------------ verdicts by force


def test_runs_as_tables_give_more_false_verdicts_than_promised(lesson):
    cube = random_cube(1) * 0.01 + random_cube(2, (1, 12, 7))  # runs that say the same
    limits = {n: ex.critical_difference._solution(7, n, 0.05) for n in (12, 36)}
    lesson["LIMITS"] = limits
    assert lesson["false_verdicts"](cube, runs_are_tables=True) > 0.2
    assert lesson["false_verdicts"](cube, runs_are_tables=False) < 0.09


def test_the_extremes_of_company_are_those_of_all_companies(lesson):
    results = np.round(random_cube(3, (5, 6, 6))[0], 1)  # (tables, detectors), with ties
    for i, j in ((0, 1), (4, 2), (3, 5)):
        others = [each for each in range(6) if each not in (i, j)]
        apart = []
        for size in range(len(others) + 1):
            for company in combinations(others, size):
                ranks = ex.mean_ranks._solution(results[:, [i, j, *company]])
                apart.append(ranks[0] - ranks[1])
        low, high = lesson["extremes"](results, i, j)
        assert (low, high) == pytest.approx((min(apart), max(apart)))


# ----------------------------------------------------------------------------------- rules


def test_a_rule_is_judged_on_the_table_whose_scores_it_saw(lesson):
    cube = random_cube(4, (2, 2, 7))
    lesson["cubes"]["clean"] = cube
    for seed in range(2):
        for name in lesson["tables"]:
            lesson["kept"]["clean", seed, name] = (seed, name)
    seen = []
    regret = lesson["regret_of_picks"]("clean", lambda *each: seen.append(each) or 3, repeats=2)
    np.testing.assert_allclose(regret, cube.max(axis=2) - cube[:, :, 3])
    assert seen == [
        (seed, name) for seed in range(2) for name in ("wine", "points") * 1 for _ in "ab"
    ]


def test_labelled_rows_are_no_more_than_promised(lesson, monkeypatch):
    seen = []
    monkeypatch.setitem(
        lesson, "choose_by_labels", lambda scores, y: seen.append((scores, y)) or 0
    )
    y = np.repeat([0, 1], [50, 8])
    scores = np.random.default_rng(0).normal(size=(10, 58))
    for count, wanted in ((1, 1), (5, 5), (20, 8)):
        lesson["by_labels"](count)(y, scores, None)
        assert seen[-1][0].shape == (7, 50 + wanted)
        assert seen[-1][1].sum() == wanted


def test_the_five_of_a_list_are_the_ones_that_the_forest_ranks_highest(lesson, monkeypatch):
    seen = []
    monkeypatch.setitem(
        lesson, "choose_by_labels", lambda scores, y: seen.append((scores, y)) or 0
    )
    y = np.random.default_rng(0).permutation(np.repeat([0, 1], [50, 8]))
    scores = np.random.default_rng(1).normal(size=(10, 58))
    lesson["by_list"](y, scores, None)
    [(found, labels)] = seen
    forest = lesson["names"].index("forest")
    assert found.shape == (7, 55)
    assert labels.sum() == 5
    wanted = np.sort(scores[forest, y == 1])[-5:]
    np.testing.assert_array_equal(np.sort(found[forest, labels == 1]), wanted)
    assert set(found[forest, labels == 0]) == set(scores[forest, y == 0])


def test_neighbours_from_outside_are_judged_on_the_same_cuts(lesson):
    cube = random_cube(5, (2, 2, 7))
    lesson["cubes"]["dirty"] = cube
    lost = lesson["regret_of_neighbours"]("dirty", 5)
    assert lost.shape == (2, 2)
    for seed in range(2):
        for number, table in enumerate(lesson["tables"].values()):
            parts = lesson["cut"](table, "contaminated-train", seed)
            detector = lesson["CONTENDERS"]["5 neighbours"](seed).fit(parts.train.X)
            area = evaluation.auroc(parts.test.y, detector.decision_function(parts.test.X))
            assert lost[seed, number] == pytest.approx(cube[seed, number].max() - area)


def test_made_up_anomalies_are_chosen_by_without_the_real_ones(lesson, monkeypatch):
    seen = []
    monkeypatch.setitem(
        lesson, "choose_by_labels", lambda scores, y: seen.append((scores, y)) or 0
    )
    y = np.repeat([0, 1], [50, 8])
    scores, made_up = np.zeros((10, 58)), np.ones((10, 30))
    scores[:, y == 1] = 99
    lesson["by_made_up"](y, scores, made_up)
    [(found, labels)] = seen
    assert found.shape == (7, 80)
    assert found.max() == 1
    np.testing.assert_array_equal(found[0] == 1, labels == 1)


def test_a_measurement_keeps_validation_and_made_up_rows_and_no_test_rows(lesson):
    lines = lesson["measure"]("wine", "clean", 3)
    y, scores, made_up = lesson["kept"]["clean", 3, "wine"]
    assert [line[3] for line in lines] == [*lesson["CONTENDERS"], *lesson["FLOOR"]]
    assert scores.shape == (10, len(y))
    assert made_up.shape == (10, 30)
    parts = lesson["cut"](lesson["tables"]["wine"], "clean-train", 3)
    np.testing.assert_array_equal(parts.validation.y, y)
    detector = lesson["CONTENDERS"]["Mahalanobis"](3).fit(parts.train.X)
    place = list(lesson["CONTENDERS"]).index("Mahalanobis")
    np.testing.assert_allclose(detector.decision_function(parts.validation.X), scores[place])
    area = evaluation.auroc(parts.test.y, detector.decision_function(parts.test.X))
    assert lines[place][4] == pytest.approx(area)


def test_the_untrained_twin_stays_where_it_began(lesson):
    X = np.random.default_rng(0).normal(size=(200, 4))
    one = lesson["FLOOR"]["untrained twin"](0)
    many = lesson["FLOOR"]["untrained twin"](0).set_params(steps=50)
    trained = lesson["CONTENDERS"]["AutoEncoder"](0)
    scores = [each.fit(X).decision_function(X) for each in (one, many, trained)]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-4)
    assert abs(scores[2] - scores[0]).max() > 0.05


def test_a_search_is_chosen_on_validation_and_judged_on_later_rows(lesson):
    """Where later values are the validation's turned round, the later gain is a loss."""
    y = np.repeat([0, 1], [60, 30])
    generator = np.random.default_rng(0)
    scores = np.stack([generator.normal(size=90) + shift * y for shift in (0.5, 3, 1)])
    defaults = np.stack([generator.normal(size=90) + y for _ in range(3)])
    lesson["searched"]["settings", "a"] = y, scores, np.array([0.9, 0.6, 0.8])
    lesson["searched"]["seeds", "a"] = y, defaults, np.array([0.7, 0.8, 0.75])
    reported, later = lesson["gains"]("settings", "a", 20, generator)
    assert reported > 0.1
    assert later == pytest.approx(0.6 - 0.75)
    lowest = lesson["searched"]["settings", "a"][1].mean(axis=1).argmin()
    assert lesson["unlabelled_gain"]("settings", "a") == pytest.approx(
        [0.9, 0.6, 0.8][lowest] - 0.75
    )


# ------------------------------------------------------------------------------- exercises


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_19; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_tiny_examples_of_the_stubs_hold():
    results = np.array([[0.9, 0.8, 0.8], [0.6, 0.7, 0.5]])
    assert ex.mean_ranks._solution(results).tolist() == [1.5, 1.75, 2.75]
    assert ex.critical_difference._solution(3, 10, 0.05) == pytest.approx(1.048, abs=5e-4)
    adjusted = ex.holm._solution(np.array([0.04, 0.01, 0.03]))
    assert adjusted == pytest.approx([0.06, 0.03, 0.06])
    rows = np.array([[0.9, 0.8], [0.6, 0.5], [0.7, 0.6]])
    found = ex.one_row_per_table._solution(["b", "a", "b"], rows)
    np.testing.assert_allclose(found, [[0.8, 0.7], [0.6, 0.5]])
