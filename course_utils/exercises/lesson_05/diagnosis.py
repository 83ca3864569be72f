"""Exercises of lesson 05, of learning curves, read as a doctor would."""

from __future__ import annotations

from collections.abc import Callable

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
    for epochs in (60, 100):
        for truth, train, validation, sign in _patients(epochs):
            said = answer(train.copy(), validation.copy(), REACHABLE)
            require(said is not None, "Your function returned None: is a `return` missing?")
            require(
                isinstance(said, str) and said.strip().lower() in DIAGNOSES,
                f"The diagnosis is {said!r}; one of {', '.join(DIAGNOSES)} is expected.",
            )
            said = said.strip().lower()
            require(
                said == truth, f'You say "{said}" where the diagnosis is "{truth}". {sign(said)}'
            )


REACHABLE = 0.1


def _patients(epochs: int) -> list[tuple[str, np.ndarray, np.ndarray, Callable[[str], str]]]:
    """Return (diagnosis, training loss, validation loss, what to look at) for clear cases."""
    t = np.linspace(0, 1, epochs)
    noise = np.random.default_rng(5).normal(scale=0.004, size=(2, epochs))
    falling = 0.1 + 0.5 * np.exp(-8 * t)
    memorised = 0.02 + 0.5 * np.exp(-6 * t)
    slow = 0.32 + 0.4 * np.exp(-1.2 * t)
    flat_high = 0.35 + 0.3 * np.exp(-20 * t)
    jumps = np.random.default_rng(6).exponential(0.25, size=(2, epochs))
    return [
        (OVERFITTING, memorised, memorised + 0.15 + 0.9 * t**1.5, _overfitting_sign),
        (HEALTHY, falling, falling + 0.04, _healthy_sign),
        (UNDERFITTING, flat_high + noise[0], flat_high + 0.01 + noise[1], _underfitting_sign),
        (TOO_SLOW, slow + noise[0], slow + 0.01 + noise[1], _slow_sign),
        (TOO_FAST, falling + jumps[0], falling + jumps[1], _fast_sign),
        (STUCK, np.full(epochs, 0.693) + noise[0] / 4, np.full(epochs, 0.693), _stuck_sign),
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
    return "Both curves fell, went flat, and ended at the loss that good networks reach."


def _slow_sign(said: str) -> str:
    if said == UNDERFITTING:
        return (
            "Both losses are high, but they are still falling at the last epoch: give it more "
            "epochs or a larger learning rate before you call the network too small."
        )
    return "Both losses are well above what is reachable and still falling at the last epoch."


def _underfitting_sign(said: str) -> str:
    if said == HEALTHY:
        return (
            "Two calm curves side by side look healthy until you compare them with `reachable`: "
            "they went flat at 0.35 where 0.1 can be had."
        )
    return "Both losses went flat early, far above what is reachable."


def _fast_sign(said: str) -> str:
    return (
        "The training loss itself jumps up and down to the end, by far more than 0.1 from one "
        "epoch to the next. Steps are too long, whatever the validation loss does."
    )


def _stuck_sign(said: str) -> str:
    return (
        "The training loss never left its first value: 0.69, the price of knowing nothing. "
        "An underfitting network improves at first; this one has not begun to learn."
    )
