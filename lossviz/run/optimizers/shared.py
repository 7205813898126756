"""What the optimizers' entries share: the usual parameters, and how torch's errors are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from torch.nn import Parameter
from torch.optim import Optimizer

from lossviz.registry import Param, SettingError

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
