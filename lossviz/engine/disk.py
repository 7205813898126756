"""The results that this program keeps on disk, across sessions and restarts."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import lossviz
from lossviz.engine.store import Store

#: The environment variable that names the folder, or says "off".
FOLDER = "LOSSVIZ_CACHE"
#: The environment variable that says how many MiB all results together may take.
MEBIBYTES = "LOSSVIZ_CACHE_MB"
USUAL_MEBIBYTES = 512

#: Rooms on which no result depends.
ONLY_SHOW = ("ui", "figures", "testing")
#: Packages whose version may change a number.
PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "pytorch_optimizer")

logger = logging.getLogger("lossviz")


def recall(key: str) -> Any:
    """The result that was kept under these settings, or None.

    Args:
        key: What it is, and all settings on which it depends, as text. The sources of this library
            and of additions, and the versions of torch and others, are added to it.
    """
    store = current_store()
    return None if store is None else store.recall(key)


def keep(key: str, value: Any) -> bool:
    """Keep a result for later sessions; gives whether it was kept.

    Args:
        key: As for `recall`.
        value: Plain values, tensors, arrays and known records; see `lossviz.engine.storable`.

    Raises:
        TypeError: For any other value.
    """
    store = current_store()
    return store is not None and store.keep(key, value)


def kept(key: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """The kept result, or ``function(*arguments)``, which is then kept.

    It can itself be given to the workers: ``submit(kept, key, function, *arguments)``.
    """
    value = recall(key)
    if value is None:
        value = function(*arguments)
        if value is not None:
            keep(key, value)
    return value


def current_store() -> Store | None:
    """The store that the environment asks for, or None where it is switched off."""
    return _store(os.environ.get(FOLDER, ""), os.environ.get(MEBIBYTES, ""))


@functools.lru_cache(maxsize=4)
def _store(folder: str, mebibytes: str) -> Store | None:
    most = _most_bytes(mebibytes)
    if folder.strip().lower() == "off" or most == 0 or VERSION is None:
        return None
    try:
        place = Path(folder).expanduser() if folder.strip() else usual_folder()
    except RuntimeError:  # there is no home
        logger.warning("No folder is known for results; name one with %s.", FOLDER)
        return None
    return Store(place, most, VERSION)


def _most_bytes(mebibytes: str) -> int:
    if not mebibytes.strip():
        return USUAL_MEBIBYTES * 2**20
    try:
        most = int(float(mebibytes) * 2**20)
    except (ValueError, OverflowError):
        most = -1
    if most < 0:
        logger.warning(
            "%s is %r, but must be a number of MiB; %d are taken.",
            MEBIBYTES, mebibytes, USUAL_MEBIBYTES,
        )  # fmt: skip
        return USUAL_MEBIBYTES * 2**20
    return most


def usual_folder() -> Path:
    """Where this platform has caches: below ``~/.cache``, ``~/Library/Caches`` or ``LOCALAPPDATA``.

    Raises:
        RuntimeError: When there is no home.
    """
    if sys.platform == "win32":
        named = os.environ.get("LOCALAPPDATA")
        base = Path(named) if named else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        named = os.environ.get("XDG_CACHE_HOME")
        # The convention says that a relative path is to be ignored.
        base = Path(named) if named and Path(named).is_absolute() else Path.home() / ".cache"
    return base / "lossviz"


def _version() -> str:
    """What numbers depend on beside the settings: the sources, and the versions of packages."""
    digest = hashlib.blake2b(digest_size=20)
    for file in sorted(_sources()):
        data = file.read_bytes()
        digest.update(f"{file.name} {len(data)}\n".encode())
        digest.update(data)
    packages = " ".join(f"{name} {_version_of(name)}" for name in PACKAGES)
    return f"lossviz {lossviz.__version__} {digest.hexdigest()} {packages}"


def _sources() -> Iterator[Path]:
    package = Path(lossviz.__file__).parent
    for suffix in (".py", ".txt"):
        for file in package.rglob(f"*{suffix}"):
            if file.relative_to(package).parts[0] not in ONLY_SHOW:
                yield file
    additions = os.environ.get("LOSSVIZ_CONTRIB")
    if additions:
        yield from Path(additions).glob("*.py")


def _version_of(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def _version_or_none() -> str | None:
    try:
        return _version()
    except OSError as error:  # say, the package is in an archive
        logger.warning("No results are kept on disk, because sources cannot be read: %s", error)
        return None


#: Read once, with the sources that run: files may be edited while the program goes on.
VERSION = _version_or_none()
