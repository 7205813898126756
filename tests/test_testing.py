"""The contract checks: every entry passes, and every way to break the contract is told."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import lossviz.run.optimizers  # noqa: F401 - fills the catalogue of optimizers
from lossviz import registry, testing
from lossviz.problem import Table
from lossviz.registry import (
    DatasetEntry,
    Entry,
    InitialiserEntry,
    LossEntry,
    ModelEntry,
    OptimizerEntry,
    Param,
    SettingError,
    Shape,
    load_contrib,
)

load_contrib()
CATALOGUES = (
    registry.datasets,
    registry.models,
    registry.losses,
    registry.initialisers,
    registry.optimizers,
)
ENTRIES = [pytest.param(e, id=f"{c.kind} {e.name}") for c in CATALOGUES for e in c]


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_keeps_the_contract(entry):
    testing.check(entry)


def test_only_entries_can_be_checked():
    with pytest.raises(TypeError, match="Got a str"):
        testing.check("mse")


def test_corners_are_the_defaults_and_each_end_alone():
    entry = Entry(
        name="x",
        title="X",
        about="X.",
        make=dict,
        params=(Param("a", 1, 1, 3, off=0), Param("b", True), Param("c", "u", choices=("u", "v"))),
    )
    rest = {"b": True, "c": "u"}
    assert list(testing.corners(entry)) == [
        {"a": 1, **rest},
        {"a": 3, **rest},
        {"a": 0, **rest},
        {"a": 1, "b": False, "c": "u"},
        {"a": 1, "b": True, "c": "v"},
    ]


numbers = itertools.count()


def count():
    """Another number each time."""
    return next(numbers)


def told(entry, words):
    with pytest.raises(AssertionError, match=words):
        testing.check(entry)


# --- any entry -----------------------------------------------------------------------------------

MSE = registry.losses["mse"]
HELPED = Param("a", 1.0, help="A number.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "My loss"}, "small letters"),
        ({"title": " "}, "title is empty"),
        ({"about": ""}, "about is one line"),
        ({"about": "two\nlines"}, "about is one line"),
        ({"formula": "$x$"}, "without dollar signs"),
        ({"make": lambda classes, a: None, "params": (HELPED, HELPED)}, "share a name"),
        ({"params": (HELPED,)}, r"make does not take the parameters \['a'\]"),
        ({"make": lambda classes, a: None, "params": (Param("a", 1.0),)}, "a has no help"),
        (
            {
                "make": lambda classes, a: None,
                "params": (Param("a", "b,c", choices=("b,c",), help="A choice."),),
            },
            "cannot stand in a link",
        ),
    ],
)
def test_words_and_parameters(changes, words):
    told(replace(MSE, **changes), words)


class Rounded(Param):
    """A parameter that loses digits on its way through a link."""

    def write(self, value):
        return f"{value:.1f}"


def test_a_value_that_does_not_come_back():
    params = (Rounded("a", 0.25, help="A number."),)
    told(replace(MSE, make=lambda classes, a: None, params=params), "does not come back")


# --- data sets -----------------------------------------------------------------------------------


VALUES = Shape("regression", 1, 0)


def dataset(make, shape=VALUES):
    return DatasetEntry(name="d", title="D", about="D.", make=make, shape=lambda params: shape)


X = np.linspace(0, 1, 4)[:, None]
Y = X[:, 0]
CLASSES = np.array([0, 1, 0, 1])
TWO = Shape("classification", 1, 2)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (dataset(lambda rng: Table(X + np.random.rand(), Y, ("x",))), "global random"),  # noqa: NPY002
        (dataset(lambda rng: (X, Y)), "gives a Table"),
        (dataset(lambda rng: Table(X + count(), Y, ("x",))), "other samples"),
        (dataset(lambda rng: Table(X.astype(np.float32), Y, ("x",))), "float64, not float32"),
        (dataset(lambda rng: Table(X + np.inf, Y, ("x",))), "finite"),
        (dataset(lambda rng: Table(Y, Y, ("x",))), r"\(N, D\)"),
        (dataset(lambda rng: Table(X, Y, ("x", "y"))), "2 feature names"),
        (dataset(lambda rng: Table(X, X, ("x",))), "targets have the shape"),
        (dataset(lambda rng: Table(X, Y, ("x",), ("a",))), "1 class names"),
        (dataset(lambda rng: Table(X, Y, ("x",), ("a", "b")), TWO), "int64 class numbers"),
        (dataset(lambda rng: Table(X, 0 * CLASSES, ("x",), ("a", "b")), TWO), "each occurs"),
        (dataset(lambda rng: Table(X, CLASSES, ("x",))), "finite float64"),
    ],
)
def test_data_sets(entry, words):
    told(entry, words)


# --- models --------------------------------------------------------------------------------------


def model(make, **more):
    return ModelEntry(name="m", title="M", about="M.", make=make, **more)


class Wrapped(nn.Module):
    """A linear layer with something done to its outputs."""

    def __init__(self, inputs, outputs, after):
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)
        self.after = after

    def forward(self, x):
        return self.after(self.layer(x))


class Fickle(nn.Module):
    """Gives other outputs when many are stacked, as its stack would."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(outputs, inputs))

    def forward(self, x):
        stacked = "BatchedTensor" in repr(self.weight)
        return x @ self.weight.T * (2 if stacked else 1)


class Unbounded(torch.autograd.Function):
    """The identity, with a gradient that is no number."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return gradient * torch.inf


def wrapped(after):
    return model(lambda inputs, outputs: Wrapped(inputs, outputs, after))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (model(nn.Linear, refuses=lambda shape, outputs: None), "a sentence or ''"),
        (model(nn.Linear, refuses=lambda shape, outputs: "never."), "refuses every"),
        (model(lambda inputs, outputs: torch.sin), "gives a torch.nn.Module"),
        (model(lambda inputs, outputs: nn.Tanh()), "nothing to learn"),
        (wrapped(lambda y: y + torch.rand(())), "global random"),
        (wrapped(lambda y: y[:, :1].expand(-1, 9)), r"finite outputs \(7, 1\), not \(7, 9\)"),
        (wrapped(lambda y: y / 0), "finite outputs"),
        (wrapped(lambda y: y - y.mean(0)), "depend on the other samples"),
        (model(Fickle), "than one by one"),
        (wrapped(Unbounded.apply), "gradient is not finite"),
    ],
)
def test_models(entry, words):
    told(entry, words)


def test_a_model_with_a_mind_of_its_own():
    generator = torch.Generator()

    def make(inputs, outputs):
        layer = nn.Linear(inputs, outputs)
        nn.init.normal_(layer.weight, generator=generator)
        return layer

    told(model(make), "others the second time")


# --- losses --------------------------------------------------------------------------------------

REGRESSION = frozenset({"regression"})


def loss(criterion, **more):
    given = {"tasks": REGRESSION, "outputs": lambda shape: 1, **more}
    return LossEntry(name="l", title="L", about="L.", make=lambda classes: criterion, **given)


def mse(outputs, targets):
    return (outputs - targets).square().mean((-2, -1))


def damaging(outputs, targets):
    outputs.data.add_(1)
    return mse(outputs, targets)


def only_one_at_a_time(outputs, targets):
    """Right for one model, and mixes the models up when there are many."""
    found = mse(outputs, targets)
    return found.flip(0) if found.dim() else found


def two_leading(outputs, targets):
    found = mse(outputs, targets)
    return found.T.reshape(found.shape) if found.dim() == 2 else found


def ranked(outputs, targets):
    """Weights samples by their place in the batch."""
    n = outputs.shape[-2]
    weight = torch.arange(n, dtype=outputs.dtype) % 7
    return ((outputs - targets).square().mean(-1) * weight).mean(-1)


class Seen(torch.autograd.Function):
    """The identity for vmap's eyes alone: doubles what it sees there."""

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return gradient

    @staticmethod
    def vmap(info, in_dims, x):
        return 2 * x, in_dims[0]


class Wrong(torch.autograd.Function):
    """The identity with the gradient's sign turned."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (loss(mse, tasks=frozenset()), "tasks is empty"),
        (loss(mse, outputs=lambda shape: 0), "the number of outputs, not 0"),
        (loss(lambda o, t: mse(o, t) + 0 * torch.rand(())), "global random"),
        (loss(damaging), "changes its arguments"),
        (loss(lambda o, t: mse(o, t).mean()), "mean over the last dimensions"),
        (loss(lambda o, t: mse(o, t).float()), "not torch.float32"),
        (loss(lambda o, t: mse(o, t) / 0), "not all finite"),
        (loss(only_one_at_a_time), "many models at once"),
        (loss(lambda o, t: Seen.apply(mse(o, t))), "vmap"),
        (loss(two_leading), "two leading dimensions"),
        (loss(lambda o, t: (o - t).square().sum((-2, -1))), "mean over samples, not the sum"),
        (loss(ranked), "order of the samples"),
        (loss(lambda o, t: Wrong.apply(mse(o, t))), "not the loss's slope"),
        (loss(lambda o, t: mse(o, t).exp() - 1), "in the thousands"),
    ],
)
def test_losses(entry, words):
    told(entry, words)


def classes(probabilities):
    def by_columns(outputs, targets):
        wanted = (targets[:, None] == torch.arange(outputs.shape[-1])).to(outputs)
        return (outputs - wanted).square().mean((-2, -1))

    return loss(
        by_columns,
        tasks=frozenset({"classification"}),
        outputs=lambda shape: shape.classes,
        probabilities=probabilities,
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (classes(None), "says how outputs become probabilities"),
        (classes(lambda o: o.softmax(-1)[..., :1]), "have the shape"),
        (classes(lambda o: o), "sum to 1"),
        (classes(lambda o: (-o).softmax(-1)), "not one that costs least"),
    ],
)
def test_probabilities(entry, words):
    told(entry, words)


class Bent(torch.autograd.Function):
    """The identity, with a second derivative that is no number."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return Unbounded.apply(gradient)


def test_second_derivatives():
    told(loss(lambda o, t: mse(Bent.apply(o), t)), "second derivatives are not finite")


# --- initialisers --------------------------------------------------------------------------------


def initialiser(make):
    return InitialiserEntry(name="i", title="I", about="I.", make=make, for_bias=True)


def test_initialisers():
    told(initialiser(lambda t, g: t.normal_()), "global random")
    told(initialiser(lambda t, g: t.fill_(torch.inf)), "is finite")
    told(initialiser(lambda t, g: t.fill_(count())), "other numbers")


# --- optimizers ----------------------------------------------------------------------------------


def optimizer(make, **more):
    return OptimizerEntry(name="o", title="O", about="O.", make=make, **more)


class Shaking(torch.optim.SGD):
    """Adds noise from a generator of its own, or from the global one."""

    generator = None

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.data.add_(1e-6 * torch.randn(p.shape, generator=self.generator))
        return super().step(closure)


class ShakingAlone(Shaking):
    generator = torch.Generator()


class ByShape(torch.optim.SGD):
    """Steps by the size of each tensor."""

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.data.mul_(1 - 0.01 / p.numel())
        return super().step(closure)


def refusing(parameters, on):
    if on:
        raise SettingError("")
    return torch.optim.SGD(parameters, lr=0.1)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (optimizer(lambda p: torch.optim.SGD(p, lr=0.0)), "should go down"),
        (optimizer(lambda p: Shaking(p, lr=0.01)), "global random"),
        (optimizer(lambda p: ShakingAlone(p, lr=0.01)), "other numbers again"),
        (optimizer(lambda p: ByShape(p, lr=1e-3)), "layout='tensors'"),
        (
            optimizer(refusing, params=(Param("on", False, help="Refuses."),)),
            "SettingError has no message",
        ),
    ],
)
def test_optimizers(entry, words):
    told(entry, words)
