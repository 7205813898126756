from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lossviz.plane import Plane
from lossviz.problem.space import ParamSpace
from lossviz.run.status import Status
from lossviz.surface import Surface

SPACE = ParamSpace(("w",), ((3,),))


@pytest.fixture
def plane():
    return Plane(
        torch.zeros(3, dtype=torch.float64),
        torch.eye(3, dtype=torch.float64)[:2],
        SPACE,
        titles=("across (1 = one)", "up"),
    )


@pytest.fixture
def make_surface(plane):
    """A surface of f over [-1, 1] x [0, 2], 5 x 3 points."""

    def make(f=lambda x, y: x**2 + y, nx=5, ny=3, **more):
        x = torch.linspace(-1, 1, nx, dtype=torch.float64)
        y = torch.linspace(0, 2, ny, dtype=torch.float64)
        grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
        loss = f(grid_x, grid_y) * torch.ones_like(grid_x)
        return Surface(x, y, loss, **{"plane": plane, **more})

    return make


@pytest.fixture
def make_run():
    """A run through these weights (F, 3)."""

    def make(weights, loss=None, test=None, status=None, optimizer="sgd", **params):
        weights = torch.as_tensor(weights, dtype=torch.float64).reshape(-1, 3)
        frames = len(weights)
        loss = np.linspace(2.0, 1.0, frames) if loss is None else np.asarray(loss, dtype=float)
        return SimpleNamespace(
            experiment=SimpleNamespace(optimizer=optimizer, params={"lr": 0.1, **params}),
            space=SPACE,
            weights=weights,
            recorded=np.arange(frames),
            loss=torch.as_tensor(loss),
            status=status or Status("finished", max(frames - 1, 0)),
            metrics={
                "train_loss": loss,
                "test_loss": np.full(frames, np.nan) if test is None else np.asarray(test),
            },
        )

    return make
