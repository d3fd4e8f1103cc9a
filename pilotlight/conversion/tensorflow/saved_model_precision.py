"""The computation of a SavedModel of mixed precision, with float32 in the place of float16 and bfloat16.

The weights of such a model are float32, and are cast before they are used. TensorFlow and ONNX Runtime round the steps
of a computation in half precision differently, so the two could not be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

_BITS: Final = ("Bitcast", "DecodeRaw")
"""Operations that mean something else for a wider number."""
_RENAMED: Final = "_in_float32"


def computes_in_half(function: Any) -> bool:
    """Return whether a function casts float32 to float16 or bfloat16.

    Args:
        function: TensorFlow's concrete function.
    """
    import tensorflow as tf

    single, halves = tf.float32.as_datatype_enum, _list_halves(tf)
    casts = (node.attr for node in _list_nodes(function.graph.as_graph_def()) if node.op == "Cast")
    return any(each["SrcT"].type == single and each["DstT"].type in halves for each in casts)


def make_float32_call(traced: Any) -> Callable[..., Sequence[Any]]:
    """Return a function that computes in float32 what another one computes in half precision.

    Args:
        traced: TensorFlow's concrete function. It takes tensors, and returns tensors.

    Returns:
        The function. Inputs and outputs of half precision are float32 too.

    Raises:
        ValueError: An operation is not the same in float32, such as one that reads the bits of a number.
    """
    import tensorflow as tf
    from tf2onnx.tf_loader import convert_variables_to_constants_large_model

    graph = convert_variables_to_constants_large_model(traced)
    _widen_types(tf, graph)
    _rename_functions(graph)
    kept = {node.name for node in graph.node if node.op == "Placeholder"}
    captured = {inner.name: outer for outer, inner in traced.graph.captures}  # variables, which are gone, and tables
    tables = {name: outer for name, outer in captured.items() if name.split(":")[0] in kept}

    def load() -> None:
        given = {name: tf.compat.v1.get_default_graph().capture(outer) for name, outer in tables.items()}
        tf.graph_util.import_graph_def(graph, input_map=given, name="")

    loaded = tf.compat.v1.wrap_function(load, [])
    find = loaded.graph.get_tensor_by_name
    inputs = [find(tensor.name) for tensor in traced.inputs if tensor.name not in captured]
    pruned: Callable[..., Sequence[Any]] = loaded.prune(inputs, [find(tensor.name) for tensor in traced.outputs])
    return pruned


def _widen_types(tf: Any, graph: Any) -> None:
    single, halves = tf.float32.as_datatype_enum, _list_halves(tf)

    def widen(datatype: int) -> int:
        return single if datatype in halves else datatype

    for node in _list_nodes(graph):
        if node.op in _BITS and any(each.type in halves for each in node.attr.values()):
            raise ValueError(f"{node.op} reads or makes the bits of a number in half precision")
        for attribute in node.attr.values():
            kind = attribute.WhichOneof("value")
            if kind == "type":
                attribute.type = widen(attribute.type)
            elif kind == "list":
                attribute.list.type[:] = [widen(each) for each in attribute.list.type]
            elif kind == "tensor" and attribute.tensor.dtype in halves:
                numbers = tf.make_ndarray(attribute.tensor).astype("float32")
                attribute.tensor.CopyFrom(tf.make_tensor_proto(numbers))
    for function in graph.library.function:
        for argument in (*function.signature.input_arg, *function.signature.output_arg):
            argument.type = widen(argument.type)


def _rename_functions(graph: Any) -> None:
    """Rename loops, branches and calls: TensorFlow knows their names already, with other types."""
    names: Mapping[str, str] = {each.signature.name: each.signature.name + _RENAMED for each in graph.library.function}
    for node in _list_nodes(graph):
        node.op = names.get(node.op, node.op)
        for attribute in node.attr.values():
            for each in (attribute.func, *attribute.list.func) if _holds_functions(attribute) else ():
                each.name = names.get(each.name, each.name)
    for function in graph.library.function:
        function.signature.name = names[function.signature.name]
    del graph.library.gradient[:]


def _holds_functions(attribute: Any) -> bool:
    return attribute.WhichOneof("value") == "func" or bool(attribute.list.func)


def _list_nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _list_halves(tf: Any) -> set[int]:
    return {tf.float16.as_datatype_enum, tf.bfloat16.as_datatype_enum}
