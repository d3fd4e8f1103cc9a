"""Paths, header names and limits of the Runtime API."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

MOST_BUFFERED_BYTES: Final = 6 * 1024 * 1024 + 100
"""The largest response that is not streamed: 6 MB, and 100 bytes more (AWS's emulator, interop/model.go)."""

MOST_STREAMED_BYTES: Final = 200 * 1024 * 1024
"""The largest streamed response (Lambda Developer Guide, "Response streaming for Lambda functions")."""

MOST_HEAD_BYTES: Final = 2 * 1024 * 1024
"""The largest head of a request. AWS's client reports an error's stack to X-Ray in a header of up to 1 MiB."""

REQUEST_ID: Final = "Lambda-Runtime-Aws-Request-Id"
DEADLINE_MS: Final = "Lambda-Runtime-Deadline-Ms"
FUNCTION_ARN: Final = "Lambda-Runtime-Invoked-Function-Arn"
TRACE_ID: Final = "Lambda-Runtime-Trace-Id"
CLIENT_CONTEXT: Final = "Lambda-Runtime-Client-Context"
COGNITO_IDENTITY: Final = "Lambda-Runtime-Cognito-Identity"

RESPONSE_MODE: Final = "lambda-runtime-function-response-mode"
STREAMING: Final = "streaming"
ERROR_TYPE: Final = "lambda-runtime-function-error-type"
ERROR_BODY: Final = "lambda-runtime-function-error-body"


class Call(Enum):
    """What a function asks of the Runtime API."""

    NEXT = "GET", r"/invocation/next"
    RESPONSE = "POST", r"/invocation/([^/]+)/response"
    ERROR = "POST", r"/invocation/([^/]+)/error"
    INIT_ERROR = "POST", r"/init/error"
    RESTORE_NEXT = "GET", r"/restore/next"
    RESTORE_ERROR = "POST", r"/restore/error"


class Route(NamedTuple):
    """What a path of the Runtime API stands for.

    Attributes:
        call: What the function asks.
        method: The method that it must use.
        request_id: The invocation that the path names; "" where it names none.
    """

    call: Call
    method: str
    request_id: str


def find_route(path: str) -> Route | None:
    """Return what a path stands for; None where the Runtime API has no such path."""
    for call in Call:
        method, pattern = call.value
        found = re.fullmatch("/2018-06-01/runtime" + pattern, path)
        if found:
            return Route(call, method, found[1] if found.groups() else "")
    return None
