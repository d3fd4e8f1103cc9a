"""What a handler returns."""

from __future__ import annotations

import re
from typing import Any, Final

from support.lambda_clients.case import Case, Event

_HANDLER: Final = "def handler(event, context):\n    return "
JSON: Final = "application/json"


def _returns(name: str, expression: str, says: str, before: str = "", **rest: Any) -> Case:
    return Case(f"returns {name}", f"{before}\n{_HANDLER}{expression}\n", says, **rest)


def _refused(name: str, expression: str, words: str, before: str = "", **rest: Any) -> Case:
    """JSON cannot hold the result."""
    expected = {"1.kind": "Runtime.MarshalError", "1.message": f"Unable to marshal response: {words}", "1.stack": []}
    says = "Runtime.MarshalError, which names the type"
    return _returns(name, expression, rest.pop("says", says), before, expected=rest.pop("expected", expected), **rest)


_DEEP: Final = "inside = []\nfor _ in range(100_000):\n    inside = [inside]"

CASES: Final = (
    _returns("None", "None", "null", expected={"1.body": "null", "1.type": JSON}),
    _returns(
        "what JSON has",
        "{'a': [1, 2.5, True, None, 'é\\n\\u2028'], 2: {}, None: 1, True: -0.0, 1.5: 1e300}",
        "JSON as the standard library writes it, in UTF-8 without escapes",
        expected={
            "1.body": '{"a": [1, 2.5, true, null, "é\\n\u2028"], "2": {}, "null": 1, "true": -0.0, "1.5": 1e+300}'
        },
    ),
    _returns(
        "the event", "event", "the same JSON", events=(Event(b'{"a":[1.0,12345678901234567890,"\\ud83d\\ude00"]}'),)
    ),
    _returns(
        "NaN and infinities",
        "[float('nan'), float('inf'), -float('inf')]",
        "NaN, Infinity, -Infinity",
        expected={"1.body": "[NaN, Infinity, -Infinity]"},
    ),
    _returns(
        "Decimals",
        "[Decimal('1.10'), Decimal('1E+3'), Decimal('-sNaN'), Decimal('Infinity')]",
        "numbers with all their digits",
        "from decimal import Decimal",
        expected={"1.body": "[1.10, 1E+3, NaN, Infinity]"},
    ),
    _returns(
        "a named tuple",
        "Point(1, y=[Point(2, 3)])",
        "an object",
        "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')",
        expected={"1.body": '{"x": 1, "y": [{"x": 2, "y": 3}]}'},
    ),
    _returns(
        "an object with _asdict",
        "Record()",
        "an object",
        "class Record:\n    def _asdict(self):\n        return {'x': 1}",
        expected={"1.body": '{"x": 1}'},
    ),
    _returns(
        "subclasses of JSON's types",
        "[Colour.RED, Text('x'), Table(a=1), Real(2.5), Row([1])]",
        "their values",
        "from enum import IntEnum\nclass Colour(IntEnum):\n    RED = 3\nclass Text(str): pass\n"
        "class Table(dict): pass\nclass Real(float): pass\nclass Row(list): pass",
        expected={"1.body": '[3, "x", {"a": 1}, 2.5, [1]]'},
    ),
    _returns(
        "bytes",
        "b'\\x00\\xff'",
        "the bytes, as application/unknown",
        expected={"1.type": "application/unknown", "1.body": "\x00\\xff"},
    ),
    _returns("bytes in a dict", "{b'k': b'v'}", "text", expected={"1.body": '{"k": "v"}'}),
    _returns("a huge int", "10 ** 400", "all its digits", expected={"1.body": "1" + "0" * 400}),
    _returns("tuples", "((), (1, ('a',)))", "arrays", expected={"1.body": '[[], [1, ["a"]]]'}),
    _returns("6 MB", "'x' * (6 * 1024 * 1024 - 2)", "all of it", expected={"exit": "runs"}),
    _refused("a set", "{1}", "Object of type set is not JSON serializable"),
    _refused(
        "a datetime",
        "datetime(2026, 1, 1)",
        "Object of type datetime is not JSON serializable",
        "from datetime import datetime",
    ),
    _refused("an object", "object()", "Object of type object is not JSON serializable"),
    _refused("a bytearray", "{'a': bytearray(b'x')}", "Object of type bytearray is not JSON serializable"),
    _refused("a dict with a tuple for a key", "{(1,): 2}", "keys must be str, int, float, bool or None, not tuple"),
    _refused(
        "bytes in a dict that are no UTF-8",
        "{'a': b'\\xff'}",
        "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        says="Runtime.MarshalError, which names the byte",
    ),
    _refused(
        "an int of 5,000 digits",
        "10 ** 5000",
        "Exceeds the limit (4300 digits) for integer string conversion; use "
        "sys.set_int_max_str_digits() to increase the limit",
        says="Runtime.MarshalError: Python's own limit",
    ),
    _refused(
        "a list that holds itself",
        "itself",
        "",
        "itself = []\nitself.append(itself)",
        says="Runtime.MarshalError: circular reference",
        expected={"1.kind": "Runtime.MarshalError"},
        aws={"1.message": re.compile("Circular reference detected$")},
        ours={"1.message": re.compile("Circular reference detected, or too many levels$")},
        ours_says="the same; one message names both causes",
    ),
    _refused(
        "100,000 nested lists",
        "inside",
        "",
        _DEEP,
        says="Runtime.MarshalError: too many levels",
        expected={"1.kind": "Runtime.MarshalError"},
        aws={"1.message": re.compile("maximum recursion depth exceeded")},
        ours={"1.message": re.compile("Circular reference detected, or too many levels$")},
        ours_says="the same; one message names both causes",
    ),
    _returns(
        "a lone surrogate",
        "'\\ud800'",
        "the process ends with 1: UTF-8 has no such character",
        aws={"exit": 1, "1.body": None},
        ours={"exit": "runs", "1.body": '"\\ud800"'},
        ours_says="the escape `\\ud800`, as AWS's client wrote it before Python 3.12",
    ),
    _returns(
        "6 MB and 100 bytes",
        "'x' * (6 * 1024 * 1024 + 98)",
        "all of it: the largest that Lambda takes",
        expected={"exit": "runs"},
    ),
    _returns(
        "one byte more",
        "'x' * (6 * 1024 * 1024 + 99)",
        "Lambda reports Function.ResponseSizeTooLarge; the process ends with 1",
        events=(Event(), Event()),
        expected={"1.kind": "Function.ResponseSizeTooLarge"},
        aws={"exit": 1, "2.kind": None},
        ours={
            "exit": "runs",
            "2.kind": "Function.ResponseSizeTooLarge",
            "stdout": re.compile(r"Runtime.RefusedResponse: the Runtime API answered a response with 413"),
        },
        ours_says="Lambda reports the same; the refusal is logged, and the next event need not wait for a new start",
    ),
    _refused(
        "a coroutine",
        "work()",
        "Object of type coroutine is not JSON serializable",
        "async def work(): pass",
        gone=("stderr",),
    ),
    _refused(
        "an async generator",
        "work()",
        "Object of type async_generator is not JSON serializable",
        "async def work():\n    yield b'x'",
    ),
)
