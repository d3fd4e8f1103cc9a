"""The progress of a Keras fit, as a callback."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from pilotlight.core.progress import Progress
from pilotlight.training.run import Recorder

_REPORTS_PER_SECOND: Final = 5


def keras_progress(
    progress: Progress,
    clock: Callable[[], float] = time.monotonic,
    recorder: Recorder | None = None,
    *,
    epochs: int | None = None,
    first: int = 0,
) -> Any:
    """Makes a Keras callback that reports a fit: its steps, a few times a second, and one line an epoch.

    `fit_model` has one already. This is for a train.py that calls model.fit itself.

    Args:
        progress: Where to report: `run.progress`.
        clock: Seconds that only increase.
        recorder: `run.recorder`, where train.py does not return the Keras model itself. Its history is read otherwise.
        epochs: Epochs of the whole run, where fit gets fewer.
        first: Steps of the first epoch that are done already.

    Returns:
        A `keras.callbacks.Callback`.
    """
    import keras

    class Report(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self._next = clock()
            self._done = first
            self._epochs = epochs or self.params["epochs"]
            self._steps = (self.params.get("steps") or 0) + first

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self._epoch = epoch

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if clock() < self._next:
                return
            self._next = clock() + 1 / _REPORTS_PER_SECOND
            steps = self._steps or batch + 1
            progress.step(self._epoch * steps + self._done + batch + 1, self._epochs * steps, _values(logs))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            values = _values(logs)
            steps, self._done = self._steps or 1, 0
            progress.step((epoch + 1) * steps, self._epochs * steps, values)
            if recorder is not None:
                recorder.add("epoch", epoch + 1, values)
            progress.note(f"epoch {epoch + 1} of {self._epochs}: {_list(values)}")

    return Report()


def _list(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items())


def _values(logs: Any) -> dict[str, float]:
    return {name: float(value) for name, value in (logs or {}).items()}
