"""Rewrites an encoder that somebody has exported to ONNX: our names of inputs, and the answer inside the graph.

Optimum's names are known: input_ids, attention_mask, token_type_ids; last_hidden_state, sentence_embedding, logits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # onnx brings it without types
from onnx import TensorProto

from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import first_line
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.printable import join_names, name_of
from pilotlight.language.encoders.graph import GRAPH, IDS, MASK, TYPES, make_inputs
from pilotlight.language.encoders.head import DONE, EACH, Head
from pilotlight.language.encoders.head_graph import add_head, make_output
from pilotlight.language.graph_nodes import OPSET, GraphNodes
from pilotlight.language.tasks import EMBED, TAG

INPUTS: Final = {"input_ids": IDS, "attention_mask": MASK, "token_type_ids": TYPES}
_POOLED: Final = ("sentence_embedding",)
_EACH_TOKEN: Final = ("last_hidden_state", "token_embeddings", "hidden_states", "output_0")
_LEAST_OPSET: Final = 13
_HINT: Final = "Export the model with Optimum: optimum-cli export onnx --model FOLDER NEW_FOLDER."


class Export(NamedTuple):
    """An exported graph.

    Attributes:
        path: Its file.
        model: The graph with its weights.
        output: The output that is used.
        head: What stands behind that output.
        width: The length of the vectors or scores of that output.
    """

    path: Path
    model: onnx.ModelProto
    output: str
    head: Head
    width: int


def read_export(path: Path, head: Head) -> Export:
    """Read an exported encoder.

    Args:
        path: The ONNX file.
        head: What the answer needs behind the vectors of tokens. Where the graph pools them itself, or computes scores,
            the head of the result leaves that out.

    Raises:
        ConversionError: The file is damaged, or has other inputs or outputs.
    """
    model = _load(path)
    weights = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in weights]
    if not {"input_ids", "attention_mask"} <= set(names) <= set(INPUTS):
        what = f"has the inputs {join_names(names)}, not input_ids, attention_mask and perhaps token_type_ids"
        raise ConversionError(str(path), what, _HINT)
    if any(not dim.dim_param for value in model.graph.input if value.name in INPUTS for dim in _list_dims(value)):
        what = "has inputs of a fixed size, so that it takes no text of another length"
        raise ConversionError(str(path), what, _HINT)
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if opset < _LEAST_OPSET:
        raise ConversionError(str(path), f"is exported for opset {opset}", f"Export it for opset {OPSET}.")
    output, head = _choose_output(path, model, head)
    return Export(path, model, output.name, head, _find_width(path, output))


def rewrite_export(export: Export) -> onnx.ModelProto:
    """Return the graph with our inputs, and the answer as its only output.

    Args:
        export: The exported graph, which stays as it is.
    """
    model = onnx.ModelProto()
    model.CopyFrom(export.model)
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = {value.name: value.type.tensor_type.elem_type for value in graph.input if value.name not in weights}
    del graph.output[:], graph.input[:], graph.value_info[:]
    _keep_needed(graph, export.output)
    output = _free_names(graph, {IDS, MASK, TYPES, export.head.output}, export.output)
    before, behind = GraphNodes("before_"), GraphNodes("behind_")
    for theirs, kind in inputs.items():
        before.node("Cast", INPUTS[theirs], to=kind, kind=kind, name=theirs)
    hidden = behind.node("Cast", output, to=TensorProto.FLOAT)
    add_head(behind, hidden, MASK, export.head)
    nodes = [*before.list_nodes(), *graph.node, *behind.list_nodes()]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*before.list_tensors(), *behind.list_tensors()])
    width = export.head.layers[-1].linear.bias.size if export.head.layers else export.width
    graph.input.extend(make_inputs(types="token_type_ids" in inputs))
    graph.output.append(make_output(export.head, width))
    graph.name = GRAPH
    return model


def _load(path: Path) -> onnx.ModelProto:
    origin = Origin(str(path), _HINT, ConversionError)
    open_file(path, origin).close()
    try:
        return onnx.load(str(path), format="protobuf")
    except (DecodeError, UnicodeDecodeError) as error:
        raise origin.refuse("is damaged or no ONNX file") from error
    except (onnx.checker.ValidationError, OSError, ValueError) as error:
        raise origin.refuse(f"has weights that cannot be read ({first_line(error)})") from error


def _choose_output(path: Path, model: onnx.ModelProto, head: Head) -> tuple[onnx.ValueInfoProto, Head]:
    """Return the output to use, and what stands behind it."""
    outputs = {value.name: value for value in model.graph.output}
    if head.task != EMBED:
        if "logits" not in outputs:
            raise ConversionError(str(path), f"has the outputs {join_names(outputs)}, and no logits", _HINT)
        return outputs["logits"], replace(head, pool=EACH if head.task == TAG else DONE, layers=())
    for name in _POOLED:
        if name in outputs:
            return outputs[name], replace(head, pool=DONE, layers=())
    for name in (*_EACH_TOKEN, *outputs):
        if name in outputs and len(_list_dims(outputs[name])) == 3:
            return outputs[name], head
    raise ConversionError(str(path), f"has the outputs {join_names(outputs)}, none with a vector for each token", _HINT)


def _list_dims(value: onnx.ValueInfoProto) -> Sequence[onnx.TensorShapeProto.Dimension]:
    return list(value.type.tensor_type.shape.dim)


def _find_width(path: Path, output: onnx.ValueInfoProto) -> int:
    dims = _list_dims(output)
    if not dims or not dims[-1].dim_value:
        what = f"does not say how many values the output {name_of(output.name)} has"
        raise ConversionError(str(path), what, _HINT)
    return int(dims[-1].dim_value)


def _keep_needed(graph: onnx.GraphProto, output: str) -> None:
    """Remove nodes and weights that the output does not need, such as a pooler."""
    needed, nodes = {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            nodes.append(node)
            needed.update(node.input)
            needed.update(_list_inner_inputs(node))
    del graph.node[:]
    graph.node.extend(reversed(nodes))
    tensors = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(tensors)


def _free_names(graph: onnx.GraphProto, names: Collection[str], output: str) -> str:
    """Rename values of an exported graph that have a name of ours, and return the name of its output."""

    def other(name: str) -> str:
        return f"theirs_{name}" if name in names else name

    for tensor in graph.initializer:
        tensor.name = other(tensor.name)
    for value in (*graph.input, *graph.output):  # of an inner graph
        value.name = other(value.name)
    for node in graph.node:
        node.input[:] = map(other, node.input)
        node.output[:] = map(other, node.output)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _free_names(attribute.g, names, output)
    return other(output)


def _list_inner_inputs(node: onnx.NodeProto) -> Sequence[str]:
    """Return the values that the graphs inside a node read, their own among them."""
    graphs: list[Any] = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    names: list[str] = []
    for graph in graphs:
        names += [value.name for value in graph.output]
        for inner in graph.node:
            names += [*inner.input, *_list_inner_inputs(inner)]
    return names
