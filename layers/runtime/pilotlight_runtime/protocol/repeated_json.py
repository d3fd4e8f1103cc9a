"""Requests in JSON that differ from an earlier one only in the numbers of their only input, as most requests do.

The JSON around the numbers has been read and checked before, so that only the numbers are read. A function imports this
once it has imported orjson.
"""

from __future__ import annotations

import struct

from pilotlight_runtime.datatypes import Datatype
from pilotlight_runtime.errors import RequestError
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple
from pilotlight_runtime.protocol.json_codec import DOUBTFUL, MOST_TIMES, Doubts, fast
from pilotlight_runtime.tensor import Tensor

_MOST_BYTES: Final = 65_536
"""In a longer document the numbers take nearly all of the time."""
_MOST_AROUND: Final = 2048
_MOST_TEMPLATES: Final = 32
"""The most requests that are remembered, and the most bytes of JSON before and after the numbers of each."""
_LONGEST_GAP: Final = 16
"""Bytes between the key "data" and its list."""


class _Template(NamedTuple):
    """A request without its numbers.

    after: the JSON after them. name, kind, shape: of the only input. packer: packs its numbers. rest: of
    the request.
    """

    after: bytes
    name: str
    kind: Datatype
    shape: tuple[int, ...]
    packer: struct.Struct
    rest: object


class RepeatedJson:
    """Reads requests whose like it has learned.

    memory: the most bytes that reading a request may take. decode: makes of a parsed document its inputs and the rest
    of the request, whatever that is.
    """

    def __init__(self, memory: int, decode: Callable[[Any, Doubts], tuple[dict[str, Tensor], object]]) -> None:
        self._longest = min(_MOST_BYTES, memory // MOST_TIMES)
        self._decode = decode
        self._templates: dict[bytes, _Template] = {}
        self._seen = (b"", b"")

    def read(self, body: bytes) -> tuple[dict[str, Tensor], Any] | None:
        """The inputs in `body`, and the rest of the request.

        None where no request like `body` is known, or where the data are anything but numbers.
        """
        start = _start(body)
        template = self._templates.get(body[:start])
        if template is None or len(body) > self._longest or not body.endswith(template.after):
            return None
        end = len(body) - len(template.after)
        if body.find(b"u", start, end) >= 0 or body.find(b"l", start, end) >= 0:
            return None  # true, false or null; a number has neither letter
        try:
            numbers = fast.library.loads(memoryview(body)[start - 1 : end + 1])
            packed = template.packer.pack(*numbers)
        except (ValueError, TypeError, struct.error, OverflowError):
            return None
        tensor = Tensor.trusted(template.kind, template.shape, memoryview(packed))
        return {template.name: tensor}, template.rest

    def learn(self, body: bytes, inputs: dict[str, Tensor], rest: object) -> None:
        """Remembers the JSON around the numbers of `body`, once it has come twice.

        inputs, rest: what `body` has been decoded to.
        """
        start = _start(body)
        end = body.find(b"]", start)
        if not start or end <= start or len(body) > self._longest or len(body) - end > _MOST_AROUND:
            return
        before, after = body[:start], body[end:]
        seen, self._seen = self._seen, (before, after)
        if seen != self._seen or len(inputs) != 1:
            return
        ((name, tensor),) = inputs.items()
        if tensor.datatype.format in ("", "?") or not self._proves(before, body[start:end], after, (inputs, rest)):
            return
        if len(self._templates) >= _MOST_TEMPLATES:
            self._templates.clear()
        kind, shape = tensor.datatype, tensor.shape
        packer = struct.Struct(f"<{tensor.count}{kind.format}")
        self._templates[before] = _Template(after, name, kind, shape, packer, rest)

    def _proves(self, before: bytes, numbers: bytes, after: bytes, decoded: object) -> bool:
        """Whether `numbers` are the data of the only input.

        They are where the document without them has empty data, and the document with these data is the same request.
        """
        parse = fast.library.loads
        try:
            document, data = parse(before + after), parse(b"[%b]" % numbers)
            (item,) = document["inputs"]
            if item["data"] != [] or not data:
                return False
            item["data"] = data
            return self._decode(document, DOUBTFUL) == decoded
        except (ValueError, TypeError, LookupError, RequestError):
            return False


def _start(body: bytes) -> int:
    """Where the numbers begin, if they are the first data of the document and flat; 0 where there are none."""
    key = body.find(b'"data"', 0, _MOST_AROUND)
    return body.find(b"[", key, key + _LONGEST_GAP) + 1 if key >= 0 else 0
