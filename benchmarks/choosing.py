"""Which detector when? Ranks over many tables, rules judged on tables left out, and search.

    python -m pip install -e ".[benchmark]" optuna==5.0.0
    python -m course_utils data get adbench_cardio adbench_pima ...     # all twelve
    python benchmarks/choosing.py --report benchmarks/choosing.md

The tables are those of `data.benchmark_tables` in the full profile. Each is cut five times into
training, validation and test rows (50, 25, 25 %) and scaled by the training rows. Training is
clean, or contaminated with 5 % anomalies (or the table's own share, where that is less).

What was measured is kept in a file beside the report (`.jsonl`), so that a run that was broken off
goes on where it stopped; delete that file to measure anew. `--minutes` breaks it off.
"""

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

from course_utils import baselines, data, detectors
from course_utils.evaluation import auroc, average_precision

import choosing_report
import numpy as np
import torch
from peers import Notes
from reports import show
from scipy.stats import loguniform, rankdata, skew
from sklearn.decomposition import PCA
from sklearn.model_selection import ParameterSampler, PredefinedSplit

SEEDS = range(5)
SEARCH_SEEDS = range(3)  # a search fits some 100 detectors
TRAININGS = "clean", "contaminated"
SIZES = 0.5, 0.25, 0.25
CONTAMINATION = 0.05
LABELS = 1, 5, 20, 100  # anomalies among the validation rows; as many as there are, where fewer
DRAWS = 5  # which of the validation anomalies are labelled
TRIALS = 16  # settings that a search may try
SEARCHED = "MNIST", "Shuttle", "orders", "payments", "machine", "annthyroid", "satellite"
SEARCH_ROWS = 6_000  # so that about 100 anomalies fall among the validation rows
SETTINGS = {
    "hidden_units": [8, 16, 32, 64, 128],
    "latent_units": [1, 2, 4, 8, 16],
    "steps": [50, 150, 400],
    "batch_size": [64, 128, 256],
    "learning_rate": loguniform(5e-4, 2e-2),
    "contamination": [0.02, 0.1, 0.2],
}


class Residual(baselines.Baseline):
    """Squared distance from the plane of the components that hold 90 % of the variance."""

    def _learn(self, X):
        self.pca_ = PCA(0.9).fit(X)

    def _score(self, X):
        return np.sum((X - self.pca_.inverse_transform(self.pca_.transform(X))) ** 2, axis=1)


class Ecod(baselines.Baseline):
    """ECOD: how rare each entry is in the tail of its column, by training rows alone.

    Source: Li, Zhao, Hu, Botta, Ionescu and Chen, IEEE TKDE 35(12), 2023.
    """

    def _learn(self, X):
        self.sorted_ = np.sort(X, axis=0)
        self.skew_ = np.nan_to_num(skew(X, axis=0))

    def _score(self, X):
        n = len(self.sorted_)
        columns = list(zip(self.sorted_.T, X.T, strict=True))
        below = np.stack([np.searchsorted(train, x, "right") for train, x in columns], axis=1)
        above = n - np.stack([np.searchsorted(train, x, "left") for train, x in columns], axis=1)
        left, right = (-np.log((rows + 1) / (n + 1)) for rows in (below, above))  # (m, d)
        by_skew = np.where(self.skew_ < 0, left, right)
        return np.max([left.sum(1), right.sum(1), by_skew.sum(1)], axis=0)


POOL = {
    "AutoEncoder": lambda seed: detectors.AutoEncoder(seed=seed),
    "VAE": lambda seed: detectors.VAE(seed=seed),
    "DeepSVDD": lambda seed: detectors.DeepSVDD(seed=seed),
    "kNN": lambda seed: baselines.KNearestNeighbours(),
    "forest": lambda seed: baselines.IsolationForest(seed=seed),
    "Mahalanobis": lambda seed: baselines.Mahalanobis(),
    "LOF": lambda seed: baselines.LocalOutlierFactor(),
    "PCA": lambda seed: Residual(),
    "ECOD": lambda seed: Ecod(),
}
RIVALS = {  # of detectors in the pool, one number changed; judged as rules, not chosen from
    "2 neighbours": lambda seed: baselines.KNearestNeighbours(2),
    "10 neighbours": lambda seed: baselines.KNearestNeighbours(10),
    "19 neighbours": lambda seed: baselines.KNearestNeighbours(19),
    "AutoEncoder that leaves out nothing": lambda seed: detectors.AutoEncoder(
        seed=seed, contamination=1e-3
    ),
}
COMPANY = {
    "untrained twin": lambda seed: detectors.AutoEncoder(seed=seed, steps=1, learning_rate=1e-12),
    "|z|": lambda seed: baselines.ZScore(),
    "random": lambda seed: baselines.RandomScores(seed=seed),
}


def cut(table, training, seed):
    """Return the three parts of a table, scaled by the training rows."""
    if training == "clean":
        return data.standardise(data.split(table, "clean-train", SIZES, seed=seed))
    share = min(CONTAMINATION, data.split(table, "supervised", SIZES, seed=seed).train.prevalence)
    return data.standardise(data.split(table, "contaminated-train", SIZES, share, seed))


def labelled(y, count, training, generator):
    """Return rows and labels of a validation set in which `count` anomalies are labelled.

    Where training is clean, the other rows are the normal ones. Where it is contaminated, they
    are all others, and what is odd among them counts as normal: nobody has looked.
    """
    anomalies = generator.permutation(np.flatnonzero(y == 1))
    known = anomalies[:count]
    others = np.flatnonzero(y == 0)
    if training == "contaminated":
        others = np.concatenate([others, anomalies[count:]])
    rows = np.concatenate([others, known])
    return rows, np.repeat([0, 1], [len(others), len(known)])


def invented(normal, kind, generator):
    """Return made-up anomalies, as many as normal rows."""
    if kind == "uniform":  # anywhere in the box around the normal rows
        return generator.uniform(normal.min(axis=0), normal.max(axis=0), normal.shape)
    return generator.permuted(normal, axis=0)  # each column's values dealt out anew


def measure(table, training, seed):
    """Return what every detector reaches on one cut, as "detector|what" → number."""
    parts = cut(table, training, seed)
    validation, test = parts.validation, parts.test
    rows = validation.X if training == "contaminated" else validation.X[validation.y == 0]
    fakes = {
        kind: invented(rows, kind, np.random.default_rng(seed)) for kind in ("uniform", "dealt")
    }
    got, ranks = {}, []
    for name, make in (POOL | COMPANY).items():
        detector, started = make(seed), time.process_time()
        detector.fit(parts.train.X)
        fitted = time.process_time()
        scores = detector.decision_function(test.X)
        got[f"{name}|AUROC"] = auroc(test.y, scores)
        got[f"{name}|AP"] = average_precision(test.y, scores)
        got[f"{name}|fit [s]"] = fitted - started
        got[f"{name}|score [ms]"] = 1e3 * (time.process_time() - fitted)
        if name in COMPANY:
            continue
        ranks.append(rankdata(scores))
        of_validation = detector.decision_function(validation.X)
        for count in LABELS:
            for draw in range(DRAWS):
                generator = np.random.default_rng([seed, count, draw])
                chosen, y = labelled(validation.y, count, training, generator)
                got[f"{name}|{count} labels {draw}"] = auroc(y, of_validation[chosen])
        usual = detector.decision_function(rows)
        y = np.repeat([0, 1], len(usual))
        for kind, fake in fakes.items():
            odd = detector.decision_function(fake)
            got[f"{name}|{kind}"] = auroc(y, np.concatenate([usual, odd]))
    together = np.mean(ranks, axis=0)
    got["mean rank of the nine|AUROC"] = auroc(test.y, together)
    got["mean rank of the nine|AP"] = average_precision(test.y, together)
    got["|validation anomalies"] = float(validation.n_anomalies)
    return {name: float(value) for name, value in got.items()}


def rivals(table, training, seed):
    """Return what detectors outside the pool reach on one cut, as "detector|what" → number."""
    parts, got = cut(table, training, seed), {}
    for name, make in RIVALS.items():
        scores = make(seed).fit(parts.train.X).decision_function(parts.test.X)
        got[f"{name}|AUROC"] = float(auroc(parts.test.y, scores))
        got[f"{name}|AP"] = float(average_precision(parts.test.y, scores))
    return got


def judged(settings, parts, training, seed, draws):
    """Fit an AutoEncoder and return its AUROC by each criterion, and on the test rows."""
    detector = detectors.AutoEncoder(**{"seed": seed} | settings).fit(parts.train.X)
    validation, normal = parts.validation, parts.validation.X[parts.validation.y == 0]
    rows = validation.X if training == "contaminated" else normal
    scores, usual = detector.decision_function(validation.X), detector.decision_function(rows)
    fake = detector.decision_function(invented(rows, "dealt", np.random.default_rng(seed)))
    y = np.repeat([0, 1], len(rows))
    return {
        "lowest error": -float(usual.mean()),
        "invented": auroc(y, np.concatenate([usual, fake])),
        **{f"{count} labels": auroc(y, scores[chosen]) for count, (chosen, y) in draws.items()},
        "test": auroc(parts.test.y, detector.decision_function(parts.test.X)),
    }


def search(table, training, seed):
    """Return reported and later gains of each way to search, over the default settings."""
    parts = cut(table, training, seed)
    generator = np.random.default_rng(seed)
    draws = {n: labelled(parts.validation.y, n, training, generator) for n in LABELS}
    arguments = parts, training, seed, draws
    clock = time.process_time
    started = clock()
    default = judged({}, *arguments)
    once = clock() - started
    sampled = list(ParameterSampler(SETTINGS, TRIALS, random_state=seed))
    started = clock()
    tried = {"random search": [judged(each, *arguments) for each in sampled]}
    seconds = {"random search": clock() - started}
    started = clock()
    others = [{"seed": 1000 * (seed + 1) + k} for k in range(TRIALS)]
    tried["seeds of the default"] = [judged(each, *arguments) for each in others]
    seconds["seeds of the default"] = clock() - started
    got = {"default|test": default["test"], "default|seconds": once}
    got["|validation anomalies"] = float(parts.validation.n_anomalies)
    for way, found in tried.items():
        got[f"{way}|seconds"] = seconds[way]
        for by in ("lowest error", "invented", *(f"{n} labels" for n in LABELS)):
            best = max(found, key=lambda each: each[by])
            best = max([default, best], key=lambda each: each[by])
            got[f"{way}|{by}|reported"] = best[by] - default[by]
            got[f"{way}|{by}|later"] = best["test"] - default["test"]
        got[f"{way}|test itself|later"] = max(e["test"] for e in found) - default["test"]
    for way, run in (("halving", halving), ("TPE", tpe)):
        for count in (5, 20):
            started = clock()
            settings, fits = run(parts, seed, *draws[count])
            got[f"{way}|{count} labels|seconds"] = clock() - started
            best = judged(settings, *arguments)
            best = max([default, best], key=lambda each: each[f"{count} labels"])
            for name, value in (("reported", f"{count} labels"), ("later", "test")):
                got[f"{way}|{count} labels|{name}"] = best[value] - default[value]
            got[f"{way}|{count} labels|fits"] = fits
    return {name: float(value) for name, value in got.items()}


def halving(parts, seed, chosen, y):
    """Let scikit-learn throw out two settings in three after 45, 135 and 405 steps."""
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV

    X = np.concatenate([parts.train.X, parts.validation.X[chosen]])
    labels = np.concatenate([np.zeros(len(parts.train.X), int), y])
    side = np.repeat([-1, 0], [len(parts.train.X), len(y)])
    settings = {name: values for name, values in SETTINGS.items() if name != "steps"}
    found = HalvingRandomSearchCV(
        detectors.AutoEncoder(seed=seed),
        settings,
        n_candidates=27,
        resource="steps",
        min_resources=45,
        max_resources=405,
        cv=PredefinedSplit(side),
        scoring=lambda fitted, X, y: auroc(y, fitted.decision_function(X)),
        refit=False,
        random_state=seed,
    ).fit(X, labels)
    return found.best_params_, len(found.cv_results_["params"])


def tpe(parts, seed, chosen, y):
    """Let Optuna's sampler propose the settings, each in the light of those before."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial):
        settings = {
            name: trial.suggest_categorical(name, values)
            for name, values in SETTINGS.items()
            if isinstance(values, list)
        }
        settings["learning_rate"] = trial.suggest_float("learning_rate", 5e-4, 2e-2, log=True)
        detector = detectors.AutoEncoder(seed=seed, **settings).fit(parts.train.X)
        return auroc(y, detector.decision_function(parts.validation.X[chosen]))

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed)
    )
    study.optimize(objective, n_trials=TRIALS)
    return study.best_params, TRIALS


def main(arguments=None):
    """Measure and write the report; return 3 where it was broken off, with what there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path, default=Path("choosing.md"))
    parser.add_argument("--minutes", type=float, default=np.inf, help="break off after so many")
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    os.environ["COURSE_PROFILE"] = "full"
    notes, started = Notes(asked.report.with_suffix(".jsonl")), time.monotonic()
    tables = data.benchmark_tables(3000)
    large = data.benchmark_tables(SEARCH_ROWS)
    jobs = [
        ((what, name, training, seed), work, each)
        for what, work, chosen, seen, seeds in (
            ("detectors", measure, tables, tables, SEEDS),
            ("rivals", rivals, tables, tables, SEEDS),
            ("search", search, SEARCHED, large, SEARCH_SEEDS),
        )
        for seed in seeds
        for training in TRAININGS
        for name in chosen
        if (each := seen.get(name)) is not None
    ]
    broken_off = False
    for key, work, table in jobs:
        broken_off = time.monotonic() - started > 60 * asked.minutes
        if broken_off:
            break
        notes.get(key, lambda key=key, work=work, table=table: work(table, *key[2:]))
    if not broken_off or key[0] == "search":
        who = list(POOL), list(COMPANY), list(RIVALS)
        text = choosing_report.report(notes.lines, list(tables), *who)
        show(text, asked.report)
    return 3 if broken_off else 0


if __name__ == "__main__":
    sys.exit(main())
