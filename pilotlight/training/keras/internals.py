"""The two private names of Keras that fitting on several devices needs, behind one check of Keras's version.

Keras has no public way to make the variables of optimizer and metrics before the first step, nor to give an optimizer
gradients that are summed already.
"""

from __future__ import annotations

from typing import Any, Final

from pilotlight.core.errors import TrainingError

_BUILD: Final = "_symbolic_build"
_SUM: Final = "_all_reduce_sum_gradients"


def build_variables(model: Any, batch: Any) -> None:
    """Makes the variables of the compiled `model`, its optimizer and its metrics, as fit does first. Learns nothing.

    Raises:
        TrainingError: This version of Keras has no such method.
    """
    _private(model, _BUILD)(data_batch=batch)


def take_summed_gradients(optimizer: Any) -> None:
    """Makes `optimizer` apply gradients as they are, instead of summing those of all devices.

    Raises:
        TrainingError: This version of Keras has no such method.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    _private(optimizer, _SUM)
    setattr(optimizer, _SUM, list)


def _private(owner: Any, name: str) -> Any:
    import keras

    if not hasattr(owner, name):
        what = f"has no {type(owner).__name__}.{name}, which fitting on several devices of TensorFlow needs"
        hint = 'Install a Keras from 3.10 on that has it, or set devices = "one" under [training] in model.toml.'
        raise TrainingError(f"Keras {keras.__version__}", what, hint)
    return getattr(owner, name)
