"""Whether Lambda can carry an answer, and what writing it takes, told from the outputs before anything is written.

Only answers of more than SMALL bytes of tensors need it, so only they import it.
"""

from __future__ import annotations

from pilotlight_runtime.datatypes import BOOL, BYTES
from pilotlight_runtime.light_typing import Final, Mapping
from pilotlight_runtime.limits import (
    MAX_ANSWER_BYTES,
    MAX_UNPACKED_BYTES,
    Limits,
    answer_too_large,
    out_of_memory,
)
from pilotlight_runtime.tensor import Tensor, element_count
from pilotlight_runtime.types import InferResponse

_CARRIED_BINARY: Final = MAX_ANSWER_BYTES // 4 * 3
"""Lambda carries text, so binary bodies go as base64."""

_SHORTEST_BOOLEAN: Final = 5
_SHORTEST_FLOAT: Final = 4
_SHORTEST_NUMBER: Final = 2
_SHORTEST_TEXT: Final = 3
"""Bytes of JSON that an element takes at least, with its comma."""

_NUMBER: Final = 100  # as a Python number in two lists, and up to 25 characters in a buffer that doubles
_BYTE: Final = 30  # numbers up to 255 exist already
_TEXT: Final = 160
_CHARACTER: Final = 8
_LIST: Final = 120
"""Bytes of memory that an element, a byte of a text and a nested list take at most while they become JSON."""


def check_answer(response: InferResponse, binary: Mapping[str, bool], *, packs: bool, limits: Limits) -> None:
    """Raises TooLarge where the answer is sure to be larger than Lambda carries, or takes too much memory to write.

    Args:
        response: The outputs.
        binary: For each output, whether it goes in binary.
        packs: Whether the answer may be compressed.
        limits: The limits of a request.
    """
    shortest = memory = 0
    for name, tensor in response.outputs.items():
        if binary[name]:
            shortest += _binary_bytes(tensor)
            memory += _binary_bytes(tensor) * (2 if tensor.datatype is BYTES else 1)
        else:
            shortest += _shortest_json(tensor)
            memory += _json_memory(tensor)
    if shortest > MAX_UNPACKED_BYTES or (
        not packs and shortest > (_CARRIED_BINARY if any(binary.values()) else MAX_ANSWER_BYTES)
    ):
        raise answer_too_large()
    _check_memory(memory, limits)


def check_nested_answer(response: InferResponse, *, packs: bool, limits: Limits) -> None:
    """As check_answer, for JSON whose data are nested as their shapes say."""
    check_answer(response, dict.fromkeys(response.outputs, False), packs=packs, limits=limits)
    memory = sum(_json_memory(tensor) + _lists(tensor.shape) * _LIST for tensor in response.outputs.values())
    _check_memory(memory, limits)


def _check_memory(memory: int, limits: Limits) -> None:
    if memory > limits.memory:
        hint = "ask for fewer samples or outputs at once, or in binary"
        raise out_of_memory("writing the answer", memory, limits.memory, hint)


def _binary_bytes(tensor: Tensor) -> int:
    if tensor.datatype is BYTES:
        return 4 * len(tensor.elements) + sum(map(len, tensor.elements))
    return len(tensor.buffer)


def _shortest_json(tensor: Tensor) -> int:
    kind = tensor.datatype
    if kind is BYTES:
        return _SHORTEST_TEXT * len(tensor.elements) + sum(map(len, tensor.elements))
    if kind is BOOL:
        return _SHORTEST_BOOLEAN * tensor.count
    return (_SHORTEST_FLOAT if kind.format in "efd" else _SHORTEST_NUMBER) * tensor.count


def _json_memory(tensor: Tensor) -> int:
    if tensor.datatype is BYTES:
        return _TEXT * len(tensor.elements) + _CHARACTER * sum(map(len, tensor.elements))
    return (_BYTE if tensor.datatype.itemsize == 1 else _NUMBER) * tensor.count


def _lists(shape: tuple[int, ...]) -> int:
    """How many lists the nested data have."""
    return sum(element_count(shape[:rank]) for rank in range(len(shape)))
