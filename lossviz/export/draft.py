"""A script that is being written: what it imports, what it copies, and what nobody can write."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import torch
from torch.nn import Parameter

from lossviz import registry
from lossviz.comparison import letters
from lossviz.export import layout
from lossviz.export.source import Sources
from lossviz.problem.code import literal
from lossviz.registry import Code, Entry, Value
from lossviz.run import Method

Shapes = Sequence[tuple[int, ...]]


@dataclass
class Draft:
    """What a script's parts ask for while they are written.

    Args:
        imports: Import lines.
        sources: Functions of the library that are copied.
        missing: What has no code, in words; the script stops there.
    """

    imports: list[str] = field(default_factory=list)
    sources: Sources = field(default_factory=Sources)
    missing: list[str] = field(default_factory=list)

    def code(self, kind: str, entry: Entry, *given: Any) -> Code | None:
        """The code of an entry, whose imports and sources are noted; None where it has none."""
        code = None if entry.code is None else entry.code(*given)
        if code is None:
            self.lack(kind, entry)
            return None
        self.imports += code.imports
        for function in code.sources:
            self.copy(function)
        return code

    def copy(self, function: Callable[..., Any]) -> None:
        """Copy a function of the library into the script."""
        self.sources.add(function)

    def lack(self, kind: str, entry: Entry) -> None:
        """Note that an entry has no code."""
        what = f"the {kind} {entry.title!r}"
        if what not in self.missing:
            self.missing.append(what)

    def imported(self) -> str:
        """The lines with all that is imported."""
        return layout.imports([*self.imports, *self.sources.imports])

    def copied(self) -> list[str]:
        """The parts with all that was copied."""
        return self.sources.definitions

    def header(self, title: str, url: Mapping[str, str], remark: str) -> str:
        """The docstring: what it is, and the settings of its link."""
        settings = "\n".join(f"    {name}={_harmless(value)}" for name, value in url.items())
        paragraphs = [_harmless(title), "The settings, as lossviz has them in its link:", settings]
        paragraphs.append(textwrap.fill(remark, layout.WIDTH - 4))
        if self.missing:
            lack = f"Not complete: lossviz has no plain code for {' and '.join(self.missing)}."
            paragraphs.append(textwrap.fill(_harmless(lack), layout.WIDTH - 4))
        return '"""' + "\n\n".join(paragraphs) + '\n"""'


def _harmless(text: str) -> str:
    """A text for a docstring: what could end it, or hide in it, is percent-encoded."""
    return "".join(
        sign if sign.isprintable() and sign not in '"\\' else quote(sign, safe="") for sign in text
    )


def stop(kind: str, entry: Entry) -> str:
    """The line at which a script stops that lacks the code of an entry."""
    message = f"lossviz has no plain code of the {kind} {entry.name!r}; write it here."
    return f"raise NotImplementedError({literal(message)})"


class _Given(float):
    """A learning rate that the script chooses: it is written as the name ``lr``."""

    def __repr__(self) -> str:
        return "lr"


@dataclass(frozen=True)
class Contenders:
    """The contenders of a race, as functions that make their optimizers.

    Args:
        methods: Optimizer and schedule of each.
        shapes: The tensors that they train.
        steps: How many steps each takes.
        tuned: Whether each learning rate is an argument, for the script to choose.
    """

    methods: Sequence[Method]
    shapes: Shapes
    steps: int
    tuned: bool = False

    @property
    def scheduled(self) -> bool:
        """Whether any learning rate changes from step to step."""
        return any(m.schedule != "constant" or m.schedule_params["warmup"] for m in self.methods)

    @property
    def closure(self) -> bool:
        """Whether any of them evaluates the loss by itself."""
        return any(registry.optimizers[m.optimizer].closure for m in self.methods)

    @property
    def several(self) -> bool:
        """Whether any of them is made of several optimizers."""
        for method in self.methods:
            write = registry.optimizers[method.optimizer].code
            code = None if write is None else write(method.params, self.shapes)
            if code is not None and code.text.startswith("["):
                return True
        return False

    def names(self) -> list[str]:
        """The contenders by letter and title."""
        titles = (registry.optimizers[m.optimizer].title for m in self.methods)
        return [f"{a} {t}" for a, t in zip(letters(len(self.methods)), titles, strict=True)]

    def parts(self, draft: Draft) -> list[str]:
        """One function for each contender, and the table of them."""
        functions = [f"contender_{letter.lower()}" for letter in letters(len(self.methods))]
        parts = [
            self._function(draft, *each)
            for each in zip(functions, self.names(), self.methods, strict=True)
        ]
        rows = zip(self.names(), functions, strict=True)
        table = "".join(f"    {literal(name)}: {function},\n" for name, function in rows)
        return [*parts, f"CONTENDERS = {{\n{table}}}"]

    def _function(self, draft: Draft, function: str, name: str, method: Method) -> str:
        entry = registry.optimizers[method.optimizer]
        params: dict[str, Value] = dict(method.params)
        if self.tuned and "lr" in params:
            params["lr"] = _Given(params["lr"])
        code = draft.code("optimizer", entry, params, self.shapes)
        head = f"def {function}(parameters{', lr' * self.tuned}):"
        about = f'    """{_harmless(name)}."""'
        body = stop("optimizer", entry) if code is None else self._body(draft, code.text, method)
        if code is not None and code.note:
            body = f"{layout.comment(code.note, 1)}\n{body}"
        return "\n".join((head, about, layout.block(body, 1)))

    def _body(self, draft: Draft, text: str, method: Method) -> str:
        if not self.scheduled:
            return f"return [{text}]" if self.several and text[0] != "[" else f"return {text}"
        made = layout.split(text[1:-1]) if text.startswith("[") else [text]
        schedule = registry.schedules[method.schedule]
        lines, pairs = [], []
        for place, (one, group) in enumerate(zip(made, self._groups(method), strict=True)):
            turned = bool(group.get("momentum") or "betas" in group)
            code = draft.code("schedule", schedule, method.schedule_params, self.steps, turned)
            lines.append(f"optimizer = {one}")
            lines.append(stop("schedule", schedule) if code is None else code.text)
            if len(made) > 1:
                lines.append(f"pair{place + 1} = optimizer, scheduler")
                pairs.append(f"pair{place + 1}")
        if not self.several:
            return "\n".join([*lines, "return optimizer, scheduler"])
        return "\n".join([*lines, f"return [{', '.join(pairs) or '(optimizer, scheduler)'}]"])

    def _groups(self, method: Method) -> list[dict[str, Any]]:
        """The groups of the real optimizer, one for each part."""
        tensors = [Parameter(torch.zeros(shape)) for shape in self.shapes]
        made = registry.optimizers[method.optimizer].make(tensors, **method.params)
        return list(made.param_groups)

    def steps_of(self, evaluate: str) -> str:
        """The lines in which a contender takes a step.

        Args:
            evaluate: What a closure calls for the loss, as code.
        """
        closure = f"lambda: {evaluate}" if self.closure else ""
        steps = f"optimizer.step({closure})"
        if self.scheduled:
            steps += "\nscheduler.step()"
        return (
            f"for {self._one} in {self.made}:\n{layout.block(steps, 1)}" if self.several else steps
        )

    @property
    def _one(self) -> str:
        return "optimizer, scheduler" if self.scheduled else "optimizer"

    @property
    def made(self) -> str:
        """What the script calls that which a contender gives."""
        if not self.several:
            return self._one
        return "pairs" if self.scheduled else "optimizers"
