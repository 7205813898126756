"""A formula as a function of tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable

import torch
from torch import Tensor

from lossviz.problem.formula.names import CONSTANTS, FUNCTIONS, power
from lossviz.problem.formula.parse import parse
from lossviz.problem.formula.tree import Binary, Call, Name, Negative, Number, Tree

Function = Callable[[Tensor, Tensor], Tensor]
Apply = Callable[..., Tensor]

_SIGNS: dict[str, Apply] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": power,
}


def compile_formula(text: str) -> Function:
    """The function that a formula in x and y describes.

    It is elementwise on tensors, whose shapes are broadcast, and is differentiated by torch. Where
    it is not defined it is NaN, as the logarithm of a negative number, or such a number's power by
    a fraction. At a tip, where there is no slope, it has the slope 0 for |x|, relu(x), hypot(x, y)
    and sqrt(x), and the mean of both for min and max.

    Raises:
        FormulaError: When the text cannot be read.

    >>> compile_formula("x^2 + 3y")(torch.tensor([1.0, 2.0]), torch.tensor(1.0))
    tensor([4., 7.])
    """
    return function_of(parse(text))


def function_of(tree: Tree) -> Function:
    """The function that a tree describes; see `compile_formula`."""
    built, names = _build(tree), variables_of(tree)
    if isinstance(built, float):
        return lambda x, y: built + 0 * (x + y)
    if names == {"x", "y"}:
        return built
    # In the shape of both, and with a slope (of 0) in the other one too.
    return lambda x, y: built(x, y) + 0 * (x + y)


def constant_of(tree: Tree) -> float | None:
    """The number that a tree always is; None where it has variables."""
    built = _build(tree)
    return built if isinstance(built, float) else None


def variables_of(tree: Tree) -> set[str]:
    """Which of x and y occur in a tree."""
    match tree:
        case Name(name):
            return {name} - set(CONSTANTS)
        case Negative(term):
            return variables_of(term)
        case Binary(_, left, right):
            return variables_of(left) | variables_of(right)
        case Call(_, arguments):
            return set().union(*map(variables_of, arguments))
    return set()


def _build(tree: Tree) -> Function | float:
    """A function of x and y, or the number that it always is."""
    match tree:
        case Number(value):
            return value
        case Name("x"):
            return lambda x, y: x
        case Name("y"):
            return lambda x, y: y
        case Name(name):
            return CONSTANTS[name]
        case Negative(term):
            return _unary(operator.neg, _build(term))
        case Binary(sign, left, right):
            return _binary(_SIGNS[sign], _build(left), _build(right))
        case Call(function, (argument,)):
            return _unary(FUNCTIONS[function].apply, _build(argument))
        case Call(function, (first, second)):
            return _binary(FUNCTIONS[function].apply, _build(first), _build(second))
    raise TypeError(f"{tree!r} is no part of a formula.")


def _unary(apply: Apply, inner: Function | float) -> Function | float:
    if isinstance(inner, float):
        return _constant(apply, inner)
    return lambda x, y: apply(inner(x, y))


def _binary(apply: Apply, left: Function | float, right: Function | float) -> Function | float:
    if isinstance(right, float):
        if isinstance(left, float):
            return _constant(apply, left, right)
        return lambda x, y: apply(left(x, y), right)
    if isinstance(left, float):
        return lambda x, y: apply(left, right(x, y))
    return lambda x, y: apply(left(x, y), right(x, y))


def _constant(apply: Apply, *numbers: float) -> float:
    # As tensors, which give infinity and NaN where Python's numbers raise.
    return apply(*(torch.tensor(number, dtype=torch.float64) for number in numbers)).item()
