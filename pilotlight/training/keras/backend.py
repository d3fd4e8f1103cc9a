"""The library that Keras computes with."""

import importlib.util

from pilotlight.core.process_output import hide_native_logs


def backend() -> str:
    """Its name, "tensorflow", "jax" or "torch", as KERAS_BACKEND sets it; "" where Keras is not installed."""
    if importlib.util.find_spec("keras") is None:
        return ""
    with hide_native_logs():
        import keras

    return str(keras.backend.backend())
