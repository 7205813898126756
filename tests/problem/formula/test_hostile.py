"""Whatever is typed gives a function or an error with its place, and runs nothing."""

import ast
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz.problem import formula
from lossviz.problem.formula import FormulaError, compile_formula, latex

ATTACKS = [
    "__import__('os').system('touch /tmp/lossviz-was-here')",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "x.backward()",
    "lambda x: x",
    "[x for x in (1,)]",
    "{x}",
    "{0.__class__}",
    "%s%n%d",
    "f'{x}'",
    "`id`",
    "$(id)",
    "x; import os",
    "x\nimport os",
    "exec('1')",
    "eval(x)",
    "open('/etc/passwd')",
    "print(x)",
    "globals()",
    "__builtins__",
    "x if y else x",
    "x or y",
    "x := 1",
    "x = 1",
    "x == y",
    "x[0]",
    "x @ y",
    "x // y",
    "x % y",
    "x << 9999999999",
    "~x",
    "1j",
    "1_000",
    "0x10",
    "0b1",
    "1e",
    "1e+",
    "1e999999999",
    "9^9^9^9",
    "9**9**9**9**9",
    "9" * 200,
    "9" * 10**6,
    "0." + "0" * 190 + "1",
    "(" * 10**6,
    "(" * 200,
    ")" * 200,
    "(" * 99 + "x" + ")" * 99,
    "|" * 200,
    "-" * 200,
    "x" * 200,
    "x^" * 99 + "x",
    "sin(" * 50,
    "sin(" * 39 + "x" + ")" * 39,
    "a" * 200,
    "_" * 200,
    "x\0y",
    "\x1b[2J",
    "\u202ex+y",
    "х+у",
    "ｘ+ｙ",
    "𝑥+𝑦",
    "x²²",
    "²",
    "⁻¹",
    "٣+x",
    "x٫5",
    "½",
    "√x",
    "∞",
    "nan",
    "inf",
    "😀",
    "\ud800",
    "\ufeffx",
    "x\u200by",
    "<script>alert(1)</script>",
    "'; DROP TABLE runs; --",
    "\\sin(x)",
    "min(x,y,x)",
    "max()",
    ",",
    "x,y",
    "(x,y)",
    "|x",
    "x|",
    "",
]

#: Calls into Python and C that reading a formula may take, for its first 200 characters each.
CALLS_PER_CHARACTER = 50
CALLS = 3000


#: What would run a text as code, or reach out of the program.
FORBIDDEN = (eval, exec, compile, __import__, open, getattr, os.system)


def calls_of(action):
    """How many calls, of Python and of C, an action makes; none may be a forbidden one."""
    count, seen = 0, []

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")
        if event == "c_call" and frame.f_globals["__name__"].startswith("lossviz"):
            seen.append(argument)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    assert not set(seen) & set(FORBIDDEN)
    return count


def try_out(text):
    """Read a formula in all ways."""
    for way in (compile_formula, latex):
        try:
            assert way(text)
        except FormulaError as error:
            check_error(error, text)


def check_error(error, text):
    assert str(error).endswith((".", "?"))
    assert 0 <= error.place <= len(error.text) <= 201
    assert text.startswith(error.text)
    assert error.pointer().endswith("\n" + " " * error.place + "^")


@pytest.mark.parametrize("text", ATTACKS, ids=[ascii(text)[:30] for text in ATTACKS])
def test_attacks(text):
    steps = calls_of(lambda: try_out(text))
    assert steps < CALLS + CALLS_PER_CHARACTER * min(len(text), 200)


PIECES = st.sampled_from(
    [*"xy0123456789.+-*/^()|, ²³π−·×_eE'\"[]{}=:;@\\\0\n\t", "sin(", "max(", "__import__", "**"]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=80))


@settings(max_examples=2000, deadline=None)
@given(TEXTS)
def test_any_text(text):
    steps = calls_of(lambda: try_out(text))
    assert steps < CALLS + CALLS_PER_CHARACTER * min(len(text), 200)


def test_the_work_grows_with_the_length_alone():
    short, long = (calls_of(lambda n=n: compile_formula("x" + "+x" * n)) for n in (20, 80))
    assert long < 5 * short


def test_the_parser_has_no_way_to_run_a_text():
    names = {"eval", "exec", "compile", "__import__", "literal_eval", "getattr", "sympy", "globals"}
    for file in Path(formula.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = getattr(node, "id", None) or getattr(node, "attr", None)
            # `re.compile` makes a pattern of a text, not code.
            assert named not in names or ast.unparse(node) == "re.compile", f"{file}: {named}"
