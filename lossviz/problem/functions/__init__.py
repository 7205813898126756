"""The catalogue of functions of two variables: what optimizers are raced on."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.functions import ravine
from lossviz.problem.functions import rosenbrock
from lossviz.problem.functions import beale
from lossviz.problem.functions import booth
from lossviz.problem.functions import matyas
from lossviz.problem.functions import himmelblau
from lossviz.problem.functions import styblinski_tang
from lossviz.problem.functions import three_hump_camel
from lossviz.problem.functions import six_hump_camel
from lossviz.problem.functions import goldstein_price
from lossviz.problem.functions import mccormick
from lossviz.problem.functions import saddle
from lossviz.problem.functions import hyperbolic
from lossviz.problem.functions import monkey_saddle
from lossviz.problem.functions import plateau_and_cliff
from lossviz.problem.functions import product
from lossviz.problem.functions import rastrigin
from lossviz.problem.functions import ackley
from lossviz.problem.functions import levy13
from lossviz.problem.functions import easom
from lossviz.problem.functions import flat
from lossviz.problem.functions import online
from lossviz.problem.functions import formula
# isort: on

__all__ = [
    "ackley",
    "beale",
    "booth",
    "easom",
    "flat",
    "formula",
    "goldstein_price",
    "himmelblau",
    "hyperbolic",
    "levy13",
    "matyas",
    "mccormick",
    "monkey_saddle",
    "online",
    "plateau_and_cliff",
    "product",
    "rastrigin",
    "ravine",
    "rosenbrock",
    "saddle",
    "six_hump_camel",
    "styblinski_tang",
    "three_hump_camel",
]
