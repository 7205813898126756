"""`Entrant`: one run of a survey."""

from __future__ import annotations

from dataclasses import dataclass

from lossviz.settings import Experiment


@dataclass(frozen=True)
class Entrant:
    """One run of a survey.

    Args:
        name: How it is called, say "A", and "A₂" on the second network or "A′" from a second seed.
        contender: The place of its contender.
        experiment: What is trained.
        second: Whether it trains the second network.
    """

    name: str
    contender: int
    experiment: Experiment
    second: bool = False
