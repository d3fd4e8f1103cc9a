"""Encoders that were exported to ONNX before: our names, and the answer inside the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from support.tiny_encoder import HIDDEN, VOCABULARY, make_config, write_encoder

from pilotlight.core.errors import ConversionError
from pilotlight.language.encoders.export import read_export, rewrite_export
from pilotlight.language.encoders.family import find_family
from pilotlight.language.encoders.graph import build_encoder_graph
from pilotlight.language.encoders.head import Head
from pilotlight.language.encoders.reference import apply_head, make_reference
from pilotlight.language.encoders.shape import read_encoder_shape
from pilotlight.language.encoders.weights import read_encoder
from pilotlight.language.files.safetensors_tensors import SafetensorsTensors
from pilotlight.language.settings import Settings

THEIRS = {"ids": "input_ids", "mask": "attention_mask", "types": "token_type_ids"}
MEAN = Head("embed", "mean", (), "normalize")
TEXT, TYPES = [2, 7, 9, 11, 3], [0, 0, 0, 0, 0]


def export_model(folder: Path, architecture: str = "bert", kind: int = TensorProto.INT64) -> onnx.ModelProto:
    """A tiny model as Optimum names it: a vector for each token, and an output of a pooler that nobody wants."""
    write_encoder(folder, architecture)
    family = find_family(architecture, "config.json")
    shape = read_encoder_shape(Settings("config.json", make_config(architecture, "embed")), family)
    weights = read_encoder(SafetensorsTensors(folder, [folder / "model.safetensors"]), shape)
    model = build_encoder_graph(shape, weights, Head("embed", "", (), ""))
    graph = model.graph
    casts = [helper.make_node("Cast", [THEIRS[value.name]], [value.name], to=7) for value in graph.input]
    inputs = [helper.make_tensor_value_info(THEIRS[value.name], kind, ["b", "s"]) for value in graph.input]
    nodes = [*casts, *graph.node]
    nodes += [
        helper.make_node("Identity", ["embedding"], ["last_hidden_state"]),
        helper.make_node("ReduceMean", ["embedding"], ["pooler_output"]),
    ]
    outputs = [
        helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["b", "s", HIDDEN]),
        helper.make_tensor_value_info("pooler_output", TensorProto.FLOAT, None),
    ]
    made = helper.make_graph(nodes, "main", inputs, outputs, list(graph.initializer))
    exported = helper.make_model(made, opset_imports=list(model.opset_import), ir_version=model.ir_version)
    onnx.save(exported, folder / "model.onnx")
    return exported


def run(model: onnx.ModelProto, rows: list[list[int]], *, typed: bool = True) -> NDArray[Any]:
    longest = max(map(len, rows))
    ids = np.array([row + [0] * (longest - len(row)) for row in rows], np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], np.int64)
    inputs = {"ids": ids, "mask": mask, **({"types": np.zeros_like(ids)} if typed else {})}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    answer: NDArray[Any] = session.run(None, inputs)[0]
    return answer


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
def test_the_answer_is_computed_in_the_graph(tmp_path: Path, kind: int) -> None:
    export_model(tmp_path, kind=kind)
    rewritten = rewrite_export(read_export(tmp_path / "model.onnx", MEAN))
    onnx.checker.check_model(rewritten, full_check=False)
    assert [value.name for value in rewritten.graph.input] == ["ids", "mask", "types"]
    assert [value.name for value in rewritten.graph.output] == ["embedding"]
    assert "ReduceMean" not in {node.op_type for node in rewritten.graph.node}
    shape = read_encoder_shape(Settings("", make_config("bert", "embed")), find_family("bert", ""))
    weights = read_encoder(SafetensorsTensors(tmp_path, [tmp_path / "model.safetensors"]), shape)
    encode = make_reference(shape, weights, MEAN)
    rows = [TEXT, [2, 8, 3]]
    for row, answer in zip(rows, run(rewritten, rows), strict=True):
        np.testing.assert_allclose(answer, encode(row, [0] * len(row)), atol=2e-6)


def test_a_model_without_types_has_no_such_input(tmp_path: Path) -> None:
    export_model(tmp_path, "distilbert")
    rewritten = rewrite_export(read_export(tmp_path / "model.onnx", MEAN))
    assert [value.name for value in rewritten.graph.input] == ["ids", "mask"]
    assert run(rewritten, [TEXT], typed=False).shape == (1, HIDDEN)


def test_a_sentence_embedding_of_the_graph_is_used(tmp_path: Path) -> None:
    model = export_model(tmp_path)
    graph = model.graph
    zero = helper.make_tensor("zero", TensorProto.INT64, [], [0])
    graph.initializer.append(zero)
    graph.node.append(helper.make_node("Gather", ["last_hidden_state", "zero"], ["sentence_embedding"], axis=1))
    graph.output.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["b", HIDDEN]))
    onnx.save(model, tmp_path / "model.onnx")
    export = read_export(tmp_path / "model.onnx", MEAN)
    assert (export.output, export.head.pool) == ("sentence_embedding", "done")
    vectors = run(rewrite_export(export), [TEXT])
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("task", "pool", "finish"), [("classify", "done", "softmax"), ("rerank", "done", "sigmoid"), ("tag", "", "softmax")]
)
def test_logits_become_probabilities(tmp_path: Path, task: str, pool: str, finish: str) -> None:
    labels = 1 if task == "rerank" else 3
    shape: list[str | int] = ["b", "s", labels] if task == "tag" else ["b", labels]
    weights = np.linspace(-1, 1, VOCABULARY * labels, dtype=np.float32).reshape(VOCABULARY, labels)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["each"])]
    nodes += [
        helper.make_node("Cast", ["attention_mask"], ["mask_read"], to=1),
        helper.make_node("Identity", ["each"], ["logits"])
        if task == "tag"
        else helper.make_node("ReduceSum", ["each", "one"], ["logits"], keepdims=0),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "s"]) for name in ("input_ids", "attention_mask")
    ]
    tensors = [onnx.numpy_helper.from_array(weights, "table"), helper.make_tensor("one", 7, [1], [1])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)]
    graph = helper.make_graph(nodes, "main", inputs, outputs, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8), tmp_path / "m.onnx")
    head = Head(task, pool, (), finish)
    found = run(rewrite_export(read_export(tmp_path / "m.onnx", head)), [TEXT], typed=False)
    scores = weights[TEXT] if task == "tag" else weights[TEXT].sum(0)
    np.testing.assert_allclose(found[0], apply_head(scores, head), atol=1e-6)


def _break_inputs(model: onnx.ModelProto) -> None:
    model.graph.input[0].name = "pixels"


def _fix_sizes(model: onnx.ModelProto) -> None:
    for value in model.graph.input:
        del value.type.tensor_type.shape.dim[:]
        for size in (1, 128):
            value.type.tensor_type.shape.dim.add(dim_value=size)


def _age(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 11


def _drop_outputs(model: onnx.ModelProto) -> None:
    del model.graph.output[0]


def _forget_width(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_param = "hidden"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_break_inputs, "has the inputs pixels"),
        (_fix_sizes, "has inputs of a fixed size"),
        (_age, "is exported for opset 11"),
        (_drop_outputs, "none with a vector for each token"),
        (_forget_width, "does not say how many values the output last_hidden_state has"),
    ],
)
def test_other_exports_are_refused_by_name(tmp_path: Path, change: object, message: str) -> None:
    model = export_model(tmp_path)
    assert callable(change)
    change(model)
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(ConversionError, match=message):
        read_export(tmp_path / "model.onnx", MEAN)


def test_a_classifier_without_logits_is_refused(tmp_path: Path) -> None:
    export_model(tmp_path)
    with pytest.raises(ConversionError, match="no logits"):
        read_export(tmp_path / "model.onnx", Head("classify", "done", (), "softmax"))


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    export_model(tmp_path)
    path = tmp_path / "model.onnx"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ConversionError, match="damaged or no ONNX file"):
        read_export(path, MEAN)


def test_weights_that_lie_elsewhere_are_refused(tmp_path: Path) -> None:
    onnx.save(export_model(tmp_path), tmp_path / "model.onnx", save_as_external_data=True, location="weights.data")
    (tmp_path / "weights.data").unlink()
    with pytest.raises(ConversionError, match="weights that cannot be read"):
        read_export(tmp_path / "model.onnx", MEAN)
