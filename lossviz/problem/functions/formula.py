"""A function of one's own, typed as a formula."""

from __future__ import annotations

from lossviz.problem.formula import compile_formula, latex, parse, python
from lossviz.problem.point import Function
from lossviz.registry import FunctionEntry, Param, functions


def make_formula(text: str) -> Function:
    """The function that a formula in x and y describes.

    Args:
        text: See `lossviz.problem.formula`.

    Raises:
        FormulaError: When it cannot be read.
    """
    return compile_formula(text)


functions.add(
    FunctionEntry(
        name="formula",
        title="Your own formula",
        about="Any formula in x and y, with powers, roots, exponentials, sines and the like.",
        make=make_formula,
        code=lambda params: python(parse(str(params["text"]))),
        formula="f(x, y)",
        written=lambda params: f"f(x, y) = {latex(str(params['text']))}",
        params=(
            Param(
                "text",
                "(x^2 + 2*y^2)/10 + sin(2*x)*cos(y)",
                read=parse,
                help="A formula in x and y; for example x^2 + 3*y^2, or exp(-x*y) + |x|.",
                title="formula",
            ),
        ),
        domain=lambda params: (-5.0, 5.0, -5.0, 5.0),
        start=lambda params: (-4.0, 3.0),
    )
)
