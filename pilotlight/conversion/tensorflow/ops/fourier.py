"""Discrete Fourier transforms as products with their matrices, in double precision. Their length must be fixed.

ONNX's own DFT reads one tensor of pairs, and takes no half spectrum in its inverse before operator set 20.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, NoForm

LONGEST: Final = 4096
"""The longest transform. Its two matrices have the square of it in elements, of eight bytes each."""

Parts: TypeAlias = "tuple[str, str | None]"
"""The real and the imaginary part; None for the imaginary part of real numbers."""
Transform: TypeAlias = "Callable[[Any, Any, Parts], tuple[str, str] | str]"
"""Takes the graph, the operation and the parts of its input, and returns the parts of its result."""


class _Signal:
    """Two parts in double precision, with products from the right (the last axis) or from the left."""

    def __init__(self, build: Builder, parts: Parts) -> None:
        self.build = build
        self.real, self.imaginary = (None if part is None else build.cast(part, TensorProto.DOUBLE) for part in parts)

    def multiply(self, waves: NDArray[Any], *, left: bool = False) -> None:
        """Multiply by the complex matrix `waves`."""
        real, imaginary = np.ascontiguousarray(waves.real), np.ascontiguousarray(waves.imag)
        a, b = self._product(self.real, real, left=left), self._product(self.real, imaginary, left=left)
        if self.imaginary is None:
            self.real, self.imaginary = a, b
            return
        c, d = self._product(self.imaginary, imaginary, left=left), self._product(self.imaginary, real, left=left)
        self.real, self.imaginary = self.build.add("Sub", a, c), self.build.add("Add", b, d)

    def _product(self, part: str | None, matrix: NDArray[Any], *, left: bool) -> str:
        operands = (matrix, str(part)) if left else (str(part), matrix)
        return self.build.add("MatMul", *operands)

    def parts(self, datatype: int) -> tuple[str, str]:
        """Return both parts, cast to a `TensorProto.DataType`."""
        return self.build.cast(str(self.real), datatype), self.build.cast(str(self.imaginary), datatype)


def _waves(rows: int, columns: int, length: int, sign: int) -> NDArray[Any]:
    """Return exp(sign 2πi rk / length). Exponents are reduced first, so that no digits are lost."""
    turns = np.outer(np.arange(rows), np.arange(columns)) % length
    return np.asarray(np.exp(sign * 2j * np.pi * turns / length))


def _check_length(length: int) -> int:
    if length < 1:
        raise NoForm("the length of its transform is open")
    if length > LONGEST:
        raise NoForm(f"its transform has the length {length}, and {LONGEST} is the longest")
    return length


def _open(graph: Any, node: Any, parts: Parts) -> tuple[Builder, _Signal, list[int], int]:
    """Return what every transform needs: also the shape of the input, and the datatype of the parts."""
    build = Builder(graph, node)
    build.datatype = graph.get_dtype(parts[0])
    shape = graph.get_shape(node.input[0])
    if shape is None:
        raise NoForm("the rank of its input is unknown")
    return build, _Signal(build, parts), list(shape), build.datatype


def _along(axes: int, sign: int) -> Transform:
    """The transform along the last axes, forward (sign -1) or inverse."""

    def transform(graph: Any, node: Any, parts: Parts) -> tuple[str, str]:
        _, signal, shape, datatype = _open(graph, node, parts)
        for axis in range(1, axes + 1):
            length = _check_length(shape[-axis])
            scale = 1 if sign < 0 else length
            signal.multiply(_waves(length, length, length, sign) / scale, left=axis == 2)
        return signal.parts(datatype)

    return transform


def _fit(build: Builder, value: str, size: int, wanted: int) -> str:
    """Cut the last axis, or append zeros to it, as TensorFlow does where the length is another one."""
    if size == wanted:
        return value
    if size > wanted:
        return build.add("Slice", value, [0], [wanted], [-1])
    rank = len(build.graph.get_shape(value) or build.shape(0))
    return build.add("Pad", value, [0] * (2 * rank - 1) + [wanted - size])


def _read_length(build: Builder, size: int) -> int:
    length = int(np.ravel(build.require_constant(1, "the length of its transform"))[0])
    if size < 1:
        raise NoForm("the length of its input is open")
    return _check_length(length)


def _transform_real(graph: Any, node: Any, parts: Parts) -> tuple[str, str]:
    """Real numbers to half a spectrum."""
    build, _, shape, datatype = _open(graph, node, parts)
    length = _read_length(build, shape[-1])
    signal = _Signal(build, (_fit(build, parts[0], shape[-1], length), None))
    signal.multiply(_waves(length, length // 2 + 1, length, -1))
    return signal.parts(datatype)


def _transform_to_real(graph: Any, node: Any, parts: Parts) -> str:
    """Half a spectrum to real numbers. Each frequency but the first, and the last of an even length, counts twice."""
    build, _, shape, datatype = _open(graph, node, parts)
    length = _read_length(build, shape[-1])
    count = length // 2 + 1
    weights = np.full(count, 2.0)
    weights[0] = 1
    if length % 2 == 0:
        weights[-1] = 1
    fitted = tuple(_fit(build, part, shape[-1], count) for part in parts if part is not None)
    signal = _Signal(build, (fitted[0], fitted[1] if len(fitted) > 1 else None))
    signal.multiply(_waves(count, length, length, 1) * (weights / length)[:, None])
    return signal.parts(datatype)[0]


TRANSFORMS: Final[dict[str, Transform]] = {
    "FFT": _along(1, -1),
    "IFFT": _along(1, 1),
    "FFT2D": _along(2, -1),
    "IFFT2D": _along(2, 1),
    "RFFT": _transform_real,
    "IRFFT": _transform_to_real,
}
