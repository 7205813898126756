"""Every way in which a loss can break its contract is told."""

import pytest
import torch

from lossviz.registry import LossEntry
from tests.testing.told import Identity, Unbounded, told

REGRESSION = frozenset({"regression"})


def loss(criterion, **more):
    given = {"tasks": REGRESSION, "outputs": lambda shape: 1, **more}
    return LossEntry(name="l", title="L", about="L.", make=lambda classes: criterion, **given)


def mse(outputs, targets):
    return (outputs - targets).square().mean((-2, -1))


def damaging(outputs, targets):
    outputs.data.add_(1)
    return mse(outputs, targets)


def only_one_at_a_time(outputs, targets):
    """Right for one model, and mixes the models up when there are many."""
    found = mse(outputs, targets)
    return found.flip(0) if found.dim() else found


def two_leading(outputs, targets):
    found = mse(outputs, targets)
    return found.T.reshape(found.shape) if found.dim() == 2 else found


def ranked(outputs, targets):
    """Weights samples by their place in the batch."""
    n = outputs.shape[-2]
    weight = torch.arange(n, dtype=outputs.dtype) % 7
    return ((outputs - targets).square().mean(-1) * weight).mean(-1)


class Seen(Identity):
    """The identity for vmap's eyes alone: doubles what it sees there."""

    generate_vmap_rule = False

    @staticmethod
    def vmap(info, in_dims, x):
        return 2 * x, in_dims[0]


class Wrong(Identity):
    """The identity with the gradient's sign turned."""

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (loss(mse, tasks=frozenset()), "tasks is empty"),
        (loss(mse, outputs=lambda shape: 0), "the number of outputs, not 0"),
        (loss(lambda o, t: mse(o, t) + 0 * torch.rand(())), "global random"),
        (loss(damaging), "changes its arguments"),
        (loss(lambda o, t: mse(o, t).mean()), "mean over the last dimensions"),
        (loss(lambda o, t: mse(o, t).float()), "not torch.float32"),
        (loss(lambda o, t: mse(o, t) / 0), "not all finite"),
        (loss(only_one_at_a_time), "many models at once"),
        (loss(lambda o, t: Seen.apply(mse(o, t))), "vmap"),
        (loss(two_leading), "two leading dimensions"),
        (loss(lambda o, t: (o - t).square().sum((-2, -1))), "mean over samples, not the sum"),
        (loss(ranked), "order of the samples"),
        (loss(lambda o, t: mse(o, t).sqrt()), "not the mean of the samples"),
        (loss(mse, gradient="$2r$"), "gradient is LaTeX without"),
        (loss(lambda o, t: Wrong.apply(mse(o, t))), "not the loss's slope"),
        (loss(lambda o, t: mse(o, t).exp() - 1), "in the thousands"),
    ],
)
def test_losses(entry, words):
    told(entry, words)


def classes(probabilities):
    def by_columns(outputs, targets):
        wanted = (targets[:, None] == torch.arange(outputs.shape[-1])).to(outputs)
        return (outputs - wanted).square().mean((-2, -1))

    return loss(
        by_columns,
        tasks=frozenset({"classification"}),
        outputs=lambda shape: shape.classes,
        probabilities=probabilities,
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (classes(None), "says how outputs become probabilities"),
        (classes(lambda o: o.softmax(-1)[..., :1]), "have the shape"),
        (classes(lambda o: o), "sum to 1"),
        (classes(lambda o: (-o).softmax(-1)), "not one that costs least"),
    ],
)
def test_probabilities(entry, words):
    told(entry, words)


class Bent(Identity):
    """The identity, with a second derivative that is no number."""

    @staticmethod
    def backward(ctx, gradient):
        return Unbounded.apply(gradient)


def test_second_derivatives():
    told(loss(lambda o, t: mse(Bent.apply(o), t)), "second derivatives are not finite")
