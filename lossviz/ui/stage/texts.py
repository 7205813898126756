"""Every sentence the stage shows, in one table, so that it can be shown in another language."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "stage": "Training, step by step",
    "surface": "Loss surface",
    "losses": "Loss",
    "curvesTabs": "Curves",
    "predictions": "Predictions",
    "atCursor": "At step {step}",
    "contender": "Contender",
    "trueLoss": "True loss",
    "sliceLoss": "On this slice",
    "residual": "Off the plane",
    "view2d": "2-D",
    "view3d": "3-D",
    "viewLabel": "View of the surface",
    "resetView": "Reset view",
    "step": "step",
    "of": "/ {planned}",
    "first": "Jump to the start",
    "back": "One step back",
    "play": "Play",
    "pause": "Pause",
    "forward": "One step forward",
    "last": "Jump to the end",
    "scrub": "Step",
    "speed": "Speed",
    "loop": "Repeat",
    "choose": "Whose predictions",
    "legend": "Contenders: press one to hide or show it",
    "notFinite": "not finite",
    "noValue": "–",
    "waiting": "Waiting for more steps",
    "playing": "Playing",
    "pausedAt": "Paused at step {step} of {last}",
    "hidden": "{label} is hidden",
    "shown": "{label} is shown",
    "surfacePending": "The surface is being computed …",
    "masked": "Hatched: {count} of {total} grid points have no finite loss.",
    "saturated": "Colours stop at {bound}; higher losses share the last one.",
    "saturatedLow": "Colours start at {bound}; lower losses share the first one.",
    "clicksStart": "Click the surface to start from there.",
    "frameStep": "at step {step}",
    "train": "training",
    "test": "test",
    "actual": "actual",
    "predicted": "predicted",
    "target": "target",
    "noWebgl": "This browser cannot show 3-D (WebGL is missing); the surface stays in 2-D.",
    "noPlotly": "The library for 3-D did not load; the surface stays in 2-D. Reload to try again.",
    "badMessage": "The stage could not read what the server sent. Reload the page to try again.",
}


def texts(overrides: dict[str, str] | None = None) -> dict[str, str]:
    """The table with some sentences replaced; an unknown name raises and lists the known ones."""
    unknown = set(overrides or {}) - set(TEXTS)
    if unknown:
        raise ValueError(f"Unknown texts {sorted(unknown)}; known are {sorted(TEXTS)}.")
    return {**TEXTS, **(overrides or {})}
