"""Every dial of the page of losses at both of its ends, in a real browser, section by section."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from lossviz import registry
from lossviz.losslab import LossLab, Pick
from lossviz.losslab.curves import can_be_drawn
from lossviz.losslab.lab import OVERS, VALUES
from lossviz.losslab.pick import MOST_PICKS
from lossviz.registry import Param
from lossviz.ui.losslab.controls import CLASSES
from tests.browser.conftest import ROOT
from tests.browser.hand import ENDS, VISIBLE, Hand, answered, dials

pytestmark = pytest.mark.browser

#: The plain values that each section has dials for.
OF = {
    "curves": ("reach",),
    "outliers": (),
    "saturation": ("w", "b", "lr", "below", "steps"),
    "imbalance": ("share", "weight", "gamma", "alpha", "cut", "count"),
    "entropy": (),
}


def labs() -> list[LossLab]:
    """One for each section; the curves until each loss with dials has been seen."""
    found = [LossLab(section=section) for section in OF if section != "curves"]
    left = [entry for entry in registry.losses if dials(entry.params)]
    for over in OVERS:
        some = [entry for entry in left if can_be_drawn(entry, over)]
        left = [entry for entry in left if entry not in some]
        for first in range(0, len(some), MOST_PICKS):
            picks = tuple(Pick(entry.name) for entry in some[first : first + MOST_PICKS])
            found.append(LossLab(over=over, **{over: picks}))
    return found


def expected(lab: LossLab) -> list[Param]:
    """The dials of a page."""
    picks = {"curves": lab.picks(), "outliers": lab.fits}.get(lab.section, ())
    plain = [VALUES[name] for name in OF[lab.section]]
    classes = [CLASSES] if lab.section == "entropy" else []
    return list(dials((*plain, *classes, *(p for pick in picks for p in pick.entry.params))))


LABS = labs()


def test_each_dial_has_its_page() -> None:
    shown = {id(param) for lab in LABS for param in expected(lab)}
    missing = {param.name for param in dials(VALUES.values()) if id(param) not in shown}
    # Whose surface is drawn is chosen from a list.
    assert missing == {"chosen"}
    for entry in registry.losses:
        assert all(id(param) in shown for param in dials(entry.params)), entry.name


def test_every_dial_at_both_ends(
    app_server: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    server = app_server(ROOT / "app.py")
    page = open_page()
    for lab in LABS:
        page.goto(f"{server}/losses?{urlencode(lab.to_url())}")
        wanted = expected(lab)
        page.wait_for_function(f"({VISIBLE})().length >= {len(wanted)}")
        answered(page)
        hand = Hand(page, by_mouse=33)
        for name in hand.new():
            hand.move(name, "End", "Home")
        answered(page)
        assert page.get_by_test_id("stAlert").filter(has_text="Using").count() == 0
        for end in ENDS:
            assert {p.label.capitalize() for p in wanted} <= hand.moved[end], lab
