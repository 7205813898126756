"""Each extra optimizer's formula, as its entry shows it, in plain numbers beside its steps."""

import math

import pytest
import torch
from torch import nn

from lossviz.registry import optimizers

STEPS = 15
START = (1.5, -0.7)


def slope(theta):
    """The gradient of f = x^4 / 4 - x + 5 y^2 / 2 + x y."""
    x, y = theta
    return [x**3 - 1 + y, 5 * y + x]


def sign(number):
    return (number > 0) - (number < 0)


def elementwise(rule):
    """The path of a rule ``rule(memory, step, theta, g) -> theta`` that knows one coordinate."""

    def path():
        theta, memories = list(START), ({}, {})
        for t in range(1, STEPS + 1):
            g = slope(theta)
            theta = [rule(m, t, w, s) for m, w, s in zip(memories, theta, g, strict=True)]
            yield theta

    return path


def mean(memory, name, beta, value, start=0.0):
    """The running mean of that name, after this value."""
    memory[name] = beta * memory.get(name, start) + (1 - beta) * value
    return memory[name]


def lion(memory, t, w, g, lr=0.05):
    step = sign(0.9 * memory.get("m", 0.0) + 0.1 * g)
    mean(memory, "m", 0.99, g)
    return w - lr * step


def sign_sgd(memory, t, w, g, lr=0.05):
    return w - lr * sign(mean(memory, "m", 0.5, g))


def adabelief(memory, t, w, g, lr=0.1, eps=1e-3):
    m = mean(memory, "m", 0.9, g)
    s = memory["s"] = 0.999 * memory.get("s", 0.0) + 0.001 * (g - m) ** 2 + eps
    return w - lr * m / (1 - 0.9**t) / (math.sqrt(s / (1 - 0.999**t)) + eps)


def adan(memory, t, w, g, lr=0.1, eps=1e-3, decay=0.1):
    change = g - memory.get("g", g)
    memory["g"] = g
    m = mean(memory, "m", 0.98, g) / (1 - 0.98**t)
    v = mean(memory, "v", 0.92, change) / (1 - 0.92**t)
    n = mean(memory, "n", 0.99, (g + 0.92 * change) ** 2) / (1 - 0.99**t)
    return (w - lr * (m + 0.92 * v) / (math.sqrt(n) + eps)) / (1 + lr * decay)


def adopt(memory, t, w, g, lr=0.1, eps=1e-3):
    if t == 1:
        memory["v"] = g**2
        return w
    limit = t**0.25
    scaled = min(max(g / max(math.sqrt(memory["v"]), eps), -limit), limit)
    m = mean(memory, "m", 0.9, scaled)
    mean(memory, "v", 0.9, g**2)
    return w - lr * m


def yogi(memory, t, w, g, lr=0.1, eps=1e-3):
    m = mean(memory, "m", 0.9, g, start=0.1)
    v = memory.get("v", 0.1)
    v = memory["v"] = v - 0.001 * sign(v - g**2) * g**2
    return w - lr * m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.999**t)) + eps)


def ademamix(memory, t, w, g, lr=0.02, eps=1e-3):
    fast, slow = mean(memory, "fast", 0.9, g), mean(memory, "slow", 0.99, g)
    v = mean(memory, "v", 0.999, g**2)
    return w - lr * (fast / (1 - 0.9**t) + 2 * slow) / (math.sqrt(v / (1 - 0.999**t)) + eps)


def schedule_free(memory, t, w, step, lr, beta):
    """The new y from the mean x of all z; ``w`` is the old y, ``step`` what z is moved against."""
    z = memory["z"] = memory.get("z", w) - lr * step
    weight = t**2 * lr**2  # r = 2
    total = memory["total"] = memory.get("total", 0.0) + weight
    c = weight / total
    x = memory["x"] = (1 - c) * memory.get("x", w) + c * z
    return (1 - beta) * z + beta * x


def schedule_free_sgd(memory, t, w, g, lr=0.05, decay=0.1):
    return schedule_free(memory, t, w, g + decay * w, lr, 0.8)


def schedule_free_adamw(memory, t, w, g, lr=0.1, eps=1e-3, decay=0.1):
    v = mean(memory, "v", 0.99, g**2) / (1 - 0.99**t)
    # The package adds 1e-15 under the root.
    step = g / (math.sqrt(v + 1e-15) + eps) + decay * w
    return schedule_free(memory, t, w, step, lr, 0.8)


def lamb(lr=0.1, eps=1e-3, decay=0.1):
    theta, m, v = list(START), [0.0, 0.0], [0.0, 0.0]
    for t in range(1, STEPS + 1):
        g = slope(theta)
        m = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
        v = [0.999 * a + 0.001 * b**2 for a, b in zip(v, g, strict=True)]
        r = [a / (math.sqrt(b) + eps) + decay * w for a, b, w in zip(m, v, theta, strict=True)]
        trust = min(math.hypot(*theta), 10) / (math.hypot(*r) + eps)
        theta = [w - lr / (1 - 0.9**t) * trust * s for w, s in zip(theta, r, strict=True)]
        yield theta


def prodigy(eps=1e-3):
    theta, m, v, s = list(START), [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
    r, d, keep = 0.0, 0.01, math.sqrt(0.99)
    for _ in range(STEPS):
        g = slope(theta)
        m = [0.9 * a + 0.1 * d * b for a, b in zip(m, g, strict=True)]
        v = [0.99 * a + 0.01 * d**2 * b**2 for a, b in zip(v, g, strict=True)]
        s = [keep * a + d**2 * b for a, b in zip(s, g, strict=True)]
        r = keep * r + d**2 * sum(b * (w0 - w) for b, w0, w in zip(g, START, theta, strict=True))
        before, d = d, max(d, r / sum(map(abs, s)))
        # The package's small number goes with the new distance, the step with the old one.
        theta = [
            w - before * a / (math.sqrt(b) + d * eps) for w, a, b in zip(theta, m, v, strict=True)
        ]
        yield theta


def sam(lr=0.05, rho=0.3):
    theta = list(START)
    for _ in range(STEPS):
        g = slope(theta)
        uphill = [w + rho * s / math.hypot(*g) for w, s in zip(theta, g, strict=True)]
        theta = [w - lr * s for w, s in zip(theta, slope(uphill), strict=True)]
        yield theta


EPS = {"eps": 1e-3}
FORMULAS = {
    "lion": ({"lr": 0.05}, elementwise(lion)),
    "sign_sgd": ({"lr": 0.05, "momentum": 0.5}, elementwise(sign_sgd)),
    "adabelief": ({"lr": 0.1, **EPS}, elementwise(adabelief)),
    "adan": ({"lr": 0.1, "weight_decay": 0.1, **EPS}, elementwise(adan)),
    "adopt": ({"lr": 0.1, "beta2": 0.9, **EPS}, elementwise(adopt)),
    "yogi": ({"lr": 0.1, "initial_accumulator": 0.1, **EPS}, elementwise(yogi)),
    "ademamix": ({"lr": 0.02, "beta3": 0.99, "alpha": 2.0, **EPS}, elementwise(ademamix)),
    "schedule_free_sgd": (
        {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.1, "r": 2.0},
        elementwise(schedule_free_sgd),
    ),
    "schedule_free_adamw": (
        {"lr": 0.1, "beta1": 0.8, "beta2": 0.99, "weight_decay": 0.1, "r": 2.0, **EPS},
        elementwise(schedule_free_adamw),
    ),
    "lamb": ({"lr": 0.1, "weight_decay": 0.1, **EPS}, lamb),
    "prodigy": ({"d0": 0.01, "beta2": 0.99, **EPS}, prodigy),
    "sam": ({"lr": 0.05, "rho": 0.3}, sam),
}

#: These sum in single precision on the way.
COARSE = {"prodigy", "sam"}


@pytest.mark.parametrize("name", FORMULAS)
def test_it_takes_the_steps_of_its_formula(name: str):
    params, path = FORMULAS[name]
    point = nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = optimizers[name].make([point], **optimizers[name].complete(params))

    def closure():
        point.grad = torch.tensor(slope(point.tolist()), dtype=torch.float64)
        return 0.0

    for expected in path():
        closure()
        optimizer.step(closure)
        assert point.tolist() == pytest.approx(expected, rel=1e-5 if name in COARSE else 1e-10)
    assert math.dist(point.tolist(), START) > 0.1
