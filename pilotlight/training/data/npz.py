"""An .npz file of four arrays, in the layout of Keras's mnist.npz, or of several arrays for each part.

Several inputs or outputs are arrays with a dot: x_train.image and x_train.meta, y_train.price and y_train.risk.
"""

from pathlib import Path

from pilotlight.core.npz import read_npz
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.data.parts import join_parts

_HINT = (
    "It needs the arrays x_train, y_train, x_test and y_test, as numpy.savez writes them; several inputs are "
    "x_train.NAME, and so on."
)


def load_npz(path: Path, where: str) -> Arrays:
    """The arrays of an .npz file. where: the file's name, for messages.

    Raises:
        DataError: The file is missing or malformed.
    """
    return join_parts(read_npz(path, where, _HINT), where, _HINT)
