"""The 1,797 handwritten digits that scikit-learn's wheel carries (UCI ML hand-written digits, test part)."""

from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays

_SIDE: Final = 28
_HELD_OUT: Final = 360
"""Of 1,797: one in five, and enough for the gate's 256 samples."""
_SPLIT_SEED: Final = 20
"""The split belongs to the data, so it does not follow the seed of a run."""


def load_digits() -> Arrays:
    """Images of uint8 0..255, shape (n, 28, 28), white on black as in MNIST; labels 0..9. 1,437 and 360 of them.

    The split is always the same and holds out the same share of each digit.
    """
    try:
        from sklearn import datasets, model_selection
    except ImportError as error:
        raise DataError(
            "data source 'digits'", "needs scikit-learn", "Install it with `pip install 'pilotlight[train]'`."
        ) from error
    bunch = datasets.load_digits()
    x_train, x_test, y_train, y_test = model_selection.train_test_split(
        _enlarged(bunch.images),
        bunch.target.astype(np.uint8),
        test_size=_HELD_OUT,
        random_state=_SPLIT_SEED,
        stratify=bunch.target,
    )
    return Arrays(x_train, y_train, x_test, y_test)


def _enlarged(images: Array) -> Array:
    """8x8 images of 0..16 as 28x28 images of 0..255, interpolated bicubically."""
    from PIL import Image

    grey = np.round(images.astype(np.float64) * (255 / 16)).astype(np.uint8)
    size = (_SIDE, _SIDE)
    return np.stack([np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)) for image in grey])
