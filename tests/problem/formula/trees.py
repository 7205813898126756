"""Random formulas as trees, and their values by Python's own arithmetic."""

import math

from hypothesis import strategies as st

from lossviz.problem.formula import Binary, Call, Name, Negative, Number

NUMBERS = st.one_of(
    st.integers(0, 12).map(float), st.floats(0, 1e100, allow_subnormal=False), st.just(0.5)
)

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

LEAVES = st.one_of(NUMBERS.map(Number), st.sampled_from(["x", "y", "x", "y", "pi", "e"]).map(Name))


def _grow(inner):
    one = st.sampled_from([name for name in PYTHON if name not in TWO])
    return st.one_of(
        inner.map(Negative),
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner),
        st.builds(Call, one, st.tuples(inner)),
        st.builds(Call, st.sampled_from(TWO), st.tuples(inner, inner)),
    )


TREES = st.recursive(LEAVES, _grow, max_leaves=12)


def value_of(tree, x, y):
    """The value by Python's floats; raises where Python does."""
    match tree:
        case Number(value):
            return value
        case Name(name):
            return {"x": x, "y": y, "pi": math.pi, "e": math.e}[name]
        case Negative(term):
            return -value_of(term, x, y)
        case Call(function, arguments):
            return float(PYTHON[function](*(value_of(a, x, y) for a in arguments)))
        case Binary(sign, left, right):
            a, b = value_of(left, x, y), value_of(right, x, y)
            return {
                "+": lambda: a + b,
                "-": lambda: a - b,
                "*": lambda: a * b,
                "/": lambda: a / b,
                "^": lambda: math.pow(a, b),
            }[sign]()
