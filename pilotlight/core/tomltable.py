"""Reading TOML with errors that say where: the file, the field, what was expected and what came."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError

LARGEST: Final = sys.float_info.max
"""TOML writes infinity and NaN; no setting is either."""


class TomlTable:
    """One table with typed reads: ProjectError where the value is another. prefix: stands before each key."""

    def __init__(self, path: Path, prefix: str, values: dict[str, Any]) -> None:
        self._path = path
        self._prefix = prefix
        self._values = values

    def wrong(self, key: str, expected: str, value: object) -> ProjectError:
        return ProjectError(
            str(self._path), f"{self._prefix}{key} is {value!r}, expected {expected}", "Correct that line."
        )

    def only(self, *known: str, old: Sequence[str] = ()) -> None:
        """Refuse keys that are not `known`; `old` ones are read, and not named as known."""
        for key in self._values:
            if key not in known and key not in old:
                raise ProjectError(
                    str(self._path), f"{self._prefix}{key} is not a setting", f"Known are {', '.join(known)}."
                )

    def has(self, key: str) -> bool:
        return key in self._values

    def sub(self, key: str) -> TomlTable | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, "a table", value)
        return TomlTable(self._path, f"{self._prefix}{key}.", value)

    def tables(self, key: str) -> list[TomlTable]:
        value = self._values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "one or more tables", value)
        return [TomlTable(self._path, f"{self._prefix}{key}[{i}].", item) for i, item in enumerate(value)]

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "text", value)
        return value

    def choice(self, key: str, default: str, known: Sequence[str]) -> str:
        value = self.text(key, default)
        if value not in known:
            raise self.wrong(key, f"one of {', '.join(known)}", value)
        return value

    def truth(self, key: str, *, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def texts(self, key: str, least: int) -> tuple[str, ...]:
        value = self._values.get(key)
        right = isinstance(value, list) and len(value) >= least and all(isinstance(item, str) for item in value)
        if not isinstance(value, list) or not right or len(set(value)) != len(value):
            raise self.wrong(key, f"a list of at least {least} different texts", value)
        return tuple(value)

    def integer(self, key: str, default: int | None, least: int) -> int:
        value = self._values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(key, f"a whole number of at least {least}", value)
        return value

    def number(self, key: str, default: float | None, least: float) -> float:
        value = self._values.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= LARGEST:
            raise self.wrong(key, "a finite number" if least < 0 else f"a finite number of at least {least}", value)
        return float(value)

    def shape(self, key: str) -> tuple[int, ...]:
        value = self._values.get(key)
        if not isinstance(value, list) or not all(type(size) is int and size >= -1 for size in value):
            raise self.wrong(key, "a list of sizes, -1 for any", value)
        return tuple(value)
