"""From what one contender did to the pages beside the picture: why, and one step in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from latex2mathml.converter import convert

from lossviz.course.heat import Account
from lossviz.ui.stage import message as stage


def ledgers(name: str, account: Account) -> tuple[stage.Ledger, ...]:
    """The pages beside the picture: why this happens, and one step in numbers."""
    why = account.why
    pages = [
        stage.Ledger(
            "Why",
            name,
            account.steps,
            (
                stage.LedgerLine(templates=why.sentences, pick=why.pick),
                *(stage.LedgerLine(one.label, "", one.templates, one.pick) for one in why.facts),
            ),
            _columns(why.values),
        )
    ]
    if account.worked is not None:
        lines = tuple(
            stage.LedgerLine(
                mathml=mathml(rf"{line.symbol} \leftarrow {line.formula}"),
                templates=(line.filled,),
            )
            for line in account.worked.lines
        )
        # No step follows the last point: there the one that led to it is shown, with its number.
        made = slice(0, max(1, len(account.steps) - 1))
        values = _columns({name: held[made] for name, held in account.worked.values.items()})
        pages.append(stage.Ledger("One step", name, account.steps[made], lines, values))
    elif account.unworked:
        # One line below the other: beside each other they would not fit into the panel.
        parts = (part.strip(" ,") for part in account.formula.split(r"\quad"))
        lines = (
            *(stage.LedgerLine(mathml=mathml(part)) for part in parts),
            stage.LedgerLine(templates=(account.unworked,)),
        )
        pages.append(stage.Ledger("One step", name, account.steps, lines, {}))
    return tuple(pages)


def _columns(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in values.items()}


@lru_cache(maxsize=512)
def mathml(latex: str) -> str:
    """A formula of a catalogue as MathML, which browsers draw by themselves."""
    return str(convert(latex))
