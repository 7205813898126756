"""What the short texts claim of SGD and Adam, on real runs."""

import numpy as np
import pytest
import torch

import lossviz as lv


@pytest.mark.parametrize("batch", [1, 16])
def test_both_come_to_rest_in_noise_only_at_a_rate_that_falls(batch: int):
    bowl = lv.point_problem(lambda x, y: (x**2 + y**2) / 2, (1.0, 1.0), noise=batch**-0.5)
    methods = [
        lv.Method(name, {"lr": 0.1}, schedule)
        for name in ("sgd", "adam")
        for schedule in ("constant", "inverse_sqrt")
    ]
    left = [
        float(np.mean(run.loss.numpy()[run.recorded >= 500]))
        for run in lv.race_on(bowl, methods, 1000)
    ]
    for constant, falling in (left[:2], left[2:]):
        assert falling < 0.4 * constant


def test_adam_keeps_two_numbers_for_each_weight_and_momentum_one():
    weight = torch.ones(5, requires_grad=True)
    kept = []
    for optimizer in (
        torch.optim.SGD([weight], lr=0.1, momentum=0.9),
        torch.optim.Adam([weight], lr=0.1),
    ):
        weight.square().sum().backward()
        optimizer.step()
        kept.append(sum(value.numel() == 5 for value in optimizer.state[weight].values()))
    assert kept == [1, 2]
