"""The state of a loop that lies in a list of one tensor, as in keras.ops.scan: here it becomes the tensor itself.

tf2onnx knows lists that a loop reads from or adds to, but none that it reads and writes in each step.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from onnx import TensorProto

_GET: Final = "TensorListGetItem"
_SET: Final = "TensorListSetItem"
_RESERVE: Final = "TensorListReserve"
_LOOPS: Final = ("While", "StatelessWhile")


def rewrite_loop_states(graph: Any, nodes: list[Any]) -> list[Any]:
    """Take the states of loops out of their lists.

    tf2onnx calls this for the body of a loop, and later for the graph around it.

    Args:
        graph: The graph of tf2onnx.
        nodes: Its nodes.

    Returns:
        The nodes.
    """
    from tf2onnx.tf_loader import find_function

    if _steps_forward(graph, nodes):
        for given in [node for node in nodes if node.type == "Placeholder"]:
            _open_inside(graph, given)
    for loop in [node for node in nodes if node.type in _LOOPS]:
        body = find_function(loop.get_attr_str("body"))
        for position, source in enumerate(loop.inputs):
            if source is not None and source.type == _SET:
                _open_outside(graph, loop, position, body)
            elif source is not None and source.type == _RESERVE:
                _drop_unwritten(graph, loop, position, body)
    return list(graph.get_nodes())


def _steps_forward(graph: Any, nodes: list[Any]) -> bool:
    """Return whether all results are written in the order of the steps, the only one that tf2onnx writes."""
    names = graph.input_names
    for node in nodes:
        if node.type == _SET and not node.inputs[1].is_const():
            if node.input[1] not in names:
                return False
            after = graph.get_node_by_output(graph.outputs[names.index(node.input[1])])
            while after is not None and after.type == "Identity":
                after = after.inputs[0]
            if after is None or not _adds_one(after, node.input[1]):
                return False
    return True


def _adds_one(node: Any, counter: str) -> bool:
    return bool(
        node.type in {"Add", "AddV2"}
        and counter in node.input
        and any(each.is_const() and each.get_tensor_value() == 1 for each in node.inputs)
    )


def _open_inside(graph: Any, given: Any) -> None:
    """Replace a list that is read and written only at its beginning by the tensor in it."""
    readers = graph.find_output_consumers(given.output[0])
    if {reader.type for reader in readers} != {_GET, _SET} or not all(map(_is_at_start, readers)):
        return
    item = next(reader for reader in readers if reader.type == _GET)
    graph.copy_dtype(item.output[0], given.output[0])
    graph.copy_shape(item.output[0], given.output[0])
    for reader in readers:
        _become_tensor(graph, reader, reader.input[2] if reader.type == _SET else given.output[0])


def _open_outside(graph: Any, loop: Any, position: int, body: Any) -> None:
    """Give the loop the tensor that was put into a list of one, and take its result for the last state."""
    source = loop.inputs[position]
    if not _is_at_start(source) or source.inputs[0].type != _RESERVE:
        return
    size, item, result = source.inputs[0].inputs[1], source.input[2], loop.output[position]
    is_opened = body.get_dtype(body.input_names[position]) == graph.get_dtype(item)
    if not is_opened or not size.is_const() or size.get_tensor_value() != 1:
        return
    _become_tensor(graph, source, item)
    graph.copy_dtype(item, result)
    graph.copy_shape(item, result)
    for reader in graph.find_output_consumers(result):
        if reader.type == _GET and _is_at_start(reader):
            _become_tensor(graph, reader, result)


def _drop_unwritten(graph: Any, loop: Any, position: int, body: Any) -> None:
    """Put a number into the place of a list that the loop does not write, and that is not read after it."""
    inside, result = body.input_names[position], loop.output[position]
    last = body.outputs[position]
    while last != inside and body.get_node_by_output(last).type == "Identity":
        last = body.get_node_by_output(last).input[0]
    if last != inside or graph.find_output_consumers(result):
        return
    number = graph.make_const(f"{loop.name}_unwritten_{position}", np.array(0, np.float32)).output[0]
    graph.replace_input(loop, loop.input[position], number, position)
    for owner, name in ((graph, result), (body, inside), (body, body.outputs[position])):
        owner.set_dtype(name, TensorProto.FLOAT)
        owner.set_shape(name, [])


def _become_tensor(graph: Any, node: Any, tensor: str) -> None:
    node.type = "Identity"
    graph.replace_inputs(node, [tensor])
    graph.copy_dtype(tensor, node.output[0])
    graph.copy_shape(tensor, node.output[0])


def _is_at_start(node: Any) -> bool:
    return bool(node.inputs[1].is_const() and node.inputs[1].get_tensor_value() == 0)
