"""Relatives of Adam that change what it divides by, or what it remembers."""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from lossviz.contrib.extra import limits, worked_adaptive, worked_lamb
from lossviz.contrib.extra.package import DECOUPLE, constructed, offer, package
from lossviz.registry import OptimizerEntry, Param, SettingError
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import BETAS, PLAIN, Parameters, Params, betas, telling


@telling
def make_adabelief(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.AdaBelief`."""
    return package().AdaBelief(parameters, **betas(params), **PLAIN)


@telling
def make_adan(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.Adan`, without its clipping, which ties all coordinates together."""
    return package().Adan(parameters, **betas(params), **PLAIN)


@telling
def make_adopt(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.ADOPT`, whose clipping limit is the fourth root of the step's number."""
    return package().ADOPT(parameters, **betas(params), **PLAIN)


@telling
def make_yogi(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.Yogi`."""
    return package().Yogi(parameters, **betas(params), **PLAIN)


def ademamix_options(params: Params) -> dict[str, Any]:
    """As `pytorch_optimizer.AdEMAMix` takes them; a ``warmup`` of 0 stands for its None."""
    options = betas(params)
    return {"t_alpha_beta3": options.pop("warmup") or None, **options}


@telling
def make_ademamix(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.AdEMAMix`."""
    if params["warmup"] and not min(params["beta1"], params["beta3"]):
        raise SettingError(
            "The warm-up of AdEMAMix goes from beta1 to beta3 by their logarithms, but they are "
            f"{params['beta1']:g} and {params['beta3']:g}; raise both above 0 or set the warm-up "
            "to 0."
        )
    return package().AdEMAMix(parameters, **ademamix_options(params), **PLAIN)


def lamb_options(params: Params) -> dict[str, Any]:
    """As `pytorch_optimizer.Lamb` takes them, the weight decay inside the step, as in its paper."""
    return {**betas(params), "weight_decouple": False}


@telling
def make_lamb(parameters: Parameters, **params: Any) -> Optimizer:
    """`pytorch_optimizer.Lamb`."""
    return package().Lamb(parameters, **lamb_options(params), **PLAIN)


offer(
    OptimizerEntry(
        name="adabelief",
        title="AdaBelief",
        about="Adam that divides by how much the gradient strays from its mean, not by its size.",
        make=make_adabelief,
        code=constructed("AdaBelief", betas),
        formula=r"m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \quad "
        r"s \leftarrow \beta_2 s + (1 - \beta_2) (g - m)^2 + \epsilon, \quad "
        r"\theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat s} + \epsilon}",
        cite="Zhuang et al. 2020",
        worked=worked_adaptive.worked_adabelief,
        stability=limits.adabelief,
        params=(
            shared.lr(0.01),
            *BETAS,
            shared.eps(1e-16),
            shared.weight_decay(0.0, shared.DECOUPLED),
            DECOUPLE,
            Param("rectify", False, help="Hold early steps back, as RAdam does."),
            Param(
                "ams_bound",
                False,
                help="Divide by the largest spread so far, as AMSGrad does.",
                title="AMSGrad bound",
            ),
        ),
    )
)

offer(
    OptimizerEntry(
        name="adan",
        title="Adan",
        about="Adam with Nesterov's look ahead, made from differences of successive gradients.",
        make=make_adan,
        code=constructed("Adan", betas),
        formula=r"\delta = g - g', \quad m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \quad "
        r"v \leftarrow \beta_2 v + (1 - \beta_2)\, \delta, \quad "
        r"n \leftarrow \beta_3 n + (1 - \beta_3) (g + \beta_2 \delta)^2, \quad "
        r"\theta \leftarrow \theta - \eta\, "
        r"\frac{\hat m + \beta_2 \hat v}{\sqrt{\hat n} + \epsilon}",
        cite="Xie et al. 2022",
        worked=worked_adaptive.worked_adan,
        stability=limits.adan,
        params=(
            shared.lr(0.01),
            shared.beta("beta1", 0.98, "the gradient"),
            shared.beta("beta2", 0.92, "its differences"),
            shared.beta("beta3", 0.99, "the square of the gradient that looks ahead"),
            shared.eps(1e-8),
            shared.weight_decay(0.0, shared.DECOUPLED),
            Param(
                "weight_decouple",
                False,
                help="Shrink before the step, by 1 - lr times decay; else divide after it by "
                "1 + lr times decay, as the paper does.",
                title="decay before the step",
            ),
        ),
    )
)

offer(
    OptimizerEntry(
        name="adopt",
        title="ADOPT",
        about="Adam that divides by past gradients only, so that any beta2 converges; step one "
        "only looks.",
        make=make_adopt,
        code=constructed("ADOPT", betas),
        formula=r"m \leftarrow \beta_1 m + (1 - \beta_1)\, \mathrm{clip}\!\left("
        r"\frac{g}{\max(\sqrt{v}, \epsilon)}, t^{1/4}\right), \quad "
        r"\theta \leftarrow \theta - \eta\, m, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2",
        cite="Taniguchi et al. 2024",
        worked=worked_adaptive.worked_adopt,
        stability=limits.adopt,
        params=(
            shared.lr(0.01),
            shared.beta("beta1", 0.9, "the scaled gradient"),
            shared.beta("beta2", 0.9999, "the squared gradient"),
            shared.eps(1e-6),
            shared.weight_decay(0.0, shared.DECOUPLED),
            DECOUPLE,
        ),
    )
)

offer(
    OptimizerEntry(
        name="yogi",
        title="Yogi",
        about="Adam whose mean square changes by small steps only, also after a large gradient.",
        make=make_yogi,
        code=constructed("Yogi", betas),
        formula=r"m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \quad "
        r"v \leftarrow v - (1 - \beta_2)\, \mathrm{sign}(v - g^2)\, g^2, \quad "
        r"\theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}",
        cite="Zaheer et al. 2018",
        worked=worked_adaptive.worked_yogi,
        stability=limits.yogi,
        params=(
            shared.lr(0.01),
            shared.beta("beta1", 0.9, "the gradient"),
            Param("beta2", 0.999, 0.0, 0.99999, help="How little the mean square may change."),
            shared.eps(1e-3),
            Param(
                "initial_accumulator",
                1e-6,
                1e-10,
                10.0,
                "log",
                "What both means begin with.",
                off=0.0,
                title="initial means",
            ),
            shared.weight_decay(0.0, shared.DECOUPLED),
            DECOUPLE,
        ),
    )
)

offer(
    OptimizerEntry(
        name="ademamix",
        title="AdEMAMix",
        about="Adam with a second, very long memory of the gradient beside the first.",
        make=make_ademamix,
        code=constructed("AdEMAMix", ademamix_options),
        formula=r"m_1 \leftarrow \beta_1 m_1 + (1 - \beta_1)\, g, \quad "
        r"m_2 \leftarrow \beta_3 m_2 + (1 - \beta_3)\, g, \quad "
        r"v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \quad "
        r"\theta \leftarrow \theta - \eta\, "
        r"\frac{\hat m_1 + \alpha m_2}{\sqrt{\hat v} + \epsilon}",
        cite="Pagliardini, Ablin and Grangier 2024",
        worked=worked_adaptive.worked_ademamix,
        stability=limits.ademamix,
        params=(
            shared.lr(0.01),
            *BETAS,
            shared.beta("beta3", 0.9999, "the gradient over a long time"),
            Param("alpha", 5.0, 0.0, 100.0, "linear", "Weight of the long memory."),
            Param(
                "warmup",
                0,
                0,
                100_000,
                help="Steps over which the long memory comes in; 0 for at once.",
                title="warm-up of the memory",
            ),
            shared.eps(1e-8),
            shared.weight_decay(0.0, shared.DECOUPLED),
            DECOUPLE,
        ),
    )
)

offer(
    OptimizerEntry(
        name="lamb",
        title="LAMB",
        about="Adam whose step is rescaled, tensor by tensor, to the size of the weights.",
        make=make_lamb,
        code=constructed("Lamb", lamb_options),
        formula=r"r = \frac{m}{\sqrt{v} + \epsilon} + \lambda \theta, \quad "
        r"\theta \leftarrow \theta - \frac{\eta}{1 - \beta_1^t}\, "
        r"\frac{\min(\lVert \theta \rVert, 10)}{\lVert r \rVert + \epsilon}\, r",
        cite="You et al. 2019",
        worked=worked_lamb.worked_lamb,
        unlimited="Its step is as long as its learning rate times the weights, whatever the "
        "curvature.",
        layout="tensors",
        params=(
            shared.lr(0.01),
            *BETAS,
            shared.eps(1e-6),
            shared.weight_decay(0.0, "Adds this times the weight to its step before rescaling."),
            Param(
                "grad_averaging",
                True,
                help="A new gradient enters the mean by 1 - beta1; else as it is.",
                title="mean of gradients",
            ),
            Param(
                "pre_norm",
                False,
                help="Shorten the gradient of all tensors together to the largest length first.",
                title="clip the gradient",
            ),
            Param(
                "max_grad_norm",
                1.0,
                1e-3,
                1000.0,
                "log",
                "The largest length of a clipped gradient.",
                title="largest length",
            ),
        ),
    )
)
