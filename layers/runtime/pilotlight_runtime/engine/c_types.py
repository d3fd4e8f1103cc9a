"""The part of `ctypes` that the engine uses, without the 2 ms that `ctypes` takes of a cold start.

It is made of `_ctypes`, the C half of `ctypes`, in the way of `ctypes`: of its 60 types and functions the engine uses
twenty. `_ctypes` is the same on Linux and macOS and in all versions of Python that we support.
"""

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ctypes
    from ctypes import (
        CDLL,
        POINTER,
        Structure,
        byref,
        c_char_p,
        c_int,
        c_int64,
        c_size_t,
        c_ssize_t,
        c_ubyte,
        c_uint32,
        c_uint64,
        c_void_p,
        memmove,
        py_object,
        pythonapi,
        string_at,
    )

    function_type, quick_function_type = ctypes.CFUNCTYPE, ctypes.PYFUNCTYPE
else:
    from _ctypes import (
        FUNCFLAG_CDECL,
        FUNCFLAG_PYTHONAPI,
        POINTER,
        RTLD_LOCAL,
        CFuncPtr,
        Structure,
        _memmove_addr,
        _SimpleCData,
        _string_at_addr,
        byref,
        dlopen,
        sizeof,
    )

    def _simple(name: str, code: str) -> type:
        return type(_SimpleCData)(name, (_SimpleCData,), {"_type_": code})

    c_char_p, c_void_p, py_object = _simple("c_char_p", "z"), _simple("c_void_p", "P"), _simple("py_object", "O")
    c_int, c_int64 = _simple("c_int", "i"), _simple("c_int64", "q")
    c_ubyte, c_uint32, c_uint64 = _simple("c_ubyte", "B"), _simple("c_uint32", "I"), _simple("c_uint64", "Q")
    c_size_t, c_ssize_t = (c_uint64, c_int64) if sizeof(c_void_p) == sizeof(c_uint64) else (c_uint32, c_int)

    def _function(flags: int, result: Any, **attributes: Any) -> type:
        return type(CFuncPtr)("Function", (CFuncPtr,), {"_flags_": flags, "_restype_": result, **attributes})

    def function_type(result: Any, *arguments: Any) -> type:
        """`ctypes.CFUNCTYPE`: the type of a C function that runs without Python's global lock."""
        return _function(FUNCFLAG_CDECL, result, _argtypes_=arguments)

    def quick_function_type(result: Any, *arguments: Any) -> type:
        """`ctypes.PYFUNCTYPE`: the type of a C function that keeps Python's global lock."""
        return _function(FUNCFLAG_CDECL | FUNCFLAG_PYTHONAPI, result, _argtypes_=arguments)

    class CDLL:
        """A library. Its functions are its attributes, which run without the global lock and return a C int."""

        def __init__(self, path: str | None, flags: int = FUNCFLAG_CDECL) -> None:
            self._type = _function(flags, c_int)
            self._handle = dlopen(path, RTLD_LOCAL)

        def __getattr__(self, name: str) -> Any:
            function = self._type((name, self))
            setattr(self, name, function)
            return function

    pythonapi = CDLL(None, FUNCFLAG_CDECL | FUNCFLAG_PYTHONAPI)
    memmove = function_type(c_void_p, c_void_p, c_void_p, c_size_t)(_memmove_addr)
    _string_at = quick_function_type(py_object, c_void_p, c_int)(_string_at_addr)

    def string_at(address: Any, size: int = -1) -> bytes:
        """`ctypes.string_at`: a copy of `size` bytes at `address`, up to the first NUL where -1."""
        return _string_at(address, size)


__all__ = [
    "CDLL",
    "POINTER",
    "Structure",
    "byref",
    "c_char_p",
    "c_int",
    "c_int64",
    "c_size_t",
    "c_ssize_t",
    "c_ubyte",
    "c_uint32",
    "c_uint64",
    "c_void_p",
    "function_type",
    "memmove",
    "py_object",
    "pythonapi",
    "quick_function_type",
    "string_at",
]
