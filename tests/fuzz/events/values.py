"""Values of every datatype, and JSON that is odd."""

from __future__ import annotations

import struct
from math import prod
from random import Random
from typing import Any

import numpy as np

from fuzz.arrays import CANARY, DATATYPES, Array, texts

RAW = "@@"
"""A string between two of these is written as it is, without its quotes: JSON's numbers beyond Python's."""

TEXTS = (
    *(
        "",
        "a",
        "fine",
        CANARY,
        f"{CANARY} {CANARY}",
        "naïve ✓",
        "😀",
        "a\0b",
        '"\\\n\t',
        "\u2028",
        "\ufeff",
        "\x7f\x80",
    ),
    *("null", "NaN", "1", "true", "[]", "{}", "../../etc/passwd", "x" * 300, "é" * 40, "\ud800", "\udfff\ud800", "ﬀ"),
)
NUMBERS = (
    *(
        "1e400",
        "-1e400",
        "1e-400",
        "-0",
        "-0.0",
        "1.0",
        "1e0",
        "1E+2",
        "0.1",
        "3.4028236e38",
        "3.5e38",
        "65520",
        "1e39",
    ),
    *("2147483648", "-2147483649", "4294967296", "9223372036854775808", "18446744073709551616", "2305843009213693952"),
    *("-9223372036854775808", "-9223372036854775809", "9007199254740993", "16777217", "128", "256", "-1", "1" * 40),
    *("1" * 4300, "1" * 4301, "0." + "1" * 400, "1.7976931348623159e308", "5e-324", "NaN", "Infinity", "-Infinity"),
    *("01", "+1", "1.", ".5", "0x10", "1_000", "1e", "--1", "True", "None", "undefined", "nan", "'a'", "", ",", "1 2"),
)
_SPECIAL = (0.0, -0.0, 1.0, -1.5, 0.1, 1e-45, 5e-324, 3.4028234663852886e38, 65504.0, 1e-7, 16777217.0, 1e300)
_BYTES = (b"", b"a", b"fine", CANARY.encode(), "naïve ✓".encode(), "😀".encode(), b"a\0b", b'"\\\n', b"x" * 300, b"{}")
_NO_TEXT = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"a\x80" + CANARY.encode())


def draw_array(rng: Random, datatype: str, shape: tuple[int, ...], *, json: bool) -> Array:
    """Draws an array of any values; json: only such as JSON can carry, as a rule."""
    count = prod(shape)
    if datatype == "BYTES":
        choices = _BYTES if json and rng.random() < 0.95 else _BYTES + _NO_TEXT
        return texts(rng.choices(choices, k=count), shape)
    dtype = DATATYPES[datatype]
    if datatype == "BOOL":
        return np.array(rng.choices((False, True), k=count), dtype).reshape(shape)
    if dtype.kind == "f":
        return _floats(rng, dtype, count, json=json).reshape(shape)
    if rng.random() < 0.4:
        info = np.iinfo(dtype)
        return np.array(rng.choices((info.min, info.max, 0, 1, info.max // 2), k=count), dtype).reshape(shape)
    if rng.random() < 0.5:
        return np.array(rng.choices(range(10), k=count), dtype).reshape(shape)
    return np.frombuffer(rng.randbytes(count * dtype.itemsize), dtype).reshape(shape)


def _floats(rng: Random, dtype: np.dtype[Any], count: int, *, json: bool) -> Array:
    kind = rng.random()
    with np.errstate(all="ignore"):
        if kind < 0.4:
            found = np.array(rng.choices(_SPECIAL, k=count), np.float64).astype(dtype)
        elif kind < 0.7:
            found = np.array([round(200 * rng.random() - 100, 3) for _ in range(count)]).astype(dtype)
        else:
            found = np.frombuffer(rng.randbytes(count * dtype.itemsize), dtype).copy()
        if not json and count and rng.random() < 0.2:
            found[rng.randrange(count)] = rng.choice((np.nan, np.inf, -np.inf))
    return np.where(np.isfinite(found), found, dtype.type(1)) if json else found


def odd_value(rng: Random, depth: int = 0) -> Any:
    """Any JSON value."""
    kind = rng.randrange(8 if depth < 3 else 5)
    if kind == 0:
        return rng.choice((None, True, False, 0, 1, -1, 17, 2**63, -(2**63), 2**64, 2**70, 0.5))
    if kind in (1, 2):
        return f"{RAW}{rng.choice(NUMBERS)}{RAW}"
    if kind in (3, 4):
        return rng.choice(TEXTS)
    if kind == 5:
        return [odd_value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind == 6:
        return {
            rng.choice(("name", "data", "b64", "x", *TEXTS)): odd_value(rng, depth + 1)
            for _ in range(rng.randint(0, 3))
        }
    return nested(rng.choice((2, 20, 65, 70)), rng.choice((0, 1)))


def nested(depth: int, leaf: Any) -> Any:
    """`leaf` in so many lists."""
    for _ in range(depth):
        leaf = [leaf]
    return leaf


def as_bytes(array: Array) -> bytes:
    """The elements in Triton's binary form."""
    if array.dtype == object:
        return b"".join(struct.pack("<I", len(element)) + element for element in array.ravel())
    return np.ascontiguousarray(array).tobytes()


def as_json(array: Array, *, flat: bool) -> Any:
    """The elements in JSON. Bytes that are no text become halves of surrogate pairs, which must be refused."""
    if array.dtype == object:
        array = np.array([element.decode("utf-8", "surrogateescape") for element in array.ravel()], object).reshape(
            array.shape
        )
    return array.ravel().tolist() if flat else array.tolist()
