"""Describes a table for a new model: which columns to learn from, and what the target is."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.data_source import DataSource
from pilotlight.core.errors import DataError
from pilotlight.core.printable import join_names, name_of
from pilotlight.core.progress import Progress
from pilotlight.core.table_description import ColumnDescription, TableDescription
from pilotlight.training.data.classes import list_classes, unify_numbers
from pilotlight.training.data.column_types import find_datatype
from pilotlight.training.data.load_table import read_source
from pilotlight.training.data.table import MixedTable
from pilotlight.training.data.target import MOST_CLASSES, find_numbers
from pilotlight.training.data.target_cells import check_target, note_marks
from pilotlight.training.run import Fetch
from pilotlight_runtime.datatypes import BYTES, FP32

MOST_CATEGORIES: Final = 50
"""A column of more different words is a text, or has categories that are too rare to learn from."""
_MOST_WORD_CLASSES: Final = 200
_TEXT_WORDS: Final = 3
"""The words in a cell, on average, from which on it is a text."""


def describe_table(source: DataSource, target: str, progress: Progress, fetch: Fetch | None = None) -> TableDescription:
    """Describes a table. What is left out and what words become is noted.

    Args:
        source: The table: a .csv, .tsv or .parquet file, an object in S3, or a built-in table.
        target: The column to learn.
        progress: Gets the notes.
        fetch: Downloads s3:// addresses; None without an AWS client.

    Raises:
        DataError: The table is missing or malformed, the target is missing, blank somewhere, all the same, or has too
            many classes, or a column is blank in every line.
    """
    table = read_source(source, fetch, target, None, {})
    check_target(table.target, target, source.text, table.lines)
    for note in table.notes:
        progress.note(note)
    classes = _find_classes(table, target, source.text)
    kept = [_describe(name, column) for name, column in table.columns.items() if not _names_rows(column)]
    left_out = [name for name in table.columns if name not in {column.name for column in kept}]
    for name in left_out:
        progress.note(f"left out the column {name_of(name)!r} of {source.text}, which has another word in each line")
    if not kept:
        raise DataError(source.text, f"has no column to learn {name_of(target)!r} from", "Add a feature column.")
    for note in note_marks(table.target, target, source.text) if classes else ():
        progress.note(note)
    kind = f"{len(classes)} classes: {join_names(classes)}" if classes else "a number"
    progress.note(f"{len(table.target):,} lines; the target {name_of(target)!r} is {kind}")
    progress.note(f"features: {', '.join(f'{name_of(column.name)} ({column.datatype.name})' for column in kept)}")
    return TableDescription(source.text, target, tuple(kept), classes)


def _find_classes(table: MixedTable, target: str, where: str) -> tuple[str, ...]:
    """Return the classes of the target; none where it is a number."""
    texts = unify_numbers(table.target)
    counts = Counter(texts.tolist())
    numbers = find_numbers(table.target)
    if len(counts) == 1:
        what = f"has one value in the target {name_of(target)!r}: {name_of(next(iter(counts)))}"
        raise DataError(where, what, "Add lines of a second class, or name another --target.")
    if numbers is not None and (numbers.dtype.kind == "f" or len(counts) > MOST_CLASSES):
        return ()
    if len(counts) > _MOST_WORD_CLASSES:
        what = f"has {len(counts)} different words in the target {name_of(target)!r}, which are too many for classes"
        raise DataError(where, what, f"Name a --target of at most {_MOST_WORD_CLASSES} classes, or of numbers.")
    rare = [name for name, count in counts.items() if count < 2]
    if rare:
        what = f"has one line of the class {name_of(rare[0])!r} in the target {name_of(target)!r}"
        raise DataError(where, what, "Add lines of that class, or remove it: each class needs a line to be held out.")
    return tuple(list_classes(texts))


def _describe(name: str, column: Array) -> ColumnDescription:
    datatype = find_datatype(column)
    blanks = bool((column == "").any()) if datatype is BYTES else datatype is FP32 and bool(np.isnan(column).any())
    return ColumnDescription(name, datatype, blanks, datatype is BYTES and _holds_texts(column))


def _holds_texts(column: Array) -> bool:
    words = [len(text.split()) for text in column.tolist() if text]
    return len(set(column.tolist())) > MOST_CATEGORIES and sum(words) >= _TEXT_WORDS * len(words)


def _names_rows(column: Array) -> bool:
    """Return whether each line has another word, as a name or a number of a document is."""
    if column.dtype.kind != "O" or _holds_texts(column):
        return False
    return len(column) > MOST_CATEGORIES and len(set(column.tolist())) == len(column)
