"""A model card: what somebody must know of a detector before relying on it, on one page.

After Mitchell et al., Model Cards for Model Reporting, FAT* 2019,
<https://arxiv.org/abs/1810.03993>.
"""

from importlib import metadata

from course_utils import __version__
from course_utils.evaluation import stability_limit
from course_utils.thresholds import decide

import numpy as np

__all__ = ["model_card"]

ADDED = {"random scores"}  # of the honest table: company, but nobody's choice
A_DAY = 10_000  # rows, for the example of alarms
BINS = 10
SHARES = (0.1, 0.5, 0.9, 0.99)


def model_card(detector, results, *, label, data, reference, intended_use, limits, contact):
    """Return the model card of a fitted detector as Markdown.

    What can be read off is read off: parameters, the rows that it was fitted on, the honest table,
    how many alarms the threshold raises, and whether a simpler rival does as well. What only its
    maker knows is asked for, and cannot be left out.

    Parameters
    ----------
    detector : fitted detector of the course
    results : DataFrame
        What ``evaluation.honest_table`` returned.
    label : str
        The detector's row in it.
    data : AnomalyData
        What its training rows are from; the card names source, licence and sizes.
    reference : array-like, shape (n, d)
        Rows held back, as they will come: alarms are counted on them, and later scores compared
        with theirs. Rows that were fitted on score lower than others. At least ten.
    intended_use : str
        For what, by whom.
    limits : list of str
        What it was not tried on, what it must not decide, what is known to fail. At least one.
    contact : str
        Who answers questions.

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If the label is no row of the table, a text is empty, or there are no limits.
    sklearn.exceptions.NotFittedError
    """
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(detector)
    _need_texts(intended_use=intended_use, contact=contact)
    if isinstance(limits, str) or not limits:
        raise ValueError("limits is empty or one text; a list of at least one limit is expected.")
    _need_texts(**{f"limits[{each}]": text for each, text in enumerate(limits)})
    if label not in results.index:
        raise ValueError(f"label is {label!r}; a row of the table is expected: {_names(results)}.")
    scores = detector.decision_function(reference)
    if len(scores) < BINS:
        raise ValueError(f"reference has {len(scores)} rows; at least {BINS} are expected.")
    parts = [
        f"# Model card: {label}",
        _details(detector, contact),
        f"## Intended use\n\n{intended_use.strip()}",
        _training(detector, data),
        _results(results, label),
        _decisions(detector.threshold_, scores, results.loc[label]),
        "## Limits\n\n" + "\n".join(f"- {each.strip()}" for each in limits),
        _watching(scores),
    ]
    return "\n\n".join(parts) + "\n"


def _need_texts(**texts):
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{name} is {text!r}; a text that says it is expected.")


def _names(results):
    return ", ".join(repr(each) for each in results.index)


def _details(detector, contact):
    chosen = {k: v for k, v in detector.get_params(deep=False).items() if k != "progress"}
    rows = {
        "Kind": f"`{type(detector).__name__}` of course_utils {__version__}",
        "Parameters": ", ".join(f"{name}={value!r}" for name, value in chosen.items()),
        "Computed with": ", ".join(
            f"{each} {metadata.version(each)}" for each in ("torch", "numpy")
        ),
        "Contact": contact.strip(),
    }
    return "\n".join(
        ["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows.items())]
    )


def _training(detector, data):
    rows = len(detector.decision_scores_)
    return (
        f"## Training data\n\n{data.name}: {data.source}\nLicence: {data.licence}. "
        f"Fitted on {rows:,} of its {len(data):,}. "
        f"{100 * data.y.mean():.1f} % of the whole are labelled as anomalies; the labels were not "
        f"used to fit, and a share of {100 * detector.contamination:g} % was assumed."
    )


def _results(results, label):
    shown = [name for name in results.columns if "[s]" not in name]
    lines = ["| " + " | ".join(["", *shown]) + " |", "|---" * (len(shown) + 1) + "|"]
    for name, row in results[shown].iterrows():
        shown_name = name.replace("|", "\\|")  # else it would begin a column of its own
        mark = f"**{shown_name}**" if name == label else shown_name
        lines.append("| " + " | ".join([mark, *(f"{row[each]:.3f}" for each in shown)]) + " |")
    return (
        "## Results\n\nOn rows that were held back, means over seeds; ± is the standard deviation "
        "over them. Chance is 0.5 for AUROC and the prevalence for average precision.\n\n"
        + "\n".join(lines)
        + f"\n\n{_verdict(results, label)}"
    )


def _verdict(results, label):
    """Say of which rivals the table cannot tell the detector apart, and which are ahead."""
    mean, spread = results["average precision"], results["average precision ±"]
    if spread.isna().all():
        return "One seed does not tell who leads."
    rivals = [name for name in results.index if name != label and name not in ADDED]
    ahead, level = [], []
    for name in rivals:
        lead = mean[label] - mean[name]
        if abs(lead) <= np.hypot(spread[label], spread[name]):
            level.append(name)
        elif lead < 0:
            ahead.append(name)
    said = []
    if ahead:
        said.append(f"**Better in this table: {', '.join(ahead)}.**")
    if level:
        said.append(f"Within the seeds' spread of it: {', '.join(level)}.")
    return (
        " ".join(said)
        or f"No rival in this table is ahead, or within the seeds' spread of {label}."
    )


def _decisions(threshold, scores, row):
    share = decide(scores, threshold).mean()
    return (
        f"## Decisions\n\nAn alarm is a score above {threshold:.6g}. {100 * share:.2g} % of "
        f"{len(scores):,} rows held back lie there, so that {A_DAY:,} such rows a day raise some "
        f"{A_DAY * share:,.0f} alarms. The table's precision ({row['precision']:.3f}) and recall "
        f"({row['recall']:.3f}) belong to its own thresholds, which were chosen on validation "
        f"rows, at a prevalence of {row['prevalence']:.3f}; where anomalies are rarer, precision "
        "is lower."
    )


def _watching(scores):
    lines = ["| share of rows held back | score below |", "|---|---|"]
    lines += [f"| {each:.0%} | {np.quantile(scores, each):.6g} |" for each in SHARES]
    limits = ", ".join(
        f"{stability_limit(len(scores), rows, BINS):.3f} for {rows:,}" for rows in (50, 200, 1000)
    )
    return (
        "## Watching it\n\n"
        + "\n".join(lines)
        + f"\n\nOf new scores against these, the population stability index in {BINS} bins "
        f"passes by chance, without any drift, in one of twenty samples: {limits} rows."
    )
