"""Several pictures in the lower panel at the side, one of which is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lossviz.ui.stage.ledger import Ledger
from lossviz.ui.stage.predictions import Predictions
from lossviz.ui.stage.profiles import Picture, Profile, check_picture


@dataclass(frozen=True)
class Tab:
    """One of several pictures in the lower panel at the side, and the word on its tab.

    `content` is predictions, a picture, a ledger (with those of other contenders, a tuple), or a
    sentence that stands where there is nothing to draw. The tab that a person chose stays chosen
    while there is one of its `id` (or else its `name`).
    """

    name: str
    content: Predictions | Picture | Ledger | tuple[Ledger, ...] | str
    id: str = ""


def ledgers_of(tab: Tab) -> tuple[Ledger, ...]:
    """The ledgers of a tab that has them; none of another one."""
    if isinstance(tab.content, Ledger):
        return (tab.content,)
    return tab.content if isinstance(tab.content, tuple) else ()


def owners_of(picture: Picture) -> list[str]:
    """The contenders whose picture, or lines of a picture, it is."""
    lines = picture.lines if isinstance(picture, Profile) else ()
    return [owner for owner in (picture.contender, *(line.contender for line in lines)) if owner]


def check_side(
    tabs: Sequence[Tab], alone: Predictions | Picture | None, owners: Collection[str]
) -> None:
    """Raise ValueError for tabs that cannot be told apart, and pictures that do not fit.

    `alone` is what stands there without tabs, `owners` are the ids of the contenders.
    """
    _check_tabs(tabs)
    for content in (alone, *(tab.content for tab in tabs)):
        if not isinstance(content, Picture):
            continue
        check_picture(content)
        for owner in owners_of(content):
            if owner not in owners:
                raise ValueError(
                    f"{type(content).__name__} of unknown contender {owner!r}; "
                    f"known are {list(owners)}."
                )


def _check_tabs(tabs: Sequence[Tab]) -> None:
    ids = [tab.id or tab.name for tab in tabs]
    if "" in ids or len(set(ids)) != len(ids):
        raise ValueError(
            f"Tabs at the side need names of their own, and not empty ones; got {ids}."
        )
    for tab in tabs:
        if tab.content == ():
            raise ValueError(f"Tab {tab.name!r} has no ledger; give it one, or a sentence.")
        owners = [ledger.contender for ledger in ledgers_of(tab)]
        if len(set(owners)) != len(owners):
            raise ValueError(
                f"The ledgers of tab {tab.name!r} are of {owners}; give one for each contender."
            )
