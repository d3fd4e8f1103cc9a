from typing import Any

import numpy as np
import pytest
from support.manifests import signature_of

from pilotlight_runtime.datatypes import BF16, BYTES, DATATYPES, FP32, INT16, UINT8
from pilotlight_runtime.tensor import Tensor

RAW = memoryview(b"\1\0\2\0")


def test_what_it_is() -> None:
    tensor = Tensor(INT16, (2, 1), RAW)
    assert (tensor.count, bytes(tensor.buffer)) == (2, b"\1\0\2\0")
    assert Tensor(BYTES, (1,), (b"a",)).elements == (b"a",)
    assert tensor == Tensor(INT16, (2, 1), memoryview(bytearray(RAW)))
    assert hash(tensor) == hash(Tensor(INT16, (2, 1), memoryview(bytes(4))))
    assert tensor != Tensor(INT16, (1, 2), RAW)
    assert tensor != RAW


def test_its_values_never_reach_a_log() -> None:
    assert repr(Tensor(BYTES, (1,), (b"secret",))) == "Tensor(BYTES, [1])"


@pytest.mark.parametrize(
    ("datatype", "shape", "data", "message"),
    [
        (BYTES, (4,), RAW, "BYTES tensors cannot hold memoryview"),
        (UINT8, (1,), (b"a",), "UINT8 tensors cannot hold tuple"),
        (INT16, (2,), RAW.cast("h"), "contiguous single bytes"),
        (INT16, (1,), RAW[::2], "contiguous single bytes"),
        (INT16, (3,), RAW, "does not fit data of length 4"),
        (INT16, (-1, -2), RAW, "does not fit"),
        (INT16, (1,) * 65 + (2,), RAW, "does not fit"),
        (BYTES, (2,), (b"a",), "does not fit"),
    ],
)
def test_what_cannot_be(datatype: Any, shape: tuple[int, ...], data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Tensor(datatype, shape, data)


def test_each_kind_of_data_has_its_own_name() -> None:
    with pytest.raises(TypeError, match="has elements, not a buffer"):
        _ = Tensor(BYTES, (0,), ()).buffer
    with pytest.raises(TypeError, match="has a buffer, not elements"):
        _ = Tensor(INT16, (2,), RAW).elements


@pytest.mark.parametrize("name", sorted(set(DATATYPES) - {"BYTES"}))
def test_arrays_share_the_memory(name: str) -> None:
    kind = DATATYPES[name]
    memory = bytearray(2 * kind.itemsize)
    array = Tensor(kind, (2, 1), memoryview(memory)).numpy()
    assert (array.shape, array.dtype.name) == ((2, 1), kind.numpy)
    memory[:] = b"\1" * len(memory)
    assert array.tobytes() == bytes(memory)
    back = Tensor.from_numpy(array, kind)
    assert np.shares_memory(back.numpy(), array)
    assert bytes(back.buffer) == bytes(memory)


def test_arrays_of_bytes_and_texts() -> None:
    tensor = Tensor(BYTES, (2, 1), (b"a\0", b""))
    assert tensor.numpy().tolist() == [[b"a\0"], [b""]]
    assert Tensor.from_numpy(tensor.numpy(), BYTES) == tensor
    assert Tensor.from_numpy(np.array(["é", b"x"], dtype=object), BYTES).elements == ("é".encode(), b"x")


def test_arrays_of_another_order_are_copied() -> None:
    array = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert Tensor.from_numpy(array, FP32).numpy().tolist() == array.tolist()
    assert Tensor.from_numpy(np.float32(2).reshape(()), FP32).shape == ()


def test_arrays_of_another_dtype_are_refused() -> None:
    with pytest.raises(ValueError, match="BF16 needs dtype uint16, not float32"):
        Tensor.from_numpy(np.zeros(1, np.float32), BF16)


def test_a_signature_finds_its_ends() -> None:
    signature = signature_of([("a", "FP32", (-1, 2))], [("b", "FP32", ())])
    found = signature.input("a")
    assert found is signature.inputs[0]
    assert signature.input("b") is None
    assert signature.output("b") is signature.outputs[0]
    assert signature.output("a") is None
    shapes = [(1, 2), (0, 2), (1, 3), (2,), (-1, 2)]
    assert [found.accepts(shape) for shape in shapes] == [True, True, False, False, False]
