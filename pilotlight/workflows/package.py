"""package: fill the folder that becomes a function's zip or container image, or the layer. `sam build` runs it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from pilotlight.core.errors import PackagingError
from pilotlight.core.model_names import to_logical_stem
from pilotlight.core.text_file import read_text_file
from pilotlight.local.routes import CATALOG
from pilotlight.packaging import (
    PICTURES,
    PYTHON,
    REQUIREMENTS,
    Compiler,
    ImageLayer,
    LayerReport,
    LayerSource,
    PackageReport,
    Packages,
    Pictures,
    WheelRequest,
    build_layer,
    find_compiler,
    find_platform,
    install_for_lambda,
    package_catalog,
    package_function,
    package_image,
    package_layer,
)
from pilotlight.scaffold import IMAGES, PACKAGE_TYPE, TEMPLATE_NAME, read_function
from pilotlight.workflows.context import Context

__all__ = ["LayerReport", "PackageReport", "PackageRequest", "find_packages", "package", "package_shared_layer"]

_X86_64: Final = "x86_64"
"""What template.yaml and wheels call the processor that functions have unless told otherwise."""


@dataclass(frozen=True)
class PackageRequest:
    """What to package.

    Attributes:
        into: The folder to fill: new, empty, or an earlier build.
        name: A model, the stem of its resource in template.yaml (SpamFilter), or catalog. Empty for the layer.
        layer: Package the layer that all functions share.
        architecture: The functions' processors, "x86_64" or "arm64": template.yaml's parameter Architecture.
    """

    into: Path
    name: str = ""
    layer: bool = False
    architecture: str = _X86_64


def package(request: PackageRequest, context: Context) -> PackageReport | LayerReport:
    """Fill a folder with exactly what goes to Lambda.

    With the layer, the folders of all functions that are container images are filled too, since each holds the layer's
    content. They lie below .pilotlight/images, where template.yaml has them. `sam build` builds layers first.

    Raises:
        PackagingError: The request names both a function and the layer, or neither, or no architecture of Lambda; a
            package cannot be installed; or the function and the layer together exceed Lambda's limit.
        ProjectError: No model has this name.
        StoreError: The store lacks a pinned version.
    """
    if bool(request.name) == request.layer:
        hint = "See `pilotlight package -h`."
        raise PackagingError("package", "needs a function's name or --layer, and not both", hint)
    into, platform = context.path(request.into), find_platform(request.architecture)
    if request.layer:
        report = package_shared_layer(into, context, platform=platform)
        _package_images(platform, context)
        return report
    if request.name in (CATALOG, to_logical_stem(CATALOG)):
        return _package_catalog(into, platform, context)
    return _package_model(context.project.find_by_stem(request.name), into, platform, context)


def find_packages(context: Context, platform: str = _X86_64) -> Packages:
    """Return how the functions of a project get packages.

    Args:
        context: The project.
        platform: The functions' processor, as wheels call it.
    """
    folder = context.project.layer
    layer = folder / REQUIREMENTS
    pictures = Pictures(WheelRequest(folder / PICTURES, PYTHON, platform), context.layer_cache, layer)
    return Packages(layer, partial(install_for_lambda, platform=platform), pictures)


def package_shared_layer(
    into: Path, context: Context, compiler: Compiler | None = None, platform: str = _X86_64
) -> LayerReport:
    """Fill `into` with the layer.

    Args:
        into: A folder that is new, empty or an earlier layer.
        context: The project and the place to report to.
        compiler: Compiles the layer's Python files; None takes one from this machine.
        platform: The functions' processor, as wheels call it.

    Raises:
        PackagingError: The packages cannot be installed.
    """
    find = find_compiler if compiler is None else lambda _: compiler
    return package_layer(
        context.project.layer / REQUIREMENTS,
        into,
        platform=platform,
        progress=context.progress,
        cache=context.layer_cache,
        find=find,
    )


def _package_catalog(into: Path, platform: str, context: Context) -> PackageReport:
    project, packages = context.project, find_packages(context, platform)
    return package_catalog(project.functions / CATALOG, project.read_locks(), context.store, into, packages=packages)


def _package_model(model: str, into: Path, platform: str, context: Context) -> PackageReport:
    """Package one model as what template.yaml says: a zip, or a container image."""
    if model in _find_images(context):
        return _package_image(model, into, platform, context)
    project, store = context.project, context.store
    source, lock = project.folder(model), project.read_lock(model)
    if lock is None:
        return package_function(model, source, store, lock, into)  # raises, before a layer is built
    # The layer is built first, since Lambda's limit counts both.
    layer_bytes, packages = _measure_layer(context, platform), find_packages(context, platform)
    return package_function(model, source, store, lock, into, layer_bytes=layer_bytes, packages=packages)


def _package_images(platform: str, context: Context) -> None:
    for name in _find_images(context):
        report = _package_image(name, context.project.root / IMAGES / name, platform, context)
        context.progress.note(f"image in {IMAGES}/{name}: {report}")


def _package_image(model: str, into: Path, platform: str, context: Context) -> PackageReport:
    project = context.project
    source = LayerSource(project.layer / REQUIREMENTS, platform=platform)
    return package_image(
        model,
        project.folder(model),
        context.store,
        project.read_lock(model),
        into,
        layer=ImageLayer(source, context.layer_cache, context.progress),
        packages=find_packages(context, platform),
    )


def _find_images(context: Context) -> list[str]:
    """The models whose functions are container images in template.yaml."""
    project = context.project
    template = read_text_file(project.root / TEMPLATE_NAME) or ""
    if PACKAGE_TYPE not in template:
        return []
    functions = {name: read_function(template, name) for name in project.list_models()}
    return [name for name, function in functions.items() if function and function.is_image]


def _measure_layer(context: Context, platform: str) -> int:
    """Return the layer's size in bytes, 0 with a note where it cannot be built."""
    source = LayerSource(context.project.layer / REQUIREMENTS, platform=platform)
    try:
        return build_layer(source, context.layer_cache, context.progress).bytes
    except PackagingError as error:
        context.progress.note(f"the layer is not counted against Lambda's limit: {error}")
        return 0
