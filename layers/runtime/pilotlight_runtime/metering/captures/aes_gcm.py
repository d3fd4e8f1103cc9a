"""AES-256-GCM by OpenSSL's libcrypto, which Python's own extension modules have loaded. Python has no AES of its own.

Sources: NIST Special Publication 800-38D; OpenSSL manual, "EVP_EncryptInit" and "EVP_aes_256_gcm".
"""

from __future__ import annotations

import sys

from pilotlight_runtime.light_typing import Any, Final, Iterator, NamedTuple

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16

_GET_TAG: Final = 0x10
"""`EVP_CTRL_AEAD_GET_TAG` of OpenSSL's evp.h."""
_SET_TAG: Final = 0x11
_MOST: Final = 1 << 30
"""Bytes of a text. OpenSSL takes their number as an int."""
_LINKED: Final = ("_hashlib", "_ssl")
"""Python's extension modules that libcrypto comes with."""
_NAMES: Final = ("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so")

_TEST_KEY: Final = bytes(KEY_BYTES)
_TEST_SEALED: Final = bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
"""Sixteen zero bytes under a key and a nonce of zeros: test case 14 of McGrew and Viega, "The Galois/Counter Mode of
Operation", appendix B."""


class CipherMissing(Exception):
    """This Python has no libcrypto that encrypts with AES-256-GCM."""


class SealBroken(Exception):
    """The text was changed, or is of another key, nonce or name. Or OpenSSL refuses to work."""


class _Message(NamedTuple):
    """See AesGcm.seal."""

    key: bytes
    nonce: bytes
    text: bytes
    associated: bytes


class AesGcm:
    """Encrypts and decrypts.

    Args:
        library: libcrypto.
    """

    def __init__(self, library: Any) -> None:
        from ctypes import c_char_p, c_int, c_void_p

        self._new = _declare(library.EVP_CIPHER_CTX_new, c_void_p)
        self._free = _declare(library.EVP_CIPHER_CTX_free, None, c_void_p)
        self._control = _declare(library.EVP_CIPHER_CTX_ctrl, c_int, c_void_p, c_int, c_int, c_void_p)
        start = (c_void_p, c_void_p, c_void_p, c_char_p, c_char_p)
        step = (c_void_p, c_void_p, c_void_p, c_char_p, c_int)
        end = (c_void_p, c_void_p, c_void_p)
        self._cipher = _declare(library.EVP_aes_256_gcm, c_void_p)()
        self._encrypt = (
            _declare(library.EVP_EncryptInit_ex, c_int, *start),
            _declare(library.EVP_EncryptUpdate, c_int, *step),
            _declare(library.EVP_EncryptFinal_ex, c_int, *end),
        )
        self._decrypt = (
            _declare(library.EVP_DecryptInit_ex, c_int, *start),
            _declare(library.EVP_DecryptUpdate, c_int, *step),
            _declare(library.EVP_DecryptFinal_ex, c_int, *end),
        )

    def seal(self, key: bytes, nonce: bytes, text: bytes, associated: bytes) -> bytes:
        """Encrypts a text.

        Args:
            key: KEY_BYTES bytes.
            nonce: NONCE_BYTES bytes, other ones for each text of a key.
            text: The text.
            associated: What the text belongs to. Only with the same it is decrypted again.

        Returns:
            The encrypted text, with TAG_BYTES more bytes at its end.

        Raises:
            SealBroken: OpenSSL refuses to work.
        """
        from ctypes import create_string_buffer

        context = self._open(key, nonce, text)
        try:
            encrypted = self._run(self._encrypt, context, _Message(key, nonce, text, associated), b"")
            tag = create_string_buffer(TAG_BYTES)
            _require(self._control(context, _GET_TAG, TAG_BYTES, tag))
            return encrypted + tag.raw
        finally:
            self._free(context)

    def unseal(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Decrypts what `seal` returned, with the same arguments; SealBroken where any of them is another one."""
        text, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
        if len(tag) != TAG_BYTES:
            raise SealBroken("the text is shorter than its tag")
        context = self._open(key, nonce, text)
        try:
            return self._run(self._decrypt, context, _Message(key, nonce, text, associated), tag)
        finally:
            self._free(context)

    def _open(self, key: bytes, nonce: bytes, text: bytes) -> Any:
        if (len(key), len(nonce)) != (KEY_BYTES, NONCE_BYTES) or len(text) > _MOST:
            raise SealBroken(f"a key has {KEY_BYTES} bytes, a nonce {NONCE_BYTES}, a text at most {_MOST}")
        context = self._new()
        if not context:
            raise MemoryError
        return context

    def _run(self, steps: tuple[Any, Any, Any], context: Any, message: _Message, tag: bytes) -> bytes:
        """Encrypts or decrypts the text, and authenticates all. tag: what is expected; empty where one is made."""
        from ctypes import byref, c_int, create_string_buffer

        start, step, end = steps
        key, nonce, text, associated = message
        written, rest = c_int(0), c_int(0)
        into = create_string_buffer(len(text) + TAG_BYTES)
        _require(start(context, self._cipher, None, key, nonce))
        _require(step(context, None, byref(written), associated, len(associated)))
        written.value = 0
        if text:
            _require(step(context, into, byref(written), text, len(text)))
        if tag:
            _require(self._control(context, _SET_TAG, TAG_BYTES, create_string_buffer(tag, TAG_BYTES)))
        _require(end(context, byref(into, written.value), byref(rest)))
        return into.raw[: written.value + rest.value]


def open_cipher() -> AesGcm:
    """Finds libcrypto, and checks that it computes what NIST's standard says.

    Returns:
        The cipher.

    Raises:
        CipherMissing: There is none, or it computes something else.
    """
    for path in _find_paths():
        cipher = _try(path)
        if cipher is not None:
            return cipher
    raise CipherMissing("this Python has no OpenSSL that encrypts with AES-256-GCM")


def _find_paths() -> Iterator[str]:
    """The files to try: extension modules that are linked with libcrypto, and libcrypto itself under its usual names.

    macOS ends a process that loads its own libcrypto by a plain name, so that the names are tried on Linux alone.
    """
    for name in _LINKED:
        try:
            path = getattr(__import__(name), "__file__", None)
        except ImportError:
            continue
        if path:
            yield path
    if sys.platform == "linux":
        yield from _NAMES


def _try(path: str) -> AesGcm | None:
    from ctypes import CDLL

    try:
        cipher = AesGcm(CDLL(path))
        sealed = cipher.seal(_TEST_KEY, bytes(NONCE_BYTES), bytes(16), b"")
    except (OSError, AttributeError, SealBroken):  # no such file, no such function, or a build without the cipher
        return None
    return cipher if sealed == _TEST_SEALED else None


def _declare(function: Any, result: Any, *arguments: Any) -> Any:
    function.restype, function.argtypes = result, arguments
    return function


def _require(done: int) -> None:
    if done != 1:
        raise SealBroken("OpenSSL refuses: another key, nonce, name or text than it was encrypted with")
