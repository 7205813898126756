"""Where work runs: in this thread, in worker processes or on a cluster; only this room knows."""

from lossviz.engine.chain import Chain, Progress
from lossviz.engine.engine import Engine, WorkerDiedError
from lossviz.engine.estimate import WHOLE, estimate
from lossviz.engine.inline import InlineExecutor
from lossviz.engine.job import Job
from lossviz.engine.program import current, executor, memory, pids, run, start, stop, submit

__all__ = [
    "WHOLE",
    "Chain",
    "Engine",
    "InlineExecutor",
    "Job",
    "Progress",
    "WorkerDiedError",
    "current",
    "estimate",
    "executor",
    "memory",
    "pids",
    "run",
    "start",
    "stop",
    "submit",
]
