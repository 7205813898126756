"""What a page says: the scoreboard below a picture, and what was wrong with the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import streamlit as st

from lossviz.comparison import letters
from lossviz.figures.theme import mark
from lossviz.ui import widgets
from lossviz.ui.style import mode

#: A long list of hyperparameters breaks, so that the numbers beside it stay in sight; a short one
#: does not, however little room there is.
NAME = (
    "display:flex;align-items:baseline;white-space:normal;width:max-content;"
    "max-width:clamp(8.5rem,26vw,24rem)"
)
#: On a phone a sentence is as wide as the page, and stays while the numbers above it are scrolled.
SENTENCE = "position:sticky;left:0;max-width:calc(100vw - 1.6rem)"


def scoreboard(rows: Sequence[Mapping[str, str]], titles: Mapping[str, str]) -> None:
    """The result of each contender.

    Args:
        rows: For each contender its "contender" and "status", and a text for each of the titles.
        titles: The columns of numbers, and what stands at their heads.
    """
    heads = "".join(f'<th class="n">{escape(title)}</th>' for title in titles.values())
    lines = []
    for index, row in enumerate(rows):
        cells = "".join(f'<td class="n">{escape(row[name])}</td>' for name in titles)
        color = mark(index).color(mode())
        lines.append(
            f'<tr class="n"><td><div style="{NAME}"><i style="background:{color}"></i>'
            f"<span>{escape(row['contender'])}</span></div></td>"
            f'{cells}<td class="w">{escape(row["status"])}</td></tr>'
            # On a phone the sentence stands under the numbers instead.
            f'<tr class="s"><td colspan="{len(titles) + 1}">'
            f'<div style="{SENTENCE}">{escape(row["status"])}</div></td></tr>'
        )
    st.html(
        f'<div class="lv-table-box"><table class="lv-table"><thead><tr><th>contender</th>{heads}'
        f'<th class="w">status</th></tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def tally(counts: Sequence[Mapping[str, int]]) -> None:
    """A small table of how often something happened to each contender.

    Args:
        counts: For each contender what happened and how often, with the same keys for all.
    """
    heads = "".join(f'<th class="n">{escape(title)}</th>' for title in counts[0])
    lines = []
    for index, (letter, row) in enumerate(zip(letters(len(counts)), counts, strict=True)):
        cells = "".join(f'<td class="n">{count}</td>' for count in row.values())
        color = mark(index).color(mode())
        lines.append(f'<tr><td><i style="background:{color}"></i>{letter}</td>{cells}</tr>')
    st.html(
        '<div class="lv-table-box"><table class="lv-table" style="width:auto"><thead><tr><th></th>'
        f"{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def notices(sentences: tuple[str, ...]) -> None:
    """What was wrong with a link or a change, and what was done about it."""
    if sentences:
        st.warning("  \n".join(widgets.plain(s) for s in sentences), icon=":material/info:")


def duration(seconds: float) -> str:
    """Seconds in words.

    >>> duration(3.2), duration(59.5), duration(125), duration(7300)
    ('4 s', '1 min', '3 min', '2 h 2 min')
    """
    if seconds <= 59:
        return f"{int(np.ceil(seconds))} s"
    minutes = int(np.ceil(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
