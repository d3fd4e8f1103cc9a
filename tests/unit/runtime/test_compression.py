import gzip
import hashlib
import zlib

import pytest

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.protocol.compression import MAX_UNPACKED_BYTES, MIN_PACKED_BYTES, pack, unpack
from pilotlight_runtime.protocol.http import HttpResponse

BODY = b"a body " * 100


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (BODY, ""),
        (BODY, "identity"),
        (gzip.compress(BODY, mtime=0), "gzip"),
        (gzip.compress(BODY, mtime=0), " GZip "),
        (gzip.compress(BODY[:50], mtime=0) + gzip.compress(BODY[50:], mtime=0), "x-gzip"),
        (zlib.compress(BODY), "deflate"),
        (raw_deflate(BODY), "deflate"),
    ],
)
def test_unpacks(packed: bytes, encoding: str) -> None:
    assert unpack(packed, encoding) == BODY


@pytest.mark.parametrize(
    ("packed", "encoding", "message"),
    [
        (gzip.compress(BODY, mtime=0)[:-1], "gzip", "the gzip body is cut short"),
        (gzip.compress(BODY, mtime=0)[:12], "gzip", "cut short"),
        (gzip.compress(BODY, mtime=0)[:-8] + bytes(8), "gzip", "not gzip, as Content-Encoding says, or it is damaged"),
        (BODY, "gzip", "not gzip"),
        (zlib.compress(BODY)[:-5], "deflate", "cut short"),
        (zlib.compress(BODY) + b"tail", "deflate", "4 bytes follow the end of the deflate body"),
        (gzip.compress(BODY, mtime=0) + b"tail", "gzip", "not gzip"),
        (b"\xff", "deflate", "not deflate"),
        (b"", "gzip", "the gzip body is empty"),
        (BODY, "br", "Content-Encoding 'br' is not supported"),
        (BODY, "gzip, gzip", "is not supported"),
    ],
)
def test_refuses_what_is_damaged(packed: bytes, encoding: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        unpack(packed, encoding)
    assert message in str(caught.value)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_stops_at_the_limit(encoding: str) -> None:
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    block = bytes(1024 * 1024)
    bomb = b"".join(packer.compress(block) for _ in range(MAX_UNPACKED_BYTES // len(block) + 1)) + packer.flush()
    assert len(bomb) < 100_000
    with pytest.raises(TooLarge, match="unpacks to more than 67108864 bytes"):
        unpack(bomb, encoding)


def test_any_number_of_members_is_read_in_blocks() -> None:
    members = [gzip.compress(b"%d," % number) for number in range(5000)]
    assert unpack(b"".join(members), "gzip") == b"".join(b"%d," % number for number in range(5000))


@pytest.mark.parametrize("size", [8191, 8192, 8193, 100_000])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_bodies_around_the_length_of_a_block(size: int, encoding: str) -> None:
    noise = hashlib.shake_256(b"noise").digest(size)
    packed = gzip.compress(noise, 0) if encoding == "gzip" else zlib.compress(noise, 0)
    assert unpack(packed, encoding) == noise
    with pytest.raises(InvalidRequest):
        unpack(packed[:-1], encoding)


def test_many_small_members_count_together() -> None:
    with pytest.raises(TooLarge):
        unpack(gzip.compress(bytes(MAX_UNPACKED_BYTES // 2)) * 3, "gzip")


def answer(body: bytes) -> HttpResponse:
    return HttpResponse(200, {"Content-Type": "application/json"}, body)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", "gzip"),
        ("deflate, gzip", "deflate"),
        ("br;q=1.0, GZIP;q=0.5", "gzip"),
        ("gzip;q=0, deflate", "deflate"),
        ("gzip; q=0.000", None),
        ("gzip;q=0.5", "gzip"),
        ("gzip;q=1", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_packs_a_large_answer_as_the_client_accepts(accepted: str, expected: str | None) -> None:
    large = answer(b"[" + b"0," * MIN_PACKED_BYTES + b"0]")
    packed = pack(large, accepted)
    assert packed.headers.get("Content-Encoding") == expected
    assert unpack(packed.body, expected or "") == large.body
    assert (len(packed.body) < len(large.body)) == (expected is not None)


def test_leaves_a_small_answer() -> None:
    assert pack(answer(b"{}"), "gzip") == answer(b"{}")


def test_leaves_an_answer_that_would_not_get_smaller() -> None:
    noise = answer(b"".join(hashlib.sha256(bytes([i])).digest() for i in range(256)))
    assert pack(noise, "gzip") == noise
