"""The folder that becomes a model function's zip: its serving code and the pinned version."""

from __future__ import annotations

from pathlib import Path

from pilotlight.core.lock import Lock
from pilotlight.packaging.assembly import APP_NAME, Versions, fetch_pinned, finish_function
from pilotlight.packaging.bytecode import Compiler
from pilotlight.packaging.files import replace_folder
from pilotlight.packaging.packages import Packages
from pilotlight.packaging.reports import PackageReport, check_size
from pilotlight_runtime.manifest import MANIFEST_NAME


def package_function(
    name: str,
    source: Path,
    store: Versions,
    lock: Lock | None,
    into: Path,
    *,
    layer_bytes: int | None = 0,
    packages: Packages | None = None,
    compiler: Compiler | None = None,
) -> PackageReport:
    """Fill a folder with a model's function: the files that serve, and the model's version.

    `into` is filled at once or not at all.

    Args:
        name: The model.
        source: The model's folder.
        store: Holds the version.
        lock: The version; None where the model is not pinned.
        into: The folder to fill.
        layer_bytes: The layer's size, which Lambda's limit on a zip includes. None for a function that runs here, which
            may be of any size: in Lambda it may be a container image.
        packages: Installs what requirements.txt names; None for a function that runs here and not in Lambda.
        compiler: Compiles the Python files; None finds one, in Docker only where packages are installed.

    Returns:
        What the folder holds.

    Raises:
        PackagingError: The model is not pinned, packages cannot be installed, two files have one name, or Lambda's
            limit is exceeded.
        StoreError: The store lacks the version.
    """
    with replace_folder(into, _is_function) as new:
        manifest = fetch_pinned(name, store, lock, new)
        pictures = manifest.image is not None
        report = finish_function(
            name, manifest.version, source, new, packages=packages, compiler=compiler, pictures=pictures
        )
        if layer_bytes is not None:
            check_size(report.bytes, layer_bytes)
    return report


def _is_function(folder: Path) -> bool:
    return (folder / APP_NAME).is_file() and (folder / MANIFEST_NAME).is_file()
