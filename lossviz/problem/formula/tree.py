"""A formula as a tree of small frozen nodes, and its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number that is not negative."""

    value: float


@dataclass(frozen=True)
class Name:
    """A variable, x or y, or a constant, pi or e."""

    name: str


@dataclass(frozen=True)
class Negative:
    """The other sign of a term."""

    term: Tree


@dataclass(frozen=True)
class Binary:
    """Two terms and the sign between them: + - * / or ^."""

    sign: str
    left: Tree
    right: Tree


@dataclass(frozen=True)
class Call:
    """A function of one or two terms, by its name in `lossviz.problem.formula.names.FUNCTIONS`."""

    function: str
    arguments: tuple[Tree, ...]


Tree = Number | Name | Negative | Binary | Call

#: What binds more tightly has the greater number.
BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "negative": 3, "^": 4, "atom": 5}


def binding(tree: Tree) -> int:
    """How tightly the outermost part of a tree binds."""
    match tree:
        case Negative():
            return BINDS["negative"]
        case Binary(sign):
            return BINDS[sign]
    return BINDS["atom"]


def write(tree: Tree) -> str:
    """The tree as a text that is read back as the same tree.

    >>> write(Binary("^", Negative(Name("x")), Number(2.0)))
    '(-x)^2'
    """
    match tree:
        case Number(value):
            return repr(value).removesuffix(".0")
        case Name(name):
            return name
        case Negative(term):
            return "-" + _within(term, BINDS["negative"])
        case Call(function, arguments):
            return f"{function}({', '.join(write(argument) for argument in arguments)})"
        case Binary("^", left, right):
            # The base is an atom, and to the right of the sign a whole power or its negative.
            return f"{_within(left, BINDS['atom'])}^{_within(right, BINDS['negative'])}"
        case Binary(sign, left, right):
            space = " " if sign in "+-" else ""
            first, second = _within(left, BINDS[sign]), _within(right, BINDS[sign] + 1)
            return f"{first}{space}{sign}{space}{second}"


def _within(tree: Tree, least: int) -> str:
    return write(tree) if binding(tree) >= least else f"({write(tree)})"
