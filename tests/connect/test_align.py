"""Aligned networks compute what they computed, and lie nearer; a pure permutation is undone."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import lossviz as lv
from lossviz import Problem, SettingError
from tests.connect.nets import Own, classes, normed, regression, somewhere, stack, trained


def shuffled(prob: Problem, theta: Tensor, seed: int, turn: bool) -> Tensor:
    """The same network with its hidden units in a random order, and some of them turned around."""
    generator = torch.Generator().manual_seed(seed)
    params = {name: value.clone() for name, value in prob.space.unflatten(theta).items()}
    weights = [name for name in params if name.endswith("weight")]
    for into, out in itertools.pairwise(weights):
        order = torch.randperm(len(params[into]), generator=generator)
        sign = torch.ones(len(order)).to(theta)
        if turn:
            sign -= 2 * torch.randint(2, (len(order),), generator=generator)
        params[into] = params[into][order] * sign[:, None]
        bias = into.replace("weight", "bias")
        if bias in params:
            params[bias] = params[bias][order] * sign
        params[out] = params[out][:, order] * sign
    return prob.space.flatten(params)


def outputs(prob: Problem, theta: Tensor) -> Tensor:
    return prob.outputs(theta[None], prob.batch()[0])[0]


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), tanh=st.booleans(), bias=st.booleans())
def test_a_shuffled_copy_is_put_back(seed: int, tanh: bool, bias: bool):
    module = stack((6, 5), activation=nn.Tanh if tanh else nn.ReLU, bias=bias)
    prob = classes(module)
    a = somewhere(prob, 1)
    b = shuffled(prob, a, seed, turn=tanh)
    torch.testing.assert_close(outputs(prob, b), outputs(prob, a))
    found = lv.align(prob, a, b, tries=0)
    assert torch.equal(found.theta, a)
    assert found.distance == 0
    if found.moved:
        assert found.distance_before > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU, nn.GELU])
@pytest.mark.parametrize("traced", [False, True])
def test_outputs_stay_and_the_distance_shrinks(traced: bool, activation, dtype: torch.dtype):
    class Mine(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.into, self.out = nn.Linear(2, 9), nn.Linear(9, 3)
            self.bend = activation()

        def forward(self, inputs: Tensor) -> Tensor:
            return self.out(self.bend(self.into(inputs)))

    prob = classes(Mine() if traced else stack(activation=activation), dtype)
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    found = lv.align(prob, a, b)
    assert found.theta.dtype == dtype
    torch.testing.assert_close(outputs(prob, found.theta), outputs(prob, b))
    torch.testing.assert_close(prob.loss(found.params), prob.loss(prob.space.unflatten(b)))
    assert found.distance == pytest.approx(float((found.theta - a).double().norm()), rel=1e-6)
    assert found.distance < found.distance_before
    # Entries are moved and negated, never changed.
    assert torch.equal(found.theta.abs().sort().values, b.abs().sort().values)


@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU])
def test_with_one_hidden_layer_no_copy_lies_nearer(activation):
    prob = regression(stack((4,), outputs=1, activation=activation))
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    params = prob.space.unflatten(b)
    nearest = np.inf
    turns = [1.0, -1.0] if activation is nn.Tanh else [1.0]
    for order in itertools.permutations(range(4)):
        for sign in itertools.product(turns, repeat=4):
            s = torch.tensor(sign).double()
            copy = {
                "0.weight": params["0.weight"][list(order)] * s[:, None],
                "0.bias": params["0.bias"][list(order)] * s,
                "2.weight": params["2.weight"][:, list(order)] * s,
                "2.bias": params["2.bias"],
            }
            nearest = min(nearest, float((prob.space.flatten(copy) - a).norm()))
    assert lv.align(prob, a, b).distance == pytest.approx(nearest)
    if activation is nn.Tanh:
        assert lv.align(prob, a, b, signs=False).distance > nearest
        assert all((s == 1).all() for s in lv.align(prob, a, b, signs=False).signs)


def test_orders_and_signs_say_where_each_unit_came_from():
    prob = classes(stack((4, 3)))
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    found = lv.align(prob, a, b)
    before, after = prob.space.unflatten(b), found.params
    order, sign = found.orders[0], found.signs[0]
    torch.testing.assert_close(after["0.weight"], before["0.weight"][order] * sign[:, None])
    torch.testing.assert_close(after["0.bias"], before["0.bias"][order] * sign)
    assert [sorted(order) for order in found.orders] == [[0, 1, 2, 3], [0, 1, 2]]
    moved = [
        place
        for order, sign in zip(found.orders, found.signs, strict=True)
        for place, (own, turned) in enumerate(zip(order.tolist(), sign.tolist(), strict=True))
        if own != place or turned < 0
    ]
    assert found.moved == len(moved) > 0


def test_most_of_a_barrier_between_trained_networks_is_the_order_of_their_units():
    prob, a, b = trained()
    found = lv.align(prob, a, b)
    before, after = lv.line(prob, a, b), lv.line(prob, a, found.theta)
    assert after.barrier < before.barrier / 4
    assert after.ends == pytest.approx(before.ends)


def test_the_same_seed_finds_the_same_and_nothing_else_is_drawn():
    prob, a, b = trained()
    state, numbers = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    assert torch.equal(lv.align(prob, a, b, 3).theta, lv.align(prob, a, b, 3).theta)
    assert torch.equal(state, torch.random.get_rng_state())
    assert (np.random.get_state()[1] == numbers).all()  # noqa: NPY002


def test_a_network_without_hidden_units_stays_as_it_is():
    prob = classes(nn.Linear(2, 3))
    b = somewhere(prob, 2)
    found = lv.align(prob, somewhere(prob, 1), b)
    assert torch.equal(found.theta, b)
    assert found.moved == 0


def test_other_models_are_refused_with_what_to_do():
    for module in (normed(), Own(stack())):
        prob = classes(module)
        with pytest.raises(SettingError, match=r"plain stack.*low-loss curve"):
            lv.align(prob, prob.theta0, prob.theta0)
    point = lv.point_problem(lambda x, y: x, (0.0, 0.0))
    with pytest.raises(SettingError, match="plain stack"):
        lv.align(point, torch.zeros(2), torch.ones(2))
    prob = classes(stack())
    with pytest.raises(SettingError, match="tries is -1"):
        lv.align(prob, prob.theta0, prob.theta0, tries=-1)
    with pytest.raises(SettingError, match="end b has the shape"):
        lv.align(prob, prob.theta0, prob.theta0[1:])
