"""A picture of every page, to look at: `python -m tests.browser.shots` writes PNGs to ./shots.

Every page in light and dark, wide and narrow; further views of it wide and light, narrow and dark.
Exits with 1 when a browser's console said anything wrong.

    python -m tests.browser.shots            all of them
    python -m tests.browser.shots diverged   those whose name has one of the words
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.server import serve
from tests.browser.chromium import FLAGS, find_chromium

FOLDER = Path(__file__).parents[2] / "shots"
WIDTHS = {"wide": 1440, "narrow": 390}
MODES = ("light", "dark")
PICTURE = "() => window.lossvizStage?.revision > 0"


def picture(page: Page) -> None:
    """Wait until the stage has its data and the server has nothing more to say."""
    page.wait_for_function(PICTURE, timeout=60_000)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.wait_for_timeout(1500)


def end(page: Page) -> None:
    """The last step of the run."""
    picture(page)
    page.evaluate("() => window.lossvizStage.seek(window.lossvizStage.steps)")
    page.wait_for_timeout(600)


def middle(page: Page) -> None:
    """In the middle of the run."""
    picture(page)
    page.evaluate("() => window.lossvizStage.seek(Math.round(window.lossvizStage.steps / 2))")
    page.wait_for_timeout(600)


def sketched(page: Page) -> None:
    """A page whose picture is a sketch."""
    page.locator(".lv-sketch[data-revision]").wait_for(timeout=60_000)
    page.wait_for_timeout(1500)


def drawn(page: Page) -> None:
    """Wait until the small pictures of columns are there."""
    page.wait_for_selector(".lv-drawing svg", timeout=60_000)
    page.wait_for_timeout(1500)


@dataclass(frozen=True)
class View:
    """What a picture shows: an address, how to get there, and in which forms it is taken."""

    path: str = "/"
    ask: tuple[tuple[str, str], ...] = ()
    ready: Callable[[Page], None] = middle
    forms: tuple[tuple[str, str], ...] = tuple((mode, width) for mode in MODES for width in WIDTHS)


def view(ready: Callable[[Page], None] = middle, **ask: str) -> View:
    """A view of the playground, light and wide and dark and narrow."""
    return View("/", tuple(ask.items()), ready, (("light", "wide"), ("dark", "narrow")))


#: Every page; a new page joins by one line.
PAGES = {
    "playground": View("/"),
    "race": View("/race"),
    "landscape": View("/landscape"),
    "losses": View("/losses", ready=sketched),
    "data": View("/data", ready=drawn),
    "data-clean": View("/data", (("section", "clean"),), ready=drawn),
    "data-scale": View("/data", (("section", "scale"),), ready=drawn),
    "data-effect": View("/data", (("section", "effect"),), ready=end),
    "training": View("/training"),
    "training-hold": View("/training", (("show", "hold"), ("l2", "0.1")), ready=end),
    "training-fit": View("/training", (("show", "fit"),), ready=end),
    "training-weights": View("/training", (("show", "weights"), ("layer", "1")), ready=end),
    "training-degree": View("/training", (("show", "degree"),)),
}

#: More of the playground.
VIEWS = {
    "3d": view(three_d="true"),
    "diverged": view(
        end, dataset="diabetes", loss="mse", race="sgd(lr=1);adam(lr=0.02)", log="true"
    ),
    "long": view(picture, dataset="digits", steps="20000", race="sgd(lr=0.1);adam(lr=0.001)"),
    "fit": view(end, dataset="sine", loss="mse", race="sgd(lr=0.05);adam(lr=0.02)"),
    "confusion": view(end, dataset="digits", steps="100"),
    "exact": view(end, dataset="line", loss="mse", model="two_parameter"),
    "nonsense": view(dataset="<b>tulips</b>", steps="-5", race="sgd(lr=fast);teleport", colour="1"),
    "eight": view(
        race="sgd(lr=0.5);sgd(lr=0.2,momentum=0.9);adam(lr=0.02);adamw(lr=0.02);rmsprop(lr=0.01);"
        "nadam(lr=0.02);adagrad(lr=0.1);rprop(lr=0.01)"
    ),
    "no-picture": view(end, dataset="iris", test_share="0.9"),
}


def race(ready: Callable[[Page], None] = middle, **ask: str) -> View:
    """A view of the race page, light and wide and dark and narrow."""
    return View("/race", tuple(ask.items()), ready, (("light", "wide"), ("dark", "narrow")))


#: More of the race page.
RACES = {
    "race-3d": race(three_d="true"),
    "race-diverged": race(end, function="product", race="sgd(lr=0.2);adam(lr=0.2)"),
    "race-basins": race(
        function="himmelblau", fan="grid", fan_count="36", race="sgd(lr=0.005);adam(lr=0.1)"
    ),
    "race-arrows": race(function="ravine", arrows="gradient,momentum,step,rates", chosen="1"),
    "race-fair": race(end, function="booth", fair="true"),
    "race-noise": race(
        end, function="booth", sigma="3", seeds="16", race="sgd(lr=0.05);adam(lr=0.1)"
    ),
    "race-formula": race(function="formula"),
    "race-twelve": race(
        race=";".join(["sgd(lr=0.001)", "sgd(lr=0.001,momentum=0.9)", "adam(lr=0.05)", "adamw",
                       "nadam", "radam", "adamax", "adagrad", "adadelta", "rmsprop", "rprop",
                       "lbfgs"])
    ),
    "race-nonsense": race(function="volcano", race="muon;teleport", start="here", frame="1"),
}  # fmt: skip


#: More of the page of losses and of the training page.
LABS = {
    **{
        f"losses-{section}": View(
            "/losses", (("section", section),), sketched, (("light", "wide"), ("dark", "narrow"))
        )
        for section in ("outliers", "saturation", "imbalance", "entropy")
    },
    "training-rare": View(
        "/training", (("show", "fit"), ("dataset", "rare")), end,
        (("light", "wide"), ("dark", "narrow")),
    ),
}  # fmt: skip


def landscape(ready: Callable[[Page], None] = end, **ask: str) -> View:
    """A view of the landscape page, light and wide and dark and narrow."""
    return View("/landscape", tuple(ask.items()), ready, (("light", "wide"), ("dark", "narrow")))


#: More of the landscape page.
LANDSCAPES = {
    "landscape-3d": landscape(three_d="true"),
    "landscape-edge": landscape(
        dataset="sine(samples=20,noise=0.0)", model="mlp(width=20)", loss="mse", test_share="0",
        steps="3000", race="sgd(lr=0.05);sgd(lr=0.08);sgd(lr=0.15)", sharpness="true",
    ),
    "landscape-minima": landscape(
        dataset="digits", steps="150", race="adam(lr=0.01)", views="pca", section="curve",
        spectrum="true", slices="8",
    ),
    "landscape-nonsense": landscape(views="flat;adam(of=A)", other="cnn", layer="height"),
}  # fmt: skip


def take(browser: Browser, url: str, name: str, wanted: View) -> list[str]:
    """Write the pictures of one view; what the browser complained about."""
    complaints: list[str] = []
    for mode, width in wanted.forms:
        label = f"{name}-{mode}-{width}"
        context = browser.new_context(
            viewport={"width": WIDTHS[width], "height": 900 if width == "wide" else 844},
            color_scheme="dark" if mode == "dark" else "light",
        )
        page = context.new_page()
        page.on(
            "console",
            lambda m, at=label: complaints.append(f"{at}: {m.text}")
            if m.type == "error" else None,
        )  # fmt: skip
        page.on("pageerror", lambda e, at=label: complaints.append(f"{at}: thrown: {e}"))
        try:
            page.goto(f"{url}{wanted.path}?{urlencode(wanted.ask)}")
            wanted.ready(page)
            whole_page(page)
        except Exception as error:  # the other pictures are still wanted
            complaints.append(f"{label}: {error}")
        page.screenshot(path=FOLDER / f"{label}.png")
        print(label, flush=True)
        context.close()
    return complaints


def whole_page(page: Page) -> None:
    """Make the window as high as the page, which scrolls inside its own frame."""
    height = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    size = page.viewport_size or {"width": WIDTHS["wide"], "height": 900}
    page.set_viewport_size({"width": size["width"], "height": min(4000, max(height, 844))})
    page.wait_for_timeout(500)


def main(words: list[str]) -> int:
    """Take the pictures whose name has one of the words, or all; the exit status."""
    FOLDER.mkdir(exist_ok=True)
    complaints: list[str] = []
    with serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for name, wanted in (PAGES | VIEWS | RACES | LABS | LANDSCAPES).items():
            if not words or any(word in name for word in words):
                complaints += take(browser, server.url, name, wanted)
        browser.close()
    print("\n".join(complaints) or "The console stayed empty.")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
