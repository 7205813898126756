"""The plain values of a survey: one table for links, defaults and widgets."""

from __future__ import annotations

from lossviz.registry import Param
from lossviz.survey.views import LETTERS

#: So many contenders can be told apart beside a second network's.
MOST_CONTENDERS = len(LETTERS)
#: So many planes may be drawn, and so many pictures in all.
MOST_VIEWS, MOST_PICTURES = 4, 6

#: Each is a field of `lossviz.survey.Survey`.
VALUES: dict[str, Param] = {
    p.name: p
    for p in (
        Param("layer", "train_loss",
              choices=("train_loss", "test_loss", "train_accuracy", "test_accuracy"),
              names=("training loss", "test loss", "training accuracy", "test accuracy"),
              title="surface of", help="What the surfaces show."),
        Param("statistics", "batch", choices=("batch", "recomputed", "frozen"),
              names=("of the batch", "recomputed", "frozen"), title="batch normalisation",
              help="Which means and spreads it uses at each point of a surface: those of the "
                   "samples, as in training; those of all training samples at these weights, as "
                   "one would use the network; or those that A's run left behind."),
        Param("grid", "41", choices=("25", "41", "51", "75", "101"), title="resolution",
              help="Points of each surface along each axis."),
        Param("log", True, title="log scale", help="Colours and curves by the logarithm."),
        Param("three_d", False, title="3-D", help="The surfaces in three dimensions."),
        Param("shared", True, title="one colour range",
              help="Equal colours mean equal values in all pictures."),
        Param("section", "none", choices=("none", "line", "curve"),
              names=("none", "straight line", "low-loss curve"), title="way",
              help="The loss on the straight line between two trained networks, and along a curve "
                   "that is trained to stay low."),
        Param("ends", "seeds", choices=("seeds", "contenders"),
              names=("A from two seeds", "A and B"), title="from where to where",
              help="Two networks trained alike from two seeds, or the ends of A and B."),
        Param("aligned", False, title="align hidden units",
              help="Permute the hidden units of the second network so that they lie nearest to "
                   "those of the first: it still computes the same."),
        Param("bend_steps", 300, 20, 3000, "log", title="steps of the curve",
              help="How many steps the bend of the curve is trained."),
        Param("bend_rate", 0.05, 1e-4, 1.0, "log", title="rate of the curve",
              help="The learning rate of Adam, which trains the bend."),
        Param("sharpness", False, title="sharpness along the paths",
              help="The largest curvature at points of each path, beside what its optimizer "
                   "stands; a tab beside the loss."),
        Param("spectrum", False, title="spectrum",
              help="How the eigenvalues of the Hessian are spread at one point of a path, and how "
                   "sharp that point is by four measures."),
        Param("lines", False, title="one-dimensional slices",
              help="The loss along each axis of the first picture, on a line through A's end, over "
                   "training and test samples."),
        Param("slices", 0, 2, 16, off=0, title="random slices",
              help="Compare so many random slices through A's end: is one of them typical?"),
        Param("chosen", 0, 0, MOST_CONTENDERS - 1, title="spectrum of",
              help="The contender whose path is looked at."),
        Param("moment", 100, 0, 100, title="% of its path",
              help="Where the spectrum is looked at: 0 is the start of the path, 100 its end."),
        Param("target", 0.1, 1e-6, 1e3, "log", title="target loss",
              help="The table counts the steps until the training loss is below it."),
    )
}  # fmt: skip
