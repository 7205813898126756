"""A table on its way to a model: its target, inputs and split, cleaned and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossviz.datalab.clean import Cleaned, cleaned
from lossviz.datalab.lab import CONSTANT, DataLab
from lossviz.datalab.sample import Chosen, chosen_of, roles_of
from lossviz.datalab.table import Table
from lossviz.problem.scaling import fitted
from lossviz.registry import SettingError


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table on its way to a model.

    Args:
        table: As it came, with its dirt.
        chosen: Target, inputs and split.
        clean: The rows after cleaning.
        scaled: (M, D) these rows after scaling; labels stay as they are.
        pair: The places of two inputs among the D; the second is -1 for a constant.
        notes: What was wrong with the names in the settings, a sentence each.
    """

    table: Table
    chosen: Chosen
    clean: Cleaned
    scaled: np.ndarray
    pair: tuple[int, int]
    notes: tuple[str, ...]


def prepared(lab: DataLab, table: Table | None = None) -> Prepared:
    """The table of a lab with its roles, cleaned and scaled.

    A name in the settings that is no column is replaced by the usual one, with a note: a link may
    come with another file.

    Args:
        lab: The settings.
        table: What was uploaded; None for a data set of the catalogue.

    Raises:
        SettingError: When there is no table, or nothing to learn in it.
    """
    found = lab.table() if table is None else table
    notes: list[str] = []
    target = _named(lab.target, found.names, "target", notes)
    chosen = chosen_of(found, roles_of(found, target, lab.task), lab.test_share, lab.data_seed)
    clean = cleaned(chosen.sample, lab.rules)
    pair = _pair(lab, chosen, notes)
    scaled = _scaled(clean, lab.scaling)
    return Prepared(found, chosen, clean, scaled, pair, tuple(notes))


def _named(name: str, known: tuple[str, ...], what: str, notes: list[str]) -> str:
    if name and name not in known:
        notes.append(f"{what}: there is no column {name!r} here. Using the usual one.")
        return ""
    return name


def _pair(lab: DataLab, chosen: Chosen, notes: list[str]) -> tuple[int, int]:
    """The places of the two inputs: as chosen, or else the first numeric one and the last."""
    names = chosen.sample.names
    able = [place for place, label in enumerate(chosen.sample.labelled) if not label]
    if not able:
        raise SettingError(
            "None of the inputs is a number, so there is nothing to draw or to scale."
        )
    known = tuple(names[place] for place in able)
    first = _named(lab.first, known, "first", notes) or known[0]
    second = _named(lab.second, (*known, CONSTANT), "second", notes)
    if second in ("", first):
        second = next((name for name in reversed(known) if name != first), CONSTANT)
    return names.index(first), -1 if second == CONSTANT else names.index(second)


def _scaled(clean: Cleaned, scaling: str) -> np.ndarray:
    """The rows scaled as the training rows say; labels stay as they are."""
    sample = clean.sample
    scaled = fitted(sample.values[sample.train], scaling)(sample.values)
    return np.where(sample.labelled, sample.values, scaled)


def two_columns(values: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    """Two columns (N, 2) of values (N, D); a constant 1 for the place -1."""
    first, second = pair
    return np.stack(
        [values[:, first], values[:, second] if second >= 0 else np.ones(len(values))], axis=1
    )
