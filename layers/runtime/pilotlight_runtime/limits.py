"""How much one request may take beyond the model's own work, so that no request exhausts the function.

Lambda ends an environment that needs more memory than the function has, and API Gateway waits 29 seconds. A request
that would take more than these limits is refused with status 413 or 400 before anything large is built.
"""

from __future__ import annotations

from posix import sysconf

from pilotlight_runtime.errors import TooLarge
from pilotlight_runtime.light_typing import Callable, Final, Mapping

MAX_ANSWER_BYTES: Final = 6_291_556
"""Lambda's limit on a function's answer as JSON; the number is from its error message."""

MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
"""The most bytes that a body may unpack to, and that an answer may have before it is compressed."""

MAX_TENSORS: Final = 10_000
"""The most inputs, and the most outputs, that a request may list. It takes 5 microseconds to read one."""

MEGABYTE: Final = 1024 * 1024
MOST_MEMORY: Final = 256 * MEGABYTE
LEAST_MEMORY: Final = 16 * MEGABYTE

_LEAST_FREE: Final = 256 * MEGABYTE

_MOST_STRINGS: Final = 400_000  # ONNX Runtime takes them one by one: 2 microseconds each, there and back
_BYTES_OF_STRING: Final = 300  # in Python and in ONNX Runtime, besides its text


class Limits:
    """What one request may take.

    Args:
        memory: Bytes of memory beyond the model's own.

    Attributes:
        memory: The same.
        unpacked: The most bytes that a compressed body may have once it is unpacked.
        strings: The most elements of all BYTES inputs together.
    """

    __slots__ = ("memory", "strings", "unpacked")

    def __init__(self, memory: int = MOST_MEMORY) -> None:
        self.memory = memory
        self.unpacked = min(MAX_UNPACKED_BYTES, memory // 4)
        self.strings = min(_MOST_STRINGS, memory // _BYTES_OF_STRING)


DEFAULT_LIMITS: Final = Limits()


def request_limits(environ: Mapping[str, str], resident: Callable[[], int] | None = None) -> Limits:
    """The limits of a function whose model is loaded and has run once.

    In Lambda a request gets three quarters of the memory that the process leaves free, at most MOST_MEMORY. The rest is
    for the event itself. Elsewhere it gets MOST_MEMORY.

    Args:
        environ: The function's environment variables.
        resident: Tells how many bytes the process has in memory; None asks Linux.

    Returns:
        The limits.
    """
    size = _function_bytes(environ)
    if not size:
        return DEFAULT_LIMITS
    free = size - (resident or resident_bytes)()
    return Limits(max(LEAST_MEMORY, min(MOST_MEMORY, free * 3 // 4)))


def process_limit(environ: Mapping[str, str]) -> int | None:
    """The private writable memory that the process of a function may have, in bytes, once its model is loaded.

    It may grow by what is free. None outside Lambda, and where little is free: the stack of a thread counts in full,
    so that a small function could start no threads.
    """
    free = _function_bytes(environ) - resident_bytes()
    return data_bytes() + free if free >= _LEAST_FREE else None


def _function_bytes(environ: Mapping[str, str]) -> int:
    """The memory of the function; 0 outside Lambda."""
    size = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return int(size) * MEGABYTE if size.isascii() and size.isdigit() else 0


def resident_bytes() -> int:
    """The memory that this process has now; 0 where the system does not tell."""
    return _statm(1)


def data_bytes() -> int:
    """The private writable memory that this process has mapped, touched or not; 0 where the system does not tell."""
    return _statm(5)


def _statm(field: int) -> int:
    """A number of proc(5), statm, in bytes."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[field]) * sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def answer_too_large() -> TooLarge:
    """The error for an answer that Lambda does not carry."""
    return TooLarge(
        f"the answer is larger than the {MAX_ANSWER_BYTES} bytes that Lambda carries; ask for fewer samples or"
        " outputs at once, in binary, or with Accept-Encoding: gzip"
    )


def out_of_memory(what: str, needed: int, most: int, hint: str) -> TooLarge:
    """The error for a request that would take too much memory. needed, most: bytes."""
    return TooLarge(
        f"{what} would take about {-(-needed // MEGABYTE)} MB of memory, the most for one request is"
        f" {most // MEGABYTE} MB; {hint}"
    )
