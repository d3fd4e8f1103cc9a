"""Joins the strings along the last axis of a matrix. ONNX has StringConcat, which joins two."""

from __future__ import annotations

from typing import Final

from pilotlight.conversion.tensorflow.preprocessing.builder import Builder

_BLOCK: Final = 64
"""Pieces are joined in blocks, and then the blocks. So a long text is not copied once for each of its pieces."""


def join_pieces(builder: Builder, pieces: str) -> str:
    """Join each row of a matrix of strings.

    Args:
        builder: The graph.
        pieces: Strings of shape [rows, pieces]. Blank ones add nothing.

    Returns:
        The texts, of shape [rows].
    """
    rows = builder.size(pieces, 0)
    count = builder.size(pieces, 1)
    # At least one block, so that no loop is without steps.
    blocks = builder.add("Add", builder.add("Div", count, builder.ints(_BLOCK)), builder.ints(1))
    missing = builder.add("Sub", builder.add("Mul", blocks, builder.ints(_BLOCK)), count)
    blanks = builder.add("Expand", builder.words(""), builder.add("Concat", rows, missing, axis=0))
    padded = builder.add("Concat", pieces, blanks, axis=1)
    shape = builder.add("Concat", rows, blocks, builder.ints(_BLOCK), axis=0)
    joined = _fold(builder, builder.reshape(padded, shape), builder.add("Concat", rows, blocks, axis=0), 2)
    return _fold(builder, joined, rows, 1)


def _fold(builder: Builder, pieces: str, shape: str, rank: int) -> str:
    start = builder.add("Expand", builder.words(""), shape)
    return builder.fold(start, pieces, rank, lambda body, state, piece: body.add("StringConcat", state, piece))
