"""A folder of .npy files, one for each array: for data larger than memory."""

import os
from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.npy import InvalidArray, read_header
from pilotlight.core.outside import Origin, open_file
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.data.parts import join_parts

_HINT: Final = (
    "It needs x_train.npy, y_train.npy, x_test.npy and y_test.npy, as numpy.save writes them; several inputs are "
    "x_train.NAME.npy, and so on."
)


def load_npy_folder(folder: Path, where: str) -> Arrays:
    """The arrays of a folder, memory-mapped: a part is read when it is used. where: the folder's name, for messages.

    Raises:
        DataError: A file is missing or malformed.
    """
    origin = Origin(where, _HINT)
    found: dict[str, Array] = {}
    for part in Arrays._fields:
        paths = sorted(folder.glob(f"{part}.*.npy"))
        single = folder / f"{part}.npy"
        if os.path.lexists(single) or not paths:
            paths.append(single)
        found |= {path.name.removesuffix(".npy"): _map_array(path, origin) for path in paths}
    return join_parts(found, where, _HINT)


def _map_array(path: Path, origin: Origin) -> Array:
    """Map the array in a file. Its header is checked first: numpy maps whatever a header says."""
    if not os.path.lexists(path):
        raise origin.refuse(f"lacks {path.name}")
    with open_file(path, Origin(f"{origin.where}: {path.name}", origin.hint)) as file:
        try:
            read_header(file, os.fstat(file.fileno()).st_size)
        except InvalidArray as error:
            raise origin.refuse(f"{path.name} is not an array of numbers or text (it {error})") from error
    found: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return found
