"""An Observer on Powertools for AWS Lambda: Logger and Metrics write a line each, Tracer a subsegment where X-Ray asks.

Powertools takes 50 ms to import, as much as all else of a cold start together. So only the catalog uses it, where no
model waits, and has it in its own requirements.txt; a model's function writes the same lines by line_observer.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final, TextIO

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from pilotlight_runtime.line_observer import NAMESPACE, NAMESPACE_VARIABLE, TRACE_VARIABLE
from pilotlight_runtime.observer import Record
from pilotlight_runtime.tracebacks import class_name, format_redacted

_SAMPLED: Final = "Sampled=1"
_numbers: Final = count(1)


class PowertoolsObserver:
    """Writes to `stream` for one function.

    Args:
        stream: Where the lines go.
        model: The function's name in logs, metrics and traces.
        version: Its version in logs and metrics.
        new_instance: Makes the id that tells execution environments apart.
        environ: The function's environment variables.
        clock: Seconds since the epoch.
    """

    def __init__(
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
        self._environ = environ
        self._clock = clock
        self._model = model
        self._version = version
        self._new_instance = new_instance
        self._logger = _logger(stream, model)
        self._tracer: Any = None
        self._traces = True
        self.renew()

    def renew(self) -> None:
        """Makes a new id: the environments that are restored from one snapshot must not share it."""
        self._logger.append_keys(model=self._model, version=self._version, instance=self._new_instance())

    def request(self, record: Record) -> None:
        """See Observer.request. The line's level is ERROR for a status of 500 or more."""
        fields: dict[str, Any] = {
            "request_id": record.request_id,
            "gateway_id": record.gateway_id,
            "operation": record.operation,
            "status": record.status,
            "cold": record.cold,
            "milliseconds": {
                **{name: round(value, 3) for name, value in record.phases.items()},
                "total": round(record.total, 3),
            },
            "inputs": {name: list(shape) for name, shape in record.shapes.items()},
        }
        log = self._logger.error if record.status >= 500 else self._logger.info
        log("request", extra={**_exception(record.fault), **fields})
        self._count(record)
        if self._traces and _SAMPLED in self._environ.get(TRACE_VARIABLE, ""):
            self._trace(record)

    def warning(self, message: str, cause: BaseException | None) -> None:
        """See Observer.warning."""
        self._logger.warning(message, extra=_exception(cause))

    def _count(self, record: Record) -> None:
        """Writes the metrics. The provider is only of this request: Powertools' own is one for the whole process."""
        provider = AmazonCloudWatchEMFProvider(
            namespace=self._environ.get(NAMESPACE_VARIABLE) or NAMESPACE,
            dimension_set={"model": self._model, "version": self._version},
        )
        provider.service = ""  # the environment may name one, which would become a third dimension
        metrics = Metrics(provider=provider)
        metrics.add_metric("Latency", MetricUnit.Milliseconds, record.total)
        metrics.add_metric("ColdStart", MetricUnit.Count, int(record.cold))
        metrics.add_metric("Errors", MetricUnit.Count, int(record.status >= 500))
        self._stream.write(json.dumps(metrics.serialize_metric_set()) + "\n")
        self._stream.flush()

    def _trace(self, record: Record) -> None:
        """Sends a subsegment that is as long as the request was."""
        try:
            if self._tracer is None:
                from aws_lambda_powertools.tracing import Tracer

                self._tracer = Tracer(service=self._model, auto_patch=False)
        except ImportError as error:
            self._traces = False
            self.warning("no traces: add aws-xray-sdk and wrapt to the catalog's requirements.txt", error)
            return
        with self._tracer.provider.in_subsegment(f"## {record.operation or 'request'}") as subsegment:
            subsegment.start_time = self._clock() - record.total / 1000
            self._tracer.put_annotation("operation", record.operation)
            self._tracer.put_annotation("status", record.status)
            self._tracer.put_annotation("ColdStart", record.cold)


def _exception(cause: BaseException | None) -> dict[str, str]:
    return {} if cause is None else {"exception_name": class_name(cause), "exception": format_redacted(cause)}


def _logger(stream: TextIO, service: str) -> Logger:
    """A logger with a name of its own: loggers of one name share their handler, and so their stream."""
    formatter = LambdaPowertoolsFormatter(service=service, location=None)
    logger = Logger(service=f"{service}-{next(_numbers)}", stream=stream, logger_formatter=formatter)
    logger.append_keys(service=service)
    return logger
