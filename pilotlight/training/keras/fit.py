"""Fitting a Keras model so that it can be interrupted: the weights are the same, however often that happens.

A run is a sequence of steps, numbered from 0 over all epochs. The batch of each step follows from the seed alone. So a
run resumes in three moves: build the variables, load the checkpoint, take the next batch. On several nodes each node
does the same; they agree at each step on whether to stop or to write a checkpoint, and the main node writes it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pilotlight.core.artifacts import Array
from pilotlight.training.batches import EpochBatches
from pilotlight.training.checkpoint_file import Checkpoint
from pilotlight.training.keras.checkpointer import MODEL, Checkpointer
from pilotlight.training.keras.guard import Guard, Segment, guard_callback
from pilotlight.training.keras.loops import Loop, open_loop
from pilotlight.training.keras.output_names import check_output_names
from pilotlight.training.keras.progress import keras_progress
from pilotlight.training.keras.variables import assign_variables
from pilotlight.training.run import Run


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
    """Fits a compiled Keras model: `model.fit` with progress, checkpoints, resumption and several devices.

    A run that keeps checkpoints writes one at the end of each epoch, and within an epoch every
    `run.checkpoint_minutes`.

    Args:
        model: The compiled model.
        batches: What `array_batches`, `text_batches`, `pair_batches` or `epoch_batches` returned.
        run: The settings; `run.epochs` is how many epochs the model is fitted for.
        validation: The `validation_data` of `model.fit`: (x, y), or batches.
        callbacks: Keras callbacks. They start anew when a run resumes.
        clock: Seconds that only increase.
        arguments: Other arguments of `model.fit`.

    Returns:
        `model`, fitted.

    Raises:
        Interrupted: The run was told to stop. A checkpoint is stored where the run keeps checkpoints.
        TrainingError: The model cannot be built for this precision or these devices, or an output has a name that makes
            its losses ambiguous.
        StoreError: Two checkpoints in a row cannot be stored.
    """
    check_output_names(model)
    store = run.checkpoints.begin() if run.checkpoints is not None else None
    if not model.built:  # its first batch makes its variables; the model does not learn from it
        model.test_on_batch(*batches.at(0, 0))
    found = _matching(store.newest() if store else None, model, run)
    with open_loop(model, batches, run, validation) as loop:
        checkpointer = Checkpointer(loop.model, run, store)
        _Fit(loop, len(batches), run, checkpointer, clock, arguments, callbacks).start(found)
    return model


def _matching(found: Checkpoint | None, model: Any, run: Run) -> Checkpoint | None:
    """`found` where it is of a network with these variables: train.py may build another one than before."""
    if found is None:
        return None
    shapes = [tuple(variable.shape) for variable in model.variables]
    if [array.shape for array in found.arrays[MODEL]] == shapes:
        return found
    run.progress.note("the checkpoint is of a network with other variables, so the fit starts from the beginning")
    return None


@dataclass
class _Fit:
    """One fit, from wherever it starts to its end. steps: in an epoch. arguments: of model.fit."""

    loop: Loop
    steps: int
    run: Run
    checkpointer: Checkpointer
    clock: Callable[[], float]
    arguments: Mapping[str, Any]
    callbacks: Sequence[Any]

    def start(self, found: Checkpoint | None) -> None:
        if found is None:
            self._fit(0, 0, self.run.epochs, None)
        else:
            self._resume(found)
        if found is None or not found.done:
            self.checkpointer.finish()

    def _resume(self, found: Checkpoint) -> None:
        for at, values in found.points:
            self.run.recorder.add("epoch", at, {name: math.nan if v is None else v for name, v in values.items()})
        if found.done:
            self.run.progress.note("the model was fitted before; its last checkpoint is used as it is")
            self._fit(self.run.epochs, 0, self.run.epochs, found)
            assign_variables(self.loop.model.variables, found.arrays[MODEL])
            return
        where = f"epoch {found.epoch + 1}" + (f", step {found.step + 1} of {self.steps}" if found.step else "")
        self.run.progress.note(f"resumes from the checkpoint at {where}")
        if not found.step:
            self._fit(found.epoch, 0, self.run.epochs, found)
            return
        self.loop.build()
        # The rest of an epoch is a fit of its own, at whose end Keras puts an optimizer's averages (if it keeps any)
        # into the model. So the weights are read before that and restored after it.
        weights: list[Array] = []
        self._fit(found.epoch, found.step, found.epoch + 1, found, weights)
        if self.loop.model.stop_training:  # a callback ended the fit
            return
        assign_variables(self.loop.model.variables, weights)
        self._fit(found.epoch + 1, 0, self.run.epochs, None)

    def _fit(
        self, epoch: int, step: int, epochs: int, found: Checkpoint | None, weights: list[Array] | None = None
    ) -> None:
        """Fits from `step` of `epoch` until `epochs` are done, with the variables of `found`."""
        report = keras_progress(self.run.progress, self.clock, self.run.recorder, epochs=self.run.epochs, first=step)
        segment = Segment(epoch, step, found, weights)
        guard = Guard(self.checkpointer, self.run, self.clock, self.steps, segment)
        with self.run.stop.watch():
            self.loop.fit(epoch, step, epochs, [*self.callbacks, report, guard_callback(guard)], self.arguments)
