"""The landscape page without a browser: every control, every part, and what is said."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lossviz import engine
from lossviz.settings import Experiment
from lossviz.survey import PLANES, Survey, View
from lossviz.survey.presets import PRESETS
from lossviz.survey.subjects import SUBJECTS
from lossviz.ui.landscape import look
from lossviz.ui.landscape.controls import about_time
from tests.pages.landscape_visit import LandscapeVisit
from tests.pages.visit import ROOT, plain

QUICK = {"steps": "5", "grid": "25", "model": "mlp(width=4)"}
TRIO = {**QUICK, "race": "sgd;adam;rmsprop"}


@pytest.fixture
def quick() -> LandscapeVisit:
    return LandscapeVisit(QUICK)


def surfaces(visit: LandscapeVisit) -> list[dict]:
    picture = visit.picture
    return [picture["surface"], *(view["surface"] for view in picture["views"])]


def whole(visit: LandscapeVisit) -> None:
    """Every picture is there, of the settings as they are."""
    visit.settled()
    survey = visit.survey
    found = surfaces(visit)
    assert len(found) == len(survey.views) * survey.networks
    for surface in found:
        assert surface["z"].shape == (int(survey.grid), int(survey.grid))
        assert np.isfinite(surface["z"]).all()
    names = [entrant.name for entrant in survey.entrants()]
    assert [c["id"] for c in visit.picture["contenders"]] == names


# --- opening -----------------------------------------------------------------------------------


def test_it_opens_on_two_slices_of_two_runs_side_by_side() -> None:
    visit = LandscapeVisit()
    assert visit.sentences == []
    assert visit.survey == Survey()
    assert visit.url == {"v": "1"}
    whole(visit)
    picture = visit.picture
    assert [len(path["steps"]) for path in picture["paths"]] == [301, 301]
    assert [tab["id"] for tab in picture["losses"]] == ["loss", "residual", "trueness"]
    first, second = surfaces(visit)
    assert first["range"] == second["range"]
    assert "2 random walks of this length" in visit.said
    assert not visit.busy


def test_the_frame_offers_the_page() -> None:
    assert "landscape.py" in (ROOT / "lossviz" / "ui" / "frame.py").read_text("utf-8")


def test_running_the_page_again_shows_the_same_bytes(quick: LandscapeVisit) -> None:
    before = quick.message
    quick.again()
    assert quick.message == before


# --- pictures ----------------------------------------------------------------------------------


def test_every_plane_can_be_chosen_and_told(quick: LandscapeVisit) -> None:
    titles = set()
    for plane in PLANES.names():
        quick.choose("ls.view0", plane)
        whole(quick)
        assert quick.sentences == []
        view = quick.survey.views[0]
        assert view.plane == plane
        assert Survey.from_url(quick.url).views == (view, View("random"))
        titles.add(surfaces(quick)[0]["title"])
        assert surfaces(quick)[0]["title"] in quick.said
        assert "The paths span" in quick.said
    assert len(titles) == len(PLANES)


def test_pictures_are_added_and_removed(quick: LandscapeVisit) -> None:
    for count in (3, 4):
        quick.press("ls.view.add")
        whole(quick)
        assert len(surfaces(quick)) == count
    assert quick.at.button(key="ls.view.add").disabled
    assert len({view.write() for view in quick.survey.views}) == 4
    for count in (3, 2, 1):
        quick.press("ls.view0.drop")
        assert len(quick.survey.views) == count
    assert [button for button in quick.at.button if button.key == "ls.view0.drop"] == []
    whole(quick)


def test_three_random_seeds_at_one_stroke(quick: LandscapeVisit) -> None:
    quick.press("ls.view.seeds")
    assert quick.survey.views == tuple(View("random", {"seed": seed}) for seed in range(3))
    whole(quick)
    quick.turn("ls.view1.random.reach", 0.5)
    assert surfaces(quick)[1]["x"][[0, -1]].tolist() == [-0.5, 0.5]
    assert surfaces(quick)[0]["x"][[0, -1]].tolist() == [-1, 1]


def test_planes_through_contenders_offer_those_that_are_there(quick: LandscapeVisit) -> None:
    quick.choose("ls.view0", "through")
    assert set(quick.widget("ls.view0.through.c").options) == {"start", "A", "B"}
    visit = LandscapeVisit({**TRIO, "views": "through(c=C)"})
    whole(visit)
    surface = visit.picture["surface"]
    assert "A, B and C" in surface["title"]
    assert surface["markLabels"] == ["A", "B", "C"]
    ends = [[path["x"][-1], path["y"][-1]] for path in visit.picture["paths"]]
    np.testing.assert_allclose(surface["marks"], ends, atol=1e-5)


def test_a_plane_that_cannot_be_laid_is_a_sentence_and_the_others_stand() -> None:
    visit = LandscapeVisit({**QUICK, "views": "pca;adam(of=A)"})
    visit.settled()
    (shown,) = surfaces(visit)
    assert np.isfinite(shown["z"]).all()
    assert len(visit.sentences) == 1
    assert "Adam's own axes, of A: " in visit.sentences[0].replace("\\", "")
    visit.choose("ls.view1.adam.of", "B")
    whole(visit)
    assert visit.sentences == []


def test_without_any_plane_the_curves_stand() -> None:
    visit = LandscapeVisit({**QUICK, "views": "adam(of=A)"})
    visit.settled()
    assert visit.picture["surface"] is None
    assert len(visit.picture["losses"][0]["curves"]) == 4


def test_dropping_a_contender_takes_the_views_through_it_along() -> None:
    visit = LandscapeVisit({**QUICK, "views": "pca;random(of=B)"})
    visit.press("ls.c1.drop")
    assert visit.survey.views == (View("pca"),)
    assert "left out" in visit.said
    whole(visit)


# --- networks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [s.name for s in SUBJECTS])
def test_every_network_at_one_stroke(name: str) -> None:
    subject = next(one for one in SUBJECTS if one.name == name)
    survey, _ = subject.applied(Survey(views=(View("random"),)))
    # Few samples, which do not make it another network.
    data = f"{survey.base.dataset}(samples=100)"
    shown = LandscapeVisit(
        {**survey.to_url(), "dataset": data, "steps": "2", "grid": "25", "race": "adam"}
    )
    assert shown.sentences == []
    assert shown.widget("ls.subject").value == name
    assert shown.shows_stage
    assert "parameters" in shown.tables


def test_choosing_a_network_brings_its_data_and_optimizers(quick: LandscapeVisit) -> None:
    quick.choose("ls.subject", "digits")
    assert quick.survey.base.dataset == "digits"
    assert quick.survey.base.steps == 150
    whole(quick)
    quick.choose("ls.dataset", "wine")
    assert quick.widget("ls.subject").value == "own settings"


def test_a_second_network_stands_beside_the_first(quick: LandscapeVisit) -> None:
    quick.choose("ls.other", "mlp")
    assert quick.survey.other_params == quick.survey.base.model_params
    quick.turn("ls.other.mlp.depth", 4)
    assert quick.url["other"] == "mlp(depth=4,width=4)"
    whole(quick)
    titles = [surface["title"] for surface in surfaces(quick)]
    assert [title.split(" · ")[0] for title in titles] == ["Depth 2", "Depth 4"] * 2
    paths = [{path["contender"] for path in view["paths"]} for view in quick.picture["views"]]
    assert paths == [{"A₂", "B₂"}, {"A", "B"}, {"A₂", "B₂"}]
    quick.choose("ls.other", "none")
    whole(quick)
    assert "other" not in quick.url


# --- surfaces ----------------------------------------------------------------------------------


def test_what_the_surfaces_are_of(quick: LandscapeVisit) -> None:
    for layer in ("test_loss", "train_accuracy", "test_accuracy"):
        before = surfaces(quick)[0]["z"]
        quick.choose("ls.layer", layer)
        whole(quick)
        after = surfaces(quick)[0]
        assert not np.array_equal(before, after["z"])
        scored = layer.endswith("accuracy")
        assert (after["range"] == [0, 1]) == scored
        assert after["log"] != scored
        assert (quick.picture["texts"].get("trueLoss") == "True accuracy") == scored
        assert ("The surfaces show the accuracy" in quick.said) == scored
        if scored:
            assert ((after["z"] >= 0) & (after["z"] <= 1)).all()


def test_batch_normalisation_is_a_choice_only_where_there_is_any(quick: LandscapeVisit) -> None:
    with pytest.raises(AssertionError, match="no widget"):
        quick.widget("ls.statistics")
    visit = LandscapeVisit(
        {
            "dataset": "digits(samples=100)", "model": "cnn(depth=1,width=2,batch_norm=true)",
            "steps": "3", "grid": "25", "race": "sgd", "views": "random",
        }
    )  # fmt: skip
    whole(visit)
    before = surfaces(visit)[0]["z"]
    assert "samples at every point, as training does" in visit.said
    visit.choose("ls.statistics", "frozen")
    whole(visit)
    assert not np.array_equal(before, surfaces(visit)[0]["z"])
    assert "A's run left behind" in visit.said


def test_views_and_colours(quick: LandscapeVisit) -> None:
    quick.choose("ls.log", False)
    assert not surfaces(quick)[1]["log"]
    quick.fire("view", "3d")
    assert {surface["view"] for surface in surfaces(quick)} == {"3d"}
    assert quick.url["three_d"] == "true"
    quick.choose("ls.shared", False)
    first, second = surfaces(quick)
    assert first["range"] != second["range"]
    quick.choose("ls.pin", True)
    pinned = quick.survey.color_range
    assert pinned == pytest.approx(first["range"])
    quick.turn("ls.c0.sgd.lr", 0.001)
    assert [surface["range"] for surface in surfaces(quick)] == [list(pinned)] * 2
    quick.choose("ls.pin", False)
    assert "color_range" not in quick.url


def test_hiding_a_run_is_in_the_link(quick: LandscapeVisit) -> None:
    before = surfaces(quick)[0]["x"]
    quick.fire("visible", {"hidden": ["B"]})
    assert quick.url["hidden"] == "1"
    assert [c["visible"] for c in quick.picture["contenders"]] == [True, False]
    assert not np.array_equal(before, surfaces(quick)[0]["x"])
    assert LandscapeVisit(quick.url).message == quick.message
    quick.fire("visible", {"hidden": ["Z", 3, None]})
    assert "hidden" not in quick.url


# --- what else is computed ---------------------------------------------------------------------


def test_the_straight_way_between_two_seeds_and_between_contenders(quick: LandscapeVisit) -> None:
    quick.choose("ls.section", "line")
    whole(quick)
    assert "From A to A′" in quick.said
    assert "on the straight line" in quick.said
    assert "ls.figure.way" in quick.figures()
    quick.choose("ls.aligned", True)
    quick.settled()
    assert "changes nothing that it computes" in quick.said
    quick.choose("ls.ends", "contenders")
    whole(quick)
    assert "From A to B" in quick.said


def test_what_cannot_be_put_in_order_is_said() -> None:
    visit = LandscapeVisit(
        {
            "dataset": "waves(samples=40)", "model": "gru(width=3)", "loss": "mse", "steps": "2",
            "grid": "25", "views": "random", "race": "sgd", "section": "line", "aligned": "true",
        }
    )  # fmt: skip
    visit.settled()
    assert len(visit.sentences) == 1
    assert np.isfinite(surfaces(visit)[0]["z"]).all()


def test_the_low_loss_curve_on_a_stage_of_its_own() -> None:
    visit = LandscapeVisit({**QUICK, "race": "adam", "section": "curve", "bend_steps": "20"})
    whole(visit)
    assert "its barrier " in visit.said
    curve = visit.curve
    assert curve["planned"] == 20
    assert curve["surface"]["z"].shape == (25, 25)
    assert curve["surface"]["markLabels"] == ["A", "A′", "bend"]
    assert [strand["name"] for strand in curve["strands"]] == ["low-loss curve", "straight line"]
    assert [tab["id"] for tab in curve["side"]] == ["profile"]
    assert curve["contenders"][0]["last"] == 20


def test_sharpness_spectrum_measures_and_random_slices() -> None:
    asked = {"sharpness": "true", "spectrum": "true", "lines": "true", "slices": "3"}
    visit = LandscapeVisit(QUICK | asked)
    whole(visit)
    tabs = [tab["id"] for tab in visit.picture["losses"]]
    assert tabs == ["loss", "sharpness", "scaled", "residual", "trueness"]
    figures = {"ls.figure.lines", "ls.figure.spectrum", "ls.figure.spread"}
    assert figures <= set(visit.figures())
    assert "at the edge of stability. Adam has a line only where" in visit.said
    assert "two lines through A's end" in visit.said
    assert "Curvature where A ends" in "\n".join(m.value for m in visit.at.markdown)
    assert "worst case within 0.05" in visit.tables
    assert "3 random slices through A's end" in visit.said
    visit.choose("ls.chosen", "B")
    visit.settled()
    assert "Curvature where B ends" in "\n".join(m.value for m in visit.at.markdown)
    before = visit.tables
    visit.turn("ls.moment", 0)
    visit.settled()
    assert "Curvature where B starts" in "\n".join(m.value for m in visit.at.markdown)
    assert visit.url["moment"] == "0"
    assert visit.tables != before


def test_where_adam_has_no_line_the_reason_is_given() -> None:
    noisy = {"race": "sgd;adam", "input_noise": "0.1", "sharpness": "true"}
    visit = LandscapeVisit(QUICK | noisy)
    whole(visit)
    tabs = [tab["id"] for tab in visit.picture["losses"]]
    assert tabs == ["loss", "sharpness", "residual", "trueness"]
    (sentence,) = visit.sentences
    assert plain(sentence).startswith("B: Adam's scales cannot be found again")


def test_a_divergence_is_a_result() -> None:
    visit = LandscapeVisit(
        {**QUICK, "dataset": "diabetes", "loss": "mse", "race": "sgd(lr=10);adam", "steps": "60"}
    )
    visit.settled()
    assert visit.picture["contenders"][0]["diverged"]
    assert "exploded" in visit.tables
    assert surfaces(visit)[0]["z"] is not None


# --- long work ---------------------------------------------------------------------------------


def test_a_long_training_is_shown_as_it_goes_and_can_be_cancelled_and_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Any training counts as long, and chunks are short, so that it is seen on a fast machine too.
    monkeypatch.setattr(engine, "WHOLE", 0.0)
    monkeypatch.setattr(engine, "Job", partial(engine.Job, chunk_seconds=0.03))
    visit = LandscapeVisit(
        {**QUICK, "steps": "30000", "views": "random", "race": "sgd", "slices": "2"}
    )
    assert visit.busy
    assert visit.picture["live"]
    assert visit.picture["surface"]["z"] is None
    seen = visit.picture["contenders"][0]["last"]
    visit.press("ls.cancel")
    visit.settled()
    assert "what was done is kept" in visit.said
    stopped = visit.picture["contenders"][0]["last"]
    assert seen <= stopped < 30_000
    coarse, compared = visit.picture["surface"]["z"], random_slices(visit)
    assert coarse is not None
    visit.press("ls.resume")
    visit.settled()
    assert visit.picture["contenders"][0]["last"] == 30_000
    whole(visit)
    # What was computed of the cut run is not taken for that of the whole one.
    assert not np.array_equal(visit.picture["surface"]["z"], coarse)
    assert random_slices(visit) != compared
    assert visit.picture["paths"][0]["steps"][-1] == 30_000


def random_slices(visit: LandscapeVisit) -> str:
    """The figure that compares random slices, number by number."""
    (figure,) = (
        one.proto for one in visit.at.get("plotly_chart") if one.proto.id.endswith(".spread")
    )
    return str(figure.spec)


def test_how_long_a_picture_takes_is_said_before_it_begins(quick: LandscapeVisit) -> None:
    assert "for each picture" not in quick.said
    deep = Survey(base=Experiment(dataset="digits", model="cnn", steps=1), grid="101")
    assert about_time(deep).startswith("About ")
    assert about_time(replace(deep, grid="25")) != about_time(deep)
    quick.choose("ls.grid", "101")
    assert "for each picture" not in quick.said


def test_a_surface_that_takes_long_comes_coarsely_first(monkeypatch: pytest.MonkeyPatch) -> None:
    # Any surface counts as long, and a chunk is a single call, on machines of any speed.
    monkeypatch.setattr(look, "AT_ONCE", 0.0)
    monkeypatch.setattr(look, "COARSE", look.COARSEST)
    monkeypatch.setattr(engine, "Scan", partial(engine.Scan, chunk_seconds=1e-9))
    visit = LandscapeVisit(
        {
            "dataset": "digits(samples=100)", "model": "cnn(depth=1,width=4)", "steps": "2",
            "grid": "25", "views": "random", "race": "sgd",
        }
    )  # fmt: skip
    sizes = []
    while visit.busy:
        z = surfaces(visit)[0]["z"]
        sizes.append(0 if z is None else len(z))
        visit.again()
    whole(visit)
    assert sizes == sorted(sizes)
    assert any(0 < size < 25 for size in sizes)


# --- presets and links -------------------------------------------------------------------------


def test_a_survey_worth_seeing_opens_with_its_claim(quick: LandscapeVisit) -> None:
    preset = next(one for one in PRESETS if one.name == "order")
    quick.press("ls.preset.order")
    assert quick.survey == preset.settings
    assert preset.claim in quick.said
    whole(quick)
    quick.turn("ls.c0.adam.lr", 0.02)
    assert "You have changed the settings since" in quick.said
    quick.press("ls.reset")
    assert quick.survey == Survey()
    assert preset.claim not in quick.said


LINKS = (
    {"v": "1", **QUICK, "views": "pca;hessian(pick=top and bottom);direct;through", "log": "false"},
    {"v": "1", **QUICK, "other": "mlp(depth=1)", "layer": "test_accuracy", "hidden": "1,3"},
    {"v": "1", **QUICK, "color_range": "0.1,2.0", "section": "line", "aligned": "true"},
)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_gives_the_identical_picture_to_everyone(link: dict[str, str]) -> None:
    first = LandscapeVisit(link)
    assert first.sentences == []
    first.settled()
    second = LandscapeVisit(dict(reversed(first.url.items())))
    second.settled()
    assert first.message == second.message


WRONG = {
    "views": ("flat;random(seed=x)", ["flat", "seed"]),
    "other": ("cnn", ["no images"]),
    "layer": ("loss", ["layer"]),
    "statistics": ("cold", ["cold"]),
    "bend_rate": ("-1", ["bend_rate"]),
    "hidden": ("9", ["no run 9"]),
    "colour": ("red", ["colour"]),
    "v": ("99", ["99"]),
}


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ({name: text for name, (text, _) in WRONG.items()},
         [words for _, several in WRONG.values() for words in several]),
        ({"section": "line", "ends": "contenders", "race": "sgd"}, ["from A to B"]),
    ],
)  # fmt: skip
def test_nonsense_opens_on_the_nearest_settings_and_is_named(
    link: dict[str, str], named: list[str]
) -> None:
    visit = LandscapeVisit(QUICK | link)
    assert visit.shows_stage
    said = plain(" ".join(visit.sentences))
    assert [words for words in named if words not in said] == []
    assert LandscapeVisit(visit.url).sentences == []


def test_settings_that_cannot_be_trained_are_a_sentence_and_the_controls_stay() -> None:
    visit = LandscapeVisit({**QUICK, "dataset": "blobs(samples=20,classes=6)"})
    visit.turn("ls.test_share", 0.9)
    assert not visit.shows_stage
    assert "does not leave" in " ".join(visit.sentences)
    visit.turn("ls.test_share", 0.5)
    assert visit.shows_stage
    assert visit.sentences == []
