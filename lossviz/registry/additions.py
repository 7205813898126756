"""Additions to the catalogues: the library's own, and those of a folder of whoever runs it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from pathlib import Path


def load_contrib() -> tuple[str, ...]:
    """Import `lossviz.contrib` and the folder named by ``LOSSVIZ_CONTRIB``; gives the module names.

    The folder is the choice of whoever starts the program, never an upload's: its files are code.

    Raises:
        FileNotFoundError: When the variable names no folder.
    """
    package = importlib.import_module("lossviz.contrib")
    names = [f"lossviz.contrib.{m.name}" for m in pkgutil.iter_modules(package.__path__)]
    for name in names:
        importlib.import_module(name)
    folder = os.environ.get("LOSSVIZ_CONTRIB")
    if folder:
        if not Path(folder).is_dir():
            raise FileNotFoundError(f"LOSSVIZ_CONTRIB names {folder!r}, which is not a folder.")
        for file in sorted(Path(folder).glob("*.py")):
            names.append(_load_file(file))
    return tuple(names)


def _load_file(file: Path) -> str:
    name = f"lossviz_contrib_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:  # pragma: no cover - a .py file always has both
        raise ImportError(f"{file} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return name
