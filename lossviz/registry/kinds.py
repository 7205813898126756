"""The kinds of entries: what each asks of its ``make`` and its ``code``, and what else it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lossviz.registry.entry import Entry
from lossviz.registry.param import Value

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
        written: The formula in LaTeX, where it depends on the parameters; else it is ``formula``.
    """

    domain: Callable[[Mapping[str, Value]], Box]
    minimisers: Callable[[Mapping[str, Value]], tuple[Point, ...]] = lambda params: ()
    minimum: Callable[[Mapping[str, Value]], float | None] = lambda params: None
    start: Callable[[Mapping[str, Value]], Point]
    box: Callable[[Mapping[str, Value]], Box | None] = lambda params: None
    deviation: Callable[[Mapping[str, Value]], Callable[[int], Point] | None] = lambda params: None
    slope: Callable[[Mapping[str, Value]], Slope | None] = lambda params: None
    written: Callable[[Mapping[str, Value]], str] | None = None

    def formula_of(self, params: Mapping[str, Value]) -> str:
        """The formula in LaTeX, with these parameters."""
        return self.formula if self.written is None else self.written(params)
