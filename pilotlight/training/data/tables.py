"""Tables as a train.py wants them: numbers to learn from, and classes or numbers to learn, a quarter held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.data.built_in import TABLES
from pilotlight.training.data.bundled import load_bundled
from pilotlight.training.data.classes import as_classes, check_classes
from pilotlight.training.data.csv_file import load_csv, numbers_of
from pilotlight.training.data.npz import load_npz
from pilotlight.training.data.s3 import fetched
from pilotlight.training.data.table import Table
from pilotlight.training.run import Run

HELD_OUT: Final = 0.25


def load_classes(run: Run, target: str, features: Sequence[str] | None = None) -> Arrays:
    """The table that `run.source` names, to be classified: x float32 of shape (n, features), y int64 of 0..classes-1.

    target, features: columns of a .csv file, see load_csv. Classes are numbered as `run.labels` names them, else in
    sorted order. A table is split by `run.seed`, with the same share of each class in both parts; an .npz file is split
    already. DataError where the data cannot be had or learned from.
    """
    found = _load(run, target, features)
    if isinstance(found, Arrays):
        y_train, y_test = as_classes(found.y_train, found.y_test, labels=run.labels, where=run.source)
        arrays = found._replace(y_train=y_train, y_test=y_test)
    else:
        (y,) = as_classes(found.target, labels=run.labels, where=run.source, lines=found.lines)
        arrays = _split(found.features, y, run, stratify=y)
    check_classes(arrays, run.labels, run.source)
    return _singles(arrays, run.source, len(features) if features else None)


def load_targets(run: Run, target: str, features: Sequence[str] | None = None) -> Arrays:
    """The table that `run.source` names, whose target is a number: as load_classes, but y is float64 of shape (n,)."""
    found = _load(run, target, features)
    if isinstance(found, Arrays):
        y_train, y_test = (numbers_of(y, run.source, "y") for y in (found.y_train, found.y_test))
        arrays = found._replace(y_train=y_train, y_test=y_test)
    else:
        y = numbers_of(found.target, run.source, target, found.lines)
        arrays = _split(found.features, y, run, stratify=None)
    return _singles(arrays, run.source, len(features) if features else None)


def _load(run: Run, target: str, features: Sequence[str] | None) -> Table | Arrays:
    source = run.location
    if source.text in TABLES:
        return load_bundled(source.text)
    if source.suffix not in (".csv", ".npz"):
        known = ", ".join(TABLES)
        hint = f"Give one of {known}, a PATH.csv, a PATH.npz, or s3://bucket/key of one."
        raise DataError(f"data source {source.text!r}", "is not known", hint)
    if source.path is None:
        with fetched(source.text, run.fetch) as path:
            return _read(path, run, target, features)
    return _read(source.path, run, target, features)


def _read(path: Path, run: Run, target: str, features: Sequence[str] | None) -> Table | Arrays:
    if path.suffix == ".npz":
        return check_arrays(load_npz(path, run.source), run.source)
    table = load_csv(path, run.source, target, features)
    if table.left_out:
        run.progress.note(f"columns that are not used: {', '.join(table.left_out)}")
    return table


def _split(features: Array, y: Array, run: Run, stratify: Array | None) -> Arrays:
    from sklearn.model_selection import train_test_split

    if len(features) < 2:
        raise DataError(run.source, "has 1 sample", "It needs more: a part is held out to judge the model by.")
    try:
        x_train, x_test, y_train, y_test = train_test_split(
            features, y, test_size=HELD_OUT, random_state=run.seed % 2**32, stratify=stratify
        )
    except ValueError as error:  # a class with one sample, or fewer held-out samples than classes
        raise DataError(
            run.source, f"has {len(y)} samples, too few to hold a quarter out ({error})".rstrip("."), "Give more."
        ) from error
    return Arrays(x_train, y_train, x_test, y_test)


def _singles(arrays: Arrays, where: str, width: int | None) -> Arrays:
    """`arrays` with features as float32, which the ONNX model takes; what is fitted must see the same rounding."""
    for name in ("x_train", "x_test"):
        x = getattr(arrays, name)
        if x.ndim != 2 or x.dtype.kind not in "biuf" or (width is not None and x.shape[1] != width):
            wanted = f"[n, {'features' if width is None else width}]"
            what = f"{name} is {x.dtype} of shape {list(x.shape)}"
            raise DataError(where, what, f"This model takes numbers of shape {wanted}.")
    with np.errstate(over="ignore"):
        arrays = arrays._replace(x_train=arrays.x_train.astype(np.float32), x_test=arrays.x_test.astype(np.float32))
    return check_arrays(arrays, where)
