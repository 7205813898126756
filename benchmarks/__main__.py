"""All benchmarks, one after the other: `make bench`, or `python -m benchmarks surface race`."""

from __future__ import annotations

import importlib
import sys

ALL = ("surface", "models", "race", "functions", "curvature", "browser", "classroom")


def main(names: list[str]) -> None:
    """Run the named ones, or all."""
    unknown = set(names) - set(ALL)
    if unknown:
        sys.exit(f"No benchmark {', '.join(sorted(unknown))}. Known: {', '.join(ALL)}.")
    for name in names or ALL:
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
        print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
