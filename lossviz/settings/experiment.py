"""`Experiment`: everything that decides a run, as frozen plain values, to and from a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lossviz import registry
from lossviz.registry import Catalogue, Param, SettingError, Shape, Value
from lossviz.settings.links import (
    URL_VERSION,
    Linked,
    check_fields,
    check_values,
    read_call,
    read_values,
    write_call,
    write_values,
)
from lossviz.settings.options import Options


@dataclass(frozen=True)
class Choice:
    """A pair of fields of `Experiment`: the name of an entry, and its options."""

    field: str
    options: str
    catalogue: Catalogue[Any]


#: One table for parsing, writing, defaults and widgets: the choices and the plain values.
CHOICES: tuple[Choice, ...] = (
    Choice("dataset", "dataset_params", registry.datasets),
    Choice("model", "model_params", registry.models),
    Choice("init", "init_params", registry.initialisers),
    Choice("bias_init", "bias_init_params", registry.initialisers),
    Choice("loss", "loss_params", registry.losses),
    Choice("optimizer", "params", registry.optimizers),
    Choice("schedule", "schedule_params", registry.schedules),
)

VALUES: dict[str, Param] = {
    p.name: p
    for p in (
        Param("data_seed", 0, 0, 999_999, help="Which samples are drawn, and how they are split.",
              title="data seed"),
        Param("scaling", "standard", choices=("standard", "unit", "robust", "none"),
              help="Inputs to mean 0 and spread 1, to [0, 1], to median 0 and quartiles 1 apart, "
                   "or left as they are."),
        Param("test_share", 0.3, 0.0, 0.9, help="The share of the samples kept for testing.",
              title="test share"),
        Param("label_noise", 0.0, 0.0, 0.5, title="label noise",
              help="The share of the training labels that are wrong; in a regression, the noise on "
                   "the training targets as a share of their spread."),
        Param("batch_size", 0, 1, 10_000, "log", off=0, title="batch size",
              help="Samples for each step; 0 takes all of them."),
        Param("steps", 300, 1, 50_000, "log", help="How many times the optimizer steps."),
        Param("dtype", "float32", choices=("float32", "float64"), title="precision",
              help="Single or double precision."),
        Param("seed", 0, 0, 999_999, help="Initial weights, the order of the batches, and what "
              "training draws."),
        Param("l1", 0.0, 1e-6, 1.0, "log", off=0.0, title="L1 penalty",
              help="Adds this times the sum of |w| over all weights (not biases) to the loss."),
        Param("l2", 0.0, 1e-6, 10.0, "log", off=0.0, title="L2 penalty",
              help="Adds half of this times the sum of w² over all weights (not biases) to the "
                   "loss."),
        Param("input_noise", 0.0, 1e-3, 10.0, "log", off=0.0, title="input noise",
              help="Standard deviation of noise added to the inputs, drawn anew at each step of "
                   "training."),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Experiment(Linked):
    """One training run as plain data; the same experiment always gives the same numbers.

    Options that are not given are filled with the defaults of their catalogue entry, so that two
    experiments are equal exactly when they mean the same.

    Args:
        dataset, dataset_params: What is learnt from.
        data_seed: Seed of the samples and of the split.
        scaling: "standard" (mean 0, spread 1), "unit" ([0, 1]), "robust" (median 0, quartiles 1
            apart) or "none".
        test_share: The share of the samples that is kept for testing.
        label_noise: The share of the training labels that are wrong, or the noise on the training
            targets as a share of their spread; see `lossviz.problem.build.with_label_noise`.
        model, model_params: What learns.
        init, init_params: How weights start.
        bias_init, bias_init_params: How biases start.
        loss, loss_params: What is lowered.
        optimizer, params: How it is lowered.
        schedule, schedule_params: How the learning rate changes over the steps.
        batch_size: Samples for each step, 0 for all.
        steps: How many times the optimizer steps.
        dtype: "float32" or "float64".
        seed: Seed of the initial weights, of the order of the batches, and of what training draws.
        l1, l2: Factors of the penalties on the weights; see `lossviz.problem.penalty.Penalty`.
        input_noise: Standard deviation of the noise on the inputs in training; see
            `lossviz.problem.disturbance.Disturbance`.

    Raises:
        UnknownNameError: For a name that its catalogue does not have; lists the known ones.
        SettingError: For a value outside its range, or choices that do not go together.

    >>> import lossviz as lv
    >>> exp = lv.Experiment(optimizer="adam", params={"lr": 0.05})
    >>> exp.to_url()
    {'v': '1', 'optimizer': 'adam(lr=0.05)'}
    >>> lv.Experiment.from_url(exp.to_url()) == exp
    True
    """

    dataset: str = "moons"
    dataset_params: Mapping[str, Value] = field(default_factory=Options)
    data_seed: int = 0
    scaling: str = "standard"
    test_share: float = 0.3
    label_noise: float = 0.0
    model: str = "mlp"
    model_params: Mapping[str, Value] = field(default_factory=Options)
    init: str = "default"
    init_params: Mapping[str, Value] = field(default_factory=Options)
    bias_init: str = "default"
    bias_init_params: Mapping[str, Value] = field(default_factory=Options)
    loss: str = "cross_entropy"
    loss_params: Mapping[str, Value] = field(default_factory=Options)
    optimizer: str = "sgd"
    params: Mapping[str, Value] = field(default_factory=Options)
    schedule: str = "constant"
    schedule_params: Mapping[str, Value] = field(default_factory=Options)
    batch_size: int = 0
    steps: int = 300
    dtype: str = "float32"
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0
    input_noise: float = 0.0

    def __post_init__(self) -> None:
        for choice in CHOICES:
            entry = choice.catalogue[getattr(self, choice.field)]
            given = getattr(self, choice.options)
            try:
                complete = Options(entry.complete(given))
            except SettingError as error:
                raise SettingError(f"{choice.field} {entry.name}: {error}") from None
            object.__setattr__(self, choice.options, complete)
        check_values(self, VALUES)
        for problem in self._clashes():
            raise SettingError(problem[1])

    @property
    def shape(self) -> Shape:
        """Task, input width and number of classes of the data set."""
        return registry.datasets[self.dataset].shape(self.dataset_params)

    def _clashes(self) -> Iterator[tuple[str, str]]:
        """The choices that do not go together: the field to change, and why."""
        shape = self.shape
        loss = registry.losses[self.loss]
        if shape.task not in loss.tasks:
            tasks = " and ".join(sorted(loss.tasks))
            yield (
                "loss",
                f"The loss {loss.name!r} is for {tasks}, but the data set {self.dataset!r} is a "
                f"{shape.task}.",
            )
            return
        if shape.task == "regression" and self.scaling not in (loss.scalings or (self.scaling,)):
            yield (
                "scaling",
                f"The loss {loss.name!r} goes with the scaling {' or '.join(loss.scalings)}, not "
                f"{self.scaling!r}.",
            )
        reason = registry.models[self.model].refuses(shape, loss.outputs(shape))
        if reason:
            # Another loss may ask for fewer outputs; then it is the loss that should change.
            where = "loss" if _fitting_losses(self.model, shape) else "model"
            yield where, f"The model {self.model!r} does not fit: {reason}"
        if not registry.initialisers[self.bias_init].for_bias:
            yield (
                "bias_init",
                f"The initialiser {self.bias_init!r} needs a matrix; biases have none.",
            )
        if self.input_noise and shape.kind == "tokens":
            yield (
                "input_noise",
                f"The data set {self.dataset!r} is a text, and the number of a character is no "
                "size to which noise could be added.",
            )

    # --- URL ---------------------------------------------------------------------------------

    def to_url(self) -> dict[str, str]:
        """The settings as URL fields; what stands at its default is left out."""
        plain = type(self)()
        url = {"v": URL_VERSION}
        for choice in CHOICES:
            name, options = getattr(self, choice.field), getattr(self, choice.options)
            if (name, options) != (getattr(plain, choice.field), getattr(plain, choice.options)):
                url[choice.field] = write_call(choice.catalogue[name], options)
        return url | write_values(self, plain, VALUES)

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[Experiment, tuple[str, ...]]:
        """The valid experiment nearest to these URL fields, and a sentence for each repair."""
        problems = check_fields(url, (*VALUES, *(choice.field for choice in CHOICES)))
        values = read_values(url, VALUES, problems)
        for choice in CHOICES:
            if choice.field in url:
                default = getattr(cls, choice.field)
                name, options = read_call(
                    choice.catalogue, url[choice.field], default, choice.field, problems
                )
                values[choice.field], values[choice.options] = name, options
        return repaired(values, problems), tuple(problems)


def read_base(
    url: Mapping[str, str], own: Iterable[str], except_for: Iterable[str], problems: list[str]
) -> Experiment:
    """The experiment in the link of settings that have one, and further fields of their own.

    Args:
        url: The link's fields.
        own: The names of their own fields.
        except_for: The choices of an experiment that the link does not have.
        problems: Where a sentence for each repair is added.
    """
    choices = {choice.field for choice in CHOICES} - set(except_for)
    shared = {*VALUES, *choices}
    problems += check_fields(url, shared.union(own))
    base, repairs = Experiment.nearest_from_url({k: v for k, v in url.items() if k in shared})
    problems += repairs
    return base


def repaired(values: dict[str, Any], problems: list[str]) -> Experiment:
    """The experiment of checked values, with choices that clash replaced and reported."""
    known = {name: value for name, value in values.items() if name in _FIELD_NAMES}
    for _ in range(8):
        bare = _unchecked(known)
        clash = next(bare._clashes(), None)
        if clash is None:
            return Experiment(**known)
        name, why = clash
        known[name] = _fitting(name, bare)
        if f"{name}_params" in _FIELD_NAMES:
            known[f"{name}_params"] = {}
        problems.append(f"{why} Using {known[name]!r}.")
    raise SettingError(" ".join(problems))


def _unchecked(values: Mapping[str, Any]) -> Experiment:
    """An experiment with these values whose choices may clash."""
    bare = Experiment()
    for name, value in values.items():
        object.__setattr__(bare, name, value)
    for choice in CHOICES:
        entry = choice.catalogue[getattr(bare, choice.field)]
        given = values.get(choice.options, {})
        object.__setattr__(bare, choice.options, Options(entry.complete(given)))
    return bare


def _fitting(name: str, bare: Experiment) -> Value:
    """A choice for this field that goes with the others."""
    if name == "loss":
        every = (bare.model, *registry.models.names())
        return next(names[0] for m in every if (names := _fitting_losses(m, bare.shape)))
    if name == "scaling":
        return registry.losses[bare.loss].scalings[0]
    if name in VALUES:
        return VALUES[name].default
    return _fitting_model(bare) if name == "model" else "default"


def _fitting_model(bare: Experiment) -> str:
    """The usual model, or the first one that takes the data when that does not."""
    shape = bare.shape
    outputs = registry.losses[bare.loss].outputs(shape)
    fitting = [model.name for model in registry.models if not model.refuses(shape, outputs)]
    return "mlp" if "mlp" in fitting or not fitting else fitting[0]


def _fitting_losses(model: str, shape: Shape) -> tuple[str, ...]:
    """The losses that go with a model on data of this shape, the usual one first."""
    refuses = registry.models[model].refuses
    return tuple(
        loss.name
        for loss in registry.losses
        if shape.task in loss.tasks and not refuses(shape, loss.outputs(shape))
    )


def with_choice(experiment: Experiment, **changes: Any) -> tuple[Experiment, tuple[str, ...]]:
    """The experiment with changes; choices that no longer fit are replaced, with a sentence each.

    Options of a changed choice that are not given go back to their defaults.
    """
    values = {f.name: getattr(experiment, f.name) for f in fields(experiment)}
    for choice in CHOICES:
        if choice.field in changes and changes[choice.field] != values[choice.field]:
            values[choice.options] = {}
    values.update(changes)
    problems: list[str] = []
    return repaired(values, problems), tuple(problems)


_FIELD_NAMES = tuple(f.name for f in fields(Experiment))
