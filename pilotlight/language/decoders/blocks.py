"""Weights as 8-bit or 4-bit blocks of 32 columns, as ONNX Runtime's MatMulNBits and GatherBlockQuantized take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pilotlight.language.files.tensor_file import Blocks

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Bytes, Floats

BLOCK: Final = 32
BITS: Final = (8, 4)


def quantize_rows(rows: Floats, bits: int) -> Blocks:
    """Round rows to blocks.

    With 8 bits, all blocks have the zero 128, as GGUF's Q8_0: ONNX Runtime opens such weights in three quarters of the
    time, and the rounding of its products hides the difference. With 4 bits, each block has its own zero, so that it
    keeps its smallest and its largest weight, and 0 exactly.

    Args:
        rows: [rows, columns], columns a multiple of BLOCK.
        bits: 8 or 4.
    """
    blocks = rows.reshape(len(rows), -1, BLOCK)
    return _round_around_128(blocks) if bits == 8 else _round_to_16(blocks)


def _round_around_128(blocks: Floats) -> Blocks:
    import numpy as np

    scales = _avoid_zero(np.abs(blocks).max(-1) / 127)
    values = np.rint(blocks / scales[..., None]) + 128
    return Blocks(values.astype(np.uint8).reshape(len(blocks), -1), scales, None)


def _round_to_16(blocks: Floats) -> Blocks:
    import numpy as np

    lowest, highest = np.minimum(blocks.min(-1), 0), np.maximum(blocks.max(-1), 0)
    scales = _avoid_zero((highest - lowest) / 15)
    zeros = np.clip(np.rint(-lowest / scales), 0, 15)
    values = np.clip(np.rint(blocks / scales[..., None] + zeros[..., None]), 0, 15).astype(np.uint8)
    packed = values[..., 0::2] | (values[..., 1::2] << 4)
    return Blocks(packed.reshape(len(blocks), -1), scales, zeros.astype(np.uint8))


def _avoid_zero(scales: Floats) -> Floats:
    """Return scales, 1 for a block of zeros."""
    import numpy as np

    return np.where(scales < np.finfo(np.float32).tiny, 1.0, scales).astype(np.float32)


def fill_zeros(blocks: Blocks, bits: int) -> Bytes:
    """Return the zero of each block, also where all are the middle."""
    import numpy as np

    return np.full(blocks.scales.shape, 2 ** (bits - 1), np.uint8) if blocks.zeros is None else blocks.zeros


def pack_zeros(zeros: Bytes, bits: int) -> Bytes:
    """Return zeros as MatMulNBits and GatherBlockQuantized take them: with 4 bits, two in a byte of a row."""
    import numpy as np

    if bits == 8:
        return zeros
    even = np.pad(zeros, ((0, 0), (0, zeros.shape[1] % 2)))
    return (even[:, 0::2] | (even[:, 1::2] << 4)).astype(np.uint8)
