"""A file of four arrays, in the layout that Keras gives mnist.npz."""

import zipfile
from pathlib import Path

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.arrays import Arrays

_HINT = "It needs the arrays x_train, y_train, x_test and y_test, as numpy.savez writes them."


def load_npz(path: str | Path, where: str) -> Arrays:
    """The four arrays of the .npz file at `path`; DataError calls the file `where`. Nothing is ever unpickled."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(where, "is a single array, not an .npz archive", _HINT)
            missing = [name for name in Arrays._fields if name not in file.files]
            if missing:
                raise DataError(
                    where, f"lacks {', '.join(missing)} (it holds {', '.join(file.files) or 'none'})", _HINT
                )
            return Arrays(*(file[name] for name in Arrays._fields))
    except FileNotFoundError as error:
        raise DataError(where, "does not exist", "Check the path after --data.") from error
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if "allow_pickle" in str(error) or "pickled" in str(error):
            what = "holds pickled Python objects (or is no .npz file), which are never loaded"
            raise DataError(where, what, _HINT) from error
        raise DataError(where, f"cannot be read as an .npz file ({error})", _HINT) from error
