"""`ModuleModel` and `Problem` of any module: pure functions that leave the module alone."""

import pytest
import torch
from torch import nn

from lossviz.problem import ModuleModel, Problem


class Odd(nn.Module):
    """Shared weights, a buffer, dropout and batch normalisation: nothing that is a plain stack."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("shift", torch.tensor(2.0))

    def forward(self, x):
        return self.drop(self.norm(self.layer(torch.tanh(self.layer(x))))) + self.shift


def snapshot(module):
    tensors = {n: t.clone() for n, t in module.state_dict().items()}
    modes = {n: m.training for n, m in module.named_modules()}
    grads = {n: p.requires_grad for n, p in module.named_parameters()}
    return tensors, modes, grads


def test_any_module_stacked_equals_one_by_one():
    model = ModuleModel(Odd().double())
    assert model.stack is None
    theta = torch.randn(3, model.space.size, dtype=torch.float64)
    x = torch.randn(5, 3, dtype=torch.float64)
    expected = [model.forward(model.space.unflatten(row), x) for row in theta]
    torch.testing.assert_close(model.stacked(theta, x), torch.stack(expected))


@pytest.mark.parametrize("statistics", ["frozen", "batch"])
def test_weights_that_are_shared_move_together(statistics):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.enter, self.leave = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
            self.norm = nn.BatchNorm1d(3)
            self.leave.weight = self.enter.weight

        def forward(self, x):
            return self.leave(self.norm(self.enter(x)).relu())

    net, inputs = Tied().eval(), torch.randn(7, 3)
    model = ModuleModel(net, statistics, known=inputs)
    assert model.space.names == ("enter.weight", "norm.weight", "norm.bias")
    params = {name: 3 * tensor for name, tensor in model.start().items()}
    plain = Tied()
    plain.load_state_dict({**net.state_dict(), **params, "leave.weight": params["enter.weight"]})
    plain.train(statistics == "batch")
    torch.testing.assert_close(model.forward(params, inputs), plain(inputs))


def test_the_callers_module_is_never_touched():
    module = Odd().train()
    module.layer.bias.requires_grad_(False)
    before, state = snapshot(module), torch.get_rng_state()
    x, y = torch.randn(5, 3), torch.randn(5, 3)
    state = torch.get_rng_state()
    problem = Problem.from_module(module, nn.MSELoss(), (x, y))
    theta = problem.theta0.clone().requires_grad_()
    problem.loss(problem.space.unflatten(theta)).backward()
    problem.stacked_loss(torch.randn(2, problem.space.size, generator=torch.Generator()))
    after = snapshot(module)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[0][n], after[0][n]) for n in before[0])
    assert before[1:] == after[1:]
    assert all(p.grad is None for p in module.parameters())


def test_the_loss_is_the_modules():
    module = nn.Sequential(nn.Linear(2, 4), nn.GELU(), nn.Linear(4, 3))
    x, y = torch.randn(6, 2), torch.tensor([0, 1, 2, 0, 1, 2])
    problem = Problem.from_module(module, nn.CrossEntropyLoss(), (x, y))
    expected = nn.CrossEntropyLoss()(module(x), y)
    torch.testing.assert_close(problem.loss(problem.params0), expected.detach())
    torch.testing.assert_close(
        problem.stacked_loss(problem.theta0.expand(2, -1)), expected.detach().expand(2)
    )
    part = problem.loss(problem.params0, (x[:2], y[:2]))
    torch.testing.assert_close(part, nn.CrossEntropyLoss()(module(x[:2]), y[:2]).detach())
    assert problem.data.shape.task == "classification"
    assert problem.batch("test")[0].shape == (0, 2)
    outputs = problem.outputs(problem.theta0[None], x)
    torch.testing.assert_close(outputs[0], module(x).detach())
    assert not outputs.requires_grad


def test_one_dimensional_inputs_have_the_width_one():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.tensor(2.0))

        def forward(self, x):
            return self.w * x

    problem = Problem.from_module(Scale(), nn.MSELoss(), (torch.ones(3), torch.ones(3)))
    assert (problem.data.shape.inputs, problem.data.shape.task) == (1, "regression")
    assert problem.loss(problem.params0) == 1
    assert problem.stacked_loss(torch.tensor([[1.0], [3.0]])).tolist() == pytest.approx([0, 4])


# --- batches of data -----------------------------------------------------------------------------


def loader_of(**options):
    inputs, targets = torch.arange(14.0).reshape(7, 2), torch.arange(7) % 2
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    return inputs, targets, torch.utils.data.DataLoader(dataset, batch_size=3, **options)


def test_a_loader_is_the_same_as_its_samples():
    inputs, targets, loader = loader_of()
    net = nn.Linear(2, 2)
    found = Problem.from_module(net, nn.CrossEntropyLoss(), loader)
    expected = Problem.from_module(net, nn.CrossEntropyLoss(), (inputs, targets))
    assert torch.equal(found.data.inputs, inputs)
    assert torch.equal(found.data.targets, targets)
    assert torch.equal(found.loss(found.params0), expected.loss(expected.params0))


def test_a_shuffling_loader_leaves_the_random_state():
    inputs, _, loader = loader_of(shuffle=True)
    net = nn.Linear(2, 2)
    before = torch.get_rng_state()
    found = Problem.from_module(net, nn.CrossEntropyLoss(), loader)
    assert torch.equal(torch.get_rng_state(), before)
    assert sorted(found.data.inputs.flatten().tolist()) == inputs.flatten().tolist()


def test_two_batches_in_a_list_are_batches_and_two_tensors_are_a_pair():
    batch = torch.ones(2, 2), torch.zeros(2, 1)
    assert Problem.from_module(nn.Linear(2, 1), nn.MSELoss(), [batch, batch]).data.inputs.shape == (
        4,
        2,
    )
    assert Problem.from_module(nn.Linear(2, 1), nn.MSELoss(), list(batch)).data.inputs.shape == (
        2,
        2,
    )


@pytest.mark.parametrize("data", [[], torch.ones(2, 3), [torch.ones(2)], None, 3])
def test_what_are_no_data_is_told(data):
    with pytest.raises(ValueError, match="must be"):
        Problem.from_module(nn.Linear(2, 1), nn.MSELoss(), data)
