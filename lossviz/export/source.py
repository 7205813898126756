"""The source of the library's own small functions, as it stands in an exported script."""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeGuard

#: Modules of which nothing is copied; they are imported.
_OURS = "lossviz"


@dataclass
class Sources:
    """Definitions for the top of a script, each after all that it uses.

    Args:
        imports: The import lines that they need.
        definitions: Constants, functions and classes, without the annotations, whose names mean
            nothing elsewhere.
    """

    imports: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, function: Callable[..., Any]) -> None:
        """Copy a function or a class of a module's top level, and all that it uses.

        Raises:
            TypeError: When it is none; such as a method, or a function within another.
        """
        name, module = function.__name__, sys.modules[function.__module__]
        if function.__qualname__ != name or name not in _definitions(module):
            raise TypeError(f"{function.__qualname__} is no function of a module's top level.")
        self._define(name, module)

    def _define(self, name: str, module: ModuleType) -> None:
        """Copy, or import, what a name means in a module."""
        node = _definitions(module).get(name)
        if node is None or (module.__name__, name) in self._seen:
            return  # one of Python's own names, or a variable
        self._seen.add((module.__name__, name))
        if isinstance(node, ast.Import):
            alias = next(a for a in node.names if (a.asname or a.name) == name)
            self.imports.append(ast.unparse(ast.Import([alias])))
        elif isinstance(node, ast.ImportFrom):
            alias = next(a for a in node.names if (a.asname or a.name) == name)
            origin = str(node.module)
            if origin.partition(".")[0] == _OURS:
                self._define(alias.name, importlib.import_module(origin))
            else:
                self.imports.append(ast.unparse(ast.ImportFrom(origin, [alias], 0)))
        else:
            for used in _used(node):
                self._define(used, module)
            self.definitions.append(_bare(node, _text(module)))


@functools.lru_cache(maxsize=128)
def _text(module: ModuleType) -> str:
    return inspect.getsource(module)


@functools.lru_cache(maxsize=128)
def _definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """What each name of a module's top level is defined by."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(_text(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update({alias.asname or alias.name: node for alias in node.names})
        elif isinstance(node, ast.Assign):
            found.update({t.id: node for t in node.targets if isinstance(t, ast.Name)})
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


def _used(node: ast.stmt) -> Iterator[str]:
    """The names of a module that a definition uses.

    Its annotations do not count, nor what a table says beside its inputs and targets.
    """
    names = [child for child in _children(node) if isinstance(child, ast.Name)]
    bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    bound |= {child.arg for child in ast.walk(node) if isinstance(child, ast.arg)}
    yield from (name.id for name in names if name.id not in bound)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if _is_table(child):
                for part in child.args[:2]:
                    yield part
                    yield from _children(part)
            elif isinstance(child, ast.AST):
                yield child
                yield from _children(child)


def _is_table(node: Any) -> TypeGuard[ast.Call]:
    """Whether this makes a `lossviz.problem.data.Table`."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Table"
    )


def _bare(node: ast.stmt, text: str) -> str:
    """The source of a definition without annotations; a table gives way to its two arrays."""
    lines: list[str | None] = list(text.splitlines())
    for child in ast.walk(node):
        for first, last, new in _changes(child, text):
            lines[first - 1 : last] = [new, *[None] * (last - first)]
    whole = lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(re.sub(r"  # type: ignore.*", "", line) for line in whole if line is not None)


def _changes(node: ast.AST, text: str) -> Iterator[tuple[int, int, str | None]]:
    """Lines from, to, and what stands there in a script, None for nothing."""
    if isinstance(node, ast.FunctionDef):
        head = " " * node.col_offset + f"def {node.name}({_arguments(node.args)}):"
        yield node.lineno, node.body[0].lineno - 1, head
    elif isinstance(node, ast.Return) and _is_table(node.value):
        inputs, targets = (ast.get_source_segment(text, part) for part in node.value.args[:2])
        back = " " * node.col_offset + f"return {inputs}, {targets}"
        yield node.lineno, node.end_lineno or node.lineno, back
    elif isinstance(node, ast.AnnAssign) and node.value is None:
        last = node.end_lineno or node.lineno
        blank = not "".join(text.splitlines()[last : last + 1]).strip()
        yield node.lineno, last + blank, None
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        name, value = (ast.get_source_segment(text, part) for part in (node.target, node.value))
        given = " " * node.col_offset + f"{name} = {value}"
        yield node.lineno, node.end_lineno or node.lineno, given


def _arguments(arguments: ast.arguments) -> str:
    """The arguments with their defaults, and nothing else."""
    bare = copy.deepcopy(arguments)
    for argument in ast.walk(bare):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return ast.unparse(bare)
