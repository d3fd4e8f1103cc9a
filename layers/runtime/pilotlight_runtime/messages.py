"""How messages quote a value of a request: in a few words, whatever it is."""

from pilotlight_runtime.light_typing import Any, Final

_MAX_CHARACTERS: Final = 60
_MAX_ITEMS: Final = 8
_MAX_BITS: Final = 128
_CONSTANTS: Final = {None: "null", True: "true", False: "false"}


def summarize(value: Any) -> str:
    """Quotes a JSON value for a message; describes long texts, lists and numbers instead of showing them."""
    if isinstance(value, str):
        return repr(value) if len(value) <= _MAX_CHARACTERS else repr(value[:_MAX_CHARACTERS])[:-1] + "...'"
    if isinstance(value, list):
        return _summarize_list(value)
    if isinstance(value, dict):
        return "an object"
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    too_long = isinstance(value, int) and value.bit_length() > _MAX_BITS
    return "a number of many digits" if too_long else str(value)


def _summarize_list(items: list[Any]) -> str:
    if len(items) > _MAX_ITEMS or any(isinstance(item, list | dict) for item in items):
        return f"a list of {len(items)}"
    return "[" + ", ".join(map(summarize, items)) + "]"


def is_unicode(text: str) -> bool:
    """Whether `text` has no half of a surrogate pair, which UTF-8 cannot hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
