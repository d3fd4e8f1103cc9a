"""The folder that becomes the catalog's zip: its serving code, and the list of what is pinned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pilotlight.core.language_file import read_language_file
from pilotlight.core.lock import Lock
from pilotlight.packaging.assembly import APP_NAME, Versions, finish_function
from pilotlight.packaging.bytecode import Compiler
from pilotlight.packaging.files import replace_folder
from pilotlight.packaging.packages import Packages
from pilotlight.packaging.reports import PackageReport
from pilotlight_runtime.catalog_index import CATALOG_NAME, CatalogEntry, dump_catalog
from pilotlight_runtime.manifest import Manifest


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
    with replace_folder(into, _is_catalog) as new:
        entries = [_describe(store, name, locks[name].version) for name in sorted(locks)]
        (new / CATALOG_NAME).write_bytes(dump_catalog(entries))
        return finish_function("catalog", "", source, new, packages=packages, compiler=compiler)


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


def _is_catalog(folder: Path) -> bool:
    return (folder / APP_NAME).is_file() and (folder / CATALOG_NAME).is_file()
