"""How an exported script is laid out: its imports, its lines, its sections."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

#: Lines are at most this long.
WIDTH = 100

_OPENING, _CLOSING = "([{", ")]}"
_STANDARD = ("copy", "itertools", "math")
#: Imports that the library writes in two ways.
_USUAL = {"import torch.nn.functional as F": "from torch.nn import functional as F"}


def imports(lines: Iterable[str]) -> str:
    """Import lines in order: Python's own, then packages; one line for each module.

    >>> print(imports(["from torch import nn", "import math", "from torch import Tensor"]))
    import math
    <BLANKLINE>
    from torch import Tensor, nn
    """
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for line in lines:
        line = _USUAL.get(line, line)
        if line.startswith("from "):
            module, _, name = line.removeprefix("from ").partition(" import ")
            names.setdefault(module, set()).add(name)
        else:
            plain.add(line)
    # Constants, then classes, then functions, each in alphabetic order.
    listed = {
        module: sorted(found, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
        for module, found in names.items()
    }
    straight = sorted(plain)
    indirect = [
        "\n".join(wrapped(f"from {module} import {', '.join(found)}"))
        for module, found in sorted(listed.items())
    ]
    own = [line for line in straight if line.split()[1].partition(".")[0] in _STANDARD]
    others = [line for line in straight if line not in own]
    return "\n\n".join(filter(None, ("\n".join(own), "\n".join([*others, *indirect]))))


def block(text: str, depth: int = 0) -> str:
    """Lines of code at a depth, long ones wrapped."""
    shifted = textwrap.indent(text, "    " * depth).splitlines()
    return "\n".join(part for line in shifted for part in wrapped(line))


def comment(text: str, depth: int = 0) -> str:
    """A text as a comment, whose lines are short enough for code at a depth."""
    width = WIDTH - 4 * depth
    return textwrap.fill(text, width, initial_indent="# ", subsequent_indent="# ")


def wrapped(line: str) -> list[str]:
    """A line of code; one that is too long is broken at its last bracket, as ruff does it."""
    if len(line) <= WIDTH:
        return [line]
    if line.startswith("from "):
        return _names(line)
    end = len(line.rstrip(","))
    start = _opened(line[:end])
    if start is None:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    inside = line[start + 1 : end - 1]
    if len(indent + inside) <= WIDTH:
        middle = [indent + inside]
    else:
        middle = [new for part in split(inside) for new in wrapped(f"{indent}{part},")]
    return [line[: start + 1], *middle, indent[4:] + line[end - 1 :]]


def _names(line: str) -> list[str]:
    head, _, names = line.partition(" import ")
    return [f"{head} import (", *(f"    {name}," for name in names.split(", ")), ")"]


def _opened(line: str) -> int | None:
    """Where the bracket is opened that the line ends with; None where it ends with none."""
    depth = 0
    for place, sign in reversed(list(_outside_strings(line))):
        depth += (sign in _CLOSING) - (sign in _OPENING)
        if depth == 0:
            return place if sign in _OPENING else None
    return None


def split(text: str) -> list[str]:
    """The parts of a code between commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for place, sign in _outside_strings(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if sign == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _outside_strings(text: str) -> Iterable[tuple[int, str]]:
    """The signs that are in no string, with their places."""
    quoted = False
    for place, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif not quoted:
            yield place, sign


def section(title: str) -> str:
    """A comment that begins a part of the script."""
    return f"# --- {title} ".ljust(80, "-")


def joined(parts: Iterable[str]) -> str:
    """The parts of a script below each other, with more room around functions."""
    script, before, title = "", "", ""
    for part in filter(None, parts):
        if part.startswith("# --- "):
            title = f"{part}\n"
            continue
        between = "\n\n\n" if _defines(before) or _defines(part) else "\n\n"
        script += (between if before else "") + title + part
        before, title = part, ""
    return f"{script}\n"


def _defines(part: str) -> bool:
    return any(line.startswith(("def ", "class ")) for line in part.splitlines())
