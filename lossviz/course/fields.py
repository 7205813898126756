"""Points, a frame and arrows as fields of a URL; damage is reported, and the rest is used."""

from __future__ import annotations

from collections.abc import Iterable

from lossviz.comparison import read_pair
from lossviz.course.values import ARROWS, FARTHEST, MOST_STARTS
from lossviz.registry import Box, Point
from lossviz.settings import shorten


def write_points(points: Iterable[Point]) -> str:
    """Points as a URL field holds them; `read_points` reads it back."""
    return ";".join(f"{x!r},{y!r}" for x, y in points)


def read_points(text: str, problems: list[str]) -> tuple[Point, ...]:
    """The further starts of the URL field ``more``; what is no point is left out with a report."""
    read = (read_pair(part, "more", problems) for part in text.split(";") if part.strip())
    points = [point for point in read if point is not None]
    if len(points) > MOST_STARTS:
        problems.append(f"more: of {len(points)} further starts the first {MOST_STARTS} are used.")
    return tuple(points[:MOST_STARTS])


def read_frame(text: str, problems: list[str]) -> Box | None:
    """The sides of the URL field ``frame``, or None with a report."""
    try:
        x0, x1, y0, y1 = (float(part) for part in text.split(","))
        if usable((x0, x1, y0, y1)):
            return x0, x1, y0, y1
    except ValueError:
        pass  # not four numbers: reported as other damage is
    problems.append(f"frame: {shorten(text)!r} is not x0,x1,y0,y1 with x0 < x1, y0 < y1. Ignored.")
    return None


def read_arrows(text: str, problems: list[str]) -> tuple[str, ...]:
    """What the URL field ``arrows`` asks for at the heads; what is unknown is reported."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    for name in names:
        if name not in ARROWS:
            problems.append(
                f"arrows: there is no {shorten(name)!r}. Known: {', '.join(ARROWS)}. Ignored."
            )
    return tuple(name for name in names if name in ARROWS)


def usable(frame: Box) -> bool:
    """Whether these are the sides of a rectangle that can be drawn."""
    x0, x1, y0, y1 = frame
    finite = all(abs(side) <= FARTHEST for side in frame)
    # Narrower than this, the points of a grid would be one and the same number.
    return finite and all(
        high - low > 1e-12 * max(1.0, abs(low), abs(high)) for low, high in ((x0, x1), (y0, y1))
    )
