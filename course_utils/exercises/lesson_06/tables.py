"""Exercises of lesson 06, of a dirty table: cleaned, prepared, cut."""

from __future__ import annotations

from course_utils.exercises import inputs
from course_utils.exercises.comparison import compare
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, plain, require, same_numbers, take_apart

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

# ------------------------------------------------------------------------------------ 1 · clean

clean = Exercise(
    "Return (X, y): numbers with NaN where a value is negative, and labels with 1 = anomaly; "
    "copies of rows are gone.",
    hints=(
        "The five: abs(), the caller's table, subset=, a mean of all rows, factorize. "
        "table.columns.drop(target) are the columns of numbers.",
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
    X, y = _as_rows(X, 2), _as_label_vector(y)
    _judge_cleaned(X, y)
    _judge_names(answer)
    compare(_in_one_order(answer), (_in_one_order(clean_solution),), _clean_inputs)


def _judge_names(answer):
    """Say whether y comes from numbering the names and not from comparing them."""
    names = ["worn", "fine", "fine", "loose", "fine"]
    table = pd.DataFrame({"state": names, "load": [1.0, 2.0, 3.0, 4.0, 5.0]})
    for anomaly in ("worn", "loose"):
        X, y = take_apart(answer(table.copy(), "state", anomaly), ("X", "y"))
        X, y = _as_rows(X, 1), _as_label_vector(y)
        require(len(X) == len(y) == 5, f"Of five different rows {len(X)} came back.")
        for codes in (pd.factorize(np.array(names))[0], np.unique(names, return_inverse=True)[1]):
            for numbered in (codes, codes > 0, codes == 0):
                rightly = np.array_equal(numbered, np.array(names) == anomaly)
                require(
                    rightly or not _same_rows(X, y, table[["load"]], numbered),
                    "The names were numbered, in the order in which they come or in the "
                    f"alphabet's. y is 1 where the target is the anomaly, here {anomaly!r}, and 0 "
                    "for every other name.",
                )


def _in_one_order(function):
    """Return a function that puts the rows of (X, y) in one order, and −9 where a number lacks."""

    def sorted_rows(table, target, anomaly):
        X, y = take_apart(function(table, target, anomaly), ("X", "y"))
        X, y = _as_rows(X, table.shape[1] - 1), _as_label_vector(y)
        require(len(X) == len(y), f"X has {len(X)} rows and y has {len(y)} labels.")
        require(not np.any(X < 0), "There are still negative numbers in X. They become NaN.")
        return _sorted_rows(np.nan_to_num(X, nan=-9), y)

    return sorted_rows


def _clean_inputs(rng):
    for what, numbers in inputs.tables(rng, least=6):
        table = pd.DataFrame(np.abs(numbers), columns=list("qwert")[: numbers.shape[1]])
        table.iloc[0, 0], table.iloc[2, 0] = -999, 0
        if table.shape[1] > 1:
            table.iloc[1, -1] = np.nan
        kinds = np.array(["cut off", "off", "on", "x"])[: int(rng.integers(2, 5))]
        names = rng.permutation(np.resize(kinds, len(table)))
        table.insert(int(rng.integers(table.shape[1] + 1)), "kind", names)
        twice = pd.concat([table, table.iloc[[0, 1, 3]]])
        twice = twice.sample(frac=1, random_state=int(rng.integers(99)))
        for anomaly in kinds:
            yield what, (twice.reset_index(drop=True), "kind", str(anomaly))
    table = table.set_index(np.arange(len(table))[::-1] + 7)
    yield "rows numbered backwards", (table, "kind", str(kinds[0]))
    whole = pd.DataFrame({"fault": ["yes", "no", "yes", "no"], "count": [3, -1, 3, 2]})
    yield "whole numbers", (whole, "fault", "yes")
    yield "whole numbers, the other name", (whole, "fault", "no")


def _as_rows(X, columns):
    """Return X as floats with NaN allowed."""
    require(X is not None, "X is None: is something missing before `return X, y`?")
    try:
        X = np.asarray(plain(X), dtype=float)
    except (TypeError, ValueError):
        require(False, "X still holds text. Leave the target column out of X.")
    require(
        X.ndim == 2 and X.shape[1] == columns,
        f"X has shape {X.shape}; (rows, {columns}) is expected, without the target.",
    )
    return X


def _as_label_vector(y):
    """Return y as floats, or say that it still holds names."""
    values = np.asarray(plain(y))
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
    wanted, labels = clean_solution(_dirty_table(), "state", "off")
    above = np.where(wanted <= 0, np.nan, wanted)
    require(
        not _same_rows(X, y, above, labels),
        "Zeros became NaN too. A depth of 0 can be measured; only what is below 0 cannot be.",
    )
    require(
        gaps == 3 or not np.isin(X[~np.isnan(X)], wanted).all(),
        f"X has {gaps} gaps where 3 are expected: an empty cell and two impossible values. "
        "Everything else stays as it was measured.",
    )
    require(
        gaps == 3,
        f"X has {gaps} gaps where 3 are expected: an empty cell and two impossible values. "
        "Filling comes after the split, with numbers from the training rows; here it would use "
        "rows that are to be tested.",
    )
    require(
        not _same_rows(X, y, wanted[1:], labels[1:]),
        "Both rows of a pair of copies are gone, a measurement among them. One of the two stays: "
        "drop_duplicates() keeps the first, keep=False keeps none.",
    )
    for other in (5, 6):  # the rows that differ by their label alone, of which one or both lack
        for gone in ([other], [5, 6], [0, 5, 6]):
            require(
                not _same_rows(X, y, np.delete(wanted, gone, 0), np.delete(labels, gone)),
                f"{len(X)} rows are left and 8 are expected. A copy agrees in every column, the "
                "target included: rows that differ by their label alone contradict each other "
                "and stay.",
            )
    require(len(X) == 8, f"{len(X)} rows are left and 8 are expected: one of nine is a copy.")
    require(
        not _same_rows(X, y, wanted, 1 - labels),
        "The labels are turned around: 1 is the anomaly, here `off`.",
    )
    require(
        _same_rows(X, y, wanted, labels),
        "Some rows or labels are not those of the table. Do X and y keep the same order?",
    )


def _same_rows(X, y, other, labels):
    """Say whether both have the same rows with the same labels, in any order."""
    if len(y) != len(labels):
        return False
    pair = _sorted_rows(X, y), _sorted_rows(other, labels)
    return np.allclose(*pair, rtol=1e-5, atol=1e-8, equal_nan=True)


def _sorted_rows(X, y):
    rows = np.column_stack([y, X])
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
            not np.isnan(np.asarray(plain(part), dtype=float)).any(),
            f"There are still gaps in {name}. One NaN makes every probability of a row NaN, and "
            "in training all weights. (np.median of a column with NaN is NaN; np.nanmedian "
            "looks past the gaps.)",
        )
    got_train = as_array(got_train, shape=train.shape, what="train")
    got_test = as_array(got_test, shape=test.shape, what="test")
    for right in (way(train, test) for way in OTHER_WAYS):
        if same_numbers(got_train, right[0]) and same_numbers(got_test, right[1]):
            return
    for wrong_train, wrong_test, message in _prepare_mistakes(train, test):
        for scale in (1, np.sqrt(1 - 1 / len(test)), np.sqrt(1 - 1 / len(train))):
            require(
                not same_numbers(got_test, wrong_test * scale)
                or not same_numbers(got_train, wrong_train, 0.05),
                message,
            )
    _judge_numbers(got_train)


def _judge_numbers(got_train):
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


def _another_way(fill, ddof, ruler_first):
    """Return the preparation with another filler, divisor or order, each as fair as ours."""

    def prepared(train, test):
        filler = fill(train, axis=0)
        filled = [np.where(np.isnan(part), filler, part) for part in (train, test)]
        ruler = train if ruler_first else filled[0]
        mean, spread = np.nanmean(ruler, axis=0), np.nanstd(ruler, axis=0, ddof=ddof)
        return tuple((part - mean) / spread for part in filled)

    return prepared


OTHER_WAYS = [
    _another_way(fill, ddof, ruler_first)
    for fill in (np.nanmedian, np.nanmean)
    for ddof in (0, 1)
    for ruler_first in (False, True)
]


@prepare.set_inputs(also_right=OTHER_WAYS)
def prepare_inputs(rng):
    for what, (train, test) in inputs.train_and_rows(rng, least=6):
        yield f"{what}, no gaps", (train, test)
        train, test = train.copy(), test.copy()
        train[2, 0], test[0, -1] = np.nan, np.nan
        train[rng.integers(1, len(train) - 1), -1] = np.nan
        yield what, (train, test)
        yield (
            f"{what}, a column of gaps in the test rows",
            (train, test * [[np.nan] + [1] * (test.shape[1] - 1)]),
        )


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
            _judge_cut(train, test, table, share)
        wanted = anomalies * share
        found = [int(test["fault"].sum()) for _, test in draws]
        require(
            max(abs(each - wanted) for each in found) <= 1,
            f"The test rows hold {', '.join(map(str, found))} anomalies with three seeds, and "
            f"{wanted:g} are expected. Stratify, so that both sides have the same share; where "
            "chance decides, one side may get none.",
        )
        again = _cut_once(answer, table, rows, share, 0)
        require(
            not draws[0][1].equals(draws[1][1]),
            "Two seeds give the same test rows. Hand `seed` on to the draw.",
        )
        require(
            all(
                _values(one).equals(_values(other))
                for one, other in zip(draws[0], again, strict=True)
            ),
            "The same seed gives other test rows the second time, so nobody can repeat the "
            "result. Hand `seed` on to the draw.",
        )
    _judge_kinds(answer)


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
    both = pd.merge(train.drop_duplicates(), test.drop_duplicates())
    alone = not train.duplicated().any() and not test.duplicated().any()
    twins = len(both) == len(pd.merge(both, table[table.duplicated()].drop_duplicates()))
    require(
        both.empty or not twins or not alone,
        f"{len(both)} rows stand on both sides, though neither side has copies: the copies were "
        "removed after the split. Remove them before, or twins are already apart.",
    )
    require(
        both.empty or not twins,
        f"{len(both)} rows stand on both sides. There are copies: remove them before you split.",
    )
    require(both.empty, f"{len(both)} rows stand on both sides.")
    require(
        alone,
        "Copies stand on one side together. They count one row twice: remove them before the "
        "split.",
    )
    require(
        len(pd.merge(pd.concat([train, test]), table.drop_duplicates())) == len(train) + len(test),
        "Some rows that came back are not in the table, or their values have changed.",
    )
    require(
        len(train) >= len(test) or abs(len(train) - share * rows) > 2,
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


def _values(rows):
    """Return the rows in an order of their own, whatever their order and their numbers are."""
    return rows.sort_values(list(rows.columns)).reset_index(drop=True)


def _judge_cut(train, test, table, share):
    """Say whether rows were drawn, and not taken as they stand."""
    rows = table.drop_duplicates()
    for part, name in ((rows.tail(len(test)), "last"), (rows.head(len(test)), "first")):
        require(
            not _values(test).equals(_values(part)),
            f"The test rows are the {name} rows of the table, and the table is sorted: "
            f"{int(test['fault'].sum())} of {len(test)} are anomalies. Draw them at random.",
        )


def _judge_kinds(answer):
    """Ask for a cut by names of three kinds, in a table of other columns."""
    generator = np.random.default_rng(9)
    kinds = np.repeat(["fine", "worn", "broken"], [120, 40, 20])
    table = pd.DataFrame({"kind": kinds, "c": generator.random(180), "d": np.arange(180) % 7})
    names = {"target": "kind", "share": 0.3, "seed": 4}
    train, test = take_apart(answer(table.copy(), *names.values()), ("train", "test"))
    require(len(train) + len(test) == 180, f"{len(train) + len(test)} of 180 rows came back.")
    for kind, wanted in (("fine", 36), ("worn", 12), ("broken", 6)):
        found = int((test["kind"] == kind).sum())
        require(
            abs(found - wanted) <= 1,
            f"With the three kinds of the column `kind`, {found} of the test rows are {kind!r} "
            f"where {wanted} are expected: each value of `target` has one share on both sides.",
        )
