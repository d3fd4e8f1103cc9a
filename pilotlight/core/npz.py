"""Files of named arrays, as numpy.savez writes them."""

import zipfile
from pathlib import Path

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError


def read_npz(path: Path, where: str, hint: str) -> dict[str, Array]:
    """Every array in the .npz file at `path`, by name. Nothing is ever unpickled.

    DataError, which calls the file `where` and ends with `hint`, for a missing, damaged or other file.
    """
    try:
        # numpy leaves the file open when it turns out to be no archive, so it is opened here.
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.lib.npyio.NpzFile):
                return {name: found[name] for name in found.files}
    except FileNotFoundError as error:
        raise DataError(where, "does not exist", "Check the path.") from error
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if "pickle" in str(error):
            what = "holds pickled Python objects, which are never loaded, or is no .npz file"
            raise DataError(where, what, hint) from error
        raise DataError(where, f"cannot be read as an .npz file ({error})", hint) from error
    raise DataError(where, "is a single array, not an .npz archive", hint)
