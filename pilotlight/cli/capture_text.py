"""Captured requests as a table, as lines and as JSON objects."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table

from pilotlight.cli.service_tables import show_moment
from pilotlight.cli.tables import plain_table
from pilotlight.core.printable import escape_controls, escape_lines
from pilotlight.workflows.captures import CaptureEntry, Exchange


def captures_table(entries: Iterable[CaptureEntry]) -> Table:
    """Captures, with the names that --show takes."""
    table = plain_table("time (UTC)", "model", "kept", "bytes", "name")
    table.columns[-1].overflow = "fold"
    for entry in entries:
        table.add_row(entry.time, entry.model, f"{entry.days} days", f"{entry.bytes:,}", entry.name)
    return table


def capture_object(exchange: Exchange) -> dict[str, Any]:
    """A capture with its bodies in base64."""
    bodies = {name: b64encode(getattr(exchange, name)).decode() for name in ("request", "response")}
    return {**exchange._asdict(), **bodies}


def capture_lines(exchange: Exchange) -> Iterator[str]:
    """A capture as people read it. No control character of it reaches the terminal."""
    yield f"{show_moment(exchange.time)}, model {exchange.model}, version {exchange.version}, key {exchange.key_id}"
    yield f"request {exchange.request_id}: {escape_controls(f'{exchange.method} {exchange.path}')}"
    yield _show_body(exchange.request)
    yield f"status {exchange.status}" + ("" if exchange.whole else ", the beginning of the answer:")
    yield _show_body(exchange.response)


def _show_body(body: bytes) -> str:
    """A body that is text, or else how many bytes it has."""
    try:
        return escape_lines(body.decode())
    except UnicodeDecodeError:
        return f"({len(body):,} bytes that are no text; --json has them in base64)"
