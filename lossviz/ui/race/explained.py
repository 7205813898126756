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
        values = _columns(account.worked.values)
        pages.append(stage.Ledger("One step", name, account.steps, lines, values))
    elif account.unworked:
        lines = (
            stage.LedgerLine(mathml=mathml(account.formula)),
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
