"""API keys: `plk_live_TTTTTTTTSSSS…SCCCCCC`, with the tenant's id, a secret and a checksum.

The id tells which item of the table holds the key. The checksum lets a mistyped or invented key be refused without a
look at the table, and lets secret scanners tell a key from other text. The table holds only the SHA-256 of the whole
key: 190 random bits need no slow hash.
"""

from __future__ import annotations

from binascii import crc32

from pilotlight_runtime.digest import bytes_sha256
from pilotlight_runtime.light_typing import Callable, Final, NamedTuple

LIVE: Final = "live"
TEST: Final = "test"
BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH: Final = 8
SECRET_LENGTH: Final = 32
CHECKSUM_LENGTH: Final = 6
KEY_PREFIX: Final = "plk_"

_SIGNS: Final = frozenset(BASE62)
_HEADS: Final = {f"{KEY_PREFIX}{kind}_": kind for kind in (LIVE, TEST)}
_HEAD_LENGTH: Final = len(f"{KEY_PREFIX}{LIVE}_")
KEY_LENGTH: Final = _HEAD_LENGTH + ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH
_MOST_FAIR: Final = 256 - 256 % len(BASE62)
"""Random bytes from here on would make some signs more frequent than others."""

Random = Callable[[int], bytes]
"""Makes so many random bytes, such as `os.urandom`."""


class Key(NamedTuple):
    """A key whose form and checksum are right. The table tells whether it exists.

    Attributes:
        tenant: The tenant's id.
        kind: LIVE or TEST.
        hash: The SHA-256 of the whole key in lower-case hex.
    """

    tenant: str
    kind: str
    hash: str


def read_key(text: str) -> Key | None:
    """Reads a key.

    Args:
        text: What the caller sent.

    Returns:
        The key; None where the text is none.
    """
    kind = _HEADS.get(text[:_HEAD_LENGTH])
    if kind is None or len(text) != KEY_LENGTH or not _SIGNS.issuperset(text[_HEAD_LENGTH:]):
        return None
    if _checksum(text[:-CHECKSUM_LENGTH]) != text[-CHECKSUM_LENGTH:]:
        return None
    return Key(text[_HEAD_LENGTH : _HEAD_LENGTH + ID_LENGTH], kind, hash_key(text))


def hash_key(text: str) -> str:
    """Hashes a key.

    Args:
        text: The whole key.

    Returns:
        Its SHA-256 in lower-case hex, as the table holds it.
    """
    return bytes_sha256(text.encode())


def make_key(tenant: str, kind: str, random: Random) -> str:
    """Makes a new key.

    Args:
        tenant: The tenant's id, of 8 letters and digits.
        kind: LIVE or TEST.
        random: Makes random bytes, fit for secrets.

    Returns:
        The key.

    Raises:
        ValueError: The tenant's id or the kind has another form.
    """
    if len(tenant) != ID_LENGTH or not _SIGNS.issuperset(tenant):
        raise ValueError(f"a tenant's id has {ID_LENGTH} letters and digits, got {tenant!r}")
    if kind not in (LIVE, TEST):
        raise ValueError(f"the kind of a key is {LIVE} or {TEST}, got {kind!r}")
    body = f"{KEY_PREFIX}{kind}_{tenant}{make_word(SECRET_LENGTH, random)}"
    return body + _checksum(body)


def make_word(length: int, random: Random) -> str:
    """Makes a random word, such as a tenant's id.

    Args:
        length: Its number of letters and digits.
        random: Makes random bytes.

    Returns:
        The word. Each letter and digit is as likely as every other.
    """
    signs: list[str] = []
    while len(signs) < length:
        signs += [BASE62[byte % len(BASE62)] for byte in random(length) if byte < _MOST_FAIR]
    return "".join(signs[:length])


def _checksum(text: str) -> str:
    """The CRC-32 of a text, as 6 letters and digits."""
    rest, signs = crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(BASE62))
        signs = BASE62[digit] + signs
    return signs
