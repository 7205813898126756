"""`read_table`: a CSV file as a `Table`, or a sentence about what is wrong with it."""

from __future__ import annotations

import hashlib

from lossviz.datalab.decode import decoded
from lossviz.datalab.kinds import column_of
from lossviz.datalab.limits import FEWEST_ROWS, MOST_BYTES
from lossviz.datalab.parse import WORDS, cells_of
from lossviz.datalab.table import Column, Table
from lossviz.registry import SettingError
from lossviz.settings import shorten


def read_table(data: bytes, name: str = "table.csv") -> Table:
    """The table in the bytes of a CSV file.

    The encoding (UTF-8, UTF-16, UTF-32, Windows-1252), the delimiter (comma, semicolon, tab, bar)
    and whether the first line holds names are found out; what was guessed is in the table's notes.
    Columns become numbers, categories, dates, texts or identifiers (`lossviz.datalab.kinds`).
    Nothing in the file is run: a cell "=1+1" is a text.

    Args:
        data: The whole file.
        name: What the table is called.

    Raises:
        SettingError: For what is no CSV file, a broken row (with its line), too few rows, and more
            than the limits in `lossviz.datalab.limits`.

    >>> table = read_table(b"height,colour\\n1.5,red\\n,blue\\n2,red\\n3,blue\\n")
    >>> [(column.name, column.kind, int(column.missing.sum())) for column in table.columns]
    [('height', 'number', 1), ('colour', 'category', 0)]
    """
    if len(data) > MOST_BYTES:
        raise SettingError(f"The file has {len(data):,} bytes; at most {MOST_BYTES:,} are read.")
    text, notes = decoded(data)
    cells = cells_of(text)
    rows = len(cells.columns[0])
    if rows < FEWEST_ROWS:
        raise SettingError(
            f"The file has {rows} row{'s' * (rows != 1)} below its names; at least {FEWEST_ROWS} "
            "are needed."
        )
    comma = cells.delimiter != ","
    columns = tuple(
        column_of(name, column, comma)
        for name, column in zip(cells.names, cells.columns, strict=True)
    )
    said = (f"Read with the delimiter {WORDS.get(cells.delimiter, repr(cells.delimiter))}.",)
    return Table(
        shorten(name, 60),
        columns,
        (*said, *notes, *cells.notes, *_remarks(columns)),
        _target(columns),
    )


def digest_of(data: bytes) -> str:
    """A few letters by which the same file is known again."""
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def _remarks(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """What there is to say about each column."""
    useless = [f"{c.name!r} {c.useless}, so it is no input." for c in columns if c.useless]
    return (*(c.note for c in columns if c.note), *useless)


#: Names by which people call what is to be predicted.
TARGETS = ("target", "label", "class", "y", "outcome", "response")


def _target(columns: tuple[Column, ...]) -> str:
    """The column that is likely meant to be predicted: by its name, or the last one."""
    fit = [column.name for column in columns if not column.useless]
    named = [name for name in fit if name.lower() in TARGETS]
    return (named or fit[-1:] or [""])[0]
