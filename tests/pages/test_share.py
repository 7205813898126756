"""The script in "Share": it is written when somebody opens it, and follows the settings."""

import pytest

from lossviz.comparison import Comparison
from lossviz.course import Course
from lossviz.export import script_of
from lossviz.registry import optimizers
from lossviz.ui import state
from lossviz.ui.race.kept import race
from tests.pages.race_visit import PAGE as RACE
from tests.pages.visit import PAGE as PLAYGROUND
from tests.pages.visit import Visit


def opened(url, page, kept=state.playground):
    """A visit in which "Share" is opened."""
    visit = Visit(url, page)
    assert not scripts(visit), "written though nobody has asked for it"
    visit.at.session_state[f"{kept.name}.share"] = True
    visit.again()
    return visit


def scripts(visit):
    """What is shown as Python code."""
    return [code.value.strip() for code in visit.at.code if code.language == "python"]


@pytest.mark.parametrize(
    ("page", "kept", "kind", "url", "needed"),
    [
        (
            PLAYGROUND,
            state.playground,
            Comparison,
            {"v": "1", "steps": "40", "race": "adam(lr=0.05);sgd"},
            "numpy, scikit-learn and torch",
        ),
        (
            RACE,
            race,
            Course,
            {"v": "1", "steps": "40", "function": "booth", "race": "adam(lr=0.05)"},
            "torch",
        ),
    ],
    ids=["playground", "race"],
)
def test_the_script_is_that_of_the_settings(page, kept, kind, url, needed):
    visit = opened(url, page, kept)
    said = [caption.value for caption in visit.at.caption]
    assert f"It trains the same with {needed} alone." in said
    assert scripts(visit) == [script_of(kind.from_url(url)).strip()]
    (button,) = visit.at.get("download_button")
    assert button.proto.label == "Download"
    visit.at.query_params["steps"] = "41"
    visit.again()
    assert scripts(visit) == [script_of(kind.from_url({**url, "steps": "41"})).strip()]
    assert "STEPS = 41" in scripts(visit)[0]


def test_the_script_begins_where_the_picture_does():
    visit = opened({"v": "1", "steps": "20", "start": "0.5,-0.25"}, PLAYGROUND)
    (script,) = scripts(visit)
    assert "START = [" in script
    begun = visit.comparison
    assert begun.start == (0.5, -0.25)


def test_what_the_script_lacks_is_said(monkeypatch):
    # An entry as an addition may have it, without code.
    import dataclasses

    bare = dataclasses.replace(optimizers["sgd"], name="bare", title="Bare", code=None)
    monkeypatch.setitem(optimizers._entries, "bare", bare)
    visit = opened({"v": "1", "steps": "20", "race": "bare"}, RACE, race)
    said = [caption.value for caption in visit.at.caption]
    assert any("no plain code for the optimizer 'Bare'" in sentence for sentence in said)
    assert "raise NotImplementedError" in scripts(visit)[0]
