"""Races worth seeing: each with the claim that it shows, which a test checks."""

from __future__ import annotations

import math

from lossviz.comparison import Contender
from lossviz.course.course import Course
from lossviz.registry import Value
from lossviz.settings import Options, Preset


def _sgd(lr: float, momentum: float = 0.0, nesterov: bool = False) -> Contender:
    return Contender("sgd", Options(lr=lr, momentum=momentum, nesterov=nesterov))


def _adam(lr: float, **more: Value) -> Contender:
    return Contender("adam", Options(lr=lr, **more))


#: The first two of the six shrink the worse of the curvatures 1 and 100 as fast as gradient
#: descent and heavy ball can: 2 / (1 + 100), and 4 / (1 + 10)^2 with (9 / 11)^2.
_RAVINE = (
    _sgd(2 / 101),
    _sgd(4 / 121, (9 / 11) ** 2),
    _sgd(0.01, 0.9),
    _sgd(0.01, 0.9, nesterov=True),
    _adam(0.1),
    _adam(0.5),
)

#: Of the squared mean noise, (1 - sqrt(lr))^2 is the momentum that is just not too much.
_JUST_ENOUGH = (1 - math.sqrt(0.1)) ** 2

PRESETS: tuple[Preset[Course], ...] = (
    Preset(
        "ravine",
        "A ravine: momentum against Adam",
        "To f < 1e-6 plain descent needs 461 steps with the learning rate 2/101 of the textbook, "
        "heavy ball with its textbook values 69, Adam 305 or 152, and no learning rate brings it "
        "down to 69: on a quadratic Adam does not beat tuned momentum.",
        Course(
            function="ravine", params={"condition": 100.0}, contenders=_RAVINE, start=(10.0, 1.0),
            steps=500,
        ),
    ),
    Preset(
        "turned-ravine",
        "The same ravine, turned by 45 degrees",
        "Descent and momentum need exactly as many steps as before (461, 69, 162, 98), Adam more: "
        "637 instead of 305, 177 instead of 152. It works coordinate by coordinate, so turning the "
        "axes matters.",
        Course(
            function="ravine", params={"condition": 100.0, "rotation": 45.0}, contenders=_RAVINE,
            steps=700,
        ),
    ),
    Preset(
        "two-over-curvature",
        "Divergence at 2 / curvature",
        "The curvature is 10, so the limit is 2/10. At 0.199 the point creeps inwards, at 0.2 it "
        "jumps from side to side for ever, at 0.201 it leaves. With momentum 0.9 the limit is "
        "0.38.",
        Course(
            function="ravine", params={"condition": 10.0}, start=(0.0, 1.0), steps=100,
            contenders=(_sgd(0.199), _sgd(0.2), _sgd(0.201), _sgd(0.379, 0.9), _sgd(0.381, 0.9)),
        ),
    ),
    Preset(
        "overshoot",
        "Too much momentum overshoots",
        "With momentum 0.9 the point shoots past the minimum to -0.604 at step 9 and is within "
        "0.01 for good only after 81 steps. With none it never overshoots and needs 44. With "
        "(1 - √0.1)² = 0.468 it does not overshoot either, and needs 17.",
        Course(
            function="ravine", params={"condition": 1.0}, start=(1.0, 0.0), steps=120, target=5e-5,
            contenders=(_sgd(0.1, 0.9), _sgd(0.1), _sgd(0.1, _JUST_ENOUGH)),
        ),
    ),
    Preset(
        "saddle",
        "Leaving a saddle",
        "A millionth beside the ridge, descent needs 139 steps until |y| > 0.5, momentum 50, Adam "
        "6 and RMSprop 1: the steps of these two do not shrink with the gradient.",
        Course(
            function="saddle", start=(1.0, 1e-6), steps=200,
            contenders=(
                _sgd(0.1), _sgd(0.1, 0.9), _adam(0.1), Contender("rmsprop", Options(lr=0.1)),
            ),
        ),
    ),
    Preset(
        "saddle-exact",
        "Exactly on the ridge",
        "From y = 0 the gradient along y is exactly zero: every optimizer walks to the saddle and "
        "stays there for ever.",
        Course(
            function="saddle", start=(1.0, 0.0), steps=200,
            contenders=(
                _sgd(0.1), _sgd(0.1, 0.9), _adam(0.1), Contender("rmsprop", Options(lr=0.1)),
            ),
        ),
    ),
    Preset(
        "noise-1",
        "Noise of single samples",
        "With noise the point never settles: its variance stays at lr / (B (2 - lr)), which is "
        "0.0526 here for a batch of 1.",
        Course(
            function="ravine", params={"condition": 1.0}, start=(0.0, 0.0), sigma=1.0, batch=1,
            contenders=(_sgd(0.1),), steps=1000, seeds=32, log=False,
        ),
    ),
    Preset(
        "noise-16",
        "Noise of batches of 16",
        "The same with sixteen samples in each step: a sixteenth of the variance, 0.00329.",
        Course(
            function="ravine", params={"condition": 1.0}, start=(0.0, 0.0), sigma=1.0, batch=16,
            contenders=(_sgd(0.1),), steps=1000, seeds=32, log=False,
        ),
    ),
    Preset(
        "warm-up",
        "Warm-up is not always enough",
        "At learning rate 0.2 descent diverges at step 6, and with a warm-up of 50 steps too. A "
        "warm-up of 200 steps ends at (5.004, 0.2), a minimum whose curvature 25.1 is above "
        "2 / 0.2 = 10: it is there only because the gradient vanished first.",
        Course(
            function="product", start=(5.0, 0.0), steps=300,
            contenders=(
                _sgd(0.2),
                Contender("sgd", Options(lr=0.2), schedule="constant",
                          schedule_params=Options(warmup=50)),
                Contender("sgd", Options(lr=0.2), schedule="constant",
                          schedule_params=Options(warmup=200)),
                _adam(0.2),
            ),
        ),
    ),
    Preset(
        "catapult",
        "The catapult",
        "At a constant learning rate of 0.15 the point is thrown out of the steep valley and lands "
        "where the curvature is 3.67, well below 2 / 0.15.",
        Course(
            function="product", start=(5.0, 0.0), steps=300, contenders=(_sgd(0.15), _sgd(0.05)),
        ),
    ),
    Preset(
        "decay",
        "Weight decay: AdamW against Adam",
        "The function is flat, so only the decay acts. AdamW shrinks the weight to "
        "(1 - 0.001)^1000 = 0.368. Adam divides the decay by its own size: 0.1 and 0.001 give the "
        "same path, 0.224 after 100 steps.",
        Course(
            function="flat", start=(1.0, 0.0), steps=1000, log=False,
            contenders=(
                Contender("adamw", Options(lr=0.01, weight_decay=0.1)),
                _adam(0.01, weight_decay=0.1),
                _adam(0.01, weight_decay=0.001),
            ),
        ),
    ),
    Preset(
        "adam-fails",
        "Where Adam fails",
        "Every 101st gradient is 1010, all others are -10; on average x should go to -1. Adam "
        "remembers the rare large gradient too briefly: after a first jump to -1 it climbs all the "
        "way to +1, the worst point of all. AMSGrad, which never forgets it, ends below -0.9. "
        "These are 20,000 steps; after 2,000,000, as in the paper, Adam has been at +0.994 on "
        "average, and AMSGrad is at -0.998.",
        Course(
            function="online", steps=20_000, log=False,
            contenders=(
                Contender("adam", Options(lr=0.5, beta2=0.99), schedule="inverse_sqrt"),
                Contender("adam", Options(lr=0.5, beta2=0.99, amsgrad=True),
                          schedule="inverse_sqrt"),
            ),
        ),
    ),
    Preset(
        "basins",
        "Four minima, many starts",
        "Himmelblau's function has four equal minima: which one is found is decided by the start, "
        "and with momentum by the speed as well.",
        Course(
            function="himmelblau", contenders=(_sgd(0.005), _sgd(0.005, 0.9), _adam(0.1)),
            steps=200, fan="grid", fan_count=36,
        ),
    ),
    Preset(
        "local-minima",
        "Caught in local minima",
        "Rastrigin's function has a minimum beside every integer point. Plain descent and Adam end "
        "in the nearest one, where f is 24.9. Momentum carries the point over the next walls, down "
        "to 4.97 with 0.95, and to 0.995 with 0.97 at half the learning rate: further, not all the "
        "way.",
        Course(
            function="rastrigin", start=(4.45, 3.45), steps=600,
            contenders=(_sgd(0.002), _sgd(0.002, 0.95), _sgd(0.001, 0.97), _adam(0.1)),
        ),
    ),
)  # fmt: skip
