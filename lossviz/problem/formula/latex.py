"""A formula in LaTeX."""

from __future__ import annotations

from lossviz.problem.formula.names import FUNCTIONS
from lossviz.problem.formula.parse import parse
from lossviz.problem.formula.tree import BINDS, Binary, Call, Name, Negative, Number, Tree, binding


def latex(text: str) -> str:
    r"""A formula in LaTeX, without dollar signs.

    Raises:
        FormulaError: When the text cannot be read.

    >>> print(latex("(x^2 + 1)/2 - |y|"))
    \frac{x^{2} + 1}{2} - \left| y \right|
    """
    return latex_of(parse(text))


def latex_of(tree: Tree) -> str:
    """A tree in LaTeX."""
    match tree:
        case Number(value):
            return _number(value)
        case Name("pi"):
            return r"\pi"
        case Name(name):
            return name
        case Negative(term):
            return "-" + _within(term, BINDS["*"])
        case Binary("/", left, right):
            return rf"\frac{{{latex_of(left)}}}{{{latex_of(right)}}}"
        case Binary("^", left, right):
            return f"{_within(left, BINDS['atom'])}^{{{latex_of(right)}}}"
        case Binary("*", left, right):
            return _product(left, right)
        case Binary(sign, left, right):
            return f"{latex_of(left)} {sign} {_within(right, BINDS['*'], signed=False)}"
        case Call("abs", (argument,)):
            return rf"\left| {latex_of(argument)} \right|"
        case Call("sqrt", (argument,)):
            return rf"\sqrt{{{latex_of(argument)}}}"
        case Call(function, arguments):
            return FUNCTIONS[function].latex + _bracket(", ".join(map(latex_of, arguments)))


def _product(left: Tree, right: Tree) -> str:
    first = _within(left, BINDS["*"])
    second = _within(right, BINDS["*"], signed=False)
    # Two numbers side by side would read as one.
    between = r" \cdot " if second[0].isdigit() or second.startswith(r"\frac") else " "
    return first + between + second


def _within(tree: Tree, least: int, signed: bool = True) -> str:
    """A part of a tree, in brackets where it binds less than that, or where it has a sign."""
    written = latex_of(tree)
    # A power of ten is written as a product, but is one number.
    binds = BINDS["*"] if isinstance(tree, Number) and "cdot" in written else binding(tree)
    if binds >= least and (signed or not written.startswith("-")):
        return written
    return _bracket(written)


def _bracket(written: str) -> str:
    return rf"\left( {written} \right)"


def _number(value: float) -> str:
    digits, _, exponent = repr(value).removesuffix(".0").partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits
