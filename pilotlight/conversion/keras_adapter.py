"""Keras 3 models, through TensorFlow and tf2onnx.

tf2onnx's own from_keras reads Keras 2 internals and fails on Keras 3, so the model is traced as a tf.function first.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx

from pilotlight.conversion.canonical import canonical
from pilotlight.core.artifacts import Named
from pilotlight.core.errors import ConversionError
from pilotlight.core.modelconfig import ModelConfig
from pilotlight.core.quiet import quiet
from pilotlight_runtime.datatypes import BF16, DATATYPES
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec

_BATCH: Final = 256


class KerasAdapter:
    """A model is a keras.Model on the TensorFlow backend."""

    name = "Keras"
    tools = ("keras", "tensorflow", "tensorflow-cpu", "tf2onnx")

    def takes(self, model: Any) -> bool:  # noqa: ANN401
        return any(
            kind.__module__.split(".")[0] == "keras" and kind.__name__ == "Model" for kind in type(model).__mro__
        )

    def reads(self, path: Path) -> bool:
        return path.suffix == ".keras"

    def load(self, path: Path) -> Any:  # noqa: ANN401
        """In safe mode: a file whose layers hold Python code is refused."""
        if not path.is_file():
            raise ConversionError(str(path), "does not exist", "Check the path after --from.")
        with quiet():
            try:
                import keras  # noqa: PLC0415  (seconds)

                return keras.saving.load_model(path, compile=False, safe_mode=True)
            except ImportError as error:
                raise ConversionError(
                    str(path), f"cannot be loaded ({error})", "Run `pip install 'pilotlight[convert]'`."
                ) from error
            except Exception as error:
                # Keras has no error class of its own for files that it cannot read.
                raise ConversionError(
                    str(path),
                    f"cannot be loaded by Keras ({_first_line(error)})",
                    "Save it again with model.save(...).",
                ) from error

    def predict(self, model: Any, inputs: Named, signature: Signature) -> Named:  # noqa: ANN401
        """In batches of 256 without training behaviour such as dropout."""
        names = [spec.name for spec in signature.inputs]
        count = len(inputs[names[0]])
        parts = []
        for start in range(0, count, _BATCH):
            batch = [inputs[name][start : start + _BATCH] for name in names]
            parts.append(_call(model, batch, signature))
        return {
            spec.name: np.concatenate([np.asarray(part[spec.name]) for part in parts]) for spec in signature.outputs
        }

    def export(self, model: Any, config: ModelConfig, into: Path) -> None:  # noqa: ANN401
        signature = config.signature or declared_signature(model, f"model {config.name!r}")
        with quiet():
            graph = _converted(model, signature, config)
        content = canonical(graph, signature).SerializeToString(deterministic=True)
        (into / MODEL_NAME).write_bytes(content)


def declared_signature(model: Any, where: str) -> Signature:  # noqa: ANN401
    """The inputs and outputs that a functional `model` declares, open dimensions -1; else ConversionError at `where`.

    Inputs are called as their keras.Input, outputs as the layer that gives them, or by their keys where the model was
    built with a dictionary.
    """
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs:
        raise ConversionError(where, "declares no inputs and outputs", "Build it as keras.Model(inputs, outputs).")
    named = model.output if isinstance(model.output, dict) else dict(zip(model.output_names, outputs, strict=True))
    return Signature(
        tuple(_declared(tensor.name, tensor, where) for tensor in inputs),
        tuple(_declared(name, tensor, where) for name, tensor in named.items()),
    )


def _declared(name: str, tensor: Any, where: str) -> TensorSpec:  # noqa: ANN401
    datatype = next((each for each in DATATYPES.values() if each.numpy == tensor.dtype and each is not BF16), None)
    if datatype is None:
        raise ConversionError(where, f"has {name} of dtype {tensor.dtype}", "Cast it inside the model.")
    return TensorSpec(name, datatype, tuple(-1 if size is None else int(size) for size in tensor.shape))


def _converted(model: Any, signature: Signature, config: ModelConfig) -> Any:  # noqa: ANN401
    try:
        import tensorflow as tf  # noqa: PLC0415  (seconds)
        import tf2onnx  # noqa: PLC0415  (imports TensorFlow)
    except ImportError as error:
        raise ConversionError(
            f"model {config.name!r}", f"cannot be converted ({error})", "Run `pip install 'pilotlight[convert]'`."
        ) from error
    specs = [
        tf.TensorSpec([None if size < 0 else size for size in spec.shape], _dtype(tf, spec), name=f"input_{index}")
        for index, spec in enumerate(signature.inputs)
    ]
    # Keras traces its own steps without autograph too, and autograph would bury our errors in its own.
    traced = tf.function(
        lambda *tensors: _ordered(_call(model, tensors, signature), signature),
        input_signature=specs,
        autograph=False,
    )
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    try:
        graph, _ = tf2onnx.convert.from_function(traced, input_signature=specs, opset=config.conversion.opset)
        _fix_captured(graph.graph, traced.get_concrete_function(*specs).graph.captures)
    except ConversionError:
        raise
    except Exception as error:
        # tf2onnx and TensorFlow raise every kind of error for what they cannot convert.
        raise ConversionError(
            f"model {config.name!r}",
            f"cannot be converted to ONNX opset {config.conversion.opset} ({_first_line(error)})",
            "Change the layer it names, or `opset` under [conversion] in model.toml.",
        ) from error
    return graph


def _fix_captured(graph: onnx.GraphProto, captures: Iterable[tuple[Any, Any]]) -> None:
    """Turns tensors that the trace captured into initialisers of `graph`; tf2onnx makes inputs of them.

    A layer may hold plain tensors beside its variables, as Normalization does with mean and variance. captures: pairs
    of the tensor outside and its placeholder inside.
    """
    outside = {inner.name: outer for outer, inner in captures}
    for value in [value for value in graph.input if value.name in outside]:
        graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(outside[value.name]), value.name))
        graph.input.remove(value)


def _dtype(tf: Any, spec: TensorSpec) -> Any:  # noqa: ANN401
    if spec.datatype.name == "BF16":
        return tf.bfloat16
    return tf.string if spec.datatype.name == "BYTES" else tf.as_dtype(spec.datatype.numpy)


def _ordered(outputs: dict[str, Any], signature: Signature) -> tuple[Any, ...]:
    return tuple(outputs[spec.name] for spec in signature.outputs)


def _call(model: Any, tensors: Sequence[Any], signature: Signature) -> dict[str, Any]:  # noqa: ANN401
    """Calls `model`. Inputs and outputs meet the signature by name where all names agree, by position otherwise."""
    names = [spec.name for spec in signature.inputs]
    wanted = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    if len(names) == 1:
        answer = model(tensors[0], training=False)
    elif sorted(wanted) == sorted(names):
        by_name = dict(zip(names, tensors, strict=True))
        answer = model([by_name[name] for name in wanted], training=False)
    else:
        answer = model(list(tensors), training=False)
    return _named(answer, model, [spec.name for spec in signature.outputs])


def _named(answer: Any, model: Any, names: list[str]) -> dict[str, Any]:  # noqa: ANN401
    if isinstance(answer, dict):
        found = {str(name): value for name, value in answer.items()}
    else:
        values = list(answer) if isinstance(answer, list | tuple) else [answer]
        own = list(getattr(model, "output_names", None) or [])
        by_name = len(own) == len(values) and sorted(own) == sorted(names)
        found = dict(zip(own if by_name else names, values, strict=False))
        found |= {f"output {index}": value for index, value in enumerate(values) if index >= len(names)}
    if sorted(found) != sorted(names):
        raise ConversionError(
            "[signature] in model.toml",
            f"names the outputs {', '.join(names)}, but the model gives {', '.join(found)}",
            "Name every output of the model, in its order.",
        )
    return found


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
