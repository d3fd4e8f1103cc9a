"""One or several pictures as one input. Only requests with pictures in JSON or in a form import this module."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.light_typing import Final, NamedTuple, Sequence
from pilotlight_runtime.limits import out_of_memory
from pilotlight_runtime.protocol.image_limits import Budget
from pilotlight_runtime.protocol.images import ImageCodec
from pilotlight_runtime.tensor import Tensor, element_count
from pilotlight_runtime.types import InferRequest

MAX_PICTURES: Final = 1000
"""The most pictures in a request. Opening the smallest one takes 0.1 ms."""

MAX_ELEMENTS: Final = 12_000_000
"""The most elements that the pictures of a request may become. Making one takes 50 ns."""


class NamedPicture(NamedTuple):
    """where: the field of the request, for messages. content: the file."""

    where: str
    content: bytes


def decode_pictures(codec: ImageCodec, pictures: Sequence[NamedPicture]) -> Tensor:
    """Decodes the pictures of a request to one input, one after the other along the first dimension.

    Args:
        codec: How the model takes pictures.
        pictures: At least one picture.

    Returns:
        The input. One picture gives what `ImageCodec.tensor` gives.

    Raises:
        InvalidRequest: One of them is neither PNG nor JPEG, or is damaged; or the model takes one picture at a time.
        TooLarge: Decoding them would take too much.
    """
    count = len(pictures)
    _check_count(codec, count)
    budget = Budget() if count > 1 else None
    parts = []
    for where, content in pictures:
        try:
            if budget is not None:
                budget.add_file(content)
            parts.append(codec.elements(content, budget))
        except (InvalidRequest, TooLarge) as error:
            raise type(error)(f"{where}: {error}") from None
    shape = (count, *codec.shape[1:]) if count > 1 else codec.shape
    return Tensor(codec.kind, shape, memoryview(b"".join(parts)))


def read_form(body: bytes, content_type: str, codec: ImageCodec) -> InferRequest:
    """Reads a form with only pictures, as a request; see `multipart.read_files` and `decode_pictures`."""
    from pilotlight_runtime.protocol.multipart import read_files

    files = [NamedPicture(*file) for file in read_files(body, content_type, MAX_PICTURES)]
    return InferRequest({codec.input: decode_pictures(codec, files)})


def _check_count(codec: ImageCodec, count: int) -> None:
    if count > 1 and not codec.takes_batches:
        raise InvalidRequest(f"input {codec.input!r} takes one picture at a time; the request has {count}")
    if count > MAX_PICTURES:
        raise TooLarge(f"the request has {count} pictures, the most is {MAX_PICTURES}")
    elements = count * element_count(codec.shape)
    if count > 1 and elements > MAX_ELEMENTS:
        most = max(1, MAX_ELEMENTS // element_count(codec.shape))
        raise TooLarge(f"the request has {count} pictures, the most of this size is {most}")
    needed = 2 * elements * codec.kind.itemsize
    if count > 1 and needed > codec.limits.memory:
        raise out_of_memory(f"decoding {count} pictures", needed, codec.limits.memory, "send fewer at once")
