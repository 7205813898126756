"""A device that is not there: tensors that say they lie elsewhere, and do not mix with the CPU's.

Their numbers are in plain tensors; what mixes both kinds, or asks numpy for one, fails as it does
with a graphics card. So a mistake with devices is found where there is no card.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

#: The name of the device: the one that torch knows everywhere, and that is no CPU.
ELSEWHERE = torch.device("meta")

#: These take indices and numbers from the CPU.
LENIENT = {"aten.index.Tensor", "aten.index_put_.default", "aten.copy_.default"}


class There(Tensor):
    """A tensor elsewhere; ``raw`` has its numbers."""

    raw: Tensor

    @staticmethod
    def __new__(cls, raw: Tensor) -> There:
        found = Tensor._make_wrapper_subclass(
            cls, raw.shape, strides=raw.stride(), storage_offset=raw.storage_offset(),
            dtype=raw.dtype, device=ELSEWHERE, dispatch_device=True,
        )  # fmt: skip
        found.raw = raw
        return found

    def __init__(self, raw: Tensor) -> None:
        """All is done before."""

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError("can't convert a tensor that lies elsewhere to numpy")

    __array__ = numpy

    def tolist(self) -> Any:
        return self.raw.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class Elsewhere(TorchDispatchMode):
    """Within it, ``device="meta"`` gives tensors elsewhere that have numbers."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name, device = str(func), kwargs.get("device")
    tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    there = [one for one in tensors if isinstance(one, There)]
    if name == "prim.device.default":
        return ELSEWHERE
    here = [one for one in tensors if not isinstance(one, There) and one.dim() > 0]
    if there and here and (name not in LENIENT or not isinstance(args[0], There)):
        moves = name == "aten.copy_.default"
        if not moves:
            raise RuntimeError(f"{name} mixes tensors of two devices")
    stays = isinstance(args[0], There) if name in LENIENT else bool(there)
    if device is not None:
        stays = torch.device(device) == ELSEWHERE
    if name == "aten._local_scalar_dense.default":
        stays = False
    kwargs = {k: torch.device("cpu") if k == "device" and v else v for k, v in kwargs.items()}
    plain = tree_map(lambda one: one.raw if isinstance(one, There) else one, (args, kwargs))
    found = func(*plain[0], **plain[1])
    known = {id(one.raw): one for one in there}

    def back(one: Any) -> Any:
        return known.get(id(one), There(one)) if isinstance(one, Tensor) else one

    return tree_map(back, found) if stays else found
