"""Numbers and names as the figures say them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

from lossviz import registry


def number(value: float, digits: int = 3) -> str:
    """A number for a person, with a real minus sign and powers of ten.

    >>> number(0.12345), number(-1500.0), number(1.5e-7), number(1e6), number(math.inf)
    ('0.123', '−1500', '1.5×10<sup>−7</sup>', '10<sup>6</sup>', '∞')
    """
    if math.isnan(value):
        return "not a number"
    sign = "−" if value < 0 else ""
    value = abs(value)
    if math.isinf(value):
        return f"{sign}∞"
    if value == 0 or 1e-3 <= value < 1e4:
        text = f"{value:.{digits}g}"
        return sign + (f"{value:.0f}" if "e" in text else text)
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    tens = f"10<sup>{int(power)}</sup>".replace("-", "−")
    return sign + (tens if mantissa == "1" else f"{mantissa}×{tens}")


def share(value: float) -> str:
    """A share as a percentage that is never rounded up to all or down to nothing.

    >>> [share(value).replace(chr(160), " ") for value in (0.6079, 0.9999, 0.00001, 1.0, 0.0)]
    ['61 %', '&gt;99 %', '&lt;1 %', '100 %', '0 %']
    """
    if 0.99 < value < 1 - 1e-9:
        return "&gt;99\u00a0%"
    if 1e-9 < value < 0.01:
        return "&lt;1\u00a0%"
    return f"{100 * value:.0f}\u00a0%"


def count(n: int, singular: str, plural: str = "") -> str:
    """A number with its noun.

    >>> count(1, "cell"), count(1200, "cell")
    ('1 cell', '1200 cells')
    """
    return f"{n} {singular if n == 1 else plural or singular + 's'}"


def run_label(run: Any, fallback: str) -> str:
    """The optimizer's title, its learning rate, and the options that differ from their default.

    >>> import lossviz as lv
    >>> run_label(lv.train(lv.Experiment(optimizer="adam", params={"lr": 0.02}, steps=1)), "run 1")
    'Adam, lr 0.02'
    """
    method = getattr(run, "experiment", None) or getattr(run, "method", None)
    name = getattr(method, "optimizer", None)
    if method is None or name is None or name not in registry.optimizers:
        return fallback
    entry = registry.optimizers[name]
    given: Mapping[str, Any] = method.params
    parts = [entry.title]
    for param in entry.params:
        value = given.get(param.name, param.default)
        if param.name == "lr" or value != param.default:
            said = _plain(value)
            title = "lr" if param.name == "lr" else param.label
            parts.append(f"{title} {said}")
    return ", ".join(parts)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def distinct(labels: list[str]) -> list[str]:
    """The same labels, numbered where two are equal.

    >>> distinct(["SGD", "Adam", "SGD"])
    ['SGD (1)', 'Adam', 'SGD (2)']
    """
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        result.append(f"{label} ({seen[label]})" if labels.count(label) > 1 else label)
    return result


def wrapped(sentences: list[str] | tuple[str, ...], width: int = 104) -> str:
    """Sentences as one text broken into lines for Plotly."""
    return "<br>".join(textwrap.wrap(" ".join(sentences), width))
