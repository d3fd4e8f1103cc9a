"""One start of the command line: where it runs, where it reports to, and how it prints."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

from pilotlight.core.process_output import duplicate_stderr
from pilotlight.core.progress import Silent
from pilotlight.core.stop_request import StopRequest
from pilotlight.workflows.context import Context

if TYPE_CHECKING:  # rich and the rooms load when a command runs, not when --help is asked for
    from rich.console import Console

    from pilotlight.cli.progress import LiveProgress, PlainProgress


PROGRAM: Final = "pilotlight"

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@dataclass
class Invocation:
    """One start of the command line.

    Attributes:
        cwd: The current folder.
        environ: The environment variables.
        debug: Whether tracebacks are shown.
        make_context: Builds the context of a workflow; tests replace the clock and AWS with it.
        closing: Closes, however the command ends, what it opened.
    """

    cwd: Path
    environ: Mapping[str, str]
    debug: bool = False
    make_context: Callable[..., Context] = Context
    closing: ExitStack = field(default_factory=ExitStack)

    def context(self, stop: StopRequest | None = None, *, quiet: bool = False) -> Context:
        """Return the context of this command's workflow.

        Args:
            stop: Ends a fit early.
            quiet: Report no progress.
        """
        progress = Silent() if quiet else self.progress()
        return self.make_context(self.cwd, self.environ, progress=progress, stop=stop or StopRequest())

    def progress(self) -> LiveProgress | PlainProgress:
        """A live display on a terminal, plain lines elsewhere; always on stderr."""
        from pilotlight.cli.consoles import make_console
        from pilotlight.cli.progress import LiveProgress, PlainProgress

        stream = self.closing.enter_context(duplicate_stderr())
        console = make_console(file=stream)
        if not console.is_terminal:
            return PlainProgress(stream)
        live = LiveProgress(console)
        self.closing.callback(live.close)
        return live


def invocation(ctx: typer.Context) -> Invocation:
    """What `run` handed to typer; TypeError where a command is started without it."""
    if not isinstance(ctx.obj, Invocation):
        raise TypeError("start commands through pilotlight.cli.app.run")
    return ctx.obj


def command_to_type(cwd: Path, started: str = sys.argv[0], path: str | None = None) -> str:
    """How a person in `cwd` starts this program again: by its name where `path` ($PATH where None) finds it."""
    if shutil.which(PROGRAM, path=path) is not None or Path(started).name != PROGRAM:
        return PROGRAM
    return os.path.relpath(started, cwd) if Path(started).is_relative_to(cwd) else started


def out(stream: TextIO | None = None) -> Console:
    """Where answers go: `stream`, or stdout as it is when something is printed."""
    from pilotlight.cli.consoles import make_console

    return make_console(file=stream)


def err() -> Console:
    """Where progress and remarks go."""
    from pilotlight.cli.consoles import make_console

    return make_console(stderr=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Exactly one JSON object on stdout, and nothing else there."""
    typer.echo(json.dumps(value, indent=2, default=str).replace("\x7f", "\\u007f"))
