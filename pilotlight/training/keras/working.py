"""What `fit_model` fits: the model that train.py has built, or a copy of it in other numbers or on several devices.

train.py's own model stays as it is, in float32 on one device. Its weights go into the copy before the fit and come back
after it, so nothing else has to know: what is measured, converted and served is train.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from pilotlight.training.batches import EpochBatches
from pilotlight.training.keras.devices import shared_batches
from pilotlight.training.keras.distributed import DistributedFit
from pilotlight.training.keras.precision import FLOAT32
from pilotlight.training.keras.rebuilt import rebuilt, take_variables
from pilotlight.training.keras.stream import stream
from pilotlight.training.run import Run


class Working:
    """A compiled Keras model, fitted by its own `fit`."""

    def __init__(self, model: Any, batches: EpochBatches, validation: Any) -> None:
        self.model = model
        self._batches = batches
        self._validation = validation

    def build(self) -> None:
        """Makes the variables of the metrics. Learns nothing."""
        self.model.test_on_batch(*self._batches.at(0, 0))

    def fit(self, epoch: int, step: int, epochs: int, callbacks: Sequence[Any], arguments: Mapping[str, Any]) -> None:
        """Fits from `step` of `epoch` until `epochs` are done."""
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


class _Distributed(Working):
    """A model under a tf.distribute strategy; `original` is what it was built after."""

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
def working(model: Any, batches: EpochBatches, run: Run, validation: Any) -> Iterator[Working]:
    """What `run` is to fit for `model`, which has its weights and history at the end, where no error leaves.

    TrainingError where a copy is needed and cannot be built.
    """
    import keras

    with ExitStack() as inside:
        strategy, copied = None, run.precision != FLOAT32
        if keras.backend.backend() == "tensorflow":
            strategy = run.hardware.strategy()
        elif others := run.hardware.others():
            copied = _share(run, others, inside) or copied
        if strategy is not None:
            run.progress.note(f"fits on {strategy.num_replicas_in_sync} devices, which share each batch")
            with strategy.scope():
                copy = rebuilt(model, run.precision)
            work: Working = _Distributed(copy, batches, validation, model, strategy)
        else:
            work = Working(rebuilt(model, run.precision) if copied else model, batches, validation)
        yield work
    if work.model is not model:
        take_variables(model, work.model)
        model.history = work.model.history


def _share(run: Run, others: int, inside: ExitStack) -> bool:
    """Whether JAX is to use `others` too; PyTorch leaves them."""
    import keras

    if keras.backend.backend() != "jax":
        run.progress.note(f"fits on one device: with PyTorch, {others} more stay unused")
        return False
    run.progress.note(f"fits on {others + 1} devices, which share each batch")
    inside.enter_context(shared_batches())
    return True


def _validation(original: Any, copy: Any, validation: Any) -> Any:
    """A callback that measures `original` with the weights of `copy` at the end of each epoch, as model.fit would."""
    import keras

    class Validate(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            take_variables(original, copy)
            data = validation if isinstance(validation, tuple | list) else (validation,)
            found = original.evaluate(*data, verbose=0, return_dict=True)
            logs.update({f"val_{name}": value for name, value in found.items()})

    return Validate()
