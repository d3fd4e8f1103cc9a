"""The computation of a Keras model on the TensorFlow backend, as a function that tf2onnx can convert."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pilotlight_runtime.signature import Signature, TensorSpec

_COMPILED: Final = "_XlaMustCompile"
"""The attribute of a call of a function that TensorFlow compiles, such as a convolution in groups of channels."""


@contextmanager
def trace(tf: Any, call: Callable[..., tuple[Any, ...]], signature: Signature) -> Iterator[tuple[Any, list[Any]]]:
    """Trace a call.

    A compiled function would be one operation in the graph, and none that ONNX has. So a model with one is traced again
    with the functions in it called as Python. They stay so while the context lasts, since tf2onnx asks for the trace.

    Args:
        tf: The module tensorflow.
        call: Takes the inputs in the order of the signature, and returns the outputs in its order.
        signature: The inputs.

    Yields:
        The tf.function, and its input signature.
    """
    specs = [
        tf.TensorSpec([None if size < 0 else size for size in spec.shape], _to_dtype(tf, spec), name=f"input_{index}")
        for index, spec in enumerate(signature.inputs)
    ]
    # Keras traces its own steps without autograph too, and autograph would hide our errors behind its own.
    traced = tf.function(call, input_signature=specs, autograph=False)
    if not _has_compiled_call(traced.get_concrete_function(*specs)):
        yield traced, specs
        return
    eager = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(run_eagerly=True)
    try:
        yield tf.function(call, input_signature=specs, autograph=False), specs
    finally:
        tf.config.run_functions_eagerly(eager)


def _has_compiled_call(concrete: Any) -> bool:
    operations: Sequence[Any] = concrete.graph.get_operations()
    return any(_COMPILED in each.node_def.attr and each.node_def.attr[_COMPILED].b for each in operations)


def _to_dtype(tf: Any, spec: TensorSpec) -> Any:
    if spec.datatype.name == "BF16":
        return tf.bfloat16
    return tf.string if spec.datatype.name == "BYTES" else tf.as_dtype(spec.datatype.numpy)
