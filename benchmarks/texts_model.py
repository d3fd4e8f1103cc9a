"""A packaged model whose output `y` is its input `x`, both lists of texts, for streaming.py."""

from __future__ import annotations

import hashlib
from pathlib import Path

from onnx import TensorProto, helper

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.manifest import MODEL_NAME, ArtifactFile, Manifest
from pilotlight_runtime.manifest_json import dump_manifest, version_of
from pilotlight_runtime.signature import Signature, TensorSpec


def write_texts_model(folder: Path) -> None:
    """Writes model.onnx and a manifest.json that says that the model, `texts`, streams."""
    ends = [helper.make_tensor_value_info(name, TensorProto.STRING, ["n"]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "texts", ends[:1], ends[1:])
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()
    (folder / MODEL_NAME).write_bytes(content)
    inputs, outputs = ((TensorSpec(name, BYTES, (-1,)),) for name in "xy")
    files = (ArtifactFile(MODEL_NAME, hashlib.sha256(content).hexdigest(), len(content)),)
    manifest = Manifest("texts", "", Signature(inputs, outputs), files, None, {}, {}, {}, stream=True)
    (folder / "manifest.json").write_bytes(dump_manifest(manifest._replace(version=version_of(manifest))))
