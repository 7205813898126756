"""What took long is found again by a later session, and what did not is not written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lossviz import engine
from lossviz.engine.records import taken_apart
from lossviz.settings import Experiment
from lossviz.survey import Survey, View, along, lines, section, slices, spot
from lossviz.ui.landscape import stored


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOSSVIZ_CACHE", str(tmp_path))
    monkeypatch.setattr(stored, "WORTH_KEEPING", 0.0)
    return tmp_path


def never() -> None:
    raise AssertionError("This was computed already.")


def test_every_record_of_a_survey_comes_back(folder: Path) -> None:
    base = Experiment(
        steps=3, model_params={"width": 3, "depth": 1}, dataset_params={"samples": 40}
    )
    survey = Survey(base=base, views=(View("random"),), section="line", aligned=True, slices=2)
    runs = slices.runs_of(survey)
    theta = runs["A"].weights[-1]
    cut = slices.slice_of(survey, survey.views[0], False, runs)
    adam = survey.entrants()[1].experiment
    tasks: dict[str, tuple[Any, ...]] = {
        "slice": (slices.slice_of, survey, survey.views[0], False, runs),
        "lines": (lines.lines_of, survey, cut, runs["A"]),
        "spread": (slices.spread_of, survey, runs["A"]),
        "line": (section.straight_of, survey, runs),
        "along": (along.sharpness_of, adam, runs["B"]),
        "spectrum": (spot.spectrum_at, base, theta),
        "measures": (spot.measures_at, base, theta),
    }
    for key, task in tasks.items():
        found = stored.kept(key, *task)
        again = stored.kept(key, never)
        assert type(again) is type(found)
        assert taken_apart(again)[0] == taken_apart(found)[0]
        for one, other in zip(taken_apart(again)[1], taken_apart(found)[1], strict=True):
            assert one.tobytes() == other.tobytes()
    assert len(list(folder.iterdir())) == len(tasks)


def test_what_took_a_moment_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WORTH_KEEPING", 100.0)
    assert stored.kept("two", torch.zeros, 2).tolist() == [0, 0]
    assert list(folder.iterdir()) == []
    assert engine.recall("two") is None
