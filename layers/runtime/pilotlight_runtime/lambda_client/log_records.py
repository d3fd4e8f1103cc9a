"""The handler that `logging` gets in Lambda: text or JSON, with the id of the request."""

from __future__ import annotations

import logging
import time

from pilotlight_runtime.lambda_client.log_output import TIME, LogOutput
from pilotlight_runtime.light_typing import Any, Final

_TEXT: Final = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_TEXT_TIME: Final = "%Y-%m-%dT%H:%M:%S"
_OWN: Final = frozenset(
    {*vars(logging.LogRecord("", 0, "", 0, "", (), None)), "aws_request_id", "tenant_id"} - {"taskName"}
)
"""Attributes of a record that are not its `extra`."""


def set_up(output: LogOutput) -> None:
    """Gives the root logger a handler that writes to `output`, and the level of Lambda's settings."""
    logging.Formatter.converter = time.gmtime
    handler = _Handler(output)
    handler.setFormatter(_JsonFormatter() if output.json else logging.Formatter(_TEXT, _TEXT_TIME))
    root = logging.getLogger()
    if output.level in logging.getLevelNamesMapping():
        root.setLevel(output.level)
    root.addHandler(handler)


class _Handler(logging.Handler):
    def __init__(self, output: LogOutput) -> None:
        super().__init__()
        self.log_sink = output

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self.log_sink.request_id
        record.tenant_id = self.log_sink.tenant_id
        json = isinstance(self.formatter, _JsonFormatter)
        level = _rounded(record.levelno) if self.log_sink.json or self.log_sink.level else 0
        self.log_sink.write(self.format(record), level, json=json)


class _JsonFormatter(logging.Formatter):
    """The fields of AWS's own formatter, in its order."""

    def __init__(self) -> None:
        super().__init__(datefmt=TIME)

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        import json

        fields: dict[str, Any] = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": logging.getLevelName(_rounded(record.levelno)),
            "message": record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage(),
            "logger": record.name,
            **_exception(record),
            "requestId": vars(record).get("aws_request_id"),
            "location": _location(record),
            "tenantId": vars(record).get("tenant_id"),
        }
        fields |= {name: value for name, value in vars(record).items() if name not in _OWN and name not in fields}
        given = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(given, ensure_ascii=False, default=str) + "\n"


def _exception(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    import traceback

    kind, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(error),
    }


def _location(record: logging.LogRecord) -> str | None:
    if not record.exc_info or record.exc_info[0] is None:
        return None
    return f"{record.pathname}:{record.funcName}:{record.lineno}"


def _rounded(level: int) -> int:
    return min(50, max(0, level)) // 10 * 10
