"""The extra optimizers: the package's own steps, resumed to the bit, and gone where it is gone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import pytorch_optimizer as package
import torch
from torch import nn

import lossviz as lv
from lossviz import Problem, SettingError, testing
from lossviz.contrib.extra.package import PACKAGE
from lossviz.engine import Engine, Job
from lossviz.engine.executors import process_pool
from lossviz.problem import function_problem, point_problem
from lossviz.registry import optimizers
from lossviz.run import Method, race_on
from lossviz.run.advance import advance
from lossviz.run.state import start_on

ROOT = Path(__file__).parents[2]

#: What a person would write by hand for each entry, with values away from the defaults.
TWINS = {
    "lion": (
        {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.1, "weight_decouple": False},
        lambda p: package.Lion(
            p, lr=0.02, betas=(0.8, 0.95), weight_decay=0.1, weight_decouple=False
        ),
    ),
    "sign_sgd": (
        {"lr": 0.003, "momentum": 0.7, "weight_decay": 0.1},
        lambda p: package.SignSGD(p, lr=0.003, momentum=0.7, weight_decay=0.1),
    ),
    "adabelief": (
        {"lr": 0.02, "beta2": 0.95, "eps": 1e-10, "weight_decay": 0.1, "ams_bound": True},
        lambda p: package.AdaBelief(
            p, lr=0.02, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.1, ams_bound=True
        ),
    ),
    "adan": (
        {"lr": 0.02, "beta1": 0.9, "beta3": 0.95, "weight_decay": 0.1},
        lambda p: package.Adan(p, lr=0.02, betas=(0.9, 0.92, 0.95), weight_decay=0.1),
    ),
    "adopt": (
        {"lr": 0.02, "beta2": 0.99, "eps": 1e-4, "weight_decay": 0.1},
        lambda p: package.ADOPT(
            p, lr=0.02, betas=(0.9, 0.99), eps=1e-4, weight_decay=0.1, weight_decouple=True
        ),
    ),
    "yogi": (
        {"lr": 0.02, "beta1": 0.8, "initial_accumulator": 0.1, "weight_decay": 0.1},
        lambda p: package.Yogi(
            p, lr=0.02, betas=(0.8, 0.999), initial_accumulator=0.1, weight_decay=0.1
        ),
    ),
    "ademamix": (
        {"lr": 0.01, "beta3": 0.99, "alpha": 2.0, "warmup": 10, "weight_decay": 0.1},
        lambda p: package.AdEMAMix(
            p,
            lr=0.01,
            betas=(0.9, 0.999, 0.99),
            alpha=2.0,
            t_alpha_beta3=10,
            weight_decay=0.1,
            weight_decouple=True,
        ),
    ),
    "lamb": (
        {"lr": 0.02, "weight_decay": 0.1, "pre_norm": True, "max_grad_norm": 0.1},
        lambda p: package.Lamb(
            p,
            lr=0.02,
            weight_decay=0.1,
            weight_decouple=False,
            pre_norm=True,
            max_grad_norm=0.1,
        ),
    ),
    "prodigy": (
        {"d0": 1e-3, "growth_rate": 2.0, "weight_decay": 0.01, "safeguard_warmup": True},
        lambda p: package.Prodigy(
            p, d0=1e-3, growth_rate=2.0, weight_decay=0.01, safeguard_warmup=True
        ),
    ),
    "schedule_free_sgd": (
        {"lr": 0.002, "momentum": 0.8, "weight_decay": 0.1, "r": 1.0},
        lambda p: package.ScheduleFreeSGD(p, lr=0.002, momentum=0.8, weight_decay=0.1, r=1.0),
    ),
    "schedule_free_adamw": (
        {"lr": 0.02, "beta1": 0.8, "beta2": 0.99, "weight_decay": 0.1, "weight_lr_power": 1.0},
        lambda p: package.ScheduleFreeAdamW(
            p, lr=0.02, betas=(0.8, 0.99), weight_decay=0.1, weight_lr_power=1.0
        ),
    ),
    "shampoo": (
        {"lr": 0.05, "matrix_eps": 1e-3, "every": 2, "weight_decay": 0.1},
        lambda p: package.Shampoo(
            p, lr=0.05, matrix_eps=1e-3, preconditioning_compute_steps=2, weight_decay=0.1
        ),
    ),
    "soap": (
        {"lr": 0.02, "beta1": 0.9, "shampoo_beta": 0.8, "every": 3, "weight_decay": 0.1},
        lambda p: package.SOAP(
            p,
            lr=0.02,
            betas=(0.9, 0.95),
            shampoo_beta=0.8,
            precondition_frequency=3,
            precondition_1d=True,
            weight_decay=0.1,
        ),
    ),
    "sam": (
        {"lr": 0.002, "rho": 0.1, "adaptive": True, "momentum": 0.5, "nesterov": True},
        lambda p: package.SAM(
            p, torch.optim.SGD, lr=0.002, rho=0.1, adaptive=True, momentum=0.5, nesterov=True
        ),
    ),
}
NAMES = tuple(TWINS)


def network(dtype: torch.dtype = torch.float64) -> Problem:
    generator = torch.Generator().manual_seed(3)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).to(dtype)
    with torch.no_grad():
        for tensor in net.parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=generator, dtype=torch.float64))
    inputs = torch.randn(12, 2, generator=generator, dtype=torch.float64).to(dtype)
    return Problem.from_module(net, nn.MSELoss(), (inputs, (inputs[:, :1] * inputs[:, 1:]).sin()))


PROBLEMS = {"network": network, "rosenbrock": lambda: function_problem("rosenbrock")}


def plain_loop(problem: Problem, twin, steps: int, gamma: float = 1.0):
    """The path (steps + 1, P) and the losses of the package's class in a loop by hand.

    After each step the learning rate is multiplied by gamma, by torch's own scheduler.
    """
    params = {name: nn.Parameter(t.clone()) for name, t in problem.params0.items()}
    optimizer = twin(list(params.values()))
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)
    weights, losses = [], []

    def closure():
        optimizer.zero_grad()
        loss = problem.loss(params)
        loss.backward()
        return loss

    for step in range(steps + 1):
        weights.append(nn.utils.parameters_to_vector(params.values()).detach().clone())
        losses.append(closure().detach())
        if step < steps:
            # SAM wants the first gradient before the step, and asks for the second by itself.
            optimizer.step(closure if isinstance(optimizer, package.SAM) else None)
            schedule.step()
    return torch.stack(weights), torch.stack(losses), optimizer, params


def test_every_entry_of_the_package_is_tested():
    found = {e.name for e in optimizers if e.make.__module__.startswith("lossviz.contrib.extra")}
    assert found == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_the_contract_and_says_what_it_is(name: str):
    entry = optimizers[name]
    testing.check(entry)
    assert entry.formula
    assert entry.cite


@pytest.mark.parametrize("where", PROBLEMS)
@pytest.mark.parametrize("name", NAMES)
def test_it_equals_the_package_in_a_plain_loop_step_by_step(name: str, where: str):
    params, twin = TWINS[name]
    run = race_on(PROBLEMS[where](), [Method(name, params)], 25)[0]
    weights, losses, *_ = plain_loop(PROBLEMS[where](), twin, 25)
    assert run.status.kind == "finished"
    torch.testing.assert_close(run.weights, weights, rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(run.loss, losses, rtol=1e-9, atol=1e-11)
    assert not torch.allclose(run.weights[-1], run.weights[0], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_its_learning_rate_follows_a_schedule(name: str):
    params, twin = TWINS[name]
    method = Method(name, params, "exponential", {"gamma": 0.8})
    run = race_on(network(), [method], 25)[0]
    weights, *_ = plain_loop(network(), twin, 25, gamma=0.8)
    torch.testing.assert_close(run.weights, weights, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_watching_it_changes_nothing_and_sees_the_gradient_before_it_is_worked_on(name: str):
    problem, method = network(), Method(name, TWINS[name][0])
    watched, plain = (race_on(problem, [method], 25, watch=w)[0] for w in (True, False))
    assert torch.equal(watched.weights, plain.weights)
    slope = torch.func.grad(lambda theta: problem.loss(problem.space.unflatten(theta)))
    for theta, gradient in zip(watched.weights, watched.gradient, strict=True):
        torch.testing.assert_close(gradient, slope(theta))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_chunks_equal_one_go_to_the_bit(name: str, dtype: torch.dtype):
    problem, method = network(dtype), Method(name, TWINS[name][0])
    whole = race_on(problem, [method], 25)[0]
    state, paths = start_on(problem, [method], steps=25), []
    for size in (1, 7, 17):
        state, chunk = advance(state, size, problem)
        paths.append(chunk.pieces[0].weights)
    assert torch.equal(torch.cat(paths), whole.weights)


def halves(name: str, together: bool) -> torch.Tensor:
    """Where a point of 6 numbers gets to whose two halves do not depend on each other."""
    start = torch.linspace(-1, 2, 6, dtype=torch.float64)
    ends = []
    for part in [start] if together else start.split(3):
        point = nn.Parameter(part.clone())
        optimizer = optimizers[name].make([point], **optimizers[name].complete(TWINS[name][0]))

        def closure(point=point):
            point.grad = (point.detach() ** 3 - 0.5).clone()
            return 0.0

        for _ in range(12):
            closure()
            optimizer.step(closure)
        ends.append(point.detach())
    return torch.cat(ends)


@pytest.mark.parametrize("name", NAMES)
def test_the_layout_is_flat_where_halves_apart_equal_halves_together(name: str):
    together, apart = halves(name, True), halves(name, False)
    if optimizers[name].layout == "flat":
        assert torch.equal(together, apart)
    else:
        assert not torch.allclose(together, apart)


@pytest.mark.parametrize("name", ["shampoo", "soap"])
def test_a_matrix_that_overflows_is_a_divergence_not_an_error(name: str):
    steep = point_problem(lambda x, y: 1e200 * (x.square() + y.square()), (1.0, 2.0))
    wild, calm = race_on(steep, [Method(name), Method("sign_sgd")], 5)
    assert wild.status.kind == "diverged"
    assert calm.status.kind == "finished"


def test_sam_asks_for_two_gradients_and_leaves_their_tensors_in_place():
    point = nn.Parameter(torch.tensor([3.0, 4.0]))
    point.grad = row = torch.zeros(2)
    seen = []

    def closure():
        assert torch.is_grad_enabled()
        seen.append(point.detach().clone())
        row.copy_(point.detach())
        return float(len(seen))

    entry = optimizers["sam"]
    optimizer = entry.make([point], **entry.complete({"lr": 0.5, "rho": 10.0}))
    assert optimizer.step(closure) == 1.0
    assert point.grad is row
    assert [tuple(p.tolist()) for p in seen] == [(3.0, 4.0), (9.0, 12.0)]
    assert point.tolist() == [-1.5, -2.0]


def test_sam_without_a_radius_is_sgd():
    methods = [Method("sam", {"lr": 0.05, "rho": 0.0}), Method("sgd", {"lr": 0.05})]
    sam, sgd = race_on(network(), methods, 20)
    assert torch.equal(sam.weights, sgd.weights)


def test_the_schedule_free_path_is_y_and_its_average_x_is_the_mean_of_z():
    beta, rate = 0.8, 0.002
    params = {"lr": rate, "momentum": beta}
    run = race_on(function_problem("rosenbrock"), [Method("schedule_free_sgd", params)], 10)[0]
    x, y = (run.weights[:-1, i].clone().requires_grad_() for i in (0, 1))
    entry = lv.registry.functions["rosenbrock"]
    value = entry.make(**entry.defaults())(x, y)
    slopes = torch.stack(torch.autograd.grad(value.sum(), (x, y)), -1)
    z = run.weights[0] - rate * slopes.cumsum(0)
    mean = z.cumsum(0) / torch.arange(1, 11, dtype=torch.float64)[:, None]
    torch.testing.assert_close(run.weights[1:], (1 - beta) * z + beta * mean)
    *_, optimizer, tensors = plain_loop(
        function_problem("rosenbrock"),
        lambda p: package.ScheduleFreeSGD(p, lr=rate, momentum=beta),
        10,
    )
    optimizer.eval()
    torch.testing.assert_close(tensors["point"].detach(), mean[-1])
    torch.testing.assert_close(
        run.weights[-1] + (1 - 1 / beta) * (z[-1] - run.weights[-1]), mean[-1]
    )


def test_shampoo_is_its_formula():
    """G is turned by the fourth roots of the sums of its squares, by eigenvalues."""
    weight = nn.Parameter(torch.zeros(2, 3, dtype=torch.float64))
    entry = optimizers["shampoo"]
    optimizer = entry.make([weight], **entry.complete({"lr": 0.3, "matrix_eps": 0.01}))
    rows, columns = (0.01 * np.eye(n) for n in (2, 3))
    expected = np.zeros((2, 3))

    def fourth_root_of_inverse(matrix):
        values, vectors = np.linalg.eigh(matrix)
        return vectors * values**-0.25 @ vectors.T

    for g in np.random.default_rng(0).normal(size=(5, 2, 3)):
        weight.grad = torch.tensor(g)
        optimizer.step()
        rows, columns = rows + g @ g.T, columns + g.T @ g
        expected -= 0.3 * fourth_root_of_inverse(rows) @ g @ fourth_root_of_inverse(columns)
    np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-9)


def test_settings_that_do_not_go_together_are_refused_with_a_sentence():
    point = [nn.Parameter(torch.ones(2))]
    ademamix, sam = optimizers["ademamix"], optimizers["sam"]
    with pytest.raises(SettingError, match="raise both above 0 or set the warm-up to 0"):
        ademamix.make(point, **ademamix.complete({"beta1": 0.0, "warmup": 10}))
    with pytest.raises(SettingError, match="raise it or switch nesterov off"):
        sam.make(point, **sam.complete({"nesterov": True}))
    with pytest.raises(SettingError, match="beta1"):
        ademamix.make(point, **{**ademamix.defaults(), "beta1": 1.0})


def test_worker_processes_know_them_and_hand_on_what_they_remember():
    exps = [lv.Experiment(optimizer=name, steps=40, seed=1) for name in NAMES]
    engine = Engine(lambda: process_pool(1))
    try:
        runs = Job(exps, engine=engine, chunk_seconds=0.01).wait()
    finally:
        engine.stop()
    for run, same in zip(runs, lv.race(exps), strict=True):
        assert run.status.kind == "finished"
        assert torch.equal(run.weights, same.weights)


def python(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_without_the_package_its_optimizers_are_not_there_and_the_rest_is():
    python(
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        f"sys.modules[{PACKAGE!r}] = None\n"
        "importlib.util.find_spec = lambda name, *rest: "
        f"None if name == {PACKAGE!r} else find(name, *rest)\n"
        "import lossviz as lv\n"
        "from lossviz.registry import optimizers\n"
        f"assert not set(optimizers.names()) & set({NAMES!r})\n"
        "assert 'adam' in optimizers and 'log_cosh' in lv.registry.losses\n"
        "assert lv.train(lv.Experiment(steps=2)).loss.shape == (3,)\n"
    )


def test_the_package_is_imported_with_its_first_optimizer_only():
    python(
        "import sys\n"
        "import lossviz as lv\n"
        f"assert {PACKAGE!r} not in sys.modules\n"
        "lv.train(lv.Experiment(optimizer='lion', steps=2))\n"
        f"assert {PACKAGE!r} in sys.modules\n"
    )
