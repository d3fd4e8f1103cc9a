"""invoke: one request to a model, here or deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotlight.cli.invocation import invocation, out
from pilotlight.cli.signals import interrupted_by_signals


def invoke(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="The model.")],
    *,
    image: Annotated[Path | None, typer.Option(metavar="FILE", help="A PNG or JPEG, sent as it is.")] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Rows by input name, an inference request, or a plain list of values."
        ),
    ] = None,
    npz: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Arrays by input name, sent as binary tensors.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The endpoint. Default: the packaged handler, on this machine.")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="PILOTLIGHT_API_KEY", show_envvar=True, help="Sent as x-api-key.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the response's JSON as it is.")] = False,
) -> None:
    """Send one request to a model and show its response.

    With --url, the request goes over HTTP to a deployed endpoint or to `pilotlight serve`. Without, it goes straight
    through the packaged handler of the pinned version.

    Example:  [dim]pilotlight invoke digits --image seven.png[/]

    Example:  [dim]pilotlight invoke people --json rows.json[/]

    Example:  [dim]pilotlight invoke digits --npz batch.npz --url https://HOST/prod --api-key KEY[/]
    """
    from pilotlight.cli.drawing import render_outputs
    from pilotlight.workflows.invoke import InvokeRequest
    from pilotlight.workflows.invoke import invoke as invoke_model

    request = InvokeRequest(
        model, image=image, json_file=json_file, npz=npz, url=url, api_key=api_key, binary_outputs=not raw
    )
    with interrupted_by_signals():
        result = invoke_model(request, invocation(ctx).context(quiet=True))
    if raw:
        typer.echo(result.read_json())
        return
    out().print(render_outputs(result.read_outputs()))
