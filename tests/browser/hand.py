"""A hand that moves dials to both of their ends, by key and by mouse, and sees what comes of it."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import FloatRect, Locator, Page

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.registry import Param
from lossviz.ui.widgets import WIDEST_DIAL

#: A window for many moves: small pictures are painted soon, and the sidebar still has its place.
SMALL = {"width": 1000, "height": 700}
#: The keys that lead to the ends, and what a dial calls these.
ENDS = {"Home": "min", "End": "max"}

VISIBLE = """() => [...document.querySelectorAll('.lv-dial-range')].filter(e => e.checkVisibility())
  .map(e => [e.id, e.closest('.lv-dial').querySelector('label').textContent])"""


class Hand:
    """Moves dials to their ends by key, and every so often by mouse."""

    def __init__(self, page: Page, by_mouse: int = 9) -> None:
        self.page = page
        #: One move in so many is made by mouse; an odd number, so that both ends have their turn.
        self.by_mouse = by_mouse
        self.moved: dict[str, set[str]] = {end: set() for end in ENDS}
        self.known: dict[str, str] = {}
        self.moves = 0

    def new(self) -> list[str]:
        """The dials that have become visible since the last time."""
        found = dict(self.page.evaluate(VISIBLE))
        fresh = [name for name in found if name not in self.known]
        self.known |= found
        return fresh

    def move(self, name: str, *ends: str) -> None:
        for end in ends:
            self.moves += 1
            if self.moves % self.by_mouse == 1:
                self.drag(name, end)
            else:
                self.page.locator(f"#{name}").focus()
                self.page.keyboard.press(end)
            if not self.is_at(name, end):
                # The page may have moved under the mouse; by key it has to get there.
                self.page.wait_for_timeout(1000)
                self.page.locator(f"#{name}").focus()
                self.page.keyboard.press(end)
            assert self.is_at(name, end), f"{self.known[name]} is not at its {ENDS[end]}"
            self.moved[end].add(self.known[name])

    def is_at(self, name: str, end: str) -> bool:
        look = f"dial => dial !== null && dial.value === dial.{ENDS[end]}"
        return bool(self.page.evaluate(f"({look})(document.getElementById('{name}'))"))

    def drag(self, name: str, end: str) -> None:
        dial = self.page.locator(f"#{name}")
        dial.scroll_into_view_if_needed()
        box = self.at_rest(dial)
        share = dial.evaluate("e => e.valueAsNumber / e.max")
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), y)
        self.page.mouse.down()
        to = box["x"] - 3 if end == "Home" else box["x"] + box["width"] + 3
        self.page.mouse.move(to, y, steps=4)
        self.page.mouse.up()

    def at_rest(self, dial: Locator) -> FloatRect:
        """Where a dial is as soon as nothing moves it any more.

        The answer to the last move may shift the page; a mouse that then presses beside an open
        card closes it.
        """
        answered(self.page)
        before, box = None, dial.bounding_box()
        while box != before:
            dial.evaluate(NEXT_FRAMES)
            before, box = box, dial.bounding_box()
        assert box
        return box


#: Two frames of the browser later.
NEXT_FRAMES = "() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))"
PICTURE = """window.lossvizStage?.revision > 0
  || document.querySelector('.lv-sketch[data-revision]')
  || document.querySelector('[data-testid=stAlert]')"""
#: The page has been run for the last move: it shows a picture, or says why there is none.
ANSWERED = f"""document.querySelector('[data-testid=stApp]').dataset.testScriptState
  === 'notRunning' && ({PICTURE})"""


def answered(page: Page) -> None:
    page.wait_for_function(ANSWERED, timeout=60_000)
    assert page.get_by_test_id("stException").count() == 0


def dials(params: Iterable[Param]) -> tuple[Param, ...]:
    """Those that are shown as dials; a wide range of whole numbers is typed."""
    return tuple(
        p
        for p in params
        if p.kind == "number"
        or (p.kind == "whole" and (p.scale == "log" or p.high - p.low <= WIDEST_DIAL))
    )


def of_card(contender: Contender) -> tuple[Param, ...]:
    """All that a card offers."""
    optimizer = registry.optimizers[contender.optimizer]
    return (*optimizer.params, *registry.schedules[contender.schedule].params)
