"""Every optimizer: lowers a bowl, is the same twice, equals a plain torch loop, can be resumed."""

import copy

import pytest
import torch
from torch import nn

from lossviz import Problem, SettingError
from lossviz.registry import optimizers
from lossviz.run import Method, race_on
from lossviz.run.optimizers.muon import SideBySide

#: Additions are tested where they are.
NAMES = tuple(e.name for e in optimizers if e.make.__module__.startswith("lossviz.run."))

#: What a person would write by hand for each entry, with values away from the defaults.
TWINS = {
    "sgd": (
        {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.01, "nesterov": True},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.01, nesterov=True),
    ),
    "asgd": (
        {"lr": 0.05, "lambd": 0.01, "alpha": 0.6, "t0": 3.0},
        lambda p: torch.optim.ASGD(p, lr=0.05, lambd=0.01, alpha=0.6, t0=3.0),
    ),
    "adam": (
        {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "eps": 1e-6, "amsgrad": True},
        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-6, amsgrad=True),
    ),
    "adamw": (
        {"lr": 0.02, "beta1": 0.7, "weight_decay": 0.1},
        lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.7, 0.999), weight_decay=0.1),
    ),
    "nadam": (
        {"lr": 0.02, "momentum_decay": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True},
        lambda p: torch.optim.NAdam(
            p, lr=0.02, momentum_decay=0.01, weight_decay=0.1, decoupled_weight_decay=True
        ),
    ),
    "radam": (
        {"lr": 0.02, "beta2": 0.9},
        lambda p: torch.optim.RAdam(p, lr=0.02, betas=(0.9, 0.9)),
    ),
    "adamax": (
        {"lr": 0.02, "weight_decay": 0.01},
        lambda p: torch.optim.Adamax(p, lr=0.02, weight_decay=0.01),
    ),
    "adagrad": (
        {"lr": 0.1, "lr_decay": 0.01, "initial_accumulator_value": 0.1},
        lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=0.01, initial_accumulator_value=0.1),
    ),
    "adadelta": (
        {"lr": 2.0, "rho": 0.8, "eps": 1e-4},
        lambda p: torch.optim.Adadelta(p, lr=2.0, rho=0.8, eps=1e-4),
    ),
    "rmsprop": (
        {"lr": 0.01, "alpha": 0.9, "momentum": 0.5, "centered": True},
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5, centered=True),
    ),
    "rprop": (
        {"lr": 0.02, "eta_minus": 0.4, "eta_plus": 1.1, "step_min": 1e-5, "step_max": 1.0},
        lambda p: torch.optim.Rprop(p, lr=0.02, etas=(0.4, 1.1), step_sizes=(1e-5, 1.0)),
    ),
    "adafactor": (
        {"lr": 0.05, "beta2_decay": -0.7, "eps2": 0.01, "d": 2.0},
        lambda p: torch.optim.Adafactor(p, lr=0.05, beta2_decay=-0.7, eps=(None, 0.01), d=2.0),
    ),
    "lbfgs": (
        {"lr": 0.5, "max_iter": 5, "history_size": 4},
        lambda p: torch.optim.LBFGS(
            p, lr=0.5, max_iter=5, history_size=4, line_search_fn="strong_wolfe"
        ),
    ),
    "muon": (
        {"lr": 0.03, "ns_steps": 4, "adamw_lr": 0.02},
        lambda p: SideBySide(
            [
                torch.optim.Muon([t for t in p if t.dim() == 2], lr=0.03, ns_steps=4),
                torch.optim.AdamW([t for t in p if t.dim() != 2], lr=0.02, weight_decay=0.1),
            ]
        ),
    ),
}


def network() -> nn.Module:
    generator = torch.Generator().manual_seed(3)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    with torch.no_grad():
        for tensor in net.parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=generator, dtype=torch.float64))
    return net


def samples() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    inputs = torch.randn(12, 2, generator=generator, dtype=torch.float64)
    return inputs, (inputs[:, :1] * inputs[:, 1:]).sin()


def test_every_dense_optimizer_of_torch_is_there():
    kinds = {
        name.lower()
        for name in torch.optim.__all__
        if isinstance(getattr(torch.optim, name), type)
        and issubclass(getattr(torch.optim, name), torch.optim.Optimizer)
    }
    assert set(NAMES) >= kinds - {"optimizer", "sparseadam"}
    assert set(TWINS) == set(NAMES)
    # The one that is left out takes no dense gradients.
    tensor = nn.Parameter(torch.ones(2))
    tensor.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="dense gradients"):
        torch.optim.SparseAdam([tensor]).step()


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_says_what_it_is(name: str):
    entry = optimizers[name]
    assert entry.title
    assert entry.about
    assert entry.formula
    assert entry.cite
    assert all(param.help for param in entry.params)


@pytest.mark.parametrize("name", NAMES)
def test_it_lowers_a_bowl_and_does_so_twice(name: str):
    inputs, _ = samples()
    bowl = Problem.from_module(
        nn.Linear(2, 1).double().requires_grad_(), nn.MSELoss(), (inputs, inputs[:, :1] + 1)
    )
    first, second = (race_on(bowl, [Method(name)], 60)[0] for _ in range(2))
    assert first.loss[-1] < 0.9 * first.loss[0]
    assert torch.equal(first.weights, second.weights)


@pytest.mark.parametrize("name", NAMES)
def test_it_equals_a_plain_torch_loop_step_by_step(name: str):
    params, twin = TWINS[name]
    inputs, targets = samples()
    net, criterion = network(), nn.MSELoss()
    run = race_on(
        Problem.from_module(net, criterion, (inputs, targets)), [Method(name, params)], 25
    )[0]
    optimizer = twin(list(net.parameters()))

    def closure():
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        return loss

    for step in range(26):
        weights = nn.utils.parameters_to_vector(net.parameters()).detach()
        torch.testing.assert_close(run.weights[step], weights, rtol=1e-9, atol=1e-11)
        torch.testing.assert_close(run.loss[step], closure().detach(), rtol=1e-9, atol=1e-11)
        optimizer.step(closure)


@pytest.mark.parametrize("name", NAMES)
def test_its_state_can_be_saved_and_loaded(name: str):
    def steps(optimizer, tensors, count):
        def closure():
            for tensor in tensors:
                tensor.grad = tensor.detach() - 0.3
            return sum(((t.detach() - 0.3) ** 2).sum() / 2 for t in tensors)

        for _ in range(count):
            closure()
            optimizer.step(closure)

    entry = optimizers[name]
    tensors = [nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.zeros(3))]
    optimizer = entry.make(tensors, **entry.defaults())
    steps(optimizer, tensors, 3)
    copies = [nn.Parameter(t.detach().clone()) for t in tensors]
    again = entry.make(copies, **entry.defaults())
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    steps(optimizer, tensors, 3)
    steps(again, copies, 3)
    for tensor, same in zip(tensors, copies, strict=True):
        torch.testing.assert_close(tensor, same)


@pytest.mark.parametrize("params", [{"momentum": 0.0}, {"momentum": 0.9, "dampening": 0.5}])
def test_nesterov_needs_momentum_and_no_dampening(params):
    entry = optimizers["sgd"]
    with pytest.raises(SettingError, match="switch nesterov off"):
        entry.make([nn.Parameter(torch.ones(2))], **entry.complete({**params, "nesterov": True}))


def test_rprop_refuses_steps_the_wrong_way_round():
    entry = optimizers["rprop"]
    with pytest.raises(SettingError, match="swap them"):
        entry.make(
            [nn.Parameter(torch.ones(2))], **entry.complete({"step_min": 1.0, "step_max": 0.1})
        )


def test_muon_refuses_a_model_without_matrices():
    entry = optimizers["muon"]
    with pytest.raises(SettingError, match="matrices only"):
        entry.make([nn.Parameter(torch.ones(2))], **entry.defaults())


def test_muon_without_vectors_is_torchs_own():
    entry = optimizers["muon"]
    made = entry.make([nn.Parameter(torch.ones(2, 2))], **entry.defaults())
    assert type(made) is torch.optim.Muon


def test_torchs_own_complaints_become_setting_errors():
    entry = optimizers["adam"]
    with pytest.raises(SettingError, match="beta"):
        entry.make([nn.Parameter(torch.ones(2))], **{**entry.defaults(), "beta1": 1.0})


def test_side_by_side_refuses_a_state_of_another_shape():
    both = SideBySide([torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1)])
    with pytest.raises(ValueError, match="2 groups"):
        both.load_state_dict({"state": {}, "param_groups": [{"params": []}, {"params": []}]})


def test_side_by_side_clears_gradients_and_calls_a_closure_once():
    tensor = nn.Parameter(torch.ones(2))
    both = SideBySide([torch.optim.SGD([tensor], lr=0.1)])
    calls = []

    def closure():
        calls.append(torch.is_grad_enabled())
        tensor.grad = torch.ones(2)
        return 5.0

    assert both.step(closure) == 5.0
    assert calls == [True]
    assert torch.equal(tensor.detach(), torch.full((2,), 0.9))
    both.zero_grad()
    assert tensor.grad is None
