"""The callback around the steps of a fit: it restores variables, writes checkpoints and stops the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pilotlight.core.artifacts import Array
from pilotlight.training.checkpoint_file import Checkpoint
from pilotlight.training.keras.checkpointer import METRICS, MODEL, OPTIMIZER, Checkpointer
from pilotlight.training.keras.variables import assign_variables, read_variables
from pilotlight.training.run import Run

_MINUTE: Final = 60.0


class Segment(NamedTuple):
    """The part of a run that one call of a loop's fit covers.

    Attributes:
        epoch: The epoch that it starts in.
        step: Steps of that epoch that are done.
        found: The checkpoint to start from, None for a fresh start.
        weights: Receives the weights at the end, before Keras puts averages into the model; None to leave them.
    """

    epoch: int
    step: int
    found: Checkpoint | None
    weights: list[Array] | None


class Guard:
    """Watches one call of a loop's fit.

    Args:
        checkpointer: Writes the checkpoints of the model that is fitted.
        run: The settings.
        clock: Seconds that only increase.
        steps: Steps in an epoch.
        segment: What the call covers.
    """

    def __init__(
        self, checkpointer: Checkpointer, run: Run, clock: Callable[[], float], steps: int, segment: Segment
    ) -> None:
        self._checkpointer = checkpointer
        self._model = checkpointer.model
        self._run = run
        self._clock = clock
        self._steps = steps
        self._segment = segment
        self._last = clock()
        self._epoch = segment.epoch
        self._before = segment.step

    def restore(self) -> None:
        """Restores model and optimizer. An optimizer may make its variables only in its first step."""
        found = self._segment.found
        if found is None:
            return
        if not self._model.optimizer.built:
            self._model.optimizer.build(self._model.trainable_variables)
        if found.done:
            return
        assign_variables(self._model.variables, found.arrays[MODEL])
        assign_variables(self._model.optimizer.variables, found.arrays[OPTIMIZER])

    def begin_epoch(self, epoch: int) -> None:
        """Restores the metrics' sums where the call starts within an epoch."""
        self._epoch = epoch
        self._before = self._segment.step if epoch == self._segment.epoch else 0
        if self._segment.found is not None and self._before:
            assign_variables(self._model.metrics_variables, self._segment.found.arrays[METRICS])

    def is_due(self, batch: int) -> bool:
        """Whether `end_step` must be called after this batch. After an epoch's last one `end_epoch` acts."""
        if self._before + batch + 1 == self._steps:
            return False
        due = self._clock() - self._last >= self._run.checkpoint_minutes * _MINUTE
        return self._run.hardware.any(due or self._run.stop.requested)

    def end_step(self, batch: int) -> None:
        """Stops the run if it was told to, else writes a checkpoint."""
        self._keep(self._epoch, self._before + batch + 1)

    def end_epoch(self, epoch: int) -> None:
        """As `end_step`. The last epoch's checkpoint is written once Keras has finished the weights."""
        if self._segment.weights is not None:
            self._segment.weights[:] = read_variables(self._model.variables)
        if epoch + 1 == self._run.epochs or self._model.stop_training:
            return
        self._keep(epoch + 1, 0)

    def _keep(self, epoch: int, step: int) -> None:
        if self._run.hardware.any(self._run.stop.requested):  # all nodes stop at the same step
            self._checkpointer.interrupt(epoch, step)
        self._checkpointer.keep(epoch, step)
        self._last = self._clock()


def guard_callback(guard: Guard) -> Any:
    """A keras.callbacks.Callback that calls `guard`."""
    import keras

    class Callback(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            guard.restore()

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            guard.begin_epoch(epoch)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if guard.is_due(batch):
                self._sync()
                guard.end_step(batch)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._sync()
            guard.end_epoch(epoch)

        def _sync(self) -> Any:
            # JAX's training state is outside the model until a callback asks for the model.
            return self.model

    return Callback()
