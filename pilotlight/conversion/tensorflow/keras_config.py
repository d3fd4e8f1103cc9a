"""Checks of the configuration of a saved Keras model, before Keras builds its layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pilotlight.core.documents import Limits
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import MEBIBYTE, Origin

LIMITS: Final = Limits(bytes=64 * MEBIBYTE, depth=500)
"""A model inside a model adds about eight levels."""
LAMBDA_HINT: Final = (
    "Write a layer instead: in train.py a class with call and get_config under "
    "@keras.saving.register_keras_serializable(), or functions of keras.ops; and save the model again. Or let train.py "
    "build the model and return it from train: `pilotlight train` converts a Lambda layer too."
)
_CODE: Final = "__lambda__"
"""The class name of compiled Python code, as Keras saves a Lambda layer of a lambda."""
_LAYER: Final = "Lambda"
_HALVES: Final = ("float16", "bfloat16")


def check_config(config: dict[str, Any], origin: Origin) -> None:
    """Refuse code. Keras refuses it too in its safe mode, which has been circumvented before.

    Args:
        config: The configuration of the model.
        origin: The name of the file, for errors.

    Raises:
        ConversionError: It holds compiled Python code. The message names the layer.
    """
    for part in iterate_parts(config):
        if part.get("class_name") == _CODE:
            raise ConversionError(origin.where, "holds Python code in a Lambda layer, which is never run", LAMBDA_HINT)
        settings = part.get("config")
        if part.get("class_name") == _LAYER and isinstance(settings, dict) and _is_code(settings):
            name = str(settings.get("name", _LAYER))[:100]
            what = f"holds Python code in the Lambda layer {name!r}, which is never run"
            raise ConversionError(origin.where, what, LAMBDA_HINT)


def _is_code(settings: dict[str, Any]) -> bool:
    """Return whether a Lambda layer is one of a lambda; the older format writes it as a list."""
    function = settings.get("function")
    if isinstance(function, dict):
        return function.get("class_name") == _CODE
    return settings.get("function_type") == "lambda" or isinstance(function, list)


def is_mixed(config: dict[str, Any]) -> bool:
    """Return whether a layer computes in another precision than it keeps its weights."""
    return any(_is_mixed_policy(value) for part in iterate_parts(config) for value in part.values())


def use_float32(config: Any, depth: int = 0) -> Any:
    """Return a configuration with float32 in the place of each policy of mixed precision.

    Args:
        config: The configuration, or a part of it.
        depth: The number of models around it. The inputs of inner models have the precision of the layer before them,
            and those of the outer one are what callers send.
    """
    if isinstance(config, list):
        return [use_float32(value, depth) for value in config]
    if not isinstance(config, dict):
        return config
    deeper = depth + ("layers" in config)
    changed: dict[str, Any] = {
        key: "float32" if _is_mixed_policy(value) else use_float32(value, deeper) for key, value in config.items()
    }
    if config.get("class_name") == "InputLayer" and depth > 1 and changed["config"].get("dtype") in _HALVES:
        changed["config"]["dtype"] = "float32"
    return changed


def _is_mixed_policy(value: object) -> bool:
    if isinstance(value, dict):
        settings = value.get("config")
        value = settings.get("name") if isinstance(settings, dict) and "Policy" in str(value.get("class_name")) else ""
    return isinstance(value, str) and value.removeprefix("mixed_") in _HALVES and value.startswith("mixed_")


def iterate_parts(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each object of a configuration, without recursion: a hostile one may be nested deeply."""
    level: list[Any] = [config]
    while level:
        yield from (part for part in level if isinstance(part, dict))
        level = [inner for part in level for inner in _list_parts(part)]


def _list_parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
