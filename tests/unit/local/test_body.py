import io
from email.message import Message

import pytest

from pilotlight.local.request_body import MAX_BODY_BYTES, BodyError, read_body


def headers(*pairs: tuple[str, str]) -> Message:
    message = Message()
    for name, value in pairs:
        message[name] = value
    return message


def test_exactly_as_many_bytes_as_the_length_says() -> None:
    stream = io.BytesIO(b"abcdef")
    assert read_body(headers(("Content-Length", "4")), stream) == b"abcd"
    assert stream.read() == b"ef"


def test_no_length_is_no_body() -> None:
    assert read_body(headers(), io.BytesIO(b"next request")) == b""


@pytest.mark.parametrize(
    ("pairs", "sent", "status"),
    [
        ([("Content-Length", "-1")], b"", 400),
        ([("Content-Length", "ten")], b"", 400),
        ([("Content-Length", "1"), ("Content-Length", "2")], b"ab", 400),
        ([("Content-Length", "5")], b"abc", 400),
        ([("Content-Length", str(MAX_BODY_BYTES + 1))], b"", 413),
        ([("Transfer-Encoding", "gzip")], b"", 501),
        ([("Transfer-Encoding", "chunked")], b"zz\r\nab", 400),
        ([("Transfer-Encoding", "chunked")], b"-4\r\nab", 413),
        ([("Transfer-Encoding", "chunked")], b"2\r\nabcd\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"5\r\nab", 400),
        ([("Transfer-Encoding", "chunked")], b"A00001\r\n", 413),
        ([("Transfer-Encoding", "chunked")], b"", 400),
    ],
)
def test_wrong_framing_is_refused(pairs: list[tuple[str, str]], sent: bytes, status: int) -> None:
    with pytest.raises(BodyError) as caught:
        read_body(headers(*pairs), io.BytesIO(sent))
    assert caught.value.status == status


def test_chunks_are_joined_and_trailers_read() -> None:
    stream = io.BytesIO(b"3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\nGET")
    assert read_body(headers(("Transfer-Encoding", "Chunked")), stream) == b"abcde"
    assert stream.read() == b"GET"
