import io

import pytest

from pilotlight.local.byte_reader import ByteReader, RequestRefused
from pilotlight.local.request_body import MAX_BODY_BYTES, find_framing, read_body
from pilotlight.local.request_head import RequestHead


def head(*pairs: tuple[str, str], version: tuple[int, int] = (1, 1)) -> RequestHead:
    return RequestHead("POST", "/", version, pairs)


def read(stream: io.BytesIO, *pairs: tuple[str, str], version: tuple[int, int] = (1, 1)) -> tuple[bytes, ByteReader]:
    reader = ByteReader(stream.read)
    return read_body(find_framing(head(*pairs, version=version)), reader), reader


def rest(reader: ByteReader, size: int) -> bytes:
    return reader.exactly(size)


def test_exactly_as_many_bytes_as_the_length_says() -> None:
    body, reader = read(io.BytesIO(b"abcdef"), ("Content-Length", "4"))
    assert body == b"abcd"
    assert rest(reader, 2) == b"ef"


def test_no_length_is_no_body() -> None:
    body, reader = read(io.BytesIO(b"next request"))
    assert body == b""
    assert rest(reader, 12) == b"next request"


@pytest.mark.parametrize(
    ("pairs", "sent", "status"),
    [
        ([("Content-Length", "-1")], b"", 400),
        ([("Content-Length", "+1")], b"a", 400),
        ([("Content-Length", "1_0")], b"a" * 10, 400),
        ([("Content-Length", "ten")], b"", 400),
        ([("Content-Length", "")], b"", 400),
        ([("Content-Length", "\u0661")], b"a", 400),
        ([("Content-Length", "9" * 5000)], b"", 400),
        ([("Content-Length", "1"), ("Content-Length", "2")], b"ab", 400),
        ([("Content-Length", "1"), ("Content-Length", "1")], b"a", 400),
        ([("Content-Length", "1, 1")], b"a", 400),
        ([("Content-Length", "5")], b"abc", 400),
        ([("Content-Length", str(MAX_BODY_BYTES + 1))], b"", 413),
        ([("Transfer-Encoding", "gzip")], b"", 501),
        ([("Transfer-Encoding", "gzip, chunked")], b"", 501),
        ([("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], b"0\r\n\r\n", 501),
        ([("Transfer-Encoding", "chunked"), ("Content-Length", "5")], b"0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"zz\r\nab", 400),
        ([("Transfer-Encoding", "chunked")], b"-4\r\nab", 400),
        ([("Transfer-Encoding", "chunked")], b"+4\r\nabcd\r\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"0x4\r\nabcd\r\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"1_0\r\n" + b"a" * 16 + b"\r\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b" 4\r\nabcd\r\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"\r\nabcd\r\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"4\nabcd\r\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"4\r\nabcd\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"4\r\nabcd\r\n0\r\n\n", 400),
        ([("Transfer-Encoding", "chunked")], b"4\r\nabcd\r\n0\r\nno trailer\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"4;" + b"x" * 2000 + b"\r\nabcd\r\n0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"2\r\nabcd\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"5\r\nab", 400),
        ([("Transfer-Encoding", "chunked")], b"A00001\r\n", 413),
        ([("Transfer-Encoding", "chunked")], b"ffffffffffffffff\r\n", 413),
        ([("Transfer-Encoding", "chunked")], b"1\r\na\r\n" * 100_001 + b"0\r\n\r\n", 400),
        ([("Transfer-Encoding", "chunked")], b"", 400),
    ],
)
def test_wrong_framing_is_refused(pairs: list[tuple[str, str]], sent: bytes, status: int) -> None:
    with pytest.raises(RequestRefused) as caught:
        read(io.BytesIO(sent), *pairs)
    assert caught.value.status == status


def test_chunks_need_http_1_1() -> None:
    with pytest.raises(RequestRefused) as caught:
        read(io.BytesIO(b"0\r\n\r\n"), ("Transfer-Encoding", "chunked"), version=(1, 0))
    assert caught.value.status == 400


def test_chunks_are_joined_and_trailers_read() -> None:
    stream = io.BytesIO(b"3;x=1\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: 1\r\n\r\nGET")
    body, reader = read(stream, ("Transfer-Encoding", "Chunked"))
    assert body == b"abcde"
    assert rest(reader, 3) == b"GET"


def test_the_bytes_may_come_one_by_one() -> None:
    stream = io.BytesIO(b"3\r\nabc\r\n0\r\n\r\nGET")
    reader = ByteReader(lambda _size: stream.read(1))
    assert read_body(find_framing(head(("Transfer-Encoding", "chunked"))), reader) == b"abc"
    assert rest(reader, 3) == b"GET"
