"""One step of LAMB, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.optimizers.worked_adam import running_square
from lossviz.run.worked import Floats, Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.problem.space import ParamSpace
    from lossviz.run.record import Run

#: The package's longest length of the weights that counts.
LONGEST = 10.0


def worked_lamb(run: Run) -> Worked:
    """The step of `pytorch_optimizer.Lamb`; the two lengths are those of each tensor."""
    book = Ledger(run)
    name = _gradient(book)
    beta1, eps = book.option("beta1"), float(book.params["eps"])
    share = beta1.rest if book.params["grad_averaging"] else "1"
    book.add(
        "m",
        r"\beta_1 m + (1 - \beta_1)\, g" if share != "1" else r"\beta_1 m + g",
        f"{beta1.text}·{{m_before}} + {share}·{{{name}}} = {{m}}",
        m_before=book.before("exp_avg"),
        m=book.after("exp_avg"),
    )
    running_square(book, name)
    _direction(book, eps)
    _trust(book, run.space, eps)
    first = 1 / (1 - beta1.held ** column(book.t))
    book.values["scale"] = first * book.values["trust"] / (np.sqrt(book.values["v"]) + eps)
    return book.finish(
        -column(book.rate) * first * book.values["trust"] * book.values["r"],
        r"\Delta",
        r"-\frac{\eta}{1 - \beta_1^t}\, \phi\, r",
        f"−{{lr}}/(1 − {beta1.text}^{{t}})·{{trust}}·{{r}}",
        momentum="m",
        pull=name,
        scale="scale",
    )


def _gradient(book: Ledger) -> str:
    """The lines of the gradient, clipped where that is wanted; the name of what is used."""
    g = book.gradient()
    if not book.params["pre_norm"]:
        return "g"
    most, eps = float(book.params["max_grad_norm"]), float(book.params["eps"])
    length = np.linalg.norm(g, axis=1)
    share = np.minimum(1.0, most / (length + eps))
    book.add(
        "g",
        r"g\, \min\!\left(1, \frac{c}{\lVert g \rVert + \epsilon}\right)",
        f"{{g}}·min(1, {constant(most)}/({{length}} + {constant(eps)})) = {{h}}",
        length=length,
        h=column(share) * g,
    )
    return "h"


def _direction(book: Ledger, eps: float) -> None:
    """The line of Adam's direction, with the weight decay in it."""
    decay = float(book.params["weight_decay"])
    r = book.values["m"] / (np.sqrt(book.values["v"]) + eps)
    formula, filled = r"\frac{m}{\sqrt{v} + \epsilon}", f"{{m}}/(√({{v}}) + {constant(eps)})"
    if decay:
        r = r + decay * book.x
        formula, filled = rf"{formula} + \lambda \theta", f"{filled} + {constant(decay)}·{{x}}"
    book.add("r", formula, f"{filled} = {{r}}", r=r)


def _trust(book: Ledger, space: ParamSpace, eps: float) -> None:
    """The line of the ratio of the weights' length to the direction's."""
    long, way = lengths(book.x, space), lengths(book.values["r"], space)
    held = np.minimum(long, LONGEST)
    ratio = np.where((held == 0) | (way == 0), 1.0, held / (way + eps))
    book.add(
        r"\phi",
        r"\frac{\min(\lVert \theta \rVert, 10)}{\lVert r \rVert + \epsilon}",
        f"min({{long}}, {constant(LONGEST)})/({{way}} + {constant(eps)}) = {{trust}}",
        long=long,
        way=way,
        trust=np.where(np.isnan(way), np.nan, ratio),
    )


def lengths(values: Floats, space: ParamSpace) -> Floats:
    """The length of each tensor's part of (frames, P), at each of its coordinates (frames, P)."""
    ends = np.cumsum(space.sizes)[:-1]
    parts = np.split(values, ends, axis=1)
    found = [np.linalg.norm(part, axis=1, keepdims=True) for part in parts]
    return np.repeat(np.concatenate(found, axis=1), space.sizes, axis=1)
