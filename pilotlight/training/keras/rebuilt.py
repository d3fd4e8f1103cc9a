"""A compiled Keras model built once more: in another precision, or where the variables of several devices are made."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from pilotlight.core.errors import TrainingError
from pilotlight.training.keras.precision import FLOAT32

_WEIGHTS_STAY: Final = "InputLayer"


def rebuilt(model: Any, precision: str) -> Any:
    """A model of the layers, weights and compiled settings of `model`, sharing no variable with it.

    Layers compute in `precision` (Keras' name of a dtype policy) and keep their weights in float32; the layers that
    give the outputs stay in float32, as losses and metrics need them. A layer that has a dtype of its own keeps it.
    TrainingError where the model cannot be built from the configuration of its layers.
    """
    import keras

    try:
        ends = (model.inputs, model.outputs) if isinstance(model, keras.Sequential) else (model.input, model.output)
        plain = keras.Model(*ends)  # clone_model would compile by names what it cannot find by them
        built = keras.models.clone_model(plain, clone_function=_cloned(plain, precision))
        built.compile(**_compiled(keras, model, precision))
    except Exception as error:
        # Keras raises every kind of error for a layer whose configuration does not tell how to build it.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise TrainingError(
            f"the model {model.name!r}",
            f"cannot be built a second time, which mixed precision and several devices need ({lines[0].rstrip('.')})",
            "Build it as keras.Model(inputs, outputs) of layers with get_config, or leave precision float32 and "
            'devices "one".',
        ) from error
    take_variables(built, model)
    return built


def take_variables(target: Any, source: Any) -> None:
    """Gives `target` the values of all variables of `source`, those of its random generators among them."""
    from keras import ops

    for variable, value in zip(target.variables, source.variables, strict=True):
        variable.assign(np.array(ops.convert_to_numpy(value)))


def in_precision(config: Mapping[str, Any], precision: str) -> dict[str, Any]:
    """A layer's configuration, and those inside it, with `precision` in place of the policy float32."""
    changed: dict[str, Any] = {}
    for key, value in config.items():
        if key == "dtype" and _is_float32(value):
            changed[key] = precision
        elif isinstance(value, Mapping) and value.get("class_name") != _WEIGHTS_STAY:
            changed[key] = in_precision(value, precision)
        else:
            changed[key] = copy.copy(value)
    return changed


def _is_float32(policy: object) -> bool:
    if isinstance(policy, Mapping):
        return policy.get("class_name") == "DTypePolicy" and policy.get("config", {}).get("name") == FLOAT32
    return policy == FLOAT32


def _cloned(model: Any, precision: str) -> Any:
    import keras

    outputs = {id(layer) for layer in _last(model)}

    def clone(layer: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer):  # an operation of keras.ops, which holds nothing
            return layer
        config = layer.get_config()
        keeps = precision == FLOAT32 or id(layer) in outputs or isinstance(layer, keras.layers.InputLayer)
        return type(layer).from_config(config if keeps else in_precision(config, precision))

    return clone


def _last(model: Any) -> list[Any]:
    """The layers that give the outputs of `model`."""
    names = set(model.output_names) | {model.layers[-1].name}
    return [layer for layer in model.layers if layer.name in names]


def _compiled(keras: Any, model: Any, precision: str) -> dict[str, Any]:
    """What `model` was compiled with, new where it holds variables."""
    config = model.get_compile_config()
    known = ("loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile")
    settings = {name: keras.saving.deserialize_keras_object(config[name]) for name in known if name in config}
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    if precision == "mixed_float16":  # whose small gradients would be 0 otherwise
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return {"optimizer": optimizer, "loss": model.loss, **settings}
