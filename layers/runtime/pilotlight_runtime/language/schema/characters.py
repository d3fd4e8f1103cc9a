"""The bytes of one character inside a JSON string, in each way that JSON can write it (RFC 8259, section 7; RFC 3629).

Lone surrogates are none of them: what is written with them is no text.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Iterable, Mapping

QUOTE: Final = 0x22
BACKSLASH: Final = 0x5C

BETWEEN: Final = 0
"""The state before a character and after one."""
_TAIL_1, _TAIL_2, _TAIL_3 = 1, 2, 3  # continuation bytes that are missing
_AFTER_E0, _AFTER_ED, _AFTER_F0, _AFTER_F4 = 4, 5, 6, 7  # overlong forms, surrogates and numbers over 10FFFF are out
_ESCAPE, _HEX_4, _HEX_3, _HEX_2, _HEX_1 = 8, 9, 10, 11, 12
_AFTER_D, _HIGH_2, _HIGH_1, _LOW_ESCAPE, _LOW_U, _LOW_HEX, _LOW_D = 13, 14, 15, 16, 17, 18, 19

_HEX: Final = b"0123456789abcdefABCDEF"


def _ways(*edges: tuple[Iterable[int], int]) -> dict[int, int]:
    return {byte: state for bytes_, state in edges for byte in bytes_}


PLAIN: Final = _ways(
    ((byte for byte in range(0x20, 0x80) if byte not in (QUOTE, BACKSLASH)), BETWEEN),
    (range(0xC2, 0xE0), _TAIL_1),
    (b"\xe0", _AFTER_E0),
    (b"\xed", _AFTER_ED),
    ((byte for byte in range(0xE1, 0xF0) if byte != 0xED), _TAIL_2),
    (b"\xf0", _AFTER_F0),
    (range(0xF1, 0xF4), _TAIL_3),
    (b"\xf4", _AFTER_F4),
)
"""Where the first byte of a character leads that is written without a backslash."""

CHARACTER: Final[Mapping[int, Mapping[int, int]]] = {
    BETWEEN: PLAIN | {BACKSLASH: _ESCAPE},
    _TAIL_1: _ways((range(0x80, 0xC0), BETWEEN)),
    _TAIL_2: _ways((range(0x80, 0xC0), _TAIL_1)),
    _TAIL_3: _ways((range(0x80, 0xC0), _TAIL_2)),
    _AFTER_E0: _ways((range(0xA0, 0xC0), _TAIL_1)),
    _AFTER_ED: _ways((range(0x80, 0xA0), _TAIL_1)),
    _AFTER_F0: _ways((range(0x90, 0xC0), _TAIL_2)),
    _AFTER_F4: _ways((range(0x80, 0x90), _TAIL_2)),
    _ESCAPE: _ways((b'"\\/bfnrt', BETWEEN), (b"u", _HEX_4)),
    _HEX_4: _ways((_HEX, _HEX_3), (b"dD", _AFTER_D)),
    _HEX_3: _ways((_HEX, _HEX_2)),
    _HEX_2: _ways((_HEX, _HEX_1)),
    _HEX_1: _ways((_HEX, BETWEEN)),
    _AFTER_D: _ways((b"01234567", _HEX_2), (b"89abAB", _HIGH_2)),
    _HIGH_2: _ways((_HEX, _HIGH_1)),
    _HIGH_1: _ways((_HEX, _LOW_ESCAPE)),
    _LOW_ESCAPE: {BACKSLASH: _LOW_U},
    _LOW_U: {ord("u"): _LOW_HEX},
    _LOW_HEX: _ways((b"dD", _LOW_D)),
    _LOW_D: _ways((b"cdefCDEF", _HEX_2)),
}
"""The state to which a byte leads, by the state before it. BETWEEN means that the character is whole."""

REST: Final[Mapping[int, bytes]] = {
    _TAIL_1: b"\x80",
    _TAIL_2: b"\x80\x80",
    _TAIL_3: b"\x80\x80\x80",
    _AFTER_E0: b"\xa0\x80",
    _AFTER_ED: b"\x80\x80",
    _AFTER_F0: b"\x90\x80\x80",
    _AFTER_F4: b"\x80\x80\x80",
    _ESCAPE: b"n",
    _HEX_4: b"0020",
    _HEX_3: b"020",
    _HEX_2: b"20",
    _HEX_1: b"0",
    _AFTER_D: b"000",
    _HIGH_2: b"00\\udc00",
    _HIGH_1: b"0\\udc00",
    _LOW_ESCAPE: b"\\udc00",
    _LOW_U: b"udc00",
    _LOW_HEX: b"dc00",
    _LOW_D: b"c00",
}
"""The shortest bytes that make a begun character whole."""
