"""What entries need to write themselves into an exported script."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lossviz.registry import Code, Value


def literal(value: Any) -> str:
    """A plain value as Python code.

    >>> literal("relu"), literal(0.1), literal(True), literal((0.9, 0.99))
    ('"relu"', '0.1', 'True', '(0.9, 0.99)')
    """
    return json.dumps(value) if isinstance(value, str) else repr(value).replace("e+", "e")


def call(name: str, *first: str, **options: Any) -> str:
    """A call as Python code.

    Args:
        name: Of the function.
        first: The arguments by position, as code.
        options: The arguments by name, as plain values.

    >>> call("nn.init.constant_", "tensor", val=0.5)
    'nn.init.constant_(tensor, val=0.5)'
    """
    named = (f"{option}={literal(value)}" for option, value in options.items())
    return f"{name}({', '.join((*first, *named))})"


def changed(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that differ from the function's own defaults, in the function's order.

    >>> changed(round, {"ndigits": None, "number": 1.5})
    {'number': 1.5}
    """
    known = inspect.signature(function).parameters
    ordered = in_order(function, options)
    return {name: value for name, value in ordered.items() if known[name].default != value}


def in_order(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options in the function's own order."""
    known = inspect.signature(function).parameters
    return {name: options[name] for name in known if name in options}


def filled_by(function: Callable[..., Any]) -> Callable[[Mapping[str, Value]], Code]:
    """The code of an initialiser that is a function of `torch.nn.init`."""

    def code(params: Mapping[str, Value]) -> Code:
        name = f"nn.init.{function.__name__}"
        return Code(call(name, "tensor", **changed(function, params)))

    return code


def stacked(layers: Iterable[str]) -> Code:
    """The code of an `nn.Sequential` of these modules."""
    inside = "".join(f"    {layer},\n" for layer in layers)
    return Code(f"nn.Sequential(\n{inside})")


def as_it_is(function: Callable[..., Any]) -> Callable[[Mapping[str, Value]], Code]:
    """The code of a function of x and y that has no parameters: its own source."""
    return lambda params: Code(f"f = {function.__name__}", sources=(function,))


def made_by(make: Callable[..., Any]) -> Callable[[Mapping[str, Value]], Code]:
    """The code of a function of x and y that another one makes."""
    return lambda params: Code(
        f"f = {call(make.__name__, **in_order(make, params))}", sources=(make,)
    )


def drawn_by(make: Callable[..., Any]) -> Callable[[Mapping[str, Value], int], Code]:
    """The code of a data set: the source of its ``make``, whose table gives way to two arrays."""
    return lambda params, seed: Code(
        f"inputs, targets = {call(make.__name__, 'rng', **in_order(make, params))}",
        sources=(make,),
    )
