"""What PyTorch's own modules draw when they are made."""

from __future__ import annotations

from torch import Generator, Tensor

from lossviz.registry import Code, InitialiserEntry, initialisers


def keep(tensor: Tensor, generator: Generator | None = None) -> None:
    """Leave the tensor as the module's constructor filled it."""


initialisers.add(
    InitialiserEntry(
        name="default",
        title="PyTorch's default",
        about="What torch.nn draws by itself: for a linear layer, evenly within one over the root "
        "of its number of inputs.",
        make=keep,
        code=lambda params: Code(""),
        formula=r"W, b \sim U(-a, a),\quad a = \tfrac1{\sqrt{n_\text{in}}}",
        cite="LeCun, Bottou, Orr and Mueller, Efficient BackProp (1998)",
        for_bias=True,
    )
)
