"""Converts a traced function with tf2onnx, also where TensorFlow knows the names of its frozen functions already."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import onnx

_WITH_FUNCTIONS: Final = frozenset(("If", "StatelessIf", "While", "StatelessWhile"))


def convert_trace(modules: tuple[Any, Any], traced: Any, specs: Sequence[Any], **options: Any) -> onnx.ModelProto:
    """Convert a traced function to an ONNX graph.

    tf2onnx freezes the variables of the function, and loads the result into TensorFlow again. There, a branch inside a
    loop has a name that a second model of the process has too, and TensorFlow refuses it. Then the frozen graph is
    converted without loading it.

    Args:
        modules: The modules tensorflow and tf2onnx.
        traced: The tf.function.
        specs: Its input signature.
        options: What tf2onnx.convert.from_function and from_graph_def take besides.

    Returns:
        The graph.
    """
    tf, tf2onnx = modules
    concrete = traced.get_concrete_function(*specs)
    library = concrete.graph.as_graph_def()
    if not any(node.op in _WITH_FUNCTIONS for node in _list_nodes(library)):
        return _take_graph(tf2onnx.convert.from_function(traced, input_signature=specs, **options))
    frozen = tf2onnx.tf_loader.convert_variables_to_constants_large_model(concrete)
    if not _find_taken_names(library, frozen):
        return _take_graph(tf2onnx.convert.from_function(traced, input_signature=specs, **options))
    with _hide_deprecations(tf.get_logger()):
        return _take_graph(
            tf2onnx.convert.from_graph_def(
                frozen,
                name=concrete.name,
                input_names=[tensor.name for tensor in concrete.inputs if tensor.dtype != tf.resource],
                output_names=[tensor.name for tensor in concrete.outputs],
                **options,
            )
        )


def _take_graph(converted: tuple[onnx.ModelProto, Any]) -> onnx.ModelProto:
    return converted[0]


def _find_taken_names(original: Any, frozen: Any) -> list[str]:
    """Return the names that freezing gave to functions, and that TensorFlow knows already."""
    from tensorflow.python.eager import context

    known = context.context()
    made = {each.signature.name for each in frozen.library.function}
    return sorted(
        name for name in made - {each.signature.name for each in original.library.function} if known.has_function(name)
    )


def _list_nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


@contextmanager
def _hide_deprecations(logger: logging.Logger) -> Iterator[None]:
    """Inside, hide what TensorFlow says of the functions that tf2onnx calls."""
    kept = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(kept)
