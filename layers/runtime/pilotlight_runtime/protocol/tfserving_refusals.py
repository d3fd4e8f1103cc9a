"""What a predict request is told of a wrong value: its place as the request writes it, and what the protocol allows.

The modules that decode and run tensors count the elements of `data`, which a predict request does not have:

    instances, by name     instances[0]['age'][1]
    instances              instances[0][1]
    inputs, by name        inputs['age'][0][1]
    inputs                 inputs[0][1]

This module is imported when a request is refused.
"""

from __future__ import annotations

import math

from pilotlight_runtime.datatypes import BF16, BYTES, Datatype
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Any, Final, Mapping, NamedTuple, Protocol
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.json_tensors import FORMS
from pilotlight_runtime.wrong_elements import Element, WrongDatatype, WrongElements

_SEND_BINARY: Final = "send it as a binary tensor of the Open Inference Protocol, under /v2/models"


class Places(Protocol):
    """How a request writes the places of its values."""

    def name_place(self, name: str, position: tuple[int, ...]) -> str:
        """Writes the place of a value of the input `name`. position: an index for each level of its lists."""


class Notation(NamedTuple):
    """How a predict request writes its inputs.

    Attributes:
        rows: Whether as `instances`, else as `inputs`.
        named: Whether by name.
    """

    rows: bool
    named: bool

    def name_place(self, name: str, position: tuple[int, ...]) -> str:
        """Writes the place of a value of the input `name`. position: an index for each level of its lists."""
        indexes = [f"[{index}]" for index in position]
        if self.named:
            indexes.insert(1 if self.rows else 0, f"[{summarize(name)}]")
        return ("instances" if self.rows else "inputs") + "".join(indexes)


def reword_value(
    error: InvalidRequest, name: str, kind: Datatype, value: Any, shape: list[int], notation: Places
) -> InvalidRequest:
    """Rewords why an input of a predict request cannot be decoded.

    Args:
        error: The error in the words of the Open Inference Protocol.
        name: The input.
        kind: Its datatype.
        value: What the request has for it.
        shape: The shape of `value`, by its first elements.
        notation: How the request writes its inputs.

    Returns:
        The error in the words of the predict API.
    """
    if isinstance(error, WrongDatatype):
        place = notation.name_place(name, _find_position(error.number, shape))
        return InvalidRequest(f"{place} {_say_what_is_wrong(kind, error.value)}")
    if kind is BF16:
        return InvalidRequest(f"input {summarize(name)} is BF16, which has no JSON form; {_SEND_BINARY}")
    ragged = _find_ragged(value, shape, ())
    if ragged is None:
        return error
    position, found = ragged
    place, first = notation.name_place(name, position), notation.name_place(name, (0,) * len(position))
    size = shape[len(position)]
    return InvalidRequest(f"{place} must be a list of {size} as {first} is, got {summarize(found)}")


def reword_refusal(error: InvalidRequest, shapes: Mapping[str, list[int]], notation: Places) -> InvalidRequest:
    """Rewords why the model refuses a predict request.

    Args:
        error: The error in the words of the Open Inference Protocol.
        shapes: The shape of each input as the request writes it.
        notation: How the request writes its inputs.

    Returns:
        The error with the places of values as the request writes them.
    """
    if not isinstance(error, WrongElements):
        return error
    names = {f"input {summarize(name)}": name for name in shapes}

    def name_place(element: Element) -> str:
        name = names.get(element.where)
        if name is None or element.number >= math.prod(shapes[name]):  # a tensor that app.py has made
            return str(element)
        return notation.name_place(name, _find_position(element.number, shapes[name]))

    return InvalidRequest(error.name_places(name_place))


def _say_what_is_wrong(kind: Datatype, value: Any) -> str:
    if kind is BYTES:
        hint = '; a blank text is ""' if value is None else ""
        return f'must be a string of Unicode characters or {{"b64": "..."}} with base64, got {summarize(value)}{hint}'
    if kind.format not in tuple("efd"):
        return f"must be {FORMS[kind.name].expected}, got {summarize(value)}"
    if isinstance(value, float) and math.isinf(value):  # 1e400
        return "is too large for a number; write Infinity"
    hint = "; a blank number is NaN" if value is None else ""
    return f"must be a number that fits {kind.name}, NaN, Infinity or -Infinity, got {summarize(value)}{hint}"


def _find_position(index: int, shape: list[int]) -> tuple[int, ...]:
    """Finds the index of an element on each level of nested lists from its row-major number."""
    position = []
    for size in reversed(shape):
        index, last = divmod(index, size)
        position.append(last)
    return tuple(reversed(position))


def _find_ragged(value: Any, shape: list[int], position: tuple[int, ...]) -> tuple[tuple[int, ...], Any] | None:
    """Finds the first list of another length than `shape` says: its position, and what is there instead."""
    if not shape:
        return None
    if not isinstance(value, list) or len(value) != shape[0]:
        return position, value
    found = (_find_ragged(item, shape[1:], (*position, index)) for index, item in enumerate(value))
    return next((each for each in found if each is not None), None) if len(shape) > 1 else None
