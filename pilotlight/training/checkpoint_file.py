"""A checkpoint, and its file: an .npz file of plain arrays (never pickled) and one JSON text."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array

_STATE: Final = "state.json"
_DAMAGE: Final = (
    *(
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        MemoryError,
        EOFError,
    ),  # by numpy and of the state
    *(zipfile.BadZipFile, zlib.error, RuntimeError),  # by zipfile; RuntimeError for encryption and unknown compression
)
"""What reading a file raises that is no checkpoint."""


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
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return _parse(arrays, json.loads(arrays.pop(_STATE).tobytes()))
    except _DAMAGE:
        return None


def _parse(arrays: Mapping[str, Array], state: Mapping[str, Any]) -> Checkpoint:
    kinds: dict[str, list[Array]] = {}
    for name in sorted(arrays):
        kinds.setdefault(name.split("/")[0], []).append(arrays[name])
    points = [(float(at), dict(values)) for at, values in state["points"]]
    return Checkpoint(int(state["epoch"]), int(state["step"]), bool(state["done"]), kinds, points)
