"""Exercise of lesson 18: what is wrong in a report, told from its numbers."""

from __future__ import annotations

import difflib
import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_18 import _reports
from course_utils.exercises.results import Misconception, require

# --------------------------------------------------------------------------------- 5 · suspicious

suspicious = Exercise(
    "Return the set of the names of what is wrong in the report, from its numbers alone; the "
    "empty set where it is sound.",
    hints=(
        "Ten rules, one after the other, each a line: begin with the ones that compare two "
        "printed numbers, such as copies with 1 % of test_rows.",
        "Printed numbers are rounded to three digits: allow 0.0006 where one is compared with an "
        "exact number, 0.0012 where both are printed. Where a report has None, a rule is silent.",
        "Look at the sound ones that seem odd: one seed only, equal seeds, no mistake at all "
        "(FP = FN = 0), no alarm, two distinct scores, an AUROC on a test of half anomalies, a "
        "rival without settings.",
    ),
    praise="Right: all broken reports held back are named, and the sound ones go free, odd as "
    "some look.",
)


@suspicious.set_solution
def suspicious_solution(report):
    r, found = report, set()
    tp, fp, fn, tn = r["TP"], r["FP"], r["FN"], r["TN"]
    anomalies, rows, headline = r["test_anomalies"], r["test_rows"], r["headline"]
    p, field, rounding = anomalies / rows, r["field_prevalence"], 0.0006

    nothing = {"accuracy": max(p, 1 - p), "F1": 2 * p / (1 + p), "AUROC": 0.5, "AP": p}
    if r["claimed"] <= nothing[headline] + rounding:
        found.add("no information")
    of_decisions = (tp / (tp + fn) + tn / (tn + fp)) / 2
    if r["distinct_scores"] > 2 and fp + fn > 0 and abs(r["AUROC"] - of_decisions) <= rounding:
        found.add("AUROC of decisions")
    if r["claimed"] > sum(r["per_seed"]) / len(r["per_seed"]) + 2 * rounding:
        found.add("best of seeds")
    if r["test_start"] is not None and r["test_start"] <= r["train_end"]:
        found.add("future in training")
    if headline != "AUROC" and field is not None and not field / 2 <= p <= 2 * field:
        found.add("test is not the field")
    by_count = r["threshold"] == "not told" and fp == fn and fp > 0
    if by_count or r["threshold"] == "best F1 on test":
        found.add("threshold from the test")
    if r["threshold"] == "quantile of validation" and r["validation_anomalies"] > 0:
        found.add("validation holds anomalies")
    if r["copies"] > 0.01 * rows:
        found.add("copies over the split")
    ratios = {
        "accuracy": (tp + tn) / rows,
        "precision": tp / max(tp + fp, 1),
        "recall": tp / anomalies,
        "F1": 2 * tp / (2 * tp + fp + fn),
    }
    adds_up = tp + fn == anomalies and tp + fp + fn + tn == rows
    if not adds_up or any(abs(r[name] - ratio) > rounding for name, ratio in ratios.items()):
        found.add("numbers do not add up")
    rival = r["rival_settings_tried"]
    if rival is not None and rival < r["settings_tried"]:
        found.add("untuned rival")
    return found


# why a report that looks odd is sound, by what is odd and what may be said of it
SOUND = {
    ("one seed", "best of seeds"): "One seed is its own best and its own mean.",
    ("equal seeds", "best of seeds"): "All seeds agree: the best is no better than the mean.",
    ("no mistake", "best of seeds"): "All seeds agree: the best is no better than the mean.",
    ("no mistake", "AUROC of decisions"): (
        "Where all decisions are right, both are 1, whatever the AUROC was taken of."
    ),
    ("no mistake", "threshold from the test"): (
        "Where all decisions are right, FP and FN are 0, wherever the threshold came from."
    ),
    ("a rule with two scores", "AUROC of decisions"): (
        "This detector's scores are two values. There is nothing else to take the AUROC of."
    ),
    ("AUROC on a balanced test", "test is not the field"): (
        "AUROC is made of rates within each class, and does not depend on their shares."
    ),
    ("accuracy below doing nothing, not the headline", "no information"): (
        "Accuracy is printed here, and not claimed. Nearly every useful detector of rare "
        "anomalies has less of it than one that never alarms."
    ),
    ("a rival without settings", "untuned rival"): "This rival has nothing to set: None is no 0.",
    ("as many alarms as anomalies, told from where", "threshold from the test"): (
        "It is told where the threshold came from. Then equal numbers are chance."
    ),
    ("anomalies to choose a threshold by", "validation holds anomalies"): (
        "The best F1 on validation needs anomalies there. They spoil a quantile alone."
    ),
    ("a quantile of clean rows", "validation holds anomalies"): "There are none to spoil it.",
    ("few copies", "copies over the split"): "Up to 1 % is let pass.",
    ("rows without times", "future in training"): "None: nothing is known of times.",
    ("unknown field", "test is not the field"): "None: nothing is known of the field.",
    ("seeds far apart", "best of seeds"): "A wide spread that is told is honest.",
}
EACH = 24  # reports with each mistake, and half as many with each oddity


@functools.cache
def _held_back():
    """Return pairs (names of mistakes, oddity), how many sound ones come first, the reports."""
    kinds = [((), odd) for odd in ("", *_reports.ODDITIES)]
    cases = [kind for kind in kinds for _ in range(EACH // 2)]
    sound = len(cases)
    cases += [((name,), "") for name in _reports.NAMES for _ in range(EACH)]
    cases += [(pair, "") for pair in _reports.pairs()]
    reports = [
        _reports.report(1800 + number, *names, odd=odd)
        for number, (names, odd) in enumerate(cases)
    ]
    return cases, sound, reports


@suspicious.set_check
def suspicious_check(answer):
    cases, sound, reports = _held_back()
    told = [_names(answer, report) for report in reports]
    wrong = [n for n, case in enumerate(cases) if told[n] != {*case[0]}]
    if not wrong:
        return
    require(any(told), "You call every report sound, and more than half of them are not.")
    if all(told[:sound]):
        name = _first(told[0])
        raise Misconception(
            f"You call none of {sound} sound reports sound. A check that accuses everybody says "
            f"nothing. Of the first one you say {name!r}, but {_numbers(name, reports[0])}."
        )
    accused = sum(n < sound for n in wrong)
    summary = (
        f"{len(cases) - sound - len(wrong) + accused} of {len(cases) - sound} broken reports are "
        f"named, and {sound - accused} of {sound} sound ones go free."
    )
    # a rule that is not there yet comes first, then what makes a sound report look odd
    known = set.union(*told)
    lacking = [n for n in wrong if {*cases[n][0]} - known]
    odd = [n for n in wrong if any((cases[n][1], name) in SOUND for name in told[n])]
    number = [*lacking, *odd, *wrong][0]
    raise Misconception(f"{_one(cases[number], told[number], reports[number])} {summary}")


def _first(names):
    return next(name for name in _reports.NAMES if name in names)


def _one(case, told, report):
    """Say what is wrong with what was told of one report."""
    names, odd = case
    called = " and ".join(map(repr, names))
    if missed := {*names} - told:
        name = _first(missed)
        said = f"you say {sorted(told)}" if told else "you call it sound"
        return f"Of a report with {called} {said}. {name!r}: {_numbers(name, report)}."
    accused = [each for each in _reports.NAMES if each in told and each not in names]
    name = next((each for each in accused if (odd, each) in SOUND), accused[0])
    kind = f"a report with {called} alone" if names else "a sound report"
    reason = SOUND.get((odd, name), "")
    return f"Of {kind} you say {name!r}, but {_numbers(name, report)}. {reason}".strip()


def _names(answer, report):
    """Return what an answer says of a report, a set of known names."""
    given = report | {"per_seed": [*report["per_seed"]]}
    try:
        result = answer(given)
    except Exception as error:
        error.add_note(
            f"with TP = {report['TP']}, FP = {report['FP']}, FN = {report['FN']}, "
            f"and None for {[key for key in report if report[key] is None]}"
        )
        raise
    require(
        given == report, "Your function changes the `report` that it was given. Work on a copy."
    )
    require(result is not None, "Your function returned None: is `return found` missing?")
    require(
        isinstance(result, set | frozenset | list | tuple),
        f"A set of names is expected; you return {type(result).__name__}. For one name "
        '{"best of seeds"}, for none set().',
    )
    unknown = [str(name) for name in result if name not in _reports.NAMES]
    for name in unknown:
        near = difflib.get_close_matches(name, _reports.NAMES, 1)
        meant = f" Is {near[0]!r} meant?" if near else ""
        raise Misconception(f"{name!r} is none of the ten names.{meant}")
    return set(result)


def _numbers(name, r):
    """Return the numbers of a report by which a name is judged, as a sentence without its end."""
    tp, fp, fn, tn = (r[key] for key in ("TP", "FP", "FN", "TN"))
    p, seeds = r["test_anomalies"] / r["test_rows"], r["per_seed"]
    if name == "no information":
        nothing = _reports.no_information(r["headline"], p)
        return (
            f"the claimed {r['headline']} is {r['claimed']}, and {nothing:.4f} takes no "
            f"information where {p:.2%} are anomalies"
        )
    if name == "AUROC of decisions":
        return (
            f"the AUROC is {r['AUROC']}, (recall + specificity) / 2 of the counts is "
            f"{(tp / (tp + fn) + tn / (tn + fp)) / 2:.4f}, the scores take {r['distinct_scores']} "
            f"values, and {fp + fn} decisions are wrong"
        )
    if name == "best of seeds":
        return (
            f"claimed is {r['claimed']}, and the mean of {seeds} is {sum(seeds) / len(seeds):.4f}"
        )
    if name == "future in training":
        if r["test_start"] is None:
            return "its rows have no times"
        return f"training ends on day {r['train_end']} and the test starts on {r['test_start']}"
    if name == "test is not the field":
        field = r["field_prevalence"]
        return (
            f"the headline is {r['headline']}, and anomalies are {p:.2%} of the test and "
            f"{'an unknown share' if field is None else f'{field:.2%}'} of the field"
        )
    if name == "threshold from the test":
        return f"the threshold is {r['threshold']!r}, FP is {fp} and FN {fn}"
    if name == "validation holds anomalies":
        return (
            f"the threshold is {r['threshold']!r}, and {r['validation_anomalies']} of "
            f"{r['validation_rows']} validation rows are anomalies"
        )
    if name == "copies over the split":
        return f"{r['copies']} of {r['test_rows']} test rows are copies"
    if name == "untuned rival":
        return (
            f"{r['settings_tried']} settings were tried for the detector and "
            f"{r['rival_settings_tried']} for its rival"
        )
    ratios = _reports.ratios_of(tp, fp, fn, tn)
    furthest = max(ratios, key=lambda key: abs(ratios[key] - r[key]))
    return (
        f"TP + FN is {tp + fn} and test_anomalies {r['test_anomalies']}, the four counts sum to "
        f"{tp + fp + fn + tn} and test_rows is {r['test_rows']}, and the printed {furthest} is "
        f"{r[furthest]}, where the counts give {ratios[furthest]:.4f}"
    )


@suspicious.set_inputs
def suspicious_inputs(rng):
    seed = int(rng.integers(1_000_000))
    for number, name in enumerate(_reports.NAMES):
        yield f"a report with {name!r}", (_reports.report(seed + number, name),)
    for number, odd in enumerate(_reports.ODDITIES):
        yield f"a sound report ({odd})", (_reports.report(seed + number, odd=odd),)
    for number, pair in enumerate(_reports.pairs()):
        if number % 4 == seed % 4:
            described = " and ".join(map(repr, pair))
            yield f"a report with {described}", (_reports.report(seed + number, *pair),)
