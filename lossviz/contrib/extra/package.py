"""Where the package is, whether it is installed, and what the entries that need it share."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from lossviz.registry import Code, OptimizerEntry, Param, optimizers
from lossviz.run.optimizers.shared import Params, Shapes, constructor

PACKAGE = "pytorch_optimizer"

DECOUPLE = Param(
    "weight_decouple",
    True,
    help="Weight decay shrinks the weights directly; else it is added to the gradient.",
    title="decoupled decay",
)


def offer(entry: OptimizerEntry) -> None:
    """Add an entry to the catalogue if the package is installed; it is looked for, not imported."""
    if importlib.util.find_spec(PACKAGE) is not None:
        optimizers.add(entry)


def package() -> Any:
    """The package itself, imported when it is first asked for.

    That takes 0.03 s beside the 0.9 s in which torch makes its own first optimizer, and 0.4 s where
    it comes before that.

    >>> package().Lion.__name__
    'Lion'
    """
    return importlib.import_module(PACKAGE)


def imported(name: str) -> tuple[str, ...]:
    """The import lines of a script that uses a class of the package."""
    return (f"from {PACKAGE} import {name}",)


def constructed(
    name: str,
    arranged: Callable[[Params], dict[str, Any]] = dict,
    within: Callable[[Any], Any] | None = None,
    note: str = "",
) -> Callable[[Params, Shapes], Code]:
    """The code of an optimizer of the package.

    Args:
        name: Of its class.
        arranged: Turns the parameters into the options of the class.
        within: What makes another class of it, as the entry does; a script has a copy.
        note: What a script says above it.
    """
    called = name if within is None else f"{within.__name__}({name})"

    def code(params: Params, shapes: Shapes) -> Code:
        text = constructor(getattr(package(), name), arranged(params), "parameters", called)
        return Code(text, imported(name), () if within is None else (within,), note=note)

    return code
