"""A race whose every number has a closed form: gradient descent on a bowl, turned a little."""

from __future__ import annotations

import numpy as np

from lossviz.figures.theme import Mode, as_plain
from lossviz.ui.stage import message as m

NAMES = ("SGD", "Momentum", "Nesterov", "Adagrad", "RMSprop", "Adam",
         "AdamW", "NAdam", "RAdam", "Adadelta", "Lion", "Muon")  # fmt: skip
IDS = "ABCDEFGHIJKL"
LOWEST = np.array([0.6, -0.4])
CURVATURE = np.array([2.0, 5.0])
#: This contender leaves the finite numbers at this step.
LOST, LOST_AT = 1, 41
FORMULA = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow>'
    "<msub><mi>&#x003B8;</mi><mrow><mi>t</mi><mo>&#x0002B;</mo><mn>1</mn></mrow></msub><mo>&#x0003D;</mo><msub>"
    "<mi>&#x003B8;</mi><mi>t</mi></msub><mo>&#x02212;</mo><mi>&#x003B7;</mi><mi>&#x02207;</mi>"
    '<mi>f</mi></mrow><script>window.lossvizWrong = 1</script><mi onclick="alert(1)">x</mi></math>'
)


def rate(number: int) -> float:
    return 0.006 * (1 + number)


def way(number: int, steps: int, start: np.ndarray) -> np.ndarray:
    """The points (steps + 1, 2) of descent: each coordinate shrinks by its own factor."""
    t = np.arange(steps + 1)[:, None]
    turn = 0.04 * (number - 4) * t
    shrink = (1 - rate(number) * CURVATURE) ** t * (start - LOWEST)
    cos, sin = np.cos(turn), np.sin(turn)
    turned = np.hstack([
        shrink[:, :1] * cos - shrink[:, 1:] * sin, shrink[:, :1] * sin + shrink[:, 1:] * cos,
    ])  # fmt: skip
    if number == LOST:
        turned[LOST_AT + 1 :] = np.nan
    return LOWEST + turned


def loss_at(point: np.ndarray) -> np.ndarray:
    return np.asarray((CURVATURE * (point - LOWEST) ** 2).sum(-1) / 2)


def downhill(point: np.ndarray) -> np.ndarray:
    return -CURVATURE * (point - LOWEST)


def surface(starts: np.ndarray, **changes: object) -> m.Surface:
    x, y = np.linspace(-2.4, 2.4, 81), np.linspace(-1.8, 1.8, 61)
    grid = np.stack(np.meshgrid(x, y), -1)
    fields: dict[str, object] = {
        "log": True, "x_title": "x", "y_title": "y", "uirevision": "bowl",
        "marks": LOWEST[None], "starts": starts, "draggable": True,
    }  # fmt: skip
    return m.Surface(x, y, loss_at(grid), **(fields | changes))  # type: ignore[arg-type]


def path(number: int, steps: int, start: np.ndarray) -> m.Path:
    points = way(number, steps, start)
    loss = loss_at(points)
    return m.Path(
        IDS[number], np.arange(steps + 1), points[:, 0], points[:, 1], loss, loss, 0 * loss
    )


def fan(number: int, steps: int, starts: np.ndarray) -> m.Fan:
    ways = np.stack([way(number, steps, start) for start in starts])
    return m.Fan(IDS[number], ways[..., 0], ways[..., 1], np.arange(steps + 1))


def ledgers(one: m.Path) -> tuple[m.Ledger, m.Ledger]:
    """Why it moves as it does, and one step in numbers."""
    point = np.stack([one.x, one.y], -1)
    values = {
        "theta": point,
        "gradient": -downhill(point),
        "loss": one.loss,
        "tiny": one.loss * 1e-60,
    }
    near = np.where(one.loss < 0.5, 1, 0)
    why = (
        m.LedgerLine(label="Curvature"),
        m.LedgerLine(
            templates=(
                "The loss {loss} is still large, so the steps are large too: they follow "
                "the slope, which is {gradient} here.",
                "Close to the minimum: {loss}.",
            ),
            pick=near,
        ),
        m.LedgerLine(label="Beyond single precision", templates=("{tiny}",)),
    )
    step = (
        m.LedgerLine(
            label="Gradient descent", mathml=FORMULA, templates=("{theta} − 0.01 · {gradient}",)
        ),
        *(m.LedgerLine(label=f"Line {i}", templates=("θ = {theta}",)) for i in range(12)),
    )
    return (
        m.Ledger("Why", one.contender, one.steps, why, values),
        m.Ledger("One step", one.contender, one.steps, step, values),
    )


def curves(paths: tuple[m.Path, ...]) -> tuple[m.Losses, ...]:
    def norms(one: m.Path) -> np.ndarray:
        return np.asarray(np.hypot(*downhill(np.stack([one.x, one.y], -1)).T))

    return (
        m.Losses(
            tuple(
                m.Curve(p.contender, "loss", p.steps, p.loss, low=p.loss * 0.6, high=p.loss * 1.7)
                for p in paths
            ),
            title="loss", target=0.01, id="loss", tab="Loss",
        ),
        m.Losses(
            tuple(m.Curve(p.contender, "norm of the gradient", p.steps, norms(p)) for p in paths),
            title="norm of the gradient", id="gradient", tab="Gradient",
        ),
        m.Losses(
            tuple(
                m.Curve(p.contender, "learning rate", p.steps, np.full(len(p.steps), rate(i)))
                for i, p in enumerate(paths)
            ),
            log=False, title="learning rate", id="rate", tab="Learning rate",
        ),
    )  # fmt: skip


def contender(number: int, steps: int) -> m.Contender:
    lost = number == LOST and steps >= LOST_AT
    return m.Contender(
        IDS[number], NAMES[number], f"lr {rate(number):.3f}", number,
        f"diverged at step {LOST_AT}" if lost else "", lost, LOST_AT if lost else steps,
    )  # fmt: skip


def arrows(number: int, one: m.Path) -> tuple[m.Arrow, ...]:
    slope = downhill(np.stack([one.x, one.y], -1))
    step = np.diff(np.stack([one.x, one.y], -1), axis=0, append=np.nan)
    return (
        m.Arrow(one.contender, "gradient", *slope.T),
        m.Arrow(one.contender, "momentum", *(0.5 * slope).T),
        m.Arrow(one.contender, "step", *step.T),
    )


def scene(
    mode: Mode,
    starts: np.ndarray,
    *,
    count: int = 3,
    steps: int = 300,
    fans: int = 0,
    arrows_on: tuple[str, ...] = (),
    view: str = "2d",
) -> m.Scene:
    paths = tuple(path(n, steps, starts[0]) for n in range(count))
    around = starts[0] + np.random.default_rng(4).normal(0, 0.5, (fans, 2))
    extra = np.vstack([starts[1:], around])
    full = np.ones(steps + 1)
    return m.Scene(
        revision="1",
        planned=steps,
        theme=as_plain(mode),
        contenders=tuple(contender(n, steps) for n in range(count)),
        surface=surface(starts, view=view),
        paths=paths,
        losses=curves(paths),
        ledgers=tuple(page for one in paths[:3] for page in ledgers(one)),
        choices=tuple(IDS[:count]),
        fans=tuple(fan(n, steps, extra) for n in range(count)) if len(extra) else (),
        arrows=tuple(arrow for n, one in enumerate(paths) for arrow in arrows(n, one)),
        rates=tuple(m.Rates(IDS[n], rate(n) * full, 0.4 * rate(n) * full) for n in range(count)),
        arrows_on=arrows_on,
        exact=True,
    )
