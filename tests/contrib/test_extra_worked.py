"""What the extra optimizers tell of a step and of their limits, beside real steps and roots."""

import numpy as np
import pytest
import pytorch_optimizer as package
import torch
from torch import nn

from lossviz import Problem
from lossviz.contrib.extra.limits import least_crossing
from lossviz.problem import function_problem, point_problem
from lossviz.registry import optimizers
from lossviz.run import Method, race_on
from lossviz.run.stability import stability
from lossviz.run.worked import worked
from tests.contrib.test_extra import NAMES, TWINS

SHOWN = [name for name in NAMES if optimizers[name].worked is not None]
LIMITED = [name for name in NAMES if optimizers[name].stability is not None]


def watched(name: str, problem=None, steps: int = 12, schedule="constant", **params):
    method = Method(name, {**TWINS[name][0], **params}, schedule)
    problem = problem or function_problem("rosenbrock")
    return race_on(problem, [method], steps, watch=True)[0]


def check_new_points(run) -> None:
    """Some line ends with the next point of the run, at each of its steps."""
    shown = worked(run)
    points = run.weights.numpy()
    ends = {line.filled.rpartition(" = ")[2].strip("{}") for line in shown.lines}
    assert "new" in ends
    start = shown.values.get("shrunk", points)
    led = start[:-1] + shown.values["step"][:-1]
    np.testing.assert_allclose(led, points[1:], rtol=1e-6, atol=1e-9)
    assert np.abs(np.diff(points, axis=0)).max() > 0


def test_those_of_matrices_alone_have_no_formulas():
    assert set(NAMES) - set(SHOWN) == {"shampoo", "soap"}


@pytest.mark.parametrize("entry", optimizers, ids=lambda entry: entry.name)
def test_what_is_not_known_is_said_why(entry):
    assert entry.worked is not None or entry.unworked.endswith(".")
    assert entry.stability is not None or entry.unlimited.endswith(".")


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("schedule", ["exponential", "one_cycle"])
def test_a_shown_step_leads_on_while_a_schedule_turns_the_rates(name: str, schedule: str):
    check_new_points(watched(name, schedule=schedule))


@pytest.mark.parametrize("name", SHOWN)
def test_a_shown_step_leads_on_with_noise_and_in_a_box(name: str):
    noisy = point_problem(lambda x, y: x**2 + 3 * y**2, (0.9, -0.9), noise=0.5)
    check_new_points(watched(name, noisy))
    boxed = point_problem(
        lambda x, y: x**2 + 3 * y**2 + 5 * x, (0.9, -0.9), box=(-0.95, 1.0, -1.0, 1.0)
    )
    run = watched(name, boxed, steps=60)
    shown = worked(run)
    np.testing.assert_allclose(shown.values["new"][:-1], run.weights[1:].numpy())
    assert "{low}" in "".join(line.filled for line in shown.lines)


@pytest.mark.parametrize("name", SHOWN)
def test_a_shown_step_of_a_network_knows_its_tensors(name: str):
    generator = torch.Generator().manual_seed(1)
    net = nn.Linear(3, 2).double()
    with torch.no_grad():
        for tensor in net.parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=generator, dtype=torch.float64))
    data = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    problem = Problem.from_module(net, nn.MSELoss(), (data, data[:, :2].sin()))
    check_new_points(watched(name, problem))


def test_prodigy_remembers_its_distance_as_the_package_keeps_it():
    run = watched("prodigy", steps=20)
    point = nn.Parameter(run.weights[0].clone())
    optimizer = TWINS["prodigy"][1]([point])
    for step, gradient in enumerate(run.gradient[:-1], start=1):
        point.grad = gradient.clone()
        optimizer.step()
        assert run.memory["d"][step] == optimizer.param_groups[0]["d"]
    assert run.memory["d"][-1] > run.memory["d"][1]
    assert isinstance(optimizer, package.Prodigy)


def test_sam_shows_the_gradient_at_the_point_uphill():
    run = watched("sam", adaptive=False, momentum=0.0, nesterov=False)
    shown = worked(run)
    f = function_problem("rosenbrock")
    for uphill, worst in zip(shown.values["uphill"][:-1], shown.values["worst"][:-1], strict=True):
        leaf = torch.tensor(uphill, requires_grad=True)
        f.loss({"point": leaf}).backward()
        np.testing.assert_allclose(leaf.grad.numpy(), worst, rtol=1e-5)


def test_the_mean_of_a_schedule_free_path_is_the_mean_of_z():
    run = watched("schedule_free_sgd", r=0.0, weight_decay=0.0)
    shown = worked(run)
    steps = np.arange(1, len(run.weights))[:, None]
    expected = shown.values["z"][:-1].cumsum(0) / steps
    np.testing.assert_allclose(shown.values["mean"][:-1], expected, rtol=1e-9)


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LIMITED)
def test_a_limit_is_there_for_every_frame_also_with_a_schedule(name: str):
    run = watched(name, schedule="one_cycle", **({"adaptive": False} if name == "sam" else {}))
    found = stability(run)
    frames = len(run.weights)
    assert found.limit.shape == (frames,)
    assert found.scale.shape == (frames, 2)
    assert (found.limit[:-1] > 0).all()
    assert np.isfinite(found.scale).all()


def test_adaptive_sam_has_no_limit():
    assert stability(watched("sam")) is None


@pytest.mark.parametrize(
    ("own", "pulled", "expected"),
    [
        ([1, -1], [1], 2.0),
        ([1, -1.9, 0.9], [1, 0], 3.8),  # heavy ball, (2 + 2 beta)
        ([1, -1.9, 0.9], [0.1, 0], 38.0),  # a running mean
        ([1, -1.5, 0.5], [1.5, -0.5], 3 / 2),  # Nesterov, (2 + 2 beta) / (1 + 2 beta)
    ],
)
def test_the_least_crossing_of_known_polynomials(own, pulled, expected):
    assert least_crossing(np.array(own, float), np.array(pulled, float)) == pytest.approx(expected)


def radius(polynomial) -> float:
    return np.abs(np.roots(polynomial)).max()


@pytest.mark.parametrize("seed", range(20))
def test_the_least_crossing_is_where_the_largest_root_leaves_the_unit_circle(seed: int):
    """Three memories drawn at random; the crossing may be at -1 or at a pair of complex roots."""
    b1, b2 = np.random.default_rng(seed).uniform(0, 0.99, 2)
    weight = np.random.default_rng(seed + 100).uniform(0, 20)
    own = np.poly([1.0, b1, b2])
    pulled = np.polyadd((1 - b1) * np.poly([0.0, b2]), weight * (1 - b2) * np.poly([0.0, b1]))
    k = least_crossing(own, pulled)
    for share in (0.01, 0.3, 0.7, 0.999):
        assert radius(np.polyadd(own, share * k * pulled)) < 1 + 1e-9
    assert radius(np.polyadd(own, 1.001 * k * pulled)) > 1


def test_schedule_free_stands_twice_over_one_minus_momentum_in_the_end():
    params = {"lr": 0.01, "momentum": 0.8}
    run = race_on(function_problem("booth"), [Method("schedule_free_sgd", params)], 900, watch=True)
    found = stability(run[0])
    assert found.limit[0] == pytest.approx(2)
    assert found.limit[-2] == pytest.approx(2 / 0.2, rel=0.01)
    # The two by two recurrence of z and x, with c as it is at each of some steps.
    for frame in (0, 1, 5, 50, 500):
        c, limit = worked(run[0]).values["c"][frame], found.limit[frame]
        for share, leaves in ((0.99, False), (1.01, True)):
            k = share * limit
            z = np.array([1 - k * 0.2, -k * 0.8])
            step = np.array([z, c * z + np.array([0, 1 - c])])
            assert bool(np.abs(np.linalg.eigvals(step)).max() > 1) is leaves


def test_schedule_free_dies_out_below_its_limit_and_grows_above_it():
    params = {"momentum": 0.8}
    for share, grows in ((0.9, False), (1.1, True)):
        bowl = point_problem(lambda x, y: 5 * x**2 + 0 * y, (1.0, 0.0))
        rate = share * 2 / (0.2 * 10)
        (run,) = race_on(bowl, [Method("schedule_free_sgd", {**params, "lr": rate})], 400)
        assert (run.status.kind == "diverged") is grows
        x = run.weights[:, 0].abs()
        assert bool(x[-1] < 1e-3 * x.max()) is not grows


def test_sam_settles_just_at_its_edge():
    """Long and Bartlett 2023: the slope shrinks until the limit meets the curvature."""
    bowl = point_problem(lambda x, y: 5 * x**2 + 0 * y, (1.0, 0.0))
    method = Method("sam", {"lr": 0.1, "rho": 0.3})
    run = race_on(bowl, [method], 400, watch=True)[0]
    found = stability(run)
    # rate * curvature is 1, far below SGD's 2.
    assert found.limit[0] > 1.3
    assert found.limit[-2] == pytest.approx(1.0, rel=1e-4)
    assert run.weights[-1, 0].abs() > 0.01


def test_sam_without_a_radius_has_the_limits_of_sgd():
    for params in ({}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}):
        sam = race_on(
            function_problem("booth"), [Method("sam", {"rho": 0.0, "lr": 0.01, **params})], 5,
            watch=True,
        )[0]  # fmt: skip
        sgd = race_on(
            function_problem("booth"), [Method("sgd", {"lr": 0.01, **params})], 5, watch=True
        )[0]
        np.testing.assert_allclose(stability(sam).limit, stability(sgd).limit)
