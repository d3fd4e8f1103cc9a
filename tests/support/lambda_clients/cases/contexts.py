"""What a handler is told of an invocation."""

from __future__ import annotations

import json
import re
from typing import Final

from support.lambda_clients.case import Case, Event

_ATTRIBUTES: Final = """
def handler(event, context):
    names = ('aws_request_id', 'log_group_name', 'log_stream_name', 'function_name', 'memory_limit_in_mb',
             'function_version', 'invoked_function_arn', 'tenant_id')
    return {name: getattr(context, name) for name in names}
"""
_CLIENT: Final = """
def handler(event, context):
    client = context.client_context
    if client is None:
        return None
    inner = client.client
    names = ('installation_id', 'app_title', 'app_version_name', 'app_version_code', 'app_package_name')
    return client.custom, client.env, inner and [getattr(inner, name) for name in names], context.w3c(), str(client)
"""
_IDENTITY: Final = """
def handler(event, context):
    identity = context.identity
    return identity.cognito_identity_id, identity.cognito_identity_pool_id, repr(identity)
"""
_TRACE: Final = "import os\ndef handler(event, context):\n    return os.environ.get('_X_AMZN_TRACE_ID')\n"
_FULL: Final = json.dumps(
    {
        "custom": {"a": "é"},
        "env": {"b": 2},
        "client": {"installation_id": "i", "app_title": "t"},
        "w3c": {"traceparent": "00-1-2-01", "tracestate": 7, "other": "x", "baggage": "k=v"},
    }
)

CASES: Final = (
    Case(
        "attributes of the context",
        _ATTRIBUTES,
        "as documented",
        expected={
            "1.body": json.dumps(
                {
                    "aws_request_id": "id-1",
                    "log_group_name": "/aws/lambda/digits",
                    "log_stream_name": "2026/11/26/[7]abc",
                    "function_name": "digits",
                    "memory_limit_in_mb": "1769",
                    "function_version": "7",
                    "invoked_function_arn": "arn:aws:lambda:local:123456789012:function:function",
                    "tenant_id": None,
                }
            )
        },
        gone=(),
    ),
    Case(
        "tenant's id",
        "def handler(event, context):\n    return context.tenant_id\n",
        "of this event alone",
        events=(Event(headers=(("Lambda-Runtime-Aws-Tenant-Id", "blue"),)), Event()),
        expected={"1.body": '"blue"', "2.body": "null"},
    ),
    Case(
        "repr of the context",
        "def handler(event, context):\n    return repr(context)\n",
        "the attributes",
        events=(Event(client_context=_FULL),),
    ),
    Case(
        "remaining time",
        "def handler(event, context):\n"
        "    left = context.get_remaining_time_in_millis()\n"
        "    return type(left).__name__, 8000 < left <= 10000\n",
        "milliseconds to the deadline",
        events=(Event(seconds=10),),
        expected={"1.body": '["int", true]'},
    ),
    Case("client context", _CLIENT, "its fields; W3C's trace context apart", events=(Event(client_context=_FULL),)),
    Case(
        "client context without fields",
        _CLIENT,
        "None for each",
        events=(Event(client_context="{}"), Event(client_context='{"client": null}'), Event()),
    ),
    Case(
        "client context that is no JSON",
        _CLIENT,
        "Runtime.LambdaContextUnmarshalError",
        events=(Event(client_context="{"), Event()),
        expected={"1.kind": "Runtime.LambdaContextUnmarshalError"},
    ),
    Case(
        "client context that is an array",
        _CLIENT,
        "AttributeError",
        events=(Event(client_context="[1]"), Event()),
        expected={"1.kind": "AttributeError"},
    ),
    Case(
        "client context that is null",
        _CLIENT,
        "None",
        events=(Event(client_context="null"),),
        expected={"1.body": "null"},
    ),
    Case(
        "Cognito's identity",
        _IDENTITY,
        "both ids",
        events=(Event(identity='{"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p"}'), Event()),
        expected={"1.body": '["i", "p", "CognitoIdentity([cognito_identity_id=i,cognito_identity_pool_id=p])"]'},
    ),
    Case(
        "Cognito's identity that is no JSON",
        _IDENTITY,
        "Runtime.LambdaContextUnmarshalError",
        events=(Event(identity="nonsense"),),
        expected={"1.kind": "Runtime.LambdaContextUnmarshalError"},
    ),
    Case("Cognito's identity that is null", _IDENTITY, "None for both", events=(Event(identity="null"),)),
    Case(
        "X-Ray's variable",
        _TRACE,
        "that of this event",
        events=(Event(trace="Root=1-a"), Event(trace="Root=1-b")),
        expected={"1.body": '"Root=1-a"', "2.body": '"Root=1-b"'},
    ),
    Case(
        "X-Ray's variable without a trace",
        _TRACE,
        "removed",
        events=(Event(trace="Root=1-a"), Event(headers=(("Lambda-Runtime-Trace-Id", None),))),
        expected={"1.body": '"Root=1-a"', "2.body": "null"},
    ),
    Case(
        "attribute that the handler sets",
        "def handler(event, context):\n    context.mine = 1\n    del context.tenant_id\n    return context.mine\n",
        "kept",
        expected={"1.body": "1"},
    ),
    Case(
        "event that is no JSON",
        "def handler(event, context):\n    return event\n",
        "Runtime.UnmarshalError",
        events=(Event(b"{'a': 1}"), Event(b"nope"), Event(b"{} x"), Event()),
        expected={"1.kind": "Runtime.UnmarshalError", "3.kind": "Runtime.UnmarshalError", "4.body": "{}"},
        aws={
            "1.message": re.compile("Expecting property name enclosed in double quotes or '}'"),
            "3.message": re.compile(r"Extra data: line 1 column 4 - line 1 column 5 \(char 3 - 4\)$"),
        },
        ours={
            "1.message": re.compile("Expecting property name enclosed in double quotes: line 1 column 2"),
            "3.message": re.compile(r"Extra data: line 1 column 4 \(char 3\)$"),
        },
        ours_says="the same, in the standard library's words",
    ),
    Case(
        "empty event",
        "def handler(event, context):\n    return event\n",
        "Runtime.UnmarshalError",
        events=(Event(b""), Event()),
        expected={"1.kind": "Runtime.UnmarshalError"},
    ),
    Case(
        "event that is no UTF-8",
        "def handler(event, context):\n    return event\n",
        "Runtime.UnmarshalError",
        events=(Event(b'"\xff"'), Event()),
        expected={"1.kind": "Runtime.UnmarshalError"},
    ),
    Case(
        "event with NaN",
        "def handler(event, context):\n    return event\n",
        "Runtime.UnmarshalError",
        events=(Event(b"[NaN]"), Event(b"[-Infinity]"), Event()),
        expected={"1.kind": "Runtime.UnmarshalError", "2.kind": "Runtime.UnmarshalError"},
        aws={"1.message": re.compile("Expecting value: line 1 column 2")},
        ours={"1.message": re.compile("NaN is no JSON")},
        gone=("2.message", "2.cause"),
        ours_says="the same; the message says what is wrong",
    ),
    Case(
        "event with the same key twice, and a lone surrogate",
        "def handler(event, context):\n    return repr(event)\n",
        "taken; the last of the two counts",
        events=(Event(b'{"b": 1, "b": 2, "c": "\\ud800"}'),),
        expected={"1.body": "\"{'b': 2, 'c': '\\\\ud800'}\""},
    ),
    Case(
        "event with a byte order mark",
        "def handler(event, context):\n    return event\n",
        "taken",
        events=(Event(b"\xef\xbb\xbf[1]"),),
        expected={"1.body": "[1]"},
    ),
    Case(
        "event in UTF-16",
        "def handler(event, context):\n    return event\n",
        "Runtime.UnmarshalError",
        events=(Event("[1]".encode("utf-16-le")),),
        expected={"1.kind": "Runtime.UnmarshalError"},
    ),
    Case(
        "event of 100,000 nested arrays",
        "def handler(event, context):\n    return 1\n",
        "Runtime.UnmarshalError",
        events=(Event(b"[" * 100_000 + b"]" * 100_000), Event()),
        expected={"1.kind": "Runtime.UnmarshalError"},
        aws={"1.message": re.compile("array from a string$")},
        ours={"1.message": re.compile("array from a unicode string$")},
        ours_says="the same, in the standard library's words",
    ),
    Case(
        "event of another content type",
        "def handler(event, context):\n    return type(event).__name__, event.decode()\n",
        "bytes",
        events=(Event(b"a,b", (("Content-Type", "text/csv"),)),),
        expected={"1.body": '["bytes", "a,b"]'},
    ),
    Case(
        "event of JSON with a charset",
        "def handler(event, context):\n    return type(event).__name__\n",
        "bytes",
        events=(Event(b"{}", (("Content-Type", "application/json; charset=utf-8"),)),),
        expected={"1.body": '"bytes"'},
    ),
    Case(
        "event of 6 MB",
        "def handler(event, context):\n    return len(event)\n",
        "all of it",
        events=(Event(b'"' + b"x" * (6 * 1024 * 1024 - 2) + b'"'),),
        expected={"1.body": "6291454"},
    ),
    Case(
        "id of an attempt",
        "def handler(event, context):\n    return 1\n",
        "sent back",
        events=(Event(headers=(("Lambda-Runtime-Invocation-Id", "attempt-1"),)),),
        expected={"1.body": "1"},
    ),
    Case(
        "event of another kind, such as one that reports a completion",
        "def handler(event, context):\n    return event\n",
        "handed to the handler like any other",
        events=(
            Event(b'{"type": "platform.runtimeDone", "record": {"status": "success"}}'),
            Event(b'{"completion": {"requestId": "id-1"}}'),
        ),
        expected={"2.body": '{"completion": {"requestId": "id-1"}}'},
    ),
)
