"""One step of AdaBelief, Adan, ADOPT, Yogi and AdEMAMix, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.optimizers.worked_adam import (
    corrected_mean,
    rectified,
    running_mean,
    running_square,
)
from lossviz.run.worked import Floats, Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run


def worked_adabelief(run: Run) -> Worked:
    """The step of `pytorch_optimizer.AdaBelief`."""
    book = Ledger(run)
    _, name = book.weight_decay(bool(book.params["weight_decouple"]))
    running_mean(book, name)
    beta2, eps = book.option("beta2"), constant(book.params["eps"])
    book.add(
        "s",
        r"\beta_2 s + (1 - \beta_2) (g - m)^2 + \epsilon",
        f"{beta2.text}·{{s_before}} + {beta2.rest}·({{{name}}} − {{m}})² + {eps} = {{s}}",
        s_before=book.before("exp_avg_var"),
        s=book.after("exp_avg_var"),
    )
    spread, symbol = _largest_spread(book)
    corrected_mean(book)
    if book.params["rectify"]:
        rectified(book, spread, symbol)
        formula, filled = r"-\eta\, \hat m\, s", "−{lr}·{m_hat}·{scale}"
    else:
        _corrected(book, spread, symbol, beta2.held, beta2.text)
        formula = r"-\eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}"
        filled = f"−{{lr}}·{{m_hat}}/(√({{v_hat}}) + {eps})"
    return _along_the_mean(book, name, formula, filled)


def _largest_spread(book: Ledger) -> tuple[str, str]:
    """The spread that AdaBelief divides by, and its symbol."""
    if not book.params["ams_bound"]:
        return "s", "s"
    book.add(
        r"s^{\max}",
        r"\max(s^{\max},\ s)",
        "max({largest_before}, {s}) = {largest}",
        largest_before=book.before("max_exp_avg_var"),
        largest=book.after("max_exp_avg_var"),
    )
    return "largest", r"s^{\max}"


def worked_yogi(run: Run) -> Worked:
    """The step of `pytorch_optimizer.Yogi`."""
    book = Ledger(run)
    _, name = book.weight_decay(bool(book.params["weight_decouple"]))
    start = float(book.params["initial_accumulator"])
    beta1, beta2 = book.option("beta1"), book.option("beta2")
    book.add(
        "m",
        r"\beta_1 m + (1 - \beta_1)\, g",
        f"{beta1.text}·{{m_before}} + {beta1.rest}·{{{name}}} = {{m}}",
        m_before=book.before("exp_avg", first=start),
        m=book.after("exp_avg"),
    )
    book.add(
        "v",
        r"v - (1 - \beta_2)\, \mathrm{sign}(v - g^2)\, g^2",
        f"{{v_before}} − {beta2.rest}·sign({{v_before}} − {{{name}}}²)·{{{name}}}² = {{v}}",
        v_before=book.before("exp_avg_sq", first=start),
        v=book.after("exp_avg_sq"),
    )
    corrected_mean(book)
    _corrected(book, "v", "v", beta2.held, beta2.text)
    formula = r"-\eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}"
    filled = f"−{{lr}}·{{m_hat}}/(√({{v_hat}}) + {constant(book.params['eps'])})"
    return _along_the_mean(book, name, formula, filled)


def worked_ademamix(run: Run) -> Worked:
    """The step of `pytorch_optimizer.AdEMAMix`."""
    book = Ledger(run)
    _, name = book.weight_decay(bool(book.params["weight_decouple"]))
    running_mean(book, name)
    alpha, beta3 = memory_of_ademamix(book)
    book.add(
        r"m_2",
        r"\beta_3 m_2 + (1 - \beta_3)\, g",
        f"{{beta3}}·{{slow_before}} + (1 − {{beta3}})·{{{name}}} = {{slow}}",
        slow_before=book.before("exp_avg_slow"),
        slow=book.after("exp_avg_slow"),
        alpha=alpha,
        beta3=beta3,
    )
    running_square(book, name)
    corrected_mean(book)
    beta2 = book.option("beta2")
    _corrected(book, "v", "v", beta2.held, beta2.text)
    book.values["mix"] = book.values["m_hat"] + column(alpha) * book.values["slow"]
    return book.finish(
        -column(book.rate) * book.values["mix"] * book.values["scale"],
        r"\Delta",
        r"-\eta\, \frac{\hat m + \alpha m_2}{\sqrt{\hat v} + \epsilon}",
        "−{lr}·({m_hat} + {alpha}·{slow})/(√({v_hat}) + " + constant(book.params["eps"]) + ")",
        momentum="mix",
        pull=name,
        scale="scale",
    )


def memory_of_ademamix(book: Ledger) -> tuple[Floats, Floats]:
    """AdEMAMix's weight of the long memory and its beta3 at each step (frames,), in the warm-up."""
    alpha, beta3 = float(book.params["alpha"]), float(book.params["beta3"])
    warmup = int(book.params["warmup"])
    if not warmup:
        return np.full_like(book.t, alpha), np.full_like(book.t, beta3)
    share = book.t / warmup
    # From beta1 to beta3 by the half-lives of the two memories.
    short, long = np.log(book.option("beta1").held[:, 0]), np.log(beta3)
    with np.errstate(divide="ignore", over="ignore"):
        between = np.exp(short * long / ((1 - share) * long + share * short))
    return np.minimum(share * alpha, alpha), np.where(share < 1, np.minimum(between, beta3), beta3)


def worked_adan(run: Run) -> Worked:
    """The step of `pytorch_optimizer.Adan`."""
    book = Ledger(run)
    early = bool(book.params["weight_decouple"])
    g, _ = book.weight_decay(True) if early else (book.gradient(), "g")
    last = -book.before("previous_grad")
    last[0] = g[0]  # before the first step there is nothing to differ from
    book.add(r"\delta", "g - g'", "{g} − {g_before} = {change}", g_before=last, change=g - last)
    _means_of_adan(book)
    values, eps = book.values, float(book.params["eps"])
    beta2 = book.option("beta2")
    values["mix"] = values["m_hat"] + beta2.held * values["v_hat"]
    values["scale"] = 1 / (np.sqrt(values["n_hat"]) + eps)
    step = -column(book.rate) * values["mix"] * values["scale"]
    formula = r"-\eta\, \frac{\hat m + \beta_2 \hat v}{\sqrt{\hat n} + \epsilon}"
    filled = f"−{{lr}}·({{m_hat}} + {beta2.text}·{{v_hat}})/(√({{n_hat}}) + {constant(eps)})"
    decay = float(book.params["weight_decay"])
    if decay and not early:
        book.add(r"\Delta", formula, f"{filled} = {{way}}", way=step)
        step = (book.x + step) / column(1 + book.rate * decay) - book.x
        formula = r"\frac{\theta + \Delta}{1 + \eta \lambda} - \theta"
        filled = f"({{x}} + {{way}})/(1 + {{lr}}·{constant(decay)}) − {{x}}"
    return book.finish(step, r"\Delta", formula, filled, momentum="mix", pull="g", scale="scale")


def _means_of_adan(book: Ledger) -> None:
    """The lines of Adan's three means, and of them as they are used while they are young."""
    beta1, beta2, beta3 = (book.option(f"beta{i}") for i in (1, 2, 3))
    book.add(
        "m",
        r"\beta_1 m + (1 - \beta_1)\, g",
        f"{beta1.text}·{{m_before}} + {beta1.rest}·{{g}} = {{m}}",
        m_before=book.before("exp_avg"),
        m=book.after("exp_avg"),
    )
    book.add(
        "v",
        r"\beta_2 v + (1 - \beta_2)\, \delta",
        f"{beta2.text}·{{v_before}} + {beta2.rest}·{{change}} = {{v}}",
        v_before=book.before("exp_avg_diff"),
        v=book.after("exp_avg_diff"),
    )
    book.add(
        "n",
        r"\beta_3 n + (1 - \beta_3) (g + \beta_2 \delta)^2",
        f"{beta3.text}·{{n_before}} + {beta3.rest}·({{g}} + {beta2.text}·{{change}})² = {{n}}",
        n_before=book.before("exp_avg_sq"),
        n=book.after("exp_avg_sq"),
    )
    for name, index, beta in (("m", 1, beta1), ("v", 2, beta2), ("n", 3, beta3)):
        book.add(
            rf"\hat {name}",
            rf"\frac{{{name}}}{{1 - \beta_{index}^t}}",
            f"{{{name}}}/(1 − {beta.text}^{{t}}) = {{{name}_hat}}",
            **{f"{name}_hat": book.values[name] / (1 - beta.held ** column(book.t))},
        )


def worked_adopt(run: Run) -> Worked:
    """The step of `pytorch_optimizer.ADOPT`, which divides before it takes the mean."""
    book = Ledger(run)
    g, name = book.weight_decay(bool(book.params["weight_decouple"]))
    beta1, beta2, eps = book.option("beta1"), book.option("beta2"), float(book.params["eps"])
    looks = column(book.t == 1)
    before = book.before("exp_avg_sq")
    under = np.where(looks, np.nan, np.maximum(np.sqrt(before), eps))
    most = np.where(book.t == 1, np.nan, book.t**0.25)
    book.add(
        "u",
        r"\mathrm{clip}\!\left(\frac{g}{\max(\sqrt{v}, \epsilon)},\ t^{1/4}\right)",
        f"{{{name}}}/max(√({{v_before}}), {constant(eps)}) within ±{{most}} = {{u}}",
        v_before=before,
        most=most,
        u=np.clip(g / under, -column(most), column(most)),
    )
    book.add(
        "m",
        r"\beta_1 m + (1 - \beta_1)\, u",
        f"{beta1.text}·{{m_before}} + {beta1.rest}·{{u}} = {{m}}",
        m_before=book.before("exp_avg"),
        m=book.after("exp_avg"),
    )
    # Until the first look is over, that look's scale.
    seen = np.maximum(np.sqrt(book.after("exp_avg_sq")), eps)
    book.values["scale"] = 1 / np.where(looks, seen, under)
    book.values["held"] = book.values["m"] / book.values["scale"]
    whole = book.finish(
        -column(book.rate) * book.values["m"], r"\Delta", r"-\eta\, m", "−{lr}·{m}",
        momentum="held", pull=name, scale="scale",
    )  # fmt: skip
    # The first step only looks: it takes the square as it is.
    share = np.where(book.t == 1, 1.0, 1 - beta2.held[:, 0])
    book.add(
        "v",
        r"\beta_2 v + (1 - \beta_2)\, g^2 \quad (\text{at first } g^2)",
        f"{beta2.text}·{{v_before}} + {{share}}·{{{name}}}² = {{v}}",
        v=book.after("exp_avg_sq"),
        share=share,
    )
    return Worked(tuple(book.lines), book.values, whole.momentum, whole.pull, whole.scale)


def _corrected(book: Ledger, name: str, symbol: str, beta: Floats, text: str) -> None:
    """The line of a mean square as it is used while it is young; the scale that it gives."""
    v_hat = book.values[name] / (1 - beta ** column(book.t))
    book.add(
        r"\hat v",
        rf"\frac{{{symbol}}}{{1 - \beta_2^t}}",
        f"{{{name}}}/(1 − {text}^{{t}}) = {{v_hat}}",
        v_hat=v_hat,
    )
    book.values["scale"] = 1 / (np.sqrt(v_hat) + float(book.params["eps"]))


def _along_the_mean(book: Ledger, name: str, formula: str, filled: str) -> Worked:
    """A step along the corrected mean, in scaled coordinates."""
    return book.finish(
        -column(book.rate) * book.values["m_hat"] * book.values["scale"],
        r"\Delta",
        formula,
        filled,
        momentum="m_hat",
        pull=name,
        scale="scale",
    )
