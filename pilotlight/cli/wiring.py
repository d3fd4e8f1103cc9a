"""What every command needs: the project around it, its store, and somewhere to report to."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

from pilotlight.core.progress import Silent
from pilotlight.core.project import Project, find_project
from pilotlight.core.stopping import Stop
from pilotlight.workflows.context import Context

if TYPE_CHECKING:  # rich and the rooms load when a command runs, not when --help is asked for
    from rich.console import Console

    from pilotlight.cli.progress import LiveProgress, PlainProgress
    from pilotlight.store import Blobs, Store


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

    def context(self, stop: Stop | None = None, *, quiet: bool = False) -> Context:
        """Return the context of this command's workflow.

        Args:
            stop: Ends a fit early.
            quiet: Report no progress.
        """
        progress = Silent() if quiet else self.progress()
        return self.make_context(self.cwd, self.environ, progress=progress, stop=stop or Stop())

    def project(self) -> Project:
        """The project that the current folder lies in."""
        return find_project(self.cwd, self.environ)

    def path(self, given: Path) -> Path:
        """A path from the command line, counted from the current folder."""
        return self.cwd / given

    def progress(self) -> LiveProgress | PlainProgress:
        """A live display on a terminal, plain lines elsewhere; always on stderr."""
        from rich.console import Console

        from pilotlight.cli.progress import LiveProgress, PlainProgress

        stream = self.closing.enter_context(_own_stderr())
        console = Console(file=stream, highlight=False)
        if not console.is_terminal:
            return PlainProgress(stream)
        live = LiveProgress(console)
        self.closing.callback(live.close)
        return live


@contextmanager
def _own_stderr() -> Iterator[TextIO]:
    """Standard error on a descriptor of its own: training holds back what native libraries write to descriptor 2."""
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except OSError:  # a stream without a descriptor, as under a test runner
        yield sys.stderr
        return
    with os.fdopen(descriptor, "w", encoding=sys.stderr.encoding, errors="replace") as stream:
        yield stream


def invocation(ctx: typer.Context) -> Invocation:
    """What `run` handed to typer; TypeError where a command is started without it."""
    if not isinstance(ctx.obj, Invocation):
        raise TypeError("start commands through pilotlight.cli.app.run")
    return ctx.obj


def existing_model(project: Project, name: str) -> str:
    """`name` where such a model is in the project; else ProjectError with the nearest name there is."""
    if name not in project.models():
        project.existing(name)
    return name


def split_version(text: str) -> tuple[str, str | None]:
    """NAME@VERSION in its parts; None where no version is named."""
    name, _, version = text.partition("@")
    return name, version or None


def open_store(location: str) -> Store:
    """The store at `location`: a folder, or s3://bucket/prefix."""
    from pilotlight.store import Store

    return Store(open_blobs(location))


def open_blobs(location: str) -> Blobs:
    """What a store lies in, versions and runs: a folder, or s3://bucket/prefix."""
    if not location.startswith("s3://"):
        from pilotlight.store import FolderBlobs

        return FolderBlobs(Path(location))
    from pilotlight.aws import S3Blobs, parse_s3_url, s3_client

    bucket, prefix = parse_s3_url(location)
    return S3Blobs(s3_client(), bucket, prefix)


def layer_cache(project: Project) -> Path:
    """Where finished layers are kept, by the digest of what goes into them."""
    return project.root / ".pilotlight" / "cache" / "layers"


def fetch_data(url: str, target: Path) -> None:
    """Downloads s3://bucket/key to `target`, all of s3://bucket/prefix/ to a folder; the client is made only here."""
    from pilotlight.aws import fetch_object, fetch_prefix, s3_client

    fetch = fetch_prefix if url.endswith("/") else fetch_object
    fetch(s3_client(), url, target)


def command_to_type(cwd: Path, started: str = sys.argv[0], path: str | None = None) -> str:
    """How a person in `cwd` starts this program again: by its name where `path` ($PATH where None) finds it."""
    if shutil.which(PROGRAM, path=path) is not None or Path(started).name != PROGRAM:
        return PROGRAM
    return os.path.relpath(started, cwd) if Path(started).is_relative_to(cwd) else started


def out() -> Console:
    """Where answers go."""
    from rich.console import Console

    return Console(highlight=False)


def err() -> Console:
    """Where progress and remarks go."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(value: Mapping[str, Any]) -> None:
    """Exactly one JSON object on stdout, and nothing else there."""
    typer.echo(json.dumps(value, indent=2, default=str))
