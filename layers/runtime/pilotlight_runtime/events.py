"""Turns Lambda events into HTTP requests, and HTTP responses into the answers that the senders expect.

Sources: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration" (REST) and "Payload
format version" (HTTP API, which function URLs share); Lambda Developer Guide, "Lambda quotas".

A direct invocation sends one of two objects:
- An inference request of the Open Inference Protocol. The answer is the response object, or, on an error,
  {"error": message, "status": HTTP status}.
- {"path", "method", "headers", "body", "isBase64Encoded"}, of which only path is required. The answer has the shape
  that API Gateway takes.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple
from pilotlight_runtime.limits import MAX_ANSWER_BYTES, answer_too_large
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.http import JSON, HttpRequest, HttpResponse
from pilotlight_runtime.protocol.json_codec import dumps, loads

MAX_BODY_BYTES: Final = 6 * 1024 * 1024
"""Lambda's limit on a synchronous event, base64 included."""

_ENVELOPE_BYTES: Final = 128  # names of the fields, commas, and the spaces that the runtime client writes

_SURELY_CARRIED: Final = MAX_ANSWER_BYTES - 65_536  # more than our headers take
_TEXTS: Final = ("application/json", "text/event-stream")

Render = Callable[[HttpResponse], Any]


class Incoming(NamedTuple):
    """request: the request in an event. render: makes the answer that the event's sender expects."""

    request: HttpRequest
    render: Render


def read_event(event: Any, infer_path: str) -> Incoming:
    """Reads an event.

    Args:
        event: The event as Lambda's runtime client passes it.
        infer_path: The path of an inference request that comes as the event itself.

    Returns:
        The request, and how to render its answer.

    Raises:
        InvalidRequest: The event is of no known kind.
        TooLarge: The body is larger than Lambda carries.
    """
    if not isinstance(event, dict):
        raise InvalidRequest(f"the event must be an object, got {summarize(event)}")
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, dict) else None
    if isinstance(context, dict) and isinstance(http, dict):
        path = _without_stage(_text(event, "rawPath"), context.get("stage"))
        return Incoming(_request(event, _text(http, "method"), path), render_proxy)
    if "httpMethod" in event:
        return Incoming(_request(event, _text(event, "httpMethod"), _resource_path(event)), render_proxy)
    if "path" in event:
        default = "GET" if event.get("body") is None else "POST"
        method = _text({"method": default, **event}, "method")
        return Incoming(_request(event, method, _text(event, "path")), render_proxy)
    if "inputs" in event:
        return Incoming(_direct_request(event, infer_path), render_direct)
    raise InvalidRequest(
        "the event is neither an HTTP request of API Gateway or a function URL, nor an inference request with inputs,"
        " nor an object with a path"
    )


def render_proxy(response: HttpResponse) -> dict[str, Any]:
    """Makes the answer for API Gateway and function URLs; TooLarge where Lambda cannot carry it.

    JSON and server-sent events go as text; a compressed body and every other one goes as base64. `sam local` decodes
    base64 only for clients that accept the body's type, and some of OpenAI's clients accept JSON alone.
    """
    binary = _is_binary(response)
    answer: dict[str, Any] = {"statusCode": response.status, "headers": response.headers, "isBase64Encoded": binary}
    if len(response.body) * 2 > _SURELY_CARRIED:
        check_carried(response)
    if binary:
        from binascii import b2a_base64  # only binary bodies need it

        answer["body"] = b2a_base64(response.body, newline=False).decode()
        return answer
    answer["body"] = response.body.decode()
    return answer


def check_carried(response: HttpResponse, room: int = 0) -> None:
    """Raises TooLarge where Lambda cannot carry what render_proxy makes of a response.

    Args:
        response: The response.
        room: Bytes of headers that it gets besides.
    """
    size = len(response.body)
    if size * 2 <= _SURELY_CARRIED - room:
        return
    binary = _is_binary(response)
    if binary:
        size = size * 4 // 3 + 4
    else:  # In JSON, these take two bytes each. Our JSON and our events have no other character that does.
        size += sum(map(response.body.count, (b'"', b"\\", b"\n")))
    _check_size(size + room, {"statusCode": response.status, "headers": response.headers, "isBase64Encoded": binary})


def render_direct(response: HttpResponse) -> Any:
    """Makes the answer to a direct inference request: the response object itself."""
    if response.headers.get("Content-Type") != JSON:
        raise InvalidRequest("binary outputs need an HTTP request; leave out binary_data and binary_data_output")
    if response.document is not None:
        return response.document
    _check_size(len(response.body), {})
    document = loads(response.body)
    return document if response.status < 400 else {**document, "status": response.status}


def _is_binary(response: HttpResponse) -> bool:
    """Whether a body goes as base64."""
    headers = response.headers
    return "Content-Encoding" in headers or not headers.get("Content-Type", "").startswith(_TEXTS)


def _request(event: dict[str, Any], method: str, path: str) -> HttpRequest:
    return HttpRequest(method.upper(), path, _headers(event), _body(event))


def _direct_request(event: dict[str, Any], path: str) -> HttpRequest:
    """An inference request that comes as the event itself. It is written as JSON only where it may not be valid."""
    from pilotlight_runtime.protocol.json_documents import inspect_document  # only direct invocations need it

    doubts = inspect_document(event)
    if doubts is None:
        return HttpRequest("POST", path, {}, _as_json(event))
    return HttpRequest("POST", path, {}, b"", event, doubts)


def _headers(event: dict[str, Any]) -> dict[str, str]:
    """Headers by name in lower case; the values of a repeated header are joined, as RFC 9110 allows."""
    headers: dict[str, str] = {}
    for field in ("headers", "multiValueHeaders"):
        found = event.get(field)
        if found is not None and not isinstance(found, dict):
            raise InvalidRequest(f"{field} must be an object, got {summarize(found)}")
        for name, value in (found or {}).items():
            if type(value) is str and type(name) is str:  # as nearly all are
                headers[name.lower()] = value
                continue
            values = value if isinstance(value, list) else [value]
            headers[str(name).lower()] = ", ".join(str(part) for part in values if part is not None)
    return headers


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body")
    if body is None:
        return b""
    if isinstance(body, dict | list):  # a direct invocation need not encode it
        return _as_json(body)
    if not isinstance(body, str):
        raise InvalidRequest(f"body must be text, got {summarize(body)}")
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(f"the body is {len(body)} bytes long as it comes to Lambda, the most is {MAX_BODY_BYTES}")
    try:
        return _from_base64(body) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        expected = "base64, as isBase64Encoded says" if event.get("isBase64Encoded") else "UTF-8"
        raise InvalidRequest(f"the body is not {expected}") from None


def _from_base64(text: str) -> bytes:
    """ValueError where `text` is not base64."""
    from binascii import a2b_base64  # only binary bodies need it

    return a2b_base64(text, strict_mode=True)


def _resource_path(event: dict[str, Any]) -> str:
    """The path of a REST event, without the base path of a custom domain: the resource tells where the rest begins."""
    path, resource = _text(event, "path"), event.get("resource")
    if not isinstance(resource, str):
        return path
    parameters = event.get("pathParameters")
    proxy = parameters.get("proxy") if isinstance(parameters, dict) else None
    if resource == "/{proxy+}" and path[1:] == proxy:
        return path
    inner = resource.replace("{proxy+}", proxy if isinstance(proxy, str) else "{proxy+}")
    return inner if path.rstrip("/").endswith(inner.rstrip("/")) else path


def _without_stage(path: str, stage: object) -> str:
    """The path without its stage, which HTTP APIs put before it, except for the stage $default."""
    if isinstance(stage, str) and (path == f"/{stage}" or path.startswith(f"/{stage}/")):
        return path[len(stage) + 1 :]
    return path


def _text(event: dict[str, Any], field: str) -> str:
    value = event.get(field)
    if not isinstance(value, str):
        raise InvalidRequest(f"{field} must be text, got {summarize(value)}")
    return value


def _as_json(document: object) -> bytes:
    """Writes a parsed document as JSON; InvalidRequest where it has NaN or infinity, which Python's parser accepts."""
    try:
        return dumps(document)
    except (ValueError, TypeError, RecursionError):
        raise InvalidRequest("the event has NaN, infinity or too deep a nesting, or is no JSON") from None


def _check_size(size: int, envelope: dict[str, Any]) -> None:
    """Raises TooLarge where a body of `size` bytes in `envelope` is more than Lambda carries."""
    if size + len(dumps(envelope)) + _ENVELOPE_BYTES > MAX_ANSWER_BYTES:
        raise answer_too_large()
