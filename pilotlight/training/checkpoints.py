"""What an interrupted run goes on from: a file a checkpoint, the newest one the last.

A checkpoint is an .npz file of plain arrays (numpy's format, never pickled) and one text of JSON. Its name is the place
in the run that it was written at, so the newest is the last by name. It is written aside and put whole, and the older
ones are removed only then: whenever a run is killed, a whole checkpoint is there.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import TrainingError

_SUFFIX: Final = ".npz"
_STATE: Final = "state.json"
_HINT: Final = "Free disk space there, or give the machine a larger disk (DiskGiB in infra/training.yaml)."


class CheckpointPlace(Protocol):
    """Where checkpoints lie. pilotlight.store's Blobs are one: names are relative, a put is whole or not there."""

    def put_file(self, name: str, source: Path) -> bool:
        """Stores the file's content under `name` unless something is there."""

    def get_file(self, name: str, target: Path) -> bool:
        """Writes the content of `name` to `target`; False where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that begins with `prefix`, sorted."""

    def remove(self, name: str) -> None:
        """Removes `name`, which need not be there."""


class Checkpoint(NamedTuple):
    """A run after `step` steps of `epoch`, both counted from 0: (3, 0) is the end of the third epoch.

    done: whether nothing is left to fit. arrays: by kind ("model", "optimizer", "metrics"), in the order of the
    variables. points: of the learning curve, as (at, values).
    """

    epoch: int
    step: int
    done: bool
    arrays: Mapping[str, Sequence[Array]]
    points: Sequence[tuple[float, Mapping[str, float | None]]] = ()


class FitCheckpoints:
    """The checkpoints of one fit, under `prefix` in `place`."""

    def __init__(self, place: CheckpointPlace, prefix: str) -> None:
        self._place = place
        self._prefix = prefix

    def newest(self) -> Checkpoint | None:
        """The one to go on from, None where there is none. One that cannot be read is passed over for an older one."""
        for name in reversed(self._names()):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "checkpoint.npz"
                if self._place.get_file(name, path) and (found := _read(path)) is not None:
                    return found
        return None

    def save(self, checkpoint: Checkpoint) -> None:
        """Stores it and removes the older ones; TrainingError where it cannot be written."""
        older = self._names()
        name = f"{self._prefix}/{checkpoint.epoch:06d}-{checkpoint.step:09d}{'-done' if checkpoint.done else ''}"
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "checkpoint.npz"
                _write(path, checkpoint)
                if not self._place.put_file(name + _SUFFIX, path):
                    # What is there could not be gone on from, or this step would not be reached again.
                    self._place.remove(name + _SUFFIX)
                    self._place.put_file(name + _SUFFIX, path)
        except OSError as error:
            where = f"the checkpoint of epoch {checkpoint.epoch} in {error.filename or tempfile.gettempdir()}"
            raise TrainingError(where, f"cannot be written: {error.strerror or error}", _HINT) from error
        for each in older:
            if each != name + _SUFFIX:
                self._place.remove(each)

    def _names(self) -> list[str]:
        return [name for name in self._place.names(f"{self._prefix}/") if name.endswith(_SUFFIX)]


class Checkpoints:
    """Those of one run. Each fit of its train.py has its own, told apart by the seed and by which fit it is."""

    def __init__(self, place: CheckpointPlace, prefix: str = "") -> None:
        self._place = place
        self._prefix = prefix
        self._fits = 0

    def of(self, seed: int, data: str) -> Checkpoints:
        """Those of one seed on data of this fingerprint: other data never go on from them."""
        return Checkpoints(self._place, f"seed-{seed}-{data[:8] or 'data'}/")

    def begin(self) -> FitCheckpoints:
        """Of the next fit. train.py fits in the same order each time it runs."""
        self._fits += 1
        return FitCheckpoints(self._place, f"{self._prefix}fit-{self._fits}")

    @property
    def used(self) -> bool:
        """Whether train.py keeps checkpoints at all."""
        return self._fits > 0

    def clear(self) -> None:
        """Removes all of them, once they are of no use."""
        for name in list(self._place.names("")):
            self._place.remove(name)


def _write(path: Path, checkpoint: Checkpoint) -> None:
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


def _read(path: Path) -> Checkpoint | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        state = json.loads(arrays.pop(_STATE).tobytes())
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):  # what numpy raises for a file that is not its own
        return None
    kinds: dict[str, list[Array]] = {}
    for name in sorted(arrays):
        kinds.setdefault(name.split("/")[0], []).append(arrays[name])
    points = [(float(at), values) for at, values in state["points"]]
    return Checkpoint(int(state["epoch"]), int(state["step"]), bool(state["done"]), kinds, points)
