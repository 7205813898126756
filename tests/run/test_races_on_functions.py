"""Every optimizer on functions of two variables, step by step against a plain loop in float64."""

import pytest
import torch
from torch import Tensor

from lossviz.problem import function_problem
from lossviz.registry import functions, optimizers
from lossviz.run import Method, race_on

STEPS = 120
ABLE = [entry.name for entry in optimizers if not entry.refuses([(2,)])]


def plain_loop(function: str, optimizer: str, params: dict) -> Tensor:
    """The points (steps + 1, 2), by nothing but torch."""
    entry = functions[function]
    f = entry.make(**entry.defaults())
    start = torch.tensor(entry.start(entry.defaults()), dtype=torch.float64)
    point = torch.nn.Parameter(start)
    made = optimizers[optimizer].make([point], **params)

    def closure() -> Tensor:
        made.zero_grad()
        loss = f(point[0], point[1])
        loss.backward()
        return loss

    path = [point.detach().clone()]
    for _ in range(STEPS):
        if optimizers[optimizer].closure:
            made.step(closure)
        else:
            closure()
            made.step()
        path.append(point.detach().clone())
    return torch.stack(path)


@pytest.mark.parametrize("function", ["rosenbrock", "himmelblau", "saddle"])
@pytest.mark.parametrize("optimizer", ABLE)
def test_an_optimizer_takes_torchs_own_steps(optimizer: str, function: str):
    params = optimizers[optimizer].defaults()
    if "lr" in params:
        params["lr"] = min(float(params["lr"]), 1e-3)
    expected = plain_loop(function, optimizer, params)
    others = [Method("sgd", {"lr": 1e-4}), Method("adam", {"lr": 1e-2})]
    run = race_on(function_problem(function), [*others, Method(optimizer, params)], STEPS)[2]
    assert str(run.status) == f"finished after {STEPS} steps"
    torch.testing.assert_close(run.weights, expected, rtol=1e-12, atol=1e-12)
    assert not torch.equal(expected[0], expected[-1])
