"""What a handler raises."""

from __future__ import annotations

import re
from typing import Any, Final

from support.lambda_clients.case import Case, Event


def _raises(name: str, statement: str, says: str, before: str = "", **rest: Any) -> Case:
    body = statement.replace("\n", "\n    ")
    return Case(f"raises {name}", f"{before}\ndef handler(event, context):\n    {body}\n", says, **rest)


CASES: Final = (
    _raises(
        "with a message",
        "raise ValueError('no')",
        "type, message, stack, X-Ray's cause; the log has them too",
        expected={
            "1.kind": "ValueError",
            "1.message": "no",
            "1.stack": ["  File \"/var/task/app.py\", line 3, in handler\n    raise ValueError('no')\n"],
            "exit": "runs",
        },
        events=(Event(), Event()),
    ),
    _raises("without a message", "raise ValueError", 'the message is ""', expected={"1.message": ""}),
    _raises("with two arguments", "raise ValueError('a', 1)", "both, as a tuple", expected={"1.message": "('a', 1)"}),
    _raises("KeyError", "{}['é']", "the key in quotes", expected={"1.message": "'é'"}),
    _raises(
        "unicode and line ends",
        "raise ValueError('Ошибка\\n😀\\t\\x00')",
        "unchanged",
        expected={"1.message": "Ошибка\n😀\t\x00"},
    ),
    _raises(
        "with a control character",
        "raise ValueError('a\\x7f')",
        "the process ends with 1: X-Ray's cause goes into a header, which may not hold it",
        aws={"exit": 1, "1.kind": None},
        ours={"exit": "runs", "1.kind": "ValueError", "1.message": "a\x7f"},
        ours_says="the error, escaped in the header: no error may be lost",
    ),
    _raises(
        "from another",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('no') from error",
        "the last one alone",
        expected={"1.kind": "ValueError"},
    ),
    _raises(
        "while another is handled",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    {}['x']",
        "the last one alone",
        expected={"1.kind": "KeyError"},
    ),
    _raises(
        "with notes",
        "error = ValueError('no')\nerror.add_note('a note')\nraise error",
        "without the notes",
        expected={"1.message": "no"},
    ),
    _raises(
        "an ExceptionGroup",
        "raise ExceptionGroup('some', [ValueError('a'), KeyError('b')])",
        "the group",
        expected={"1.kind": "ExceptionGroup", "1.message": "some (2 sub-exceptions)"},
    ),
    _raises(
        "RecursionError",
        "handler(event, context)",
        "a stack that says how often a line repeats",
        expected={"1.kind": "RecursionError"},
    ),
    _raises("MemoryError", "bytearray(1 << 60)", "type and stack", expected={"1.kind": "MemoryError", "1.message": ""}),
    _raises(
        "in another module",
        "helper.fail()",
        "a stack through both",
        "import helper",
        files={"helper.py": "def fail():\n    raise OSError(2, 'gone', 'x.txt')\n"},
        expected={"1.kind": "FileNotFoundError", "1.message": "[Errno 2] gone: 'x.txt'"},
    ),
    _raises("in generated code", "exec('raise ValueError(1)')", "a stack without the line's text"),
    _raises("StopIteration", "next(iter(()))", "as any other", expected={"1.kind": "StopIteration"}),
    _raises(
        "with a lone surrogate",
        "raise ValueError('\\ud800')",
        "the process ends with 1: the log cannot write it",
        events=(Event(), Event()),
        aws={"exit": 1, "1.kind": None},
        ours={
            "exit": "runs",
            "1.kind": "ValueError",
            "2.message": "\ud800",
            "stdout": re.compile(r"ValueError: \\ud800"),
        },
        ours_says="the error, the character escaped: no error may be lost",
    ),
    _raises(
        "whose __str__ fails",
        "raise Bad",
        "the process ends with 1",
        "class Bad(Exception):\n    def __str__(self):\n        raise RuntimeError('never')",
        events=(Event(), Event()),
        aws={"exit": 1, "1.kind": None},
        ours={"exit": "runs", "1.kind": "Bad", "2.message": "<Bad has no message: its __str__ failed>"},
        ours_says="the error, with a message that says so: no error may be lost",
    ),
    _raises(
        "of a class with a line end in its name",
        "raise type('A\\r\\nX-Evil: 1', (Exception,), {})('no')",
        "the name",
        expected={"1.kind": "A\r\nX-Evil: 1", "1.message": "no"},
    ),
    _raises(
        "of a class with another alphabet's name", "raise Ошибка('no')", "the name", "class Ошибка(Exception): pass"
    ),
    _raises(
        "in a removed folder",
        "os.mkdir('/tmp/' + context.aws_request_id + str(os.getpid()))\n"
        "os.chdir('/tmp/' + context.aws_request_id + str(os.getpid()))\n"
        "os.rmdir(os.getcwd())\nraise ValueError('no')",
        "the process ends with 1: there is no working directory to tell X-Ray",
        "import os",
        events=(Event(), Event()),
        aws={"exit": 1, "1.kind": None},
        ours={"exit": "runs", "1.kind": "ValueError", "2.kind": "ValueError"},
        ours_says="the error, and an empty folder: no error may be lost",
    ),
    _raises(
        "with a message of 1.2 MB",
        "raise ValueError('x' * 1_200_000)",
        "without X-Ray's cause, which is too long for a header",
    ),
    _raises("with a message of 7 MB", "raise ValueError('x' * 7_000_000)", "all of it", expected={"exit": "runs"}),
    Case(
        "handler that takes one argument",
        "def handler(event):\n    pass\n",
        "TypeError",
        expected={"1.kind": "TypeError"},
        aws={
            "1.stack": re.compile(
                r"/awslambdaric/bootstrap.py.*\n    response = request_handler\(event, lambda_context\)\n$"
            ),
        },
        ours={"1.stack": []},
        ours_says="the same; the stack holds the function's own frames alone",
    ),
    Case(
        "handler that is no function",
        "handler = 'text'\n",
        "TypeError",
        expected={"1.kind": "TypeError", "1.message": "'str' object is not callable"},
    ),
    Case(
        "handler that is None",
        "handler = None\n",
        "TypeError at each event",
        aws={"exit": "runs", "1.kind": "TypeError", "start.kind": None},
        ours={"exit": 1, "1.kind": None, "start.kind": "Runtime.HandlerNotFound"},
        ours_says="Runtime.HandlerNotFound at the start: the function cannot work, and a deployment should "
        "hear of that at once",
    ),
)
