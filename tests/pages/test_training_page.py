"""The training page without a browser: its sections, links, dials, verdicts and cures."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lossviz as lv
from lossviz import engine
from lossviz.checkup import PRESETS, Checkup, polynomial_fit
from lossviz.ui.checkup import live, show, study
from lossviz.ui.checkup.kept import training
from lossviz.ui.checkup.lessons import LESSONS
from tests.pages.visit import ROOT, Visit, mended, plain

PAGE = ROOT / "pages" / "training.py"
QUICK = {"steps": "30"}


class TrainingVisit(Visit):
    """One session of the training page, opened at these URL fields."""

    stage = live.STAGE

    def __init__(self, url: Mapping[str, str] | None = None) -> None:
        super().__init__(url, PAGE)

    @property
    def checkup(self) -> Checkup:
        """The settings of the session."""
        checkup: Checkup = self.at.session_state[training.settings]
        return checkup

    @property
    def said(self) -> str:
        """All sentences of the page, as a person reads them."""
        parts = (
            *self.at.caption, *self.at.info, *self.at.error, *self.at.warning, *self.at.markdown,
        )  # fmt: skip
        return plain("\n".join(part.value for part in parts))

    @property
    def tables(self) -> str:
        """The HTML of the page."""
        return "\n".join(one.proto.body for one in self.at.get("html"))

    @property
    def tabs(self) -> list[str]:
        """The tabs of the curves and those at the side."""
        picture = self.picture
        return [panel["tab"] for panel in picture["losses"]] + [t["tab"] for t in picture["side"]]

    def until(self, done: Callable[[], bool], seconds: float = 60) -> None:
        """Run the page again, as its fragments do by themselves, until something is so."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, "it took too long"
            time.sleep(0.05)
            self.again()


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("start", ["loss", "accuracy", "alike", "signals", "gradients"]),
        ("hold", ["loss", "accuracy", "near zero", "weights without", "weights with"]),
        ("fit", ["loss", "accuracy", "predictions", "weights"]),
        ("weights", ["loss", "accuracy", "near zero", "one weight", "matrix", "histogram",
                     "signals", "gradients"]),
    ],
)  # fmt: skip
def test_every_section_has_its_pictures(section, wanted):
    visit = TrainingVisit({"show": section, **QUICK})
    assert visit.sentences == []
    assert visit.tabs == wanted
    for _, text in LESSONS[section]:
        assert plain(text) in visit.said
    assert Checkup.from_url(visit.url) == visit.checkup


@pytest.fixture(autouse=True)
def no_study_by_itself(monkeypatch):
    """Two dozen runs below the stage would take longer than all the rest."""
    monkeypatch.setattr(study, "BY_ITSELF", 0.0)
    monkeypatch.setattr(study, "REST", 0.0)


def test_what_is_worth_seeing_opens_with_its_claim(monkeypatch):
    # What comes of the trainings is for tests/checkup; here none of them is ever over.
    monkeypatch.setattr(show, "exam_begun", lambda exp: Future())
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    visit = TrainingVisit({"show": "degree"})
    for preset in PRESETS:
        visit.press(f"tr.preset.{preset.name}")
        assert visit.checkup == preset.settings
        assert plain(preset.claim) in visit.said
        assert visit.sentences == []


def test_the_claim_stays_while_one_tries_other_settings():
    visit = TrainingVisit(next(p for p in PRESETS if p.name == "over-fit").settings.to_url())
    visit.turn("tr.steps", 50)
    assert "You have changed the settings since" in visit.said
    visit.press("tr.reset")
    assert "Learnt by heart" not in visit.said
    assert visit.checkup == Checkup(show="fit")


def test_the_stage_holds_the_real_numbers():
    visit = TrainingVisit({"show": "start", "schemes": "zero;xavier_normal", **QUICK})
    exps = visit.checkup.experiments()
    curves = {(c["contender"], c["name"]): c for c in visit.picture["losses"][0]["curves"]}
    for name, exp in zip("AB", exps, strict=True):
        run = lv.train(exp)
        for split in ("train", "test"):
            drawn = curves[name, f"{split} loss"]["values"]
            np.testing.assert_allclose(drawn, run.metrics[f"{split}_loss"], rtol=1e-6)
    signals = visit.picture["side"][0]["picture"]
    assert signals["xLabels"] == ["1", "2", "out"]
    assert [line["name"] for line in signals["lines"]] == ["A", "B"]
    hidden = np.asarray(signals["lines"][0]["values"])[:, :-1]
    assert not hidden.any(), "the hidden units of zero weights say nothing"


def test_initial_weights_are_added_changed_and_taken_away():
    visit = TrainingVisit({"schemes": "zero", **QUICK})
    visit.press("tr.more")
    assert [scheme.init for scheme in visit.checkup.schemes] == ["zero", "orthogonal"]
    visit.choose("tr.scheme.0", "gaussian")
    visit.turn("tr.scheme.0.gaussian.sigma", 0.5)
    assert visit.checkup.schemes[0].params["sigma"] == 0.5
    assert len(visit.picture["contenders"]) == 2
    visit.press("tr.less")
    assert visit.at.button(key="tr.less").disabled


def test_a_penalty_is_drawn_beside_the_bare_loss():
    visit = TrainingVisit({"show": "hold", **QUICK})
    assert "Nothing holds the model back yet" in visit.said
    visit.turn("tr.l2", 0.1)
    assert visit.checkup.base.l2 == 0.1
    picture = visit.picture
    (view,) = picture["views"]
    assert view["title"] == "Loss with L2 0.1"
    low, high = np.asarray(picture["surface"]["z"]), np.asarray(view["surface"]["z"])
    assert (high > low).all()
    assert picture["surface"]["range"] == view["surface"]["range"], "one bar of colours for both"
    assert [path["contender"] for path in view["paths"]] == ["B"]
    visit.turn("tr.hold.dropout", 0.3)
    assert visit.checkup.base.model_params["dropout"] == 0.3
    assert visit.sentences == []


def test_3d_comes_from_the_stage_and_goes_into_the_link():
    visit = TrainingVisit({"show": "hold", "l2": "0.1", **QUICK})
    visit.fire("view", "3d")
    visit.again()
    assert visit.url["three_d"] == "true"


def test_the_verdict_and_a_cure_to_press():
    over = next(p for p in PRESETS if p.name == "over-fit").settings
    visit = TrainingVisit(over.to_url())
    assert "Over-fit." in visit.said
    assert "100.0 % of the training samples are right" in visit.said
    right = 100 * lv.train(over.base).metrics["test_accuracy"][-1]
    assert f"{right:.1f}%" in visit.tables
    assert "would have ended at step 32" in visit.said
    stopper = visit.picture["contenders"][1]
    assert (stopper["label"], stopper["status"]) == ("Early stopping", "stopped at step 32")
    visit.press("tr.cure.1.L2 penalty")
    assert visit.checkup.base.l2 == 0.01
    visit.until(lambda: "l2" in visit.url)


def test_every_cure_of_every_verdict_can_be_pressed():
    for url in ({"optimizer": "sgd(lr=50)", "dataset": "line", "loss": "mse"},
                {"init": "zero", "bias_init": "zero"},
                {"model": "linear", "optimizer": "sgd(lr=1)"}):  # fmt: skip
        visit = TrainingVisit({"show": "fit", **QUICK, **url})
        keys = [b.key for b in visit.at.button if (b.key or "").startswith("tr.cure.")]
        assert keys
        visit.press(keys[0])
        assert visit.sentences == []


def test_the_patience_decides_where_it_would_have_stopped():
    over = next(p for p in PRESETS if p.name == "over-fit").settings
    visit = TrainingVisit(replace(over, patience=5).to_url())
    assert "stopped at step 7" in visit.picture["contenders"][1]["status"]
    visit.turn("tr.patience", 1000)
    assert "would not have been stopped" in visit.said


def test_without_test_samples_nothing_is_stopped_early():
    visit = TrainingVisit({"show": "fit", "test_share": "0", **QUICK})
    assert "nothing by which to stop early" in visit.said
    assert visit.picture["losses"][0]["title"] == "loss", "and no pale curve to speak of"
    assert len(visit.picture["contenders"]) == 1


@pytest.mark.parametrize("chosen", ["samples", "width", "folds"])
def test_many_runs_come_in_one_by_one(chosen, monkeypatch):
    monkeypatch.setattr(study, "BY_ITSELF", 60.0)
    visit = TrainingVisit({"show": "fit", "steps": "5", "study": chosen, "runs": "1"})
    visit.until(lambda: not any("runs" in p.proto.text for p in visit.at.get("progress")))
    chart = visit.at.get("plotly_chart")
    assert len(chart) == 1
    if chosen == "folds":
        assert "over 5 folds" in visit.said


def test_a_study_waits_until_the_settings_rest(monkeypatch):
    monkeypatch.setattr(study, "BY_ITSELF", 60.0)
    monkeypatch.setattr(study, "REST", 60.0)
    begun = []
    monkeypatch.setattr(show, "call_begun", lambda *call: begun.append(call) or Future())
    visit = TrainingVisit({"show": "fit", "steps": "5", "runs": "1"})
    assert "0 of 8 runs" in visit.at.get("progress")[-1].proto.text
    assert not begun
    monkeypatch.setattr(study, "REST", 0.0)
    visit.again()
    assert len(begun) == study.AT_ONCE


def test_a_study_that_takes_long_waits_for_a_button(monkeypatch):
    visit = TrainingVisit({"show": "fit", "steps": "5", "runs": "1"})
    assert not visit.at.get("plotly_chart")
    visit.press("tr.study.begin")
    visit.until(lambda: bool(visit.at.get("plotly_chart")))
    monkeypatch.setattr(study, "LONGEST", 1e-6)
    visit.again()
    assert "Take fewer steps, or fewer runs" in visit.said


def test_a_model_without_width_says_so():
    visit = TrainingVisit({"show": "fit", "model": "linear", "study": "width", **QUICK})
    assert "has no width that could be varied" in visit.said


def test_a_single_weight_is_followed():
    visit = TrainingVisit({"show": "weights", "layer": "1", **QUICK})
    visit.turn("tr.unit", 3)
    visit.turn("tr.entry", 5)
    run = lv.train(visit.checkup.base)
    wanted = [run.params(step)["2.weight"][3, 5].item() for step in range(31)]
    one = next(p for p in visit.picture["losses"] if p["tab"] == "one weight")
    np.testing.assert_allclose(one["curves"][0]["values"], wanted, rtol=1e-6)
    assert one["title"] == "2.weight[3, 5]"


def test_a_place_beyond_the_weights_means_the_last_one():
    visit = TrainingVisit({"show": "weights", "layer": "31", "unit": "255", **QUICK})
    one = next(p for p in visit.picture["losses"] if p["tab"] == "one weight")
    assert one["title"] == "4.weight[1, 0]"


def test_polynomials_have_the_degree_as_their_time():
    visit = TrainingVisit({"show": "degree"})
    picture = visit.picture
    assert picture["planned"] == 14
    fit = picture["side"][0]["picture"]
    np.testing.assert_allclose(fit["values"][9], polynomial_fit(9).fitted, rtol=1e-5)
    assert "1.06" in visit.tables
    visit.turn("tr.ridge", 0.1)
    assert "1.06" not in visit.tables


def test_a_recurrent_network_is_told_about_its_steps():
    visit = TrainingVisit({"dataset": "adding", "loss": "mse", "model": "rnn", "steps": "3",
                           "schemes": "default"})  # fmt: skip
    assert "the layers are its steps" in visit.said
    assert visit.picture["side"][1]["picture"]["xLabels"][0] == "1"


def test_a_single_layer_says_why_there_is_no_course():
    visit = TrainingVisit({"model": "linear", **QUICK})
    assert "A single layer has no course" in visit.picture["side"][0]["note"]


def test_a_run_that_diverges_is_shown_and_told():
    visit = TrainingVisit({"show": "fit", "dataset": "line", "loss": "mse", "scaling": "none",
                           "model": "linear", "optimizer": "sgd(lr=50)"})  # fmt: skip
    assert visit.picture["contenders"][0]["diverged"]
    assert "Diverging." in visit.said


def test_a_long_training_is_a_job_until_it_is_there(monkeypatch):
    monkeypatch.setattr(live, "WHOLE", 0.0)
    visit = TrainingVisit({"show": "fit", "steps": "400"})
    visit.until(lambda: visit.shows_stage)
    visit.until(lambda: visit.picture["contenders"][0]["last"] == 400)
    monkeypatch.setattr(live, "LONGEST", 1e-9)
    visit.again()
    assert "Take fewer steps, or a smaller model" in visit.said


def test_a_long_training_can_be_cancelled(monkeypatch):
    monkeypatch.setattr(live, "WHOLE", 0.0)
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    visit = TrainingVisit({"show": "fit", "steps": "20000"})
    assert "20,000 steps" in visit.at.get("progress")[0].proto.text
    visit.press("tr.cancel")
    # What there is by then is shown; without a first step there is nothing to show.
    visit.until(lambda: visit.shows_stage or "was cancelled" in visit.said)
    if visit.shows_stage:
        assert visit.picture["contenders"][0]["last"] < 20_000


def test_a_damaged_link_is_mended_and_all_of_it_is_named():
    damaged = {"show": "everything", "schemes": "magic", "l2": "much", "colour": "1"}
    visit = TrainingVisit({**QUICK, **damaged})
    mended(visit, "everything")
    for named in ("magic", "much", "colour"):
        assert named in plain(" ".join(visit.sentences))


def test_what_cannot_be_trained_is_said():
    visit = TrainingVisit({"dataset": "digits", "test_share": "0.001", **QUICK})
    assert "test_share" in plain(" ".join(visit.sentences))


@given(
    st.dictionaries(
        st.sampled_from(["show", "schemes", "model", "patience", "layer", "l1", "loss", "x"]),
        st.text(max_size=20),
        max_size=4,
    )
)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_link_ever_gives_a_traceback(url):
    TrainingVisit({**{name: text for name, text in url.items() if text}, "steps": "2"})


def test_the_script_of_a_section_trains_what_is_seen():
    visit = TrainingVisit({"show": "hold", "l2": "0.1", **QUICK})
    visit.at.session_state["training.share"] = True
    visit.again()
    (script,) = (code.value for code in visit.at.code if code.language == "python")
    assert "L2 = 0.1" in script


def test_a_study_whose_worker_died_says_so_and_can_be_asked_for_again(monkeypatch):
    died: Future[object] = Future()
    died.set_exception(engine.WorkerDiedError("A worker process died."))
    url = {"show": "fit", "steps": "5", "runs": "1", "study": "folds"}
    visit = TrainingVisit(url)
    with monkeypatch.context() as patch:
        patch.setattr(show, "call_begun", lambda function, *arguments: died)
        visit.press("tr.study.begin")
        assert "A worker process died." in visit.said
    visit.until(lambda: "over 5 folds" in visit.said)
