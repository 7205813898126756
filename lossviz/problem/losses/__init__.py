"""The catalogue of losses: what a training run lowers."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.losses import cross_entropy
from lossviz.problem.losses import bce_with_logits
from lossviz.problem.losses import weighted_cross_entropy
from lossviz.problem.losses import focal
from lossviz.problem.losses import hinge
from lossviz.problem.losses import kl_divergence
from lossviz.problem.losses import soft_f1
from lossviz.problem.losses import sigmoid_mse
from lossviz.problem.losses import regression
from lossviz.problem.losses import quantile
from lossviz.problem.losses import poisson_nll
from lossviz.problem.losses import gaussian_nll
# isort: on

__all__ = [
    "bce_with_logits",
    "cross_entropy",
    "focal",
    "gaussian_nll",
    "hinge",
    "kl_divergence",
    "poisson_nll",
    "quantile",
    "regression",
    "sigmoid_mse",
    "soft_f1",
    "weighted_cross_entropy",
]
