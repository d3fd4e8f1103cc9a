"""The loop that `fit_model` runs: Keras's own or the distributed one, on train.py's model or on a clone of it.

train.py's own model stays in float32 on one device. Its weights are copied into the clone before the fit and back after
it, so what is measured, converted and served is train.py's model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from pilotlight.training.batches import EpochBatches
from pilotlight.training.keras.clone import clone_model, copy_variables
from pilotlight.training.keras.devices import data_parallel
from pilotlight.training.keras.distributed import DistributedFit
from pilotlight.training.keras.precision import FLOAT32
from pilotlight.training.keras.stream import stream
from pilotlight.training.keras.texts import adapt_texts
from pilotlight.training.run import Run


class Loop:
    """Fits a compiled Keras model by its own `fit`."""

    def __init__(self, model: Any, batches: EpochBatches, validation: Any) -> None:
        self.model = model
        self._batches = batches
        self._validation = adapt_texts(validation)

    def build(self) -> None:
        """Makes the variables of the metrics. Learns nothing."""
        self.model.test_on_batch(*self._batches.at(0, 0))

    def fit(self, epoch: int, step: int, epochs: int, callbacks: Sequence[Any], arguments: Mapping[str, Any]) -> None:
        """Fits from `step` of `epoch` until `epochs` are done. arguments: others of model.fit."""
        self.model.fit(
            stream(self._batches, epoch, step),
            steps_per_epoch=len(self._batches) - step,
            initial_epoch=epoch,
            epochs=epochs,
            callbacks=list(callbacks),
            validation_data=self._validation,
            verbose=0,
            shuffle=False,  # batches shuffle themselves
            **arguments,
        )


class _DistributedLoop(Loop):
    """Fits a clone of `original` under a tf.distribute strategy."""

    def __init__(
        self,
        model: Any,
        batches: EpochBatches,
        validation: Any,
        original: Any,
        strategy: Any,
    ) -> None:
        super().__init__(model, batches, validation)
        self._original = original
        self._fit = DistributedFit(strategy, model)

    def build(self) -> None:
        self._fit.build(self._batches.at(0, 0))

    def fit(self, epoch: int, step: int, epochs: int, callbacks: Sequence[Any], arguments: Mapping[str, Any]) -> None:
        self.build()
        validate = [] if self._validation is None else [_validation(self._original, self.model, self._validation)]
        self._fit.fit(
            stream(self._batches, epoch, step),
            steps_per_epoch=len(self._batches) - step,
            initial_epoch=epoch,
            epochs=epochs,
            callbacks=[*validate, *callbacks],
            **arguments,
        )


@contextmanager
def open_loop(model: Any, batches: EpochBatches, run: Run, validation: Any) -> Iterator[Loop]:
    """Chooses the loop for `run`. When the block ends without an error, `model` has the fitted weights and history.

    Raises:
        TrainingError: A clone is needed and cannot be built.
    """
    import keras

    with ExitStack() as inside:
        strategy, cloned = None, run.precision != FLOAT32
        if keras.backend.backend() == "tensorflow":
            strategy = run.hardware.strategy()
        elif others := run.hardware.others():
            cloned = _use_others(run, others, inside) or cloned
        if strategy is not None:
            run.progress.note(f"fits on {strategy.num_replicas_in_sync} devices, which share each batch")
            with strategy.scope():
                clone = clone_model(model, run.precision)
            loop: Loop = _DistributedLoop(clone, batches, validation, model, strategy)
        else:
            loop = Loop(clone_model(model, run.precision) if cloned else model, batches, validation)
        yield loop
    if loop.model is not model:
        copy_variables(loop.model, model)
        model.history = loop.model.history


def _use_others(run: Run, others: int, inside: ExitStack) -> bool:
    """Has JAX use `others` too, while `inside` is open; False with PyTorch, which uses one device."""
    import keras

    if keras.backend.backend() != "jax":
        run.progress.note(f"fits on one device: with PyTorch, {others} more stay unused")
        return False
    run.progress.note(f"fits on {others + 1} devices, which share each batch")
    inside.enter_context(data_parallel())
    return True


def _validation(original: Any, clone: Any, validation: Any) -> Any:
    """A callback that measures `original` with the weights of `clone` at the end of each epoch, as model.fit would."""
    import keras

    class Validate(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            copy_variables(clone, original)
            data = validation if isinstance(validation, tuple | list) else (validation,)
            found = original.evaluate(*data, verbose=0, return_dict=True)
            logs.update({f"val_{name}": value for name, value in found.items()})

    return Validate()
