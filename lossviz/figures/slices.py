"""The loss along single directions through a network's weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.gaps import with_gaps
from lossviz.figures.layout import axis, base_layout, check_mode, note
from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.surface import Slice1d


def slices(
    found: Mapping[str, Sequence[Slice1d]], log: bool = False, mode: Mode = "light"
) -> go.Figure:
    """The loss on lines through one network, which stands at t = 0.

    How to read it: a line shows one direction out of all. Where two of them differ much in width,
    the network lies in a ravine. Pale is the loss of the test samples. A loss that is not finite
    leaves a gap.

    Args:
        found: By what the legend says, the slices along one direction: over the training samples,
            and where there are any, over the test samples.
        log: Whether the loss is drawn by its logarithm.
        mode: "light" or "dark".

    Raises:
        ValueError: For an unknown mode.
    """
    mode = check_mode(mode)
    figure = go.Figure(layout=base_layout(mode, "", (), list(found)))
    figure.update_layout(
        height=320,
        margin={"t": 16},
        xaxis=axis(mode, "t, along each axis, from the network (0)"),
        yaxis=axis(mode, "loss", type="log" if log else "linear"),
    )
    if not found:
        figure.add_annotation(**note(mode, "There is no line to draw."))
    for index, (label, several) in enumerate(found.items()):
        for one in several:
            figure.add_trace(_trace(one, label, index, mode))
    figure.add_vline(0, line={"color": PALETTE[mode].grid, "width": 1}, layer="below")
    return figure


def _trace(one: Slice1d, label: str, index: int, mode: Mode) -> go.Scatter:
    train = one.split == "train"
    look = mark(index)
    return go.Scatter(
        x=np.asarray(one.t), y=with_gaps(one.loss), mode="lines",
        name=label, showlegend=train, opacity=1 if train else 0.45,
        line={
            "color": look.color(mode), "width": 2.4 if train else 1.4, "dash": look.plotly_dash
        },
        hovertemplate=f"<b>{label}{'' if train else ', test'}</b><br>t %{{x:.3~g}}<br>%{{y:.4~g}}"
        "<extra></extra>",
    )  # fmt: skip
