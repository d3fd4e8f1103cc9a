"""The names of classes inside the graph, run by the engine that Lambda uses."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.onnx_protos import identity_model, model_of
from support.workflow_calls import import_model

from pilotlight.conversion import add_labels, compute_labels, read_signature, resolve_ties
from pilotlight.core.artifacts import Array, Candidate
from pilotlight.core.errors import ConversionError
from pilotlight.core.labels import LabelsConfig
from pilotlight.core.model_config import ParityConfig
from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor

NAMES = LabelsConfig(("no", "ja", "grün"))
SCORES = np.array([[0.1, 0.7, 0.2], [0.4, 0.2, 0.4], [-2.0, -1.0, -0.5]], np.float32)


def candidate(folder: Path, model: onnx.ModelProto) -> Candidate:
    onnx.save(model, folder / "model.onnx")
    return Candidate(folder, read_signature(folder / "model.onnx"))


def answered(folder: Path, scores: Array, name: str = "label") -> list[bytes]:
    session = open_session(folder / "model.onnx", 1)
    (found,) = session.run({"x": Tensor.from_numpy(scores, FP32)}, [name])
    return list(found.elements)


def test_the_best_class_is_named_and_the_first_of_equals_wins(tmp_path: Path) -> None:
    made = add_labels(candidate(tmp_path, identity_model(shape=["n", 3])), (NAMES,))
    assert [(spec.name, spec.datatype.name, spec.shape) for spec in made.signature.outputs] == [
        ("y", "FP32", (-1, 3)),
        ("label", "BYTES", (-1,)),
    ]
    assert answered(tmp_path, SCORES) == [b"ja", b"no", "grün".encode()]
    assert compute_labels({"y": SCORES}, (NAMES,))["label"].tolist() == answered(tmp_path, SCORES)
    assert answered(tmp_path, SCORES[:1]) == [b"ja"]
    onnx.checker.check_model(onnx.load(tmp_path / "model.onnx"), full_check=True)


def test_without_labels_nothing_changes(tmp_path: Path) -> None:
    before = candidate(tmp_path, identity_model(shape=["n", 3]))
    content = (tmp_path / "model.onnx").read_bytes()
    assert add_labels(before, ()) is before
    assert (tmp_path / "model.onnx").read_bytes() == content
    assert compute_labels({"y": SCORES}, ()) == {"y": SCORES}


def test_scores_may_be_any_output_and_the_names_any_free_name(tmp_path: Path) -> None:
    x, y, z = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "xyz")
    nodes = [helper.make_node("Neg", ["x"], ["y"]), helper.make_node("Identity", ["x"], ["z"])]
    nodes.append(helper.make_node("Identity", ["x"], ["kind/names"]))  # taken
    made = candidate(tmp_path, model_of(helper.make_graph(nodes, "g", [x], [y, z])))
    config = LabelsConfig(NAMES.names, scores="z", output="kind")
    assert add_labels(made, (config,)).signature.outputs[-1] == config.spec
    assert answered(tmp_path, SCORES, "kind") == [b"ja", b"no", "grün".encode()]
    assert compute_labels({"y": -SCORES, "z": SCORES}, (config,))["kind"].tolist() == answered(tmp_path, SCORES, "kind")


def test_several_outputs_have_names_of_their_own(tmp_path: Path) -> None:
    x, y, z = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "xyz")
    nodes = [helper.make_node("Neg", ["x"], ["y"]), helper.make_node("Identity", ["x"], ["z"])]
    both = (LabelsConfig(NAMES.names, "y", "worst"), LabelsConfig(("a", "b", "c"), "z", "best"))
    made = add_labels(candidate(tmp_path, model_of(helper.make_graph(nodes, "g", [x], [y, z]))), both)
    assert [spec.name for spec in made.signature.outputs] == ["y", "z", "worst", "best"]
    assert answered(tmp_path, SCORES, "worst") == [b"no", b"ja", b"no"]
    assert answered(tmp_path, SCORES, "best") == [b"b", b"a", b"c"]
    expected = compute_labels({"y": -SCORES, "z": SCORES}, both)
    assert expected["worst"].tolist() == answered(tmp_path, SCORES, "worst")
    assert expected["best"].tolist() == answered(tmp_path, SCORES, "best")
    other = {**expected, "best": np.array([b"b", b"c", b"c"], object)}  # the second sample has two scores of 0.4
    settled = resolve_ties(expected, other, both, ParityConfig())
    assert settled["best"].tolist() == other["best"].tolist()
    assert settled["worst"].tolist() == expected["worst"].tolist()
    with pytest.raises(ConversionError, match="calls its output 'best', which the model has already"):
        add_labels(made, both[1:])


@pytest.mark.parametrize(
    ("shape", "config", "message"),
    [
        (["n", 2], NAMES, r"names 3 classes, but the output y is FP32 \[-1, 2\]"),
        (["n", "m"], NAMES, r"the output y is FP32 \[-1, -1\]"),
        (["n"], NAMES, r"the output y is FP32 \[-1\]"),
        (["n", 3], LabelsConfig(NAMES.names, scores="z"), "scores names 'z', the model's outputs are y"),
        (["n", 3], LabelsConfig(NAMES.names, output="y"), "calls its output 'y', which the model has already"),
        (["n", 3], LabelsConfig(NAMES.names, output="x"), "calls its output 'x', which the model has already"),
    ],
)
def test_names_that_do_not_fit_are_refused(
    tmp_path: Path, shape: list[object], config: LabelsConfig, message: str
) -> None:
    with pytest.raises(ConversionError, match=message):
        add_labels(candidate(tmp_path, identity_model(shape=shape)), (config,))


def test_whole_numbers_are_no_scores(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"the output y is INT64 \[-1, 3\]"):
        add_labels(candidate(tmp_path, identity_model(TensorProto.INT64, ["n", 3])), (NAMES,))


def test_where_scores_tie_within_the_tolerance_both_names_are_right() -> None:
    scores = np.array([[0.5, 0.5, 0.0], [0.5, 0.49999, 0.0], [0.6, 0.4, 0.0], [0.6, 0.4, 0.0]], np.float32)
    expected = compute_labels({"y": scores}, (NAMES,))
    assert expected["label"].tolist() == [b"no"] * 4
    found = {"label": np.array([b"ja", b"ja", b"ja", b"other"], dtype=object)}
    right = resolve_ties(expected, found, (NAMES,), ParityConfig(rtol=1e-4, atol=1e-5))
    assert right["label"].tolist() == [b"ja", b"ja", b"no", b"no"]
    assert resolve_ties(expected, {}, (NAMES,), ParityConfig()) == expected


def test_an_imported_model_gets_them_too(tmp_path: Path) -> None:
    project = Project(tmp_path, "")
    project.folder("flags").mkdir(parents=True)
    (project.folder("flags") / "model.toml").write_text('kind = "onnx"\n[labels]\nnames = ["no", "ja", "grün"]\n')
    onnx.save(identity_model(shape=["n", 3]), tmp_path / "flags.onnx")
    np.savez(tmp_path / "golden.npz", x=SCORES, y=SCORES, label=np.array(["ja", "no", "grün"]))
    store = Store(FolderBlobs(tmp_path / "store"))
    result = import_model(project, "flags", tmp_path / "flags.onnx", store=store, golden=tmp_path / "golden.npz")
    assert result.published.manifest.signature.outputs[-1] == NAMES.spec
    assert result.parity.note == ""
