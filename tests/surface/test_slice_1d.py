"""Slices along one direction equal a naive loop and do not see a rescaling of units."""

import pytest
import torch
from torch import Tensor, nn

import lossviz as lv
from lossviz.surface import ScanCancelledError
from tests.connect.nets import Own, classes, naive, normed, regression, somewhere, stack

T = [-0.8, -0.1, 0.0, 0.35, 1.2]


@pytest.mark.parametrize("normalize", ["none", "layer", "filter"])
@pytest.mark.parametrize("wrap", [lambda net: net, Own], ids=["layers", "batched"])
def test_a_slice_equals_a_naive_loop(wrap, normalize):
    module = wrap(stack())
    prob = classes(module, torch.float32)
    centre = somewhere(prob, 3)
    found = lv.slice_1d(prob, centre, t=T, seed=4, normalize=normalize, one_dimensional="scale")
    points = [centre.double() + t * found.direction for t in T]
    for split in ("train", "test"):
        other = lv.slice_1d(prob, centre, found.direction, T, one_dimensional="scale", split=split)
        assert torch.equal(other.direction, found.direction)
        losses, _ = naive(prob, module, points, split)
        torch.testing.assert_close(other.loss.double(), losses, rtol=2e-5, atol=1e-6)
    assert torch.equal(found.loss, lv.slice_1d(prob, centre, found.direction, T).loss)
    assert found.t.tolist() == T


def test_a_given_direction_has_the_norms_of_the_weights_when_it_is_asked_for():
    prob = classes(stack())
    centre, way = prob.params0, prob.space.unflatten(somewhere(prob, 9))
    plain = lv.slice_1d(prob, centre, way, T)
    assert torch.equal(plain.direction, prob.space.flatten(way))
    assert plain.title == "given direction (1 = the direction as it was given)"
    scaled = lv.slice_1d(prob, centre, way, T, normalize="filter", one_dimensional="scale")
    for name, part in prob.space.unflatten(scaled.direction).items():
        rows = centre[name] if part.dim() > 1 else centre[name][None]
        mine = part if part.dim() > 1 else part[None]
        torch.testing.assert_close(mine.norm(dim=1), rows.norm(dim=1))
    still = lv.slice_1d(prob, centre, way, T, normalize="layer")
    assert not prob.space.unflatten(still.direction)["0.bias"].any()
    assert lv.slice_1d(prob, centre, t=T).title == "random direction (1 = the norm of each filter)"


def rescaled(prob: lv.Problem, theta: Tensor, factors: list[Tensor]) -> Tensor:
    """The same ReLU network: what leads into a unit times its factor, what leads out over it."""
    params = {name: value.clone() for name, value in prob.space.unflatten(theta).items()}
    for (into, out), factor in zip(
        (("0.weight", "2.weight"), ("2.weight", "4.weight")), factors, strict=True
    ):
        params[into] = params[into] * factor[:, None]
        params[out] = params[out] / factor
    return prob.space.flatten(params)


def test_a_filter_normalised_slice_does_not_see_a_rescaling_of_layers():
    prob = classes(stack((8, 6), activation=nn.ReLU, bias=False))
    a = prob.theta0
    factors = [torch.full((8,), 8.0).double(), torch.full((6,), 0.25).double()]
    b = rescaled(prob, a, factors)
    torch.testing.assert_close(prob.outputs(a[None], prob.data.inputs),
                               prob.outputs(b[None], prob.data.inputs))  # fmt: skip
    for seed in range(3):
        one, two = (lv.slice_1d(prob, end, t=T, seed=seed) for end in (a, b))
        # Powers of two: the same numbers to the bit.
        assert torch.equal(one.loss, two.loss)
        plain, other = (lv.slice_1d(prob, end, t=T, seed=seed, normalize="none") for end in (a, b))
        assert not torch.allclose(plain.loss, other.loss, rtol=1e-2)
        # So do surfaces.
        x, y = [-1.0, 0.5], [0.0, 0.3, 1.0]
        first, second = (
            lv.evaluate(prob, lv.random_plane(prob, end, seed=seed), x, y) for end in (a, b)
        )
        assert torch.equal(first.loss, second.loss)


def test_units_that_are_rescaled_one_by_one_keep_a_direction_of_their_own():
    # A filter's norm has the factors of the units before it inside: with unequal factors the drawn
    # numbers weigh otherwise. The direction that is rescaled with the network gives the same slice.
    prob = classes(stack((8, 6), activation=nn.ReLU, bias=False))
    generator = torch.Generator().manual_seed(0)
    factors = [torch.rand(n, generator=generator, dtype=torch.float64) * 5 + 0.1 for n in (8, 6)]
    a = prob.theta0
    way = lv.slice_1d(prob, a, seed=1).direction
    b, turned = rescaled(prob, a, factors), rescaled(prob, way, factors)
    small = [-0.01, 0.0, 0.01]
    one, two = lv.slice_1d(prob, a, way, small), lv.slice_1d(prob, b, turned, small)
    torch.testing.assert_close(one.loss, two.loss, rtol=1e-3, atol=0)


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_batch_normalisation_gives_finite_slices_under_each_policy(statistics):
    prob = classes(normed())
    found = lv.slice_1d(prob, prob.params0, t=T, statistics=statistics, one_dimensional="scale")
    assert found.loss.isfinite().all()
    params = prob.space.unflatten(prob.theta0 + T[3] * found.direction)
    torch.testing.assert_close(found.loss[3], prob.with_statistics(statistics).loss(params))


def test_the_seed_decides_and_the_usual_t_has_the_centre():
    prob = regression(stack(outputs=1))
    one, same, other = (lv.slice_1d(prob, prob.params0, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.loss, same.loss)
    assert not torch.equal(one.loss, other.loss)
    assert len(one.t) == 101
    assert one.t[50] == 0
    torch.testing.assert_close(one.loss[50], prob.loss(prob.params0))


def test_errors_say_what_is_wrong():
    prob = regression(stack(outputs=1))
    centre = prob.theta0
    for change, words in (
        ({"normalize": "row"}, "one of filter, layer, none"),
        ({"one_dimensional": "keep"}, "one of zero, scale"),
        ({"direction": torch.zeros_like(centre)}, "nothing to move along"),
        ({"center": torch.zeros_like(centre)}, "nothing to move along"),
        ({"direction": centre[:2]}, r"shape \(2,\)"),
        ({"t": []}, "t must be a row"),
        ({"split": "test"}, "no test samples"),
    ):
        with pytest.raises(ValueError, match=words):
            lv.slice_1d(**{"prob": prob, "center": centre, **change})
    with pytest.raises(ScanCancelledError):
        lv.slice_1d(prob, centre, cancelled=lambda: True)
