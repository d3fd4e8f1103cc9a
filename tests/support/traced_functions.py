"""Converts functions of TensorFlow with our handlers, and compares ONNX Runtime's answers with TensorFlow's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

from pilotlight.conversion.tensorflow.failures import collect_failures
from pilotlight.conversion.tensorflow.ops import list_handlers, list_rewriters


def convert_function(
    function: Callable[..., Any], *samples: np.ndarray, opset: int = 18
) -> tuple[Any, onnx.ModelProto]:
    """Trace a function with an open number of samples, and convert it.

    Returns:
        The traced function, and the graph.
    """
    specs = [
        tf.TensorSpec([None, *array.shape[1:]], array.dtype, name=f"x{index}") for index, array in enumerate(samples)
    ]
    traced = tf.function(function, input_signature=specs, autograph=False)
    with collect_failures():
        graph, _ = tf2onnx.convert.from_function(
            traced,
            input_signature=specs,
            opset=opset,
            custom_op_handlers=list_handlers(),
            custom_rewriter=list_rewriters(),
        )
    return traced, graph


def compare_with_tensorflow(
    function: Callable[..., Any],
    *samples: np.ndarray,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    opset: int = 18,
    empty: bool = True,
) -> None:
    """Check values, shapes and dtypes for all samples, for one, and for none.

    Args:
        function: Takes tensors, and returns a tensor or several.
        samples: Its arguments, samples along the first axis.
        rtol: The relative tolerance.
        atol: The absolute tolerance.
        opset: The operator set.
        empty: Whether no samples are legal.
    """
    traced, graph = convert_function(function, *samples, opset=opset)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    for count in (None, 1, 0) if empty else (None, 1):
        part = [array[:count] for array in samples]
        wanted = [np.asarray(each) for each in tf.nest.flatten(traced(*part))]
        found = session.run(None, dict(zip(names, part, strict=True)))
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
