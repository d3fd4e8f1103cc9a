"""The form of keys."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime.metering.keys import BASE62, KEY_LENGTH, LIVE, TEST, hash_key, make_key, make_word, read_key

KEY = make_key("Tenant01", LIVE, bytes)


@pytest.mark.parametrize("kind", [LIVE, TEST])
def test_a_key_that_was_made_is_read(kind: str) -> None:
    text = make_key("Tenant01", kind, os.urandom)
    found = read_key(text)
    assert found is not None
    assert found == ("Tenant01", kind, hash_key(text))
    assert text.startswith(f"plk_{kind}_Tenant01")
    assert len(text) == KEY_LENGTH == 55


@pytest.mark.parametrize(
    "text",
    [
        "", "plk_live_", KEY[:-1], KEY + "0", KEY[1:], KEY.swapcase(), KEY.replace("live", "test"), f" {KEY}",
        f"{KEY}\n",
        KEY[:20] + "-" + KEY[21:], KEY[:-6] + "000000", "sk-" + KEY[3:], KEY.replace("plk_", "PLK_"), "é" * KEY_LENGTH,
        "plk_live_" + "\u202e" * 46, KEY * 200,
    ],
)  # fmt: skip
def test_a_forged_or_truncated_key_is_none(text: str) -> None:
    assert read_key(text) is None


def test_each_single_changed_sign_is_noticed() -> None:
    for at in range(9, KEY_LENGTH):
        changed = KEY[:at] + BASE62[(BASE62.index(KEY[at]) + 1) % 62] + KEY[at + 1 :]
        assert read_key(changed) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    assert read_key(text) is None


@given(st.text(max_size=46))
def test_no_text_after_a_right_beginning_is_an_error(text: str) -> None:
    read_key(f"plk_live_{text}")


def test_a_word_has_every_sign_equally_often() -> None:
    found = make_word(20_000, lambda size: bytes(byte % 256 for byte in range(size)))
    counts = [found.count(sign) for sign in BASE62]
    assert max(counts) - min(counts) <= 4


@pytest.mark.parametrize(
    ("tenant", "kind"), [("short", LIVE), ("Tenant0é", LIVE), ("../../ab", LIVE), ("Tenant01", "x")]
)
def test_a_key_of_another_form_cannot_be_made(tenant: str, kind: str) -> None:
    with pytest.raises(ValueError, match="got"):
        make_key(tenant, kind, os.urandom)
