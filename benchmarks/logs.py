"""Detectors of sequences beside counting and rules of one line, on two logs, in one run.

HDFS is downloaded (`python -m course_utils data get hdfs`); the other log is recorded on the spot:

    python benchmarks/logs.py --report benchmarks/logs.md

Half of the distinct normal sessions are learned from, a quarter sets the threshold, the last
quarter and all anomalies are judged; copies of a session go where it goes, and all are counted.
"""

import sys
import time

from course_utils import data, detectors, evaluation

import numpy as np
import pandas as pd
from machine import conditions
from reports import command
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors

CUTS = (0, 1, 2)
NEIGHBOURS = 5
BUDGET = 0.01  # false alarms, as a share of the normal sessions
RARE = 0.05  # prevalence at which average precision is told
COLUMNS = ("AUROC", "AUROC, each once", "average precision", "found", "false alarms")
SECONDS = "processor [s]"


def cut(sessions, y, seed):
    """Return three arrays of row numbers: to learn from, to hold out, to judge.

    `sessions` are tuples; copies of one are in the same part.
    """
    normal = sorted({session for session, label in zip(sessions, y, strict=True) if label == 0})
    order = np.random.default_rng(seed).permutation(len(normal))
    place = {normal[number]: rank / len(normal) for rank, number in enumerate(order)}
    share = np.array(
        [1.0 if label else place[each] for each, label in zip(sessions, y, strict=True)]
    )
    return [
        np.flatnonzero(part)
        for part in (share < 0.5, (share >= 0.5) & (share < 0.75), share >= 0.75)
    ]


def random_scores(train, seed):
    generator = np.random.default_rng(seed)
    return lambda sequences: generator.uniform(size=len(sequences))


def unseen_key(train, seed):
    known = {key for sequence in train for key in sequence}
    return lambda sequences: [float(not known.issuperset(sequence)) for sequence in sequences]


def unseen_session(train, seed):
    known = set(train)
    return lambda sequences: [float(sequence not in known) for sequence in sequences]


def length(train, seed):
    return lambda sequences: [len(sequence) for sequence in sequences]


def unusual_length(train, seed):
    middle = np.median([len(sequence) for sequence in train])
    return lambda sequences: [abs(len(sequence) - middle) for sequence in sequences]


def counts(train, seed):
    """Distance of the counts to those of the nearest distinct training sessions.

    Keys that training does not have share one column.
    """
    column = {
        key: number for number, key in enumerate(sorted({k for each in train for k in each}))
    }

    def table(sequences):
        counted = np.zeros((len(sequences), len(column) + 1))
        for row, sequence in enumerate(sequences):
            for key in sequence:
                counted[row, column.get(key, -1)] += 1
        return counted

    found = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(table(sorted(set(train))))
    return lambda sequences: found.kneighbors(table(sequences))[0].mean(axis=1)


def fitted(make, **choices):
    """Return a rival that fits one of the course's detectors."""
    return lambda train, seed: make(seed=seed, **choices).fit(train).decision_function


RIVALS = {
    "random scores": random_scores,
    "a key that training does not have": unseen_key,
    "a session that training does not have": unseen_session,
    "length": length,
    "distance from the median length": unusual_length,
    "counts, distance to 5 neighbours": counts,
    **{f"NGram, order {order}": fitted(detectors.NGram, order=order) for order in (2, 3, 4)},
    "NGram, order 4, mean": fitted(detectors.NGram, order=4, summary="mean"),
    "NextKey": fitted(detectors.NextKey),
}
TO_JOIN = ("counts, distance to 5 neighbours", "NGram, order 4")
JOINED = "larger rank of counts and NGram, order 4"


def rank(usual, scores):
    """Return the share of the usual scores below each score, those level with it half."""
    usual = np.sort(usual)
    ends = [np.searchsorted(usual, scores, side) for side in ("left", "right")]
    return np.mean(ends, axis=0) / len(usual)


def scored(rival, train, parts, seed):
    """Return the scores of each part, and processor seconds; copies are scored once."""
    started = time.process_time()
    score = rival(train, seed)
    found = []
    for part in parts:
        distinct = sorted(set(part))
        if rival is random_scores:  # copies need not agree
            found.append(np.asarray(score(part)))
            continue
        of = dict(zip(distinct, np.asarray(score(distinct), dtype=float), strict=True))
        found.append(np.array([of[sequence] for sequence in part]))
    return found, time.process_time() - started


def judged(y, sessions, usual, scores):
    """Return the numbers of `COLUMNS`."""
    alarms = scores > np.quantile(usual, 1 - BUDGET, method="higher")
    once = np.array(sorted({session: row for row, session in enumerate(sessions)}.values()))
    weight = RARE / (1 - RARE) * (y == 0).sum() / y.sum()
    return dict(
        zip(
            COLUMNS,
            (
                evaluation.auroc(y, scores),
                evaluation.auroc(y[once], scores[once]),
                average_precision_score(y, scores, sample_weight=np.where(y == 1, weight, 1)),
                alarms[y == 1].mean(),
                alarms[y == 0].mean(),
            ),
            strict=True,
        )
    )


def one_cut(made, seed):
    """Return a list of results, one for each detector."""
    sessions = [tuple(sequence.tolist()) for sequence in made.X]
    parts = cut(sessions, made.y, seed)
    train, held_out, rest = ([sessions[row] for row in part] for part in parts)
    y = made.y[parts[2]]
    found, seconds = {}, {}
    for label, rival in RIVALS.items():
        found[label], seconds[label] = scored(rival, train, (held_out, rest), seed)
    found[JOINED] = [
        np.maximum(*(rank(found[label][0], found[label][place]) for label in TO_JOIN))
        for place in (0, 1)
    ]
    seconds[JOINED] = np.nan
    return [
        {"detector": label, "cut": seed, **judged(y, rest, *scores), SECONDS: seconds[label]}
        for label, scores in found.items()
    ]


def quality(make):
    """Return the mean and the standard deviation over the cuts, by detector.

    `make` gives the data of a seed.
    """
    rows = []
    for seed in CUTS:
        rows += one_cut(make(seed), seed)
        print(f"cut {seed}", flush=True)
    return (
        pd.DataFrame(rows).drop(columns="cut").groupby("detector", sort=False).agg(["mean", "std"])
    )


def as_markdown(results):
    """Return "mean ± standard deviation" in each place, sorted by AUROC."""
    order = results[("AUROC", "mean")].sort_values(ascending=False).index
    text = pd.DataFrame(index=order)
    for column in (*COLUMNS, SECONDS):
        digits = 2 if column == SECONDS else 3
        text[column] = [
            "" if np.isnan(mean) else f"{mean:.{digits}f} ± {std:.{digits}f}"
            for mean, std in results.loc[order, column].to_numpy()
        ]
    return text.to_markdown()


def report():
    """Return the report as Markdown."""
    start = conditions("scikit-learn", "torch")
    hdfs = data.load_hdfs()
    logs = {
        "HDFS": lambda seed: hdfs,
        "Program logs": lambda seed: data.make_program_logs(seed=seed),
    }
    parts = []
    for name, make in logs.items():
        parts += [f"## {name}", "", f"{make(0)!r}.", "", as_markdown(quality(make)), ""]
    return "\n".join(
        [
            "# Logs: detectors of sequences beside counting and rules of one line",
            "",
            f"At the start: {start}",
            "",
            f"Mean ± standard deviation (ddof 1) over {len(CUTS)} cuts of the distinct normal "
            'sessions. "Each once" leaves the copies among the judged sessions out. Average '
            f"precision is told for anomalies that are {100 * RARE:.0f} % of the sessions. The "
            f"threshold is the {100 * (1 - BUDGET):.0f} % quantile of held-out normal sessions: "
            '"found" is the share of the anomalies above it, "false alarms" that of the judged '
            "normal sessions. Seconds are those of fitting and scoring; copies are scored once.",
            "",
            *parts,
            f"At the end: {conditions('scikit-learn', 'torch')}",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(command(report, __doc__))
