"""Tiny ONNX files, all the way into a store in a folder."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.onnx_protos import identity_model, linear_model, model_of, save_external
from support.workflow_calls import import_model

from pilotlight.core.errors import ConversionError, DataError, ParityError
from pilotlight.core.project import Project
from pilotlight.store import Store


def test_an_imported_file_without_samples_says_so(project: Project, store: Store, tmp_path: Path) -> None:
    source = save_external(linear_model(), tmp_path / "linear.onnx", "weights.bin")
    result = import_model(project, "linear", source, store=store)
    manifest, _ = store.read_manifest("linear", project.read_lock("linear").version)  # type: ignore[union-attr]  # just written
    assert sorted(result.sizes) == ["model.onnx", "weights.bin"]
    assert manifest.parity["note"] == "not compared with a source: no reference samples were given"
    assert manifest.parity["samples"] == 0
    assert manifest.provenance["framework"] == "ONNX"


def test_golden_inputs_are_computed_twice(project: Project, store: Store, tmp_path: Path) -> None:
    source = tmp_path / "linear.onnx"
    onnx.save(linear_model(), source)
    golden = tmp_path / "golden.npz"
    np.savez(golden, x=np.ones((5, 3), np.float32))
    result = import_model(project, "linear", source, golden=golden, store=store)
    assert "ONNX's reference implementation" in result.parity.note
    assert (result.parity.samples, result.parity.largest_difference) == (5, 0.0)


def test_golden_outputs_must_come_out(project: Project, store: Store, tmp_path: Path) -> None:
    source = tmp_path / "linear.onnx"
    onnx.save(linear_model(), source)
    golden = tmp_path / "golden.npz"
    x = np.ones((2, 3), np.float32)
    np.savez(golden, x=x, y=x * 3)
    with pytest.raises(ParityError, match=r"output y: 6 of 6 values differ .*the source has 3, ONNX has 2"):
        import_model(project, "linear", source, golden=golden, store=store)
    assert project.read_lock("linear") is None
    np.savez(golden, x=x, y=x * 2)
    assert import_model(project, "linear", source, golden=golden, store=store).parity.note == ""


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z": np.ones((1, 3), np.float32)}, "lacks the inputs x"),
        ({"x": np.ones((1, 3), np.float32), "z": np.ones(1)}, "holds z, which the model does not have"),
        ({"x": np.ones((1, 4), np.float32)}, r"x has shape \[1, 4\], the model takes \[-1, 3\]"),
    ],
)
def test_golden_files_that_do_not_fit(
    project: Project, store: Store, tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    source = tmp_path / "linear.onnx"
    onnx.save(linear_model(), source)
    np.savez(tmp_path / "golden.npz", **arrays)
    with pytest.raises(DataError, match=message):
        import_model(project, "linear", source, golden=tmp_path / "golden.npz", store=store)


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "uint8", "bool"])
def test_golden_files_of_other_numbers_are_cast_to_the_datatypes_of_the_model(
    project: Project, store: Store, tmp_path: Path, dtype: str
) -> None:
    source = tmp_path / "linear.onnx"
    onnx.save(linear_model(), source)
    x = np.ones((2, 3), dtype)
    if dtype == "float64":
        x = x * 0.1  # which float32 rounds
    np.savez(tmp_path / "golden.npz", x=x, y=x.astype(np.float64) * 2)
    report = import_model(project, "linear", source, golden=tmp_path / "golden.npz", store=store).parity
    assert (report.samples, report.failures) == (2, ())


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (["a"], [2], r"golden.npz: x: holds texts \(the first is 'a'\), and x is INT64. Cast it before numpy"),
        ([0.5], [2], r"golden.npz: x: holds 0.5 at \[0\] \(float64\), which INT64 cannot hold. Cast it before"),
        ([1], [2.5], r"golden.npz: y: holds 2.5 at \[0\] \(float64\), which INT64 cannot hold"),
    ],
)  # fmt: skip
def test_golden_values_that_the_datatype_cannot_hold_are_refused(
    project: Project, store: Store, tmp_path: Path, x: list[object], y: list[object], message: str
) -> None:
    source = tmp_path / "same.onnx"
    onnx.save(identity_model(TensorProto.INT64, ["n"]), source)
    np.savez(tmp_path / "golden.npz", x=np.array(x), y=np.array(y))
    with pytest.raises(DataError, match=message):
        import_model(project, "same", source, golden=tmp_path / "golden.npz", store=store)


def test_half_precision_bits_are_computed_as_numbers(project: Project, store: Store, tmp_path: Path) -> None:
    """x + x: 1.5 is 0x3FC0 in BF16 and 3.0 is 0x4040, which is not twice the bits."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.BFLOAT16, ["n"]) for name in "xy")
    cast = [
        helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["wide", "wide"], ["sum"]),
        helper.make_node("Cast", ["sum"], ["y"], to=TensorProto.BFLOAT16),
    ]
    onnx.save(model_of(helper.make_graph(cast, "g", [x], [y])), tmp_path / "twice.onnx")
    np.savez(tmp_path / "golden.npz", x=np.array([0x3FC0, 0], np.uint16))
    result = import_model(project, "twice", tmp_path / "twice.onnx", golden=tmp_path / "golden.npz", store=store)
    assert (result.parity.samples, result.parity.largest_difference) == (2, 0.0)


def test_text_goes_through_the_gate(project: Project, store: Store, tmp_path: Path) -> None:
    source = tmp_path / "echo.onnx"
    onnx.save(identity_model(TensorProto.STRING, ["n"]), source)
    np.savez(tmp_path / "golden.npz", x=np.array(["ä", ""]), y=np.array(["ä", ""]))
    result = import_model(project, "echo", source, golden=tmp_path / "golden.npz", store=store)
    assert result.parity.failures == ()


def test_created_is_utc_by_default(project: Project, store: Store, tmp_path: Path) -> None:
    source = tmp_path / "linear.onnx"
    onnx.save(linear_model(), source)
    created = import_model(project, "linear", source, store=store).published.manifest.provenance["created"]
    age = datetime.now(UTC) - datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(seconds=-1) <= age < timedelta(minutes=1)


@pytest.mark.parametrize("name", ["linear.pb", "LINEAR.ONNX", "model"])
def test_a_file_may_be_called_anything(project: Project, store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(linear_model().SerializeToString())
    provenance = import_model(project, "linear", tmp_path / name, store=store).published.manifest.provenance
    assert (provenance["framework"], provenance["source"]) == ("ONNX", name)


def test_golden_samples_are_named_in_the_manifest(project: Project, store: Store, tmp_path: Path) -> None:
    onnx.save(linear_model(), tmp_path / "linear.onnx")
    golden = tmp_path / "golden.npz"
    np.savez(golden, x=np.ones((5, 3), np.float32))
    result = import_model(project, "linear", tmp_path / "linear.onnx", golden=golden, store=store)
    fingerprint = hashlib.sha256(golden.read_bytes()).hexdigest()
    assert result.published.manifest.provenance["data"] == {"source": "golden.npz", "fingerprint": fingerprint}


def test_a_file_that_is_not_what_model_toml_says_is_refused(project: Project, store: Store, tmp_path: Path) -> None:
    onnx.save(linear_model(), tmp_path / "linear.onnx")
    project.folder("linear").mkdir(parents=True)
    spec = '[[signature.{}puts]]\nname = "{}"\ndatatype = "FP32"\nshape = [-1, {}]\n'
    toml = project.folder("linear") / "model.toml"
    toml.write_text(spec.format("in", "x", 4) + spec.format("out", "y", 3))
    with pytest.raises(
        ConversionError, match=r"input x is FP32 \[-1, 3\] in the graph and FP32 \[-1, 4\] in model.toml"
    ):
        import_model(project, "linear", tmp_path / "linear.onnx", store=store)
    assert project.read_lock("linear") is None
    toml.write_text(spec.format("in", "x", 3) + spec.format("out", "y", 3))
    assert import_model(project, "linear", tmp_path / "linear.onnx", store=store).published.new
