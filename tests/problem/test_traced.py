"""Modules of one's own: followed where they are a stack of layers, else left alone."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lossviz.problem.model import ModuleModel
from lossviz.problem.traced import traced_stack


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 5)
        self.body = nn.Sequential(nn.Linear(5, 4, bias=False), nn.ELU(0.5), nn.Dropout(0.3))
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.body(F.relu(self.first(x)))).sigmoid()


class Given(Functional):
    """`Functional` with a forward that is given."""

    def __init__(self, forward):
        super().__init__()
        self.given = forward

    def forward(self, x):
        return self.given(self, x)


def test_a_forward_of_ones_own_is_followed():
    model = ModuleModel(Functional())
    assert [layer.weight for layer in model.stack.layers] == [
        "first.weight",
        "body.0.weight",
        "last.weight",
    ]
    theta, x = torch.randn(4, model.space.size), torch.randn(6, 3)
    expected = [model.forward(model.space.unflatten(row), x) for row in theta]
    torch.testing.assert_close(model.stacked(theta, x), torch.stack(expected))


@pytest.mark.parametrize(
    "function", [torch.tanh, F.relu, torch.sigmoid, F.silu, F.gelu, F.elu, F.softplus, F.leaky_relu]
)
def test_functions_are_their_modules(function):
    module = Given(lambda self, x: self.last(self.body(function(self.first(x)))))
    assert traced_stack(module.eval()) is not None


@pytest.mark.parametrize("options", [{"alpha": 0.1}, {"alpha": 2.0, "inplace": True}])
def test_options_of_functions_are_kept(options):
    module = Given(lambda self, x: self.last(self.body(F.elu(self.first(x), **options)))).eval()
    assert traced_stack(module).layers[0].activation.alpha == options["alpha"]


class TwoInputs(Functional):
    def forward(self, x, mask=None):
        return self.first(x)


def tied():
    module = Functional()
    module.body[0] = nn.Linear(5, 5)
    module.last = nn.Linear(5, 5)
    module.last.weight = module.body[0].weight
    return module


def hooked():
    module = Functional()
    module.last.register_forward_hook(lambda m, i, o: 2 * o)
    return module


@pytest.mark.parametrize(
    "module",
    [
        Given(lambda self, x: self.last(self.body(self.first(x))) + 1),
        Given(lambda self, x: self.last(self.body(self.first(x) if x.sum() > 0 else x))),
        Given(lambda self, x: self.last(self.body(torch.tanh(self.first(x), out=x)))),
        Given(lambda self, x: self.last(self.body(torch.exp(self.first(x))))),
        Given(lambda self, x: self.last(self.body(self.first(x.flatten(1))))),
        Given(lambda self, x: self.last(self.body(torch.tanh(torch.tanh(self.first(x)))))),
        Given(lambda self, x: (self.first(x), x)),
        Given(lambda self, x: self.first(x) + x.nothing),
        Given(lambda self, x: x),
        Given(lambda self, x: F.linear(x, self.first.weight)),
        nn.Sequential(nn.Conv2d(1, 1, 1)),
        tied(),
        hooked(),
        nn.LSTM(3, 2),
        TwoInputs(),
    ],
)
def test_anything_else_is_left_to_the_general_path(module):
    assert traced_stack(module.eval()) is None


def test_what_turns_out_different_is_not_believed():
    # The forward answers a tracer otherwise than a tensor.
    module = Given(lambda self, x: self.first(x) * (2 if isinstance(x, torch.Tensor) else 1))
    assert traced_stack(module.eval()) is None

    def sly(self, x):
        out = self.first(x)
        return 2 * out if isinstance(x, torch.Tensor) else out

    def failing(self, x):
        if isinstance(x, torch.Tensor):
            raise TypeError
        return self.first(x)

    assert traced_stack(Given(sly).eval()) is None
    assert traced_stack(Given(failing).eval()) is None
