"""Where work runs: in this thread, in worker processes or on a cluster; only this room knows."""

from lossviz.engine.chain import Chain, Progress
from lossviz.engine.disk import keep, kept, recall
from lossviz.engine.engine import Engine, WorkerDiedError
from lossviz.engine.estimate import WHOLE, estimate
from lossviz.engine.inline import InlineExecutor
from lossviz.engine.job import Job
from lossviz.engine.program import (
    current,
    drop,
    executor,
    memory,
    pids,
    run,
    start,
    stop,
    submit,
)
from lossviz.engine.records import storable
from lossviz.engine.scan import Partial, Scan
from lossviz.engine.store import Store

__all__ = [
    "WHOLE",
    "Chain",
    "Engine",
    "InlineExecutor",
    "Job",
    "Partial",
    "Progress",
    "Scan",
    "Store",
    "WorkerDiedError",
    "current",
    "drop",
    "estimate",
    "executor",
    "keep",
    "kept",
    "memory",
    "pids",
    "recall",
    "run",
    "start",
    "stop",
    "storable",
    "submit",
]
