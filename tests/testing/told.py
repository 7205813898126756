"""Ways to see that a broken contract is told, and what the broken entries are made of."""

import itertools

import pytest
import torch

from lossviz import testing

numbers = itertools.count()


def count():
    """Another number each time."""
    return next(numbers)


def told(entry, words):
    with pytest.raises(AssertionError, match=words):
        testing.check(entry)


class Identity(torch.autograd.Function):
    """The identity, up to what a subclass says of its gradient or of its stacks."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Unbounded(Identity):
    """The identity, with a gradient that is no number."""

    @staticmethod
    def backward(ctx, gradient):
        return gradient * torch.inf
