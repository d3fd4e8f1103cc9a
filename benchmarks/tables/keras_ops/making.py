"""How functions of keras.ops become rows: called in a layer, on samples of their kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks.tables.keras_case import Function, Recipe, as_layer, floats
from pilotlight.core.artifacts import Array

O = keras.ops  # noqa: E741


def make_fp32(numbers: Any) -> Any:
    """Return an array of FP32."""
    return np.array(numbers, np.float32)


def make_int32(numbers: Any) -> Any:
    """Return an array of INT32."""
    return np.array(numbers, np.int32)


def per_tensor(samples: Array, *names: str) -> dict[str, Recipe]:
    """Return rows of functions of one tensor."""
    return {name: Recipe(as_layer(getattr(O, name)), samples) for name in names}


def per_pair(samples: Array, *names: str) -> dict[str, Recipe]:
    """Return rows of functions of two tensors, which lie in each sample."""

    def make(name: str) -> Function:
        return lambda given: getattr(O, name)(given[:, 0], given[:, 1])

    return {name: Recipe(as_layer(make(name)), samples) for name in names}


def per_axis(samples: Array, *names: str, **options: Any) -> dict[str, Recipe]:
    """Return rows of functions along the first axis after the batch."""

    def make(name: str) -> Function:
        return lambda given: getattr(O, name)(given, axis=1, **options)

    return {name: Recipe(as_layer(make(name)), samples) for name in names}


def per_constant(*calls: tuple[str, Callable[[], Any]]) -> dict[str, Recipe]:
    """Return rows of functions without tensors: what they make is added to the input, of four numbers."""

    def make(call: Callable[[], Any]) -> Function:
        return lambda given: given + O.cast(call(), "float32")

    return {name: Recipe(as_layer(make(call)), floats(4)) for name, call in calls}


def per_call(samples: Array, **calls: Function) -> dict[str, Recipe]:
    """Return rows of calls. Two underscores in a name are a dot."""
    return {name.replace("__", "."): Recipe(as_layer(call), samples) for name, call in calls.items()}
