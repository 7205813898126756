"""Every dial and number of the race page at both of its ends, in a real browser.

The pages are put together from the catalogues, so that a new entry is tried without a word here:
each function with dials, all optimizers that move a point, all schedules, noise, fans, fair mode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.course import MOST_CONTENDERS, Course
from lossviz.course.course import VALUES
from lossviz.registry import Param
from tests.browser.conftest import ROOT, healthy
from tests.browser.hand import ENDS, PICTURE, SMALL, VISIBLE, Hand, answered, dials, of_card

pytestmark = pytest.mark.browser
#: Opened with few steps and points, so that the pictures come at once.
FEW = {"steps": 20, "seeds": 2, "fan_count": 4, "rates": 5, "grid": "61"}
#: What is in the sidebar of a fair race with noise and a ring of starts.
IN_FAIR = (
    "steps", "target", "sigma", "batch", "seeds", "fan_count", "fan_size", "rates", "lowest",
    "highest",
)  # fmt: skip
NUMBERS = ("seed",)
NOISE, RATE = VALUES["sigma"].label.capitalize(), "Learning rate"


# --- the pages -----------------------------------------------------------------------------------


def courses() -> tuple[Course, ...]:
    """One for each function with dials, optimizers dealt out over them, and a fair one."""
    functions = [entry.name for entry in registry.functions if dials(entry.params)]
    movers = [entry.name for entry in registry.optimizers if not entry.refuses([(2,)])]
    schedules = chain(registry.schedules.names(), repeat("constant"))
    racers = [Contender(name, schedule=next(schedules)) for name in movers]
    assert len(racers) <= len(functions) * MOST_CONTENDERS, "more optimizers than cards"
    dealt = [tuple(racers[number :: len(functions)]) for number in range(len(functions))]
    raced = zip(functions, dealt, strict=True)
    usual = Course(**FEW)
    # A sweep is a race for each of its rates: there two contenders are enough.
    fair = replace(
        usual.with_function("booth"), contenders=(*racers[:1], *racers[-1:]), fair=True, sigma=0.1,
        fan="ring",
    )  # fmt: skip
    return (*(replace(usual.with_function(f), contenders=some) for f, some in raced), fair)


COURSES = courses()


def at_side(course: Course) -> tuple[Param, ...]:
    """The dials of the sidebar that have their turn: the function's, and in fair mode the rest."""
    return dials((*course.entry.params, *(VALUES[name] for name in IN_FAIR * course.fair)))


def test_the_pages_show_each_dial_of_the_catalogues_and_of_the_page() -> None:
    shown = {id(p) for c in COURSES for p in (*at_side(c), *chain(*map(of_card, c.contenders)))}
    movers = [entry for entry in registry.optimizers if not entry.refuses([(2,)])]
    missing = [
        f"{entry.name}.{p.name}"
        for entry in (*registry.functions, *movers, *registry.schedules)
        for p in dials(entry.params)
        if id(p) not in shown
    ]
    assert missing == []
    unseen = {p.name for p in dials(VALUES.values()) if id(p) not in shown}
    # Which contender is explained is chosen at the stage.
    assert unseen == {"chosen"}
    typed = {p.name for p in VALUES.values() if p.kind == "whole"} - {
        p.name for p in dials(VALUES.values())
    }
    assert typed == {*NUMBERS, "start_seed"}


# --- the hand on them ----------------------------------------------------------------------------


def enter(box: Locator, text: str) -> None:
    box.fill(text)
    box.press("Enter")


def type_both_ends(page: Page, name: str) -> None:
    """Type the ends of a number, and see them taken."""
    param = VALUES[name]
    box = page.get_by_label(param.label.capitalize(), exact=True)
    for value in (int(param.high), int(param.low)):
        enter(box, str(value))
        answered(page)
        expect(box).to_have_value(str(value))


@pytest.mark.parametrize("course", COURSES, ids=[course.function for course in COURSES])
def test_every_dial_of_the_race_at_both_ends(
    app_server: Callable[..., str], open_page: Callable[..., Page], course: Course
) -> None:
    server = app_server(ROOT / "app.py")
    page = open_page(f"{server}/race?{urlencode(course.to_url())}", **SMALL)
    page.wait_for_function(PICTURE, timeout=60_000)
    hand = Hand(page, by_mouse=33)
    cards = len(course.contenders)
    outside = len(at_side(course)) + cards
    page.wait_for_function(f"({VISIBLE})().length >= {outside}")
    # Without noise the other dials of the noise go away.
    turns = {RATE, *(p.label.capitalize() for p in at_side(course))}
    fixed = [name for name in hand.new() if hand.known[name] in turns]
    fixed.sort(key=lambda name: hand.known[name] == NOISE)
    # At its upper end each is there alone: all together would take long.
    for name in fixed:
        hand.move(name, "End", "Home")
    answered(page)
    if course.fair:
        # Some noise and some steps again, for the rest to be worth racing.
        page.get_by_role("slider", name=NOISE).press("ArrowRight")
        enter(page.get_by_role("textbox", name="Steps, exact number"), "20")
        for name in NUMBERS:
            type_both_ends(page, name)
        hand.new()  # those of the noise are back, as new ones
    for card, contender in enumerate(course.contenders):
        page.locator(".st-key-lv_cards [data-testid=stPopover] button:visible").nth(card).click()
        body = page.get_by_test_id("stPopoverBody")
        inside = len(dials(of_card(contender))) - 1
        page.wait_for_function(
            "n => document.querySelectorAll('[data-testid=stPopoverBody] .lv-dial-range').length"
            " >= n",
            arg=inside,
        )
        for name in hand.new():
            hand.move(name, "Home", "End")
        page.keyboard.press("Escape")
        body.wait_for(state="hidden")
    answered(page)
    wanted = {p.label.capitalize() for p in at_side(course)}
    wanted |= {p.label.capitalize() for c in course.contenders for p in dials(of_card(c))}
    for end in ENDS:
        assert wanted <= hand.moved[end], f"never at their {ENDS[end]}"
    # Whatever stands there now, a picture or a sentence, from it there is a way back.
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_function("window.lossvizStage?.steps === 300", timeout=60_000)
    answered(page)
    assert page.get_by_test_id("stAlert").count() == 0
    assert healthy(f"{server}/_stcore/health"), "the server is gone"
