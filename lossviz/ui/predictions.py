"""From what a model predicts along its run to the stage's panel of predictions."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from lossviz.picture import Seen
from lossviz.problem import Data
from lossviz.ui.stage import message as stage

NOTHING = (
    "This loss says nothing about the probability of a class, so there is no picture of the "
    "predictions."
)


def panel(name: str, seen: Seen | None, data: Data) -> stage.Predictions | str:
    """The panel of one contender, or a sentence where there is nothing to draw."""
    if seen is None:
        return NOTHING
    if seen.kind == "confusion":
        return stage.Confusion(name, data.class_names, seen.steps, seen.values, seen.split)
    if seen.kind == "parity":
        actual, test = _targets(data)
        return stage.Parity(
            contender=name,
            actual=actual,
            test=test,
            steps=seen.steps,
            values=seen.values,
            x_title=f"{data.target_name}, actual",
            y_title=f"{data.target_name}, predicted",
        )
    if seen.kind == "fit":
        assert seen.x is not None
        return stage.Fit(
            contender=name,
            x=seen.x,
            steps=seen.steps,
            values=seen.values,
            points=_points(data, 0, None),
            x_title=data.feature_names[0],
            y_title=data.target_name,
        )
    assert seen.x is not None
    assert seen.y is not None
    return stage.Regions(
        contender=name,
        extent=(float(seen.x[0]), float(seen.x[-1]), float(seen.y[0]), float(seen.y[-1])),
        steps=seen.steps,
        values=seen.values,
        points=_points(data, 0, 1),
        confidence=seen.confidence,
        classes=data.class_names,
        x_title=data.feature_names[0],
        y_title=data.feature_names[1],
    )


def _points(data: Data, first: int, second: int | None) -> stage.Points:
    """All samples: two inputs and the class, or an input and the value to be predicted."""
    inputs = np.concatenate([_array(data.inputs), _array(data.test_inputs)])
    targets, test = _targets(data)
    if second is None:
        return stage.Points(inputs[:, first], targets, np.zeros(len(inputs), int), test)
    return stage.Points(inputs[:, first], inputs[:, second], targets, test)


def _targets(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """All targets (N,), training samples first, and which are test samples (N,)."""
    targets = np.concatenate([_array(data.targets), _array(data.test_targets)])
    return targets.reshape(-1), np.arange(len(targets)) >= len(data.targets)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy()
