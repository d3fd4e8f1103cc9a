"""Checkpoints: the files from which an interrupted run resumes.

The name of a checkpoint is the step of the run at which it was written, so the newest one is the last by name. It is
written to a temporary file and stored whole, and only then are older ones removed. So there is a whole checkpoint
whenever a run is killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import TrainingError
from pilotlight.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint

_SUFFIX: Final = ".npz"
_HINT: Final = "Free disk space there, or use a machine with a larger disk (DiskGiB in infra/training.yaml)."


class CheckpointPlace(Protocol):
    """Where checkpoints are stored, such as pilotlight.store's Blobs: by relative name, each whole or not at all."""

    def put_file(self, name: str, source: Path) -> bool:
        """Stores the file's content under `name`; False where that name exists already."""

    def get_file(self, name: str, target: Path) -> bool:
        """Writes the content of `name` to `target`; False where the name does not exist."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that starts with `prefix`, sorted."""

    def remove(self, name: str) -> None:
        """Removes `name` where it exists."""


class FitCheckpoints:
    """The checkpoints of one fit, under `prefix` in `place`."""

    def __init__(self, place: CheckpointPlace, prefix: str) -> None:
        self._place = place
        self._prefix = prefix

    def newest(self) -> Checkpoint | None:
        """The checkpoint to resume from, None where there is none. One that cannot be read is skipped."""
        for name in reversed(self._names()):
            with temporary_folder() as folder:
                path = folder / "checkpoint.npz"
                if self._place.get_file(name, path) and (found := read_checkpoint(path)) is not None:
                    return found
        return None

    def save(self, checkpoint: Checkpoint) -> None:
        """Stores `checkpoint`, then removes the older ones.

        Raises:
            TrainingError: The file cannot be written on this machine.
            UserError: There is no temporary folder for it.
            StoreError: It cannot be stored.
        """
        older = self._names()
        name = f"{self._prefix}/{checkpoint.epoch:06d}-{checkpoint.step:09d}{'-done' if checkpoint.done else ''}"
        with temporary_folder() as folder:
            path = folder / "checkpoint.npz"
            _write(path, checkpoint)
            if not self._place.put_file(name + _SUFFIX, path):
                # The stored one could not be read, or the run would not have come to this step again.
                self._place.remove(name + _SUFFIX)
                self._place.put_file(name + _SUFFIX, path)
        for each in older:
            if each != name + _SUFFIX:
                self._place.remove(each)

    def _names(self) -> list[str]:
        return [name for name in self._place.names(f"{self._prefix}/") if name.endswith(_SUFFIX)]


def _write(path: Path, checkpoint: Checkpoint) -> None:
    try:
        write_checkpoint(path, checkpoint)
    except OSError as error:
        where = f"the checkpoint of epoch {checkpoint.epoch} in {error.filename or path}"
        raise TrainingError(where, f"cannot be written: {error.strerror or error}", _HINT) from error


class Checkpoints:
    """The checkpoints of one run. Each fit of its train.py has its own, by the seed and the number of the fit."""

    def __init__(self, place: CheckpointPlace, prefix: str = "") -> None:
        self._place = place
        self._prefix = prefix
        self._fits = 0

    def of(self, seed: int, data: str) -> Checkpoints:
        """Those of one seed and of data with this fingerprint: a fit on other data never resumes from them."""
        return Checkpoints(self._place, f"seed-{seed}-{data[:8] or 'data'}/")

    def begin(self) -> FitCheckpoints:
        """Those of the next fit. train.py must fit in the same order each time it runs."""
        self._fits += 1
        return FitCheckpoints(self._place, f"{self._prefix}fit-{self._fits}")

    @property
    def used(self) -> bool:
        """Whether train.py has started a fit that writes checkpoints."""
        return self._fits > 0

    def clear(self) -> None:
        """Removes all of them."""
        for name in list(self._place.names("")):
            self._place.remove(name)
