"""Training: optimizers, `train`, `race`, and the `Run` they give."""

from lossviz.run import optimizers, schedules
from lossviz.run.advance import advance
from lossviz.run.many import Many, race_many
from lossviz.run.race import race, race_on, train
from lossviz.run.record import Run
from lossviz.run.state import Chunk, Method, Piece, State, start_on, start_state
from lossviz.run.status import Status
from lossviz.run.sweep import Sweep, sweep

__all__ = [
    "Chunk",
    "Many",
    "Method",
    "Piece",
    "Run",
    "State",
    "Status",
    "Sweep",
    "advance",
    "optimizers",
    "race",
    "race_many",
    "race_on",
    "schedules",
    "start_on",
    "start_state",
    "sweep",
    "train",
]
