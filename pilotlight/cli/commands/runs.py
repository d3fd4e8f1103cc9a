"""runs, runs watch, runs cancel: training on AWS Batch, come back to."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotlight.cli.wiring import JsonFlag, err, invocation, open_blobs, out, print_json

Id = Annotated[str, typer.Argument(metavar="ID", help="A run that `pilotlight runs` lists.")]


def runs(ctx: typer.Context, *, as_json: JsonFlag = False) -> None:
    """List the training runs of this store, watch one or cancel one."""
    if ctx.invoked_subcommand is not None:
        return
    from pilotlight.batch import read_runs
    from pilotlight.cli.cloud import open_cloud
    from pilotlight.cli.runtable import read_rows, row_object, runs_table

    project = invocation(ctx).project()
    records = read_runs(open_blobs(project.store))
    rows = read_rows(records, lambda: open_cloud().engine)
    if as_json:
        print_json({"store": project.store, "runs": [row_object(row) for row in rows]})
        return
    for row in rows:
        if row.record.damaged:
            err().print(row.record.damaged, soft_wrap=True, markup=False, highlight=False)
    out().print(runs_table(rows) if rows else "No runs yet. Begin one with `pilotlight train NAME --on batch`.")


def watch(ctx: typer.Context, run: Id, *, as_json: JsonFlag = False) -> None:
    """Watch a run until it ends, from wherever it is; Ctrl-C leaves it alone.

    Of a run that has ended, its log and its result are shown once more.

    Example:  [dim]pilotlight runs watch 3f2a9c0d1e4b[/]
    """
    from pilotlight.cli.cloud import World
    from pilotlight.cli.running import watch_run

    where = invocation(ctx)
    watch_run(open_blobs(where.project().store), run, where.progress(), World(), as_json=as_json)


def cancel(ctx: typer.Context, run: Id, *, as_json: JsonFlag = False) -> None:
    """End a run's job on AWS Batch. Its checkpoints are kept: the same `train` again goes on from them.

    Example:  [dim]pilotlight runs cancel 3f2a9c0d1e4b[/]
    """
    from pilotlight.cli.cloud import open_cloud
    from pilotlight.cli.running import cancel_run

    cancel_run(open_blobs(invocation(ctx).project().store), run, open_cloud(), as_json=as_json)
