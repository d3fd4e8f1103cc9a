"""Checks of a graph from outside, before ONNX Runtime opens it.

ONNX Runtime checks a graph too. What it accepts or never finishes, and a function cannot serve, is refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import onnx

from pilotlight.conversion.external_data import list_tensors
from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of

_MAX_NAME: Final = 500
_MAX_NODES: Final = 1_000_000
"""The most nodes after the functions of a model are inlined. A function that calls another twice doubles them."""

_Key = tuple[str, str]


def check_graph(model: onnx.ModelProto, where: str) -> None:
    """Check the names of inputs and outputs, and the size of the functions of a model.

    Args:
        model: The model.
        where: The name of the model in an error.

    Raises:
        ConversionError: The graph has no output, two of one name, a name that cannot be shown or is not UTF-8, or
            functions that inline to too many nodes.
    """
    if any(not isinstance(text, str) for text in _list_texts(model)):
        raise ConversionError(where, "has a name that is not UTF-8", "Export the model again.")
    if not model.graph.output:
        raise ConversionError(where, "has no output", "Export the model with the outputs that callers need.")
    for role, values in (("input", model.graph.input), ("output", model.graph.output)):
        names = [value.name for value in values]
        for name in names:
            if not name or len(name) > _MAX_NAME or not name.isprintable():
                what = f"has an {role} with the name {name_of(name)!r}"
                hint = f"Give each a name of at most {_MAX_NAME} printable characters."
                raise ConversionError(where, what, hint)
        if len(set(names)) != len(names):
            raise ConversionError(where, f"has two {role}s of one name", "Give each its own name.")
    _check_functions(model, where)


def _check_functions(model: onnx.ModelProto, where: str) -> None:
    """Count the nodes of each function after inlining. A function that calls itself never ends."""
    functions = {(function.domain, function.name): function for function in model.functions}
    hint = "Export the model without functions of its own."
    counts: dict[_Key, int] = {}
    open_: set[_Key] = set()

    def count(nodes: Iterable[onnx.NodeProto]) -> int:
        return sum(counts.get((node.domain, node.op_type), 1) for node in _list_nodes(nodes))

    pending = list(functions)
    while pending:
        key = pending[-1]
        called = {(node.domain, node.op_type) for node in _list_nodes(functions[key].node)} & functions.keys()
        missing = called - counts.keys()
        if missing & (open_ | {key}):
            raise ConversionError(where, f"has the function {name_of(key[1])!r}, which calls itself", hint)
        if missing and key not in counts:
            open_.add(key)
            pending += sorted(missing)
            continue
        counts[key] = count(functions[key].node)
        open_.discard(key)
        pending.pop()
    if count(model.graph.node) > _MAX_NODES:
        raise ConversionError(where, f"has functions that inline to more than {_MAX_NODES:,} nodes", hint)


def _list_texts(model: onnx.ModelProto) -> Iterator[object]:
    """Every text that is read later. The protobuf library gives bytes for a text that is not UTF-8."""
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        yield value.name
    for opset in model.opset_import:
        yield opset.domain
    for function in model.functions:
        yield from (function.domain, function.name)
    nodes = (model.graph.node, *(function.node for function in model.functions))
    for node in chain.from_iterable(map(_list_nodes, nodes)):
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    for tensor in list_tensors(model):
        yield from (text for entry in tensor.external_data for text in (tensor.name, entry.key, entry.value))


def _list_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Every node, those of inner graphs included."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from _list_nodes(graph.node)
