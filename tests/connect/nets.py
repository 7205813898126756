"""Small problems with test samples and classes, and a slow loop over really moved networks."""

import copy
import functools
from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from lossviz import Problem
from lossviz.run import Method, race_on


class Own(nn.Module):
    """A module that is not recognised as a stack, around one that would be."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, inputs: Tensor) -> Tensor:
        return self.net(inputs.flatten(1))


def stack(
    hidden: tuple[int, ...] = (7, 5),
    outputs: int = 3,
    activation: type[nn.Module] = nn.Tanh,
    bias: bool = True,
    seed: int = 0,
) -> nn.Sequential:
    """A plain stack from two inputs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for before, after in zip((2, *hidden), hidden, strict=False):
            layers += [nn.Linear(before, after, bias=bias), activation()]
        return nn.Sequential(*layers, nn.Linear((2, *hidden)[-1], outputs, bias=bias))


def normed(seed: int = 0) -> nn.Sequential:
    """With batch normalisation, whose running statistics are those of nothing yet."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3)
        )


def classes(
    module: nn.Module, dtype: torch.dtype = torch.float64, device: str = "cpu", samples: int = 30
) -> Problem:
    """Three classes with test samples, told by their probabilities."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(samples + 12, 2, generator=generator, dtype=torch.float64)
    targets = (inputs[:, 0] > 0).long() + (inputs[:, 1] > inputs[:, 0]).long()
    inputs, targets = inputs.to(device, dtype), targets.to(device)
    module = copy.deepcopy(module).to(device, dtype)
    pair = inputs[:samples], targets[:samples]
    prob = Problem.from_module(module, nn.CrossEntropyLoss(), pair)
    data = replace(prob.data, test_inputs=inputs[samples:], test_targets=targets[samples:])
    return replace(prob, data=data, probabilities=lambda outputs: outputs.softmax(-1))


def regression(module: nn.Module, dtype: torch.dtype = torch.float64) -> Problem:
    """Values, and no test samples."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(20, 2, generator=generator, dtype=torch.float64).to(dtype)
    targets = inputs.prod(1, keepdim=True)
    return Problem.from_module(copy.deepcopy(module).to(dtype), nn.MSELoss(), (inputs, targets))


def somewhere(prob: Problem, seed: int, size: float = 1.0) -> Tensor:
    """A point (P,), drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(len(prob.theta0), generator=generator, dtype=torch.float64)
    return (size * drawn).to(prob.theta0)


def naive(
    prob: Problem, module: nn.Module, points: Iterable[Tensor], split: str = "train"
) -> tuple[Tensor, Tensor]:
    """Loss and share of right answers in float64, on a module that is moved to one point each."""
    moved = copy.deepcopy(module).double().eval()
    inputs, targets = (part.cpu() for part in prob.batch(split))
    inputs = inputs.double()
    targets = targets.double() if targets.is_floating_point() else targets
    losses, right = [], []
    for point in points:
        for name, value in prob.space.unflatten(point.cpu().double()).items():
            moved.get_parameter(name).data.copy_(value)
        with torch.no_grad():
            outputs = moved(inputs)
        losses.append(float(prob.criterion(outputs, targets)))
        if prob.probabilities is not None:
            hits = [int(row.argmax()) == int(k) for row, k in zip(outputs, targets, strict=True)]
            right.append(sum(hits) / len(hits))
    return torch.tensor(losses, dtype=torch.float64), torch.tensor(right, dtype=torch.float64)


@functools.cache
def trained() -> tuple[Problem, Tensor, Tensor]:
    """A problem of three classes, and two networks that learned it from different starts."""
    prob = classes(stack())
    starts = [classes(stack(seed=seed)).theta0 for seed in (1, 2)]
    ends = [
        race_on(prob, [Method("adam", {"lr": 0.05})], 150, start=start)[0].weights[-1]
        for start in starts
    ]
    return prob, *ends
