"""The part of a script that has the network at its start, its loss, and what is measured."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from torch import Tensor

from lossviz import registry
from lossviz.export import layout
from lossviz.export.draft import Draft, stop
from lossviz.registry import Code
from lossviz.settings import Experiment


@dataclass(frozen=True)
class Network:
    """Writes the model and the loss of an experiment.

    Args:
        base: The experiment.
        start: The weights (P,) at which it starts, or None for the initial ones.
        normalised: Whether a layer of the model normalises by the statistics of a batch.
    """

    base: Experiment
    start: Tensor | None
    normalised: bool

    def model(self, draft: Draft) -> list[str]:
        """The network at its start."""
        base, entry = self.base, registry.models[self.base.model]
        outputs = registry.losses[base.loss].outputs(base.shape)
        code = draft.code("model", entry, base.model_params, base.shape, outputs)
        text = stop("model", entry) if code is None else f"model = {code.text}"
        lines = ["torch.manual_seed(SEED)", text, *self._initialised(draft)]
        constants = []
        if self.start is None:
            lines.append("return model.to(DTYPE)")
        else:
            constants.append(self._start(self.start))
            draft.imports.append("from torch.nn.utils import vector_to_parameters")
            lines += [
                "model = model.to(DTYPE)",
                "vector_to_parameters(torch.tensor(START, dtype=DTYPE), model.parameters())",
                "return model",
            ]
        about = '"""The network at its start, the same for every contender."""'
        return [*constants, "def make_model():\n" + layout.block("\n".join([about, *lines]), 1)]

    def _initialised(self, draft: Draft) -> list[str]:
        base = self.base
        weights = registry.initialisers[base.init]
        biases = registry.initialisers[base.bias_init]
        for_weights = draft.code("initialiser", weights, base.init_params)
        for_biases = draft.code("initialiser", biases, base.bias_init_params)
        fills = [
            ("tensor.dim() >= 2", stop("initialiser", weights) if for_weights is None
             else for_weights.text),
            ('name.split(".")[-1] == "bias"', stop("initialiser", biases) if for_biases is None
             else for_biases.text),
        ]  # fmt: skip
        if not fills[0][1] and not fills[1][1]:
            return []
        if not fills[1][1]:
            fills = fills[:1]
        lines = ["for name, tensor in model.named_parameters():"]
        if len(fills) == 1:
            lines = ["for tensor in model.parameters():"]
        word = "if"
        for condition, fill in fills:
            lines.append(f"    {word} {condition}:")
            lines.append(f"        {fill or 'pass  # as torch draws it'}")
            word = "elif"
        return lines

    def _start(self, start: Tensor) -> str:
        digits = ".9g" if self.base.dtype == "float32" else ".17g"
        numbers = " ".join(format(float(number), digits) for number in start)
        rows = textwrap.fill(numbers, layout.WIDTH - 4)
        return (
            "# The weights of the point where the race starts, tensor by tensor.\n"
            f'START = [\n    float(number)\n    for number in """\n{rows}\n""".split()\n]'
        )

    def loss(self, draft: Draft) -> list[str]:
        """The loss, and what is measured in the end."""
        if self.normalised:
            draft.imports.append("from torch.optim.swa_utils import update_bn")
        base, entry = self.base, registry.losses[self.base.loss]
        code = draft.code("loss", entry, base.loss_params, base.shape)
        text = stop("loss", entry) if code is None else f"return {code.text}"
        about = '"""The mean over the samples."""'
        loss = "def loss_of(outputs, targets):\n" + layout.block(f"{about}\n{text}", 1)
        return [loss, self._measure(code or Code(""))]

    def _measure(self, code: Code) -> str:
        base = self.base
        rests = ["model.eval()  # nothing is dropped"] if base.model_params.get("dropout") else []
        if self.normalised:
            rests = [
                "# As one would use it: normalised by the statistics of all training samples.",
                "update_bn([x_train], model)",
                "model.eval()",
            ]
        lines = [*rests, "outputs = model(x)"]
        if self.score == "R2":
            lines += [
                f"rest = ({code.values or 'outputs'} - y).double().square().sum()",
                "spread = (y - y.double().mean(0)).square().sum()",
                "score = 1 - rest / spread",
            ]
        elif self.score:
            single = registry.losses[self.base.loss].outputs(self.base.shape) == 1
            found = code.classes or (
                "(outputs[:, 0] > 0).long()" if single else "outputs.argmax(1)"
            )
            lines.append(f"score = ({found} == y).double().mean()")
        given = ", score.item()" if self.score else ","
        lines.append(f"return loss_of(outputs, y).item(){given}")
        about = f'"""The loss{" and the " + self.score if self.score else ""} of some samples."""'
        body = layout.block("\n".join([about, *lines]), 1)
        return f"@torch.no_grad()\ndef measure(model, x, y):\n{body}"

    @property
    def score(self) -> str:
        """What is measured beside the loss."""
        if self.base.shape.task == "regression":
            return "R2"
        return "accuracy" if registry.losses[self.base.loss].probabilities is not None else ""
