"""demo: the whole way once, on this machine."""

from __future__ import annotations

import typer

from pilotlight.cli.commands.produce import Data
from pilotlight.cli.options import given_options
from pilotlight.cli.wiring import command_to_type, invocation, out


def demo(ctx: typer.Context, *, data: Data = None) -> None:
    """Train the digits network, convert, verify, publish, package and serve it, and ask it one question.

    Needs no AWS account and no Docker, and takes a few minutes. Ends by itself and says what to type next.

    Example:  [dim]pilotlight demo --data mnist[/]
    """
    from pilotlight.cli.demonstration import MODEL, demonstrate
    from pilotlight.cli.summary import show_summary

    where = invocation(ctx)
    context = where.context()
    context.project.existing(MODEL)
    outcome = demonstrate(context, given_options({"data": data}))
    show_summary(out(), outcome, where.cwd, command_to_type(where.cwd))
