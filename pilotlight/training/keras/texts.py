"""Samples with texts as TensorFlow takes them: Keras refuses arrays of texts that are given whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

_BATCH: Final = 32
"""The number of samples that Keras takes in a step of an evaluation."""


def adapt_texts(samples: Any) -> Any:
    """Returns samples in a form that Keras takes.

    Args:
        samples: The `validation_data` of `model.fit`: (x, y), where x and y are arrays, or mappings of arrays by name;
            batches; or None.

    Returns:
        The samples as they are. Where an array of them holds texts, a tf.data.Dataset.
    """
    if not isinstance(samples, tuple | list) or not _has_texts(samples):
        return samples
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(_to_tensors(tuple(samples))).batch(_BATCH)


def _has_texts(samples: Any) -> bool:
    if isinstance(samples, Mapping):
        return any(map(_has_texts, samples.values()))
    if isinstance(samples, tuple | list):
        return any(isinstance(part, Mapping | tuple | np.ndarray) and _has_texts(part) for part in samples)
    return isinstance(samples, np.ndarray) and samples.dtype.kind in "OSU"


def _to_tensors(samples: Any) -> Any:
    """The same structure, with each text as an object, which TensorFlow turns into a tensor of strings."""
    if isinstance(samples, Mapping):
        return {name: _to_tensors(part) for name, part in samples.items()}
    if isinstance(samples, tuple):
        return tuple(map(_to_tensors, samples))
    array = np.asarray(samples)
    return array.astype(object) if array.dtype.kind in "SU" else array
