"""What a new model must know of the table that it learns from."""

from __future__ import annotations

from dataclasses import dataclass

from pilotlight_runtime.datatypes import Datatype


@dataclass(frozen=True)
class ColumnDescription:
    """One column to learn from.

    Attributes:
        name: The column.
        datatype: BYTES for words, BOOL, INT64 or FP32.
        blanks: Whether some cells have no value.
        is_text: Whether the words are texts of several words, most of them different.
    """

    name: str
    datatype: Datatype
    blanks: bool = False
    is_text: bool = False


@dataclass(frozen=True)
class TableDescription:
    """A table with its target.

    Attributes:
        source: Where the table is, as model.toml names it.
        target: The column to learn.
        columns: The columns to learn from.
        classes: The names of the classes in the order of their numbers; empty where the target is a number.
    """

    source: str
    target: str
    columns: tuple[ColumnDescription, ...]
    classes: tuple[str, ...] = ()
