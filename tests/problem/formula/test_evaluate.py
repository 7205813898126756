"""A formula's values are Python's own, and its gradients are its slopes."""

import math

import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from torch.func import jacrev, vmap

from lossviz.problem.formula import Binary, Name, Number, compile_formula, function_of, parse
from lossviz.problem.formula.names import FUNCTIONS
from tests.problem.formula.trees import PYTHON, SMALL_TREES, TREES, value_of

COORDINATES = st.floats(-4, 4, allow_subnormal=False)


def point(x, y):
    return tuple(torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x, y))


@given(TREES, COORDINATES, COORDINATES)
@example(Binary("^", Number(0.0), Name("x")), 0.0, 1.0)
def test_values_are_pythons(tree, x, y):
    try:
        expected = value_of(tree, x, y)
    except (ValueError, OverflowError, ZeroDivisionError):
        assume(False)
    assume(abs(expected) < 1e100)
    found = function_of(tree)(*point(x, y)).item()
    # Large arguments of sine and the like blow up the last digits, in which the two may differ.
    rounded = [_rounded(tree, x, y, rounding) for rounding in (1e-14, -1e-14, 3e-14)]
    wobble = max(abs(other - expected) for other in rounded)
    assert math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12 + 10 * wobble)


def _rounded(tree, x, y, rounding):
    try:
        return value_of(tree, x, y, rounding)
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.inf


# The same trees each time: a difference quotient can be wrong in ways that no tolerance foresees,
# as where a number is lost beside a much greater one.
@settings(derandomize=True, max_examples=300)
@given(SMALL_TREES, st.floats(0.3, 1.7), st.floats(1.9, 3.1))
def test_gradients_of_random_formulas_are_slopes(tree, x, y):
    f = function_of(tree)
    ends = point(x, y)
    slopes = [slope.item() for slope in torch.autograd.grad(f(*ends), ends)]
    for side, slope in enumerate(slopes):
        wide, near = (_quotient(f, x, y, side, width) for width in (2e-5, 1e-5))
        settled = math.isfinite(near) and abs(wide - near) <= 1e-6 * max(1, abs(near))
        if settled and abs(near) < 1e6:
            assert math.isclose(slope, near, rel_tol=1e-4, abs_tol=1e-4)


def _quotient(f, x, y, side, width):
    """The slope in x (side 0) or y (side 1) by two values."""
    step = (width, 0.0) if side == 0 else (0.0, width)
    after, before = f(*point(x + step[0], y + step[1])), f(*point(x - step[0], y - step[1]))
    return (after.item() - before.item()) / (2 * width)


SMOOTH = [
    "x^2 + 3y^2",
    "x^3*y - y^4/7",
    "exp(-x*y/5) + sin(3x)*cos(y)",
    "(x^2 + 1)^y",
    "2^x + 3^-y",
    "tanh(x - 2y)/(1 + x^2)",
    "log(1 + x^2) + log2(3 + y^2) + log10(2 + x*y + x^2 + y^2)",
    "atan2(y + 5, x) + hypot(x, y + 5)",
    "sqrt(1 + x^2 + y^2)",
    "sigmoid(x) + softplus(10*y)",
    "asin(x/9) + acos(y/9) + atan(x*y)",
    "sinh(x/2) + cosh(y/2) + tan(x/9)",
    "|x + 9| + relu(y + 9) + sign(x + 9)*y",
    "min(x, y + 20) + max(x, 9)",
    "x",
    "3",
    "pi^e",
]


@pytest.mark.parametrize("text", SMOOTH)
def test_gradients_are_slopes(text):
    f = compile_formula(text)
    x, y = 6 * torch.rand(2, 7, generator=torch.Generator().manual_seed(0)).double() - 3
    assert torch.autograd.gradcheck(f, (x.requires_grad_(), y.requires_grad_()))
    points = torch.stack([x, y], 1).detach()
    slopes = vmap(jacrev(lambda p: f(p[0], p[1])))(points)
    expected = torch.autograd.grad(f(x, y).sum(), (x, y), materialize_grads=True)
    assert torch.allclose(slopes, torch.stack(expected, 1))
    second = vmap(jacrev(jacrev(lambda p: f(p[0], p[1]))))(points)
    assert second.isfinite().all()


#: A formula at (0, 0): value, slope in x, slope in y.
AT_ORIGIN = {
    "x^2 + y": (0, 0, 1),
    "x^1": (0, 1, 0),
    "x^0": (1, 0, 0),
    "x^y": (1, 0, 0),
    "0^x": (1, 0, 0),
    "|x|": (0, 0, 0),
    "relu(x)": (0, 0, 0),
    "min(x, y)": (0, 0.5, 0.5),
    "max(x, 0)": (0, 0.5, 0),
    "hypot(x, y)": (0, 0, 0),
    "hypot(x, 0)": (0, 0, 0),
    "sqrt(x^2 + y^2)": (0, 0, 0),
    "(x^2 + y^2)^0.5": (0, 0, 0),
    "atan2(y, x)": (0, 0, 0),
    "softplus(x)": (math.log(2), 0.5, 0),
    "sigmoid(y)": (0.5, 0, 0.25),
}


@pytest.mark.parametrize(("text", "expected"), AT_ORIGIN.items(), ids=AT_ORIGIN)
def test_tips_have_a_slope_that_is_a_number(text, expected):
    x, y = point(0.0, 0.0)
    value = compile_formula(text)(x, y)
    slopes = torch.autograd.grad(value, (x, y))
    assert [value.item(), *(slope.item() for slope in slopes)] == pytest.approx(expected)


@pytest.mark.parametrize("text", ["x*y", "x", "y + 1", "3", "max(1, 2)", "2^0.5"])
def test_shape_and_precision(text):
    f = compile_formula(text)
    for first, second in [((), ()), ((3,), (3,)), ((2, 1), (5,))]:
        x, y = torch.ones(first, dtype=torch.float64), torch.ones(second, dtype=torch.float64)
        value = f(x.requires_grad_(), y.requires_grad_())
        assert value.shape == torch.broadcast_shapes(first, second)
        assert value.dtype == torch.float64
        slopes = torch.autograd.grad(value.sum(), (x, y))
        assert all(slope.isfinite().all() for slope in slopes)


UNDEFINED = {"log(-1) + x": "nan", "1/0 + x": "inf", "9^9^9^9": "inf", "(x-2)^0.5": "nan"}


@pytest.mark.parametrize(("text", "expected"), UNDEFINED.items(), ids=UNDEFINED)
def test_where_it_is_not_defined(text, expected):
    assert str(compile_formula(text)(*point(1.0, 1.0)).item()) == expected


def test_every_function_has_its_reference():
    assert set(PYTHON) == set(FUNCTIONS)


def test_what_is_no_tree():
    with pytest.raises(TypeError, match="no part of a formula"):
        function_of(Binary("+", Name("x"), "y"))
    assert function_of(parse("x"))(*point(1.0, 2.0)).item() == 1


def test_softplus_is_exact_far_out():
    # torch's own is a straight line from 20 on.
    found = compile_formula("softplus(x)")(*point(25.0, 0.0)).item()
    assert found - 25 == pytest.approx(math.log1p(math.exp(-25)), rel=1e-3)
