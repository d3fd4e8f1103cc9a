"""A folder of four .npy files, one for each array: for data larger than memory."""

from pathlib import Path

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.core.exception_text import first_line
from pilotlight.training.data.arrays import Arrays

_HINT = "It needs x_train.npy, y_train.npy, x_test.npy and y_test.npy, as numpy.save writes them."


def load_npy_folder(folder: Path, where: str) -> Arrays:
    """The four arrays, memory-mapped: a part is read when it is used. where: the folder's name, for messages.

    Raises:
        DataError: A file is missing or malformed.
    """
    found = []
    for name in Arrays._fields:
        try:
            found.append(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        except FileNotFoundError as error:
            raise DataError(where, f"lacks {name}.npy", _HINT) from error
        except (ValueError, EOFError) as error:
            what = f"{name}.npy is not an array of numbers or text ({first_line(error)})"
            raise DataError(where, what, _HINT) from error
    return Arrays(*found)
