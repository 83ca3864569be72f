"""Exercises of lesson 24: late labels, money, reports at the shop, audits, alerts and pumps."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_24.labels import known_labels
from course_utils.exercises.lesson_24.money import loss_saved
from course_utils.exercises.lesson_24.reports import reports_at_shop
from course_utils.exercises.lesson_24.looks import worth_a_look
from course_utils.exercises.lesson_24.audit import claims_to_audit
from course_utils.exercises.lesson_24.alerts import my_alerts
from course_utils.exercises.lesson_24.pumps import pump_score

__all__ = [
    "known_labels",
    "loss_saved",
    "reports_at_shop",
    "worth_a_look",
    "claims_to_audit",
    "my_alerts",
    "pump_score",
]
