"""What a run on AWS Batch shows while it is watched, and what is said at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import typer

from pilotlight.batch import (
    DEFAULT_LOG_GROUP,
    SUCCEEDED,
    Cost,
    JobGone,
    Watcher,
    failure,
    minutes,
    no_result,
    read_prices,
    read_queue,
    read_result,
    read_run,
    record_cost,
    stated,
)
from pilotlight.cli.wiring import err, out, print_json
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from pilotlight.batch import Cloud, Display, Job, Result, RunFiles, RunRecord, Watched
    from pilotlight.cli.cloud import World

EXIT_DETACHED: Final = 130
"""As after any Ctrl-C."""


def follow(  # noqa: PLR0913  (what watching needs)
    cloud: Cloud,
    files: RunFiles,
    run: str,
    job: str,
    *,
    display: Display,
    world: World,
    log_group: str = DEFAULT_LOG_GROUP,
) -> Result:
    """Watches `job` to its end and gives what the run made; RunError says why it failed.

    Ctrl-C leaves the job alone, says how to come back and ends the command with 130.
    """
    watcher = Watcher(cloud, display, log_group=log_group, clock=world.clock, sleep=world.sleep)
    try:
        watched = watcher.watch(job)
    except KeyboardInterrupt:
        err().print(f"Detached; the run goes on. {_come_back(run)}", soft_wrap=True)
        raise typer.Exit(EXIT_DETACHED) from None
    except JobGone:
        raise
    except RunError as error:  # credentials that ran out, a network that went away: the job knows nothing of it
        raise RunError(error.where, error.what, f"{error.hint} The run itself goes on. {_come_back(run)}") from error
    cost = _cost(cloud, watched)
    display.note(cost_text(cost))
    if cost.spent is not None:
        record_cost(files, run, job, *cost.spent)
    return _result(files, run, watched)


def tell_result(  # noqa: PLR0913  (what is told)
    files: RunFiles, run: str, job: str, result: Result, *, as_json: bool, following: str, pinned: bool = False
) -> None:
    """Shows what a run made. following: the next thing to type. job: "" where none was needed."""
    record = read_run(files, run)
    if as_json:
        print_json({"run": run, "job": job or None, **_as_object(result), "cost": cost_object(record)})
        return
    from pilotlight.cli.tables import written

    console = out()
    state = "published" if result.new else "was published before"
    also = " and pinned" if pinned else ""
    console.print(f"[bold green]✓[/] [bold]{result.model}[/] [cyan]{result.version}[/] {state}{also}", soft_wrap=True)
    if result.metrics:
        console.print(f"  metrics  {written(result.metrics)}", soft_wrap=True)
    console.print(f"  run      {run}, {minutes(result.seconds)}{_spent_text(record)}", soft_wrap=True)
    console.print(following, soft_wrap=True, highlight=False)


def tell_detached(run: str, model: str, job: str, *, as_json: bool) -> None:
    """What --detach leaves a person with."""
    if as_json:
        print_json({"run": run, "model": model, "job": job, "state": "submitted"})
    else:
        out().print(_come_back(run), soft_wrap=True)


def saved_text(record: RunRecord) -> str:
    """What finding a finished run saves."""
    took = minutes(record.result.seconds) if record.result else "its time"
    return f"{took}{_spent_text(record)}"


def cost_text(cost: Cost) -> str:
    """One line."""
    return f"cost: {cost.spent}, {cost.note}" if cost.spent is not None else f"cost: not known; {cost.note}"


def cost_object(record: RunRecord) -> dict[str, Any] | None:
    """What a run has cost, as JSON; None where nobody watched it to its end."""
    if record.spent is None:
        return None
    return {"low": round(record.spent.low, 4), "high": round(record.spent.high, 4), "currency": "USD"}


def _come_back(run: str) -> str:
    return f"Come back with `pilotlight runs watch {run}`, end it with `pilotlight runs cancel {run}`."


def _cost(cloud: Cloud, watched: Watched) -> Cost:
    job, machines = watched.job, watched.machines
    try:
        environments = read_queue(cloud.engine, job.queue, cloud.region).environments
    except RunError:  # deleted since: the instances that are known have prices all the same
        environments = ()
    return stated(job, machines, read_prices(cloud.prices, cloud.machines, environments, job.needs, machines.values()))


def _result(files: RunFiles, run: str, watched: Watched) -> Result:
    job = watched.job
    model = _model_of(job, run)
    if job.status != SUCCEEDED:
        raise failure(job, watched.error, model, run)
    result = read_result(files, run)
    if result is None:
        raise no_result(job, model, run)
    return result


def _model_of(job: Job, run: str) -> str:
    return job.name.removesuffix(f"-{run}")


def _spent_text(record: RunRecord) -> str:
    return "" if record.spent is None else f", {_money(record)}"


def _money(record: RunRecord) -> str:
    from pilotlight.batch import Range

    return str(Range(*record.spent)) if record.spent is not None else ""


def _as_object(result: Result) -> dict[str, Any]:
    return {**result._asdict(), "metrics": dict(result.metrics)}
