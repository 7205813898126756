"""Data worth seeing: each table with the claim that it shows, which a test checks."""

from __future__ import annotations

from lossviz.datalab.lab import CONSTANT, DataLab
from lossviz.settings import Preset

PRESETS: tuple[Preset[DataLab], ...] = (
    Preset(
        "units",
        "One column in hundreds",
        "Proline is counted in hundreds, alcohol in ones: the condition number is 14,700. At half "
        "its limit SGD takes away 0.0068 % of what is left with each step, and 39 % once both "
        "have spread 1. Cleaning alone does not help: 25,700.",
        DataLab(section="effect", surfaces="three"),
    ),
    Preset(
        "hidden",
        "Outliers that hide one another",
        "A fifth of each column was put 6 to 12 standard deviations off, 468 values in all. They "
        "widen the standard deviation so much that a z-score of 3 finds 5 of them. Quartiles do "
        "not move: switch to them, and 474 values are found.",
        DataLab(section="clean", fence="z", outlier_share=0.2, missing_share=0.0),
    ),
    Preset(
        "dropped",
        "A few gaps, and hardly a row left",
        "Of each of 13 columns 15 % is missing, always in other rows. Dropping rows with a gap "
        "leaves 12 of 124 for training and 6 of 54 for testing; filled in with the median all "
        "stay.",
        DataLab(section="clean", missing="drop", missing_share=0.15),
    ),
    Preset(
        "squeezed",
        "Two values that rule a scale",
        "The least and the greatest value become 0 and 1, and these are outliers: the middle half "
        "of a column is squeezed into 0.073 of that (the median over all columns). Clipped it has "
        "0.24; robust scaling gives it about 1 in any case.",
        DataLab(section="scale", scaling="unit", outliers="mark"),
    ),
    Preset(
        "intercept",
        "Far from zero",
        "Alcohol lies between 11 and 15, so its weight and the intercept do nearly the same: "
        "condition number 43,400. With mean 0 the two are at right angles, and the number is "
        "exactly 1. One step of SGD is enough.",
        DataLab(
            section="effect", source="wine", first="alcohol", second=CONSTANT,
            missing_share=0.0, outlier_share=0.0,
        ),
    ),
    Preset(
        "one-rate",
        "One rate for all",
        "Blood pressure near 100 makes the loss steep: the rate 0.01 is 102 times what SGD stands "
        "on the raw data, and it diverges within 6 steps. On the scaled data the same rate is "
        "slow but safe: 94 steps, with momentum 12.",
        DataLab(section="effect", source="diabetes", first="bmi", second="bp", tune="same"),
    ),
    Preset(
        "saturated",
        "Large inputs, deaf units",
        "The same six tanh units from the same weights. On raw numbers in the hundreds they stand "
        "at ±1 from the start and learn nothing but the more frequent class: 0.633 of the test "
        "rows are right. On scaled inputs it is 0.959.",
        DataLab(section="effect", model="network", steps=500),
    ),
)  # fmt: skip
