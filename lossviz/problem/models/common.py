"""What several models share: the reasons why they refuse data."""

from __future__ import annotations

from lossviz.registry import Shape


def no_tokens(shape: Shape, outputs: int) -> str:
    """For models that take their inputs as sizes."""
    if shape.kind != "tokens":
        return ""
    return (
        "the data are characters of a text, and the number of a character is no size; choose the "
        "transformer."
    )
