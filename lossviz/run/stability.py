"""How large a learning rate may be: the limit on a quadratic, for what an optimizer now holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossviz.registry import optimizers

if TYPE_CHECKING:
    from lossviz.run.record import Run

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stability:
    """When the steps of an optimizer die out on a quadratic of Hessian H, frame by frame.

    With D = diag(``scale``) as it is now, they do exactly while the largest eigenvalue of
    ``rate * D^1/2 (H + decay I) D^1/2`` is below ``limit``. Where D moves on, as it does in Adam,
    the limit moves with it.

    Args:
        limit: (frames,).
        scale: (frames, P), what multiplies the learning rate in each coordinate.
        rule: The limit in words and plain formulas.
        decay: What a weight decay that joins the gradient adds to the Hessian's diagonal.
    """

    limit: Floats
    scale: Floats
    rule: str
    decay: float = 0.0


def stability(run: Run) -> Stability | None:
    """The stability limit of a watched run; None where none is known for its optimizer.

    Args:
        run: From ``race_on(..., watch=True)``.
    """
    entry = optimizers[run.method.optimizer]
    return None if entry.stability is None else entry.stability(run)
