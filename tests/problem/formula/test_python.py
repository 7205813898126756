"""Formulas as Python code: the same numbers and slopes, in lines that fit, and nothing else."""

import ast

import pytest
import torch
from hypothesis import given, settings

from lossviz.export.source import Sources
from lossviz.problem.formula import (
    Binary,
    Name,
    Number,
    compile_formula,
    function_of,
    parse,
    python,
)
from tests.problem.formula.trees import SMALL_TREES, TREES

X = torch.tensor([-1.7, -0.3, 0.0, 0.4, 2.3], dtype=torch.float64)
Y = torch.tensor([0.6, 0.0, 1.9, -2.2, -0.5], dtype=torch.float64)


def compiled(tree):
    """The function that the code defines."""
    code, sources = python(tree), Sources()
    for function in code.sources:
        sources.add(function)
    lines = [*code.imports, *sources.imports, "import torch", *sources.definitions, code.text]
    names = {}
    exec(compile("\n".join(lines), "formula", "exec"), names)
    return names["f"]


def value_and_slopes(f):
    x, y = X.clone().requires_grad_(), Y.clone().requires_grad_()
    value = f(x, y)
    slopes = torch.autograd.grad(value.sum(), (x, y), materialize_grads=True)
    return [value.detach(), *slopes]


def body(text):
    return python(parse(text)).text.splitlines()[1:]


@pytest.mark.parametrize("trees", [TREES, SMALL_TREES], ids=["any", "small"])
def test_the_code_has_the_value_and_the_slopes_of_the_formula(trees):
    @settings(max_examples=150, deadline=None)
    @given(trees)
    def check(tree):
        for got, wanted in zip(
            value_and_slopes(compiled(tree)), value_and_slopes(function_of(tree)), strict=True
        ):
            torch.testing.assert_close(got, wanted, rtol=1e-12, atol=0, equal_nan=True)

    check()


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_lines_fit_and_hold_nothing_but_arithmetic(tree):
    text = python(tree).text
    assert max(map(len, text.splitlines())) <= 100
    allowed = (
        ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.Return, ast.Name,
        ast.Constant, ast.BinOp, ast.UnaryOp, ast.Call, ast.Attribute, ast.operator, ast.unaryop,
        ast.expr_context,
    )  # fmt: skip
    for node in ast.walk(ast.parse(text)):
        assert isinstance(node, allowed), ast.dump(node)
        assert not isinstance(node, ast.Constant) or isinstance(node.value, int | float)
        if isinstance(node, ast.Attribute):
            assert isinstance(node.value, ast.Name)
            assert node.value.id in ("torch", "math")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("-x^2", "return -(x**2)"),
        ("(-x)^2 + (x y)^2", "return (-x) ** 2 + (x * y) ** 2"),
        ("x - (y - 1)", "return x - (y - 1)"),
        ("x/(2y)", "return x / (2 * y)"),
        ("2^x", "return 2**x"),
        ("cos(2 pi x)", "return torch.cos(2 * math.pi * x)"),
        ("sqrt(x) + x^(1/2)", "return sqrt(x) + power(x, 1 / 2)"),
        ("3", "return 3 + 0 * (x + y)"),
        ("x + 1/0", "return x + math.inf"),
        ("sqrt(4) x", "return 2 * x"),
    ],
)
def test_code_reads_as_one_would_write_it(text, line):
    assert body(text) == [f"    {line}"]


def test_long_formulas_come_in_parts():
    text = " + ".join(f"sin({k}x)*cos({k}y)" for k in range(1, 12))
    first, *_, last = body(text)
    assert first.startswith("    part1 = torch.sin(")
    assert last.startswith("    return ")
    f = compile_formula(text)
    assert torch.equal(compiled(parse(text))(X, Y), f(X, Y))


def test_great_whole_numbers_are_written_as_what_they_are_in_double_precision():
    tree = Binary("*", Binary("+", Number(2.0**53), Number(1.0)), Name("x"))
    assert "9007199254740992.0 * x" in python(tree).text
