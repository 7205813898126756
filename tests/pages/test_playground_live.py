"""A long run on the page: what comes first, what is added, and what a cancel keeps.

Without the server's workers each look at a job computes one chunk of it, so that every `again` of
these visits is one look of the page's fragment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st

from lossviz import engine, picture
from lossviz.registry import SettingError
from lossviz.ui import live, show, waiting
from lossviz.ui.stage.pack import unpack
from tests.pages.visit import Visit

LONG = {"steps": "400", "grid": "41", "dataset": "circles"}


@pytest.fixture
def chunked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything counts as long, and a chunk has few steps."""
    st.cache_resource.clear()
    whole = engine.Job
    monkeypatch.setattr(engine, "WHOLE", 0.0)
    monkeypatch.setattr(engine, "Job", lambda *a: whole(*a, chunk_seconds=1e-2))


def progress(visit: Visit) -> list[str]:
    return [p.proto.text for p in visit.at.get("progress")]


@pytest.mark.usefixtures("chunked")
def test_a_long_run_is_seen_growing_and_ends_as_the_short_way_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: list[Any] = []
    monkeypatch.setattr(show, "keep", lambda comparison, runs: kept.append(runs))
    visit = Visit(LONG)
    lasts = [visit.picture["contenders"][0]["last"]]
    assert visit.picture["live"]
    assert visit.picture["planned"] == 400
    assert "of 400 steps" in progress(visit)[0]
    assert "steps/s" in progress(visit)[0]
    for _ in range(400):
        visit.again()
        lasts.append(visit.picture["contenders"][0]["last"])
        if not progress(visit):
            break
    visit.again()
    lasts.append(visit.picture["contenders"][0]["last"])
    assert lasts == sorted(lasts)
    assert len(set(lasts)) > 2
    assert lasts[-1] == 400
    assert not visit.picture["live"]
    # It is joined and kept once, and then no change of the view does so again.
    visit.choose("pg.log", True)
    visit.choose("pg.log", False)
    assert len(kept) == 1
    assert visit.at.session_state[waiting.PROGRESS].job is None
    monkeypatch.setattr(engine, "WHOLE", 1e9)
    whole = Visit(LONG).picture
    for one, other in zip(visit.picture["paths"], whole["paths"], strict=True):
        assert np.array_equal(one["loss"], other["loss"])
        assert np.allclose(one["x"], other["x"], atol=1e-5)
    assert np.array_equal(visit.picture["surface"]["z"], whole["surface"]["z"])


@pytest.mark.usefixtures("chunked")
def test_cancel_keeps_what_was_done_and_a_change_begins_anew() -> None:
    visit = Visit(LONG)
    visit.press("pg.cancel")
    assert any("what was done is kept" in i.value for i in visit.at.info)
    assert progress(visit) == []
    kept = visit.picture
    assert 0 < kept["contenders"][0]["last"] < 400
    assert not kept["live"]
    visit.again()
    assert visit.picture["contenders"] == kept["contenders"]
    visit.choose("pg.log", True)
    assert visit.picture["contenders"][0]["last"] == kept["contenders"][0]["last"]
    visit.choose("pg.seed", 5)
    assert visit.picture["live"]
    assert not visit.at.info


@pytest.mark.usefixtures("chunked")
def test_a_start_waits_for_the_plane_of_the_whole_run_and_then_trains_it_only_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = Visit(LONG | {"seed": "11"})
    assert not visit.picture["surface"]["clickable"]
    while progress(visit):
        visit.again()
    visit.again()
    surface = visit.picture["surface"]
    assert surface["clickable"]
    # The run without a start is there: nobody may train it whole, without chunks and progress.
    monkeypatch.setattr(picture, "race_of", None)
    x, y = float(surface["x"][20]), float(surface["y"][30])
    visit.fire("start", {"x": x, "y": y})
    assert visit.picture["live"]
    path = visit.picture["paths"][0]
    assert (path["x"][0], path["y"][0]) == (pytest.approx(x, abs=1e-4), pytest.approx(y, abs=1e-4))
    visit.press("pg.unstart")
    assert not visit.picture["live"]
    assert np.array_equal(visit.picture["surface"]["z"], surface["z"])


@pytest.mark.usefixtures("chunked")
def test_a_link_with_a_start_on_a_long_run_trains_the_plane_first_and_in_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picture, "race_of", None)
    visit = Visit(LONG | {"seed": "12", "start": "0.5,-0.25"})
    assert visit.url["start"] == "0.5,-0.25"
    assert any("First the run from the initial weights" in c.value for c in visit.at.caption)
    base = visit.picture["paths"][0]
    assert (base["x"][0], base["y"][0]) != (pytest.approx(0.5), pytest.approx(-0.25))
    for _ in range(800):
        visit.again()
        first = any("First the run" in c.value for c in visit.at.caption)
        if not first and not visit.picture["live"]:
            break
    assert not first
    path = visit.picture["paths"][0]
    assert (path["x"][0], path["y"][0]) == (
        pytest.approx(0.5, abs=1e-4), pytest.approx(-0.25, abs=1e-4),
    )  # fmt: skip
    assert visit.picture["contenders"][0]["last"] == 400


@pytest.mark.usefixtures("chunked")
def test_another_slice_of_a_run_under_way_is_drawn_at_once() -> None:
    visit = Visit(LONG | {"seed": "13"})
    for plane, title in (("hessian", "sharpest"), ("random", "random"), ("pca", "principal")):
        visit.choose("pg.plane", plane)
        assert visit.picture["live"]
        assert visit.picture["surface"]["xTitle"].startswith(title)
    window = visit.picture["surface"]["x"]
    visit.fire("visible", {"hidden": ["B"]})
    assert visit.picture["live"]
    assert not np.array_equal(visit.picture["surface"]["x"], window)


@pytest.mark.usefixtures("chunked")
def test_leaving_a_long_run_stops_it() -> None:
    visit = Visit(LONG)
    before = visit.at.session_state[waiting.PROGRESS]
    visit.choose("pg.seed", 5)
    assert before.job.done
    assert visit.at.session_state[waiting.PROGRESS] is not before


@pytest.mark.usefixtures("chunked")
def test_deltas_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[dict[str, Any], dict[str, np.ndarray]]] = []
    whole: Callable[..., None] = live.stage

    def heard(message: bytes, **more: Any) -> None:
        sent.append(unpack(message))
        whole(message, **more)

    monkeypatch.setattr(live, "stage", heard)
    # A look of the fragment, not of the page: the page would ask for a whole scene.
    monkeypatch.setattr(waiting, "begin", _begin_and_go_on(waiting.begin))
    visit = Visit(LONG)
    for _ in range(400):
        visit.again()
        if not progress(visit):
            break
    visit.again()
    kinds = [header["kind"] for header, _ in sent]
    assert kinds[0] == kinds[-1] == "scene"
    assert "delta" in kinds
    steps: list[int] = []
    for header, arrays in sent:
        name = next(k for k in arrays if k.startswith(".paths.0.") and k.endswith("steps"))
        if header["kind"] == "scene":
            steps = arrays[name].tolist()
        else:
            assert header["paths"][0]["joins"] == steps[-1]
            steps += arrays[name].tolist()
        assert steps == list(range(steps[-1] + 1))


def _begin_and_go_on(begin: Callable[..., waiting.Progress]) -> Callable[..., waiting.Progress]:
    def kept(comparison: Any) -> waiting.Progress:
        own = st.session_state.get(waiting.PROGRESS)
        sent = own.sent if own else None
        own = begin(comparison)
        own.sent = sent
        return own

    return kept


def test_a_run_that_failed_says_why() -> None:
    class Failed:
        done = True

        def runs(self) -> list[Any]:
            return []

        def progress(self) -> engine.Progress:
            return engine.Progress("failed", 0, 10, 0.0, 0.0, "the worker was lost")

    own = waiting.Progress(job=Failed())  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="the worker was lost"):
        waiting.runs_of(own, None)  # type: ignore[arg-type]
