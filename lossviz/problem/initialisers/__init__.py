"""The catalogue of initialisers: where the weights and biases start."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.initialisers import default
from lossviz.problem.initialisers import xavier
from lossviz.problem.initialisers import kaiming
from lossviz.problem.initialisers import gaussian
from lossviz.problem.initialisers import orthogonal
from lossviz.problem.initialisers import fixed
# isort: on

__all__ = ["default", "fixed", "gaussian", "kaiming", "orthogonal", "xavier"]
