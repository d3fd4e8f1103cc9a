"""Packages functions into a folder and loads them behind the local gateway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import TextIO

from pilotlight.core.lock import Lock
from pilotlight.core.project import Project
from pilotlight.local.functions import load_function
from pilotlight.local.gateway import Gateway
from pilotlight.local.routes import CATALOG
from pilotlight.packaging import PackageReport, package_catalog, package_function
from pilotlight.store import Store


def package_models(project: Project, store: Store, locks: Mapping[str, Lock], into: Path) -> dict[str, PackageReport]:
    """Package each model, and the catalog, into a folder of its own below `into`, as `sam build` does.

    Args:
        project: The project that holds the models.
        store: The store that holds their versions.
        locks: The version of each model.
        into: A folder. It gets one folder a model and one for the catalog.

    Returns:
        One report a folder, by the folder's name.
    """
    reports = {
        name: package_function(name, project.folder(name), store, lock, into / name) for name, lock in locks.items()
    }
    reports[CATALOG] = package_catalog(project.functions / CATALOG, locks, store, into / CATALOG)
    return reports


def load_gateway(folder: Path, names: Iterable[str], log: TextIO) -> Gateway:
    """Load the functions that `package_models` put into `folder`.

    Args:
        folder: The folder that was given to `package_models`.
        names: The models to load.
        log: Takes what the functions print while they load, and the traceback of a function that fails later.
    """
    with redirect_stdout(log):
        functions = {name: load_function(name, folder / name) for name in names}
        return Gateway(functions, load_function(CATALOG, folder / CATALOG), log)
