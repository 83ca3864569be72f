"""Answers to the exercises of lesson 06: right ones in other styles, and wrong ones."""

import os

from answers import right, wrong
from course_utils.exercises import lesson_06 as ex
from course_utils.exercises.lesson_06.tables import _scaled

import keras
import numpy as np
import pandas as pd
import torch
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def _random_parts(table, share, seed):
    order = np.random.default_rng(seed).permutation(len(table))
    size = round(share * len(table))
    return table.iloc[order[size:]], table.iloc[order[:size]]


def _stratified_parts(table, target, share, seed):
    parts = [_random_parts(rows, share, seed) for _, rows in table.groupby(target)]
    return tuple(pd.concat(each) for each in zip(*parts, strict=True))


def _best(histories, column):
    return min(histories, key=lambda name: min(histories[name][column]))


def _ranks_by_centres(X_train, y_train, X_new):
    """Return a probability-like score from the difference of the two classes' means."""
    train, new = ex.prepare._solution(X_train, X_new)
    direction = train[y_train == 1].mean(axis=0) - train[y_train == 0].mean(axis=0)
    return 1 / (1 + np.exp(-(new @ direction)))


# --------------------------------------------------------------------------------------- 1 · clean


@right(ex.clean)
def clean_by_rows(table, target, anomaly):
    seen, X, y = set(), [], []
    for row in table.itertuples(index=False):
        numbers = [v for name, v in zip(table.columns, row, strict=True) if name != target]
        key = (tuple(None if np.isnan(v) else v for v in numbers), getattr(row, target))
        if key not in seen:
            seen.add(key)
            X.append([v if v >= 0 else float("nan") for v in numbers])
            y.append(getattr(row, target) == anomaly)
    return X, y


@wrong(ex.clean, "sign of an impossible value")
def clean_by_absolute_value(table, target, anomaly):
    table = table.copy()
    numbers = table.columns.drop(target)
    table[numbers] = table[numbers].abs()
    return ex.clean._solution(table, target, anomaly)


@wrong(ex.clean, "is a copy of another")
def clean_with_copies(table, target, anomaly):
    numbers = table.columns.drop(target)
    X = table[numbers].mask(table[numbers] < 0).to_numpy()
    return X, (table[target] == anomaly).to_numpy(int)


@wrong(ex.clean, "dropped every row with a gap")
def clean_by_dropping(table, target, anomaly):
    X, y = ex.clean._solution(table, target, anomaly)
    whole = ~np.isnan(X).any(axis=1)
    return X[whole], y[whole]


@wrong(ex.clean, "Gaps became 0")
def clean_with_zeros(table, target, anomaly):
    X, y = ex.clean._solution(table, target, anomaly)
    return np.nan_to_num(X), y


@wrong(ex.clean, "Filling comes after the split")
def clean_with_the_mean_of_all(table, target, anomaly):
    X, y = ex.clean._solution(table, target, anomaly)
    return np.where(np.isnan(X), np.nanmean(X, axis=0), X), y


@wrong(ex.clean, "still holds names")
def clean_with_names(table, target, anomaly):
    X, y = ex.clean._solution(table, target, anomaly)
    return X, np.where(y == 1, anomaly, "on")


@wrong(ex.clean, "turned around")
def clean_upside_down(table, target, anomaly):
    X, y = ex.clean._solution(table, target, anomaly)
    return X, 1 - y


@wrong(ex.clean, "differ by their label alone")
def clean_without_contradictions(table, target, anomaly):
    numbers = table.columns.drop(target)
    return ex.clean._solution(table.drop_duplicates(subset=list(numbers)), target, anomaly)


@wrong(ex.clean, "caller's table came back changed")
def clean_in_place(table, target, anomaly):
    numbers = table.columns.drop(target)
    table[numbers] = table[numbers].mask(table[numbers] < 0)
    return ex.clean._solution(table, target, anomaly)


@wrong(ex.clean, "still negative numbers")
def clean_without_a_look(table, target, anomaly):
    table = table.drop_duplicates()
    numbers = table.columns.drop(target)
    return table[numbers].to_numpy(), (table[target] == anomaly).to_numpy(int)


@wrong(ex.clean, "Zeros became NaN too")
def clean_of_zeros(table, target, anomaly):
    table = table.drop_duplicates()
    numbers = table.columns.drop(target)
    X = table[numbers].mask(table[numbers] <= 0).to_numpy()
    return X, (table[target] == anomaly).to_numpy(int)


@wrong(ex.clean, "Both rows of a pair of copies")
def clean_of_twins(table, target, anomaly):
    return ex.clean._solution(table.drop_duplicates(keep=False), target, anomaly)


@wrong(ex.clean, "names were numbered")
def clean_by_factorize(table, target, anomaly):
    X, _ = ex.clean._solution(table, target, anomaly)
    return X, pd.factorize(table.drop_duplicates()[target])[0]


@wrong(ex.clean, "is expected")
def clean_by_a_part_of_the_name(table, target, anomaly):
    X, _ = ex.clean._solution(table, target, anomaly)
    return X, table.drop_duplicates()[target].str.contains(anomaly).to_numpy(int)


@right(ex.clean)
def clean_keeping_the_last(table, target, anomaly):
    rows = table.drop_duplicates(keep="last")
    X = rows.drop(columns=target).astype("float32")
    return X.where(~(X < 0)), rows[target].eq(anomaly)


@right(ex.clean)
def clean_as_tensors(table, target, anomaly):
    X, y = ex.clean._solution(table=table, target=target, anomaly=anomaly)
    order = np.argsort(y, kind="stable")
    return torch.tensor(X[order], dtype=torch.float32), torch.tensor(y[order])


@wrong(ex.clean, "caller's table came back changed")
def clean_as_carelessly_as_the_lesson_shows(table, target, anomaly):
    numbers = list(table.columns.drop(target))
    table[numbers] = table[numbers].abs()
    table = table.drop_duplicates(subset=numbers)
    X = table[numbers].fillna(table[numbers].mean()).to_numpy()
    return X, pd.factorize(table[target])[0]


wrong(ex.clean, "2 results")(lambda table, target, anomaly: table)
wrong(ex.clean, "holds text")(lambda table, target, anomaly: (table, [1] * len(table)))
wrong(ex.clean, "without the target")(lambda table, target, anomaly: (np.ones((8, 3)), np.ones(8)))

# ------------------------------------------------------------------------------------- 2 · prepare


@right(ex.prepare)
def prepare_with_scikit_learn(train, test):
    pipeline = make_pipeline(SimpleImputer(strategy="mean"), StandardScaler()).fit(train)
    return [pipeline.transform(train), pipeline.transform(test).astype(np.float32)]


@right(ex.prepare)
def prepare_by_hand(train, test):
    train, test = train.copy(), test.copy()
    medians = np.nanmedian(train, axis=0)
    for rows in (train, test):
        for column in range(rows.shape[1]):
            rows[np.isnan(rows[:, column]), column] = medians[column]
    mean, spread = train.mean(axis=0), train.std(axis=0, ddof=1)
    return (train - mean) / spread, (test - mean) / spread


@right(ex.prepare)
def prepare_in_pandas(train, test):
    train, test = pd.DataFrame(train), pd.DataFrame(test)
    fill = train.median()
    test, train = test.fillna(fill), train.fillna(fill)
    return (train - train.mean()) / train.std(), (test - train.mean()) / train.std()


@right(ex.prepare)
def prepare_tensors(train, test):
    train, test = torch.tensor(train, requires_grad=True), torch.tensor(test)
    fill = torch.nanquantile(train, 0.5, dim=0)
    test, train = (torch.where(torch.isnan(part), fill, part) for part in (test, train))
    mean, spread = train.mean(dim=0), train.std(dim=0, correction=0)
    return (train - mean) / spread, (test - mean) / spread


@wrong(ex.prepare, "expected")
def prepare_without_a_root(train, test):
    train, test = ex.prepare._solution(train, test)
    return (train / 2, test / 2) if len(test) == 1 else (train, test)


@wrong(ex.prepare, "changes the `train` that it was given")
def prepare_in_place(train, test):
    prepared = prepare_by_hand(train, test)
    train[:], test[:] = prepared
    return prepared


@wrong(ex.prepare, "fitted on all rows")
def prepare_with_all_rows(train, test):
    medians = np.nanmedian(train, axis=0)
    return _scaled(train, test, medians, medians, "all")


@wrong(ex.prepare, "scaled by their own mean")
def prepare_each_for_itself(train, test):
    return ex.prepare._solution(train, train)[0], ex.prepare._solution(test, test)[0]


@wrong(ex.prepare, "number from all rows")
def prepare_filled_from_all(train, test):
    whole = np.nanmean(np.vstack([train, test]), axis=0)
    return _scaled(train, test, whole, whole, "train")


@wrong(ex.prepare, "test rows' own number")
def prepare_filled_from_test(train, test):
    return _scaled(train, test, np.nanmean(train, axis=0), np.nanmean(test, axis=0), "train")


@wrong(ex.prepare, "became 0 before scaling")
def prepare_filled_with_zero(train, test):
    return _scaled(train, test, 0, 0, "train")


@wrong(ex.prepare, "still gaps in")
def prepare_with_gaps(train, test):
    mean, spread = np.nanmean(train, axis=0), np.nanstd(train, axis=0)
    return (train - mean) / spread, (test - mean) / spread


@wrong(ex.prepare, "1 is expected")
def prepare_without_spread(train, test):
    medians = np.nanmedian(train, axis=0)
    train, test = (np.where(np.isnan(rows), medians, rows) for rows in (train, test))
    return train - train.mean(axis=0), test - train.mean(axis=0)


wrong(ex.prepare, "test is None")(lambda train, test: (np.nan_to_num(train), None))
wrong(ex.prepare, "still gaps")(lambda train, test: (np.zeros_like(train), test * 0))
wrong(ex.prepare, "0 is expected")(
    lambda train, test: tuple(
        np.nan_to_num(rows - np.nanmin(train, 0)) / np.nanmax(train, 0) for rows in (train, test)
    )
)

# ----------------------------------------------------------------------------------------- 3 · cut


@right(ex.cut)
def cut_with_a_splitter(table, target, share, seed):
    rows = table.drop_duplicates().reset_index(drop=True)
    splitter = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    train, test = next(splitter.split(rows, rows[target]))
    return rows.iloc[train], rows.iloc[test]


@right(ex.cut)
def cut_by_groups(table, target, share, seed):
    return _stratified_parts(table.drop_duplicates(), target, share, seed)


@right(ex.cut)
def cut_by_sampling(table, target, share, seed):
    rows = table.drop_duplicates(ignore_index=True)
    test = rows.groupby(target).sample(frac=share, random_state=seed)
    return [rows.drop(test.index).sample(frac=1), test.reset_index(drop=True)]


@wrong(ex.cut, "three kinds")
def cut_of_faults_alone(table, target, share, seed):
    return ex.cut._solution(table, "fault" if "fault" in table else "d", share, seed)


@wrong(ex.cut, "values have changed")
def cut_and_shift(table, target, share, seed):
    rows = table.drop_duplicates()
    return ex.cut._solution(rows.assign(a=rows[rows.columns[0]] + 1), target, share, seed)


@wrong(ex.cut, "the second time")
def cut_by_global_chance(table, target, share, seed):
    return ex.cut._solution(table, target, share, None)


@wrong(ex.cut, "removed after the split")
def cut_then_clean(table, target, share, seed):
    parts = _random_parts(table, share, seed)
    return tuple(part.drop_duplicates() for part in parts)


@wrong(ex.cut, "remove them before you split")
def cut_with_copies(table, target, share, seed):
    return _random_parts(table, share, seed)


@wrong(ex.cut, "last rows of the table")
def cut_off_the_last_rows(table, target, share, seed):
    rows = table.drop_duplicates()
    size = round(share * len(rows))
    return rows.iloc[:-size], rows.iloc[-size:]


@wrong(ex.cut, "Stratify")
def cut_without_strata(table, target, share, seed):
    return _random_parts(table.drop_duplicates(), share, seed)


@wrong(ex.cut, "changed places")
def cut_the_wrong_way_round(table, target, share, seed):
    train, test = _stratified_parts(table.drop_duplicates(), target, share, seed)
    return test, train


@wrong(ex.cut, "Two seeds give the same")
def cut_with_one_seed(table, target, share, seed):
    return _stratified_parts(table.drop_duplicates(), target, share, 0)


wrong(ex.cut, "stand on both sides")(lambda table, target, share, seed: (table, table))
wrong(ex.cut, "DataFrame")(lambda table, target, share, seed: (table.to_numpy(), 0))
wrong(ex.cut, "a share of")(
    lambda table, target, share, seed: (
        table.drop_duplicates().iloc[:-9],
        table.drop_duplicates().iloc[-9:],
    )
)

# -------------------------------------------------------------------------------------- 4 · decide

right(ex.decide)(lambda outputs, threshold: [float(row[0] > threshold) for row in outputs])
right(ex.decide)(lambda outputs, threshold: outputs.ravel() > threshold)


@wrong(ex.decide, "argmax over one column")
def decide_by_argmax(outputs, threshold):
    return outputs.argmax(axis=1)


@wrong(ex.decide, "decide as at 0.5")
def decide_by_rounding(outputs, threshold):
    return np.round(outputs[:, 0])


@wrong(ex.decide, "shape (n, 1)")
def decide_as_a_table(outputs, threshold):
    return (outputs > threshold).astype(int)


@wrong(ex.decide, "turned around")
def decide_upside_down(outputs, threshold):
    return (outputs[:, 0] < threshold).astype(int)


@wrong(ex.decide, "These are the probabilities")
def decide_nothing(outputs, threshold):
    return outputs[:, 0]


wrong(ex.decide, "returned None")(lambda outputs, threshold: print(end=""))
wrong(ex.decide, "0 is expected")(lambda outputs, threshold: outputs[:, 0] > 0.3)
wrong(ex.decide, "a quantile")(
    lambda outputs, threshold: outputs[:, 0] > np.quantile(outputs[:, 0], threshold)
)
wrong(ex.decide, "> and not >=")(lambda outputs, threshold: outputs[:, 0] >= threshold)
wrong(ex.decide, "Silence is")(
    lambda outputs, threshold: np.sign(2.0 * (outputs[:, 0] > threshold) - 1)
)


@right(ex.decide)
def decide_on_tensors(outputs, threshold):
    outputs = torch.tensor(outputs, requires_grad=True)
    return torch.where(outputs.squeeze(1) > threshold, 1.0, 0.0)


@right(ex.decide)
def decide_in_pandas(outputs, threshold):
    return pd.DataFrame(outputs, columns=["p"])["p"].gt(threshold).astype("int8")


# ---------------------------------------------------------------------------------------- 5 · keep


@right(ex.keep)
def keep_by_loop(histories):
    best = None
    for name, history in histories.items():
        for epoch, loss in enumerate(history["val_loss"]):
            if best is None or loss < best[0]:
                best = loss, [name, np.int64(epoch), history["test_loss"][epoch]]
    return best[1]


@wrong(ex.keep, "lowest training loss")
def keep_by_training_loss(histories):
    name = _best(histories, "loss")
    epoch = int(np.argmin(histories[name]["loss"]))
    return name, epoch, histories[name]["test_loss"][epoch]


@wrong(ex.keep, "test rows may not choose")
def keep_by_test_loss(histories):
    name = _best(histories, "test_loss")
    epoch = int(np.argmin(histories[name]["test_loss"]))
    return name, epoch, histories[name]["test_loss"][epoch]


@wrong(ex.keep, "last* epoch")
def keep_the_last_epoch(histories):
    name = min(histories, key=lambda name: histories[name]["val_loss"][-1])
    return name, len(histories[name]["val_loss"]) - 1, histories[name]["test_loss"][-1]


@wrong(ex.keep, "test rows chose the epoch")
def keep_an_epoch_by_test_loss(histories):
    name = _best(histories, "val_loss")
    epoch = int(np.argmin(histories[name]["test_loss"]))
    return name, epoch, histories[name]["test_loss"][epoch]


@wrong(ex.keep, "is flattered by it")
def keep_and_report_validation(histories):
    name, epoch, _ = ex.keep._solution(histories)
    return name, epoch, histories[name]["val_loss"][epoch]


@wrong(ex.keep, "weights that you ship")
def keep_and_report_the_best(histories):
    name, epoch, _ = ex.keep._solution(histories)
    return name, epoch, min(histories[name]["test_loss"])


@wrong(ex.keep, "count from 0")
def keep_counting_from_one(histories):
    name, epoch, loss = ex.keep._solution(histories)
    return name, epoch + 1, loss


@wrong(ex.keep, "fits its training rows too well")
def keep_steady_to_the_end(histories):
    name = _best(histories, "val_loss")
    return name, len(histories[name]["val_loss"]) - 1, histories[name]["test_loss"][-1]


@wrong(ex.keep, "of rows that the network has learned")
def keep_and_report_training(histories):
    name, epoch, _ = ex.keep._solution(histories)
    return name, epoch, histories[name]["loss"][epoch]


@wrong(ex.keep, "come back changed")
def keep_by_sorting(histories):
    kept = ex.keep._solution(histories)
    for history in histories.values():
        history["val_loss"].sort()
    return kept


@wrong(ex.keep, "Where the lowest validation losses are")
def keep_by_the_first_epoch(histories):
    name = min(histories, key=lambda name: histories[name]["val_loss"])
    epoch = int(np.argmin(histories[name]["val_loss"]))
    return name, epoch, histories[name]["test_loss"][epoch]


@wrong(ex.keep, "is expected")
def keep_the_one_called_steady(histories):
    name = "steady" if "steady" in histories else next(iter(histories))
    epoch = int(np.argmin(histories[name]["val_loss"]))
    return name, epoch, histories[name]["test_loss"][epoch]


@right(ex.keep)
def keep_in_pandas(histories):
    table = pd.concat({name: pd.DataFrame(each) for name, each in histories.items()})
    name, epoch = table["val_loss"].idxmin()
    return name, epoch, table["test_loss"][name, epoch]


@right(ex.keep)
def keep_on_tensors(histories):
    lowest = {name: torch.tensor(each["val_loss"]).min(dim=0) for name, each in histories.items()}
    name = min(lowest, key=lambda each: lowest[each].values)
    epoch = lowest[name].indices
    return name, epoch, torch.tensor(histories[name]["test_loss"], requires_grad=True)[epoch]


wrong(ex.keep, "3 results")(lambda histories: "steady")
wrong(ex.keep, "first result should be a name")(lambda histories: ("steady", 3, 0.5))
wrong(ex.keep, "should be a name")(lambda histories: (0, 3, 0.5))

# --------------------------------------------------------------------------------- 6 · hide_labels


@right(ex.hide_labels)
def hide_labels_by_shuffling(y, share, generator):
    anomalies = [row for row, label in enumerate(y) if label]
    generator.shuffle(anomalies)
    kept = set(anomalies[: max(1, round(share * len(anomalies)))])
    return [row in kept for row in range(len(y))]


@wrong(ex.hide_labels, "not taken out")
def hide_labels_by_deleting(y, share, generator):
    labels = ex.hide_labels._solution(y, share, generator)
    return y[(y == 0) | (labels == 1)]


@wrong(ex.hide_labels, "share of all rows")
def hide_labels_by_coin(y, share, generator):
    return y * (generator.random(len(y)) < share)


@wrong(ex.hide_labels, "y itself was changed")
def hide_labels_in_place(y, share, generator):
    y[:] = ex.hide_labels._solution(y, share, generator)
    return y


@wrong(ex.hide_labels, "hide the same labels")
def hide_labels_but_the_first(y, share, generator):
    anomalies = np.flatnonzero(y == 1)
    labels = np.zeros_like(y)
    labels[anomalies[: max(1, round(share * len(anomalies)))]] = 1
    return labels


@wrong(ex.hide_labels, "rounds to 0")
def hide_labels_down_to_none(y, share, generator):
    anomalies = np.flatnonzero(y == 1)
    labels = np.zeros_like(y)
    labels[generator.choice(anomalies, int(share * len(anomalies)), replace=False)] = 1
    return labels


@wrong(ex.hide_labels, "other way round")
def hide_labels_of_the_share(y, share, generator):
    if share in (0.01, 1.0):
        return ex.hide_labels._solution(y, share, generator)
    return y - ex.hide_labels._solution(y, share, generator)


@wrong(ex.hide_labels, "other than 0 and 1")
def hide_labels_as_unknown(y, share, generator):
    return np.where(y == 1, 2 * ex.hide_labels._solution(y, share, generator) - 1, 0)


@wrong(ex.hide_labels, "drawn twice")
def hide_labels_with_replacement(y, share, generator):
    anomalies = np.flatnonzero(y == 1)
    labels = np.zeros_like(y)
    labels[generator.choice(anomalies, max(1, round(share * len(anomalies))))] = 1
    return labels


@wrong(ex.hide_labels, "not down")
def hide_labels_cut_off(y, share, generator):
    anomalies = np.flatnonzero(y == 1)
    labels = np.zeros_like(y)
    labels[generator.permutation(anomalies)[: max(1, int(share * len(anomalies)))]] = 1
    return labels


@wrong(ex.hide_labels, "other labels are hidden the second time")
def hide_labels_by_global_chance(y, share, generator):
    return ex.hide_labels._solution(y, share, np.random.default_rng())


@wrong(ex.hide_labels, "stand in blocks")
def hide_labels_of_a_block(y, share, generator):
    anomalies = np.flatnonzero(y == 1)
    count = max(1, round(share * len(anomalies)))
    labels = np.zeros_like(y)
    labels[np.roll(anomalies, generator.integers(len(anomalies)))[:count]] = 1
    return labels


@right(ex.hide_labels)
def hide_labels_by_random_keys(y, share, generator):
    keys = np.where(y == 1, generator.random(len(y)), -1)
    count = max(1, round(share * int(y.sum())))
    return torch.tensor(keys >= np.sort(keys)[-count]).float().requires_grad_()


@right(ex.hide_labels)
def hide_labels_in_pandas(y, share, generator):
    labels = pd.Series(y)
    ones = labels[labels == 1]
    hidden = ones.sample(len(ones) - max(1, round(share * len(ones))), random_state=generator)
    return labels.where(~labels.index.isin(hidden.index), 0)


wrong(ex.hide_labels, "normal rows are marked")(lambda y, share, generator: 1 - y)
wrong(ex.hide_labels, "60 of 60")(lambda y, share, generator: y)

# ------------------------------------------------------------------------------------ 7 · detector


@right(ex.detector)
def detector_of_trees(X_train, y_train, X_new):
    trees = HistGradientBoostingClassifier(max_iter=40).fit(X_train, y_train)
    return list(trees.predict_proba(X_new)[:, 1])


@right(ex.detector)
def detector_in_keras(X_train, y_train, X_new):
    train, new = ex.prepare._solution(X_train, X_new)
    layers = [keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((train.shape[1],)), *layers])
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(train, y_train[:, None], epochs=25, batch_size=300, verbose=0)
    return model.predict(new, verbose=0)[:, 0]


@right(ex.detector)
def detector_of_random_trees(X_train, y_train, X_new):
    """Return the votes of trees whose chance no global seed holds still."""
    seed = int.from_bytes(os.urandom(3), "big")
    trees = RandomForestClassifier(40, min_samples_leaf=5, random_state=seed)
    return trees.fit(np.nan_to_num(X_train), y_train).predict_proba(np.nan_to_num(X_new))[:, 1]


@right(ex.detector)
def detector_in_torch(X_train, y_train, X_new):
    train, new = map(torch.tensor, ex.prepare._solution(X_train, X_new))
    model = torch.nn.Linear(train.shape[1], 1).double()
    optimiser = torch.optim.Adam(model.parameters(), 0.1)
    for _ in range(60):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            model(train)[:, 0], torch.tensor(y_train).double()
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return torch.sigmoid(model(new))[:, 0]


def _unseeded_network(train, y_train, new, seed):
    network = MLPClassifier(8, learning_rate_init=0.03, max_iter=60, random_state=seed)
    return network.fit(train, y_train).predict_proba(new)[:, 1]


def _leaks(prepare):
    """Store as wrong: networks with a leak, seeded, by global chance, by the system's chance."""
    for draw in (
        lambda: 0,
        lambda: None,
        lambda: int(np.random.default_rng().integers(2**31)),
        lambda: int.from_bytes(os.urandom(3), "big"),
    ):
        wrong(ex.detector, "company it comes in")(
            lambda X_train, y_train, X_new, draw=draw: _unseeded_network(
                *[prepare(X_train, X_new)[0], y_train, prepare(X_train, X_new)[1]], draw()
            )
        )


@_leaks
def scaled_anew(train, new):
    pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return pipeline.fit_transform(train), pipeline.fit_transform(new)


@_leaks
def filled_anew(train, new):
    train, filled = (np.where(np.isnan(x), np.nanmedian(x, axis=0), x) for x in (train, new))
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(filled)


@_leaks
def ranked_anew(train, new):
    filled = ex.prepare._solution(train, new)
    return [2 * pd.DataFrame(rows).rank(pct=True).to_numpy() - 1 for rows in filled]


@_leaks
def scaled_together(train, new):
    pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    pipeline.fit(np.vstack([train, new]))
    return pipeline.transform(train), pipeline.transform(new)


@_leaks
def filled_by_neighbours(train, new):
    filler = make_pipeline(KNNImputer(), StandardScaler()).fit(np.vstack([train, new]))
    return filler.transform(train), filler.transform(new)


@wrong(ex.detector, "company it comes in")
def detector_of_ranks(X_train, y_train, X_new):
    return pd.Series(detector_of_random_trees(X_train, y_train, X_new)).rank(pct=True)


@wrong(ex.detector, "judges unscaled ones")
def detector_of_unscaled_rows(X_train, y_train, X_new):
    train, _ = ex.prepare._solution(X_train, X_train)
    new = np.where(np.isnan(X_new), np.nanmedian(X_train, axis=0), X_new)
    return _unseeded_network(train, y_train, new, None)


_kept_model = []


@wrong(ex.detector, "With other training rows")
def detector_that_remembers(X_train, y_train, X_new):
    model = make_pipeline(SimpleImputer(), StandardScaler(), MLPClassifier(8, max_iter=200))
    if not _kept_model:
        _kept_model.append(model.fit(X_train, y_train))
    return _kept_model[0].predict_proba(X_new)[:, 1]


@wrong(ex.detector, "accuracy is 90 %")
def detector_that_is_silent(X_train, y_train, X_new):
    return np.zeros(len(X_new))


@wrong(ex.detector, "these are decisions")
def detector_of_decisions(X_train, y_train, X_new):
    return np.round(_ranks_by_centres(X_train, y_train, X_new) - 0.4)


@wrong(ex.detector, "point the wrong way")
def detector_of_column_0(X_train, y_train, X_new):
    return 1 - _ranks_by_centres(X_train, y_train, X_new)


@wrong(ex.detector, "company it comes in")
def detector_scaled_on_new_rows(X_train, y_train, X_new):
    return _ranks_by_centres(np.vstack([X_new, X_train]), np.r_[[-1] * len(X_new), y_train], X_new)


@wrong(ex.detector, "Some answers are NaN")
def detector_with_gaps(X_train, y_train, X_new):
    scores = _ranks_by_centres(X_train, y_train, X_new)
    return np.where(np.isnan(X_new).any(axis=1), np.nan, scores)


@wrong(ex.detector, "Two columns came back")
def detector_of_two_columns(X_train, y_train, X_new):
    scores = _ranks_by_centres(X_train, y_train, X_new)
    return np.column_stack([1 - scores, scores])


@wrong(ex.detector, "are the columns scaled")
def detector_without_a_ruler(X_train, y_train, X_new):
    medians = np.nanmedian(X_train, axis=0)
    train, new = (np.where(np.isnan(X), medians, X) for X in (X_train, X_new))
    direction = train[y_train == 1].mean(axis=0) - train[y_train == 0].mean(axis=0)
    z = (new - train.mean(axis=0)) @ direction
    return 1 / (1 + np.exp(-z / np.abs(z).max()))


wrong(ex.detector, "answers are NaN")(lambda X, y, X_new: X_new[:, 0] ** 2)
wrong(ex.detector, "between 0 and 1")(lambda X, y, X_new: np.nan_to_num(X_new[:, 0]))
wrong(ex.detector, "(m, 1)")(lambda X, y, X_new: np.ones((len(X_new), 1)))
wrong(ex.detector, "average precision")(lambda X, y, X_new: np.linspace(0, 1, len(X_new)))
