"""Formulas are read as people mean them, and what cannot be read is told with its place."""

import itertools
import pickle

import pytest
from hypothesis import given

from lossviz.problem.formula import FormulaError, latex, latex_of, parse, write
from lossviz.problem.formula.names import FUNCTIONS
from lossviz.registry import SettingError, functions
from tests.problem.formula.trees import TREES

READ = {
    "2x": "2*x",
    "3(x+1)": "3*(x + 1)",
    "x y": "x*y",
    "xy^2": "x*y^2",
    "(x)(y)": "x*y",
    "-x^2": "-x^2",
    "(-x)^2": "(-x)^2",
    "2^3^2": "2^3^2",
    "(2^3)^2": "(2^3)^2",
    "x**2": "x^2",
    "x^-2": "x^-2",
    "2^-x^2": "2^-x^2",
    "x--y": "x - -y",
    "+x": "x",
    "x-y-1": "x - y - 1",
    "x-(y-1)": "x - (y - 1)",
    "1/2x": "1/2*x",
    "1/(2x)": "1/(2*x)",
    "2|x|": "2*abs(x)",
    "||x|-1|": "abs(abs(x) - 1)",
    "|x||y|": "abs(x)*abs(y)",
    "|2(|x|)|": "abs(2*abs(x))",
    "1e-3x": "0.001*x",
    "2e": "2*e",
    "2exp(x)": "2*exp(x)",
    ".5 + 5.": "0.5 + 5",
    "2 − 3·x×y ÷ 4": "2 - 3*x*y/4",
    "x²y³": "x^2*y^3",
    "x¹²": "x^12",
    "2πx": "2*pi*x",
    "ln(x) + arctan(y)": "log(x) + atan(y)",
    "atan2(y,\tx)": "atan2(y, x)",
}


@pytest.mark.parametrize(("text", "meant"), READ.items(), ids=READ)
def test_reading(text, meant):
    assert write(parse(text)) == meant
    assert parse(meant) == parse(text)


@given(TREES)
def test_what_is_written_is_read_as_the_same(tree):
    text = write(tree)
    try:
        assert parse(text) == tree
    except FormulaError as error:
        assert "characters" in str(error) or "parts" in str(error)  # noqa: PT017


WRONG = {
    "": (0, "empty; expected a number"),
    " ": (1, "empty"),
    "x +": (3, "ends too soon; expected a number"),
    "x)": (1, "Found '\\)' at place 2; expected an operator or the end"),
    "(x": (2, "ends too soon; expected an operator, or '\\)' for the '\\(' at place 1"),
    "|x": (2, "for the '|' at place 1"),
    "(x|": (3, "ends too soon"),
    "x + sine(y)": (4, "Unknown name 'sine' at place 5; did you mean sin?"),
    "Sin(x)": (0, "did you mean sin?"),
    "z": (0, "Unknown name 'z' at place 1; known are x, y, pi, e, sin"),
    "x + floor(y)": (4, "left out because its steps have the slope 0"),
    "sin x": (4, "expected a bracket after sin, as in sin\\(x\\)"),
    "sin": (3, "expected a bracket after sin"),
    "max(x)": (0, "max at place 1 takes 2 arguments, but has 1 argument"),
    "1 + sin(x, y)": (4, "takes 1 argument, but has 2 arguments"),
    "sin()": (4, "Found '\\)'"),
    "x(1, 2)": (3, "Found ','"),
    "2 3": (2, "Found '3' at place 3; expected an operator or the end"),
    "x 2": (2, "Found '2'"),
    "1.2.3": (3, "Found '.3'"),
    "x + * y": (4, "Found '\\*'"),
    "x^": (2, "ends too soon"),
    "1e101": (0, "too large; 1e\\+100 is the greatest"),
    "х": (0, "cyrillic small letter ha"),
    "x = y": (2, "character '=' at place 3"),
    "x\0": (1, "U\\+0000"),
    "x" + "+1" * 100: (200, "has 201 characters, but may have 200"),
    "(" * 41 + "x" + ")" * 41: (40, "More than 40"),
    "-" * 41 + "x": (40, "More than 40"),
    "x^" * 41 + "x": (81, "More than 40"),
    "x" * 200: (100, "more than 200 parts"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=[repr(text)[:20] for text in WRONG])
def test_errors_say_where_and_what(text, told):
    place, words = told
    with pytest.raises(FormulaError, match=words) as caught:
        parse(text)
    error = caught.value
    assert isinstance(error, SettingError)
    assert (error.place, error.text) == (place, text)
    again = pickle.loads(pickle.dumps(error))  # as between processes
    assert (str(again), again.text, again.place) == (str(error), text, place)
    above, below = error.pointer().split("\n")
    assert len(above) == len(text)
    assert below == " " * place + "^"


ALLOWED = [
    "(" * 40 + "x" + ")" * 40,
    "-" * 40 + "x",
    "x" + "+1" * 99,
    "(x)" * 45,
    "--x" + "+x^2" * 45,
]


@pytest.mark.parametrize("text", ALLOWED)
def test_the_limits_themselves_are_allowed(text):
    parse(text)


LATEX = {
    "(x^2 + 1)/2 - |y|": r"\frac{x^{2} + 1}{2} - \left| y \right|",
    "2*3x": r"2 \cdot 3 x",
    "x*(1/2)": r"x \cdot \frac{1}{2}",
    "-(x + y)": r"-\left( x + y \right)",
    "x - (y - 1)": r"x - \left( y - 1 \right)",
    "x + -y": r"x + \left( -y \right)",
    "x*-y": r"x \left( -y \right)",
    "(-x)^2": r"\left( -x \right)^{2}",
    "(x/y)^2": r"\left( \frac{x}{y} \right)^{2}",
    "1e-5^2": r"\left( 1 \cdot 10^{-5} \right)^{2}",
    "sqrt(x) + pi": r"\sqrt{x} + \pi",
    "log(x)": r"\ln\left( x \right)",
    "max(x, y)": r"\max\left( x, y \right)",
}


@pytest.mark.parametrize(("text", "written"), LATEX.items(), ids=LATEX)
def test_latex(text, written):
    assert latex(text) == written


@given(TREES)
def test_latex_is_balanced_and_has_no_number_beside_a_number(tree):
    written = latex_of(tree)
    assert written.count("{") == written.count("}")
    assert written.count(r"\left") == written.count(r"\right")
    assert "$" not in written
    pieces = written.split()
    assert not any(
        a.replace(".", "").isdigit() and b.replace(".", "").isdigit()
        for a, b in itertools.pairwise(pieces)
    )


def test_every_function_is_read_and_written():
    for name, known in FUNCTIONS.items():
        text = f"{name}({', '.join('xy'[: known.arguments])})"
        assert write(parse(text)) == text
        assert latex(text)


def test_a_formula_in_a_link():
    param = functions["formula"].param("text")
    text = "atan2(y, x)² + |x|·3"
    assert param.parse(param.write(text)) == text
    with pytest.raises(FormulaError, match="Unknown name 'q'"):
        param.parse("q")
