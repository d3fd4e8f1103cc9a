"""The values of Keras variables, as numpy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pilotlight.core.artifacts import Array


def read_variables(variables: Sequence[Any]) -> list[Array]:
    """Copies of the values, whichever backend and device they are on."""
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def assign_variables(variables: Sequence[Any], arrays: Sequence[Array]) -> None:
    """Gives each variable the value of the array at its place."""
    for variable, array in zip(variables, arrays, strict=True):
        # numpy's format has no bfloat16: such values come back as two bytes each.
        variable.assign(array.view(variable.dtype) if array.dtype.kind == "V" else array)
