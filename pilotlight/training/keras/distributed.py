"""Fitting under a tf.distribute strategy: several GPUs or nodes give the weights that one device would give.

Keras's own loop does not. With Keras 3 it cannot run under MultiWorkerMirroredStrategy; it clips the gradients of each
device before it sums them; and it weighs each device's part of a batch the same, however few samples it has. Here each
device takes every n-th sample of a batch. Gradients are averaged over the samples of the whole batch, then clipped and
applied. Two things differ from one device: batch normalisation sees a device's part, and a loss is taken to be a mean
over samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pilotlight.core.errors import Interrupted, TrainingError
from pilotlight.core.exception_text import first_line
from pilotlight.training.keras.distributed_step import make_step
from pilotlight.training.keras.internals import build_variables, take_summed_gradients

IGNORED: Final = ("verbose", "shuffle")
"""Arguments of model.fit that have no effect here: batches shuffle themselves, and a callback reports progress."""


class DistributedFit:
    """model.fit for a compiled `model` whose variables were made in the scope of `strategy`."""

    def __init__(self, strategy: Any, model: Any) -> None:
        self._strategy = strategy
        self._model = model
        self._step: Any = None

    def build(self, batch: Any) -> None:
        """Makes the variables of optimizer and metrics, which cannot be made while devices compute. Learns nothing."""
        with self._strategy.scope():
            build_variables(self._model, batch)
        # Keras would sum what each device has clipped; here the optimizer gets the sum.
        take_summed_gradients(self._model.optimizer)

    def fit(
        self,
        batches: Iterable[Any],
        *,
        steps_per_epoch: int,
        initial_epoch: int,
        epochs: int,
        callbacks: Sequence[Any],
        **arguments: Any,
    ) -> None:
        """Takes steps on the global `batches`, which never end, and calls `callbacks` as model.fit does."""
        _check_arguments(arguments)
        import keras

        group = keras.callbacks.CallbackList(
            list(callbacks), add_history=True, model=self._model, epochs=epochs, steps=steps_per_epoch, verbose=0
        )
        iterator = iter(batches)
        self._model.stop_training = False
        group.on_train_begin()
        logs: dict[str, float] = {}
        with _watch_nodes():
            for epoch in range(initial_epoch, epochs):
                logs = self._epoch(epoch, iterator, steps_per_epoch, group)
                if self._model.stop_training:
                    break
        with self._strategy.scope():
            self._model.optimizer.finalize_variable_values(self._model.trainable_variables)
        group.on_train_end(logs)

    def _epoch(self, epoch: int, iterator: Iterator[Any], steps: int, group: Any) -> dict[str, float]:
        self._model.reset_metrics()
        group.on_epoch_begin(epoch)
        values: Any = {}
        for step in range(steps):
            group.on_train_batch_begin(step)
            values = self._train(next(iterator))
            group.on_train_batch_end(step, values)
            if self._model.stop_training:
                break
        logs = {name: float(value) for name, value in values.items()}
        group.on_epoch_end(epoch, logs)
        return logs

    def _train(self, batch: Any) -> Any:
        if self._step is None:
            self.build(batch)
            self._step = make_step(self._strategy, self._model)
        return self._step(batch)


@contextmanager
def _watch_nodes() -> Iterator[None]:
    """Raises Interrupted where TensorFlow reports inside the block that another node does not answer."""
    import tensorflow as tf

    gone = (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.DeadlineExceededError,
        tf.errors.CancelledError,
    )
    try:
        yield
    except gone as error:
        hint = "The log of that node says why. The next attempt resumes from the last checkpoint."
        raise Interrupted(
            "the fit", f"the connection to another node was lost ({first_line(error)[:200]})", hint
        ) from error


def _check_arguments(arguments: dict[str, Any]) -> None:
    for name, value in arguments.items():
        if name not in IGNORED and value is not None:
            raise TrainingError(
                "fit_model",
                f"got {name}, which is not supported on several devices of TensorFlow",
                'Remove it, or set devices = "one" under [training] in model.toml.',
            )
