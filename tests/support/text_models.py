"""A tiny text classifier as a packaged folder: one graph behind a vocabulary, made without a training framework."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from onnx import TensorProto, checker, helper

from pilotlight_runtime.manifest import ArtifactFile, Graph, Manifest
from pilotlight_runtime.manifest_json import dump_manifest, version_of
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.text.classifier import GRAPH, INPUT, LABEL, LABELS, PROBABILITIES, VOCABULARY
from pilotlight_runtime.text.tokens import Vocabulary
from support.onnx_models import OPSET, spec

TOKENS = ("dull", "fine", "funny")
APP = """
from pilotlight_runtime import Limits, model_handler, text_classifier, words

handler = model_handler(__file__, prepare=text_classifier(words, Limits(longest=20, cells=6, mixed=True)))
"""

PUBLIC = Signature((spec(INPUT, "BYTES", (-1,)),), (spec(PROBABILITIES, "FP32", (-1, 2)), spec(LABEL, "BYTES", (-1,))))
INNER = Signature((spec("ids", "INT64", (-1, -1)),), (spec("scores", "FP32", (-1, 2)),))


def counting_model() -> bytes:
    """scores = (x, -x) with x the sum of a row's ids less 4; padding, which is 0, adds nothing."""
    nodes = [
        helper.make_node("Cast", ["ids"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["real", "axis"], ["sum"], keepdims=1),
        helper.make_node("Sub", ["sum", "four"], ["x"]),
        helper.make_node("Neg", ["x"], ["minus"]),
        helper.make_node("Concat", ["x", "minus"], ["scores"], axis=1),
    ]
    constants = [
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        helper.make_tensor("four", TensorProto.FLOAT, [], [4.0]),
    ]
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "length"])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "counting", [ids], [scores], initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def package_text(folder: Path, labels: bytes = json.dumps(["good", "bad"]).encode()) -> Manifest:
    """Fills `folder` as packaging does: ids are 2 for dull, 3 for fine, 4 for funny, 1 for every other word."""
    contents = {
        f"{GRAPH}/model.onnx": counting_model(),
        VOCABULARY: Vocabulary(TOKENS).dump(),
        LABELS: labels,
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    files = tuple(
        ArtifactFile(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in contents.items()
    )
    graphs, assets = (Graph(GRAPH, INNER),), (VOCABULARY, LABELS)
    manifest = Manifest("tiny", "", PUBLIC, files, None, {}, {}, {}, graphs=graphs, assets=assets)
    manifest = manifest._replace(version=version_of(manifest))
    (folder / "manifest.json").write_bytes(dump_manifest(manifest))
    (folder / "app.py").write_text(APP)
    return manifest
