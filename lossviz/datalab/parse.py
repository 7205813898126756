"""From the text of a file to its names and cells, with the line where something is wrong.

Python's own `csv` reads it: it knows quotes and line ends inside them, reads one row after the
other, so that limits hold before memory is taken, counts the lines, and guesses nothing. Readers
that guess types (pandas, pyarrow) take "NA", "1e5" and "00123" for what they like, and repair or
skip broken rows, where a learner should be told.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lossviz.datalab.limits import (
    LONGEST_LINE,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_LINES,
    MOST_ROWS,
)
from lossviz.datalab.numbers import is_missing, is_number
from lossviz.registry import SettingError
from lossviz.settings import shorten

#: In the order in which they are taken where two fit equally well: a comma is often a decimal one.
DELIMITERS = "\t;|,"
WORDS = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
#: So many lines decide about the delimiter.
SAMPLE = 100
#: Names are cut after so many characters.
LONGEST_NAME = 40
_TOLD = re.compile(r'"?sep=([^\r\n" ])"? *(?=[\r\n])')


@dataclass(frozen=True, eq=False)
class Cells:
    """What a file holds, as text.

    Args:
        names: D names, no two alike.
        columns: For each the N cells, without blanks around them.
        delimiter: What stands between them.
        notes: What was noticed, a sentence each.
    """

    names: tuple[str, ...]
    columns: tuple[list[str], ...]
    delimiter: str
    notes: tuple[str, ...] = ()


def cells_of(text: str) -> Cells:
    """The names and cells of a CSV text.

    Raises:
        SettingError: For a row of another length than the first, a quote that is not closed, and
            what is over the limits; it says in which line.

    >>> found = cells_of("x;y\\n1,5;2\\n")
    >>> found.names, found.columns
    (('x', 'y'), (['1,5'], ['2']))
    """
    text, told = _told_delimiter(text)
    delimiter = told or delimiter_of(text)
    rows = _rows(text, delimiter)
    first_line, first = next(rows, (1, []))
    if not first:
        raise SettingError("The file has no rows.")
    if len(first) > MOST_COLUMNS:
        raise SettingError(
            f"Line {first_line} has {len(first):,} columns; at most {MOST_COLUMNS} are read."
        )
    headed = not any(is_number(cell) for cell in first)
    names, notes = _names(first, headed)
    columns: tuple[list[str], ...] = tuple([] for _ in names)
    for line, row in rows if headed else itertools.chain([(first_line, first)], rows):
        for column, cell in zip(columns, _fitted(row, len(names), line), strict=True):
            column.append(cell)
        _check_size(len(columns[0]), len(columns))
    return Cells(names, columns, delimiter, notes)


def delimiter_of(text: str) -> str:
    """The character that cuts the first lines into most evenly many cells; a comma for one column.

    >>> delimiter_of("a;b\\n1,5;2,5\\n")
    ';'
    """
    lines = list(itertools.islice(io.StringIO(text, newline=""), SAMPLE))
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(_short(lines), delimiter=delimiter) if row)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        score = count / widths.total()
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _short(lines: list[str]) -> Iterator[str]:
    """The beginnings of the lines: together shorter than a single field may be for `csv`."""
    return (line[:1000] for line in lines)


def _told_delimiter(text: str) -> tuple[str, str]:
    """The text with Excel's first line ``sep=;`` left blank, and the delimiter that it tells."""
    found = _TOLD.match(text)
    # The line stays, for the numbers of those below it.
    return (text[found.end() :], found[1]) if found else (text, "")


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line in which it begins."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise SettingError(_why(str(error), begin, reader.line_num)) from None


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > LONGEST_LINE:
            raise SettingError(
                f"Line {number} has {len(line):,} characters; at most {LONGEST_LINE:,} are read."
            )
        if number > MOST_LINES:
            raise SettingError(f"The file has more than {MOST_LINES:,} lines; take a part of them.")
        yield line


def _why(error: str, begin: int, line: int) -> str:
    """A sentence about what `csv` complains of."""
    if "unexpected end" in error:
        return f"The quote that is opened in line {begin} is never closed."
    if "expected after" in error:
        return f"Line {line} goes on after a closing quote; a quote inside quotes is written twice."
    if "field larger" in error:
        return (
            f"Line {begin} begins a field of more than 131,072 characters. Is a quote not closed?"
        )
    return f"Line {line} cannot be read: {shorten(error, 80)}."


def _fitted(row: list[str], width: int, line: int) -> list[str]:
    """The row without empty cells that are too many; raises `SettingError` for another length."""
    if len(row) > width and not any(row[width:]):
        row = row[:width]
    if len(row) != width:
        raise SettingError(
            f"Line {line} has {len(row):,} field{'s' * (len(row) != 1)}, but the first row has "
            f"{width}. Every row needs the same number; put text with a delimiter in it in quotes."
        )
    return row


def _check_size(rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise SettingError(f"The file has more than {MOST_ROWS:,} rows; take a part of them.")
    if rows * columns > MOST_CELLS:
        raise SettingError(
            f"The file has more than {MOST_CELLS:,} cells ({columns} columns); take fewer rows or "
            "columns."
        )


def _names(first: list[str], headed: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns' names, no two alike, and what there is to say about them."""
    if not headed:
        names = tuple(f"column {place}" for place in range(1, len(first) + 1))
        note = "The first line holds numbers, so it is taken for data and the columns are numbered."
        return names, (note,)
    notes: list[str] = []
    found: list[str] = []
    for place, cell in enumerate(first, 1):
        name = shorten(cell, LONGEST_NAME) if not is_missing(cell) else f"column {place}"
        if name in found:
            other = next(
                f"{name} ({k})" for k in itertools.count(2) if f"{name} ({k})" not in found
            )
            notes.append(f"There are two columns {name!r}; the second is called {other!r}.")
            name = other
        found.append(name)
    return tuple(found), tuple(notes)
