"""A response whose body is made while it is sent."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING
from pilotlight_runtime.protocol.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class StreamedResponse(HttpResponse):
    """An HttpResponse with an empty body, and the parts that come instead of it.

    Attributes:
        parts: The parts of the body. Making the first may raise a RequestError, which is then the answer.
        write_error: Makes the last part of the body from the JSON of an error that comes later.
        ends_in_time: Whether the parts end by themselves before the function's time is over.
    """

    parts: Iterator[bytes]
    write_error: Callable[[bytes], bytes]
    ends_in_time: bool

    @classmethod
    def of(
        cls,
        headers: dict[str, str],
        parts: Iterator[bytes],
        write_error: Callable[[bytes], bytes],
        *,
        ends_in_time: bool = False,
    ) -> StreamedResponse:
        """Makes a response with status 200."""
        response = cls(200, headers, b"")
        response.parts = parts
        response.write_error = write_error
        response.ends_in_time = ends_in_time
        return response
