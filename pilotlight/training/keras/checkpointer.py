"""The checkpoints of one Keras fit.

A checkpoint holds every variable that a step changes: of the model and its random generators, of the optimizer, and the
sums of the metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pilotlight.core.artifacts import Array
from pilotlight.training.checkpointer import StateCheckpointer
from pilotlight.training.checkpoints import FitCheckpoints
from pilotlight.training.keras.variables import read_variables
from pilotlight.training.run import Run

MODEL: Final = "model"
OPTIMIZER: Final = "optimizer"
METRICS: Final = "metrics"


class Checkpointer(StateCheckpointer):
    """The checkpoints of one fit.

    Args:
        model: The model that is fitted.
        run: The settings.
        store: Where checkpoints go, None where the run keeps none.
    """

    def __init__(self, model: Any, run: Run, store: FitCheckpoints | None) -> None:
        super().__init__(self._read_variables, run, store)
        self.model = model

    def _read_variables(self, *, done: bool) -> Mapping[str, Sequence[Array]]:
        variables = {MODEL: self.model.variables}
        if not done:
            variables |= {OPTIMIZER: self.model.optimizer.variables, METRICS: self.model.metrics_variables}
        return {kind: read_variables(each) for kind, each in variables.items()}
