"""Lesson 25: cases counted by brute force, nothing learned of what is judged, controls as told."""

import subprocess
import sys

from course_utils import baselines, data, evaluation
from course_utils.course import lessons
from course_utils.data.store import download, registry
from course_utils.exercises import lesson_25 as ex

import numpy as np
import public_files as files
import pytest

DEFINING_CELLS = (
    "imports",
    "more-imports",
    "make-network",
    "ways",
    "judged",
    "judged-line",
    "news",
    "looked-at",
    "once",
    "taught",
    "choice",
    "lessons-of-the-desk",
    "record",
    "host-rivals",
    "host-detectors",
    "host-network",
    "host-fused",
    "host-judged",
    "pad",
    "pad-run",
)
KNOWN = ("port scan", "password guessing", "flood")
NEW = ("slow scan", "exfiltration", "tunnel")


@pytest.fixture(scope="module")
def lesson():
    """Return the names that the notebook's cells define."""
    cells = lessons.sources_of("25")
    names = {name: getattr(ex, name)._solution for name in ex.__all__}
    names |= {"networks": [], "KNOWN": KNOWN, "NEW": NEW, "recordings": [], "scorers": []}
    trap = cells["trap"]
    names["MASKS"] = ("train", "line", "before", "after", "known", "new")
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    exec(compile(trap[trap.index("def by_trees") :], "trap", "exec"), names)
    run = cells["trap-run"]
    exec(compile(run[: run.index("lines = ")], "trap-run", "exec"), names)
    return names


def opened(lesson, seed):
    net = lesson["open_network"](seed)
    masks = ex.honest_cut._solution(net.day, net.kinds, [1, 6, 8], [3, 10, 13], 14)
    vars(net).update(zip(lesson["MASKS"], masks, strict=True))
    net.late = net.day >= 14
    usual = net.train & (net.y == 0)
    net.scores = {
        "trees": lesson["by_trees"](net, net.train),
        "5 neighbours": lesson["by"](baselines.KNearestNeighbours(), net, usual),
        "Mahalanobis": lesson["by"](baselines.Mahalanobis(), net, usual),
    }
    pair = (net.scores["trees"], net.scores["5 neighbours"])
    one, other = (ex.surprise._solution(each[net.line], each) for each in pair)
    net.scores["sum of surprises"] = one + other
    return net


@pytest.fixture(scope="module")
def net(lesson):
    return opened(lesson, 11)


@pytest.fixture(scope="module")
def traces(lesson):
    return lesson["open_traces"](11)


# ------------------------------------------------------------------------------- the network


def test_an_opened_network_is_the_made_one(net):
    made = data.make_network(seed=11)
    assert net.X.shape == (20_000, 15)
    np.testing.assert_allclose(np.expm1(net.X[:, 1]), made.X[:, 1])
    np.testing.assert_array_equal(net.X[:, 9], made.X[:, 9])
    np.testing.assert_allclose((net.X[:, 13:] ** 2).sum(axis=1), 1)
    np.testing.assert_allclose(net.hour % 24 + 0.5, made.X[:, 13], atol=0.51)
    assert set(net.kinds[net.known]) == set(KNOWN)
    assert set(net.kinds[net.new]) == set(NEW)


def test_a_detector_is_scaled_and_taught_by_its_rows_alone(lesson, net):
    rows = net.train & (net.y == 0)
    changed = lesson["SimpleNamespace"](**vars(net))
    changed.X = np.where(rows[:, None], net.X, net.X + 3)
    asked = np.flatnonzero(rows)[:50]
    make = baselines.KNearestNeighbours
    one, other = (lesson["by"](make(), each, rows, asked) for each in (net, changed))
    np.testing.assert_array_equal(one, other)


def test_the_desk_and_its_rows_are_those_of_a_slow_loop(lesson, net):
    scores, days = net.scores["Mahalanobis"], [14, 15, 16]
    seen = lesson["looked_at"](net, scores)
    wanted, attacked, found = np.zeros(len(seen), dtype=bool), 0, 0
    for day in days:
        rows = np.flatnonzero(net.day == day)
        cases = {}
        for row in rows:
            cases.setdefault((net.hour[row], net.host[row]), []).append(row)
        ranked = sorted(cases, key=lambda case: (-scores[cases[case]].max(), case))
        for place, case in enumerate(ranked):
            attack = net.y[cases[case]].any()
            attacked += attack
            if place < lesson["BUDGET"]:
                wanted[cases[case]] = True
                found += attack
    np.testing.assert_array_equal(seen, wanted)
    part = lesson["kept"](net, np.isin(net.day, days))
    share = lesson["desk"](part, part.scores["Mahalanobis"], part.y)
    assert share == pytest.approx(found / attacked)


def test_a_line_finds_and_rings_as_counted(lesson, net):
    scores = net.scores["trees"]
    line = lesson["judged"](net, scores)
    alarm = scores > np.quantile(scores[net.line], 0.99)
    assert line["new"] == pytest.approx(alarm[np.isin(net.kinds, NEW) & net.late].mean())
    assert line["after"] == pytest.approx(alarm[net.late & (net.y == 0)].mean())
    rung = {(h, t) for h, t, a, d in zip(net.host, net.hour, alarm, net.day, strict=True)
            if a and d >= 14}  # fmt: skip
    assert line["alarms a day"] == pytest.approx(len(rung) / 7)


@pytest.mark.parametrize("seed", [12, 13, 14])
def test_the_story_holds_on_other_networks(lesson, seed):
    net = opened(lesson, seed)
    near = lesson["judged"](net, net.scores["5 neighbours"])
    trees = lesson["judged"](net, net.scores["trees"])
    formula = lesson["judged"](net, net.scores["Mahalanobis"])
    assert near["new"] > 0.5 > trees["new"]
    assert near["after"] > 0.06 > trees["after"]
    assert trees["AUROC, known"] > 0.98 > trees["AUROC, new"] + 0.08
    assert formula["desk"] > trees["desk"] > near["desk"] + 0.1
    calm = lesson["without_news"](net)
    assert 0 < (len(net.y) - len(calm.y)) / len(net.y) < 0.06
    assert calm.y.sum() == net.y.sum()
    assert lesson["desk"](calm, calm.scores["5 neighbours"], calm.y) > near["desk"] + 0.35


@pytest.mark.parametrize("seed", [12, 13])
def test_what_is_learned_after_the_change_is_what_somebody_said(lesson, seed):
    net = opened(lesson, seed)
    ways = lesson["lessons"](net, seed)
    days = np.isin(net.day, [14, 15, 16])
    for learn, line, labelled in ways.values():
        assert not (learn | line | labelled)[~days].any()
    learn, _, labelled = ways["the same, labels for the trees"]
    np.testing.assert_array_equal(learn, labelled & (net.y == 0))
    seen, by_chance = (
        {(net.host[row], net.hour[row]) for row in np.flatnonzero(ways[name][2])}
        for name in ("the same, labels for the trees", "the same, looks by chance")
    )
    assert len(seen) == len(by_chance) == 3 * lesson["BUDGET"]
    desk, new, false = {}, {}, {}
    for name in ("nothing", "the line alone, from day 16", "all but what the desk found",
                 "after_drift", "the same, labels for the trees"):  # fmt: skip
        after = lesson["taught"](net, *ways[name])
        desk[name] = lesson["desk"](after, after.scores["sum"], after.y)
        line = lesson["judged"](after, after.scores["5 neighbours"])
        new[name], false[name] = line["new"], line["after"]
    assert desk["after_drift"] > desk["nothing"] + 0.05
    assert desk["the same, labels for the trees"] > desk["nothing"] + 0.12
    assert new["the line alone, from day 16"] < 0.2 < new["nothing"] - 0.2
    assert new["all but what the desk found"] < new["after_drift"] - 0.1
    assert false["after_drift"] < 0.045 < false["nothing"]


# ------------------------------------------------------------------------------- the traces


def test_no_job_stands_in_two_parts(lesson):
    made, traces = data.record_host_traces(seed=11), lesson["open_traces"](11)
    assert [len(traces[name]) for name in ("train", "line", "usual")] == [700, 200, 250]
    assert sum(map(len, traces.values())) == len(made.X)
    every = sorted(job for jobs in traces.values() for job in jobs)
    assert every == sorted(job.tolist() for job in made.X)


def test_shuffling_takes_order_and_nothing_else(lesson, traces):
    jobs = traces["new"]
    mixed = lesson["shuffled"](jobs)
    assert mixed != jobs
    assert [sorted(job) for job in mixed] == [sorted(job) for job in jobs]
    np.testing.assert_array_equal(lesson["counted"](mixed), lesson["counted"](jobs))
    pairs = lesson["counted"](jobs, pairs=True)
    events = len(data.HOST_EVENTS)
    assert pairs.shape == (len(jobs), events + events**2)
    for row, job in zip(pairs, jobs, strict=True):
        assert row.sum() == 2 * len(job) - 1
        assert row[events + events * job[0] + job[1]] >= 1


def test_order_finds_what_counts_do_not_and_labels_only_what_they_know(lesson, traces):
    makes = {
        "never seen": lesson["partial"](lesson["windows_of"], 1),
        "windows": lesson["partial"](lesson["windows_of"], 5),
        "counts": lesson["by_counts"],
        "labels": lesson["by_labels"],
    }
    makes["no order"] = lesson["partial"](lesson["without_order"], makes["windows"])
    found = {name: lesson["host_line"](make(traces), traces) for name, make in makes.items()}
    new = {name: line["AUROC, new"] for name, line in found.items()}
    assert new["never seen"] == pytest.approx(0.5, abs=0.02)
    assert new["windows"] > 0.94 > new["counts"]
    assert new["no order"] < new["windows"] - 0.15
    assert found["labels"]["AUROC, known"] > 0.85 > new["labels"] + 0.05


def test_padding_puts_usual_jobs_of_training_around_each(lesson, traces):
    jobs = traces["known"]
    long = lesson["padded"](jobs, traces)
    usual = {tuple(job) for job in traces["train"]}
    for job, more in zip(jobs, long, strict=True):
        places = [at for at in range(len(more)) if more[at : at + len(job)] == job]
        assert any(
            tuple(more[:at]) in usual and tuple(more[at + len(job) :]) in usual for at in places
        )


def test_padding_dilutes_a_share_and_no_number(lesson, traces):
    windows = lesson["windows_of"](5, traces)
    number = lesson["pad_line"](windows, traces)
    share = lesson["pad_line"](lesson["share_unseen"](traces), traces)
    counts = lesson["pad_line"](lesson["by_counts"](traces), traces)
    assert share["rings, odd, padded"] < share["rings, odd"] - 0.05
    assert number["rings, odd, padded"] > 0.85
    assert number["AUROC, all padded"] > 0.93 > counts["AUROC, all padded"] + 0.15
    assert counts["rings, usual, padded"] > 0.5 > number["rings, usual, padded"]


def test_the_network_guesses_by_order(lesson, traces):
    score = lesson["next_event"](traces)
    mixed = lesson["without_order"](lesson["next_event"], traces)
    found = [lesson["host_line"](each, traces)["AUROC, new"] for each in (score, mixed)]
    assert found[0] > 0.85
    assert found[0] > found[1] + 0.1
    y = np.repeat([0, 1], [len(traces["usual"]), len(traces["known"])])
    values = np.r_[score(traces["usual"]), score(traces["known"])]
    assert evaluation.auroc(y, values) > 0.85


# ------------------------------------------------------------------------------ real files


def line_of(generator, kind):
    """Return a row of the form of NSL-KDD."""
    attack = kind != "normal"
    numbers = [f"{generator.integers(0, 900) + 40 * attack}" for _ in range(38)]
    text = ["tcp", "http" if not attack else "private", "SF" if not attack else "S0"]
    return ",".join([numbers[0], *text, *numbers[1:], kind, "20"])


def test_the_full_profile_reads_both_files(lesson, tmp_path, monkeypatch):
    generator = np.random.default_rng(0)
    contents = {}
    for name, kinds in (("KDDTrain+_20Percent.txt", ["normal", "neptune"]),
                        ("KDDTest+.txt", ["normal", "neptune", "mscan"])):  # fmt: skip
        rows = [line_of(generator, kinds[row % len(kinds)]) for row in range(600)]
        contents[name] = ("\n".join(rows) + "\n").encode()
    described = {
        "files": [
            files.describe(content, name, ["https://example.org/made"])
            for name, content in contents.items()
        ],
        "loader": "load_nsl_kdd",
    }
    folder = files.write_registry(tmp_path / "registry", nsl_kdd=described)
    monkeypatch.setattr(registry, "FOLDER", folder)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    registry.entries.cache_clear()
    try:
        files.make(download.path_of("nsl_kdd"), contents)
        cell = lessons.sources_of("25")["real-load"]
        for profile in ("full", "quick"):
            monkeypatch.setenv("COURSE_PROFILE", profile)
            names = dict(lesson)
            exec(cell, names)
            if profile == "full":
                assert len(names["Z"]) == len(names["Z_later"]) == 600
                assert set(names["kinds_later"]) - set(names["kinds"]) == {"mscan"}
            else:
                assert len(names["Z"]) + len(names["Z_later"]) == 20_000
                assert set(names["kinds_later"]) - set(names["kinds"]) == set(NEW)
            usual = names["Z"][(names["part"] == "train") & (names["y"] == 0)]
            np.testing.assert_allclose(usual.mean(axis=0), 0, atol=0.2)
    finally:
        monkeypatch.undo()
        registry.entries.cache_clear()


# ------------------------------------------------------------------------------- exercises


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_25; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
