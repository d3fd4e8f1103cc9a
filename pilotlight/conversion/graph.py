"""ONNX files on disk, opened without their external data, and the signature that a graph declares.

Source of the rules: onnx.proto3 (ModelProto, GraphProto, ValueInfoProto) and docs/IR.md of the ONNX project.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # onnx brings it without types

from pilotlight.conversion.value_types import infer_model
from pilotlight.core.artifacts import Candidate
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import Origin, read_file
from pilotlight.core.printable import name_of, shorten
from pilotlight_runtime.datatypes import BY_ONNX
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import SharedDimension, Signature, TensorSpec

_MAX_BYTES: Final = (2 << 30) - 1
"""The limit of protobuf."""

_PLAIN_TENSORS: Final = (
    "Export the model with plain tensors only: join a sequence inside the graph (ConcatFromSequence), or leave the "
    "value out with onnx.utils.extract_model(FILE, NEW_FILE, INPUTS, OUTPUTS)."
)

_NO_SYMBOLS: Final = frozenset({"", "?", "-1", "None"})
"""What exporters write for every unknown size. It says nothing about sizes that are equal."""


def read_graph(path: Path) -> onnx.ModelProto:
    """Read an ONNX file without its external data.

    Args:
        path: The file.

    Raises:
        ConversionError: The file is missing, or is no ONNX model.
    """
    content = read_file(path, Origin(str(path), "Keep its weights in a file beside it.", ConversionError), _MAX_BYTES)
    try:
        model = onnx.load_model_from_string(content, format="protobuf")
    except (DecodeError, UnicodeDecodeError) as error:
        raise ConversionError(str(path), "is not an ONNX file", "Export the model again.") from error
    if not model.graph.node and not model.graph.output:
        raise ConversionError(str(path), "holds no graph, so it is not an ONNX model", "Export the model again.")
    return model


def read_signature(path: Path) -> Signature:
    """Read the inputs and outputs that a graph declares, without reading its weights.

    Args:
        path: The ONNX file.

    Returns:
        The signature. Symbolic and unknown dimensions are -1. An initializer that is also listed as an input is a
        default value, not an input. A symbol that occurs twice among the inputs is a shared dimension.

    Raises:
        ConversionError: The protocol cannot carry an input or output.
    """
    return extract_signature(read_graph(path), str(path))


def read_opset(candidate: Candidate) -> int:
    """Read the version of ONNX's default operator set that a candidate uses.

    Args:
        candidate: The candidate.

    Returns:
        The version; the highest of several graphs; 0 where the candidate uses none.
    """
    if candidate.parts:
        return max(read_opset(part) for part in candidate.parts.values())
    model = read_graph(candidate.folder / MODEL_NAME)
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)


def extract_signature(model: onnx.ModelProto, where: str) -> Signature:
    """Return the signature of a model in memory, as `read_signature` does.

    Args:
        model: The model.
        where: The name of the model in an error.

    Raises:
        ConversionError: The protocol cannot carry an input or output.
    """
    if any(
        value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape")
        for value in model.graph.output
    ):
        # An exporter may leave out the shape of an output. ONNX Runtime infers it, so the signature must too.
        try:
            model = infer_model(model)
        except (onnx.shape_inference.InferenceError, RuntimeError, ValueError, TypeError) as error:  # of its C++ code
            what = f"has an output without a shape, and ONNX cannot infer it ({shorten(str(error))})"
            raise ConversionError(where, what, "Export the model with the shapes of its outputs.") from error
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    weights |= {tensor.values.name for tensor in graph.sparse_initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    return Signature(
        tuple(_read_spec(value, "input", where) for value in inputs),
        tuple(_read_spec(value, "output", where) for value in graph.output),
        _read_shared(inputs),
    )


def _read_shared(inputs: Iterable[onnx.ValueInfoProto]) -> tuple[SharedDimension, ...]:
    """Return the symbols that occur at two places or more. One that occurs once says nothing about sizes."""
    places: dict[str, list[tuple[str, int]]] = {}
    for value in inputs:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param not in _NO_SYMBOLS:
                places.setdefault(dim.dim_param, []).append((value.name, axis))
    return tuple(SharedDimension(name, tuple(found)) for name, found in sorted(places.items()) if len(found) > 1)


def _read_spec(value: onnx.ValueInfoProto, role: str, where: str) -> TensorSpec:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        raise ConversionError(
            where, f"{role} {name_of(value.name)!r} {_describe_type(value.type)}, not a plain tensor", _PLAIN_TENSORS
        )
    tensor = value.type.tensor_type
    datatype = BY_ONNX.get(tensor.elem_type)
    if datatype is None:
        raise ConversionError(
            where,
            f"{role} {name_of(value.name)!r} has elements of type {_format_type(tensor.elem_type)}",
            "The protocol cannot carry that type: cast it inside the graph.",
        )
    if not tensor.HasField("shape"):
        raise ConversionError(
            where,
            f"{role} {name_of(value.name)!r} declares no shape",
            "Export the model with the number of dimensions given.",
        )
    return TensorSpec(value.name, datatype, tuple(_read_size(dim) for dim in tensor.shape.dim))


def _describe_type(found: onnx.TypeProto) -> str:
    """Say what a value is that is no tensor, with what it is made of."""
    inner = {
        "sequence_type": ("a sequence of", found.sequence_type.elem_type),
        "optional_type": ("an optional", found.optional_type.elem_type),
    }
    kind = found.WhichOneof("value")
    if kind is None:
        return "declares no type"
    if kind not in inner:
        return f"is a {kind.removesuffix('_type').replace('_', ' ')}"
    words, element = inner[kind]
    name = (element.WhichOneof("value") or "value").removesuffix("_type").replace("_", " ")
    return f"is {words} {name}s" if kind == "sequence_type" else f"is {words} {name}"


def _read_size(dim: onnx.TensorShapeProto.Dimension) -> int:
    return dim.dim_value if dim.HasField("dim_value") and dim.dim_value >= 0 else -1


def _format_type(number: int) -> str:
    known = onnx.TensorProto.DataType.values()
    return onnx.TensorProto.DataType.Name(number) if number in known else str(number)
