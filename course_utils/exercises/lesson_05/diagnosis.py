"""Exercises of lesson 05, of learning curves, read as a doctor would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import require

import numpy as np

HEALTHY, STUCK, TOO_SLOW = "healthy", "stuck", "too slow"
TOO_FAST, UNDERFITTING, OVERFITTING = "too fast", "underfitting", "overfitting"
DIAGNOSES = (HEALTHY, STUCK, TOO_SLOW, TOO_FAST, UNDERFITTING, OVERFITTING)

diagnose = Exercise(
    'Return "healthy", "stuck", "too slow", "too fast", "underfitting" or "overfitting" for two '
    "loss curves and the loss that good networks reach on these data.",
    hints=(
        "Take the clearest signs first: a training loss that never moves, then one that jumps.",
        "Overfitting is a validation loss that has risen well above its own lowest point. A small "
        "gap between the curves is normal.",
        "What is left is calm and does not overfit: compare the last epochs with `reachable`. If "
        "the loss is still high, has it stopped falling (underfitting) or not (too slow)?",
    ),
    praise="Right, on every patient. You now read a curve by signs instead of by feeling.",
)


@diagnose.set_solution
def diagnose_solution(train_loss, validation_loss, reachable):
    train, validation = np.array(train_loss), np.array(validation_loss)
    late = len(train) // 5
    if np.ptp(train) < 0.02:
        return "stuck"
    if np.abs(np.diff(train[late:])).max() > 0.08:
        return "too fast"
    if validation[-late:].mean() > validation.min() + 0.1:
        return "overfitting"
    if train[-late:].mean() < reachable + 0.08:
        return "healthy"
    return "too slow" if train[-late] - train[-1] > 0.015 else "underfitting"


@diagnose.set_check
def diagnose_check(answer):
    seen = []
    for patient in _all_patients():
        said = _said(answer, patient)
        require(
            said == patient.truth,
            f'You say "{said}" where the diagnosis is "{patient.truth}". {patient.sign(said)}',
        )
        seen.append((patient, said))
    for patient, said in seen[::-1]:
        again = _said(answer, patient)
        require(
            again == said,
            f'Asked again about the same curves, you say "{again}" instead of "{said}". A '
            "diagnosis depends on the curves alone, not on who was seen before, or on chance.",
        )


@dataclass
class _Patient:
    """Two loss curves, what good networks reach, the diagnosis, and what to look at."""

    truth: str
    train: np.ndarray
    validation: np.ndarray
    sign: Callable[[str], str]
    reachable: float = 0.1


def _said(answer: Callable, patient: _Patient) -> str:
    said = answer(patient.train.copy(), patient.validation.copy(), patient.reachable)
    require(said is not None, "Your function returned None: is a `return` missing?")
    require(
        isinstance(said, str) and said.strip().lower() in DIAGNOSES,
        f"The diagnosis is {said!r}; one of {', '.join(DIAGNOSES)} is expected.",
    )
    return said.strip().lower()


def _all_patients() -> list[_Patient]:
    """Return clear cases: two rounds that the hints speak of, and others drawn by chance."""
    rng = np.random.default_rng(7)
    patients = [*_patients(60), *_patients(100)]
    for epochs in (60, 75, 100, 150):
        drawn = _drawn(rng, epochs)
        patients += [drawn[number] for number in rng.permutation(len(drawn))]
    return patients


def _patients(epochs: int) -> list[_Patient]:
    t = np.linspace(0, 1, epochs)
    noise = np.random.default_rng(5).normal(scale=0.004, size=(2, epochs))
    falling = 0.1 + 0.5 * np.exp(-8 * t)
    memorised = 0.02 + 0.5 * np.exp(-6 * t)
    slow = 0.32 + 0.4 * np.exp(-1.2 * t)
    flat_high = 0.35 + 0.3 * np.exp(-20 * t)
    jumps = np.random.default_rng(6).exponential(0.25, size=(2, epochs))
    never = np.full(epochs, 0.693)
    return [
        _Patient(OVERFITTING, memorised, memorised + 0.15 + 0.9 * t**1.5, _overfitting_sign),
        _Patient(HEALTHY, falling, falling + 0.04, _healthy_sign),
        _Patient(UNDERFITTING, flat_high + noise[0], flat_high + 0.01 + noise[1], _high_sign),
        _Patient(TOO_SLOW, slow + noise[0], slow + 0.01 + noise[1], _slow_sign),
        _Patient(TOO_FAST, falling + jumps[0], falling + jumps[1], _fast_sign),
        _Patient(STUCK, never + noise[0] / 4, never, _stuck_sign),
        _Patient(STUCK, never, never.copy(), _stuck_sign),
    ]


def _drawn(rng: np.random.Generator, epochs: int) -> list[_Patient]:
    """Return one patient of each kind, of a start, speed and noise of its own."""
    t = np.linspace(0, 1, epochs)
    start, speed, reachable = rng.uniform(0.66, 0.74), rng.uniform(5.5, 9), rng.uniform(0.05, 0.14)

    def patient(truth, train, gap, sign, reachable=reachable):
        noise = rng.normal(scale=0.0015, size=(2, epochs))
        return _Patient(truth, train + noise[0], train + gap + noise[1], sign, reachable)

    def falling_to(level, speed=speed):
        return level + (start - level) * np.exp(-speed * t)

    slow = reachable + 0.12 + 0.55 * np.exp(-rng.uniform(1.1, 1.5) * t)
    jumps = rng.exponential(rng.uniform(0.2, 0.4), size=(2, epochs))
    fast = falling_to(reachable)
    rise = rng.uniform(0.7, 1) * t ** rng.uniform(1.3, 1.8)
    easy, hard = rng.uniform(0.03, 0.05), rng.uniform(0.28, 0.32)
    return [
        patient(OVERFITTING, falling_to(0.02, 8), 0.12 + rise, _overfitting_sign),
        patient(HEALTHY, falling_to(reachable), rng.uniform(0.09, 0.11), _healthy_sign),
        # the same level is as good as it gets on hard data, and far too high on easy ones
        patient(HEALTHY, falling_to(hard), 0.02, _healthy_sign, hard),
        patient(UNDERFITTING, falling_to(hard, 18), 0.01, _high_sign, easy),
        patient(UNDERFITTING, falling_to(reachable + 0.27, 20), 0.01, _high_sign),
        patient(TOO_SLOW, slow, 0.01, _slow_sign),
        _Patient(TOO_FAST, fast + jumps[0], fast + jumps[1], _fast_sign, reachable),
        _Patient(STUCK, *(start + rng.normal(scale=0.001, size=(2, epochs))), _stuck_sign),
    ]


def _overfitting_sign(said: str) -> str:
    if said == HEALTHY:
        return (
            "The training loss looks perfect here, and that is the trap: the validation loss has "
            "been rising for most of the run. Look at both curves."
        )
    return "Training falls to nearly 0 while validation climbs far above its own lowest point."


def _healthy_sign(said: str) -> str:
    if said == OVERFITTING:
        return (
            "A small gap is normal: training rows are always a little better known. Overfitting "
            "is a validation loss that rises, and this one falls to the end."
        )
    return "Both curves fell, went flat, and ended at `reachable`, which good networks reach."


def _slow_sign(said: str) -> str:
    if said == UNDERFITTING:
        return (
            "Both losses are high, but they are still falling at the last epoch: give it more "
            "epochs or a larger learning rate before you call the network too small."
        )
    return "Both losses are well above what is reachable and still falling at the last epoch."


def _high_sign(said: str) -> str:
    if said == HEALTHY:
        return (
            "Two calm curves side by side look healthy until you compare them with `reachable`: "
            "they went flat far above what can be had."
        )
    return "Both losses went flat early, far above what is reachable."


def _fast_sign(said: str) -> str:
    return (
        "The training loss itself jumps up and down to the end, by far more than 0.1 from one "
        "epoch to the next. Steps are too long, whatever the validation loss does."
    )


def _stuck_sign(said: str) -> str:
    return (
        "The training loss never left its first value: 0.7, the price of knowing nothing. "
        "An underfitting network improves at first; this one has not begun to learn."
    )
