"""A tensor as the runtime passes it on: a datatype, a shape and a buffer, with no array library behind it."""

from __future__ import annotations

from pilotlight_runtime.datatypes import BYTES, Datatype
from pilotlight_runtime.light_typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_RANK: Final = 64
"""More dimensions than any ONNX operator takes; numpy stops at the same number."""


def element_count(shape: tuple[int, ...]) -> int:
    """How many elements a tensor of `shape` has; 1 for a scalar's empty shape."""
    count = 1
    for size in shape:
        count *= size
    return count


class Tensor:
    """Elements in row-major order. The tensor does not copy its buffer.

    Args:
        datatype: The datatype of an element, such as FP32.
        shape: The sizes of the dimensions, none negative; () is a scalar.
        data: For BYTES a tuple with one `bytes` an element. For every other datatype a memoryview of single bytes
            (format "B"), little-endian, `element_count(shape) * datatype.itemsize` bytes long.

    Raises:
        ValueError: Data and shape do not fit. Decoders report bad requests before they build a tensor.
    """

    __slots__ = ("data", "datatype", "shape")

    def __init__(self, datatype: Datatype, shape: tuple[int, ...], data: memoryview | tuple[bytes, ...]) -> None:
        expected = element_count(shape) * (datatype.itemsize or 1)
        if isinstance(data, memoryview) == (datatype is BYTES):
            raise ValueError(f"{datatype.name} tensors cannot hold {type(data).__name__}")
        if isinstance(data, memoryview) and (data.format != "B" or data.ndim != 1 or not data.c_contiguous):
            raise ValueError("a tensor's memoryview must be contiguous single bytes")
        if any(size < 0 for size in shape) or len(shape) > MAX_RANK or len(data) != expected:
            raise ValueError(f"shape {list(shape)} of {datatype.name} does not fit data of length {len(data)}")
        self.datatype = datatype
        self.shape = shape
        self.data = data

    @classmethod
    def trusted(cls, datatype: Datatype, shape: tuple[int, ...], data: memoryview) -> Tensor:
        """Makes a tensor without the constructor's checks, which take as long as copying 30 KB.

        Args:
            datatype: The datatype of an element, any but BYTES.
            shape: The sizes of the dimensions.
            data: Bytes that are known to fit.

        Returns:
            The tensor.
        """
        tensor = cls.__new__(cls)
        tensor.datatype = datatype
        tensor.shape = shape
        tensor.data = data
        return tensor

    @property
    def count(self) -> int:
        """The number of elements."""
        return element_count(self.shape)

    @property
    def buffer(self) -> memoryview:
        """The bytes of a fixed-size datatype; TypeError for BYTES, whose elements are in `elements`."""
        if not isinstance(self.data, memoryview):
            raise TypeError("a BYTES tensor has elements, not a buffer")
        return self.data

    @property
    def elements(self) -> tuple[bytes, ...]:
        """The elements of a BYTES tensor; TypeError for every other datatype."""
        if isinstance(self.data, memoryview):
            raise TypeError(f"a {self.datatype.name} tensor has a buffer, not elements")
        return self.data

    def numpy(self) -> NDArray[np.generic]:
        """Makes a numpy array that shares the buffer. Importing numpy costs more than ONNX Runtime itself.

        Returns:
            An array of the same shape; BF16 as uint16 (its bits), BYTES as an object array of `bytes`.
        """
        import numpy as np

        if isinstance(self.data, memoryview):
            return np.frombuffer(self.data, dtype=self.datatype.numpy).reshape(self.shape)
        array = np.empty(len(self.data), dtype=object)
        array[:] = self.data
        return array.reshape(self.shape)

    @classmethod
    def from_numpy(cls, array: NDArray[np.generic], datatype: Datatype) -> Tensor:
        """Makes a tensor of a numpy array, without a copy where the array is contiguous.

        Args:
            array: An array of any shape.
            datatype: The datatype that the array's dtype must be, such as FP32 for float32.

        Returns:
            A tensor of the same shape.

        Raises:
            ValueError: The array has another dtype. Nothing is cast silently.
        """
        import numpy as np

        if datatype is BYTES:
            flat = tuple(e.encode() if isinstance(e, str) else bytes(e) for e in array.ravel().tolist())
            return cls(datatype, array.shape, flat)
        if array.dtype != np.dtype(datatype.numpy):
            raise ValueError(f"{datatype.name} needs dtype {datatype.numpy}, not {array.dtype}")
        contiguous = np.ascontiguousarray(array).reshape(array.shape)
        return cls(datatype, array.shape, contiguous.reshape(-1).view(np.uint8).data.cast("B"))

    def __eq__(self, other: object) -> bool:
        """Same datatype, shape and bytes; NaNs with the same bits are equal."""
        if not isinstance(other, Tensor):
            return NotImplemented
        return (self.datatype, self.shape, self.data) == (other.datatype, other.shape, other.data)

    def __hash__(self) -> int:
        """By what cannot change: buffers may be writable."""
        return hash((self.datatype, self.shape))

    def __repr__(self) -> str:
        """Only datatype and shape: values are payload, and payload never reaches a log."""
        return f"Tensor({self.datatype.name}, {list(self.shape)})"
