"""Exercises of lesson 06, of a dirty table: cleaned, prepared, cut."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require, same_numbers, take_apart

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

# ------------------------------------------------------------------------------------ 1 · clean

clean = Exercise(
    "Return (X, y): numbers with NaN where a value is negative, and labels with 1 = anomaly; "
    "copies of rows are gone.",
    hints=(
        "The page does it in three lines. table.columns.drop(target) are the columns of numbers.",
        "table[numbers].mask(table[numbers] < 0) puts NaN where a number is negative; "
        "drop_duplicates() drops copies.",
        "Work on table.copy(), or the caller's table changes. Labels: "
        "(table[target] == anomaly).to_numpy(int).",
    ),
    praise="Right. Impossible is missing, a copy is no evidence, and the gaps wait for the split.",
)


@clean.set_solution
def clean_solution(table, target, anomaly):
    table = table.copy()
    numbers = table.columns.drop(target)
    table[numbers] = table[numbers].mask(table[numbers] < 0)
    table = table.drop_duplicates()
    return table[numbers].to_numpy(), (table[target] == anomaly).to_numpy(int)


def _dirty_table():
    """Return a table of nine rows: one copy, one row that differs by its label alone, dirt."""
    return pd.DataFrame(
        {
            "width": [4.0, 4.0, 1.5, 2.5, -999.0, 3.5, 7.0, 7.0, 6.0],
            "state": ["on", "on", "on", "off", "on", "on", "on", "off", "off"],
            "depth": [0.5, 0.5, 0.0, np.nan, 0.2, 0.1, 0.9, 0.9, -1.0],
        }
    )


@clean.set_check
def clean_check(answer):
    table = _dirty_table()
    given = table.copy()
    result = answer(given, "state", "off")
    X, y = take_apart(result, ("X", "y"))
    require(
        given.equals(table),
        "The caller's table came back changed. Begin with table.copy(), or running your function "
        "twice cleans what is clean.",
    )
    X, y = _as_rows(X), _as_label_vector(y)
    _judge_cleaned(X, y)


def _as_rows(X):
    """Return X as floats with NaN allowed."""
    require(X is not None, "X is None: is something missing before `return X, y`?")
    try:
        X = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        require(False, "X still holds text. Leave the target column out of X.")
    require(
        X.ndim == 2 and X.shape[1] == 2,
        f"X has shape {X.shape}; two columns of numbers are expected here, without the target.",
    )
    return X


def _as_label_vector(y):
    """Return y as floats, or say that it still holds names."""
    values = np.asarray(y)
    require(
        values.dtype.kind in "biuf",
        "y still holds names. Keras needs numbers: 1 where the target equals `anomaly`, else 0.",
    )
    require(values.ndim == 1, f"y has shape {values.shape}; one label per row, (n,), is expected.")
    return values.astype(float)


def _judge_cleaned(X, y):
    require(len(X) == len(y), f"X has {len(X)} rows and y has {len(y)} labels.")
    require(
        not np.any(X == 999) and not np.any(X[:, 1] == 1),
        "The sign of an impossible value was taken away: −999 became 999. A value that cannot be "
        "is not known, so it is missing: NaN.",
    )
    require(not np.any(X < 0), "There are still negative numbers in X. They become NaN.")
    require(
        len(X) != 9,
        "All nine rows are still there, and one is a copy of another. Across a split, copies let "
        "a model test itself on what it has learned: drop them.",
    )
    gaps = int(np.isnan(X).sum())
    require(
        gaps or len(X) != 5,
        "You dropped every row with a gap. That throws away three rows of eight for one cell "
        "each; in service such a row would get no answer at all. Leave NaN, it is filled after "
        "the split.",
    )
    require(
        not np.any(X[:, 0] == 0) and np.sum(X[:, 1] == 0) <= 1,
        "Gaps became 0. That claims a measurement of zero, which was never made. Leave NaN.",
    )
    require(
        gaps == 3,
        f"X has {gaps} gaps where 3 are expected: an empty cell and two impossible values. "
        "Filling comes after the split, with numbers from the training rows; here it would use "
        "rows that are to be tested.",
    )
    require(
        len(X) == 8,
        f"{len(X)} rows are left and 8 are expected. A copy agrees in every column, the target "
        "included: rows that differ by their label alone contradict each other and stay.",
    )
    wanted, labels = clean_solution(_dirty_table(), "state", "off")
    require(
        not np.array_equal(y, 1 - labels),
        "The labels are turned around: 1 is the anomaly, here `off`.",
    )
    order, expected = _sorted_rows(X, y), _sorted_rows(wanted, labels)
    require(
        np.array_equal(order, expected, equal_nan=True),
        "Some rows or labels are not those of the table. Do X and y keep the same order?",
    )


def _sorted_rows(X, y):
    rows = np.column_stack([X, y])
    return rows[np.lexsort(np.nan_to_num(rows, nan=-1).T)]


# ---------------------------------------------------------------------------------- 2 · prepare

prepare = Exercise(
    "Return (train, test) with gaps filled and columns scaled, everything by the training rows.",
    hints=(
        "Three rows of numbers come from train and from train alone: medians, means, deviations.",
        "np.nanmedian(train, axis=0) looks past the gaps; np.where(np.isnan(train), medians, "
        "train) fills them.",
        "Then mean and deviation of the filled training rows, and (rows - mean) / deviation for "
        "both parts.",
    ),
    praise="Right. A new row is measured with a ruler that was fixed before it came.",
)


@prepare.set_solution
def prepare_solution(train, test):
    medians = np.nanmedian(train, axis=0)
    train = np.where(np.isnan(train), medians, train)
    test = np.where(np.isnan(test), medians, test)
    mean, spread = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / spread, (test - mean) / spread


def _parts_with_gaps():
    """Return training and test rows with gaps, skewed and of different scale and place."""
    generator = np.random.default_rng(6)
    train = np.exp(generator.normal(size=(31, 3))) * [1, 100, 0.01] + [0, 50, 3]
    test = np.exp(0.5 + generator.normal(size=(9, 3))) * [1, 100, 0.01] + [1, 90, 3.02]
    train[[2, 5, 9, 14], [0, 1, 1, 2]] = np.nan
    test[[1, 4, 7], [0, 1, 2]] = np.nan
    return train, test


def _scaled(train, test, fill_train, fill_test, ruler):
    """Return both parts filled and scaled; `ruler` picks the rows that give mean and spread."""
    train = np.where(np.isnan(train), fill_train, train)
    test = np.where(np.isnan(test), fill_test, test)
    rows = {"train": train, "test": test, "all": np.vstack([train, test])}[ruler]
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    return (train - mean) / spread, (test - mean) / spread


def _prepare_mistakes(train, test):
    """Return (training rows, test rows, message) of the mistakes that people make."""
    medians, both = np.nanmedian(train, axis=0), np.vstack([train, test])
    own = np.nanmedian(test, axis=0)
    ruler = "The ruler was fitted on all rows: the test rows helped to scale themselves. "
    each = _scaled(train, test, medians, own, "train")[0], _scaled(train, test, 0, own, "test")[1]
    half = each[0], _scaled(train, test, 0, medians, "test")[1]
    fresh = (
        "The test rows were scaled by their own mean and deviation. A batch of anomalies would "
        "become normal, and a single row would turn into zeros. Use the training rows' numbers."
    )
    mistakes = [
        (*_scaled(train, test, medians, medians, "all"), ruler + "Fit it on train alone."),
        (*each, fresh),
        (*half, fresh),
    ]
    for statistic in (np.nanmedian, np.nanmean):
        whole = statistic(both, axis=0)
        mistakes += [
            (
                *_scaled(train, test, whole, whole, "train"),
                "The gaps were filled with a number from all rows, the test rows among them. It "
                "comes from the training rows, as does everything that is fitted.",
            ),
            (*_scaled(train, test, whole, whole, "all"), ruler + "So did the filler."),
            (
                *_scaled(train, test, statistic(train, axis=0), statistic(test, axis=0), "train"),
                "The test rows' gaps were filled with the test rows' own number. In service one "
                "row comes at a time and has no company: take the training rows' number.",
            ),
        ]
    mistakes.append(
        (
            *_scaled(train, test, 0, 0, "train"),
            "The gaps became 0 before scaling. In a column around 100 a zero is an extreme value; "
            "fill with the training median.",
        )
    )
    return mistakes


@prepare.set_check
def prepare_check(answer):
    train, test = _parts_with_gaps()
    result = answer(train.copy(), test.copy())
    got_train, got_test = take_apart(result, ("train", "test"))
    for part, name in ((got_train, "train"), (got_test, "test")):
        require(part is not None, f"{name} is None: is something missing in your `return`?")
        require(
            not np.isnan(np.asarray(part, dtype=float)).any(),
            f"There are still gaps in {name}. One NaN makes every probability of a row NaN, and "
            "in training all weights. (np.median of a column with NaN is NaN; np.nanmedian "
            "looks past the gaps.)",
        )
    got_train = as_array(got_train, shape=train.shape, what="train")
    got_test = as_array(got_test, shape=test.shape, what="test")
    if any(
        same_numbers(got_train, right) and same_numbers(got_test, right_test)
        for right, right_test in _right_ways(train, test)
    ):
        return
    for wrong_train, wrong_test, message in _prepare_mistakes(train, test):
        for scale in (1, np.sqrt(1 - 1 / len(test)), np.sqrt(1 - 1 / len(train))):
            require(
                not same_numbers(got_test, wrong_test * scale)
                or not same_numbers(got_train, wrong_train, 0.05),
                message,
            )
    _judge_numbers(got_train, got_test, train, test)


def _right_ways(train, test):
    """Yield the results of filling with median or mean, deviation by n or by n − 1."""
    for statistic in (np.nanmedian, np.nanmean):
        fill = statistic(train, axis=0)
        right = _scaled(train, test, fill, fill, "train")
        for scale in (1, np.sqrt(1 - 1 / len(train))):
            yield right[0] * scale, right[1] * scale
        mean, spread = np.nanmean(train, axis=0), np.nanstd(train, axis=0)  # ruler before filling
        yield tuple((np.where(np.isnan(p), fill, p) - mean) / spread for p in (train, test))


def _judge_numbers(got_train, got_test, train, test):
    means, spreads = got_train.mean(axis=0), got_train.std(axis=0)
    require(
        np.allclose(means, 0, atol=0.1),
        f"The training columns have means {means.round(2)}; 0 is expected. Subtract the training "
        "mean of each column (axis=0).",
    )
    require(
        np.allclose(spreads, 1, atol=0.1),
        f"The training columns have deviations {spreads.round(2)}; 1 is expected. Divide by the "
        "standard deviation of each column.",
    )
    fill = np.nanmedian(train, axis=0)
    right = _scaled(train, test, fill, fill, "train")[1]
    require(
        same_numbers(got_test, right),
        f"The first test row is {got_test[0].round(2)}; {right[0].round(2)} is expected with "
        "median, mean and deviation from the training rows.",
    )
    require(False, "The test rows are right, the training rows are not: were gaps filled alike?")


# -------------------------------------------------------------------------------------- 3 · cut

cut = Exercise(
    "Return (train, test): copies removed first, then a random share of each class for testing.",
    hints=(
        "Two steps, in this order: table.drop_duplicates(), then the split.",
        "train_test_split takes test_size=share, random_state=seed and stratify= with the column "
        "whose shares are to be kept.",
        "train_test_split(rows, test_size=share, stratify=rows[target], random_state=seed) takes "
        "a DataFrame and gives two.",
    ),
    praise="Right. No row on both sides, the same share of anomalies on each.",
)


@cut.set_solution
def cut_solution(table, target, share, seed):
    rows = table.drop_duplicates()
    return train_test_split(rows, test_size=share, stratify=rows[target], random_state=seed)


def _sorted_table(rows, anomalies, copies):
    """Return a table sorted by its target, in which the first `copies` anomalies stand twice."""
    generator = np.random.default_rng(rows)
    table = pd.DataFrame(generator.normal(size=(rows, 2)).round(6), columns=["a", "b"])
    table["fault"] = (np.arange(rows) >= rows - anomalies).astype(int)
    twice = table[table["fault"] == 1].head(copies)
    return pd.concat([table, table.head(copies), twice]).sort_values("fault", kind="stable")


@cut.set_check
def cut_check(answer):
    for rows, anomalies, share in ((200, 20, 0.25), (120, 30, 0.1)):
        table = _sorted_table(rows, anomalies, copies=10)
        draws = [_cut_once(answer, table, rows, share, seed) for seed in (0, 1, 2)]
        for train, test in draws:
            _judge_cut(train, test, anomalies, rows, share)
        again = _cut_once(answer, table, rows, share, 0)
        require(
            not draws[0][1].equals(draws[1][1]),
            "Two seeds give the same test rows. Hand `seed` on to the draw.",
        )
        require(
            draws[0][1].sort_index().equals(again[1].sort_index()),
            "The same seed gives other test rows the second time, so nobody can repeat the "
            "result. Hand `seed` on to the draw.",
        )


def _cut_once(answer, table, rows, share, seed):
    """Return (train, test) of one call, as DataFrames of the right size."""
    given = table.copy()
    train, test = take_apart(answer(given, "fault", share, seed), ("train", "test"))
    require(given.equals(table), "The caller's table came back changed; work on a copy.")
    for part, name in ((train, "train"), (test, "test")):
        require(
            isinstance(part, pd.DataFrame) and list(part.columns) == list(table.columns),
            f"{name} should be a DataFrame with the columns {', '.join(table.columns)}.",
        )
        require(len(part), f"{name} has no rows.")
    shared = len(pd.merge(train.drop_duplicates(), test.drop_duplicates()))
    alone = not train.duplicated().any() and not test.duplicated().any()
    require(
        not shared or not alone,
        f"{shared} rows stand on both sides, though neither side has copies: the copies were "
        "removed after the split. Remove them before, or twins are already apart.",
    )
    require(
        not shared,
        f"{shared} rows stand on both sides. There are copies: remove them before you split.",
    )
    require(
        len(train) >= len(test),
        f"{len(test)} rows are for testing and {len(train)} for training; the share of "
        f"{share:.0%} is the test's. Have the two changed places?",
    )
    require(
        len(train) + len(test) == rows,
        f"The two parts have {len(train) + len(test)} rows together; {rows} different rows are "
        "in the table.",
    )
    require(
        abs(len(test) - share * rows) <= 2,
        f"{len(test)} rows are for testing; a share of {share:.0%} of {rows} is expected.",
    )
    return train, test


def _judge_cut(train, test, anomalies, rows, share):
    """Say whether the anomalies are spread as they should be."""
    found, wanted = int(test["fault"].sum()), anomalies * share
    require(
        found < min(len(test), anomalies),
        f"The test rows are the last rows of the table: {found} of {len(test)} are anomalies, "
        "because the table is sorted. Draw them at random.",
    )
    require(
        found,
        "There is no anomaly among the test rows: the table is sorted, and you took its top.",
    )
    require(
        abs(found - wanted) <= 1,
        f"The test rows hold {found} anomalies and {wanted:g} are expected: chance decides here. "
        "Stratify, so that both sides have the same share; with rare anomalies one side may "
        "otherwise get none.",
    )
