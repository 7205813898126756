"""What the text of a cell is: missing, a number, a date."""

from __future__ import annotations

import datetime
import re

#: What stands for a value that is not there, in small letters.
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "."})

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?|\d{1,2}\.\d{1,2}\.\d{4}", re.ASCII)
#: Longer texts are no numbers.
LONGEST = 64


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value.

    >>> is_missing("N/A"), is_missing("0")
    (True, False)
    """
    return cell.strip().lower() in MISSING if len(cell) < 8 else not cell.strip()


def is_number(cell: str) -> bool:
    """Whether a cell is a plain number, with a point where there is a fraction."""
    return len(cell) < LONGEST and _NUMBER.fullmatch(cell) is not None


def number(cell: str, comma: bool = False) -> float | None:
    """The number in a cell, or None; infinite where it is larger than any double.

    Args:
        cell: The text without blanks around it.
        comma: Whether a single comma stands before a fraction, as in most of Europe; otherwise
            commas part thousands.

    >>> number("1e3"), number("1,5", comma=True), number("1,500"), number("1_000")
    (1000.0, 1.5, 1500.0, None)
    """
    if is_number(cell):
        return float(cell)
    if len(cell) >= LONGEST:
        return None
    if comma and _DECIMAL_COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    if not comma and _THOUSANDS.fullmatch(cell):
        return float(cell.replace(",", ""))
    return None


def day(cell: str) -> float | None:
    """The days (with their fraction) from the year 1 to a date, or None.

    Read are 2026-11-23, with or without a time after it, and 23.11.2026. Dates with slashes are
    not: nobody knows whether the day or the month comes first.

    >>> day("1970-01-02") - day("01.01.1970"), day("1/2/1970")
    (1.0, None)
    """
    if len(cell) >= LONGEST or not _DATE.fullmatch(cell):
        return None
    try:
        if "." in cell[:3]:
            found = datetime.datetime.strptime(cell, "%d.%m.%Y")
        else:
            found = datetime.datetime.fromisoformat(_padded(cell))
        found = found.replace(tzinfo=None) - (found.utcoffset() or datetime.timedelta())
    except (ValueError, OverflowError):
        return None
    return found.toordinal() + (found.hour * 3600 + found.minute * 60 + found.second) / 86_400


def _padded(cell: str) -> str:
    """An ISO date whose month and day have two digits."""
    year, month, rest = cell.split("-", 2)
    days = re.match(r"\d+", rest)
    assert days is not None
    return f"{year}-{month:0>2}-{days[0]:0>2}{rest[days.end() :]}"
