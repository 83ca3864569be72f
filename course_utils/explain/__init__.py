"""Why did this row score so high? Answers for every detector that has a ``decision_function``.

Each function takes the detector, or a function of its own that maps rows to scores, and returns
one number for each entry of X, or each pixel: how much of the score it answers for. `repair` and
`smallest_change` return what would have turned the decision. `gradients`, `integrated_gradients`
and the quicker way of `smallest_change` need a detector that can be differentiated; the others
only ask for scores.
"""

from course_utils.explain.change import Change, smallest_change
from course_utils.explain.gradients import gradients, integrated_gradients
from course_utils.explain.occlusion import occlusion
from course_utils.explain.repair import Repair, repair
from course_utils.explain.scoring import scores_of
from course_utils.explain.shapley import sampled_shapley_values, shapley_values
from course_utils.explain.surrogate import local_weights

__all__ = [
    "Change",
    "Repair",
    "gradients",
    "integrated_gradients",
    "local_weights",
    "occlusion",
    "repair",
    "sampled_shapley_values",
    "scores_of",
    "shapley_values",
    "smallest_change",
]
