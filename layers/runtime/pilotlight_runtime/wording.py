"""How a value that came in is quoted in a message: short, whatever it is."""

from pilotlight_runtime.typed import Any, Final

_LONGEST: Final = 60
_MOST_ITEMS: Final = 8
_MOST_BITS: Final = 128
_WORDS: Final = {None: "null", True: "true", False: "false"}


def brief(value: Any) -> str:  # noqa: PLR0911  (any JSON: a case for each of its types)
    """`value` in a few words; long texts, lists and numbers are described rather than shown."""
    if isinstance(value, str):
        return repr(value) if len(value) <= _LONGEST else repr(value[:_LONGEST])[:-1] + "...'"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        if len(value) > _MOST_ITEMS or any(isinstance(item, list | dict) for item in value):
            return f"a list of {len(value)}"
        return "[" + ", ".join(map(brief, value)) + "]"
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return "a number of many digits"
    return str(value)
