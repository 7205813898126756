"""Which column of a table is predicted, from which others, on which rows: a `Sample` to clean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossviz.datalab.clean import Sample
from lossviz.datalab.limits import FEWEST_ROWS
from lossviz.datalab.table import Column, Table
from lossviz.problem.build import split
from lossviz.registry import SettingError

#: What a target can be taken for; "auto" takes two different numbers for classes.
TASKS = ("auto", "classes", "values")
#: More different numbers are no classes.
MOST_CLASSES = 20


@dataclass(frozen=True, eq=False)
class Roles:
    """What each column of a table is for.

    Args:
        target: What is predicted.
        inputs: From which; the others are left out.
        classes: The names of the target's classes; empty where it has values.
        left_out: Why each other column is no input, a sentence each.
    """

    target: Column
    inputs: tuple[Column, ...]
    classes: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Chosen:
    """A sample with where it comes from.

    Args:
        roles: Its columns.
        sample: Its rows.
        rows: (N,) their places in the table: those with a target.
        notes: What was left out and why, a sentence each.
    """

    roles: Roles
    sample: Sample
    rows: np.ndarray
    notes: tuple[str, ...]


def roles_of(table: Table, target: str = "", task: str = "auto") -> Roles:
    """The roles of a table's columns.

    Args:
        table: One that has two columns or more with something to say.
        target: The name of what is predicted; the table's usual one when it is empty.
        task: "classes", "values", or "auto": classes for a category and for two different numbers.

    Raises:
        UnknownNameError: When there is no such column.
        SettingError: When the column cannot be the target, or nothing is left to predict it from.
    """
    name = target or table.target
    if not name:
        raise SettingError(f"{table.name} has no column that could be predicted.")
    column = table.column(name)
    if column.useless:
        raise SettingError(f"{name!r} cannot be the target: it {column.useless}.")
    others = [other for other in table.columns if other.name != name]
    inputs = tuple(other for other in others if not other.useless)
    if not inputs:
        raise SettingError(f"There is no column from which {name!r} could be predicted.")
    left_out = tuple(f"{o.name!r} {o.useless}, so it is no input." for o in others if o.useless)
    return Roles(column, inputs, _classes(column, task), left_out)


def _classes(column: Column, task: str) -> tuple[str, ...]:
    if task not in TASKS:
        raise SettingError(f"task is {task!r}, but must be one of {', '.join(TASKS)}.")
    if column.kind == "category":
        if task == "values":
            raise SettingError(f"{column.name!r} holds categories, which are no values to predict.")
        present = np.unique(column.values[~column.missing]).astype(int)
        return tuple(column.labels[place] for place in present)
    if task == "values" or (task == "auto" and column.distinct != 2):
        return ()
    if column.distinct > MOST_CLASSES:
        raise SettingError(
            f"{column.name!r} has {column.distinct:,} different values; up to {MOST_CLASSES} can "
            "be classes."
        )
    return tuple(f"{value:.6g}" for value in np.unique(column.values[~column.missing]))


def chosen_of(table: Table, roles: Roles, test_share: float, seed: int) -> Chosen:
    """The rows that have a target, split; inputs without two different training values left out.

    A split keeps classes in proportion. Where a class is too rare for that, it does not, and a
    note says so.

    Raises:
        SettingError: When too few rows or no input would be left.
    """
    rows = np.flatnonzero(~roles.target.missing)
    notes = list(roles.left_out)
    if len(rows) < len(roles.target.values):
        count = len(roles.target.values) - len(rows)
        notes.append(
            f"{count:,} row{'s have' if count > 1 else ' has'} no {roles.target.name!r}; nothing "
            "can be learnt from them, so they are left out."
        )
    if len(rows) < FEWEST_ROWS:
        raise SettingError(f"Only {len(rows)} rows have a {roles.target.name!r}; too few to split.")
    targets = roles.target.values[rows]
    if roles.classes:
        targets = np.unique(targets, return_inverse=True)[1].astype(np.float64)
    train = _train(targets, test_share, seed, len(roles.classes), notes)
    inputs = _varied(roles.inputs, rows[train], notes)
    sample = Sample(
        tuple(column.name for column in inputs),
        np.stack([column.values[rows] for column in inputs], axis=1),
        np.array([not column.numeric for column in inputs]),
        targets,
        len(roles.classes),
        train,
    )
    roles = Roles(roles.target, inputs, roles.classes, roles.left_out)
    return Chosen(roles, sample, rows, tuple(notes))


def _train(
    targets: np.ndarray, test_share: float, seed: int, classes: int, notes: list[str]
) -> np.ndarray:
    """Which rows (N,) are for training."""
    try:
        places, _ = split(targets, test_share, seed, classes)
    except SettingError:
        places, _ = split(targets, test_share, seed, 0)
        notes.append("A class is too rare to stand on both sides of the split in proportion.")
    train = np.zeros(len(targets), dtype=bool)
    train[places] = True
    return train


def _varied(inputs: tuple[Column, ...], known: np.ndarray, notes: list[str]) -> tuple[Column, ...]:
    """The inputs with two or more different values in the training rows."""
    varied = []
    for column in inputs:
        values = column.values[known]
        if len(np.unique(values[~np.isnan(values)])) > 1:
            varied.append(column)
        else:
            notes.append(f"{column.name!r} is the same in all training rows, so it is no input.")
    if not varied:
        raise SettingError(
            f"No input has two different values in the training rows ({len(known):,} of them). "
            "Take a smaller test share, or more samples."
        )
    return tuple(varied)
