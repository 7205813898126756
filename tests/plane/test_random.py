import pytest
import torch
from torch import nn

from lossviz.plane import random_plane
from lossviz.problem.problem import Problem


def problem(module: nn.Module, inputs: torch.Tensor) -> Problem:
    return Problem.from_module(module, lambda outputs, targets: outputs.mean(), (inputs, inputs))


@pytest.fixture
def conv() -> Problem:
    return problem(
        nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4)),
        torch.randn(5, 2, 4, 4),
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_filters_have_the_norms_of_the_weights(conv: Problem, axis: int):
    plane = random_plane(conv, conv.params0, seed=3)
    direction = conv.space.unflatten(plane.axes[axis])
    for name, weight in conv.params0.items():
        if weight.dim() < 2:
            assert not direction[name].any()
            continue
        have = torch.stack([row.norm() for row in direction[name]])
        want = torch.stack([row.norm() for row in weight.double()])
        torch.testing.assert_close(have, want)


def test_one_dimensional_tensors_take_part_as_a_whole(conv: Problem):
    plane = random_plane(conv, conv.params0, one_dimensional="scale")
    direction = conv.space.unflatten(plane.axes[0])
    for name in ("0.bias", "1.weight", "3.bias"):
        weight = conv.params0[name].double()
        torch.testing.assert_close(direction[name].norm(), weight.norm())
        assert not torch.allclose(direction[name].abs(), weight.abs())
    # A bias that is zero has no scale.
    assert not direction["1.bias"].any()


def test_layers_have_the_norms_of_the_weights(conv: Problem):
    plane = random_plane(conv, conv.params0, normalize="layer")
    direction = conv.space.unflatten(plane.axes[1])
    torch.testing.assert_close(
        direction["3.weight"].norm(), conv.params0["3.weight"].double().norm()
    )


def test_without_normalisation_the_directions_are_standard_normal():
    prob = problem(nn.Linear(400, 50), torch.zeros(1, 400))
    axes = random_plane(prob, prob.params0, normalize="none").axes[:, : 400 * 50]
    assert axes.mean().abs() < 0.02
    assert (axes.std() - 1).abs() < 0.02


def test_rescaling_a_unit_rescales_its_part_of_the_direction(conv: Problem):
    params = {k: v.clone() for k, v in conv.params0.items()}
    before = conv.space.unflatten(random_plane(conv, params).axes[0])
    params["3.weight"][2] *= 7
    after = conv.space.unflatten(random_plane(conv, params).axes[0])
    torch.testing.assert_close(after["3.weight"][2], 7 * before["3.weight"][2])
    torch.testing.assert_close(after["3.weight"][1], before["3.weight"][1])


def test_the_seed_decides_and_the_global_state_is_left_alone(conv: Problem):
    state = torch.random.get_rng_state()
    a, b, c = (random_plane(conv, conv.params0, seed=s) for s in (1, 1, 2))
    assert torch.equal(a.axes, b.axes)
    assert not torch.equal(a.axes, c.axes)
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_second_axis_can_be_made_orthogonal(conv: Problem):
    plain = random_plane(conv, conv.params0)
    plane = random_plane(conv, conv.params0, orthogonal=True)
    assert abs(float(plane.axes[0] @ plane.axes[1])) < 1e-9
    torch.testing.assert_close(plane.axes.norm(dim=1), plain.axes.norm(dim=1))
    assert plane.info["cosine"] == pytest.approx(0, abs=1e-12)


def test_a_filter_of_zeros_stays_where_it_is(conv: Problem):
    params = {k: v.clone() for k, v in conv.params0.items()}
    params["3.weight"][0] = 0
    direction = conv.space.unflatten(random_plane(conv, params).axes[0])
    assert not direction["3.weight"][0].any()
    assert direction["3.weight"][1].any()


def test_errors_say_what_to_do(conv: Problem):
    with pytest.raises(ValueError, match="must be one of filter, layer, none"):
        random_plane(conv, conv.params0, normalize="row")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be one of zero, scale"):
        random_plane(conv, conv.params0, one_dimensional="keep")  # type: ignore[arg-type]
    zeros = {k: torch.zeros_like(v) for k, v in conv.params0.items()}
    with pytest.raises(ValueError, match="nothing to move along"):
        random_plane(conv, zeros)
    assert random_plane(conv, zeros, normalize="none").axes.any()
