"""Every way in which a model can break its contract is told."""

import pytest
import torch
from torch import nn

from lossviz.registry import ModelEntry
from tests.testing.told import Unbounded, told


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
