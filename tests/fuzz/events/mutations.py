"""What is done to a valid request so that it is, most often, no longer one."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from fuzz.arrays import DATATYPES
from fuzz.events.drafts import ODD_IDS
from fuzz.events.values import NUMBERS, RAW, TEXTS, nested, odd_value

_TOKEN = re.compile(rb"-?[0-9][0-9.eE+-]*|true|false|null|[\[\]{},:]")
_HEADERS = (
    *("Content-Encoding", "content-encoding", "Inference-Header-Content-Length", "inference-header-content-length"),
    *("Content-Type", "Accept-Encoding", "Accept", "X-Odd", "Host", "Authorization"),
)
_FIELDS = ("name", "data", "parameters", "id", "outputs", "shape", "extra")
_PARAMETERS = ("binary_data_size", "binary_data", "binary_data_output", "classification", "shared_memory_region")
_HEADER_VALUES: tuple[Any, ...] = (
    *(
        "gzip",
        "deflate",
        "br",
        "identity",
        "gzip, deflate",
        "GZIP ",
        "",
        "0",
        "-1",
        "1",
        "17",
        "99999999999",
        "+5",
        "٣",
    ),
    *(
        "image/png",
        "image/",
        "application/json",
        "application/octet-stream",
        "*",
        "gzip;q=0",
        "é",
        "\ud800",
        "x" * 5000,
    ),
    *(None, 5, ["gzip"], [], ["1", "2"], {}, True),
)


def mutate_document(rng: Random, document: Any) -> Any:
    """A copy of a document with a few places changed."""
    holder = {"": copy.deepcopy(document)}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        _mutate_place(rng, *rng.choice(list(_places(holder))))
    return holder.get("")


def mutate_text(rng: Random, text: bytes) -> bytes:
    """JSON with a token changed, an object's name repeated, or brackets around it."""
    kind = rng.random()
    if kind < 0.15:
        depth = rng.choice((100, 1000, 5000, 100_000))
        around = rng.choice((b"[", b'{"a":'))
        return around * depth + (text if rng.random() < 0.5 else b"")
    if kind < 0.3:
        return text.replace(b"{", b'{"name":"%s","shape":[2],' % rng.choice((b"x", b"a", b"zz")), 1)
    if kind < 0.4:
        return rng.choice((b"\xef\xbb\xbf", b" ", b"\0", b"\x1e", b"/**/", b")]}',\n")) + text
    if kind < 0.5:
        return text + rng.choice((b" ", b"\0", b"\n\n", b",", b"{}", b"x"))
    tokens = list(_TOKEN.finditer(text))
    if not tokens:
        return text
    token = rng.choice(tokens)
    new = rng.choice((*(number.encode() for number in NUMBERS), b"[", b"]", b"}", b"null", b'"a"', b"[1]", b"\xff"))
    return text[: token.start()] + new + text[token.end() :]


def mutate_bytes(rng: Random, raw: bytes) -> bytes:
    """Bytes flipped, cut off, doubled or added."""
    found = bytearray(raw)
    kind = rng.randrange(5)
    if kind == 0:
        return bytes(found[: rng.randint(0, len(found))])
    if kind == 1:
        return bytes(found) + rng.randbytes(rng.randint(1, 9))
    if kind == 2 and found:
        start = rng.randrange(len(found))
        return bytes(found[:start] + found[start : start + 8] * 2 + found[start + 8 :])
    for _ in range(rng.randint(1, 4)):
        if found:
            found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found)


def mutate_headers(rng: Random, headers: dict[str, Any]) -> dict[str, Any]:
    """A header changed or added, or left out."""
    found = dict(headers)
    if found and rng.random() < 0.3:
        del found[rng.choice(list(found))]
    else:
        found[rng.choice(_HEADERS)] = rng.choice(_HEADER_VALUES)
    return found


def mutate_path(rng: Random, path: str) -> str:
    """Another path that looks like it."""
    parts = path.split("/")
    kind = rng.randrange(6)
    if kind == 0:
        return path + rng.choice(
            ("/", "//", "?a=b", "#", "%00", "/versions/1", ":predict", "/infer", "%2Finfer", "\ud800")
        )
    if kind == 1:
        return path.replace("models", rng.choice(("model", "models/", "%6dodels", "MODELS", "models%2F")))
    if kind == 2:
        del parts[rng.randrange(len(parts))]
        return "/".join(parts)
    if kind == 3:
        parts[rng.randrange(len(parts))] = rng.choice(("", "..", ".", "v1", "v2", "versions", "é", *TEXTS))
        return "/".join(parts)
    if kind == 4:
        return rng.choice(("", "/", "v2", "/v2/", "//v2", "/v1", "/v3/models", "/v2/repository/index", "*", *TEXTS))
    return path.replace("v2", "v1") if "v2" in path else path.replace("v1", "v2")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document: what holds it, and the key or index. Of long lists only the first few."""
    keys: Iterable[Any] = value if isinstance(value, dict) else ()
    if isinstance(value, list):
        keys = range(min(len(value), 6))
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _mutate_place(rng: Random, holder: Any, key: Any) -> None:
    """Changes what a place holds, or what surrounds it."""
    value = holder[key]
    kind = rng.randrange(10)
    if kind == 0 and key != "":
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(value))
    elif kind == 2 and isinstance(holder, dict):
        name = rng.choice((*_FIELDS, rng.choice(TEXTS)))
        holder[name] = _other(rng, name, None)
    elif kind == 3 and isinstance(value, list):
        holder[key] = rng.choice((value[:-1], value + value, [], [*value, odd_value(rng)], value[::-1]))
    elif kind == 4:
        holder[key] = nested(rng.choice((1, 1, 1, 30, 64, 65, 150)), value)
    elif kind == 5:
        holder[key] = rng.choice((None, True, False, {}, [], "", 0))
    else:
        holder[key] = _other(rng, key, value)


def _other(rng: Random, key: Any, value: Any) -> Any:
    """Something else than `value`, such as may be wrong at this key."""
    if key == "shape":
        return _odd_shape(rng, value)
    if key == "id":
        return rng.choice(ODD_IDS) if rng.random() < 0.8 else odd_value(rng)
    if key == "datatype":
        return rng.choice((*DATATYPES, "fp32", "FP8", "", "FP32 ", "STRING"))
    if key == "parameters":
        name = rng.choice(_PARAMETERS)
        return {**(value if isinstance(value, dict) else {}), name: odd_value(rng)}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{RAW}{rng.choice(NUMBERS)}{RAW}"
    return odd_value(rng)


def _odd_shape(rng: Random, value: Any) -> Any:
    sizes = (
        0,
        1,
        2,
        3,
        -1,
        2**31,
        2**32,
        2**63,
        2**64,
        2**61,
        1.0,
        True,
        None,
        "1",
        [1],
        f"{RAW}1e2{RAW}",
        f"{RAW}-0{RAW}",
    )
    if not isinstance(value, list):
        return rng.choice(sizes)
    kind = rng.randrange(5)
    if kind == 0:
        return [*value, rng.choice(sizes)]
    if kind == 1:
        return value[:-1]
    if kind == 2:
        return [0] * rng.choice((1, 2, 64, 65)) + [rng.choice(sizes)]
    if kind == 3:
        return [1] * rng.choice((64, 65, 70))
    return [rng.choice(sizes) for _ in value]
