"""Poisson likelihood: counts, whose spread grows with their mean."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from lossviz.problem.problem import Criterion
from lossviz.registry import Code, LossEntry, Over, Shape, Value, losses

#: Below this output the rate is taken by its series; above it rounding leaves enough digits.
TINY = -15.0
#: The count over which the loss is drawn.
COUNT = 3.0


def log_rate(outputs: Tensor) -> Tensor:
    r"""The logarithm of the rate $\log \log (1 + e^f)$ of outputs $f$, without underflow."""
    # log(log(1 + e)) = log(e) - e / 2 + O(e^2) for e = e^f.
    small = outputs - outputs.clamp(max=TINY).exp() / 2
    return torch.where(outputs < TINY, small, rate(outputs.clamp(min=TINY)).log())


def rate(outputs: Tensor) -> Tensor:
    r"""The rate $\lambda = \log(1 + e^f)$, which is $e^f$ far below 0 and $f$ far above it."""
    return -F.logsigmoid(-outputs)


def poisson_nll(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Mean negative log-likelihood of counts, without the term that no parameter changes.

    $$\frac1N \sum_n \left(\lambda_n - y_n \log \lambda_n\right),\quad
      \lambda_n = \log(1 + e^{f_n})$$

    The rate is a soft plus of the output rather than its exponential, so that no output overflows.
    Equal to `torch.nn.functional.poisson_nll_loss` of that rate, with ``log_input=False``.

    Args:
        outputs: Values (..., N, 1).
        targets: Counts (N, 1), at least 0; below 0 the loss has no least value.

    Returns:
        The losses (...). How to read them: only differences mean anything, for the constant
        $\log y!$ is left out.
    """
    return (rate(outputs) - targets * log_rate(outputs)).mean((-2, -1))


def make_poisson_nll(classes: int) -> Criterion:
    """The criterion; it has no options."""
    return poisson_nll


def code(params: Mapping[str, Value], shape: Shape) -> Code:
    """A call of `torch.nn.functional.poisson_nll_loss` with the rate."""
    rates = "-F.logsigmoid(-outputs)"
    loss = f"F.poisson_nll_loss({rates}, targets, log_input=False, eps=0.0)"
    return Code(loss, values=rates)


def refuses(targets: Tensor) -> str:
    """Why these targets are no counts, or an empty text."""
    least = float(targets.min())
    if least >= 0:
        return ""
    return (
        f"The Poisson loss is for counts, which are at least 0, but a target is {least:.3g}. Take "
        "the scaling 'unit', or another loss."
    )


def along(over: Over, u: Tensor) -> tuple[Tensor, Tensor]:
    """Rates that are ``u`` above the count 3; none where the rate would not be above 0."""
    rates = torch.where(u > -COUNT, u + COUNT, torch.nan)
    return rates.expm1().log()[:, None, None], u.new_full((1, 1), COUNT)


losses.add(
    LossEntry(
        name="poisson_nll",
        title="Poisson",
        about="The likelihood of counts: the larger the count, the more it may be off.",
        make=make_poisson_nll,
        code=code,
        formula=r"\frac1N \sum_n \left(\lambda_n - y_n \log \lambda_n\right),\quad "
        r"\lambda_n = \log(1 + e^{f_n})",
        gradient=r"\frac{\partial \ell}{\partial f} = \left(1 - \frac{y}{\lambda}\right) "
        r"\sigma(f)",
        when="Counts of events: visits, accidents, photons. An error of 3 weighs much beside a "
        "count of 2, and little beside 100. Curves are drawn for a count of 3.",
        over=("residual",),
        along=along,
        cite="Nelder and Wedderburn, Generalized Linear Models, J. R. Stat. Soc. A 135 (1972)",
        tasks=frozenset({"regression"}),
        outputs=lambda shape: 1,
        values=rate,
        scalings=("unit", "none"),
        refuses=refuses,
    )
)
