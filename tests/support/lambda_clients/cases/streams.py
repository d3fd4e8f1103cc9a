"""Results that our client streams. AWS's client takes none of them."""

from __future__ import annotations

import re
from typing import Any, Final

from support.lambda_clients.case import Case, Event

HTTP: Final = Event(b'{"requestContext": {"http": {"method": "GET"}}}')
_PLAIN: Final = Event()
_KIND: Final = "application/vnd.awslambda.http-integration-response"
_STREAMS: Final = "streams"
_RESPONDS: Final = ["GET /invocation/next", "POST /invocation/id-1/response", "GET /invocation/next"]
_FAILS: Final = ["GET /invocation/next", "POST /invocation/id-1/error", "GET /invocation/next"]


def _streams(
    name: str,
    app: str,
    ours: dict[str, Any],
    event: Event = _PLAIN,
    *,
    refused: str = "generator",
    ours_says: str = _STREAMS,
) -> Case:
    aws = {
        "calls": _FAILS,
        "1.message": f"Unable to marshal response: Object of type {refused} is not JSON serializable",
    }
    return Case(
        name,
        app,
        "Runtime.MarshalError",
        aws=aws,
        ours={"calls": _RESPONDS, **ours},
        ours_says=ours_says,
        events=(event,),
    )


_PARTS: Final = "def handler(event, context):\n    yield b'one '\n    yield b'two'\n"

CASES: Final = (
    _streams(
        "generator of bytes", _PARTS, {"1.mode": "stream", "1.type": "application/octet-stream", "1.body": "one two"}
    ),
    _streams(
        "generator of bytes for an HTTP event",
        _PARTS,
        {
            "1.mode": "stream",
            "1.type": _KIND,
            "1.body": '{"statusCode": 200, "headers": {"content-type": "application/octet-stream"}}'
            + "\0" * 8
            + "one two",
        },
        HTTP,
    ),
    _streams(
        "dict whose body is a generator",
        "def handler(event, context):\n"
        "    parts = iter([b'x', bytearray(b'y'), memoryview(b'z')])\n"
        "    return {'statusCode': 201, 'headers': {'a': 'é'}, 'body': parts}\n",
        {
            "1.mode": "stream",
            "1.type": _KIND,
            "1.body": '{"statusCode": 201, "headers": {"a": "é"}}' + "\0" * 8 + "xyz",
        },
        HTTP,
        refused="list_iterator",
    ),
    _streams(
        "generator without parts",
        "def handler(event, context):\n    return iter(())\n",
        {"1.mode": "stream", "1.body": ""},
        refused="tuple_iterator",
    ),
    _streams(
        "generator with empty parts",
        "def handler(event, context):\n    yield b''\n    yield b'x'\n    yield b''\n    yield b'y'\n",
        {"1.mode": "stream", "1.body": "xy", "1.kind": None},
    ),
    Case(
        "generator of texts",
        "def handler(event, context):\n    yield 'text'\n",
        "Runtime.MarshalError",
        expected={"1.kind": "Runtime.MarshalError"},
        aws={"1.message": re.compile("generator is not JSON")},
        ours={"1.message": "Unable to marshal response: a streamed body is made of bytes, not of str"},
        ours_says="the same; the message says what is wrong",
    ),
    _streams(
        "generator with a text after bytes",
        "def handler(event, context):\n    yield b'x'\n    yield 'text'\n",
        {
            "1.mode": "stream",
            "1.body": "x",
            "1.kind": "Runtime.MarshalError",
            "1.message": "Unable to marshal response: a streamed body is made of bytes, not of str",
        },
    ),
    Case(
        "generator that raises before its first part",
        "def handler(event, context):\n    raise ValueError('no')\n    yield b'x'\n",
        "Runtime.MarshalError, as it never runs",
        aws={"1.kind": "Runtime.MarshalError", "1.message": re.compile("generator")},
        ours={
            "1.kind": "ValueError",
            "1.message": "no",
            "1.stack": ["  File \"/var/task/app.py\", line 2, in handler\n    raise ValueError('no')\n"],
        },
        ours_says="its error: an error before the first byte is an ordinary answer",
    ),
    _streams(
        "generator that raises in the middle",
        "def handler(event, context):\n    yield b'x'\n    raise ValueError('no é')\n",
        {
            "1.mode": "stream",
            "1.body": "x",
            "1.kind": "ValueError",
            "1.message": "no é",
            "1.stack": ["  File \"/var/task/app.py\", line 3, in handler\n    raise ValueError('no é')\n"],
            "stdout": re.compile(r"\[ERROR\] ValueError: no é"),
            "exit": "runs",
        },
        ours_says="streams, with the error in the trailers and in the log",
    ),
    Case(
        "generator that exits",
        "import sys\ndef handler(event, context):\n    yield b'x'\n    sys.exit(3)\n",
        "Runtime.MarshalError",
        aws={"exit": "runs", "1.kind": "Runtime.MarshalError"},
        ours={"exit": 3, "1.body": "x", "1.kind": "Runtime.TruncatedResponse"},
        ours_says="streams until the process ends, as where a handler exits",
    ),
    Case(
        "generator in another place of the result",
        "def handler(event, context):\n    return {'statusCode': 200, 'parts': (part for part in ())}\n",
        "Runtime.MarshalError",
        expected={
            "1.kind": "Runtime.MarshalError",
            "1.message": "Unable to marshal response: Object of type generator is not JSON serializable",
        },
    ),
    Case(
        "whole answer after a stream",
        "def handler(event, context):\n    return iter([b'x']) if event else 7\n",
        "Runtime.MarshalError, then the answer",
        events=(Event(b"1"), Event(b"0")),
        aws={
            "calls": [*_FAILS[:-1], "GET /invocation/next", "POST /invocation/id-2/response", "GET /invocation/next"],
            "1.kind": "Runtime.MarshalError",
        },
        ours={"calls": [*_RESPONDS, "POST /invocation/id-2/response", "GET /invocation/next"], "1.body": "x"},
        expected={"2.body": "7"},
        ours_says="streams, then answers",
    ),
    Case(
        "context of a client that streams",
        "def handler(event, context):\n    return getattr(context, 'can_stream', False)\n",
        "false",
        aws={"1.body": "false"},
        ours={"1.body": "true"},
        ours_says="true, so that a handler can ask for it",
    ),
)
