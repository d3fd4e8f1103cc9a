"""Texts in a request become rows of ids, and results become tensors. See text.tokens for how a text is cut."""

from __future__ import annotations

import struct

from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Final, Iterable, Iterator, Sequence
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.tokens import PADDING

MOST_CHARACTERS: Final = 200_000
"""Of all texts of a request. More would take longer than API Gateway waits, whatever the model."""

MOST_TEXTS: Final = 10_000
"""Of a request. Each text takes time of its own, however short it is."""

MOST_ROWS: Final = 1024
"""Of a batch. So many short texts keep a processor busy; more of them only take memory."""


def read_texts(
    name: str, tensor: Tensor, longest: int, total: int = MOST_CHARACTERS, *, most: int = MOST_TEXTS
) -> list[str]:
    """Decodes a BYTES input. It cuts nothing off and replaces nothing.

    Args:
        name: The input's name, for messages.
        tensor: BYTES of any shape, each element a text in UTF-8.
        longest: The most characters of one text.
        total: The most characters of all texts together.
        most: The most texts.

    Returns:
        The texts in row-major order.

    Raises:
        InvalidRequest: A text is empty, not UTF-8 or longer than `longest`, all together are longer than `total`, or
            there are more than `most`. The message names the first such text.
    """
    if len(tensor.elements) > most:
        raise InvalidRequest(
            f"input {name!r} has {len(tensor.elements)} texts; the most is {most}, so send them in several requests"
        )
    texts = []
    for index, element in enumerate(tensor.elements):
        where = f"input {name!r}: text {index}"
        try:
            text = element.decode()
        except UnicodeDecodeError as error:
            raise InvalidRequest(f"{where} is not UTF-8: byte {error.start} is wrong") from None
        if not text.strip():
            raise InvalidRequest(f"{where} is empty")
        if len(text) > longest:
            raise InvalidRequest(f"{where} has {len(text)} characters; the most is {longest}")
        texts.append(text)
    if (together := sum(map(len, texts))) > total:
        raise InvalidRequest(f"input {name!r}: the texts have {together} characters together; the most is {total}")
    return texts


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Makes one tensor of rows of ids.

    Args:
        rows: The ids of each text.

    Returns:
        INT64 of shape (rows, length of the longest row), with 0 behind the shorter rows.
    """
    longest = max(map(len, rows), default=0)
    fill = [PADDING] * longest
    flat = [index for row in rows for index in (*row, *fill[len(row) :])]
    return Tensor(INT64, (len(rows), longest), memoryview(struct.pack(f"<{len(flat)}q", *flat)))


def batches(rows: Sequence[Sequence[int]], most: int, *, mixed: bool, power: int = 1) -> Iterator[list[int]]:
    """Groups rows into batches of bounded memory, the shortest rows first.

    The cells of a batch are its rows times the length of its longest row ** power. A batch also has at most 1,024 rows.

    Args:
        rows: The ids of each text.
        most: The most cells of a batch. A row with more cells is a batch by itself.
        mixed: Whether rows of different lengths may share a batch, which `padded` then fills up.
        power: 2 where memory grows with the square of the length, as it does for attention.

    Yields:
        The indices of a batch's rows.
    """
    batch: list[int] = []
    for index in sorted(range(len(rows)), key=lambda index: len(rows[index])):
        length = len(rows[index])
        full = len(batch) >= MOST_ROWS or (len(batch) + 1) * length**power > most
        if batch and (full or not (mixed or len(rows[batch[0]]) == length)):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def texts_tensor(texts: Iterable[str]) -> Tensor:
    """Makes a tensor of texts.

    Args:
        texts: n texts.

    Returns:
        BYTES of shape (n,), in UTF-8.
    """
    elements = tuple(text.encode() for text in texts)
    return Tensor(BYTES, (len(elements),), elements)


def scores_tensor(scores: Sequence[float]) -> Tensor:
    """Makes a tensor of numbers.

    Args:
        scores: n numbers.

    Returns:
        FP32 of shape (n,).
    """
    return Tensor(FP32, (len(scores),), memoryview(struct.pack(f"<{len(scores)}f", *scores)))


def flags_tensor(flags: Iterable[bool]) -> Tensor:
    """Makes a tensor of truth values.

    Args:
        flags: n truth values.

    Returns:
        BOOL of shape (n,).
    """
    values = bytes(flags)
    return Tensor(BOOL, (len(values),), memoryview(values))
