"""Tables with words for a train.py: a frame with a column for each input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array, Dataset
from pilotlight.core.data_source import DataSource, SourceKind
from pilotlight.core.errors import DataError
from pilotlight.core.printable import name_of
from pilotlight.core.samples import take_samples
from pilotlight.training.data.arrays import Arrays, fingerprint
from pilotlight.training.data.built_in import TABLES
from pilotlight.training.data.classes import check_classes
from pilotlight.training.data.column_choice import check_columns
from pilotlight.training.data.column_types import cast_columns, list_declared
from pilotlight.training.data.csv_file import read_mixed_csv
from pilotlight.training.data.feature_notes import note_features
from pilotlight.training.data.parquet_file import read_parquet
from pilotlight.training.data.s3 import fetch_to_file
from pilotlight.training.data.sklearn_tables import load_sklearn_table
from pilotlight.training.data.split import split_rows
from pilotlight.training.data.table import MixedTable
from pilotlight.training.data.target import read_target
from pilotlight.training.data.target_cells import check_target, note_marks
from pilotlight.training.run import Fetch, Run
from pilotlight_runtime.datatypes import Datatype

TABLE_FILES: Final = (".csv", ".tsv", ".parquet")


def load_table(run: Run, target: str, features: Sequence[str] | None = None) -> Dataset:
    """Reads a table with words, numbers, blanks and true or false, and holds out a quarter, chosen by `run.seed`.

    Where [signature] of model.toml has one input for each column, exactly these columns are read, in their datatypes.
    Otherwise all columns but the target are, apart from those without a name and those that count the rows; a column of
    numbers is INT64 where all are whole and none is missing, else FP32.

    Args:
        run: Its `source` is a PATH.csv, PATH.tsv or PATH.parquet, s3://bucket/key of one, or "breast_cancer",
            "diabetes", "iris" or "wine". Its `labels` number the classes.
        target: The column to learn.
        features: The columns to learn from; None for those above.

    Returns:
        x as pandas frames with a column for each input: float32 with NaN for a missing number, int64, bool, or words
        with "" for a blank. x is float32 of shape (n, features) where [signature] has one input of that shape. y is
        int64 of 0..classes-1 where [labels] or words name classes, int64 for whole numbers, else float64.

    Raises:
        DataError: The data is missing, malformed or too small, a column is missing or blank in every line, the
            target is blank somewhere or has a missing mark among numbers, or all samples have the same class. The
            message names line and column.
    """
    table = read_source(run.location, run.fetch, target, features, list_declared(run.signature) or {})
    if not run.labels:
        check_target(table.target, target, run.source, table.lines)
    y, names, is_class = read_target(table.target, run.labels, run.source, table.lines)
    if len(np.unique(y)) == 1:
        what = f"has the same value in every line of the target {name_of(target)!r}"
        raise DataError(run.source, what, "Add lines with another one.")
    train, test = split_rows(len(y), run.seed, y if is_class else None, run.source)
    x = _join(table.columns, run.source) if _takes_matrix(run) else _make_frame(table.columns, run.source)
    arrays = Arrays(take_samples(x, train), y[train], take_samples(x, test), y[test])
    if names:
        check_classes(arrays, names, run.source)
    marks = () if run.labels or not names else note_marks(table.target, target, run.source)
    for note in (*table.notes, *marks):
        run.progress.note(note)
    note_features(run, list(table.columns))
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays), classes=names)


def read_table(
    path: Path, where: str, target: str, features: Sequence[str] | None, wanted: Mapping[str, Datatype]
) -> MixedTable:
    """Reads the table in a file by its suffix.

    Args:
        path: A file of TABLE_FILES.
        where: Its name, for messages.
        target: The column to learn.
        features: The columns to learn from; None for those of `wanted`, or for all but indexes.
        wanted: The datatypes that columns must have; those of others follow from what they hold.

    Returns:
        The table, with columns of float32, int64, bool or words.

    Raises:
        DataError: See `load_table`.
    """
    if features is None and wanted:
        features = list(wanted)
    if path.suffix == ".parquet":
        table = read_parquet(path, where, target, features)
    else:
        table = read_mixed_csv(path, where, target, features, wanted)
    return table._replace(columns=cast_columns(table.columns, wanted, where))


def read_source(
    source: DataSource,
    fetch: Fetch | None,
    target: str,
    features: Sequence[str] | None,
    wanted: Mapping[str, Datatype],
) -> MixedTable:
    """Reads the table that a data source names.

    Args:
        source: A file of TABLE_FILES, an object of such a name in S3, or one of TABLES.
        fetch: Downloads s3:// addresses; None without an AWS client.
        target: See `read_table`.
        features: See `read_table`.
        wanted: See `read_table`.

    Raises:
        DataError: See `load_table`.
    """
    if source.text in TABLES:
        table = load_sklearn_table(source.text)
        columns = dict(zip(table.columns, table.features.T, strict=True))
        chosen = list(features or wanted or columns)
        check_columns(source.text, table.columns, chosen)
        cast = cast_columns({name: columns[name] for name in chosen}, wanted, source.text)
        return MixedTable(cast, table.target.astype(str))
    if Path(source.text).suffix in TABLE_FILES and source.kind is SourceKind.NAME:
        raise DataError(source.text, "does not exist", "Check the path.")
    if source.suffix not in TABLE_FILES:
        hint = f"Give a PATH{', a PATH'.join(TABLE_FILES)}, s3://bucket/key of one, or one of {', '.join(TABLES)}."
        raise DataError(f"data source {source.text!r}", "is no table with named columns", hint)
    if source.path is None:
        with fetch_to_file(source.text, fetch) as path:
            return read_table(path, source.text, target, features, wanted)
    return read_table(source.path, source.text, target, features, wanted)


def _takes_matrix(run: Run) -> bool:
    """Return whether [signature] has one input for all columns."""
    return run.signature is not None and list_declared(run.signature) is None and len(run.signature.inputs) == 1


def _join(columns: Mapping[str, Array], where: str) -> Array:
    """Return columns of numbers as the float32 matrix that a single input takes."""
    for name, column in columns.items():
        if column.dtype.kind not in "if":
            what = f"column {name_of(name)!r} holds words, and [signature] in model.toml has one input for all columns"
            hint = "Give each column its own input in model.toml, as `pilotlight new NAME --data FILE` writes them."
            raise DataError(where, what, hint)
    return np.column_stack([column.astype(np.float32) for column in columns.values()])


def _make_frame(columns: Mapping[str, Array], where: str) -> Any:
    try:
        import pandas as pd
    except ImportError as error:
        hint = "Run `pip install 'pilotlight[tables]'`; load_classes and load_targets read numbers without it."
        raise DataError(where, "needs pandas to be read as a table with words", hint) from error
    return pd.DataFrame({name: pd.Series(column, dtype=column.dtype) for name, column in columns.items()})
