"""demo: every stage once, on this machine."""

from __future__ import annotations

import typer

from pilotlight.cli.commands.produce import Data
from pilotlight.cli.invocation import command_to_type, invocation, out


def demo(ctx: typer.Context, *, data: Data = None) -> None:
    """Train the digits network, convert, verify, publish, package and serve it, and send it one request.

    Needs no AWS account and no Docker, and takes a few minutes. Ends by itself and says what to type next.

    Example:  [dim]pilotlight demo --data mnist[/]
    """
    from pilotlight.cli.summary import show_summary
    from pilotlight.workflows.demo import DemoRequest
    from pilotlight.workflows.demo import demo as run_demo

    where = invocation(ctx)
    result = run_demo(DemoRequest(data), where.context())
    show_summary(out(), result, where.cwd, command_to_type(where.cwd))
