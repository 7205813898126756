"""The race page without a browser: every function, control and preset, and what is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from lossviz import engine, registry
from lossviz.comparison import Contender
from lossviz.course import MOST_CONTENDERS, Course
from lossviz.course.presets import PRESETS
from lossviz.run.sweep import Sweep
from lossviz.settings import Preset
from lossviz.ui import state
from lossviz.ui.race import live, show
from tests.pages.race_visit import RaceVisit
from tests.pages.visit import ROOT, mended, plain

QUICK = {"steps": "5", "grid": "61"}


@pytest.fixture
def quick() -> RaceVisit:
    return RaceVisit(QUICK)


def reopened(visit: RaceVisit) -> None:
    """What a person did is the link: another session sees the same picture by it."""
    other = RaceVisit(visit.url)
    assert other.sentences == []
    assert other.course == visit.course
    assert other.message == visit.message


# --- opening -----------------------------------------------------------------------------------


def test_it_opens_on_four_optimizers_in_the_banana_ready_to_play() -> None:
    visit = RaceVisit()
    picture = visit.picture
    labels = [c["label"] for c in picture["contenders"]]
    assert labels == ["A SGD", "B SGD", "C RMSprop", "D Adam"]
    assert [c["last"] for c in picture["contenders"]] == [300] * 4
    assert picture["planned"] == 300
    assert not picture["live"]
    assert picture["surface"]["z"].shape == (101, 101)
    assert [panel["id"] for panel in picture["losses"]] == [
        "value", "slope", "distance", "moved", "rate",
    ]  # fmt: skip
    assert [page["title"] for page in picture["ledgers"]] == ["Why", "One step"]
    assert visit.sentences == []
    assert visit.url == {"v": "1"}
    assert visit.course == Course()
    # (1 - x)^2 + 100 (y - x^2)^2 at (-1.2, 1) is 24.2.
    assert picture["paths"][0]["loss"][0] == pytest.approx(24.2)


def test_running_the_page_again_shows_the_same_bytes(quick: RaceVisit) -> None:
    before = quick.message
    quick.again()
    assert quick.message == before


@pytest.mark.parametrize("name", registry.functions.names())
def test_every_function_can_be_chosen_and_is_drawn_with_its_own_values(name: str) -> None:
    visit = RaceVisit(QUICK)
    visit.choose("rc.function", name)
    assert visit.sentences == []
    assert visit.course.function == name
    picture = visit.picture
    assert picture["texts"]["surface"] == registry.functions[name].title
    assert visit.url.get("function") == (None if name == "rosenbrock" else name)
    for path in picture["paths"]:
        assert (path["x"][0], path["y"][0]) == pytest.approx(visit.course.begin(), rel=1e-6)
    seen = picture["surface"]
    value = visit.course.ground.problem()
    at = value.params0 | {"point": value.params0["point"].new_tensor([seen["x"][7], seen["y"][40]])}
    lift = (visit.course.minimum or 0.0) if visit.course.log else 0.0
    expected = float(value.loss(at)) - lift
    assert seen["z"][40, 7] == pytest.approx(expected, rel=1e-3, abs=1e-4)
    reopened(visit)


def test_a_curve_of_minima_has_no_distance_to_its_nearest_named_point(quick: RaceVisit) -> None:
    quick.choose("rc.function", "product")
    assert "distance" not in [panel["id"] for panel in quick.picture["losses"]]
    quick.choose("rc.function", "himmelblau")
    (panel,) = (p for p in quick.picture["losses"] if p["id"] == "distance")
    # From (0, 0), the nearest of the four minima is (3, 2) or its like, 3.605551 away.
    start = quick.course.begin()
    nearest = min(math.dist(start, m) for m in quick.course.entry.minimisers({}))
    assert panel["curves"][0]["values"][0] == pytest.approx(nearest)


# --- every control -----------------------------------------------------------------------------


def drawn(visit: RaceVisit, what: str) -> None:
    """After a change: a picture of the settings as they are, or a sentence; never neither."""
    assert visit.shows_stage or visit.sentences, f"{what}: no picture and no word"
    if visit.shows_stage:
        assert visit.picture["planned"] == visit.course.steps
        assert len(visit.picture["contenders"]) == len(visit.course.contenders)


def test_every_dial_moves_to_its_ends_and_back() -> None:
    visit = RaceVisit(
        {**QUICK, "fan": "ring", "sigma": "0.1", "fan_count": "3", "race": "sgd(lr=0.001);adam"}
    )
    opened = visit.course
    for key, dial in visit.dials().items():
        ends = (1, 40) if key == "rc.steps" else (dial["stops"][0], dial["stops"][-1])
        for value in ends:
            visit.turn(key, value)
            drawn(visit, f"{key} = {value}")
            assert visit.dials()[key]["value"] == value
        visit.turn(key, dial["value"])
        drawn(visit, f"{key} = {dial['value']}")
    assert visit.course == opened


@pytest.mark.parametrize(
    ("key", "value", "field", "written"),
    [
        ("rc.steps", 40, "steps", "40"),
        ("rc.target", 0.1, "target", "0.1"),
        ("rc.sigma", 1.0, "sigma", "1.0"),
        ("rc.fan_count", 5, "fan_count", "5"),
        ("rc.fan_size", 0.3, "fan_size", "0.3"),
        ("rc.c0.sgd.lr", 0.0005, "race", None),
        ("rc.c0.sgd.momentum", 0.5, "race", None),
        ("rc.c3.schedule.constant.warmup", 3, "race", None),
        ("rc.function.rosenbrock.b", 10.0, "function", "rosenbrock(b=10.0)"),
    ],
)
def test_a_dial_changes_the_picture_and_the_address(
    key: str, value: float, field: str, written: str | None
) -> None:
    visit = RaceVisit(QUICK | {"fan": "ring"})
    before = visit.message
    dial = visit.dials()[key]
    nearest = min(dial["stops"], key=lambda stop: abs(stop - value))
    visit.turn(key, value if math.isclose(nearest, value, rel_tol=0.2) else nearest)
    assert visit.message != before
    assert field in visit.url
    if written is not None:
        assert visit.url[field] == written
    reopened(visit)


def test_lists_and_switches_change_the_picture_and_the_address(quick: RaceVisit) -> None:
    quick.choose("rc.grid", "201")
    assert quick.picture["surface"]["z"].shape == (201, 201)
    quick.choose("rc.log", False)
    assert not quick.picture["surface"]["log"]
    assert quick.picture["surface"]["note"] == ""
    quick.choose("rc.c0.schedule", "cosine")
    assert "cosine" in quick.picture["contenders"][0]["detail"]
    (rates,) = (p for p in quick.picture["losses"] if p["id"] == "rate")
    falling = rates["curves"][0]["values"][:5]
    assert (np.diff(falling) < 0).all()
    quick.choose("rc.c2.optimizer", "lion" if "lion" in registry.optimizers else "adamw")
    assert {"grid", "log", "race"} <= set(quick.url)
    reopened(quick)


@pytest.mark.parametrize(
    "name", [entry.name for entry in registry.optimizers if not entry.refuses([(2,)])]
)
def test_every_optimizer_that_moves_a_point_races_and_is_explained(name: str) -> None:
    visit = RaceVisit(QUICK | {"function": "ravine", "race": name})
    assert visit.sentences == []
    assert visit.picture["contenders"][0]["label"] == f"A {registry.optimizers[name].title}"
    titles = [page["title"] for page in visit.picture["ledgers"]]
    # One step in numbers, or the sentence why there is none.
    entry = registry.optimizers[name]
    assert (entry.worked is None) == bool(entry.unworked)
    assert titles == ["Why", "One step"]
    path = visit.picture["paths"][0]
    assert np.isfinite(path["x"]).all()


def test_optimizers_that_need_matrices_are_not_offered_and_it_is_said_why(quick: RaceVisit) -> None:
    refused = [entry for entry in registry.optimizers if entry.refuses([(2,)])]
    assert "muon" in [entry.name for entry in refused]
    for entry in refused:
        assert entry.title not in quick.widget("rc.c0.optimizer").options
        assert f"{entry.title} is not offered here." in quick.said


# --- races worth seeing ------------------------------------------------------------------------


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_opens_with_its_claim(preset: Preset) -> None:
    visit = RaceVisit(QUICK)
    visit.press(f"rc.preset.{preset.name}")
    visit.until(lambda: not visit.picture["live"])
    assert visit.course == preset.settings
    assert visit.picture["planned"] == preset.settings.steps
    (told,) = visit.at.info
    assert told.value == f"**{preset.title}.** {preset.claim}"
    assert visit.sentences == []
    if preset.settings.steps <= 1000:
        reopened(visit)


def test_a_claim_stays_while_settings_change_and_says_that_they_did(quick: RaceVisit) -> None:
    quick.press("rc.preset.two-over-curvature")
    quick.turn("rc.c0.sgd.lr", 0.1)
    (told,) = quick.at.info
    assert "Divergence at 2 / curvature" in told.value
    assert told.value.endswith("*You have changed the settings since.*")
    quick.choose("rc.fair", True)
    quick.press("rc.preset.two-over-curvature")
    assert "changed" not in quick.at.info[0].value
    quick.choose("rc.fair", True)
    assert "changed" in quick.at.info[0].value
    quick.choose("rc.function", "booth")
    assert len(quick.at.info) == 0
    quick.choose("rc.function", "ravine")
    assert len(quick.at.info) == 0


# --- formulas ----------------------------------------------------------------------------------


def test_a_typed_formula_replaces_the_picture_and_a_wrong_one_does_not() -> None:
    visit = RaceVisit(QUICK | {"function": "formula"})
    before = visit.message
    visit.typed("x^2 + 3*y^")
    assert visit.message == before
    assert visit.formula.value == "x^2 + 3*y^"
    (wrong,) = visit.at.error
    assert plain(wrong.value).endswith(".")
    pointer = next(c.value for c in visit.at.code if "^" in c.value.splitlines()[-1])
    text, arrow = pointer.splitlines()[:2]
    assert "x^2 + 3*y^" in text
    assert arrow.strip(" ") == "^"
    # The text stays while something else changes.
    visit.turn("rc.c0.sgd.lr", 0.01)
    assert visit.formula.value == "x^2 + 3*y^"
    assert visit.shows_stage
    visit.typed("x^2 + 3*y^2")
    assert visit.sentences == []
    assert visit.message != before
    assert any("f(x, y) = x^{2} + 3 y^{2}" in one.value for one in visit.at.latex)
    seen = visit.picture["surface"]
    x, y = float(seen["x"][4]), float(seen["y"][50])
    assert seen["z"][50, 4] == pytest.approx(x**2 + 3 * y**2, rel=1e-4)
    reopened(visit)


@pytest.mark.parametrize(
    "text", ["__import__('os')", "x.real", "z + 1", "", "x" * 5000, "x ** y ("]
)
def test_what_is_no_formula_is_told_and_harms_nothing(text: str) -> None:
    visit = RaceVisit(QUICK | {"function": "formula"})
    before = visit.message
    visit.typed(text)
    assert len(visit.at.error) == 1
    assert visit.message == before


def test_a_function_that_is_no_number_at_the_start_says_so() -> None:
    visit = RaceVisit(QUICK | {"function": "formula"})
    visit.typed("log(x) + y^2")
    assert visit.shows_stage
    assert "not a finite number at the starting weights" in visit.tables
    visit.fire("start", {"x": 2.0, "y": 1.0})
    assert "not a finite number" not in visit.tables


def test_values_without_a_logarithm_are_told_on_a_log_scale() -> None:
    visit = RaceVisit(QUICK | {"function": "formula"})
    visit.typed("x + y")
    assert "no logarithm" not in visit.said
    visit.choose("rc.log", True)
    assert "values at or below 0, which have no logarithm" in visit.said


def test_a_function_that_falls_for_ever_is_not_called_a_too_large_step() -> None:
    visit = RaceVisit({"function": "hyperbolic", "race": "sgd(lr=0.1)", "start": "0.1,0.1"})
    assert visit.picture["contenders"][0]["diverged"]
    assert "no lowest value on this way" in visit.tables
    assert "too large" not in visit.tables


# --- noise, seeds, further starts, fair mode ---------------------------------------------------


def test_noise_brings_its_controls_and_seeds_a_band(quick: RaceVisit) -> None:
    assert "rc.batch" not in quick.dials()
    quiet = quick.picture["paths"][0]["x"]
    quick.turn("rc.sigma", 1.0)
    assert "noise of variance 1 in each coordinate" in quick.said
    assert not np.array_equal(quiet, quick.picture["paths"][0]["x"])
    assert quick.picture["losses"][0]["curves"][0].get("low") is None
    quick.turn("rc.batch", 4)
    assert "noise of variance 0.25 in each coordinate" in quick.said
    quick.turn("rc.seeds", 8)
    curve = quick.picture["losses"][0]["curves"][0]
    assert (curve["low"] <= curve["high"]).all()
    assert (curve["low"] < curve["high"]).any()
    one = quick.picture["paths"][0]["x"]
    quick.choose("rc.seed", 5)
    assert not np.array_equal(one, quick.picture["paths"][0]["x"])
    assert {"sigma", "batch", "seeds", "seed"} <= set(quick.url)
    reopened(quick)
    quick.turn("rc.sigma", 0.0)
    assert "rc.seeds" not in quick.dials()
    assert "noise" not in quick.said


def test_fans_are_drawn_and_counted_by_where_they_end() -> None:
    visit = RaceVisit(
        {
            "function": "himmelblau",
            "steps": "200",
            "grid": "61",
            "race": "sgd(lr=0.005);adam(lr=0.1)",
        }
    )
    assert visit.picture["fans"] == []
    visit.choose("rc.fan", "grid")
    visit.turn("rc.fan_count", 9)
    for fan in visit.picture["fans"]:
        assert fan["x"].shape == (9, 201)
    assert "Where the 9 further starts end, for each contender:" in visit.said
    assert "at (3, 2)" in visit.tables
    assert "elsewhere" in visit.tables
    reopened(visit)
    visit.choose("rc.fan", "ring")
    ring = visit.picture["fans"][0]
    x0, y0 = visit.course.begin()
    # A tenth of the picture's width, which is 10.
    assert np.hypot(ring["x"][:, 0] - x0, ring["y"][:, 0] - y0) == pytest.approx(1.0, rel=1e-5)
    visit.choose("rc.fan", "none")
    assert visit.picture["fans"] == []
    assert "further starts end" not in visit.said


def test_too_many_further_starts_are_left_out_with_a_sentence_and_the_race_still_stands() -> None:
    race = ";".join(["sgd(lr=0.001)"] * 12)
    visit = RaceVisit({"steps": "8000", "race": race, "fan": "grid", "fan_count": "64"})
    # The race is over before the explanation of its steps is there.
    visit.until(lambda: visit.shows_stage and not visit.at.get("progress"))
    assert visit.picture["fans"] == []
    assert "The further starts are left out: 12 contenders 64 times" in visit.said
    visit.turn("rc.fan_count", 2)
    visit.until(lambda: len(visit.picture["fans"]) == 12)
    assert "left out" not in visit.said


def test_fair_mode_races_at_the_best_rates_and_shows_all_that_were_tried(quick: RaceVisit) -> None:
    visit = RaceVisit({"function": "ravine", "steps": "50", "race": "sgd(lr=0.0001);adam"})
    slow = visit.picture["paths"][0]["loss"][-1]
    visit.choose("rc.fair", True)
    visit.turn("rc.rates", 9)
    visit.until(lambda: "races at the best of the sweep" in visit.said)
    assert visit.picture["paths"][0]["loss"][-1] < slow
    assert len(visit.at.get("plotly_chart")) == 1
    assert "with 9 learning rates" in visit.said
    # The settings keep the rate that the person set.
    assert visit.course.contenders[0].params["lr"] == 0.0001
    assert visit.dials()["rc.c0.sgd.lr"]["value"] == 0.0001
    reopened(visit)
    visit.choose("rc.fair", False)
    assert len(visit.at.get("plotly_chart")) == 0
    assert visit.picture["paths"][0]["loss"][-1] == slow


def test_sweeps_of_settings_that_were_left_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: dict[tuple[int, int], Future[tuple[Sweep, ...]]] = {}
    dropped: list[Future[tuple[Sweep, ...]]] = []
    monkeypatch.setattr(
        show, "sweep_begun", lambda course, k: begun.setdefault((course.steps, k), Future())
    )
    monkeypatch.setattr(engine, "drop", dropped.append)
    monkeypatch.setattr(live, "PATIENCE", 0.01)
    visit = RaceVisit(QUICK | {"fair": "true", "race": "sgd;adam", "steps": "50"})
    visit.turn("rc.steps", 7)
    assert dropped == [begun[50, 0], begun[50, 1]]
    # One that another session lets go of is waited for, not told as an error.
    begun[7, 0].cancel()
    visit.again()
    assert visit.said.count("looking for the best learning rate") == 2
    visit.choose("rc.fair", False)
    assert dropped[2:] == [begun[7, 0], begun[7, 1]]
    assert visit.shows_stage


def test_a_sweep_whose_ends_are_crossed_is_refused_in_a_sentence(quick: RaceVisit) -> None:
    quick.choose("rc.fair", True)
    before = quick.course
    quick.turn("rc.highest", -5.0)
    assert any("its end must be above its beginning" in plain(s) for s in quick.sentences)
    assert quick.course == before
    assert quick.dials()["rc.highest"]["value"] == before.highest


def test_what_would_take_too_long_is_not_begun_and_says_what_to_change() -> None:
    race = ";".join(["lbfgs"] * 12)
    visit = RaceVisit({"steps": "20000", "race": race, "fair": "true", "rates": "33"})
    (error,) = visit.at.error
    assert "This would take about" in error.value
    assert "fewer rates in the sweep" in plain(error.value)
    assert not visit.shows_stage
    visit.turn("rc.steps", 5)
    visit.until(lambda: visit.shows_stage)
    assert visit.sentences == []


# --- events of the stage -----------------------------------------------------------------------


def test_a_click_moves_the_start_of_all(quick: RaceVisit) -> None:
    before = quick.picture["surface"]["z"]
    quick.fire("start", {"x": 0.5, "y": 2.0})
    for path in quick.picture["paths"]:
        assert (path["x"][0], path["y"][0]) == (0.5, 2.0)
    assert quick.url["start"] == "0.5,2.0"
    assert np.array_equal(quick.picture["surface"]["z"], before)
    reopened(quick)
    quick.press("rc.usual")
    assert "start" not in quick.url


def test_starts_are_added_dragged_and_dropped(quick: RaceVisit) -> None:
    quick.fire("add", {"x": 1.5, "y": 0.5})
    quick.fire("add", {"x": -1.5, "y": 0.0})
    assert quick.url["more"] == "1.5,0.5;-1.5,0.0"
    assert quick.picture["surface"]["starts"].tolist()[1:] == [[1.5, 0.5], [-1.5, 0.0]]
    assert quick.picture["fans"][0]["x"][:, 0].tolist() == [1.5, -1.5]
    quick.fire("drag", {"index": 2, "x": 0.0, "y": 2.5})
    assert quick.url["more"] == "1.5,0.5;0.0,2.5"
    quick.fire("drag", {"index": 0, "x": 0.25, "y": 0.25})
    assert quick.url["start"] == "0.25,0.25"
    reopened(quick)
    quick.fire("drop", {"index": 1})
    assert quick.url["more"] == "0.0,2.5"
    quick.fire("drop", {"index": 0})
    assert "start" not in quick.url
    quick.fire("drop", {"index": 7})
    quick.fire("drag", {"index": 7, "x": 0.0, "y": 0.0})
    assert quick.course.more == ((0.0, 2.5),)


def test_more_starts_than_can_be_placed_are_told(quick: RaceVisit) -> None:
    for k in range(17):
        quick.fire("add", {"x": k / 10, "y": 0.0})
    assert len(quick.course.more) == 16
    assert any("up to 16 can be placed" in plain(s) for s in quick.sentences)


def test_a_start_that_is_not_allowed_is_told_and_the_old_one_stays() -> None:
    visit = RaceVisit(QUICK | {"function": "online"})
    assert "Here x must stay from -1 to 1" in visit.said
    before = visit.message
    visit.fire("start", {"x": 1.4, "y": 0.5})
    assert any("not allowed here: x must be from -1 to 1" in plain(s) for s in visit.sentences)
    assert visit.message == before
    visit.fire("start", {"x": 1e300, "y": 0.5})
    assert any("not a point within" in plain(s) for s in visit.sentences)
    visit.fire("start", {"x": 0.5, "y": 0.5})
    assert visit.sentences == []


def test_choosing_hiding_views_and_arrows_are_in_the_address(quick: RaceVisit) -> None:
    quick.fire("choose", "C")
    assert {page["contender"] for page in quick.picture["ledgers"]} == {"C"}
    quick.fire("visible", {"hidden": ["A", "D"]})
    assert [c["visible"] for c in quick.picture["contenders"]] == [False, True, True, False]
    quick.fire("view", "3d")
    assert quick.picture["surface"]["view"] == "3d"
    quick.fire("arrows", {"on": ["step", "gradient"]})
    assert quick.picture["arrowsOn"] == ["gradient", "step"]
    assert {k: quick.url[k] for k in ("chosen", "hidden", "three_d", "arrows")} == {
        "chosen": "2", "hidden": "0,3", "three_d": "true", "arrows": "gradient,step",
    }  # fmt: skip
    reopened(quick)
    quick.fire("arrows", {"on": []})
    quick.fire("view", "2d")
    assert not {"arrows", "three_d"} & set(quick.url)


def test_an_odd_event_from_a_browser_is_no_harm(quick: RaceVisit) -> None:
    before = quick.course
    for event, value in [
        ("start", None), ("start", {"x": 0, "y": float("nan")}), ("start", []),
        ("drag", {"index": "a", "x": 0, "y": 0}), ("drag", {"index": -1, "x": 0, "y": 0}),
        ("drop", {"index": 1e9}), ("drop", None), ("add", {"x": 1}), ("visible", {"hidden": 3}),
        ("choose", "Z"), ("choose", {}), ("arrows", {"on": ["sword"]}), ("arrows", 7),
        ("view", "4d"),
    ]:  # fmt: skip
        quick.fire(event, value)
        assert quick.shows_stage, (event, value, quick.sentences)
    assert quick.course == before


def test_random_starts_are_seeded_and_the_picture_fits_itself_to_paths(quick: RaceVisit) -> None:
    quick.press("rc.random")
    assert quick.url["start_seed"] == "1"
    assert "drawn with seed 1. " in quick.said
    first = quick.course.begin()
    quick.press("rc.random")
    assert quick.course.begin() != first
    quick.press("rc.fit")
    x0, x1, y0, y1 = quick.course.frame or (0, 0, 0, 0)
    for path in quick.picture["paths"]:
        assert ((x0 <= path["x"]) & (path["x"] <= x1)).all()
        assert ((y0 <= path["y"]) & (path["y"] <= y1)).all()
    assert quick.picture["surface"]["x"][[0, -1]].tolist() == pytest.approx([x0, x1])
    reopened(quick)
    quick.press("rc.unfit")
    quick.press("rc.usual")
    assert quick.course == RaceVisit(QUICK).course


# --- contenders --------------------------------------------------------------------------------


def test_contenders_are_added_up_to_twelve_and_doubled_and_dropped(quick: RaceVisit) -> None:
    for count in range(5, MOST_CONTENDERS + 1):
        quick.press("rc.add")
        assert len(quick.picture["contenders"]) == count
    assert [b.key for b in quick.at.button if b.key == "rc.add"] == []
    assert quick.at.button(key="rc.c0.copy").disabled
    assert len({c["mark"] for c in quick.picture["contenders"]}) == MOST_CONTENDERS
    reopened(quick)
    quick.press("rc.c1.drop")
    quick.press("rc.c0.copy")
    assert quick.course.contenders[0] == quick.course.contenders[1]
    quick.press("rc.reset")
    assert quick.course == Course()


def test_who_was_dropped_is_no_longer_explained(quick: RaceVisit) -> None:
    quick.fire("choose", "D")
    quick.press("rc.c3.drop")
    assert quick.picture["ledgers"][0]["contender"] == "A"


def test_long_lists_of_hyperparameters_are_short_on_the_chip_and_whole_in_the_table() -> None:
    visit = RaceVisit(
        QUICK | {"race": "adam(lr=0.05,beta1=0.5,beta2=0.9,eps=0.001,weight_decay=0.1)@cosine"}
    )
    detail = visit.picture["contenders"][0]["detail"]
    assert detail == "lr 0.05, beta1 0.5 and 4 more"
    assert "weight decay 0.1" in visit.tables


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v.choose("rc.c0.sgd.nesterov", True), "needs a momentum above 0"),
        (lambda v: v.turn("rc.c1.sgd.dampening", 0.5) or v.choose("rc.c1.sgd.nesterov", True),
         "no dampening"),
    ],
)  # fmt: skip
def test_what_an_optimizer_refuses_is_a_sentence_and_the_way_back_works(
    quick: RaceVisit, change: Callable[[RaceVisit], None], words: str
) -> None:
    before = quick.message
    change(quick)
    (error,) = quick.at.error
    assert words in plain(error.value)
    quick.press("rc.reset")
    assert quick.sentences == []
    quick.turn("rc.steps", 5)
    quick.choose("rc.grid", "61")
    assert quick.message == before


# --- long races --------------------------------------------------------------------------------


def test_a_long_race_grows_and_what_was_done_is_kept_when_it_is_cancelled() -> None:
    visit = RaceVisit({"steps": "20000", "function": "ravine", "race": "adam(lr=0.001);rmsprop"})
    visit.until(lambda: visit.shows_stage)
    assert visit.picture["live"]
    (progress,) = visit.at.get("progress")
    assert "of 20,000 steps" in progress.proto.text
    first = visit.picture["contenders"][0]["last"]
    visit.until(lambda: visit.picture["contenders"][0]["last"] > first)
    visit.press("rc.cancel")
    visit.until(lambda: not visit.picture["live"])
    kept = visit.picture["contenders"][0]["last"]
    assert first < kept < 20_000
    assert f"Cancelled after {kept:,} of 20,000 steps; what was done is kept." in visit.said
    assert "It was stopped after" in visit.tables
    visit.turn("rc.steps", 30)
    assert "Cancelled" not in visit.said
    assert [c["last"] for c in visit.picture["contenders"]] == [30, 30]


def test_a_long_race_ends_as_the_short_way_would() -> None:
    link = {"steps": "20000", "function": "ravine", "race": "sgd(lr=0.0001);sgd(lr=0.001)"}
    visit = RaceVisit(link)
    visit.until(lambda: "All 20000 steps were taken." in visit.tables)
    path = visit.picture["paths"][0]
    # On curvature 1 the weight shrinks by 1 - lr each step.
    assert path["x"][-1] == pytest.approx(10 * (1 - 1e-4) ** 20_000, rel=1e-5)
    assert path["steps"][-1] == 20_000


# --- the address -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ({"function": "volcano"}, "volcano"),
        ({"function": "ravine(condition=-3)"}, "condition"),
        ({"function": "formula(text=import os)"}, "Unknown name 'import' at place 1"),
        ({"function": "formula(text=x^2%2B)"}, "Using (x^2 + 2*y^2)/10 + sin(2*x)*cos(y)."),
        ({"race": "teleport(lr=1)"}, "teleport"),
        ({"race": "muon"}, "Muon"),
        ({"race": ";".join(["sgd"] * 13)}, "13 contenders"),
        ({"race": "sgd@wobble"}, "wobble"),
        ({"start": "here"}, "here"),
        ({"start": "1e300,0"}, "start"),
        ({"function": "online", "start": "3,0"}, "not allowed here"),
        ({"more": "1,2;x"}, "more"),
        ({"more": ";".join(["0,0"] * 17)}, "17 further starts"),
        ({"frame": "1,0,0,1"}, "frame"),
        ({"arrows": "sword"}, "sword"),
        ({"chosen": "9"}, "chosen"),
        ({"hidden": "9"}, "hidden"),
        ({"lowest": "1", "highest": "-1"}, "sweep"),
        ({"steps": "many"}, "many"),
        ({"fan": "spiral"}, "spiral"),
        ({"colour": "red"}, "colour"),
        ({"v": "99"}, "99"),
    ],
)
def test_nonsense_opens_on_the_nearest_settings_and_is_named(
    link: dict[str, str], named: str
) -> None:
    visit = RaceVisit(QUICK | link)
    assert len(visit.sentences) == 1
    mended(visit, named)


@pytest.mark.parametrize("field", ["function", "race", "start", "more", "frame", "arrows", "steps"])
def test_hostile_text_in_a_link_is_plain_and_short(field: str) -> None:
    for text in ("<script>alert(1)</script>", "**b** $x$ [a](b) :red[c]", "a" * 10_000, "(" * 999):
        course, problems = Course.nearest_from_url(QUICK | {"seed": "3", field: text})
        assert course.seed == 3
        assert all(len(problem) < 700 for problem in problems)
        assert Course.from_url(course.to_url()) == course
    visit = RaceVisit(QUICK | {field: "<b>$x$</b>"})
    assert visit.shows_stage
    assert "\\<b\\>\\$x\\$" in visit.at.warning[0].value


def test_going_back_in_the_browser_shows_what_was_there(quick: RaceVisit) -> None:
    before, url = quick.message, dict(quick.url)
    quick.choose("rc.function", "booth")
    assert quick.message != before
    quick.at.query_params.clear()
    for name, value in url.items():
        quick.at.query_params[name] = value
    quick.again()
    assert quick.message == before


# --- both pages --------------------------------------------------------------------------------

BOTH = """
import runpy
import streamlit as st
runpy.run_path(st.session_state.get("script", {race!r}))
"""


def test_each_page_keeps_its_settings_while_one_looks_at_the_other(tmp_path: Path) -> None:
    race, playground = (str(ROOT / "pages" / f"{name}.py") for name in ("race", "playground"))
    script = tmp_path / "both.py"
    script.write_text(BOTH.format(race=race))
    visit = RaceVisit(QUICK, script=script)
    visit.choose("rc.function", "booth")
    visit.turn("rc.c0.sgd.lr", 0.01)
    mine, message = visit.course, visit.message

    def go(page: str) -> None:
        # Following a link of the navigation leaves the address bar empty.
        visit.at.query_params.clear()
        visit.at.session_state["script"] = page
        visit.again()

    go(playground)
    assert state.playground.settings in visit.at.session_state
    assert "function" not in visit.url
    visit.turn("pg.steps", 7)
    assert visit.url["steps"] == "7"
    go(race)
    assert visit.course == mine
    assert visit.message == message
    assert visit.url == mine.to_url()
    assert visit.dials()["rc.c0.sgd.lr"]["value"] == 0.01
    assert visit.widget("rc.function").value == "booth"
    go(playground)
    assert visit.comparison.base.steps == 7
    assert visit.dials()["pg.steps"]["value"] == 7


def test_contenders_of_the_page_are_those_of_the_course(quick: RaceVisit) -> None:
    quick.choose("rc.c0.optimizer", "adagrad")
    assert quick.course.contenders[0] == Contender("adagrad")
    assert quick.picture["contenders"][0]["label"] == "A Adagrad"
