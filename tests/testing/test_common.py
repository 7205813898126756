"""What every entry keeps: words and parameters."""

from dataclasses import replace

import pytest

from lossviz import registry, testing
from lossviz.registry import Entry, Param
from tests.testing.told import told

MSE = registry.losses["mse"]
HELPED = Param("a", 1.0, help="A number.")


def test_corners_are_the_defaults_and_each_end_alone():
    entry = Entry(
        name="x",
        title="X",
        about="X.",
        make=dict,
        params=(Param("a", 1, 1, 3, off=0), Param("b", True), Param("c", "u", choices=("u", "v"))),
    )
    rest = {"b": True, "c": "u"}
    assert list(testing.corners(entry)) == [
        {"a": 1, **rest},
        {"a": 3, **rest},
        {"a": 0, **rest},
        {"a": 1, "b": False, "c": "u"},
        {"a": 1, "b": True, "c": "v"},
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "My loss"}, "small letters"),
        ({"title": " "}, "title is empty"),
        ({"about": ""}, "about is one line"),
        ({"about": "two\nlines"}, "about is one line"),
        ({"formula": "$x$"}, "without dollar signs"),
        ({"make": lambda classes, a: None, "params": (HELPED, HELPED)}, "share a name"),
        ({"params": (HELPED,)}, r"make does not take the parameters \['a'\]"),
        ({"make": lambda classes, a: None, "params": (Param("a", 1.0),)}, "a has no help"),
        (
            {
                "make": lambda classes, a: None,
                "params": (Param("a", "b,c", choices=("b,c",), help="A choice."),),
            },
            "cannot stand in a link",
        ),
    ],
)
def test_words_and_parameters(changes, words):
    told(replace(MSE, **changes), words)


class Rounded(Param):
    """A parameter that loses digits on its way through a link."""

    def write(self, value):
        return f"{value:.1f}"


def test_a_value_that_does_not_come_back():
    params = (Rounded("a", 0.25, help="A number."),)
    told(replace(MSE, make=lambda classes, a: None, params=params), "does not come back")
