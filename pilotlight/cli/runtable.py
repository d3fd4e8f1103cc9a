"""All runs of a store: what the store holds of each, and what AWS Batch still knows of its jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from rich.markup import escape
from rich.table import Table

from pilotlight.batch import (
    CANCEL_REASON,
    SUCCEEDED,
    Engine,
    Job,
    Range,
    Result,
    RunRecord,
    attempts_of,
    minutes,
    read_job,
    seconds_of,
)
from pilotlight.cli.tables import plain_table
from pilotlight.cli.watching import cost_object


class Row(NamedTuple):
    """One run. state: in a word. seconds: that its attempts ran, None where nobody knows."""

    record: RunRecord
    state: str
    seconds: float | None


def read_rows(records: Iterable[RunRecord], engine: Callable[[], Engine]) -> list[Row]:
    """A row a run. engine: made only where a run has jobs."""
    found = list(records)
    ids = [str(job["job"]) for record in found for job in record.jobs if job.get("job")]
    known = {job["jobId"]: read_job(job) for job in engine().jobs(ids)} if ids else {}
    return [_row(record, known) for record in found]


def runs_table(rows: Iterable[Row]) -> Table:
    """The newest first."""
    table = plain_table("run", "model", "state", "submitted (UTC)", "ran", "made", "cost")
    table.columns[0].no_wrap = True
    for row in rows:
        result = row.record.result
        table.add_row(
            escape(row.record.run),
            escape(row.record.model),
            _coloured(row.state),
            row.record.submitted.replace("T", " ")[: len("2026-01-01 00:00")],
            "" if row.seconds is None else minutes(row.seconds),
            "" if result is None else _made(result),
            "" if row.record.spent is None else str(Range(*row.record.spent)),
        )
    return table


def row_object(row: Row) -> dict[str, Any]:
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


def _made(result: Result) -> str:
    metric = "" if result.value is None else f", {result.metric} {result.value:.4g}"
    return escape(f"{result.version}{metric}")


def _row(record: RunRecord, known: Mapping[str, Job]) -> Row:
    if record.damaged:
        return Row(record, "damaged", None)
    jobs = [known[str(job["job"])] for job in record.jobs if str(job.get("job")) in known]
    seconds = sum(seconds_of(attempt) for job in jobs for attempt in attempts_of(job)) if jobs else None
    if record.result is not None:
        return Row(record, "succeeded", seconds if jobs else record.result.seconds)
    return Row(record, _state(record, jobs), seconds)


def _state(record: RunRecord, jobs: list[Job]) -> str:
    if not record.jobs:
        return "not submitted"
    if not jobs:
        return "unknown: Batch has forgotten it"
    last = jobs[-1]
    if not last.ended:
        return last.status.lower()
    if last.status == SUCCEEDED:
        return "without a result"
    return "cancelled" if CANCEL_REASON in last.reason else "failed"


def _coloured(state: str) -> str:
    colour = {"succeeded": "green", "failed": "red", "damaged": "red", "running": "cyan"}.get(state)
    return f"[{colour}]{state}[/]" if colour else state
