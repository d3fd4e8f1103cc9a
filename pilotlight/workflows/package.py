"""package: fill the folder that becomes a function's zip, or the layer. `sam build` runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pilotlight.core.errors import PackagingError
from pilotlight.core.model_names import to_logical_stem
from pilotlight.local.routes import CATALOG
from pilotlight.packaging import (
    REQUIREMENTS,
    Compiler,
    LayerReport,
    LayerSource,
    PackageReport,
    Packages,
    build_layer,
    package_catalog,
    package_function,
    package_layer,
)
from pilotlight.workflows.context import Context

__all__ = ["LayerReport", "PackageReport", "PackageRequest", "package", "package_shared_layer"]


@dataclass(frozen=True)
class PackageRequest:
    """What to package.

    Attributes:
        into: The folder to fill: new, empty, or an earlier build.
        name: A model, the stem of its resource in template.yaml (SpamFilter), or catalog. Empty for the layer.
        layer: Package the layer that all functions share.
    """

    into: Path
    name: str = ""
    layer: bool = False


def package(request: PackageRequest, context: Context) -> PackageReport | LayerReport:
    """Fill a folder with exactly what goes to Lambda.

    Raises:
        PackagingError: The request names both a function and the layer, or neither; a package cannot be installed; or
            the function and the layer together exceed Lambda's limit.
        ProjectError: No model has this name.
        StoreError: The store lacks a pinned version.
    """
    if bool(request.name) == request.layer:
        hint = "See `pilotlight package -h`."
        raise PackagingError("package", "needs a function's name or --layer, and not both", hint)
    into = context.path(request.into)
    if request.layer:
        return package_shared_layer(into, context)
    if request.name in (CATALOG, to_logical_stem(CATALOG)):
        return _package_catalog(into, context)
    return _package_model(context.project.find_by_stem(request.name), into, context)


def package_shared_layer(into: Path, context: Context, compiler: Compiler | None = None) -> LayerReport:
    """Fill `into` with the layer.

    Args:
        into: A folder that is new, empty or an earlier layer.
        context: The project and the place to report to.
        compiler: Compiles the layer's Python files; None takes one from this machine.

    Raises:
        PackagingError: The packages cannot be installed.
    """
    requirements = context.project.layer / REQUIREMENTS
    if compiler is None:
        return package_layer(requirements, into, progress=context.progress, cache=context.layer_cache)
    return package_layer(
        requirements, into, progress=context.progress, cache=context.layer_cache, find=lambda _: compiler
    )


def _package_catalog(into: Path, context: Context) -> PackageReport:
    project = context.project
    packages = Packages(project.layer / REQUIREMENTS)
    return package_catalog(project.functions / CATALOG, project.read_locks(), context.store, into, packages=packages)


def _package_model(model: str, into: Path, context: Context) -> PackageReport:
    """Package one model. The layer is built first, since Lambda's limit counts both."""
    project, store = context.project, context.store
    source, lock = project.folder(model), project.read_lock(model)
    if lock is None:
        return package_function(model, source, store, lock, into)  # raises, before a layer is built
    layer_bytes = _measure_layer(context)
    packages = Packages(project.layer / REQUIREMENTS)
    return package_function(model, source, store, lock, into, layer_bytes=layer_bytes, packages=packages)


def _measure_layer(context: Context) -> int:
    """Return the layer's size in bytes, 0 with a note where it cannot be built."""
    source = LayerSource(context.project.layer / REQUIREMENTS)
    try:
        return build_layer(source, context.layer_cache, context.progress).bytes
    except PackagingError as error:
        context.progress.note(f"the layer is not counted against Lambda's limit: {error}")
        return 0
