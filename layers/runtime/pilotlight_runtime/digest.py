"""SHA-256 by OpenSSL for large files, by Python's own code for small ones.

OpenSSL is up to six times as fast, but takes 3 ms to load: as long as Python's own code takes for a megabyte.
"""

from __future__ import annotations

from pilotlight_runtime.caching import cache
from pilotlight_runtime.light_typing import Any, Callable, Final
from pilotlight_runtime.paths import StrPath

Hash = Callable[[bytes], Any]
"""Makes an object of `hashlib` of some bytes."""

PAYS_FROM: Final = 1024 * 1024
"""Bytes from which OpenSSL pays."""

_PART: Final = 256 * 1024
"""Bytes. A megabyte is 1 % faster and stays in the process's memory."""

_LARGE: Final = (("_hashlib", "openssl_sha256"), ("hashlib", "sha256"))
"""hashlib itself looks up a dozen other algorithms first, which takes a millisecond of every cold start."""
_ALL: Final = (("_sha2", "sha256"), ("_sha256", "sha256"), *_LARGE)
"""Python's own code is in `_sha256` before Python 3.12."""


def bytes_sha256(content: bytes) -> str:
    """The digest of `content` in lower-case hex."""
    digest: str = _algorithm(len(content))(content).hexdigest()
    return digest


def load_openssl() -> Hash:
    """What makes a digest by OpenSSL, for a process that has loaded it already or makes many digests.

    It takes 1 ms more where OpenSSL is loaded, and then a fifth of the time of `bytes_sha256` for a kilobyte.
    """
    algorithm: Hash = _find_first(_LARGE)
    return algorithm


def file_sha256(path: StrPath, size: int = PAYS_FROM) -> str:
    """The digest of the file's content in lower-case hex; OSError where it cannot be read.

    Args:
        path: The file.
        size: The bytes that it is expected to have, which decide what computes the digest.

    Returns:
        The digest, whatever the size is.
    """
    digest = _algorithm(size)()
    part = memoryview(bytearray(min(_PART, max(size, 1) + 1)))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(part):
            digest.update(part[:count])
    found: str = digest.hexdigest()
    return found


def _algorithm(size: int) -> Any:
    """What makes a digest of `size` bytes soonest, of what this Python has."""
    return _find_first(_ALL if size < PAYS_FROM else _LARGE)


@cache
def _find_first(places: tuple[tuple[str, str], ...]) -> Any:
    """The first function that there is. An import that fails takes 100 µs, so that it is tried once."""
    for module, function in places:
        try:
            return getattr(__import__(module), function)
        except ImportError:
            continue
    raise ImportError("this Python has no SHA-256")
