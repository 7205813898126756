"""Made-up scenes for the stage: closed forms, so that a test knows what it must see."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from lossviz.figures.theme import Mode, as_plain
from lossviz.ui.stage import message as m

NAMES = ("SGD", "Momentum", "Adam", "RMSprop", "Adagrad", "Lion", "Muon", "AdamW")
DIVERGES_AT = 41


def loss_at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A bowl with a ripple, lowest near (0.6, -0.4)."""
    return (
        0.02 + (x - 0.6) ** 2 + 2.5 * (y + 0.4) ** 2 + 0.25 * np.sin(3 * x) * np.cos(2 * y) + 0.26
    )


def surface(
    view: Literal["2d", "3d"] = "2d", *, holes: bool = False, shift: float = 0.0, log: bool = True
) -> m.Surface:
    x, y = np.linspace(-2.4, 2.4, 61), np.linspace(-1.8, 1.8, 47)
    z = loss_at(x[None, :] + shift, y[:, None])
    if holes:
        z[(x[None, :] > 1.2) & (y[:, None] > 0.9)] = np.nan
        z[3, 5] = np.inf
    return m.Surface(
        x,
        y,
        z,
        log=log,
        view=view,
        x_title="first direction (1 = its length)",
        y_title="second direction",
        uirevision="demo",
        marks=np.array([[0.6, -0.4]]),
    )


def path(number: int, count: int, steps: int, start: tuple[float, float]) -> m.Path:
    """A spiral from `start` to the minimum, each contender with a turn and a pace of its own."""
    t = np.arange(steps + 1)
    decay = np.exp(-t / (25 + 9 * number))
    turn = (0.15 + 0.02 * number) * t * (1 if number % 2 else -1) / 4
    dx, dy = start[0] - 0.6, start[1] + 0.4
    x = 0.6 + decay * (dx * np.cos(turn) - dy * np.sin(turn))
    y = -0.4 + decay * (dx * np.sin(turn) + dy * np.cos(turn))
    if number == 1 and count > 1:
        x[DIVERGES_AT + 1 :] = y[DIVERGES_AT + 1 :] = np.nan
    slice_loss = loss_at(x, y)
    return m.Path("ABCDEFGH"[number], t, x, y, slice_loss * 1.07, slice_loss, 0.1 * (1 - decay))


def curves(one: m.Path) -> tuple[m.Curve, m.Curve]:
    wobble = 1 + 0.12 * np.sin(np.arange(len(one.steps)) * 0.9)
    return (
        m.Curve(one.contender, "training loss", one.steps, one.loss),
        m.Curve(one.contender, "test loss", one.steps, one.loss * wobble * 1.2, "faint"),
    )


def points() -> m.Points:
    random = np.random.default_rng(3)
    angle = random.uniform(0, np.pi, 120)
    label = np.arange(120) % 2
    x = np.where(label, 1 - np.cos(angle), np.cos(angle)) + random.normal(0, 0.1, 120)
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle)) + random.normal(0, 0.1, 120)
    return m.Points(x, y, label, np.arange(120) % 4 == 0)


def predictions(kind: str, steps: int, contender: str = "A", scale: float = 1.0) -> m.Predictions:
    """`scale` takes those of a regression of several inputs out of the picture's range."""
    t = np.arange(0, steps + 1, 5)
    share = (t / max(steps, 1))[:, None, None]
    if kind == "regions":
        u, v = np.linspace(-1.5, 2.5, 60), np.linspace(-1.2, 1.7, 50)
        edge = v[:, None] - 0.25 - share * 0.9 * np.sin(2.4 * u[None, :] - 0.6)
        probability = 1 / (1 + np.exp(edge * (1 + 9 * share)))
        values = np.round(255 * probability).astype(np.uint8)
        return m.Regions(
            contender,
            (-1.5, 2.5, -1.2, 1.7),
            t,
            values,
            points(),
            classes=("outer moon", "inner moon"),
        )
    if kind == "classes":
        u, v = np.linspace(-1.5, 2.5, 60), np.linspace(-1.2, 1.7, 50)
        angle = np.arctan2(v[:, None] - 0.2, u[None, :] - 0.5)[None] + 2 * share
        part = (angle % (2 * np.pi)) / (2 * np.pi) * 3
        middle = 1 - np.abs(part - np.floor(part) - 0.5)
        data = points()
        return m.Regions(
            contender,
            (-1.5, 2.5, -1.2, 1.7),
            t,
            np.floor(part).astype(np.uint8),
            replace(data, label=np.arange(120) % 3),
            np.round(255 * (0.35 + 0.6 * middle * share)).astype(np.uint8),
            ("a", "b", "c"),
        )
    if kind == "fit":
        x = np.linspace(-3, 3, 80)
        random = np.random.default_rng(5)
        at = random.uniform(-3, 3, 40)
        data = m.Points(
            at, np.sin(at) + random.normal(0, 0.12, 40), np.zeros(40), np.arange(40) % 5 == 0
        )
        return m.Fit(contender, x, t, share[:, 0] * np.sin(x)[None], data, "x", "y")
    if kind == "parity":
        actual = np.linspace(-2, 2, 30)
        return m.Parity(
            contender,
            actual,
            np.arange(30) % 3 == 0,
            t,
            scale * share[:, 0] * actual[None],
            "actual",
            "said",
        )
    k = 10 if kind == "digits" else 3
    names = tuple(str(i) for i in range(k)) if k == 10 else ("setosa", "versicolor", "virginica")
    right = np.eye(k)[None] * (4 + 32 * share)
    counts = np.round(right + (1 - np.eye(k))[None] * 9 * (1 - share)).astype(np.int32)
    return m.Confusion(contender, names, t, counts)


def contender(
    number: int, count: int, last: int, planned: int, *, visible: bool = True
) -> m.Contender:
    lost = number == 1 and count > 1 and last >= DIVERGES_AT
    done = "finished" if last >= planned else "running"
    return m.Contender(
        "ABCDEFGH"[number],
        NAMES[number],
        f"lr {0.01 * (number + 1):.2f}",
        number,
        f"diverged at step {DIVERGES_AT}" if lost else ("" if done == "finished" else done),
        lost,
        last,
        visible,
    )


def scene(
    mode: Mode = "light",
    *,
    count: int = 3,
    steps: int = 300,
    last: int | None = None,
    revision: str = "1",
    kind: str = "regions",
    start: tuple[float, float] = (-1.8, 1.2),
    flat: m.Surface | None = None,
    cue: m.Cue | None = None,
    hidden: tuple[str, ...] = (),
    choice: str = "A",
    scale: float = 1.0,
) -> m.Scene:
    """A whole scene; with `last` below `steps` a live one."""
    reach = steps if last is None else last
    paths = tuple(path(number, count, reach, start) for number in range(count))
    contenders = tuple(
        replace(contender(n, count, reach, steps), visible="ABCDEFGH"[n] not in hidden)
        for n in range(count)
    )
    return m.Scene(
        revision=revision,
        planned=steps,
        theme=as_plain(mode),
        contenders=contenders,
        surface=flat or surface(),
        paths=paths,
        losses=m.Losses(tuple(curve for one in paths for curve in curves(one)), target=0.3),
        predictions=None if kind == "none" else predictions(kind, reach, choice, scale),
        predictions_note="This problem has no predictions to draw." if kind == "none" else "",
        choices=tuple(c.id for c in contenders),
        live=reach < steps,
        cue=cue,
    )


def delta(whole: m.Scene, joins: int, last: int) -> m.Delta:
    """The steps after `joins` up to `last` of a live scene's run."""
    count, steps = len(whole.contenders), whole.planned
    full = [path(number, count, steps, (-1.8, 1.2)) for number in range(count)]

    def cut(series: m.Path | m.Curve) -> dict[str, object]:
        keep = (series.steps > joins) & (series.steps <= last)
        columns = {k: v[keep] for k, v in vars(series).items() if isinstance(v, np.ndarray)}
        return {**columns, "joins": joins}

    parts = tuple(replace(one, **cut(one)) for one in full)
    lines = tuple(replace(c, **cut(c)) for one in full for c in curves(one))
    return m.Delta(
        whole.revision,
        tuple(contender(n, count, last, steps) for n in range(count)),
        parts,
        lines,
        live=last < steps,
    )
