"""An Observer that writes Powertools' structured logs and CloudWatch's embedded metric format, one line each.

Powertools takes 50 ms to import, as much as all else of a cold start together, so only the catalog uses it, where no
model waits; a model's function writes the same lines by line_observer. Powertools' Logger and Metrics keep state in
the process; a formatter and a provider of our own keep it here.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from pilotlight_runtime.line_observer import NAMESPACE, NAMESPACE_VARIABLE
from pilotlight_runtime.observer import Record
from pilotlight_runtime.tracebacks import format_redacted


class PowertoolsObserver:
    """Writes to `stream` for one model. new_instance: makes the id that tells execution environments apart."""

    def __init__(
        self,
        stream: TextIO,
        model: str,
        version: str,
        new_instance: Callable[[], str],
        *,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._stream = stream
        self._namespace = environ.get(NAMESPACE_VARIABLE) or NAMESPACE
        self._model = model
        self._version = version
        self._new_instance = new_instance
        self._instance = new_instance()
        self._logger = _logger(stream, model)

    def renew(self) -> None:
        """A new id: the environments restored from one snapshot must not share it."""
        self._instance = self._new_instance()

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
        self._log(logging.ERROR if record.status >= 500 else logging.INFO, "request", fields, record.fault)
        self._metrics(record)

    def warning(self, message: str, cause: BaseException | None) -> None:
        """See Observer.warning."""
        self._log(logging.WARNING, message, {}, cause)

    def _log(self, level: int, message: str, fields: dict[str, Any], cause: BaseException | None) -> None:
        known = {"model": self._model, "version": self._version, "instance": self._instance}
        if cause is not None:
            known |= {"exception_name": type(cause).__name__, "exception": format_redacted(cause)}
        self._logger.log(level, message, extra={**known, **fields})

    def _metrics(self, record: Record) -> None:
        provider = AmazonCloudWatchEMFProvider(
            namespace=self._namespace, dimension_set={"model": self._model, "version": self._version}
        )
        # The environment may name a service, which would become a third dimension.
        provider.service = ""
        provider.add_metric("Latency", "Milliseconds", record.total)
        provider.add_metric("ColdStart", "Count", int(record.cold))
        provider.add_metric("Errors", "Count", int(record.status >= 500))
        self._stream.write(json.dumps(provider.serialize_metric_set()) + "\n")
        self._stream.flush()


def _logger(stream: TextIO, service: str) -> logging.Logger:
    """A logger outside logging's registry, so that no other function of this process shares its handler."""
    logger = logging.Logger(service)  # noqa: LOG001  (exactly to stay out of the registry)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LambdaPowertoolsFormatter(service=service, location=None))
    logger.addHandler(handler)
    return logger
