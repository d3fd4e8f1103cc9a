"""JSON documents to bytes and back. No other module knows which library does it.

Python's own library decides what is valid JSON, and words the errors. orjson is ten times as fast, but takes 9 ms to
import; so it is imported once Python's library has read enough for that to pay. Both read the same, except for whole
numbers of more than 64 bits, which orjson reads as floats. Before rejecting a document, parse it again with `loads`.
tests/unit/runtime/test_json_parsers.py compares the two.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.json_text import make_decoder, make_encoder
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple, NoReturn
from pilotlight_runtime.limits import MOST_MEMORY, out_of_memory

MAX_JSON_BYTES: Final = 16 * 1024 * 1024
"""Numbers in a flat list take up to 16 times their length in memory: as much as a request may take."""

BREAK_EVEN: Final = 65_536
"""Bytes of JSON. Python's own parser loses 9 ms only after three times as many, but a function that has read so much
will most likely read more."""


_MOST_LETTERS: Final = 64

_LARGE_BYTES: Final = 1024 * 1024
"""A document of more is parsed without looking for garbage, which JSON never is."""

_INFINITY: Final = float("inf")

_MAY_OVERFLOW: Final = rb"[eE]\+?[0-9]{3}|(?<![0-9])[0-9]{300}"
"""In JSON that may have a number beyond every double."""

MOST_TIMES: Final = 64
"""No document takes more memory than so many times its length."""


class Doubts(NamedTuple):
    """What the elements of a document may be, unless each is checked.

    booleans: true or false, which are numbers to Python. infinities: numbers such as 1e400, which are valid JSON and
    which Python reads as infinity. Without this doubt, an infinity is one that the caller has written as such.
    """

    booleans: bool
    infinities: bool


DOUBTFUL: Final = Doubts(booleans=True, infinities=True)


class Fast:
    """orjson, once it is imported. read: bytes of JSON that were read without orjson."""

    __slots__ = ("library", "read")

    def __init__(self) -> None:
        self.library: Any = None
        self.read = 0

    def use(self) -> None:
        """Imports orjson. Where it is not installed, Python's own library continues."""
        self.read = 0
        try:
            import orjson
        except ImportError:
            return
        self.library = orjson


fast: Final = Fast()


def loads(raw: bytes | memoryview, memory: int = MOST_MEMORY) -> Any:
    """Reads the document in `raw`, which is UTF-8.

    memory: the most bytes that the document may take once it is parsed. InvalidRequest where it is malformed, too
    deeply nested or has NaN or Infinity, which JSON does not allow (RFC 8259, section 6); TooLarge over MAX_JSON_BYTES
    and where it would take more than `memory`.
    """
    _check_length(raw, memory)
    return _loads(raw, _decode)


def _loads(raw: bytes | memoryview, decode: Callable[[str], Any]) -> Any:
    try:
        text = str(raw, "utf-8")
        return decode(text) if len(text) <= _LARGE_BYTES else _parsed(decode, text)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the JSON is not UTF-8: byte {error.start} is {raw[error.start]:#04x}") from None
    except RecursionError:
        raise InvalidRequest("the JSON is too deeply nested") from None
    except ValueError as error:
        raise InvalidRequest(f"malformed JSON: {_reason(error)}") from None


def loads_fast(raw: bytes, memory: int = MOST_MEMORY) -> tuple[Any, Doubts]:
    """As `loads`, but a whole number of more than 64 bits may have become a float. The errors are the same."""
    _check_length(raw, memory)
    if fast.library is None:
        fast.read += len(raw)
        if fast.read >= BREAK_EVEN:
            fast.use()
    if fast.library is not None:
        parse = fast.library.loads
        try:
            return parse(raw) if len(raw) <= _LARGE_BYTES else _parsed(parse, raw), Doubts(
                _has_booleans(raw), infinities=False
            )
        except ValueError:
            pass  # Python's own library says what is wrong, or finds nothing wrong: half of a surrogate pair, 1e400
    return loads(raw, memory), Doubts(_has_booleans(raw), infinities=True)


def loads_constants(raw: bytes, memory: int = MOST_MEMORY) -> tuple[Any, Doubts]:
    """As `loads`, but NaN, Infinity and -Infinity are numbers, as in JavaScript. 1e400 is still none."""
    import re  # only predict requests need it

    _check_length(raw, memory)
    large = re.search(_MAY_OVERFLOW, raw)  # looking at each number takes three times as long
    return _loads(raw, _decode_finite if large else _decode_constants), Doubts(_has_booleans(raw), infinities=False)


def _has_booleans(raw: bytes) -> bool:
    """Whether the JSON in `raw` may have true or false in it."""
    return _has(raw, b"true", b"u") or _has(raw, b"false", b"l")


def _has(raw: bytes, word: bytes, third: bytes) -> bool:
    """Whether `word`, whose third letter is `third`, is in `raw`; True too where that letter is frequent.

    Searching for one byte is twenty times as fast as searching for a word, and numbers hold neither u nor l.
    """
    found = raw.find(third)
    for _ in range(_MOST_LETTERS):
        if found < 0:
            return False
        if raw.startswith(word, max(found - 2, 0)):
            return True
        found = raw.find(third, found + 1)
    return True


def dumps(document: object) -> bytes:
    """`document` as compact ASCII JSON. ValueError where it has NaN or infinity."""
    return _encode(document).encode()


def dumps_constants(document: object) -> bytes:
    """As `dumps`, with NaN, Infinity and -Infinity as JavaScript writes them."""
    return _encode_constants(document).encode()


def dumps_finite(document: object) -> bytes:
    """As `dumps`, for a document that is known to have no NaN and no infinity."""
    if fast.library is not None:
        try:
            written: bytes = fast.library.dumps(document)
        except TypeError:
            return dumps(document)
        if written.isascii():
            return written
    return dumps(document)


def _check_length(raw: bytes | memoryview, memory: int) -> None:
    if len(raw) > MAX_JSON_BYTES:
        raise TooLarge(f"the JSON is {len(raw)} bytes long, the most is {MAX_JSON_BYTES}; send binary tensors instead")
    if len(raw) * MOST_TIMES > memory:
        from pilotlight_runtime.protocol.json_memory import estimate_memory  # only large documents need it

        needed = estimate_memory(bytes(raw))
        if needed > memory:
            hint = "send fewer samples at once, flat instead of nested data, or binary tensors"
            raise out_of_memory(f"reading the {len(raw)} bytes of JSON", needed, memory, hint)


def _parsed(parse: Callable[[Any], Any], document: Any) -> Any:
    """`parse(document)` without the garbage collector, which would look at all new lists again and again."""
    import gc

    enabled = gc.isenabled()
    gc.disable()
    try:
        return parse(document)
    finally:
        if enabled:
            gc.enable()


def _refuse(constant: str) -> NoReturn:
    raise InvalidRequest(f"malformed JSON: {constant} is not JSON; send such values in a binary tensor")


def _finite(number: str) -> float:
    """The number; InvalidRequest where no double holds it."""
    value = float(number)
    if value in (_INFINITY, -_INFINITY):
        raise InvalidRequest(f"malformed JSON: {number[:40]} is too large for a number; write Infinity")
    return value


def _reason(error: ValueError) -> str:
    """The parser's own words, except for a number too long for Python, where they advise on Python's settings."""
    from json import JSONDecodeError

    return str(error) if isinstance(error, JSONDecodeError) else "a number has too many digits"


_decode: Final = make_decoder(parse_constant=_refuse)
_decode_constants: Final = make_decoder()
_decode_finite: Final = make_decoder(parse_float=_finite)
_encode: Final = make_encoder(separators=(",", ":"), allow_nan=False)
_encode_constants: Final = make_encoder(separators=(",", ":"))
