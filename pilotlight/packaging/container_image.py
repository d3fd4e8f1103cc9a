"""The folder that becomes a function's container image, where a model is too large for a zip.

`sam build` hands the folder to Docker. Images take no layers, so the layer's content is copied. The large files of the
version lie apart: they come first in the image, so that changed code needs no new copy of them.

    Dockerfile
    weights/   the version's large files, for /var/task
    layer/     the content of the layer, for /opt
    task/      everything else of the function, for /var/task
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.lambda_limits import IMAGE_LIMIT
from pilotlight.core.lock import Lock
from pilotlight.core.progress import Progress
from pilotlight.packaging.assembly import Versions, fetch_pinned, finish_function
from pilotlight.packaging.bytecode import IMAGE, Compiler, find_compiler
from pilotlight.packaging.files import IMAGE_START_NAME, folder_size, list_files, replace_folder
from pilotlight.packaging.layer import LayerSource, copy_layer
from pilotlight.packaging.packages import PYTHON, Packages
from pilotlight.packaging.reports import PackageReport, check_size
from pilotlight_runtime.manifest import Manifest

_FILES: Final = Path(__file__).with_name("image_files")
_DOCKERFILE: Final = "Dockerfile"
_WEIGHTS, _LAYER, _TASK = "weights", "layer", "task"
_LARGE: Final = 1024 * 1024
"""Bytes from which a file of the version counts as weights."""
_TAGS: Final = {"aarch64": "arm64"}
"""What the base image's tags call a processor, by what wheels call it; the same for all others."""


class ImageLayer(NamedTuple):
    """The layer whose content is copied.

    Attributes:
        source: What it is built from.
        cache: A folder that keeps the finished build.
        progress: Takes reports.
    """

    source: LayerSource
    cache: Path
    progress: Progress


def package_image(
    name: str,
    source: Path,
    store: Versions,
    lock: Lock | None,
    into: Path,
    *,
    layer: ImageLayer,
    packages: Packages,
    compiler: Compiler | None = None,
) -> PackageReport:
    """Fill a folder with what becomes the container image of a model's function.

    `into` is filled at once or not at all.

    Args:
        name: The model.
        source: The model's folder.
        store: Holds the version.
        lock: The version; None where the model is not pinned.
        into: The folder to fill.
        layer: The layer whose content is copied.
        packages: Installs what requirements.txt names.
        compiler: Compiles the Python files; None finds one.

    Returns:
        What the folder holds.

    Raises:
        PackagingError: The model is not pinned, packages cannot be installed, two files have one name, or the image
            would be larger than Lambda takes.
        StoreError: The store lacks the version.
    """
    with replace_folder(into, _is_context) as new:
        task = new / _TASK
        task.mkdir()
        manifest = fetch_pinned(name, store, lock, task)
        pictures = manifest.image is not None
        compiler = compiler or find_compiler(PYTHON)  # in Docker if need be, which builds the image too
        report = finish_function(
            name, manifest.version, source, task, packages=packages, compiler=compiler, pictures=pictures
        )
        _move_weights(manifest, task, new / _WEIGHTS)
        (new / _LAYER).mkdir()
        copy_layer(layer.source, layer.cache, new / _LAYER, layer.progress)
        _write(IMAGE_START_NAME, new / _LAYER / IMAGE_START_NAME, layer.source)
        _write(_DOCKERFILE, new / _DOCKERFILE, layer.source)
        check_size(report.bytes, folder_size(new / _LAYER), IMAGE_LIMIT)
        return report._replace(files=len(list_files(new)), bytes=folder_size(new), kind="image")


def _move_weights(manifest: Manifest, task: Path, weights: Path) -> None:
    weights.mkdir()
    for file in manifest.files:
        if file.size >= _LARGE:
            target = weights / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            (task / file.name).rename(target)


def _write(name: str, target: Path, source: LayerSource) -> None:
    base = f"{IMAGE}:{source.python}-{_TAGS.get(source.platform, source.platform)}"
    text = (_FILES / name).read_text(encoding="utf-8")
    target.write_text(text.replace("@BASE@", base).replace("@PYTHON@", source.python), encoding="utf-8", newline="\n")


def _is_context(folder: Path) -> bool:
    return (folder / _DOCKERFILE).is_file() and (folder / _TASK).is_dir()
