"""One step of gradient descent and of its averaged form, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.worked import Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run


def worked_sgd(run: Run) -> Worked:
    """The step of `torch.optim.SGD`."""
    book = Ledger(run)
    g, name = book.decayed(book.gradient())
    momentum = book.params["momentum"] != 0
    if momentum:
        g, name = along_momentum(book, g, name)
    return book.finish(
        -column(book.rate) * g,
        r"\Delta",
        rf"-\eta\, {'v' if momentum else 'g'}",
        f"−{{lr}}·{{{name}}}",
        momentum=name if momentum else "",
    )


def along_momentum(book: Ledger, g: np.ndarray, name: str) -> tuple[np.ndarray, str]:
    """The lines of the momentum; what is stepped along, and its name."""
    mu, share = book.option("momentum"), 1 - float(book.params.get("dampening", 0.0))
    formula, filled = r"\mu v + g", f"{mu.text}·{{v_before}} + {{{name}}} = {{v}}"
    values = {"v_before": book.before("momentum_buffer"), "v": book.after("momentum_buffer")}
    if share != 1:
        # torch dampens every gradient but the first.
        values["share"] = np.where(book.t == book.t[0], 1.0, share)
        formula = r"\mu v + (1 - \tau)\, g"
        filled = f"{mu.text}·{{v_before}} + {{share}}·{{{name}}} = {{v}}"
    book.add("v", formula, filled, **values)
    if not book.params["nesterov"]:
        return book.values["v"], "v"
    book.add(
        "v",
        r"g + \mu v",
        f"{{{name}}} + {mu.text}·{{v}} = {{ahead}}",
        ahead=g + mu.held * book.values["v"],
    )
    return book.values["ahead"], "ahead"


def worked_asgd(run: Run) -> Worked:
    """The step of `torch.optim.ASGD`, whose own rate is set by the learning rate a step before."""
    book = Ledger(run)
    lambd = float(book.params["lambd"])
    # torch keeps the rate in single precision.
    eta = book.before("eta", first=float(np.float32(book.rate[0])), scalar=True)
    g, name = book.decayed(book.gradient())
    book.add(r"\eta_t", r"\eta\,(1 + \lambda \eta t)^{-\alpha}", "{eta}", eta=eta)
    if lambd:
        book.shrunk(
            column(1 - lambd * eta), r"(1 - \lambda \eta_t)", f"(1 − {constant(lambd)}·{{eta}})"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(book.rate == 0, 1.0, eta / book.rate)
    book.values["scale"] = np.repeat(column(scale), book.x.shape[1], axis=1)
    whole = book.finish(
        -column(eta) * g,
        r"\Delta",
        r"-\eta_t\, g",
        f"−{{eta}}·{{{name}}}",
        pull=name,
        scale="scale",
    )
    book.add(
        r"\bar\theta",
        r"\bar\theta + \mu_t\, (\theta - \bar\theta)",
        "{mean_before} + {mu}·({new} − {mean_before}) = {mean}",
        mean_before=book.before("ax"),
        mean=book.after("ax"),
        mu=book.before("mu", first=1.0, scalar=True),
    )
    return Worked(tuple(book.lines), book.values, whole.momentum, whole.pull, whole.scale)
