"""serve: every pinned model behind one address on this machine."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from pilotlight.cli.wiring import existing_model, invocation, open_store, out


def serve(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: every pinned model.")] = None,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
) -> None:
    """Answer on this machine as the deployed endpoint does.

    The models are packaged as `sam build` packages them, and their real handlers get the events that API Gateway would
    send: what answers here answers there. API keys and quotas are not enforced. Each request, and each log line of the
    functions, is one line on stderr. Ctrl-C ends it.

    Example:  [dim]pilotlight serve digits --port 9000[/]
    """
    from pilotlight.cli.serving import load_gateway, package_all, pinned_locks
    from pilotlight.cli.tables import endpoint_lines
    from pilotlight.local.server import LocalServer

    project = invocation(ctx).project()
    store = open_store(project.store)
    locks = pinned_locks(project, [existing_model(project, name) for name in names or []])
    with _ended_by_sigterm(), TemporaryDirectory(prefix="pilotlight-") as folder:
        package_all(project, store, locks, Path(folder))
        gateway = load_gateway(Path(folder), locks, sys.stderr)
        with LocalServer(gateway, port, sys.stderr) as server:
            manifests = [store.manifest(name, lock.version)[0] for name, lock in locks.items()]
            for line in endpoint_lines(server.address, manifests):
                out().print(line, soft_wrap=True)
            out().print(f"Serving on [bold]{server.address}[/] (no API key needed here; Ctrl-C ends it)")
            with redirect_stdout(sys.stderr):
                server.serve_forever()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Inside, SIGTERM ends the command as Ctrl-C does, so that the temporary folder goes away."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
