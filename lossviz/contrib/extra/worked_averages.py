"""One step of the schedule-free optimizers, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.optimizers.worked_adam import running_square
from lossviz.run.worked import Floats, Ledger, Option, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run

#: What the package adds to a mean square before it takes the root.
ROOTED = 1e-15


def worked_schedule_free_sgd(run: Run) -> Worked:
    """The step of `pytorch_optimizer.ScheduleFreeSGD`; the path is y."""
    book = Ledger(run)
    g, name = book.decayed(book.gradient())
    book.values["unit"] = np.ones_like(book.x)
    return _averaged(book, book.option("momentum"), g, name, "g", r"\mu")


def worked_schedule_free_adamw(run: Run) -> Worked:
    """The step of `pytorch_optimizer.ScheduleFreeAdamW`; the path is y."""
    book = Ledger(run)
    g, eps, decay = book.gradient(), float(book.params["eps"]), float(book.params["weight_decay"])
    running_square(book, "g")
    beta2 = book.option("beta2")
    v_hat = book.values["v"] / (1 - beta2.held ** column(book.t))
    book.add(
        r"\hat v", r"\frac{v}{1 - \beta_2^t}", f"{{v}}/(1 − {beta2.text}^{{t}}) = {{v_hat}}",
        v_hat=v_hat,
    )  # fmt: skip
    book.values["unit"] = 1 / (np.sqrt(v_hat + ROOTED) + eps)
    formula = r"\frac{g}{\sqrt{\hat v} + \epsilon}"
    filled = f"{{g}}/(√({{v_hat}}) + {constant(eps)})"
    h = g * book.values["unit"]
    if decay:
        formula, filled, h = (
            rf"{formula} + \lambda y", f"{filled} + {constant(decay)}·{{x}}", h + decay * book.x
        )  # fmt: skip
    book.add("h", formula, f"{filled} = {{h}}", h=h)
    return _averaged(book, book.option("beta1"), h, "h", "h", r"\beta_1")


def weight_of_z(book: Ledger) -> Floats:
    """c_t (frames,): by how much z counts in the mean at each step, from the rates so far."""
    largest = np.maximum.accumulate(book.rate)
    weight = book.t ** float(book.params["r"]) * largest ** float(book.params["weight_lr_power"])
    total = np.cumsum(weight)
    return np.divide(weight, total, out=np.zeros_like(total), where=total != 0)


def _averaged(book: Ledger, near: Option, g: Floats, name: str, symbol: str, share: str) -> Worked:
    """The lines of y, of z and of the mean x, for a step of z along the value of this name."""
    c = weight_of_z(book)
    book.add(
        "c",
        r"\frac{w_t}{w_1 + \dots + w_t}, \quad w_t = t^r (\max \eta)^p",
        "{c} (at step {t})",
        c=c,
    )
    before = book.before("z")
    before[0] = book.x[0]
    book.values.update(z_before=before, z=book.after("z"))
    own = 1 - near.held * column(1 - c)
    # So much of a gradient's step of z is felt at y at once.
    book.values["scale"] = own * book.values["unit"]
    whole = book.finish(
        column(c) * (before - book.x) - column(book.rate) * own * g,
        r"\Delta",
        rf"c\, (z - y) - \eta\, (1 - {share} (1 - c))\, {symbol}",
        f"{{c}}·({{z_before}} − {{x}}) − {{lr}}·(1 − {near.text}·(1 − {{c}}))·{{{name}}}",
        pull=name if symbol == "g" else "g",
        scale="scale",
    )
    book.add("z", rf"z - \eta\, {symbol}", f"{{z_before}} − {{lr}}·{{{name}}} = {{z}}")
    mean = book.values["new"] + (1 - 1 / near.held) * (book.values["z"] - book.values["new"])
    book.add(
        r"\bar x",
        rf"y + (1 - 1 / {share})\, (z - y)",
        f"{{new}} + (1 − 1/{near.text})·({{z}} − {{new}}) = {{mean}}",
        mean=mean,
    )
    return Worked(tuple(book.lines), book.values, whole.momentum, whole.pull, whole.scale)
