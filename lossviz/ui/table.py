"""A small table of numbers below a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import streamlit as st


def table(head: Sequence[str], rows: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Rows of numbers, each with a name and a colour.

    Args:
        head: What stands over the names, and over each column of numbers.
        rows: A colour ("" for none), a name, and the texts of the numbers.
    """
    first, *others = head
    cells = "".join(f'<th class="n">{escape(one)}</th>' for one in others)
    lines = []
    for color, name, texts in rows:
        dot = f'<i style="background:{color};display:inline-block"></i>' if color else ""
        numbers = "".join(f'<td class="n">{escape(text)}</td>' for text in texts)
        lines.append(f"<tr><td>{dot}{escape(name)}</td>{numbers}</tr>")
    st.html(
        '<div class="lv-table-box"><table class="lv-table" style="width:auto"><thead><tr>'
        f"<th>{escape(first)}</th>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def fixed(value: float, places: int = 3) -> str:
    """A number with so many decimals, so that digits do not jump.

    >>> fixed(-1e-17), fixed(-1.3182), fixed(float("inf"))
    ('0.000', '−1.318', '∞')
    """
    if not math.isfinite(value):
        return number(value)
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", "−")


def number(value: float, digits: int = 4) -> str:
    """A number of a table, whole where it has more digits than these.

    >>> number(2 / 3), number(float("nan")), number(float("inf")), number(-0.5, 2), number(12345.6)
    ('0.6667', '–', '∞', '−0.5', '12,346')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    whole = 10**digits <= abs(value) < 1e7
    return (f"{value:,.0f}" if whole else f"{value:.{digits}g}").replace("-", "−")
