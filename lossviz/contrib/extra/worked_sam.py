"""One step of SAM, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.optimizers.worked_sgd import along_momentum
from lossviz.run.worked import Floats, Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run


def worked_sam(run: Run) -> Worked:
    """The step of `pytorch_optimizer.SAM` over SGD: by the gradient found uphill."""
    book = Ledger(run)
    g = book.gradient()
    _uphill(book, g)
    book.add(r"\tilde g", r"\nabla f(\tilde\theta)", "{worst}", worst=book.after("worst"))
    worst, name = book.decayed(book.values["worst"], name="worst")
    momentum = book.params["momentum"] != 0
    if momentum:
        worst, name = along_momentum(book, worst, name)
    return book.finish(
        -column(book.rate) * worst,
        r"\Delta",
        r"-\eta\, v" if momentum else r"-\eta\, \tilde g",
        f"−{{lr}}·{{{name}}}",
        momentum=name if momentum else "",
        pull="worst",
    )


def _uphill(book: Ledger, g: Floats) -> None:
    """The line of the point uphill, at which the second gradient is taken."""
    rho, adaptive = float(book.params["rho"]), bool(book.params["adaptive"])
    length = np.linalg.norm(np.abs(book.x) * g if adaptive else g, axis=1)
    way = book.x**2 * g if adaptive else g
    with np.errstate(divide="ignore", invalid="ignore"):
        uphill = book.x + rho * way / column(length)
    book.add(
        r"\tilde\theta",
        r"\theta + \rho\, \frac{\theta^2 g}{\lVert \theta g \rVert}"
        if adaptive
        else r"\theta + \rho\, \frac{g}{\lVert g \rVert}",
        f"{{x}} + {constant(rho)}·" + ("{x}²·{g}" if adaptive else "{g}") + "/{length} = {uphill}",
        length=length,
        # Where there is no slope there is no way up.
        uphill=np.where(column(length) == 0, book.x, uphill),
    )
