"""What training needs of Keras, imported only where a model is one."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from pilotlight.core.artifacts import Array
from pilotlight.core.curve import Curve, finite
from pilotlight.core.process_output import hide_native_logs
from pilotlight.core.progress import Progress
from pilotlight.training.run import Recorder

_REPORTS_A_SECOND: Final = 5


def is_keras(model: object) -> bool:
    """Whether `model` is a Keras model, told without importing Keras."""
    return any(kind.__module__.split(".")[0] == "keras" and kind.__name__ == "Model" for kind in type(model).__mro__)


def seed_everything(seed: int, *, load_keras: bool) -> None:
    """Seeds the generators of Python, numpy and Keras.

    load_keras: whether to import it for that, where it is installed: a train.py that imports it inside its functions
    would do so after this.
    """
    import random

    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (libraries draw from the global generator)
    if "keras" in sys.modules or (load_keras and importlib.util.find_spec("keras")):
        with hide_native_logs():
            import keras

        keras.utils.set_random_seed(seed % 2**32)


def evaluate(model: Any, x_test: Array, y_test: Array) -> dict[str, float]:
    """The compiled loss and metrics of `model` on the held-out part, by name; nothing where it is not compiled."""
    if not model.compiled:
        return {}
    found = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    return {name: float(value) for name, value in found.items()}


def steps_an_epoch(model: Any) -> int | None:
    """How many steps each epoch of the last `fit` took; None where that is not known."""
    params = getattr(getattr(model, "history", None), "params", None) or {}
    return params.get("steps")


def history(model: Any) -> Curve | None:
    """What the last `fit` measured, by epoch; None where there was none.

    Series that were not measured in every epoch (validation_freq) are left out: Keras does not say in which they were.
    """
    last = getattr(model, "history", None)
    epochs = [float(epoch) + 1 for epoch in getattr(last, "epoch", None) or []]
    found = getattr(last, "history", None) or {}
    series = {name: tuple(finite(value) for value in values) for name, values in found.items()}
    series = {name: values for name, values in series.items() if len(values) == len(epochs)}
    return Curve("epoch", tuple(epochs), series) if epochs and series else None


def keras_progress(
    progress: Progress,
    clock: Callable[[], float] = time.monotonic,
    recorder: Recorder | None = None,
    *,
    epochs: int | None = None,
    first: int = 0,
) -> Any:
    """A Keras callback that reports each step (a few times a second at most) and one line an epoch to `progress`.

    `fit_model` has one already; this is for a train.py that calls model.fit itself. recorder: run.recorder, where
    train.py does not return the Keras model itself, whose history would be read. epochs: of the whole run, where fit is
    told fewer. first: steps of the first epoch that are done already.
    """
    import keras

    class Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
        def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
            self._next = clock()
            self._done = first
            self._epochs = epochs or self.params["epochs"]
            self._steps = (self.params.get("steps") or 0) + first

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            self._epoch = epoch

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if clock() < self._next:
                return
            self._next = clock() + 1 / _REPORTS_A_SECOND
            steps = self._steps or batch + 1
            progress.step(self._epoch * steps + self._done + batch + 1, self._epochs * steps, _values(logs))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            values = _values(logs)
            steps = self._steps or 1
            self._done = 0
            progress.step((epoch + 1) * steps, self._epochs * steps, values)
            shown = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
            if recorder is not None:
                recorder.add("epoch", epoch + 1, values)
            progress.note(f"epoch {epoch + 1} of {self._epochs}: {shown}")

    return Report()


def _values(logs: Any) -> dict[str, float]:
    return {name: float(value) for name, value in (logs or {}).items()}
