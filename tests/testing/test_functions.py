"""Every way in which a function can break its contract is told."""

import itertools

import pytest
import torch

from lossviz import testing
from lossviz.registry import FunctionEntry, Param
from tests.testing.told import Identity, told


def bowl(x, y):
    return x**2 + y**2


def entry(f=bowl, **fields):
    return FunctionEntry(
        **{
            "name": "f",
            "title": "F",
            "about": "F.",
            "make": lambda: f,
            "domain": lambda params: (-1.0, 1.0, -2.0, 2.0),
            "minimisers": lambda params: ((0.0, 0.0),),
            "minimum": lambda params: 0.0,
            "start": lambda params: (1.0, 1.0),
        }
        | fields
    )


class Doubled(Identity):
    """The identity, with twice its gradient."""

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


def draws(x, y):
    torch.rand(1)
    return bowl(x, y)


def changes(x, y):
    x += 1
    return bowl(x, y)


BROKEN = {
    "draws": (draws, "global random"),
    "changes": (changes, "changes its arguments"),
    "single": (lambda x, y: bowl(x, y).float(), "give float64 values"),
    "shape": (lambda x, y: bowl(x, y).reshape(-1), "give float64 values"),
    "mixes": (lambda x, y: bowl(x, y) - x.mean(), "give other values than all points"),
    "infinite": (lambda x, y: 1 / x**2 + y**2, "values over the domain are not all finite"),
    "detached": (lambda x, y: bowl(x, y).detach(), "do not depend on x and y"),
    "tip": (lambda x, y: (x**2 + y**2).sqrt(), "slopes over the domain are not all finite"),
    "slope": (lambda x, y: Doubled.apply(bowl(x, y)), "gradient is not the slope"),
    "bend": (lambda x, y: bowl(x, y) + 0 * (x - x + 0 * y).abs() ** 1.5, "second derivatives"),
    "lower": (lambda x, y: bowl(x, y) - x, "the domain has a value of"),
    "value": (lambda x, y: bowl(x, y) + 0.5, "not the minimum"),
    "steep": (lambda x, y: x.abs() + y**2 + x / 2, "slope at the minimiser"),
}


@pytest.mark.parametrize(("f", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_function(f, words):
    told(entry(f), words)


steps = itertools.count()

WRONG = {
    "domain": ({"domain": lambda p: (1.0, -1.0, -2.0, 2.0)}, "the domain is"),
    "endless": ({"domain": lambda p: (-1.0, torch.inf, -2.0, 2.0)}, "the domain is"),
    "start": ({"start": lambda p: (3.0, 0.0)}, "lies outside of the domain"),
    "box": ({"box": lambda p: (-0.5, 0.5, -0.5, 0.5)}, "lies outside of the box"),
    "minimum": ({"minimum": lambda p: None}, "the minimum is not given"),
    "minimiser": ({"minimisers": lambda p: ((0.0, 0.1),)}, "the value at"),
    "deviation": ({"deviation": lambda p: lambda step: (next(steps), 0.0)}, "the same two"),
    "slope": ({"slope": lambda p: lambda x, y: (2 * x, 2.0000001 * y)}, "slope along y in closed"),
    "deviations": ({"deviation": lambda p: lambda step: (1.0, 0.0, 0.0)}, "the same two"),
    "name": ({"name": "F"}, "small letters"),
}


@pytest.mark.parametrize(("fields", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_entry(fields, words):
    told(entry(**fields), words)


def test_both_ends_of_a_parameter():
    broken = entry(
        make=lambda power: lambda x, y: x**2 + (y**2 + 0.01) ** power,
        params=(Param("power", 1.0, -400.0, 1.0, help="A power."),),
        minimum=lambda p: 0.01,
    )
    told(broken, r"power': -400.0.*not all finite")


def test_a_minimum_on_the_edge_of_the_box():
    slope = entry(
        lambda x, y: x + y**2,
        minimisers=lambda p: ((-0.5, 0.0),),
        minimum=lambda p: -0.5,
        box=lambda p: (-0.5, 1.0, -2.0, 2.0),
    )
    testing.check(slope)
