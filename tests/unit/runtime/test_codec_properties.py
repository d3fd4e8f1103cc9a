"""decode(encode(x)) == x for every datatype, in JSON and in binary."""

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, DATATYPES, Datatype
from pilotlight_runtime.protocol.binary_tensors import decode_binary, encode_binary
from pilotlight_runtime.protocol.json_codec import dumps, loads
from pilotlight_runtime.protocol.json_tensors import decode_json, encode_json
from pilotlight_runtime.tensor import Tensor, element_count

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)


def tensors(kind: Datatype, *, json_only: bool) -> st.SearchStrategy[Tensor]:
    return SHAPES.flatmap(lambda shape: _of_shape(kind, shape, json_only=json_only))


def _of_shape(kind: Datatype, shape: tuple[int, ...], *, json_only: bool) -> st.SearchStrategy[Tensor]:
    count = element_count(shape)
    if kind is BYTES:
        element = st.text(st.characters(exclude_categories=["Cs"])).map(str.encode) if json_only else st.binary()
        return st.lists(element, min_size=count, max_size=count).map(lambda found: Tensor(kind, shape, tuple(found)))
    element = (
        st.sampled_from([b"\0", b"\1"]) if kind is BOOL else st.binary(min_size=kind.itemsize, max_size=kind.itemsize)
    )
    if json_only and kind.format in "efd":
        element = element.filter(lambda raw: math.isfinite(struct.unpack(f"<{kind.format}", raw)[0]))
    return st.lists(element, min_size=count, max_size=count).map(
        lambda found: Tensor(kind, shape, memoryview(b"".join(found)))
    )


def nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return flat[0]
    size = len(flat) // shape[0] if shape[0] else 0
    return [nested(flat[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])] if len(shape) > 1 else flat


@pytest.mark.parametrize("name", DATATYPES)
@given(data=st.data())
@settings(deadline=None)
def test_binary(name: str, data: st.DataObject) -> None:
    tensor = data.draw(tensors(DATATYPES[name], json_only=False))
    raw = memoryview(bytes(encode_binary(tensor)))
    assert decode_binary("x", tensor.datatype, tensor.shape, raw) == tensor


@pytest.mark.parametrize("name", sorted(set(DATATYPES) - {BF16.name}))
@given(data=st.data())
@settings(deadline=None)
def test_json_flat_and_nested(name: str, data: st.DataObject) -> None:
    tensor = data.draw(tensors(DATATYPES[name], json_only=True))
    flat = loads(dumps(encode_json("x", tensor)))
    assert decode_json("x", tensor.datatype, tensor.shape, flat) == tensor
    assert decode_json("x", tensor.datatype, tensor.shape, nested(flat, tensor.shape)) == tensor


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(deadline=None)
def test_documents(document: object) -> None:
    raw = dumps(document)
    assert raw.isascii()
    assert loads(raw) == document == json.loads(raw)
