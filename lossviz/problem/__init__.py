"""Problems: what is learnt from, what learns, and what is lowered, as functions of parameters."""

from lossviz.problem import datasets, initialisers, losses, models
from lossviz.problem.build import build
from lossviz.problem.data import Data, Table
from lossviz.problem.model import Model, ModuleModel
from lossviz.problem.problem import Problem
from lossviz.problem.space import Params, ParamSpace

__all__ = [
    "Data",
    "Model",
    "ModuleModel",
    "ParamSpace",
    "Params",
    "Problem",
    "Table",
    "build",
    "datasets",
    "initialisers",
    "losses",
    "models",
]
