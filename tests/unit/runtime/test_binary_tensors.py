import struct

import pytest
from support.codec_table import TABLE, held

from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, DATATYPES, FP32, Datatype
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.protocol.binary_tensors import decode_binary, encode_binary
from pilotlight_runtime.tensor import Tensor


def prefixed(*elements: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(element)) + element for element in elements)


@pytest.mark.parametrize("name", TABLE)
def test_each_datatype_both_ways(name: str) -> None:
    expected = held(TABLE[name][1])
    raw = prefixed(*expected) if isinstance(expected, tuple) else bytes(expected)
    tensor = decode_binary("x", DATATYPES[name], (2,), memoryview(raw))
    assert tensor == Tensor(DATATYPES[name], (2,), expected)
    assert bytes(encode_binary(tensor)) == raw


def test_bf16_goes_as_its_bits() -> None:
    tensor = decode_binary("x", BF16, (2, 1), memoryview(b"\x80\x3f\x00\xc0"))
    assert bytes(encode_binary(tensor)) == b"\x80\x3f\x00\xc0"


def test_nothing_is_copied() -> None:
    body = bytearray(8)
    tensor = decode_binary("x", FP32, (1,), memoryview(body)[4:])
    body[4:] = b"\1\2\3\4"
    assert bytes(encode_binary(tensor)) == b"\1\2\3\4"


@pytest.mark.parametrize(
    ("kind", "shape", "raw", "message"),
    [
        (FP32, (2,), bytes(7), "x: binary_data_size is 7, but shape [2] of FP32 has 8 bytes"),
        (FP32, (2,), bytes(9), "binary_data_size is 9"),
        (BOOL, (2,), b"\0\2", "x: a BOOL byte must be 0 or 1"),
        (BYTES, (2,), bytes(7), "x: 7 bytes cannot hold 2 BYTES elements"),
        (BYTES, (1,), b"\5\0\0\0abc", "x: element 0 ends at byte 9 of 7"),
        (BYTES, (1,), b"\xff\xff\xff\xffabc", "x: element 0 ends at byte 4294967299 of 7"),
        (BYTES, (2,), prefixed(b"abcdefgh"), "x: element 1 ends at byte 16 of 12"),
        (BYTES, (1,), prefixed(b"a") + b"!!", "x: 2 bytes follow the last of 1 BYTES elements"),
        (BYTES, (0,), b"!", "x: 1 bytes follow the last of 0 BYTES elements"),
    ],
)
def test_wrong_lengths_are_named(kind: Datatype, shape: tuple[int, ...], raw: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_binary("x", kind, shape, memoryview(raw))
    assert message in str(caught.value)
