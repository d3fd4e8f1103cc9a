"""Converts a Keras model on the TensorFlow backend to an ONNX graph.

The from_keras function of tf2onnx reads internals of Keras 2 and fails on Keras 3. So the model is traced as a
tf.function first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import onnx

from pilotlight.conversion.canonicalize import canonicalize
from pilotlight.conversion.engine_refusals import refuse_unless_opened
from pilotlight.conversion.guards import guard_operators
from pilotlight.conversion.tensorflow.failures import collect_failures, list_layer_names, refuse_failures
from pilotlight.conversion.tensorflow.graph_copies import MANY, count_weights, free_copies, ignore_older_objects
from pilotlight.conversion.tensorflow.keras_call import call_model
from pilotlight.conversion.tensorflow.keras_trace import trace
from pilotlight.conversion.tensorflow.loops import refuse_other_loops, shape_loop_counters
from pilotlight.conversion.tensorflow.ops import list_handlers, list_rewriters
from pilotlight.conversion.tensorflow.preprocessing import PreprocessingRewriter
from pilotlight.conversion.tensorflow.trace_conversion import convert_trace
from pilotlight.conversion.tensorflow.trace_errors import explain_trace_error
from pilotlight.core.errors import ConversionError
from pilotlight.core.process_output import hide_native_logs
from pilotlight_runtime.signature import Signature


def convert_to_onnx(model: Any, signature: Signature, name: str, opset: int) -> bytes:
    """Convert a Keras model to ONNX.

    Args:
        model: A keras.Model on the TensorFlow backend.
        signature: The inputs and outputs of the graph.
        name: The name of the model, for errors.
        opset: The version of ONNX's default operator set.

    Returns:
        The content of model.onnx.

    Raises:
        ConversionError: The model cannot be converted.
    """
    where, layers = f"model {name!r}", set(list_layer_names(model))
    with hide_native_logs(), ignore_older_objects():
        graph = _convert(model, signature, layers, where, opset)
    result = canonicalize(graph, signature)
    guard_operators(result, where)
    content: bytes = result.SerializeToString(deterministic=True)
    refuse_unless_opened(content, graph, layers, where)
    return content


def _convert(model: Any, signature: Signature, layers: Collection[str], where: str, opset: int) -> Any:
    try:
        import tensorflow as tf
        import tf2onnx
    except ImportError as error:
        raise ConversionError(
            where, f"cannot be converted ({error})", "Run `pip install 'pilotlight[convert]'`."
        ) from error

    def call(*tensors: Any) -> tuple[Any, ...]:
        return _order_outputs(call_model(model, tensors, signature), signature)

    large = count_weights(model) >= MANY
    try:
        with trace(tf, call, signature) as (traced, specs), collect_failures() as reasons:
            concrete = traced.get_concrete_function(*specs)
            refuse_other_loops(concrete, layers, where, opset)
            preprocessing = PreprocessingRewriter(concrete, opset, where, layers)
            graph = convert_trace(
                (tf, tf2onnx),
                traced,
                specs,
                opset=preprocessing.opset,
                custom_op_handlers=list_handlers(),
                custom_rewriter=[preprocessing, *list_rewriters(), *([free_copies] if large else [])],
                shape_override=preprocessing.shapes,
            )
            opset = preprocessing.finish(graph)
            _embed_captured_tensors(graph.graph, concrete.graph.captures)
            shape_loop_counters(graph)
    except ConversionError:
        raise
    except Exception as error:
        # tf2onnx and TensorFlow raise every kind of error for what they cannot convert.
        raise explain_trace_error(error, where, opset) from error
    refuse_failures(graph, reasons, layers, where, opset)
    return graph


def _embed_captured_tensors(graph: onnx.GraphProto, captures: Iterable[tuple[Any, Any]]) -> None:
    """Turn tensors that the trace captured into initializers. tf2onnx makes them inputs of the graph.

    A layer may hold plain tensors beside its variables, as Normalization does with mean and variance.

    Args:
        graph: The graph.
        captures: Pairs of the tensor outside the trace and its placeholder inside.
    """
    outside = {inner.name: outer for outer, inner in captures}
    for value in [value for value in graph.input if value.name in outside]:
        graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(outside[value.name]), value.name))
        graph.input.remove(value)


def _order_outputs(outputs: dict[str, Any], signature: Signature) -> tuple[Any, ...]:
    return tuple(outputs[spec.name] for spec in signature.outputs)
