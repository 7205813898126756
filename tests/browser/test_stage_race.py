"""The stage of a race on a function: starts, fans, arrows, tabs and ledgers, in a real browser."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser import stage_race_data as data
from tests.browser.test_stage import (
    IN_SCENE,
    READY,
    Open,
    color_of,
    heard,
    new_data,
    on_surface,
    pixel,
    probe,
    seek,
    settled,
)

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
START = np.array([-1.8, 1.2])


@pytest.fixture(scope="module")
def server(app_server: Callable[..., str]) -> str:
    return app_server(HERE / "stage_race_app.py")


@pytest.fixture
def show(server: str, open_page: Open) -> Open:
    def opened(query: str = "", **more: Any) -> Page:
        page = open_page(f"{server}/{query}", **more)
        page.wait_for_function(READY)
        return page

    return opened


def events(page: Page) -> list[list[Any]]:
    found: list[list[Any]] = ast.literal_eval(heard(page).removeprefix("heard "))
    return found


def hears(page: Page, name: str, act: Callable[[], object]) -> list[Any]:
    """The first event of that name that the page hears after `act`."""
    before = len(events(page))
    act()
    page.wait_for_function(
        """([before, name]) => {
          const said = document.body.innerText.match(/heard (\\[.*\\])/)[1];
          const all = said.match(/\\['[^\\]]*\\]/g) ?? [];
          return all.slice(before).some((one) => one.startsWith(`['${name}'`));
        }""",
        arg=[before, name],
    )
    return next(event for event in events(page)[before:] if event[0] == name)


def ring(page: Page, index: int = 0) -> tuple[float, float]:
    """The middle of a start's ring on the screen."""
    box = page.locator(f".lv-start[data-index='{index}']").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# --- starts ---------------------------------------------------------------------------------------


def test_a_ring_stands_where_its_run_starts(show: Open) -> None:
    page = show("?two=1")
    assert ring(page) == pytest.approx(on_surface(page, *START), abs=1)
    assert ring(page, 1) == pytest.approx(on_surface(page, 1.5, 1.0), abs=1)
    head = seek(page, 0)["surface"]["heads"][0]
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    assert ring(page) == pytest.approx((host["x"] + head["x"], host["y"] + head["y"]), abs=1)


def test_a_dragged_ring_follows_the_pointer_and_the_runs_follow_it(show: Open) -> None:
    page = show()
    page.mouse.move(*ring(page))
    page.mouse.down()
    for x, y in [(-1.5, 0.9), (-1.0, 0.3), (-0.5, -0.3)]:
        page.mouse.move(*on_surface(page, x, y), steps=4)
        settled(page)
        assert ring(page) == pytest.approx(on_surface(page, x, y), abs=1)
    page.wait_for_function("document.body.innerText.includes(\"'drag'\")")
    page.mouse.up()
    page.wait_for_function(
        "/-0\\.(50|49)\\d*, -0\\.(30|29)\\d*\\]\\]/.test(document.body.innerText)"
    )
    said = events(page)
    assert {event[0] for event in said} == {"drag"}
    assert said[-1][1] == 0
    assert said[-1][2:] == pytest.approx([-0.5, -0.3], abs=0.02)
    assert len(said) < 12  # fewer than the moves of the pointer: one is under way at a time
    page.wait_for_function(
        """() => { const { heads: [head], box, x, y } = lossvizStage.look().surface;
          return Math.abs(head.x - box.left - box.width * (-0.5 - x[0]) / (x[1] - x[0])) < 2 }"""
    )
    assert ring(page) == pytest.approx(on_surface(page, -0.5, -0.3), abs=1.5)
    assert probe(page, "look().surface.x") == pytest.approx([-2.4, 2.4])  # and nothing was zoomed


def test_an_older_message_does_not_move_a_held_ring(show: Open) -> None:
    page = show()
    page.mouse.move(*ring(page))
    page.mouse.down()
    page.mouse.move(*on_surface(page, -1.0, 0.5), steps=3)
    page.wait_for_function("document.body.innerText.includes(\"'drag'\")")
    page.evaluate(
        """() => { window.places = []; const look = () => {
          places.push(document.querySelector('.lv-start').getBoundingClientRect().x);
          if (places.length < 90) requestAnimationFrame(look); }; look(); }"""
    )
    page.mouse.move(*on_surface(page, 1.0, 0.5), steps=12)
    page.wait_for_function("places.length >= 90")
    page.mouse.up()
    places = np.array(page.evaluate("places"))
    assert len(np.unique(places)) > 3
    assert (np.diff(places) > -0.5).all()  # it went to the right and never back


def test_arrow_keys_move_the_ring_that_has_the_focus_and_not_the_clock(show: Open) -> None:
    page = show("?two=1")
    page.locator(".lv-start").first.focus()
    moved = hears(page, "drag", lambda: page.keyboard.press("ArrowRight"))
    assert moved[1:] == pytest.approx([0, -1.8 + 0.048, 1.2], abs=1e-5)
    page.keyboard.press("PageDown")
    moved = hears(page, "drag", lambda: page.keyboard.press("Shift+ArrowDown"))
    assert moved[1:] == pytest.approx([1, 1.5, 1.0 - 0.36], abs=1e-5)
    assert probe(page, "step") == 0
    assert page.evaluate("document.activeElement.dataset.index") == "1"


def test_starts_are_put_down_and_taken_away(show: Open) -> None:
    page = show()
    page.keyboard.down("Shift")
    added = hears(page, "add", lambda: page.mouse.click(*on_surface(page, 1.2, -1.0)))
    page.keyboard.up("Shift")
    assert added[1:] == pytest.approx([1.2, -1.0], abs=0.02)
    expect(page.locator(".lv-start")).to_have_count(2)
    assert len(probe(page, "look().surface.fans")) == 3  # a further way for each contender
    assert hears(page, "drop", lambda: page.mouse.dblclick(*ring(page, 1))) == ["drop", 1]
    expect(page.locator(".lv-start")).to_have_count(1)
    page.locator(".lv-start").first.focus()
    page.keyboard.press("Delete")  # the last one stays
    page.mouse.click(*on_surface(page, 0.0, 1.0))
    page.wait_for_function("document.body.innerText.includes(\"'start'\")")
    assert [event[0] for event in events(page)] == ["add", "drop", "start"]


def test_delete_takes_the_focused_start_away(show: Open) -> None:
    page = show("?two=1")
    page.locator(".lv-start").nth(1).focus()
    assert hears(page, "drop", lambda: page.keyboard.press("Delete")) == ["drop", 1]


def test_a_drag_beside_the_rings_still_zooms(show: Open) -> None:
    page = show()
    page.mouse.move(*on_surface(page, -1, 0.5))
    page.mouse.down()
    page.mouse.move(*on_surface(page, 1, -1.5), steps=5)
    page.mouse.up()
    settled(page)
    assert probe(page, "look().surface.x") == pytest.approx([-1, 1], abs=0.05)
    expect(page.locator(".lv-start").first).to_be_hidden()  # it is out of view
    page.wait_for_timeout(400)
    assert events(page) == []


def test_a_finger_drags_a_ring_and_a_long_press_puts_one_down(show: Open) -> None:
    page = show("", width=390, height=844, has_touch=True, is_mobile=True)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *spot: float) -> None:
        points = [{"x": spot[0], "y": spot[1]}] if spot else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def drag() -> None:
        touch("touchStart", *ring(page))
        for x in (-1.2, -0.6, 0.0):
            touch("touchMove", *on_surface(page, x, 0.5))
        touch("touchEnd")

    hears(page, "drag", drag)
    page.wait_for_timeout(1200)
    last = [event for event in events(page) if event[0] == "drag"][-1]
    assert last[1:] == pytest.approx([0, 0.0, 0.5], abs=0.05)
    place = on_surface(page, 1.0, -1.0)

    def rest() -> None:
        touch("touchStart", *place)
        page.wait_for_timeout(700)
        touch("touchEnd")

    assert hears(page, "add", rest)[1:] == pytest.approx([1.0, -1.0], abs=0.05)
    expect(page.locator(".lv-start")).to_have_count(2)
    page.wait_for_timeout(400)
    assert "start" not in {event[0] for event in events(page)}


# --- fans -----------------------------------------------------------------------------------------


def test_a_fan_is_drawn_up_to_the_step_and_hidden_with_its_contender(show: Open) -> None:
    page = show("?two=1&count=1")
    way = data.way(0, 300, np.array([1.5, 1.0]))
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    look = seek(page, 12)
    fan = look["surface"]["fans"][0]
    x, y = on_surface(page, *way[12])
    assert (fan["x"], fan["y"]) == pytest.approx((x - host["x"], y - host["y"]), abs=1)

    def inked(step: int) -> bool:
        x, y = on_surface(page, *way[step])
        spots = [(x - host["x"] + dx, y - host["y"] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        return any(pixel(page, "surface", "fans", *spot)[3] > 100 for spot in spots)

    assert inked(6)
    assert not inked(25)
    seek(page, 60)
    assert inked(25)
    seek(page, 12)  # and back again
    assert inked(6)
    assert not inked(25)
    page.locator(".lv-chip").click()
    settled(page)
    assert not inked(6)
    assert probe(page, "look().surface.fans") == []


def test_in_3d_a_fan_and_the_starts_stand_on_the_surface(show: Open) -> None:
    page = show("?two=1&count=1&view=3d&arrows=step")
    assert probe(page, "view") == "3d"
    fan = seek(page, 12)["surface"]["fans"][0]
    point = data.way(0, 300, np.array([1.5, 1.0]))[12]
    truth = page.evaluate(IN_SCENE, [*point, float(np.log10(data.loss_at(point)))])
    # Its height is that of the drawn grid, between whose points the surface is not straight.
    assert (fan["x"], fan["y"]) == pytest.approx(truth, abs=3)
    for start in (START, np.array([1.5, 1.0])):
        x, y = page.evaluate(IN_SCENE, [*start, float(np.log10(data.loss_at(start)))])
        rim = [pixel(page, "surface", "still", x + dx, y)[3] for dx in (-8, 8)]
        assert min(rim) > 100
    said = page.locator(".lv-surface .lv-caption")
    expect(said).to_contain_text("Arrows are drawn in 2-D.")
    expect(said).to_contain_text("Starts are dragged in 2-D.")
    flat = show("?count=1&arrows=step").locator(".lv-surface .lv-caption")
    expect(flat).to_contain_text("Drag a ring")
    expect(flat).not_to_contain_text("in 2-D")


def test_many_fans_play_smoothly(show: Open) -> None:
    page = show("?count=12&fans=63&two=1&steps=500&arrows=gradient,momentum,step,rates")
    assert len(probe(page, "look().surface.fans")) > 400
    page.get_by_label("Speed").select_option("0.5")
    probe(page, "play()")
    # One second of it, whatever else the machine is busy with in the others.
    page.wait_for_function("lossvizStage.playing && lossvizStage.fps >= 30", timeout=15000)


# --- arrows ---------------------------------------------------------------------------------------


def test_arrows_are_turned_on_by_keyboard_and_say_their_scale(show: Open) -> None:
    page = show("?count=1")
    seek(page, 1)
    page.get_by_role("button", name="Arrows").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert hears(page, "arrows", lambda: page.keyboard.press(" ")) == ["arrows", "gradient"]
    assert probe(page, "arrows.on") == ["gradient"]
    settled(page)
    drawn = probe(page, "arrows.drawn")[0]
    scale = probe(page, "arrows.scales")["gradient"]
    look = probe(page, "look().surface")
    slope = data.downhill(data.way(0, 300, START)[1])
    across = look["box"]["width"] / (look["x"][1] - look["x"][0])
    up = look["box"]["height"] / (look["y"][1] - look["y"][0])
    assert drawn["dx"] == pytest.approx(slope[0] * across * scale, rel=1e-3)
    assert drawn["dy"] == pytest.approx(-slope[1] * up * scale, rel=1e-3)
    assert 30 <= np.hypot(drawn["dx"], drawn["dy"]) <= 150
    assert f"{scale:e}"[0] in "125"
    expect(page.locator(".lv-key")).to_contain_text(f"downhill gradient, drawn {scale:g}×")
    page.keyboard.press("Escape")
    expect(page.get_by_label("momentum")).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == "Arrows"


def test_a_scale_is_kept_from_step_to_step_and_changed_when_it_no_longer_serves(show: Open) -> None:
    page = show("?count=1&arrows=gradient")
    scales = []
    for step in range(0, 300, 5):
        seek(page, step)
        scales.append(probe(page, "arrows.scales")["gradient"])
        lengths = [np.hypot(one["dx"], one["dy"]) for one in probe(page, "arrows.drawn")]
        assert all(15 <= length <= 151 for length in lengths)
    changes = int((np.diff(scales) != 0).sum())
    assert 1 <= changes <= 12
    assert len(set(scales)) == changes + 1  # it never goes back and forth


def test_the_cross_has_arms_as_the_rates(show: Open) -> None:
    page = show("?count=3&arrows=rates")
    seek(page, 10)
    drawn = {one["id"]: one for one in probe(page, "arrows.drawn")}
    assert drawn["C"]["dx"] == pytest.approx(2.5 * drawn["C"]["dy"], rel=1e-5)
    length = 24 / drawn["C"]["dx"] * data.rate(2)
    expect(page.locator(".lv-key")).to_contain_text(f"this long is {length:g}")
    row = page.locator(".lv-readout tbody tr").nth(2)
    expect(row).to_contain_text("0.0180, 0.00720")


# --- curves and ledgers ---------------------------------------------------------------------------


def test_tabs_of_curves_are_walked_by_arrows_and_kept_over_new_data(show: Open) -> None:
    page = show()
    assert probe(page, "tab") == "loss"
    page.get_by_role("tab", name="Loss").focus()
    page.keyboard.press("ArrowRight")
    assert probe(page, "tab") == "gradient"
    assert probe(page, "step") == 0
    look = seek(page, 0)["curves"]
    assert {head["name"] for head in look["heads"]} == {"norm of the gradient"}
    page.locator(".lv-start").first.focus()
    new_data(page, lambda: page.keyboard.press("ArrowRight"))
    assert probe(page, "tab") == "gradient"
    page.get_by_role("tab", name="Learning rate").click()
    assert probe(page, "tab") == "rate"
    settled(page)
    heads = probe(page, "look().curves.heads")
    box = probe(page, "look().curves.box")
    # three constant rates, linear: evenly spaced from the highest to the lowest
    ys = [head["y"] for head in heads]
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=0.5)
    assert box["top"] < ys[2] < ys[1] < ys[0] < box["top"] + box["height"]


def test_a_band_lies_around_its_curve(show: Open) -> None:
    page = show("?count=1")
    head = seek(page, 150)["curves"]["heads"][0]
    around = [pixel(page, "curves", "still", head["x"], head["y"] + dy) for dy in range(-40, 41)]
    inked = [dy for dy, shade in zip(range(-40, 41), around, strict=True) if shade[3] > 0]
    pale = [shade for shade in around if 20 < shade[3] < 60]
    assert len(pale) >= 4
    assert min(inked) < 0 < max(inked)


def test_the_ledger_follows_the_cursor(show: Open) -> None:
    page = show()
    one = data.path(0, 300, START)
    text = page.locator(".lv-ledger-page")
    seen = set()
    heights = set()
    for step in (0, 120, 299):
        seek(page, step)
        near = one.loss[step] < 0.5
        seen.add(bool(near))
        loss = page.evaluate(
            "async (v) => (await import(performance.getEntriesByType('resource')"
            ".find(({ name }) => name.endsWith('format.js')).name)).number(v)",
            one.loss[step],
        )
        shown = text.locator("p:visible").first.inner_text()
        assert shown.startswith(f"Close to the minimum: {loss}." if near else f"The loss {loss} is")
        expect(text).to_contain_text(
            f"e−{60 if near else 59}"[:3]
        )  # far below what single precision holds
        heights.add(page.evaluate("document.querySelector('.lv-ledger-page').scrollHeight"))
        expect(page.locator(".lv-ledger .lv-when")).to_have_text(f"at step {step}")
    assert seen == {True, False}
    assert len(heights) == 1


@pytest.mark.parametrize("width", [1440, 390])
def test_a_long_ledger_scrolls_in_its_panel(show: Open, width: int) -> None:
    page = show(width=width, height=900)
    before = page.locator(".lv-pictures").evaluate("node => node.scrollHeight")
    page.get_by_role("tab", name="One step").click()
    settled(page)
    assert page.locator(".lv-pictures").evaluate("node => node.scrollHeight") == before
    host = page.locator(".lv-ledger .lv-host")
    assert host.evaluate("node => node.scrollHeight > node.clientHeight + 100")
    assert host.evaluate("node => node.clientHeight") > 180
    host.evaluate("node => { node.scrollTop = 90 }")
    seek(page, 40)
    assert host.evaluate("node => node.scrollTop") == 90


def test_a_formula_is_mathml_and_nothing_else(show: Open) -> None:
    page = show()
    page.get_by_role("tab", name="One step").click()
    math = page.locator(".lv-line-math math")
    assert math.evaluate("node => node.namespaceURI") == "http://www.w3.org/1998/Math/MathML"
    assert math.locator("msub").count() == 2
    assert math.evaluate("node => node.querySelectorAll('script').length") == 0
    assert math.evaluate("node => node.querySelector('[onclick]')") is None
    assert page.evaluate("window.lossvizWrong") is None
    seek(page, 7)
    x, y = data.way(0, 300, START)[7]
    first = page.locator(".lv-line-text p:visible").first.inner_text().replace("−", "-")
    assert first.startswith(f"({x:.4g}, {y:.4g})"[:8])


def test_another_contenders_numbers_are_shown_at_once_and_asked_for(show: Open) -> None:
    page = show("?count=4")
    seek(page, 7)
    select = page.get_by_label("Whose numbers")
    assert hears(page, "choose", lambda: select.select_option("C")) == ["choose", "C"]
    assert probe(page, "look().ledger")["contender"] == "C"
    expect(page.locator(".lv-ledger .lv-class")).to_have_text("Nesterov")
    loss = float(data.path(2, 300, START).loss[7])
    expect(page.locator(".lv-ledger-page")).to_contain_text(f"{loss:.4g}"[:4])


# --- twelve contenders ----------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
def test_twelve_contenders_fit_a_phone(show: Open, dark: bool) -> None:
    page = show("?count=12&arrows=gradient,step,rates", width=390, height=844, has_touch=True,
                is_mobile=True, dark=dark)  # fmt: skip
    seek(page, 60)
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
    legend = page.locator(".lv-legend").bounding_box()
    assert legend
    assert legend["height"] <= 200
    for chip in page.locator(".lv-chip").all():
        box = chip.bounding_box()
        assert box
        assert box["height"] >= 39.5
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    table = page.locator(".lv-readout table").bounding_box()
    assert table
    assert table["width"] <= 375
    row = page.locator(".lv-readout tbody tr").nth(1)
    expect(row).to_contain_text("ended at step 41")
    expect(page.locator(".lv-readout tbody tr").nth(0)).not_to_contain_text("ended")


def test_every_contender_has_a_colour_of_its_own_on_the_surface(show: Open) -> None:
    page = show("?count=12")
    heads = seek(page, 12)["surface"]["heads"]
    seen = [pixel(page, "surface", "moving", head["x"], head["y"])[:3] for head in heads]
    matches = sum(seen[i] == color_of(page, i) for i in range(9))  # the last three are hollow
    assert matches >= 7  # one head may lie on another


# --- the other stage, too -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def training(app_server: Callable[..., str]) -> str:
    return app_server(HERE / "stage_app.py")


def test_predictions_that_have_left_the_picture_are_counted(training: str, open_page: Open) -> None:
    page = open_page(f"{training}/?kind=parity&scale=1e6")
    page.wait_for_function(READY)
    words = page.get_by_text("30 of 30 predictions are out of the picture's range.")
    expect(words).to_have_count(0)
    seek(page, 200)
    expect(words).to_be_visible()
    seek(page, 0)
    expect(words).to_have_count(0)


def test_the_cursor_at_the_last_step_goes_along_with_a_live_run(
    training: str, open_page: Open
) -> None:
    page = open_page(f"{training}/?live=1&steps=200")
    page.wait_for_function(READY)
    probe(page, "seek(20)")
    page.get_by_role("button", name="go on").click()
    page.wait_for_function("lossvizStage.step === 60 || lossvizStage.step === 80")
    probe(page, "seek(30)")
    page.wait_for_function("lossvizStage.steps === 200")
    assert probe(page, "step") == 30
