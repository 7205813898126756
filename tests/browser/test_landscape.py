"""The landscape page in a real browser, as a researcher uses it, on the real app."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from itertools import chain

import pytest
from playwright.sync_api import Page, expect

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.registry import Param
from lossviz.settings import VALUES as TRAINING
from lossviz.settings import Experiment
from lossviz.survey import PLANES, Survey, View
from lossviz.survey.values import VALUES
from tests.browser.conftest import Show
from tests.browser.hand import ENDS, VISIBLE, Hand, answered, dials

pytestmark = pytest.mark.browser
#: Small, so that all of it is computed in a moment.
QUICK = {"steps": "40", "grid": "25", "model": "mlp(width=8)"}


@pytest.fixture
def show(visit: Show) -> Show:
    """Open the landscape page at these URL fields and wait for its picture."""
    return partial(visit, "landscape", **QUICK)


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


def same_stage(page: Page) -> bool:
    return bool(
        page.evaluate("() => document.querySelector('.lv-stage').parentElement.lvMark === 1")
    )


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


# --- every dial ----------------------------------------------------------------------------------

#: All parts of the page at once, on a network that trains in a moment.
EVERY = Survey(
    base=Experiment(steps=20, model_params={"width": 4}),
    contenders=(Contender("sgd"), Contender("adam")),
    views=(View("random"),),
    other="mlp",
    grid="25",
    section="curve",
    bend_steps=20,
    spectrum=True,
    slices=2,
)


def own_dials() -> tuple[Param, ...]:
    """The dials of the sidebar that no other page has, and those of the steps."""
    # Which path is measured is chosen by its letter.
    plain = (param for name, param in VALUES.items() if name != "chosen")
    planes = chain.from_iterable(view.entry.params for view in EVERY.views)
    other = registry.models[EVERY.other].params
    return dials((TRAINING["steps"], *plain, *planes, *other))


def test_the_page_has_all_dials_of_planes_and_settings() -> None:
    missing = [
        f"{entry.name}.{param.name}"
        for entry in PLANES
        for param in dials(entry.params)
        if param not in own_dials()
    ]
    assert missing == []


def test_every_dial_at_both_ends(visit: Callable[..., Page]) -> None:
    page = visit("landscape", **EVERY.to_url())
    page.get_by_text("Data, model, loss", exact=True).click()
    hand = Hand(page, by_mouse=17)
    wanted = {param.label.capitalize() for param in own_dials()}
    page.wait_for_function(
        f"wanted => wanted.every(label => ({VISIBLE})().some(dial => dial[1] === label))",
        arg=sorted(wanted),
    )
    # At its upper end each is there alone: all together would take long.
    for name in hand.new():
        hand.move(name, "End", "Home")
    answered(page)
    for end in ENDS:
        assert wanted <= hand.moved[end], f"never at their {ENDS[end]}"
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_function("window.lossvizStage?.steps === 300", timeout=60_000)
    answered(page)
    assert page.get_by_test_id("stAlert").count() == 0
