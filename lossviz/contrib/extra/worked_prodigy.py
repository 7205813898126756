"""One step of Prodigy, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.worked import Floats, Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run


def worked_prodigy(run: Run) -> Worked:
    """The step of `pytorch_optimizer.Prodigy`.

    The package steps by the distance of before, and puts the new one beside its small number. A
    weight decay that is not decoupled joins the gradient only once that has been used: it does
    nothing.
    """
    book = Ledger(run)
    g = book.gradient()
    d = book.before("d", first=float(book.params["d0"]), scalar=True)
    _means(book, g, d)
    rate = _distance(book, d)
    _decay(book, rate)
    eps, after = float(book.params["eps"]), book.values["d_after"]
    with np.errstate(divide="ignore", invalid="ignore"):
        under = 1 / (np.sqrt(book.values["v"]) + column(after) * eps)
        # In units of the gradient: the mean is of d times it, and the rate is lr times d.
        book.values["scale"] = column(rate / book.rate * d) * under
        book.values["held"] = book.values["m"] / column(d)
    return book.finish(
        -column(rate) * book.values["m"] * under,
        r"\Delta",
        r"-\gamma\, \frac{m}{\sqrt{v} + d' \epsilon}",
        f"−{{gamma}}·{{m}}/(√({{v}}) + {{d_after}}·{constant(eps)})",
        momentum="held",
        pull="g",
        scale="scale",
    )


def _means(book: Ledger, g: Floats, d: Floats) -> None:
    """The lines of the means, both in units of the distance."""
    beta1, beta2 = book.option("beta1"), book.option("beta2")
    book.add(
        "m",
        r"\beta_1 m + (1 - \beta_1)\, d g",
        f"{beta1.text}·{{m_before}} + {beta1.rest}·{{d}}·{{g}} = {{m}}",
        m_before=book.before("exp_avg"),
        m=book.after("exp_avg"),
        d=d,
    )
    book.add(
        "v",
        r"\beta_2 v + (1 - \beta_2)\, d^2 g^2",
        f"{beta2.text}·{{v_before}} + {beta2.rest}·{{d}}²·{{g}}² = {{v}}",
        v_before=book.before("exp_avg_sq"),
        v=book.after("exp_avg_sq"),
    )


def _distance(book: Ledger, d: Floats) -> Floats:
    """The lines of the rate in force (frames,) and of the distance for the next step."""
    first = np.ones_like(book.t)
    if book.params["bias_correction"]:
        beta1, beta2 = book.option("beta1").held[:, 0], book.option("beta2").held[:, 0]
        first = (1 - beta1**book.t) / np.sqrt(1 - beta2**book.t)
    book.add(
        r"\gamma",
        r"\eta d" if (first == 1).all() else r"\eta d\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}",
        "{lr}·{d} = {gamma}" if (first == 1).all() else "{lr}·{d}/{first} = {gamma}",
        first=first,
        gamma=book.rate * d / first,
    )
    book.add(
        "d'",
        r"\max\!\left(d,\ c\, \frac{r}{\lVert s \rVert_1}\right)",
        "{d_after} (from {d}; r is {r}, and the sizes of s sum up to {sum})",
        d_after=book.after("d", scalar=True),
        r=book.after("d_numerator", scalar=True),
        sum=np.abs(book.after("s")).sum(1),
    )
    return book.values["gamma"]


def _decay(book: Ledger, rate: Floats) -> None:
    """The line of the decoupled weight decay, which rests where nothing was ever pulled."""
    decay = float(book.params["weight_decay"])
    if not decay or not book.params["weight_decouple"]:
        return
    factor = np.where(book.values["sum"] == 0, 1.0, 1 - rate * decay)
    book.shrunk(column(factor), r"(1 - \gamma \lambda)", f"(1 − {{gamma}}·{constant(decay)})")
