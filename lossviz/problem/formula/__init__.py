"""Formulas in x and y that a person types: read by a small parser, never evaluated as code."""

from lossviz.problem.formula.errors import FormulaError
from lossviz.problem.formula.evaluate import compile_formula, function_of
from lossviz.problem.formula.latex import latex, latex_of
from lossviz.problem.formula.parse import parse
from lossviz.problem.formula.python import python
from lossviz.problem.formula.tree import Binary, Call, Name, Negative, Number, Tree, write

__all__ = [
    "Binary",
    "Call",
    "FormulaError",
    "Name",
    "Negative",
    "Number",
    "Tree",
    "compile_formula",
    "function_of",
    "latex",
    "latex_of",
    "parse",
    "python",
    "write",
]
