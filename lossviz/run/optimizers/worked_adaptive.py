"""One step of Adagrad, Adadelta and RMSprop, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.worked import Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run


def worked_adagrad(run: Run) -> Worked:
    """The step of `torch.optim.Adagrad`."""
    book = Ledger(run)
    g, name = book.decayed(book.gradient())
    decay, eps = float(book.params["lr_decay"]), float(book.params["eps"])
    book.add(
        "s",
        "s + g^2",
        f"{{s_before}} + {{{name}}}² = {{s}}",
        s_before=book.before("sum", first=float(book.params["initial_accumulator_value"])),
        s=book.after("sum"),
    )
    rate, slower = "lr", np.ones_like(book.t)
    if decay:
        rate, slower = "rate", 1 + (book.t - 1) * decay
        book.add(
            r"\eta_t",
            r"\frac{\eta}{1 + (t - 1)\, \gamma}",
            f"{{lr}}/(1 + ({{t}} − 1)·{constant(decay)}) = {{rate}}",
            rate=book.rate / slower,
        )
    under = np.sqrt(book.values["s"]) + eps
    book.values["scale"] = 1 / (under * column(slower))
    return book.finish(
        -column(book.rate / slower) * g / under,
        r"\Delta",
        (r"-\eta_t" if decay else r"-\eta") + r"\, \frac{g}{\sqrt s + \epsilon}",
        f"−{{{rate}}}·{{{name}}}/(√({{s}}) + {constant(eps)})",
        pull=name,
        scale="scale",
    )


def worked_adadelta(run: Run) -> Worked:
    """The step of `torch.optim.Adadelta`."""
    book = Ledger(run)
    g, name = book.decayed(book.gradient())
    rho, eps = book.option("rho"), float(book.params["eps"])
    book.add(
        "v",
        r"\rho v + (1 - \rho)\, g^2",
        f"{rho.text}·{{v_before}} + {rho.rest}·{{{name}}}² = {{v}}",
        v_before=book.before("square_avg"),
        v=book.after("square_avg"),
    )
    u = book.before("acc_delta")
    book.values["scale"] = np.sqrt(u + eps) / np.sqrt(book.values["v"] + eps)
    book.add(
        "d",
        r"\frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}}\, g",
        f"√({{u_before}} + {constant(eps)})/√({{v}} + {constant(eps)})·{{{name}}} = {{d}}",
        u_before=u,
        d=book.values["scale"] * g,
    )
    book.add(
        "u",
        r"\rho u + (1 - \rho)\, d^2",
        f"{rho.text}·{{u_before}} + {rho.rest}·{{d}}² = {{u}}",
        u=book.after("acc_delta"),
    )
    return book.finish(
        -column(book.rate) * book.values["d"],
        r"\Delta",
        r"-\eta\, d",
        "−{lr}·{d}",
        pull=name,
        scale="scale",
    )


def worked_rmsprop(run: Run) -> Worked:
    """The step of `torch.optim.RMSprop`."""
    book = Ledger(run)
    g, name = book.decayed(book.gradient())
    eps, momentum = float(book.params["eps"]), book.params["momentum"] > 0
    root, under = _rmsprop_root(book, name)
    book.values["scale"] = 1 / (under + eps)
    share = f"{{{name}}}/({root} + {constant(eps)})"
    fraction = r"\frac{g}{\sqrt v + \epsilon}"
    if not momentum:
        return book.finish(
            -column(book.rate) * g * book.values["scale"],
            r"\Delta",
            rf"-\eta\, {fraction}",
            f"−{{lr}}·{share}",
            pull=name,
            scale="scale",
        )
    mu = book.option("momentum")
    book.add(
        "b",
        rf"\mu b + {fraction}",
        f"{mu.text}·{{b_before}} + {share} = {{b}}",
        b_before=book.before("momentum_buffer"),
        b=book.after("momentum_buffer"),
    )
    # The momentum is of steps that are scaled already; in the gradient's own units it is this.
    book.values["held"] = book.values["b"] / book.values["scale"]
    return book.finish(
        -column(book.rate) * book.values["b"],
        r"\Delta",
        r"-\eta\, b",
        "−{lr}·{b}",
        momentum="held",
        pull=name,
        scale="scale",
    )


def _rmsprop_root(book: Ledger, name: str) -> tuple[str, np.ndarray]:
    """The lines of the mean square; the root in a filled line, and its value."""
    alpha = book.option("alpha")
    book.add(
        "v",
        r"\alpha v + (1 - \alpha)\, g^2",
        f"{alpha.text}·{{v_before}} + {alpha.rest}·{{{name}}}² = {{v}}",
        v_before=book.before("square_avg"),
        v=book.after("square_avg"),
    )
    if not book.params["centered"]:
        return "√({v})", np.sqrt(book.values["v"])
    book.add(
        r"\bar g",
        r"\alpha \bar g + (1 - \alpha)\, g",
        f"{alpha.text}·{{mean_before}} + {alpha.rest}·{{{name}}} = {{mean}}",
        mean_before=book.before("grad_avg"),
        mean=book.after("grad_avg"),
    )
    book.add(
        "v",
        r"v - \bar g^2",
        "{v} − {mean}² = {spread}",
        spread=book.values["v"] - book.values["mean"] ** 2,
    )
    with np.errstate(invalid="ignore"):
        return "√({spread})", np.sqrt(book.values["spread"])
