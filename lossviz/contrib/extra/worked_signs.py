"""One step of Lion and SignSGD, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.worked import Floats, Ledger, Worked, column

if TYPE_CHECKING:
    from lossviz.run.record import Run


def worked_lion(run: Run) -> Worked:
    """The step of `pytorch_optimizer.Lion`: by the sign of a mix, before the mean moves on."""
    book = Ledger(run)
    g, name = book.weight_decay(bool(book.params["weight_decouple"]))
    beta1, beta2 = book.option("beta1"), book.option("beta2")
    before = book.before("exp_avg")
    book.add(
        "c",
        r"\beta_1 m + (1 - \beta_1)\, g",
        f"{beta1.text}·{{m_before}} + {beta1.rest}·{{{name}}} = {{c}}",
        m_before=before,
        c=beta1.held * before + (1 - beta1.held) * g,
    )
    whole = _by_sign(book, "c", g)
    book.add(
        "m",
        r"\beta_2 m + (1 - \beta_2)\, g",
        f"{beta2.text}·{{m_before}} + {beta2.rest}·{{{name}}} = {{m}}",
        m=book.after("exp_avg"),
    )
    return Worked(tuple(book.lines), book.values, whole.momentum, whole.pull)


def worked_sign_sgd(run: Run) -> Worked:
    """The step of `pytorch_optimizer.SignSGD`, by the sign of the gradient or of its mean."""
    book = Ledger(run)
    g, name = book.weight_decay(bool(book.params["weight_decouple"]))
    if not book.params["momentum"]:
        return _by_sign(book, name, g)
    mu = book.option("momentum")
    book.add(
        "m",
        r"\mu m + (1 - \mu)\, g",
        f"{mu.text}·{{m_before}} + {mu.rest}·{{{name}}} = {{m}}",
        m_before=book.before("momentum_buffer"),
        m=book.after("momentum_buffer"),
    )
    return _by_sign(book, "m", g)


def _by_sign(book: Ledger, name: str, g: Floats) -> Worked:
    """The lines of a step by the sign of the value of this name; ``g`` pulls by its own sign."""
    # What the mix rounds to 0 has no sign for the optimizer either.
    sign = np.sign(book.values[name])
    book.values.update(sign=sign, pull=np.sign(g))
    symbol = {"c": "c", "m": "m"}.get(name, "g")
    return book.finish(
        -column(book.rate) * sign,
        r"\Delta",
        rf"-\eta\, \mathrm{{sign}}({symbol})",
        f"−{{lr}}·sign {{{name}}}",
        momentum="sign" if symbol != "g" else "",
        pull="pull",
    )
