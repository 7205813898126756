"""Several surfaces on one clock, lines that move, and tabs at the side, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser import stage_data
from tests.browser import stage_several_data as data
from tests.browser.test_stage import (
    READY,
    Open,
    heard,
    new_data,
    open_sidebar,
    probe,
    seek,
    settled,
)

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server(app_server: Callable[..., str]) -> str:
    return app_server(HERE / "stage_several_app.py")


@pytest.fixture
def show(server: str, open_page: Open) -> Open:
    def opened(query: str = "", **more: Any) -> Page:
        page = open_page(f"{server}/{query}", **more)
        page.wait_for_function(READY, timeout=60_000)
        return page

    return opened


def pixel_of(look: dict[str, Any], x: float, y: float) -> tuple[float, float]:
    """Where a point of the plane is in its picture, by the box and the ranges."""
    box, across, up = look["box"], look["x"], look["y"]
    return (
        box["left"] + box["width"] * (x - across[0]) / (across[1] - across[0]),
        box["top"] + box["height"] * (1 - (y - up[0]) / (up[1] - up[0])),
    )


def painted(page: Page, selector: str) -> bool:
    """Whether anything is on the moving canvas there."""
    return bool(
        page.evaluate(
            """(selector) => { const c = document.querySelector(`${selector} canvas.lv-moving`);
              return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v);
            }""",
            selector,
        )
    )


def host(page: Page, view: str = "") -> dict[str, float]:
    """The size and place of a surface's picture."""
    which = f"[data-view='{view}']" if view else ":not([data-view])"
    box = page.locator(f".lv-surface{which} .lv-host").bounding_box()
    assert box
    return dict(box)


# --- surfaces ------------------------------------------------------------------------------------


def test_all_surfaces_are_at_one_step_and_hide_the_same(show: Open) -> None:
    page = show("?views=2&count=3")
    look = seek(page, 60)
    assert [view["id"] for view in look["views"]] == ["seed-1", "seed-2"]
    main, one, two = look["surface"], *look["views"]
    # The last contender has no path in the view of odd number.
    assert [len(part["heads"]) for part in (main, one, two)] == [3, 2, 3]
    spiral = data.paths(0, 3)[0]
    for part in (main, one, two):
        head = next(head for head in part["heads"] if head["id"] == "A")
        expected = pixel_of(part, spiral.x[60], spiral.y[60])
        assert (head["x"], head["y"]) == pytest.approx(expected, abs=0.6)
    page.get_by_role("button", name="SGD").click()
    settled(page)
    look = probe(page, "look()")
    ids = [[h["id"] for h in part["heads"]] for part in (look["surface"], *look["views"])]
    assert ids == [["B", "C"], ["B"], ["B", "C"]]


def test_equal_ranges_share_one_bar_and_pictures_are_equally_large(show: Open) -> None:
    page = show("?views=2")
    expect(page.locator(".lv-scale")).to_be_visible()
    look = probe(page, "look()")
    boxes = [part["box"] for part in (look["surface"], *look["views"])]
    assert boxes[0] == boxes[1] == boxes[2]
    assert "Colours stop" not in page.locator(".lv-pictures").inner_text()
    # Two beside each other, and the curves in the cell that the third leaves free.
    first, second, third = host(page), host(page, "seed-1"), host(page, "seed-2")
    assert first["y"] == second["y"] < third["y"]
    assert first["x"] == third["x"] < second["x"]
    curves = page.locator(".lv-curves").bounding_box()
    assert curves
    assert curves["x"] == pytest.approx(second["x"], abs=1)
    assert curves["y"] < third["y"]
    # In a narrow window they stand below each other, and in a wide one again side by side.
    for width, beside in ((600, False), (1440, True)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            """(beside) => {
              const hosts = [...document.querySelectorAll('.lv-surface .lv-host')];
              const [a, b] = hosts.map((host) => host.getBoundingClientRect());
              return (a.y === b.y) === beside;
            }""",
            arg=beside,
        )
        settled(page)
        look = probe(page, "look()")
        assert look["surface"]["box"] == look["views"][1]["box"]
    assert look["surface"]["box"] == boxes[0]
    # And so for every number of surfaces and panels, on stages of these widths.
    cells = page.evaluate(
        """async () => {
          const every = performance.getEntriesByType('resource').map((entry) => entry.name);
          const { arrange } = await import(every.find((name) => name.endsWith('/layout.js')));
          const asked = [[2, 2, 1100], [3, 2, 1100], [4, 1, 1100], [5, 2, 1100], [6, 0, 1100],
                         [6, 2, 640], [3, 2, 380]];
          return asked.map((ask) => arrange(...ask));
        }"""
    )
    assert [one["surface"] for one in cells] == [3, 3, 3, 2, 2, 3, 6]
    assert [one["others"] for one in cells] == [[3, 3], [3, 6], [6], [2, 6], [], [3, 3], [3, 3]]


def test_ranges_of_their_own_have_bars_of_their_own(show: Open) -> None:
    page = show("?views=1&own=1", dark=True)
    expect(page.locator(".lv-scale")).to_be_hidden()
    box = probe(page, "look()")["views"][0]["box"]
    assert box["left"] + box["width"] < host(page, "seed-1")["width"] - 40
    # From dark to light all of them follow.
    ground = "() => getComputedStyle(document.querySelector('.lv-stage')).colorScheme"
    new_data(page, lambda: page.emulate_media(color_scheme="light"))
    assert page.evaluate(ground) == "light"


def test_the_numbers_are_those_of_the_surface_under_the_pointer(show: Open) -> None:
    page = show("?views=1")
    seek(page, 20)
    table = page.locator(".lv-readout")
    expect(table.locator("caption")).to_have_text("At step 20: Seed 0")
    expect(table.locator("tbody tr").first).to_contain_text("0.5000")
    at = host(page, "seed-1")
    page.mouse.move(at["x"] + 60, at["y"] + at["height"] - 60)
    expect(table.locator("caption")).to_have_text("At step 20: Seed 1")
    expect(table.locator("tbody tr").first).to_contain_text("1.500")
    expect(table.locator("tbody tr").last.locator("td").first).to_have_text("–")  # no path there
    page.mouse.move(5, 5)
    expect(table.locator("caption")).to_have_text("At step 20: Seed 0")


def test_a_contender_that_is_on_another_surface_has_its_numbers_from_there(show: Open) -> None:
    page = show("?views=1&apart=1", width=390, height=844, has_touch=True, is_mobile=True)
    seek(page, 20)
    first, second = page.locator(".lv-readout tbody tr").all()
    expect(first.locator("small")).to_have_text("")
    expect(second.locator("small")).to_have_text("on Seed 1")
    there = stage_data.path(1, 2, data.STEPS, (-1.8, 1.2))
    expect(second.locator("td").first).to_have_text(f"{there.loss[20]:#.4g}")
    assert page.evaluate("() => document.querySelector('.stMain').scrollWidth") <= 390


def test_each_surface_has_a_zoom_of_its_own_and_only_the_main_one_a_start(show: Open) -> None:
    page = show("?views=1")
    at = host(page, "seed-1")
    middle = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 80, middle[1] + 60, steps=4)
    page.mouse.up()
    settled(page)
    look = probe(page, "look()")
    assert look["surface"]["x"] == pytest.approx([-2.4, 2.4])
    assert look["views"][0]["x"][1] - look["views"][0]["x"][0] < 2
    page.locator("[data-view='seed-1']").get_by_role("button", name="Reset view").click()
    settled(page)
    assert probe(page, "look()")["views"][0]["x"] == pytest.approx([-2.4, 2.4])
    page.mouse.click(middle[0] + 40, middle[1])
    page.wait_for_timeout(500)
    assert "start" not in heard(page)
    main = host(page)
    page.mouse.click(main["x"] + 200, main["y"] + 100)
    page.get_by_text("'start'").wait_for()


def test_a_view_that_comes_later_moves_nothing_and_another_one_keeps_what_is_open(
    show: Open,
) -> None:
    page = show("?views=1")
    open_sidebar(page)
    seek(page, 80)
    page.get_by_role("tab", name="matrix").click()
    new_data(page, lambda: page.get_by_text("pending", exact=True).click())
    before = host(page, "seed-1")
    expect(page.locator("[data-view='seed-1'] .lv-wait")).to_be_visible()
    assert len(probe(page, "look()")["views"][0]["heads"]) == 1  # the paths move all the same
    new_data(page, lambda: page.get_by_text("pending", exact=True).click())
    assert host(page, "seed-1") == before
    more = page.get_by_test_id("stNumberInputStepUp")
    new_data(page, more.click)
    assert [view["id"] for view in probe(page, "look()")["views"]] == ["seed-1", "seed-2"]
    assert probe(page, "step") == 80
    assert probe(page, "look()")["side"]["tab"] == "matrix"


def test_a_delta_goes_to_the_main_surface_and_the_views_stay(show: Open) -> None:
    page = show("?live=1&views=1")
    assert probe(page, "steps") == 100
    page.get_by_role("tab", name="predictions").click()
    assert seek(page, 100)["predict"]["row"] == 20
    new_data(page, lambda: page.get_by_role("button", name="go on").click())
    look = seek(page, 200)
    assert probe(page, "steps") == 200
    spiral = stage_data.path(0, 2, 200, (-1.8, 1.2))
    head = look["surface"]["heads"][0]
    expected = pixel_of(look["surface"], spiral.x[200], spiral.y[200])
    assert (head["x"], head["y"]) == pytest.approx(expected, abs=0.6)
    assert len(look["views"][0]["heads"]) == 1


EYES = """() => [...document.querySelectorAll('.lv-surface .js-plotly-plot')].map((plot) => {
  const { eye } = plot._fullLayout.scene._scene.getCamera(); return [eye.x, eye.y, eye.z];
})"""


def turn(page: Page) -> None:
    """Turn the main landscape a little, with the mouse."""
    at = host(page)
    page.mouse.move(at["x"] + 200, at["y"] + 150)
    page.mouse.down()
    page.mouse.move(at["x"] + 280, at["y"] + 180, steps=2)
    page.mouse.up()
    page.wait_for_function(f"(({EYES})()[0][0] + 1.1) ** 2 > 0.01")
    settled(page)


def test_3d_goes_for_all_and_a_lost_picture_is_flat_and_says_so(show: Open) -> None:
    page = show("?views=1&count=1")
    new_data(page, page.get_by_role("button", name="3-D").click)
    page.wait_for_function("document.querySelectorAll('.lv-surface .gl-container').length === 2")
    page.wait_for_function("lossvizStage.look().views[0].heads.length === 1", timeout=20_000)
    assert "'view', '3d'" in heard(page)
    strands = seek(page, 100)["views"][0]["strands"]
    assert [strand["name"] for strand in strands] == ["straight line", "low-loss curve"]
    assert all(strand["points"][1] for strand in strands)  # they lie on the landscape
    turn(page)
    here, there = page.evaluate(EYES)
    assert there == pytest.approx(here, abs=1e-6)
    assert abs(here[0] + 1.1) > 0.05  # and that is not where both have been at first
    page.evaluate(
        """() => document.querySelector("[data-view='seed-1'] .gl-container canvas")
             .getContext('webgl').getExtension('WEBGL_lose_context').loseContext()"""
    )
    sentence = page.locator("[data-view='seed-1'] .lv-caption")
    expect(sentence).to_contain_text("cannot show more pictures in 3-D at once")
    page.wait_for_function("lossvizStage.look().views[0].x?.length === 2")  # flat
    assert probe(page, "view") == "3d"
    page.get_by_role("button", name="3-D").click()
    expect(sentence).not_to_contain_text("cannot show")


# --- lines that move -----------------------------------------------------------------------------


def test_a_strand_moves_with_the_clock_between_its_steps(show: Open) -> None:
    page = show("?views=1")
    for step in (0, 104, 200):
        look = seek(page, step)
        x, y = data.bend(np.array([0.0, 0.5, 1.0]), np.array([step / data.STEPS]))
        for part in (look["surface"], look["views"][0]):
            straight, curve = part["strands"]
            for i in range(3):
                expected = pixel_of(part, x[0, i], y[0, i])
                assert curve["points"][i] == pytest.approx(expected, abs=0.6)
            assert straight["points"][1] == pytest.approx(pixel_of(part, 0.15, -0.05), abs=0.6)
    expect(page.locator(".lv-surface .lv-class").first).to_have_text("straight line")


# --- tabs at the side ----------------------------------------------------------------------------


def test_every_kind_of_picture_is_drawn_and_the_chosen_tab_stays(show: Open) -> None:
    page = show("?views=0")
    tabs = page.locator(".lv-lower").get_by_role("tab")
    expect(tabs).to_have_text([tab.name for tab in data.side()])
    seek(page, 157)
    tabs.first.focus()
    for tab in data.side()[:5]:
        assert probe(page, "look()")["side"]["tab"] == tab.name
        settled(page)
        assert painted(page, ".lv-lower")
        expect(page.locator(".lv-lower .lv-when:visible")).to_contain_text("at step 15")
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("now at 0.7500 of the way", exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("This model has no picture of that.")).to_be_visible()
    settled(page)
    assert not painted(page, ".lv-lower")
    assert probe(page, "step") == 157  # the arrows walked along the tabs, not the time
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    whose = page.get_by_label("Whose predictions")
    new_data(page, lambda: whose.select_option("B"))
    assert "['choose', 'B']" in heard(page)
    assert probe(page, "look()")["side"]["tab"] == "weights"
    expect(whose).to_have_value("B")


def test_the_pointer_is_told_the_numbers_under_it(show: Open) -> None:
    page = show("?views=0")
    seek(page, 200)
    panel = page.locator(".lv-lower .lv-host:visible")
    tip = page.locator(".lv-lower .lv-tip:visible")

    def hover(across: float, up: float) -> None:
        """Share of the picture's box, from its lower left corner."""
        at, look = panel.bounding_box(), probe(page, "look()")["predict"]["box"]
        assert at
        box = look or {"left": 0, "top": 0, **{k: at[k] for k in ("width", "height")}}
        x = at["x"] + box["left"] + across * box["width"]
        page.mouse.move(x, at["y"] + box["top"] + (1 - up) * box["height"])

    hover(0.5, 0.5)
    along = stage_data.loss_at(*data.bend(np.linspace(0, 1, 41), np.array([1.0])))
    expect(tip).to_contain_text("t 0.5000")
    expect(tip).to_contain_text(f"low-loss curve {along[0, 20]:.4g}")
    page.get_by_role("tab", name="weights").click()
    hover(0.5125, 0.3)
    expect(tip).to_contain_text(f"count {data.histogram().counts[-1, 20]}")
    page.get_by_role("tab", name="matrix").click()
    hover(0.5, 0.5)
    expect(tip).to_contain_text("unit 3, input")
    cell = int(tip.inner_text().split("input ")[1])
    value = data.matrix().values[-1, 3, cell]
    assert float(tip.inner_text().split("\n")[0].replace("−", "-")) == pytest.approx(
        value, rel=1e-3
    )
    # The number follows the time under a pointer that rests.
    seek(page, 100)
    expect(tip).to_contain_text(f"{value / 2:.4g}".replace("-", "−"))
    # A contender's line is hidden with it.
    page.get_by_role("tab", name="spread").click()
    hover(0.5, 0.5)
    expect(tip).to_contain_text("activations")
    page.get_by_role("button", name="SGD").click()
    hover(0.5, 0.5)
    expect(tip).to_contain_text("gradients")
    expect(tip).not_to_contain_text("activations")
    # Below the picture each line is named beside a piece of it, with its own dashes.
    names = page.locator(".lv-lower .lv-class:visible")
    expect(names).to_have_text(["activations", "gradients"])
    plain, dashed = (sample.get_attribute("style") for sample in names.locator("i").all())
    assert "gradient" not in str(plain)
    assert "0px 7px, transparent 7px 12px" in str(dashed)


# --- stages that lack something ------------------------------------------------------------------


def test_without_contenders_the_time_line_is_that_of_the_lines(show: Open) -> None:
    page = show("?bare=1")
    assert probe(page, "steps") == data.STEPS
    expect(page.locator(".lv-legend")).to_be_hidden()
    expect(page.locator(".lv-readout")).to_be_hidden()
    page.keyboard.press("End")
    settled(page)
    assert probe(page, "step") == data.STEPS
    assert probe(page, "look()")["predict"]["row"] == data.STEPS // data.EVERY


def test_without_a_surface_the_curves_stand_beside_the_rest(show: Open) -> None:
    page = show("?without=surface")
    curves = page.locator(".lv-curves .lv-host").bounding_box()
    lower = page.locator(".lv-lower .lv-host:visible").bounding_box()
    assert curves
    assert lower
    assert curves["y"] == lower["y"]
    assert curves["width"] == pytest.approx(lower["width"], abs=2)
    assert curves["height"] > 300


# --- small screens -------------------------------------------------------------------------------


def test_a_phone_stacks_them_and_two_fingers_are_no_click(show: Open) -> None:
    page = show("?views=2&count=3", width=390, height=844, has_touch=True, is_mobile=True)
    assert page.evaluate("() => document.querySelector('.stMain').scrollWidth") <= 390
    tops = [host(page, view)["y"] for view in ("", "seed-1", "seed-2")]
    tops += [page.locator(f".lv-{name}").bounding_box()["y"] for name in ("curves", "lower")]  # type: ignore[index]
    assert tops == sorted(tops)
    assert host(page)["width"] == host(page, "seed-2")["width"] > 350
    finger = page.context.new_cdp_session(page)
    at = host(page)
    x, y = at["x"] + 150, at["y"] + 100
    pair = [{"x": x, "y": y, "id": 0}, {"x": x + 60, "y": y, "id": 1}]
    for points in (pair[:1], pair):
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(900)  # longer than a click waits for a second one
    assert "start" not in heard(page)
    page.touchscreen.tap(x, y)
    page.get_by_text("'start'").wait_for()
