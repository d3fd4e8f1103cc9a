"""JSON to Python's objects and back, as the standard library's `json` does it, without the 5 ms of importing `json`.

`json` imports `re` and `enum`, which a function needs for nothing else. Its C accelerator `_json` does the work without
them, so this module calls that directly. Values and errors are the same: `json` itself is imported where something is
wrong, to raise its error, and where Python has no accelerator or one with other arguments.
tests/unit/runtime/test_json_text.py compares the two.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Callable, Final, NoReturn

Decode = Callable[[str], Any]
Encode = Callable[[object], str]

_WHITESPACE: Final = " \t\n\r"
_PART: Final = 4096
"""Characters in which white space is looked for at once, so that a large document is not copied."""
_CONSTANTS: Final = {"-Infinity": float("-inf"), "Infinity": float("inf"), "NaN": float("nan")}


class _Context:
    """The attributes that the accelerator reads of a `json.JSONDecoder`."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_int = int

    def __init__(self, parse_float: Callable[[str], Any], parse_constant: Callable[[str], Any]) -> None:
        self.parse_float = parse_float
        self.parse_constant = parse_constant


def _refuse(value: object) -> NoReturn:
    """Raises the error of `json.JSONEncoder.default`."""
    raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")


def make_decoder(
    *, parse_float: Callable[[str], Any] = float, parse_constant: Callable[[str], Any] = _CONSTANTS.__getitem__
) -> Decode:
    """Makes a function that reads a document, as `json.JSONDecoder(...).decode` does.

    Args:
        parse_float: Makes the value of a number with a fraction or an exponent.
        parse_constant: Makes the value of NaN, Infinity and -Infinity.

    Returns:
        The function. It raises `json.JSONDecodeError` where the text is no JSON.
    """
    if _accelerator is None:
        import json

        return json.JSONDecoder(parse_float=parse_float, parse_constant=parse_constant).decode
    scan = _accelerator.make_scanner(_Context(parse_float, parse_constant))

    def decode(text: str) -> Any:
        try:
            value, end = scan(text, _skip_whitespace(text, 0) if text[:1] in _WHITESPACE else 0)
        except StopIteration as stop:
            raise _decode_error("Expecting value", text, stop.value) from None
        except SystemError:  # Python 3.11's scanner fails to raise an error of `json` that is not loaded
            import json

            return json.JSONDecoder(parse_float=parse_float, parse_constant=parse_constant).decode(text)
        if end != len(text) and (end := _skip_whitespace(text, end)) != len(text):
            raise _decode_error("Extra data", text, end)
        return value

    return decode


def make_encoder(
    *,
    ensure_ascii: bool = True,
    separators: tuple[str, str] = (", ", ": "),
    sort_keys: bool = False,
    allow_nan: bool = True,
    default: Callable[[Any], Any] = _refuse,
) -> Encode:
    """Makes a function that writes a document, as `json.JSONEncoder(...).encode` does.

    Args:
        ensure_ascii: Whether other characters than ASCII are escaped.
        separators: What stands between two items, and between a key and its value.
        sort_keys: Whether an object's keys are sorted.
        allow_nan: Whether NaN and infinities are written as JavaScript does. Otherwise they are a ValueError.
        default: Returns something that can be written in place of an object that cannot; TypeError where it is None.

    Returns:
        The function.
    """
    if _accelerator is None:
        import json

        return json.JSONEncoder(
            ensure_ascii=ensure_ascii, separators=separators, sort_keys=sort_keys, allow_nan=allow_nan, default=default
        ).encode
    write, item, key = _accelerator.make_encoder, *separators
    flags = (sort_keys, False, allow_nan)
    quoted: Callable[[str], str] = (
        _accelerator.encode_basestring_ascii if ensure_ascii else _accelerator.encode_basestring
    )

    def encode(document: object) -> str:
        if isinstance(document, str):
            return quoted(document)
        # One for each document: after an error its dict still holds the objects that it was inside of.
        return "".join(write({}, default, quoted, None, key, item, *flags)(document, 0))

    return encode


def loads(text: str | bytes | bytearray) -> Any:
    """Reads a document, as `json.loads` does; `json.JSONDecodeError` where it is no JSON.

    Args:
        text: The document. Bytes may be UTF-8, UTF-16 or UTF-32.

    Returns:
        The document's objects.
    """
    if isinstance(text, bytes | bytearray):
        # A document begins with two ASCII characters, and each byte of them that is not 0 is one of UTF-8.
        if text[:1].isascii() and 0 not in text[:2]:
            return _decode(text.decode("utf-8", "surrogatepass"))
    elif type(text) is str and text[:1] != "\ufeff":
        return _decode(text)
    import json

    return json.loads(text)


def dumps(document: object) -> str:
    """Writes a document, as `json.dumps` does: ASCII, a blank after each comma and colon."""
    return _encode(document)


def _skip_whitespace(text: str, start: int) -> int:
    """Where `text` goes on after the white space at `start`."""
    while part := text[start : start + _PART]:
        rest = part.lstrip(_WHITESPACE)
        start += len(part) - len(rest)
        if rest:
            break
    return start


def _decode_error(message: str, text: str, position: int) -> ValueError:
    import json

    return json.JSONDecodeError(message, text, position)


def _find_accelerator() -> Any:
    """The module `_json`; None where there is none, or where its functions take other arguments."""
    try:
        import _json

        functions: Any = _json
        flags = (False, False, False)
        functions.make_scanner(_Context(float, float))
        functions.make_encoder({}, _refuse, functions.encode_basestring, None, ": ", ", ", *flags)
        functions.encode_basestring_ascii("")
    except (ImportError, AttributeError, TypeError):
        return None
    return functions


_accelerator: Final = _find_accelerator()
_decode: Final = make_decoder()
_encode: Final = make_encoder()
quote: Final[Callable[[str], str]] = (
    make_encoder(ensure_ascii=False) if _accelerator is None else _accelerator.encode_basestring
)
"""Writes a text with its quotes; characters that are not ASCII stay as they are."""
