"""The generate extension: fields of a JSON object to tensors, and tensors to fields."""

import json
import struct
from typing import Any

import pytest
from support.manifests import signature_of

from pilotlight_runtime.datatypes import BYTES, FP32
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.protocol.generate import GenerateReader, write_event, write_outputs
from pilotlight_runtime.protocol.json_codec import fast
from pilotlight_runtime.tensor import Tensor

SIGNATURE = signature_of(
    [("text", "BYTES", (-1,)), ("top", "INT64", (1, 1)), ("heat", "FP32", ())], [("y", "FP32", (-1,))]
)
MANIFEST = Manifest("chat", "0123456789ab", SIGNATURE, (), None, {}, {}, {})


def read(document: Any) -> dict[str, Tensor]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return GenerateReader(SIGNATURE).read(body).request.inputs


def test_a_value_stands_for_a_tensor_with_one_element() -> None:
    found = read({"text": "one \u2603", "top": 3, "heat": 0.5})
    assert found["text"].elements == ("one \u2603".encode(),)
    assert {name: tensor.shape for name, tensor in found.items()} == {"text": (1,), "top": (1, 1), "heat": ()}


def test_lists_are_tensors_of_their_own_shape() -> None:
    found = read({"text": ["one", {"b64": "dHdv"}], "top": [[3]], "heat": 1})
    assert found["text"].elements == (b"one", b"two")
    assert found["top"].shape == (1, 1)
    assert read({"text": {"b64": "dHdv"}})["text"].elements == (b"two",)


def test_empty_parameters_are_none() -> None:
    assert list(read({"text": "a", "parameters": {}})) == ["text"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty; a generate request is a JSON object of inputs"),
        (b"[]", "a generate request must be a JSON object of inputs"),
        (b"{", "malformed JSON"),
        (b"\xff", "not UTF-8"),
        ({"text": "a", "temperature": 0.5}, "input 'temperature' is not one of the model's, which are 'text', 'top'"),
        ({"parameters": {"temperature": 1}}, "input 'parameters' is not one of the model's"),
        ({"text": 3}, "input 'text' must be a string of Unicode characters or"),
        ({"text": ["a", 3]}, "input 'text'[1] must be a string of Unicode characters or"),
        ({"top": [[1], [True]]}, "input 'top'[1][0] must be a whole number"),
        ({"top": [[1], 2]}, "input 'top'[1] must be a list of 1 as input 'top'[0] is, got 2"),
        ({"text": None}, "got null"),
        ({"top": "three"}, "input 'top'"),
        ({"top": True}, "input 'top'"),
        ({"heat": {"a": 1}}, "input 'heat'"),
        ({"text": "\ud800"}, "input 'text' must be a string of Unicode characters"),
    ],
)
def test_a_wrong_field_is_named(body: Any, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(body)
    assert message in str(caught.value)


def floats(*values: float) -> Tensor:
    return Tensor(FP32, (len(values),), memoryview(struct.pack(f"<{len(values)}f", *values)))


@pytest.mark.parametrize(
    ("tensor", "value"),
    [
        (Tensor(BYTES, (1,), (b"one",)), '"one"'),
        (Tensor(BYTES, (1, 1), (b"one",)), '"one"'),
        (Tensor(BYTES, (2,), (b"a", b"\xff")), '[{"b64":"YQ=="},{"b64":"/w=="}]'),
        (Tensor(BYTES, (0,), ()), "[]"),
        (Tensor(BYTES, (2, 1), (b"a", b"b")), '[["a"],["b"]]'),
        (floats(0.5), "0.5"),
        (floats(0.5, float("-inf")), "[0.5,-Infinity]"),
        (Tensor(BYTES, (1,), (b"a\n\ndata: b\r\xe2\x80\xa8",)), '"a\\n\\ndata: b\\r\\u2028"'),
    ],
)
@pytest.mark.parametrize("library", [None, "orjson"])
def test_an_output_is_a_field_and_an_event_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tensor: Tensor, value: str, library: str | None
) -> None:
    monkeypatch.setattr(fast, "library", None if library is None else pytest.importorskip(library))
    written = write_event(write_outputs(MANIFEST, {"y": tensor}))
    assert written == f'data: {{"model_name":"chat","model_version":"0123456789ab","y":{value}}}\n\n'.encode()
