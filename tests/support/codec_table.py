"""What an element of each datatype looks like in JSON and in bytes, worked out by hand."""

import struct
from typing import Any

# Each datatype: elements in JSON, and what they are in little-endian bytes (for BYTES, as elements).
TABLE: dict[str, tuple[list[Any], bytes | tuple[bytes, ...]]] = {
    "BOOL": ([True, False], b"\x01\x00"),
    "UINT8": ([0, 255], b"\x00\xff"),
    "UINT16": ([1, 65535], b"\x01\x00\xff\xff"),
    "UINT32": ([1, 2**32 - 1], b"\x01\x00\x00\x00\xff\xff\xff\xff"),
    "UINT64": ([1, 2**64 - 1], b"\x01" + bytes(7) + b"\xff" * 8),
    "INT8": ([-128, 127], b"\x80\x7f"),
    "INT16": ([-2, 32767], b"\xfe\xff\xff\x7f"),
    "INT32": ([-2, 2**31 - 1], b"\xfe\xff\xff\xff\xff\xff\xff\x7f"),
    "INT64": ([-(2**63), 2**63 - 1], bytes(7) + b"\x80" + b"\xff" * 7 + b"\x7f"),
    "FP16": ([1.0, -65504.0], b"\x00\x3c\xff\xfb"),
    "FP32": ([1.0, -2.5], b"\x00\x00\x80\x3f\x00\x00\x20\xc0"),
    "FP64": ([1.0, 1e-300], struct.pack("<dd", 1.0, 1e-300)),
    "BYTES": (["", "naïve ✓"], (b"", "naïve ✓".encode())),
}


def held(raw: bytes | tuple[bytes, ...]) -> memoryview | tuple[bytes, ...]:
    return memoryview(raw) if isinstance(raw, bytes) else raw
