"""The page about additions: its examples are run as a reader would run them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "add-your-own.md").read_text(encoding="utf-8")


BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
STATED = re.findall(r"which prints `(.*?)`", PAGE)


@pytest.mark.parametrize("which", range(len(STATED)))
def test_the_examples_of_the_page(which: int, tmp_path):
    """Each is a file to be added, and what is done with it."""
    assert len(BLOCKS) == 2 * len(STATED)
    addition, use = BLOCKS[2 * which : 2 * which + 2]
    (tmp_path / f"addition_{which}.py").write_text(addition, encoding="utf-8")
    environment = {**os.environ, "LOSSVIZ_CONTRIB": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", use],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == STATED[which]


def test_the_page_names_every_kind_of_entry():
    for kind in ("Loss", "Dataset", "Model", "Initialiser", "Optimizer", "Schedule", "Function"):
        assert f"`{kind}Entry`" in PAGE


def test_the_example_addition_computes_what_it_says():
    import torch

    from lossviz.registry import load_contrib, losses

    load_contrib()
    criterion = losses["log_cosh"].make(0, scale=2.0)
    outputs = torch.tensor([[[0.5]], [[-3.0]], [[400.0]]], dtype=torch.float64)
    found = criterion(outputs, torch.tensor([[1.0]], dtype=torch.float64))
    expected = 4 * torch.log(torch.cosh((outputs[..., 0, 0] - 1) / 2))
    torch.testing.assert_close(found, expected)
