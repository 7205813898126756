"""`Entry`: what can be chosen, of any kind, and `Code`: how an exported script writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lossviz.registry.errors import UnknownNameError
from lossviz.registry.param import Param, Value


@dataclass(frozen=True)
class Code:
    """How an exported PyTorch script writes an entry; see `lossviz.export`.

    Args:
        text: An expression, or lines; what it may use and has to set depends on the kind of entry.
            Values stand in it by their ``repr``, so that no setting becomes code.
        imports: The import lines that it needs beside those of torch, nn, F and np.
        sources: Functions whose source is put above it, with all that they use.
        classes: Of a loss: how class numbers are read off ``outputs``, where it is not by the
            greatest of many, or by the sign of a single one.
        values: Of a loss: how values are read off ``outputs``, where these are not the values.
        note: A comment above it, for who takes the code elsewhere.
    """

    text: str
    imports: tuple[str, ...] = ()
    sources: tuple[Callable[..., Any], ...] = ()
    classes: str = ""
    values: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that can be chosen.

    Args:
        name: Unique within the catalogue; stands in URLs and in code.
        title: What a person reads in a list.
        about: One line of description.
        make: Builds the thing; its keywords are the names of ``params``.
        formula: LaTeX, without dollar signs.
        cite: Where it comes from.
        params: What can be adjusted.
        code: ``code(params, ...)`` gives the `Code` of the entry in an exported script; what comes
            after the parameters, and what the code has to do, is said by each kind. None, of the
            entry or for some parameters, where there is none: the script then says so, and stops
            there.
    """

    name: str
    title: str
    about: str
    make: Callable[..., Any]
    formula: str = ""
    cite: str = ""
    params: tuple[Param, ...] = ()
    code: Callable[..., Code | None] | None = None

    def param(self, name: str) -> Param:
        """The parameter of that name; raises `UnknownNameError`."""
        for param in self.params:
            if param.name == name:
                return param
        raise UnknownNameError(
            f"parameter of {self.name}", name, tuple(p.name for p in self.params) or ("(none)",)
        )

    def defaults(self) -> dict[str, Value]:
        """Every parameter at its default."""
        return {param.name: param.default for param in self.params}

    def complete(self, given: Mapping[str, object]) -> dict[str, Value]:
        """The given values checked, and the defaults of the others."""
        for name in given:
            self.param(name)
        return {
            p.name: p.check(given[p.name]) if p.name in given else p.default for p in self.params
        }
