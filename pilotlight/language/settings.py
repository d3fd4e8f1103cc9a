"""Typed reads of a model's own configuration, with errors that name the file, the key and the value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pilotlight.core.documents import describe
from pilotlight.core.errors import ConversionError

_HINT = "Download or convert the model again."


class Settings:
    """The configuration of a model: config.json, or the metadata of a GGUF file.

    Args:
        where: The file, for messages.
        values: The values by key.
    """

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        self.where = where
        self.values = values

    def get(self, key: str) -> Any:
        """Return a value; None where it is missing or null."""
        return self.values.get(key)

    def count(self, key: str, default: int | None = None) -> int:
        """Return a whole number of at least 1. Without a default it must be there."""
        value = self.get(key)
        value = default if value is None else value
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
            raise self.wrong(key, "a whole number from 1", value)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number above 0. Without a default it must be there."""
        value = self.get(key)
        value = default if value is None else value
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value <= 0:
            raise self.wrong(key, "a number above 0", value)
        return float(value)

    def part(self, key: str) -> Settings | None:
        """Return an object inside this one; None where it is missing or null."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, "an object", value)
        return Settings(f"{self.where}, {key}", value)

    def require(self, key: str, known: Sequence[Any]) -> None:
        """Refuse a value that is none of `known`, by its name. A missing value is one."""
        value = self.get(key)
        if value is not None and value not in known:
            shown = describe(value)
            hint = f"Supported: {', '.join(map(str, known))}." if known else "Take the model without it."
            raise ConversionError(self.where, f"has {key}: {shown}, which is not supported", hint)

    def wrong(self, key: str, expected: str, value: object) -> ConversionError:
        """Return the error for a value of the wrong type."""
        if value is None:
            return ConversionError(self.where, f"has no {key}", _HINT)
        return ConversionError(self.where, f"has {key}: {describe(value)}, not {expected}", _HINT)
