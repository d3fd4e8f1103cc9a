"""Weights in files beside the graph, which ONNX calls external data.

Source of the format: docs/ExternalData.md of the ONNX project. `location` is a path relative to the model's folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import onnx

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight_runtime.manifest import MANIFEST_NAME, MODEL_NAME

RESERVED_NAMES: Final = frozenset({MODEL_NAME, MANIFEST_NAME, "app.py"})
"""The names of other files in the folder of a packaged function."""

_MAX_LOCATION: Final = 200
"""The most characters of a name. File systems take 255 bytes for each part."""

_PLACE: Final = re.compile(r"[0-9]{1,18}")

CODE_SUFFIXES: Final = (".py", ".pyc", ".so")
"""Suffixes of files that Python imports. The function's folder is first on its path, and weights must not be code."""


def list_locations(model: onnx.ModelProto) -> list[str]:
    """Return the external files of a model, as the graph names them, each once, sorted."""
    found = set()
    for tensor in list_tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            found |= {entry.value for entry in tensor.external_data if entry.key == "location"}
    return sorted(found)


def check_location(location: str, folder: Path, where: str) -> Path:
    """Return the external file that a graph names.

    Args:
        location: The name in the graph.
        folder: The folder of the graph.
        where: The name of the model in an error.

    Raises:
        ConversionError: The file is missing or outside `folder`, or a function's folder cannot hold its name.
    """
    path = PurePosixPath(location)
    hint = "Save the model again with its weights in a plain file beside it."
    if not location or "\\" in location or "\0" in location or path.is_absolute() or ".." in path.parts:
        raise ConversionError(where, f"keeps weights in {name_of(location)!r}, outside its own folder", hint)
    hidden = any(part.startswith(".") for part in path.parts)  # a version leaves these out
    odd = len(location) > _MAX_LOCATION or not location.isprintable()
    if not path.parts or hidden or odd or path.parts[0] in RESERVED_NAMES or path.name.endswith(CODE_SUFFIXES):
        raise ConversionError(
            where, f"keeps weights in {name_of(location)!r}, a name that a function's folder cannot hold", hint
        )
    source = folder / path
    if not source.is_file():
        raise ConversionError(where, f"keeps weights in {location}, which is not there", "Put that file beside it.")
    if not source.resolve().is_relative_to(folder.resolve()):
        raise ConversionError(
            where, f"keeps weights in {location}, a link that leaves its folder", "Put the file itself there."
        )
    return source


def check_ranges(model: onnx.ModelProto, files: Mapping[str, Path], where: str) -> None:
    """Check that every tensor lies inside its external file.

    Args:
        model: The model.
        files: The external files by the names that the graph uses.
        where: The name of the model in an error.

    Raises:
        ConversionError: A tensor names no file, or a place that is no number or beyond the end of its file.
    """
    sizes = {name: path.stat().st_size for name, path in files.items()}
    hint = "Save the model again with its weights in a plain file beside it."
    for tensor in list_tensors(model):
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        places = [entries.get(key, "0") for key in ("offset", "length")]
        if "location" not in entries or not all(map(_PLACE.fullmatch, places)):
            what = f"keeps the weight {name_of(tensor.name)!r} at no valid place in a file"
            raise ConversionError(where, what, hint)
        size, end = sizes[entries["location"]], sum(map(int, places))
        if end > size:
            what = f"keeps the weight {name_of(tensor.name)!r} in {entries['location']} up to byte {end:,} of {size:,}"
            raise ConversionError(where, what, hint)


def list_tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Yield every tensor of a model that may keep its data in a file, wherever ONNX has tensors."""
    yield from _list_graph_tensors(model.graph)
    for function in model.functions:
        for node in function.node:
            yield from _list_node_tensors(node)


def _list_graph_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
        yield sparse.indices
    for node in graph.node:
        yield from _list_node_tensors(node)


def _list_node_tensors(node: onnx.NodeProto) -> Iterator[onnx.TensorProto]:
    for attribute in node.attribute:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        if attribute.HasField("g"):
            yield from _list_graph_tensors(attribute.g)
        for graph in attribute.graphs:
            yield from _list_graph_tensors(graph)
