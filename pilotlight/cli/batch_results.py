"""What a run on AWS Batch shows at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer

from pilotlight.cli.invocation import err, out, print_json
from pilotlight.cli.tables import format_values
from pilotlight.core.durations import format_duration
from pilotlight.workflows.batch_types import BatchResult, RunRecord
from pilotlight.workflows.follow_job import RunDetached, describe_reattach
from pilotlight.workflows.train_on_batch import describe_cost

EXIT_DETACHED: Final = 130
"""As after any Ctrl-C."""


@contextmanager
def exit_detached() -> Iterator[None]:
    """End the command with 130 where Ctrl-C left a run alone, and say how to come back to it."""
    try:
        yield
    except RunDetached as detached:
        err().print(str(detached), soft_wrap=True)
        raise typer.Exit(EXIT_DETACHED) from None


def show_batch_result(done: BatchResult, *, as_json: bool, following: str) -> None:
    """Show what a run made. following: the next thing to type."""
    if done.result is None or done.record is None:
        _show_detached(done, as_json=as_json)
        return
    result, record = done.result, done.record
    if as_json:
        made = {**result._asdict(), "metrics": dict(result.metrics)}
        print_json({"run": done.run, "job": done.job or None, **made, "cost": cost_object(record)})
        return
    console = out()
    state = "published" if result.new else "was published before"
    also = " and pinned" if done.pinned else ""
    console.print(f"[bold green]✓[/] [bold]{result.model}[/] [cyan]{result.version}[/] {state}{also}", soft_wrap=True)
    if result.metrics:
        console.print(f"  metrics  {format_values(result.metrics)}", soft_wrap=True)
    spent = describe_cost(record)
    console.print(f"  run      {done.run}, {format_duration(result.seconds)}{spent}", soft_wrap=True)
    console.print(following, soft_wrap=True, highlight=False)


def cost_object(record: RunRecord) -> dict[str, Any] | None:
    """Return what a run has cost, as JSON; None where nobody watched it to its end."""
    if record.spent is None:
        return None
    return {"low": round(record.spent.low, 4), "high": round(record.spent.high, 4), "currency": "USD"}


def _show_detached(done: BatchResult, *, as_json: bool) -> None:
    if as_json:
        print_json({"run": done.run, "model": done.model, "job": done.job, "state": "submitted"})
    else:
        out().print(describe_reattach(done.run), soft_wrap=True)
