"""All benchmarks, one after the other: `make bench`, or `python -m benchmarks surface race`."""

from __future__ import annotations

import importlib
import sys

ALL = (
    "surface",
    "models",
    "growth",
    "race",
    "functions",
    "curvature",
    "connect",
    "estimates",
    "browser",
    "classroom",
)
#: Run only where they are named: minutes for one number.
LONG = ("reddi",)


def main(names: list[str]) -> None:
    """Run the named ones, or all but the long ones."""
    unknown = set(names) - {*ALL, *LONG}
    if unknown:
        known = ", ".join((*ALL, *LONG))
        sys.exit(f"No benchmark {', '.join(sorted(unknown))}. Known: {known}.")
    for name in names or ALL:
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
        print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
