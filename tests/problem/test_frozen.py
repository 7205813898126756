"""Frozen parameters are constants of the problem, as they are to `torch.optim`."""

import pytest
import torch
from torch import nn

from lossviz.plane import random_plane
from lossviz.problem import Problem
from lossviz.run import Method, race_on
from lossviz.surface import evaluate


def half_frozen() -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    net[0].requires_grad_(False)
    return net


class Own(nn.Module):
    """A chain in a module of one's own."""

    def __init__(self) -> None:
        super().__init__()
        self.net = half_frozen()

    def forward(self, inputs):
        return self.net(inputs)


class Tokens(nn.Module):
    """A recurrent network with one frozen matrix, and an embedding that is its read-out."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed = nn.Embedding(5, 4)
        self.body = nn.LSTM(4, 4, batch_first=True)
        self.out = nn.Linear(4, 5)
        self.out.weight = self.embed.weight
        self.embed.weight.requires_grad_(False)
        self.body.weight_ih_l0.requires_grad_(False)

    def forward(self, inputs):
        return self.out(self.body(self.embed(inputs))[0][:, -1])


class Normed(nn.Module):
    """Batch normalisation whose scale is frozen, with only some of a layer trained."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.norm, self.last = nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)
        self.norm.weight.requires_grad_(False)
        self.last.bias.requires_grad_(False)

    def forward(self, inputs):
        return self.last(self.norm(self.first(inputs)))


def points() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(12, 2, generator=generator), torch.randn(12, 1, generator=generator)


def tokens() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randint(0, 5, (9, 3), generator=generator),
        torch.randint(0, 5, (9,), generator=generator),
    )


CASES = [
    (half_frozen, nn.MSELoss(), points),
    (Own, nn.MSELoss(), points),
    (Tokens, nn.CrossEntropyLoss(), tokens),
    (Normed, nn.MSELoss(), points),
]


@pytest.mark.parametrize(("make", "loss_fn", "data"), CASES)
def test_a_run_is_that_of_torch_and_they_stay(make, loss_fn, data):
    module, (inputs, targets) = make().eval(), data()
    problem = Problem.from_module(module, loss_fn, (inputs, targets))
    trained = {name for name, p in module.named_parameters() if p.requires_grad}
    assert set(problem.space.names) == trained
    (run,) = race_on(problem, [Method("sgd", {"lr": 0.1, "momentum": 0.9})], 12)
    optimizer = torch.optim.SGD(
        [p for p in module.parameters() if p.requires_grad], lr=0.1, momentum=0.9
    )
    for step in range(13):
        optimizer.zero_grad()
        loss = loss_fn(module(inputs), targets)
        assert float(run.loss[step]) == pytest.approx(loss.item(), rel=1e-4)
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize(("make", "loss_fn", "data"), CASES)
def test_a_surface_moves_only_what_is_trained(make, loss_fn, data):
    module, (inputs, targets) = make().eval(), data()
    problem = Problem.from_module(module, loss_fn, (inputs, targets))
    plane = random_plane(problem, problem.params0, normalize="none")
    found = evaluate(problem, plane, torch.linspace(-1, 1, 3), torch.linspace(-1, 1, 2))
    for row, y in enumerate(found.y.tolist()):
        for column, x in enumerate(found.x.tolist()):
            moved = make().eval()
            with torch.no_grad():
                params = dict(moved.named_parameters())
                for name, value in plane.at(x, y).items():
                    params[name].copy_(value)
                expected = loss_fn(moved(inputs), targets).item()
            assert float(found.loss[row, column]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("statistics", ["batch", "recomputed"])
def test_other_statistics_leave_them_frozen(statistics):
    module, data = Normed(), points()
    first = Problem.from_module(module, nn.MSELoss(), data)
    problem = Problem.from_module(module, nn.MSELoss(), data, statistics)
    again = first.with_statistics(statistics)
    assert problem.space.names == first.space.names == again.space.names
    assert "norm.weight" not in first.space.names
    assert torch.equal(problem.loss(problem.params0), again.loss(first.params0))
    expected = nn.MSELoss()(module.train()(data[0]), data[1])
    if statistics == "batch":
        torch.testing.assert_close(problem.loss(problem.params0), expected.detach())


def test_where_all_are_frozen_all_count_and_the_module_stays_as_it_was():
    net = half_frozen()
    names = [name for name, _ in net.named_parameters()]
    partly = Problem.from_module(net, nn.MSELoss(), points())
    assert [name for name, _ in net.named_parameters()] == names
    assert [p.requires_grad for p in net.parameters()] == [False, False, True, True]
    assert partly.space.size == 5
    whole = Problem.from_module(net.requires_grad_(False), nn.MSELoss(), points())
    assert list(whole.space.names) == names
    assert whole.model.stack is not None
