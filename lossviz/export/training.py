"""The script of networks that are trained on data."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from lossviz import registry
from lossviz.export import layout
from lossviz.export.draft import Contenders, Draft, stop
from lossviz.problem.build import build_module
from lossviz.problem.code import literal
from lossviz.problem.disturbance import FIRST_SEED, STEPS_APART
from lossviz.problem.normalise import norm_layers
from lossviz.registry import Code
from lossviz.run import Method
from lossviz.run.status import EXPLODED
from lossviz.settings import Experiment

#: So many numbers of a start may stand in a script.
MOST_NUMBERS = 20_000

_GROWS = (
    ". A run at the edge of stability enlarges such differences step by step, and so does an "
    "optimizer that decides by comparisons or rounds by itself, as L-BFGS and Muon do."
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
        draft.imports += ["import numpy as np", "import torch", "from torch import nn"]
        body = [
            layout.section("data"),
            *self.data(draft),
            layout.section("model and loss"),
            *self.model(draft),
            *self.loss(draft, bool(norm_layers(module))),
            layout.section("contenders"),
            *contenders.parts(draft),
            layout.section("training"),
            *self.penalty(),
            *self.training(draft, contenders),
            layout.section("results"),
            *self.results(),
        ]
        if any("F." in part for part in body):
            draft.imports.append("from torch.nn import functional as F")
        data, model = (registry.datasets[self.base.dataset], registry.models[self.base.model])
        parts = [
            draft.header(f"{model.title} on the data set {data.title}.", self.url, self.remark),
            draft.imported(),
            self.settings(),
            *draft.copied(),
            *body,
        ]
        return layout.joined(parts), tuple(draft.missing)

    @property
    def remark(self) -> str:
        """What is to be said of the numbers."""
        return REMARK[self.base.dtype]

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

    # --- data ------------------------------------------------------------------------------------

    def data(self, draft: Draft) -> list[str]:
        """Samples, split and scaling."""
        base, entry = self.base, registry.datasets[self.base.dataset]
        code = draft.code("data set", entry, base.dataset_params, base.data_seed)
        text = stop("data set", entry) if code is None else code.text
        lines = [f"rng = np.random.default_rng({base.data_seed!r})"] if "rng" in text else []
        lines += [text, *self._split(draft), *self._wrong_labels()]
        regression = base.shape.task == "regression"
        if regression:
            lines.append("targets = targets[:, None]")
        # Tokens are numbers of entries of a list: scaled, they would be none.
        tokens = base.shape.kind == "tokens"
        scaled = [] if tokens else ["inputs"]
        scaled += ["targets"] if regression else []
        if base.scaling != "none" and scaled:
            lines.append("# By the training samples alone.")
            lines += [self._scaled(name) for name in scaled]
        lines += self._tensors(regression)
        scaling = [_SCALING[base.scaling]] if base.scaling != "none" and scaled else []
        return [*scaling, layout.block("\n".join(lines))]

    def _scaled(self, name: str) -> str:
        shape = self.base.shape
        if name == "inputs" and shape.kind == "sequence":
            # One scaling for all steps.
            rows = f"reshape(-1, {shape.sides[-1]!r})"
            return (
                f"inputs = scaled(inputs.{rows}, inputs[train].{rows})"
                f".reshape(-1, {shape.inputs!r})"
            )
        return f"{name} = scaled({name}, {name}[train])"

    def _split(self, draft: Draft) -> list[str]:
        share = self.base.test_share
        if not share:
            return ["train = np.arange(len(targets))"]
        draft.imports.append("from sklearn.model_selection import train_test_split")
        stratify = "targets" if self.base.shape.classes else "None"
        return [
            "train, test = train_test_split("
            f"np.arange(len(targets)), test_size={share!r}, random_state={self.base.data_seed!r}, "
            f"stratify={stratify})"
        ]

    def _wrong_labels(self) -> list[str]:
        base = self.base
        if not base.label_noise:
            return []
        share, classes = literal(base.label_noise), base.shape.classes
        lines = [
            "# Wrong labels, among the training samples alone.",
            f"lot = np.random.default_rng([{base.data_seed!r}, 1])",
        ]
        if classes:
            return [
                *lines,
                f"wrong = lot.permutation(train)[: round({share} * len(train))]",
                f"turn = lot.integers(1, {max(2, classes)!r}, len(wrong))",
                f"targets[wrong] = (targets[wrong] + turn) % {classes!r}",
            ]
        drawn = "lot.standard_normal(len(train))"
        return [*lines, f"targets[train] += {share} * targets[train].std() * {drawn}"]

    def _tensors(self, regression: bool) -> list[str]:
        lines = []
        for part in ("train", "test") if self.base.test_share else ("train",):
            kind = ", dtype=DTYPE" if regression else ""
            lines.append(f"x_{part} = torch.tensor(inputs[{part}], dtype=DTYPE)")
            lines.append(f"y_{part} = torch.tensor(targets[{part}]{kind})")
        return lines

    # --- model and loss --------------------------------------------------------------------------

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

    def loss(self, draft: Draft, normalised: bool) -> list[str]:
        """The loss, and what is measured in the end."""
        if normalised:
            draft.imports.append("from torch.optim.swa_utils import update_bn")
        base, entry = self.base, registry.losses[self.base.loss]
        code = draft.code("loss", entry, base.loss_params, base.shape)
        text = stop("loss", entry) if code is None else f"return {code.text}"
        about = '"""The mean over the samples."""'
        loss = "def loss_of(outputs, targets):\n" + layout.block(f"{about}\n{text}", 1)
        return [loss, self._measure(code or Code(""), normalised)]

    def _measure(self, code: Code, normalised: bool) -> str:
        base = self.base
        rests = ["model.eval()  # nothing is dropped"] if base.model_params.get("dropout") else []
        if normalised:
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

    # --- training --------------------------------------------------------------------------------

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

    def results(self) -> list[str]:
        """The table."""
        parts = ("train", "test") if self.base.test_share else ("train",)
        measured = ", ".join(f"*measure(model, x_{part}, y_{part})" for part in parts)
        what = ("loss", self.score) if self.score else ("loss",)
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

_SCALING = {
    "standard": '''\
def scaled(values, known):
    """Values moved and stretched so that the known ones have mean 0 and spread 1."""
    shift, width = known.mean(0), known.std(0)
    constant = width <= 10 * np.finfo(float).eps * np.abs(known).max(0)
    return (values - shift) / np.where(constant, 1.0, width)''',
    "unit": '''\
def scaled(values, known):
    """Values moved and stretched so that the known ones go from 0 to 1."""
    shift, width = known.min(0), np.ptp(known, axis=0)
    constant = width <= 10 * np.finfo(float).eps * np.abs(known).max(0)
    return (values - shift) / np.where(constant, 1.0, width)''',
    "robust": '''\
def scaled(values, known):
    """Values moved and stretched so that the known ones have median 0 and quartiles 1 apart."""
    first, shift, third = np.quantile(known, (0.25, 0.5, 0.75), axis=0)
    width = third - first
    constant = width <= 10 * np.finfo(float).eps * np.abs(known).max(0)
    return (values - shift) / np.where(constant, 1.0, width)''',
}

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
