"""A checkpoint, and its file: an .npz file of plain arrays (never pickled) and one JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.documents import RUN_LIMITS, parse_object
from pilotlight.core.errors import DataError
from pilotlight.core.npz import read_npz

_STATE: Final = "state.json"


class Checkpoint(NamedTuple):
    """The state of a run after `step` steps of `epoch`.

    Attributes:
        epoch: Counted from 0: (3, 0) is the end of the third epoch.
        step: Steps of that epoch that are done.
        done: Whether the model is fitted completely.
        arrays: The variables by kind ("model", "optimizer", "metrics"), in their order.
        points: The points of the learning curve, as (at, values).
    """

    epoch: int
    step: int
    done: bool
    arrays: Mapping[str, Sequence[Array]]
    points: Sequence[tuple[float, Mapping[str, float | None]]] = ()


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the file at `path`."""
    state = {
        "epoch": checkpoint.epoch,
        "step": checkpoint.step,
        "done": checkpoint.done,
        "points": [[at, dict(values)] for at, values in checkpoint.points],
    }
    arrays: dict[str, Any] = {_STATE: np.frombuffer(json.dumps(state).encode(), np.uint8)}
    for kind, each in checkpoint.arrays.items():
        arrays |= {f"{kind}/{number:05d}": array for number, array in enumerate(each)}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Reads the file at `path`; None where it is not a checkpoint."""
    try:
        arrays = read_npz(path, path.name, "")
        return _parse(arrays, parse_object(arrays.pop(_STATE).tobytes(), RUN_LIMITS))
    except (
        DataError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
    ):  # another file, or another state
        return None


def _parse(arrays: Mapping[str, Array], state: Mapping[str, Any]) -> Checkpoint:
    kinds: dict[str, list[Array]] = {}
    for name in sorted(arrays):
        kinds.setdefault(name.split("/")[0], []).append(arrays[name])
    points = [(float(at), dict(values)) for at, values in state["points"]]
    return Checkpoint(int(state["epoch"]), int(state["step"]), bool(state["done"]), kinds, points)
