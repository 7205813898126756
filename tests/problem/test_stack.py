"""The batched form of plain stacks: the same numbers, and nothing else taken for one."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from lossviz.problem.space import ParamSpace
from lossviz.problem.stack import ACTIVATIONS, DenseStack, affine


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_equals_one_by_one(activation):
    module = nn.Sequential(nn.Linear(3, 5), activation(), nn.Linear(5, 2, bias=False)).double()
    stack = DenseStack.of(module)
    space = ParamSpace.of(dict(module.named_parameters()))
    theta = torch.randn(4, space.size, dtype=torch.float64)
    x = torch.randn(6, 3, dtype=torch.float64)
    expected = [functional_call(module, space.unflatten(row), (x,)) for row in theta]
    torch.testing.assert_close(stack.forward(space.unflatten(theta), x), torch.stack(expected))


def test_one_linear_layer_is_a_stack():
    module = nn.Linear(2, 1)
    stack = DenseStack.of(module)
    params = {n: p[None].detach() for n, p in module.named_parameters()}
    x = torch.randn(3, 2)
    torch.testing.assert_close(stack.forward(params, x)[0], module(x).detach())


def test_affine_takes_shared_and_separate_inputs():
    weight, bias = torch.randn(4, 2, 3), torch.randn(4, 2)
    x = torch.randn(5, 3)
    shared = affine(x, weight, bias)
    torch.testing.assert_close(shared, affine(x.expand(4, 5, 3), weight, bias))
    torch.testing.assert_close(shared[1], x @ weight[1].T + bias[1])
    torch.testing.assert_close(affine(x, weight, None)[2], x @ weight[2].T)


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


def hooked():
    module = nn.Sequential(nn.Linear(2, 2))
    module[0].register_forward_hook(lambda m, i, o: 3 * o)
    return module


def shared():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.Tanh(), layer)


@pytest.mark.parametrize(
    "module",
    [
        Doubled(2, 1),
        nn.Sequential(Doubled(2, 1)),
        hooked(),
        shared(),
        nn.Sequential(),
        nn.Sequential(nn.Tanh(), nn.Linear(2, 1)),
        nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), nn.Tanh(), nn.Linear(2, 1)),
        nn.Sequential(nn.Dropout(0.5), nn.Linear(2, 1)),
        nn.Sequential(nn.Linear(2, 2), nn.Softmax(-1)),
        nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)),
        nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Tanh()),
        nn.Bilinear(2, 2, 1),
    ],
)
def test_anything_else_takes_the_general_path(module):
    assert DenseStack.of(module) is None


def test_dropout_is_known_and_at_rest():
    module = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Dropout(0.5), nn.Linear(3, 1)).eval()
    stack = DenseStack.of(module)
    assert [layer.dropout for layer in stack.layers] == [0.5, 0.0]
    x = torch.randn(5, 2)
    params = {name: p.detach()[None] for name, p in module.named_parameters()}
    torch.testing.assert_close(stack.forward(params, x)[0], module(x))
