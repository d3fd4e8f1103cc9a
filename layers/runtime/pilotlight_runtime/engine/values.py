"""Tensors to ONNX Runtime's values and back.

ONNX Runtime reads inputs of a fixed-size datatype where they are. Outputs up to COPY_UP_TO bytes are copied, which
costs no more than sharing them; larger ones share their memory, and the value lives until the last view of it is gone.
Strings are copied.
"""

from pilotlight_runtime.caching import cache
from pilotlight_runtime.datatypes import BYTES, Datatype
from pilotlight_runtime.engine.abi import ALLOCATOR_DEVICE, MEMORY_DEFAULT, Call, OrtApi
from pilotlight_runtime.engine.c_types import (
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_ssize_t,
    c_ubyte,
    c_void_p,
    memmove,
    py_object,
    pythonapi,
    string_at,
)
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.light_typing import Any, Final
from pilotlight_runtime.tensor import MAX_RANK, Tensor, element_count

COPY_UP_TO: Final = 65_536
"""Bytes. Sharing takes 14 microseconds for each new size and 1 ms for the first; copying 64 KiB takes 2."""

_NUL: Final = b"\0"


class Handle:
    """A pointer that we own, released exactly once: when nothing refers to the handle any more.

    keeps: an object that must live as long as the pointer.
    """

    __slots__ = ("_release", "keeps", "pointer")

    def __init__(self, pointer: int | None, release: Call, keeps: object = None) -> None:
        self.pointer = pointer
        self.keeps = keeps
        self._release = release

    def __del__(self) -> None:
        self._release(self.pointer)


class _PyBuffer(Structure):
    """CPython's `Py_buffer`, whose layout is part of the stable ABI since 3.11."""

    _fields_ = (
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("suboffsets", c_void_p),
        ("internal", c_void_p),
    )


_get_buffer = pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = (py_object, POINTER(_PyBuffer), c_int)
_release_buffer = pythonapi.PyBuffer_Release
_release_buffer.argtypes = (POINTER(_PyBuffer),)
_release_buffer.restype = None


class Buffer:
    """The memory of a bytes-like object, writable or not. It stays where it is while this exists."""

    __slots__ = ("_view", "address", "size")

    def __init__(self, data: memoryview | bytearray) -> None:
        self._view = _PyBuffer()
        _get_buffer(data, byref(self._view), 0)
        self.address: int = self._view.buf or 0
        self.size: int = self._view.len

    def __del__(self) -> None:
        _release_buffer(byref(self._view))


@cache
def array_type(kind: Any, length: int) -> Any:
    """The type `kind * length`, cached: ctypes takes 14 microseconds to make one and leaves a reference cycle."""
    return kind * length


def shape_array(shape: tuple[int, ...]) -> Any:
    """`shape` as a C array."""
    return array_type(c_int64, len(shape))(*shape)


def _capacity(count: int) -> int:
    """Rounds `count` up to a power of two, so that there are few array types."""
    return 1 << max(count - 1, 0).bit_length()


class Values:
    """Makes values for one library and reads them."""

    def __init__(self, api: OrtApi) -> None:
        self._api = api
        info, allocator = c_void_p(), c_void_p()
        api.create_cpu_memory_info(ALLOCATOR_DEVICE, MEMORY_DEFAULT, byref(info))
        self._info = Handle(info.value, api.release_memory_info)
        api.get_allocator_with_default_options(byref(allocator))
        self.allocator = allocator.value
        """ONNX Runtime owns it, so it is never released."""

    def lend(self, tensor: Tensor, shape: Any) -> Handle:
        """Makes a value of `tensor`, and keeps the tensor in memory. shape: its shape_array."""
        if tensor.datatype is BYTES:
            value = c_void_p()
            self._api.create_tensor_as_ort_value(self.allocator, shape, len(shape), BYTES.onnx, byref(value))
            handle = Handle(value.value, self._api.release_value)
            self._fill(handle, tensor.elements)
            return handle
        buffer = Buffer(tensor.buffer)
        if not buffer.size or buffer.address % tensor.datatype.itemsize:
            # Kernels may need aligned elements, and a tensor in a binary request begins where the previous one ends.
            buffer = Buffer(bytearray(tensor.buffer) or bytearray(1))
        return self._over(buffer, len(tensor.buffer), tensor.datatype, shape)

    def refer(self, memory: memoryview, datatype: Datatype, shape: tuple[int, ...]) -> Handle:
        """Makes a value of a fixed-size datatype over `memory`, which may change later."""
        return self._over(Buffer(memory), len(memory), datatype, shape_array(shape))

    def _over(self, buffer: Buffer, size: int, datatype: Datatype, shape: Any) -> Handle:
        value = c_void_p()
        self._api.create_tensor_with_data_as_ort_value(
            self._info.pointer, buffer.address, size, shape, len(shape), datatype.onnx, byref(value)
        )
        return Handle(value.value, self._api.release_value, buffer)

    def _fill(self, value: Handle, elements: tuple[bytes, ...]) -> None:
        pointers = array_type(c_char_p, _capacity(len(elements)))(*elements)
        self._api.fill_string_tensor(value.pointer, pointers, len(elements))
        for index, element in enumerate(elements):
            if _NUL in element:  # the call above takes C strings, which end there
                memory = c_void_p()
                self._api.get_resized_string_tensor_element_buffer(value.pointer, index, len(element), byref(memory))
                memmove(memory, element, len(element))

    def take(self, value: Handle, datatype: Datatype) -> Tensor:
        """Reads the tensor of `datatype` in `value`, and keeps the value where the tensor shares its memory."""
        info = c_void_p()
        self._api.get_tensor_type_and_shape(value.pointer, byref(info))
        try:
            shape = self.shape(info.value)
        finally:
            self._api.release_tensor_type_and_shape_info(info)
        if len(shape) > MAX_RANK:
            raise InferenceFailed(
                f"an output of the model has {len(shape)} dimensions; an answer has at most {MAX_RANK}"
            )
        count = element_count(shape)
        if datatype is BYTES:
            return Tensor(datatype, shape, self._strings(value, count))
        return Tensor(datatype, shape, self._memory(value, count * datatype.itemsize))

    def type_and_shape(self, info: int | None) -> tuple[int, tuple[int, ...]]:
        """`TensorProto.DataType` and dimensions, -1 where unknown, of an `OrtTensorTypeAndShapeInfo`."""
        onnx_type = c_int()
        self._api.get_tensor_element_type(info, byref(onnx_type))
        return onnx_type.value, self.shape(info)

    def shape(self, info: int | None) -> tuple[int, ...]:
        """The dimensions, -1 where unknown, of an `OrtTensorTypeAndShapeInfo`."""
        rank = c_size_t()
        self._api.get_dimensions_count(info, byref(rank))
        sizes = array_type(c_int64, rank.value)()
        self._api.get_dimensions(info, sizes, rank)
        return tuple(sizes)

    def _memory(self, value: Handle, size: int) -> memoryview:
        if not size:
            return memoryview(b"")
        address = c_void_p()
        self._api.get_tensor_mutable_data(value.pointer, byref(address))
        if size <= COPY_UP_TO:
            return memoryview(bytearray(string_at(address, size)))
        return _lent(address.value or 0, size, value)

    def _strings(self, value: Handle, count: int) -> tuple[bytes, ...]:
        if not count:
            return ()
        size = c_size_t()
        self._api.get_string_tensor_data_length(value.pointer, byref(size))
        content = bytearray(size.value or 1)
        starts = array_type(c_size_t, _capacity(count))()
        memory = Buffer(content)
        self._api.get_string_tensor_content(value.pointer, memory.address, size, starts, count)
        ends = (*starts[1:count], size.value)
        return tuple(bytes(content[start:end]) for start, end in zip(starts[:count], ends, strict=True))


def _lent(address: int, size: int, owner: object) -> memoryview:
    """`size` bytes at `address`, with `owner` alive as long as any view of them."""
    from _pickle import PickleBuffer

    array: Any = (c_ubyte * size).from_address(address)
    array.owner = owner  # a view keeps its array, and the array its attributes
    # Only this changes a view's format from ctypes' "<B" to plain "B" without a copy; nothing is pickled.
    return PickleBuffer(array).raw()
