"""The types of arrays for annotations in a `train.py`. Unlike those of `core/artifacts.py` they exist at run time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
NamedArrays = Mapping[str, Array]
"""Arrays by their names in the signature."""
