"""DynamoDB's attribute values as plain values.

Source: Amazon DynamoDB API Reference, "AttributeValue".
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping


def read_item(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Reads an item.

    Args:
        attributes: Its attributes, as DynamoDB writes them in JSON.

    Returns:
        The values by name: text, integers, booleans, lists and dicts.

    Raises:
        KeyError: An attribute has a type that no item of this table has.
        ValueError: A number is no integer.
    """
    return {name: _read(value) for name, value in attributes.items()}


def _read(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    return _READERS[kind](value)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "S": str,
    "N": int,
    "BOOL": bool,
    "NULL": lambda _value: None,
    "SS": list,
    "L": lambda values: [_read(value) for value in values],
    "M": read_item,
}
