"""A secret that a test sends, and what betrays it: the text itself, and each form in which a program writes bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import quote

_SHORTEST: Final = 9
"""Characters of a piece that betrays the secret: a message may quote a part of it."""


class Canary(NamedTuple):
    """A secret.

    Attributes:
        text: ASCII letters and digits, without any order.
        number: An integer of ten digits or more, for tensors.
    """

    text: str
    number: int

    def find(self, content: bytes) -> list[str]:
        """Return which forms of the secret, or of a piece of it, are in `content`."""
        folded = content.lower()
        return sorted({name for name, form in self._forms() if form.lower() in folded})

    def _forms(self) -> Iterator[tuple[str, bytes]]:
        for start in range(len(self.text) - _SHORTEST + 1):
            piece = self.text[start : start + _SHORTEST]
            raw = piece.encode()
            yield "text", raw
            yield "text, backwards", raw[::-1]
            yield "hex", raw.hex().encode()
            yield "list of bytes", json.dumps(list(raw))[1:-1].encode()
            yield "percent-encoded", "".join(f"%{byte:02x}" for byte in raw).encode()
            yield "JSON escapes", "".join(f"\\u{byte:04x}" for byte in raw).encode()
            yield "Python escapes", "".join(f"\\x{byte:02x}" for byte in raw).encode()
            yield "UTF-16", piece.encode("utf-16-le")
        for padding in range(3):
            # Three letters make four of base64: what is beside the secret changes no more than the ends.
            encoded = base64.b64encode(b"\0" * padding + self.text.encode())
            yield "base64", encoded[4:-4]
            yield "base64 for URLs", base64.urlsafe_b64encode(b"\0" * padding + self.text.encode())[4:-4]
        digits = str(self.number)
        yield "number", digits.encode()
        yield "number with a point", f"{digits[0]}.{digits[1:].rstrip('0')}".encode()
        yield "number in groups", f"{self.number:,}".encode()
        yield "number in hex", f"{self.number:x}".encode()
        yield "tensor bytes", self.number.to_bytes(8, "little")
        yield "tensor bytes in hex", self.number.to_bytes(8, "little").hex().encode()
        yield "tensor bytes in base64", base64.b64encode(self.number.to_bytes(8, "little"))[:8]

    @property
    def in_path(self) -> str:
        """The secret as a part of a path, so that some of it is percent-encoded."""
        return quote(f"ä{self.text}", safe="")


CANARY: Final = Canary("q7Zr4vKx9wBt2nLc8mHd5sJf", 7_300_912_884_645)
