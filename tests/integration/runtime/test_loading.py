from pathlib import Path

import pytest
from support.manifests import signature_of
from support.onnx_models import (
    add_model,
    gather_model,
    identity_model,
    log_model,
    package,
    package_identity,
    package_parts,
    save,
    spec,
)

from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import ChecksumMismatch, ManifestError, MissingArtifact, SessionError
from pilotlight_runtime.graph_loading import check_signature
from pilotlight_runtime.loading import load_model
from pilotlight_runtime.manifest_json import content_version, dump_manifest
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import LoadedModel
from pilotlight_runtime.warm_up import zeros


def load(folder: Path) -> LoadedModel:
    return load_model(folder, open_session, 1)


@pytest.mark.parametrize("datatype", ["FP32", "BYTES", "BOOL", "BF16"])
def test_a_model_is_loaded_and_warmed_up(tmp_path: Path, datatype: str) -> None:
    manifest = package_identity(tmp_path, datatype, (-1, 2))
    model = load(tmp_path)
    assert model.manifest == manifest
    assert model.folder == tmp_path
    assert model.warm_up_failure is None
    tensor = zeros(spec("x", datatype, ()).datatype, (1, 2))
    assert model.session.run({"x": tensor}, ["y"]) == [tensor]


def test_a_changed_file_stops_the_start(tmp_path: Path) -> None:
    manifest = package_identity(tmp_path, "FP32", (-1, 2))
    save(identity_model("FP32", (-1, 2), name="other"), tmp_path / "model.onnx")
    with pytest.raises(ChecksumMismatch) as caught:
        load(tmp_path)
    assert str(tmp_path / "model.onnx") in str(caught.value)
    assert manifest.files[0].sha256 in str(caught.value)


def test_one_flipped_bit_stops_the_start(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (-1, 2))
    path = tmp_path / "model.onnx"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ChecksumMismatch):
        load(tmp_path)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    package_identity(tmp_path, "FP32", (-1, 2))
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(MissingArtifact, match=r"model\.onnx is missing"):
        load(tmp_path)


def test_a_missing_manifest_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"manifest\.json cannot be read \(No such file or directory\)"):
        load(tmp_path)


def test_a_manifest_that_was_edited_stops_the_start(tmp_path: Path) -> None:
    manifest = package_identity(tmp_path, "FP32", (-1, 2))
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest._replace(version="0123456789ab")))
    with pytest.raises(ManifestError, match="says version 0123456789ab, but its content is"):
        load(tmp_path)


def test_a_manifest_without_a_model_stops_the_start(tmp_path: Path) -> None:
    signature = signature_of([("x", "FP32", (1,))], [("y", "FP32", (1,))])
    manifest = package(tmp_path, b"", signature)
    (file,) = manifest.files
    (tmp_path / "other.onnx").write_bytes(b"")
    renamed = file._replace(name="other.onnx")
    version = content_version(signature, (renamed,), None)
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest._replace(version=version, files=(renamed,))))
    with pytest.raises(ManifestError, match=r"names no model\.onnx"):
        load(tmp_path)


def test_what_is_no_graph_stops_the_start(tmp_path: Path) -> None:
    package(tmp_path, b"no graph", signature_of([("x", "FP32", (1,))], [("y", "FP32", (1,))]))
    with pytest.raises(SessionError, match="cannot open"):
        load(tmp_path)


AB = [("a", "FP32", (-1, 3)), ("b", "FP32", (-1, 3))]
SD = [("sum", "FP32", (-1, 3)), ("difference", "FP32", (-1, 3))]


@pytest.mark.parametrize(
    ("signature", "side"),
    [
        (signature_of(AB[:1], SD), "inputs"),
        (signature_of([AB[1], AB[0]], SD), "inputs"),
        (signature_of([("a", "FP64", (-1, 3)), AB[1]], SD), "inputs"),
        (signature_of([("a", "FP32", (-1, 4)), AB[1]], SD), "inputs"),
        (signature_of([("a", "FP32", (-1, -1)), AB[1]], SD), "inputs"),
        (signature_of([("a", "FP32", (-1,)), AB[1]], SD), "inputs"),
        (signature_of(AB, SD[:1]), "outputs"),
        (signature_of(AB, [("sum", "FP32", (-1, 4)), SD[1]]), "outputs"),
        (signature_of(AB, [("sum", "FP32", (3,)), SD[1]]), "outputs"),
    ],
)
def test_a_graph_of_another_signature_stops_the_start(tmp_path: Path, signature: Signature, side: str) -> None:
    package(tmp_path, add_model(), signature)
    with pytest.raises(SessionError) as caught:
        load(tmp_path)
    assert f"model.onnx has the {side} " in str(caught.value)
    assert "but manifest.json says" in str(caught.value)


def test_the_manifest_may_fix_what_the_graph_leaves_open(tmp_path: Path) -> None:
    narrow = signature_of([("a", "FP32", (5, 3)), ("b", "FP32", (5, 3))], [("sum", "FP32", (5, 3)), SD[1]])
    package(tmp_path, add_model(), narrow)
    assert load(tmp_path).warm_up_failure is None


def test_a_graph_may_not_know_the_shape_of_an_output() -> None:
    graph = signature_of([("x", "FP32", (1,))], [("y", "FP32", ())])
    check_signature(signature_of([("x", "FP32", (1,))], [("y", "FP32", (-1, 7))]), graph)


def test_a_model_that_fails_on_zeros_is_served_with_its_failure_known(tmp_path: Path) -> None:
    signature = signature_of([("index", "INT64", (-1,))], [("row", "FP32", (-1, 1))])
    package(tmp_path, gather_model(shift=9), signature)
    failure = load(tmp_path).warm_up_failure
    assert failure is not None
    assert "idx=-9" in str(failure.__cause__)


INDEX = signature_of([("index", "INT64", (-1,))], [("row", "FP32", (-1, 1))])


def test_a_part_that_fails_on_zeros_is_served_with_its_failure_known(tmp_path: Path) -> None:
    package_parts(tmp_path, {"fine": (gather_model(), INDEX), "shifted": (gather_model(shift=9), INDEX)})
    model = load(tmp_path)
    assert list(model.sessions) == ["fine", "shifted"]
    assert "idx=-9" in str(model.warm_up_failure.__cause__ if model.warm_up_failure else None)
    package_parts(tmp_path, {"fine": (gather_model(), INDEX), "shifted": (gather_model(shift=1), INDEX)})
    assert load(tmp_path).warm_up_failure is None


def test_changed_weights_of_a_part_without_a_choice_of_graphs_stop_the_start(tmp_path: Path) -> None:
    manifest = package_parts(tmp_path, {"part": (gather_model(), INDEX)}, {"part/weights.bin": b"1234"})
    assert [graph.loading for graph in manifest.graphs] == [None]
    assert load(tmp_path).warm_up_failure is None
    (tmp_path / "part" / "weights.bin").write_bytes(b"1235")
    with pytest.raises(ChecksumMismatch, match=r"part/weights\.bin"):
        load(tmp_path)


def test_inputs_too_large_to_try_are_not_tried(tmp_path: Path) -> None:
    package(
        tmp_path,
        log_model((2**27,)),
        signature_of([("x", "FP32", (2**27,))], [("y", "FP32", (2**27,))]),
    )
    failure = load(tmp_path).warm_up_failure
    assert "too large to try" in str(failure)


def test_zeros_of_each_kind() -> None:
    assert zeros(spec("x", "BYTES", ()).datatype, (2,)) == Tensor(spec("x", "BYTES", ()).datatype, (2,), (b"", b""))
    assert zeros(spec("x", "FP16", ()).datatype, (2, 2)).buffer.nbytes == 8
