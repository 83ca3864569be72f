"""From a fitted detector to answers for others: a file without PyTorch, a service, a card."""

from course_utils.serve.process import running
from course_utils.serve.scorer import ImageScorer, Scorer, ScorerFileError

__all__ = ["ImageScorer", "Scorer", "ScorerFileError", "running"]
