"""Settings of the memory of a process of Lambda: large pages at its start, and a limit once the model is loaded.

ONNX Runtime's environment and a first session touch 4,000 pages of 4 KiB for the first time, which is a third of their
time. ONNX Runtime uses glibc's malloc, so `grow` grows malloc's heap once beforehand, marks it for large pages and
gives it back to malloc. A page takes no memory before it is touched; a large page is touched as a whole, so that a
process may take up to two megabytes more.

With a limit, an allocation that the function cannot hold fails at once. Without one it succeeds, and Lambda ends the
environment when the memory is touched.

Both change the whole process. So only the handler calls them, and only in Lambda; a tool that opens sessions keeps its
own settings.
Source of the numbers: malloc.h of glibc, mman-common.h and resource.h of Linux. On other systems nothing happens.
"""

from __future__ import annotations

import sys

from pilotlight_runtime.engine.c_types import CDLL, c_int, c_size_t, c_uint64, c_void_p
from pilotlight_runtime.light_typing import Final

ENOUGH: Final = 16 * 1024 * 1024
"""Bytes: the environment and the session of a small graph, rounded up. Twice as much is no faster."""

_RLIMIT_DATA: Final = 2
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_MMAP_MAX: Final = -4
_MADV_HUGEPAGE: Final = 14
_LARGE_PAGE: Final = 2 * 1024 * 1024
_SETTINGS: Final = {_MMAP_MAX: 65_536, _MMAP_THRESHOLD: 32 * 1024 * 1024, _TRIM_THRESHOLD: 64 * 1024 * 1024}
"""Setting one of them ends glibc's own adjustment. These are the values it would adjust to, and MMAP_MAX's default."""


def grow(size: int) -> bool:
    """Puts the next `size` bytes of this thread's malloc on large pages; False where the system has none to offer."""
    libc = CDLL(None)
    if not all(hasattr(libc, name) for name in ("mallopt", "malloc", "madvise", "free")):
        return False
    malloc, free, madvise = libc.malloc, libc.free, libc.madvise
    malloc.argtypes, malloc.restype = (c_size_t,), c_void_p
    free.argtypes, free.restype = (c_void_p,), None
    madvise.argtypes = (c_void_p, c_size_t, c_int)
    libc.mallopt(_MMAP_MAX, 0)  # from the heap itself, whatever the size
    libc.mallopt(_TRIM_THRESHOLD, _SETTINGS[_TRIM_THRESHOLD])  # so that `free` leaves it there
    address = malloc(size)
    for parameter, value in _SETTINGS.items():
        libc.mallopt(parameter, value)
    if not address:
        return False
    first = -(-address // _LARGE_PAGE) * _LARGE_PAGE
    whole = (address + size - first) // _LARGE_PAGE * _LARGE_PAGE
    marked = whole > 0 and madvise(first, whole, _MADV_HUGEPAGE) == 0
    free(address)
    return bool(marked)


def limit(size: int) -> bool:
    """Lets allocations fail once the process has `size` bytes of private writable memory; False where it cannot.

    This is setrlimit(2) with RLIMIT_DATA, which counts mapped memory since Linux 4.7. The hard limit stays.
    """
    libc = CDLL(None)
    if not all(hasattr(libc, name) for name in ("getrlimit", "setrlimit")) or not sys.platform.startswith("linux"):
        return False
    limits = (c_uint64 * 2)()  # struct rlimit: the soft limit, the hard limit
    if libc.getrlimit(_RLIMIT_DATA, limits) != 0:
        return False
    limits[0] = min(size, limits[1])
    return bool(libc.setrlimit(_RLIMIT_DATA, limits) == 0)
