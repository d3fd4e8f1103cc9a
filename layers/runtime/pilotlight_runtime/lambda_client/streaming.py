"""A result that is sent as it comes: each part of an iterator is a chunk of the response.

Source: Lambda Developer Guide, "Response streaming with custom runtimes": the header of the mode, the prelude for HTTP,
eight NUL bytes, the body, and trailers where the body breaks off.
"""

from __future__ import annotations

from pilotlight_runtime.lambda_client.connection import Answer, Connection, ConnectionLost, InvalidAnswer
from pilotlight_runtime.lambda_client.faults import Fault, Report
from pilotlight_runtime.lambda_client.marshal import MARSHAL_ERROR, write_result
from pilotlight_runtime.lambda_client.runtime_api import Invocation, RuntimeApi, RuntimeApiError, error_type
from pilotlight_runtime.light_typing import Any, Final, Iterator

HTTP: Final = b"application/vnd.awslambda.http-integration-response"
RAW: Final = b"application/octet-stream"
_PRELUDE: Final = {"statusCode": 200, "headers": {"content-type": "application/octet-stream"}}
_END_OF_PRELUDE: Final = b"\0" * 8
_END: Final[Any] = object()


class Stream:
    """A handler's result that streams.

    Args:
        parts: The parts of the body.
        content_type: Of the whole, as the Runtime API is told.
        prelude: Bytes before the body.

    Raises:
        Exception: The first part, which is made here, is not to be had. Nothing has been sent then.
    """

    __slots__ = ("content_type", "first", "parts", "prelude")

    def __init__(self, parts: Iterator[bytes], content_type: bytes, prelude: bytes) -> None:
        self.parts = parts
        self.content_type = content_type
        self.prelude = prelude
        self.first = _next_part(parts)


def find_stream(result: Any, event: Any) -> Stream | None:
    """Tells whether a result streams.

    Args:
        result: What the handler returned. It streams where it is an iterator, or a dict whose "body" is one; the rest
            of the dict is the response's status and headers.
        event: The event. An iterator alone gets a status and headers where an HTTP request is answered.

    Returns:
        The stream; None where the result is sent whole.

    Raises:
        Fault: JSON cannot hold the status and headers.
        Exception: The iterator fails before its first part.
    """
    if type(result) is dict:
        parts: Any = result.get("body")
        if not hasattr(parts, "__next__"):
            return None
        head = {name: value for name, value in result.items() if name != "body"}
        return Stream(parts, HTTP, write_result(head) + _END_OF_PRELUDE)
    if not hasattr(result, "__next__"):
        return None
    if isinstance(event, dict) and "requestContext" in event:
        return Stream(result, HTTP, write_result(_PRELUDE) + _END_OF_PRELUDE)
    return Stream(result, RAW, b"")


def send(api: RuntimeApi, invocation: Invocation, stream: Stream) -> Report | None:
    """Sends a stream part by part. A caller that leaves ends the iterator at its next part.

    Returns:
        What broke the body off, after the caller was told in the trailers; None where the body is whole.

    Raises:
        RuntimeApiError: The Runtime API refuses the response.
    """
    connection = api.connection
    broken = None
    connection.renew()  # a stream cannot be sent again, as a whole answer is where the kept connection has ended
    try:
        connection.send(api.stream_head(invocation, stream.content_type) + _chunk(stream.prelude))
        part = stream.first
        while part is not None:
            connection.send(_chunk(part))
            try:
                part = _next_part(stream.parts)
            except Exception as error:  # noqa: BLE001  (any code of the handler runs here)
                broken = Report(error)
                break
        connection.send(b"0\r\n" + (_trailers(broken, invocation) if broken else b"") + b"\r\n")
        answer = connection.receive()
    except ConnectionLost:  # the caller has left, or the Runtime API takes no more
        refusal = _early_answer(connection)
        connection.close()
        ended = broken or _end(stream.parts)
        if refusal is None:
            return ended
        answer = refusal
    if answer.status // 100 != 2:
        raise RuntimeApiError("a streamed response", answer)
    return broken


def _next_part(parts: Iterator[bytes]) -> bytes | None:
    """The next part that is not empty, which would end the body; None at the end.

    Raises:
        Fault: It is no bytes.
        Exception: The iterator fails.
    """
    while (part := next(parts, _END)) is not _END:
        if not isinstance(part, bytes | bytearray | memoryview):
            raise Fault(
                MARSHAL_ERROR,
                f"Unable to marshal response: a streamed body is made of bytes, not of {type(part).__name__}",
            )
        if part:
            return bytes(part)
    return None


def _early_answer(connection: Connection) -> Answer | None:
    """What the Runtime API answered before the stream was whole; None where it only closed the connection."""
    try:
        return connection.receive()
    except (ConnectionLost, InvalidAnswer):
        return None


def _chunk(part: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(part), part) if part else b""


def _trailers(report: Report, invocation: Invocation) -> bytes:
    from binascii import b2a_base64

    document = b2a_base64(write_result(report.document(invocation.id)), newline=False)
    return b"%bLambda-Runtime-Function-Error-Body: %b\r\n" % (error_type(report.kind), document)


def _end(parts: Any) -> Report | None:
    """Ends a generator at the step where it is, so that its `finally` blocks run now; what they raise is reported."""
    close = getattr(parts, "close", None)
    try:
        if close is not None:
            close()
    except Exception as error:  # noqa: BLE001  (any code of the handler runs here)
        return Report(error)
    return None
