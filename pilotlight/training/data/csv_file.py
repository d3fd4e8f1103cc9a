"""A table in a .csv file: a header with the columns' names, then one sample a line, in UTF-8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import shorten
from pilotlight.training.data.cell_numbers import parse_number
from pilotlight.training.data.column_choice import Choice, ColumnFacts, check_columns, choose_columns, choose_named
from pilotlight.training.data.column_kinds import ColumnKind, find_kinds
from pilotlight.training.data.csv_columns import make_parser, parse_columns
from pilotlight.training.data.csv_lines import CsvFile, open_csv
from pilotlight.training.data.csv_rows import COMMA
from pilotlight.training.data.number_parsers import NumberParser
from pilotlight.training.data.table import MixedTable, Table, place_of
from pilotlight.training.data.word_parsers import TargetParser
from pilotlight_runtime.datatypes import Datatype

_WORDS_HINT: Final = "Correct the cell or remove the line; for a table with words, use load_table."


def load_csv(path: Path, where: str, target: str, features: Sequence[str] | None) -> Table:
    """Reads the table in a .csv file.

    Args:
        path: The file.
        where: Its name, for messages.
        target: The column to learn; its cells are read as text.
        features: The columns to learn from, in the model's order; None for all others, in the file's order, but for
            those without a name and those that count the rows.

    Raises:
        DataError: The file is missing or malformed; the message names line and column.
    """
    file = open_csv(path, where)
    check_columns(file.header_place, file.names, [*(features or ()), target])
    chosen = _choose(file, target, features, find_kinds(file) if features is None else [])
    commas = file.delimiter != COMMA
    parsers = {name: NumberParser(name, where, blanks=False, commas=commas, hint=_WORDS_HINT) for name in chosen.names}
    columns, lines = parse_columns(file, {**parsers, target: TargetParser(target, where, commas=commas)})
    matrix = np.column_stack([columns[name] for name in chosen.names])
    return Table(chosen.names, matrix, columns[target].astype(str), chosen.notes, lines)


def read_mixed_csv(
    path: Path, where: str, target: str, features: Sequence[str] | None, wanted: Mapping[str, Datatype]
) -> MixedTable:
    """Reads the table in a .csv file, each column in its own datatype.

    Args:
        path: The file.
        where: Its name, for messages.
        target: The column to learn; its cells are read as text.
        features: The columns to learn from; None for all but indexes.
        wanted: The datatypes that columns must have; those of others follow from their cells.

    Raises:
        DataError: The file is missing or malformed; the message names line and column.
    """
    file = open_csv(path, where)
    check_columns(file.header_place, file.names, [*(features or ()), target])
    unknown = None if features is None else [name for name in features if name not in wanted]
    kinds = [] if unknown == [] else find_kinds(file, unknown)
    chosen = _choose(file, target, features, kinds)
    kinds = [kind for kind in kinds if kind.name in chosen.names]
    datatypes = {**{kind.name: kind.datatype for kind in kinds}, **wanted}
    parsers = {name: make_parser(file, name, datatypes[name]) for name in chosen.names}
    target_parser = TargetParser(target, where, commas=file.delimiter != COMMA)
    columns, lines = parse_columns(file, {**parsers, target: target_parser})
    texts = columns.pop(target).astype(str)
    return MixedTable(columns, texts, chosen.notes + tuple(kind.note for kind in kinds if kind.note), lines)


def _choose(file: CsvFile, target: str, features: Sequence[str] | None, kinds: Sequence[ColumnKind]) -> Choice:
    """Choose the columns to learn from, and collect what a person should know about the file."""
    notes = (file.delimiter_note,) if file.delimiter_note else ()
    if features is not None:
        chosen = choose_named(file.names, features, target)
    elif set(file.names) == {target}:
        raise DataError(file.header_place, f"has no column but {target!r}", "Add at least one feature column.")
    else:
        facts = [ColumnFacts(kind.name, kind.counts_rows) for kind in kinds]
        chosen = choose_columns(facts, target, file.where)
    return chosen._replace(notes=notes + chosen.notes)


def numbers_of(texts: Array, where: str, target: str, lines: Sequence[int] = ()) -> Array:
    """The target as float64. lines: see Table.

    Raises:
        DataError: A value is not a finite number; the message names its sample.
    """
    for index, text in enumerate(texts.tolist()):
        if parse_number(str(text)) is None:
            what = f"column {target!r} holds {shorten(str(text), 40)!r}, which is not a finite number"
            raise DataError(place_of(where, index, lines), what, "Correct or remove that sample.")
    return texts.astype(np.float64)
