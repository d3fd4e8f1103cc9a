"""TensorFlow operations that were left without a form in ONNX, named by the layer that holds them.

tf2onnx goes on after an operation that it cannot convert, and only writes to its log. Here such a graph is refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import onnx

from pilotlight.conversion.value_types import list_graphs
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import first_line, kind_and_first_line

MOST_NAMED: Final = 3
"""The most operations in one message."""
_LOGGER: Final = "tf2onnx"
_FAILED: Final = "Failed to convert node"
"""How the log of tf2onnx begins where a handler raised. The first argument is the name of the node."""
_SCOPE_OF_LAYER: Final = re.compile(r"[a-z][a-z0-9_.-]*")
"""Keras names layers and its own functions so. TensorFlow begins the names of operations with a capital letter."""
_HINT: Final = (
    "Use another activation, layer or function of keras.ops there; docs/what-converts.md lists those that work."
)
_HINTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("Svd", "SelfAdjointEigV2", "Eig"),
        "ONNX has no eigenvalues or singular values: compute them before the model, and give them to it as an input.",
    ),
    **dict.fromkeys(
        ("TensorListReserve", "TensorListSetItem"),
        "A loop writes its results in the order of its steps: flip the sequence instead of reverse=True in "
        "keras.ops.scan, or write a layer of keras.layers.RNN with a cell of your own.",
    ),
    **dict.fromkeys(("_SwitchN", "Merge"), "Write the branches with keras.ops.cond or keras.ops.where."),
    "BroadcastGradientArgs": (
        "It differentiates inside the model: give the model a fixed batch size, or write the derivative with keras.ops."
    ),
    "PyFunc": "It calls Python: write it with keras.ops.",
    "EagerPyFunc": "It calls Python: write it with keras.ops.",
}
"""The way that works, for operations that have one."""


@contextmanager
def collect_failures() -> Iterator[dict[str, str]]:
    """Inside, keep tf2onnx's log to itself. Yields the reasons by the name of the node whose handler raised."""
    reasons: dict[str, str] = {}

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if str(record.msg).startswith(_FAILED) and record.args and record.exc_info and record.exc_info[1]:
                reasons[str(next(iter(record.args)))] = _describe(record.exc_info[1])

    collector, logger = Collector(), logging.getLogger(_LOGGER)
    kept = logger.level, logger.propagate, list(logger.handlers)
    logger.setLevel(logging.ERROR)
    logger.propagate, logger.handlers[:] = False, [collector]
    try:
        yield reasons
    finally:
        logger.level, logger.propagate = kept[0], kept[1]
        logger.handlers[:] = kept[2]


def _describe(error: BaseException) -> str:
    from pilotlight.conversion.tensorflow.ops import NoForm

    return first_line(error) if isinstance(error, NoForm) else kind_and_first_line(error)


def refuse_failures(
    model: onnx.ModelProto, reasons: Mapping[str, str], layers: Collection[str], where: str, opset: int
) -> None:
    """Refuse a graph that holds operations without a form in ONNX.

    Args:
        model: The graph as tf2onnx gives it, with its names.
        reasons: What `collect_failures` found.
        layers: The names of the layers.
        where: The name of the model in an error.
        opset: The version of ONNX's default operator set.

    Raises:
        ConversionError: There is such an operation. The message names its layer and the reason.
    """
    left = [node for node in _list_nodes(model) if node.name in reasons or not _is_known(node, opset)]
    if not left:
        return
    found = dict.fromkeys(describe_node(node.name, node.op_type, layers, reasons.get(node.name, "")) for node in left)
    more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    what = "; ".join(list(found)[:MOST_NAMED])
    hint = next((_HINTS[node.op_type] for node in left if node.op_type in _HINTS), _HINT)
    raise ConversionError(where, f"cannot be converted to ONNX opset {opset}: {what}{more}", hint)


def describe_node(name: str, kind: str, layers: Collection[str], reason: str) -> str:
    """Return "dense_1: Gelu → Erfc has no form in ONNX (the reason)".

    Args:
        name: The name of the node: the model, its layers and the operations, with "/" between them.
        kind: The operation.
        layers: The names of the layers.
        reason: Why it has no form; "" where that is all there is to say.
    """
    layer, chain = split_node_name(name, kind, layers)
    place = f"{layer}: " if layer else ""
    return f"{place}{' → '.join(chain)} has no form in ONNX" + (f" ({reason})" if reason else "")


def split_node_name(name: str, kind: str, layers: Collection[str]) -> tuple[str, list[str]]:
    """Split the name of a node into the path of its layer and the operations inside, the last of which is `kind`."""
    parts = name.split(":", maxsplit=1)[0].split("/")[1:-1]
    path: list[str] = []
    while parts and _SCOPE_OF_LAYER.fullmatch(parts[0]):
        path.append(_find_layer_name(parts.pop(0), layers))
    return "/".join(path), [*(re.sub(r"_\d+$", "", part) for part in parts), kind]


def _find_layer_name(scope: str, layers: Collection[str]) -> str:
    """Return the layer of a scope. TensorFlow adds a number to a scope that it has entered before."""
    bare = re.sub(r"_\d+$", "", scope)
    return bare if scope not in layers and bare in layers else scope


def list_layer_names(model: Any) -> Iterator[str]:
    """Yield the names of the layers of a Keras model, and of those inside them."""
    for layer in getattr(model, "layers", ()):
        yield layer.name
        yield from list_layer_names(layer)
        if hasattr(layer, "layer"):  # the wrapped layer of a wrapper
            yield layer.layer.name


def _list_nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    yield from model.graph.node
    for graph in list_graphs(model.graph.node):
        yield from graph.node


def _is_known(node: onnx.NodeProto, opset: int) -> bool:
    if node.domain not in {"", "ai.onnx"}:
        return True
    return bool(onnx.defs.has(node.op_type, opset, ""))
