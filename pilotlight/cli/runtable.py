"""All runs of a store as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.markup import escape
from rich.table import Table

from pilotlight.cli.batch_results import cost_object
from pilotlight.cli.tables import plain_table
from pilotlight.core.durations import format_duration
from pilotlight.workflows.batch_types import RunResult, RunState


def runs_table(rows: Iterable[RunState]) -> Table:
    """The newest first."""
    table = plain_table("run", "model", "state", "submitted (UTC)", "ran", "made", "cost")
    table.columns[0].no_wrap = True
    for row in rows:
        result = row.record.result
        table.add_row(
            escape(row.record.run),
            escape(row.record.model),
            _coloured(row.state),
            escape(row.record.submitted.replace("T", " ")[: len("2026-01-01 00:00")]),
            "" if row.seconds is None else format_duration(row.seconds),
            "" if result is None else _describe_version(result),
            "" if row.record.spent is None else str(row.record.spent),
        )
    return table


def row_object(row: RunState) -> dict[str, Any]:
    """A row for scripts."""
    result = row.record.result
    return {
        "run": row.record.run,
        "model": row.record.model,
        "state": row.state,
        "submitted": row.record.submitted or None,
        "seconds": row.seconds,
        "version": result.version if result else None,
        "metric": result.metric or None if result else None,
        "value": result.value if result else None,
        "jobs": [job["job"] for job in row.record.jobs if job.get("job")],
        "cost": cost_object(row.record),
        "damaged": row.record.damaged or None,
    }


def _describe_version(result: RunResult) -> str:
    value = result.metrics.get(result.metric, result.value)  # `value` is negative where lower is better
    metric = "" if value is None else f", {result.metric} {value:.4g}"
    return escape(f"{result.version}{metric}")


def _coloured(state: str) -> str:
    colour = {"succeeded": "green", "failed": "red", "damaged": "red", "running": "cyan"}.get(state)
    return f"[{colour}]{state}[/]" if colour else state
