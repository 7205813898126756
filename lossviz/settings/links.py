"""Settings in links: what is common to all of them.

A link has one field for each choice, written as a call: ``model=mlp(width=32)``. Values at their
default are left out; the field ``v`` says which defaults were meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self
from urllib.parse import unquote

from lossviz.registry import Catalogue, Entry, Param, SettingError, UnknownNameError, Value
from lossviz.settings.options import Options

#: The version of the format and of the defaults that it leaves out.
URL_VERSION = "1"


class Linked:
    """Settings that a link can hold."""

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """The valid settings nearest to these URL fields, and a sentence for each repair."""
        raise NotImplementedError

    @classmethod
    def from_url(cls, url: Mapping[str, str]) -> Self:
        """The settings of these URL fields.

        Raises:
            SettingError: When anything in it is unknown, unreadable or out of range; the message
                names every such place. `nearest_from_url` repairs instead.
        """
        settings, problems = cls.nearest_from_url(url)
        if problems:
            raise SettingError(" ".join(problems))
        return settings


# --- plain values: a table of parameters, each the name of a field -------------------------------


def check_values(settings: object, table: Mapping[str, Param]) -> None:
    """Check these fields of frozen settings, each by its parameter; raises `SettingError`."""
    for name, param in table.items():
        object.__setattr__(settings, name, param.check(getattr(settings, name)))


def write_values(settings: object, plain: object, table: Mapping[str, Param]) -> dict[str, str]:
    """The URL fields of those values that differ from the plain settings'."""
    return {
        name: param.write(getattr(settings, name))
        for name, param in table.items()
        if getattr(settings, name) != getattr(plain, name)
    }


def read_values(
    url: Mapping[str, str], table: Mapping[str, Param], problems: list[str]
) -> dict[str, Any]:
    """The values that stand in the link; repairs are reported."""
    return {
        name: read_value(param, url[name], name, problems)
        for name, param in table.items()
        if name in url
    }


def check_fields(url: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """A sentence for another version of the link, and for each field that nobody asked for."""
    known = {"v", *known}
    return [*check_version(url), *(unknown_field(key, known) for key in url if key not in known)]


# --- one field -----------------------------------------------------------------------------------

_CALL = re.compile(r"^\s*([A-Za-z0-9_]+)\s*(?:\((.*)\))?\s*$", re.DOTALL)


def write_call(entry: Entry, options: Mapping[str, Value]) -> str:
    """``name(option=value,...)`` with the options that differ from their defaults."""
    changed = [
        f"{p.name}={p.write(options[p.name])}" for p in entry.params if options[p.name] != p.default
    ]
    return f"{entry.name}({','.join(changed)})" if changed else entry.name


def read_call(
    catalogue: Catalogue[Any], text: str, default: str, where: str, problems: list[str]
) -> tuple[str, Options]:
    """The entry's name and options of ``name(option=value,...)``; repairs are reported."""
    match = _CALL.match(text)
    if not match:
        problems.append(
            f"{where}: {shorten(text)!r} cannot be read, expected name or name(option=value). "
            f"Using {default!r}."
        )
        return default, Options()
    name, inside = match[1], match[2] or ""
    if name not in catalogue:
        close = difflib.get_close_matches(name, catalogue.names(), n=1)
        chosen = close[0] if close else default
        known = ", ".join(catalogue.names())
        problems.append(
            f"{where}: there is no {catalogue.kind} {shorten(name)!r}. Using {chosen!r}. "
            f"Known: {known}."
        )
        name = chosen
    entry = catalogue[name]
    given: dict[str, Value] = {}
    for part in filter(None, (piece.strip() for piece in inside.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        try:
            param = entry.param(key)
        except UnknownNameError:
            problems.append(f"{where}: {_unknown_option(entry, key)}")
            continue
        given[key] = read_value(param, value if equals else "", f"{where} {name}", problems)
    return name, Options(given)


def _unknown_option(entry: Entry, key: str) -> str:
    known = [param.name for param in entry.params]
    close = difflib.get_close_matches(key, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    names = ", ".join(known) or "(none)"
    return f"{entry.name} has no {shorten(key)!r}; it was ignored.{hint} Known: {names}."


def read_value(param: Param, text: str, where: str, problems: list[str]) -> Value:
    """The value of a URL field, or the nearest allowed one with a report."""
    try:
        return param.parse(text)
    except SettingError as error:
        value = param.nearest(text)
        label = where if where == param.name else f"{where}, {param.name}"
        if param.kind == "text":
            what = f"{shorten(unquote(text))!r} cannot be read. {error} Using {value}."
        else:
            what = f"{shorten(text)!r} is not {param.expected()}. Using {param.write(value)}."
        problems.append(f"{label}: {what}")
        return value


def check_version(url: Mapping[str, str]) -> Iterator[str]:
    """A sentence when the URL was written by another version of the format."""
    version = url.get("v", URL_VERSION)
    if version != URL_VERSION:
        yield (
            f"The link has the version {shorten(version)!r}, this program reads version "
            f"{URL_VERSION}; some settings may have been read differently."
        )


def unknown_field(key: str, known: set[str]) -> str:
    """A sentence about a URL field that nobody asked for."""
    close = difflib.get_close_matches(key, sorted(known), n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"The link has an unknown field {shorten(key)!r}, which was ignored.{hint}"


def shorten(text: str, limit: int = 40) -> str:
    """Hostile or long text cut to what fits a sentence, control characters removed."""
    clean = "".join(c if c.isprintable() else "?" for c in str(text))
    return clean if len(clean) <= limit else f"{clean[:limit]}..."
