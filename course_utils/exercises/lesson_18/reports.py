"""Exercise of lesson 18: what is wrong in a report, told from its numbers."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise

# --------------------------------------------------------------------------------- 4 · suspicious

suspicious = Exercise(
    "Return the set of the names of what is wrong in the report, from its numbers alone; the "
    "empty set where it is sound.",
    hints=(
        "Ten rules, one after the other, each a line: begin with the ones that compare two "
        "printed numbers, such as copies with 1 % of test_rows.",
        "Printed numbers are rounded to three digits: allow 0.0005 where one is compared with an "
        "exact number, 0.001 where both are printed. Where a report has None, a rule is silent.",
        "Look at the sound ones that seem odd: one seed only, equal seeds, no mistake at all "
        "(FP = FN = 0), two distinct scores, an AUROC on a test of half anomalies, a rival that has "
        "no settings.",
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
