"""Whether some tensor of a module goes by several names."""

from __future__ import annotations

from torch import nn


def has_ties(module: nn.Module) -> bool:
    """Whether a tensor of the module has several names; only then `functional_call` has to look
    for them, at each call anew, which takes as long as a small layer.

    >>> net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    >>> has_ties(net)
    False
    >>> net[1].weight = net[0].weight
    >>> has_ties(net)
    True
    """
    named = (module.named_parameters, module.named_buffers)
    tensors = [id(tensor) for each in named for _, tensor in each(remove_duplicate=False)]
    return len(set(tensors)) < len(tensors)
