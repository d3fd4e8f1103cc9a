"""What goes wrong becomes one of our errors, with ONNX Runtime's message, and never a crash."""

import platform
import struct
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper
from support import ort_models

from pilotlight_runtime.datatypes import BYTES, FP32, FP64, INT64
from pilotlight_runtime.engine.abi import OrtError
from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.tensor import Tensor

BAD_LIBRARY = Path(__file__)


def floats(*shape: int) -> Tensor:
    return Tensor.from_numpy(np.ones(shape, "float32"), FP32)


@pytest.fixture
def convolution(tmp_path: Path) -> OrtSession:
    return open_session(ort_models.save(ort_models.convolution(), tmp_path), 1)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"absent\.onnx"):
        open_session(tmp_path / "absent.onnx", 1)


@pytest.mark.parametrize("content", [b"", b"\x00", b"not a model", b"\xff" * 4096])
def test_file_that_is_no_model(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(SessionError, match="ONNX Runtime cannot open"):
        open_session(path, 1)


def test_every_truncation_of_a_model(tmp_path: Path) -> None:
    whole = ort_models.convolution().SerializeToString()
    path = tmp_path / "cut.onnx"
    opened = 0
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        try:
            open_session(path, 1).close()
            opened += 1
        except SessionError:
            pass  # the point: nothing else comes out
    assert opened == 0


def test_every_flipped_byte_of_a_model(tmp_path: Path) -> None:
    whole = bytearray(ort_models.convolution(1).SerializeToString())
    path = tmp_path / "flipped.onnx"
    refused = 0
    for position in range(len(whole)):
        changed = whole.copy()
        changed[position] ^= 0xFF
        path.write_bytes(changed)
        try:
            open_session(path, 1).close()
        except SessionError:
            refused += 1
    assert refused > len(whole) // 4


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="ONNX Runtime cannot open"):
        open_session(tmp_path, 1)


def test_path_with_a_nul(tmp_path: Path) -> None:
    path = ort_models.save(ort_models.convolution(), tmp_path)
    with pytest.raises(SessionError, match="NUL"):
        open_session(Path(f"{path}\0.txt"), 1)


@pytest.mark.parametrize("threads", [0, -1])
def test_impossible_thread_counts(threads: int, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="threads"):
        open_session(ort_models.save(ort_models.convolution(), tmp_path), threads)


def test_path_outside_ascii(tmp_path: Path) -> None:
    path = ort_models.save(ort_models.convolution(), tmp_path, "größe 漢.onnx")
    assert open_session(path, 1).signature.inputs[0].name == "x"


@pytest.mark.parametrize("library", [BAD_LIBRARY, BAD_LIBRARY.with_name("none.so"), "/lib/x86_64-linux-gnu/libm.so.6"])
def test_library_that_is_not_onnx_runtime(library: str | Path, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="cannot be used as ONNX Runtime"):
        open_session(tmp_path / "model.onnx", 1, library=Path(library))


@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="Lambda has no such processor")
def test_library_for_another_processor(tmp_path: Path) -> None:
    other = {"x86_64": 183, "aarch64": 62}[platform.machine()]
    (tmp_path / "other.so").write_bytes(b"\x7fELF\x02\x01" + bytes(12) + other.to_bytes(2, "little") + bytes(44))
    with pytest.raises(SessionError, match=rf"this processor is {platform.machine()}: run `sam build`"):
        open_session(tmp_path / "model.onnx", 1, library=tmp_path / "other.so")


def sequence_output() -> ModelProto:
    sequence = helper.make_tensor_sequence_value_info("odd", TensorProto.FLOAT, ["N"])
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N"])
    body = helper.make_graph([helper.make_node("SequenceConstruct", ["x"], ["odd"])], "test", [value], [sequence])
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def optional_input() -> ModelProto:
    optional = helper.make_value_info(
        "odd", helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, ["N"]))
    )
    value = helper.make_tensor_value_info("y", TensorProto.BOOL, [])
    body = helper.make_graph([helper.make_node("OptionalHasElement", ["odd"], ["y"])], "test", [optional], [value])
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def map_output() -> ModelProto:
    kind = onnx.TypeProto()
    kind.sequence_type.elem_type.map_type.key_type = TensorProto.INT64
    kind.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type = TensorProto.FLOAT
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])
    node = helper.make_node("ZipMap", ["x"], ["odd"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    body = helper.make_graph([node], "test", [value], [helper.make_value_info("odd", kind)])
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9)


@pytest.mark.parametrize("make", [sequence_output, optional_input, map_output])
def test_values_that_are_no_tensors(make: object, tmp_path: Path) -> None:
    assert callable(make)
    with pytest.raises(SessionError, match="put 'odd' is a sequence, map, optional"):
        open_session(ort_models.save(make(), tmp_path), 1)


def test_datatype_outside_the_protocol(tmp_path: Path) -> None:
    model = ort_models.one_node(
        "Cast", [("x", TensorProto.FLOAT, ["N"])], [("odd", TensorProto.FLOAT8E4M3FN, ["N"])], to=17
    )
    with pytest.raises(SessionError, match="output 'odd' has elements of ONNX type 17"):
        open_session(ort_models.save(model, tmp_path), 1)


WRONG_INPUTS = [
    ({}, "the model needs 'x'"),
    ({"x": floats(1, 1, 28, 28), "z": floats(1)}, "no input 'z'"),
    ({"x\0": floats(1, 1, 28, 28)}, "no input 'x"),
    ({"X": floats(1, 1, 28, 28)}, "no input 'X'"),
    ({"x": Tensor.from_numpy(np.ones((1, 1, 28, 28)), FP64)}, "is FP32, not FP64"),
    ({"x": Tensor(BYTES, (1, 1, 28, 28), (b"",) * 784)}, "is FP32, not BYTES"),
    ({"x": floats(1, 28, 28)}, r"has shape \[-1, 1, 28, 28\], not \[1, 28, 28\]"),
    ({"x": floats(1, 2, 28, 28)}, "has shape"),
    ({"x": floats()}, "has shape"),
    ({"x": Tensor(FP32, (2**64, 1, 28, 0), memoryview(b""))}, "has shape"),
]


@pytest.mark.parametrize(("inputs", "message"), WRONG_INPUTS, ids=range(len(WRONG_INPUTS)))
def test_wrong_inputs(inputs: dict[str, Tensor], message: str, convolution: OrtSession) -> None:
    with pytest.raises(InferenceFailed, match=message) as caught:
        convolution.run(inputs, ["y"])
    assert caught.value.__cause__ is None
    assert convolution.run({"x": floats(1, 1, 28, 28)}, ["y"])[0].shape == (1, 8, 28, 28)


@pytest.mark.parametrize("outputs", [["z"], ["y", "z"], ["y\0"], [""]])
def test_wrong_outputs(outputs: list[str], convolution: OrtSession) -> None:
    with pytest.raises(InferenceFailed, match="no output"):
        convolution.run({"x": floats(1, 1, 28, 28)}, outputs)


def test_no_outputs_asked_for(convolution: OrtSession) -> None:
    with pytest.raises(InferenceFailed) as caught:
        convolution.run({"x": floats(1, 1, 28, 28)}, [])
    assert isinstance(caught.value.__cause__, OrtError)


def test_an_output_twice(convolution: OrtSession) -> None:
    first, second = convolution.run({"x": floats(1, 1, 28, 28)}, ["y", "y"])
    assert first == second


@pytest.mark.parametrize("shape", [(2**62, 2**62, 0), (0, 2**62, 2**62), (2**63 - 1, 0)], ids=str)
def test_enormous_dimensions_of_nothing(shape: tuple[int, ...], tmp_path: Path) -> None:
    session = open_session(ort_models.save(ort_models.identity(FP32.onnx, [None] * len(shape)), tmp_path), 1)
    try:
        (found,) = session.run({"x": Tensor(FP32, shape, memoryview(b""))}, ["y"])
    except InferenceFailed as error:
        assert isinstance(error.__cause__, OrtError)  # noqa: PT017  (either outcome is right; a crash is not)
    else:
        assert found.shape == shape


def test_tensor_that_was_changed_after_it_was_checked(tmp_path: Path) -> None:
    session = open_session(ort_models.save(ort_models.identity(FP32.onnx, ["N"]), tmp_path), 1)
    tensor = floats(4)
    tensor.shape = (4_000_000,)
    with pytest.raises(InferenceFailed) as caught:
        session.run({"x": tensor}, ["y"])
    assert isinstance(caught.value.__cause__, OrtError)


def test_operator_that_fails_at_run_time(tmp_path: Path) -> None:
    session = open_session(ort_models.save(ort_models.reshape(), tmp_path), 1)
    wanted = Tensor(INT64, (2,), memoryview(struct.pack("<2q", 2, 3)))
    assert session.run({"x": floats(6), "shape": wanted}, ["y"])[0].shape == (2, 3)
    with pytest.raises(InferenceFailed) as caught:
        session.run({"x": floats(7), "shape": wanted}, ["y"])
    assert "7" not in str(caught.value)
    assert "Reshape" in str(caught.value.__cause__)
    assert session.run({"x": floats(6), "shape": wanted}, ["y"])[0].shape == (2, 3)


def test_failures_write_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    session = open_session(ort_models.save(ort_models.reshape(), tmp_path), 1)
    wanted = Tensor(INT64, (2,), memoryview(struct.pack("<2q", 2, 3)))
    with pytest.raises(InferenceFailed):
        session.run({"x": floats(7), "shape": wanted}, ["y"])
    with pytest.raises(SessionError):
        open_session(tmp_path / "absent.onnx", 1)
    assert capfd.readouterr() == ("", "")


def test_external_data_lies_beside_the_graph(tmp_path: Path) -> None:
    model = ort_models.convolution()
    path = tmp_path / "external.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    plain = open_session(ort_models.save(ort_models.convolution(), tmp_path), 1)
    inputs = {"x": floats(2, 1, 28, 28)}
    assert open_session(path, 1).run(inputs, ["y"]) == plain.run(inputs, ["y"])
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(SessionError, match=r"weights\.bin"):
        open_session(path, 1)


def test_closed_session(convolution: OrtSession) -> None:
    (before,) = convolution.run({"x": floats(30, 1, 28, 28)}, ["y"])
    kept = bytes(before.buffer)
    convolution.close()
    convolution.close()
    with pytest.raises(InferenceFailed, match="closed"):
        convolution.run({"x": floats(1, 1, 28, 28)}, ["y"])
    assert bytes(before.buffer) == kept
