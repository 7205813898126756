"""The race page in a real browser, as a visitor uses it, on the real app."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lossviz.course.presets import PRESETS
from tests.browser.conftest import READY, Show
from tests.browser.test_playground import (
    asked,
    learning_rate,
    probe,
    repainted,
    same_stage,
    says,
)
from tests.browser.test_stage import on_surface
from tests.browser.test_stage_race import ring

pytestmark = pytest.mark.browser


@pytest.fixture
def show(visit: Show) -> Show:
    """Open the race page at these URL fields and wait for its picture."""
    return partial(visit, "race")


def table(page: Page) -> str:
    """The results, below all else that is said."""
    return page.locator(".lv-table").last.inner_text()


def choose_function(page: Page, title: str) -> None:
    page.get_by_role("combobox", name=re.compile("Function")).click()
    page.get_by_role("option", name=title, exact=True).click()


def slide(page: Page, dial: Any, pixels: int) -> None:
    """Drag a dial so far, and see a new picture while it is still held."""
    box = dial.bounding_box()
    share = dial.evaluate("e => e.valueAsNumber / e.max")
    x, y = box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2
    before = probe(page, "revision")
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(1, 11):
        page.mouse.move(x + pixels * k / 10, y)
        page.wait_for_timeout(90)
    page.wait_for_function("before => window.lossvizStage.revision > before", arg=before)
    page.mouse.up()


# --- the way most people take ------------------------------------------------------------------


def test_it_opens_ready_to_play_and_playing_never_asks_the_server(show: Show) -> None:
    page = show()
    expect(page.locator(".lv-chip")).to_have_count(4)
    assert probe(page, "steps") == 300
    assert probe(page, "playing") is False
    assert asked(page) == {"v": "1"}
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => window.lossvizStage.step > 5")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.keyboard.press("End")
    assert probe(page, "step") == 300
    page.get_by_role("tab", name="gradient").click()
    assert probe(page, "tab") == "slope"
    page.get_by_role("tab", name="distance").click()
    assert probe(page, "tab") == "distance"
    assert probe(page, "revision") == 1


def test_dragging_a_rate_repaints_the_same_stage_and_keeps_the_step(show: Show) -> None:
    page = show()
    probe(page, "seek(50)")
    before = table(page)
    slide(page, learning_rate(page, 3), -60)
    rate = page.get_by_role("textbox", name="Learning rate, exact number").nth(3).input_value()
    expect(page.locator(".lv-table").last).to_contain_text(f"D Adam lr {rate}")
    # The address follows a moment after the picture.
    page.wait_for_function(
        "rate => decodeURIComponent(location.search).includes(`adam(lr=${rate})`)", arg=rate
    )
    assert table(page) != before
    assert same_stage(page)
    assert probe(page, "step") == 50


def start_of(page: Page) -> tuple[float, ...]:
    """The start in the address."""
    return tuple(float(part) for part in asked(page)["start"].split(","))


def test_starts_are_placed_dragged_added_and_dropped(show: Show) -> None:
    page = show()
    repainted(page, lambda: page.mouse.click(*on_surface(page, 0.5, 2.0)))
    page.wait_for_function("() => location.search.includes('start=')")
    assert start_of(page) == pytest.approx((0.5, 2.0), abs=0.03)
    before = probe(page, "revision")
    page.mouse.move(*ring(page))
    page.mouse.down()
    for k in range(1, 9):
        page.mouse.move(*on_surface(page, 0.5 + 0.1 * k, 2.0 - 0.2 * k))
        page.wait_for_timeout(90)
    # They race while the ring is still held.
    page.wait_for_function("before => window.lossvizStage.revision > before", arg=before)
    page.mouse.up()
    page.wait_for_function("() => /start=1\\.[23]/.test(location.search)")
    assert start_of(page) == pytest.approx((1.3, 0.4), abs=0.05)
    expect(page.get_by_test_id("stSidebar")).to_contain_text(re.compile(r"\(1\.\d+, 0\.\d+\)"))
    page.keyboard.down("Shift")
    repainted(page, lambda: page.mouse.click(*on_surface(page, -1.0, 2.0)))
    page.keyboard.up("Shift")
    expect(page.locator(".lv-start")).to_have_count(2)
    assert len(probe(page, "look()")["surface"]["fans"]) == 4
    expect(page.get_by_text("Where the 1 further start ends")).to_be_visible()
    page.locator(".lv-start").nth(1).focus()
    repainted(page, lambda: page.keyboard.press("Delete"))
    expect(page.locator(".lv-start")).to_have_count(1)
    says(page, "more", None)


def test_a_very_small_part_of_the_plane_is_drawn_as_exactly_as_a_large_one(show: Show) -> None:
    frame = (1 - 2e-9, 1 + 2e-9, 1 - 4e-9, 1 + 4e-9)
    page = show(frame=",".join(map(repr, frame)), start=f"{1 - 1e-9!r},{1 + 2e-9!r}", steps="5",
                race="sgd(lr=0.0001)")  # fmt: skip
    probe(page, "seek(0)")
    seen = probe(page, "look()")["surface"]
    assert [*seen["x"], *seen["y"]] == list(frame)
    (head,), box = seen["heads"], seen["box"]
    assert (head["x"] - box["left"]) / box["width"] == pytest.approx(0.25, abs=1e-3)
    assert (head["y"] - box["top"]) / box["height"] == pytest.approx(0.25, abs=1e-3)


def test_why_and_one_step_follow_the_cursor(show: Show) -> None:
    page = show(function="ravine", race="sgd(lr=0.015)", steps="50")
    texts = page.locator(".lv-ledger-page")
    expect(texts.first).to_contain_text("Stability limit")
    page.get_by_role("tab", name="One step").click()
    seen = set()
    for step in (0, 3):
        probe(page, f"seek({step})")
        expect(page.locator(".lv-ledger .lv-when")).to_have_text(f"at step {step}")
        seen.add(page.locator(".lv-ledger-page:visible").inner_text())
    assert len(seen) == 2
    # x goes from 10 by 0.015 times its gradient, which is x itself: 10, 9.85.
    probe(page, "seek(0)")
    expect(page.locator(".lv-ledger-page:visible")).to_contain_text("9.850")
    assert page.locator(".lv-line-math math").count() >= 2
    # The rates differ: this is the first place that says whose numbers they are.
    expect(page.locator(".lv-ledger")).to_contain_text("A SGD")


def test_arrows_and_dimensions_are_in_the_address(show: Show) -> None:
    page = show()
    page.get_by_role("button", name="Arrows").click()
    page.get_by_label("downhill gradient").check()
    says(page, "arrows", "gradient")
    page.get_by_label("next step").check()
    says(page, "arrows", "gradient,step")
    page.keyboard.press("Escape")
    page.locator(".lv-surface").get_by_role("button", name="3-D").click()
    says(page, "three_d", "true")
    page.wait_for_function("() => lossvizStage.view === '3d'")
    assert same_stage(page)


def test_a_race_worth_seeing_opens_with_its_claim_which_stays_in_place(show: Show) -> None:
    page = show()
    preset = next(one for one in PRESETS if one.name == "two-over-curvature")
    page.get_by_role("button", name="Worth seeing").click()
    repainted(page, lambda: page.get_by_role("button", name=preset.title).click())
    page.keyboard.press("Escape")
    claim = page.get_by_test_id("stAlert")
    expect(claim).to_contain_text(preset.claim)
    expect(page.locator(".lv-chip")).to_have_count(5)
    says(page, "function", "ravine(condition=10.0)")
    # Turning a dial leaves the cards where they are.
    dial = learning_rate(page, 1)
    high = dial.bounding_box()["y"]
    slide(page, dial, -20)
    expect(claim).to_contain_text("You have changed the settings since.")
    assert dial.bounding_box()["y"] == pytest.approx(high, abs=30)


def test_a_formula_is_typed_wrong_and_right(show: Show) -> None:
    page = show()
    repainted(page, lambda: choose_function(page, "Your own formula"))
    box = page.get_by_role("textbox", name=re.compile("Formula"))
    before = probe(page, "revision")
    box.fill("x^2 + foo(y)")
    box.press("Enter")
    wrong = page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(wrong).to_contain_text("foo")
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stCode")).to_contain_text("^")
    expect(box).to_have_value("x^2 + foo(y)")
    assert probe(page, "revision") == before
    box.fill("x^2 + 4*y^2")
    repainted(page, lambda: box.press("Enter"))
    expect(wrong).to_have_count(0)
    page.wait_for_function("() => location.search.includes('formula')")
    assert same_stage(page)


def test_fair_mode_shows_what_was_tried(show: Show) -> None:
    page = show(function="ravine", steps="50", race="sgd(lr=0.0001);adam")
    page.get_by_test_id("stCheckbox").get_by_text("Fair mode").click()
    expect(page.get_by_text("Learning rates tried")).to_be_visible(timeout=20_000)
    chart = page.get_by_test_id("stPlotlyChart")
    expect(chart).to_have_count(1, timeout=20_000)
    assert chart.locator(".scatterlayer .trace").count() >= 2
    expect(page.get_by_text("races at the best of the sweep").first).to_be_visible()
    says(page, "fair", "true")
    assert same_stage(page)


def test_the_navigation_keeps_the_settings_of_both_pages(show: Show) -> None:
    page = show(function="booth", race="sgd(lr=0.01);adam(lr=0.5)")
    mine, numbers = asked(page), table(page)
    page.get_by_role("link", name="Playground").click()
    expect(page.locator(".lv-chip")).to_have_count(2, timeout=20_000)
    expect(page.get_by_text("see how training works")).to_be_visible()
    page.wait_for_function(READY)
    page.get_by_role("link", name="Race").click()
    expect(page.get_by_text("optimizers on known functions")).to_be_visible(timeout=20_000)
    expect(page.locator(".lv-table").last).to_contain_text("B Adam lr 0.5", timeout=20_000)
    for name, value in mine.items():
        says(page, name, value)
    assert table(page) == numbers


def test_a_shared_link_opens_the_same_race(show: Show, open_page: Callable[..., Page]) -> None:
    page = show(function="himmelblau", fan="grid", fan_count="9", start="0.5,0.25", chosen="1",
                sigma="0.5", seed="7", race="sgd(lr=0.005);adam(lr=0.1)@cosine")  # fmt: skip
    page.get_by_role("button", name="Share").click()
    link = page.locator("[data-testid=stPopoverBody] code").first.inner_text()
    assert "/race?" in link
    page.keyboard.press("Escape")
    other = open_page(link)
    other.wait_for_function(READY, timeout=60_000)
    assert table(other) == table(page)
    assert probe(other, "look()")["surface"]["heads"] == probe(page, "look()")["surface"]["heads"]


def test_a_link_with_nonsense_opens_and_names_it_as_plain_text(show: Show) -> None:
    page = show(function="<img src=x onerror=window.hacked=1>", race="muon;sgd", start="here")
    notice = page.get_by_test_id("stAlert").first
    expect(notice).to_contain_text("<img src=x onerror=window.hacked=1>")
    expect(notice).to_contain_text("Muon")
    expect(notice).to_contain_text("here")
    assert notice.locator("img").count() == 0
    assert page.evaluate("() => window.hacked") is None


def test_a_phone_has_no_sideways_scroll_and_the_picture_comes_first(show: Show) -> None:
    page = show(
        look={"width": 390, "height": 844, "dark": True},
        function="himmelblau", fan="grid", fan_count="9", steps="100",
        race=";".join(["sgd(lr=1.0,momentum=0.9,weight_decay=0.01)", "adam(lr=0.02)", "rmsprop",
                       "lbfgs"]),
    )  # fmt: skip
    for element in ("html", "[data-testid=stMain]", "[data-testid=stMainBlockContainer]"):
        wide = page.evaluate(f"() => document.querySelector('{element}').scrollWidth")
        assert wide <= 390, element
    wider = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, .lv-chip, h4, canvas, '
            + '.lv-table tr.s td > div')]
          .filter(e => e.offsetParent && !e.closest('[data-testid=stSidebar]'))
          .filter(e => e.getBoundingClientRect().right > 391)
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert wider == []
    surface, card = page.locator(".lv-surface"), learning_rate(page)
    assert surface.bounding_box()["y"] < card.bounding_box()["y"]  # type: ignore[index]
    play = page.get_by_role("button", name="Play", exact=True)
    assert play.bounding_box()["y"] < 844  # type: ignore[index]
    # The whole sentence about who diverged can be read.
    said = page.locator(".lv-table tr.s", has_text="At step").first
    expect(said).to_contain_text("The path is shown up to step")


def test_a_long_race_shows_how_far_it_is_and_keeps_what_was_done(show: Show) -> None:
    page = show(function="ravine", steps="12000", race="adam(lr=0.001);adamw(lr=0.001);rmsprop")
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text(re.compile(r"[\d,]+ of 12,000 steps"), timeout=20_000)
    page.get_by_role("button", name="Cancel").click()
    said = page.get_by_text("of 12,000 steps; what was done is kept")
    expect(said).to_be_visible(timeout=15_000)
    done = int(re.sub(r"\D", "", said.inner_text().split(" of ")[0]))
    assert 0 < done < 12_000
    page.wait_for_function("done => window.lossvizStage.steps >= done - 30", arg=done)
    assert same_stage(page)
    # Every step is explained in the end, and then nothing goes on any more.
    expect(page.locator(".lv-ledger")).to_contain_text("Stability limit", timeout=30_000)
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
