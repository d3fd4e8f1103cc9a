"""Files of named arrays, as numpy.savez writes them."""

import zipfile
from pathlib import Path

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError


def read_npz(path: Path, where: str, hint: str) -> dict[str, Array]:
    """Read every array of an .npz file. Pickled objects are never loaded.

    Args:
        path: The file.
        where: The name of the file in an error.
        hint: What to do about a wrong file, for an error.

    Returns:
        The arrays by name.

    Raises:
        DataError: The file is missing, damaged or of another format.
    """
    try:
        # np.load leaves the file open when it is no archive, so it is opened and closed here.
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.lib.npyio.NpzFile):
                return {name: found[name] for name in found.files}
    except FileNotFoundError as error:
        raise DataError(where, "does not exist", "Check the path.") from error
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if "pickle" in str(error):
            what = "contains pickled Python objects, which are never loaded, or is not an .npz file"
            raise DataError(where, what, hint) from error
        raise DataError(where, f"cannot be read as an .npz file ({error})", hint) from error
    raise DataError(where, "is a single array, not an .npz archive", hint)
