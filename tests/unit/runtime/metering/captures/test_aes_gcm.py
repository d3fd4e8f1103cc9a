"""AES-256-GCM by ctypes, against the cryptography package and published vectors."""

from __future__ import annotations

import _ctypes
import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import pilotlight_runtime
from pilotlight_runtime.metering.captures.aes_gcm import (
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    AesGcm,
    CipherMissing,
    SealBroken,
    open_cipher,
)

KEY, NONCE = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
FEEDFACE = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
TEXT = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
"""Of test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B."""


@pytest.fixture(scope="module")
def cipher() -> AesGcm:
    return open_cipher()


def test_a_published_vector(cipher: AesGcm) -> None:
    nonce, associated = (
        bytes.fromhex("cafebabefacedbaddecaf888"),
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    )
    sealed = cipher.seal(FEEDFACE, nonce, TEXT, associated)
    assert sealed.hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 255, 4096, 1_000_003])
@pytest.mark.parametrize("associated", [b"", b"captures/30/Tenant01/digits"])
def test_it_is_what_another_implementation_computes(cipher: AesGcm, size: int, associated: bytes) -> None:
    text = os.urandom(size)
    sealed = cipher.seal(KEY, NONCE, text, associated)
    assert sealed == AESGCM(KEY).encrypt(NONCE, text, associated)
    assert cipher.unseal(KEY, NONCE, sealed, associated) == text


def test_nothing_that_was_changed_is_decrypted(cipher: AesGcm) -> None:
    sealed = cipher.seal(KEY, NONCE, b"a text", b"name")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            cipher.unseal(KEY, NONCE, bytes(changed), b"name")
    for key, nonce, associated in (
        (os.urandom(KEY_BYTES), NONCE, b"name"),
        (KEY, os.urandom(NONCE_BYTES), b"name"),
        (KEY, NONCE, b"other"),
    ):
        with pytest.raises(SealBroken):
            cipher.unseal(key, nonce, sealed, associated)


@pytest.mark.parametrize("length", [0, 1, TAG_BYTES - 1])
def test_what_is_too_short_is_refused(cipher: AesGcm, length: int) -> None:
    with pytest.raises(SealBroken):
        cipher.unseal(KEY, NONCE, bytes(length), b"")


@pytest.mark.parametrize(
    ("key", "nonce"),
    [(KEY[:16], NONCE), (KEY + b"x", NONCE), (KEY, NONCE[:8]), (KEY, b"")],
    ids=["short key", "long key", "short nonce", "no nonce"],
)
def test_keys_and_nonces_of_another_length_are_refused(cipher: AesGcm, key: bytes, nonce: bytes) -> None:
    with pytest.raises(SealBroken):
        cipher.seal(key, nonce, b"a text", b"")


def test_a_library_without_the_functions_is_no_cipher() -> None:
    with pytest.raises(AttributeError):
        AesGcm(ctypes.CDLL(_ctypes.__file__))  # the whole process may have them, by what other tests load


def test_a_python_without_openssl_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that was built without them has neither module, and a machine may lack the library."""
    monkeypatch.setitem(sys.modules, "_hashlib", None)
    monkeypatch.setitem(sys.modules, "_ssl", None)
    monkeypatch.setattr(sys, "platform", "another")
    with pytest.raises(CipherMissing, match="no OpenSSL"):
        open_cipher()


def test_it_works_in_a_bare_interpreter() -> None:
    """As a function starts: without site-packages, and with nothing imported."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pilotlight_runtime.metering.captures.aes_gcm import open_cipher\n"
        "print(open_cipher().seal(bytes(32), bytes(12), bytes(16), b'').hex())"
    )
    folder = str(Path(pilotlight_runtime.__file__).parents[1])
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, folder], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
