"""Arrays from a data source: one file a kind of source, and the function that chooses."""

from collections.abc import Callable
from typing import Final

from pilotlight.core.data_source import SourceKind
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.data.built_in import IMAGES, TABLES
from pilotlight.training.data.digits import load_digits
from pilotlight.training.data.npy_folder import load_npy_folder
from pilotlight.training.data.npz import load_npz
from pilotlight.training.data.s3 import load_s3
from pilotlight.training.keras.mnist import load_mnist
from pilotlight.training.run import Run

_LOADERS: Final[dict[str, Callable[[], Arrays]]] = dict(zip(IMAGES, (load_digits, load_mnist), strict=True))


def load_arrays(run: Run) -> Arrays:
    """Load the arrays that `run.source` names, unchanged.

    Args:
        run: Its data source is a built-in set (digits, mnist), a file PATH.npz, a folder of .npy files, or one .npz
            object at s3://bucket/key.npz.

    Returns:
        x_train, y_train, x_test and y_test, with samples along the first axis.

    Raises:
        DataError: The source is not known, cannot be read, or holds arrays that do not fit together.
    """
    source = run.location
    if source.text in _LOADERS:
        arrays = _LOADERS[source.text]()
    elif source.kind is SourceKind.OBJECT:
        arrays = load_s3(source.text, run.fetch)
    elif source.path is not None and source.suffix == ".npz":
        arrays = load_npz(source.path, source.text)
    elif source.path is not None and source.kind is SourceKind.FOLDER:
        arrays = load_npy_folder(source.path, source.text)
    else:
        raise _refusal(source.text, table=source.text in TABLES or source.suffix in (".csv", ".tsv", ".parquet"))
    return check_arrays(arrays, source.text)


def _refusal(source: str, *, table: bool) -> DataError:
    if table:
        hint = "Read it in train.py with load_classes or load_targets, or with load_table where it has words."
        return DataError(f"data source {source!r}", "is a table", hint)
    hint = f"Give one of {', '.join(IMAGES)}, a PATH.npz, a folder of .npy files, or s3://bucket/key.npz."
    return DataError(f"data source {source!r}", "is not known", hint)
