"""The catalogue of data sets: what is learnt from."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.datasets import curves
from lossviz.problem.datasets import clusters
from lossviz.problem.datasets import halves
from lossviz.problem.datasets import values
from lossviz.problem.datasets import real
from lossviz.problem.datasets import sequences
from lossviz.problem.datasets import characters
# isort: on

__all__ = ["characters", "clusters", "curves", "halves", "real", "sequences", "values"]
