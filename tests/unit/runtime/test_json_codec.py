import pytest

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.protocol.json_codec import MAX_JSON_BYTES, dumps, loads


def test_reads_memory_that_it_does_not_own() -> None:
    assert loads(memoryview(b'{"a": [1, "\xc3\xa9"]} tail')[:17]) == {"a": [1, "é"]}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "malformed JSON: Expecting value"),
        (b"{", "malformed JSON"),
        (b'{"a":1}x', "malformed JSON: Extra data"),
        (b"[NaN]", "NaN is not JSON; send such values in a binary tensor"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b'"\xff"', "not UTF-8: byte 1 is 0xff"),
        (b"\xff\xfe[\x001\x00]\x00", "not UTF-8: byte 0"),
        (b"[" * 200_000, "too deeply nested"),
        (b"1" * 5000, "malformed JSON: a number has too many digits"),
    ],
)
def test_what_is_not_json_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        loads(raw)
    assert message in str(caught.value)


def test_a_document_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(TooLarge, match="send binary tensors instead"):
        loads(memoryview(bytes(MAX_JSON_BYTES + 1)))


def test_writes_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps([float("nan")])


def test_writes_half_a_surrogate_pair_as_an_escape() -> None:
    assert dumps("\ud800") == b'"\\ud800"'
