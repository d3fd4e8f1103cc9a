"""The functions of ONNX Runtime's C ABI that the session uses: one table, each function typed for ctypes.

Source: `struct OrtApi` of onnxruntime_c_api.h. ONNX Runtime only ever appends to the struct, so the position identifies
the function. We ask for the oldest version that has all of them. Every `OrtStatus` becomes an OrtError and is released.
"""

from __future__ import annotations

from pilotlight_runtime.engine.c_types import (
    CDLL,
    POINTER,
    Structure,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_uint32,
    c_void_p,
    function_type,
    quick_function_type,
)
from pilotlight_runtime.light_typing import Any, Callable, Final
from pilotlight_runtime.paths import StrPath, fspath

API_VERSION: Final = 15
"""ONNX Runtime 1.15 introduced it; GetResizedStringTensorElementBuffer is the newest function used here."""

LOG_FATAL: Final = 4
"""An `OrtLoggingLevel`. Errors come back as statuses; a copy on stderr could quote values of a request."""

OPTIMIZE_NOTHING: Final = 0
"""`GraphOptimizationLevel`."""

TYPE_TENSOR: Final = 1
"""`ONNXType` of a dense tensor; sequences, maps, optionals and sparse tensors have other numbers."""

ALLOCATOR_DEVICE: Final = 0
MEMORY_DEFAULT: Final = 0

Call = Callable[..., None]
_TABLE_SIZE: Final = 255  # functions in version 15
_ADDRESS = c_void_p
_OUT = POINTER(c_void_p)
_SIZE = POINTER(c_size_t)
_ENUM = POINTER(c_int)
_SHAPE = POINTER(c_int64)
_NAMES = POINTER(c_char_p)


_QUICK = quick_function_type(c_void_p)
_LONG = function_type(c_void_p)
_RELEASE = function_type(None, c_void_p)


class OrtError(Exception):
    """A call failed. The message is ONNX Runtime's own and may quote the model and the input."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class _ApiBase(Structure):
    """`struct OrtApiBase`, which can never change."""

    _fields_ = (("get_api", function_type(c_void_p, c_uint32)), ("get_version", function_type(c_char_p)))


class _Table:
    """Turns positions in the function table of one library into typed callables."""

    def __init__(self, path: StrPath) -> None:
        entry = CDLL(fspath(path)).OrtGetApiBase
        entry.restype = POINTER(_ApiBase)
        base = entry().contents
        self.version: str = base.get_version().decode()
        api = base.get_api(API_VERSION)
        if not api:
            raise OSError(f"version {self.version} lacks version {API_VERSION} of the C API")
        self._functions = (c_void_p * _TABLE_SIZE).from_address(api)
        self._error_code = function_type(c_int, c_void_p)(self._functions[1] or 0)
        self._error_message = function_type(c_char_p, c_void_p)(self._functions[2] or 0)
        self._release_status = self.release(93)

    def status(self, index: int, *arguments: Any) -> Call:
        """The function at `index`, which returns an `OrtStatus*`: raises OrtError where that is not NULL.

        It keeps Python's global lock, because it is over sooner than another thread could return the lock.
        """
        return self._typed(_QUICK(self._functions[index] or 0), arguments)

    def waiting(self, index: int, *arguments: Any) -> Call:
        """As `status`, but it releases the lock, so other threads run Python meanwhile."""
        return self._typed(_LONG(self._functions[index] or 0), arguments)

    def release(self, index: int) -> Call:
        """The function at `index`, which takes one pointer, NULL included, and returns nothing."""
        return _RELEASE(self._functions[index] or 0)

    def _typed(self, function: Any, arguments: tuple[Any, ...]) -> Call:
        function.argtypes = arguments
        function.errcheck = self._check
        call: Call = function
        return call

    def _check(self, status: Any, _function: object, _arguments: object) -> Any:
        if status is None:
            return None
        message = self._error_message(status).decode("utf-8", "replace")
        code = self._error_code(status)
        self._release_status(status)
        raise OrtError(message, code)


class OrtApi:
    """The functions of the library at `path`, called as in C; OSError where it is no ONNX Runtime of our version."""

    def __init__(self, path: StrPath) -> None:
        self.table = table = _Table(path)
        status, waiting, release = table.status, table.waiting, table.release
        self.version = table.version
        self.create_env = waiting(3, c_int, c_char_p, _OUT)
        self.disable_telemetry_events = status(6, _ADDRESS)
        self.create_session = waiting(7, _ADDRESS, c_char_p, _ADDRESS, _OUT)
        self.run = waiting(9, _ADDRESS, _ADDRESS, _NAMES, _OUT, c_size_t, _NAMES, c_size_t, _OUT)
        self.create_session_options = status(10, _OUT)
        self.disable_mem_pattern = status(17, _ADDRESS)
        self.disable_cpu_mem_arena = status(19, _ADDRESS)
        self.set_session_log_severity_level = status(22, _ADDRESS, c_int)
        self.set_session_graph_optimization_level = status(23, _ADDRESS, c_int)
        self.set_intra_op_num_threads = status(24, _ADDRESS, c_int)
        self.set_inter_op_num_threads = status(25, _ADDRESS, c_int)
        self.session_get_input_count = status(30, _ADDRESS, _SIZE)
        self.session_get_output_count = status(31, _ADDRESS, _SIZE)
        self.session_get_input_type_info = status(33, _ADDRESS, c_size_t, _OUT)
        self.session_get_output_type_info = status(34, _ADDRESS, c_size_t, _OUT)
        self.session_get_input_name = status(36, _ADDRESS, c_size_t, _ADDRESS, _OUT)
        self.session_get_output_name = status(37, _ADDRESS, c_size_t, _ADDRESS, _OUT)
        self.create_tensor_as_ort_value = status(48, _ADDRESS, _SHAPE, c_size_t, c_int, _OUT)
        self.create_tensor_with_data_as_ort_value = status(
            49, _ADDRESS, _ADDRESS, c_size_t, _SHAPE, c_size_t, c_int, _OUT
        )
        self.get_tensor_mutable_data = status(51, _ADDRESS, _OUT)
        self.fill_string_tensor = status(52, _ADDRESS, _NAMES, c_size_t)
        self.get_string_tensor_data_length = status(53, _ADDRESS, _SIZE)
        self.get_string_tensor_content = status(54, _ADDRESS, _ADDRESS, c_size_t, _ADDRESS, c_size_t)
        self.cast_type_info_to_tensor_info = status(55, _ADDRESS, _OUT)
        self.get_onnx_type_from_type_info = status(56, _ADDRESS, _ENUM)
        self.get_tensor_element_type = status(60, _ADDRESS, _ENUM)
        self.get_dimensions_count = status(61, _ADDRESS, _SIZE)
        self.get_dimensions = status(62, _ADDRESS, _SHAPE, c_size_t)
        self.get_tensor_type_and_shape = status(65, _ADDRESS, _OUT)
        self.create_cpu_memory_info = status(69, c_int, c_int, _OUT)
        self.allocator_free = status(76, _ADDRESS, _ADDRESS)
        self.get_allocator_with_default_options = status(78, _OUT)
        self.release_env = release(92)
        self.release_memory_info = release(94)
        self.release_session = release(95)
        self.release_value = release(96)
        self.release_type_info = release(98)
        self.release_tensor_type_and_shape_info = release(99)
        self.release_session_options = release(100)
        self.add_session_config_entry = status(130, _ADDRESS, c_char_p, c_char_p)
        self.get_resized_string_tensor_element_buffer = status(252, _ADDRESS, c_size_t, c_size_t, _OUT)


class BindingApi:
    """The functions of bindings, which only some sessions use.

    A binding holds the values that a run takes and gives. ONNX Runtime then looks up no names in a run, which takes
    0.3 ms where there are 120 of them.
    """

    def __init__(self, api: OrtApi) -> None:
        table = api.table
        self.run_with_binding = table.waiting(133, _ADDRESS, _ADDRESS, _ADDRESS)
        self.create_io_binding = table.status(134, _ADDRESS, _OUT)
        self.release_io_binding = table.release(135)
        self.bind_input = table.status(136, _ADDRESS, c_char_p, _ADDRESS)
        self.bind_output = table.status(137, _ADDRESS, c_char_p, _ADDRESS)
