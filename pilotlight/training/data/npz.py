"""An .npz file of four arrays, in the layout of Keras's mnist.npz."""

from pathlib import Path

from pilotlight.core.errors import DataError
from pilotlight.core.npz import read_npz
from pilotlight.core.printable import join_names
from pilotlight.training.data.arrays import Arrays

_HINT = "It needs the arrays x_train, y_train, x_test and y_test, as numpy.savez writes them."


def load_npz(path: Path, where: str) -> Arrays:
    """The four arrays of an .npz file. where: the file's name, for messages.

    Raises:
        DataError: The file is missing or malformed.
    """
    arrays = read_npz(path, where, _HINT)
    missing = [name for name in Arrays._fields if name not in arrays]
    if missing:
        raise DataError(where, f"lacks {', '.join(missing)} (it holds {join_names(arrays) or 'none'})", _HINT)
    return Arrays(*(arrays[name] for name in Arrays._fields))
