"""Fitting a Keras model so that it can be interrupted: the same weights come out, however often it was.

A run is a sequence of steps, numbered from 0 over all epochs, and batch n follows from the seed alone (batches.py). A
checkpoint holds every variable that a step changes: of the model, of its random generators, of the optimizer, and the
metrics' sums. So going on is: build, load, take the next batch. On several nodes each does the same; they agree at each
step on whether to stop or to keep a checkpoint, and the main one writes it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import Interrupted, StoreError
from pilotlight.training.batches import EpochBatches
from pilotlight.training.checkpoints import Checkpoint, FitCheckpoints
from pilotlight.training.keras.support import keras_progress
from pilotlight.training.keras.working import Working, working
from pilotlight.training.run import Run

MODEL, OPTIMIZER, METRICS = "model", "optimizer", "metrics"
_MINUTE: Final = 60.0


def fit_model(
    model: Any,
    batches: EpochBatches,
    run: Run,
    *,
    validation: Any = None,
    callbacks: Sequence[Any] = (),
    clock: Callable[[], float] = time.monotonic,
    **arguments: Any,
) -> Any:
    """Fits the compiled `model` for `run.epochs` and returns it: model.fit with progress, checkpoints and resumption.

    batches: of array_batches, text_batches, pair_batches or epoch_batches. validation: fit's validation_data.
    callbacks: begin anew when a run goes on. arguments: others of model.fit. Where the run keeps checkpoints there is
    one at the end of each epoch, and after so many minutes (run.checkpoint_minutes) within one. Raises Interrupted,
    with a checkpoint kept, where run.stop is asked for.
    """
    kept = run.checkpoints.begin() if run.checkpoints is not None else None
    if not model.built:  # its variables are there from its first batch on; this one is not learned from
        model.test_on_batch(*batches.at(0, 0))
    found = _fitting(kept.newest() if kept else None, model, run)
    with working(model, batches, run, validation) as work:
        _Fit(work, batches, run, kept, clock, arguments, callbacks).begin_at(found)
    return model


def _fitting(found: Checkpoint | None, model: Any, run: Run) -> Checkpoint | None:
    """`found` where it is of a network with these variables: train.py may build another one than before."""
    if found is None:
        return None
    shapes = [tuple(variable.shape) for variable in model.variables]
    if [array.shape for array in found.arrays[MODEL]] == shapes:
        return found
    run.progress.note("the checkpoint is of a network with other variables, so the fit starts over")
    return None


@dataclass
class _Fit:
    """One fit, from wherever it begins to its end."""

    work: Working
    batches: EpochBatches
    run: Run
    kept: FitCheckpoints | None
    clock: Callable[[], float]
    arguments: Mapping[str, Any]
    callbacks: Sequence[Any]
    _missed: bool = field(default=False, init=False)
    _points: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._points = len(self.run.recorder.points)  # of fits before this one, which keep their own

    @property
    def model(self) -> Any:
        """What is fitted: train.py's own model, or a copy."""
        return self.work.model

    def begin_at(self, found: Checkpoint | None) -> None:
        if found is None:
            self._fit(0, 0, self.run.epochs, None)
        else:
            self._go_on(found)
        if found is None or not found.done:
            self._save(self.run.epochs, 0, done=True)

    def _go_on(self, found: Checkpoint) -> None:
        for at, values in found.points:
            self.run.recorder.add("epoch", at, {name: math.nan if v is None else v for name, v in values.items()})
        if found.done:
            self.run.progress.note("was fitted before: its last checkpoint is taken as it is")
            self._fit(self.run.epochs, 0, self.run.epochs, found)
            _assign(self.model.variables, found.arrays[MODEL])
            return
        where = f"epoch {found.epoch + 1}" + (f", step {found.step + 1} of {len(self.batches)}" if found.step else "")
        self.run.progress.note(f"goes on from the checkpoint at {where}")
        if not found.step:
            self._fit(found.epoch, 0, self.run.epochs, found)
            return
        self.work.build()
        # The rest of an epoch is a fit of its own, at whose end Keras puts an optimizer's averages into the model (if
        # it keeps any). What was learned is put back then.
        learned: list[Array] = []
        self._fit(found.epoch, found.step, found.epoch + 1, found, learned)
        if self.model.stop_training:  # a callback has had enough
            return
        _assign(self.model.variables, learned)
        self._fit(found.epoch + 1, 0, self.run.epochs, None)

    def _fit(
        self, epoch: int, step: int, epochs: int, found: Checkpoint | None, learned: list[Array] | None = None
    ) -> None:
        """Fits from `step` of `epoch` until `epochs` are done, with the variables of `found`."""
        report = keras_progress(self.run.progress, self.clock, self.run.recorder, epochs=self.run.epochs, first=step)
        guard = _callback(_Part(self, epoch, step, found, learned))
        with self.run.stop.watched():
            self.work.fit(epoch, step, epochs, [*self.callbacks, report, guard], self.arguments)

    def keep(self, epoch: int, step: int) -> None:
        """One that cannot be stored is told, and the next one tried: hours of work are worth more than a checkpoint."""
        try:
            self._save(epoch, step, done=False)
        except StoreError as error:
            if self._missed:
                raise
            self._missed = True
            self.run.progress.note(f"a checkpoint was not kept, and the next one is tried: {error}")
        else:
            self._missed = False

    def _save(self, epoch: int, step: int, *, done: bool) -> None:
        """Every node reads the variables, which nodes may have to do together; the main one writes them."""
        if self.kept is not None:
            checkpoint = self._checkpoint(epoch, step, done=done)
            if self.run.hardware.is_main:
                self.kept.save(checkpoint)

    def interrupt(self, epoch: int, step: int) -> None:
        self.keep(epoch, step)
        if self.kept is None:
            raise Interrupted(f"epoch {epoch + 1}", "the run was told to stop", "It keeps no checkpoints: start over.")
        where = f"epoch {epoch + 1}, step {step + 1}" if step else f"epoch {epoch + 1}"
        raise Interrupted(
            where, "the run was told to stop, and a checkpoint is kept", "Run the same command again to go on from it."
        )

    def _checkpoint(self, epoch: int, step: int, *, done: bool) -> Checkpoint:
        variables = {MODEL: self.model.variables}
        if not done:
            variables |= {OPTIMIZER: self.model.optimizer.variables, METRICS: self.model.metrics_variables}
        arrays = {kind: _arrays(each) for kind, each in variables.items()}
        return Checkpoint(epoch, step, done, arrays, self.run.recorder.points[self._points :])


class _Part:
    """What happens around the steps of one call of model.fit.

    first: the epoch that it begins with, after `step` steps of it. learned: gets the weights at its end, before Keras
    puts averages into them.
    """

    def __init__(self, fit: _Fit, first: int, step: int, found: Checkpoint | None, learned: list[Array] | None) -> None:
        self._fit = fit
        self._first = first
        self._step = step
        self._found = found
        self._learned = learned
        self._last = fit.clock()
        self._epoch = first
        self._before = step

    def begin(self) -> None:
        """An optimizer may wait for its first step to make its variables."""
        if self._found is None:
            return
        model = self._fit.model
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        if self._found.done:
            return
        _assign(model.variables, self._found.arrays[MODEL])
        _assign(model.optimizer.variables, self._found.arrays[OPTIMIZER])

    def begin_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._before = self._step if epoch == self._first else 0
        if self._found is not None and self._before:
            _assign(self._fit.model.metrics_variables, self._found.arrays[METRICS])

    def wants(self, batch: int) -> bool:
        """Whether something is to be done after this batch. An epoch's last one is its end's business."""
        if self._before + batch + 1 == len(self._fit.batches):
            return False
        due = self._fit.clock() - self._last >= self._fit.run.checkpoint_minutes * _MINUTE
        return self._fit.run.hardware.any(due or self._fit.run.stop.asked)

    def _stops(self) -> bool:
        """Whether any node was told to stop: all of them stop at the same step."""
        return self._fit.run.hardware.any(self._fit.run.stop.asked)

    def end_step(self, batch: int) -> None:
        done = self._before + batch + 1
        if self._stops():
            self._fit.interrupt(self._epoch, done)
        self._fit.keep(self._epoch, done)
        self._last = self._fit.clock()

    def end_epoch(self, epoch: int) -> None:
        """The last epoch's checkpoint is kept once Keras has finished the weights."""
        if self._learned is not None:
            self._learned[:] = _arrays(self._fit.model.variables)
        if epoch + 1 == self._fit.run.epochs or self._fit.model.stop_training:
            return
        if self._stops():
            self._fit.interrupt(epoch + 1, 0)
        self._fit.keep(epoch + 1, 0)
        self._last = self._fit.clock()


def _callback(part: _Part) -> Any:
    import keras

    class Guard(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
        def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
            part.begin()

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            part.begin_epoch(epoch)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            if part.wants(batch):
                self._sync()
                part.end_step(batch)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            self._sync()
            part.end_epoch(epoch)

        def _sync(self) -> Any:
            # JAX's training state is outside the model until a callback asks for the model.
            return self.model

    return Guard()


def _arrays(variables: Sequence[Any]) -> list[Array]:
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def _assign(variables: Sequence[Any], arrays: Sequence[Array]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        # numpy's format knows no bfloat16: it comes back as two bytes.
        known = array.view(variable.dtype) if array.dtype.kind == "V" else array
        variable.assign(known)
