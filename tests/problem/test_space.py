"""Named tensors to one vector and back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lossviz.problem.space import ParamSpace

shapes = st.lists(st.lists(st.integers(1, 4), max_size=3).map(tuple), min_size=1, max_size=4).map(
    tuple
)


@given(shapes=shapes, lead=st.lists(st.integers(1, 3), max_size=2))
def test_there_and_back(shapes, lead):
    space = ParamSpace(tuple(f"t{i}" for i in range(len(shapes))), shapes)
    theta = torch.arange(float(space.size)).expand(*lead, space.size)
    params = space.unflatten(theta)
    assert {n: tuple(p.shape) for n, p in params.items()} == {
        n: (*lead, *s) for n, s in zip(space.names, shapes, strict=True)
    }
    if not lead:
        assert torch.equal(space.flatten(params), theta)
        assert ParamSpace.of(params) == space


def test_unflatten_gives_views():
    space = ParamSpace(("w", "s"), ((2, 2), ()))
    theta = torch.zeros(5)
    space.unflatten(theta)["w"][0, 0] = 3
    assert theta[0] == 3


def test_the_order_is_the_spaces():
    space = ParamSpace(("a", "b"), ((1,), (1,)))
    assert space.flatten({"b": torch.tensor([2.0]), "a": torch.tensor([1.0])}).tolist() == [1, 2]


def test_other_names_or_shapes_are_told():
    space = ParamSpace(("w",), ((2,),))
    with pytest.raises(ValueError, match=r"\['v'\], expected \['w'\]"):
        space.flatten({"v": torch.zeros(2)})
    with pytest.raises(ValueError, match=r"w has the shape \(3,\), not \(2,\)"):
        space.flatten({"w": torch.zeros(3)})
