"""The binding answers as ONNX Runtime's own Python package does, bit for bit, on every datatype."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper
from support import ort_models, reference_session

from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, DATATYPES, FP16, FP32, FP64, INT64, Datatype
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.tensor import Tensor, element_count

FIXED = [datatype for datatype in DATATYPES.values() if datatype is not BYTES]
NUMBERS = [datatype for datatype in FIXED if datatype is not BOOL]
TEXTS = (b"", b"plain", "Zürich 漢字 🚀".encode(), b"a longer text than a short-string buffer holds, surely")


def sample(datatype: Datatype, shape: tuple[int, ...]) -> Tensor:
    """Small numbers, so that sums and casts are defined; every fourth element is zero."""
    count = element_count(shape)
    if datatype is BYTES:
        return Tensor(BYTES, shape, tuple(TEXTS[i % len(TEXTS)] for i in range(count)))
    if datatype is BF16:
        packed = b"".join(struct.pack("<f", i % 4)[2:] for i in range(count))
    elif datatype is BOOL:
        packed = bytes(i % 2 for i in range(count))
    else:
        packed = struct.pack(f"<{count}{datatype.format}", *(i % 4 for i in range(count)))
    return Tensor(datatype, shape, memoryview(packed))


def compare(model: ModelProto, folder: Path, inputs: dict[str, Tensor]) -> list[Tensor]:
    path = ort_models.save(model, folder)
    ours, theirs = open_session(path, 1), reference_session.open_session(path, 1)
    assert ours.signature == theirs.signature
    names = [spec.name for spec in ours.signature.outputs]
    found = ours.run(inputs, names)
    assert found == theirs.run(inputs, names)
    return found


@pytest.mark.parametrize("datatype", DATATYPES.values(), ids=DATATYPES)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (0,), (2, 0, 3), (1, 1, 2, 1)], ids=str)
def test_identity(datatype: Datatype, shape: tuple[int, ...], tmp_path: Path) -> None:
    tensor = sample(datatype, shape)
    assert compare(ort_models.identity(datatype.onnx, list(shape)), tmp_path, {"x": tensor}) == [tensor]


@pytest.mark.parametrize("datatype", DATATYPES.values(), ids=DATATYPES)
def test_dynamic_dimensions(datatype: Datatype, tmp_path: Path) -> None:
    path = ort_models.save(ort_models.identity(datatype.onnx, ["N", None, 2]), tmp_path)
    ours, theirs = open_session(path, 1), reference_session.open_session(path, 1)
    assert ours.signature == theirs.signature
    assert ours.signature.inputs[0].shape == (-1, -1, 2)
    for shape in ((1, 1, 2), (4, 3, 2), (0, 3, 2), (3, 0, 2), (200, 100, 2)):
        tensor = sample(datatype, shape)
        assert ours.run({"x": tensor}, ["y"]) == theirs.run({"x": tensor}, ["y"]) == [tensor]


@pytest.mark.parametrize("datatype", FIXED, ids=str)
def test_every_bit_pattern_passes(datatype: Datatype, tmp_path: Path) -> None:
    patterns = bytes([0, 1]) if datatype is BOOL else np.random.default_rng(20).bytes(4096 * datatype.itemsize)
    tensor = Tensor(datatype, (len(patterns) // datatype.itemsize,), memoryview(patterns))
    assert compare(ort_models.identity(datatype.onnx, ["N"]), tmp_path, {"x": tensor}) == [tensor]


@pytest.mark.parametrize("datatype", NUMBERS, ids=lambda d: d.name)
def test_add(datatype: Datatype, tmp_path: Path) -> None:
    spec = (datatype.onnx, ["N"])
    model = ort_models.one_node("Add", [("a", *spec), ("b", *spec)], [("y", *spec)])
    tensor = sample(datatype, (9,))
    try:
        reference_session.open_session(ort_models.save(model, tmp_path), 1)
    except SessionError:
        with pytest.raises(SessionError, match="Could not find an implementation"):
            open_session(tmp_path / "model.onnx", 1)
        return
    (found,) = compare(model, tmp_path, {"a": tensor, "b": tensor})
    assert found.datatype is datatype
    if datatype is not BF16:
        array = tensor.numpy()
        np.testing.assert_array_equal(found.numpy(), np.add(array, array))


@pytest.mark.parametrize("target", DATATYPES.values(), ids=DATATYPES)
@pytest.mark.parametrize("source", FIXED, ids=lambda d: d.name)
def test_cast(source: Datatype, target: Datatype, tmp_path: Path) -> None:
    model = ort_models.one_node("Cast", [("x", source.onnx, ["N"])], [("y", target.onnx, ["N"])], to=target.onnx)
    (found,) = compare(model, tmp_path, {"x": sample(source, (6,))})
    assert found.datatype is target


@pytest.mark.parametrize("target", [FP16, FP32, FP64, INT64], ids=lambda d: d.name)
def test_cast_from_text(target: Datatype, tmp_path: Path) -> None:
    model = ort_models.one_node("Cast", [("x", BYTES.onnx, ["N"])], [("y", target.onnx, ["N"])], to=target.onnx)
    (found,) = compare(model, tmp_path, {"x": Tensor(BYTES, (3,), (b"1", b"20", b"-3"))})
    np.testing.assert_array_equal(found.numpy(), np.array([1, 20, -3], target.numpy))


@pytest.mark.parametrize("batch", [0, 1, 3, 40])
def test_convolution(batch: int, tmp_path: Path) -> None:
    pixels = np.random.default_rng(batch).standard_normal((batch, 1, 28, 28)).astype("float32")
    (found,) = compare(ort_models.convolution(), tmp_path, {"x": Tensor.from_numpy(pixels, FP32)})
    assert found.shape == (batch, 8, 28, 28)


def test_strings_joined(tmp_path: Path) -> None:
    text = (TensorProto.STRING, ["N"])
    model = ort_models.one_node("StringConcat", [("a", *text), ("b", *text)], [("y", *text)])
    tensor = sample(BYTES, (4,))
    (joined,) = compare(model, tmp_path, {"a": tensor, "b": tensor})
    assert joined.elements == tuple(element * 2 for element in TEXTS)


def test_strings_split_into_a_shape_of_the_input(tmp_path: Path) -> None:
    model = ort_models.one_node(
        "StringSplit",
        [("x", TensorProto.STRING, ["N"])],
        [("parts", TensorProto.STRING, ["N", "M"]), ("counts", TensorProto.INT64, ["N"])],
        delimiter=" ",
    )
    parts, counts = compare(model, tmp_path, {"x": Tensor(BYTES, (2,), (b"a b c", "zwei Wörter".encode()))})
    assert parts.elements == (b"a", b"b", b"c", b"zwei", "Wörter".encode(), b"")
    assert counts.numpy().tolist() == [3, 2]


ANY_BYTES: list[Callable[[], tuple[bytes, ...]]] = [
    lambda: tuple(bytes([byte]) for byte in range(256)),
    lambda: (b"\0", b"", b"a\0b", b"\0\0\0", b"\xff\xfe\x80", b"ends in \0"),
    lambda: tuple(np.random.default_rng(size).bytes(size) for size in range(300)),
    lambda: (np.random.default_rng(1).bytes(1_000_000),),
]


@pytest.mark.parametrize("make", ANY_BYTES)
def test_bytes_are_not_text(make: Callable[[], tuple[bytes, ...]], tmp_path: Path) -> None:
    elements = make()
    session = open_session(ort_models.save(ort_models.identity(BYTES.onnx, ["N"]), tmp_path), 1)
    (found,) = session.run({"x": Tensor(BYTES, (len(elements),), elements)}, ["y"])
    assert found.elements == elements


@pytest.mark.parametrize("datatype", FIXED, ids=lambda d: d.name)
def test_input_that_is_not_aligned(datatype: Datatype, tmp_path: Path) -> None:
    tensor = sample(datatype, (50,))
    for start in range(1, 9):
        shifted = memoryview(b"-" * start + bytes(tensor.buffer))[start:]
        assert compare(
            ort_models.identity(datatype.onnx, ["N"]), tmp_path, {"x": Tensor(datatype, (50,), shifted)}
        ) == [tensor]


def test_input_in_writable_memory(tmp_path: Path) -> None:
    tensor = sample(FP32, (50,))
    data = bytearray(tensor.buffer)
    session = open_session(ort_models.save(ort_models.identity(FP32.onnx, ["N"]), tmp_path), 1)
    assert session.run({"x": Tensor(FP32, (50,), memoryview(data))}, ["y"]) == [tensor]
    data.append(0)  # BufferError where the run had left a view behind


def test_outputs_in_the_order_asked_for(tmp_path: Path) -> None:
    spec = (TensorProto.FLOAT, ["N"])
    model = ort_models.graph(
        [helper.make_node("Neg", ["x"], ["a"]), helper.make_node("Abs", ["x"], ["b"])],
        [("x", *spec)],
        [("a", *spec), ("b", *spec)],
    )
    path = ort_models.save(model, tmp_path)
    session, reference = open_session(path, 1), reference_session.open_session(path, 1)
    inputs = {"x": sample(FP32, (5,))}
    for names in (["a", "b"], ["b", "a"], ["b"], ["a"]):
        assert session.run(inputs, names) == reference.run(inputs, names)
