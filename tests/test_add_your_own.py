"""The page about additions: its example is run as a reader would run it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "add-your-own.md").read_text(encoding="utf-8")


def test_the_example_of_the_page(tmp_path):
    addition, use = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "quantile.py").write_text(addition, encoding="utf-8")
    environment = {**os.environ, "LOSSVIZ_CONTRIB": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", use],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    stated = re.search(r"which prints `(.*?)`", PAGE)
    assert done.stdout.strip() == stated[1]


def test_the_page_names_every_kind_of_entry():
    for kind in ("Loss", "Dataset", "Model", "Initialiser", "Optimizer", "Schedule"):
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
