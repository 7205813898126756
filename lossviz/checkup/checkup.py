"""`Checkup`: one experiment and what is looked at in its training; to and from a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossviz import registry
from lossviz.registry import Param, SettingError, Value
from lossviz.settings import (
    Experiment,
    Linked,
    Options,
    check_values,
    read_base,
    read_call,
    read_values,
    with_choice,
    write_call,
    write_values,
)

#: What can be looked at, and how a person reads it.
SECTIONS = {
    "start": "Initial weights",
    "hold": "Regularisation",
    "fit": "Fit",
    "weights": "Weights",
    "degree": "Polynomials",
}
#: More initial weights than this are hard to tell apart.
MOST_SCHEMES = 8

#: How the training is looked at: one table for URL, defaults and widgets.
VIEWS: dict[str, Param] = {
    p.name: p
    for p in (
        Param("show", "start", choices=tuple(SECTIONS), names=tuple(SECTIONS.values()),
              title="look at", help="What is looked at in this training."),
        Param("log", True, title="log scale", help="Curves and colours by the logarithm."),
        Param("patience", 30, 1, 10_000, "log",
              help="Early stopping waits so many steps for a lower test loss. The run itself goes "
                   "on: the marks say where it would have ended."),
        Param("study", "samples", choices=("samples", "width", "folds"),
              names=("samples", "width", "folds"), title="study",
              help="What is varied below: the number of training samples, the width of the model, "
                   "or the fold that is kept for testing."),
        Param("folds", 5, 2, 10, help="Into how many parts the samples are split."),
        Param("runs", 3, 1, 10, title="runs at each value",
              help="Runs with other seeds; the band is one standard deviation over them."),
        Param("points", 15, 5, 60, help="Noisy points of the sine."),
        Param("spread", 0.2, 0.0, 1.0, title="noise",
              help="Standard deviation of the noise on the points."),
        Param("ridge", 0.0, 1e-8, 10.0, "log", off=0.0,
              help="Penalty on the squared coefficients of the polynomial."),
        Param("layer", 0, 0, 31, help="Whose weights are drawn, from the input's side."),
        Param("unit", 0, 0, 255, title="row", help="The row of the weight that is followed."),
        Param("entry", 0, 0, 4095, title="column",
              help="The column of the weight that is followed."),
        Param("three_d", False, title="3-D", help="The surfaces in three dimensions."),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Scheme:
    """How the weights of a contender start.

    Biases start at zero, except that "default" has them drawn as torch draws them, and "constant"
    puts them at that constant too, so that all numbers are alike.

    >>> Scheme("constant", {"value": 0.5}).write()
    'constant(value=0.5)'
    """

    init: str = "default"
    params: Mapping[str, Value] = field(default_factory=Options)

    def __post_init__(self) -> None:
        complete = registry.initialisers[self.init].complete(self.params)
        object.__setattr__(self, "params", Options(complete))

    def of(self, base: Experiment) -> Experiment:
        """The experiment that starts so."""
        biases = self.init if self.init in ("default", "constant") else "zero"
        return replace(
            base,
            init=self.init,
            init_params=self.params,
            bias_init=biases,
            bias_init_params=self.params if biases == "constant" else {},
        )

    def write(self) -> str:
        """The scheme as a URL shows it."""
        return write_call(registry.initialisers[self.init], self.params)


def _opening() -> tuple[Scheme, ...]:
    return (
        Scheme("zero"),
        Scheme("gaussian", {"sigma": 0.01}),
        Scheme("gaussian", {"sigma": 1.0}),
        Scheme("xavier_normal"),
    )


@dataclass(frozen=True)
class Checkup(Linked):
    """One experiment and what is looked at in its training, as plain data.

    Args:
        base: Data, model, loss, optimizer and regularisation.
        schemes: The initial weights that are compared, one to eight.
        show, log, patience, study, folds, runs, points, spread, ridge, layer, unit, entry,
            three_d: See `VIEWS`.

    Raises:
        SettingError: For a value that is not allowed.

    >>> checkup = Checkup(show="fit", patience=10)
    >>> checkup.to_url()
    {'v': '1', 'show': 'fit', 'patience': '10'}
    >>> Checkup.from_url(checkup.to_url()) == checkup
    True
    """

    base: Experiment = field(default_factory=Experiment)
    schemes: tuple[Scheme, ...] = field(default_factory=_opening)
    show: str = "start"
    log: bool = True
    patience: int = 30
    study: str = "samples"
    folds: int = 5
    runs: int = 3
    points: int = 15
    spread: float = 0.2
    ridge: float = 0.0
    layer: int = 0
    unit: int = 0
    entry: int = 0
    three_d: bool = False

    def __post_init__(self) -> None:
        check_values(self, VIEWS)
        if not 1 <= len(self.schemes) <= MOST_SCHEMES:
            raise SettingError(
                f"There are {len(self.schemes)} initial weights; 1 to {MOST_SCHEMES} can be "
                "compared."
            )

    @property
    def free(self) -> Experiment:
        """The base without anything that holds it back."""
        params = dict(self.base.model_params)
        if "dropout" in params:
            params["dropout"] = 0.0
        return replace(
            self.base, l1=0.0, l2=0.0, input_noise=0.0, model_params=Options(params),
            params=Options(_without_decay(self.base)),
        )  # fmt: skip

    def experiments(self) -> tuple[Experiment, ...]:
        """What is trained for the section that is shown, one for each contender."""
        if self.show == "start":
            return tuple(scheme.of(self.base) for scheme in self.schemes)
        if self.show == "hold":
            return (self.free, self.base)
        return () if self.show == "degree" else (self.base,)

    def names(self) -> tuple[str, ...]:
        """What each of `experiments` is called."""
        if self.show == "start":
            return tuple(registry.initialisers[s.init].title for s in self.schemes)
        if self.show == "hold":
            return ("without", "with")
        return () if self.show == "degree" else (registry.optimizers[self.base.optimizer].title,)

    def with_base(self, **changes: Any) -> tuple[Checkup, tuple[str, ...]]:
        """The checkup of another experiment; what no longer fits is replaced and reported."""
        base, problems = with_choice(self.base, **changes)
        return replace(self, base=base), problems

    # --- URL ---------------------------------------------------------------------------------

    def to_url(self) -> dict[str, str]:
        """The checkup as URL fields; what stands at its default is left out."""
        plain = type(self)()
        url = self.base.to_url()
        if self.schemes != plain.schemes:
            url["schemes"] = ";".join(scheme.write() for scheme in self.schemes)
        return url | write_values(self, plain, VIEWS)

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[Checkup, tuple[str, ...]]:
        """The valid checkup nearest to these URL fields, and a sentence for each repair."""
        problems: list[str] = []
        base = read_base(url, ("schemes", *VIEWS), (), problems)
        values = read_values(url, VIEWS, problems)
        if "schemes" in url:
            values["schemes"] = _read_schemes(url["schemes"], problems)
        return cls(base=base, **values), tuple(problems)


def _read_schemes(text: str, problems: list[str]) -> tuple[Scheme, ...]:
    parts = [part for part in text.split(";") if part.strip()]
    if len(parts) > MOST_SCHEMES:
        problems.append(
            f"schemes: {len(parts)} initial weights were asked for; the first {MOST_SCHEMES} are "
            "used."
        )
    if not parts:
        problems.append("schemes: no initial weights were named. Using the usual ones.")
        return _opening()
    read = (
        read_call(registry.initialisers, part, "default", "schemes", problems)
        for part in parts[:MOST_SCHEMES]
    )
    return tuple(Scheme(name, options) for name, options in read)


def _without_decay(base: Experiment) -> dict[str, Value]:
    """The optimizer's parameters without weight decay, where it can be switched off."""
    params = dict(base.params)
    entry = registry.optimizers[base.optimizer]
    if "weight_decay" in params and entry.param("weight_decay").off == 0:
        params["weight_decay"] = 0.0
    return params
