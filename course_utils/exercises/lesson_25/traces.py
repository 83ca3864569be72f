"""Exercise of lesson 25 on mimicry: a score of traces that harmless padding does not lower."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.ranking import area
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# --------------------------------------------------------------------------------- 8 · trace score

SEED = 2581
LINE, PADDED_LINE = 0.9, 0.87

trace_score = Exercise(
    "Design a score of traces, learned from harmless ones, that harmless events before or after "
    f"an intrusion cannot lower: AUROC {LINE:g} on jobs held back, and {PADDED_LINE:g} where all "
    "of them are padded.",
    hints=(
        "Each event of an intrusion is usual, and no event is new. What is left of the order when "
        "you count events?",
        "A share, a mean and a highest value all have something that padding changes or drowns. "
        "What only grows when events come before or after?",
        "The number of windows of 4 to 6 events that no training trace has.",
    ),
    praise="Right: a number only grows with padding, and a share shrinks. Whoever pads harmless "
    "jobs as well costs it little.",
    prepare=lambda: _host(),
)


@trace_score.set_solution
def trace_score_solution(training, sequences):
    def windows(sequence, n=5):
        events = np.asarray(sequence).tolist()
        return [tuple(events[i : i + n]) for i in range(len(events) - n + 1)]

    seen = {window for sequence in training for window in windows(sequence)}
    return np.array([float(sum(w not in seen for w in windows(s))) for s in sequences])


@functools.cache
def _host():
    """Return training traces, and harmless and hijacked ones, plain and both padded."""
    from course_utils import data

    host = data.record_host_traces(jobs=700, seed=SEED, prevalence=0.15)
    traces = [[int(event) for event in trace] for trace in host.X]
    generator = np.random.default_rng(SEED)
    usual = generator.permutation(np.flatnonzero(host.y == 0))
    cut = len(usual) * 3 // 5
    training, harmless = ([traces[row] for row in part] for part in np.split(usual, [cut]))
    odd = [traces[row] for row in np.flatnonzero(host.y)]

    def padded(many):
        before, after = generator.integers(0, len(training), (2, len(many)))
        return [
            training[a] + trace + training[b]
            for a, trace, b in zip(before, many, after, strict=True)
        ]

    return training, (harmless, odd, padded(harmless), padded(odd))


@trace_score.set_check
def trace_score_check(answer):
    training, parts = _host()
    scores = _scores_of(answer, training, parts)
    plain, hidden = area(*scores[:2]), area(*scores[2:])
    lowered = (scores[3] < scores[1]).mean()
    told = (
        f" AUROC {plain:.2f} on jobs held back, {hidden:.2f} where all traces are padded; "
        f"padding lowers the score of {lowered:.0%} of the intrusions."
    )
    _require_each_trace_alone(answer, training, parts, scores)
    if plain >= LINE and hidden >= PADDED_LINE and lowered == 0:
        taught = _asked(answer, training + parts[1], parts[1])
        require(
            taught.shape == scores[1].shape and taught.mean() < scores[1].mean(),
            "With the intrusions in `training`, they get scores as high as before: it does not "
            "learn from the traces that it is given.",
        )
        return
    require(1 - plain < LINE - 0.1, f"Upside down: high is suspect.{told}")
    _name_what_it_counts(answer, training, parts, scores, told)
    require(
        lowered == 0,
        "Whoever puts harmless events before or after lowers it, as of a share, a mean or a rank "
        f"that padding dilutes. What only grows?{told}",
    )
    raise Misconception(
        "Padding does not lower it, but it ranks too few intrusions above harmless traces: "
        f"{LINE:g} and {PADDED_LINE:g} are the lines.{told}"
    )


def _asked(answer, training, sequences):
    """Return the answer for copies of the traces."""
    return as_array(
        answer([[*each] for each in training], [[*each] for each in sequences]), what="the scores"
    )


def _scores_of(answer, training, parts):
    """Return the scores of all parts, asked for at once and taken apart again."""
    sequences = [each for part in parts for each in part]
    got = _asked(answer, training, sequences)
    require(
        got.shape != (len(training),),
        "As many scores as training traces came back. Those of `sequences` are asked for.",
    )
    got = as_array(got, shape=(len(sequences),), what="the scores")
    require(
        np.ptp(got) > 0,
        "All traces get the same score. No event of an intrusion is new: unseen need not be far "
        "away, and the order is what differs.",
    )
    return np.split(got, np.cumsum([len(each) for each in parts])[:-1])


def _require_each_trace_alone(answer, training, parts, scores):
    few = [trace for part in parts for trace in part[:2]]
    alone = _asked(answer, training, few)
    among = np.concatenate([each[:2] for each in scores])
    require(
        alone.shape == among.shape and np.allclose(alone, among, rtol=1e-3, atol=1e-6),
        "Eight traces alone get other scores than among many. A score must not hang on what is "
        "judged beside it, nor on chance that no seed sets.",
    )


def _name_what_it_counts(answer, training, parts, scores, told):
    """Say so where the order of events plays no part."""
    generator = np.random.default_rng(SEED)
    shuffled = [generator.permutation(trace).tolist() for part in parts for trace in part[:30]]
    before = np.concatenate([each[:30] for each in scores])
    require(
        not np.allclose(_asked(answer, training, shuffled), before, rtol=1e-3, atol=1e-6),
        "A trace whose events are shuffled gets the same score: it counts events, and an unseen "
        "intrusion is not far away in counts. Every event is usual; the order is what is "
        f"new.{told}",
    )
