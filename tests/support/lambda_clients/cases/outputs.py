"""What an app prints and logs."""

from __future__ import annotations

import re
from typing import Any, Final

from support.lambda_clients.case import Case, Event

_LOGGING: Final = """
import logging
logger = logging.getLogger("app")
class Odd:
    def __str__(self):
        return "odd"
def handler(event, context):
    logging.getLogger().debug("a debug line")
    logger.info("an info line")
    logger.warning("100 %s é", "%")
    logger.log(35, "between two levels")
    logger.error("with extra", extra={"order": 7, "odd": Odd(), "none": None})
    logger.warning({"a": "dict", "n": 1})
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("failed")
    logger.critical("a critical line")
    context.log("by the context\\n")
logger.error("while it starts")
"""
_FAILS: Final = _LOGGING + "    raise ValueError('no')\n".replace(
    "    raise", "\ndef other(event, context):\n    raise"
)


def _logs(name: str, says: str, app: str = _LOGGING, **rest: Any) -> Case:
    return Case(name, app, says, **rest)


CASES: Final = (
    Case(
        "prints without a line end",
        "print('starting', end='')\ndef handler(event, context):\n    print('a', 'b', end='|')\n",
        "at once, as it is",
        expected={"stdout": "startinga b|"},
    ),
    Case(
        "writes to stderr",
        "import sys\ndef handler(event, context):\n    sys.stderr.write('é')\n    print('x', file=sys.stderr)\n",
        "at once",
        expected={"stderr": "éx\n"},
    ),
    Case(
        "writes to descriptor 1 and prints",
        "import os\ndef handler(event, context):\n    print('one', end=' ')\n    os.write(1, b'two ')\n"
        "    print('three', end=' ')\n    os.write(1, b'\\xff')\n",
        "in the order of the calls",
        expected={"stdout": "one two three \\xff"},
    ),
    Case(
        "writes to sys.stdout.buffer",
        "import sys\n"
        "def handler(event, context):\n"
        "    print('one')\n"
        "    sys.stdout.buffer.write(b'two\\n"
        "')\n"
        "    print('three')\n",
        "in the order of the calls",
        expected={"stdout": "one\ntwo\nthree\n"},
    ),
    Case(
        "writes lines",
        "import sys\ndef handler(event, context):\n    sys.stdout.writelines(['a\\n', 'b'])\n",
        "at once",
        expected={"stdout": "a\nb"},
    ),
    Case(
        "closes sys.stdout and fails",
        "import sys\ndef handler(event, context):\n    sys.stdout.close()\n    raise ValueError('no')\n",
        "the process ends with 1: the report cannot be printed",
        events=(Event(), Event()),
        aws={"exit": 1, "1.kind": None},
        ours={"exit": "runs", "1.kind": "ValueError", "stdout": re.compile(r"\[ERROR\] ValueError: no")},
        ours_says="the error, printed to descriptor 1: no error may be lost",
    ),
    Case(
        "prints a lone surrogate",
        "def handler(event, context):\n    print('\\ud800')\n",
        "UnicodeEncodeError",
        expected={"1.kind": "UnicodeEncodeError"},
    ),
    Case(
        "warns",
        "import warnings\ndef handler(event, context):\n    warnings.warn('careful')\n",
        "on stderr, with the line",
        expected={"stderr": "/var/task/app.py:3: UserWarning: careful\n  warnings.warn('careful')\n"},
    ),
    _logs("logs text", "from the root logger's level on, with time and request"),
    _logs("logs text from a level on", "from that level on", environ={"AWS_LAMBDA_LOG_LEVEL": "ERROR"}),
    _logs("logs text from TRACE on", "DEBUG, as Python has no TRACE", environ={"AWS_LAMBDA_LOG_LEVEL": "TRACE"}),
    _logs(
        "logs at a level of its own",
        "the app's level counts",
        "import logging\nlogging.getLogger().setLevel('DEBUG')\n" + _LOGGING,
        environ={"AWS_LAMBDA_LOG_LEVEL": "ERROR"},
    ),
    _logs("logs at an unknown level", "as without a level", environ={"AWS_LAMBDA_LOG_LEVEL": "LOUD"}),
    _logs("logs JSON", "an object a line, with extra, error and place", environ={"AWS_LAMBDA_LOG_FORMAT": "JSON"}),
    _logs(
        "logs JSON from a level on",
        "from that level on",
        environ={"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"},
    ),
    _logs(
        "logs JSON for a tenant",
        "with tenantId",
        environ={"AWS_LAMBDA_LOG_FORMAT": "json"},
        events=(Event(headers=(("Lambda-Runtime-Aws-Tenant-Id", "blue"),)), Event()),
    ),
    _logs("logs text to the descriptor", "a frame a record", telemetry=True),
    _logs(
        "logs text with levels to the descriptor",
        "frames marked with the level",
        telemetry=True,
        environ={"AWS_LAMBDA_LOG_LEVEL": "DEBUG"},
    ),
    _logs(
        "logs JSON to the descriptor",
        "frames marked with the level",
        telemetry=True,
        environ={"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"},
    ),
    _logs("fails, text", "[ERROR], type, message, stack: lines apart by carriage returns", _FAILS, handler="app.other"),
    _logs(
        "fails, text to the descriptor",
        "one frame, lines apart by line feeds",
        _FAILS,
        handler="app.other",
        telemetry=True,
    ),
    _logs(
        "fails, JSON",
        "an object with timestamp and level",
        _FAILS,
        handler="app.other",
        environ={"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    ),
    _logs(
        "fails, JSON to the descriptor",
        "one frame",
        _FAILS,
        handler="app.other",
        environ={"AWS_LAMBDA_LOG_FORMAT": "JSON"},
        telemetry=True,
    ),
    _logs(
        "calls basicConfig",
        "nothing happens: the root logger has a handler",
        "import logging\nlogging.basicConfig(level='DEBUG', format='X %(message)s')\n" + _LOGGING,
    ),
    _logs(
        "gives the root handler another format",
        "that format",
        "import logging\n"
        "logging.getLogger().handlers[0].setFormatter(logging.Formatter('%(aws_request_id)s|%(message)s|'))\n"
        + _LOGGING,
    ),
    _logs(
        "configures logging by a dict",
        "its own handlers",
        "import logging.config, sys\nlogging.config.dictConfig({'version': 1, 'disable_existing_loggers': False, "
        "'handlers': {'h': {'class': 'logging.StreamHandler', 'stream': sys.stdout}}, 'root': "
        "{'handlers': ['h'], 'level': 'INFO'}})\n" + _LOGGING,
    ),
    Case(
        "logs in a task of asyncio",
        "import asyncio, logging\n"
        "async def work():\n"
        "    logging.warning('in a task')\n"
        "def handler(event, context):\n"
        "    asyncio.run(work())\n",
        "as elsewhere",
        environ={"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    ),
    Case(
        "logs an exception where there is none",
        "import logging\ndef handler(event, context):\n    logging.error('no error', exc_info=True)\n",
        "AttributeError",
        aws={
            "calls": ["GET /invocation/next", "POST /invocation/id-1/error", "GET /invocation/next"],
            "1.kind": "AttributeError",
        },
        ours={
            "calls": ["GET /invocation/next", "POST /invocation/id-1/response", "GET /invocation/next"],
            "stdout": '{"timestamp": "TIME", "level": "ERROR", "message": "no error", "logger": "root", '
            '"requestId": "id-1"}\n',
        },
        ours_says="the record: logging does not fail elsewhere either",
        environ={"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    ),
    Case(
        "logs a wrong number of arguments",
        "import logging\nlogging.lastResort = None\ndef handler(event, context):\n    logging.error('%s %s', 1)\n",
        "TypeError",
        expected={"1.kind": "TypeError"},
    ),
    Case(
        "logs a lone surrogate",
        "import logging\ndef handler(event, context):\n    logging.error('\\ud800')\n",
        "UnicodeEncodeError",
        aws={
            "calls": ["GET /invocation/next", "POST /invocation/id-1/error", "GET /invocation/next"],
            "1.kind": "UnicodeEncodeError",
        },
        ours={
            "calls": ["GET /invocation/next", "POST /invocation/id-1/response", "GET /invocation/next"],
            "stdout": "[ERROR]\tTIME\tid-1\t\\ud800\n",
        },
        ours_says="the record, the character escaped: no record may be lost",
    ),
    Case(
        "uses the handlers' log_sink",
        "import logging\n"
        "def handler(event, context):\n"
        "    logging.getLogger().handlers[0].log_sink.log('by the sink')\n",
        "writes",
    ),
)
