"""Small networks of several kinds, and their Hessians by torch.func, one column at a time."""

import torch
from torch import Tensor, nn

from lossviz import Problem


def dense(width: int = 8, samples: int = 25, dtype: torch.dtype = torch.float64) -> Problem:
    """A 2-w-3 network with weighted classes: a criterion that is no plain mean."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(samples, 2, generator=generator, dtype=torch.float64).to(dtype)
    targets = torch.randint(0, 3, (samples,), generator=generator)
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 3)).to(dtype)
    weight = torch.tensor([1.0, 2.0, 0.5], dtype=dtype)
    return Problem.from_module(net, nn.CrossEntropyLoss(weight=weight), (inputs, targets))


class Attending(nn.Module):
    """Attention over a short sequence, with a normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Linear(2, 4)
        self.norm = nn.LayerNorm(4)
        self.out = nn.Linear(4, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.norm(self.into(inputs))
        hidden = nn.functional.scaled_dot_product_attention(hidden, hidden, hidden)
        return self.out(hidden.mean(1))


class Centring(nn.Module):
    """A network whose samples see each other."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(2, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.net(inputs)
        return (hidden - hidden.mean(0)).square().sum(1, keepdim=True)


class Own(torch.autograd.Function):
    """A cube whose slopes torch.func cannot follow: there is no setup_context."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * slope


class Cubed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(2, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        return Own.apply(self.net(inputs))


def other(module: nn.Module, *shape: int) -> Problem:
    """A regression with any module, on normal inputs (N, *shape)."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(9, *shape, generator=generator, dtype=torch.float64)
    module = module.double()
    outputs = module(inputs).detach()
    targets = torch.randn(outputs.shape, generator=generator, dtype=torch.float64)
    return Problem.from_module(module, nn.MSELoss(), (inputs, targets))


def convolution() -> Problem:
    torch.manual_seed(2)
    return other(
        nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)
        ).eval(),
        1, 4, 4,
    )  # fmt: skip


def several() -> dict[str, Problem]:
    """Problems of every kind by name."""
    torch.manual_seed(3)
    return {
        "dense": dense(),
        "convolution": convolution(),
        "recurrent": other(Last(nn.GRU(2, 3, batch_first=True)), 5, 2),
        "attention": other(Attending(), 4, 2),
        "samples that see each other": other(Centring(), 2),
        "a function of one's own": other(Cubed(), 2),
    }


class Last(nn.Module):
    """The last output of a recurrent module."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, inputs: Tensor) -> Tensor:
        return self.module(inputs)[0][:, -1]


def reference(problem: Problem, theta: Tensor | None = None, step: float = 1e-5) -> Tensor:
    """The Hessian (P, P) by central differences of the gradient, in float64."""
    theta = problem.theta0 if theta is None else theta
    assert theta.dtype == torch.float64
    rows = []
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        for i in range(len(theta)):
            move = torch.zeros_like(theta)
            move[i] = step
            rows.append((slope(problem, theta + move) - slope(problem, theta - move)) / (2 * step))
    found = torch.stack(rows)
    return (found + found.T) / 2


def slope(problem: Problem, theta: Tensor) -> Tensor:
    leaf = theta.clone().requires_grad_()
    problem.loss(problem.space.unflatten(leaf)).backward()
    return leaf.grad
