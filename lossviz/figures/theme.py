"""Colours, dashes, head shapes, colour maps and fonts: the one place where the look is decided.

Contenders use the Okabe-Ito set (Okabe and Ito 2008, "Color Universal Design"), which stays
distinguishable under the common colour-vision deficiencies; every contender also has a dash and a
head shape of its own, so that colour is never the only carrier. Surfaces use a cividis-like map of
low saturation (after Nunez, Anderton and Renslow 2018), so that paths stand out on it.

The plain values here serve both the Plotly figures and the stage in the browser.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Mode = Literal["light", "dark"]


@dataclass(frozen=True)
class Mark:
    """How one contender is drawn on every panel: colour (light, dark), canvas dash, head shape."""

    light: str
    dark: str
    dash: tuple[int, ...]
    plotly_dash: str
    head: str

    def color(self, mode: Mode) -> str:
        """The colour for a light or a dark background."""
        return self.dark if mode == "dark" else self.light


#: Twelve marks: the eight hues of the set, then four of them darker on light and paler on dark
#: grounds, since lightness is what every kind of colour vision keeps apart.
MARKS: tuple[Mark, ...] = (
    Mark("#D55E00", "#FF8A3C", (), "solid", "circle"),
    Mark("#0072B2", "#56B4E9", (8, 4), "dash", "square"),
    Mark("#009E73", "#2FCFA0", (2, 3), "dot", "triangle"),
    Mark("#B0558A", "#E7A0CB", (10, 3, 2, 3), "dashdot", "diamond"),
    Mark("#D08C00", "#E6B800", (14, 4), "longdash", "cross"),
    Mark("#4BA6E0", "#A9D8F5", (14, 3, 2, 3), "longdashdot", "star"),
    Mark("#4D4D4D", "#D0D0D0", (4, 2), "4px,2px", "pentagon"),
    Mark("#7D7A00", "#F0E442", (1, 2), "1px,2px", "hexagon"),
    Mark("#8A2F00", "#FFC4A3", (6, 2, 2, 2), "6px,2px,2px,2px", "triangle-down"),
    Mark("#0B3C6F", "#7E9BFF", (3, 3), "3px,3px", "circle-open"),
    Mark("#00523A", "#B5EBD3", (12, 2), "12px,2px", "square-open"),
    Mark("#6B1F57", "#C583F2", (1, 4), "1px,4px", "diamond-open"),
)

#: Low loss to high loss. Light: deep slate up to warm paper; dark: near-black up to muted sand.
SURFACE_SCALE: dict[Mode, tuple[tuple[float, str], ...]] = {
    "light": (
        (0.0, "#33456B"),
        (0.2, "#53618A"),
        (0.4, "#7A8397"),
        (0.6, "#A7A796"),
        (0.8, "#D2CB9C"),
        (1.0, "#F4EFC9"),
    ),
    "dark": (
        (0.0, "#16223F"),
        (0.2, "#2C3A5C"),
        (0.4, "#4A5468"),
        (0.6, "#6E706B"),
        (0.8, "#968F6C"),
        (1.0, "#BFB37A"),
    ),
}


@dataclass(frozen=True)
class Palette:
    """Everything but the contenders: grounds, lines and text of one mode."""

    background: str
    panel: str
    text: str
    muted: str
    grid: str
    accent: str
    masked: str


PALETTE: dict[Mode, Palette] = {
    "light": Palette("#FFFFFF", "#F7F7F5", "#1E2430", "#667085", "#E3E5E8", "#2F6F8F", "#E9C9C4"),
    "dark": Palette("#12161C", "#1A2028", "#E8EAED", "#98A2B3", "#2C343F", "#6FB7D6", "#5A3A3A"),
}

FONT = '"Source Sans", "Source Sans Pro", system-ui, sans-serif'

#: Classes of a data set on the prediction panel; disjoint in lightness from the contenders' hues.
CLASSES: dict[Mode, tuple[str, ...]] = {
    "light": (
        "#4C78A8",
        "#E0A458",
        "#72A98F",
        "#B279A2",
        "#9D755D",
        "#79706E",
        "#D67195",
        "#54A2A8",
        "#8CA252",
        "#7B6BB0",
    ),
    "dark": (
        "#7FA8D6",
        "#E8B878",
        "#93C7AE",
        "#CFA1C4",
        "#C29C86",
        "#A8A09E",
        "#E79AB5",
        "#84C6CB",
        "#B0C480",
        "#A598D6",
    ),
}


def mark(index: int) -> Mark:
    """The mark of the contender at this place in the list."""
    return MARKS[index % len(MARKS)]


def as_plain(mode: Mode) -> dict[str, object]:
    """The theme of one mode as plain JSON values, for the stage."""
    return {
        "mode": mode,
        "palette": asdict(PALETTE[mode]),
        "scale": [list(stop) for stop in SURFACE_SCALE[mode]],
        "classes": list(CLASSES[mode]),
        "font": FONT,
        "marks": [
            {
                "color": m.color(mode),
                "dash": list(m.dash),
                "plotlyDash": m.plotly_dash,
                "head": m.head,
            }
            for m in MARKS
        ],
    }
