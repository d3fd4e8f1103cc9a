"""The calls of Lambda's Runtime API (Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes")."""

from __future__ import annotations

from pilotlight_runtime.lambda_client.connection import Answer, Connection, InvalidAnswer
from pilotlight_runtime.light_typing import Final

VERSION: Final = b"2018-06-01"
JSON: Final = b"application/json"
BYTES: Final = b"application/unknown"
"""What AWS's client says of a result that is bytes."""
_LONGEST_CAUSE: Final = 1 << 20
"""Bytes of the header that X-Ray reads; AWS's client leaves out a longer one."""


class RuntimeApiError(Exception):
    """The Runtime API refuses a call. status: of its response, in HTTP."""

    def __init__(self, call: str, answer: Answer) -> None:
        said = answer.body[:400].decode("utf-8", "replace")
        super().__init__(f"the Runtime API answered {call} with {answer.status}: {said}")
        self.status = answer.status


class Invocation:
    """An event and what Lambda says of it. Texts are "" where Lambda sends none."""

    __slots__ = (
        "arn",
        "body",
        "client_context",
        "content_type",
        "deadline_ms",
        "id",
        "identity",
        "invocation_id",
        "tenant_id",
        "trace_id",
    )

    def __init__(self, answer: Answer) -> None:
        get = answer.headers.get
        self.body = answer.body
        self.id = get("lambda-runtime-aws-request-id", "")
        self.deadline_ms = _number(get("lambda-runtime-deadline-ms", "0"))
        self.arn = get("lambda-runtime-invoked-function-arn", "")
        self.trace_id = get("lambda-runtime-trace-id", "")
        self.client_context = get("lambda-runtime-client-context", "")
        self.identity = get("lambda-runtime-cognito-identity", "")
        self.tenant_id = get("lambda-runtime-aws-tenant-id", "")
        self.content_type = get("content-type", "")
        self.invocation_id = get("lambda-runtime-invocation-id", "")


class RuntimeApi:
    """Asks the Runtime API.

    Args:
        connection: To its address.
        agent: What the client calls itself, such as "pilotlight/1.0".
    """

    def __init__(self, connection: Connection, agent: str) -> None:
        self.connection = connection
        self._common = b" HTTP/1.1\r\nHost: %b\r\nUser-Agent: %b\r\n" % (connection.host, agent.encode("ascii"))
        self._next = self._head(b"GET", b"invocation/next") + b"\r\n"

    def next(self) -> Invocation:
        """Waits for the next event.

        Raises:
            RuntimeApiError: The status is not 200.
            InvalidAnswer: The event has no id.
            OSError: The connection failed twice.
        """
        answer = self.connection.exchange(self._next)
        if answer.status != 200:
            raise RuntimeApiError("next", answer)
        invocation = Invocation(answer)
        if not invocation.id:
            raise InvalidAnswer("the Runtime API sent an event without Lambda-Runtime-Aws-Request-Id")
        return invocation

    def respond(self, invocation: Invocation, body: bytes, content_type: bytes = JSON) -> None:
        """Posts a whole result.

        Raises:
            RuntimeApiError: It is refused, such as one that is too large.
        """
        path = b"invocation/%b/response" % invocation.id.encode()
        headers = b"Content-Type: %b\r\n%b" % (content_type, _of(invocation))
        self._post("a response", path, headers, body)

    def fail(self, invocation: Invocation, kind: str, document: bytes, cause: bytes) -> None:
        """Posts why an invocation failed.

        Args:
            invocation: The invocation.
            kind: The type of the error.
            document: AWS's error document, JSON.
            cause: The same for X-Ray, JSON.
        """
        path = b"invocation/%b/error" % invocation.id.encode()
        headers = b"Content-Type: %b\r\n%b%b" % (JSON, error_type(kind), _of(invocation))
        if len(cause) < _LONGEST_CAUSE:
            headers += b"Lambda-Runtime-Function-XRay-Error-Cause: %b\r\n" % cause
        self._post("an error", path, headers, document)

    def fail_init(self, kind: str, document: bytes) -> None:
        """Posts why the function does not start, before its first event."""
        self._post(
            "an error of the start", b"init/error", b"Content-Type: %b\r\n%b" % (JSON, error_type(kind)), document
        )

    def wait_for_restore(self) -> None:
        """Says that the snapshot can be taken, and waits until an environment is restored from it."""
        answer = self.connection.exchange(self._head(b"GET", b"restore/next") + b"\r\n")
        if answer.status != 200:
            raise RuntimeApiError("restore/next", answer)

    def fail_restore(self, kind: str, document: bytes) -> None:
        """Posts why a restored environment cannot go on."""
        self._post(
            "an error of a restore", b"restore/error", b"Content-Type: %b\r\n%b" % (JSON, error_type(kind)), document
        )

    def stream_head(self, invocation: Invocation, content_type: bytes) -> bytes:
        """The head of a response whose body comes in chunks, with an error in the trailers if there is one."""
        return (
            self._head(b"POST", b"invocation/%b/response" % invocation.id.encode())
            + b"Content-Type: %b\r\n%b" % (content_type, _of(invocation))
            + b"Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
            + b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n"
        )

    def _head(self, method: bytes, path: bytes) -> bytes:
        return b"%b /%b/runtime/%b%b" % (method, VERSION, path, self._common)

    def _post(self, call: str, path: bytes, headers: bytes, body: bytes) -> None:
        head = self._head(b"POST", path)
        answer = self.connection.exchange(b"%b%bContent-Length: %d\r\n\r\n%b" % (head, headers, len(body), body))
        if answer.status // 100 != 2:
            raise RuntimeApiError(call, answer)


def _of(invocation: Invocation) -> bytes:
    """The header that names an attempt; Lambda sends one to newer clients and wants it back."""
    found = invocation.invocation_id
    return b"Lambda-Runtime-Invocation-Id: %b\r\n" % found.encode() if found else b""


def error_type(kind: str) -> bytes:
    """The header that names the type of an error. A class may have any name, line ends included."""
    name = kind.encode("ascii", "backslashreplace") if kind.isprintable() else kind.encode("unicode_escape")
    return b"Lambda-Runtime-Function-Error-Type: %b\r\n" % name


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
