"""The 1,797 handwritten digits in scikit-learn's wheel (UCI ML hand-written digits, test part)."""

from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays

_SIDE: Final = 28
_HELD_OUT: Final = 360
"""Of 1,797: a fifth, and enough for the 256 samples that verification compares."""
_SPLIT_SEED: Final = 20
"""The split is always the same: the seed of a run does not change it."""


def load_digits() -> Arrays:
    """1,437 training and 360 held-out images of uint8 0..255, shape (n, 28, 28), white on black; digits 0..9 as y.

    The same share of each digit is held out.

    Raises:
        DataError: scikit-learn is not installed.
    """
    try:
        from sklearn import datasets, model_selection
    except ImportError as error:
        raise DataError(
            "data source 'digits'", "needs scikit-learn", "Install it with `pip install 'pilotlight[train]'`."
        ) from error
    bunch = datasets.load_digits()
    x_train, x_test, y_train, y_test = model_selection.train_test_split(
        _enlarge(bunch.images),
        bunch.target.astype(np.uint8),
        test_size=_HELD_OUT,
        random_state=_SPLIT_SEED,
        stratify=bunch.target,
    )
    return Arrays(x_train, y_train, x_test, y_test)


def _enlarge(images: Array) -> Array:
    """8x8 images of 0..16 as 28x28 images of 0..255, interpolated bicubically."""
    from PIL import Image

    grey = np.round(images.astype(np.float64) * (255 / 16)).astype(np.uint8)
    size = (_SIDE, _SIDE)
    return np.stack([np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)) for image in grey])
