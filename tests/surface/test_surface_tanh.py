import torch

from lossviz.surface.tanh import TanhAsSigmoid, sigmoid_is_faster


def test_float32_is_swapped_and_stays_close():
    z = torch.linspace(-20, 20, 10_001)
    for tanh in (torch.tanh, torch.nn.functional.tanh, torch.Tensor.tanh, torch.nn.Tanh()):
        with TanhAsSigmoid():
            got = tanh(z)
        assert (got - z.double().tanh()).abs().max() < 3e-7
        assert not torch.equal(got, z.tanh())


def test_in_place_is_still_in_place():
    z = torch.linspace(-2, 2, 101)
    expected = z.tanh()
    with TanhAsSigmoid():
        assert z.tanh_() is z
    torch.testing.assert_close(z, expected)


def test_everything_else_is_passed_on():
    z = torch.linspace(-2, 2, 101, dtype=torch.float64)
    out = torch.empty(101)
    with TanhAsSigmoid():
        torch.tanh(z.float(), out=out)
        swapped = z.tanh()
    assert torch.equal(swapped, z.tanh())
    assert torch.equal(out, z.float().tanh())


def test_the_choice_is_made_once():
    assert sigmoid_is_faster() is sigmoid_is_faster()
