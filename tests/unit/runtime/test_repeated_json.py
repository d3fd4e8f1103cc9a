"""A request whose like has come before is read as any other: the same tensors, the same refusals."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.limits import Limits
from pilotlight_runtime.protocol import json_codec
from pilotlight_runtime.protocol.oip_request import RequestReader
from pilotlight_runtime.protocol.repeated_json import RepeatedJson


@pytest.fixture(autouse=True, scope="module")
def orjson_is_there() -> Iterator[None]:
    """As in a function that has read much; the state of a whole process, given back afterwards."""
    before = json_codec.fast.library, json_codec.fast.read
    json_codec.fast.use()
    yield
    json_codec.fast.library, json_codec.fast.read = before


def outcome(reader: RequestReader, body: bytes) -> Any:
    try:
        decoded = reader.read(body, None)
    except RequestError as error:
        return error.status, str(error)
    inputs = {name: (tensor, type(tensor.data)) for name, tensor in decoded.request.inputs.items()}
    return inputs, decoded.request.outputs, decoded[1:]


def learned(*bodies: bytes) -> RequestReader:
    reader = RequestReader()
    for body in bodies:
        reader.read(body, None)
    return reader


def repeated(reader: RequestReader) -> RepeatedJson:
    found = reader._repeated
    assert found is not None
    return found


def same(body: bytes, reader: RequestReader) -> None:
    assert outcome(reader, body) == outcome(RequestReader(), body)


def request(data: str, datatype: str = "FP32", shape: str = "[3]", rest: str = "") -> bytes:
    return f'{{"inputs": [{{"name": "x", "datatype": "{datatype}", "shape": {shape}, "data": {data}}}]{rest}}}'.encode()


ROW = request("[1, 2, 3]")


def test_the_third_is_read_by_what_the_first_two_taught() -> None:
    reader = learned(ROW)
    assert repeated(reader).read(ROW) is None
    reader.read(ROW, None)
    found = repeated(reader).read(request("[4.5, -0.0, 1e-3]"))
    assert found is not None
    assert found[0] == RequestReader().read(request("[4.5, -0.0, 1e-3]"), None).request.inputs


DATA = [
    *(
        "[1, 2, 3]",
        "[1.5,-0.0,1e-46]",
        "[ 1 , 2 ,\n3 ]",
        "[1, 2]",
        "[1, 2, 3, 4]",
        "[]",
        "[[1, 2, 3]]",
        "[[1],[2],[3]]",
    ),
    *("[true, 2, 3]", "[1, false, 3]", "[null, 2, 3]", '["1", 2, 3]', '["]", 2, 3]', "[{}, 2, 3]", "[1, 2, 3,]"),
    *("[1, 2, 1e400]", "[1, 2, 1e39]", "[1, 2, NaN]", "[1, 2, Infinity]", "[1, 2, 18446744073709551616]", "3", "null"),
    *('[1, 2, 3], "more": [1]', '[1, 2, 3], "data": [1, 2, 4]', "[1, 2, 3]]", "[1, 2, 3", "[01, 2, 3]", "[1 2 3]"),
    *('"[1, 2, 3]"', "[1, 2, 3] ", "[0.1, 300, -70000]", f"[1, 2, {'9' * 400}]", "[1, 2, \u00e9]", '[1, 2, "\\ud800"]'),
]


@pytest.mark.parametrize("datatype", ["FP32", "FP64", "FP16", "INT64", "UINT8", "BOOL", "BYTES", "BF16", "X"])
@pytest.mark.parametrize("data", DATA)
def test_any_data(data: str, datatype: str) -> None:
    good = {"BOOL": "[true, false, true]", "BYTES": '["a", "b", "c"]'}.get(datatype, "[1, 2, 3]")
    reader = RequestReader()
    for _ in range(3):
        outcome(reader, request(good, datatype))
    same(request(data, datatype), reader)
    same(request(good, datatype), reader)


numbers = st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=2) | st.just([1])


@given(st.lists(numbers, max_size=4), st.sampled_from(["FP32", "FP64", "INT32"]), st.booleans())
def test_any_json(values: list[Any], datatype: str, compact: bool) -> None:  # noqa: FBT001  (hypothesis calls it)
    def body(data: list[Any]) -> bytes:
        tensor = {"name": "x", "datatype": datatype, "shape": [3], "data": data}
        separators = (",", ":") if compact else (", ", ": ")
        return json.dumps({"inputs": [tensor]}, separators=separators).encode()

    same(body(values), learned(body([1, 2, 3]), body([1, 2, 3])))


def shapes() -> Iterator[bytes]:
    """Requests whose first "data" or first list after it is not that of the only input, and some where it is."""
    yield request("[1, 2, 3]", rest=', "id": "a"')
    yield request("[1, 2, 3]", rest=', "outputs": [{"name": "y"}], "parameters": {"binary_data_output": true}')
    yield b'{"id": "\\"data\\": [", "inputs": [{"name": "x", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]}'
    yield b'{"id": "data", "inputs": [{"name": "x", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]}'
    yield b'{"data": [1, 2, 3], "inputs": [{"name": "x", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]}'
    yield b'{"inputs": [{"data": [1, 2, 3], "name": "x", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]}'
    yield b'{"inputs": [{"data": [1, 2, 3], "name": "x", "datatype": "FP32", "shape": [3]}]}'
    yield b'{"inputs": [{"name": "data", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]}'
    yield b'{"inputs": [], "inputs": [{"name": "x", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]}'
    tensor = b'{"name": "%b", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}'
    yield b'{"inputs": [%b, %b]}' % (tensor % b"x", tensor % b"y")
    yield request("1", shape="[]")
    yield request("[[1, 2, 3]]", shape="[1, 3]")


@pytest.mark.parametrize("body", [*shapes()], ids=lambda body: body.decode()[:70])
def test_any_form_of_a_request(body: bytes) -> None:
    reader = learned(body, body, body)
    same(body, reader)
    for changed in (body.replace(b"[1, 2, 3]", b"[1, 2, 4]"), body.replace(b"[1, 2, 3]", b"[4, 5, 6]", 1)):
        same(changed, reader)
    same(body.replace(b"FP32", b"FP64"), reader)
    same(body.replace(b'"x"', b'"z"'), reader)
    same(body[:-1], reader)


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [(b"", b"", b' {"inputs'), (b" ", b"\n", b'{"inputs'), (b"\xef\xbb\xbf", b"", b'{"inputs')],
)
def test_white_space_and_a_mark_around(before: bytes, after: bytes, changed: bytes) -> None:
    body = before + ROW + after
    reader = RequestReader()
    for _ in range(3):
        outcome(reader, body)
    same(body, reader)
    same(body.replace(b'{"inputs', changed), reader)


def test_large_requests_and_large_surroundings_are_not_learned() -> None:
    for body in (
        request("[" + ", ".join(["0.25"] * 20_000) + "]", shape="[20000]"),
        request("[1, 2, 3]", rest=', "id": "' + "a" * 3000 + '"'),
        b'{"id": "' + b"a" * 3000 + b'", ' + ROW[1:],
    ):
        reader = learned(body, body, body)
        assert repeated(reader)._templates == {}
        assert sum(map(len, repeated(reader)._seen)) < 2 * 2048


def test_a_request_that_takes_too_much_memory_is_not_read_this_way() -> None:
    limits = Limits(len(ROW) * json_codec.MOST_TIMES - 1)
    reader = RequestReader(limits)
    for _ in range(3):
        outcome(reader, ROW)
    assert outcome(reader, ROW) == outcome(RequestReader(limits), ROW)
    assert repeated(reader).read(ROW) is None


def test_only_so_many_are_remembered() -> None:
    reader = RequestReader()
    for number in range(100):
        for _ in range(2):
            reader.read(request("[1, 2, 3]", rest=f', "id": "{number}"'), None)
        assert len(repeated(reader)._templates) <= 32
    same(ROW, reader)


def test_tensors_do_not_share_memory() -> None:
    reader = learned(ROW, ROW)
    first, second = (reader.read(body, None).request.inputs["x"] for body in (ROW, request("[7, 8, 9]")))
    assert first.buffer.tolist() != second.buffer.tolist()
    assert first == RequestReader().read(ROW, None).request.inputs["x"]


def test_without_orjson_nothing_is_learned_and_nothing_known_is_used() -> None:
    reader = learned(ROW, ROW)
    before: Callable[..., Any] = json_codec.fast.library
    json_codec.fast.library, json_codec.fast.read = None, 0
    try:
        assert learned(ROW, ROW, ROW)._repeated is None
        same(ROW, reader)
    finally:
        json_codec.fast.library = before
