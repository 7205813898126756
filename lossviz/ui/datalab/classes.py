"""The classes of a target as small pictures: their balance, and their colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from lossviz.figures.theme import CLASSES, Mode


def balance(classes: Sequence[str], before: np.ndarray, after: np.ndarray, mode: Mode) -> str:
    """The rows of each class as one bar, before cleaning and after it, as HTML."""
    return "".join(
        f'<div class="lv-balance"><span>{word}</span>{_bar(classes, counts, mode)}</div>'
        for word, counts in (("as it came", before), ("cleaned", after))
    )


def _bar(classes: Sequence[str], counts: np.ndarray, mode: Mode) -> str:
    palette = CLASSES[mode]
    return "".join(
        f'<i style="flex:{int(count)};background:{palette[place % len(palette)]}" '
        f'title="{escape(name)}: {count:,} rows">{count:,}</i>'
        for place, (name, count) in enumerate(zip(classes, counts, strict=True))
        if count
    )


def legend(classes: Sequence[str], mode: Mode) -> str:
    """The classes with their colours, as HTML."""
    palette = CLASSES[mode]
    return (
        '<div class="lv-legend">'
        + "".join(
            f'<span><i style="background:{palette[place % len(palette)]}"></i>{escape(name)}</span>'
            for place, name in enumerate(classes)
        )
        + "</div>"
    )
