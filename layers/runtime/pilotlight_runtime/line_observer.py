"""An Observer that writes the same lines as powertools_observer without Powertools, which takes 50 ms to import.

A test compares the two field by field. One line is a structured log entry; the other has metrics in CloudWatch's
embedded metric format (Amazon CloudWatch User Guide, "Specification: Embedded metric format").
"""

from __future__ import annotations

import time

from pilotlight_runtime.environment import environ as process_environ
from pilotlight_runtime.json_text import make_encoder, quote
from pilotlight_runtime.light_typing import Callable, Final, Mapping, TextIO
from pilotlight_runtime.observer import Record

NAMESPACE: Final = "Pilotlight"
NAMESPACE_VARIABLE: Final = "POWERTOOLS_METRICS_NAMESPACE"
"""The template sets it to project and stage, so that the stages of an account stay apart."""
TRACE_VARIABLE: Final = "_X_AMZN_TRACE_ID"
"""Lambda puts the X-Ray header of each invocation here: "Root=...;Parent=...;Sampled=...". """

_BOOLEANS: Final = {False: "false", True: "true"}
_COUNTS: Final = {False: "0.0", True: "1.0"}
_write: Final = make_encoder(ensure_ascii=False, separators=(",", ":"))
_METRICS: Final = (("Latency", "Milliseconds"), ("ColdStart", "Count"), ("Errors", "Count"))


class LineObserver:
    """Writes to `stream` for one model. new_instance: makes the id that tells execution environments apart.

    clock: seconds since the epoch.
    """

    def __init__(
        self,
        stream: TextIO,
        model: str,
        version: str,
        new_instance: Callable[[], str],
        *,
        environ: Mapping[str, str] = process_environ,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stream = stream
        self._model = model
        self._version = version
        self._new_instance = new_instance
        self._environ = environ
        self._clock = clock
        self._second = -1
        self._timestamp = ("", "")
        self._own = _write({"service": model, "model": model, "version": version})[1:-1]
        metrics = _write(
            {
                "Namespace": environ.get(NAMESPACE_VARIABLE) or NAMESPACE,
                "Dimensions": [["model", "version"]],
                "Metrics": [{"Name": name, "Unit": unit} for name, unit in _METRICS],
            }
        )
        dimensions = _write({"model": model, "version": version})[1:-1]
        self._metrics = f',"CloudWatchMetrics":[{metrics}]}},{dimensions},"Latency":['
        self._phases: dict[tuple[str, ...], str] = {}
        self.renew()

    def renew(self) -> None:
        """Makes a new id: the environments that are restored from one snapshot must not share it."""
        self._labels = f'{self._own},"instance":{quote(self._new_instance())}'

    def request(self, record: Record) -> None:
        """See Observer.request. The line's level is ERROR for a status of 500 or more."""
        # In the order of the fields, which takes a quarter less time than their names.
        request_id, gateway_id, operation, status, cold, shapes, phases, total, fault = record
        now = self._clock()
        inputs = ",".join([f"{quote(name)}:[{','.join(map(str, shape))}]" for name, shape in shapes.items()])
        fields = (
            f',"request_id":{quote(request_id)},"gateway_id":{quote(gateway_id)},"operation":{quote(operation)},'
            f'"status":{status},"cold":{_BOOLEANS[cold]},"milliseconds":{{{self._durations(phases)}"total":{total:.3f}}},'
            f'"inputs":{{{inputs}}}'
        )
        line = self._line(now, "ERROR" if status >= 500 else "INFO", "request", fields, fault)
        # One write: Lambda's runtime client sends each by itself.
        self._stream.write(
            f'{line}{{"_aws":{{"Timestamp":{int(now * 1000)}{self._metrics}{total!r}],'
            f'"ColdStart":[{_COUNTS[cold]}],"Errors":[{_COUNTS[status >= 500]}]}}\n'
        )
        self._stream.flush()

    def _durations(self, phases: dict[str, float]) -> str:
        """The milliseconds of each phase, with a comma after each. There are few combinations of phases."""
        names = tuple(phases)
        template = self._phases.get(names)
        if template is None:
            template = self._phases[names] = "".join([quote(name).replace("%", "%%") + ":%.3f," for name in names])
        return template % tuple(phases.values())

    def warning(self, message: str, cause: BaseException | None) -> None:
        """See Observer.warning."""
        self._stream.write(self._line(self._clock(), "WARNING", message, "", cause))
        self._stream.flush()

    def _line(self, now: float, level: str, message: str, fields: str, cause: BaseException | None) -> str:
        """Writes a log entry. fields: further fields as JSON, each after a comma."""
        error = ""
        if cause is not None:
            from pilotlight_runtime.tracebacks import class_name, format_redacted

            error = f',"exception_name":{quote(class_name(cause))},"exception":{quote(format_redacted(cause))}'
        trace = self._environ.get(TRACE_VARIABLE)
        if trace:
            fields += f',"xray_trace_id":{quote(trace.split(";")[0].replace("Root=", ""))}'
        second = int(now)
        if second != self._second:
            self._timestamp = (
                time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)),
                time.strftime("%z", time.localtime(now)),
            )
            self._second = second
        date, zone = self._timestamp
        return (
            f'{{"level":"{level}","message":{quote(message)},"timestamp":"{date},{int(now % 1 * 1000):03}{zone}",'
            f"{self._labels}{error}{fields}}}\n"
        )
