"""Weights in blocks: what a block holds is near what it was made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from pilotlight.language.decoders.blocks import BLOCK, fill_zeros, pack_zeros, quantize_rows
from pilotlight.language.files.tensor_file import Blocks


def restore(blocks: Blocks, bits: int) -> NDArray[np.float64]:
    """(value - zero) * scale."""
    values = blocks.values
    if bits == 4:
        values = np.stack([values & 15, values >> 4], axis=-1)
    rows = values.reshape(len(blocks.scales), -1, BLOCK).astype(np.float64)
    zeros = fill_zeros(blocks, bits).astype(np.float64)
    return ((rows - zeros[..., None]) * blocks.scales[..., None]).reshape(len(rows), -1)


@pytest.mark.parametrize("bits", [8, 4])
@given(rows=arrays(np.float32, (3, 64), elements=st.floats(-8, 8, width=32)))
def test_a_weight_moves_by_one_step_at_most(bits: int, rows: NDArray[np.float32]) -> None:
    blocks = quantize_rows(rows, bits)
    steps = np.repeat(blocks.scales, BLOCK, axis=1)
    empty = np.repeat(np.abs(rows).reshape(3, 2, BLOCK).max(-1) < 1e-30, BLOCK, axis=1)
    assert np.all((np.abs(restore(blocks, bits) - rows) <= steps * 1.0001) | empty)


@pytest.mark.parametrize("bits", [8, 4])
def test_zero_stays_zero(bits: int) -> None:
    rows = np.zeros((2, 64), np.float32)
    rows[0, :32] = np.linspace(0.5, 3, 32)
    rows[0, 7] = 0
    found = restore(quantize_rows(rows, bits), bits)
    assert found[0, 7] == 0
    assert not found[1].any()


def test_eight_bits_have_one_zero_and_four_bits_their_own() -> None:
    rows = np.random.default_rng(0).standard_normal((2, 64)).astype(np.float32)
    assert quantize_rows(rows, 8).zeros is None
    zeros = quantize_rows(rows, 4).zeros
    assert zeros is not None
    assert zeros.shape == (2, 2)


def test_zeros_are_packed_two_in_a_byte() -> None:
    zeros = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    assert pack_zeros(zeros, 8) is zeros
    assert pack_zeros(zeros, 4).tolist() == [[0x21, 0x03], [0x54, 0x06]]
