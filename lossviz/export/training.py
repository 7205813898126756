"""The script of networks that are trained on data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from lossviz import registry
from lossviz.export import layout
from lossviz.export.draft import Contenders, Draft
from lossviz.export.network import Network
from lossviz.export.samples import Samples
from lossviz.problem.build import build_module
from lossviz.problem.code import literal
from lossviz.problem.disturbance import FIRST_SEED, STEPS_APART
from lossviz.problem.normalise import norm_layers
from lossviz.run import Method
from lossviz.run.status import EXPLODED
from lossviz.settings import Experiment

#: So many numbers of a start may stand in a script.
MOST_NUMBERS = 20_000

_GROWS = (
    ". A run at the edge of stability enlarges such differences step by step, and so does an "
    "optimizer that decides by comparisons or rounds by itself, as L-BFGS, Muon and SOAP do."
)
REMARK = {
    "float32": "The numbers are those of the picture up to the rounding of single precision"
    + _GROWS,
    "float64": "The numbers are those of the picture up to the last digits" + _GROWS,
}


@dataclass(frozen=True)
class Training:
    """Writes the script of one experiment's data, model and loss with several contenders.

    Args:
        base: What they share.
        methods: Their optimizers and schedules.
        url: The fields of the link.
        start: The weights (P,) at which they start, or None for the initial ones.
    """

    base: Experiment
    methods: Sequence[Method]
    url: Mapping[str, str]
    start: Tensor | None = None

    def script(self) -> tuple[str, tuple[str, ...]]:
        """The script, and what it lacks."""
        draft = Draft()
        module = build_module(self.base)
        shapes = [tuple(p.shape) for p in module.parameters()]
        contenders = Contenders(self.methods, shapes, self.base.steps)
        network = Network(self.base, self.start, bool(norm_layers(module)))
        draft.imports += ["import numpy as np", "import torch", "from torch import nn"]
        body = [
            layout.section("data"),
            *Samples(self.base).parts(draft),
            layout.section("model and loss"),
            *network.model(draft),
            *network.loss(draft),
            layout.section("contenders"),
            *contenders.parts(draft),
            layout.section("training"),
            *self.penalty(),
            *self.training(draft, contenders),
            layout.section("results"),
            *self.results(network.score),
        ]
        if any("F." in part for part in body):
            draft.imports.append("from torch.nn import functional as F")
        data, model = (registry.datasets[self.base.dataset], registry.models[self.base.model])
        parts = [
            draft.header(
                f"{model.title} on the data set {data.title}.", self.url, REMARK[self.base.dtype]
            ),
            draft.imported(),
            self.settings(),
            *draft.copied(),
            *body,
        ]
        return layout.joined(parts), tuple(draft.missing)

    def settings(self) -> str:
        """The constants at the top."""
        base = self.base
        lines = [
            f"SEED = {base.seed!r}  # of {self._seeded}",
            f"STEPS = {base.steps!r}",
            f"DTYPE = torch.{base.dtype}",
        ]
        if base.batch_size:
            lines.append(f"BATCH_SIZE = {base.batch_size!r}")
        for name in ("l1", "l2", "input_noise"):
            if getattr(base, name):
                lines.append(f"{name.upper()} = {literal(getattr(base, name))}")
        return "\n".join([*lines, "torch.set_num_threads(1)  # small tensors gain nothing by more"])

    @property
    def _seeded(self) -> str:
        drawn = ", and of what each step draws" if self.disturbed else ""
        return f"the initial weights and of the order of the batches{drawn}"

    @property
    def disturbed(self) -> bool:
        """Whether training draws noise or dropout at each step."""
        return bool(self.base.input_noise or self.base.model_params.get("dropout"))

    def penalty(self) -> list[str]:
        """What is added to the loss for the size of the weights, where there is any."""
        terms = {
            "l1": "L1 * sum(weight.abs().sum() for weight in weights)",
            "l2": "L2 / 2 * sum(weight.square().sum() for weight in weights)",
        }
        wanted = [term for name, term in terms.items() if getattr(self.base, name)]
        return [_PENALTY.format(terms=" + ".join(wanted))] if wanted else []

    def training(self, draft: Draft, contenders: Contenders) -> list[str]:
        """The batches and the loop."""
        draft.imports += [
            "from torch.nn.utils import parameters_to_vector",
            "from torch.nn.utils import vector_to_parameters",
        ]
        batched = bool(self.base.batch_size)
        rows = "[rows]" if batched else ""
        given = ", rows" * batched + ", step" * self.disturbed
        evaluate = self._evaluate(given, rows)
        call = f"evaluate(model{given})"
        train = _TRAIN.format(
            made=contenders.made,
            batches="    batches = draw_batches()\n" if batched else "",
            rows="        rows = next(batches)\n" if batched else "",
            call=call,
            exploded=f"{EXPLODED:g}".replace("+", ""),
            steps=layout.block(contenders.steps_of(call), 2),
        )
        return [_BATCHES, evaluate, train] if batched else [evaluate, train]

    def _evaluate(self, given: str, rows: str) -> str:
        base, inputs = self.base, f"x_train{rows}"
        draws = []
        if self.disturbed:
            seed = f"{FIRST_SEED:_} + {STEPS_APART:_} * SEED + step"
            draws.append(f"torch.manual_seed({seed})")
        if base.input_noise:
            draws.append(f"x = {inputs}")
            draws.append("x = x + INPUT_NOISE * torch.randn(x.shape, dtype=DTYPE)")
            inputs = "x"
        if base.model_params.get("dropout"):
            draws.append("model.train()  # dropout is at work")
        loss = f"loss = loss_of(model({inputs}), y_train{rows})"
        if base.l1 or base.l2:
            loss += " + penalty(model)"
        lines = [
            '"""The loss; its gradient goes into the parameters."""',
            "model.zero_grad()",
            *draws,
            loss,
            "loss.backward()",
            "return loss",
        ]
        return f"def evaluate(model{given}):\n" + layout.block("\n".join(lines), 1)

    def results(self, score: str) -> list[str]:
        """The table; ``score`` is what is measured beside the loss, or ""."""
        parts = ("train", "test") if self.base.test_share else ("train",)
        measured = ", ".join(f"*measure(model, x_{part}, y_{part})" for part in parts)
        what = ("loss", score) if score else ("loss",)
        columns = ", ".join(f'"{part} {name}"' for part in parts for name in what)
        return [
            layout.block(
                "results = {}\n"
                "for name, contender in CONTENDERS.items():\n"
                "    model, ended = train(contender)\n"
                f"    results[name] = ({measured}, ended)"
            ),
            layout.block(f'columns = ("contender", {columns})') + "\n" + TABLE,
        ]


TABLE = """\
print(*(f"{column:<16}" for column in columns))
for name, (*numbers, ended) in results.items():
    print(f"{name:<16}", *(f"{number:<16.9g}" for number in numbers), ended)"""

_BATCHES = '''\
def draw_batches():
    """The rows of one batch after the other; each epoch is shuffled anew."""
    generator = torch.Generator().manual_seed(SEED)
    while len(x_train) <= BATCH_SIZE:  # all at once, in their order
        yield slice(None)
    while True:
        order = torch.randperm(len(x_train), generator=generator)
        yield from order.split(BATCH_SIZE)'''

_PENALTY = '''\
def penalty(model):
    """For the size of the weights; biases are free."""
    weights = [tensor for tensor in model.parameters() if tensor.dim() >= 2]
    return {terms}'''

_TRAIN = '''\
def train(contender):
    """The model after its last good step, and how it ended."""
    model = make_model()
    {made} = contender(list(model.parameters()))
{batches}    for step in range(STEPS + 1):
{rows}        loss = {call}.item()
        weights = parameters_to_vector(model.parameters()).detach()
        if step == 0:
            limit = {exploded} * max(1.0, abs(loss))
            before = weights
        if not (abs(loss) <= limit and weights.isfinite().all()):
            vector_to_parameters(before, model.parameters())
            return model, f"diverged at step {{step}}"
        if step == STEPS:
            break
        before = weights
{steps}
    return model, "finished"'''
