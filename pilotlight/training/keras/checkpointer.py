"""Writing the checkpoints of one Keras fit.

A checkpoint holds every variable that a step changes: of the model and its random generators, of the optimizer, and the
sums of the metrics.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from pilotlight.core.errors import Interrupted, StoreError
from pilotlight.training.checkpoint_file import Checkpoint
from pilotlight.training.checkpoints import FitCheckpoints
from pilotlight.training.keras.variables import read_variables
from pilotlight.training.run import Run

MODEL: Final = "model"
OPTIMIZER: Final = "optimizer"
METRICS: Final = "metrics"


class Checkpointer:
    """The checkpoints of one fit.

    Args:
        model: The model that is fitted.
        run: The settings.
        store: Where checkpoints go, None where the run keeps none.
    """

    def __init__(self, model: Any, run: Run, store: FitCheckpoints | None) -> None:
        self.model = model
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
        """Every node reads the variables, which nodes may have to do together; the main node writes them."""
        if self._store is None:
            return
        variables = {MODEL: self.model.variables}
        if not done:
            variables |= {OPTIMIZER: self.model.optimizer.variables, METRICS: self.model.metrics_variables}
        arrays = {kind: read_variables(each) for kind, each in variables.items()}
        if self._run.hardware.is_main:
            points = self._run.recorder.points[self._earlier_points :]
            self._store.save(Checkpoint(epoch, step, done, arrays, points))
