"""Reads the fields of a request's body. null stands for a field that is left out, as in OpenAI's API."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Mapping
from pilotlight_runtime.messages import is_unicode, summarize
from pilotlight_runtime.protocol.openai.errors import InvalidField


class Fields:
    """The fields of one JSON object.

    Args:
        document: The object.
        where: Its place in the body, such as "messages[0]."; "" for the body itself.
    """

    __slots__ = ("_document", "_where")

    def __init__(self, document: Mapping[str, Any], where: str = "") -> None:
        self._document = document
        self._where = where

    def name(self, name: str) -> str:
        """The field's name with its place."""
        return self._where + name

    def get(self, name: str) -> Any:
        """The field's value; None where it is left out."""
        return self._document.get(name)

    def refuse(self, name: str, expected: str) -> InvalidField:
        """Makes the error for a field that is not as expected."""
        place = self._where + name
        return InvalidField(place, f"{place} must be {expected}, got {summarize(self._document.get(name))}")

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Reads a number from `low` to `high`."""
        value = self._document.get(name)
        if value is None:
            return default
        if type(value) not in (int, float) or not low <= value <= high:
            raise self.refuse(name, f"a number from {low:g} to {high:g}")
        return float(value)

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Reads a whole number from `low` to `high`."""
        value = self._document.get(name)
        if value is None:
            return default
        if type(value) is not int or not low <= value <= high:
            raise self.refuse(name, f"a whole number from {low} to {high}")
        return value

    def optional_integer(self, name: str, low: int, high: int) -> int | None:
        """Reads a whole number; None where it is left out."""
        return None if self._document.get(name) is None else self.integer(name, 0, low, high)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Reads true or false."""
        value = self._document.get(name)
        if value is None:
            return default
        if type(value) is not bool:
            raise self.refuse(name, "true or false")
        return value

    def text(self, name: str) -> str | None:
        """Reads a text; None where it is left out."""
        value = self._document.get(name)
        return None if value is None else check_text(value, self._where + name)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Reads one of several words."""
        value = self._document.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in choices:
            raise self.refuse(name, "one of " + ", ".join(choices))
        return value

    def object(self, name: str) -> Fields | None:
        """Reads an object; None where it is left out."""
        value = self._document.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.refuse(name, "an object")
        return Fields(value, f"{self._where}{name}.")

    def only(self, *names: str) -> None:
        """Raises InvalidField where the object has another field than these."""
        for name, value in self._document.items():
            if name not in names and value is not None:
                place = self._where + name
                raise InvalidField(
                    place, f"{summarize(place)} is not supported; {self._where.rstrip('.')} takes {', '.join(names)}"
                )


def check_text(value: Any, place: str) -> str:
    """The text; InvalidField where it is none, or has half of a surrogate pair, which UTF-8 cannot hold."""
    if not isinstance(value, str):
        raise InvalidField(place, f"{place} must be text, got {summarize(value)}")
    if not value.isascii() and not is_unicode(value):
        raise InvalidField(place, f"{place} has half of a surrogate pair, which is no character")
    return value


def read_object(body: Any) -> dict[str, Any]:
    """The body as an object; InvalidField where it is none."""
    if not isinstance(body, dict):
        raise InvalidField("", f"the body must be a JSON object, got {summarize(body)}")
    return body
