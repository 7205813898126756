"""What cleaning and scaling do to training: one small model on raw, cleaned and scaled data.

effect = effect_of(DataLab(source="wine"))

The three states of the data are trained on one by one, so that whoever waits can begin the three
at once (`lossviz.datalab.case.case_of`), and put them together at the end (`gathered`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lossviz.datalab.case import Case, case_of
from lossviz.datalab.lab import DataLab
from lossviz.datalab.pairs import Pairs, pairs_of
from lossviz.datalab.table import Table


@dataclass(frozen=True, eq=False)
class Effect:
    """The model on all three states of the data.

    Args:
        cases: Raw, cleaned and scaled.
        inputs: The names of the two inputs.
        target: The column that is predicted.
        positive: Of classes the one that counts as +1, all others as -1; empty for values.
        score: What the score is, in words.
        tested: How many test rows all three have.
        notes: What was left out, a sentence each.
    """

    cases: tuple[Case, ...]
    inputs: tuple[str, str]
    target: str
    positive: str
    score: str
    tested: int
    notes: tuple[str, ...]


def effect_of(lab: DataLab, table: Table | None = None) -> Effect:
    """What cleaning and scaling do to training, all of it.

    Args:
        lab: The settings.
        table: What was uploaded; None for a data set of the catalogue.

    Raises:
        SettingError: As in `lossviz.datalab.pairs.pairs_of` and `lossviz.datalab.case.case_of`.
    """
    pairs = pairs_of(lab, table)
    cases = (case_of(lab, pair, pairs.inputs, pairs.classes) for pair in pairs.states)
    return gathered(pairs, cases)


def gathered(pairs: Pairs, cases: Iterable[Case]) -> Effect:
    """The effect from its cases, in the order of the pairs."""
    return Effect(
        cases=tuple(cases),
        inputs=pairs.inputs,
        target=pairs.target,
        positive=pairs.positive,
        score="accuracy" if pairs.classes else "R²",
        tested=len(pairs.states[0].test_targets),
        notes=pairs.notes,
    )
