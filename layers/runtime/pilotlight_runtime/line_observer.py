"""An Observer that writes the lines of powertools_observer without Powertools, which takes 50 ms to import.

A test compares the two field by field. One line is a structured log entry, one the metrics in CloudWatch's embedded
metric format (Amazon CloudWatch User Guide, "Specification: Embedded metric format").
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping

from pilotlight_runtime.observer import Record
from pilotlight_runtime.typed import Any, Final, TextIO

NAMESPACE: Final = "Pilotlight"
TRACE_VARIABLE: Final = "_X_AMZN_TRACE_ID"
"""Lambda puts the X-Ray header of each invocation here: "Root=...;Parent=...;Sampled=...". """

_METRICS: Final = (("Latency", "Milliseconds"), ("ColdStart", "Count"), ("Errors", "Count"))


class LineObserver:
    """Writes to `stream` for one model. new_instance: makes the id that tells execution environments apart.

    clock: seconds since the epoch.
    """

    def __init__(  # noqa: PLR0913  (the last two by keyword, with the real thing as default)
        self,
        stream: TextIO,
        model: str,
        version: str,
        new_instance: Callable[[], str],
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stream = stream
        self._model = model
        self._version = version
        self._new_instance = new_instance
        self._environ = environ
        self._clock = clock
        self._write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
        self._directive = json.dumps(
            {
                "Namespace": NAMESPACE,
                "Dimensions": [["model", "version"]],
                "Metrics": [{"Name": name, "Unit": unit} for name, unit in _METRICS],
            }
        )
        self._dimensions = json.dumps({"model": model, "version": version})[1:-1]
        self.renew()

    def renew(self) -> None:
        """A new id: the environments restored from one snapshot must not share it."""
        self._instance = self._new_instance()

    def request(self, record: Record) -> None:
        """See Observer.request. The line's level is ERROR for a status of 500 or more."""
        milliseconds = {name: round(value, 3) for name, value in record.phases.items()}
        milliseconds["total"] = round(record.total, 3)
        fields: dict[str, Any] = {
            "request_id": record.request_id,
            "gateway_id": record.gateway_id,
            "operation": record.operation,
            "status": record.status,
            "cold": record.cold,
            "milliseconds": milliseconds,
            "inputs": record.shapes,
        }
        failed = record.status >= 500
        now = self._clock()
        self._log(now, "ERROR" if failed else "INFO", "request", fields, record.fault)
        self._stream.write(
            f'{{"_aws": {{"Timestamp": {int(now * 1000)}, "CloudWatchMetrics": [{self._directive}]}}, '
            f'{self._dimensions}, "Latency": [{record.total!r}], "ColdStart": [{float(record.cold)}], '
            f'"Errors": [{float(failed)}]}}\n'
        )
        self._stream.flush()

    def warning(self, message: str, cause: BaseException | None) -> None:
        """See Observer.warning."""
        self._log(self._clock(), "WARNING", message, {}, cause)

    def _log(self, now: float, level: str, message: str, fields: dict[str, Any], cause: BaseException | None) -> None:
        milliseconds = int(now % 1 * 1000)
        entry = {
            "level": level,
            "message": message,
            "timestamp": time.strftime(f"%Y-%m-%d %H:%M:%S,{milliseconds:03}%z", time.localtime(now)),
            "service": self._model,
            "model": self._model,
            "version": self._version,
            "instance": self._instance,
        }
        if cause is not None:
            from pilotlight_runtime.faults import described  # noqa: PLC0415  (no request pays that does not fail)

            entry |= {"exception_name": type(cause).__name__, "exception": described(cause)}
        entry |= fields
        trace = self._environ.get(TRACE_VARIABLE)
        if trace:
            entry["xray_trace_id"] = trace.split(";")[0].replace("Root=", "")
        self._stream.write(self._write(entry) + "\n")
