"""A metered handler around a plain function, as fast to start as an interpreter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

from pilotlight_runtime.light_typing import NamedTuple
from pilotlight_runtime.metering.keys import hash_key
from pilotlight_runtime.metering.start import Metering
from pilotlight_runtime.metering.tariff import DEFAULT_TARIFF, Tariff
from pilotlight_runtime.observer import Record, Trace
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.streaming.entry import StreamingEntry
from pilotlight_runtime.streaming.response import StreamedResponse

INFER = "/v2/models/tiny/infer"


class Records:
    """An observer that keeps what it gets."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def request(self, record: Record) -> None:
        self.records.append(record)

    def warning(self, message: str, cause: BaseException | None) -> None:
        raise AssertionError(message) from cause


class Context(NamedTuple):
    """Lambda's context, as far as streams need it."""

    aws_request_id: str = "invocation-1"
    can_stream: bool = True


def answer_plainly(_request: HttpRequest, trace: Trace) -> HttpResponse:
    trace.operation = "infer"
    return json_response({"answer": 42})


def stream_tokens(parts: int, most: int, *, failing_at: int = -1) -> Callable[[HttpRequest, Trace], HttpResponse]:
    """A generator that reserves `most` tokens and yields one in each of `parts` parts."""

    def answer(_request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.operation = "chat"
        tally = trace.tally
        if tally is not None:
            tally.add("tokens_in", 5)
            tally.reserve({"tokens_out": most})

        def write() -> Iterator[bytes]:
            for number in range(parts):
                if number == failing_at:
                    raise ValueError("the model fails")
                if tally is not None:
                    tally.add("tokens_out", 1)
                yield b"part %d;" % number

        return StreamedResponse.of({"Content-Type": "text/event-stream"}, write(), lambda error: error)

    return answer


class MeteredEntry:
    """A handler, and what closes its table."""

    def __init__(self, handler: StreamingEntry, close: Callable[[], None]) -> None:
        self.handler = handler
        self.close = close

    def __call__(self, event: Any, context: Any = None) -> Any:
        return self.handler(event, context)


def make_metered(
    environ: Mapping[str, str],
    stream: TextIO,
    *,
    answer: Callable[[HttpRequest, Trace], HttpResponse] = answer_plainly,
    now: Callable[[], float] = time.time,
    tariff: Tariff = DEFAULT_TARIFF,
    openai: bool = False,
    observer: Records | None = None,
) -> MeteredEntry:
    entry = StreamingEntry(answer, INFER, observer or Records(), time.perf_counter, live=True)
    metering = Metering(environ, now)
    metering.meter(entry, "tiny", tariff, stream, openai=openai)
    return MeteredEntry(entry, metering.close)


def make_event(key: str | None, path: str = INFER, method: str = "POST", **headers: str) -> dict[str, Any]:
    """A REST API's event."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if key is not None:
        named["x-api-key"] = key
    return {
        "httpMethod": method,
        "path": path,
        "headers": named,
        "body": "{}" if method == "POST" else None,
        "requestContext": {"requestId": "chosen-by-the-caller", "extendedRequestId": "JKJaXmPLvHcESHA="},
    }


def counter(
    item: Mapping[str, Any], key: str, unit: str = "requests", model: str = "tiny", month: str = "2026-11"
) -> int:
    """A counter of a tenant's item."""
    key_id = item["keys"][hash_key(key)]["id"]
    return int(item.get(f"u#{month}#{key_id}#{model}#{unit}", 0))
