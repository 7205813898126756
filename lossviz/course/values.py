"""What a course can be set to: its limits, and the table of its plain values."""

from __future__ import annotations

from lossviz.registry import Param

MOST_CONTENDERS = 12
#: So many starts may be placed beside the first one.
MOST_STARTS = 16
#: Starts lie within this.
FARTHEST = 1e12
#: What can be drawn at the head of a path.
ARROWS = ("gradient", "momentum", "step", "rates")

#: The plain values of a course: one table for URL, defaults and widgets.
VALUES: dict[str, Param] = {
    p.name: p
    for p in (
        Param("steps", 300, 1, 20_000, "log", help="How many times each optimizer steps."),
        Param("sigma", 0.0, 1e-3, 1e3, "log", off=0.0, title="gradient noise",
              help="Standard deviation of the noise on the gradient of one sample; 0 for none."),
        Param("batch", 1, 1, 1024, "log", title="batch size",
              help="So many samples are averaged in a step: the variance of the noise is "
                   "sigma² / B."),
        Param("seed", 0, 0, 999_999, help="Which noise is drawn; the same for all contenders."),
        Param("seeds", 1, 1, 32, title="noise seeds",
              help="Race with so many seeds of the noise; the curves show their spread."),
        Param("start_seed", 0, 0, 999_999, title="random start",
              help="A start drawn at random over the picture by this seed; 0 for the usual start."),
        Param("fan", "none", choices=("none", "ring", "grid"), title="more starts",
              names=("none", "ring", "grid"),
              help="Start from many points at once: around the start, or all over the picture."),
        Param("fan_count", 16, 2, 64, title="how many", help="How many further starts there are."),
        Param("fan_size", 0.1, 0.01, 0.5, "log", title="radius of the ring",
              help="As a share of the picture's width."),
        Param("fair", False, title="fair mode",
              help="Each contender gets its best learning rate out of a sweep with the same "
                   "number of steps."),
        Param("rates", 13, 5, 33, title="rates in the sweep",
              help="So many learning rates are tried for each contender."),
        Param("lowest", -4.0, -6.0, 1.0, title="sweep from 10^",
              help="Where the sweep begins: -4 is a learning rate of 0.0001."),
        Param("highest", 1.0, -5.0, 2.0, title="sweep to 10^",
              help="Where the sweep ends."),
        Param("target", 1e-6, 1e-12, 1e3, "log", title="tolerance",
              help="The table counts the steps until the function is this close to its minimum "
                   "(or below this, where the minimum is not known)."),
        Param("grid", "101", choices=("61", "101", "201"), title="resolution",
              help="Points of the surface along each axis."),
        Param("three_d", False, title="3-D", help="The surface in three dimensions."),
        Param("log", True, title="log scale",
              help="Colours and curves by the logarithm: of the height over the minimum, where "
                   "that is known."),
        Param("chosen", 0, 0, MOST_CONTENDERS - 1, title="explain",
              help="The contender that is explained beside the picture."),
    )
}  # fmt: skip
