"""Planes, surfaces, lines and curvature of what does not lie on the CPU, as on the CPU."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz.curvature import (
    adam_scale,
    sharpness,
    sharpness_along,
    spectral_density,
    top_eigenpairs,
    trace,
    worst_case,
)
from lossviz.run import Method, Run, race_on
from tests.connect.nets import classes, normed, stack
from tests.surface.elsewhere import Elsewhere, There

T = [-0.4, 0.0, 0.9]


def findings(module: nn.Module, device: str) -> dict[str, object]:
    prob = classes(module, torch.float64, device)
    generator = torch.Generator().manual_seed(0)

    def walk(run: Run) -> Run:
        steps = torch.randn(5, prob.space.size, generator=generator, dtype=torch.float64)
        path = (prob.theta0.cpu() + 0.1 * steps.cumsum(0)).to(device)
        return replace(run, weights=path)

    methods = [Method("adam", {"lr": 0.02}), Method("sgd", {"lr": 0.1, "momentum": 0.9})]
    one, two = (walk(run) for run in race_on(prob, methods, 4))
    a, b = one.weights[-1], two.weights[-1]
    random = lv.random_plane(prob, a, one_dimensional="scale")
    planes = {
        "random": random,
        "pca": lv.pca_plane([one, two]),
        "start-end": lv.start_end_plane([one, two]),
        "hessian": lv.hessian_plane(prob, a),
        "adam": lv.preconditioned_plane(prob, one),
        "through": lv.through_plane(a, b, one.weights[0], prob.space),
    }
    curve = lv.low_loss_curve(prob, a, b, steps=2, points=3)
    return {
        **{name: plane.project(one.weights)[0] for name, plane in planes.items()},
        "layers": lv.evaluate_layers(prob, random, T, T)["test accuracy"],
        "recomputed": lv.evaluate(prob, random, T, T, statistics="recomputed").loss,
        "slice": lv.slice_1d(prob, a, t=T).loss,
        "line": lv.line(prob, a, b, points=3).loss,
        "curve": curve.profile,
        "its plane": curve.project()[1],
        "eigenvalue": top_eigenpairs(prob, a, k=1).values,
        "trace": trace(prob, a, samples=6, way="hutch++").value,
        "sharpness": sharpness(prob, a, normalize="filter"),
        "worst case": worst_case(prob, a, starts=1, steps=1).rise,
        "density": spectral_density(prob, a, starts=1, steps=3).density,
        "along": sharpness_along(
            prob, one, preconditioned=True, scale=adam_scale(prob, one)
        ).sharpness,
    }


@pytest.mark.parametrize("make", [lambda: stack((3,)), normed], ids=["layers", "batch norm"])
def test_everything_is_as_on_the_cpu(make):
    expected = findings(make(), "cpu")
    swapped = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        with torch.autograd.set_multithreading_enabled(False), Elsewhere():
            found = findings(make(), "meta")
    finally:
        torch.__future__.set_swap_module_params_on_conversion(swapped)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-9, err_msg=name)


def test_what_lies_elsewhere_does_not_mix():
    with Elsewhere():
        there = torch.ones(3).to("meta")
        assert isinstance(there, There)
        assert (there + 1).device.type == "meta"
        assert (there + 1).cpu().tolist() == [2, 2, 2]
        with pytest.raises(RuntimeError, match="two devices"):
            there + torch.ones(3)
        with pytest.raises(TypeError, match="numpy"):
            np.asarray(there)
