"""The landscape page in a real browser, as a researcher uses it, on the real app."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
READY = "() => window.lossvizStage?.revision > 0"
#: Small, so that all of it is computed in a moment.
QUICK = {"steps": "40", "grid": "25", "model": "mlp(width=8)"}


@pytest.fixture(scope="module")
def server(app_server: Callable[..., str]) -> str:
    return app_server(ROOT / "app.py")


@pytest.fixture
def show(server: str, open_page: Callable[..., Page]) -> Show:
    """Open the landscape page at these URL fields and wait for its picture."""

    def opened(*, look: dict[str, Any] | None = None, **ask: str) -> Page:
        page = open_page(f"{server}/landscape?{urlencode({**QUICK, **ask})}", **(look or {}))
        page.wait_for_function(READY, timeout=60_000)
        page.evaluate("() => { document.querySelector('.lv-stage').parentElement.lvMark = 1; }")
        return page

    return opened


def same_stage(page: Page) -> bool:
    return bool(
        page.evaluate("() => document.querySelector('.lv-stage').parentElement.lvMark === 1")
    )


def test_a_researchers_way_through_the_page(show: Show) -> None:
    page = show()
    look = page.evaluate("() => window.lossvizStage.look()")
    assert len(look["views"]) == 1
    assert len(look["surface"]["heads"]) == len(look["views"][0]["heads"]) == 2
    page.keyboard.press("Home")
    assert page.evaluate("() => window.lossvizStage.step") == 0
    # Another seed for the random directions: the same stage, another picture.
    before = page.evaluate("() => window.lossvizStage.revision")
    page.get_by_role("button", name="Three random seeds").click()
    page.wait_for_function(
        "before => window.lossvizStage?.revision > before && "
        "window.lossvizStage.look().views.length === 2", arg=before, timeout=30_000,
    )  # fmt: skip
    expect(page).to_have_url(re.compile("views=random%3Brandom%28seed%3D1%29%3Brandom"))
    # A learning rate is dragged by the keyboard; all pictures follow.
    before = page.evaluate("() => window.lossvizStage.revision")
    dial = page.get_by_role("slider", name="Learning rate").first
    dial.focus()
    dial.press("ArrowRight")
    page.wait_for_function(
        "before => window.lossvizStage?.revision > before", arg=before, timeout=30_000
    )
    expect(page).to_have_url(re.compile("race=sgd"), timeout=30_000)
    # The tabs judge the slice.
    page.get_by_role("tab", name="off the slice").click()
    assert page.evaluate("() => window.lossvizStage.tab") == "residual"


def test_two_minima_and_the_curve_between_them(show: Show) -> None:
    page = show(race="adam", views="pca", section="curve", bend_steps="40")
    curve = page.locator(".st-key-lv_curve")
    expect(curve.locator(".lv-stage")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("its barrier fell from")).to_be_visible(timeout=60_000)
    expect(curve.get_by_text("finished after 40 steps")).to_be_visible(timeout=60_000)
    expect(curve.get_by_text("straight line").first).to_be_visible()
    assert same_stage(page)
    # Each of the two stages has a clock of its own.
    assert page.locator(".lv-stage").count() == 2


def test_it_fits_a_phone_with_the_surface_first(show: Show) -> None:
    page = show(look={"width": 390, "height": 844, "dark": True})
    stage, cards = (page.locator(f".st-key-lv_{part}").first for part in ("stage", "cards"))
    top, below = stage.bounding_box(), cards.bounding_box()
    assert top
    assert below
    assert top["y"] < below["y"]
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
