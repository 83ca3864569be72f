"""Each exercise's check against mutants of its solution: no survivor that behaves differently."""

import contextlib
import copy
import io
import warnings

from course_utils.course import lessons
from course_utils.exercises import engine
from course_utils.exercises.results import difference
from course_utils.exercises.tensors import TensorExercise, for_arrays

import mutants
import numpy as np
import pytest

SEEDS = range(1, 13)  # of the inputs on which a survivor is compared with the solution
SECONDS = 2.0  # of the processor, for one mutant
FEW = 5  # mutants at least, that each check refuses
# Exercises of which many answers are right: what is asked for is a judgement, not one result.
OPEN = {
    "my_detector": "any detector that ranks well and plays fair",
    "my_threshold": "any threshold that costs little",
    "one_for_all": "any score that finds all four kinds",
    "sensor_network": "any weights that decide well",
    "healthy_start": "any start that keeps the blame's size",
    "mini_batches": "any random order that the generator decides",
    "diagnose": "any thresholds that judge clear patients rightly",
    "dropout": "any mask that the generator decides",
    "clean": "rows in any order, with gaps; its check compares on random tables",
    "keep": "a name among numbers; its check compares on random histories",
    "cut": "any random draw that keeps the shares",
    "hide_labels": "any draw from the generator",
    "detector": "any classifier that ranks and judges each row alone",
    "better_scores": "any score that ranks better in other shops and judges each row alone",
    "class_weights": "a dict, a list or an array; the check compares pairs itself",
    "synthetic_rows": "any even draw from the segments that the generator decides",
    "denoise": "any denoiser that beats a line for each pixel on pictures held back",
    "fair_errors": "any score by which little ink cannot hide",
    "build_network": "a network; its check compares its outputs with those of its own weights",
    "two_views": "any score in which an alarm of either detector is heard",
    "unusual_pair": "any score of a pair that finds four kinds of unusual rows",
    "plain_rival": "any score without a network that ranks held-back digits well",
    "snapshot": "a dictionary of states, judged by resuming the training",
    "image_score": "any score that ranks small and faint defects on maps held back",
    "whitener": "any root of the inverse; its check compares second moments on random tables",
    "cheat": "any scores whose few alarms meet each long event",
    "log_key": "any keys that neither split nor merge templates held back",
    "sequence_score": "any score that finds one odd step in short and long sequences",
    "split_copies": "any draw of distinct sequences that the seed decides",
    "repair_payments": "any model and line that do not know the last fifth",
    "choose_baseline": "any row that a detector takes for normal on tables held back",
    "smallest_change": "any row that is silenced by a change hardly larger than ours",
    "my_explanation": "any explanation that names planted columns held back",
    "slot": "any even draw that the generator decides",
    "drift_alarm": "any alarm that is rare and soon on streams held back",
    "shard": "any shuffle that the epoch alone decides",
    "verdict": "any rule that judges pairs held back rightly",
    "shipped": "a module; its check compares its scores and alarms, and exports it",
    "export_any_batch": "a program; its check runs it on 1, 2, 7 and 100,000 rows",
    "batch_dependence": "any measure that parts culprits from honest scores held back",
    "stability_limit": "any draws from the generator that come near the limit",
    "given_load": "any regression that leaves no load in the score of motors held back",
    "named_part": "any search that names the part on recordings held back",
    "thermal_lag": "any fit that chooses the lag of motors held back",
    "chance_lead": "a formula or trials, judged within the noise of 10,000 trials",
    "my_monitor": "any score that warns earlier than a rule on machines held back",
    "claims_to_audit": "any choice that finds fraud now and teaches trees for next year",
    "my_alerts": "any score that saves more than the rule on streams held back",
    "pump_score": "any score of the past that parts pumps from news on markets held back",
    "port_rule": "any rule that ranks known attacks on networks held back",
    "either_lines": "any two lines that keep the budget on streams held back and find both kinds",
    "after_drift": "any rows by which the neighbours stay quiet and find new attacks later",
    "trace_score": "any score that padding does not lower and that ranks traces held back",
    "split_modules": "any half of the modules that the seed decides",
    "without_light": "any picture that no exposure changes and on which what is new shows",
    "tray_score": "any score that is 0 for right trays and grows with what is wrong",
    "hidden_drift": "any change that keeps the AUROC and lifts most normal rows above the line",
    "block_weights": "any weights of that quotient, by any of three means of distances",
    "my_fusion": "any score that finds mismatches and hot zones on parts held back",
}
EXERCISES = [
    pytest.param(exercise, id=f"{lesson[:2]}-{exercise.name}")
    for lesson in lessons.LESSONS
    for exercise in engine.exercises_of(lessons.exercise_module(lesson)).values()
]


def behaves_differently(exercise, mutant):
    """Say on which input a mutant differs from all that is right; empty where on none."""
    if exercise._inputs is None:
        return "no inputs to compare on"
    right = (exercise._solution, *exercise._also_right)
    mutant = for_arrays(mutant) if isinstance(exercise, TensorExercise) else mutant
    for seed in SEEDS:
        for what, arguments in exercise._inputs(np.random.default_rng(seed)):
            try:
                result = mutant(*copy.deepcopy(arguments))
            except Exception as error:
                return f"{what}: {type(error).__name__}"
            texts = [difference(result, each(*copy.deepcopy(arguments))) for each in right]
            right = [each for each, text in zip(right, texts, strict=True) if not text]
            if not right:
                return f"{what}: {texts[0]}"
    return ""


def judged(exercise, enough=np.inf):
    """Return the mutants that pass: those that differ with where, and the equivalent ones.

    Ends as soon as `enough` are refused; these are drawn, so that they come from any line.
    """
    survivors, equivalent, refused = [], [], 0
    everyone = [*mutants.mutants_of(exercise._solution), *mutants.misbehaving(exercise._solution)]
    if np.isfinite(enough):
        everyone = [everyone[k] for k in np.random.default_rng(0).permutation(len(everyone))]
    for described, mutant in everyone:
        if refused >= enough:
            break
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            if not exercise.examine(mutant, SECONDS).passed:
                refused += 1
                continue
            differs = behaves_differently(exercise, mutant)
        if differs:
            survivors.append(f"{described}; {differs}")
        else:
            equivalent.append(described)
    return survivors, equivalent, refused


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_mutant_that_behaves_differently_survives(exercise, record_property):
    if exercise.name in OPEN:  # many mutants are right, too: a few have to be refused
        assert judged(exercise, enough=FEW)[2] >= FEW
        return
    survivors, equivalent, refused = judged(exercise)
    record_property("equivalent", equivalent)
    assert refused >= FEW
    assert exercise._inputs is not None
    assert not survivors


def test_the_rules_make_what_they_say():
    def example(x, axis):
        return np.abs(x[1:] - x.mean(axis=0)) > 3

    made = dict(mutants.mutants_of(example))
    said = " | ".join(made)
    for words in ("Gt → GtE", "Sub → Add", "3 → 4", "abs() dropped", "slice without lower"):
        assert words in said
    x = np.array([[0.0], [3.5], [9.0]])
    changed = next(each for said, each in made.items() if "Gt → Lt" in said)
    assert changed(x, 0).tolist() != example(x, 0).tolist()
