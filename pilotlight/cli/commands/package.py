"""package: the folder that becomes a function's zip, or the layer; `sam build` calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from pilotlight.cli.wiring import err, layer_cache, open_store, surroundings
from pilotlight.core.errors import PackagingError
from pilotlight.core.names import logical_stem

CATALOG: Final = "catalog"


def package(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(help="A model, the stem of its resource in template.yaml (SpamFilter), or catalog.")
    ] = "",
    *,
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder to fill.")],
    layer: Annotated[bool, typer.Option("--layer", help="Build the shared layer.")] = False,
) -> None:
    """Fill a folder with exactly what goes to Lambda: app.py, the pinned model and its manifest; nothing of training.

    Example:  [dim]pilotlight package digits --into build/digits[/]

    Example:  [dim]pilotlight package --layer --into build/layer[/]
    """
    if bool(name) == layer:
        raise PackagingError(
            "package", "needs a function's name or --layer, one of them", "See `pilotlight package -h`."
        )
    from pilotlight.packaging import package_catalog, package_function, package_layer  # noqa: PLC0415  (only here)

    where = surroundings(ctx)
    project, target = where.project(), where.path(into)
    if layer:
        report = package_layer(
            project.layer / "requirements.txt", target, progress=where.progress(), cache=layer_cache(project)
        )
        err().print(f"Layer in {into}: {report}", markup=False, soft_wrap=True)
        return
    store = open_store(project.store)
    if name in (CATALOG, logical_stem(CATALOG)):
        done = package_catalog(project.functions / CATALOG, project.pinned(), store, target)
    else:
        model = project.by_stem(name)
        done = package_function(model, project.folder(model), store, project.lock(model), target)
    err().print(f"Function in {into}: {done}", markup=False, soft_wrap=True)
