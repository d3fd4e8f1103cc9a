"""The commands and their error handling."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated, Final

import typer

from pilotlight import __version__
from pilotlight.cli.commands import (
    begin,
    bench,
    captures,
    chat,
    check,
    demo,
    forget,
    image,
    invoke,
    keys,
    package,
    plans,
    produce,
    runs,
    serve,
    tenants,
    usage,
    versions,
)
from pilotlight.cli.invocation import Invocation, invocation
from pilotlight.core.disk import is_full
from pilotlight.core.errors import Interrupted, UserError
from pilotlight.core.printable import escape_lines
from pilotlight.core.process_output import EXIT_STOPPED

EXIT_USER_ERROR: Final = 1
EXIT_DEFECT: Final = 70
"""EX_SOFTWARE of sysexits.h."""

_MAX_TEXT: Final = 4_000


def run(argv: Sequence[str], where: Invocation) -> int:
    """Run one command line and return its exit code.

    0: done. 1: an error of the user's, printed as one paragraph on stderr. 2: wrong arguments. 70: a defect of
    Pilotlight's. 130: interrupted. With --debug the traceback is shown as well.
    """
    try:
        with where.closing:
            app(args=list(argv), prog_name="pilotlight", obj=where)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return EXIT_STOPPED
    except Interrupted as error:
        return _report_error(error, str(error), where, EXIT_STOPPED)
    except UserError as error:
        return _report_error(error, str(error), where, EXIT_USER_ERROR)
    except Exception as error:  # noqa: BLE001  (the top-level handler)
        return _report_unexpected(error, where)
    return 0


def _report_unexpected(error: Exception, where: Invocation) -> int:
    """Report an unexpected error: a file that the system refuses is the user's error, and the rest is a defect."""
    if isinstance(error, OSError) and (error.filename is not None or is_full(error)):
        text = (
            f"{error.filename or 'pilotlight'}: {error.strerror}. Check the path, its permissions and the free space."
        )
        return _report_error(error, text, where, EXIT_USER_ERROR)
    text = f"pilotlight: stopped by a defect ({type(error).__name__}: {error}). Run the command again with --debug "
    return _report_error(error, text + "before its name and report what it prints.", where, EXIT_DEFECT)


def _report_error(error: Exception, text: str, where: Invocation, code: int) -> int:
    if where.debug:
        typer.echo(escape_lines("".join(traceback.format_exception(error))), err=True, nl=False)
    if len(text) > _MAX_TEXT:  # an argument or a name from outside may have any length; the hint stands at the end
        text = f"{text[: _MAX_TEXT // 2]} … {text[-_MAX_TEXT // 2 :]}"
    label = typer.style("error", fg="red", bold=True) if sys.stderr.isatty() else "error"
    typer.echo(f"{label}: {escape_lines(text)}", err=True)
    return code


def _help(command: Callable[..., None]) -> str:
    """A docstring as help text: the lines of a paragraph are joined, since rich keeps line ends."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


def _version(asked: bool) -> None:  # noqa: FBT001  (typer's callback)
    if asked:
        typer.echo(f"pilotlight {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="pilotlight",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def pilotlight(
    ctx: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Train models, turn them into ONNX, and serve each from a Lambda function of its own.

    The way of a model: [bold]train[/] fits it, converts it, verifies that the ONNX file gives the same answers, stores
    it as an immutable version and pins that version. [bold]serve[/] answers on this machine, [bold]sam build[/] and
    [bold]sam deploy[/] put it behind HTTPS.

    Begin with [bold]pilotlight demo[/], or with [bold]pilotlight init my-models[/].
    """
    invocation(ctx).debug = debug


app.callback(help=_help(pilotlight))(pilotlight)

for _panel, _commands in {
    "Begin": (begin.init, begin.new, begin.import_),
    "Train and publish": (produce.train, produce.convert),
    "Versions": (versions.models, versions.show, versions.pin, versions.repair),
    "Serve": (package.package, serve.serve, invoke.invoke, chat.chat),
    "Maintain": (check.check, bench.bench, demo.demo),
}.items():
    for _command in _commands:
        app.command(_command.__name__.rstrip("_"), help=_help(_command), rich_help_panel=_panel)(_command)

_runs = typer.Typer(invoke_without_command=True, rich_markup_mode="rich")
_runs.callback(help=_help(runs.runs))(runs.runs)
_runs.command("watch", help=_help(runs.watch))(runs.watch)
_runs.command("cancel", help=_help(runs.cancel))(runs.cancel)
app.add_typer(_runs, name="runs", rich_help_panel="Train and publish")

_image = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help=image.HELP)
_image.command("build", help=_help(image.build))(image.build)
_image.command("push", help=_help(image.push))(image.push)
_image.command("tag", help=_help(image.tag))(image.tag)
app.add_typer(_image, name="image", rich_help_panel="Train and publish")

for _name, _module, _commands in (
    (
        "tenants",
        tenants,
        (
            *(tenants.create, tenants.list_, tenants.suspend, tenants.resume),
            *(tenants.delete, tenants.history, tenants.migrate, captures.capture),
        ),
    ),
    ("keys", keys, (keys.create, keys.list_, keys.rotate, keys.revoke)),
    ("plans", plans, (plans.apply, plans.assign)),
):
    _group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help=_module.HELP)
    for _command in _commands:
        _group.command(_command.__name__.rstrip("_"), help=_help(_command))(_command)
    app.add_typer(_group, name=_name, rich_help_panel="Run a service")
for _command in (plans.plan, usage.usage, usage.invoice, captures.captures, forget.forget):
    app.command(_command.__name__, help=_help(_command), rich_help_panel="Run a service")(_command)
