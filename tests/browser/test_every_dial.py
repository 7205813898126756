"""Every dial of the playground at both of its ends, in a real browser, for the whole catalogue.

The pages are put together from the catalogues, so that a new entry is tried without a word here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import cycle, product
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from lossviz import registry
from lossviz.comparison import MOST_CONTENDERS, VIEWS, Comparison, Contender
from lossviz.registry import Entry, Param, SettingError
from lossviz.settings import VALUES, Experiment
from tests.browser.conftest import ROOT, healthy
from tests.browser.hand import ENDS, PICTURE, SMALL, VISIBLE, Hand, answered, dials, of_card

pytestmark = pytest.mark.browser
#: Opened with few steps, so that the pictures come at once; the dial of the steps has its turn too.
STEPS = 20


# --- the pages ---------------------------------------------------------------------------------


def by_dials(entries: Iterable[Entry]) -> list[Entry]:
    """Those with the most dials first."""
    return sorted(entries, key=lambda entry: -len(dials(entry.params)))


def data_sets() -> tuple[str, ...]:
    """One of each family, the one with the most dials, then all others."""
    families: dict[str, str] = {}
    every = by_dials(registry.datasets)
    for entry in every:
        families.setdefault(getattr(entry.make, "__module__", ""), entry.name)
    return tuple(dict.fromkeys((*families.values(), *(e.name for e in every))))


def bases() -> Iterator[Experiment]:
    """Until each model, loss and initialiser with dials, and each family of data, has been seen."""
    left = {
        (type(e), e.name) for e in (*registry.models, *registry.losses) if dials(e.params)
    }  # fmt: skip
    families = len({getattr(e.make, "__module__", "") for e in registry.datasets})
    inits = cycle(e.name for e in by_dials(registry.initialisers) if dials(e.params))
    biases = cycle(
        e.name for e in by_dials(registry.initialisers) if e.for_bias and dials(e.params)
    )

    def rank(entry: Entry) -> tuple[bool, int]:
        return (type(entry), entry.name) not in left, -len(dials(entry.params))

    for number, name in enumerate(data_sets()):
        if number >= families and not left:
            return
        for loss, model in product(
            sorted(registry.losses, key=rank), sorted(registry.models, key=rank)
        ):
            try:
                base = Experiment(dataset=name, model=model.name, loss=loss.name, steps=STEPS)
            except SettingError:
                continue  # these do not go together
            left -= {(type(model), model.name), (type(loss), loss.name)}
            yield replace(base, init=next(inits), bias_init=next(biases))
            break


def comparisons() -> tuple[Comparison, ...]:
    """All optimizers and schedules dealt out over the bases."""
    common = list(bases())
    names, schedules = registry.optimizers.names(), cycle(registry.schedules.names())
    racers = [Contender(name, schedule=next(schedules)) for name in names]
    most = len(common) * MOST_CONTENDERS
    assert len(racers) <= most, "more optimizers than cards: open more pages"
    return tuple(
        Comparison(grid="41", base=base, contenders=tuple(racers[i :: len(common)]))
        for i, base in enumerate(common)
    )


PAGES = comparisons()
#: The dials that every page has, and the number of pages on which they have their turn.
SAME, WHOLE = dials((*VALUES.values(), VIEWS["target"])), 2


def test_the_pages_show_each_dial_of_the_catalogues() -> None:
    shown = {id(p) for c in PAGES for p in expected(c)}
    # Of data sets, one of each family; where a loss and a model never meet, one of them is enough.
    catalogues = (
        registry.models, registry.initialisers, registry.losses, registry.optimizers,
        registry.schedules,
    )  # fmt: skip
    missing = [
        f"{entry.name}.{p.name}"
        for catalogue in catalogues
        for entry in catalogue
        for p in dials(entry.params)
        if id(p) not in shown
    ]
    assert missing == []


def on_page(comparison: Comparison) -> int:
    """How many dials are seen when no card is opened: those at the side, and the learning rates."""
    inside = sum(len(dials(of_card(c))) - 1 for c in comparison.contenders)
    return len(expected(comparison)) - inside


def expected(comparison: Comparison) -> list[Param]:
    """The dials of a page."""
    base = comparison.base
    entries: list[Entry] = [
        registry.datasets[base.dataset], registry.models[base.model],
        registry.initialisers[base.init], registry.initialisers[base.bias_init],
        registry.losses[base.loss],
    ]  # fmt: skip
    cards = [p for contender in comparison.contenders for p in of_card(contender)]
    shared = [p for entry in entries for p in entry.params]
    tokens = base.shape.kind == "tokens"  # to which no noise can be added
    plain = [p for p in VALUES.values() if not (tokens and p.name == "input_noise")]
    return list(dials((*shared, *plain, VIEWS["target"], *cards)))


def alike(comparison: Comparison) -> set[str]:
    """The labels of the dials that do the same on every page: they have their turn on some only."""
    if PAGES.index(comparison) < WHOLE:
        return set()
    own = {p.label.capitalize() for p in expected(comparison) if p not in SAME}
    return {p.label.capitalize() for p in SAME} - own


# --- the hand on them ---------------------------------------------------------------------------


@pytest.mark.parametrize("comparison", PAGES, ids=[c.base.dataset for c in PAGES])
def test_every_dial_at_both_ends(
    app_server: Callable[..., str], open_page: Callable[..., Page], comparison: Comparison
) -> None:
    server = app_server(ROOT / "app.py")
    page = open_page(f"{server}/?{urlencode(comparison.to_url())}", **SMALL)
    page.wait_for_function(PICTURE, timeout=60_000)
    hand = Hand(page, by_mouse=33)
    page.get_by_text("Initial weights", exact=True).click()
    page.get_by_text("Regularisation", exact=True).click()
    page.wait_for_function(f"({VISIBLE})().length >= {on_page(comparison)}")
    rest = alike(comparison)
    fixed = [name for name in hand.new() if hand.known[name] not in rest]
    # All sizes at their upper ends together would take long: each is there alone, and goes back to
    # its lower end, where the rest is quick.
    for name in fixed:
        hand.move(name, "End", "Home")
    answered(page)
    for card, contender in enumerate(comparison.contenders):
        page.locator(".st-key-lv_cards [data-testid=stPopover] button:visible").nth(card).click()
        body = page.get_by_test_id("stPopoverBody")
        inside = len(dials(of_card(contender))) - 1
        page.wait_for_function(f"({VISIBLE})().length >= {on_page(comparison) + inside}")
        for name in hand.new():
            hand.move(name, "Home", "End")
        page.keyboard.press("Escape")
        body.wait_for(state="hidden")
    answered(page)
    if not rest:
        # All others at their upper ends together; here the common ones are among them.
        whole = {p.label.capitalize() for p in expected(comparison) if p.kind == "whole"}
        for name in fixed:
            if hand.known[name] not in whole:
                hand.move(name, "End")
        answered(page)
    wanted = {p.label.capitalize() for p in expected(comparison)} - rest
    for end in ENDS:
        assert wanted <= hand.moved[end], f"never at their {ENDS[end]}"
    # Whatever stands there now, a picture or a sentence, from it there is a way back.
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_function("window.lossvizStage?.steps === 300", timeout=60_000)
    answered(page)
    assert page.get_by_test_id("stAlert").count() == 0
    assert healthy(f"{server}/_stcore/health"), "the server is gone"


# --- what is out of sight meanwhile ------------------------------------------------------------


def race(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("race", [""])[0]


def open_card(page: Page, number: int) -> Locator:
    page.locator(".st-key-lv_cards [data-testid=stPopover] button:visible").nth(number).click()
    body = page.get_by_test_id("stPopoverBody")
    body.locator(".lv-dial-range").first.wait_for()
    return body


def until(page: Page, what: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not what():
        assert time.monotonic() < end, f"in vain: {page.url}"
        page.wait_for_timeout(50)


def test_a_card_that_is_opened_late_shows_what_was_chosen(
    app_server: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    chosen = "sgd(momentum=0.9,nesterov=true)@cosine"
    ask = urlencode({"race": f"sgd;{chosen}", "steps": "20"})
    page = open_page(f"{app_server(ROOT / 'app.py')}/?{ask}")
    page.wait_for_function(PICTURE, timeout=60_000)
    page.get_by_role("slider", name="Learning rate").first.press("End")
    until(page, lambda: race(page) == f"sgd(lr=100.0);{chosen}")
    answered(page)
    body = open_card(page, 1)
    expect(body.get_by_role("switch", name="Nesterov")).to_be_checked()
    body.get_by_role("slider", name="Momentum").press("ArrowLeft")
    until(page, lambda: race(page) == f"sgd(lr=100.0);{chosen.replace('0.9', '0.89')}")


def test_a_card_that_was_closed_before_a_reset_does_not_bring_its_choices_back(
    app_server: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    ask = urlencode({"race": "sgd;adam@cosine", "steps": "20"})
    page = open_page(f"{app_server(ROOT / 'app.py')}/?{ask}")
    page.wait_for_function(PICTURE, timeout=60_000)
    body = open_card(page, 1)
    page.keyboard.press("Escape")
    body.wait_for(state="hidden")
    page.get_by_role("button", name="Reset", exact=True).click()
    until(page, lambda: race(page) == "")
    answered(page)
    page.get_by_role("slider", name="Learning rate").first.press("End")
    until(page, lambda: race(page) == "sgd(lr=100.0);adam(lr=0.02)")
