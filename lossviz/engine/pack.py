"""Calls and results as bytes, with tensors as plain arrays.

Torch would hand tensors to other processes through shared memory and file descriptors, which run
out under many small messages and are lost with a killed worker; and a pickled view takes its whole
storage with it. Only bytes that this program wrote itself are ever read back.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter


class _Packer(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is Tensor or type(obj) is Parameter:
            array = obj.detach().numpy()
            # A matrix by columns stays one: products of it are summed in another order otherwise.
            if not array.flags.f_contiguous:
                array = np.ascontiguousarray(array)
            return _tensor, (array, type(obj) is Parameter)
        return NotImplemented


def _tensor(array: np.ndarray, parameter: bool) -> Tensor:
    tensor = torch.from_numpy(array)
    return Parameter(tensor) if parameter else tensor


def pack(value: Any) -> bytes:
    """A value as bytes.

    >>> unpack(pack({"a": torch.arange(6).view(2, 3)[:, 1]}))
    {'a': tensor([1, 4])}
    """
    buffer = io.BytesIO()
    _Packer(buffer, protocol=5).dump(value)
    return buffer.getvalue()


def unpack(data: bytes) -> Any:
    """What `pack` was given."""
    return pickle.loads(data)


def call(data: bytes) -> bytes:
    """Do a packed call ``(function, arguments)``; what a worker runs."""
    function, arguments = unpack(data)
    return pack(function(*arguments))
