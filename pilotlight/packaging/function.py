"""The folder that becomes a function's zip: its serving code and, for a model, the pinned version."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, Protocol

from pilotlight.core.errors import PackagingError
from pilotlight.core.language_file import read_language_file
from pilotlight.core.lock import Lock
from pilotlight.packaging.bytecode import Compiler, compile_folder, find_compiler
from pilotlight.packaging.files import folder_size, list_files, replace_folder
from pilotlight.packaging.packages import PYTHON, TASK, AddedPackages, Packages, add_packages, add_pictures
from pilotlight.packaging.reports import PackageReport, check_size
from pilotlight.packaging.requirements import REQUIREMENTS, read_pins
from pilotlight_runtime.catalog_index import CatalogEntry, dump_catalog
from pilotlight_runtime.manifest import MANIFEST_NAME, Manifest

APP_NAME: Final = "app.py"
CATALOG_NAME: Final = "catalog.json"

LEFT_OUT: Final = (
    *(
        "train.py",
        "training",
        "model.toml",
        "model.lock",
        REQUIREMENTS,
        "requirements.in",
        "Makefile",
        "conftest.py",
        "test_*.py",
        "*_test.py",
    ),
    *("tests", "notebooks", "__pycache__", "*.pyc", "*.ipynb", "*.md", ".*"),
    # Data, and models as they were before publishing; nothing that is unpickled serves.
    *("data", "*.npz", "*.csv", "*.tsv", "*.parquet", "*.gz"),
    *("*.keras", "*.h5", "*.onnx", "*.pkl", "*.pickle", "*.joblib", "*.pt", "*.pth", "*.po"),
)
"""Names, of files and of folders on the way to them, that are not for serving. Everything else beside app.py is."""


class Versions(Protocol):
    """What packaging needs of a store; pilotlight.store.Store has it."""

    def read_manifest(self, model: str, version: str) -> tuple[Manifest, str]:
        """Return a version's manifest and the sha256 of manifest.json; StoreError where it is missing or damaged."""

    def read_file(self, manifest: Manifest, name: str) -> bytes:
        """Return a small file of a version; StoreError where it is missing or damaged."""

    def fetch(self, model: str, lock: Lock, into: Path) -> Manifest:
        """Copy the pinned version, verified, to `into`; StoreError where that fails."""


def package_function(
    name: str,
    source: Path,
    store: Versions,
    lock: Lock | None,
    into: Path,
    *,
    layer_bytes: int = 0,
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
        layer_bytes: The layer's size, which Lambda's limit includes.
        packages: Installs what requirements.txt names; None for a function that runs here and not in Lambda.
        compiler: Compiles the Python files; None finds one, in Docker only where packages are installed.

    Returns:
        What the folder holds.

    Raises:
        PackagingError: The model is not pinned, packages cannot be installed, two files have one name, or Lambda's
            limit is exceeded.
        StoreError: The store lacks the version.
    """
    if lock is None:
        raise PackagingError(
            f"model {name!r}",
            "is not pinned to a version",
            f"Run `pilotlight train {name}`, or `pilotlight pin {name}@VERSION` with a version that"
            " `pilotlight models` lists.",
        )
    with replace_folder(into, _is_function) as new:
        manifest = store.fetch(name, lock, new)
        report = _finish(
            name, lock.version, source, new, packages=packages, compiler=compiler, pictures=manifest.image is not None
        )
        check_size(report.bytes, layer_bytes)
    return report


def package_catalog(
    source: Path,
    locks: Mapping[str, Lock],
    store: Versions,
    into: Path,
    *,
    packages: Packages | None = None,
    compiler: Compiler | None = None,
) -> PackageReport:
    """Fill a folder with the catalog function: the files that serve, and catalog.json with every pin.

    Args:
        source: The catalog's folder.
        locks: The pins by model.
        store: Holds the versions.
        into: The folder to fill.
        packages: See package_function.
        compiler: See package_function.

    Returns:
        What the folder holds.

    Raises:
        PackagingError: As package_function.
        StoreError: The store lacks a pinned version: an endpoint must not list what it does not have.
    """
    with replace_folder(into, _is_function) as new:
        entries = [_describe(store, name, locks[name].version) for name in sorted(locks)]
        (new / CATALOG_NAME).write_bytes(dump_catalog(entries))
        return _finish("catalog", "", source, new, packages=packages, compiler=compiler)


def _describe(store: Versions, name: str, version: str) -> CatalogEntry:
    manifest, _ = store.read_manifest(name, version)
    language = read_language_file(manifest, store.read_file)
    return CatalogEntry(name, version, language.task, _created(manifest)) if language else CatalogEntry(name, version)


def _created(manifest: Manifest) -> int:
    """When a version was published, in seconds since the epoch; 0 where its provenance does not say."""
    try:
        return int(datetime.fromisoformat(str(manifest.provenance.get("created", ""))).timestamp())
    except (ValueError, OverflowError):
        return 0


def list_serving_files(source: Path) -> list[Path]:
    """Return the files below `source` that go into a function's zip, relative to it: all but LEFT_OUT."""
    found = (path.relative_to(source) for path in list_files(source))
    return [path for path in found if not any(fnmatch(part, left) for part in path.parts for left in LEFT_OUT)]


def _finish(
    name: str,
    version: str,
    source: Path,
    new: Path,
    *,
    packages: Packages | None,
    compiler: Compiler | None,
    pictures: bool = False,
) -> PackageReport:
    _copy_code(source, new)
    own = packages is not None and (pictures or bool(read_pins(source / REQUIREMENTS)))
    compiler = compiler or find_compiler(PYTHON, docker=own)  # app.py alone is not worth starting it
    note = f"not byte-compiled: python{PYTHON} is not on the path"
    if compiler:
        compile_folder(new, TASK, compiler)
        note = f"byte-compiled by {compiler.label}"
    added = add_packages(source, new, packages, compiler) if packages else AddedPackages()
    decoders = add_pictures(source, new, packages, compiler) if packages and pictures else ()
    if added.missing:
        note += f"; {', '.join(added.missing)}, which neither {REQUIREMENTS} nor the layer has"
    pins = (*added.pins, *decoders)
    return PackageReport(name, version, len(list_files(new)), folder_size(new), compiler is not None, note, pins)


def _copy_code(source: Path, new: Path) -> None:
    files = list_serving_files(source)
    if Path(APP_NAME) not in files:
        raise PackagingError(
            str(source / APP_NAME), "is missing", "Restore it, or write a new one: `pilotlight new` shows a small one."
        )
    for file in files:
        target = new / file
        if target.exists():
            raise PackagingError(
                str(source / file), "has the name of a file of the packaged model", "Rename it, or delete it."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, target)


def _is_function(folder: Path) -> bool:
    return (folder / APP_NAME).is_file() and any((folder / name).is_file() for name in (MANIFEST_NAME, CATALOG_NAME))
