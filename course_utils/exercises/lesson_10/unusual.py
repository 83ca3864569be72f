"""Exercise of lesson 10 on reconstruction and KL together: how unusual is the pair?"""

from __future__ import annotations

from course_utils.exercises.ranking import area
from course_utils.exercises.results import as_array, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# --------------------------------------------------------------------------- 6 · an unusual pair

LEAST = 0.9  # AUROC, of each kind

unusual_pair = TensorExercise(
    "Return one score for each new row (m,), higher = more anomalous, from its nats and its KL.",
    hints=(
        "Draw the known rows as points: nats across, KL up. Where in that picture does a row lie "
        "that is too probable, and where one whose code costs too little? Neither has to be far "
        "out in the sum.",
        "The nats swing by a hundred and the KL by a few: put both in units of the known rows' "
        "standard deviation, each from the known rows' mean.",
        "z = (new - known.mean(axis=0)) / known.std(axis=0); then (z**2).sum(axis=1). With the "
        "covariance in place of the two variances it is the squared Mahalanobis distance.",
    ),
    praise="Right. What looks usual in the sum of two numbers need not be usual as a pair.",
)


@unusual_pair.set_solution
def unusual_pair_solution(known, new):
    z = (new - known.mean(axis=0)) / known.std(axis=0)  # (m, 2), in standard deviations
    return (z**2).sum(axis=1)


def _model(rng):
    """Return the (nats, KL) of known rows, and of rows of four kinds, as some model has them."""
    nats, kl = rng.uniform(-400, 100), rng.uniform(15, 30)
    swing, width = rng.uniform(100, 160), rng.uniform(3, 4.5)

    def rows(number, nats_off=0.0, share=1.0, squeeze=1.0):
        """`nats_off` in swings; `share` of the usual KL; `squeeze` on how much the nats vary."""
        across = nats + swing * (nats_off + squeeze * rng.normal(size=number))
        return np.stack([across, share * (kl + width * rng.normal(size=number))], axis=1)

    return rows(300), {
        "usual": rows(200),
        "pale": rows(200, 0.0, 0.12),
        "paler and too probable": rows(200, -1.9, 0.35, 0.4),
        "hard to copy": rows(200, 6.0, 0.6),
        "bold": rows(200, 3.6, 1.7),
    }


WHAT_FAILS = {
    "pale": "their nats are usual and their KL is far too small. Does that raise your score, and "
    "is it heard beside nats that swing by a hundred?",
    "paler and too probable": "their nats and their KL are both too small. Is *too small* an "
    "alarm for you?",
    "hard to copy": "their nats are far too large.",
    "bold": "their nats and their KL are both too large.",
}


@unusual_pair.set_check
def unusual_pair_check(answer):
    for seed in range(4):
        known, kinds = _model(np.random.default_rng(100 + seed))
        new = np.concatenate(list(kinds.values()))
        got, again = (
            as_array(answer(known.copy(), new.copy()), shape=(len(new),), what="the scores")
            for _ in range(2)
        )
        require(
            np.allclose(got, again, rtol=1e-3, atol=1e-6),
            "The same rows get other scores at a second call: a score must not depend on chance.",
        )
        alone = [
            as_array(answer(known.copy(), new[[row]]), shape=(1,), what="one row")[0]
            for row in range(0, len(new), 100)
        ]
        require(
            np.allclose(alone, got[::100], rtol=1e-3, atol=1e-6),
            "A row's score changes with the rows beside it. Mean, spread and the like come from "
            "the known rows.",
        )
        parts = dict(zip(kinds, np.split(got, len(kinds)), strict=True))
        found = {kind: area(parts["usual"], parts[kind]) for kind in WHAT_FAILS}
        worst = min(found, key=found.get)
        require(
            max(found.values()) > 1 - LEAST,
            "All four kinds score lower than the usual rows: the sign is turned.",
        )
        require(
            found[worst] >= LEAST,
            f"Rows that are {worst} have an AUROC of {found[worst]:.3f} against usual ones; "
            f"{LEAST} passes, for each of four kinds. About these rows: {WHAT_FAILS[worst]}",
        )
