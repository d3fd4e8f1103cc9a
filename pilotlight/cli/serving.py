"""The packaged functions of a project, loaded behind the local gateway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import TextIO

from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock
from pilotlight.core.project import Project
from pilotlight.local.functions import load_function
from pilotlight.local.gateway import Gateway
from pilotlight.local.routes import CATALOG
from pilotlight.packaging import PackageReport, package_catalog, package_function
from pilotlight.store import Store


def pinned_locks(project: Project, names: Iterable[str]) -> dict[str, Lock]:
    """The pins of `names`, or of every pinned model where none is named; StoreError where there is nothing to serve."""
    pins = project.pinned()
    wanted = list(names) or list(pins)
    if not wanted:
        hint = "Run `pilotlight train NAME` or `pilotlight import FILE.onnx --name NAME` first."
        raise StoreError(str(project.root), "has no pinned model, so there is nothing to serve", hint)
    for name in wanted:
        if name not in pins:
            hint = f"Run `pilotlight train {name}`, or `pilotlight pin {name}@VERSION`."
            raise StoreError(f"model {name!r}", "is not pinned, so there is no version to serve", hint)
    return {name: pins[name] for name in wanted}


def package_all(project: Project, store: Store, locks: Mapping[str, Lock], into: Path) -> dict[str, PackageReport]:
    """Packages each model and the catalog into a folder of its own under `into`, as `sam build` does."""
    reports = {
        name: package_function(name, project.folder(name), store, lock, into / name) for name, lock in locks.items()
    }
    reports[CATALOG] = package_catalog(project.functions / CATALOG, locks, store, into / CATALOG)
    return reports


def load_gateway(folder: Path, names: Iterable[str], log: TextIO) -> Gateway:
    """The gateway over the functions packaged in `folder`. What they print while they load goes to `log`."""
    with redirect_stdout(log):
        functions = {name: load_function(name, folder / name) for name in names}
        return Gateway(functions, load_function(CATALOG, folder / CATALOG), log)
