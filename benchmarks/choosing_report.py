"""What `choosing.py` measured, as a report: ranks, shares of variance, regret, search."""

from itertools import combinations

from course_utils import evaluation

import numpy as np
import pandas as pd
from machine import conditions

OFFLINE = 12  # of the tables, the first ones, need no download
LABELS = 1, 5, 20, 100
LEVEL = 0.05


def report(lines, names, pool, company, rivals):
    """Return the report as Markdown.

    Parameters
    ----------
    lines : list of dict
        "key" (what, table, training, seed) and "value" (name → number), as noted.
    names : list of str
        The tables, those that need no download first.
    pool, company, rivals : list of str
        Detectors to choose from, those beside them, and those that are rules alone.
    """
    found = pd.concat([_frame(lines, "detectors"), _frame(lines, "rivals")])
    parts = [
        "# Which detector when",
        "",
        f"{len(names)} tables of `data.benchmark_tables(3000)` in the full profile, each source "
        f"once: {', '.join(names)}. Five cuts each; a number is the mean over the cuts, then over "
        "the tables; ± is the standard deviation over the five cuts of the mean over the tables, "
        "in brackets the middle 95 % of 2,000 draws of as many tables with replacement.",
        "",
    ]
    for training, part in found.groupby("training", sort=False):
        parts += [f"## {training.capitalize()} training rows", ""]
        parts += _quality(part, names, pool, company)
        parts += _tests(part, names, pool)
        parts += _rules(part, names, pool, rivals)
    parts += _variance(found, names, pool)
    parts += _search(_frame(lines, "search"))
    return "\n".join([*parts, f"At the end: {conditions('torch', 'scikit-learn')}", ""])


def _frame(lines, what):
    """Return one row for each number: table, training, seed, who, measure, value."""
    rows = [
        (*line["key"][1:], *name.rsplit("|", 1), value)
        for line in lines
        if line["key"][0] == what
        for name, value in line["value"].items()
    ]
    return pd.DataFrame(rows, columns=["table", "training", "seed", "who", "measure", "value"])


def _cube(part, measure, names, who):
    """Return the values of one measure, shape (tables, seeds, detectors)."""
    chosen = part[part["measure"] == measure]
    table = chosen.pivot_table(index=["table", "seed"], columns="who", values="value")
    seeds = sorted(chosen["seed"].unique())
    return (
        table.loc[[(n, s) for n in names for s in seeds], who]
        .to_numpy()
        .reshape(len(names), len(seeds), len(who))
    )


def _told(values):
    """Return "mean ± over seeds [interval over tables]" of values (tables, seeds)."""
    generator = np.random.default_rng(0)
    by_table = values.mean(axis=1)
    drawn = by_table[generator.integers(len(by_table), size=(2000, len(by_table)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    spread = values.mean(axis=0).std(ddof=1)
    return f"{values.mean():.3f} ± {spread:.3f} [{low:.3f}, {high:.3f}]"


def _markdown(rows, columns):
    return [pd.DataFrame(rows, columns=columns).to_markdown(index=False), ""]


def _quality(part, names, pool, company):
    who = [*pool, "mean rank of the nine", *company]
    areas, precisions = _cube(part, "AUROC", names, who), _cube(part, "AP", names, who)
    seconds = _cube(part, "fit [s]", names, [*pool, *company]).mean(axis=(0, 1))
    seconds = dict(zip([*pool, *company], seconds, strict=True))
    ranks = [
        evaluation.mean_ranks(each[:, :, : len(pool)].mean(axis=1)) for each in (areas, precisions)
    ]
    rows = [
        [
            name,
            _told(areas[:, :, k]),
            f"{precisions[:, :, k].mean():.3f}",
            *(f"{each[k]:.2f}" if k < len(pool) else "" for each in ranks),
            f"{seconds[name]:.3f}" if name in seconds else "",
        ]
        for k, name in enumerate(who)
    ]
    columns = ["detector", "AUROC", "AP", "mean rank, AUROC", "mean rank, AP", "fit [s]"]
    return _markdown(rows, columns)


def _tests(part, names, pool):
    rows = []
    cube = _cube(part, "AUROC", names, pool)  # (tables, seeds, detectors)
    sets = {"all": cube, "offline": cube[:OFFLINE], "downloaded": cube[OFFLINE:]}
    for label, each in sets.items():
        results = each.mean(axis=1)
        rows.append([f"{label} ({len(results)} tables)", *_verdicts(results)])
    mistaken = cube.reshape(-1, len(pool))
    rows.append([f"MISTAKEN: each cut a table ({len(mistaken)})", *_verdicts(mistaken)])
    columns = ["tables", "Friedman p", "critical difference", "pairs told apart: by it", "by Holm"]
    text = ["AUROC, nine detectors, 36 pairs:", "", *_markdown(rows, columns)]
    pairs = evaluation.wilcoxon_holm(pd.DataFrame(cube.mean(axis=1), columns=pool))
    text += _markdown(pairs.head(8).round(4), pairs.columns)
    text.append(
        f"{_flips(cube.mean(axis=1))} of 36 verdicts by the critical difference change with the "
        "other detectors in the comparison (all sub-sets of the nine that hold the pair)."
    )
    leads = _leaders(cube.mean(axis=1))
    text += [
        "First by mean AUROC on five tables drawn from all (2,000 draws): "
        + ", ".join(f"{n} {100 * share:.0f} %" for n, share in zip(pool, leads, strict=True))
        + ".",
        "",
    ]
    winners = [len(set(each.argmax(axis=1))) for each in cube]
    text += [
        f"On {sum(w > 1 for w in winners)} of {len(winners)} tables the cuts disagree on "
        "which detector is first.",
        "",
    ]
    return text


def _verdicts(results):
    ranks = evaluation.mean_ranks(results)
    difference = evaluation.critical_difference(results.shape[1], len(results))
    apart = sum(abs(a - b) >= difference for a, b in combinations(ranks, 2))
    holm = evaluation.wilcoxon_holm(results)["p adjusted"].lt(LEVEL).sum()
    return [f"{evaluation.friedman(results).p_value:.2g}", f"{difference:.2f}", apart, holm]


def _flips(results):
    """Count pairs that some pools of detectors tell apart and others do not."""
    tables, count = results.shape
    needed = {k: evaluation.critical_difference(k, tables) for k in range(2, count + 1)}
    seen = {}
    for size in range(2, count + 1):
        for chosen in combinations(range(count), size):
            ranks = dict(zip(chosen, evaluation.mean_ranks(results[:, list(chosen)]), strict=True))
            for a, b in combinations(chosen, 2):
                seen.setdefault((a, b), set()).add(abs(ranks[a] - ranks[b]) >= needed[size])
    return sum(len(each) > 1 for each in seen.values())


def _leaders(results):
    """Return how often each detector leads on five tables drawn without putting back."""
    generator = np.random.default_rng(0)
    drawn = [generator.choice(len(results), 5, replace=False) for _ in range(2000)]
    firsts = [results[rows].mean(axis=0).argmax() for rows in drawn]
    return np.bincount(firsts, minlength=results.shape[1]) / len(drawn)


def _rules(part, names, pool, rivals):
    """Return the regret of each rule; the best is the best detector of a table over the cuts."""
    labelled = part[part["measure"] == "validation anomalies"].groupby("table")["value"].mean()
    many = labelled[names].to_numpy() >= 20
    reached = {
        measure: _reached(part, measure, names, pool, rivals) for measure in ("AUROC", "AP")
    }
    lost = {
        measure: {rule: best - each for rule, each in rules.items()}
        for measure, (best, rules) in reached.items()
    }
    rows = [
        [
            rule,
            _told(each),
            f"{each.mean(axis=1).max():.3f}",
            _told(each[many]),
            _told(lost["AP"][rule]),
        ]
        for rule, each in sorted(lost["AUROC"].items(), key=lambda item: item[1].mean())
    ]
    columns = [
        "rule",
        "regret, AUROC",
        "on the worst table",
        f"on the {many.sum()} tables with 20 validation anomalies",
        "regret, AP",
    ]
    text = ["Regret to the detector of the nine that is best on the table:", ""]
    text += _markdown(rows, columns)
    gains = [
        [f"{other}, {measure}", _told(gain), _told(gain[many])]
        for measure in ("AUROC", "AP")
        for other in ("best mean on the other tables", "always kNN", "always AutoEncoder")
        for gain in (lost[measure][other] - lost[measure][_by(20)],)
    ]
    columns = ["rule", "all tables", f"the {many.sum()} tables with 20 validation anomalies"]
    text += [f"What “{_by(20)}” saves of the regret of another rule, pair by pair:", ""]
    return text + _markdown(gains, columns)


def _by(count):
    return f"best by {count} labelled anomal{'y' if count == 1 else 'ies'}"


def _reached(part, measure, names, pool, rivals):
    """Return the best of each table, (tables, 1), and what each rule reaches, (tables, cuts)."""
    cube = _cube(part, measure, names, pool)
    reached = {f"always {name}": cube[:, :, k] for k, name in enumerate(pool)}
    reached |= _leader_elsewhere(cube)
    of_rivals = _cube(part, measure, names, rivals)
    reached |= {f"always {name}": of_rivals[:, :, k] for k, name in enumerate(rivals)}
    reached["a random pick"] = cube.mean(axis=2)
    good = [k for k, name in enumerate(pool) if name not in ("PCA", "ECOD")]
    reached["a random pick, without PCA and ECOD"] = cube[:, :, good].mean(axis=2)
    together = _cube(part, measure, names, ["mean rank of the nine"])
    reached["mean rank of the nine"] = together[:, :, 0]
    for count in LABELS:  # as many as there are, where fewer
        draws = [_cube(part, f"{count} labels {k}", names, pool).argmax(axis=2) for k in range(5)]
        reached[_by(count)] = np.mean([_taken(cube, each) for each in draws], axis=0)
    for kind, words in (("uniform", "anywhere in the box"), ("dealt", "by dealing columns anew")):
        invented = _cube(part, kind, names, pool).argmax(axis=2)
        reached[f"best by anomalies invented {words}"] = _taken(cube, invented)
    return cube.mean(axis=1).max(axis=1)[:, None], reached


def _taken(cube, choices):
    """Return what the chosen detectors reach, shape as choices (tables, seeds)."""
    return np.take_along_axis(cube, choices[:, :, None], axis=2)[:, :, 0]


def _leader_elsewhere(cube):
    """Return what the detector that leads on other tables reaches, (tables, seeds)."""
    means = cube.mean(axis=1)
    tables = np.arange(len(means))
    others = [means[tables != t] for t in tables]
    by_mean = [each.mean(axis=0).argmax() for each in others]
    by_rank = [evaluation.mean_ranks(each).argmin() for each in others]
    halves = np.where(
        tables < OFFLINE,
        means[OFFLINE:].mean(axis=0).argmax(),
        means[:OFFLINE].mean(axis=0).argmax(),
    )
    return {
        "best mean on the other tables": cube[tables, :, by_mean],
        "best mean rank on the other tables": cube[tables, :, by_rank],
        "best mean on the other collection": cube[tables, :, halves],
    }


def _variance(found, names, pool):
    """Return how much of the spread of AUROC lies between tables, detectors, both, and cuts."""
    rows = []
    for training, part in found.groupby("training", sort=False):
        cube = _cube(part, "AUROC", names, pool)
        total = ((cube - cube.mean()) ** 2).sum()
        cells = cube.mean(axis=1, keepdims=True)
        table = cells.mean(axis=2, keepdims=True)
        detector = cells.mean(axis=0, keepdims=True)
        pieces = {
            "table": table - cube.mean(),
            "detector": detector - cube.mean(),
            "table × detector": cells - table - detector + cube.mean(),
            "cut and seed": cube - cells,
        }
        shares = [
            f"{100 * (np.broadcast_to(each, cube.shape) ** 2).sum() / total:.1f}"
            for each in pieces.values()
        ]
        spreads = f"{table.std(ddof=1):.3f} / {detector.std(ddof=1):.3f}"
        rows.append([training, *shares, spreads])
    columns = ["training", *(f"{name} [%]" for name in pieces), "SD of tables / of detectors"]
    return ["## What the spread of AUROC is made of", "", *_markdown(rows, columns)]


def _search(found):
    """Return what searching an AutoEncoder's settings gains: reported, and on later rows."""
    cells = found[["table", "training", "seed"]].drop_duplicates()
    whole = cells["seed"].value_counts()  # a run that was broken off has cuts of some tables alone
    found = found[found["seed"].isin(whole.index[whole == whole.max()])]
    text = [
        "## Searching the settings of an AutoEncoder",
        "",
        f"Tables: {', '.join(dict.fromkeys(found['table']))}; {found['seed'].nunique()} cuts. "
        "Gains over the default settings in AUROC, where the search may keep the default: "
        "*reported* on the validation rows by which it chose, *later* on the test rows. Where "
        "fewer anomalies are there than should be labelled, all are. “Test itself” is the setting "
        "that is best on the test rows, which nobody may choose.",
        "",
    ]
    for training, part in found.groupby("training", sort=False):
        names = list(dict.fromkeys(part["table"]))
        gains = part[part["measure"].isin(["reported", "later"])].copy()
        values = gains.pivot_table(
            index=["who", "table", "seed"], columns="measure", values="value"
        )
        rows = []
        for who, each in values.groupby(level="who", sort=False):
            later = each["later"].droplevel("who").unstack().loc[names].to_numpy()
            reported = each["reported"].mean() if "reported" in each else np.nan
            unlucky = (each["later"] < 0).mean()
            told = "" if np.isnan(reported) else f"{reported:+.3f}"
            way, by = who.replace(" labels", " labelled").split("|")
            rows.append([way, by, told, _told(later), f"{100 * unlucky:.0f}"])
        rows.sort(key=lambda row: (row[1], row[0]))
        columns = ["way", "chosen by", "reported", "later", "worse than the default [%]"]
        text += [f"### {training.capitalize()} training rows", "", *_markdown(rows, columns)]
        text += _search_pairs(values, names)
    seconds = found[found["measure"] == "seconds"].groupby("who", sort=False)["value"].mean()
    told = ", ".join(f"{who.replace('|', ', ')} {value:.1f}" for who, value in seconds.items())
    return [*text, f"Processor seconds for one search: {told}.", ""]


def _search_pairs(values, names):
    """Return by how much one way to search gains more than another on later rows, paired."""
    later = values["later"].unstack("who")
    rows = [
        [f"{one} over {other}, {by}", _told(gain.unstack("seed").loc[names].to_numpy())]
        for by in ("5 labels", "20 labels")
        for one, other in (
            ("random search", "seeds of the default"),
            ("halving", "random search"),
            ("TPE", "random search"),
        )
        for gain in (later[f"{one}|{by}"] - later[f"{other}|{by}"],)
    ]
    return _markdown(rows, ["later gain of", "difference"])
