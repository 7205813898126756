"""The training page in a real browser, as a visitor uses it, on the real app."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Show
from tests.browser.test_playground import probe, repainted, same_stage, says

pytestmark = pytest.mark.browser


@pytest.fixture
def show(visit: Show) -> Show:
    """Open the training page at these URL fields and wait for its picture."""
    return partial(visit, "training")


def section(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def dial(page: Page, name: str) -> Any:
    return page.get_by_role("slider", name=name, exact=True).first


def test_the_way_through_all_sections(show: Show) -> None:
    page = show(steps="60")
    assert probe(page, "steps") == 60
    page.get_by_role("tab", name="gradients", exact=True).click()
    expect(page.locator(".lv-table")).to_contain_text("first/last gradient")

    # Regularisation: two surfaces; a dial that is held moves the one with the penalty.
    repainted(page, lambda: section(page, "Regularisation"))
    expect(page.get_by_text("Nothing holds the model back yet")).to_be_visible()
    dial(page, "L2 penalty").focus()
    repainted(page, lambda: page.keyboard.press("End"))
    says(page, "l2", "10.0")
    expect(page.get_by_text("Loss with L2 10").first).to_be_visible()
    repainted(page, lambda: dial(page, "L2 penalty").press("Home"))
    says(page, "l2", None)

    # The fit: a verdict, and a cure that is pressed changes the settings.
    repainted(page, lambda: section(page, "Fit"))
    verdict = page.locator(".st-key-tr_verdict")
    expect(verdict).to_contain_text("The training loss is")
    says(page, "show", "fit")
    verdict.get_by_role("button", name="180 steps").click()
    says(page, "steps", "180")
    page.wait_for_function("() => window.lossvizStage.steps === 180")

    # The weights, then polynomials, where the time line is the degree.
    repainted(page, lambda: section(page, "Weights"))
    page.get_by_role("tab", name="histogram", exact=True).click()
    repainted(page, lambda: section(page, "Polynomials"))
    assert probe(page, "steps") == 14
    expect(page.locator(".lv-table")).to_contain_text("1.06")
    dial(page, "Ridge").focus()
    repainted(page, lambda: page.keyboard.press("End"))
    expect(page.locator(".lv-table")).not_to_contain_text("1.06")
    assert same_stage(page)


def test_many_runs_draw_their_curve_on_a_phone(show: Show) -> None:
    page = show(look={"width": 390, "height": 844}, show="fit", steps="10", runs="1")
    expect(page.get_by_text("Ask many runs")).to_be_visible()
    expect(page.locator(".js-plotly-plot").last).to_be_visible(timeout=30_000)
    stage = page.locator(".lv-stage").bounding_box()
    study = page.get_by_text("Ask many runs").bounding_box()
    assert stage["y"] < study["y"], "the picture comes first"
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390, "nothing hangs over the edge"
