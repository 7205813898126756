"""One step of Rprop, Adafactor and L-BFGS, in formulas and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossviz.run.worked import Floats, Ledger, Worked, column, constant

if TYPE_CHECKING:
    from lossviz.run.record import Run


def worked_rprop(run: Run) -> Worked:
    """The step of `torch.optim.Rprop`."""
    book = Ledger(run)
    g, p = book.gradient(), book.params
    minus, plus = constant(p["eta_minus"]), constant(p["eta_plus"])
    book.add(
        "c",
        r"\mathrm{sign}(g\, g')",
        "sign({g}·{g_before}) = {agrees}",
        g_before=book.before("prev"),
        agrees=np.sign(g * book.before("prev")),
    )
    agrees = book.values["agrees"]
    book.add(
        "f",
        r"\begin{cases} \eta_+ & c > 0 \\ \eta_- & c < 0 \\ 1 & c = 0 \end{cases}",
        f"{{factor}} ({plus} where the sign stays, {minus} where it changes, 1 else)",
        factor=np.select(
            [agrees > 0, agrees < 0], [float(p["eta_plus"]), float(p["eta_minus"])], 1.0
        ),
    )
    low, high = constant(p["step_min"]), constant(p["step_max"])
    book.add(
        r"\eta_i",
        r"\min(\max(f\, \eta_i,\ \text{smallest}),\ \text{largest})",
        f"min(max({{factor}}·{{size_before}}, {low}), {high}) = {{size}}",
        size_before=book.before("step_size", first=float(book.rate[0])),
        size=book.after("step_size"),
    )
    # torch keeps the gradient that it used: 0 in a coordinate whose sign has changed.
    used = book.after("prev")
    book.add(
        "g",
        r"\begin{cases} 0 & c < 0 \\ g & \text{else} \end{cases}",
        "{used} (0 where the sign has changed)",
        used=used,
    )
    book.values["sign"] = np.sign(used)
    with np.errstate(divide="ignore", invalid="ignore"):
        book.values["scale"] = book.values["size"] / column(book.rate)
    return book.finish(
        -book.values["size"] * np.sign(used),
        r"\Delta",
        r"-\eta_i\, \mathrm{sign}(g)",
        "−{size}·sign({used})",
        pull="sign",
        scale="scale",
    )


def worked_adafactor(run: Run) -> Worked | None:
    """The step of `torch.optim.Adafactor` for one vector; None for a model with matrices."""
    if len(run.space.shapes) != 1 or len(run.space.shapes[0]) != 1:
        return None
    book = Ledger(run)
    g, p, t = book.gradient(), book.params, book.t
    least = float(p["eps1"]) or float(np.finfo(np.float64).eps)
    decay, power = float(p["weight_decay"]), float(p["beta2_decay"])
    rms = np.sqrt((book.x**2).mean(1))
    book.add(
        r"\alpha",
        r"\max(\epsilon_2, \mathrm{rms}(\theta))\, \min(\eta, t^{-1/2})",
        f"max({constant(p['eps2'])}, {{rms}})·min({{lr}}, 1/√({{t}})) = {{alpha}}",
        rms=rms,
        alpha=np.maximum(float(p["eps2"]), rms) * np.minimum(book.rate, 1 / np.sqrt(t)),
    )
    if decay:
        book.shrunk(
            column(1 - book.rate * decay),
            r"(1 - \eta \lambda)",
            f"(1 − {{lr}}·{constant(decay)})",
        )
    book.add(
        "v",
        rf"(1 - t^{{{power:g}}})\, v + t^{{{power:g}}}\, g^2",
        f"(1 − {{t}}^({constant(power)}))·{{v_before}} + {{t}}^({constant(power)})·{{g}}² = {{v}}",
        v_before=book.before("variance"),
        v=book.after("variance"),
    )
    update = g / np.sqrt(np.maximum(book.values["v"], least * least))
    book.add(
        "U", r"\frac{g}{\sqrt v}", f"{{g}}/√(max({{v}}, {constant(least)}²)) = {{update}}",
        update=update,
    )  # fmt: skip
    return _clipped(book, update)


def _clipped(book: Ledger, update: Floats) -> Worked:
    """The lines of Adafactor's clipping and of the step."""
    d = float(book.params["d"])
    size = np.sqrt((update**2).mean(1))
    book.add(
        "c",
        r"\max(1,\ \mathrm{rms}(U) / d)",
        f"max(1, {{size}}/{constant(d)}) = {{clip}}",
        size=size,
        clip=np.maximum(1, size / d),
    )
    alpha, clip = column(book.values["alpha"]), column(book.values["clip"])
    return book.finish(
        -alpha / clip * update,
        r"\Delta",
        r"-\alpha\, \frac{U}{c}",
        "−{alpha}·{update}/{clip}",
    )


def worked_lbfgs(run: Run) -> Worked:
    """The step of `torch.optim.LBFGS`: the moves of its earlier iterations, and the last one.

    Of several iterations within one step torch keeps only the last one's direction and size.
    """
    book = Ledger(run)
    book.gradient()
    made = book.after("n_iter", scalar=True) - book.before("n_iter", scalar=True)
    d, size = book.after("d"), book.after("t", scalar=True)
    slope = (book.after("prev_flat_grad") * d).sum(1)
    # It stays where it is when no iteration was made, or when the direction leads nowhere.
    still = (made == 0) | (slope > -float(book.params["tolerance_change"]))
    last = np.where(column(still), 0.0, column(size) * d)
    moved = book.values["moved"]
    last = np.where(np.isfinite(moved), last, np.nan)
    book.add(r"n", r"\text{iterations in this step}", "{iterations}", iterations=made)
    book.add(
        "d",
        r"-H_k\, g",
        "{d} (of the last iteration)",
        d=d,
    )
    book.add("t", r"\text{size of the last iteration's step}", "{size}", size=size)
    book.add(
        r"\Delta_{n}",
        r"t\, d",
        "{last} (size times direction; 0 where it stopped before)",
        last=last,
    )
    book.add(
        r"\Delta_{< n}",
        r"\text{moves of the earlier iterations}",
        "{earlier}",
        # Of one iteration only the rounding would be left.
        earlier=np.where(column(made) > 1, moved - last, 0 * moved),
    )
    return book.finish(
        book.values["earlier"] + last,
        r"\Delta",
        r"\Delta_{< n} + \Delta_n",
        "{earlier} + {last}",
    )
