"""Weights that lie in files of their own beside the graph.

Source of the format: docs/ExternalData.md of the ONNX project: `location` is a path relative to the model's folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import onnx

from pilotlight.core.errors import ConversionError
from pilotlight_runtime.manifest import MANIFEST_NAME, MODEL_NAME

RESERVED_NAMES: Final = frozenset({MODEL_NAME, MANIFEST_NAME, "app.py"})
"""What else lies in a packaged function's folder."""

CODE_SUFFIXES: Final = (".py", ".pyc", ".so")
"""How files end that Python would import: a function's folder comes first on its path, and weights are never code."""


def list_locations(model: onnx.ModelProto) -> list[str]:
    """The files that the weights of `model` lie in, as the graph writes them, each once, sorted."""
    found = set()
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            found |= {entry.value for entry in tensor.external_data if entry.key == "location"}
    return sorted(found)


def check_location(location: str, folder: Path, where: str) -> Path:
    """The file that `location` names below `folder`; ConversionError where it is unsafe or missing."""
    path = PurePosixPath(location)
    hint = "Save the model again with its weights in a plain file beside it."
    if not location or "\\" in location or "\0" in location or path.is_absolute() or ".." in path.parts:
        raise ConversionError(where, f"keeps weights in {location!r}, outside its own folder", hint)
    hidden = any(part.startswith(".") for part in path.parts)  # those are left out of a version
    if not path.parts or hidden or path.parts[0] in RESERVED_NAMES or path.name.endswith(CODE_SUFFIXES):
        raise ConversionError(
            where, f"keeps weights in {location!r}, a name that a function's folder cannot hold", hint
        )
    source = folder / path
    if not source.is_file():
        raise ConversionError(where, f"keeps weights in {location}, which is not there", "Put that file beside it.")
    if not source.resolve().is_relative_to(folder.resolve()):
        raise ConversionError(
            where, f"keeps weights in {location}, a link that leaves its folder", "Put the file itself there."
        )
    return source


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from _of_graph(model.graph)
    for function in model.functions:
        for node in function.node:
            yield from _of_node(node)


def _of_graph(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
        yield sparse.indices
    for node in graph.node:
        yield from _of_node(node)


def _of_node(node: onnx.NodeProto) -> Iterator[onnx.TensorProto]:
    for attribute in node.attribute:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        if attribute.HasField("g"):
            yield from _of_graph(attribute.g)
        for graph in attribute.graphs:
            yield from _of_graph(graph)
