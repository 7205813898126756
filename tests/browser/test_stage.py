"""The stage in a real browser: one clock, one picture, one step on every panel."""

from __future__ import annotations

import gzip
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from lossviz.ui.stage.routes import STATIC, stage_path
from tests.browser import stage_data as data
from tests.browser.conftest import launch

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
READY = "window.lossvizStage && window.lossvizStage.revision > 0"
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def server(app_server: Callable[..., str]) -> str:
    return app_server(HERE / "stage_app.py")


@pytest.fixture
def show(server: str, open_page: Open) -> Open:
    """Open the demo page with a query, and wait until its stage has been painted."""

    def opened(query: str = "", **more: Any) -> Page:
        page = open_page(f"{server}/{query}", **more)
        page.wait_for_function(READY)
        return page

    return opened


def probe(page: Page, what: str) -> Any:
    return page.evaluate(f"() => window.lossvizStage.{what}")


def settled(page: Page) -> None:
    """Two frames on, so that what was asked for is on the screen."""
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def seek(page: Page, step: int) -> dict[str, Any]:
    probe(page, f"seek({step})")
    settled(page)
    return dict(probe(page, "look()"))


def heard(page: Page) -> str:
    return page.get_by_text("heard [").inner_text()


def new_data(page: Page, act: Callable[[], None]) -> None:
    before = probe(page, "revision")
    act()
    page.wait_for_function(f"window.lossvizStage.revision > {before}")


def open_sidebar(page: Page) -> None:
    page.get_by_test_id("stExpandSidebarButton").click()
    page.wait_for_timeout(700)  # its opening is animated and resizes the stage
    settled(page)


def on_surface(page: Page, x: float, y: float) -> tuple[float, float]:
    """Screen position of a point of the plane, by the axes' ranges and the size of the box."""
    place = page.evaluate(
        """([x, y]) => {
          const at = document.querySelector('.lv-surface .lv-host').getBoundingClientRect();
          const { box, x: [x0, x1], y: [y0, y1] } = lossvizStage.look().surface;
          const [across, up] = [(x - x0) / (x1 - x0), (y - y0) / (y1 - y0)];
          return [at.left + box.left + box.width * across,
                  at.top + box.top + box.height * (1 - up)];
        }""",
        [x, y],
    )
    return place[0], place[1]


def pixel(page: Page, panel: str, layer: str, x: float, y: float) -> list[int]:
    """The colour (red, green, blue, alpha) of a layer at a place in the panel."""
    return list(
        page.evaluate(
            """([panel, layer, x, y]) => {
              const canvas = document.querySelector(`.lv-${panel} canvas.lv-${layer}`);
              const ratio = canvas.width / canvas.clientWidth;
              return [...canvas.getContext('2d').getImageData(x * ratio, y * ratio, 1, 1).data];
            }""",
            [panel, layer, x, y],
        )
    )


def color_of(page: Page, number: int) -> list[int]:
    plain = data.as_plain("light")["marks"][number]["color"]  # type: ignore[index]
    return [int(plain[i : i + 2], 16) for i in (1, 3, 5)]


# --- first paint ------------------------------------------------------------------------------


def test_first_paint_stands_at_the_start_and_is_paused(show: Open) -> None:
    page = show()
    assert probe(page, "step") == 0
    assert probe(page, "steps") == 300
    assert probe(page, "playing") is False
    expect(page.locator(".lv-steps")).to_have_text("step 0 / 300")


@pytest.mark.parametrize(
    "kind", ["regions", "classes", "fit", "parity", "confusion", "digits", "none"]
)
def test_every_kind_of_predictions_is_drawn(show: Open, kind: str) -> None:
    page = show(f"?kind={kind}")
    seek(page, 150)
    if kind == "none":
        expect(page.get_by_text("This problem has no predictions to draw.")).to_be_visible()
        return
    assert probe(page, "look().predict.row") == 30
    painted = page.evaluate(
        """() => { const c = document.querySelector('.lv-predict canvas.lv-moving');
          return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0) }"""
    )
    assert painted
    expect(page.locator(".lv-when")).to_have_text("at step 150")


# --- one step on every panel --------------------------------------------------------------------


def test_seek_moves_every_panel_to_the_same_step(show: Open) -> None:
    page = show()
    one = data.path(2, 3, 300, (-1.8, 1.2))  # the last one, drawn over the others
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    for step in (0, 35, 300):
        look = seek(page, step)
        x, y = on_surface(page, one.x[step], one.y[step])
        head = next(head for head in look["surface"]["heads"] if head["id"] == "C")
        assert (head["x"], head["y"]) == pytest.approx((x - host["x"], y - host["y"]), abs=1.0)
        assert pixel(page, "surface", "moving", head["x"], head["y"])[:3] == color_of(page, 2)
        box = look["curves"]["box"]
        assert look["curves"]["cursor"] == pytest.approx(
            box["left"] + box["width"] * step / 300, abs=0.5
        )
        assert look["predict"]["row"] == step // 5
        assert page.locator(".lv-scrub").input_value() == str(step)
        row = page.locator(".lv-readout tbody tr").nth(2)
        expect(row).to_contain_text(f"{one.loss[step]:.4g}"[:4])


def test_a_diverged_run_keeps_its_last_finite_point_and_says_so(show: Open) -> None:
    page = show()
    last = seek(page, data.DIVERGES_AT)["surface"]["heads"][1]
    later = seek(page, 200)["surface"]["heads"][1]
    assert (later["x"], later["y"]) == (last["x"], last["y"])
    chip = page.locator(".lv-chip[data-contender=B]")
    expect(chip).to_contain_text(f"diverged at step {data.DIVERGES_AT}")
    # an x has colour on its diagonal and none of its own straight above the middle
    color = color_of(page, 1)
    assert pixel(page, "surface", "moving", later["x"] + 4, later["y"] - 4)[:3] == color
    assert pixel(page, "surface", "moving", later["x"] + 1, later["y"] - 6)[:3] != color
    expect(page.locator(".lv-readout tbody tr").nth(1)).to_contain_text("not finite")


# --- keyboard and pointer -----------------------------------------------------------------------


def test_keyboard(show: Open) -> None:
    page = show()
    press = page.keyboard.press
    press("ArrowRight")
    press("Shift+ArrowRight")
    assert probe(page, "step") == 11
    press("ArrowLeft")
    assert probe(page, "step") == 10
    press("End")
    assert probe(page, "step") == 300
    press("Home")
    assert probe(page, "step") == 0
    press("]")
    assert page.get_by_label("Speed").input_value() == "2"
    press("[")
    press("[")
    assert page.get_by_label("Speed").input_value() == "0.5"
    # Brackets that are typed with AltGr, and a command of the browser's own.
    alt_gr = "{ key: ']', ctrlKey: %s, altKey: %s, bubbles: true }"
    for ctrl, alt, speed in (("true", "true", "1"), ("false", "true", "2"), ("true", "false", "2")):
        event = f"new KeyboardEvent('keydown', {alt_gr % (ctrl, alt)})"
        page.evaluate(f"() => {{ document.body.dispatchEvent({event}) }}")
        assert page.get_by_label("Speed").input_value() == speed
    press(" ")
    assert probe(page, "playing") is True
    press(" ")
    assert probe(page, "playing") is False


def test_keys_meant_for_another_widget_are_left_alone(show: Open) -> None:
    page = show()
    open_sidebar(page)
    page.get_by_test_id("stSidebar").get_by_role("slider").focus()
    new_data(page, lambda: page.keyboard.press("ArrowRight"))
    assert probe(page, "step") == 0


def test_space_on_a_focused_chip_presses_the_chip(show: Open) -> None:
    page = show()
    page.locator(".lv-chip[data-contender=C]").focus()
    page.keyboard.press(" ")
    assert probe(page, "hidden") == ["C"]
    assert probe(page, "playing") is False


def test_everything_is_reached_by_tab(show: Open) -> None:
    page = show()
    page.locator(".lv-chip").first.focus()
    names = []
    for _ in range(16):
        names.append(
            page.evaluate("() => { const e = document.activeElement;"
                          " return e.getAttribute('aria-label') || e.textContent }")
        )  # fmt: skip
        page.keyboard.press("Tab")
    wanted = ["2-D", "3-D", "Jump to the start", "One step back", "Play", "One step forward",
              "Jump to the end", "Step", "Speed", "Repeat", "Whose predictions"]  # fmt: skip
    assert [name for name in wanted if name not in names] == []


def test_a_click_comes_back_in_data_coordinates(show: Open) -> None:
    page = show()
    new_data(page, lambda: page.mouse.click(*on_surface(page, 1.25, 0.75)))
    said = heard(page)
    x, y = (float(part) for part in said.split("'start', ")[1].rstrip("]").split(", "))
    assert (x, y) == pytest.approx((1.25, 0.75), abs=0.02)
    head = seek(page, 0)["surface"]["heads"][0]
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    assert (host["x"] + head["x"], host["y"] + head["y"]) == pytest.approx(
        on_surface(page, 1.25, 0.75), abs=1.5
    )


def test_the_keyboard_starts_a_run_too(show: Open) -> None:
    page = show()
    aim = page.locator(".lv-aim")
    expect(aim).to_have_css("opacity", "0")
    name = page.get_by_role("button", name="arrow keys move the cross, Enter starts from there")
    for _ in range(30):
        page.keyboard.press("Tab")
        if aim.evaluate("e => e === document.activeElement"):
            break
    expect(name).to_be_focused()
    expect(aim).to_have_css("opacity", "1")
    before = probe(page, "step")
    for keys in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(keys)
    look = probe(page, "look()")["surface"]
    (x0, x1), (y0, y1) = look["x"], look["y"]
    x, y = x0 + 0.71 * (x1 - x0), y0 + 0.4 * (y1 - y0)
    assert probe(page, "step") == before  # the arrows moved the cross, not the time
    label = str(name.get_attribute("aria-label")).replace("\u2212", "-")
    told = [float(part) for part in label.removeprefix("Start at ").split(":")[0].split(", ")]
    assert told == pytest.approx([x, y], rel=1e-3)
    tip = page.locator(".lv-surface .lv-tip:visible").inner_text().replace("\u2212", "-")
    assert [float(part) for part in tip.split("\n")[-1].split(", ")] == told
    new_data(page, lambda: page.keyboard.press("Enter"))
    said = heard(page).split("'start', ")[1].rstrip("]").split(", ")
    assert [float(part) for part in said] == pytest.approx([x, y], abs=1e-3)
    for _ in range(7):
        page.keyboard.press("Shift+ArrowUp")  # to the edge, and no farther
    new_data(page, lambda: page.keyboard.press("Enter"))
    said = heard(page).split("'start', ")[-1].rstrip("]").split(", ")
    assert [float(part) for part in said] == pytest.approx([x, y1], abs=1e-3)
    # In 3-D there is nothing to aim at.
    page.get_by_role("button", name="3-D").click()
    expect(aim).to_be_hidden()


def test_two_quick_clicks_at_different_places_are_two_clicks(show: Open) -> None:
    page = show()
    first, second = on_surface(page, 1.25, 0.75), on_surface(page, -1.0, -0.5)
    page.mouse.click(*first)
    page.mouse.click(*second)
    page.wait_for_function(
        r"/'start', -(1\.0|0\.9)\d*, -0\.(5|4)\d*\]\]/.test(document.body.innerText)"
    )


def test_a_drag_zooms_and_is_no_click_and_new_data_keep_the_zoom(show: Open) -> None:
    page = show()
    open_sidebar(page)
    x, y = on_surface(page, -1, 1)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(*on_surface(page, 1, -1), steps=6)
    page.mouse.up()
    page.wait_for_timeout(600)
    ranges = "() => lossvizStage.look().surface.x"
    zoomed = page.evaluate(ranges)
    assert zoomed == pytest.approx([-1, 1], abs=0.05)
    page.evaluate("() => { document.querySelector('.lv-stage').dataset.same = 'yes' }")
    slider = page.get_by_test_id("stSidebar").get_by_role("slider")
    slider.focus()
    new_data(page, lambda: slider.press("ArrowRight"))
    assert page.evaluate(ranges) == zoomed
    assert page.locator(".lv-stage").get_attribute("data-same") == "yes"
    assert "start" not in heard(page)
    page.get_by_role("button", name="Reset view").click()
    page.wait_for_function(f"Math.abs(({ranges})()[0] + 2.4) < 1e-6")


def test_a_flat_drag_zooms_one_axis_shift_moves_and_a_double_click_goes_back(show: Open) -> None:
    page = show()

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        page.mouse.move(*on_surface(page, *start))
        page.mouse.down()
        page.mouse.move(*on_surface(page, *end), steps=4)
        page.mouse.up()
        settled(page)

    home = probe(page, "look().surface")
    drag((-1, 0), (1, 0))
    zoomed = probe(page, "look().surface")
    assert zoomed["x"] == pytest.approx([-1, 1], abs=0.05)
    assert zoomed["y"] == home["y"]
    assert zoomed["heads"] != home["heads"]
    page.keyboard.down("Shift")
    x, y = on_surface(page, 0, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + zoomed["box"]["width"] / 4, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert probe(page, "look().surface.x") == pytest.approx([-1.5, 0.5], abs=0.05)
    page.mouse.dblclick(*on_surface(page, -0.5, 0.5))
    settled(page)
    assert probe(page, "look().surface.x") == home["x"]
    page.wait_for_timeout(400)
    assert "start" not in heard(page)


def test_the_colour_of_a_grid_point_is_that_of_its_loss(show: Open) -> None:
    page = show("?linear=1")
    flat = data.surface(log=False)
    assert flat.z is not None
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    shades = []
    order = []
    for i in range(4, len(flat.x) - 4, 7):
        x, y = on_surface(page, flat.x[i], flat.y[len(flat.y) // 2])
        shade = pixel(page, "surface", "back", x - host["x"], y - host["y"])
        assert shade[3] == 255
        shades.append(sum(shade[:3]))
        order.append(float(flat.z[len(flat.y) // 2, i]))
    # The palette rises in lightness with the loss; a level's line may darken a pixel a little.
    rank = np.argsort(order)
    steps = np.diff(np.asarray(shades)[rank])
    assert (steps > -70).all()
    assert shades[rank[-1]] > shades[rank[0]]


def test_a_click_on_a_chip_hides_its_contender_everywhere(show: Open) -> None:
    page = show()
    seek(page, 60)
    head = probe(page, "look()")["surface"]["heads"][0]
    page.locator(".lv-chip[data-contender=A]").click()
    settled(page)
    look = probe(page, "look()")
    assert [h["id"] for h in look["surface"]["heads"]] == ["B", "C"]
    assert {h["id"] for h in look["curves"]["heads"]} == {"B", "C"}
    assert pixel(page, "surface", "moving", head["x"], head["y"])[3] == 0
    expect(page.get_by_text("heard [['visible', ['A']]]")).to_be_visible()
    page.locator(".lv-chip[data-contender=A]").click()
    expect(page.get_by_text("['visible', []]")).to_be_visible()
    assert probe(page, "hidden") == []


def test_hovering_the_curves_looks_at_a_step_and_pressing_goes_there(show: Open) -> None:
    page = show()
    seek(page, 20)
    host = page.locator(".lv-curves .lv-host").bounding_box()
    box = probe(page, "look()")["curves"]["box"]
    assert host

    def at(step: int) -> tuple[float, float]:
        return host["x"] + box["left"] + box["width"] * step / 300, host["y"] + box["top"] + 40

    page.mouse.move(*at(100))
    settled(page)
    assert probe(page, "step") == 100
    expect(page.locator(".lv-place")).to_have_text("100")
    assert probe(page, "look()")["predict"]["row"] == 20
    page.mouse.move(10, 10)
    settled(page)
    assert probe(page, "step") == 20
    page.mouse.move(*at(100))
    page.mouse.down()
    page.mouse.move(*at(200), steps=4)
    page.mouse.up()
    page.mouse.move(10, 10)
    settled(page)
    assert probe(page, "step") == 200


def test_hovering_a_path_looks_at_its_step(show: Open) -> None:
    page = show()
    seek(page, 200)
    one = data.path(0, 3, 300, (-1.8, 1.2))
    page.mouse.move(*on_surface(page, one.x[25], one.y[25]))
    settled(page)
    assert probe(page, "step") == pytest.approx(25, abs=1)
    page.mouse.move(10, 10)
    settled(page)
    assert probe(page, "step") == 200


def test_the_page_hears_of_the_other_view(show: Open) -> None:
    page = show()
    page.get_by_role("button", name="3-D").click()
    expect(page.get_by_text("heard [['view', '3d']]")).to_be_visible()
    page.wait_for_function("() => lossvizStage.view === '3d'")


def test_choosing_whose_predictions_asks_the_page(show: Open) -> None:
    page = show()
    new_data(page, lambda: page.get_by_label("Whose predictions").select_option("C") and None)
    assert "['choose', 'C']" in heard(page)
    assert page.get_by_label("Whose predictions").input_value() == "C"


# --- playing ------------------------------------------------------------------------------------


def test_playing_takes_eight_seconds_and_loops_when_asked(show: Open) -> None:
    page = show("?steps=40")
    page.get_by_label("Speed").select_option("8")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("lossvizStage.step === 40 && !lossvizStage.playing")
    page.get_by_role("button", name="Repeat").click()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("lossvizStage.step === 40")
    page.wait_for_function("lossvizStage.step > 2 && lossvizStage.step < 35")
    assert probe(page, "playing") is True
    page.get_by_role("button", name="Pause").click()
    probe(page, "seek(0)")
    page.get_by_label("Speed").select_option("1")
    start = page.evaluate("() => { lossvizStage.play(); return performance.now() }")
    page.wait_for_function("lossvizStage.step >= 10")
    took = page.evaluate("() => performance.now()") - start
    assert took == pytest.approx(2000, abs=400)


def test_it_plays_smoothly_with_eight_contenders(show: Open) -> None:
    page = show("?count=8")
    page.get_by_label("Speed").select_option("0.5")
    probe(page, "play()")
    # In one of its seconds, whatever else the machine is busy with in the others.
    page.wait_for_function("lossvizStage.playing && lossvizStage.fps >= 30", timeout=15000)


def test_new_data_at_the_end_stay_at_the_end(show: Open) -> None:
    page = show()
    open_sidebar(page)
    probe(page, "seek(300)")
    slider = page.get_by_test_id("stSidebar").get_by_role("slider")
    slider.focus()
    new_data(page, lambda: slider.press("ArrowRight"))
    assert probe(page, "step") == 300
    probe(page, "seek(120)")
    new_data(page, lambda: slider.press("ArrowRight"))
    assert probe(page, "step") == 120


def test_a_cue_plays_once(show: Open) -> None:
    page = show()
    open_sidebar(page)
    new_data(page, lambda: page.get_by_role("button", name="again").click())
    assert probe(page, "playing") is True
    page.get_by_role("button", name="Pause").click()
    slider = page.get_by_test_id("stSidebar").get_by_role("slider")
    slider.focus()
    new_data(page, lambda: slider.press("ArrowRight"))
    assert probe(page, "playing") is False


def test_reduced_motion_shows_the_end_instead_of_playing(show: Open) -> None:
    page = show(reduced_motion="reduce")
    open_sidebar(page)
    new_data(page, lambda: page.get_by_role("button", name="again").click())
    assert probe(page, "playing") is False
    assert probe(page, "step") == 300


# --- runs that go on ----------------------------------------------------------------------------


def test_deltas_append_while_it_plays_on_the_same_picture(show: Open) -> None:
    page = show("?live=1&steps=200")
    page.evaluate("() => { document.querySelector('.lv-stage').dataset.same = 'yes' }")
    page.get_by_label("Speed").select_option("8")
    probe(page, "play()")
    page.wait_for_function("lossvizStage.step === lossvizStage.steps")
    assert probe(page, "playing") is True  # it waits at the edge of what there is
    assert probe(page, "step") == 20
    page.get_by_role("button", name="go on").click()
    page.wait_for_function("lossvizStage.step === 200 && !lossvizStage.playing")
    assert page.locator(".lv-stage").get_attribute("data-same") == "yes"
    one = data.path(0, 3, 200, (-1.8, 1.2))
    look = seek(page, 173)
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    x, y = on_surface(page, one.x[173], one.y[173])
    head = look["surface"]["heads"][0]
    assert (head["x"], head["y"]) == pytest.approx((x - host["x"], y - host["y"]), abs=1.0)
    assert "resync" not in heard(page)


def test_a_delta_that_does_not_join_on_asks_for_the_whole(show: Open) -> None:
    page = show("?live=gap&steps=200")
    page.get_by_role("button", name="go on").click()
    expect(page.get_by_text("resync")).to_be_visible()
    page.wait_for_function("lossvizStage.steps === 200")
    assert heard(page).count("resync") == 1


def test_a_stage_that_comes_back_to_a_delta_asks_for_the_whole(show: Open) -> None:
    page = show("?live=1&steps=200")
    page.get_by_text("away").click()
    expect(page.locator(".lv-stage")).to_have_count(0)
    assert page.evaluate("() => window.lossvizStage") is None
    page.get_by_text("away").click()
    page.wait_for_function("window.lossvizStage && lossvizStage.steps >= 40")
    # The words come by another message than the picture.
    expect(page.get_by_text("heard [")).to_contain_text("resync")
    assert seek(page, 33)["predict"]["row"] == 6


# --- the surface ----------------------------------------------------------------------------------


def test_cells_that_are_not_finite_are_hatched_and_counted(show: Open) -> None:
    page = show("?holes=1")
    box = probe(page, "look()")["surface"]["box"]
    corner = box["left"] + box["width"] - 30, box["top"] + 30
    masked = [pixel(page, "surface", "still", corner[0] + dx, corner[1])[:4] for dx in range(8)]
    assert all(alpha == 255 for *_, alpha in masked)
    assert [0xE9, 0xC9, 0xC4, 255] in masked
    assert len({tuple(color) for color in masked}) > 1  # hatched, not plain
    assert pixel(page, "surface", "still", box["left"] + 60, box["top"] + 60)[3] == 0
    z = data.surface(holes=True).z
    assert z is not None
    missing = int((~np.isfinite(z)).sum())
    caption = page.locator(".lv-surface .lv-caption")
    expect(caption).to_contain_text(f"Hatched: {missing} of {z.size:,} grid points")
    # A landscape has no hatching.
    page.get_by_role("button", name="3-D").click()
    page.wait_for_function("() => lossvizStage.view === '3d'")
    expect(caption).to_contain_text(f"Holes: {missing} of {z.size:,} grid points")


def test_a_surface_that_comes_later_moves_nothing(show: Open) -> None:
    page = show("?surface=pending")
    expect(page.get_by_text("The surface is being computed")).to_be_visible()
    before = seek(page, 60)
    page = show()
    after = seek(page, 60)
    assert after["surface"] == before["surface"]


@pytest.fixture(scope="module")
def flat_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser without any WebGL."""
    yield from launch(playwright, "--disable-3d-apis")


def test_axes_of_a_very_small_part_of_the_plane_count_from_a_point_in_it(show: Open) -> None:
    page = show()
    said = page.evaluate(
        """async () => {
          const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
          const axes = loaded.find((name) => name.includes('/axes.js'));
          const { drawAxes, mapping } = await import(axes);
          const words = [];
          const context = document.createElement('canvas').getContext('2d');
          context.fillText = (word) => words.push(word);
          const margin = { left: 52, right: 14, top: 10, bottom: 42 };
          const theme = { font: 'sans-serif', palette: { grid: 'grey', muted: 'grey' } };
          for (const [x, y] of [[1, -3], [0, 0]]) {
            const ranges = [[x - 2e-7, x + 2e-7], [y - 4e-7, y + 4e-7]];
            const map = mapping({ width: 500, height: 400 }, margin, ...ranges);
            drawAxes(context, map, theme, { x: 'x', y: 'y' });
          }
          return words;
        }"""
    )
    assert {"(x − 1) × 10⁻⁷", "(y + 3) × 10⁻⁷", "−1", "0", "1", "4"} <= set(said)
    # Around 0 the numbers need nothing of the kind.
    assert "x" in said


#: Where Plotly itself puts a point of its scene, on the host of the surface.
IN_SCENE = """async ([x, y, z]) => {
  const plot = [...document.querySelectorAll('.lv-surface .lv-plotly')].at(-1);
  const centred = { xanchor: 'center', yanchor: 'middle', bordercolor: 'black' };
  const dot = { x, y, z, text: 'o', showarrow: false, ...centred };
  await Plotly.relayout(plot, { 'scene.annotations': [dot] });
  await new Promise(r => setTimeout(r, 300));
  const at = plot.querySelector('.annotation-text-g rect').getBoundingClientRect();
  const host = document.querySelector('.lv-surface .lv-host').getBoundingClientRect();
  return [at.left + at.width / 2 - host.left, at.top + at.height / 2 - host.top];
}"""


def test_3d_heads_stand_where_plotly_puts_their_points(show: Open) -> None:
    page = show("?view=3d")
    assert probe(page, "view") == "3d"
    one = data.path(0, 3, 300, (-1.8, 1.2))
    head = seek(page, 5)["surface"]["heads"][0]
    height = float(np.log10(one.slice_loss[5]))
    truth = page.evaluate(IN_SCENE, [one.x[5], one.y[5], height])
    assert (head["x"], head["y"]) == pytest.approx(truth, abs=2.0)
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    page.mouse.move(host["x"] + 300, host["y"] + 200)
    page.mouse.down()
    page.mouse.move(host["x"] + 420, host["y"] + 260, steps=5)
    page.mouse.up()
    page.wait_for_timeout(400)
    turned = probe(page, "look()")["surface"]["heads"][0]
    assert abs(turned["x"] - head["x"]) + abs(turned["y"] - head["y"]) > 15
    truth = page.evaluate(IN_SCENE, [one.x[5], one.y[5], height])
    assert (turned["x"], turned["y"]) == pytest.approx(truth, abs=2.0)


def test_the_camera_is_kept_when_data_change(show: Open) -> None:
    page = show("?view=3d")
    open_sidebar(page)
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    eye = ("() => [...document.querySelectorAll('.lv-surface .lv-plotly')].at(-1)"
           "._fullLayout.scene._scene.getCamera().eye")  # fmt: skip
    home = page.evaluate(eye)
    page.mouse.move(host["x"] + 250, host["y"] + 200)
    page.mouse.down()
    page.mouse.move(host["x"] + 340, host["y"] + 230, steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    page.wait_for_function(f"Math.abs(({eye})().x - {home['x']}) > 0.05")
    turned = page.evaluate(eye)
    slider = page.get_by_test_id("stSidebar").get_by_role("slider")
    slider.focus()
    new_data(page, lambda: slider.press("ArrowRight"))
    assert page.evaluate(eye) == pytest.approx(turned)


def test_fingers_turn_the_camera_and_pinch_it_nearer(show: Open) -> None:
    page = show("?view=3d", width=390, height=844, has_touch=True, is_mobile=True)
    finger = page.context.new_cdp_session(page)
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    x, y = host["x"] + host["width"] / 2, host["y"] + host["height"] / 2

    def touch(*ways: Callable[[int], tuple[float, float]]) -> None:
        """Fingers along these ways, each from its place 0 to its place 10."""
        for step in range(11):
            points = [
                {"x": at[0], "y": at[1], "id": i} for i, at in enumerate(w(step) for w in ways)
            ]
            kind = "touchMove" if step else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(30)
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(400)

    def camera() -> tuple[Any, float]:
        """The direction from which it looks, and from how far."""
        eye = page.evaluate(
            """() => {
              const plot = [...document.querySelectorAll('.lv-surface .lv-plotly')].at(-1);
              const { eye, center } = plot._fullLayout.scene._scene.getCamera();
              return [eye.x - center.x, eye.y - center.y, eye.z - center.z];
            }"""
        )
        far = float(np.linalg.norm(eye))
        return np.array(eye) / far, far

    def scrolled() -> list[float]:
        return list(
            page.evaluate(
                """() => [document.querySelector('[data-testid=stMain]').scrollTop,
                          visualViewport.scale]"""
            )
        )

    home, far = camera()
    touch(lambda k: (x + 6 * k, y + 4 * k))
    turned, same = camera()
    assert np.dot(home, turned) < 0.9
    assert same == pytest.approx(far)
    assert scrolled() == [0, 1]
    # Nearer by the ratio in which the fingers part, and by nothing else.
    touch(lambda k: (x - 40 - 4 * k, y), lambda k: (x + 40 + 4 * k, y))
    way, near = camera()
    assert near == pytest.approx(far / 2, rel=0.01)
    assert way == pytest.approx(turned, abs=1e-3)
    assert scrolled() == [0, 1]
    # Beside the surface a finger scrolls.
    curves = page.locator(".lv-curves").bounding_box()
    assert curves
    middle = curves["x"] + curves["width"] / 2
    touch(lambda k: (middle, curves["y"] + 40 - 8 * k))
    assert scrolled()[0] > 30
    # The page keeps the camera when it brings new data.
    open_sidebar(page)
    slider = page.get_by_test_id("stSidebar").get_by_role("slider")
    slider.focus()
    new_data(page, lambda: slider.press("ArrowRight"))
    way, kept = camera()
    assert kept == pytest.approx(near)
    assert way == pytest.approx(turned, abs=1e-3)


def test_without_plotlys_camera_the_paths_are_lines_of_plotlys_own(
    server: str, open_page: Open
) -> None:
    page = open_page()
    source = (STATIC / "camera3d.js").read_text().replace("cameraParams", "renamedByPlotly")
    page.route("**/camera3d.js", lambda route: route.fulfill(
        body=source, content_type="text/javascript"))  # fmt: skip
    page.goto(f"{server}/?view=3d")
    page.wait_for_function(READY)
    kinds = """() => [...document.querySelectorAll('.lv-surface .lv-plotly')].at(-1)
               .data?.map(trace => trace.type).join()"""
    page.wait_for_function(f"({kinds})() === 'surface,scatter3d,scatter3d,scatter3d'")
    assert seek(page, 60)["predict"]["row"] == 12


def test_without_webgl_it_stays_flat_and_says_why(show: Open, flat_browser: Browser) -> None:
    page = show("?view=3d", in_browser=flat_browser)
    assert probe(page, "view") == "2d"
    expect(page.get_by_text("cannot show 3-D")).to_be_visible()
    assert seek(page, 60)["surface"]["heads"]
    expect(page.get_by_role("button", name="3-D")).to_be_disabled()


@pytest.mark.parametrize("kept", ["surface", "losses", "surface,losses", "losses,predictions"])
def test_panels_can_be_left_out(show: Open, kept: str) -> None:
    page = show(f"?alone={kept}")
    look = seek(page, 70)
    names = {"surface": "surface", "losses": "curves", "predictions": "predict"}
    shown = {names[name] for name in kept.split(",")}
    for panel in names.values():
        box = page.locator(f".lv-{panel} .lv-host").bounding_box() if panel in shown else None
        assert (look[panel] is not None) == (panel in shown)
        if panel in shown:
            assert box
            assert box["height"] > 140
    wide = page.locator(".lv-stage").bounding_box()
    assert wide
    if kept == "surface":
        alone = page.locator(".lv-surface .lv-host").bounding_box()
        assert alone
        assert alone["width"] == pytest.approx(wide["width"], abs=2)


def test_a_lone_peak_does_not_take_all_the_colours(show: Open) -> None:
    page = show("?peak=1")
    expect(page.locator(".lv-surface .lv-caption")).to_contain_text("Colours stop at")
    box = probe(page, "look()")["surface"]["box"]
    last = data.as_plain("light")["scale"][-1][1]  # type: ignore[index]
    peak = pixel(page, "surface", "back", box["left"] + box["width"] - 4, box["top"] + 4)
    assert peak == [*(int(last[i : i + 2], 16) for i in (1, 3, 5)), 255]
    bar = pixel(page, "surface", "back", box["left"] + box["width"] + 15, box["top"] + 1)
    assert bar == pytest.approx(peak, abs=3)


# --- other sizes, other addresses, bad days -------------------------------------------------------


def test_a_phone_shows_it_stacked_without_scrolling_sideways(show: Open) -> None:
    page = show("?count=4", width=390, height=844, has_touch=True, is_mobile=True)
    wide = page.evaluate("() => document.querySelector('.stMain').scrollWidth")
    assert wide <= 390
    tops = [page.locator(f".lv-{name}").bounding_box() for name in ("surface", "curves", "predict")]
    assert all(tops)
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box)
    transport = page.locator(".lv-transport").bounding_box()
    assert transport
    assert transport["y"] + transport["height"] <= 844
    assert transport["height"] < 130
    for button in page.locator(".lv-transport button, .lv-chip").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 39.5
    page.locator(".lv-play").tap()
    assert probe(page, "playing") is True
    # In 3-D a title of an axis has no room for what stands in brackets.
    assert "(" in data.surface().x_title
    page.get_by_role("button", name="3-D").tap()
    page.wait_for_function("() => lossvizStage.view === '3d'")
    title = "() => document.querySelector('.lv-plotly').layout.scene.xaxis.title.text"
    assert page.evaluate(title) == data.surface().x_title.split(" (")[0]


def test_a_number_that_a_person_chose_has_no_zeros_at_its_end(show: Open) -> None:
    page = show()
    words = page.evaluate(
        "async ([path, numbers]) => numbers.map((await import(path)).short)",
        [f"{stage_path()}/format.js", [0.1, 250, 1000, 0.0125, -2, 1e-6, 1.5e7]],
    )
    assert words == ["0.1", "250", "1000", "0.0125", "−2", "1e−6", "1.5e+7"]


def test_a_tap_on_a_phone_is_a_start(show: Open) -> None:
    page = show("", width=390, height=844, has_touch=True, is_mobile=True)
    new_data(page, lambda: page.touchscreen.tap(*on_surface(page, 0.5, 0.5)))
    x, y = (float(part) for part in heard(page).split("'start', ")[1].rstrip("]").split(", "))
    assert (x, y) == pytest.approx((0.5, 0.5), abs=0.05)


def test_dark_and_light_follow_the_page(show: Open) -> None:
    page = show(dark=True)
    ground = "() => getComputedStyle(document.querySelector('.lv-stage')).colorScheme"
    assert page.evaluate(ground) == "dark"
    new_data(page, lambda: page.emulate_media(color_scheme="light"))
    assert page.evaluate(ground) == "light"


def test_it_works_under_a_base_path(app_server: Callable[..., str], open_page: Open) -> None:
    url = app_server(HERE / "stage_app.py", None, "--server.baseUrlPath=class")
    page = open_page(f"{url}/")
    page.wait_for_function(READY)
    assert probe(page, "steps") == 300


def test_without_plotly_it_stays_flat_and_says_why(server: str, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/plotly.min.js", lambda route: route.abort())
    page.goto(server)
    page.wait_for_function(READY)
    page.get_by_role("button", name="3-D").click()
    expect(page.locator(".lv-surface")).to_contain_text("The library for 3-D did not load")
    assert probe(page, "view") == "2d"
    assert seek(page, 60)["surface"]["heads"]
    context.close()


def test_leaving_cleans_up_and_coming_back_works(show: Open) -> None:
    page = show()
    page.reload()
    page.wait_for_function(READY)
    assert page.locator(".lv-stage").count() == 1
    assert seek(page, 44)["predict"]["row"] == 8


def test_the_files_are_kept_by_the_browser_and_squeezed(server: str, show: Open) -> None:
    page = show("?view=3d")
    urls = page.evaluate("() => performance.getEntriesByType('resource').map(e => e.name)")
    plotly = next(url for url in urls if url.endswith("plotly.min.js"))
    request = urllib.request.Request(plotly, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
        body = answer.read()
    assert len(body) < 2_000_000 < len(gzip.decompress(body))
    with urllib.request.urlopen(plotly) as plain:
        assert plain.read() == gzip.decompress(body)
