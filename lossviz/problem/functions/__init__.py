"""The catalogue of functions of two variables: what optimizers are raced on."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.functions import ravine
from lossviz.problem.functions import rosenbrock
from lossviz.problem.functions import saddle
# isort: on

__all__ = ["ravine", "rosenbrock", "saddle"]
