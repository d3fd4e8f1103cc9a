"""Memory for tensors that stay: zeros that take no memory before they are touched."""

from __future__ import annotations

from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap

from pilotlight_runtime.datatypes import Datatype
from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.tensor import Tensor, element_count

_SMALL: Final = 16_384
"""Bytes from which pages of their own pay."""


def allocate(datatype: Datatype, shape: tuple[int, ...]) -> Tensor:
    """A writable tensor of zeros.

    Linux gives a page of it when the page is first written. So a cache for a long context takes the memory of the text
    that it holds.

    Args:
        datatype: The datatype of an element, any but BYTES.
        shape: The sizes of the dimensions.

    Returns:
        The tensor. Its memory begins at a multiple of 16.
    """
    size = element_count(shape) * datatype.itemsize
    if size < _SMALL:
        return Tensor(datatype, shape, memoryview(bytearray(size)))
    return Tensor(datatype, shape, memoryview(mmap(-1, size, flags=MAP_PRIVATE | MAP_ANONYMOUS)))
