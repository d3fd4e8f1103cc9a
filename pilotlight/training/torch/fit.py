"""Fitting a PyTorch module so that it can be interrupted: the weights are the same, however often that happens.

A run is a sequence of steps, numbered from 0 over all epochs. The batch and the random numbers of each step follow from
the seed alone. So a run resumes in two moves: load the state of the checkpoint, take the next batch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import TrainingError
from pilotlight.core.samples import Samples
from pilotlight.training.batches import EpochBatches
from pilotlight.training.checkpoint_file import Checkpoint
from pilotlight.training.checkpointer import StateCheckpointer
from pilotlight.training.run import Run
from pilotlight.training.torch.report import EpochReport
from pilotlight.training.torch.seeding import seed_step
from pilotlight.training.torch.state import pack, unpack
from pilotlight.training.torch.steps import Measure, Stepper, fit_device

_MINUTE: Final = 60.0


def fit_torch(
    module: Any,
    batches: EpochBatches,
    run: Run,
    *,
    loss: Measure,
    optimizer: Any,
    schedule: Any = None,
    metrics: Mapping[str, Measure] | None = None,
    validation: tuple[Samples, Samples] | None = None,
) -> Any:
    """Fits a PyTorch module, with progress, a learning curve, checkpoints and resumption.

    It computes on the first GPU where there is one, in the precision of `run.precision`. A run that keeps checkpoints
    writes one at the end of each epoch, and within an epoch every `run.checkpoint_minutes`.

    Args:
        module: The torch.nn.Module. It gets a batch's inputs: a mapping by the names of forward's parameters.
        batches: What `tensor_batches` returned, or other batches of (inputs, targets) as numpy arrays.
        run: The settings; `run.epochs` is how many epochs the module is fitted for.
        loss: Computes the mean loss of a batch from the module's answer and the targets, such as
            torch.nn.functional.cross_entropy.
        optimizer: A torch.optim optimizer of the module's parameters.
        schedule: A scheduler of torch.optim.lr_scheduler, which steps after each epoch; None for a constant rate.
        metrics: More means over a batch by name, computed like the loss.
        validation: Samples and targets that are measured after each epoch as val_NAME.

    Returns:
        `module`, fitted, in evaluation mode and on the device where it was.

    Raises:
        Interrupted: The run was told to stop. A checkpoint is stored where the run keeps checkpoints.
        TrainingError: The loss is not finite, or there are several nodes.
        StoreError: Two checkpoints in a row cannot be stored.
    """
    if run.hardware.nodes > 1:
        what = f"cannot fit a PyTorch module on {run.hardware.nodes} nodes"
        raise TrainingError("the run", what, "Use one node.")
    store = run.checkpoints.begin() if run.checkpoints is not None else None
    with fit_device(module, run) as device:
        stepper = Stepper(module, optimizer, {"loss": loss, **(metrics or {})}, device, run.precision)
        fit = _Fit(stepper, run, _Course(batches, schedule, validation))
        checkpointer = StateCheckpointer(fit.read, run, store)
        fit.start(store.newest() if store else None, checkpointer)
    module.eval()
    return module


class _Course(NamedTuple):
    """What a fit takes in each epoch.

    Attributes:
        batches: The batches.
        schedule: Steps at the end of the epoch; None for a constant rate.
        validation: Samples and targets that are measured then; None for none.
    """

    batches: EpochBatches
    schedule: Any
    validation: tuple[Samples, Samples] | None


class _Fit:
    """One fit, from wherever it starts to its end."""

    def __init__(
        self, stepper: Stepper, run: Run, course: _Course, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stepper = stepper
        self._run = run
        self._course = course
        self._clock = clock
        self._report = EpochReport(run, len(course.batches), clock)

    def start(self, found: Checkpoint | None, checkpointer: StateCheckpointer) -> None:
        """Fit from a checkpoint, or from the beginning where there is none that fits."""
        state = self._match(found)
        if found is None or state is None:
            self._fit(0, 0, checkpointer)
            checkpointer.finish()
            return
        self._restore(found, state)
        if found.done:
            self._run.progress.note("the model was fitted before; its last checkpoint is used as it is")
            return
        step = f", step {found.step + 1} of {len(self._course.batches)}" if found.step else ""
        self._run.progress.note(f"resumes from the checkpoint at epoch {found.epoch + 1}{step}")
        self._fit(found.epoch, found.step, checkpointer)
        checkpointer.finish()

    def read(self, *, done: bool) -> Mapping[str, Sequence[Array]]:
        """Return the state as arrays."""
        state = self._stepper.read(done=done)
        if not done and self._course.schedule is not None:
            state["schedule"] = self._course.schedule.state_dict()
        return pack(state)

    def _match(self, found: Checkpoint | None) -> dict[str, Any] | None:
        """Return the state of a checkpoint where it is of this module: train.py may build another one than before."""
        if found is None:
            return None
        try:
            state = unpack(found.arrays)
            same = self._stepper.has_same_tensors(state)
        except (KeyError, ValueError, IndexError, TypeError, AttributeError):  # of another fit, or damaged
            same = False
        if same:
            return state
        self._run.progress.note("the checkpoint is of another module, so the fit starts from the beginning")
        return None

    def _restore(self, found: Checkpoint, state: Mapping[str, Any]) -> None:
        for at, values in found.points:
            self._run.recorder.add("epoch", at, {name: math.nan if v is None else v for name, v in values.items()})
        self._stepper.restore(state)
        if self._course.schedule is not None and "schedule" in state:
            self._course.schedule.load_state_dict(state["schedule"])

    def _fit(self, epoch: int, step: int, checkpointer: StateCheckpointer) -> None:
        with self._run.stop.watch():
            last = self._clock()
            for current in range(epoch, self._run.epochs):
                for index in range(step if current == epoch else 0, len(self._course.batches)):
                    seed_step(self._run.seed, current, index)
                    self._stepper.step(*self._course.batches.at(current, index))
                    self._report.step(current, index, self._stepper)
                    if index + 1 < len(self._course.batches) and self._is_due(last):
                        self._keep(current, index + 1, checkpointer)
                        last = self._clock()
                self._end_epoch(current)
                if current + 1 < self._run.epochs:
                    self._keep(current + 1, 0, checkpointer)
                    last = self._clock()

    def _is_due(self, last: float) -> bool:
        return self._run.stop.requested or self._clock() - last >= self._run.checkpoint_minutes * _MINUTE

    def _keep(self, epoch: int, step: int, checkpointer: StateCheckpointer) -> None:
        if self._run.stop.requested:
            checkpointer.interrupt(epoch, step)
        checkpointer.keep(epoch, step)

    def _end_epoch(self, epoch: int) -> None:
        values = self._stepper.end_epoch()
        if not math.isfinite(values["loss"]):
            what = f"the loss is {values['loss']}"
            raise TrainingError(f"epoch {epoch + 1}", what, "Training diverged. Lower the learning rate.")
        if self._course.validation is not None:
            found = self._stepper.measure(*self._course.validation, self._run.batch_size)
            values |= {f"val_{name}": value for name, value in found.items()}
        if self._course.schedule is not None:
            self._course.schedule.step()
        self._report.end_epoch(epoch, values)
