"""package: the folder that becomes a function's zip or container image, or the layer; `sam build` calls it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pilotlight.cli.invocation import err, invocation


class Architecture(StrEnum):
    """The processors of Lambda."""

    x86_64 = "x86_64"
    arm64 = "arm64"


def package(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(help="A model, the stem of its resource in template.yaml (SpamFilter), or catalog.")
    ] = "",
    *,
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder to fill.")],
    layer: Annotated[
        bool,
        typer.Option(
            "--layer", help="Build the shared layer, and with it the folders of container images in .pilotlight/images."
        ),
    ] = False,
    architecture: Annotated[Architecture, typer.Option(help="The functions' processors.")] = Architecture.x86_64,
) -> None:
    """Fill a folder with exactly what goes to Lambda: app.py, the pinned model and its manifest.

    Other files beside app.py that serve go in too, and the packages that the function's requirements.txt names.
    A function that template.yaml has as a container image gets the layer's content and a Dockerfile, too.
    Training files, tests, notebooks, data and saved models are left out.

    Example:  [dim]pilotlight package digits --into build/digits[/]

    Example:  [dim]pilotlight package --layer --into build/layer[/]
    """
    from pilotlight.workflows.package import PackageRequest
    from pilotlight.workflows.package import package as run_package

    report = run_package(PackageRequest(into, name, layer, architecture), invocation(ctx).context())
    err().print(f"{'Layer' if layer else 'Function'} in {into}: {report}", markup=False, soft_wrap=True)
