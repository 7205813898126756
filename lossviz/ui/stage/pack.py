"""A small binary container: one JSON header followed by raw arrays.

Layout, all little-endian::

    4 bytes   b"LVS1"
    4 bytes   length of the header in bytes, a multiple of 8
    header    JSON (UTF-8), padded with spaces; header["arrays"] maps a name to
              {"dtype", "shape", "offset"}, the offset counted from the end of the header
    arrays    C-ordered, each starting at a multiple of 8 bytes

NaN and infinities are welcome in arrays and forbidden in the header: JSON has no word for them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

MAGIC = b"LVS1"
ALIGN = 8
#: The array types the stage reads, by the name they carry in the table.
DTYPES = {"float64": np.float64, "float32": np.float32, "int32": np.int32, "uint8": np.uint8}


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """The header and the arrays as one run of bytes.

    Raises ValueError for an array of a type that is not in `DTYPES`, for a header that already has
    an "arrays" entry, and for a header that JSON cannot hold (NaN, infinity, objects).
    """
    if "arrays" in header:
        raise ValueError('The header\'s "arrays" entry is written by pack; use another name.')
    table: dict[str, Any] = {}
    blobs: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            known = ", ".join(DTYPES)
            raise ValueError(f"Array {name!r} is {array.dtype.name}; expected one of {known}.")
        blob = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        table[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        padding = -len(blob) % ALIGN
        blobs += [blob, b"\0" * padding]
        offset += len(blob) + padding
    text = _json({**header, "arrays": table})
    text += b" " * (-len(text) % ALIGN)
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *blobs])


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays that `pack` was given."""
    if message[:4] != MAGIC:
        raise ValueError(f"Not a stage message: it starts with {message[:4]!r}, not {MAGIC!r}.")
    (length,) = struct.unpack_from("<I", message, 4)
    header = json.loads(message[8 : 8 + length])
    arrays = {}
    for name, entry in header.pop("arrays").items():
        dtype = np.dtype(DTYPES[entry["dtype"]]).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        flat = np.frombuffer(message, dtype, count, 8 + length + entry["offset"])
        arrays[name] = flat.reshape(entry["shape"]).astype(DTYPES[entry["dtype"]])
    return header, arrays


def _json(header: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(header, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise ValueError(
            "The header holds NaN or an infinity, which JSON cannot carry; "
            "put such a number into an array, or send None."
        ) from error
    except TypeError as error:
        raise ValueError(f"The header holds something that is not plain data: {error}") from error
