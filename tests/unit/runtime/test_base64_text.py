import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime.protocol.base64_text import LONG, decode_base64


def outcome(text: str) -> bytes | None:
    try:
        return decode_base64(text)
    except ValueError:
        return None


def expected(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


@pytest.mark.parametrize("size", [0, 1, 2, 3, LONG - 1, LONG, LONG + 1, LONG + 2, 200_000])
def test_round_trip(size: int) -> None:
    content = bytes(index * 7 % 256 for index in range(size))
    assert decode_base64(base64.b64encode(content).decode()) == content


@given(
    st.integers(0, 2 * LONG),
    st.sampled_from(
        ["", "=", "==", "===", "A", "AA", "é", "\n", " ", "-", "_", "\0", "\x80", "A=", "=A", "AAAA", "    "]
    ),
    st.integers(0, 3),
)
def test_long_texts_are_taken_and_refused_as_python_does(place: int, put: str, cut: int) -> None:
    text = base64.b64encode(bytes(range(256)) * 8).decode() + "QQ=="[: 4 * (cut % 2)]
    for changed in (text[:place] + put + text[place:], text[:place] + put + text[place + len(put) :]):
        assert outcome(changed[: len(changed) - cut]) == expected(changed[: len(changed) - cut])
