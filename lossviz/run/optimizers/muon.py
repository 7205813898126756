"""Muon for the matrices of a network, with AdamW beside it for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.optim import Optimizer

from lossviz.registry import Code, OptimizerEntry, Param, SettingError, Value, optimizers
from lossviz.run.optimizers import shared
from lossviz.run.optimizers.shared import BETAS, DECOUPLED, PLAIN, Parameters, telling


class SideBySide(Optimizer):
    """Two or more `torch.optim` optimizers, each of its own tensors, that step as one.

    ``param_groups`` are those of the parts, in order; the state stays with the parts.

    >>> w, b = torch.nn.Parameter(torch.ones(2, 2)), torch.nn.Parameter(torch.ones(2))
    >>> both = SideBySide([torch.optim.SGD([w], lr=0.5), torch.optim.Adam([b])])
    >>> w.grad, b.grad = torch.ones(2, 2), torch.zeros(2)
    >>> both.step(); w[0].tolist()
    [0.5, 0.5]
    """

    def __init__(self, parts: list[Optimizer]) -> None:
        # Not super().__init__: it would copy the groups, and hook a step that only delegates.
        self.parts = parts
        self.defaults = {}

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The groups of the parts, in order."""
        return [group for part in self.parts for group in part.param_groups]

    @property
    def state(self) -> dict[Any, Any]:  # type: ignore[override]
        """The states of the parts' tensors."""
        return {tensor: state for part in self.parts for tensor, state in part.state.items()}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parts."""
        for part in self.parts:
            part.zero_grad(set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Step every part once; the closure, if any, is called once before."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The state in torch's usual form, tensors numbered through all parts."""
        state: dict[int, Any] = {}
        groups: list[dict[str, Any]] = []
        for shift, part in self._numbered():
            own = part.state_dict()
            state.update({number + shift: value for number, value in own["state"].items()})
            groups += [_shifted(group, shift) for group in own["param_groups"]]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state from `state_dict`.

        Raises:
            ValueError: When the groups are not those of the parts.
        """
        groups = list(state_dict["param_groups"])
        if len(groups) != len(self.param_groups):
            raise ValueError(
                f"The state has {len(groups)} groups of tensors, not {len(self.param_groups)}."
            )
        for shift, part in self._numbered():
            own, groups = groups[: len(part.param_groups)], groups[len(part.param_groups) :]
            numbers = {number for group in own for number in group["params"]}
            state = {k - shift: v for k, v in state_dict["state"].items() if k in numbers}
            part.load_state_dict(
                {"state": state, "param_groups": [_shifted(group, -shift) for group in own]}
            )

    def _numbered(self) -> Iterator[tuple[int, Optimizer]]:
        """Each part with the number of its first tensor."""
        shift = 0
        for part in self.parts:
            yield shift, part
            shift += sum(len(group["params"]) for group in part.param_groups)


def _shifted(group: dict[str, Any], shift: int) -> dict[str, Any]:
    return {**group, "params": [number + shift for number in group["params"]]}


def refuses_muon(shapes: Sequence[tuple[int, ...]]) -> str:
    """Why tensors of these shapes cannot be trained by Muon, or "".

    >>> refuses_muon([(3, 2), (3,)])
    ''
    """
    if any(len(shape) == 2 for shape in shapes):
        return ""
    return (
        "Muon makes the step of each weight matrix orthogonal. It trains matrices only, and there "
        "are none here; use it on a network, or choose another optimizer."
    )


@telling
def make_muon(
    parameters: Parameters,
    lr: float,
    weight_decay: float,
    momentum: float,
    nesterov: bool,
    eps: float,
    ns_steps: int,
    adjust_lr: str,
    adamw_lr: float,
    beta1: float,
    beta2: float,
) -> Optimizer:
    """`torch.optim.Muon` for matrices, `torch.optim.AdamW` for the other tensors."""
    tensors = list(parameters)
    matrices = [tensor for tensor in tensors if tensor.dim() == 2]
    others = [tensor for tensor in tensors if tensor.dim() != 2]
    reason = refuses_muon([tuple(tensor.shape) for tensor in tensors])
    if reason:
        raise SettingError(reason)
    muon = torch.optim.Muon(
        matrices,
        lr=lr,
        weight_decay=weight_decay,
        momentum=momentum,
        nesterov=nesterov,
        eps=eps,
        ns_steps=ns_steps,
        adjust_lr_fn=adjust_lr,
    )
    if not others:
        return muon
    adamw = torch.optim.AdamW(
        others, lr=adamw_lr, betas=(beta1, beta2), weight_decay=weight_decay, **PLAIN
    )
    return SideBySide([muon, adamw])


def code(params: Mapping[str, Value], shapes: Sequence[tuple[int, ...]]) -> Code:
    """Both optimizers, or Muon alone where there are only matrices."""
    own = ("lr", "weight_decay", "momentum", "nesterov", "eps", "ns_steps")
    options = {**{name: params[name] for name in own}, "adjust_lr_fn": params["adjust_lr"]}
    if all(len(shape) == 2 for shape in shapes):
        return Code(shared.constructor(torch.optim.Muon, options, "parameters"))
    beside = {
        "lr": params["adamw_lr"],
        "betas": (params["beta1"], params["beta2"]),
        "weight_decay": params["weight_decay"],
    }
    matrices, others = (f"[p for p in parameters if p.dim() {sign} 2]" for sign in ("==", "!="))
    muon = shared.constructor(torch.optim.Muon, options, matrices)
    return Code(f"[{muon}, {shared.constructor(torch.optim.AdamW, beside, others)}]")


optimizers.add(
    OptimizerEntry(
        name="muon",
        title="Muon",
        about="Makes each matrix's step orthogonal; vectors such as biases are trained by AdamW.",
        make=make_muon,
        code=code,
        formula=r"B \leftarrow \mu B + G, \quad \theta \leftarrow (1 - \eta \lambda)\, \theta - "
        r"\eta\, \sqrt{\max(1, \tfrac{\text{rows}}{\text{columns}})}\ "
        r"\mathrm{NewtonSchulz}(G + \mu B)",
        cite="Jordan et al. 2024; Liu et al. 2025",
        unworked="Its step makes a matrix orthogonal, so no coordinate has a formula of its own.",
        unlimited="Every step has the same length, whatever the curvature.",
        layout="tensors",
        refuses=refuses_muon,
        params=(
            shared.lr(0.02),
            shared.weight_decay(0.1, f"{DECOUPLED} For matrices and for vectors."),
            shared.beta("momentum", 0.95, "a matrix's gradient"),
            Param("nesterov", True, help="Look ahead along the momentum of a matrix."),
            shared.eps(1e-7),
            Param("ns_steps", 5, 1, 20, help="Iterations that make a matrix orthogonal."),
            Param(
                "adjust_lr",
                "original",
                choices=("original", "match_rms_adamw"),
                help="How the step of a matrix depends on its sides.",
            ),
            Param(
                "adamw_lr",
                0.01,
                1e-6,
                100.0,
                "log",
                "The step of AdamW, which trains biases and all that is no matrix.",
                title="learning rate of vectors",
            ),
            *(
                Param(p.name, p.default, p.low, p.high, p.scale, f"{p.help} Vectors only.")
                for p in BETAS
            ),
        ),
    )
)
