"""Tables for a train.py: numbers as x, classes or numbers as y, a quarter held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.data.built_in import TABLES
from pilotlight.training.data.classes import check_classes, number_classes
from pilotlight.training.data.csv_file import load_csv, numbers_of
from pilotlight.training.data.feature_notes import note_features
from pilotlight.training.data.npz import load_npz
from pilotlight.training.data.s3 import fetch_to_file
from pilotlight.training.data.sklearn_tables import load_sklearn_table
from pilotlight.training.data.split import split_rows
from pilotlight.training.data.table import Table
from pilotlight.training.data.target_cells import check_target
from pilotlight.training.run import Run


def load_classes(run: Run, target: str, features: Sequence[str] | None = None) -> Arrays:
    """Reads a table whose target is a class.

    A table is split by `run.seed`: a quarter is held out, with the same share of each class. An .npz file is split
    already.

    Args:
        run: Its `source` is "breast_cancer", "diabetes", "iris", "wine", a PATH.csv, a PATH.npz, or s3://bucket/key of
            one. Its `labels` number the classes; without labels they are numbered in sorted order.
        target: The column of a .csv file with the class.
        features: The columns of a .csv file to learn from, in the model's order; None for all others.

    Returns:
        x as float32 of shape (n, features), y as int64 of 0..classes-1.

    Raises:
        DataError: The data is missing, malformed or too small; the message names line and column.
    """
    found = _load(run, target, features)
    if isinstance(found, Arrays):
        y_train, y_test = number_classes(found.y_train, found.y_test, labels=run.labels, where=run.source)
        arrays = found._replace(y_train=y_train, y_test=y_test)
    else:
        if not run.labels and found.target.dtype.kind == "U":
            check_target(found.target, target, run.source, found.lines)
        (y,) = number_classes(found.target, labels=run.labels, where=run.source, lines=found.lines)
        arrays = _split(found, y, run, stratify=y)
    check_classes(arrays, run.labels, run.source)
    return _float32(arrays, run.source, len(features) if features else None)


def load_targets(run: Run, target: str, features: Sequence[str] | None = None) -> Arrays:
    """Reads a table whose target is a number. A quarter is held out, as `load_classes` does it.

    Args:
        run: Its `source` is a source of `load_classes`.
        target: The column of a .csv file with the number.
        features: The columns of a .csv file to learn from, in the model's order; None for all others.

    Returns:
        x as float32 of shape (n, features), y as float64 of shape (n,).

    Raises:
        DataError: The data is missing, malformed or too small; the message names line and column.
    """
    found = _load(run, target, features)
    if isinstance(found, Arrays):
        y_train, y_test = (numbers_of(y, run.source, "y") for y in (found.y_train, found.y_test))
        arrays = found._replace(y_train=y_train, y_test=y_test)
    else:
        y = numbers_of(found.target, run.source, target, found.lines)
        arrays = _split(found, y, run, stratify=None)
    return _float32(arrays, run.source, len(features) if features else None)


def _load(run: Run, target: str, features: Sequence[str] | None) -> Table | Arrays:
    source = run.location
    if source.text in TABLES:
        return load_sklearn_table(source.text)
    if source.suffix not in (".csv", ".tsv", ".npz"):
        known = ", ".join(TABLES)
        hint = f"Give one of {known}, a PATH.csv, a PATH.npz, or s3://bucket/key of one."
        if source.suffix == ".parquet":
            hint = "Read it with load_table."
        raise DataError(f"data source {source.text!r}", "is not known", hint)
    if source.path is None:
        with fetch_to_file(source.text, run.fetch) as path:
            return _read(path, run, target, features)
    return _read(source.path, run, target, features)


def _read(path: Path, run: Run, target: str, features: Sequence[str] | None) -> Table | Arrays:
    if path.suffix == ".npz":
        return check_arrays(load_npz(path, run.source), run.source)
    table = load_csv(path, run.source, target, features)
    for note in table.notes:
        run.progress.note(note)
    return table


def _split(table: Table, y: Array, run: Run, stratify: Array | None) -> Arrays:
    train, test = split_rows(len(y), run.seed, stratify, run.source)
    note_features(run, table.columns)
    return Arrays(table.features[train], y[train], table.features[test], y[test])


def _float32(arrays: Arrays, where: str, width: int | None) -> Arrays:
    """`arrays` with features as float32, as the ONNX model takes them: the fitted model must see the same rounding."""
    for name in ("x_train", "x_test"):
        x = getattr(arrays, name)
        if x.ndim != 2 or x.dtype.kind not in "biuf" or (width is not None and x.shape[1] != width):
            wanted = f"[n, {'features' if width is None else width}]"
            what = f"{name} is {x.dtype} of shape {list(x.shape)}"
            raise DataError(where, what, f"This model takes numbers of shape {wanted}.")
    with np.errstate(over="ignore"):
        arrays = arrays._replace(x_train=arrays.x_train.astype(np.float32), x_test=arrays.x_test.astype(np.float32))
    return check_arrays(arrays, where)
