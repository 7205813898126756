"""The script in "Share": it is there on both pages, and follows the settings."""

import pytest

from lossviz.comparison import Comparison
from lossviz.course import Course
from lossviz.export import script_of
from lossviz.registry import optimizers
from tests.pages.race_visit import PAGE as RACE
from tests.pages.visit import PAGE as PLAYGROUND
from tests.pages.visit import Visit


def scripts(visit):
    """What is shown as Python code."""
    return [code.value.strip() for code in visit.at.code if code.language == "python"]


@pytest.mark.parametrize(
    ("page", "kind", "url"),
    [
        (PLAYGROUND, Comparison, {"v": "1", "steps": "40", "race": "adam(lr=0.05);sgd"}),
        (RACE, Course, {"v": "1", "steps": "40", "function": "booth", "race": "adam(lr=0.05)"}),
    ],
    ids=["playground", "race"],
)
def test_the_script_is_that_of_the_settings(page, kind, url):
    visit = Visit(url, page)
    assert scripts(visit) == [script_of(kind.from_url(url)).strip()]
    (button,) = visit.at.get("download_button")
    assert button.proto.label == "Download"
    visit.at.query_params["steps"] = "41"
    visit.again()
    assert scripts(visit) == [script_of(kind.from_url({**url, "steps": "41"})).strip()]
    assert "STEPS = 41" in scripts(visit)[0]


def test_the_script_begins_where_the_picture_does():
    visit = Visit({"v": "1", "steps": "20", "start": "0.5,-0.25"})
    (script,) = scripts(visit)
    assert "START = [" in script
    begun = visit.comparison
    assert begun.start == (0.5, -0.25)


def test_what_the_script_lacks_is_said(monkeypatch):
    # An entry as an addition may have it, without code.
    import dataclasses

    bare = dataclasses.replace(optimizers["sgd"], name="bare", title="Bare", code=None)
    monkeypatch.setitem(optimizers._entries, "bare", bare)
    visit = Visit({"v": "1", "steps": "20", "race": "bare"}, RACE)
    said = [caption.value for caption in visit.at.caption]
    assert any("no plain code for the optimizer 'Bare'" in sentence for sentence in said)
    assert "raise NotImplementedError" in scripts(visit)[0]
