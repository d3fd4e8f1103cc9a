"""Every function of keras.ops that computes tensors from tensors.

making.py          how a function becomes a row
elementwise.py     numbers by themselves
arrays.py          places, order, sums, and arrays made of nothing
networks.py        layers and losses
images.py          keras.ops.image
control_flow.py    loops, branches, and functions of functions
linear_algebra.py  matrices and signals
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import keras

from benchmarks.tables.keras_case import Recipe
from benchmarks.tables.keras_ops import arrays, control_flow, elementwise, images, linear_algebra, networks

LEFT_OUT: Final[dict[str, str]] = {
    "convert_to_numpy": "gives a NumPy array",
    "dtype": "gives a text",
    "is_tensor": "gives a Python value",
    "ndim": "gives a Python number",
    "shape": "gives a Python tuple",
    "image": "is a module, whose functions are rows",
    "linalg": "is a module, whose functions are rows",
    "nn": "is a module, whose functions are rows",
    "numpy": "is a module, whose functions are rows",
}
"""Public names that are no rows, and why."""

_FIXED: Final = (
    *("argpartition", "fold", "gcd", "histogram", "image.elastic_transform", "image.map_coordinates", "jvp", "lcm"),
    *("unfold", "unique"),
)
"""They need a fixed batch: Keras cannot trace them with an open one, or their answer depends on the whole batch."""
_UNTRACEABLE: Final = {
    **dict.fromkeys(("corrcoef", "isin"), "Using a symbolic `tf.Tensor` as a Python `bool` is not allowed"),
    "associative_scan": "as_list() is not defined on an unknown TensorShape",
    "vectorize": "Not supported with `vectorize()` with the TensorFlow backend",
    "kron": "'SymbolicTensor' object cannot be interpreted as an integer",
}
"""What Keras says of functions that it cannot trace on TensorFlow in any model."""
_MAPPED: Final = "Keras traces it only without `axis`: call it for each sample, as keras.ops.map({}, x)."
_NOTES: Final = {
    "bartlett": "Keras computes it only outside of a trace: call it in the __init__ of the layer.",
    "view": "Between integers of one size. The bits of other numbers are refused.",
    "jvp": "Only with a fixed batch size: give the model keras.Input(…, batch_size=N).",
    "nanmedian": _MAPPED.format("keras.ops.nanmedian"),
    "nanpercentile": _MAPPED.format("lambda sample: keras.ops.nanpercentile(sample, q)"),
    "nanquantile": _MAPPED.format("lambda sample: keras.ops.nanquantile(sample, q)"),
}
"""What a person has to know of functions that work."""
_MODULES: Final = (elementwise, arrays, networks, images, control_flow, linear_algebra)
_ALL: Final = {name: recipe for module in _MODULES for name, recipe in module.RECIPES.items()}
RECIPES: Final[Mapping[str, Recipe]] = {
    name: recipe._replace(fixed=name in _FIXED, untraceable=_UNTRACEABLE.get(name, ""), note=_NOTES.get(name, ""))
    for name, recipe in _ALL.items()
}


def list_names() -> list[str]:
    """Return the public names that are rows."""
    public = [name for name in dir(keras.ops) if not name.startswith("_") and name not in LEFT_OUT]
    return public + [f"image.{name}" for name in dir(keras.ops.image) if not name.startswith("_")]
