"""Sentences and formulas whose numbers follow the time cursor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class LedgerLine:
    """One line: a `label` in plain text, a formula, and a sentence with numbers.

    `mathml` is one <math> element, made on the server from a catalogue's LaTeX, never from what a
    person typed; the stage keeps only the elements of presentation MathML. Each of `templates` is
    plain text in which {name} stands for a value of the ledger; `pick` (F,) is the index of the one
    to show at each row of the ledger, -1 for none (None: always the first). A label alone is a
    heading.
    """

    label: str = ""
    mathml: str = ""
    templates: tuple[str, ...] = ()
    pick: np.ndarray | None = None


@dataclass(frozen=True)
class Ledger:
    """A page of lines about one contender, in numbers of the step shown.

    `values` maps a name to a column (F,) of numbers or (F, 2) of pairs, aligned with `steps` (F,),
    which rise; at a step between two of them the earlier one is shown. Ledgers of one title share a
    tab; those of several contenders can be sent at once, and are then switched without the server.
    """

    title: str
    contender: str
    steps: np.ndarray
    lines: tuple[LedgerLine, ...]
    values: Mapping[str, np.ndarray] = field(default_factory=dict)


def check_ledger(ledger: Ledger) -> None:
    """Raise ValueError for columns of another length, unknown {names}, picks without a template."""
    rows = len(ledger.steps)
    where = f"Ledger {ledger.title!r} of {ledger.contender!r}"
    for name, column in ledger.values.items():
        if column.shape not in {(rows,), (rows, 2)}:
            raise ValueError(
                f"{where}: {name} is {column.shape}; expected ({rows},) or ({rows}, 2)."
            )
    for line in ledger.lines:
        named = {name for text in line.templates for name in PLACEHOLDER.findall(text)}
        if unknown := named - set(ledger.values):
            raise ValueError(
                f"{where}: no values for {sorted(unknown)}; there are {sorted(ledger.values)}."
            )
        if line.pick is not None:
            _check_pick(where, line.pick, rows, len(line.templates))


def _check_pick(where: str, pick: np.ndarray, rows: int, templates: int) -> None:
    if pick.shape != (rows,):
        raise ValueError(f"{where}: pick is {pick.shape}; expected ({rows},).")
    if rows and not (pick.min() >= -1 and pick.max() < templates):
        raise ValueError(
            f"{where}: pick goes from {pick.min()} to {pick.max()}; "
            f"there are {templates} templates, and -1 stands for none."
        )
