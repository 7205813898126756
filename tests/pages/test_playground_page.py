"""The playground without a browser: every control and choice, and what is said when one fails."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from lossviz import registry
from lossviz.comparison import MOST_CONTENDERS, Comparison
from tests.pages.visit import ROOT, Visit, mended, plain

QUICK = {"steps": "5", "grid": "41"}


@pytest.fixture
def quick() -> Visit:
    return Visit(QUICK)


# --- opening -----------------------------------------------------------------------------------


def test_it_opens_on_sgd_against_adam_computed_and_ready_to_play() -> None:
    visit = Visit()
    picture = visit.picture
    assert [c["label"] for c in picture["contenders"]] == ["A SGD", "B Adam"]
    assert picture["planned"] == 300
    assert [c["last"] for c in picture["contenders"]] == [300, 300]
    assert not picture["live"]
    assert picture["surface"]["z"].shape == (61, 61)
    assert np.isfinite(picture["surface"]["z"]).all()
    assert [len(p["steps"]) for p in picture["paths"]] == [301, 301]
    assert picture["predictions"]["kind"] == "regions"
    assert visit.sentences == []
    assert visit.comparison == Comparison()
    assert visit.url == {"v": "1"}


def test_the_frame_runs_the_playground_under_its_title() -> None:
    visit = Visit(QUICK, script=ROOT / "lossviz" / "ui" / "frame.py")
    assert visit.picture["planned"] == 5
    visit.again()
    assert visit.picture["planned"] == 5
    assert any("lv-title" in h.proto.body for h in visit.at.get("html"))


def test_running_the_page_again_shows_the_same_bytes(quick: Visit) -> None:
    before = quick.message
    quick.again()
    assert quick.message == before


# --- every control -----------------------------------------------------------------------------


def changed(visit: Visit, what: str) -> None:
    """After a change: a picture of the settings as they are, or a sentence; never neither."""
    assert visit.shows_stage or visit.sentences, f"{what}: no picture and no word"
    if visit.shows_stage:
        assert visit.picture["planned"] == visit.comparison.base.steps
        assert len(visit.picture["contenders"]) == len(visit.comparison.contenders)


def test_every_dial_moves_to_its_ends_and_back(quick: Visit) -> None:
    for key, dial in quick.dials().items():
        stops = dial["stops"]
        ends = (1, 40) if key == "pg.steps" else (stops[0], stops[-1])
        for value in ends:
            quick.turn(key, value)
            changed(quick, f"{key} = {value}")
            assert quick.dials()[key]["value"] == value
            assert quick.dials()[key]["seen"] == quick.moves
        quick.turn(key, dial["value"])
        changed(quick, f"{key} = {dial['value']}")
    assert quick.comparison == Comparison.from_url(QUICK | {"v": "1"})


@pytest.mark.parametrize(
    "key", ["pg.scaling", "pg.model.mlp.activation", "pg.dtype", "pg.init", "pg.bias_init",
            "pg.plane", "pg.grid", "pg.split", "pg.loss", "pg.model"]
)  # fmt: skip
def test_every_option_of_a_list_gives_a_picture(quick: Visit, key: str) -> None:
    options = quick.widget(key).options
    assert len(options) > 1
    for option in options:
        # The lists show titles and mean names.
        widget = quick.widget(key)
        widget.set_value(_value(widget, key, option))
        quick.again()
        changed(quick, f"{key} = {option}")
        assert quick.shows_stage


def _value(widget: object, key: str, title: str) -> str:
    """What stands behind the title that a list shows."""
    catalogue = {
        "pg.init": registry.initialisers,
        "pg.bias_init": registry.initialisers,
        "pg.loss": registry.losses,
        "pg.model": registry.models,
        "pg.dataset": registry.datasets,
    }.get(key)
    if catalogue is None:
        return title
    return next(entry.name for entry in catalogue if entry.title == title)


def test_every_data_set_can_be_chosen_and_its_own_dials_come_with_it(quick: Visit) -> None:
    for entry in registry.datasets:
        quick.choose("pg.dataset", entry.name)
        assert quick.shows_stage, (entry.name, quick.sentences)
        assert quick.comparison.base.dataset == entry.name
        numbers = [p for p in entry.params if p.kind in {"number", "whole"}]
        dials = [key for key in quick.dials() if key.startswith(f"pg.dataset.{entry.name}.")]
        assert len(dials) == len([p for p in numbers if p.high - p.low <= 2000 or p.scale == "log"])
        # A change of the task takes a fitting loss, and says so.
        assert entry.shape({p.name: p.default for p in entry.params}).task in (
            registry.losses[quick.comparison.base.loss].tasks
        )


def test_a_data_set_that_needs_another_loss_says_which_it_took(quick: Visit) -> None:
    quick.choose("pg.dataset", "sine")
    assert quick.comparison.base.loss == "mse"
    assert any("cross" in s and "mse" in s for s in quick.sentences)
    assert quick.picture["predictions"]["kind"] == "fit"
    quick.choose("pg.loss", "huber")
    assert quick.sentences == []


def test_whole_numbers_with_a_wide_range_are_typed(quick: Visit) -> None:
    before = quick.picture["surface"]["z"]
    quick.choose("pg.seed", 7)
    assert quick.url["seed"] == "7"
    assert not np.array_equal(before, quick.picture["surface"]["z"])
    quick.choose("pg.data_seed", 999_999)
    assert quick.url["data_seed"] == "999999"


def test_the_switches(quick: Visit) -> None:
    quick.choose("pg.log", True)
    assert quick.picture["surface"]["log"]
    assert quick.picture["losses"][0]["log"]
    assert quick.url["log"] == "true"
    quick.fire("view", "3d")
    assert quick.picture["surface"]["view"] == "3d"
    assert quick.url["three_d"] == "true"


def test_pinned_colours_stay_while_a_contender_changes(quick: Visit) -> None:
    quick.choose("pg.pin", True)
    pinned = quick.picture["surface"]["range"]
    assert pinned == pytest.approx(quick.comparison.color_range)
    quick.turn("pg.c0.sgd.lr", 0.001)
    assert quick.picture["surface"]["range"] == pinned
    quick.choose("pg.pin", False)
    assert quick.comparison.color_range is None
    assert "color_range" not in quick.url


# --- contenders --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", registry.optimizers.names())
def test_every_optimizer_can_race_with_every_parameter_at_its_ends(name: str) -> None:
    visit = Visit({**QUICK, "steps": "3", "race": name})
    visit.choose("pg.c0.optimizer", name)
    assert visit.shows_stage
    assert registry.optimizers[name].title in visit.picture["contenders"][0]["label"]
    for key, dial in visit.dials().items():
        if key.startswith(f"pg.c0.{name}."):
            for value in (dial["stops"][0], dial["stops"][-1], dial["value"]):
                visit.turn(key, value)
                changed(visit, f"{key} = {value}")


def test_contenders_are_added_up_to_eight_and_each_is_another_optimizer(quick: Visit) -> None:
    for count in range(3, MOST_CONTENDERS + 1):
        quick.press("pg.add")
        assert len(quick.picture["contenders"]) == count
        assert len(quick.picture["paths"]) == count
    names = [c.optimizer for c in quick.comparison.contenders]
    assert len(set(names)) == MOST_CONTENDERS
    assert [b.key for b in quick.at.button if b.key == "pg.add"] == []
    assert quick.at.button(key="pg.c0.copy").disabled
    assert len({c["mark"] for c in quick.picture["contenders"]}) == MOST_CONTENDERS


def test_duplicate_stands_beside_its_original_and_drop_takes_one_away(quick: Visit) -> None:
    quick.turn("pg.c0.sgd.lr", 0.2)
    quick.press("pg.c0.copy")
    assert [(c.optimizer, c.params["lr"]) for c in quick.comparison.contenders] == [
        ("sgd", 0.2), ("sgd", 0.2), ("adam", 0.02),
    ]  # fmt: skip
    quick.press("pg.c0.drop")
    quick.press("pg.c0.drop")
    assert [c.optimizer for c in quick.comparison.contenders] == ["adam"]
    assert quick.at.button(key="pg.c0.drop").disabled
    assert quick.dials()["pg.c0.adam.lr"]["value"] == 0.02


def test_the_predictions_stay_those_of_their_contender_when_another_one_goes(quick: Visit) -> None:
    quick.press("pg.add")
    quick.fire("choose", "C")
    label = quick.picture["contenders"][2]["label"]
    quick.press("pg.c0.copy")
    assert quick.picture["predictions"]["contender"] == "D"
    quick.press("pg.c0.drop")
    quick.press("pg.c0.drop")
    assert quick.picture["predictions"]["contender"] == "B"
    assert quick.picture["contenders"][1]["label"][2:] == label[2:]
    quick.press("pg.c1.drop")
    assert quick.picture["predictions"]["contender"] == "A"


def test_reset_goes_back_to_the_opening(quick: Visit) -> None:
    quick.press("pg.add")
    quick.choose("pg.dataset", "iris")
    quick.press("pg.reset")
    assert quick.comparison == Comparison()
    assert quick.url == {"v": "1"}
    assert quick.widget("pg.dataset").value == "moons"
    assert quick.message == Visit().message


# --- events of the stage -----------------------------------------------------------------------


def test_hiding_a_contender_is_in_the_url_and_closes_in_on_the_others(quick: Visit) -> None:
    before = quick.picture
    quick.fire("visible", {"hidden": ["B"]})
    assert quick.url["hidden"] == "1"
    after = quick.picture
    assert [c["visible"] for c in after["contenders"]] == [True, False]
    # The plane stays, and so do the paths on it; the window is that of who is visible.
    for old, new in zip(before["paths"], after["paths"], strict=True):
        assert np.array_equal(old["x"], new["x"])
    own = after["paths"][0]["x"]
    assert after["surface"]["x"][0] < own.min() <= own.max() < after["surface"]["x"][-1]
    assert not np.array_equal(before["surface"]["x"], after["surface"]["x"])
    quick.fire("visible", {"hidden": []})
    assert "hidden" not in quick.url
    assert np.array_equal(quick.picture["surface"]["z"], before["surface"]["z"])


def test_choosing_whose_predictions(quick: Visit) -> None:
    quick.fire("choose", "B")
    assert quick.picture["predictions"]["contender"] == "B"
    assert quick.url["chosen"] == "1"
    quick.fire("choose", "Z")
    assert quick.picture["predictions"]["contender"] == "B"


def test_a_click_on_the_surface_starts_all_contenders_there(quick: Visit) -> None:
    before = quick.picture
    x, y = float(before["surface"]["x"][30]), float(before["surface"]["y"][10])
    quick.fire("start", {"x": x, "y": y})
    after = quick.picture
    for path in after["paths"]:
        assert path["x"][0] == pytest.approx(x, abs=1e-4)
        assert path["y"][0] == pytest.approx(y, abs=1e-4)
        assert path["residual"][0] == pytest.approx(0, abs=1e-4)
    assert quick.url["start"].count(",") == 1
    said = [c.value for c in quick.at.caption if "start at the point" in c.value]
    assert said == [f"All contenders start at the point ({x:.3g}, {y:.3g}) of this slice."]
    assert Visit(quick.url).message == quick.message
    quick.press("pg.unstart")
    assert "start" not in quick.url
    assert np.array_equal(quick.picture["surface"]["z"], before["surface"]["z"])


def test_an_odd_event_from_a_browser_is_no_harm(quick: Visit) -> None:
    before = quick.comparison
    quick.fire("start", {"x": 1e300, "y": 0})
    assert "not a pair of numbers" in " ".join(quick.sentences)
    for event, value in [
        ("start", None), ("start", {"x": 0, "y": float("nan")}), ("start", {"x": "a"}),
        ("start", []), ("visible", {}), ("visible", {"hidden": [["A"]]}), ("visible", "B"),
        ("choose", {"a": 1}), ("choose", "x" * 10_000), ("resync", "now"),
    ]:  # fmt: skip
        quick.fire(event, value)
        assert quick.shows_stage, (event, value, quick.sentences)
    assert quick.comparison == before


# --- what cannot be ----------------------------------------------------------------------------


def test_settings_that_cannot_be_are_a_sentence_and_the_controls_stay() -> None:
    visit = Visit({**QUICK, "dataset": "blobs(samples=20,classes=6)"})
    visit.turn("pg.test_share", 0.9)
    # Written so that no sign in it counts as Markdown.
    assert [e.value.replace("\\", "") for e in visit.at.error] == [
        "test_share is 0.9, but of 20 samples that does not leave one for each of 6 classes on "
        "both sides; take more samples, or another share (0 for no test samples)."
    ]
    assert not visit.shows_stage
    assert visit.dials()["pg.test_share"]["value"] == 0.9
    visit.turn("pg.test_share", 0.5)
    assert visit.shows_stage
    assert visit.sentences == []


@pytest.mark.parametrize(
    "link",
    [
        {"init": "zero", "bias_init": "zero"},
        {"dataset": "sine", "model": "linear", "loss": "mse"},
    ],
)
def test_a_random_slice_without_two_directions_is_a_sentence(link: dict[str, str]) -> None:
    visit = Visit({**QUICK, **link, "plane": "random"})
    assert "no two random directions" in plain(" ".join(visit.sentences))
    assert not visit.shows_stage
    visit.choose("pg.plane", "pca")
    assert visit.shows_stage
    assert visit.sentences == []


def test_without_test_samples_there_is_no_surface_of_them(quick: Visit) -> None:
    quick.choose("pg.split", "test")
    quick.turn("pg.test_share", 0)
    assert quick.shows_stage
    assert "no test samples" in " ".join(quick.sentences)
    assert quick.comparison.split == "train"
    with pytest.raises(AssertionError, match="no widget"):
        quick.widget("pg.split")
    mended(Visit({**QUICK, "test_share": "0", "split": "test"}), "no test samples")


def test_divergence_is_said_in_words() -> None:
    visit = Visit({"dataset": "diabetes", "loss": "mse", "race": "sgd(lr=10)", "steps": "100"})
    contender = visit.picture["contenders"][0]
    assert contender["diverged"]
    assert contender["status"].startswith("diverged at step")
    assert contender["last"] < 100
    assert any("exploded" in h.proto.body for h in visit.at.get("html"))


# --- the address -------------------------------------------------------------------------------

LINKS = (
    {"v": "1"},
    {"v": "1", **QUICK, "dataset": "sine", "loss": "huber(delta=0.5)", "race": "adamw(lr=0.05)"},
    {"v": "1", **QUICK, "dataset": "digits", "batch_size": "32", "chosen": "1", "hidden": "0"},
    {"v": "1", **QUICK, "dataset": "wine", "plane": "random", "normalize": "layer", "log": "true"},
    {
        "v": "1",
        **QUICK,
        "model": "two_parameter",
        "loss": "mse",
        "three_d": "true",
        "split": "test",
    },
    {"v": "1", **QUICK, "start": "0.25,-0.5", "color_range": "0.1,2.0", "target": "0.3"},
)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_gives_the_identical_picture_to_everyone(link: dict[str, str]) -> None:
    first, second = Visit(link), Visit(dict(reversed(list(link.items()))))
    assert first.sentences == []
    assert first.message == second.message
    # What the address bar then says is the same picture again.
    assert Visit(first.url).message == first.message


def test_what_a_person_did_is_the_link(quick: Visit) -> None:
    quick.choose("pg.dataset", "circles")
    quick.turn("pg.c1.adam.lr", 0.05)
    quick.press("pg.add")
    quick.choose("pg.log", True)
    other = Visit(quick.url)
    assert other.comparison == quick.comparison
    assert other.message == quick.message


def test_going_back_in_the_browser_shows_what_was_there(quick: Visit) -> None:
    before, url = quick.message, dict(quick.url)
    quick.choose("pg.dataset", "circles")
    assert quick.message != before
    quick.at.query_params.clear()
    for name, value in url.items():
        quick.at.query_params[name] = value
    quick.again()
    assert quick.message == before
    assert quick.widget("pg.dataset").value == "moons"


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ({"dataset": "tulips"}, "tulips"),
        ({"steps": "-5"}, "steps"),
        ({"steps": "many"}, "many"),
        ({"race": "sgd(lr=fast)"}, "fast"),
        ({"race": "teleport(lr=1)"}, "teleport"),
        ({"race": ";".join(["sgd"] * 9)}, "9 contenders"),
        ({"colour": "red"}, "colour"),
        ({"v": "99"}, "99"),
        ({"start": "here"}, "here"),
        ({"color_range": "2,1"}, "color_range"),
        ({"hidden": "7"}, "7"),
        ({"chosen": "5"}, "chosen"),
        ({"plane": "exact"}, "exact"),
        ({"model": "two_parameter", "dataset": "digits"}, "two_parameter"),
        ({"model": "mlp(width=1e9)"}, "width"),
    ],
)
def test_nonsense_opens_on_the_nearest_settings_and_is_named(
    link: dict[str, str], named: str
) -> None:
    mended(Visit(QUICK | link), named)


HOSTILE = (
    "<script>window.hacked = 1</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) **bold** $x^2$ :material/home: :red[x]",
    "a" * 10_000,
    "\u202e\u0000\u200f𝔘𝔫𝔦 🙂 ﷽",
    "../../etc/passwd",
    "__import__('os').system('true')",
    "sgd(" * 500,
    ";" * 3000,
    "1e999",
    "nan,inf",
)


FIELDS = ("dataset", "race", "steps", "start", "hidden", "log", "v", "model", "init")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_plain_text_and_short(text: str) -> None:
    visit = Visit(QUICK | dict.fromkeys(FIELDS, text))
    assert visit.shows_stage
    (warning,) = visit.at.warning
    assert len(warning.value) < 4000
    assert all(c not in _bare(warning.value) for c in "<[$*`")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", FIELDS)
def test_hostile_text_in_one_field_leaves_the_others_alone(field: str, text: str) -> None:
    comparison, problems = Comparison.nearest_from_url(QUICK | {"seed": "3", field: text})
    assert comparison.base.seed == 3
    assert all(len(problem) < 600 for problem in problems)
    assert Comparison.from_url(comparison.to_url()) == comparison


def test_hostile_names_of_fields_are_plain_text_too() -> None:
    url = dict(islice(((f"{text[:40]}{i}", text) for i, text in enumerate(HOSTILE)), 8))
    visit = Visit(QUICK | url)
    assert visit.shows_stage
    assert all(c not in _bare(visit.at.warning[0].value) for c in "<[$*`")
    assert len(visit.at.warning[0].value) < 4000


def _bare(markdown: str) -> str:
    """The characters that Markdown would see: those without a backslash before them."""
    characters = iter(markdown)
    return "".join(c for c in characters if c != "\\" or not next(characters, ""))


def test_the_sharpness_comes_in_a_tab_of_its_own(quick: Visit) -> None:
    quick.choose("pg.sharpness", True)
    for _ in range(60):
        if len(quick.picture["losses"]) == 2:
            break
        quick.again()
    tabs = [panel["tab"] for panel in quick.picture["losses"]]
    assert tabs == ["loss", "sharpness"]
    assert quick.url["sharpness"] == "true"
    assert quick.sentences == []
