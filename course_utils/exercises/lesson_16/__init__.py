"""Exercises of lesson 16: keys of log lines, surprise, copies, a network's pairs, two scores."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_16.keys import log_key
from course_utils.exercises.lesson_16.surprise import bigram_surprises, sequence_score
from course_utils.exercises.lesson_16.copies import split_copies
from course_utils.exercises.lesson_16.next_keys import next_key_pairs, choose_g
from course_utils.exercises.lesson_16.together import larger_rank, my_detector

__all__ = [
    "log_key",
    "bigram_surprises",
    "sequence_score",
    "split_copies",
    "next_key_pairs",
    "choose_g",
    "larger_rank",
    "my_detector",
]
