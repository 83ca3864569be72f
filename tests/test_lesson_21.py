"""Lesson 21: the notebook's graph, seal, fuzzer and watch meet NumPy and the package."""

import asyncio
import contextlib
import logging
import subprocess
import sys

from course_utils import detectors, evaluation
from course_utils.course import lessons
from course_utils.detectors import base
from course_utils.exercises import lesson_21 as ex
from course_utils.serve.body import Body, BodyError

import httpx
import numpy as np
import pytest
import torch

DEFINING_CELLS = (
    "imports",
    "more-imports",
    "service-imports",
    "quiet-tools",
    "small-helpers",
    "score-module",
    "calibration",
    "naive-app",
    "fuzz",
    "blocking",
    "watch",
)
GOOD = b'{"rows": [[1.5, -2, 30, 0.25]]}'


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """Return the names that the notebook's cells define, with a small detector of four columns."""
    names = {name: exercise._solution for name, exercise in vars(ex).items() if name in ex.__all__}
    X = np.random.default_rng(0).normal(50, 10, size=(400, 4))
    detector = detectors.AutoEncoder(members=2, steps=5, seed=0).fit(X)
    names |= {"detector": detector, "test": X, "alarms": detector.predict(X), "train": X}
    names |= {"worlds": {}, "SIZES": ()}
    names["by_onnx"] = lambda rows: rows.sum(axis=1)
    with contextlib.ExitStack() as stack:
        stack.callback(logging.disable, logging.NOTSET)
        for cell_id in DEFINING_CELLS:
            run(names, cell_id)
        names["here"] = tmp_path_factory.mktemp("files")
        yield names


def run(names, cell_id):
    """Run a cell of the notebook."""
    exec(compile(lessons.sources_of("21")[cell_id], cell_id, "exec"), names)


# ---------------------------------------------------------------------------------- the graph


def by_numpy(detector, X):
    """Return the ensemble's scores, member by member and layer by layer."""
    scaled = np.clip((X - detector.mean_) / detector.spread_, -1e4, 1e4)
    layers = [layer for layer in detector.network_ if hasattr(layer, "weight")]
    found = []
    for member in range(detector.members):
        values = scaled
        for number, layer in enumerate(layers):
            weight, bias = (each.detach().numpy()[member] for each in (layer.weight, layer.bias))
            values = values @ weight.T + bias.T
            values = np.maximum(values, 0) if number + 1 < len(layers) else values
        found.append(abs(values - scaled).mean(axis=1))
    return np.mean(found, axis=0)


def test_what_is_shipped_is_the_detector(lesson):
    detector, X = lesson["detector"], lesson["test"]
    whole = lesson["shipped"](
        lesson["Score"](detector), detector.mean_, detector.spread_, detector.threshold_
    )
    with torch.inference_mode():
        score, anomaly = whole(torch.tensor(X))
    np.testing.assert_allclose(score, by_numpy(detector, X), rtol=1e-4)
    np.testing.assert_allclose(score, detector.decision_function(X), rtol=1e-5)
    np.testing.assert_array_equal(anomaly, detector.predict(X))


def test_the_turned_network_has_the_same_sums(lesson):
    source = lessons.sources_of("21")["turned"].split("\n\n\nturned = ")[0]
    names = lesson | {}
    exec(compile(source, "turned", "exec"), names)
    scaled = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        one, other = names["Score"](lesson["detector"]), names["Turned"](lesson["detector"])
        np.testing.assert_allclose(one(scaled), other(scaled), rtol=1e-5)


def test_the_file_answers_as_the_module_for_any_number_of_rows(lesson):
    detector, X = lesson["detector"], lesson["test"]
    names = lesson | {}
    names["module"] = lesson["shipped"](
        lesson["Score"](detector), detector.mean_, detector.spread_, detector.threshold_
    ).eval()
    run(names, "write-graph")
    for rows in (1, 2, 7, 400):
        np.testing.assert_allclose(names["by_onnx"](X[:rows]), by_numpy(detector, X[:rows]), 1e-4)
    hole = X[:2].copy()
    hole[1, 2] = np.nan
    score, anomaly = names["session"].run(None, {"X": hole})
    assert np.isnan(score).tolist() == [False, True]
    assert anomaly[1]


def test_calibration_hands_out_each_of_a_thousand_rows_once(lesson):
    names = lesson | {"train": np.arange(1200.0)[:, None]}
    run(names, "calibration")
    reader, found = names["Calibration"](), []
    while (part := reader.get_next()) is not None:
        found.append(part["X"])
    np.testing.assert_array_equal(np.concatenate(found), names["train"][:1000])


# --------------------------------------------------------------------------------- the file


def test_a_forged_file_has_the_package_s_digest_and_another_seal(lesson, capsys):
    names = lesson | {}
    source = lessons.sources_of("21")["damage"].split("\n", 2)[2]  # into the test's own folder
    exec(compile(source, "damage", "exec"), names)
    run(names, "forge")
    header, _ = base._read(names["here"] / "forged.pt")
    assert header["threshold"] == 1e6
    stored = torch.load(names["here"] / "detector.pt", weights_only=True)
    for digest in (names["digest_of"], base._digest):
        assert digest(stored["header"], stored["state"]) == stored["digest"]
    with pytest.raises(detectors.DetectorFileError, match="changed or damaged"):
        detectors.AutoEncoder.load(names["here"] / "damaged.pt")
    run(names, "key-seal")
    told = capsys.readouterr().out
    assert "detector.pt: seal right? True" in told
    assert "forged.pt: seal right? False" in told


def test_a_pickle_runs_and_weights_only_does_not(lesson, capsys):
    names = lesson | {}
    run(names, "pickle-runs")
    assert names["ran"] == "nothing"
    assert "pickle.loads ran code from the file." in capsys.readouterr().out


# ------------------------------------------------------------------------------ the service


def test_the_naive_app_fails_and_scores_as_the_text_says(lesson):
    async def statuses(bodies):
        app = httpx.ASGITransport(lesson["naive_app"], raise_app_exceptions=False)
        headers = {"Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=app, base_url="http://here") as client:
            sent = [client.post("/score", content=body, headers=headers) for body in bodies]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    bodies = [GOOD.replace(b"30", value) for value in (b"NaN", b"true", b'"1.5"', b"null")]
    assert asyncio.run(statuses(bodies)) == [500, 200, 200, 422]


def test_the_fuzzer_changes_one_or_two_numbers_and_the_reader_agrees_with_the_service(lesson):
    generator, own = np.random.default_rng(1), Body(4)
    kinds = set()
    for _ in range(300):
        body = lesson["changed_body"](GOOD, generator)
        kept = sum(each in body for each in (b"1.5", b"-2", b"30", b"0.25"))
        assert kept >= 2
        try:
            own.read(body)
            taken = True
        except BodyError:
            taken = False
        assert lesson["may_be_scored"](body) is taken
        kinds.add(taken)
    assert kinds == {False, True}


def test_a_refusal_names_no_folder(lesson):
    def fails():
        raise ValueError(f"{lesson['here']}/x.pt is bad\nand more")

    assert lesson["refusal"](fails) == "/x.pt is bad"
    assert lesson["refusal"](lambda: 3) == "no error: 3"


# ------------------------------------------------------------------------------- the watch


def test_the_watch_is_the_package_s_index_and_scipy_s_test(lesson):
    generator = np.random.default_rng(0)
    lesson["known"] = generator.normal(size=2500)
    lesson["worlds"]["moved"] = generator.normal(0.5, size=500)
    found = lesson["watch"]("moved", 100, repeats=3)
    again = np.random.default_rng(100)
    for psi, p in found:
        expected = again.choice(lesson["known"], 2000, replace=False)
        actual = again.choice(lesson["worlds"]["moved"], 100, replace=False)
        assert psi == pytest.approx(evaluation.population_stability(expected, actual))
        assert p < 0.01


def test_the_limit_is_the_package_s():
    for n in (50, 1000):
        ours = ex.stability_limit._solution(2000, n, 10, 0.05, np.random.default_rng(0))
        assert ours == pytest.approx(evaluation.stability_limit(2000, n), rel=0.12)


# ------------------------------------------------------------------------------- exercises


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_21; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_tiny_examples_of_the_stubs_hold():
    alarms = ex.raises_alarm._solution(np.array([0.5, np.nan, 2.0, 3.5]), 2.0)
    assert alarms.tolist() == [False, True, False, True]
    seen = []
    module = ex.shipped._solution(
        torch.nn.Identity(), np.array([10.0]), np.array([2.0]), threshold=1.0
    )
    module.network.forward = lambda scaled: seen.append(scaled) or scaled[:, 0]
    module(torch.tensor([[14.0]], dtype=torch.float64))
    assert seen[0].item() == 2.0
    assert seen[0].dtype == torch.float32
    rows = ex.parse_request._solution(b'{"rows": [[1, 2.5]]}', 2, 10)
    assert rows == [[1.0, 2.5]]
    X = np.random.default_rng(0).normal(size=(20, 2))
    ranks = ex.batch_dependence._solution(lambda X: X[:, 0].argsort().argsort(), X)
    assert ranks > 0.001
    assert ex.batch_dependence._solution(lambda X: abs(X[:, 0]), X) == 0
