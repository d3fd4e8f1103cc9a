"""Where training data comes from: one file a source, and the table that chooses."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.data.digits import load_digits
from pilotlight.training.data.npy_folder import load_npy_folder
from pilotlight.training.data.npz import load_npz
from pilotlight.training.data.s3 import load_s3
from pilotlight.training.data.sklearn_tables import SKLEARN_TABLES
from pilotlight.training.keras.mnist import load_mnist
from pilotlight.training.run import Run

BUILT_IN: Final[dict[str, Callable[[], Arrays]]] = {"digits": load_digits, "mnist": load_mnist}


def load_arrays(run: Run) -> Arrays:
    """Reads arrays.

    Args:
        run: Its `source` is "digits", "mnist", a PATH.npz, a folder of .npy files or s3://bucket/key.npz.

    Returns:
        The arrays as they are stored.

    Raises:
        DataError: The data is missing or malformed, or is a table.
    """
    source = run.source
    if source in BUILT_IN:
        arrays = BUILT_IN[source]()
    elif source.startswith("s3://"):
        arrays = load_s3(source, run.fetch)
    elif source.endswith(".npz"):
        arrays = load_npz(Path(source), source)
    elif source and Path(source).is_dir():
        arrays = load_npy_folder(Path(source), source)
    else:
        known = ", ".join(BUILT_IN)
        if source in SKLEARN_TABLES or source.endswith(".csv"):
            hint = "Read it in train.py with load_classes or load_targets, which split it."
            raise DataError(f"data source {source!r}", "is a table", hint)
        raise DataError(
            f"data source {source!r}",
            "is not known",
            f"Give one of {known}, a PATH.npz, a folder of .npy files, or s3://bucket/key.npz.",
        )
    return check_arrays(arrays, source)
