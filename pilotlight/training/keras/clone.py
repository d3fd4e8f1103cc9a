"""A compiled Keras model built a second time: in another precision, or with variables on several devices."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from pilotlight.core.errors import TrainingError
from pilotlight.core.exception_text import first_line
from pilotlight.training.keras.precision import FLOAT32, MIXED_FLOAT16

_INPUT_LAYER: Final = "InputLayer"


def clone_model(model: Any, precision: str) -> Any:
    """Builds a model of the layers, weights and compiled settings of `model`. The two share no variable.

    Layers compute in `precision` and keep their weights in float32. The layers that give the outputs stay in float32,
    as losses and metrics need them, and so does a layer with a dtype of its own.

    Args:
        model: A compiled model.
        precision: Keras's name of a dtype policy.

    Raises:
        TrainingError: The model cannot be built from the configuration of its layers.
    """
    import keras

    try:
        ends = (model.inputs, model.outputs) if isinstance(model, keras.Sequential) else (model.input, model.output)
        plain = keras.Model(*ends)  # clone_model would compile by names what it cannot find by them
        clone = keras.models.clone_model(plain, clone_function=_clone_function(plain, precision))
        clone.compile(**_compile_settings(keras, model, precision))
    except Exception as error:
        # Keras raises every kind of error for a layer whose configuration does not tell how to build it.
        raise TrainingError(
            f"the model {model.name!r}",
            f"cannot be built a second time, which mixed precision and several devices need ({first_line(error)})",
            "Build it as keras.Model(inputs, outputs) of layers with get_config, or leave precision float32 and "
            'devices "one".',
        ) from error
    copy_variables(model, clone)
    return clone


def copy_variables(source: Any, target: Any) -> None:
    """Copies the values of all variables of `source` to `target`, those of its random generators included."""
    from keras import ops

    for variable, value in zip(target.variables, source.variables, strict=True):
        variable.assign(np.array(ops.convert_to_numpy(value)))


def with_precision(config: Mapping[str, Any], precision: str) -> dict[str, Any]:
    """A layer's configuration, and those inside it, with `precision` in place of the policy float32."""
    changed: dict[str, Any] = {}
    for key, value in config.items():
        if key == "dtype" and _is_float32(value):
            changed[key] = precision
        elif isinstance(value, Mapping) and value.get("class_name") != _INPUT_LAYER:
            changed[key] = with_precision(value, precision)
        else:
            changed[key] = copy.copy(value)
    return changed


def _is_float32(policy: object) -> bool:
    if isinstance(policy, Mapping):
        return policy.get("class_name") == "DTypePolicy" and policy.get("config", {}).get("name") == FLOAT32
    return policy == FLOAT32


def _clone_function(model: Any, precision: str) -> Any:
    import keras

    outputs = {id(layer) for layer in _output_layers(model)}

    def clone(layer: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer):  # an operation of keras.ops, which holds nothing
            return layer
        config = layer.get_config()
        keeps = precision == FLOAT32 or id(layer) in outputs or isinstance(layer, keras.layers.InputLayer)
        return type(layer).from_config(config if keeps else with_precision(config, precision))

    return clone


def _output_layers(model: Any) -> list[Any]:
    names = set(model.output_names) | {model.layers[-1].name}
    return [layer for layer in model.layers if layer.name in names]


def _compile_settings(keras: Any, model: Any, precision: str) -> dict[str, Any]:
    """What `model` was compiled with; what holds variables is made anew."""
    config = model.get_compile_config()
    known = ("loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile")
    settings = {name: keras.saving.deserialize_keras_object(config[name]) for name in known if name in config}
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    if precision == MIXED_FLOAT16:  # whose small gradients would be 0 otherwise
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return {"optimizer": optimizer, "loss": model.loss, **settings}
