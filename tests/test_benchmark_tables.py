"""data.benchmark_tables: small tables, few anomalies, each source once."""

from course_utils import data
from course_utils.data import benchmark
from course_utils.data.public import tables as public

import numpy as np
import pytest


@pytest.fixture(scope="module")
def tables():
    return data.benchmark_tables(rows=1000, seed=0)


def test_twelve_tables_of_few_rows_and_few_anomalies(tables):
    assert len(tables) == 12
    for name, table in tables.items():
        assert table.modality == "table", name
        assert 100 < len(table) <= 1000, name
        assert 10 <= table.n_anomalies <= len(table) / 10, name
        assert table.n_duplicates == 0, name


def test_no_source_comes_twice(tables):
    real = [each.source for each in tables.values() if not each.source.startswith("simulated")]
    assert len(set(real)) == len(real) >= 6


def test_every_table_can_be_cut_with_clean_and_with_dirty_training_rows(tables):
    for name, table in tables.items():
        for protocol in ("clean-train", "contaminated-train"):
            parts = data.split(table, protocol, seed=1)
            assert parts.test.n_anomalies >= 2, name
            assert parts.validation.n_anomalies >= 2, name


def test_numbers_that_name_things_are_no_columns(tables):
    for name in ("orders", "payments"):
        assert not [each for each in tables[name].feature_names if each.endswith("number")]


def test_a_customer_or_a_day_stays_on_one_side(tables):
    for name in ("payments", "machine", "textures"):
        parts = data.split(tables[name], seed=0)
        groups = [set(each.groups) for each in (parts.train, parts.validation, parts.test)]
        assert not groups[0] & groups[2], name
        assert not groups[1] & groups[2], name


def test_one_seed_gives_the_same_rows_and_another_seed_others(tables):
    again, other = data.benchmark_tables(1000, 0), data.benchmark_tables(1000, 1)
    assert all(np.array_equal(tables[name].X, again[name].X) for name in tables)
    changed = [name for name in tables if not np.array_equal(tables[name].X, other[name].X)]
    assert set(changed) >= {"Shuttle", "digits", "orders", "payments", "wine"}


def test_images_are_averaged_over_squares():
    pictures = data.load_mnist_5k(anomaly=5)
    squares = benchmark._averaged(pictures)
    assert squares.X[3, 9] == pytest.approx(pictures.X[3, 4:8, 8:12].mean())
    assert squares.feature_names[9] == "square 1 2"


def test_events_are_counted():
    logs = data.make_program_logs(jobs=200)
    counts = benchmark._counted(logs)
    assert counts.X[7, 3] == np.sum(logs.X[7] == 3)
    assert counts.X.sum(axis=1).tolist() == [len(each) for each in logs.X]


def test_the_full_profile_adds_what_was_downloaded(monkeypatch, tables):
    wine = data.load_wine()
    monkeypatch.setattr(benchmark, "available", lambda name: name == "adbench_musk")
    monkeypatch.setattr(public, "load_adbench", lambda name: {"musk": wine}[name])
    assert "musk" not in data.benchmark_tables(300)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    assert list(data.benchmark_tables(300)) == [*tables, "musk"]


def test_of_adbench_all_but_three_are_sources_of_their_own():
    assert set(public.ADBENCH_FILES) - set(benchmark.ADBENCH_SOURCES) == (
        {"thyroid", "optdigits", "smtp"}
    )


@pytest.mark.parametrize("rows", [299, 1e4, "all", True])
def test_rows_that_are_no_number_are_refused(rows):
    with pytest.raises((TypeError, ValueError), match="rows is"):
        data.benchmark_tables(rows)
