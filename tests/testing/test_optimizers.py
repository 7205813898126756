"""Every way in which an optimizer can break its contract is told."""

import pytest
import torch

from lossviz.registry import OptimizerEntry, Param, SettingError
from tests.testing.told import told


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
