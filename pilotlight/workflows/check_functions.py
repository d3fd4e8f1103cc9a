"""check, its part of sizes: each function in template.yaml suits the version that is pinned.

A model must fit into its function's zip, unless it is a container image, and into its function's memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pilotlight.core.errors import UserError
from pilotlight.core.lambda_limits import IMAGE_LIMIT, MOST_MEMORY_MB, UNZIPPED_LIMIT, choose_memory, needs_image
from pilotlight.core.language_file import read_language_file
from pilotlight.core.model_names import to_logical_stem
from pilotlight.core.text_file import read_text_file
from pilotlight.language.memory import estimate_memory
from pilotlight.scaffold import TEMPLATE_NAME, FunctionText, describe_image, describe_zip, read_function
from pilotlight.store import Store
from pilotlight.workflows.context import Context
from pilotlight.workflows.findings import Finding
from pilotlight.workflows.model_versions import find_pins
from pilotlight_runtime.manifest import Manifest

_SMALLEST_LAYER: Final = 24_000_000
"""Bytes of a layer of ONNX Runtime alone. Packaging counts what is really there."""


def check_functions(context: Context) -> Iterator[Finding]:
    """Compare the functions in template.yaml with the pinned versions. What cannot be read has findings of its own.

    Args:
        context: The project and its store.

    Yields:
        A finding for the kind of package of each large model, and one for the memory of each language model.
    """
    for name in context.project.list_models():
        try:
            pin = find_pins(context.project, (name,))[name]
            manifest, _ = context.store.read_manifest(name, pin.version)
            function = read_function(read_text_file(context.project.root / TEMPLATE_NAME) or "", name)
        except UserError:
            continue
        if function is not None:
            yield from _check_package(function, manifest)
            yield from _check_memory(function, manifest, context.store)


def _check_package(function: FunctionText, manifest: Manifest) -> Iterator[Finding]:
    name, size = manifest.model, sum(file.size for file in manifest.files)
    where = f"package of {to_logical_stem(name)}Function"
    if size > IMAGE_LIMIT:
        problem = f"{name} has {_mb(size)}; the largest container image has {_mb(IMAGE_LIMIT)}"
        yield Finding(TEMPLATE_NAME, where, problem, "Make the model smaller, for instance with weights in 4 bits.")
    elif function.is_image and not needs_image(size):
        problem = f"is a container image, but the {_mb(size)} of {name} fit into a zip, which starts sooner"
        yield Finding(TEMPLATE_NAME, where, problem, describe_zip(name))
    elif not function.is_image and size + _SMALLEST_LAYER > UNZIPPED_LIMIT:
        problem = f"is a zip, which with the layer may have {_mb(UNZIPPED_LIMIT)}; {name} alone has {_mb(size)}"
        yield Finding(TEMPLATE_NAME, where, problem, describe_image(name))
    elif function.is_image:
        yield Finding(TEMPLATE_NAME, f"{where}: an image, since {name} has {_mb(size)}")


def _check_memory(function: FunctionText, manifest: Manifest, store: Store) -> Iterator[Finding]:
    try:
        language = read_language_file(manifest, store.read_file)
    except UserError as error:
        yield Finding(f"{manifest.model}@{manifest.version}", "memory", error.what, error.hint)
        return
    if language is None:
        return
    need = estimate_memory(manifest, language.settings)
    where = f"memory of {to_logical_stem(manifest.model)}Function"
    wanted = choose_memory(need.megabytes)
    if need.megabytes > MOST_MEMORY_MB:
        problem = f"{manifest.model} needs {need}; Lambda has {MOST_MEMORY_MB} MB at most"
        yield Finding(TEMPLATE_NAME, where, problem, "Import it with fewer bits or a shorter context.")
    elif function.memory_mb is not None and function.memory_mb < need.megabytes:
        problem = f"is {function.memory_mb} MB; {manifest.model} needs {need}"
        yield Finding(TEMPLATE_NAME, where, problem, f"Write MemorySize: {wanted} in its block.")
    else:
        yield Finding(TEMPLATE_NAME, f"{where}: the model needs {need}")


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
