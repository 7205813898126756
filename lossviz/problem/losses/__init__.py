"""The catalogue of losses: what a training run lowers."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.losses import cross_entropy
from lossviz.problem.losses import bce_with_logits
from lossviz.problem.losses import hinge
from lossviz.problem.losses import regression
# isort: on

__all__ = ["bce_with_logits", "cross_entropy", "hinge", "regression"]
