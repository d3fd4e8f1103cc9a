"""Weights as 8-bit or 4-bit blocks of 32 columns, as ONNX Runtime's MatMulNBits and GatherBlockQuantized take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pilotlight.language.tensor_file import Blocks

if TYPE_CHECKING:
    from pilotlight.language.tensor_file import Bytes, Floats

BLOCK: Final = 32
BITS: Final = (8, 4)


def quantize_rows(rows: Floats, bits: int) -> Blocks:
    """Round rows to blocks. Each block keeps its smallest and its largest weight, and 0 exactly.

    Args:
        rows: [rows, columns], columns a multiple of BLOCK.
        bits: 8 or 4.
    """
    import numpy as np

    count, columns = rows.shape
    blocks = rows.reshape(count, columns // BLOCK, BLOCK)
    top = 2**bits - 1
    lowest, highest = np.minimum(blocks.min(-1), 0), np.maximum(blocks.max(-1), 0)
    scales = ((highest - lowest) / top).astype(np.float32)
    scales[scales < np.finfo(np.float32).tiny] = 1.0  # a block of zeros
    zeros = np.clip(np.rint(-lowest / scales), 0, top)
    values = np.clip(np.rint(blocks / scales[..., None] + zeros[..., None]), 0, top).astype(np.uint8)
    packed = values if bits == 8 else values[..., 0::2] | (values[..., 1::2] << 4)
    return Blocks(packed.reshape(count, -1), scales, zeros.astype(np.uint8))


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
