"""Runs as files: tensors by safetensors, settings as JSON in its header; nothing is pickled."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lossviz.problem.space import ParamSpace
from lossviz.registry import SettingError
from lossviz.run.state import MOST_BYTES, Method
from lossviz.run.status import KINDS, Status
from lossviz.settings import Experiment

if TYPE_CHECKING:
    from lossviz.run.record import Run

FORMAT = "lossviz run 1"

#: No run that this program made is larger: its weights, its losses, and a generous header.
MOST_FILE_BYTES = MOST_BYTES + 32 * 2**20

#: What reading a file leads to that holds no run; a whole number may be too long for a float.
BROKEN = (SafetensorError, ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError)


def save_run(run: Run, path: str | Path) -> None:
    """Write a run; see `Run.save`."""
    about = {
        "experiment": None if run.experiment is None else plain(run.experiment),
        "method": plain(run.method),
        "names": run.space.names,
        "shapes": run.space.shapes,
        "status": {
            "kind": run.status.kind,
            "step": run.status.step,
            # JSON has no infinity; as text it comes back all the same.
            "loss": str(run.status.loss),
            "before": str(run.status.before),
        },
    }
    tensors = {
        "weights": run.weights.contiguous(),
        "recorded": torch.from_numpy(np.ascontiguousarray(run.recorded)),
        "loss": run.loss.contiguous(),
    }
    save_file(tensors, path, metadata={"format": FORMAT, "run": json.dumps(about)})


def plain(record: Experiment | Method) -> dict[str, Any]:
    """A settings record as JSON can hold it."""
    values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in values.items()}


def load_fields(path: str | Path) -> dict[str, Any]:
    """The fields of the run in a file, by name; see `Run.load`."""
    try:
        size = Path(path).stat().st_size
        if size > MOST_FILE_BYTES:
            raise SettingError(
                f"it has {size / 2**20:.0f} MiB, and no run is larger than "
                f"{MOST_FILE_BYTES / 2**20:.0f} MiB"
            )
        about, tensors = read(path)
        return fields_from(about, tensors)
    except FileNotFoundError:
        raise
    except BROKEN as error:
        raise SettingError(f"{Path(path).name!r} is no run that can be read: {error}") from error


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The header and the tensors of a file."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise SettingError(f"its format is {metadata.get('format')!r}, not {FORMAT!r}")
        wanted = {"weights", "recorded", "loss"}
        if set(file.keys()) != wanted:
            raise SettingError(f"it holds {sorted(file.keys())}, not {sorted(wanted)}")
        return json.loads(metadata["run"]), {name: file.get_tensor(name) for name in wanted}


def fields_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The fields of a run by name, from a header and tensors, all of it checked."""
    settings = about["experiment"]
    experiment = None if settings is None else Experiment(**settings)
    method = Method(**about["method"])
    if experiment is not None and Method.of(experiment) != method:
        raise SettingError("its experiment and its method name different optimizers or schedules")
    status = status_from(about["status"])
    names = tuple(str(name) for name in about["names"])
    shapes = tuple(tuple(whole(side) for side in shape) for shape in about["shapes"])
    if len(names) != len(shapes) or len(set(names)) != len(names):
        raise SettingError("its names and shapes do not belong together")
    space = ParamSpace(names, shapes)
    weights, loss = tensors["weights"], tensors["loss"]
    recorded = tensors["recorded"]
    check_tensors(weights, recorded, loss, space)
    return {
        "experiment": experiment,
        "method": method,
        "space": space,
        "weights": weights,
        "recorded": recorded.numpy(),
        "loss": loss,
        "status": status,
    }


def check_tensors(weights: Tensor, recorded: Tensor, loss: Tensor, space: ParamSpace) -> None:
    """Raise SettingError unless the three belong together."""
    floating = (torch.float32, torch.float64)
    if weights.dtype not in floating or loss.dtype != weights.dtype:
        raise SettingError(f"its numbers are {weights.dtype} and {loss.dtype}")
    if weights.shape != (len(recorded), space.size) or recorded.dim() != 1 or loss.dim() != 1:
        raise SettingError(
            f"its weights have the shape {tuple(weights.shape)}, but the model has {space.size} "
            f"weights and {len(recorded)} steps were recorded"
        )
    if recorded.dtype != torch.int64 or not len(recorded) or not len(loss):
        raise SettingError("it has no recorded steps")
    ascending = bool((recorded.diff() > 0).all())
    if not ascending or recorded[0] != 0 or recorded[-1] != len(loss) - 1:
        raise SettingError("its recorded steps do not run from 0 to its last loss")
    if not torch.isfinite(weights).all():
        raise SettingError("it has weights that are not finite numbers")


def status_from(about: dict[str, Any]) -> Status:
    """The status of a header."""
    if about["kind"] not in KINDS:
        raise SettingError(f"its status is {about['kind']!r}, not one of {', '.join(KINDS)}")
    loss = float(about["loss"])
    loss = math.nan if math.isnan(loss) else loss  # the one that equals itself
    # Older files do not have it.
    before = float(about.get("before", math.nan))
    return Status(about["kind"], whole(about["step"]), loss, before)


def whole(value: Any) -> int:
    """A number of steps or the side of a tensor."""
    if type(value) is not int or not 0 <= value < 2**40:
        raise SettingError(f"{value!r} is not a whole number in range")
    return value
