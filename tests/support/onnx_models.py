"""Tiny real ONNX models, built in memory, and the folders that a function serves them from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from onnx import TensorProto, checker, helper

from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.manifest import ArtifactFile, Graph, ImageInput, Json, Manifest
from pilotlight_runtime.manifest_json import content_version, dump_manifest, version_of
from pilotlight_runtime.signature import Signature, TensorSpec

OPSET = 17
_IR_VERSION = 8


def identity_model(datatype: str, shape: Sequence[int], *, name: str = "x", output: str = "y") -> bytes:
    """A model whose output `y` is its input `x`. shape: -1 for a dimension of any size."""
    node = helper.make_node("Identity", [name], [output])
    return _model([node], [spec(name, datatype, shape)], [spec(output, datatype, shape)])


def add_model(shape: Sequence[int] = (-1, 3)) -> bytes:
    """Inputs a and b, outputs sum and difference, all FP32 of `shape`."""
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])]
    ends = [[spec(name, "FP32", shape) for name in names] for names in (("a", "b"), ("sum", "difference"))]
    return _model(nodes, ends[0], ends[1])


def log_model(shape: Sequence[int] = (-1, 2)) -> bytes:
    """y = log(x): minus infinity for 0, NaN below."""
    node = helper.make_node("Log", ["x"], ["y"])
    return _model([node], [spec("x", "FP32", shape)], [spec("y", "FP32", shape)])


def gather_model(shift: int = 0) -> bytes:
    """Row `index - shift` of a table of four, for each INT64 index: one outside -4..3 fails inside the model."""
    constants = [
        helper.make_tensor("table", TensorProto.FLOAT, [4, 1], [10.0, 11.0, 12.0, 13.0]),
        helper.make_tensor("shift", TensorProto.INT64, [], [shift]),
    ]
    nodes = [
        helper.make_node("Sub", ["index", "shift"], ["place"]),
        helper.make_node("Gather", ["table", "place"], ["row"]),
    ]
    ends = [spec("index", "INT64", (-1,))], [spec("row", "FP32", (-1, 1))]
    return _model(nodes, *ends, constants=constants)


def fill_model() -> bytes:
    """As many zeros as `count` says: a small request with a large answer."""
    node = helper.make_node("ConstantOfShape", ["count"], ["zeros"])
    return _model([node], [spec("count", "INT64", (1,))], [spec("zeros", "FP32", (-1,))])


def spec(name: str, datatype: str, shape: Sequence[int]) -> TensorSpec:
    """A TensorSpec by the datatype's name."""
    return TensorSpec(name, DATATYPES[datatype], tuple(shape))


def save(model: bytes, path: Path) -> Path:
    """Writes `model` to `path` and returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model)
    return path


def package(
    folder: Path,
    model: bytes,
    signature: Signature,
    *,
    name: str = "tiny",
    image: ImageInput | None = None,
    samples: int = 0,
    ranges: Json | None = None,
) -> Manifest:
    """Writes model.onnx and manifest.json into `folder`, as packaging does, and returns the manifest.

    samples: how many the gate has compared. ranges: what the inputs take.
    """
    save(model, folder / "model.onnx")
    files = (ArtifactFile("model.onnx", hashlib.sha256(model).hexdigest(), len(model)),)
    version = content_version(signature, files, image)
    manifest = Manifest(name, version, signature, files, image, {}, {"samples": samples}, {}, ranges=ranges)
    (folder / "manifest.json").write_bytes(dump_manifest(manifest))
    return manifest


def package_parts(
    folder: Path, parts: Mapping[str, tuple[bytes, Signature]], others: Mapping[str, bytes] = MappingProxyType({})
) -> Manifest:
    """Writes a version of several graphs into `folder`; callers send and get what the first one does.

    parts: graph and signature by name. others: more files by name.
    """
    contents = {f"{name}/model.onnx": graph for name, (graph, _) in parts.items()} | dict(others)
    for name, content in contents.items():
        save(content, folder / name)
    files = tuple(
        ArtifactFile(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in contents.items()
    )
    graphs = tuple(Graph(name, signature) for name, (_, signature) in parts.items())
    manifest = Manifest("tiny", "", graphs[0].signature, files, None, {}, {}, {}, graphs=graphs)
    manifest = manifest._replace(version=version_of(manifest))
    (folder / "manifest.json").write_bytes(dump_manifest(manifest))
    return manifest


def package_identity(folder: Path, datatype: str, shape: Sequence[int], *, name: str = "tiny") -> Manifest:
    """A folder that serves identity_model(datatype, shape)."""
    signature = Signature((spec("x", datatype, shape),), (spec("y", datatype, shape),))
    return package(folder, identity_model(datatype, shape), signature, name=name)


def _model(
    nodes: list[object], inputs: list[TensorSpec], outputs: list[TensorSpec], constants: Sequence[object] = ()
) -> bytes:
    ends = [[_value(end) for end in side] for side in (inputs, outputs)]
    graph = helper.make_graph(nodes, "tiny", ends[0], ends[1], initializer=list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION)
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _value(end: TensorSpec) -> object:
    shape = [f"{end.name}_{axis}" if size < 0 else size for axis, size in enumerate(end.shape)]
    return helper.make_tensor_value_info(end.name, end.datatype.onnx, shape)
