"""Typed reads of TOML, with errors that name the file, the field, the expected type and the value."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError

LARGEST: Final = sys.float_info.max
"""TOML allows infinity and NaN, but no setting does."""
_MAX_SHOWN: Final = 200
"""Characters of a wrong value in an error."""


class TomlTable:
    """One table of a TOML file. Each read raises ProjectError where the value has the wrong type.

    Args:
        path: The file, for errors.
        prefix: The prefix of each key in an error, such as "training.".
        values: The parsed table.
    """

    def __init__(self, path: Path, prefix: str, values: dict[str, Any]) -> None:
        self._path = path
        self._prefix = prefix
        self._values = values

    def invalid(self, key: str, expected: str, value: object) -> ProjectError:
        """Return the error for a wrong or missing value.

        Args:
            key: The key.
            expected: What was expected, such as "text".
            value: The value in the file, or its default; None where the key is missing.
        """
        if value is None:  # TOML has no null
            return ProjectError(
                str(self._path), f"{self._prefix}{key} is missing, expected {expected}", "Add that line."
            )
        found = _describe_value(value)
        return ProjectError(
            str(self._path), f"{self._prefix}{key} is {found}, expected {expected}", "Correct that line."
        )

    def check_keys(self, *known: str, old: Sequence[str] = ()) -> None:
        """Raise ProjectError for an unknown key.

        Args:
            *known: The allowed keys.
            old: Older keys, which are accepted but not listed in the error.
        """
        for key in self._values:
            if key not in known and key not in old:
                raise ProjectError(
                    str(self._path), f"{self._prefix}{key} is not a setting", f"Known are {', '.join(known)}."
                )

    def has(self, key: str) -> bool:
        """Return whether the table has a key."""
        return key in self._values

    def list_keys(self) -> list[str]:
        """Return the keys of the table, in the order of the file."""
        return list(self._values)

    def read_value(self, key: str) -> object:
        """Return the value of a key as TOML has it; None where the key is missing."""
        return self._values.get(key)

    def is_list(self, key: str) -> bool:
        """Return whether the value of a key is a list, such as an array of tables."""
        return isinstance(self._values.get(key), list)

    def read_table(self, key: str) -> TomlTable | None:
        """Return the table of a key; None where the key is missing."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.invalid(key, "a table", value)
        return TomlTable(self._path, f"{self._prefix}{key}.", value)

    def read_tables(self, key: str) -> list[TomlTable]:
        """Return the tables of a key, which must be a list of at least one table."""
        value = self._values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.invalid(key, "one or more tables", value)
        return [TomlTable(self._path, f"{self._prefix}{key}[{i}].", item) for i, item in enumerate(value)]

    def read_text(self, key: str, default: str | None = None) -> str:
        """Return the text of a key. Without a default, the key is required."""
        value = self._values.get(key, default)
        if not isinstance(value, str):
            raise self.invalid(key, "text", value)
        return value

    def read_choice(self, key: str, default: str, known: Sequence[str]) -> str:
        """Return the text of a key, which must be one of `known`."""
        value = self.read_text(key, default)
        if value not in known:
            raise self.invalid(key, f"one of {', '.join(known)}", value)
        return value

    def read_boolean(self, key: str, *, default: bool) -> bool:
        """Return the boolean of a key."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self.invalid(key, "true or false", value)
        return value

    def read_texts(self, key: str, least: int) -> tuple[str, ...]:
        """Return the texts of a key, which must be at least `least` different ones."""
        value = self._values.get(key)
        right = isinstance(value, list) and len(value) >= least and all(isinstance(item, str) for item in value)
        if not isinstance(value, list) or not right or len(set(value)) != len(value):
            raise self.invalid(key, f"a list of at least {least} different texts", value)
        return tuple(value)

    def read_integer(self, key: str, default: int | None, least: int) -> int:
        """Return the whole number of a key, at least `least`. None as the default makes the key required."""
        value = self._values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.invalid(key, f"a whole number of at least {least}", value)
        return value

    def read_number(self, key: str, default: float | None, least: float) -> float:
        """Return the finite number of a key, at least `least`. None as the default makes the key required."""
        value = self._values.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= LARGEST:
            raise self.invalid(key, "a finite number" if least < 0 else f"a finite number of at least {least}", value)
        return float(value)

    def read_shape(self, key: str) -> tuple[int, ...]:
        """Return the shape of a key: a list of sizes, where -1 stands for any size."""
        value = self._values.get(key)
        if not isinstance(value, list) or not all(type(size) is int and size >= -1 for size in value):
            raise self.invalid(key, "a list of sizes, -1 for any", value)
        return tuple(value)


def _describe_value(value: object) -> str:
    """Return a value as Python writes it, and no more than one line of it."""
    try:
        text = repr(value)
    except ValueError:  # a hexadecimal number with more digits than Python writes in decimal
        return "a number with thousands of digits"
    except RecursionError:
        return "a deeply nested value"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
