"""Random formulas as trees, and their values by Python's own arithmetic."""

import math

from hypothesis import strategies as st

from lossviz.problem.formula import Binary, Call, Name, Negative, Number

#: The same functions, from Python.
PYTHON = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "abs": abs,
    "sign": lambda v: math.copysign(1, v) if v else 0.0,
    "relu": lambda v: max(v, 0.0),
    "sigmoid": lambda v: 1 / (1 + math.exp(-v)) if v > 0 else math.exp(v) / (1 + math.exp(v)),
    "softplus": lambda v: max(v, 0.0) + math.log1p(math.exp(-abs(v))),
    "min": min,
    "max": max,
    "atan2": math.atan2,
    "hypot": math.hypot,
}
TWO = ("min", "max", "atan2", "hypot")


def _grow(inner):
    one = st.sampled_from([name for name in PYTHON if name not in TWO])
    return st.one_of(
        inner.map(Negative),
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner),
        st.builds(Call, one, st.tuples(inner)),
        st.builds(Call, st.sampled_from(TWO), st.tuples(inner, inner)),
    )


def _trees(numbers):
    names = st.sampled_from(["x", "y", "x", "y", "pi", "e"])
    leaves = st.one_of(numbers.map(float).map(Number), names.map(Name))
    return st.recursive(leaves, _grow, max_leaves=12)


SMALL = st.one_of(st.integers(0, 12), st.just(0.5))
TREES = _trees(st.one_of(SMALL, st.floats(0, 1e100, allow_subnormal=False)))
#: Without numbers beside which others are lost.
SMALL_TREES = _trees(SMALL)


def value_of(tree, x, y, rounding=0.0):
    """The value by Python's floats; raises where Python does.

    Each result is off by the rounding, as a part of it.
    """
    return _value(tree, x, y, rounding) * (1 + rounding)


def _value(tree, x, y, rounding):
    match tree:
        case Number(value):
            return value
        case Name(name):
            return {"x": x, "y": y, "pi": math.pi, "e": math.e}[name]
        case Negative(term):
            return -value_of(term, x, y, rounding)
        case Call(function, arguments):
            return float(PYTHON[function](*(value_of(a, x, y, rounding) for a in arguments)))
        case Binary(sign, left, right):
            a, b = (value_of(part, x, y, rounding) for part in (left, right))
            return {
                "+": lambda: a + b,
                "-": lambda: a - b,
                "*": lambda: a * b,
                "/": lambda: a / b,
                "^": lambda: math.pow(a, b),
            }[sign]()
