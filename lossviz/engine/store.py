"""`Store`: results in a folder, found again by the text of their settings, within a bound of size.

One file for each result: arrays by safetensors, all else as JSON in its header. (Libraries that
cache on disk pickle by default, and what is unpickled is code; so the few lines are our own.)
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import safetensors.numpy

from lossviz.engine.records import put_together, taken_apart

FORMAT = "lossviz result 1"

#: What a file's checksum is while the checksum is taken, and how it is found in the header.
BLANK = b"0" * 64
MARK = b'"checksum":"'

#: Only files of such names are ever looked at, counted or removed.
NAME = re.compile(r"[0-9a-f]{40}\.safetensors")
PART = re.compile(r"[0-9a-f]{40}\.[0-9a-f]{32}\.part")

#: A part of a file that is so old (seconds) was left by a process that died.
STALE = 3600.0

logger = logging.getLogger("lossviz")


class Store:
    """A folder of results, safe for several processes, in which the longest unused goes first.

    A result is written beside its place and then moved there, so that nobody ever reads half of
    one. A file that is broken, of another version or not ours is a miss: it is removed, which the
    log tells, and nothing is raised. What the disk refuses (full, forbidden) the log tells too.

    Args:
        folder: Made at the first result. Other files in it are left alone.
        most_bytes: The files of all results together are no larger, as soon as the last of those
            who write at once is done.
        version: Of whatever computes the results: those of another one are not found.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = Store(folder, most_bytes=2**20, version="1")
    ...     store.keep("two and two", {"sum": 4})
    ...     store.recall("two and two"), store.recall("two and three")
    True
    ({'sum': 4}, None)
    """

    def __init__(self, folder: str | Path, most_bytes: int, version: str) -> None:
        self.folder = Path(folder)
        self.most_bytes = most_bytes
        self.version = version

    def recall(self, key: str) -> Any:
        """The result that was kept under these settings, or None; it counts as used now."""
        path = self._path(key)
        try:
            if path.stat().st_size > self.most_bytes:
                raise ValueError("it is larger than all results may be together")  # noqa: TRY301
            value = _read(path.read_bytes(), self._full(key))
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("The result %s cannot be read: %s", path, error)
            return None
        except Exception as error:  # whatever a broken file leads to, it is a miss
            logger.warning("The result %s is broken (%s) and is removed.", path, error)
            _remove(path)
            return None
        _touch(path)
        return value

    def keep(self, key: str, value: Any) -> bool:
        """Write a result; gives whether it is there now.

        Raises:
            TypeError: For a value that cannot be kept; see `lossviz.engine.records`.
        """
        data = _written(self._full(key), value)
        if len(data) > self.most_bytes:
            logger.info("A result of %d MiB is too large to be kept.", len(data) // 2**20)
            return False
        path = self._path(key)
        part = path.with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room(len(data), path)
            part.write_bytes(data)
            os.replace(part, path)
            _touch(path)
            # Whoever wrote meanwhile did not know of this one, and the last to look knows of all.
            self._make_room(0)
        except OSError as error:
            logger.warning("A result cannot be kept in %s: %s", self.folder, error)
            _remove(part)
            return False
        return True

    def size(self) -> int:
        """The bytes of all results together."""
        return sum(size for _, size, _ in self._entries())

    def clear(self) -> None:
        """Remove all results."""
        for _, _, path in self._entries():
            _remove(path)

    def _full(self, key: str) -> str:
        return f"{self.version}\n{key}"

    def _path(self, key: str) -> Path:
        digest = hashlib.blake2b(self._full(key).encode(), digest_size=20).hexdigest()
        return self.folder / f"{digest}.safetensors"

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        """When each result was last used, its size, and its file; parts that nobody finishes go."""
        try:
            found = list(os.scandir(self.folder))
        except OSError:
            return
        for entry in found:
            if not (NAME.fullmatch(entry.name) or PART.fullmatch(entry.name)):
                continue
            try:
                about = entry.stat(follow_symlinks=False)
            except OSError:  # gone meanwhile
                continue
            if NAME.fullmatch(entry.name):
                yield about.st_mtime_ns, about.st_size, Path(entry.path)
            elif time.time() - about.st_mtime > STALE:
                _remove(Path(entry.path))

    def _make_room(self, size: int, coming: Path | None = None) -> None:
        """Remove what has been unused for longest, until so many bytes more are within the bound.

        A result that ``coming`` replaces is not counted.
        """
        entries = sorted(entry for entry in self._entries() if entry[2] != coming)
        total = size + sum(entry[1] for entry in entries)
        for _, own, path in entries:
            if total <= self.most_bytes:
                return
            _remove(path)
            total -= own


def _written(full: str, value: Any) -> bytes:
    """A result as the bytes of its file, checksum included."""
    tree, arrays = taken_apart(value)
    about = json.dumps({"key": full, "tree": tree}, allow_nan=False)
    data = safetensors.numpy.save(
        {str(place): array for place, array in enumerate(arrays)},
        metadata={"format": FORMAT, "checksum": BLANK.decode(), "about": about},
    )
    place = data.index(MARK) + len(MARK)
    return data[:place] + _checksum(data, place) + data[place + len(BLANK) :]


def _read(data: bytes, full: str) -> Any:
    """The result in the bytes of a file; any error means that it is not what `_written` wrote."""
    place = data.index(MARK) + len(MARK)
    if data[place : place + len(BLANK)] != _checksum(data, place):
        raise ValueError("its checksum is wrong")
    length = int.from_bytes(data[:8], "little")
    about = json.loads(data[8 : 8 + length])["__metadata__"]
    if about["format"] != FORMAT:
        raise ValueError(f"its format is {about['format']!r}, not {FORMAT!r}")
    found = json.loads(about["about"])
    if found["key"] != full:
        raise ValueError("it is of other settings")
    arrays = safetensors.numpy.load(data)
    return put_together(found["tree"], [arrays[str(place)] for place in range(len(arrays))])


def _checksum(data: bytes, place: int) -> bytes:
    """That of the whole file but for the checksum itself, in hexadecimal digits."""
    whole = memoryview(data)
    digest = hashlib.blake2b(digest_size=len(BLANK) // 2)
    digest.update(whole[:place])
    digest.update(whole[place + len(BLANK) :])
    return digest.hexdigest().encode()


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s cannot be removed: %s", path, error)


def _touch(path: Path) -> None:
    """Note that a result was used now: the time of a file may be coarser than that of the clock."""
    now = time.time_ns()
    # Removed by another process, or not ours to change: then it is as old as it was.
    with contextlib.suppress(OSError):
        os.utime(path, ns=(now, now))
