"""The course's NumPy network beside scikit-learn's MLPClassifier: time and quality.

Both learn which digit is the anomaly, with labels, by binary cross-entropy, with the same
architecture, batch size, number of steps, optimiser (Adam, same settings) and float64.
The fits take turns in one process, so that both meet the same load; a ratio is the median of
the ratios of neighbouring fits. Exits with code 1 where the network is the slower one.

    python benchmarks/network.py
    python benchmarks/network.py --repeats 21 --epochs 30
"""

import argparse
import itertools
import statistics
import sys
import time
import warnings

from course_utils import data
from course_utils.evaluation import auroc
from course_utils.network import Adam, BinaryCrossEntropy, Dense, Network, ReLU, fit

import numpy as np
from machine import conditions
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

ANOMALY = 8  # the digit that is hardest to tell from the others
CASES = [((32,), 32), ((64, 32), 64), ((128, 64), 200)]  # hidden layers, batch size


def fit_ours(split, hidden, batch_size, epochs, seed):
    """Return seconds, steps and the scores of the test rows."""
    widths = [split.train.n_features, *hidden, 1]
    layers = []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        layers += [Dense(inputs, outputs, seed=100 * seed + number), ReLU()]
    network, optimiser = Network(*layers[:-1]), Adam()
    started = time.perf_counter()
    fit(
        network,
        split.train.X / 16,
        split.train.y,
        loss=BinaryCrossEntropy(),
        optimiser=optimiser,
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
    )
    seconds = time.perf_counter() - started
    return seconds, optimiser.steps, network.predict(split.test.X / 16).ravel()


def fit_peer(split, hidden, batch_size, epochs, seed):
    """Return seconds, steps and the scores of the test rows."""
    model = MLPClassifier(
        hidden,
        batch_size=batch_size,
        max_iter=epochs,
        alpha=0,  # no weight decay, as in ours
        n_iter_no_change=epochs + 1,  # never stops early
        random_state=seed,
    )
    started = time.perf_counter()
    model.fit(split.train.X / 16, split.train.y)
    seconds = time.perf_counter() - started
    batches = -(-len(split.train) // batch_size)
    return seconds, model.n_iter_ * batches, model.predict_proba(split.test.X / 16)[:, 1]


def compare(hidden, batch_size, epochs, repeats):
    """Return one row of the table, as text, and the ratio."""
    digits = data.load_digits(anomaly=ANOMALY)
    seconds, quality, steps = {"ours": [], "peer": []}, {"ours": [], "peer": []}, set()
    fitters = {"ours": fit_ours, "peer": fit_peer}
    for repeat in range(repeats + 1):
        split = data.split(digits, seed=repeat)
        for name in sorted(fitters, reverse=repeat % 2 == 1):  # each goes first half the time
            spent, taken, scores = fitters[name](split, hidden, batch_size, epochs, repeat)
            if repeat:  # the first round warms up
                seconds[name].append(spent)
                quality[name].append(auroc(split.test.y, scores))
                steps.add(taken)
    if len(steps) != 1:
        raise RuntimeError(f"the numbers of steps differ: {sorted(steps)}")
    ratios = np.array(seconds["ours"]) / np.array(seconds["peer"])
    ratio = statistics.median(ratios)
    low, high = np.quantile(ratios, [0.25, 0.75])
    architecture = "-".join(map(str, (digits.n_features, *hidden, 1)))
    cells = [
        architecture,
        f"{batch_size}",
        f"{steps.pop():,}",
        f"{statistics.median(seconds['ours']):.3f}",
        f"{statistics.median(seconds['peer']):.3f}",
        f"{ratio:.2f} ({low:.2f} to {high:.2f})",
        *(f"{np.mean(quality[name]):.4f} ± {np.std(quality[name]):.4f}" for name in fitters),
    ]
    return "| " + " | ".join(cells) + " |", ratio


def main(arguments=None):
    """Print the table; return 1 where a ratio is above 1, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--epochs", type=int, default=20)
    choices = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # the steps are counted on purpose
    print(conditions("numpy", "scikit-learn"))
    print(f"{choices.epochs} epochs, {choices.repeats} repeats in turns.", end="\n\n")
    print(
        "| architecture | batch [rows] | steps | ours [s] | scikit-learn [s] "
        "| ratio of times, median (quartiles) | AUROC, ours | AUROC, scikit-learn |"
    )
    print("|---|---|---|---|---|---|---|---|")
    ratios = []
    for hidden, batch_size in CASES:
        row, ratio = compare(hidden, batch_size, choices.epochs, choices.repeats)
        print(row, flush=True)
        ratios.append(ratio)
    return int(max(ratios) > 1)


if __name__ == "__main__":
    sys.exit(main())
