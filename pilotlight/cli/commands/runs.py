"""runs, runs watch, runs cancel: runs on AWS Batch that were submitted before."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotlight.cli.invocation import JsonFlag, err, invocation, out, print_json

Id = Annotated[str, typer.Argument(metavar="ID", help="A run that `pilotlight runs` lists.")]


def runs(ctx: typer.Context, *, as_json: JsonFlag = False) -> None:
    """List the training runs of this store, watch one or cancel one."""
    if ctx.invoked_subcommand is not None:
        return
    from pilotlight.cli.runtable import row_object, runs_table
    from pilotlight.workflows.runs import list_runs

    context = invocation(ctx).context(quiet=True)
    rows = list_runs(context)
    if as_json:
        print_json({"store": context.project.store, "runs": [row_object(row) for row in rows]})
        return
    for row in rows:
        if row.record.damaged:
            err().print(row.record.damaged, soft_wrap=True, markup=False, highlight=False)
    out().print(runs_table(rows) if rows else "No runs yet. Begin one with `pilotlight train NAME --on batch`.")


def watch(ctx: typer.Context, run: Id, *, as_json: JsonFlag = False) -> None:
    """Watch a run until it ends, from any machine; Ctrl-C leaves it running.

    For a run that has ended, its log and its result are shown once more.

    Example:  [dim]pilotlight runs watch 3f2a9c0d1e4b[/]
    """
    from pilotlight.cli.batch_results import exit_detached, show_batch_result
    from pilotlight.workflows.runs import watch_run

    with exit_detached():
        done = watch_run(run, invocation(ctx).context())
    version = done.result.version if done.result else ""
    show_batch_result(done, as_json=as_json, following=f"To serve it: pilotlight pin {done.model}@{version}")


def cancel(ctx: typer.Context, run: Id, *, as_json: JsonFlag = False) -> None:
    """End a run's job on AWS Batch. Its checkpoints are kept: the same `train` resumes from them.

    Example:  [dim]pilotlight runs cancel 3f2a9c0d1e4b[/]
    """
    from pilotlight.workflows.runs import cancel_run

    done = cancel_run(run, invocation(ctx).context(quiet=True))
    if as_json:
        print_json({**done._asdict(), "state": "cancelled"})
        return
    out().print(
        f"Run [bold]{done.run}[/] of {done.model} is being ended. Its checkpoints are kept in {done.checkpoints}; "
        "the same `pilotlight train` resumes from them.",
        soft_wrap=True,
    )
