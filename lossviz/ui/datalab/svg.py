"""Small pictures as SVG text, which a page replaces without a flicker.

Every text that may come from a file goes through `html.escape`. Colours come from the theme; lines
and words take the colour of the page's text.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np

#: From a number to its place on an axis.
Place = Callable[[float], float]


def svg(width: float, height: float, body: str, label: str) -> str:
    """A picture as wide as its place (but no blow-up), with words for who cannot see it."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" style="max-width:{1.35 * width:.0f}px" '
        f'role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def framed(title: str, body: str, wide: bool = False) -> str:
    """Pictures with a title above them, as HTML."""
    more = " lv-wide" if wide else ""
    return (
        f'<figure class="lv-figure{more}"><figcaption>{escape(title)}</figcaption>{body}</figure>'
    )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between two ends, about so many.

    >>> ticks(0.0, 10.0, 5), ticks(2.4, 23.4, 5)
    ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [5.0, 10.0, 15.0, 20.0])
    """
    rough = (high - low) / most
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= 0.999 * rough)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(k * step) for k in range(first, last + 1)]


def signed(value: float, digits: int = 6) -> str:
    """A number at an axis or in a table, with a true minus sign.

    >>> signed(-2000.0), signed(0.25)
    ('−2000', '0.25')
    """
    return f"{value:.{digits}g}".replace("-", "−")


def mixed(first: str, second: str, share: float) -> str:
    """A colour between two, as #RRGGBB.

    >>> mixed("#000000", "#FF0080", 0.5)
    '#800040'
    """
    pairs = ((int(a[k : k + 2], 16), int(b[k : k + 2], 16)) for k in (1, 3, 5)
             for a, b in [(first, second)])  # fmt: skip
    return "#" + "".join(f"{round(a + share * (b - a)):02X}" for a, b in pairs)


def row_name(name: str, x: float, y: float, most: int) -> str:
    """A name that ends at x beside a row around y, with a tooltip of all of it.

    Args:
        name: Any text.
        x: Where it ends.
        y: The middle of the row.
        most: So many letters fit into a line; a longer name takes two lines of smaller ones.
    """
    lines = broken(name, most if len(name) <= most else most + 4)
    size, first = (11, y + 4) if len(lines) == 1 else (9, y - 1.5)
    return "".join(
        f'<text x="{x:g}" y="{first + 9.5 * k:.1f}" text-anchor="end" font-size="{size}" '
        f'fill="currentColor">{escape(line)}<title>{escape(name)}</title></text>'
        for k, line in enumerate(lines)
    )


def broken(text: str, most: int) -> list[str]:
    """A text in one line or two of at most so many characters, broken between words if it can be.

    >>> broken("od280/od315_of_diluted_wines", 20)
    ['od280/od315_of_', 'diluted_wines']
    """
    if len(text) <= most:
        return [text]
    ends = [k + 1 for k, letter in enumerate(text[:most]) if not letter.isalnum()]
    end = min(ends, key=lambda k: max(k, len(text) - k), default=most)
    if len(text) - end > most:
        end = most
    return [text[:end].rstrip(), cut(text[end:].lstrip(), most)]


def breakable(text: str) -> str:
    """A text as HTML, which may go on in another line after each of its marks between words."""
    return "".join(escape(c) + ("\u200b" if c in "_/-.:;" else "") for c in text)


def cut(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
