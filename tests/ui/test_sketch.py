"""What a sketch is sent, and what may come back from a browser."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossviz.ui.losslab.live import tidy
from lossviz.ui.sketch import Area, Axis, Clock, Handles, Heat, Line, Mark, Panel, Picture, Rule
from lossviz.ui.sketch.component import MOST, loader, read_move
from lossviz.ui.sketch.records import plain
from lossviz.ui.sketch.routes import STATIC, routes, sketch_path

BAD = np.array([0.5, np.nan, np.inf, -np.inf])


def whole(**more):
    x = np.linspace(0, 1, 4)
    given = {
        "areas": (Area(x, BAD, "#000000"),),
        "rules": (Rule("y", 0.5, "#000000", "half"),),
        "lines": (Line(x, BAD, "#000000", "a line", (4, 2)),),
        "marks": (Mark(0.5, 0.25, "#000000"),),
        "heads": (Mark(x, BAD, "#000000"),),
        "handles": (Handles("points", "points", ((0.0, 1.0),), "#000000", most=3),),
        "heat": Heat(np.array([[0.0, 0.5, 1.0], [np.nan, 0.2, 0.3]]), ((0.0, "#000000"),)),
        **more,
    }
    return Panel("p", "Title", Axis("x", 0, 1), Axis("y", 0, 1), **given)


def test_everything_is_json_and_what_is_not_finite_is_null():
    data = Picture((whole(),), (("a", "#000000", (1,)),), Clock(range(4))).as_plain()
    text = json.dumps(data, allow_nan=False)
    (panel,) = json.loads(text)["panels"]
    assert panel["lines"][0]["y"] == panel["heads"][0]["y"] == [0.5, None, None, None]
    assert panel["marks"][0]["x"] == 0.5
    # Two rows of three, from below; what is not known is as high as can be.
    assert (panel["heat"]["nx"], panel["heat"]["ny"]) == (3, 2)
    assert panel["heat"]["z"] == [0, 0.5, 1, 1, 0.2, 0.3]
    assert panel["handles"][0]["at"] == [[0, 1]]


def test_the_heat_is_told_apart_by_its_heights():
    one, two = (Heat(np.full((2, 2), h), ((0.0, "#000000"),)).as_plain()["key"] for h in (0, 1))
    assert one != two


def test_digits_are_enough_and_no_more():
    assert plain([math.pi]) == [3.141593]


@given(move=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["n", "v", "name", "at"]), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_nothing_that_a_browser_sends_goes_through_unchecked(move):
    number, name, at = read_move(move)
    assert number is None or number > 0
    assert (name is None) == (at == ())
    for place in at:
        numbers = place if isinstance(place, tuple) else (place,)
        assert all(math.isfinite(one) for one in numbers)


@pytest.mark.parametrize(
    "value",
    [
        {"name": "points", "at": []},
        {"name": "points", "at": [1.0] * (MOST + 1)},
        {"name": "points", "at": [[1, 2, 3]]},
        {"name": "points", "at": [True]},
        {"name": "points", "at": [10**400]},
        {"name": 3, "at": [1]},
        {"name": "points"},
        "points",
    ],
)
def test_nonsense_still_has_a_number_so_that_the_sketch_does_not_wait(value):
    assert read_move({"n": 5, "v": value}) == (5, None, ())


@given(values=st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_tidy_shares_sum_to_one_in_thousandths(values):
    found = tidy(tuple(values))
    assert math.fsum(found) == pytest.approx(1, abs=1e-12)
    assert all(0 <= one <= 1 and round(one, 3) == one for one in found)
    assert tidy(found) == found


def test_files_are_served_under_an_address_that_changes_with_them():
    (mount,) = routes(base="/here")
    assert mount.path == f"/here{sketch_path()}"
    assert sketch_path() in loader()
    assert "@" not in loader().replace("@media", "")
    assert {path.suffix for path in STATIC.iterdir()} == {".js", ".css"}
