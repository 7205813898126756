"""What a page says: the scoreboard below a picture, and what was wrong with the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import streamlit as st

from lossviz.figures.theme import mark
from lossviz.ui import widgets
from lossviz.ui.style import mode


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
            f'<tr class="n"><td><i style="background:{color}"></i>{escape(row["contender"])}</td>'
            f'{cells}<td class="w">{escape(row["status"])}</td></tr>'
            # On a phone the sentence stands under the numbers instead.
            f'<tr class="s"><td colspan="{len(titles) + 1}">{escape(row["status"])}</td></tr>'
        )
    st.html(
        f'<div class="lv-table-box"><table class="lv-table"><thead><tr><th>contender</th>{heads}'
        f'<th class="w">status</th></tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def notices(sentences: tuple[str, ...]) -> None:
    """What was wrong with a link or a change, and what was done about it."""
    if sentences:
        st.warning("  \n".join(widgets.plain(s) for s in sentences), icon=":material/info:")


def duration(seconds: float) -> str:
    """Seconds in words.

    >>> duration(3.2), duration(125), duration(7300)
    ('4 s', '3 min', '2 h 2 min')
    """
    if seconds < 60:
        return f"{int(np.ceil(seconds))} s"
    minutes = int(np.ceil(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
