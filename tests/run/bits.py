"""How equal two runs are that were computed with and without company.

On some processors the last bits of MKL's products depend on where in memory the operands lie, and a
contender's rows lie elsewhere when it has neighbours. So runs are compared within the tolerances
below, and to the bit in a process that asks MKL for products that do not depend on memory
(``MKL_CBWR``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from lossviz.run import Run

ROOT = Path(__file__).parents[2]
#: Relative and absolute, after a dozen steps. Single precision needs so much because Shampoo takes
#: roots of nearly singular matrices.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-3}


def agree(one: Run, other: Run) -> bool:
    """Whether two runs tell the same, up to the rounding of products."""
    close = {"rtol": TOLERANCE[one.weights.dtype], "atol": TOLERANCE[one.weights.dtype]}
    return (
        one.weights.dtype == other.weights.dtype
        and one.weights.shape == other.weights.shape
        and torch.allclose(one.weights, other.weights, equal_nan=True, **close)
        and torch.allclose(one.loss, other.loss, equal_nan=True, **close)
        and np.array_equal(one.recorded, other.recorded)
        and (one.status.kind, one.status.step) == (other.status.kind, other.status.step)
    )


def same(one: Run, other: Run) -> bool:
    """Whether two runs tell the same, to the bit."""
    return (
        torch.equal(one.weights, other.weights)
        and torch.equal(one.loss, other.loss)
        and np.array_equal(one.recorded, other.recorded)
        and str(one.status) == str(other.status)
    )


def printed_with_steady_products(script: str) -> list[str]:
    """The lines that a script prints where products do not depend on where their operands lie."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "MKL_CBWR": "AVX2", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
