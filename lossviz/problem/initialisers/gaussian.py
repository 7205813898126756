"""Normal numbers of one spread, whatever the layer."""

from __future__ import annotations

from torch import Generator, Tensor, nn

from lossviz.problem.code import call
from lossviz.registry import Code, InitialiserEntry, Param, initialisers


def gaussian(tensor: Tensor, generator: Generator | None = None, sigma: float = 0.1) -> None:
    r"""Normal with mean 0 and standard deviation $\sigma$."""
    nn.init.normal_(tensor, std=sigma, generator=generator)


initialisers.add(
    InitialiserEntry(
        name="gaussian",
        title="Gaussian",
        about="One spread for every layer: too small and signals die out, too large and they "
        "saturate.",
        make=gaussian,
        code=lambda params: Code(call("nn.init.normal_", "tensor", std=params["sigma"])),
        formula=r"W \sim N(0, \sigma^2)",
        params=(Param("sigma", 0.1, 1e-4, 10.0, "log", help="The standard deviation."),),
        for_bias=True,
    )
)
