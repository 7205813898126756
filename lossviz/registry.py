"""How every catalogue works: `Param`, `Entry`, `Catalogue`, and the catalogues themselves.

Widgets, URL fields, tables in the documents, exported code and contract tests are all derived from
the entries, so that adding one is one file and nothing else changes.

    from lossviz.registry import Param, losses, LossEntry
    losses.add(LossEntry(name="mine", title="Mine", about="What it is.", make=make_mine))
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import math
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, unquote

Value = float | int | bool | str
Scale = Literal["linear", "log"]


class SettingError(ValueError):
    """A setting that cannot be used; the message says what was got and what was expected."""


class UnknownNameError(SettingError, KeyError):
    """A name that its catalogue does not have; the message lists the known ones."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        super().__init__(f"There is no {kind} {name!r}.{hint} Known: {', '.join(known)}.")
        self._given = kind, name, known

    def __reduce__(self) -> tuple[type[UnknownNameError], tuple[str, str, tuple[str, ...]]]:
        # An error that cannot be unpickled takes a whole process pool down.
        return type(self), self._given

    def __str__(self) -> str:
        # KeyError would show the repr of the message.
        return str(self.args[0])


@dataclass(frozen=True)
class Param:
    """One adjustable number, switch or choice of a catalogue entry.

    The type of ``default`` decides the kind: bool a switch, int a whole number, float a number,
    str one of ``choices``, or a text that a person types where there is ``read``.

    Args:
        name: The keyword under which the value is passed to the entry's ``make``.
        default: The value that is used when nothing is said.
        low, high: The closed range of a number.
        scale: Whether a slider moves in equal differences or in equal ratios.
        help: One sentence for a person who turns it.
        choices: The allowed values of a choice.
        names: What a person reads for each of them; the choices themselves when it is empty.
        off: A value outside the range that is allowed too (say 0 for "none" beside a log range).
        title: What a person reads; the name with blanks when it is empty.
        read: Checks a typed text; raises `SettingError` when it is not allowed.
    """

    name: str
    default: Value
    low: float = 0.0
    high: float = 1.0
    scale: Scale = "linear"
    help: str = ""
    choices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    off: float | None = None
    title: str = ""
    read: Callable[[str], object] | None = None

    def __post_init__(self) -> None:
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"{self.name}: a log range starts above 0, not at {self.low}.")
        if isinstance(self.default, str) != bool(self.choices or self.read):
            raise ValueError(
                f"{self.name}: a choice has a str default and choices, a text a str default and "
                "a reader, a number none of them."
            )
        self.check(self.default)

    @property
    def kind(self) -> Literal["switch", "whole", "number", "choice", "text"]:
        """What sort of value this is."""
        if self.read is not None:
            return "text"
        if isinstance(self.default, bool):
            return "switch"
        if isinstance(self.default, int):
            return "whole"
        return "number" if isinstance(self.default, float) else "choice"

    @property
    def label(self) -> str:
        """What a person reads beside the control."""
        return self.title or self.name.replace("_", " ")

    def name_of(self, choice: str) -> str:
        """What a person reads for a choice."""
        return dict(zip(self.choices, self.names, strict=False)).get(choice, choice)

    def expected(self) -> str:
        """The allowed values in words."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        if self.kind == "text":
            return "a text"
        what = "a whole number" if self.kind == "whole" else "a number"
        off = "" if self.off is None else f", or {self.off:g}"
        return f"{what} from {self.low:g} to {self.high:g}{off}"

    def check(self, value: object) -> Value:
        """The value in its own type; raises `SettingError` when it is not allowed.

        >>> Param("lr", 0.1, 1e-5, 10.0, "log").check(1)
        1.0
        """
        if self.kind == "switch":
            if isinstance(value, bool):
                return value
        elif self.kind == "choice":
            if value in self.choices:
                return str(value)
        elif self.read is not None:
            if isinstance(value, str):
                self.read(value)
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            # A whole number may be too long for a float; it is out of any range then.
            number = float(value) if abs(value) <= sys.float_info.max else math.nan
            if (self.low <= number <= self.high or number == self.off) and (
                self.kind == "number" or number == int(number)
            ):
                return int(number) if self.kind == "whole" else number
        raise SettingError(f"{self.name} is {value!r}, but must be {self.expected()}.")

    def parse(self, text: str) -> Value:
        """The value written in a URL; raises `SettingError` when it is not allowed."""
        value: object = text
        if self.kind == "switch":
            value = {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
        elif self.kind == "text":
            value = unquote(text)
        elif self.kind != "choice":
            try:
                value = float(text)
            except ValueError:
                value = text
        return self.check(value)

    def nearest(self, text: object) -> Value:
        """The allowed value nearest to what was meant, for a damaged link."""
        try:
            return self.parse(str(text))
        except SettingError:
            pass
        if self.kind == "choice":
            close = difflib.get_close_matches(str(text), self.choices, n=1)
            return close[0] if close else self.default
        if self.kind in ("switch", "text"):
            return self.default
        try:
            number = float(str(text))
        except ValueError:
            return self.default
        if math.isnan(number):
            return self.default
        number = min(max(number, self.low), self.high)
        return self.check(round(number) if self.kind == "whole" else number)

    def write(self, value: Value) -> str:
        """The value as a URL shows it; `parse` reads it back exactly."""
        if self.kind == "text":
            # Of a call's own signs `name(option=value,...)` none is left in the text.
            return quote(str(value), safe=" +*/^.<>|")
        return str(value).lower() if isinstance(value, bool) else repr(value).strip("'")


@dataclass(frozen=True)
class Code:
    """How an exported PyTorch script writes an entry; see `lossviz.export`.

    Args:
        text: An expression, or lines; what it may use and has to set depends on the kind of entry.
            Values stand in it by their ``repr``, so that no setting becomes code.
        imports: The import lines that it needs beside those of torch, nn, F and np.
        sources: Functions whose source is put above it, with all that they use.
        classes: Of a loss: how class numbers are read off ``outputs``, where it is not by the
            greatest of many, or by the sign of a single one.
        values: Of a loss: how values are read off ``outputs``, where these are not the values.
    """

    text: str
    imports: tuple[str, ...] = ()
    sources: tuple[Callable[..., Any], ...] = ()
    classes: str = ""
    values: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that can be chosen.

    Args:
        name: Unique within the catalogue; stands in URLs and in code.
        title: What a person reads in a list.
        about: One line of description.
        make: Builds the thing; its keywords are the names of ``params``.
        formula: LaTeX, without dollar signs.
        cite: Where it comes from.
        params: What can be adjusted.
        code: ``code(params, ...)`` gives the `Code` of the entry in an exported script; what comes
            after the parameters, and what the code has to do, is said by each kind. None, of the
            entry or for some parameters, where there is none: the script then says so, and stops
            there.
    """

    name: str
    title: str
    about: str
    make: Callable[..., Any]
    formula: str = ""
    cite: str = ""
    params: tuple[Param, ...] = ()
    code: Callable[..., Code | None] | None = None

    def param(self, name: str) -> Param:
        """The parameter of that name; raises `UnknownNameError`."""
        for param in self.params:
            if param.name == name:
                return param
        raise UnknownNameError(
            f"parameter of {self.name}", name, tuple(p.name for p in self.params) or ("(none)",)
        )

    def defaults(self) -> dict[str, Value]:
        """Every parameter at its default."""
        return {param.name: param.default for param in self.params}

    def complete(self, given: Mapping[str, object]) -> dict[str, Value]:
        """The given values checked, and the defaults of the others."""
        for name in given:
            self.param(name)
        return {
            p.name: p.check(given[p.name]) if p.name in given else p.default for p in self.params
        }


Task = Literal["classification", "regression"]


Kind = Literal["features", "image", "sequence", "tokens"]


@dataclass(frozen=True)
class Shape:
    """What a data set asks of a model.

    Samples are always rows of numbers; ``kind`` and ``sides`` say how a row is to be read.

    Args:
        task: "classification" or "regression".
        inputs: The width of a row.
        classes: The number of classes, 0 in a regression.
        kind: "features" in no order, an "image" row by row, a "sequence" step by step, or "tokens":
            numbers of entries of a list, which are never scaled.
        sides: (height, width) of an image, (length, features of a step) of a sequence, (length,) of
            tokens; their product is ``inputs``.
        vocabulary: How many different tokens there are; 0 for any other kind.
    """

    task: Task
    inputs: int
    classes: int
    kind: Kind = "features"
    sides: tuple[int, ...] = ()
    vocabulary: int = 0


@dataclass(frozen=True, kw_only=True)
class DatasetEntry(Entry):
    """``make(rng, **params)`` gives a `lossviz.problem.data.Table`.

    ``code(params, seed)``: lines that set ``inputs`` (N, D) and ``targets`` (N,), drawn from
    ``rng``, a generator of that data seed.

    Args:
        shape: The data set's `Shape` for given parameters.
        synthetic: Whether it is drawn from a formula (else it is real data).
    """

    shape: Callable[[Mapping[str, Value]], Shape]
    synthetic: bool = True


@dataclass(frozen=True, kw_only=True)
class ModelEntry(Entry):
    """``make(inputs, outputs, **params)`` gives a `torch.nn.Module`.

    ``code(params, shape, outputs)``: an expression that makes it.

    Args:
        refuses: ``refuses(shape, outputs)`` gives the reason why a data set of that shape, with
            the number of outputs that the loss wants, cannot be used, or "".
        shaped: Whether ``make`` takes the `Shape` too, as ``shape=``: how a row of inputs is to be
            read as an image, a sequence or tokens.
    """

    refuses: Callable[[Shape, int], str] = lambda shape, outputs: ""
    shaped: bool = False

    def module(self, shape: Shape, outputs: int, params: Mapping[str, Value]) -> Any:
        """The module for data of a shape, with so many outputs."""
        more = {"shape": shape} if self.shaped else {}
        return self.make(shape.inputs, outputs, **more, **params)


#: What a loss can be drawn over.
Over = Literal["residual", "margin", "probability"]


@dataclass(frozen=True, kw_only=True)
class LossEntry(Entry):
    """``make(classes, **params)`` gives ``criterion(outputs (..., N, C), targets) -> (...)``.

    The criterion is the mean over the N samples and keeps the leading dimensions, so that the
    losses of many models are one call. Targets are class numbers (N,) in a classification and
    values (N, 1) in a regression.

    ``code(params, shape)``: an expression of ``outputs`` (N, C) and ``targets``.

    Args:
        tasks: The tasks for which it makes sense.
        outputs: The number C of outputs that it wants of a model, for a data set's shape.
        probabilities: Outputs (..., N, C) to class probabilities (..., N, classes), for the
            prediction panel and the accuracy; None where the loss has no classes.
        values: Outputs (..., N, C) to predicted values (..., N, 1) in a regression; None where the
            outputs are these.
        gradient: LaTeX of one sample's slope at its output, without dollar signs.
        when: When to take it, in a sentence or two.
        over: What it can be drawn over: the residual (prediction less target), the margin (the true
            class's logit less the other's) or the true class's probability.
        along: ``along(over, u)`` gives outputs (F, 1, C) and the one target of the points u (F,),
            where these are not the plain ones; see `lossviz.losslab.curves`.
        whole: Whether it looks at a batch as a whole: then it is no mean of the samples' losses.
        scalings: The scalings of the targets that it goes with; all where there are none.
        refuses: ``refuses(targets)`` gives the reason why these targets cannot be learnt, or "".
    """

    tasks: frozenset[Task]
    outputs: Callable[[Shape], int]
    probabilities: Callable[[Any], Any] | None = None
    values: Callable[[Any], Any] | None = None
    gradient: str = ""
    when: str = ""
    over: tuple[Over, ...] = ()
    along: Callable[[Over, Any], tuple[Any, Any]] | None = None
    whole: bool = False
    scalings: tuple[str, ...] = ()
    refuses: Callable[[Any], str] = lambda targets: ""


@dataclass(frozen=True, kw_only=True)
class InitialiserEntry(Entry):
    """``make(tensor, generator, **params)`` fills one weight or bias tensor in place.

    ``code(params)``: a statement that fills ``tensor`` from torch's global generator, or "".

    Args:
        for_bias: Whether it can fill a bias (one dimension) too.
    """

    for_bias: bool = False


@dataclass(frozen=True, kw_only=True)
class OptimizerEntry(Entry):
    """``make(parameters, **params)`` gives a `torch.optim.Optimizer`.

    ``code(params, shapes)``: an expression of ``parameters``, a list of tensors of these shapes;
    it gives an optimizer, or a list of several that are stepped together.

    Args:
        layout: "flat" when the update is elementwise, so that all tensors can be trained as one
            vector; "tensors" when it looks at the shapes of the tensors.
        closure: Whether a step evaluates the loss again by itself (LBFGS).
        refuses: ``refuses(shapes)`` gives the reason why tensors of these shapes cannot be
            trained by it, or "".
        worked: ``worked(run)`` gives one step in formulas and numbers, a
            `lossviz.run.worked.Worked`, for a run whose optimizer was watched; None where it has
            none.
        stability: ``stability(run)`` gives a `lossviz.run.stability.Stability` for such a run, or
            None where no limit is known with these parameters; None where none is ever known.
        unworked: Why there is no ``worked``, in a sentence for a person.
        unlimited: Why there is no stability limit, likewise.
    """

    layout: Literal["flat", "tensors"] = "flat"
    closure: bool = False
    refuses: Callable[[Sequence[tuple[int, ...]]], str] = lambda shapes: ""
    worked: Callable[[Any], Any] | None = None
    stability: Callable[[Any], Any] | None = None
    unworked: str = ""
    unlimited: str = ""

    @property
    def elementwise(self) -> bool:
        """Whether each number is trained as if it were alone, so that runs can share a tensor."""
        return self.layout == "flat" and not self.closure


@dataclass(frozen=True, kw_only=True)
class ScheduleEntry(Entry):
    """``make(optimizer, steps, **params)`` gives a `torch.optim.lr_scheduler.LRScheduler`.

    ``steps`` is how many steps the run takes; the scheduler is stepped once after each of them.

    ``code(params, steps, momentum)``: lines that set ``scheduler`` for ``optimizer``, with the
    number ``STEPS``; ``momentum`` says whether the optimizer has a momentum, or betas.
    """


Box = tuple[float, float, float, float]
Point = tuple[float, float]
#: Of tensors x and y: df/dx and df/dy there.
Slope = Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True, kw_only=True)
class FunctionEntry(Entry):
    """``make(**params)`` gives ``f(x, y)`` on float64 tensors, elementwise and differentiable.

    ``code(params)``: lines that set ``f``.

    Each of these takes the parameters as a mapping:

    Args:
        domain: The usual window (x0, x1, y0, y1).
        minimisers: The global minimisers; none where the function has no minimum, or where they
            are not known.
        minimum: The value at them, or None.
        start: Where contenders start if nothing is said.
        box: The points that are allowed (x0, x1, y0, y1), or None. After each step a point is put
            back to the nearest allowed one.
        deviation: ``deviation(step)`` gives what is added to the gradient (dx, dy) at a step, for
            problems whose gradient changes from step to step; None for none.
        slope: ``slope(x, y)`` gives (df/dx, df/dy), to the bit what autograd gives; None leaves it
            to autograd, which takes ten times as long on a point.
    """

    domain: Callable[[Mapping[str, Value]], Box]
    minimisers: Callable[[Mapping[str, Value]], tuple[Point, ...]] = lambda params: ()
    minimum: Callable[[Mapping[str, Value]], float | None] = lambda params: None
    start: Callable[[Mapping[str, Value]], Point]
    box: Callable[[Mapping[str, Value]], Box | None] = lambda params: None
    deviation: Callable[[Mapping[str, Value]], Callable[[int], Point] | None] = lambda params: None
    slope: Callable[[Mapping[str, Value]], Slope | None] = lambda params: None


E = TypeVar("E", bound=Entry)


class Catalogue(Generic[E]):
    """The entries of one kind, by name, in the order in which they were added."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, E] = {}

    def add(self, entry: E) -> E:
        """Add an entry and return it.

        Raises:
            ValueError: When the name is taken by something else. The same module and qualified
                name may come again, because Streamlit reloads user modules.
        """
        old = self._entries.get(entry.name)
        if old is not None and _origin(old) != _origin(entry):
            raise ValueError(
                f"The {self.kind} {entry.name!r} is already there, from {_origin(old)}; "
                f"give the one from {_origin(entry)} another name."
            )
        self._entries[entry.name] = entry
        return entry

    def __getitem__(self, name: str) -> E:
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self.kind, name, self.names()) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[E]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def names(self) -> tuple[str, ...]:
        """The known names, in order."""
        return tuple(self._entries)


def _origin(entry: Entry) -> str:
    return f"{entry.make.__module__}.{entry.make.__qualname__}"


datasets: Catalogue[DatasetEntry] = Catalogue("data set")
models: Catalogue[ModelEntry] = Catalogue("model")
losses: Catalogue[LossEntry] = Catalogue("loss")
initialisers: Catalogue[InitialiserEntry] = Catalogue("initialiser")
optimizers: Catalogue[OptimizerEntry] = Catalogue("optimizer")
schedules: Catalogue[ScheduleEntry] = Catalogue("schedule")
functions: Catalogue[FunctionEntry] = Catalogue("function")


def load_contrib() -> tuple[str, ...]:
    """Import `lossviz.contrib` and the folder named by ``LOSSVIZ_CONTRIB``; gives the module names.

    The folder is the choice of whoever starts the program, never an upload's: its files are code.

    Raises:
        FileNotFoundError: When the variable names no folder.
    """
    package = importlib.import_module("lossviz.contrib")
    names = [f"lossviz.contrib.{m.name}" for m in pkgutil.iter_modules(package.__path__)]
    for name in names:
        importlib.import_module(name)
    folder = os.environ.get("LOSSVIZ_CONTRIB")
    if folder:
        if not Path(folder).is_dir():
            raise FileNotFoundError(f"LOSSVIZ_CONTRIB names {folder!r}, which is not a folder.")
        for file in sorted(Path(folder).glob("*.py")):
            names.append(_load_file(file))
    return tuple(names)


def _load_file(file: Path) -> str:
    name = f"lossviz_contrib_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:  # pragma: no cover - a .py file always has both
        raise ImportError(f"{file} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return name
