"""Parses the JSON that Pilotlight wrote earlier. Whatever else a file holds is a ValueError with a short message."""

import json
from typing import Any, Final

_TYPES: Final = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}


def parse_json_object(raw: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Args:
        raw: The content of the file.

    Returns:
        The object. It can be written as JSON again: no number is infinite or NaN, and all text is valid Unicode.

    Raises:
        ValueError: The content is not UTF-8 or not JSON, is nested too deeply, names a key twice, or holds a number or
            a text that no JSON file may hold.
    """
    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_build_object)
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {error.start} is {raw[error.start]:#04x}") from error
    except UnicodeEncodeError as error:
        raise ValueError("a text in it holds half of a character") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    match found:
        case dict():
            return found
        case _:
            raise ValueError(f"not a JSON object, but {_TYPES.get(type(found), 'a number')}")


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands twice in one object")
    return found
