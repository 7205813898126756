"""One step of Adam and of its relatives, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.worked import Floats, Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run

STEP = r"-\eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}"


def worked_adam(run: Run) -> Worked:
    """The step of `torch.optim.Adam`."""
    return _adam(Ledger(run), decoupled=False)


def worked_adamw(run: Run) -> Worked:
    """The step of `torch.optim.AdamW`."""
    return _adam(Ledger(run), decoupled=True)


def _adam(book: Ledger, decoupled: bool) -> Worked:
    _, name = book.weight_decay(decoupled)
    running_mean(book, name)
    running_square(book, name)
    corrected_mean(book)
    _corrected_square(book, "largest" if book.params["amsgrad"] else "v")
    return book.finish(
        -column(book.rate) * book.values["m_hat"] * book.values["scale"],
        r"\Delta",
        STEP,
        f"−{{lr}}·{{m_hat}}/(√({{v_hat}}) + {constant(book.params['eps'])})",
        momentum="m_hat",
        pull=name,
        scale="scale",
    )


def worked_nadam(run: Run) -> Worked:
    """The step of `torch.optim.NAdam`; the product of its momenta is in single precision."""
    book = Ledger(run)
    g, name = book.weight_decay(bool(book.params["decoupled_weight_decay"]))
    running_mean(book, name)
    running_square(book, name)
    _corrected_square(book, "v")
    _nadam_momenta(book)
    values = book.values
    ahead = (
        column((1 - values["mu"]) / (1 - values["product"])) * g
        + column(values["mu_next"] / (1 - values["product_next"])) * values["m"]
    )
    book.add(
        r"\hat m",
        r"\frac{(1 - \mu_t)\, g}{1 - \prod_{i \le t} \mu_i} + "
        r"\frac{\mu_{t+1}\, m}{1 - \prod_{i \le t + 1} \mu_i}",
        f"(1 − {{mu}})·{{{name}}}/(1 − {{product}}) + {{mu_next}}·{{m}}/(1 − {{product_next}}) = "
        "{m_hat}",
        m_hat=ahead,
    )
    return book.finish(
        -column(book.rate) * ahead * values["scale"],
        r"\Delta",
        STEP,
        f"−{{lr}}·{{m_hat}}/(√({{v_hat}}) + {constant(book.params['eps'])})",
        momentum="m_hat",
        pull=name,
        scale="scale",
    )


def _nadam_momenta(book: Ledger) -> None:
    """NAdam's momentum of this step and of the next one, and the products of all so far."""
    psi = float(book.params["momentum_decay"])
    beta1 = book.option("beta1")

    def mu(t: Floats) -> Floats:
        return beta1.held[:, 0] * (1 - 0.5 * 0.96 ** (t * psi))

    def filled(exponent: str, result: str) -> str:
        return f"{beta1.text}·(1 − 0.5·0.96^({exponent}·{constant(psi)})) = {{{result}}}"

    formula = r"\beta_1 \left(1 - \tfrac12\, 0.96^{%s \psi}\right)"
    book.add(r"\mu_t", formula % "t", filled("{t}", "mu"), mu=mu(book.t))
    book.add(
        r"\mu_{t+1}", formula % "(t + 1)", filled("({t} + 1)", "mu_next"), mu_next=mu(book.t + 1)
    )
    before = book.before("mu_product", first=1.0, scalar=True)
    product = book.after("mu_product", scalar=True)
    book.add(
        r"\prod_{i \le t} \mu_i",
        r"\mu_t \prod_{i < t} \mu_i",
        "{product_before}·{mu} = {product}",
        product_before=before,
        product=product,
    )
    book.add(
        r"\prod_{i \le t + 1} \mu_i",
        r"\mu_{t+1} \prod_{i \le t} \mu_i",
        "{product}·{mu_next} = {product_next}",
        product_next=product * book.values["mu_next"],
    )


def worked_radam(run: Run) -> Worked:
    """The step of `torch.optim.RAdam`."""
    book = Ledger(run)
    _, name = book.weight_decay(bool(book.params["decoupled_weight_decay"]))
    running_mean(book, name)
    running_square(book, name)
    corrected_mean(book)
    rectified(book)
    return book.finish(
        -column(book.rate) * book.values["m_hat"] * book.values["scale"],
        r"\Delta",
        r"-\eta\, \hat m\, s",
        "−{lr}·{m_hat}·{scale}",
        momentum="m_hat",
        pull=name,
        scale="scale",
    )


def rectified(book: Ledger, name: str = "v", symbol: str = "v") -> None:
    """How long the mean square's memory is, and what RAdam divides by once that is enough.

    Args:
        book: Where the lines go.
        name: Of the mean square among the values.
        symbol: Of it in formulas.
    """
    beta2, t, eps = float(book.params["beta2"]), book.t, float(book.params["eps"])
    longest = 2 / (1 - beta2) - 1
    book.add(
        r"\rho_t",
        r"\rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t}, \quad "
        r"\rho_\infty = \frac{2}{1 - \beta_2} - 1",
        f"{constant(longest)} − 2·{{t}}·{constant(beta2)}^{{t}}/(1 − {constant(beta2)}^{{t}}) = "
        "{rho}",
        rho=longest - 2 * t * beta2**t / (1 - beta2**t),
    )
    rho = book.values["rho"]
    trusted = rho > 5
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
        rooted = np.sqrt(column(1 - beta2**t)) / (np.sqrt(book.values[name]) + eps)
    r = np.where(trusted, r, np.nan)
    # Before the mean square can be trusted the step is that of plain momentum.
    scale = np.where(trusted[:, None], column(r) * rooted, 1.0)
    book.add(
        "r_t",
        r"\sqrt{\frac{(\rho_t - 4)(\rho_t - 2)\,\rho_\infty}"
        r"{(\rho_\infty - 4)(\rho_\infty - 2)\,\rho_t}}",
        "{r}",
        r=r,
    )
    book.add(
        "s",
        rf"\begin{{cases}} r_t \sqrt{{1 - \beta_2^t}} / (\sqrt {symbol} + \epsilon) & "
        r"\rho_t > 5 \\ "
        r"1 & \text{else} \end{cases}",
        "{scale} (1 until ρ is above 5; it is {rho})",
        scale=scale,
    )


def worked_adamax(run: Run) -> Worked:
    """The step of `torch.optim.Adamax`."""
    book = Ledger(run)
    _, name = book.decayed(book.gradient())
    running_mean(book, name)
    beta2, eps = constant(book.params["beta2"]), constant(book.params["eps"])
    book.add(
        "u",
        r"\max(\beta_2 u,\ |g| + \epsilon)",
        f"max({beta2}·{{u_before}}, |{{{name}}}| + {eps}) = {{u}}",
        u_before=book.before("exp_inf"),
        u=book.after("exp_inf"),
    )
    corrected_mean(book)
    with np.errstate(divide="ignore", invalid="ignore"):
        book.values["scale"] = 1 / book.values["u"]
    return book.finish(
        -column(book.rate) * book.values["m_hat"] / book.values["u"],
        r"\Delta",
        r"-\eta\, \frac{\hat m}{u}",
        "−{lr}·{m_hat}/{u}",
        momentum="m_hat",
        pull=name,
        scale="scale",
    )


def running_mean(book: Ledger, name: str) -> None:
    """The line of the mean of the gradients of this name."""
    beta = book.option("beta1")
    book.add(
        "m",
        r"\beta_1 m + (1 - \beta_1)\, g",
        f"{beta.text}·{{m_before}} + {beta.rest}·{{{name}}} = {{m}}",
        m_before=book.before("exp_avg"),
        m=book.after("exp_avg"),
    )


def running_square(book: Ledger, name: str) -> None:
    """The line of the mean of their squares."""
    beta = book.option("beta2")
    book.add(
        "v",
        r"\beta_2 v + (1 - \beta_2)\, g^2",
        f"{beta.text}·{{v_before}} + {beta.rest}·{{{name}}}² = {{v}}",
        v_before=book.before("exp_avg_sq"),
        v=book.after("exp_avg_sq"),
    )


def corrected_mean(book: Ledger) -> None:
    """The line of that mean as it is used while it is young."""
    beta = book.option("beta1")
    book.add(
        r"\hat m",
        r"\frac{m}{1 - \beta_1^t}",
        f"{{m}}/(1 − {beta.text}^{{t}}) = {{m_hat}}",
        m_hat=book.values["m"] / (1 - beta.held ** column(book.t)),
    )


def _corrected_square(book: Ledger, name: str) -> None:
    """The corrected mean square, and what the root of it makes of the learning rate."""
    beta = book.option("beta2")
    if name == "largest":
        book.add(
            r"v^{\max}",
            r"\max(v^{\max},\ v)",
            "max({largest_before}, {v}) = {largest}",
            largest_before=book.before("max_exp_avg_sq"),
            largest=book.after("max_exp_avg_sq"),
        )
    v_hat = book.values[name] / (1 - beta.held ** column(book.t))
    book.add(
        r"\hat v",
        r"\frac{%s}{1 - \beta_2^t}" % ("v" if name == "v" else r"v^{\max}"),
        f"{{{name}}}/(1 − {beta.text}^{{t}}) = {{v_hat}}",
        v_hat=v_hat,
    )
    book.values["scale"] = 1 / (np.sqrt(v_hat) + float(book.params["eps"]))
