"""invoke: one request to a model, here or deployed."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from pilotlight.cli.wiring import Invocation, existing_model, invocation, open_store, out, split_version
from pilotlight.core.errors import DataError

if TYPE_CHECKING:  # numpy and rich load when the command runs, not for --help
    from pilotlight.local.endpoint import Endpoint
    from pilotlight.local.questions import Question


def invoke(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="The model to ask.")],
    *,
    image: Annotated[Path | None, typer.Option(metavar="FILE", help="A PNG or JPEG, sent as it is.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="An inference request, or a plain list of values.")
    ] = None,
    npz: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Arrays by input name, sent as binary tensors.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The endpoint. Default: the packaged handler, in this process.")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="PILOTLIGHT_API_KEY", show_envvar=True, help="Sent as x-api-key.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the answer's JSON as it came.")] = False,
) -> None:
    """Ask a model once and show its answer.

    With --url, the request goes over HTTP to a deployed endpoint or to `pilotlight serve`. Without, it goes straight
    through the packaged handler of the pinned version.

    Example:  [dim]pilotlight invoke digits --image seven.png[/]

    Example:  [dim]pilotlight invoke digits --npz batch.npz --url https://HOST/prod --api-key KEY[/]
    """
    if sum(given is not None for given in (image, json_file, npz)) != 1:
        raise DataError("invoke", "needs one of --image, --json and --npz", "Say what to send.")
    from pilotlight.cli.drawing import outputs
    from pilotlight.local.answers import outputs_of
    from pilotlight.local.endpoint import HttpEndpoint, successful

    where = invocation(ctx)
    name, _ = split_version(model)
    with _local(where, model) if url is None else _kept(HttpEndpoint(url, api_key)) as endpoint:
        question = _question(endpoint, where, model, (image, json_file, npz), raw=raw)
        answer = successful(endpoint.send("POST", question.path, question.headers, question.body), url or name)
    if raw:
        typer.echo(answer.body.decode("utf-8", "replace"))
        return
    out().print(outputs(outputs_of(answer, url or name)))


def _question(
    endpoint: Endpoint,
    where: Invocation,
    model: str,
    files: tuple[Path | None, Path | None, Path | None],
    *,
    raw: bool,
) -> Question:
    from pilotlight.local import questions
    from pilotlight.local.endpoint import successful

    name, version = split_version(model)
    path = questions.infer_path(name, version)
    image, listed, arrays = (None if file is None else where.path(file) for file in files)
    if image is not None:
        return questions.picture_question(path, image)
    metadata = successful(endpoint.send("GET", path.removesuffix("/infer"), {}, b""), name)
    inputs = questions.specs_of(metadata.body, name)
    if listed is not None:
        return questions.json_question(path, listed, inputs)
    return questions.array_question(path, arrays or where.cwd, inputs, binary_answer=not raw)


@contextmanager
def _local(where: Invocation, model: str) -> Iterator[Endpoint]:
    """The gateway over this one model, packaged into a folder that goes away again."""
    from pilotlight.cli.serving import load_gateway, package_all, pinned_locks
    from pilotlight.core.lock import Lock
    from pilotlight.local.endpoint import GatewayEndpoint

    project = where.project()
    store = open_store(project.store)
    name, version = split_version(model)
    existing_model(project, name)
    locks = {name: Lock(version, store.manifest(name, version)[1])} if version else pinned_locks(project, [name])
    log = io.StringIO()
    with TemporaryDirectory(prefix="pilotlight-") as folder:
        package_all(project, store, locks, Path(folder))
        try:
            with redirect_stdout(log):
                yield GatewayEndpoint(load_gateway(Path(folder), locks, log))
        except Exception:
            sys.stderr.write(failures(log.getvalue()))
            raise


def failures(log: str) -> str:
    """The lines of a function's log that tell why it failed: all but its records of requests and its metrics."""
    routine = ('{"level":"INFO"', '{"_aws"')
    return "".join(line for line in log.splitlines(keepends=True) if not line.startswith(routine))


@contextmanager
def _kept(endpoint: Endpoint) -> Iterator[Endpoint]:
    yield endpoint
