"""A formula as Python code of torch, written from its tree and never from its text."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from lossviz.problem.formula.evaluate import constant_of
from lossviz.problem.formula.names import CONSTANTS, FUNCTIONS, power
from lossviz.problem.formula.tree import BINDS, Binary, Call, Name, Negative, Number, Tree
from lossviz.registry import Code

#: A term that is longer than this gets a line and a name of its own.
LONGEST = 60

_EXACT: dict[str, Callable[..., float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class Written(NamedTuple):
    """A term as code, and how tightly its outermost part binds (see `BINDS`)."""

    text: str
    binds: int

    def within(self, least: int) -> str:
        """The text, in brackets where it binds less than that."""
        return self.text if self.binds >= least else f"({self.text})"

    @property
    def single(self) -> bool:
        """Whether it is a single name or number, perhaps with a sign."""
        return self.text.lstrip("-").replace(".", "").replace("e-", "").isalnum()


def python(tree: Tree) -> Code:
    """A tree as the code of a function ``f(x, y)`` of torch's tensors.

    Parts without variables are computed beforehand, as `compile_formula` does. Long terms stand in
    lines of their own.

    >>> from lossviz.problem.formula.parse import parse
    >>> print(python(parse("x^2/2 - |sin(2 pi y)|")).text)
    def f(x, y):
        return x**2 / 2 - torch.abs(torch.sin(2 * math.pi * y))
    """
    writer = _Writer()
    whole = writer.written(tree)
    if constant_of(tree) is not None:
        # As a tensor, and with a slope: zero.
        whole = Written(f"{whole.text} + 0 * (x + y)", BINDS["+"])
    body = "\n".join(f"    {line}" for line in [*writer.lines, f"return {whole.text}"])
    return Code(
        f"def f(x, y):\n{body}",
        imports=("import math",) if "math." in body else (),
        sources=tuple(writer.helpers),
    )


class _Writer:
    """The lines that come before the last one, and the functions that torch does not have."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.helpers: list[Callable[..., Any]] = []

    def written(self, tree: Tree) -> Written:
        number = constant_of(tree)
        if number is not None:
            return _constant(tree, number)
        match tree:
            case Name(name):
                return Written(name, BINDS["atom"])
            case Negative(term):
                return self._negative(self.written(term))
            case Binary("^", left, right):
                return self._power(left, right)
            case Binary(sign, left, right):
                first, second = self._short([self.written(left), self.written(right)])
                binds = BINDS[sign]
                return Written(f"{first.within(binds)} {sign} {second.within(binds + 1)}", binds)
            case Call(function, arguments):
                return self._call(FUNCTIONS[function].apply, *map(self.written, arguments))
        raise TypeError(f"{tree!r} is no part of a formula.")

    def _negative(self, term: Written) -> Written:
        # Brackets around a power, for those who do not know that it comes before the sign.
        (term,) = self._short([term])
        loose = term.binds < BINDS["negative"] or term.binds == BINDS["^"]
        return Written(f"-({term.text})" if loose else f"-{term.text}", BINDS["negative"])

    def _power(self, left: Tree, right: Tree) -> Written:
        base, exponent = self.written(left), self.written(right)
        number = constant_of(right)
        if number is not None and 0 < number < 1:
            return self._call(power, base, exponent)
        base, exponent = self._short([base, exponent])
        plain = base.single and exponent.single and base.binds == BINDS["atom"]
        space = "" if plain else " "
        first, second = base.within(BINDS["atom"]), exponent.within(BINDS["negative"])
        return Written(f"{first}{space}**{space}{second}", BINDS["^"])

    def _call(self, function: Callable[..., Any], *arguments: Written) -> Written:
        name = function.__name__
        if vars(torch).get(name) is function:
            name = f"torch.{name}"
        elif function not in self.helpers:
            self.helpers.append(function)
        inside = ", ".join(argument.text for argument in self._short(arguments))
        return Written(f"{name}({inside})", BINDS["atom"])

    def _short(self, terms: Sequence[Written]) -> list[Written]:
        """The terms, with names for the longest ones until all fit into a line."""
        short = list(terms)
        while sum(len(term.text) for term in short) > LONGEST:
            place = max(range(len(short)), key=lambda k: len(short[k].text))
            name = f"part{len(self.lines) + 1}"
            self.lines.append(f"{name} = {short[place].text}")
            short[place] = Written(name, BINDS["atom"])
        return short


def _constant(tree: Tree, value: float) -> Written:
    """A tree without variables: as it is where Python finds the same number, else that number."""
    found = _symbols(tree)
    if found is not None and _same(found[0], value) and len(found[1].text) <= LONGEST / 2:
        return found[1]
    if not math.isfinite(value):
        text = "math.nan" if math.isnan(value) else f"{'-' * (value < 0)}math.inf"
    else:
        text = repr(value).replace("e+", "e")
        text = text.removesuffix(".0") if 0 < abs(value) < 2**53 else text
    return Written(text, BINDS["negative" if text.startswith("-") else "atom"])


def _same(first: float, second: float) -> bool:
    """Whether two numbers are equal, zeros with their signs."""
    return first == second and math.copysign(1, first) == math.copysign(1, second)


def _symbols(tree: Tree) -> tuple[float, Written] | None:
    """A sum or product of numbers as code, and what Python makes of it; None for anything else."""
    match tree:
        case Number(value) if value < 2**53:
            text = repr(value).removesuffix(".0")  # an exponent here is a negative one
            return (float(text) if "." in text or "e" in text else int(text)), Written(text, 5)
        case Name(name):
            return CONSTANTS[name], Written(f"math.{name}", BINDS["atom"])
        case Negative(term):
            found = _symbols(term)
            if found is None or found[1].binds < BINDS["negative"]:
                return None
            return -found[0], Written(f"-{found[1].text}", BINDS["negative"])
        case Binary(sign, left, right) if sign in _EXACT:
            first, second = _symbols(left), _symbols(right)
            if first is None or second is None or (sign == "/" and second[0] == 0):
                return None
            value, binds = _EXACT[sign](first[0], second[0]), BINDS[sign]
            text = f"{first[1].within(binds)} {sign} {second[1].within(binds + 1)}"
            # Greater whole numbers are exact in Python, and not in torch.
            return (value, Written(text, binds)) if abs(value) < 2**53 else None
    return None
