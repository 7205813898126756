"""A formula's text as words, numbers and signs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lossviz.problem.formula.errors import FormulaError
from lossviz.problem.formula.names import VARIABLES

#: So many characters may a formula have.
LONGEST = 200
#: No number may be greater.
GREATEST = 1e100

#: Signs that people paste, and what they mean.
SPELLINGS = {"−": "-", "–": "-", "·": "*", "⋅": "*", "×": "*", "÷": "/", "**": "^"}
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))

# Each alternative is decided by its first characters, so that reading is linear in the length.
_PIECE = re.compile(
    r"(?P<blank>[ \t\n\r\u00a0\u2009\u202f]+)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*|π)"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<sign>\*\*|[-+*/^(),|−–·⋅×÷])"
)

Kind = Literal["number", "name", "sign", "end"]


@dataclass(frozen=True)
class Token:
    """One piece of a formula.

    Args:
        kind: "sign" for operators, brackets and commas; "end" after the last one.
        text: As it is meant: signs in their plain spelling.
        place: The index of its first character.
    """

    kind: Kind
    text: str
    place: int


def tokens_of(text: str) -> list[Token]:
    """The tokens of a formula, and the end.

    A raised number is a power; a word of x and y alone is their product.

    Raises:
        FormulaError: When the text is too long, or has a character that means nothing here.

    >>> [token.text for token in tokens_of("2xy² − .5")]
    ['2', 'x', 'y', '^', '2', '-', '.5', '']
    """
    if len(text) > LONGEST:
        raise FormulaError(
            f"The formula has {len(text)} characters, but may have {LONGEST} at most.",
            text[: LONGEST + 1],
            LONGEST,
        )
    return [*_pieces(text), Token("end", "", len(text))]


def _pieces(text: str) -> Iterator[Token]:
    place = 0
    while place < len(text):
        match = _PIECE.match(text, place)
        if match is None:
            raise FormulaError(
                f"The character {_shown(text[place])} at place {place + 1} means nothing in a "
                "formula; expected numbers, names, + - * / ^ and brackets.",
                text,
                place,
            )
        yield from _meaning(str(match.lastgroup), match.group(), text, place)
        place = match.end()


def _meaning(kind: str, found: str, text: str, place: int) -> Iterator[Token]:
    if kind == "number":
        if float(found) > GREATEST:
            raise FormulaError(
                f"The number at place {place + 1} is too large; {GREATEST:g} is the greatest.",
                text,
                place,
            )
        yield Token("number", found, place)
    elif kind == "name" and set(found) <= set(VARIABLES):
        for index, letter in enumerate(found):
            yield Token("name", letter, place + index)
    elif kind == "name":
        yield Token("name", found, place)
    elif kind == "raised":
        yield Token("sign", "^", place)
        yield Token("number", "".join(SUPERSCRIPTS[digit] for digit in found), place)
    elif kind == "sign":
        yield Token("sign", SPELLINGS.get(found, found), place)


def _shown(character: str) -> str:
    """A character in quotes, and its name where it may look like another one."""
    name = unicodedata.name(character, "").lower()
    if character.isascii() and character.isprintable():
        return repr(character)
    sign = repr(character) if character.isprintable() else f"U+{ord(character):04X}"
    return f"{sign} ({name})" if name else sign
