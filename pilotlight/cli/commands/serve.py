"""serve: every pinned model behind one address on this machine."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from pilotlight.cli.invocation import invocation, out
from pilotlight.cli.signals import interrupted_by_signals


def serve(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: every pinned model.")] = None,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 chooses a free port.")] = 8080,
) -> None:
    """Answer on this machine as the deployed endpoint does.

    The models are packaged as `sam build` packages them, and their real handlers get the events that API Gateway would
    send: the same code answers in Lambda. Where PILOTLIGHT_SERVICE_TABLE names a table of tenants, keys and quotas are
    enforced; elsewhere no key is needed. Each request, and each log line of the functions, is one line on stderr. Each
    function runs in a process of its own, which is started again when native code crashes it or a request takes
    longer than 29 s. Ctrl-C ends it.

    Example:  [dim]pilotlight serve digits --port 9000[/]
    """
    from rich.markup import escape

    from pilotlight.cli.tables import endpoint_lines
    from pilotlight.core.service_settings import TABLE_VARIABLE
    from pilotlight.workflows.serve import ServeRequest
    from pilotlight.workflows.serve import serve as start_server

    request = ServeRequest(tuple(names or ()), port, sys.stderr)
    console = out(sys.stdout)
    with (
        interrupted_by_signals(),
        redirect_stdout(sys.stderr),
        start_server(request, invocation(ctx).context(quiet=True)) as server,
    ):
        for line in endpoint_lines(server.address, server.manifests):
            console.print(line, soft_wrap=True)
        table = invocation(ctx).environ.get(TABLE_VARIABLE)
        keys = f"keys of {escape(table)}" if table else "no API key needed here"
        console.print(f"Serving on [bold]{server.address}[/] ({keys}; Ctrl-C ends it)", soft_wrap=True)
        server.serve_forever()
