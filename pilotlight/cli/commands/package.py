"""package: the folder that becomes a function's zip, or the layer; `sam build` calls it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotlight.cli.wiring import err, invocation, layer_cache, open_store
from pilotlight.core.errors import PackagingError
from pilotlight.core.names import logical_stem
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project

if TYPE_CHECKING:
    from pilotlight.packaging import LayerReport, PackageReport

CATALOG: Final = "catalog"
REQUIREMENTS: Final = "requirements.txt"


def package(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(help="A model, the stem of its resource in template.yaml (SpamFilter), or catalog.")
    ] = "",
    *,
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder to fill.")],
    layer: Annotated[bool, typer.Option("--layer", help="Build the shared layer.")] = False,
) -> None:
    """Fill a folder with exactly what goes to Lambda: app.py, the pinned model and its manifest.

    Also the other files beside app.py that serve, and the packages that the function's requirements.txt names. Training
    files, tests, notebooks, data and saved models are left out.

    Example:  [dim]pilotlight package digits --into build/digits[/]

    Example:  [dim]pilotlight package --layer --into build/layer[/]
    """
    if bool(name) == layer:
        raise PackagingError(
            "package", "needs a function's name or --layer, one of them", "See `pilotlight package -h`."
        )
    where = invocation(ctx)
    project, target = where.project(), where.path(into)
    if layer:
        done: LayerReport | PackageReport = _layer(project, target, where.progress())
    elif name in (CATALOG, logical_stem(CATALOG)):
        done = _catalog(project, target)
    else:
        done = _function(project, project.by_stem(name), target, where.progress())
    kind = "Layer" if layer else "Function"
    err().print(f"{kind} in {into}: {done}", markup=False, soft_wrap=True)


def _layer(project: Project, target: Path, progress: Progress) -> LayerReport:
    from pilotlight.packaging import package_layer

    return package_layer(project.layer / REQUIREMENTS, target, progress=progress, cache=layer_cache(project))


def _catalog(project: Project, target: Path) -> PackageReport:
    from pilotlight.packaging import Packages, package_catalog

    store, packages = open_store(project.store), Packages(project.layer / REQUIREMENTS)
    return package_catalog(project.functions / CATALOG, project.pinned(), store, target, packages=packages)


def _function(project: Project, model: str, target: Path, progress: Progress) -> PackageReport:
    """The function, refused where it passes Lambda's limit together with the layer, which is built once and kept."""
    from pilotlight.packaging import LayerSource, Packages, build_layer, package_function

    lock, store = project.lock(model), open_store(project.store)
    if lock is None:
        return package_function(model, project.folder(model), store, lock, target)  # refuses, before a layer is built
    try:
        layer = build_layer(LayerSource(project.layer / REQUIREMENTS), layer_cache(project), progress).bytes
    except PackagingError as error:
        progress.note(f"the layer is not counted against Lambda's limit: {error}")
        layer = 0
    packages = Packages(project.layer / REQUIREMENTS)
    return package_function(model, project.folder(model), store, lock, target, layer_bytes=layer, packages=packages)
