"""Writing the checkpoints of one fit: what happens when one cannot be stored, and when the run is told to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn, Protocol

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import Interrupted, StoreError
from pilotlight.training.checkpoint_file import Checkpoint
from pilotlight.training.checkpoints import FitCheckpoints
from pilotlight.training.run import Run


class ReadState(Protocol):
    """Reads what a step changes, as arrays by kind."""

    def __call__(self, *, done: bool) -> Mapping[str, Sequence[Array]]:
        """Read the state.

        Args:
            done: Whether the model is fitted completely, so that nothing but the model is needed.
        """


class StateCheckpointer:
    """The checkpoints of one fit.

    Args:
        read: Reads the state of the fit.
        run: The settings.
        store: Where checkpoints go, None where the run keeps none.
    """

    def __init__(self, read: ReadState, run: Run, store: FitCheckpoints | None) -> None:
        self._read = read
        self._run = run
        self._store = store
        self._failed = False
        self._earlier_points = len(run.recorder.points)  # of fits before this one, which have checkpoints of their own

    def keep(self, epoch: int, step: int) -> None:
        """Writes a checkpoint during the fit.

        One that cannot be stored is only reported: hours of work are worth more than a checkpoint.

        Raises:
            StoreError: Two in a row cannot be stored.
        """
        try:
            self._save(epoch, step, done=False)
        except StoreError as error:
            if self._failed:
                raise
            self._failed = True
            self._run.progress.note(f"a checkpoint could not be stored; the next one is tried as planned: {error}")
        else:
            self._failed = False

    def finish(self) -> None:
        """Writes the checkpoint of the finished fit."""
        self._save(self._run.epochs, 0, done=True)

    def interrupt(self, epoch: int, step: int) -> NoReturn:
        """Writes a checkpoint and raises Interrupted."""
        self.keep(epoch, step)
        what = "the run was told to stop"
        if self._store is None:
            raise Interrupted(f"epoch {epoch + 1}", what, "It keeps no checkpoints: start again from the beginning.")
        where = f"epoch {epoch + 1}, step {step + 1}" if step else f"epoch {epoch + 1}"
        raise Interrupted(where, f"{what}, and a checkpoint is stored", "Run the same command again to resume.")

    def _save(self, epoch: int, step: int, *, done: bool) -> None:
        """Every node reads the state, which nodes may have to do together; the main node writes it."""
        if self._store is None:
            return
        arrays = self._read(done=done)
        if self._run.hardware.is_main:
            points = self._run.recorder.points[self._earlier_points :]
            self._store.save(Checkpoint(epoch, step, done, arrays, points))
