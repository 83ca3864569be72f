"""Scoring by partitions: the same scores as in one go, in order, also where a worker dies."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course_utils.serve import Scorer, partitions
from course_utils.serve.partitions import score_partitions

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import served_file
from distributed import Client, LocalCluster

ROOT = Path(__file__).resolve().parent.parent
NAMES = ["a", "b", "c"]
ROWS, GROUP = 1000, 90


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return served_file.write(tmp_path_factory.mktemp("served") / "distance.onnx", names=NAMES)


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(ROWS, len(NAMES)))


@pytest.fixture
def folder(tmp_path, X):
    """Three files, which sort otherwise by name than by number, and a column nobody asked for."""
    path = tmp_path / "table"
    path.mkdir()
    for number, rows in zip((1, 2, 10), np.array_split(X, 3), strict=True):
        write(path / f"part.{number}.parquet", rows)
    write(path / "_half.parquet", X)
    (path / "_temporary").mkdir()
    write(path / "_temporary" / "part.3.parquet", X)
    return path


def write(path, X, names=tuple(NAMES)):
    columns = {"time": np.arange(len(X))} | dict(zip(reversed(names), X.T[::-1], strict=True))
    pq.write_table(pa.table(columns), path, row_group_size=GROUP)


def read(paths):
    return np.concatenate([pq.read_table(path)["score"].to_numpy() for path in paths])


def mean_distance(X):
    return np.abs(X).mean(axis=1)


def test_rows_keep_their_order_over_files_and_row_groups(exported, folder, X, tmp_path):
    paths = score_partitions(exported, folder, to=tmp_path / "scores")
    assert [path.name for path in paths] == [f"part-{number:05}.parquet" for number in range(12)]
    np.testing.assert_allclose(read(paths), mean_distance(X), rtol=1e-12)
    assert pq.read_table(tmp_path / "scores")["score"].to_numpy() == pytest.approx(read(paths))
    assert sorted(tmp_path.glob("scores/*")) == paths  # nothing half done is left


def test_without_a_folder_the_scores_are_a_series_that_counts_the_rows(exported, folder, X):
    found = score_partitions(exported, folder)
    assert found.npartitions == 12
    assert found.divisions[0] == 0
    assert found.divisions[-1] == ROWS - 1
    found = found.compute()
    assert found.name == "score"
    assert found.index.tolist() == list(range(ROWS))
    np.testing.assert_allclose(found, mean_distance(X), rtol=1e-12)


def test_a_dask_table_keeps_its_index(exported, X, tmp_path):
    import dask.dataframe as dd
    import pandas as pd

    frame = pd.DataFrame(X, columns=NAMES, index=[f"row {k:04}" for k in range(ROWS)])
    table = dd.from_pandas(frame.assign(more=0.0), npartitions=4)
    found = score_partitions(exported, table).compute()
    assert found.index.tolist() == frame.index.tolist()
    np.testing.assert_allclose(found, mean_distance(X), rtol=1e-12)
    paths = score_partitions(exported, table, to=tmp_path / "scores")
    np.testing.assert_allclose(read(paths), found, rtol=1e-12)
    stamps = [path.stat().st_mtime_ns for path in paths]
    assert score_partitions(exported, table, to=tmp_path / "scores") == paths
    assert [path.stat().st_mtime_ns for path in paths] == stamps


def test_columns_may_be_named(folder, X, tmp_path):
    nameless = served_file.write(tmp_path / "nameless.onnx")
    with pytest.raises(ValueError, match=r"row group \d of part\.\d+\.parquet: X has 4 features"):
        score_partitions(nameless, folder, to=tmp_path / "all")
    found = score_partitions(nameless, folder, columns=["c", "a", "b"]).compute()
    np.testing.assert_allclose(found, mean_distance(X), rtol=1e-12)


def test_a_fitted_detector_and_its_file_score_as_it_does(folder, X, tmp_path):
    from course_utils import detectors

    import pandas as pd

    frame = pd.DataFrame(X, columns=NAMES)
    detector = detectors.AutoEncoder(members=2, steps=2, device="cpu").fit(frame)
    detector.save(tmp_path / "saved")
    for each in (detector, tmp_path / "saved"):
        found = score_partitions(each, folder).compute()
        np.testing.assert_allclose(found, detector.decision_function(frame), rtol=1e-6)


def test_a_detector_is_loaded_once_a_process_by_many_threads(exported, folder, monkeypatch):
    loads = []
    partitions._loaded.cache_clear()

    def slowly(self, path):
        loads.append(path)
        time.sleep(0.05)
        self.decision_function = lambda X: np.zeros(len(X))
        self.feature_names = NAMES

    monkeypatch.setattr(Scorer, "__init__", slowly)
    try:
        assert score_partitions(exported, folder).compute(num_workers=6).sum() == 0
    finally:
        partitions._loaded.cache_clear()
    assert len(loads) == 1


def test_what_is_complete_is_not_done_again_and_what_is_broken_is(exported, folder, tmp_path):
    paths = score_partitions(exported, folder, to=tmp_path / "scores")
    scores, stamps = read(paths), [path.stat().st_mtime_ns for path in paths]
    paths[3].unlink()
    paths[5].write_bytes(paths[5].read_bytes()[:-20])  # as a crash of the disk leaves it
    (tmp_path / "scores" / ".part-00003-dead.half").write_bytes(b"half")
    score_partitions(exported, folder, to=tmp_path / "scores")
    changed = [path.stat().st_mtime_ns != stamp for path, stamp in zip(paths, stamps, strict=True)]
    assert np.flatnonzero(changed).tolist() == [3, 5]
    np.testing.assert_array_equal(read(paths), scores)
    assert sorted(tmp_path.glob("scores/*")) == paths


def test_scores_of_another_table_or_detector_are_not_taken_for_these(
    exported, folder, X, tmp_path
):
    to = tmp_path / "scores"
    score_partitions(exported, folder, to=to)
    other = served_file.write(tmp_path / "other.onnx", names=NAMES, threshold=9.0)
    with pytest.raises(ValueError, match=r"part-00000\.parquet holds no scores of this table"):
        score_partitions(other, folder, to=to)
    with pytest.raises(ValueError, match="Name an empty folder"):
        score_partitions(exported, folder, to=to, columns=["b", "a", "c"])
    write(folder / "part.2.parquet", X[: ROWS // 3] + 1)
    with pytest.raises(ValueError, match=r"part-00004\.parquet holds no scores"):
        score_partitions(exported, folder, to=to)
    (folder / "part.2.parquet").unlink()
    with pytest.raises(ValueError, match="holds no scores"):
        score_partitions(exported, folder, to=to)


def test_a_row_that_cannot_be_scored_names_its_part_and_leaves_the_others(
    exported, folder, X, tmp_path
):
    wrong = X[: ROWS // 3].copy()
    wrong[95, 1] = np.nan
    write(folder / "part.2.parquet", wrong)
    with pytest.raises(
        ValueError, match=r"row group 1 of part\.2\.parquet: X has NaN in row 5, column 1"
    ):
        score_partitions(exported, folder, to=tmp_path / "scores")
    assert not (tmp_path / "scores" / "part-00005.parquet").exists()


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1.5", "2"], "string"),
        (np.array(["2026-01-01", "2026-01-02"], dtype="M8[s]"), "timestamp"),
        (pa.array(["1", "2"]).dictionary_encode(), "dictionary<"),
    ],
)
def test_texts_and_times_are_not_made_numbers(exported, tmp_path, values, type_):
    columns = {"a": [0.0, 1.0], "b": values, "c": [1, 2]}
    pq.write_table(pa.table(columns), tmp_path / "table.parquet")
    told = rf"row group 0 of table\.parquet: column 'b' holds {type_}.*, not numbers"
    with pytest.raises(ValueError, match=told):
        score_partitions(exported, tmp_path / "table.parquet").compute()


def test_what_is_no_table_or_detector_is_refused(exported, folder, tmp_path):
    with pytest.raises(TypeError, match="detector is a value of type int"):
        score_partitions(3, folder)
    with pytest.raises(TypeError, match="table is a value of type list"):
        score_partitions(exported, [folder])
    with pytest.raises(FileNotFoundError, match=r"nothing is no Parquet file, and no folder"):
        score_partitions(exported, tmp_path / "nothing")
    write(folder / "part.11.parquet", np.zeros((3, 3)), ("a", "b", "d"))
    with pytest.raises(ValueError, match=r'part\.11\.parquet: .*"c" does not exist'):
        score_partitions(exported, folder).compute()


def test_a_killed_worker_loses_no_row(exported, tmp_path):
    """Two processes and one of them dies in the middle, as when the system needs its memory."""
    X = np.random.default_rng(1).normal(size=(60_000, 3))
    table = pa.table(dict(zip(NAMES, X.T, strict=True)))
    pq.write_table(table, tmp_path / "table", row_group_size=500)
    to = tmp_path / "scores"

    def kill(pid):
        for _ in range(6000):
            if done := len(list(to.glob("part-*.parquet"))):
                break
            time.sleep(0.005)
        psutil.Process(pid).kill()
        return done

    local = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": 50}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **local) as cluster,
        Client(cluster) as client,
        ThreadPoolExecutor(1) as beside,
    ):
        loaded = client.run(lambda: "torch" in sys.modules)
        victim = min(client.run(os.getpid).values())
        killed = beside.submit(kill, victim)
        paths = score_partitions(exported, tmp_path / "table", to=to, client=client)
        done = killed.result()
    assert not any(loaded.values())
    assert 0 < done < 120 == len(paths)
    assert not psutil.pid_exists(victim)
    np.testing.assert_allclose(read(paths), mean_distance(X), rtol=1e-12)
    assert sorted(to.glob("*")) == paths


def test_a_worker_needs_no_torch():
    code = "import sys, course_utils.serve.partitions; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
