"""Two distributions: entropy, cross-entropy and divergence, in nats, bits or base 10."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lossviz.registry import SettingError

#: The bases of the logarithm, by the unit's name in settings.
BASES = {"nats": math.e, "bits": 2.0, "dits": 10.0}


@dataclass(frozen=True)
class Surprise:
    """What two distributions say of each other, in one unit.

    Args:
        entropy: $-\\sum p \\log p$, the mean surprise of who knows p.
        cross_entropy: $-\\sum p \\log q$, the mean surprise of who believes q; infinite where q
            says never and p does not.
        divergence: Their difference $\\sum p \\log (p / q)$, at least 0: what believing q costs.
        terms: The terms $-p \\log q$ of the cross-entropy, class by class.
    """

    entropy: float
    cross_entropy: float
    divergence: float
    terms: tuple[float, ...]


def surprise(p: Sequence[float], q: Sequence[float], unit: str = "nats") -> Surprise:
    """Entropy of p, cross-entropy of p and q, and divergence of q from p.

    Args:
        p: The true distribution, a number of each class, summing to 1.
        q: The predicted one.
        unit: "nats", "bits" or "dits" (base 10).

    Raises:
        SettingError: For another unit, or for what are no two distributions over the same classes.

    How to read it: the cross-entropy is the loss of a classifier that says q; the entropy is as low
    as it can come.

    >>> round(surprise((0.9, 0.1), (0.8, 0.2)).cross_entropy, 4)
    0.3618
    """
    if unit not in BASES:
        raise SettingError(f"There is no unit {unit!r}; there are {', '.join(BASES)}.")
    for name, values in (("p", p), ("q", q)):
        if min(values, default=-1) < 0 or abs(math.fsum(values) - 1) > 1e-6 or len(p) != len(q):
            raise SettingError(
                f"{name} is {tuple(values)}; p and q must be shares of the same classes, each "
                "summing to 1."
            )
    scale = math.log(BASES[unit])
    terms = tuple(_term(a, b) / scale for a, b in zip(p, q, strict=True))
    entropy = math.fsum(_term(a, a) / scale for a in p)
    crossed = math.fsum(terms) if math.inf not in terms else math.inf
    # Rounding can leave it a hair below 0 where the two agree.
    return Surprise(entropy, crossed, max(0.0, crossed - entropy), terms)


def _term(p: float, q: float) -> float:
    if p == 0:
        return 0.0  # the limit of p log q, whatever q is
    return -p * math.log(q) if q > 0 else math.inf


def shares(numbers: Sequence[float]) -> tuple[float, ...]:
    """Numbers of at least 0 as shares of their sum; all alike where the sum is 0.

    Shares that already sum to 1 stay exactly as they are, so that a link keeps them.

    >>> shares((3.0, 1.0)), shares((0.0, 0.0)), shares((0.9, 0.1))
    ((0.75, 0.25), (0.5, 0.5), (0.9, 0.1))
    """
    total = math.fsum(numbers)
    if abs(total - 1) < 1e-9:
        return tuple(numbers)
    if total <= 0:
        return (1 / len(numbers),) * len(numbers)
    return tuple(number / total for number in numbers)
