"""The page of losses in a real browser: points, bars and lines follow the hand at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from lossviz.losslab import LossLab
from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser
Show = Callable[..., Page]


@pytest.fixture
def show(app_server: Callable[..., str], open_page: Callable[..., Page]) -> Show:
    """Open the page at these URL fields and wait for its picture."""

    def opened(*, look: dict[str, Any] | None = None, **ask: str) -> Page:
        page = open_page(f"{app_server(ROOT / 'app.py')}/losses?{urlencode(ask)}", **(look or {}))
        page.locator(".lv-sketch[data-revision]").wait_for(timeout=60_000)
        page.wait_for_function("() => document.querySelector('.lv-sketch-axes text')")
        page.evaluate("() => { document.querySelector('.lv-sketch').lvMark = 1; }")
        return page

    return opened


def same_node(page: Page) -> bool:
    return bool(page.evaluate("() => document.querySelector('.lv-sketch').lvMark === 1"))


def slider(page: Page, name: str) -> Locator:
    return page.locator(".lv-sketch").get_by_role("slider", name=name, exact=True)


def middle(handle: Locator) -> tuple[float, float]:
    box = handle.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def lab_of(page: Page) -> LossLab:
    url = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    return LossLab.from_url(url)


def until(page: Page, what: Callable[[], bool], seconds: float = 15) -> None:
    for _ in range(int(seconds * 20)):
        if what():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"in vain; the address is {page.url}")


def test_a_dragged_point_moves_at_once_and_every_line_follows_while_it_is_held(show: Show) -> None:
    page = show(section="outliers")
    table = page.locator(".lv-table")
    expect(table).to_contain_text("9.727")
    wild = slider(page, "point 11")
    x, y = middle(wild.locator(".lv-knob"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 90, steps=4)
    # The point is under the hand before any answer can have come.
    assert middle(wild.locator(".lv-knob"))[1] == pytest.approx(y + 90, abs=4)
    # The lines move while it is still held.
    expect(table).not_to_contain_text("9.727")
    page.mouse.move(x, y + 150, steps=4)
    page.mouse.up()
    wanted = float(wild.get_attribute("aria-valuenow") or "nan")
    until(page, lambda: lab_of(page).points[-1] == (1.0, wanted))
    assert wanted < 15
    assert same_node(page)
    # The absolute error never cared.
    expect(table).to_contain_text(re.compile(r"Mean absolute error\s*2\.000\s*1\.000"))


def test_points_move_by_keys_and_come_and_go(show: Show) -> None:
    page = show(section="outliers")
    first = slider(page, "point 1")
    first.focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowRight")
    until(page, lambda: lab_of(page).points[0] == (0.01, 2.0))
    expect(first).to_have_attribute("aria-valuetext", "x 0.01, y 2")
    expect(first).to_be_focused()
    page.keyboard.press("Delete")
    until(page, lambda: len(lab_of(page).points) == 10)
    box = page.locator(".lv-sketch-svg").first.bounding_box()
    assert box
    page.mouse.dblclick(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    until(page, lambda: len(lab_of(page).points) == 11)
    assert same_node(page)


def test_bars_share_what_is_left_by_mouse_and_by_keys(show: Show) -> None:
    page = show(section="entropy", p="0.5,0.3,0.2", q="0.4,0.4,0.2")
    belief = slider(page, "q of class 1")
    x, y = middle(belief.locator(".lv-grip"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 60, steps=4)
    # The others rise at once, in their proportions.
    shares = [
        float(slider(page, f"q of class {k}").get_attribute("aria-valuenow") or "nan")
        for k in (1, 2, 3)
    ]
    assert sum(shares) == pytest.approx(1)
    assert shares[0] < 0.4
    assert shares[1] == pytest.approx(2 * shares[2])
    page.mouse.up()
    until(page, lambda: lab_of(page).q == pytest.approx(tuple(shares), abs=1e-3))
    slider(page, "p of class 3").focus()
    page.keyboard.press("End")
    until(page, lambda: lab_of(page).p == (0.0, 0.0, 1.0))
    expect(page.locator(".lv-table")).to_contain_text("0.0000")


def test_hovering_tells_exact_numbers_and_sections_keep_one_node(show: Show) -> None:
    page = show()
    svg = page.locator(".lv-sketch-svg").first
    box = svg.bounding_box()
    assert box
    # Of the 46 pixels on the left and the 12 on the right nothing is drawn on.
    width = box["width"] - 58
    page.mouse.move(box["x"] + 46 + 0.75 * width, box["y"] + 150)
    tip = page.locator(".lv-sketch-tip:not([hidden])")
    expect(tip).to_contain_text("residual 2")
    expect(tip).to_contain_text(re.compile(r"Mean squared error\s*4(?!\.)"))
    expect(tip).to_contain_text(re.compile(r"Huber, delta 1\s*1\.5"))
    for name, title in (("Imbalance", "ROC"), ("Saturation", "What the neuron says")):
        page.get_by_role("radio", name=name).click()
        expect(page.locator("figcaption b", has_text=title)).to_be_visible()
        assert same_node(page)
    expect(page.locator(".lv-sketch-step")).to_have_text("step 600")
    # On a busy machine a frame's time lies before the click that caused it; here always.
    page.evaluate(
        "() => { const real = requestAnimationFrame;"
        " window.requestAnimationFrame = (call) => real((now) => call(now - 500)); }"
    )
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => document.querySelector('.lv-sketch-scrub').valueAsNumber > 5")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert page.locator(".lv-sketch-scrub").evaluate("e => e.valueAsNumber < e.max")


def test_formulas_go_on_in_the_next_line_of_a_phone(show: Show) -> None:
    for over, some in (
        ("margin", "bce_with_logits;hinge;focal"),
        ("residual", "huber;gaussian_nll"),
    ):
        page = show(look={"width": 390, "height": 844}, **{"over": over, over: some})
        formulas = page.locator("[data-testid=stMain] .katex-display")
        expect(formulas).to_have_count(2 * len(some.split(";")))
        assert formulas.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")


def test_a_finger_drags_the_threshold_on_a_phone(show: Show) -> None:
    look = {"width": 390, "height": 844, "has_touch": True, "dark": True}
    page = show(look=look, section="imbalance")
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390
    cut = slider(page, "your threshold")
    x, y = middle(cut.locator(".lv-knob"))
    session = page.context.new_cdp_session(page)
    touch = [{"x": x, "y": y}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
    for k in range(1, 6):
        touch = [{"x": x - 10 * k, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": touch})
        page.wait_for_timeout(30)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wanted = float(cut.get_attribute("aria-valuenow") or "nan")
    assert wanted < 0
    until(page, lambda: lab_of(page).cut == wanted)
