"""From a formula's text to its tree.

    sum      product, then any number of + or - product
    product  signed, then any number of * or / signed, or of a power that stands beside it
    signed   - signed, + signed, or a power
    power    atom, or atom ^ signed
    atom     number, x, y, pi, e, function(sum, ...), (sum) or |sum|

So -x^2 is -(x^2), and 2^3^2 is 2^(3^2). Each rule is a method, each token is looked at a fixed
number of times, and nothing in a text is ever evaluated as code.
"""

from __future__ import annotations

import difflib

from lossviz.problem.formula.errors import FormulaError
from lossviz.problem.formula.names import CONSTANTS, FUNCTIONS, LEFT_OUT, SAME_AS, VARIABLES
from lossviz.problem.formula.tokens import Token, tokens_of
from lossviz.problem.formula.tree import Binary, Call, Name, Negative, Number, Tree

#: Signs and brackets within each other, and nodes of the tree.
DEEPEST = 40
MOST_NODES = 200

_A_TERM = "a number, x, y, a function or a bracket"


def parse(text: str) -> Tree:
    """The tree of a formula in x and y.

    Raises:
        FormulaError: When it cannot be read.

    >>> parse("2x")
    Binary(sign='*', left=Number(value=2.0), right=Name(name='x'))
    """
    parser = _Parser(text)
    tree = parser.sum()
    if parser.token.kind != "end":
        raise parser.unexpected("an operator or the end")
    return tree


class _Parser:
    """The tokens of one formula, and the place that has been reached."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0
        self.depth = 0
        self.nodes = 0
        #: The brackets that are open here, the innermost last.
        self.open: list[str] = []

    # --- rules -----------------------------------------------------------------------------------

    def sum(self) -> Tree:
        left = self.product()
        while self.sees("+", "-"):
            sign = self.take().text
            left = self.made(Binary(sign, left, self.product()))
        return left

    def product(self) -> Tree:
        left = self.signed()
        while True:
            if self.sees("*", "/"):
                sign = self.take().text
                left = self.made(Binary(sign, left, self.signed()))
            elif self.stands_beside():
                left = self.made(Binary("*", left, self.power()))
            else:
                return left

    def signed(self) -> Tree:
        if not self.sees("+", "-"):
            return self.power()
        sign = self.take().text
        self.enter()
        term = self.signed()
        self.depth -= 1
        return self.made(Negative(term)) if sign == "-" else term

    def power(self) -> Tree:
        base = self.atom()
        if not self.sees("^"):
            return base
        self.take()
        self.enter()
        exponent = self.signed()
        self.depth -= 1
        return self.made(Binary("^", base, exponent))

    def atom(self) -> Tree:
        if self.token.kind == "number":
            return self.made(Number(float(self.take().text)))
        if self.token.kind == "name":
            return self.named()
        if self.sees("("):
            return self.bracket(")")[0]
        if self.sees("|"):
            return self.made(Call("abs", tuple(self.bracket("|"))))
        raise self.unexpected(_A_TERM)

    def named(self) -> Tree:
        token = self.take()
        name = SAME_AS.get(token.text, token.text)
        if name in VARIABLES or name in CONSTANTS:
            return self.made(Name(name))
        if name not in FUNCTIONS:
            raise self.unknown(token)
        if not self.sees("("):
            raise self.unexpected(f"a bracket after {token.text}, as in {token.text}(x)")
        arguments = self.bracket(")", ",")
        wanted = FUNCTIONS[name].arguments
        if len(arguments) != wanted:
            raise self.error(
                token,
                f"The function {token.text} at place {token.place + 1} takes {_count(wanted)}, "
                f"but has {_count(len(arguments))}.",
            )
        return self.made(Call(name, tuple(arguments)))

    def bracket(self, last: str, between: str = "") -> list[Tree]:
        """The sums in a bracket, of which there may be several where something stands between."""
        opening = self.take()
        self.enter()
        self.open.append(opening.text)
        found = [self.sum()]
        while between and self.sees(between):
            self.take()
            found.append(self.sum())
        if not self.sees(last):
            where = f"the {opening.text!r} at place {opening.place + 1}"
            raise self.unexpected(f"an operator, or {last!r} for {where}")
        self.take()
        self.open.pop()
        self.depth -= 1
        return found

    # --- tokens ----------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def sees(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def stands_beside(self) -> bool:
        """Whether a factor follows without a sign: a name, a bracket, or a bar that opens."""
        if self.sees("|"):
            return self.open[-1:] != ["|"]
        return self.token.kind == "name" or self.sees("(")

    # --- limits and errors -----------------------------------------------------------------------

    def enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(
                self.tokens[self.at - 1],
                f"More than {DEEPEST} brackets, signs or powers lie within each other.",
            )

    def made(self, node: Tree) -> Tree:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self.error(
                self.tokens[self.at - 1], f"The formula has more than {MOST_NODES} parts."
            )
        return node

    def unexpected(self, expected: str) -> FormulaError:
        token = self.token
        if token.kind == "end":
            found = "The formula ends too soon" if self.at else "The formula is empty"
            return self.error(token, f"{found}; expected {expected}.")
        return self.error(
            token, f"Found {token.text!r} at place {token.place + 1}; expected {expected}."
        )

    def unknown(self, token: Token) -> FormulaError:
        name = token.text if len(token.text) <= 20 else token.text[:20] + "..."
        said = f"Unknown name {name!r} at place {token.place + 1}"
        if token.text in LEFT_OUT:
            return self.error(
                token, f"{said}; {token.text} is left out because {LEFT_OUT[token.text]}."
            )
        known = (*VARIABLES, *CONSTANTS, *FUNCTIONS)
        close = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}."
        return self.error(token, f"{said}; {hint}")

    def error(self, token: Token, sentence: str) -> FormulaError:
        return FormulaError(sentence, self.text, token.place)


def _count(arguments: int) -> str:
    return "1 argument" if arguments == 1 else f"{arguments} arguments"
