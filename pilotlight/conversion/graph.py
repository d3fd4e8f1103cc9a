"""ONNX files as they lie on disk: opened without their external weights, and what they declare.

Source of the rules: onnx.proto3 (ModelProto, GraphProto, ValueInfoProto) and docs/IR.md of the ONNX project.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # onnx brings it without types

from pilotlight.core.artifacts import Candidate
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BY_ONNX
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec


def read_graph(path: Path) -> onnx.ModelProto:
    """The model at `path` without its external data; ConversionError where it is no ONNX file."""
    try:
        model = onnx.load(str(path), format="protobuf", load_external_data=False)
    except FileNotFoundError as error:
        raise ConversionError(str(path), "does not exist", "Check the path.") from error
    except OSError as error:
        raise ConversionError(
            str(path), f"cannot be read ({error.strerror})", "Give the path of an ONNX file."
        ) from error
    except DecodeError as error:
        raise ConversionError(str(path), "is not an ONNX file", "Export the model again.") from error
    if not model.graph.node and not model.graph.output:
        raise ConversionError(str(path), "holds no graph, so it is not an ONNX model", "Export the model again.")
    return model


def read_signature(path: Path) -> Signature:
    """The inputs and outputs that the graph at `path` declares, weights unread.

    An initialiser that is listed as an input too is a default, not an input. Symbolic and unknown dimensions are -1.
    ConversionError where the protocol cannot carry an input or output.
    """
    return extract_signature(read_graph(path), str(path))


def read_opset(candidate: Candidate) -> int:
    """The version of ONNX's default operator set that the candidate is written for, 0 where it uses none.

    Of several graphs it is the highest.
    """
    if candidate.parts:
        return max(read_opset(part) for part in candidate.parts.values())
    model = read_graph(candidate.folder / MODEL_NAME)
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)


def extract_signature(model: onnx.ModelProto, where: str) -> Signature:
    """As read_signature, of a model in memory; errors call it `where`."""
    if any(
        value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape")
        for value in model.graph.output
    ):
        # ONNX lets an exporter leave out an output's shape; ONNX Runtime infers it, and so must the signature.
        model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    weights |= {tensor.values.name for tensor in graph.sparse_initializer}
    return Signature(
        tuple(_spec(value, "input", where) for value in graph.input if value.name not in weights),
        tuple(_spec(value, "output", where) for value in graph.output),
    )


def _spec(value: onnx.ValueInfoProto, role: str, where: str) -> TensorSpec:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        found = "has no type" if kind is None else f"is a {kind.removesuffix('_type')}"
        raise ConversionError(
            where, f"{role} {value.name!r} {found}, not a tensor", "Export the model with plain tensors only."
        )
    tensor = value.type.tensor_type
    datatype = BY_ONNX.get(tensor.elem_type)
    if datatype is None:
        raise ConversionError(
            where,
            f"{role} {value.name!r} has elements of type {_type_name(tensor.elem_type)}",
            "The protocol cannot carry that type: cast it inside the graph.",
        )
    if not tensor.HasField("shape"):
        raise ConversionError(
            where, f"{role} {value.name!r} declares no shape", "Export the model with the number of dimensions given."
        )
    return TensorSpec(value.name, datatype, tuple(_size(dim) for dim in tensor.shape.dim))


def _size(dim: onnx.TensorShapeProto.Dimension) -> int:
    return dim.dim_value if dim.HasField("dim_value") and dim.dim_value >= 0 else -1


def _type_name(number: int) -> str:
    known = onnx.TensorProto.DataType.values()
    return onnx.TensorProto.DataType.Name(number) if number in known else str(number)
