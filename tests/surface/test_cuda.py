"""From a module on a graphics card to its run, its surface and its curvature: as on the CPU."""

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz.curvature import sharpness_along, spectral_density, top_eigenpairs, trace, worst_case
from lossviz.run import Method, race_on
from tests.connect.nets import Own, classes, normed, stack

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
X, Y = [-0.4, 0.1, 0.9], [-1.0, -0.3, 0.0, 0.2, 1.1]


@pytest.mark.parametrize("make", [stack, normed, lambda: Own(stack())])
def test_everything_is_as_on_the_cpu(make):
    found = {}
    for device in ("cpu", "cuda"):
        prob = classes(make(), torch.float64, device)
        (run,) = race_on(prob, [Method("adam", {"lr": 0.02})], 5)
        theta = run.weights[-1]
        plane = lv.random_plane(prob, theta, one_dimensional="scale")
        layers = lv.evaluate_layers(prob, plane, X, Y)
        pairs = top_eigenpairs(prob, theta, k=2)
        found[device] = {
            "path": run.weights.cpu(),
            "metric": run.metrics["train_accuracy"],
            "loss": run.metrics["test_loss"],
            "surface": layers["test loss"],
            "accuracy": layers["train accuracy"],
            "projection": lv.pca_plane(run).project(run.weights)[0].abs(),
            "eigenvalues": pairs.values,
            "trace": trace(prob, theta, samples=4).value,
            "worst": worst_case(prob, theta, steps=2).rise,
            "density": spectral_density(prob, theta, starts=1).density,
            "sharpness": sharpness_along(prob, run).sharpness,
        }
    for name, value in found["cpu"].items():
        np.testing.assert_allclose(found["cuda"][name], value, rtol=1e-5, atol=1e-8, err_msg=name)
