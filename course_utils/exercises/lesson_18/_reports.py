"""Made-up reports for lesson 18: sound ones, odd-looking ones, and ones with a named mistake."""

from __future__ import annotations

import numpy as np

NAMES = (
    "no information",
    "AUROC of decisions",
    "best of seeds",
    "future in training",
    "test is not the field",
    "threshold from the test",
    "validation holds anomalies",
    "copies over the split",
    "numbers do not add up",
    "untuned rival",
)
ODDITIES = (
    "one seed",
    "equal seeds",
    "no mistake",
    "no alarm",
    "a rule with two scores",
    "AUROC on a balanced test",
    "accuracy below doing nothing, not the headline",
    "a rival without settings",
    "as many alarms as anomalies, told from where",
    "anomalies to choose a threshold by",
    "a quantile of clean rows",
    "few copies",
    "rows without times",
    "seeds far apart",
    "unknown field",
    "anomalies in training",
)
# pairs of which one mistake would hide the other, or make it, are not drawn
UNLIKE = (
    {"no information", "AUROC of decisions"},
    {"no information", "threshold from the test"},
    {"numbers do not add up", "AUROC of decisions"},
    {"numbers do not add up", "threshold from the test"},
    {"numbers do not add up", "no information"},
    {"threshold from the test", "validation holds anomalies"},
)


def report(seed: int, *mistakes: str, odd: str = "") -> dict:
    """Return a report as papers print them, with the mistakes that are named, or sound.

    Parameters
    ----------
    seed : int
    mistakes : str
        Of `NAMES`.
    odd : str
        One of `ODDITIES`: what makes it look wrong, and is not.

    Returns
    -------
    dict
        Counts are whole numbers, ratios are rounded to three digits, days are counted from the
        first row. None stands where nothing is printed, or where there is nothing.

    Raises
    ------
    ValueError
        If a name is not known.
    """
    if unknown := {*mistakes} - {*NAMES} or {odd} - {"", *ODDITIES}:
        raise ValueError(f"{sorted(unknown)} is not known; the names are {NAMES} and {ODDITIES}.")
    generator = np.random.default_rng([seed, 18])
    made = _rows(generator, mistakes, odd)
    made |= _decisions(generator, made, mistakes, odd)
    made |= _claim(generator, made, mistakes, odd)
    made |= _field(generator, made, mistakes, odd)
    if "numbers do not add up" in mistakes:
        made |= _slip(generator, made)
    return made


def pairs() -> list[tuple[str, str]]:
    """Return the pairs of mistakes that one report may have both of."""
    all_pairs = [(a, b) for n, a in enumerate(NAMES) for b in NAMES[n + 1 :]]
    return [pair for pair in all_pairs if {*pair} not in UNLIKE]


def _rows(generator, mistakes, odd):
    """Return the part on rows, times, copies and the threshold's source."""
    test_rows = int(generator.integers(1500, 9000))
    prevalence = generator.uniform(0.02, 0.3)
    if odd == "AUROC on a balanced test":
        prevalence = 0.5
    if "no information" in mistakes and generator.random() < 0.3:
        prevalence = generator.uniform(0.55, 0.7)
    if odd == "accuracy below doing nothing, not the headline":
        prevalence = generator.uniform(0.01, 0.02)
    train_rows, validation_rows = (
        int(test_rows * generator.uniform(*ends)) for ends in ((1.5, 6), (0.4, 1.1))
    )
    threshold, clean = _threshold(generator, mistakes, odd)
    few = "validation holds anomalies" in mistakes and generator.random() < 0.3
    anomalies = int(generator.integers(1, 6)) if few else max(int(prevalence * validation_rows), 9)
    times = odd != "rows without times" and generator.random() < 0.7
    times = times or "future in training" in mistakes
    train_end = round(generator.uniform(40, 300), 1) if times else None
    gap = generator.uniform(0.1, 9)
    if "future in training" in mistakes:
        gap = -generator.uniform(0.5, 0.95 * train_end)
    share = 0
    if "copies over the split" in mistakes:
        share = generator.choice([generator.uniform(0.013, 0.03), generator.uniform(0.03, 0.4)])
    if odd == "few copies":
        share = generator.uniform(0.001, 0.009)
    return {
        "train_rows": train_rows,
        "train_anomalies": int(0.03 * train_rows) if odd == "anomalies in training" else 0,
        "validation_rows": validation_rows,
        "validation_anomalies": 0 if clean else anomalies,
        "test_rows": test_rows,
        "test_anomalies": round(prevalence * test_rows),
        "train_end": train_end,
        "test_start": round(train_end + gap, 1) if times else None,
        "copies": round(share * test_rows),
        "threshold": threshold,
    }


def _threshold(generator, mistakes, odd):
    """Return where the threshold came from, and whether validation holds no anomaly."""
    if "validation holds anomalies" in mistakes:
        return "quantile of validation", False
    if "threshold from the test" in mistakes:
        return str(generator.choice(["best F1 on test", "not told"])), False
    if odd in (
        "anomalies to choose a threshold by",
        "as many alarms as anomalies, told from where",
    ):
        return "best F1 on validation", False
    if odd == "no mistake":
        return "not told", False
    if odd == "a quantile of clean rows":
        return "quantile of validation", True
    kinds = ["best F1 on validation", "quantile of normal validation", "not told"]
    threshold = str(generator.choice([*kinds, "quantile of validation"]))
    return threshold, threshold == "quantile of validation"


def _decisions(generator, made, mistakes, odd):
    """Return counts and ratios of one run."""
    m, n = made["test_anomalies"], made["test_rows"]
    nothing = "no information" in mistakes
    headline = _headline(generator, made, mistakes, odd)
    recall, precision = generator.uniform(0.45, 0.85), generator.uniform(0.45, 0.85)
    if headline == "accuracy":
        recall = generator.uniform(0.62, 0.72 if nothing else 0.85)
        precision = generator.uniform(0.2, 0.4) if nothing else generator.uniform(0.65, 0.85)
    if odd == "accuracy below doing nothing, not the headline":
        precision = generator.uniform(0.15, 0.35)
    if odd == "AUROC on a balanced test":
        precision = generator.uniform(0.6, 0.85)
    tp = round(recall * m)
    fp = min(max(round(tp / precision) - tp, 4), round(0.8 * (n - m)))
    if nothing and headline != "accuracy":  # alarms at random, or for all rows
        share = generator.choice([generator.uniform(0.2, 0.6), 1.0 if headline == "F1" else 0.4])
        tp, fp = int(share * m), round(share * (n - m))
    if nothing and headline == "accuracy" and m > n / 2:  # between 1 − p and p
        fp = round(generator.uniform(0.6, 0.8) * (n - m))
    if abs(fp - (m - tp)) < 4:
        fp += 9
    if "threshold from the test" in mistakes or odd.startswith("as many alarms"):
        fp = m - tp
    elif "AUROC of decisions" in mistakes and generator.random() < 0.3:
        fp = 0
    if odd in ("no mistake", "no alarm"):
        tp, fp = (m, 0) if odd == "no mistake" else (0, 0)
    counts = {"TP": tp, "FP": fp, "FN": m - tp, "TN": n - m - fp}
    ratios = ratios_of(**counts)
    of_decisions = (tp / m + counts["TN"] / (n - m)) / 2
    highest = 1 - (1 - tp / m) * fp / (n - m)  # that a curve through this point allows
    area = of_decisions + generator.uniform(0.25, 0.9) * (highest - of_decisions)
    ap = max(generator.uniform(0.65, 1.0) * ratios["F1"], m / n + 0.06)
    if nothing and headline != "accuracy":
        area = 0.5 + generator.uniform(0.01, 0.05) * (-1 if headline == "AUROC" else 1)
        ap = generator.uniform(0.8, 1.0) * m / n
    if "AUROC of decisions" in mistakes or odd == "a rule with two scores":
        area = of_decisions
    if odd == "no mistake":
        area = ap = 1.0
    if headline == "F1" and not nothing and ratios["F1"] < no_information("F1", m / n) + 0.03:
        headline = "AP"
    rounded = {
        name: round(float(value), 3)
        for name, value in (ratios | {"AUROC": area, "AP": ap}).items()
    }
    distinct = 2 if odd == "a rule with two scores" else int(generator.integers(200, n))
    return counts | rounded | {"distinct_scores": distinct, "headline": headline}


def _headline(generator, made, mistakes, odd):
    """Return the metric that the claim is about."""
    if odd == "AUROC on a balanced test":
        return "AUROC"
    if odd in ("accuracy below doing nothing, not the headline", "no alarm"):
        return str(generator.choice(["AP", "AUROC"]))
    headlines = ["F1", "AP"]
    if "test is not the field" not in mistakes:
        headlines += ["AUROC"]
    if "no information" in mistakes or made["test_anomalies"] > 0.08 * made["test_rows"]:
        headlines += ["accuracy"]
    return str(generator.choice(headlines))


def ratios_of(TP: int, FP: int, FN: int, TN: int) -> dict:
    """Return accuracy, precision, recall and F1 of four counts."""
    return {
        "accuracy": (TP + TN) / (TP + FP + FN + TN),
        "precision": TP / max(TP + FP, 1),
        "recall": TP / (TP + FN),
        "F1": 2 * TP / (2 * TP + FP + FN),
    }


def no_information(headline: str, p: float) -> float:
    """Return what the headline metric is without information, at the prevalence p."""
    return {"accuracy": max(p, 1 - p), "F1": 2 * p / (1 + p), "AUROC": 0.5, "AP": p}[headline]


def _claim(generator, made, mistakes, odd):
    """Return the seeds' values and what is claimed of them."""
    shown = made[made["headline"]]
    p = made["test_anomalies"] / made["test_rows"]
    room = abs(shown - no_information(made["headline"], p))
    seeds = int(generator.integers(3, 12))
    if odd == "one seed" or ("best of seeds" not in mistakes and generator.random() < 0.15):
        seeds = 1
    spread = min(0.05 if odd == "seeds far apart" else 0.025, room / 6, (1 - shown) / 3)
    if "best of seeds" in mistakes:
        seeds, spread = max(seeds, 5), max(spread, 0.012)
    if odd in ("equal seeds", "no mistake"):
        spread = 0
    if odd in ("equal seeds", "seeds far apart"):
        seeds = max(seeds, 4)
    moves = spread * np.clip(generator.normal(size=seeds), -1.8, 1.8)
    moves[0] = 0  # the run whose counts are shown
    if "best of seeds" in mistakes:
        moves[-1] = spread * 2.2
    if "no information" in mistakes:
        moves -= moves.max()  # the run that is shown is the best one, and has none either
    per_seed = np.round(np.clip(shown + moves, 0, 1), 3)
    if abs(per_seed.mean() - round(per_seed.mean(), 3)) > 0.00045:  # halfway between two digits
        per_seed[-1] -= 0.001
    claimed = per_seed.mean()
    if "best of seeds" in mistakes:  # or of the best two
        claimed = np.sort(per_seed)[-int(generator.choice([1, 1, 1, 2])) :].mean()
    return {
        "per_seed": [round(float(value), 3) for value in generator.permutation(per_seed)],
        "claimed": round(float(claimed), 3),
    }


def _field(generator, made, mistakes, odd):
    """Return what is known of use, and how much was tried."""
    prevalence = made["test_anomalies"] / made["test_rows"]
    field = prevalence * generator.uniform(0.6, 1.4)
    if "test is not the field" in mistakes:
        rarer = generator.choice([generator.uniform(2.6, 2.9), generator.uniform(4, 60)])
        as_often = min(generator.uniform(2.6, 5), 0.9 / prevalence)
        rare = prevalence > 0.3 or generator.random() < 0.7
        field = prevalence / rarer if rare else prevalence * as_often
    if odd == "AUROC on a balanced test":
        field = generator.uniform(0.001, 0.02)
    elif odd == "unknown field" or (
        "test is not" not in " ".join(mistakes) and generator.random() < 0.2
    ):
        field = None
    tried = int(generator.integers(1, 40))
    rival = int(tried * generator.uniform(1, 2))
    if odd == "a rival without settings" or generator.random() < 0.2:
        rival = None
    if "untuned rival" in mistakes:
        tried = max(tried, 6)
        rival = int(generator.integers(1, tried))
    return {
        "settings_tried": tried,
        "rival_settings_tried": rival,
        "field_prevalence": None if field is None else round(float(field), 4),
    }


def _slip(generator, made):
    """Return one number that does not fit the others."""
    kinds = ["counts", "test_anomalies"]
    kinds += [
        name for name in ("accuracy", "precision", "recall", "F1") if name != made["headline"]
    ]
    kind = str(generator.choice(kinds))
    if kind == "counts":
        return {"TN": made["TN"] - int(generator.integers(4, 60))}
    if kind == "test_anomalies":
        return {"test_anomalies": made["test_anomalies"] + int(generator.integers(1, 4))}
    slip = generator.uniform(0.008, 0.05) * generator.choice([-1, 1])
    return {kind: round(float(made[kind] + (slip if made[kind] + slip <= 1 else -slip)), 3)}
