"""Parameters of a module that are not to be trained."""

from __future__ import annotations

from torch import nn


def hold_frozen(module: nn.Module) -> nn.Module:
    """Make buffers of the parameters that ask for no gradient, in place, and give the module.

    An optimizer of `torch.optim` leaves them where they are, so they are constants of the loss.
    Where no parameter asks for one, the module was only made ready for use, and all stay.

    >>> net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    >>> _ = net[0].requires_grad_(False)
    >>> [name for name, _ in hold_frozen(net).named_parameters()]
    ['1.weight', '1.bias']
    """
    if not any(tensor.requires_grad for tensor in module.parameters()):
        return module
    for part in module.modules():
        for name, tensor in list(part._parameters.items()):
            if tensor is not None and not tensor.requires_grad:
                del part._parameters[name]
                part.register_buffer(name, tensor.detach())
    return module
