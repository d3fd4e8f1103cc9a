"""Tiny ONNX files, all the way into a store in a folder."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.onnx_protos import identity_model, linear_model, model_of, save_external
from support.project import write_model
from support.workflow_calls import import_model

from pilotlight.core.errors import ConversionError, DataError, ParityError, ProjectError
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


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("SplitToSequence", ["x"], ["parts"], axis=1),
        helper.make_node("SequenceConstruct", ["x", "x"], ["parts"]),
    ],
)
def test_an_output_that_is_a_sequence_is_refused_by_name(
    project: Project, store: Store, tmp_path: Path, node: onnx.NodeProto
) -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2]) for name in "xy")
    parts = helper.make_tensor_sequence_value_info("parts", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"]), node], "g", [x], [y, parts])
    onnx.save(model_of(graph), tmp_path / "split.onnx")
    with pytest.raises(ConversionError) as caught:
        import_model(project, "split", tmp_path / "split.onnx", store=store)
    assert caught.value.what == "output 'parts' is a sequence of tensors, not a plain tensor"
    assert "onnx.utils.extract_model" in caught.value.hint
    extracted = tmp_path / "extracted.onnx"
    onnx.utils.extract_model(str(tmp_path / "split.onnx"), str(extracted), ["x"], ["y"])
    assert import_model(project, "split", extracted, store=store).published.new


IMAGE = 'kind = "onnx"\n[image]\ninput = "x"\nheight = 2\nwidth = 2\nchannels = 3\n'


@pytest.mark.parametrize(
    ("datatype", "more"),
    [
        (TensorProto.UINT8, ""),
        (TensorProto.UINT8, "offset = 0.0\n"),
        (TensorProto.INT32, "scale = 2.0\noffset = -128.0\n"),
        (TensorProto.FLOAT16, "scale = 0.00392156862745098\n"),
        (TensorProto.FLOAT, "scale = 0.00392156862745098\n"),
        (TensorProto.DOUBLE, ""),
    ],
)
def test_pictures_become_any_datatype_of_numbers(
    project: Project, store: Store, tmp_path: Path, datatype: int, more: str
) -> None:
    write_model(project, "shot", {"model.toml": IMAGE + more})
    onnx.save(identity_model(datatype, ["n", 2, 2, 3]), tmp_path / "shot.onnx")
    manifest = import_model(project, "shot", tmp_path / "shot.onnx", store=store).published.manifest
    assert manifest.image is not None


@pytest.mark.parametrize(
    ("datatype", "more", "message"),
    [
        (TensorProto.UINT8, "scale = 0.00392156862745098\n", "makes numbers with a fraction, and x is UINT8"),
        (TensorProto.UINT8, "offset = -0.25\n", "makes numbers with a fraction, and x is UINT8"),
        (TensorProto.UINT8, "scale = 2.0\n", "pixels times 2.0 plus 0.0 do not fit UINT8"),
        (TensorProto.INT8, "", "pixels times 1.0 plus 0.0 do not fit INT8"),
        (TensorProto.STRING, "", "a picture cannot become BYTES"),
        (TensorProto.BOOL, "", "a picture cannot become BOOL"),
        (TensorProto.UINT8, 'layout = "NCHW"\n', "does not fit input 'x'"),
    ],
)
def test_pictures_that_the_input_cannot_hold_are_refused(
    project: Project, store: Store, tmp_path: Path, datatype: int, more: str, message: str
) -> None:
    write_model(project, "shot", {"model.toml": IMAGE + more})
    onnx.save(identity_model(datatype, ["n", 2, 2, 3]), tmp_path / "shot.onnx")
    with pytest.raises(ProjectError, match=re.escape(message)):
        import_model(project, "shot", tmp_path / "shot.onnx", store=store)
    assert store.survey("shot").versions == ()
