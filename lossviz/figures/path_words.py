"""What hovering over a path says, on a map and on a landscape alike."""

from __future__ import annotations

import numpy as np

from lossviz.figures.paths import Path


def hover(path: Path) -> tuple[str, np.ndarray]:
    """What hovering over a path says: the template and the numbers (F, 4) that it takes."""
    lines = [f"<b>{path.label}</b>", "step %{customdata[0]:d}"]
    columns = (("true loss", path.loss), ("the slice's loss here", path.slice_loss),
               ("distance from the slice", path.residual))  # fmt: skip
    for index, (words, values) in enumerate(columns, 1):
        if np.isfinite(values).any():
            lines.append(f"{words} %{{customdata[{index}]:.4~g}}")
    data = np.column_stack([path.steps, path.loss, path.slice_loss, path.residual])
    return "<br>".join(lines) + "<extra></extra>", data


def start_words(path: Path) -> str:
    """What hovering over a path's start says."""
    return f"<b>{path.label}</b><br>start<extra></extra>"


def end_words(path: Path, frame: int) -> str:
    """What hovering over a path's head, which stands at this frame, says."""
    step = int(path.steps[frame])
    said = []
    if frame != path.head:
        said.append(f"the slice has no finite loss after step {step}")
    elif path.leaves:
        said.append(f"leaves the picture after step {step}")
    if path.diverged_at is not None:
        said.append(f"diverged at step {path.diverged_at}")
    return f"<b>{path.label}</b><br>{', '.join(said) or f'step {step}, the last'}<extra></extra>"
