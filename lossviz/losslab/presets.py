"""What is worth seeing in the loss lab: each with a claim, which a test checks."""

from __future__ import annotations

from lossviz.losslab.lab import LossLab
from lossviz.losslab.pick import Pick
from lossviz.settings import Preset

PRESETS: tuple[Preset[LossLab], ...] = (
    Preset(
        "outlier",
        "One wild point",
        "Ten points lie on y = 2 x + 1, the last was mistyped. The squared error pays any price to "
        "come near it and finds the slope 9.727; Huber gives it the pull of a small error, 2.667; "
        "the absolute error ignores it, exactly 2.",
        LossLab(section="outliers"),
    ),
    Preset(
        "saturation",
        "Surely wrong, and slow to learn",
        "From w = b = 2 the neuron says 0.98 and should say 0. Cross-entropy is below 0.1 after 50 "
        "steps, the squared error after 469: its slope has the factor p (1 - p), next to nothing "
        "where the neuron is sure.",
        LossLab(section="saturation"),
    ),
    Preset(
        "saturation-3",
        "Surer, and slower still",
        "From w = b = 3 cross-entropy takes 57 steps, hardly more than before, and the squared "
        "error 1652.",
        LossLab(section="saturation", w=3.0, b=3.0, steps=2000),
    ),
    Preset(
        "rare",
        "One in twenty",
        "With 5 % positives cross-entropy is right 96 % of the time and misses two of three. "
        "Weighted 19 times it finds 84 %, with many false alarms. Soft F1 stops in between, where "
        "F1 is greatest: 0.518. Focal loss alone leaves the threshold where it was.",
        LossLab(section="imbalance"),
    ),
    Preset(
        "example",
        "An example to check",
        "For p = (0.9, 0.1) and q = (0.8, 0.2) the cross-entropy is 0.3618 nats.",
        LossLab(section="entropy"),
    ),
    Preset(
        "margins",
        "Pulls that stop, and pulls that do not",
        "The hinge stops pulling at the margin 1, cross-entropy never quite. On the wrong side "
        "both keep pulling as hard as they can, while the squared error behind a sigmoid lets go.",
        LossLab(
            over="margin",
            margin=(Pick("cross_entropy"), Pick("hinge"), Pick("sigmoid_mse")),
            reach=6.0,
        ),
    ),
    Preset(
        "from-square-to-absolute",
        "From the square to the absolute",
        "Huber with a large delta is half the square, with a small one nearly delta times the "
        "absolute error: the slope is capped at delta.",
        LossLab(
            residual=(
                Pick("mse"), Pick("mae"), Pick("huber", {"delta": 0.25}), Pick("huber"),
                Pick("huber", {"delta": 3.0}),
            ),
        ),
    ),
)  # fmt: skip
