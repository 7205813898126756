"""Every dial of the training page at both of its ends, in a real browser, section by section.

Those of data, model, loss and optimizer are the playground's own and have their turn there; here it
is what only this page has: how a training is looked at, and the initial weights.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from lossviz import registry
from lossviz.checkup import VIEWS, Checkup, Scheme
from lossviz.registry import Param
from lossviz.settings import VALUES, Experiment
from tests.browser.conftest import ROOT
from tests.browser.hand import ENDS, VISIBLE, Hand, answered, dials

pytestmark = pytest.mark.browser

SHORT = Experiment(steps=20)
#: What each section has dials for, besides the experiment's own.
OF: dict[str, tuple[Param, ...]] = {
    "start": dials(p for entry in registry.initialisers for p in entry.params),
    "hold": (
        *(VALUES[name] for name in ("l1", "l2", "input_noise")),
        registry.models["mlp"].param("dropout"),
    ),
    "fit": (VIEWS["patience"], VIEWS["runs"]),
    "weights": (VIEWS["unit"], VIEWS["entry"]),
    "degree": (VIEWS["points"], VIEWS["spread"], VIEWS["ridge"]),
}


def checkups() -> list[Checkup]:
    """One for each section, and one for the folds."""
    schemes = tuple(Scheme(entry.name) for entry in registry.initialisers if dials(entry.params))
    sections = [Checkup(SHORT, schemes, show=show, layer=1) for show in OF]
    return [*sections, Checkup(SHORT, show="fit", study="folds")]


def expected(checkup: Checkup) -> list[Param]:
    """The dials of a page that have their turn."""
    return [VIEWS["folds"]] if checkup.study == "folds" else list(OF[checkup.show])


def test_each_dial_of_the_page_has_its_turn() -> None:
    shown = {id(param) for checkup in checkups() for param in expected(checkup)}
    missing = {param.name for param in dials(VIEWS.values()) if id(param) not in shown}
    # Whose weights are drawn is chosen from a list.
    assert missing == {"layer"}
    for entry in registry.initialisers:
        assert all(id(param) in shown for param in dials(entry.params)), entry.name


def test_every_dial_at_both_ends(
    app_server: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    server = app_server(ROOT / "app.py")
    page = open_page()
    for checkup in checkups():
        page.goto(f"{server}/training?{urlencode(checkup.to_url())}")
        wanted = {param.label.capitalize() for param in expected(checkup)}
        look = f"""labels => {{ const seen = ({VISIBLE})().map(([, label]) => label);
          return labels.every(label => seen.includes(label)); }}"""
        page.wait_for_function(look, arg=sorted(wanted), timeout=60_000)
        answered(page)
        hand = Hand(page, by_mouse=17)
        for name in [name for name in hand.new() if hand.known[name] in wanted]:
            hand.move(name, "End", "Home")
        answered(page)
        for end in ENDS:
            assert wanted <= hand.moved[end], checkup.show
