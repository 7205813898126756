"""Problems: what is learnt from, what learns, and what is lowered, as functions of parameters."""

from lossviz.problem import datasets, functions, initialisers, losses, models
from lossviz.problem.architecture import LayerRow, architecture
from lossviz.problem.build import build
from lossviz.problem.data import Data, Table
from lossviz.problem.model import Model, ModuleModel
from lossviz.problem.noise import Deviation, GaussianNoise, Noise
from lossviz.problem.point import PointModel, function_problem, point_problem
from lossviz.problem.problem import Problem
from lossviz.problem.space import Params, ParamSpace

__all__ = [
    "Data",
    "Deviation",
    "GaussianNoise",
    "LayerRow",
    "Model",
    "ModuleModel",
    "Noise",
    "ParamSpace",
    "Params",
    "PointModel",
    "Problem",
    "Table",
    "architecture",
    "build",
    "datasets",
    "function_problem",
    "functions",
    "initialisers",
    "losses",
    "models",
    "point_problem",
]
