"""What the optimizers' entries share: the usual parameters, and how torch's errors are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any

from torch.nn import Parameter
from torch.optim import Optimizer

from lossviz.problem.code import call, changed
from lossviz.registry import Code, Param, SettingError, Value

Parameters = Iterable[Parameter]

#: One vector is trained, so that torch's lists of tensors ("foreach") would only cost time.
PLAIN: dict[str, Any] = {"foreach": False}


def lr(default: float) -> Param:
    """The learning rate, up to where nearly everything diverges."""
    return Param("lr", default, 1e-6, 100.0, "log", "How far one step goes.", title="learning rate")


def weight_decay(
    default: float = 0.0, how: str = "Adds this times the weight to its gradient."
) -> Param:
    """The weight decay, 0 for none."""
    return Param("weight_decay", default, 1e-6, 10.0, "log", how, off=0.0)


def beta(name: str, default: float, what: str) -> Param:
    """The memory of a running mean, below 1."""
    return Param(name, default, 0.0, 0.99999, "linear", f"Memory of the running mean of {what}.")


def eps(default: float) -> Param:
    """The small number beside a square root in a denominator."""
    return Param("eps", default, 1e-16, 1.0, "log", "Keeps the division from blowing up.")


def betas(params: Mapping[str, Value]) -> dict[str, Any]:
    """The parameters as Adam's relatives take them: ``beta1``, ``beta2`` and so on as a tuple.

    >>> betas({"lr": 0.1, "beta1": 0.9, "beta2": 0.99})
    {'lr': 0.1, 'betas': (0.9, 0.99)}
    """
    own = [name for name in ("beta1", "beta2", "beta3") if name in params]
    rest = {name: value for name, value in params.items() if name not in own}
    return {**rest, "betas": tuple(params[name] for name in own)}


def constructor(
    kind: type[Optimizer], options: Mapping[str, Any], tensors: str, name: str = ""
) -> str:
    """A call of an optimizer as code; the learning rate is always written.

    Args:
        kind: Its class.
        options: What it is given beside the tensors.
        tensors: These, as code.
        name: What a script calls the class; as `torch.optim` does when it is empty.

    >>> import torch
    >>> constructor(torch.optim.SGD, {"momentum": 0.9, "lr": 0.1, "nesterov": False}, "parameters")
    'torch.optim.SGD(parameters, lr=0.1, momentum=0.9)'
    """
    others = changed(kind, {name: value for name, value in options.items() if name != "lr"})
    name = name or f"torch.optim.{kind.__name__}"
    return call(name, tensors, lr=options["lr"], **others)


Params = Mapping[str, Value]
Shapes = Sequence[tuple[int, ...]]


def constructed(
    kind: type[Optimizer], arranged: Callable[[Params], dict[str, Any]] = dict
) -> Callable[[Params, Shapes], Code]:
    """The code of an optimizer of `torch.optim`.

    Args:
        kind: Its class.
        arranged: Turns the parameters into the options of the class.
    """
    return lambda params, shapes: Code(constructor(kind, arranged(params), "parameters"))


DECOUPLED = "Shrinks the weights by lr times this in each step, apart from the gradient."

BETAS = (beta("beta1", 0.9, "the gradient"), beta("beta2", 0.999, "its square"))


def telling(make: Callable[..., Optimizer]) -> Callable[..., Optimizer]:
    """A ``make`` whose ValueError, from torch's own checks, becomes a `SettingError`."""

    @wraps(make)
    def checked(parameters: Parameters, **params: Any) -> Optimizer:
        try:
            return make(list(parameters), **params)
        except SettingError:
            raise
        except ValueError as error:
            raise SettingError(str(error)) from error

    return checked
