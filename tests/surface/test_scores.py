"""The share of right answers is that of a loop over samples, ties and all."""

import math
from types import SimpleNamespace

import pytest
import torch

from lossviz.problem.losses.probabilities import nearest_distribution, one_against_rest, softmax
from lossviz.surface.scores import right_share


def own(outputs: torch.Tensor) -> torch.Tensor:
    return outputs.softmax(-1) if outputs.shape[-1] > 1 else softmax(outputs)


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 40])
@pytest.mark.parametrize("told", [softmax, one_against_rest, own])
@pytest.mark.parametrize("units_first", [False, True])
def test_it_is_that_of_a_loop(classes: int, told, units_first: bool):
    generator = torch.Generator().manual_seed(classes)
    outputs = torch.randn(4, 9, classes, generator=generator, dtype=torch.float64)
    # Rounded, so that many are equal.
    outputs = outputs.round(decimals=0)
    if units_first:
        outputs = outputs.mT.contiguous().mT
    targets = torch.randint(max(2, classes), (9,), generator=generator)
    found = right_share(SimpleNamespace(probabilities=told), outputs, targets)
    for row, share in zip(outputs, found, strict=True):
        hits = 0
        for values, target in zip(row.tolist(), targets.tolist(), strict=True):
            said = int(values[0] > 0) if classes == 1 else values.index(max(values))
            hits += said == target
        assert float(share) == pytest.approx(hits / 9)


def test_one_output_of_a_distribution_has_its_middle_at_a_half():
    outputs = torch.tensor([[[0.4], [0.6], [1.5]]])
    found = right_share(
        SimpleNamespace(probabilities=nearest_distribution), outputs, torch.tensor([0, 0, 1])
    )
    assert found.tolist() == pytest.approx([2 / 3])


@pytest.mark.parametrize("classes", [1, 2, 5, 40])
def test_what_is_no_number_has_no_share(classes: int):
    outputs = torch.zeros(3, 4, classes)
    outputs[1, 2, -1] = math.nan
    outputs[2, 0, 0] = math.inf
    targets = torch.zeros(4, dtype=torch.long)
    found = right_share(SimpleNamespace(probabilities=softmax), outputs, targets)
    assert found.isnan().tolist() == [False, True, False]
