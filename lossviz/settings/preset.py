"""`Preset`: settings that are worth seeing, and what there is to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from lossviz.settings.links import Linked

S = TypeVar("S", bound=Linked)


@dataclass(frozen=True)
class Preset(Generic[S]):
    """Settings of a page with something to learn from them.

    Args:
        name: Tells it from the others of its page.
        title: What a person reads in the list.
        claim: What comes out, and why, in a sentence or two; a test checks it.
        settings: The settings.
    """

    name: str
    title: str
    claim: str
    settings: S
