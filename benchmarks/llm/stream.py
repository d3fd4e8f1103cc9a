"""When the tokens of a streamed answer arrive."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

_PRELUDE_END = b"\0" * 8
"""Between the status and the body of a streamed answer (Lambda's response streaming)."""


class Streamed(NamedTuple):
    """An answer.

    Attributes:
        text: What it says.
        first: When the first text arrived, on the clock.
        last: When the last text arrived.
        tokens: How many tokens it has, by its own usage.
        prompt_tokens: How many tokens the prompt has.
    """

    text: str
    first: float
    last: float
    tokens: int
    prompt_tokens: int

    @property
    def speed(self) -> float:
        """Tokens a second behind the first."""
        return (self.tokens - 1) / (self.last - self.first)


def read_stream(parts: Iterable[bytes], clock: Callable[[], float] = time.perf_counter) -> Streamed:
    """Reads a streamed chat completion of the form that Lambda forwards: prelude, eight NUL bytes, events.

    Raises:
        RuntimeError: It is no such answer; the message has its beginning.
    """
    texts: list[str] = []
    times: list[float] = []
    usage: dict[str, int] = {}
    for at, document in _documents(parts, clock):
        usage = document.get("usage") or usage
        for choice in document.get("choices", []):
            if text := choice["delta"].get("content"):
                texts.append(text)
                times.append(at)
    if not times or not usage:
        raise RuntimeError("the answer has no text or no usage")
    return Streamed("".join(texts), times[0], times[-1], usage["completion_tokens"], usage["prompt_tokens"])


def _documents(parts: Iterable[bytes], clock: Callable[[], float]) -> Iterator[tuple[float, dict[str, Any]]]:
    """The JSON documents of the events, with when each had arrived."""
    received, prelude = b"", True
    for part in parts:
        at = clock()
        received += part
        if prelude:
            head, found, received_body = received.partition(_PRELUDE_END)
            if not found:
                continue
            if json.loads(head)["statusCode"] != 200:
                raise RuntimeError(f"the function answered {head.decode()} {received_body.decode()}")
            received, prelude = received_body, False
        *events, received = received.split(b"\n\n")
        for event in events:
            if event.startswith(b"data: {"):
                yield at, json.loads(event.removeprefix(b"data: "))
    if prelude:
        raise RuntimeError(f"the answer is no stream: {received[:500].decode(errors='replace')}")
