"""Characters of a real English text: which one comes next?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from lossviz.problem.data import Table
from lossviz.registry import Code, DatasetEntry, Param, Shape, Value, datasets

TEXT = Path(__file__).parent / "text" / "four_books.txt"

#: Token 0 is the blank, the others are letters.
ALPHABET = " abcdefghijklmnopqrstuvwxyz"

#: Each character is the target of so many windows or more, so that both sides of a split have it.
LEAST = 2


@cache
def tokens() -> np.ndarray:
    """The whole text as tokens (L,), numbers of `ALPHABET`.

    Capitals are made small, and everything that is no letter becomes one blank, as in the text8
    benchmark.

    >>> "".join(ALPHABET[token] for token in tokens()[:23])
    'now it came to pass in '
    """
    text = re.sub("[^a-z]+", " ", TEXT.read_text("utf-8").lower()).strip()
    return np.array([ALPHABET.index(character) for character in text], dtype=np.int64)


def make_characters(rng: np.random.Generator, samples: int, context: int) -> Table:
    """Windows of ``context`` characters from all over the text, and the character after each.

    No two windows, with their targets, share a place in the text: nothing of a test sample is ever
    seen in training. The places are drawn evenly, but each of the 27 characters is the target of at
    least two windows, so that rare ones are somewhat more frequent in small samples.
    """
    text = tokens()
    places = _apart(rng, text, samples, context)
    windows = text[places[:, None] + np.arange(-context, 0)]
    return Table(
        windows.astype(np.float64),
        text[places],
        tuple(f"{back} back" for back in range(context, 0, -1)),
        # A blank would be an empty label.
        tuple(ALPHABET.replace(" ", "_")),
        "next character",
    )


def _apart(rng: np.random.Generator, text: np.ndarray, count: int, context: int) -> np.ndarray:
    """Places (count,) of targets whose windows do not overlap, in the order of the text."""
    taken = np.zeros(len(text), dtype=bool)
    taken[:context] = True
    found: list[int] = []

    def take(places: np.ndarray, most: int) -> None:
        for place in rng.permutation(places):
            if most == 0:
                return
            # Both ends are enough: all windows are of one length.
            if not (taken[place] or taken[place - context]):
                taken[place - context : place + 1] = True
                found.append(int(place))
                most -= 1

    counts = np.bincount(text, minlength=len(ALPHABET))
    for token in np.argsort(counts, kind="stable"):
        where = np.flatnonzero(text == token)
        take(where[where >= context], LEAST)
    take(np.arange(context, len(text)), count - len(found))
    return np.sort(np.array(found))


def _code(params: Mapping[str, Value], seed: int) -> Code:
    """The windows themselves, as the script has no text to draw them from; a blank is "_"."""
    table = make_characters(np.random.default_rng(seed), **params)  # type: ignore[arg-type]
    rows = np.column_stack([table.inputs.astype(np.int64), table.targets])
    letters = np.array(list(ALPHABET.replace(" ", "_")))[rows]
    windows = "\n".join("".join(row) for row in letters)
    return Code(
        "# Pieces of the text, each with the character that comes next at its end.\n"
        f'ALPHABET = "{ALPHABET.replace(" ", "_")}"\n'
        f'WINDOWS = """\n{windows}\n""".split()\n'
        "tokens = np.array([[ALPHABET.index(letter) for letter in row] for row in WINDOWS])\n"
        "inputs, targets = tokens[:, :-1].astype(np.float64), tokens[:, -1]"
    )


def _shape(params: Mapping[str, Value]) -> Shape:
    length = int(params["context"])
    return Shape("classification", length, len(ALPHABET), "tokens", (length,), len(ALPHABET))


datasets.add(
    DatasetEntry(
        name="characters",
        title="Characters of a text",
        about="Real: the books of Ruth, Esther, Ecclesiastes and Jonah, letter by letter; which "
        "one comes next?",
        make=make_characters,
        code=_code,
        cite="The King James Version of the Bible (1611)",
        params=(
            Param("samples", 400, 100, 800, "log", help="How many windows of the text are used."),
            Param("context", 16, 4, 64, "log", help="How many characters are seen."),
        ),
        shape=_shape,
        synthetic=False,
    )
)
