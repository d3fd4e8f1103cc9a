"""Tensors to JSON data and back. One table serves both directions.

Source: Open Inference Protocol v2, "Tensor Data": row-major, flat or nested as the shape says.
"""

import struct
from itertools import chain

from pilotlight_runtime.datatypes import BF16, BOOL, BYTES, DATATYPES, Datatype
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple, Sequence
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.json_codec import DOUBTFUL, Doubts
from pilotlight_runtime.tensor import MAX_RANK, Tensor, element_count

MAX_ELEMENTS: Final = 64 * 1024 * 1024
"""More than any body can carry. A dimension of 0 counts as 1, so that it does not hide a huge one."""

_INFINITY: Final = float("inf")


class JsonForm(NamedTuple):
    """Elements of one datatype in JSON. types: their Python types. expected: their description in messages."""

    types: frozenset[type]
    expected: str


def _form(kind: Datatype) -> JsonForm:
    if kind is BOOL:
        return JsonForm(frozenset({bool}), "true or false")
    if kind is BYTES:
        return JsonForm(frozenset({str}), "a string")
    if kind.format in "efd":
        return JsonForm(frozenset({int, float}), f"a finite {kind.name} number")
    bits = kind.itemsize * 8
    low, high = (0, 2**bits - 1) if kind.name.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return JsonForm(frozenset({int}), f"a whole number of {low} to {high}")


_BLANKS: Final = {
    frozenset({str}): '; a blank text is ""',
    frozenset({int, float}): "; a blank number is NaN, which JSON cannot carry, so send it in a binary tensor",
}
"""What a caller who sends null may have meant, by the types of elements."""

FORMS: Final[dict[str, JsonForm]] = {name: _form(kind) for name, kind in DATATYPES.items() if kind is not BF16}
"""By the datatype's name. BF16 exists only in binary."""


def check_shape(where: str, shape: object) -> tuple[int, ...]:
    """Checks a shape and returns it as a tuple; InvalidRequest where it is no list of valid sizes."""
    if not isinstance(shape, list):
        raise _no_shape(where, shape)
    for size in shape:
        if type(size) is not int or size < 0:
            raise _no_shape(where, shape)
    if len(shape) > MAX_RANK:
        raise InvalidRequest(f"{where}: shape has {len(shape)} dimensions, the most is {MAX_RANK}")
    count = 1
    for size in shape:
        count *= size or 1
        if count > MAX_ELEMENTS:
            raise InvalidRequest(f"{where}: shape {summarize(shape)} is too large; the most is {MAX_ELEMENTS} elements")
    return tuple(shape)


def _no_shape(where: str, shape: object) -> InvalidRequest:
    expected = "a list of whole numbers, none negative"
    return InvalidRequest(f"{where}: shape must be {expected}; got {summarize(shape)}")


def flatten(where: str, shape: tuple[int, ...], data: object) -> list[Any]:
    """Flattens `data`, whose nesting, if any, must be that of `shape`. A scalar needs no list.

    It checks the number of elements, not the elements: InvalidRequest where the number is not that of `shape`.
    """
    if not shape and not isinstance(data, list):
        return [data]
    if not isinstance(data, list):
        raise InvalidRequest(f"{where}: data must be a list, got {summarize(data)}")
    level = data
    if list in map(type, data):
        for depth, size in enumerate(shape[1:], start=1):
            if len(level) != element_count(shape[:depth]) or any(
                not isinstance(row, list) or len(row) != size for row in level
            ):
                raise InvalidRequest(f"{where}: data is not nested as shape {list(shape)} says, at depth {depth}")
            level = list(chain.from_iterable(level))
    if len(level) != element_count(shape):
        count = element_count(shape)
        raise InvalidRequest(f"{where}: data has {len(level)} elements, but shape {list(shape)} has {count}")
    return level


def decode_json(where: str, kind: Datatype, shape: tuple[int, ...], data: object, doubts: Doubts = DOUBTFUL) -> Tensor:
    """Reads the tensor in `data`, flat or nested. A scalar needs no list.

    where: the field, for messages. doubts: what the document's elements may be; without doubts the elements need not be
    checked one by one. InvalidRequest where the count, the nesting or an element is wrong.
    """
    quick = not doubts.booleans and kind.format not in ("", "?")
    packed = _pack_numbers(kind, shape, data, doubts) if quick else None
    if packed is not None:
        return Tensor.trusted(kind, shape, packed)
    form = FORMS.get(kind.name)
    if form is None:
        raise InvalidRequest(f"{where}: {kind.name} has no JSON form; send it as a binary tensor")
    flat = flatten(where, shape, data)
    packed = _pack_numbers(kind, shape, flat, doubts) if quick and flat is not data else None
    if packed is not None:
        return Tensor(kind, shape, packed)
    if not form.types.issuperset(map(type, flat)):
        raise _wrong(where, form, flat, lambda elements: form.types.issuperset(map(type, elements)))
    return Tensor(kind, shape, _pack(where, kind, flat, doubts))


def encode_json(where: str, tensor: Tensor, *, constants: bool = False) -> list[Any]:
    """The elements, flat and row-major; InvalidRequest where JSON cannot carry one that binary could.

    constants: whether NaN and infinity may stay, for JSON that has words for them.
    """
    kind = tensor.datatype
    if kind is BYTES:
        try:
            return [element.decode() for element in tensor.elements]
        except UnicodeDecodeError:
            raise InvalidRequest(f"{where} has bytes that are not UTF-8; {_ASK_BINARY}") from None
    if kind is BF16:
        raise InvalidRequest(f"{where} is BF16, which has no JSON form; {_ASK_BINARY}")
    values = list(struct.unpack(f"<{tensor.count}{kind.format}", tensor.buffer))
    if not constants and kind.format in "efd" and not all_finite(values):
        raise InvalidRequest(f"{where} has NaN or infinity, which JSON cannot carry; {_ASK_BINARY}")
    return values


_ASK_BINARY: Final = 'ask for it in binary with "parameters": {"binary_data": true} on the requested output'


def _pack_numbers(kind: Datatype, shape: tuple[int, ...], data: object, doubts: Doubts) -> memoryview | None:
    """Packs a flat list of numbers; None where `data` is anything else, which then needs a check of each element."""
    count = element_count(shape)
    if type(data) is not list or len(data) != count:
        return None
    try:
        packed = memoryview(struct.pack(f"<{count}{kind.format}", *data))
        return packed if not doubts.infinities or kind.format not in "efd" or all_finite(data) else None
    except (struct.error, OverflowError):
        return None


def all_finite(values: Sequence[Any]) -> bool:
    """Whether all values are finite. Their sum tells, unless it overflows; then each value is checked."""
    return -_INFINITY < sum(values) < _INFINITY or all(-_INFINITY < value < _INFINITY for value in values)


def _pack(where: str, kind: Datatype, flat: Sequence[Any], doubts: Doubts) -> memoryview | tuple[bytes, ...]:
    form = FORMS[kind.name]
    if kind is BYTES:
        try:
            return tuple(element.encode() for element in flat)
        except UnicodeEncodeError:
            raise InvalidRequest(f"{where}: data has a string with half of a surrogate pair") from None
    # A number such as 1e400 is valid JSON, and Python reads infinity.
    if doubts.infinities and float in form.types and not _bounded(flat):
        raise _wrong(where, form, flat, _bounded)
    try:
        return memoryview(struct.pack(f"<{len(flat)}{kind.format}", *flat))
    except (struct.error, OverflowError):
        raise _wrong(where, form, flat, lambda elements: _fit(kind, elements)) from None


def _bounded(elements: Sequence[Any]) -> bool:
    return not (_INFINITY in elements or -_INFINITY in elements)


def _fit(kind: Datatype, elements: Sequence[Any]) -> bool:
    try:
        struct.pack(f"<{len(elements)}{kind.format}", *elements)
    except (struct.error, OverflowError):
        return False
    return True


def _wrong(where: str, form: JsonForm, flat: Sequence[Any], fit: Callable[[Sequence[Any]], bool]) -> InvalidRequest:
    """The error for the first element that does not fit. Halving finds it, since looking at each one takes seconds."""
    first, end = 0, len(flat)
    while end - first > 1:
        middle = (first + end) // 2
        if fit(flat[first:middle]):
            first = middle
        else:
            end = middle
    from pilotlight_runtime.wrong_elements import WrongDatatype  # only refusals need it

    value = flat[first]
    hint = _BLANKS.get(form.types, "") if value is None else ""
    return WrongDatatype(where, first, f" must be {form.expected}, got {summarize(value)}{hint}", value)
