"""The seed of a run, for every library that draws random numbers."""

from __future__ import annotations

import importlib.util
import random
import sys

import numpy as np

from pilotlight.core.process_output import hide_native_logs


def seed_everything(seed: int, *, load_keras: bool) -> None:
    """Seeds the global generators of Python, numpy and Keras.

    Args:
        seed: Any whole number.
        load_keras: Whether to import Keras for it, where it is installed: a train.py that imports Keras inside its
            functions would import it only later.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (libraries draw from the global generator)
    if "keras" in sys.modules or (load_keras and importlib.util.find_spec("keras")):
        with hide_native_logs():
            import keras

        keras.utils.set_random_seed(seed % 2**32)
