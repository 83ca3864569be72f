"""Lesson 22: the ranks' losses, the script, the paper cluster and the failure meet the package."""

import functools
import inspect
import linecache
import subprocess
import sys
from types import SimpleNamespace

from course_utils.course import lessons
from course_utils.detectors import ensemble
from course_utils.exercises import lesson_22 as ex

import numpy as np
import pytest
import torch

DEFINING_CELLS = (
    "make-network",
    "train",
    "ways",
    "shared-members",
    "source-of",
    "measured",
    "kill-one",
    "timed-scores",
    "flaky",
    "wrong-train",
    "wrong-both",
)


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("22")


@pytest.fixture(scope="module")
def lesson(cells):
    """Return the names that the notebook's cells define, with our answers to the exercises."""
    names = {name: getattr(ex, name).or_ours(...) for name in ex.__all__ if name != "WorkerLost"}
    exec(cells["imports"], names)
    exec(cells["more-imports"], names)
    exec(cells["their-imports"], names)
    for cell_id in DEFINING_CELLS:
        source = cells[cell_id].split("\n\n\ncost = ")[0]  # of `measured` the function alone
        # so that `inspect` finds the text of a function, as it does in a kernel
        linecache.cache[cell_id] = len(source), None, source.splitlines(keepends=True), cell_id
        exec(compile(source, cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def X():
    generator = np.random.default_rng(0)
    return generator.standard_t(3, size=(400, 5)) @ generator.normal(size=(5, 5))


BATCHES = np.random.default_rng(1).integers(0, 400, size=(4, 24))


def gradient_after(lesson, X, batch, loss, members=slice(None)):
    """Return the loss's gradient on a batch, (members, n), float64."""
    network = lesson["make_network"](X.shape[1], members).double()
    inputs = ensemble.for_members(torch.tensor(X[batch]), len(network[0].weight))
    loss((network(inputs) - inputs).abs().mean(dim=1)).backward()
    return torch.cat([each.grad.flatten(1) for each in network.parameters()], dim=1).numpy()


def of_ranks(lesson, X, name):
    """Return the average of two ranks' gradients for one of the ways, simulated."""
    handed = []  # what each rank hands in, in a first pass
    collect = [lambda tensor: handed.append(tensor) or [tensor, tensor]] * 2
    reply = [lambda tensor: handed] * 2
    for gathers in (collect, reply):
        gradients = []
        for rank in range(2):
            told = {way[0]: way[1:] for way in lesson["ways"](rank, 2, BATCHES, gathers[rank])}
            batches, loss = told[name][:2]
            gradients.append(gradient_after(lesson, X, batches[0], loss))
    return np.mean(gradients, axis=0)


@pytest.mark.parametrize(
    ("name", "loss", "equal"),
    [
        ("mean", torch.mean, True),
        ("uneven, weighted", torch.mean, True),
        ("uneven, mean of each", torch.mean, False),
        ("trimmed over all", lambda e: ensemble.trimmed_mean(e, 0.1), True),
        ("trimmed by each", lambda e: ensemble.trimmed_mean(e, 0.1), False),
    ],
)
def test_averaged_gradients_are_those_of_the_whole_batch_or_are_not(lesson, X, name, loss, equal):
    whole = gradient_after(lesson, X, BATCHES[0], loss)
    apart = abs(of_ranks(lesson, X, name) - whole).max() / abs(whole).max()
    assert (apart < 1e-12) if equal else (apart > 1e-3)


def test_each_way_shares_the_whole_batch_out(lesson):
    for first, second in zip(
        lesson["ways"](0, 2, BATCHES, None), lesson["ways"](1, 2, BATCHES, None), strict=True
    ):
        assert first[0] == second[0]
        np.testing.assert_array_equal(np.concatenate([first[1], second[1]], axis=1), BATCHES)
    assert [each[0] for each in lesson["ways"](0, 2, BATCHES, None) if each[3:] == (False,)] == [
        "nobody averages"
    ]


def test_members_that_are_shared_out_learn_what_they_learn_together(lesson, X):
    def trimmed(errors):
        return ensemble.trimmed_mean(errors, lesson["SHARE"])

    together = lesson["train"](X, BATCHES, trimmed, dtype="float64")
    apart = [
        lesson["train"](X, *lesson["shared_members"](rank, 2, BATCHES)[1:], dtype="float64")
        for rank in range(2)
    ]
    np.testing.assert_allclose(np.concatenate(apart), together, atol=1e-9)
    assert abs(together - lesson["train"](X, BATCHES, torch.mean, dtype="float64")).max() > 1e-3


def test_training_begins_the_same_in_every_process_and_follows_adam(lesson, X):
    loss = functools.partial(torch.mean)
    np.testing.assert_array_equal(
        lesson["train"](X, BATCHES, loss), lesson["train"](X, BATCHES, loss)
    )
    start = lesson["make_network"](X.shape[1], slice(None))
    start = torch.cat([each.detach().flatten(1) for each in start.parameters()], dim=1).numpy()
    step = lesson["train"](X, BATCHES[:1], loss, dtype="float64") - start
    moved = step[abs(step) > 1e-9]
    np.testing.assert_allclose(abs(moved), 5e-3, rtol=0.05)  # Adam's first step: its rate


def test_the_script_holds_the_text_of_all_its_functions(lesson, cells):
    names = ["seconds_of", "loss_for_average", "trimmed_loss"]
    names += ["make_network", "train", "ways", "shared_members"]
    texts = [lesson["source_of"](lesson[name]) for name in names]
    for name, text in zip(names, texts, strict=True):
        assert text.startswith(f"def {name}("), text
    imports = cells["write-script"].split('"""')[1] % (4, 0.1)
    main = [cells[each].split('"""')[1] for each in ("script", "script-rest")]
    compile("\n\n".join([imports, *texts, *main]), "train.py", "exec")
    assert "mine = (" + ", ".join(names)[:30] in cells["write-script"].replace("\n    ", " ")
    assert inspect.getsource(ensemble).count("import course_utils") == 0
    assert "from course_utils" not in inspect.getsource(ensemble)  # it is copied as it stands


def test_trimming_over_all_in_one_process_is_the_trimmed_mean_of_all(lesson, X):
    rows = torch.tensor(X).float()
    drawn = BATCHES.reshape(4, 2, 12)
    network = lesson["train_both"](rows, drawn, over_all=True)
    found = torch.cat([each.detach().flatten(1) for each in network.parameters()], dim=1).numpy()
    whole = lesson["train"](X, BATCHES, lambda e: ensemble.trimmed_mean(e, lesson["SHARE"]))
    np.testing.assert_allclose(found, whole, atol=1e-4)
    network = lesson["train_both"](rows, drawn, over_all=False)
    other = torch.cat([each.detach().flatten(1) for each in network.parameters()], dim=1).numpy()
    assert abs(other - whole).max() > 1e-3


def test_on_paper_nobody_is_faster_than_the_longest_row_group(lesson, cells):
    names = {"np": np, "start_up": 2.0, "per_task": 0.01, "group_seconds": [3.0, 1.0, 1.0, 1.0]}
    exec(cells["paper"], names)
    assert names["on_paper"](1, 1) == pytest.approx(2 + 0.04 + 6)
    assert names["on_paper"](2, 1) == pytest.approx(2 + 0.04 + 3)
    assert names["on_paper"](99, 1) == pytest.approx(2 + 0.04 + 3)
    assert names["on_paper"](1, 10) == pytest.approx(2 + 0.4 + 60)


def test_a_kill_waits_for_the_first_scores(lesson, tmp_path):
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(sleeping) as victim:
        (tmp_path / "part-00000.parquet").write_bytes(b"")
        client = SimpleNamespace(run=lambda _: {"one": victim.pid, "other": victim.pid + 10**9})
        assert lesson["kill_one"](client, tmp_path) == 1
        assert victim.wait(10) != 0


def test_the_flaky_submit_loses_and_repeats(lesson):
    lesson["scorer"] = SimpleNamespace(decision_function=lambda X: X.sum(axis=1))
    submit = lesson["flaky"](np.random.default_rng(0))
    lost, repeated = 0, 0
    for number in range(60):
        try:
            pairs = submit(number, np.full((3, 2), number))
        except ex.WorkerLost:
            lost += 1
            continue
        assert pairs[-1] == (number, 2 * number)
        repeated += len(pairs) > 1
    assert 8 < lost < 35
    assert repeated > 10


def test_scores_are_timed_partition_by_partition(lesson):
    lesson["scorer"] = SimpleNamespace(decision_function=lambda X: X.sum(axis=1))
    before = len(lesson["group_seconds"])
    assert lesson["timed_scores"](np.ones((3, 2))).tolist() == [2, 2, 2]
    assert len(lesson["group_seconds"]) == before + 1


def test_the_tiny_examples_of_the_stubs_hold():
    assert float(ex.loss_for_average._solution(torch.tensor([1.0, 2.0, 6.0]), 5, 2)) == (
        pytest.approx(3.6)
    )
    own, other = torch.tensor([[1.0, 9.0]]), torch.tensor([[2.0, 3.0]])
    found = ex.trimmed_loss._solution(own, 0.25, lambda mine: [mine, other])
    assert float(found) == pytest.approx(2 / 3)
    rows, scores = ex.worst_rows._solution(
        iter([np.array([[1.0], [5.0]]), np.array([[5.0], [2.0]])]), lambda X: X[:, 0], 2
    )
    assert (rows.tolist(), scores.tolist()) == ([1, 2], [5, 5])
    assert ex.amdahl._solution(np.array([1, 2, 4]), np.array([10.0, 6.0, 4.0])) == pytest.approx(
        (2, 8)
    )
